/* SPDX-License-Identifier: MIT */
/*
 * Planned work: whoever leaves to somebody that comes hands its addresses over, and whoever
 * preempts one that serves has them before it speaks.
 */
#include "test.h"

#define T0         (1000 * SECOND)
#define ROUND_TRIP (200 * MS) /* so long something may have been under way */

/* Without a rival, and for long. */
static struct vrrp overlapping(unsigned priority)
{
	struct vrrp vr = test_active(priority, T0 - 100 * MS);

	vr.config.overlap = true;
	vr.election.contested_ns = T0 - 100 * SECOND;
	return vr;
}

/* One that has just taken over. */
static struct vrrp recent(unsigned priority)
{
	struct vrrp vr = overlapping(priority);

	vr.election.contested_ns = T0 - 100 * MS;
	return vr;
}

static const char *on_cede(struct vrrp *vr, int64_t now_ns)
{
	return step(vr, &(struct vrrp_event){ .type = VRRP_EVENT_CEDE, .now_ns = now_ns });
}

static void test_hand_over_to_a_better_one_ends_with_the_lowest_priority(void **state)
{
	struct vrrp vr = overlapping(100);

	(void)state;
	assert_string_equal(on_advert(&vr, T0, 150, LOWER_ADDRESS, 100),
			    "hand over, advert 1, active->backup");
	assert_int_equal(vr.election.reason.code, VRRP_REASON_HIGHER);
}

/*
 * The last word makes a weaker successor announce again, for clients that learned our MAC address
 * meanwhile, and does not drive it out.
 */
static void test_hand_over_to_a_weaker_one_ends_below_its_priority(void **state)
{
	static const struct {
		unsigned own, theirs;
		const char *answer;
	} rows[] = {
		{ 150, 100, "hand over, advert 1, active->backup" },
		{ 150, 2, "hand over, advert 1, active->backup" },
		{ 150, 1, "hand over, advert 0, active->backup" },
		{ 1, 255, "hand over, advert 1, active->backup" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct vrrp vr = overlapping(rows[i].own);

		assert_string_equal(on_cede(&vr, T0), "advert 0");
		if (rows[i].theirs == VRRP_PRIORITY_LOWEST)
			on_advert(&vr, T0 + MS, rows[i].theirs, LOWER_ADDRESS, 100);
		assert_string_equal(
			on_advert(&vr, T0 + MS + ROUND_TRIP, rows[i].theirs, LOWER_ADDRESS, 100),
			rows[i].answer);
		assert_int_equal(vr.election.reason.code, VRRP_REASON_CEDED);
	}
}

#define THIRD_ADDRESS "198.51.100.150"

/* @vr: a Backup, in front of which one with priority 200 has said 0, and another one with @theirs
 * has come, 414 ms later. */
static void hear_succession(struct vrrp *vr, unsigned theirs)
{
	on_advert(vr, T0, 200, HIGHER_ADDRESS, 100);
	on_advert(vr, T0 + 100 * MS, 0, HIGHER_ADDRESS, 100);
	on_advert(vr, T0 + 514 * MS, theirs, THIRD_ADDRESS, 100);
}

/* An Active with priority 150 that has come where one with 200 said 0, and leaves in turn. */
static struct vrrp leaving_successor(int64_t offer_ns)
{
	struct vrrp vr = test_backup(150, T0);

	vr.config.overlap = true;
	on_advert(&vr, T0, 200, HIGHER_ADDRESS, 100);
	on_advert(&vr, T0 + 100 * MS, 0, HIGHER_ADDRESS, 100);
	on_timer(&vr, vr.election.down_ns);
	assert_int_equal(vr.election.state, VRRP_STATE_ACTIVE);
	for (int64_t ns = vrrp_deadline(&vr); ns < offer_ns; ns = vrrp_deadline(&vr))
		on_timer(&vr, ns);
	assert_string_equal(on_cede(&vr, offer_ns), "advert 0");
	return vr;
}

/* What comes at @ns may be a last word; who has come says it again when it is asked. */
static void expect_believed_when_asked(struct vrrp *vr, int64_t ns, const char *source)
{
	assert_string_equal(on_advert(vr, ns, 1, source, 100), "advert 0");
	assert_int_equal(vr->election.state, VRRP_STATE_ACTIVE);
	on_advert(vr, ns + MS, 1, source, 100);
	assert_int_equal(vr->election.state, VRRP_STATE_BACKUP);
	assert_int_equal(vr->election.reason.code, VRRP_REASON_CEDED);
}

static void expect_believed(struct vrrp *vr, int64_t ns, unsigned priority, const char *source)
{
	assert_string_equal(on_advert(vr, ns, priority, source, 100),
			    "hand over, advert 1, active->backup");
	assert_int_equal(vr->election.reason.code, VRRP_REASON_CEDED);
}

/* Nobody serves for whom it was said, and a third one comes. */
static void test_hand_over_of_two_believes_no_last_word(void **state)
{
	int64_t offer_ns = T0 + 600 * MS;

	(void)state;
	for (unsigned late = 0; late < 2; late++) {
		struct vrrp vr = leaving_successor(offer_ns);

		assert_string_equal(
			on_advert(&vr, offer_ns + ROUND_TRIP - 1 + late, 1, HIGHER_ADDRESS, 100),
			late ? "advert 0" : "");
		assert_int_equal(vr.election.state, VRRP_STATE_ACTIVE);
		expect_believed(&vr, T0 + 1210 * MS, 100, LOWER_ADDRESS);
	}
}

/* However long it has taken to hand over. */
static void test_hand_over_long_after_a_takeover_believes_claims_alone(void **state)
{
	struct vrrp word = leaving_successor(T0 + 15 * SECOND), claim = word;

	(void)state;
	expect_believed_when_asked(&word, T0 + 15001 * MS, HIGHER_ADDRESS);
	expect_believed(&claim, T0 + 15001 * MS, 100, HIGHER_ADDRESS);
}

/* Somebody else has come beside it, and lost, and says so before, or behind. */
static void test_hand_over_after_another_contest_believes_neither(void **state)
{
	static const struct {
		unsigned priority;
		const char *source;
	} heard[] = { { 1, HIGHER_ADDRESS }, { 150, LOWER_ADDRESS }, { 1, LOWER_ADDRESS } };

	(void)state;
	for (unsigned first = 0; first < 3; first++) {
		struct vrrp vr = leaving_successor(T0 + 600 * MS);
		int64_t came_ns = vr.election.since_ns;

		vr.election.ceding = false;
		on_advert(&vr, came_ns + MS, 150, LOWER_ADDRESS, 100);
		assert_string_equal(on_cede(&vr, came_ns + 2 * MS), "advert 0");
		for (unsigned n = first; n < first + 3; n++)
			assert_string_equal(on_advert(&vr, came_ns + (3 + n) * MS,
						      heard[n % 3].priority, heard[n % 3].source,
						      100),
					    "");
		expect_believed(&vr, came_ns + 2 * MS + ROUND_TRIP, 150, LOWER_ADDRESS);
	}
}

/* More may go at one time than are kept: who spoke first is doubted anew. A flood of words is not
 * answered each time. */
static void test_hand_over_of_many_doubts_the_oldest_again(void **state)
{
	char source[] = "198.51.100.10";

	(void)state;
	for (unsigned again = 0; again < 2; again++) {
		struct vrrp vr = overlapping(150);

		on_cede(&vr, T0);
		for (unsigned i = 0; i <= VRRP_DOUBTS_MAX; i++) {
			source[12] = (char)('0' + i);
			assert_string_equal(on_advert(&vr, T0 + (600 + i) * MS, 1, source, 100),
					    "advert 0");
		}
		source[12] = (char)('0' + again);
		assert_string_equal(on_advert(&vr, T0 + 610 * MS + ROUND_TRIP, 1, source, 100),
				    again ? "hand over, advert 0, active->backup" : "");
	}
}

/* A better one is no loser, nor does it leave. */
static void test_hand_over_believes_its_better(void **state)
{
	struct vrrp vr = leaving_successor(T0 + 600 * MS);

	(void)state;
	expect_believed(&vr, T0 + 601 * MS, 150, HIGHER_ADDRESS);
}

/* What one has said before the offer is no answer to it. */
static void test_hand_over_asks_whoever_was_heard_before(void **state)
{
	struct vrrp vr = overlapping(150);

	(void)state;
	on_advert(&vr, T0, 1, LOWER_ADDRESS, 100);
	on_advert(&vr, T0 + ROUND_TRIP, 1, LOWER_ADDRESS, 100);
	on_cede(&vr, T0 + 300 * MS);
	expect_believed_when_asked(&vr, T0 + 300 * MS + ROUND_TRIP, LOWER_ADDRESS);
}

/* Who is Active says it each interval. A last word a minute later is another one. */
static void test_hand_over_asks_whoever_was_heard_long_ago(void **state)
{
	(void)state;
	for (unsigned late = 0; late < 2; late++) {
		struct vrrp vr = overlapping(150);

		vr.config.down_intervals = 10;
		on_cede(&vr, T0);
		assert_string_equal(on_advert(&vr, T0 + SECOND, 1, LOWER_ADDRESS, 100), "advert 0");
		on_advert(&vr, T0 + 5 * SECOND - 1 + late, 1, LOWER_ADDRESS, 100);
		assert_int_equal(vr.election.state, late ? VRRP_STATE_ACTIVE : VRRP_STATE_BACKUP);
	}
}

/*
 * Two came at once, the weaker one lost, and the better one leaves before it has read what the
 * loser sent until then.
 */
static void test_hand_over_after_a_contest_believes_no_loser(void **state)
{
	static const struct {
		unsigned priority;
		const char *source;
	} rows[] = { { 100, HIGHER_ADDRESS }, { 150, LOWER_ADDRESS } };

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct vrrp vr = overlapping(150);
		unsigned theirs = rows[i].priority;
		int64_t offer_ns = T0 + MS;

		on_advert(&vr, T0, theirs, rows[i].source, 100);
		assert_string_equal(on_cede(&vr, offer_ns), "advert 0");
		for (unsigned n = 0; n < 3; n++)
			assert_string_equal(on_advert(&vr, offer_ns + ROUND_TRIP - 3 + n, theirs,
						      rows[i].source, 100),
					    "");
		assert_int_equal(vr.election.state, VRRP_STATE_ACTIVE);
		expect_believed(&vr, offer_ns + ROUND_TRIP, theirs, rows[i].source);
	}
}

/* One that preempts is told to leave before, or behind, the first of the two adverts that the one
 * that served may have sent until it has yielded. */
static void test_hand_over_after_a_preemption_believes_no_loser(void **state)
{
	(void)state;
	for (unsigned heard = 0; heard < 2; heard++) {
		struct vrrp vr = test_backup(150, T0);
		int64_t came_ns;

		vr.config.overlap = true;
		on_advert(&vr, T0 + 3000 * MS, 100, HIGHER_ADDRESS, 100);
		came_ns = vr.election.down_ns;
		on_timer(&vr, came_ns);
		assert_int_equal(vr.election.reason.code, VRRP_REASON_PREEMPT);
		if (heard)
			on_advert(&vr, came_ns + MS, 100, HIGHER_ADDRESS, 100);
		on_cede(&vr, came_ns + 2 * MS);
		if (!heard)
			assert_string_equal(
				on_advert(&vr, came_ns + 3 * MS, 100, HIGHER_ADDRESS, 100), "");
		assert_string_equal(on_advert(&vr, came_ns + 4 * MS, 1, HIGHER_ADDRESS, 100), "");
		expect_believed(&vr, came_ns + 2 * MS + ROUND_TRIP, 100, HIGHER_ADDRESS);
	}
}

/* Or its priority falls at once, and it leaves then: the loser has yielded to what that was. */
static void test_hand_over_of_a_fallen_one_believes_no_loser(void **state)
{
	struct vrrp vr = recent(150);

	(void)state;
	on_priority(&vr, T0, 1);
	on_timer(&vr, T0);
	on_cede(&vr, T0 + MS);
	assert_string_equal(on_advert(&vr, T0 + 2 * MS, 150, LOWER_ADDRESS, 100), "");
	assert_string_equal(on_advert(&vr, T0 + 3 * MS, 1, LOWER_ADDRESS, 100), "");
	expect_believed(&vr, T0 + 4 * MS, 151, LOWER_ADDRESS);
}

/* At intervals that are shorter than a round trip may be, one of those has to do. */
static void test_hand_over_with_short_intervals_believes_as_soon(void **state)
{
	(void)state;
	for (unsigned late = 0; late < 2; late++) {
		struct vrrp vr = recent(150);

		vr.config.interval_cs = 5;
		vr.election.contested_ns = T0;
		on_cede(&vr, T0 + MS);
		assert_string_equal(on_advert(&vr, T0 + 51 * MS - 1 + late, 100, HIGHER_ADDRESS, 5),
				    late ? "hand over, advert 1, active->backup" : "");
	}
}

/* One that may have come for the offer is waited for as any Active is; who says 1 may be gone. */
static void test_hand_over_waits_no_longer_for_a_rival_than_for_an_active(void **state)
{
	static const struct {
		unsigned own, theirs;
		uint16_t interval_cs;
		uint8_t missed;
		int64_t wait_ns; /* from when that is heard; 0: as long as before */
	} rows[] = {
		{ 150, 100, 100, 3, INT64_C(3414062500) },
		{ 254, 253, 100, 3, INT64_C(3007812500) },
		{ 150, 100, 5, 3, INT64_C(170703125) },
		{ 150, 2, 5, 3, INT64_C(170703125) },
		{ 150, 1, 100, 3, 0 },
		{ 150, 1, 5, 3, 0 },
		/* A round trip, and the skew time of priority 1. */
		{ 254, 2, 100, 1, INT64_C(1196093750) },
		{ 254, 2, 5, 1, INT64_C(99804687) },
		{ 254, 2, 100, 2, INT64_C(2007812500) },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct vrrp vr = recent(rows[i].own);
		int64_t until_ns;

		vr.config.interval_cs = rows[i].interval_cs;
		vr.config.down_intervals = rows[i].missed;
		on_cede(&vr, T0);
		until_ns = T0 + vrrp_offer_ns(&vr.config);
		assert_int_equal(vr.election.advert_ns, until_ns);
		if (rows[i].wait_ns)
			until_ns = T0 + MS + rows[i].wait_ns;
		for (unsigned again = 0; again < 2; again++) {
			assert_string_equal(on_advert(&vr, T0 + (1 + again) * MS, rows[i].theirs,
						      LOWER_ADDRESS, rows[i].interval_cs),
					    "");
			assert_true(vr.election.ceding);
			assert_int_equal(vr.election.advert_ns, until_ns);
		}
		on_advert(&vr, T0 + 3 * MS, 0, LOWER_ADDRESS, rows[i].interval_cs);
		assert_int_equal(vr.election.advert_ns, until_ns);
	}
}

/* The contest was over when the better one left: a second, and an interval. */
static void test_hand_over_long_after_a_contest_believes_the_first_advert(void **state)
{
	(void)state;
	for (unsigned late = 0; late < 2; late++) {
		struct vrrp vr = overlapping(150);

		on_advert(&vr, T0, 100, HIGHER_ADDRESS, 100);
		on_cede(&vr, T0 + 1900 * MS);
		assert_string_equal(
			on_advert(&vr, T0 + 2 * SECOND - 1 + late, 100, HIGHER_ADDRESS, 100),
			late ? "hand over, advert 1, active->backup" : "");
	}
}

/* Whose last word comes when our priority is no better: it serves no longer, and is answered. One
 * that serves all the same says more. */
static void test_lowest_priority_yields_to_no_last_word(void **state)
{
	struct vrrp vr = overlapping(1);

	(void)state;
	assert_string_equal(on_advert(&vr, T0, 1, HIGHER_ADDRESS, 100), "advert 1, announce");
	assert_int_equal(vr.election.state, VRRP_STATE_ACTIVE);
	on_advert(&vr, T0 + MS, 1, HIGHER_ADDRESS, 100);
	assert_int_equal(vr.election.reason.code, VRRP_REASON_TIE);
	assert_int_equal(vr.election.state, VRRP_STATE_BACKUP);
}

/* It has claims under way before its last word. */
static void test_lowest_priority_yields_to_no_claims_and_last_word(void **state)
{
	struct vrrp vr = recent(150);

	(void)state;
	on_priority(&vr, T0, 1);
	for (unsigned n = 1; n < 4; n++)
		assert_string_equal(
			on_advert(&vr, T0 + n * MS, n < 2 ? 100 : 1, HIGHER_ADDRESS, 100),
			"advert 1, announce");
	assert_int_equal(vr.election.state, VRRP_STATE_ACTIVE);
}

/* Whoever yields to what a priority was until now may have adverts under way, which are answered; a
 * round trip later nobody has. */
static void test_fallen_priority_yields_to_nobody_that_it_has_beaten(void **state)
{
	static const struct {
		unsigned theirs;
		const char *source;
		int64_t behind_ns;
		bool answered;
	} rows[] = {
		{ 100, LOWER_ADDRESS, 0, true },
		{ 100, HIGHER_ADDRESS, MS, true },
		{ 149, HIGHER_ADDRESS, MS, true },
		{ 150, LOWER_ADDRESS, MS, true },
		{ 150, HIGHER_ADDRESS, MS, false },
		{ 151, LOWER_ADDRESS, MS, false },
		{ 100, LOWER_ADDRESS, ROUND_TRIP - 1, true },
		{ 100, LOWER_ADDRESS, ROUND_TRIP, false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct vrrp vr = recent(150);

		on_priority(&vr, T0 - MS, 120);
		on_priority(&vr, T0, 50);
		on_timer(&vr, T0);
		for (unsigned n = 0; n < 2; n++)
			assert_string_equal(on_advert(&vr, T0 + rows[i].behind_ns, rows[i].theirs,
						      rows[i].source, 100),
					    rows[i].answered ? "advert 50, announce"
					    : n              ? ""
						: "hand over, advert 1, active->backup");
	}
}

/* A priority that rises again, or falls as a Backup's, is none that has fallen. */
static void test_fallen_priority_is_that_of_an_active(void **state)
{
	struct vrrp risen = recent(150), backup = test_backup(150, T0);

	(void)state;
	on_priority(&risen, T0, 1);
	on_priority(&risen, T0 + MS, 200);
	on_advert(&risen, T0 + 2 * MS, 201, LOWER_ADDRESS, 100);
	assert_int_equal(risen.election.state, VRRP_STATE_BACKUP);

	on_priority(&backup, T0 + MS, 2);
	on_timer(&backup, vrrp_deadline(&backup));
	on_advert(&backup, backup.election.since_ns + MS, 100, LOWER_ADDRESS, 100);
	assert_int_equal(backup.election.state, VRRP_STATE_BACKUP);
}

/* Nobody else can have been Active who has not been heard for long. */
static void test_fallen_priority_yields_where_nobody_was_active(void **state)
{
	(void)state;
	for (unsigned late = 0; late < 2; late++) {
		struct vrrp vr = overlapping(150);

		vr.election.contested_ns = T0 - 2 * SECOND + 2 * MS - late;
		on_priority(&vr, T0 + MS, 50);
		on_advert(&vr, T0 + 2 * MS - 1, 100, HIGHER_ADDRESS, 100);
		assert_int_equal(vr.election.state, late ? VRRP_STATE_BACKUP : VRRP_STATE_ACTIVE);
	}
}

/* A contest that has had all its answers ends with the next advert behind the round trip. */
static void test_fallen_priority_waits_where_nothing_is_answered(void **state)
{
	struct vrrp vr = recent(150);

	(void)state;
	for (unsigned i = 0; i < 5; i++)
		on_advert(&vr, T0, 100, LOWER_ADDRESS, 100);
	on_priority(&vr, T0, 1);
	on_timer(&vr, T0);
	assert_string_equal(on_advert(&vr, T0 + MS, 100, LOWER_ADDRESS, 100), "");
	assert_string_equal(on_advert(&vr, T0 + MS, 1, HIGHER_ADDRESS, 100), "");
	assert_int_equal(vr.election.state, VRRP_STATE_ACTIVE);
	on_advert(&vr, T0 + ROUND_TRIP, 100, LOWER_ADDRESS, 100);
	assert_int_equal(vr.election.state, VRRP_STATE_BACKUP);
}

static const char *on_defer(struct vrrp *vr, int64_t now_ns, unsigned priority, const char *source)
{
	struct vrrp_advert advert = {
		.family = 4, .version = 3, .priority = (uint8_t)priority, .interval_cs = 100
	};

	set_address(advert.source, source);
	return step(vr, &(struct vrrp_event){
				.type = VRRP_EVENT_DEFER, .now_ns = now_ns, .advert = &advert });
}

/* Who has no voice leaves its family to whoever claims it. */
static void test_mute_router_defers_to_no_last_word(void **state)
{
	struct vrrp active = overlapping(150), backup = test_backup(100, T0);

	(void)state;
	assert_string_equal(on_defer(&active, T0, 1, LOWER_ADDRESS), "");
	assert_int_equal(active.election.state, VRRP_STATE_ACTIVE);
	on_defer(&active, T0 + ROUND_TRIP, 1, LOWER_ADDRESS);
	assert_int_equal(active.election.reason.code, VRRP_REASON_MUTE);

	hear_succession(&backup, 150);
	on_defer(&backup, T0 + 600 * MS, 1, HIGHER_ADDRESS);
	assert_address(backup.election.active_source, THIRD_ADDRESS);
}

/* The last word comes before or behind the 0 of its successor, who leaves in turn. */
static void test_backup_takes_no_last_word_for_an_active(void **state)
{
	int64_t skew_ns = SECOND * (256 - 100) / 256;

	(void)state;
	for (unsigned word_first = 0; word_first < 2; word_first++) {
		struct vrrp vr = test_backup(100, T0);
		int64_t left_ns = T0 + 601 * MS - word_first * MS;

		vr.config.preempt = false;
		hear_succession(&vr, 150);
		if (word_first)
			on_advert(&vr, T0 + 600 * MS - MS, 1, HIGHER_ADDRESS, 100);
		on_advert(&vr, left_ns, 0, THIRD_ADDRESS, 100);
		if (!word_first)
			on_advert(&vr, T0 + 602 * MS, 1, HIGHER_ADDRESS, 100);
		assert_int_equal(vr.election.down_ns, left_ns + skew_ns);
		assert_address(vr.election.active_source, THIRD_ADDRESS);
	}
}

static void test_backup_believes_the_second_advert_of_a_last_resort(void **state)
{
	struct vrrp vr = test_backup(100, T0);

	(void)state;
	vr.config.preempt = false;
	hear_succession(&vr, 150);
	on_advert(&vr, T0 + 600 * MS, 1, HIGHER_ADDRESS, 100);
	assert_address(vr.election.active_source, THIRD_ADDRESS);
	on_advert(&vr, T0 + 1600 * MS, 1, HIGHER_ADDRESS, 100);
	assert_address(vr.election.active_source, HIGHER_ADDRESS);
	assert_int_equal(vr.election.heard_ns, T0 + 1600 * MS);
}

/* Which falls to that as Active, or is the first one heard. */
static void test_backup_believes_its_active_of_the_lowest_priority_at_once(void **state)
{
	struct vrrp falls = test_backup(1, T0), first = falls;

	(void)state;
	on_advert(&falls, T0 + MS, 100, HIGHER_ADDRESS, 100);
	on_advert(&falls, T0 + 2 * MS, 1, HIGHER_ADDRESS, 100);
	assert_int_equal(falls.election.heard_ns, T0 + 2 * MS);
	on_advert(&first, T0 + MS, 1, HIGHER_ADDRESS, 100);
	assert_int_equal(first.election.heard_ns, T0 + MS);
}

/* Between two last words it was Active. */
static void test_backup_that_has_deferred_doubts_the_next_last_word(void **state)
{
	struct vrrp vr = test_backup(100, T0);

	(void)state;
	vr.config.preempt = false;
	hear_succession(&vr, 150);
	on_advert(&vr, T0 + 600 * MS, 1, HIGHER_ADDRESS, 100);
	on_advert(&vr, T0 + 800 * MS, 200, HIGHER_ADDRESS, 100);
	on_advert(&vr, T0 + 900 * MS, 210, THIRD_ADDRESS, 100);
	on_advert(&vr, T0 + 1200 * MS, 1, HIGHER_ADDRESS, 100);
	assert_int_equal(vr.election.heard_ns, T0 + 900 * MS);
	assert_address(vr.election.active_source, THIRD_ADDRESS);
}

/* Whoever is Active has just spoken, and is better: the other one hears that, and yields. */
static void test_backup_defers_to_nobody_that_its_active_has_beaten(void **state)
{
	static const struct {
		unsigned theirs;
		const char *source;
		int64_t behind_ns;
		bool defers;
	} rows[] = {
		{ 149, THIRD_ADDRESS, MS, false },
		{ 150, LOWER_ADDRESS, MS, false },
		{ 150, THIRD_ADDRESS, MS, true },
		{ 151, LOWER_ADDRESS, MS, true },
		{ 150, LOWER_ADDRESS, ROUND_TRIP - 1, false },
		{ 150, LOWER_ADDRESS, ROUND_TRIP, true },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct vrrp vr = test_backup(100, T0);

		on_advert(&vr, T0 + MS, 150, "198.51.100.120", 100);
		on_advert(&vr, T0 + MS + rows[i].behind_ns, rows[i].theirs, rows[i].source, 100);
		assert_address(vr.election.active_source,
			       rows[i].defers ? rows[i].source : "198.51.100.120");
	}
}

/* Nor when that one leaves at once, as long as nobody can have come for its 0: half a skew time. */
static void test_backup_defers_to_nobody_that_comes_before_its_time(void **state)
{
	static const struct {
		unsigned theirs;
		int64_t behind_ns;
		bool defers;
	} rows[] = {
		{ 100, MS, false },        { 150, MS, false },
		{ 151, MS, true },         { 100, ROUND_TRIP - 1, false },
		{ 100, ROUND_TRIP, true }, { 250, 5 * MS, true },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct vrrp vr = test_backup(100, T0);
		int64_t left_ns = T0 + 2 * MS;

		on_advert(&vr, T0 + MS, 150, HIGHER_ADDRESS, 100);
		on_advert(&vr, left_ns, 0, HIGHER_ADDRESS, 100);
		on_advert(&vr, left_ns + rows[i].behind_ns, rows[i].theirs, LOWER_ADDRESS, 100);
		if (rows[i].defers)
			assert_address(vr.election.active_source, LOWER_ADDRESS);
		else
			assert_int_equal(vr.election.down_ns, left_ns + SECOND * (256 - 100) / 256);
	}
}

/* Who was Active all the time has the addresses: nothing is to be handed over. */
static void test_hand_over_is_none_after_a_tie_or_an_absence(void **state)
{
	struct vrrp tie = overlapping(100), away = overlapping(100);

	(void)state;
	assert_string_equal(on_advert(&tie, T0, 100, HIGHER_ADDRESS, 100),
			    "release, advert 1, active->backup");
	away.config.preempt = false;
	assert_string_equal(on_advert(&away, T0 + 4 * SECOND, 50, LOWER_ADDRESS, 100),
			    "release, advert 0, active->backup");
	assert_int_equal(away.election.reason.code, VRRP_REASON_AWAY);
}

static void test_hand_over_is_none_in_a_fault_or_at_an_end(void **state)
{
	struct vrrp stops = overlapping(100), fails = overlapping(100);
	const struct vrrp_event fault = { .type = VRRP_EVENT_FAULT,
					  .now_ns = T0,
					  .fault.code = VRRP_REASON_LINK_DOWN };

	(void)state;
	assert_string_equal(
		step(&stops, &(struct vrrp_event){ .type = VRRP_EVENT_SHUTDOWN, .now_ns = T0 }),
		"release, advert 0, active->initialize");
	assert_string_equal(step(&fails, &fault), "release, advert 0, active->fault");
}

/* Priority 0 calls at once whoever the member has not heard of. */
static void test_hand_over_of_a_member_begins_behind_its_farewell(void **state)
{
	struct vrrp vr = overlapping(100);
	const struct vrrp_event event = { .type = VRRP_EVENT_GIVE_WAY,
					  .now_ns = T0,
					  .reason.code = VRRP_REASON_GROUP };

	(void)state;
	assert_string_equal(step(&vr, &event), "advert 0, hand over, advert 1, active->backup");
}

/* By its first advert whom it preempts gives the addresses up. */
static void test_preemption_has_the_addresses_before_its_first_advert(void **state)
{
	struct vrrp vr = test_backup(100, T0), led = test_backup(100, T0);
	struct vrrp_event lead = { .type = VRRP_EVENT_LEAD,
				   .now_ns = T0 + SECOND,
				   .reason.code = VRRP_REASON_GROUP,
				   .served = true };

	(void)state;
	on_advert(&vr, T0 + SECOND, 50, LOWER_ADDRESS, 100);
	assert_string_equal(on_timer(&vr, vrrp_deadline(&vr)),
			    "claim, advert 100, announce, backup->active");
	assert_string_equal(step(&led, &lead), "claim, advert 100, announce, backup->active");
}

/* Who leaves has overlap of its own, and waits for no advert; who is dead serves nobody. */
static void test_takeover_from_nobody_adverts_first(void **state)
{
	struct vrrp left = test_backup(100, T0), silent = test_backup(100, T0);

	(void)state;
	on_advert(&left, T0 + SECOND, 200, HIGHER_ADDRESS, 100);
	on_advert(&left, T0 + SECOND + MS, 0, HIGHER_ADDRESS, 100);
	assert_string_equal(on_timer(&left, vrrp_deadline(&left)),
			    "advert 100, claim, announce, backup->active");
	assert_string_equal(on_timer(&silent, vrrp_deadline(&silent)),
			    "advert 100, claim, announce, backup->active");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_hand_over_to_a_better_one_ends_with_the_lowest_priority),
		cmocka_unit_test(test_hand_over_to_a_weaker_one_ends_below_its_priority),
		cmocka_unit_test(test_hand_over_of_two_believes_no_last_word),
		cmocka_unit_test(test_hand_over_long_after_a_takeover_believes_claims_alone),
		cmocka_unit_test(test_hand_over_after_another_contest_believes_neither),
		cmocka_unit_test(test_hand_over_of_many_doubts_the_oldest_again),
		cmocka_unit_test(test_hand_over_believes_its_better),
		cmocka_unit_test(test_hand_over_asks_whoever_was_heard_before),
		cmocka_unit_test(test_hand_over_asks_whoever_was_heard_long_ago),
		cmocka_unit_test(test_hand_over_after_a_contest_believes_no_loser),
		cmocka_unit_test(test_hand_over_after_a_preemption_believes_no_loser),
		cmocka_unit_test(test_hand_over_of_a_fallen_one_believes_no_loser),
		cmocka_unit_test(test_hand_over_with_short_intervals_believes_as_soon),
		cmocka_unit_test(test_hand_over_long_after_a_contest_believes_the_first_advert),
		cmocka_unit_test(test_lowest_priority_yields_to_no_last_word),
		cmocka_unit_test(test_lowest_priority_yields_to_no_claims_and_last_word),
		cmocka_unit_test(test_fallen_priority_yields_to_nobody_that_it_has_beaten),
		cmocka_unit_test(test_fallen_priority_is_that_of_an_active),
		cmocka_unit_test(test_fallen_priority_yields_where_nobody_was_active),
		cmocka_unit_test(test_fallen_priority_waits_where_nothing_is_answered),
		cmocka_unit_test(test_mute_router_defers_to_no_last_word),
		cmocka_unit_test(test_backup_takes_no_last_word_for_an_active),
		cmocka_unit_test(test_backup_believes_the_second_advert_of_a_last_resort),
		cmocka_unit_test(test_backup_believes_its_active_of_the_lowest_priority_at_once),
		cmocka_unit_test(test_hand_over_waits_no_longer_for_a_rival_than_for_an_active),
		cmocka_unit_test(test_backup_that_has_deferred_doubts_the_next_last_word),
		cmocka_unit_test(test_backup_defers_to_nobody_that_its_active_has_beaten),
		cmocka_unit_test(test_backup_defers_to_nobody_that_comes_before_its_time),
		cmocka_unit_test(test_hand_over_is_none_after_a_tie_or_an_absence),
		cmocka_unit_test(test_hand_over_is_none_in_a_fault_or_at_an_end),
		cmocka_unit_test(test_hand_over_of_a_member_begins_behind_its_farewell),
		cmocka_unit_test(test_preemption_has_the_addresses_before_its_first_advert),
		cmocka_unit_test(test_takeover_from_nobody_adverts_first),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
