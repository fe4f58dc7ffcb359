/* SPDX-License-Identifier: MIT */
/* The schedule of announcements: what a family makes of it, and what the state machine does. */
#include "test.h"

#include "vrrp/adopt.h"

#define T0 (1000 * SECOND)

static const int64_t plan_ns[] = { 100 * MS, SECOND, 4 * SECOND, 16 * SECOND };

static void test_announce_of_ipv4_is_as_configured(void **state)
{
	const struct vrrp_announce it = vrrp_announce_of(4, plan_ns, 4, 60 * SECOND);

	(void)state;
	assert_int_equal(it.repeats_n, 4);
	assert_int_equal(vrrp_announce_gap_ns(&it, 0), 100 * MS);
	assert_int_equal(vrrp_announce_gap_ns(&it, 1), 900 * MS);
	assert_int_equal(vrrp_announce_gap_ns(&it, 2), 3 * SECOND);
	assert_int_equal(vrrp_announce_gap_ns(&it, 3), 12 * SECOND);
	assert_int_equal(vrrp_announce_gap_ns(&it, 4), 60 * SECOND);
	assert_int_equal(vrrp_announce_gap_ns(&it, VRRP_ANNOUNCED_ALL), 60 * SECOND);
}

/* RFC 4861 §7.2.6: three in all, a second apart or more. */
static void test_announce_of_ipv6_is_three_at_most_and_a_second_apart(void **state)
{
	static const int64_t dense_ns[] = { 999 * MS, SECOND, 1999 * MS, 2 * SECOND, 9 * SECOND };
	struct vrrp_announce it = vrrp_announce_of(6, plan_ns, 4, 60 * SECOND);

	(void)state;
	assert_int_equal(it.repeats_n, 2);
	assert_int_equal(it.after_ms[0], 1000);
	assert_int_equal(it.after_ms[1], 4000);
	assert_int_equal(vrrp_announce_gap_ns(&it, 2), 0);
	assert_int_equal(vrrp_announce_gap_ns(&it, VRRP_ANNOUNCED_ALL), 0);
	it = vrrp_announce_of(6, dense_ns, 5, SECOND);
	assert_int_equal(it.repeats_n, 2);
	assert_int_equal(it.after_ms[0], 1000);
	assert_int_equal(it.after_ms[1], 2000);
}

static void test_announce_of_nothing_is_once(void **state)
{
	const struct vrrp_announce it = vrrp_announce_of(4, NULL, 0, 0);

	(void)state;
	assert_int_equal(vrrp_announce_gap_ns(&it, 0), 0);
}

/* An Active since @T0 with this schedule. */
static struct vrrp active_of(struct vrrp_announce announce)
{
	struct vrrp vr = test_router(255);

	vr.config.announce = announce;
	assert_string_equal(on_startup(&vr, T0), "advert 255, claim, announce, initialize->active");
	vr.election.advert_ns = T0 + 3600 * SECOND; /* not of interest */
	return vr;
}

static void test_fsm_announces_as_configured(void **state)
{
	static const int64_t due_ms[] = { 100, 1000, 4000, 16000, 76000, 136000 };
	struct vrrp vr = active_of(vrrp_announce_of(4, plan_ns, 4, 60 * SECOND));

	(void)state;
	for (size_t i = 0; i < sizeof(due_ms) / sizeof(due_ms[0]); i++) {
		assert_int_equal(vrrp_deadline(&vr), T0 + due_ms[i] * MS);
		assert_string_equal(on_timer(&vr, T0 + due_ms[i] * MS - 1), "");
		assert_string_equal(on_timer(&vr, T0 + due_ms[i] * MS), "announce");
	}
}

static void test_fsm_that_announces_once_waits_for_no_more(void **state)
{
	struct vrrp vr = active_of((struct vrrp_announce){ 0 });

	(void)state;
	assert_int_equal(vr.election.announce_ns, VRRP_NEVER);
	assert_true(vrrp_is_sane(&vr, T0));
}

static struct vrrp adopted_at(const struct vrrp *old, struct vrrp_announce announce, int64_t now_ns)
{
	struct vrrp_config config = old->config;
	struct vrrp vr;

	config.announce = announce;
	vrrp_init(&vr, &config);
	vrrp_adopt(&vr, old, config.priority, now_ns);
	return vr;
}

static void test_adopt_refreshes_by_the_schedule_of_now(void **state)
{
	struct vrrp old = active_of(vrrp_announce_of(4, NULL, 0, 60 * SECOND));
	const struct vrrp_announce sooner = vrrp_announce_of(4, NULL, 0, 5 * SECOND);
	const struct vrrp_announce later = vrrp_announce_of(4, NULL, 0, 3600 * SECOND);
	struct vrrp vr = adopted_at(&old, sooner, T0 + SECOND);

	(void)state;
	assert_int_equal(vr.election.announce_ns, T0 + 6 * SECOND);
	vr = adopted_at(&old, later, T0 + SECOND);
	assert_int_equal(vr.election.announce_ns, T0 + 60 * SECOND);
	vr = adopted_at(&old, old.config.announce, T0 + SECOND);
	assert_int_equal(vr.election.announce_ns, T0 + 60 * SECOND);
	vr = adopted_at(&old, (struct vrrp_announce){ 0 }, T0 + SECOND);
	assert_int_equal(vr.election.announce_ns, VRRP_NEVER);
	old = vr;
	vr = adopted_at(&old, sooner, T0 + 2 * SECOND);
	assert_int_equal(vr.election.announce_ns, T0 + 7 * SECOND);
}

static void test_adopt_leaves_a_repetition_that_is_due(void **state)
{
	struct vrrp old = active_of(vrrp_announce_of(4, plan_ns, 4, 60 * SECOND));
	struct vrrp vr = adopted_at(&old, (struct vrrp_announce){ 0 }, T0 + MS);

	(void)state;
	assert_int_equal(vr.election.announce_ns, T0 + 100 * MS);
	assert_string_equal(on_timer(&vr, T0 + 100 * MS), "announce");
	assert_int_equal(vr.election.announce_ns, VRRP_NEVER);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_announce_of_ipv4_is_as_configured),
		cmocka_unit_test(test_announce_of_ipv6_is_three_at_most_and_a_second_apart),
		cmocka_unit_test(test_announce_of_nothing_is_once),
		cmocka_unit_test(test_fsm_announces_as_configured),
		cmocka_unit_test(test_fsm_that_announces_once_waits_for_no_more),
		cmocka_unit_test(test_adopt_refreshes_by_the_schedule_of_now),
		cmocka_unit_test(test_adopt_leaves_a_repetition_that_is_due),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
