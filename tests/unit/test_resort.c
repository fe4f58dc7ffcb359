/* SPDX-License-Identifier: MIT */
/*
 * When a router becomes the last resort, when it offers to leave, and when it is over.
 */
#include "test.h"

#include "agent/router/resort.h"
#include "vrrp/timers.h"

#define T0       (1000 * SECOND)
#define INTERVAL SECOND
#define WAIT     (5 * INTERVAL)

static struct resort resort;

static void begin(bool last)
{
	resort_init(&resort, last);
	assert_int_equal(resort_deadline(&resort), VRRP_NEVER);
}

static enum resort_change look(int64_t unheld_ns, int64_t now_ns)
{
	return resort_look(&resort, unheld_ns, WAIT, now_ns);
}

static void test_resort_abandoned_address_begins_it_at_once(void **state)
{
	(void)state;
	begin(false);
	assert_int_equal(look(0, T0), RESORT_BEGINS);
	assert_true(resort.last);
	assert_int_equal(look(0, T0 + 1), RESORT_UNCHANGED);
}

static void test_resort_refused_address_begins_it_after_three_seconds(void **state)
{
	(void)state;
	begin(false);
	assert_int_equal(look(T0, T0), RESORT_UNCHANGED);
	assert_int_equal(resort_deadline(&resort), T0 + 3 * SECOND);
	assert_int_equal(look(T0, T0 + 3 * SECOND - 1), RESORT_UNCHANGED);
	assert_int_equal(resort_deadline(&resort), T0 + 3 * SECOND);
	assert_int_equal(look(T0, T0 + 3 * SECOND), RESORT_BEGINS);
}

static void test_resort_refusal_that_passes_is_nothing(void **state)
{
	(void)state;
	begin(false);
	assert_int_equal(look(T0, T0), RESORT_UNCHANGED);
	assert_int_equal(look(VRRP_NEVER, T0 + SECOND), RESORT_UNCHANGED);
	assert_false(resort.last);
	assert_int_equal(resort_deadline(&resort), VRRP_NEVER);
}

static void test_resort_cedes_once_after_five_intervals(void **state)
{
	(void)state;
	begin(false);
	look(0, T0);
	assert_int_equal(resort_deadline(&resort), T0 + 5 * INTERVAL);
	assert_false(resort_cedes(&resort, WAIT, T0 + 5 * INTERVAL - 1));
	assert_true(resort_cedes(&resort, WAIT, T0 + 5 * INTERVAL));
	assert_false(resort_cedes(&resort, WAIT, T0 + 500 * INTERVAL));
	assert_int_equal(resort_deadline(&resort), VRRP_NEVER);
}

/* Longer than any Backup waits, whatever may be missed. */
static void test_resort_waits_longer_than_a_backup_does(void **state)
{
	(void)state;
	for (unsigned n = 0; n <= VRRP_DOWN_INTERVALS_MAX; n++) {
		struct vrrp_config config = { .down_intervals = (uint8_t)n, .interval_cs = 300 };
		unsigned missed = vrrp_down_intervals(&config);

		for (config.version = 2; config.version <= 3; config.version++)
			assert_true(resort_wait_ns(&config) >
				    vrrp_down_ns(config.version, 1, 300, missed) + 3 * SECOND);
		assert_int_equal(resort_wait_ns(&config), (missed + 2) * 3 * SECOND);
	}
}

static void test_resort_does_not_cede_to_a_peer_that_is_no_better(void **state)
{
	static const struct {
		uint8_t priority;
		int64_t before_ns;
		bool cedes;
	} cases[] = {
		{ 1, 0, false },           { 0, SECOND, false },         { 2, 0, true },
		{ 1, 70 * SECOND, false }, { 1, 70 * SECOND + 1, true },
	};

	(void)state;
	for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		begin(false);
		look(0, T0);
		resort_hear(&resort, cases[i].priority, T0 + 5 * INTERVAL - cases[i].before_ns);
		assert_int_equal(resort_cedes(&resort, WAIT, T0 + 5 * INTERVAL), cases[i].cedes);
		assert_false(resort_cedes(&resort, WAIT, T0 + 500 * INTERVAL));
	}
}

static void test_resort_does_not_cede_while_all_are_there(void **state)
{
	(void)state;
	begin(false);
	look(0, T0);
	assert_int_equal(look(VRRP_NEVER, T0 + 2 * SECOND), RESORT_UNCHANGED);
	assert_false(resort_cedes(&resort, WAIT, T0 + 5 * INTERVAL));
}

static void test_resort_ends_after_a_minute_with_all_of_them(void **state)
{
	(void)state;
	begin(false);
	look(0, T0);
	assert_int_equal(look(VRRP_NEVER, T0 + SECOND), RESORT_UNCHANGED);
	/* One that is taken away again makes the minute begin anew. */
	assert_int_equal(look(0, T0 + 30 * SECOND), RESORT_UNCHANGED);
	assert_int_equal(look(VRRP_NEVER, T0 + 40 * SECOND), RESORT_UNCHANGED);
	assert_false(resort_cedes(&resort, WAIT, T0 + 40 * SECOND));
	assert_int_equal(resort_deadline(&resort), T0 + 100 * SECOND);
	assert_int_equal(look(VRRP_NEVER, T0 + 100 * SECOND - 1), RESORT_UNCHANGED);
	assert_int_equal(look(VRRP_NEVER, T0 + 100 * SECOND), RESORT_ENDS);
	assert_false(resort.last);
	assert_int_equal(resort_deadline(&resort), VRRP_NEVER);
	/* And it may begin, and cede, another time. */
	assert_int_equal(look(0, T0 + 200 * SECOND), RESORT_BEGINS);
	assert_true(resort_cedes(&resort, WAIT, T0 + 205 * SECOND));
}

static void test_resort_stays_the_last_one_while_another_is_active(void **state)
{
	(void)state;
	begin(false);
	look(0, T0);
	resort_rest(&resort);
	assert_true(resort.last);
	assert_int_equal(resort_deadline(&resort), VRRP_NEVER);
	/* Active again, it does not offer the same a second time. */
	assert_int_equal(look(0, T0 + 600 * SECOND), RESORT_UNCHANGED);
	assert_false(resort_cedes(&resort, WAIT, T0 + 700 * SECOND));
	begin(true);
	assert_int_equal(look(VRRP_NEVER, T0), RESORT_UNCHANGED);
	assert_int_equal(look(VRRP_NEVER, T0 + 60 * SECOND), RESORT_ENDS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_resort_abandoned_address_begins_it_at_once),
		cmocka_unit_test(test_resort_refused_address_begins_it_after_three_seconds),
		cmocka_unit_test(test_resort_refusal_that_passes_is_nothing),
		cmocka_unit_test(test_resort_cedes_once_after_five_intervals),
		cmocka_unit_test(test_resort_waits_longer_than_a_backup_does),
		cmocka_unit_test(test_resort_does_not_cede_to_a_peer_that_is_no_better),
		cmocka_unit_test(test_resort_does_not_cede_while_all_are_there),
		cmocka_unit_test(test_resort_ends_after_a_minute_with_all_of_them),
		cmocka_unit_test(test_resort_stays_the_last_one_while_another_is_active),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
