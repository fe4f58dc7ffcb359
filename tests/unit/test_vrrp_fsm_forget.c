/* SPDX-License-Identifier: MIT */
/*
 * VRRP_EVENT_FORGET in every state: the way out of a wait that one false advert has begun. Priority
 * 255 with an interval of 40.95 s silences a Backup of priority 100 for 147.8 s.
 */
#include "test.h"

#define DOWN_100 INT64_C(3609375000)
#define T0       (1000 * SECOND)

/* Active_Down_Interval of priority 100 with an interval of 40.95 s: 3 x 40.95 + 24.954 s. */
#define DOWN_FALSE INT64_C(147803906250)

static void assert_unchanged(const struct vrrp *vr, const struct vrrp *before)
{
	assert_memory_equal(vr, before, sizeof(*vr));
}

/* A Backup since T0 that heard a false Active a second later. */
static struct vrrp silenced_backup(void)
{
	struct vrrp vr = test_backup(100, T0);

	assert_string_equal(on_advert(&vr, T0 + SECOND, 255, HIGHER_ADDRESS, 4095), "");
	assert_int_equal(vrrp_deadline(&vr), T0 + SECOND + DOWN_FALSE);
	return vr;
}

static void test_forget_ends_the_wait_of_a_backup(void **state)
{
	struct vrrp vr = silenced_backup();
	const int64_t now_ns = T0 + 20 * SECOND;

	(void)state;
	assert_string_equal(on_forget(&vr, now_ns), "");
	assert_int_equal(vr.election.state, VRRP_STATE_BACKUP);
	assert_int_equal(vr.election.since_ns, T0);
	assert_int_equal(vr.election.active_interval_cs, 100);
	assert_int_equal(vr.election.active_priority, 0);
	assert_address(vr.election.active_source, "0.0.0.0");
	assert_int_equal(vrrp_deadline(&vr), now_ns + DOWN_100);
	assert_string_equal(on_timer(&vr, now_ns + DOWN_100 - 1), "");
	assert_string_equal(on_timer(&vr, now_ns + DOWN_100),
			    "advert 100, claim, announce, backup->active");
	assert_int_equal(vr.election.reason.code, VRRP_REASON_SILENCE);
	assert_int_equal(vr.election.reason.ns, DOWN_100);
}

static void test_forget_lets_the_next_advert_be_believed(void **state)
{
	struct vrrp vr = silenced_backup();

	(void)state;
	on_forget(&vr, T0 + 20 * SECOND);
	assert_string_equal(on_advert(&vr, T0 + 21 * SECOND, 200, LOWER_ADDRESS, 100), "");
	assert_int_equal(vr.election.active_priority, 200);
	assert_address(vr.election.active_source, LOWER_ADDRESS);
	assert_int_equal(vrrp_deadline(&vr), T0 + 21 * SECOND + DOWN_100);
	/* Also the false one, if it comes again: nobody is barred. */
	on_advert(&vr, T0 + 22 * SECOND, 255, HIGHER_ADDRESS, 4095);
	assert_int_equal(vrrp_deadline(&vr), T0 + 22 * SECOND + DOWN_FALSE);
}

/* Whoever asks again and again would otherwise keep it from ever taking over. */
static void test_forget_never_puts_off_a_takeover(void **state)
{
	struct vrrp vr = test_backup(100, T0);

	(void)state;
	on_advert(&vr, T0 + SECOND, 200, HIGHER_ADDRESS, 100);
	for (int64_t ns = 0; ns < DOWN_100; ns += 300 * MS) {
		assert_string_equal(on_forget(&vr, T0 + SECOND + ns), "");
		assert_int_equal(vrrp_deadline(&vr), T0 + SECOND + DOWN_100);
	}
	assert_string_equal(on_timer(&vr, T0 + SECOND + DOWN_100),
			    "advert 100, claim, announce, backup->active");
	assert_int_equal(vr.election.reason.ns, DOWN_100);
}

static void test_forget_of_one_that_left_keeps_the_skew_time(void **state)
{
	struct vrrp vr = test_backup(100, T0);
	int64_t deadline_ns;

	(void)state;
	on_advert(&vr, T0 + SECOND, 200, HIGHER_ADDRESS, 100);
	on_advert(&vr, T0 + 2 * SECOND, 0, HIGHER_ADDRESS, 100);
	deadline_ns = vrrp_deadline(&vr);
	assert_in_range(deadline_ns, T0 + 2 * SECOND, T0 + 3 * SECOND);
	on_forget(&vr, T0 + 2 * SECOND + MS);
	assert_int_equal(vrrp_deadline(&vr), deadline_ns);
}

static void test_forget_of_nobody_changes_nothing(void **state)
{
	struct vrrp vr = test_backup(100, T0), before = vr;

	(void)state;
	assert_string_equal(on_forget(&vr, T0 + SECOND), "");
	assert_unchanged(&vr, &before);
}

/* The delay belongs to the weaker Active that is tolerated, and is not begun anew. */
static void test_forget_keeps_a_preempt_delay_running(void **state)
{
	struct vrrp vr = test_router(100);

	(void)state;
	vr.config.preempt_delay_ns = 10 * SECOND;
	on_startup(&vr, T0);
	on_advert(&vr, T0 + SECOND, 50, LOWER_ADDRESS, 100);
	on_forget(&vr, T0 + 2 * SECOND);
	assert_int_equal(vr.election.preempt_ns, T0 + 11 * SECOND);
}

/* After it, a promotion is computed with the own interval, as where nobody was heard. */
static void test_forget_holds_over_a_change_of_priority(void **state)
{
	struct vrrp vr = silenced_backup();

	(void)state;
	on_forget(&vr, T0 + 20 * SECOND);
	on_priority(&vr, T0 + 21 * SECOND, 200);
	assert_int_equal(vrrp_deadline(&vr), T0 + 20 * SECOND + 3218750 * INT64_C(1000));
}

static void test_forget_is_no_matter_to_who_waits_for_nobody(void **state)
{
	struct vrrp fresh = test_router(100), fresh_before = fresh;
	struct vrrp active = test_active(100, T0), active_before = active;
	struct vrrp fault = silenced_backup(), fault_before;
	struct vrrp delayed = test_router(100), delayed_before;

	(void)state;
	on_fault(&fault, T0 + 2 * SECOND, VRRP_REASON_NO_CARRIER);
	delayed.config.start_delay_ns = 30 * SECOND;
	on_startup(&delayed, T0);
	fault_before = fault;
	delayed_before = delayed;
	assert_string_equal(on_forget(&fresh, T0 + 3 * SECOND), "");
	assert_unchanged(&fresh, &fresh_before);
	assert_string_equal(on_forget(&active, T0 + SECOND / 2), "");
	assert_unchanged(&active, &active_before);
	assert_string_equal(on_forget(&fault, T0 + 3 * SECOND), "");
	assert_unchanged(&fault, &fault_before);
	assert_string_equal(on_forget(&delayed, T0 + 3 * SECOND), "");
	assert_unchanged(&delayed, &delayed_before);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_forget_ends_the_wait_of_a_backup),
		cmocka_unit_test(test_forget_lets_the_next_advert_be_believed),
		cmocka_unit_test(test_forget_never_puts_off_a_takeover),
		cmocka_unit_test(test_forget_of_one_that_left_keeps_the_skew_time),
		cmocka_unit_test(test_forget_of_nobody_changes_nothing),
		cmocka_unit_test(test_forget_keeps_a_preempt_delay_running),
		cmocka_unit_test(test_forget_holds_over_a_change_of_priority),
		cmocka_unit_test(test_forget_is_no_matter_to_who_waits_for_nobody),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
