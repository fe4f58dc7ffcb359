/* SPDX-License-Identifier: MIT */
/*
 * Initialize and Backup of RFC 9568 §6.4 with errata, every action in its order, and what the core
 * adds there: late timers; delays of the start: test_vrrp_fsm_start.c. Priority 100 waits 3.609375
 * s in Backup, of which 0.609375 s are Skew_Time. Active: test_vrrp_fsm_active.c.
 */
#include "test.h"

#include "vrrp/timers.h"

#define SKEW_100 INT64_C(609375000)
#define DOWN_100 INT64_C(3609375000)
#define T0       (1000 * SECOND)

static void assert_unchanged(const struct vrrp *vr, const struct vrrp *before)
{
	assert_memory_equal(vr, before, sizeof(*vr));
}

/* Initialize (§6.4.1) */

static void test_fsm_init_waits_for_startup(void **state)
{
	struct vrrp vr = test_router(100);

	(void)state;
	assert_int_equal(vr.election.state, VRRP_STATE_INITIALIZE);
	assert_int_equal(vr.election.reason.code, VRRP_REASON_NONE);
	assert_int_equal(vrrp_deadline(&vr), VRRP_NEVER);
	assert_address(vr.election.source, OWN_ADDRESS);
	assert_false(vrrp_is_owner(&vr));
}

/* */
static void test_fsm_initialize_ignores_adverts_and_timers(void **state)
{
	struct vrrp vr = test_router(100), before = vr;

	(void)state;
	assert_string_equal(on_advert(&vr, T0, 200, HIGHER_ADDRESS, 100), "");
	assert_string_equal(on_advert(&vr, T0, 0, HIGHER_ADDRESS, 100), "");
	assert_string_equal(on_timer(&vr, T0 + 100 * SECOND), "");
	assert_unchanged(&vr, &before);
}

/* */
static void test_fsm_startup_of_an_owner_goes_active_at_once(void **state)
{
	struct vrrp vr = test_router(255);

	(void)state;
	assert_true(vrrp_is_owner(&vr));
	assert_string_equal(on_startup(&vr, T0), "advert 255, claim, announce, initialize->active");
	assert_int_equal(vr.election.reason.code, VRRP_REASON_OWNER);
	assert_int_equal(vr.election.since_ns, T0);
	assert_int_equal(vr.counters.became_active, 1);
	assert_int_equal(vr.election.advert_ns, T0 + SECOND);
	assert_int_equal(vr.election.down_ns, VRRP_NEVER);
	assert_string_equal(on_timer(&vr, T0 + SECOND), "advert 255, announce");
}

/* */
static void test_fsm_startup_of_an_owner_does_not_ask_preempt_mode(void **state)
{
	struct vrrp vr = test_router(255);

	(void)state;
	vr.config.preempt = false;
	vr.config.preempt_delay_ns = 60 * SECOND;
	assert_string_equal(on_startup(&vr, T0), "advert 255, claim, announce, initialize->active");
}

/* */
static void test_fsm_startup_of_others_waits_in_backup(void **state)
{
	struct vrrp vr = test_router(100);

	(void)state;
	assert_string_equal(on_startup(&vr, T0), "initialize->backup");
	assert_int_equal(vr.election.reason.code, VRRP_REASON_STARTED);
	assert_int_equal(vr.election.since_ns, T0);
	assert_int_equal(vrrp_deadline(&vr), T0 + DOWN_100);
	assert_string_equal(on_timer(&vr, T0 + DOWN_100 - 1), "");
	assert_string_equal(on_timer(&vr, T0 + DOWN_100),
			    "advert 100, claim, announce, backup->active");
}

static void test_fsm_startup_is_heeded_once(void **state)
{
	struct vrrp backup = test_backup(100, T0), backup_before = backup;
	struct vrrp active = test_active(100, T0), active_before = active;

	(void)state;
	assert_string_equal(on_startup(&backup, T0 + SECOND), "");
	assert_unchanged(&backup, &backup_before);
	assert_string_equal(on_startup(&active, T0 + SECOND / 2), "");
	assert_unchanged(&active, &active_before);
}

/* What was learned of an Active is forgotten with Initialize. */
static void test_fsm_restart_forgets_the_learned_interval(void **state)
{
	struct vrrp vr = test_backup(100, T0);

	(void)state;
	on_advert(&vr, T0 + SECOND, 200, HIGHER_ADDRESS, 4095);
	on_shutdown(&vr, T0 + 2 * SECOND);
	assert_string_equal(on_startup(&vr, T0 + 3 * SECOND), "initialize->backup");
	assert_int_equal(vr.election.active_interval_cs, 100);
	assert_int_equal(vr.election.active_priority, 0);
	assert_address(vr.election.active_source, "0.0.0.0");
	assert_int_equal(vrrp_deadline(&vr), T0 + 3 * SECOND + DOWN_100);
}

/* Backup (§6.4.2) */

/* */
static void test_fsm_backup_shutdown_is_silent(void **state)
{
	struct vrrp vr = test_backup(100, T0);

	(void)state;
	assert_string_equal(on_shutdown(&vr, T0 + SECOND), "backup->initialize");
	assert_int_equal(vr.election.reason.code, VRRP_REASON_STOPPED);
	assert_int_equal(vrrp_deadline(&vr), VRRP_NEVER);
	assert_string_equal(on_timer(&vr, T0 + 10 * SECOND), "");
}

/* */
static void test_fsm_backup_silence_takes_over_in_order(void **state)
{
	struct vrrp vr = test_backup(100, T0);

	(void)state;
	assert_string_equal(on_timer(&vr, T0 + DOWN_100 + MS),
			    "advert 100, claim, announce, backup->active");
	assert_int_equal(vr.election.reason.code, VRRP_REASON_SILENCE);
	assert_int_equal(vr.election.reason.ns, DOWN_100 + MS);
	assert_int_equal(vr.election.since_ns, T0 + DOWN_100 + MS);
	assert_int_equal(vr.counters.became_active, 1);
	assert_int_equal(vr.election.advert_ns, T0 + DOWN_100 + MS + SECOND);
	assert_int_equal(vr.election.down_ns, VRRP_NEVER);
	assert_int_equal(vr.counters.noticed[VRRP_NOTICE_FELL_SILENT], 0); /* nobody was there */
}

static void test_fsm_backup_silence_of_one_that_was_heard_is_noticed(void **state)
{
	struct vrrp vr = test_backup(100, T0);

	(void)state;
	assert_string_equal(on_advert(&vr, T0 + MS, 200, HIGHER_ADDRESS, 100), "");
	assert_string_equal(on_timer(&vr, T0 + 2 * MS + DOWN_100),
			    "advert 100, claim, announce, backup->active");
	assert_int_equal(vr.counters.noticed[VRRP_NOTICE_FELL_SILENT], 1);
}

/* whatever comes, short of the timer's end. */
static void test_fsm_backup_never_sends(void **state)
{
	struct vrrp vr = test_backup(100, T0);

	(void)state;
	for (unsigned priority = 0; priority < 256; priority++) {
		assert_string_equal(on_advert(&vr, T0 + priority, priority, HIGHER_ADDRESS, 100),
				    "");
		assert_string_equal(on_advert(&vr, T0 + priority, priority, LOWER_ADDRESS, 100),
				    "");
		assert_string_equal(on_timer(&vr, T0 + priority), "");
	}
	assert_int_equal(vr.election.state, VRRP_STATE_BACKUP);
}

/* */
static void test_fsm_backup_priority_zero_leaves_the_skew_time(void **state)
{
	struct vrrp vr = test_backup(100, T0);

	(void)state;
	on_advert(&vr, T0 + SECOND, 200, HIGHER_ADDRESS, 100);
	assert_string_equal(on_advert(&vr, T0 + 2 * SECOND, 0, HIGHER_ADDRESS, 100), "");
	assert_int_equal(vrrp_deadline(&vr), T0 + 2 * SECOND + SKEW_100);
	assert_int_equal(vr.election.heard_ns, T0 + 2 * SECOND);
	assert_string_equal(on_timer(&vr, T0 + 2 * SECOND + SKEW_100),
			    "advert 100, claim, announce, backup->active");
	assert_int_equal(vr.election.reason.code, VRRP_REASON_LEFT);
	assert_address(vr.election.reason.source, HIGHER_ADDRESS);
}

/* also without preemption, and when nobody was heard before. */
static void test_fsm_backup_priority_zero_does_not_ask_preempt_mode(void **state)
{
	struct vrrp vr = test_backup(100, T0);

	(void)state;
	vr.config.preempt = false;
	on_advert(&vr, T0 + SECOND, 0, LOWER_ADDRESS, 100);
	assert_int_equal(vrrp_deadline(&vr), T0 + SECOND + SKEW_100);
}

/* 4 s of interval make 2.4375 s; the interval in the last advert itself is not learned. */
static void test_fsm_backup_skew_scales_with_the_learned_interval(void **state)
{
	struct vrrp vr = test_backup(100, T0);

	(void)state;
	on_advert(&vr, T0 + SECOND, 200, HIGHER_ADDRESS, 400);
	on_advert(&vr, T0 + 2 * SECOND, 0, HIGHER_ADDRESS, 100);
	assert_int_equal(vrrp_deadline(&vr), T0 + 2 * SECOND + 2437500 * MS / 1000);
	assert_int_equal(vr.election.active_interval_cs, 400);
}

/* */
static void test_fsm_backup_higher_priority_is_learned_from(void **state)
{
	struct vrrp vr = test_backup(100, T0);

	(void)state;
	assert_string_equal(on_advert(&vr, T0 + SECOND, 200, HIGHER_ADDRESS, 300), "");
	assert_int_equal(vr.election.active_interval_cs, 300);
	assert_int_equal(vr.election.active_priority, 200);
	assert_address(vr.election.active_source, HIGHER_ADDRESS);
	assert_int_equal(vrrp_deadline(&vr), T0 + SECOND + 9 * SECOND + 3 * SKEW_100);
	on_advert(&vr, T0 + 2 * SECOND, 101, LOWER_ADDRESS, 1);
	assert_int_equal(vrrp_deadline(&vr), T0 + 2 * SECOND + DOWN_100 / 100);
	assert_address(vr.election.active_source, LOWER_ADDRESS);
}

/* addresses decide between two Actives only. */
static void test_fsm_backup_defers_to_an_equal_of_any_address(void **state)
{
	static const char *const sources[] = { LOWER_ADDRESS, HIGHER_ADDRESS, OWN_ADDRESS };

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		struct vrrp vr = test_backup(100, T0);

		assert_string_equal(on_advert(&vr, T0 + SECOND, 100, sources[i], 200), "");
		assert_int_equal(vrrp_deadline(&vr), T0 + SECOND + 2 * DOWN_100);
		assert_int_equal(vr.election.active_priority, 100);
		assert_false(vr.election.lower_heard);
	}
}

/* */
static void test_fsm_backup_without_preemption_follows_a_lower_priority(void **state)
{
	struct vrrp vr = test_backup(200, T0);

	(void)state;
	vr.config.preempt = false;
	for (int i = 1; i <= 100; i++) {
		assert_string_equal(on_advert(&vr, T0 + i * SECOND, 1, LOWER_ADDRESS, 100), "");
		assert_string_equal(on_timer(&vr, T0 + i * SECOND + SECOND / 2), "");
	}
	on_advert(&vr, T0 + 101 * SECOND, 1, LOWER_ADDRESS, 200);
	assert_int_equal(vr.election.active_interval_cs, 200);
	assert_int_equal(vrrp_deadline(&vr), T0 + 101 * SECOND + 2 * INT64_C(3218750000));
	on_timer(&vr, vrrp_deadline(&vr));
	assert_int_equal(vr.election.reason.code, VRRP_REASON_SILENCE);
	assert_int_equal(vr.election.reason.ns, 2 * INT64_C(3218750000));
}

/* */
static void test_fsm_backup_lower_priority_is_preempted_by_the_running_timer(void **state)
{
	struct vrrp vr = test_backup(100, T0);

	(void)state;
	for (int i = 1; i <= 3; i++)
		assert_string_equal(on_advert(&vr, T0 + i * SECOND, 50, LOWER_ADDRESS, 4095), "");
	assert_int_equal(vrrp_deadline(&vr), T0 + DOWN_100);
	assert_int_equal(vr.election.active_interval_cs, 100);
	assert_int_equal(vr.election.active_priority, 0);
	assert_int_equal(vr.election.heard_ns, T0);
	assert_string_equal(on_timer(&vr, T0 + DOWN_100),
			    "claim, advert 100, announce, backup->active");
	assert_int_equal(vr.election.reason.code, VRRP_REASON_PREEMPT);
	assert_int_equal(vr.election.reason.priority, 50);
	assert_address(vr.election.reason.source, LOWER_ADDRESS);
}

/* The one below ours is lower, ours is not: all priorities of a sender against all of ours. */
static void test_fsm_backup_compares_priorities_exactly(void **state)
{
	(void)state;
	for (unsigned ours = 1; ours < 255; ours++) {
		struct vrrp backup = test_backup(ours, T0);

		for (unsigned theirs = 1; theirs < 256; theirs++) {
			struct vrrp vr = backup;

			on_advert(&vr, T0 + SECOND, theirs, LOWER_ADDRESS, 100);
			assert_int_equal(vr.election.lower_heard, theirs < ours);
			assert_int_equal(vrrp_deadline(&vr) == backup.election.down_ns,
					 theirs < ours);
		}
	}
}

/* A lower priority that was heard before the Active went silent is not why we took over. */
/* Who is to be preempted may not be weaker any more, after a drain, say: then it is a living
 * Active. */
static void test_fsm_backup_defers_to_whom_its_own_priority_falls_below(void **state)
{
	static const uint8_t priorities[] = { 50, 40, 1 };

	(void)state;
	for (size_t i = 0; i < sizeof(priorities); i++) {
		struct vrrp vr = test_backup(100, T0);
		struct vrrp_event event = { .type = VRRP_EVENT_PRIORITY,
					    .now_ns = T0 + 3 * SECOND,
					    .priority = priorities[i] };

		on_advert(&vr, T0 + 2 * SECOND, 50, LOWER_ADDRESS, 100);
		assert_string_equal(step(&vr, &event), "");
		assert_true(vrrp_deadline(&vr) > T0 + 6 * SECOND);
		assert_int_equal(vr.election.active_priority, 50);
		assert_address(vr.election.active_source, LOWER_ADDRESS);
		assert_false(vr.election.lower_heard);
	}
}

static void test_fsm_backup_goes_on_to_preempt_whom_it_is_still_above(void **state)
{
	struct vrrp vr = test_backup(100, T0);
	struct vrrp_event event = { .type = VRRP_EVENT_PRIORITY,
				    .now_ns = T0 + 3 * SECOND,
				    .priority = 51 };

	(void)state;
	on_advert(&vr, T0 + 2 * SECOND, 50, LOWER_ADDRESS, 100);
	assert_string_equal(step(&vr, &event), "");
	assert_true(vrrp_deadline(&vr) < T0 + 4 * SECOND);
	assert_true(vr.election.lower_heard);
}

static void test_fsm_backup_reason_names_the_last_that_mattered(void **state)
{
	struct vrrp vr = test_backup(100, T0), left = vr;

	(void)state;
	on_advert(&vr, T0 + SECOND, 50, LOWER_ADDRESS, 100);
	on_advert(&vr, T0 + 2 * SECOND, 200, HIGHER_ADDRESS, 100);
	on_timer(&vr, T0 + 2 * SECOND + DOWN_100);
	assert_int_equal(vr.election.reason.code, VRRP_REASON_SILENCE);
	assert_int_equal(vr.election.reason.ns, DOWN_100);

	on_advert(&left, T0 + SECOND, 200, HIGHER_ADDRESS, 100);
	on_advert(&left, T0 + SECOND, 50, LOWER_ADDRESS, 100);
	on_advert(&left, T0 + 2 * SECOND, 0, HIGHER_ADDRESS, 100);
	on_timer(&left, vrrp_deadline(&left));
	assert_int_equal(left.election.reason.code, VRRP_REASON_LEFT);
}

/* Whoever was never Active cannot leave: else anybody could make a Backup Active for moments. */
static void test_fsm_backup_lets_nobody_leave_who_was_not_active(void **state)
{
	struct vrrp vr = test_backup(100, T0);
	int64_t down_ns;

	(void)state;
	on_advert(&vr, T0 + SECOND, 200, HIGHER_ADDRESS, 100);
	down_ns = vrrp_deadline(&vr);
	on_advert(&vr, T0 + 2 * SECOND, 0, LOWER_ADDRESS, 100);
	assert_int_equal(vrrp_deadline(&vr), down_ns);
	assert_int_equal(vr.election.heard_ns, T0 + SECOND);
	on_advert(&vr, T0 + 2 * SECOND, 0, HIGHER_ADDRESS, 100);
	assert_int_equal(vrrp_deadline(&vr), T0 + 2 * SECOND + vrrp_skew_ns(3, 100, 100));
	/* Nor does it count twice. */
	on_advert(&vr, T0 + 2 * SECOND + 100 * MS, 0, HIGHER_ADDRESS, 100);
	assert_int_equal(vrrp_deadline(&vr), T0 + 2 * SECOND + vrrp_skew_ns(3, 100, 100));
}

static void test_fsm_backup_lets_a_weaker_active_leave(void **state)
{
	struct vrrp vr = test_backup(100, T0);

	(void)state;
	on_advert(&vr, T0 + SECOND, 50, LOWER_ADDRESS, 100); /* discarded, but Active */
	on_advert(&vr, T0 + SECOND + 1, 0, HIGHER_ADDRESS, 100);
	assert_int_equal(vrrp_deadline(&vr), T0 + DOWN_100);
	on_advert(&vr, T0 + 2 * SECOND, 0, LOWER_ADDRESS, 100);
	assert_int_equal(vrrp_deadline(&vr), T0 + 2 * SECOND + vrrp_skew_ns(3, 100, 100));
}

/* It may have begun to listen in between. */
static void test_fsm_backup_that_has_heard_nobody_lets_anybody_leave(void **state)
{
	struct vrrp vr = test_backup(100, T0);

	(void)state;
	on_advert(&vr, T0 + SECOND, 0, HIGHER_ADDRESS, 100);
	assert_int_equal(vrrp_deadline(&vr), T0 + SECOND + vrrp_skew_ns(3, 100, 100));
}

/* */
static void test_fsm_backup_promoted_uses_its_own_interval(void **state)
{
	struct vrrp vr = test_backup(100, T0);
	int64_t now_ns;

	(void)state;
	on_advert(&vr, T0 + SECOND, 200, HIGHER_ADDRESS, 300);
	now_ns = vrrp_deadline(&vr);
	assert_string_equal(on_timer(&vr, now_ns), "advert 100, claim, announce, backup->active");
	assert_int_equal(vr.election.advert_ns, now_ns + SECOND);
	on_timer(&vr, now_ns + SECOND);
	assert_int_equal(vr.election.advert_ns, now_ns + 2 * SECOND);
}

/* Version 2 (RFC 3768 §6.4.2): the local interval, and a skew that does not scale. */
static void test_fsm_backup_version_2_never_learns(void **state)
{
	struct vrrp vr = test_router(100);

	(void)state;
	vr.config.version = 2;
	on_startup(&vr, T0);
	on_advert(&vr, T0 + SECOND, 200, HIGHER_ADDRESS, 500);
	assert_int_equal(vr.election.active_interval_cs, 100);
	assert_int_equal(vrrp_deadline(&vr), T0 + SECOND + DOWN_100);
}

/* Preempt delay */

static void test_fsm_preempt_delay_tolerates_a_lower_priority_until_it_ends(void **state)
{
	struct vrrp vr = test_backup(100, T0);

	(void)state;
	vr.config.preempt_delay_ns = 10 * SECOND;
	for (int i = 1; i <= 10; i++) {
		on_advert(&vr, T0 + i * SECOND, 50, LOWER_ADDRESS, 100);
		assert_int_equal(vrrp_deadline(&vr), T0 + i * SECOND + DOWN_100);
		assert_int_equal(vr.election.active_priority, 50);
	}
	/* From the first lower advert on: this is the first that is not tolerated any more. */
	on_advert(&vr, T0 + 11 * SECOND, 50, LOWER_ADDRESS, 100);
	assert_int_equal(vrrp_deadline(&vr), T0 + 10 * SECOND + DOWN_100);
	on_timer(&vr, T0 + 10 * SECOND + DOWN_100);
	assert_int_equal(vr.election.state, VRRP_STATE_ACTIVE);
	assert_int_equal(vr.election.reason.code, VRRP_REASON_PREEMPT);
}

static void test_fsm_preempt_delay_starts_again_after_a_better_active(void **state)
{
	struct vrrp vr = test_backup(100, T0);

	(void)state;
	vr.config.preempt_delay_ns = 10 * SECOND;
	on_advert(&vr, T0 + 1 * SECOND, 50, LOWER_ADDRESS, 100);
	on_advert(&vr, T0 + 2 * SECOND, 100, HIGHER_ADDRESS, 100);
	on_advert(&vr, T0 + 12 * SECOND, 50, LOWER_ADDRESS, 100);
	assert_int_equal(vrrp_deadline(&vr), T0 + 12 * SECOND + DOWN_100);
	on_advert(&vr, T0 + 21 * SECOND, 50, LOWER_ADDRESS, 100);
	assert_int_equal(vrrp_deadline(&vr), T0 + 21 * SECOND + DOWN_100);
	on_advert(&vr, T0 + 22 * SECOND, 50, LOWER_ADDRESS, 100);
	assert_int_equal(vrrp_deadline(&vr), T0 + 21 * SECOND + DOWN_100);
}

/* An Active that dies or leaves is replaced at the usual time. */
static void test_fsm_preempt_delay_does_not_delay_a_failover(void **state)
{
	struct vrrp vr = test_backup(100, T0), left = vr;

	(void)state;
	vr.config.preempt_delay_ns = left.config.preempt_delay_ns = 1000 * SECOND;
	on_advert(&vr, T0 + SECOND, 50, LOWER_ADDRESS, 100);
	on_timer(&vr, T0 + SECOND + DOWN_100);
	assert_int_equal(vr.election.state, VRRP_STATE_ACTIVE);
	assert_int_equal(vr.election.reason.code, VRRP_REASON_SILENCE);

	on_advert(&left, T0 + SECOND, 50, LOWER_ADDRESS, 100);
	on_advert(&left, T0 + 2 * SECOND, 0, LOWER_ADDRESS, 100);
	on_timer(&left, T0 + 2 * SECOND + SKEW_100);
	assert_int_equal(left.election.state, VRRP_STATE_ACTIVE);
}

/* A delay that began in an earlier life of Backup has no part in the next. */
static void test_fsm_preempt_delay_dies_with_the_state(void **state)
{
	struct vrrp vr = test_backup(100, T0);

	(void)state;
	vr.config.preempt_delay_ns = 10 * SECOND;
	on_advert(&vr, T0 + SECOND, 50, LOWER_ADDRESS, 100);
	on_fault(&vr, T0 + 2 * SECOND, VRRP_REASON_LINK_DOWN);
	on_startup(&vr, T0 + 20 * SECOND);
	on_advert(&vr, T0 + 21 * SECOND, 50, LOWER_ADDRESS, 100);
	assert_int_equal(vrrp_deadline(&vr), T0 + 21 * SECOND + DOWN_100);
}

/* Damping: the caller says until when; the later one of both delays counts, and from then on the
 * lower Active's next advert is the first that is not tolerated. */
static void test_fsm_not_before_tolerates_a_lower_priority_until_then(void **state)
{
	struct vrrp vr = test_backup(100, T0), longer = vr, shorter = vr;

	(void)state;
	vr.config.preempt_not_before_ns = T0 + 5 * SECOND;
	longer.config = shorter.config = vr.config;
	longer.config.preempt_delay_ns = 8 * SECOND;
	shorter.config.preempt_delay_ns = 2 * SECOND;
	for (int i = 1; i <= 9; i++) {
		on_advert(&vr, T0 + i * SECOND, 50, LOWER_ADDRESS, 100);
		on_advert(&longer, T0 + i * SECOND, 50, LOWER_ADDRESS, 100);
		on_advert(&shorter, T0 + i * SECOND, 50, LOWER_ADDRESS, 100);
		assert_int_equal(vr.election.lower_heard, i >= 5);
		assert_int_equal(shorter.election.lower_heard, i >= 5);
		assert_int_equal(longer.election.lower_heard, i >= 9);
	}
	assert_int_equal(vrrp_deadline(&vr), T0 + 4 * SECOND + DOWN_100);
	on_timer(&vr, T0 + 4 * SECOND + DOWN_100);
	assert_int_equal(vr.election.reason.code, VRRP_REASON_PREEMPT);
}

static void test_fsm_not_before_does_not_delay_a_failover(void **state)
{
	struct vrrp vr = test_backup(100, T0), left;

	(void)state;
	vr.config.preempt_not_before_ns = T0 + 1000 * SECOND;
	on_advert(&vr, T0 + SECOND, 50, LOWER_ADDRESS, 100);
	left = vr;
	on_timer(&vr, T0 + SECOND + DOWN_100);
	assert_int_equal(vr.election.state, VRRP_STATE_ACTIVE);
	assert_int_equal(vr.election.reason.code, VRRP_REASON_SILENCE);
	on_advert(&left, T0 + 2 * SECOND, 0, LOWER_ADDRESS, 100);
	on_timer(&left, T0 + 2 * SECOND + SKEW_100);
	assert_int_equal(left.election.state, VRRP_STATE_ACTIVE);
	assert_int_equal(left.election.reason.code, VRRP_REASON_LEFT);
}

/* Who is Active, and who owns the addresses, yields no sooner for it. */
static void test_fsm_not_before_is_nothing_to_an_active_and_an_owner(void **state)
{
	struct vrrp vr = test_active(100, T0), owner = test_backup(100, T0);

	(void)state;
	owner.config.priority = owner.election.priority = VRRP_PRIORITY_OWNER;
	vr.config.preempt_not_before_ns = owner.config.preempt_not_before_ns = T0 + 1000 * SECOND;
	on_advert(&vr, T0 + SECOND, 50, LOWER_ADDRESS, 100);
	assert_int_equal(vr.election.state, VRRP_STATE_ACTIVE);
	on_advert(&owner, T0 + SECOND, 50, LOWER_ADDRESS, 100);
	assert_true(owner.election.lower_heard);
}

/* an owner that had to yield to another owner is still an owner. */
static void test_fsm_backup_owner_always_preempts(void **state)
{
	struct vrrp vr = test_active(255, T0);

	(void)state;
	vr.config.preempt = false;
	vr.config.preempt_delay_ns = 1000 * SECOND;
	on_advert(&vr, T0 + 10, 255, HIGHER_ADDRESS, 100);
	assert_int_equal(vr.election.state, VRRP_STATE_BACKUP);
	on_advert(&vr, T0 + SECOND, 254, LOWER_ADDRESS, 100);
	assert_int_equal(vrrp_deadline(&vr), T0 + 10 + INT64_C(3003906250));
	on_timer(&vr, vrrp_deadline(&vr));
	assert_int_equal(vr.election.reason.code, VRRP_REASON_PREEMPT);
}

/* Late timers */

/* a whole interval late, the silence may have been ours. Once. */
static void test_fsm_late_timer_is_granted_once(void **state)
{
	struct vrrp vr = test_backup(100, T0);
	int64_t late_ns = T0 + DOWN_100 + SECOND;

	(void)state;
	assert_string_equal(on_timer(&vr, late_ns), "");
	assert_int_equal(vr.counters.late_timers, 1);
	assert_int_equal(vrrp_deadline(&vr), late_ns + SECOND + SKEW_100);
	assert_string_equal(on_timer(&vr, late_ns + SECOND + SKEW_100 - 1), "");
	assert_string_equal(on_timer(&vr, late_ns + 100 * SECOND),
			    "advert 100, claim, announce, backup->active");
	assert_int_equal(vr.counters.late_timers, 1);
	assert_int_equal(vr.election.reason.ns, late_ns + 100 * SECOND - T0);
}

/* What the host lost on its way to us is a silence of ours, too: listened to once more, once. */
static void test_fsm_missed_adverts_grant_an_interval_once(void **state)
{
	struct vrrp vr = test_backup(100, T0);
	int64_t now_ns = T0 + DOWN_100 - 100 * MS;

	(void)state;
	assert_string_equal(on_missed(&vr, now_ns), "");
	assert_int_equal(vr.counters.late_timers, 1);
	assert_int_equal(vrrp_deadline(&vr), now_ns + SECOND + SKEW_100);
	assert_string_equal(on_missed(&vr, now_ns + SECOND), "");
	assert_int_equal(vrrp_deadline(&vr), now_ns + SECOND + SKEW_100);
	assert_string_equal(on_timer(&vr, now_ns + SECOND + SKEW_100),
			    "advert 100, claim, announce, backup->active");
}

static void test_fsm_missed_adverts_change_nothing_long_before_the_deadline(void **state)
{
	struct vrrp vr = test_backup(100, T0), before = vr;

	(void)state;
	assert_string_equal(on_missed(&vr, T0 + SECOND), "");
	assert_memory_equal(&vr, &before, sizeof(vr));
}

static void test_fsm_missed_adverts_are_no_matter_to_an_active(void **state)
{
	struct vrrp vr = test_active(100, T0), before = vr;

	(void)state;
	assert_string_equal(on_missed(&vr, T0 + 100 * SECOND), "");
	assert_memory_equal(&vr, &before, sizeof(vr));
}

static void test_fsm_late_timer_by_less_than_an_interval_is_believed(void **state)
{
	struct vrrp vr = test_backup(100, T0);

	(void)state;
	assert_string_equal(on_timer(&vr, T0 + DOWN_100 + SECOND - 1),
			    "advert 100, claim, announce, backup->active");
	assert_int_equal(vr.counters.late_timers, 0);
}

/* "Late" is measured in the interval of the Active, which is the one that was missed. */
static void test_fsm_late_timer_is_measured_in_learned_intervals(void **state)
{
	struct vrrp vr = test_backup(100, T0);
	int64_t down_ns;

	(void)state;
	on_advert(&vr, T0, 200, HIGHER_ADDRESS, 10);
	down_ns = vrrp_deadline(&vr);
	assert_string_equal(on_timer(&vr, down_ns + SECOND / 10), "");
	assert_int_equal(vrrp_deadline(&vr), down_ns + SECOND / 10 + (SECOND + SKEW_100) / 10);
}

/* An advert ends the affair, and the next stall is granted again; so does priority 0. */
static void test_fsm_late_timer_is_granted_again_after_an_advert(void **state)
{
	struct vrrp vr = test_backup(100, T0);
	int64_t now_ns = T0;

	(void)state;
	for (unsigned i = 1; i <= 4; i++) {
		now_ns = vrrp_deadline(&vr) + 2 * SECOND;
		assert_string_equal(on_timer(&vr, now_ns), "");
		assert_int_equal(vr.counters.late_timers, i);
		on_advert(&vr, now_ns, i % 2 ? 200 : 0, HIGHER_ADDRESS, 100);
		assert_int_equal(vrrp_deadline(&vr), now_ns + (i % 2 ? DOWN_100 : SKEW_100));
	}
	assert_string_equal(on_advert(&vr, now_ns + SECOND / 4, 50, LOWER_ADDRESS, 100), "");
	assert_string_equal(on_timer(&vr, vrrp_deadline(&vr)),
			    "claim, advert 100, announce, backup->active");
}

/* adverts that waited while we were stopped are read first. */
static void test_fsm_stalled_backup_that_reads_its_adverts_stays(void **state)
{
	struct vrrp vr = test_backup(100, T0);

	(void)state;
	for (int i = 1; i <= 5; i++)
		on_advert(&vr, T0 + i * SECOND, 200, HIGHER_ADDRESS, 100);
	assert_string_equal(on_timer(&vr, T0 + 5500 * MS), "");
	assert_int_equal(vr.counters.late_timers, 0);
	assert_int_equal(vrrp_deadline(&vr), T0 + 5 * SECOND + DOWN_100);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fsm_init_waits_for_startup),
		cmocka_unit_test(test_fsm_initialize_ignores_adverts_and_timers),
		cmocka_unit_test(test_fsm_startup_of_an_owner_goes_active_at_once),
		cmocka_unit_test(test_fsm_startup_of_an_owner_does_not_ask_preempt_mode),
		cmocka_unit_test(test_fsm_startup_of_others_waits_in_backup),
		cmocka_unit_test(test_fsm_startup_is_heeded_once),
		cmocka_unit_test(test_fsm_restart_forgets_the_learned_interval),
		cmocka_unit_test(test_fsm_backup_shutdown_is_silent),
		cmocka_unit_test(test_fsm_backup_silence_takes_over_in_order),
		cmocka_unit_test(test_fsm_backup_silence_of_one_that_was_heard_is_noticed),
		cmocka_unit_test(test_fsm_backup_never_sends),
		cmocka_unit_test(test_fsm_backup_priority_zero_leaves_the_skew_time),
		cmocka_unit_test(test_fsm_backup_priority_zero_does_not_ask_preempt_mode),
		cmocka_unit_test(test_fsm_backup_skew_scales_with_the_learned_interval),
		cmocka_unit_test(test_fsm_backup_higher_priority_is_learned_from),
		cmocka_unit_test(test_fsm_backup_defers_to_an_equal_of_any_address),
		cmocka_unit_test(test_fsm_backup_without_preemption_follows_a_lower_priority),
		cmocka_unit_test(test_fsm_backup_lower_priority_is_preempted_by_the_running_timer),
		cmocka_unit_test(test_fsm_backup_compares_priorities_exactly),
		cmocka_unit_test(test_fsm_backup_defers_to_whom_its_own_priority_falls_below),
		cmocka_unit_test(test_fsm_backup_goes_on_to_preempt_whom_it_is_still_above),
		cmocka_unit_test(test_fsm_backup_reason_names_the_last_that_mattered),
		cmocka_unit_test(test_fsm_backup_lets_nobody_leave_who_was_not_active),
		cmocka_unit_test(test_fsm_backup_lets_a_weaker_active_leave),
		cmocka_unit_test(test_fsm_backup_that_has_heard_nobody_lets_anybody_leave),
		cmocka_unit_test(test_fsm_backup_promoted_uses_its_own_interval),
		cmocka_unit_test(test_fsm_backup_version_2_never_learns),
		cmocka_unit_test(test_fsm_preempt_delay_tolerates_a_lower_priority_until_it_ends),
		cmocka_unit_test(test_fsm_preempt_delay_starts_again_after_a_better_active),
		cmocka_unit_test(test_fsm_preempt_delay_does_not_delay_a_failover),
		cmocka_unit_test(test_fsm_preempt_delay_dies_with_the_state),
		cmocka_unit_test(test_fsm_not_before_tolerates_a_lower_priority_until_then),
		cmocka_unit_test(test_fsm_not_before_does_not_delay_a_failover),
		cmocka_unit_test(test_fsm_not_before_is_nothing_to_an_active_and_an_owner),
		cmocka_unit_test(test_fsm_backup_owner_always_preempts),
		cmocka_unit_test(test_fsm_late_timer_is_granted_once),
		cmocka_unit_test(test_fsm_missed_adverts_grant_an_interval_once),
		cmocka_unit_test(test_fsm_missed_adverts_change_nothing_long_before_the_deadline),
		cmocka_unit_test(test_fsm_missed_adverts_are_no_matter_to_an_active),
		cmocka_unit_test(test_fsm_late_timer_by_less_than_an_interval_is_believed),
		cmocka_unit_test(test_fsm_late_timer_is_measured_in_learned_intervals),
		cmocka_unit_test(test_fsm_late_timer_is_granted_again_after_an_advert),
		cmocka_unit_test(test_fsm_stalled_backup_that_reads_its_adverts_stays),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
