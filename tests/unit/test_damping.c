/* SPDX-License-Identifier: MIT */
/*
 * When a router that flaps is damped, and when that ends.
 */
#include "test.h"

#include <sys/mman.h>
#include <unistd.h>

#include "agent/router/damping.h"

#define T0 (1000 * SECOND)

static const struct conf_damping three = { .changes = 3,
					   .within_ns = 10 * SECOND,
					   .hold_ns = 30 * SECOND };

static void test_damping_begins_with_the_last_of_so_many_changes(void **state)
{
	struct state_damping damping = { 0 };

	(void)state;
	assert_false(damping_note(&damping, &three, T0));
	assert_false(damping_note(&damping, &three, T0 + 5 * SECOND));
	assert_int_equal(damping_until(&damping, &three), 0);
	assert_int_equal(damping_deadline(&damping, &three), VRRP_NEVER);
	assert_true(damping_note(&damping, &three, T0 + 10 * SECOND));
	assert_int_equal(damping_count(&damping, &three, T0 + 10 * SECOND), 3);
	assert_int_equal(damping_until(&damping, &three), T0 + 40 * SECOND);
	assert_int_equal(damping_deadline(&damping, &three), T0 + 40 * SECOND);
}

static void test_damping_does_not_begin_by_changes_that_are_far_apart(void **state)
{
	struct state_damping damping = { 0 };

	(void)state;
	for (int i = 0; i < 100; i++)
		assert_false(damping_note(&damping, &three, T0 + i * (5 * SECOND + 1)));
	assert_int_equal(damping_until(&damping, &three), 0);
}

static void test_damping_lasts_until_nothing_has_changed_for_its_hold(void **state)
{
	struct state_damping damping = { 0 };
	int64_t now_ns = T0;

	(void)state;
	for (int i = 0; i < 3; i++)
		(void)damping_note(&damping, &three, now_ns++);
	/* Seldom enough to begin nothing, yet it goes on, and is told once. */
	for (int i = 0; i < 20; i++) {
		now_ns += 29 * SECOND;
		assert_false(damping_is_over(&damping, &three, now_ns));
		assert_false(damping_note(&damping, &three, now_ns));
		assert_int_equal(damping_until(&damping, &three), now_ns + 30 * SECOND);
	}
	assert_false(damping_is_over(&damping, &three, now_ns + 30 * SECOND - 1));
	assert_true(damping_is_over(&damping, &three, now_ns + 30 * SECOND));
	assert_false(damping_is_over(&damping, &three, now_ns + 31 * SECOND));
	assert_int_equal(damping_until(&damping, &three), 0);
	assert_int_equal(damping_deadline(&damping, &three), VRRP_NEVER);
	/* And begins anew with as many changes as ever, however near the others are. */
	now_ns += 30 * SECOND;
	assert_int_equal(damping_count(&damping, &three, now_ns), 0);
	assert_false(damping_note(&damping, &three, now_ns));
	assert_false(damping_note(&damping, &three, now_ns));
	assert_true(damping_note(&damping, &three, now_ns));
}

static void test_damping_counts_as_many_changes_as_a_rule_may_have(void **state)
{
	const struct conf_damping most = { CONF_DAMPING_MAX, 3600 * SECOND, SECOND };
	struct state_damping damping = { 0 };

	(void)state;
	for (int i = 1; i < CONF_DAMPING_MAX; i++)
		assert_false(damping_note(&damping, &most, T0 + i));
	assert_true(damping_note(&damping, &most, T0 + 3600 * SECOND));
	assert_int_equal(damping_count(&damping, &most, T0 + 3600 * SECOND), CONF_DAMPING_MAX);
	/* The first ones have left the window, and those kept are the last ones. */
	assert_int_equal(damping_count(&damping, &most, T0 + 3600 * SECOND + 3), 8);
}

static void test_damping_goes_on_by_the_rule_of_now(void **state)
{
	const struct conf_damping longer = { 10, SECOND, 60 * SECOND };
	struct state_damping damping = { 0 };

	(void)state;
	for (int i = 0; i < 3; i++)
		(void)damping_note(&damping, &three, T0);
	assert_int_equal(damping_until(&damping, &longer), T0 + 60 * SECOND);
	assert_false(damping_is_over(&damping, &longer, T0 + 59 * SECOND));
	assert_true(damping_is_over(&damping, &longer, T0 + 60 * SECOND));
}

static void test_damping_believes_nothing_of_the_future(void **state)
{
	struct state_damping damping = { 0 };

	(void)state;
	assert_true(damping_is_sane(&damping, T0));
	for (int i = 0; i < 25; i++)
		(void)damping_note(&damping, &three, T0 + i);
	assert_true(damping_is_sane(&damping, T0 + 24));
	assert_false(damping_is_sane(&damping, T0 + 23));
	damping.changed_ns[3] = -1;
	assert_false(damping_is_sane(&damping, T0 + 24));
	damping = (struct state_damping){ .on = true };
	assert_false(damping_is_sane(&damping, T0));
}

static const struct state_router routers[] = {
	{ .name = "lan", .interface = "eth0", .vrid = 51, .family = 4 },
	{ .name = "wan", .interface = "eth1", .vrid = 51, .family = 4, .damps = true },
};

static void test_damping_is_kept_where_some_router_damps(void **state)
{
	const struct state_damping damping = { .changed_ns = { 3, 5 }, .changes_n = 2, .on = true };
	const struct state_damping none = { 0 };
	struct state_damping got;
	struct state *writer, *reader;
	int fd = memfd_create("test-damping", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	(void)state;
	assert_int_equal(state_new(fd, "/run/a.sock", routers, 2, &writer), 0);
	state_publish(writer);
	state_put_damping(writer, 1, &damping);
	assert_int_equal(state_open(fd, &reader), 0);
	got = state_damping(reader, 1);
	assert_memory_equal(&got, &damping, sizeof(got));
	got = state_damping(reader, 0);
	assert_memory_equal(&got, &none, sizeof(got));
	state_close(reader);
	state_close(writer);
	close(fd);

	/* Nobody pays for what nobody has; and so it is in memories of before. */
	fd = memfd_create("test-damping", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	assert_int_equal(state_new(fd, "/run/a.sock", routers, 1, &writer), 0);
	state_publish(writer);
	state_put_damping(writer, 0, &damping);
	assert_int_equal(state_open(fd, &reader), 0);
	got = state_damping(reader, 0);
	assert_memory_equal(&got, &none, sizeof(got));
	state_close(reader);
	state_close(writer);
	close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_damping_begins_with_the_last_of_so_many_changes),
		cmocka_unit_test(test_damping_does_not_begin_by_changes_that_are_far_apart),
		cmocka_unit_test(test_damping_lasts_until_nothing_has_changed_for_its_hold),
		cmocka_unit_test(test_damping_counts_as_many_changes_as_a_rule_may_have),
		cmocka_unit_test(test_damping_goes_on_by_the_rule_of_now),
		cmocka_unit_test(test_damping_believes_nothing_of_the_future),
		cmocka_unit_test(test_damping_is_kept_where_some_router_damps),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
