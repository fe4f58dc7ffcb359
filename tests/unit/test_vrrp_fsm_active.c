/* SPDX-License-Identifier: MIT */
/*
 * Active of RFC 9568 §6.4.3 with errata, every action in its order, and what the core adds there:
 * bounded answers, the schedule of announcements; and faults in every state.
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

/* Active (§6.4.3) */

/* */
static void test_fsm_active_shutdown_releases_and_says_so(void **state)
{
	struct vrrp vr = test_active(100, T0);

	(void)state;
	assert_string_equal(on_shutdown(&vr, T0 + 1), "release, advert 0, active->initialize");
	assert_int_equal(vr.election.reason.code, VRRP_REASON_STOPPED);
	assert_int_equal(vr.election.since_ns, T0 + 1);
	assert_int_equal(vrrp_deadline(&vr), VRRP_NEVER);
	assert_string_equal(on_timer(&vr, T0 + 10 * SECOND), "");
	assert_string_equal(on_advert(&vr, T0 + 10 * SECOND, 1, LOWER_ADDRESS, 100), "");
}

/* a hundred adverts in the rhythm of the first, however unpunctual the timer. */
static void test_fsm_active_adverts_do_not_drift(void **state)
{
	struct vrrp vr = test_active(100, T0);

	(void)state;
	for (int i = 1; i <= 100; i++) {
		vr.election.announce_ns = VRRP_NEVER;
		assert_string_equal(on_timer(&vr, T0 + i * SECOND - 1), "");
		assert_string_equal(on_timer(&vr, T0 + i * SECOND + i * 9 * MS), "advert 100");
		assert_int_equal(vr.election.advert_ns, T0 + (i + 1) * SECOND);
	}
}

/* After a stall comes one advert, not all those that were missed. */
static void test_fsm_active_stall_is_followed_by_one_advert(void **state)
{
	static const int64_t late_ns[] = { SECOND, 2 * SECOND, 10 * SECOND + 7 };

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		struct vrrp vr = test_active(100, T0);
		int64_t now_ns = T0 + SECOND + late_ns[i];

		vr.election.announce_ns = VRRP_NEVER;
		assert_string_equal(on_timer(&vr, now_ns), "advert 100");
		assert_string_equal(on_timer(&vr, now_ns), "");
		assert_int_equal(vr.election.advert_ns, now_ns + SECOND);
	}
}

/* */
static void test_fsm_active_priority_zero_is_answered_and_restarts_the_timer(void **state)
{
	struct vrrp vr = test_active(100, T0);

	(void)state;
	assert_string_equal(on_advert(&vr, T0 + 300 * MS, 0, HIGHER_ADDRESS, 400),
			    "advert 100, announce");
	assert_int_equal(vr.election.state, VRRP_STATE_ACTIVE);
	assert_int_equal(vr.election.advert_ns, T0 + 1300 * MS);
	assert_int_equal(vr.election.active_interval_cs, 100);
}

/* Whoever left had been Active: five answers in a second, and the rhythm goes on beneath a flood.
 */
static void test_fsm_active_priority_zero_flood_is_bounded_and_silences_nobody(void **state)
{
	struct vrrp vr = test_active(100, T0);
	int64_t last_advert_ns;

	(void)state;
	for (unsigned i = 0; i < 5; i++)
		assert_string_equal(on_advert(&vr, T0 + i * MS, 0, HIGHER_ADDRESS, 100),
				    "advert 100, announce");
	last_advert_ns = vr.election.advert_ns;
	for (unsigned i = 5; i < 900; i++)
		assert_string_equal(on_advert(&vr, T0 + i * MS, 0, HIGHER_ADDRESS, 100), "");
	assert_int_equal(vr.election.advert_ns, last_advert_ns);
	assert_int_equal(vr.election.announce_ns, T0 + 1000 * MS);
}

/* the last advert makes the winner announce again. */
static void test_fsm_active_yields_to_a_higher_priority(void **state)
{
	struct vrrp vr = test_active(100, T0);

	(void)state;
	assert_string_equal(on_advert(&vr, T0 + 1, 101, LOWER_ADDRESS, 200),
			    "release, advert 1, active->backup");
	assert_int_equal(vr.election.reason.code, VRRP_REASON_HIGHER);
	assert_int_equal(vr.election.reason.priority, 101);
	assert_address(vr.election.reason.source, LOWER_ADDRESS);
	assert_int_equal(vr.election.active_interval_cs, 200);
	assert_int_equal(vr.election.active_priority, 101);
	assert_address(vr.election.active_source, LOWER_ADDRESS);
	assert_int_equal(vrrp_deadline(&vr), T0 + 1 + 2 * DOWN_100);
	assert_int_equal(vr.election.advert_ns, VRRP_NEVER);
	assert_int_equal(vr.election.announce_ns, VRRP_NEVER);
	assert_string_equal(on_timer(&vr, T0 + 2 * DOWN_100), "");
	assert_string_equal(on_timer(&vr, T0 + 1 + 2 * DOWN_100),
			    "advert 100, claim, announce, backup->active");
}

/* A reason keeps the numbers of its time. */
static void test_fsm_reason_keeps_our_priority_of_its_time(void **state)
{
	struct vrrp vr = test_active(100, T0);
	struct vrrp_event event = { .type = VRRP_EVENT_PRIORITY, .now_ns = T0 + 2 };
	struct vrrp_output out;

	(void)state;
	(void)on_advert(&vr, T0 + 1, 101, LOWER_ADDRESS, 200);
	assert_int_equal(vr.election.reason.own_priority, 100);
	event.priority = 90;
	vrrp_step(&vr, &event, &out);
	assert_int_equal(vr.election.priority, 90);
	assert_int_equal(vr.election.reason.own_priority, 100);
	(void)on_timer(&vr, vrrp_deadline(&vr));
	assert_int_equal(vr.election.state, VRRP_STATE_ACTIVE);
	assert_int_equal(vr.election.reason.own_priority, 90);
}

/* */
static void test_fsm_active_yields_to_an_equal_of_higher_address(void **state)
{
	struct vrrp vr = test_active(100, T0);

	(void)state;
	assert_string_equal(on_advert(&vr, T0 + 1, 100, HIGHER_ADDRESS, 300),
			    "release, advert 1, active->backup");
	assert_int_equal(vr.election.reason.code, VRRP_REASON_TIE);
	assert_int_equal(vr.election.reason.priority, 100);
	assert_address(vr.election.reason.source, HIGHER_ADDRESS);
	assert_int_equal(vr.election.active_interval_cs, 300);
	assert_int_equal(vrrp_deadline(&vr), T0 + 1 + 3 * DOWN_100);
}

/* bytes in network order, and no sign. Both ways round. */
static void test_fsm_active_compares_addresses_unsigned_in_network_order(void **state)
{
	static const char *const rows[][2] = {
		{ "10.0.0.9", "10.0.0.200" }, { "10.0.255.255", "10.1.0.1" },
		{ "127.0.0.1", "128.0.0.1" }, { "10.0.0.127", "10.0.0.128" },
		{ "10.255.0.0", "11.0.0.0" }, { "1.255.255.255", "223.0.0.1" },
		{ "192.0.2.1", "192.0.2.2" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct vrrp low = test_active(100, T0), high = low;

		set_address(low.election.source, rows[i][0]);
		set_address(high.election.source, rows[i][1]);
		assert_string_equal(on_advert(&low, T0 + 1, 100, rows[i][1], 100),
				    "release, advert 1, active->backup");
		assert_string_equal(on_advert(&high, T0 + 1, 100, rows[i][0], 100),
				    "advert 100, announce");
	}
}

/* two owners (erratum 8298) are settled like any other tie. */
static void test_fsm_active_owner_yields_to_an_owner_of_higher_address(void **state)
{
	struct vrrp loser = test_active(255, T0), winner = loser;

	(void)state;
	assert_string_equal(on_advert(&loser, T0 + 1, 255, HIGHER_ADDRESS, 100),
			    "release, advert 255, active->backup");
	assert_string_equal(on_advert(&winner, T0 + 1, 255, LOWER_ADDRESS, 100),
			    "advert 255, announce");
}

/* at once, and announced again; nothing is learned and Adver_Timer runs on. */
static void test_fsm_active_answers_a_weaker_claim(void **state)
{
	static const struct {
		unsigned priority;
		const char *source;
	} rows[] = { { 1, HIGHER_ADDRESS },
		     { 99, HIGHER_ADDRESS },
		     { 100, LOWER_ADDRESS },
		     { 100, OWN_ADDRESS } };

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct vrrp vr = test_active(100, T0);

		assert_string_equal(on_advert(&vr, T0 + 1, rows[i].priority, rows[i].source, 400),
				    "advert 100, announce");
		assert_int_equal(vr.election.advert_ns, T0 + SECOND);
		assert_int_equal(vr.election.announce_ns, T0 + 1 + SECOND);
		assert_int_equal(vr.election.active_interval_cs, 100);
		assert_int_equal(vr.election.reason.code, VRRP_REASON_SILENCE);
		assert_int_equal(vr.election.since_ns, T0);
	}
}

/* */
static void test_fsm_active_yields_whatever_the_preempt_mode(void **state)
{
	struct vrrp vr = test_active(100, T0);

	(void)state;
	vr.config.preempt = false;
	vr.config.preempt_delay_ns = 60 * SECOND;
	assert_string_equal(on_advert(&vr, T0 + 1, 200, LOWER_ADDRESS, 100),
			    "release, advert 1, active->backup");
}

/* five answers in a second, then one announcement to make up for the rest. */
static void test_fsm_active_contested_answers_are_bounded(void **state)
{
	struct vrrp vr = test_active(100, T0);

	(void)state;
	for (int i = 0; i < 1000; i++)
		assert_string_equal(on_advert(&vr, T0 + 1 + i * MS / 2, 50, LOWER_ADDRESS, 100),
				    i < 5 ? "advert 100, announce" : "");
	assert_int_equal(vr.election.announce_ns, T0 + SECOND);
	assert_int_equal(vr.election.advert_ns, T0 + SECOND);
	assert_string_equal(on_timer(&vr, T0 + SECOND), "advert 100, announce");
	assert_int_equal(vr.election.announce_ns, T0 + 2 * SECOND);
	assert_string_equal(on_advert(&vr, T0 + SECOND, 50, LOWER_ADDRESS, 100),
			    "advert 100, announce");
}

/* With fast adverts whoever was not heard need not wait for the window's end to be believed. */
static void test_fsm_active_announces_when_a_fast_contest_is_over(void **state)
{
	struct vrrp vr = test_active(100, T0);
	int64_t last_ns = T0;

	(void)state;
	vr.config.interval_cs = 10;
	for (int i = 1; i <= 7; i++) {
		last_ns = T0 + i * 100 * MS;
		on_advert(&vr, last_ns, 50, LOWER_ADDRESS, 10);
	}
	assert_int_equal(vr.election.announce_ns, last_ns + 200 * MS);
	on_advert(&vr, T0 + 850 * MS, 50, LOWER_ADDRESS, 10);
	assert_int_equal(vr.election.announce_ns, T0 + SECOND); /* the window's end */
	vr.election.advert_ns = VRRP_NEVER;
	assert_string_equal(on_timer(&vr, T0 + SECOND), "announce");
}

/* a storm that never ends, with timers: the rhythm holds and the answers stay five. */
static void test_fsm_active_endless_storm_keeps_its_bound_and_rhythm(void **state)
{
	struct vrrp vr = test_active(100, T0);
	unsigned answers = 0, adverts = 0;

	(void)state;
	for (int64_t now_ns = T0 + MS; now_ns < T0 + 100 * SECOND; now_ns += MS) {
		const char *text = on_advert(&vr, now_ns, 100, OWN_ADDRESS, 100);

		answers += strcmp(text, "advert 100, announce") == 0;
		assert_true(vrrp_deadline(&vr) > now_ns - MS);
		text = on_timer(&vr, now_ns);
		adverts += strstr(text, "advert") != NULL;
		assert_true(vrrp_deadline(&vr) > now_ns);
	}
	assert_int_equal(answers, 500);
	assert_int_equal(adverts, 99);
}

/* Announcements */

/* At once, 1 s, 4 s and 16 s after the takeover, then every minute. */
static void test_fsm_announcements_follow_the_schedule(void **state)
{
	static const int expected_s[] = { 1, 4, 16, 76, 136, 196 };
	struct vrrp vr = test_active(100, T0);
	size_t n = 0;

	(void)state;
	for (int s = 1; s <= 200; s++) {
		bool due = n < 6 && s == expected_s[n];

		assert_string_equal(on_timer(&vr, T0 + s * SECOND),
				    due ? "advert 100, announce" : "advert 100");
		n += due;
	}
	assert_int_equal(n, 6);
}

/* Not tied to the advert timer: with an interval of 40.95 s they come on their own. */
static void test_fsm_announcements_have_a_deadline_of_their_own(void **state)
{
	struct vrrp vr = test_router(255);

	(void)state;
	vr.config.interval_cs = 4095;
	on_startup(&vr, T0);
	assert_int_equal(vrrp_deadline(&vr), T0 + SECOND);
	assert_string_equal(on_timer(&vr, T0 + SECOND - 1), "");
	assert_string_equal(on_timer(&vr, T0 + SECOND), "announce");
	assert_int_equal(vrrp_deadline(&vr), T0 + 4 * SECOND);
}

/* A contest starts the schedule again from its beginning. */
static void test_fsm_announcements_start_again_after_a_contest(void **state)
{
	static const int gaps_s[] = { 1, 3, 12, 60, 60 };
	struct vrrp vr = test_active(100, T0);
	int64_t now_ns = T0 + 300 * SECOND;

	(void)state;
	while (vrrp_deadline(&vr) < now_ns)
		on_timer(&vr, vrrp_deadline(&vr));
	assert_string_equal(on_advert(&vr, now_ns, 50, LOWER_ADDRESS, 100), "advert 100, announce");
	vr.election.advert_ns = VRRP_NEVER;
	for (size_t i = 0; i < sizeof(gaps_s) / sizeof(gaps_s[0]); i++) {
		now_ns += gaps_s[i] * SECOND;
		assert_int_equal(vrrp_deadline(&vr), now_ns);
		assert_string_equal(on_timer(&vr, now_ns), "announce");
	}
}

/* So does the next takeover. */
static void test_fsm_announcements_start_again_with_the_next_takeover(void **state)
{
	struct vrrp vr = test_active(100, T0);

	(void)state;
	for (int s = 1; s <= 20; s++)
		on_timer(&vr, T0 + s * SECOND);
	on_advert(&vr, T0 + 20 * SECOND, 200, HIGHER_ADDRESS, 1);
	on_timer(&vr, vrrp_deadline(&vr));
	assert_int_equal(vr.election.state, VRRP_STATE_ACTIVE);
	assert_int_equal(vr.election.announce_ns, vr.election.since_ns + SECOND);
	assert_int_equal(vr.counters.became_active, 2);
}

/* answers are counted from the takeover on, not from a contest before it. */
static void test_fsm_active_contested_answers_start_again_with_the_next_takeover(void **state)
{
	struct vrrp vr = test_active(100, T0);

	(void)state;
	for (int i = 0; i < 6; i++)
		on_advert(&vr, T0 + 10 * MS, 50, LOWER_ADDRESS, 100);
	on_advert(&vr, T0 + 20 * MS, 200, HIGHER_ADDRESS, 1);
	on_timer(&vr, vrrp_deadline(&vr));
	assert_int_equal(vr.election.state, VRRP_STATE_ACTIVE);
	for (int i = 0; i < 10; i++)
		assert_string_equal(on_advert(&vr, vr.election.since_ns, 50, LOWER_ADDRESS, 100),
				    i < 5 ? "advert 100, announce" : "");
	assert_int_equal(vr.election.announce_ns, vr.election.since_ns + SECOND);
}

/* Faults */

static void test_fsm_fault_of_an_active_releases_and_tries_to_say_so(void **state)
{
	struct vrrp vr = test_active(100, T0);

	(void)state;
	assert_string_equal(on_fault(&vr, T0 + 1, VRRP_REASON_NO_CARRIER),
			    "release, advert 0, active->fault");
	assert_int_equal(vr.election.reason.code, VRRP_REASON_NO_CARRIER);
	assert_int_equal(vrrp_deadline(&vr), VRRP_NEVER);
}

static void test_fsm_fault_of_others_is_silent(void **state)
{
	struct vrrp backup = test_backup(100, T0), initial = test_router(100);

	(void)state;
	assert_string_equal(on_fault(&backup, T0 + 1, VRRP_REASON_LINK_DOWN), "backup->fault");
	assert_int_equal(backup.election.reason.code, VRRP_REASON_LINK_DOWN);
	assert_int_equal(vrrp_deadline(&backup), VRRP_NEVER);
	assert_string_equal(on_fault(&initial, T0, VRRP_REASON_LINK_MISSING), "initialize->fault");
	assert_int_equal(initial.election.reason.code, VRRP_REASON_LINK_MISSING);
}

/* */
static void test_fsm_fault_ignores_adverts_and_timers(void **state)
{
	struct vrrp vr = test_backup(100, T0), before;

	(void)state;
	on_fault(&vr, T0 + 1, VRRP_REASON_LINK_DOWN);
	before = vr;
	assert_string_equal(on_advert(&vr, T0 + 2, 1, LOWER_ADDRESS, 100), "");
	assert_string_equal(on_advert(&vr, T0 + 2, 0, LOWER_ADDRESS, 100), "");
	assert_string_equal(on_timer(&vr, T0 + 100 * SECOND), "");
	assert_unchanged(&vr, &before);
}

static void test_fsm_fault_is_told_once_and_again_when_it_changes(void **state)
{
	struct vrrp vr = test_backup(100, T0), before;

	(void)state;
	on_fault(&vr, T0 + 1, VRRP_REASON_LINK_DOWN);
	before = vr;
	assert_string_equal(on_fault(&vr, T0 + 2, VRRP_REASON_LINK_DOWN), "");
	assert_unchanged(&vr, &before);
	assert_string_equal(on_fault(&vr, T0 + 3, VRRP_REASON_NO_CARRIER), "fault->fault");
	assert_int_equal(vr.election.reason.code, VRRP_REASON_NO_CARRIER);
	assert_int_equal(vr.election.since_ns,
			 before.election.since_ns); /* the fault is no younger for it */
}

static void test_fsm_fault_ends_with_startup(void **state)
{
	struct vrrp vr = test_active(100, T0), owner = test_active(255, T0);

	(void)state;
	on_fault(&vr, T0 + 1, VRRP_REASON_LINK_DOWN);
	assert_string_equal(on_startup(&vr, T0 + SECOND), "fault->backup");
	assert_int_equal(vr.election.reason.code, VRRP_REASON_RECOVERED);
	assert_int_equal(vrrp_deadline(&vr), T0 + SECOND + DOWN_100);
	on_fault(&owner, T0 + 1, VRRP_REASON_LINK_DOWN);
	assert_string_equal(on_startup(&owner, T0 + SECOND),
			    "advert 255, claim, announce, fault->active");
}

static void test_fsm_fault_ends_with_shutdown(void **state)
{
	struct vrrp vr = test_active(100, T0);

	(void)state;
	on_fault(&vr, T0 + 1, VRRP_REASON_LINK_DOWN);
	assert_string_equal(on_shutdown(&vr, T0 + 2), "fault->initialize");
	assert_int_equal(vr.election.reason.code, VRRP_REASON_STOPPED);
}

/* Time */

/* Early, late and repeated timers do no harm: the deadline is always ahead of a timer's event. */
static void test_fsm_timer_always_leaves_a_deadline_in_the_future(void **state)
{
	static const int64_t steps_ns[] = {
		1, 10 * MS, 700 * MS, SECOND, 5 * SECOND, 3600 * SECOND
	};

	(void)state;
	for (size_t i = 0; i < sizeof(steps_ns) / sizeof(steps_ns[0]); i++) {
		struct vrrp vr = test_router(100);
		int64_t now_ns = T0;

		vr.config.start_delay_ns = 3 * SECOND;
		on_startup(&vr, now_ns);
		for (int n = 0; n < 100; n++) {
			now_ns += steps_ns[i];
			on_timer(&vr, now_ns);
			assert_true(vrrp_deadline(&vr) > now_ns);
			assert_string_equal(on_timer(&vr, now_ns), "");
		}
	}
}

static void test_fsm_source_change_counts_for_the_next_tie(void **state)
{
	struct vrrp vr = test_active(100, T0);
	uint8_t source[16];

	(void)state;
	set_address(source, "198.51.100.250");
	vrrp_source_set(&vr, source);
	assert_string_equal(on_advert(&vr, T0 + 1, 100, HIGHER_ADDRESS, 100),
			    "advert 100, announce");
}

/* Two Actives after a partition: one of them remains, and its announcement is the last. */
static void test_fsm_healed_partition_leaves_the_better_with_the_last_word(void **state)
{
	struct vrrp better = test_active(200, T0), worse = test_active(100, T0);

	(void)state;
	set_address(worse.election.source, LOWER_ADDRESS);
	assert_string_equal(on_advert(&worse, T0 + 1, 200, OWN_ADDRESS, 100),
			    "release, advert 1, active->backup");
	assert_string_equal(on_advert(&better, T0 + 2, 100, LOWER_ADDRESS, 100),
			    "advert 200, announce");
	assert_string_equal(on_advert(&worse, T0 + 3, 200, OWN_ADDRESS, 100), "");
	assert_int_equal(worse.election.state, VRRP_STATE_BACKUP);
}

/* ---- after a time away ---- */

static struct vrrp modest_active(void)
{
	struct vrrp vr = test_active(200, T0);

	vr.config.preempt = false;
	return vr;
}

/* The adverts of the one that took over wait in the queue, and are read before any timer. */
static void test_fsm_active_that_was_away_yields_to_whom_the_queue_shows(void **state)
{
	struct vrrp vr = modest_active();

	(void)state;
	assert_string_equal(on_advert(&vr, T0 + 6 * SECOND, 100, LOWER_ADDRESS, 100),
			    "release, advert 0, active->backup");
	assert_int_equal(vr.election.reason.code, VRRP_REASON_AWAY);
}

static void test_fsm_active_that_was_away_listens_before_it_speaks(void **state)
{
	struct vrrp vr = modest_active();
	int64_t now_ns = T0 + 10 * SECOND;

	(void)state;
	vr.election.announce_ns = VRRP_NEVER;
	assert_string_equal(on_timer(&vr, now_ns), "");
	assert_int_equal(vrrp_deadline(&vr), now_ns + SECOND);
	assert_string_equal(on_advert(&vr, now_ns + 500 * MS, 100, LOWER_ADDRESS, 100),
			    "release, advert 0, active->backup");
}

static void test_fsm_active_that_was_away_goes_on_when_nobody_took_over(void **state)
{
	struct vrrp vr = modest_active();
	int64_t now_ns = T0 + 10 * SECOND;

	(void)state;
	vr.election.announce_ns = VRRP_NEVER;
	on_timer(&vr, now_ns);
	assert_string_equal(on_timer(&vr, now_ns + SECOND), "advert 200");
	assert_string_equal(on_timer(&vr, now_ns + 2 * SECOND), "advert 200");
	assert_string_equal(on_advert(&vr, now_ns + 2 * SECOND, 100, LOWER_ADDRESS, 100),
			    "advert 200, announce");
}

/* A Backup of the lowest priority waits for almost four intervals: until then speaking is in time.
 */
static void test_fsm_active_that_may_be_in_time_speaks_at_once(void **state)
{
	struct vrrp vr = modest_active();

	(void)state;
	vr.election.announce_ns = VRRP_NEVER;
	assert_string_equal(on_timer(&vr, T0 + 3900 * MS), "advert 200");
	assert_string_equal(on_timer(&vr, T0 + 7900 * MS), "advert 200");
	assert_string_equal(on_timer(&vr, T0 + 20 * SECOND), "");
}

static void test_fsm_active_that_preempts_was_never_away(void **state)
{
	struct vrrp vr = test_active(200, T0), owner = test_active(255, T0);

	(void)state;
	owner.config.preempt = false;
	assert_string_equal(on_advert(&vr, T0 + 6 * SECOND, 100, LOWER_ADDRESS, 100),
			    "advert 200, announce");
	assert_string_equal(on_advert(&owner, T0 + 6 * SECOND, 100, LOWER_ADDRESS, 100),
			    "advert 255, announce");
}

/* No Backup has taken over in less than three intervals. */
static void test_fsm_active_that_was_late_was_not_away(void **state)
{
	struct vrrp vr = modest_active();

	(void)state;
	assert_string_equal(on_advert(&vr, T0 + 3 * SECOND, 100, LOWER_ADDRESS, 100),
			    "advert 200, announce");
}

/* ---- another effective priority ---- */

static void test_fsm_priority_of_an_active_is_advertised_at_once(void **state)
{
	struct vrrp vr = test_active(200, T0);

	(void)state;
	assert_string_equal(on_priority(&vr, T0 + 100 * MS, 50), "");
	assert_int_equal(vrrp_deadline(&vr), T0 + 100 * MS);
	assert_string_equal(on_timer(&vr, T0 + 100 * MS), "advert 50");
	assert_string_equal(on_advert(&vr, T0 + 2100 * MS, 100, HIGHER_ADDRESS, 100),
			    "release, advert 1, active->backup");
	assert_int_equal(vr.config.priority, 200);
}

static void test_fsm_priority_of_a_backup_counts_from_when_the_active_was_heard(void **state)
{
	struct vrrp vr = test_backup(100, T0);

	(void)state;
	on_advert(&vr, T0 + SECOND, 150, HIGHER_ADDRESS, 100);
	assert_string_equal(on_priority(&vr, T0 + SECOND + 300 * MS, 200), "");
	assert_int_equal(vrrp_deadline(&vr), T0 + SECOND + vrrp_down_ns(3, 200, 100, 3));
	/* Now it is the better one: the next advert of the other is discarded. */
	on_advert(&vr, T0 + 2 * SECOND, 150, HIGHER_ADDRESS, 100);
	assert_int_equal(vrrp_deadline(&vr), T0 + SECOND + vrrp_down_ns(3, 200, 100, 3));
}

static void test_fsm_priority_that_is_the_same_changes_nothing(void **state)
{
	struct vrrp backup = test_backup(100, T0), active = test_active(100, T0);
	struct vrrp backup_before = backup, active_before = active;

	(void)state;
	assert_string_equal(on_priority(&backup, T0 + MS, 100), "");
	assert_string_equal(on_priority(&active, T0 + MS, 100), "");
	assert_memory_equal(&backup, &backup_before, sizeof(backup));
	assert_memory_equal(&active, &active_before, sizeof(active));
}

static void test_fsm_priority_in_a_fault_is_that_of_the_next_election(void **state)
{
	struct vrrp vr = test_active(100, T0);

	(void)state;
	on_fault(&vr, T0 + MS, VRRP_REASON_NO_CARRIER);
	assert_string_equal(on_priority(&vr, T0 + 2 * MS, 30), "");
	assert_int_equal(vrrp_deadline(&vr), VRRP_NEVER);
	on_startup(&vr, T0 + 3 * MS);
	assert_int_equal(vrrp_deadline(&vr), T0 + 3 * MS + vrrp_down_ns(3, 30, 100, 3));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fsm_active_shutdown_releases_and_says_so),
		cmocka_unit_test(test_fsm_active_adverts_do_not_drift),
		cmocka_unit_test(test_fsm_active_stall_is_followed_by_one_advert),
		cmocka_unit_test(test_fsm_active_priority_zero_is_answered_and_restarts_the_timer),
		cmocka_unit_test(
			test_fsm_active_priority_zero_flood_is_bounded_and_silences_nobody),
		cmocka_unit_test(test_fsm_active_yields_to_a_higher_priority),
		cmocka_unit_test(test_fsm_reason_keeps_our_priority_of_its_time),
		cmocka_unit_test(test_fsm_active_yields_to_an_equal_of_higher_address),
		cmocka_unit_test(test_fsm_active_compares_addresses_unsigned_in_network_order),
		cmocka_unit_test(test_fsm_active_owner_yields_to_an_owner_of_higher_address),
		cmocka_unit_test(test_fsm_active_answers_a_weaker_claim),
		cmocka_unit_test(test_fsm_active_yields_whatever_the_preempt_mode),
		cmocka_unit_test(test_fsm_active_contested_answers_are_bounded),
		cmocka_unit_test(test_fsm_active_announces_when_a_fast_contest_is_over),
		cmocka_unit_test(test_fsm_active_endless_storm_keeps_its_bound_and_rhythm),
		cmocka_unit_test(test_fsm_announcements_follow_the_schedule),
		cmocka_unit_test(test_fsm_announcements_have_a_deadline_of_their_own),
		cmocka_unit_test(test_fsm_announcements_start_again_after_a_contest),
		cmocka_unit_test(test_fsm_announcements_start_again_with_the_next_takeover),
		cmocka_unit_test(
			test_fsm_active_contested_answers_start_again_with_the_next_takeover),
		cmocka_unit_test(test_fsm_fault_of_an_active_releases_and_tries_to_say_so),
		cmocka_unit_test(test_fsm_fault_of_others_is_silent),
		cmocka_unit_test(test_fsm_fault_ignores_adverts_and_timers),
		cmocka_unit_test(test_fsm_fault_is_told_once_and_again_when_it_changes),
		cmocka_unit_test(test_fsm_fault_ends_with_startup),
		cmocka_unit_test(test_fsm_fault_ends_with_shutdown),
		cmocka_unit_test(test_fsm_timer_always_leaves_a_deadline_in_the_future),
		cmocka_unit_test(test_fsm_source_change_counts_for_the_next_tie),
		cmocka_unit_test(test_fsm_healed_partition_leaves_the_better_with_the_last_word),
		cmocka_unit_test(test_fsm_active_that_was_away_yields_to_whom_the_queue_shows),
		cmocka_unit_test(test_fsm_active_that_was_away_listens_before_it_speaks),
		cmocka_unit_test(test_fsm_active_that_was_away_goes_on_when_nobody_took_over),
		cmocka_unit_test(test_fsm_active_that_may_be_in_time_speaks_at_once),
		cmocka_unit_test(test_fsm_active_that_preempts_was_never_away),
		cmocka_unit_test(test_fsm_active_that_was_late_was_not_away),
		cmocka_unit_test(test_fsm_priority_of_an_active_is_advertised_at_once),
		cmocka_unit_test(
			test_fsm_priority_of_a_backup_counts_from_when_the_active_was_heard),
		cmocka_unit_test(test_fsm_priority_that_is_the_same_changes_nothing),
		cmocka_unit_test(test_fsm_priority_in_a_fault_is_that_of_the_next_election),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
