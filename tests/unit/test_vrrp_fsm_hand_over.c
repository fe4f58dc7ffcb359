/* SPDX-License-Identifier: MIT */
/*
 * Planned work: whoever leaves to somebody that comes hands its addresses over, and whoever
 * preempts one that serves has them before it speaks.
 */
#include "test.h"

#define T0      (1000 * SECOND)
#define LONGEST (20500 * MS) /* a predecessor's last word comes by then */

static struct vrrp overlapping(unsigned priority)
{
	struct vrrp vr = test_active(priority, T0 - 100 * MS);

	vr.config.overlap = true;
	return vr;
}

static const char *on_cede(struct vrrp *vr, int64_t now_ns)
{
	return step(vr, &(struct vrrp_event){ .type = VRRP_EVENT_CEDE, .now_ns = now_ns });
}

static void test_hand_over_to_a_better_one_ends_with_our_priority(void **state)
{
	struct vrrp vr = overlapping(100);

	(void)state;
	assert_string_equal(on_advert(&vr, T0, 150, LOWER_ADDRESS, 100),
			    "hand over, advert 100, active->backup");
	assert_int_equal(vr.election.reason.code, VRRP_REASON_HIGHER);
}

/*
 * The last word makes a weaker successor announce again, for clients that learned our MAC address
 * meanwhile, and does not drive it out.
 */
static void test_hand_over_to_a_weaker_one_ends_just_below_its_priority(void **state)
{
	static const struct {
		unsigned own, theirs;
		const char *answer;
	} rows[] = {
		{ 150, 100, "hand over, advert 99, active->backup" },
		{ 150, 2, "hand over, advert 1, active->backup" },
		{ 150, 1, "hand over, advert 0, active->backup" },
		{ 1, 255, "hand over, advert 1, active->backup" },
		{ 150, 254, "hand over, advert 150, active->backup" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct vrrp vr = overlapping(rows[i].own);

		assert_string_equal(on_cede(&vr, T0), "advert 0");
		assert_string_equal(on_advert(&vr, T0 + MS, rows[i].theirs, LOWER_ADDRESS, 100),
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
static struct vrrp leaving_successor(void)
{
	struct vrrp vr = test_backup(150, T0);

	vr.config.overlap = true;
	on_advert(&vr, T0, 200, HIGHER_ADDRESS, 100);
	on_advert(&vr, T0 + 100 * MS, 0, HIGHER_ADDRESS, 100);
	on_timer(&vr, vr.election.down_ns);
	assert_int_equal(vr.election.state, VRRP_STATE_ACTIVE);
	assert_string_equal(on_cede(&vr, T0 + 600 * MS), "advert 0");
	return vr;
}

/* Half the skew time of @priority, at intervals of a second, which some round down by up to 10 ms:
 * sooner no offer calls it. */
static int64_t half_skew(unsigned priority)
{
	return (SECOND * (256 - priority) / 256 - 10 * MS) / 2;
}

/* The first advert from @ns on may be a last word; who has come says another one. */
static void expect_believed_when_asked(struct vrrp *vr, int64_t ns, unsigned priority,
				       const char *source, unsigned interval_cs)
{
	assert_string_equal(on_advert(vr, ns, priority, source, interval_cs), "advert 0");
	assert_int_equal(vr->election.state, VRRP_STATE_ACTIVE);
	on_advert(vr, ns + MS, priority, source, interval_cs);
	assert_int_equal(vr->election.state, VRRP_STATE_BACKUP);
	assert_int_equal(vr->election.reason.code, VRRP_REASON_CEDED);
}

/* Nobody serves for whom it was said, and a third one comes. What comes too late to have left
 * before the offer may be of one that is there, which answers if it is. */
static void test_hand_over_of_two_believes_no_last_word(void **state)
{
	int64_t offer_ns = T0 + 600 * MS;

	(void)state;
	for (unsigned late = 0; late < 2; late++) {
		struct vrrp vr = leaving_successor();

		assert_string_equal(on_advert(&vr, offer_ns + half_skew(149) - 1 + late, 149,
					      HIGHER_ADDRESS, 100),
				    late ? "advert 0" : "");
		assert_int_equal(vr.election.state, VRRP_STATE_ACTIVE);
		assert_string_equal(on_advert(&vr, T0 + 900 * MS, 100, LOWER_ADDRESS, 100),
				    "hand over, advert 99, active->backup");
	}
}

/* Somebody else has come beside it, and lost, and says so before, or behind. */
static void test_hand_over_after_another_contest_believes_neither(void **state)
{
	(void)state;
	for (unsigned loser_first = 0; loser_first < 2; loser_first++) {
		struct vrrp vr = leaving_successor();
		int64_t came_ns = vr.election.since_ns;

		vr.election.ceding = false;
		on_advert(&vr, came_ns + MS, 150, LOWER_ADDRESS, 100);
		assert_string_equal(on_cede(&vr, came_ns + 2 * MS), "advert 0");
		assert_string_equal(on_advert(&vr, came_ns + 3 * MS, loser_first ? 150 : 149,
					      loser_first ? LOWER_ADDRESS : HIGHER_ADDRESS, 100),
				    "");
		assert_string_equal(on_advert(&vr, came_ns + 4 * MS, loser_first ? 149 : 150,
					      loser_first ? HIGHER_ADDRESS : LOWER_ADDRESS, 100),
				    "");
		expect_believed_when_asked(&vr, came_ns + 2 * MS + half_skew(150), 150,
					   LOWER_ADDRESS, 100);
	}
}

/* More contend than are kept: the one that left first may have spoken by then. */
static void test_hand_over_after_many_contests_forgets_the_oldest(void **state)
{
	struct vrrp vr = overlapping(150);
	char source[] = "198.51.100.10";

	(void)state;
	for (unsigned i = 0; i <= VRRP_LEFT_MAX; i++) {
		source[12] = (char)('0' + i);
		on_advert(&vr, T0 + i * MS, 100, source, 100);
	}
	on_cede(&vr, T0 + 10 * MS);
	for (unsigned i = VRRP_LEFT_MAX; i > 0; i--) {
		source[12] = (char)('0' + i);
		assert_string_equal(on_advert(&vr, T0 + 20 * MS, 100, source, 100), "");
	}
	source[12] = '0';
	assert_string_equal(on_advert(&vr, T0 + 21 * MS, 100, source, 100),
			    "hand over, advert 99, active->backup");
}

/* It has come back, and says so again; what is not below its successor's is no last word; nor is
 * what follows another 0, or comes when no hand-over lasts any more. */
static void test_hand_over_of_two_believes_who_comes_back(void **state)
{
	struct vrrp twice = leaving_successor(), better = leaving_successor(),
		    zero = leaving_successor(), late = leaving_successor();
	int64_t came_ns = late.election.since_ns;

	(void)state;
	assert_string_equal(on_advert(&twice, T0 + 601 * MS, 100, HIGHER_ADDRESS, 100), "");
	expect_believed_when_asked(&twice, T0 + 1210 * MS, 100, HIGHER_ADDRESS, 100);
	assert_string_equal(on_advert(&better, T0 + 601 * MS, 150, HIGHER_ADDRESS, 100),
			    "hand over, advert 149, active->backup");
	on_advert(&zero, T0 + 601 * MS, 0, HIGHER_ADDRESS, 100);
	assert_string_equal(on_advert(&zero, T0 + 700 * MS, 100, HIGHER_ADDRESS, 100),
			    "hand over, advert 99, active->backup");
	assert_string_equal(on_advert(&late, came_ns + LONGEST, 149, HIGHER_ADDRESS, 100),
			    "hand over, advert 148, active->backup");
}

/*
 * Two came at once, the weaker one lost, and the better one leaves before it has read the loser's
 * last word: nobody has come yet, in time for none of what comes at first.
 */
static void test_hand_over_after_a_contest_believes_no_last_word(void **state)
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
			assert_string_equal(on_advert(&vr, offer_ns + (15 + n) * MS, theirs,
						      rows[i].source, 100),
					    "");
		assert_int_equal(vr.election.state, VRRP_STATE_ACTIVE);
		expect_believed_when_asked(&vr, offer_ns + half_skew(theirs), theirs,
					   rows[i].source, 100);
	}
}

/* One that preempts is told to leave before, or behind, the first of the two adverts that the one
 * that served may have sent until it has yielded. */
static void test_hand_over_after_a_preemption_knows_the_last_word(void **state)
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
		assert_string_equal(on_advert(&vr, came_ns + 4 * MS, 100, HIGHER_ADDRESS, 100), "");
		expect_believed_when_asked(&vr, came_ns + 2 * MS + half_skew(100), 100,
					   HIGHER_ADDRESS, 100);
	}
}

/* Whose last word comes when our priority has fallen to that, or below it: it has left, and is
 * answered. One that serves all the same says more. */
static void test_fallen_priority_yields_to_no_last_word(void **state)
{
	(void)state;
	for (uint8_t word = 1; word < 150; word += 99) {
		struct vrrp vr = test_backup(150, T0);
		int64_t came_ns;

		vr.config.overlap = true;
		on_advert(&vr, T0 + 3000 * MS, word, HIGHER_ADDRESS, 100);
		came_ns = vr.election.down_ns;
		on_timer(&vr, came_ns);
		assert_int_equal(vr.election.reason.code, VRRP_REASON_PREEMPT);
		on_priority(&vr, came_ns + 1000 * MS, 1);
		assert_string_equal(on_advert(&vr, came_ns + 1010 * MS, word, HIGHER_ADDRESS, 100),
				    "advert 1, announce");
		assert_int_equal(vr.election.state, VRRP_STATE_ACTIVE);
		on_advert(&vr, came_ns + 1011 * MS, word, HIGHER_ADDRESS, 100);
		assert_int_equal(vr.election.reason.code,
				 word == 1 ? VRRP_REASON_TIE : VRRP_REASON_HIGHER);
		assert_int_equal(vr.election.state, VRRP_STATE_BACKUP);
	}
}

/* Likewise of one that has left before it. */
static void test_fallen_priority_yields_to_no_predecessor(void **state)
{
	struct vrrp vr = test_backup(150, T0);
	int64_t came_ns;

	(void)state;
	vr.config.overlap = true;
	on_advert(&vr, T0, 200, HIGHER_ADDRESS, 100);
	on_advert(&vr, T0 + 100 * MS, 0, HIGHER_ADDRESS, 100);
	came_ns = vr.election.down_ns;
	on_timer(&vr, came_ns);
	on_priority(&vr, came_ns + 3 * MS, 120);
	assert_string_equal(on_advert(&vr, came_ns + 4 * MS, 149, HIGHER_ADDRESS, 100),
			    "advert 120, announce");
	assert_int_equal(vr.election.state, VRRP_STATE_ACTIVE);
	on_advert(&vr, came_ns + 5 * MS, 149, HIGHER_ADDRESS, 100);
	assert_int_equal(vr.election.reason.code, VRRP_REASON_HIGHER);
	assert_int_equal(vr.election.state, VRRP_STATE_BACKUP);
}

/* What it said before it left, or just below its successor, is what its last word may be; another
 * priority is a claim. */
static void test_fallen_priority_yields_to_who_says_another_one(void **state)
{
	static const struct {
		unsigned before, word;
		bool answered;
	} rows[] = { { 200, 149, true },  { 200, 148, false }, { 140, 140, true },
		     { 140, 149, false }, { 1, 1, true },      { 255, 149, true } };

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct vrrp vr = test_backup(150, T0);

		on_advert(&vr, T0, rows[i].before, HIGHER_ADDRESS, 100);
		on_advert(&vr, T0 + 100 * MS, 0, HIGHER_ADDRESS, 100);
		on_timer(&vr, vr.election.down_ns);
		on_priority(&vr, T0 + 5 * SECOND, 1);
		on_advert(&vr, T0 + 15 * SECOND, rows[i].word, HIGHER_ADDRESS, 100);
		assert_int_equal(vr.election.state,
				 rows[i].answered ? VRRP_STATE_ACTIVE : VRRP_STATE_BACKUP);
	}
}

/* The skew time of version 2 is that of a second, at any interval. */
static void test_hand_over_of_version_2_waits_for_half_its_skew_time(void **state)
{
	(void)state;
	for (unsigned late = 0; late < 2; late++) {
		struct vrrp vr = overlapping(150);

		vr.config.version = 2;
		vr.config.interval_cs = 500;
		on_advert(&vr, T0, 100, HIGHER_ADDRESS, 500);
		on_cede(&vr, T0 + MS);
		assert_string_equal(on_advert(&vr, T0 + MS + half_skew(100) - 1 + late, 100,
					      HIGHER_ADDRESS, 500),
				    late ? "advert 0" : "");
	}
}

/* A loser may have a higher priority by its last word, but no better one. */
static void test_hand_over_behind_a_loser_that_rises_believes_its_better_alone(void **state)
{
	struct vrrp vr = overlapping(150);

	(void)state;
	on_advert(&vr, T0, 100, HIGHER_ADDRESS, 100);
	on_cede(&vr, T0 + MS);
	assert_string_equal(on_advert(&vr, T0 + 2 * MS, 150, HIGHER_ADDRESS, 100), "");
	assert_string_equal(on_advert(&vr, T0 + 3 * MS, 151, HIGHER_ADDRESS, 100),
			    "hand over, advert 150, active->backup");
}

/* Whose skew time is nothing, or rounded down to that, is asked at once. */
static void test_hand_over_to_one_that_need_not_wait_asks_at_once(void **state)
{
	struct vrrp vr = overlapping(254);

	(void)state;
	on_advert(&vr, T0, 254, LOWER_ADDRESS, 100);
	on_cede(&vr, T0 + MS);
	expect_believed_when_asked(&vr, T0 + 2 * MS, 254, LOWER_ADDRESS, 100);
}

/* One with adverts twenty times as often takes over in its own time when it begins anew. */
static void test_hand_over_to_one_with_a_shorter_interval_is_no_slower(void **state)
{
	struct vrrp vr = overlapping(150);

	(void)state;
	on_advert(&vr, T0, 100, HIGHER_ADDRESS, 5);
	on_cede(&vr, T0 + MS);
	assert_string_equal(on_advert(&vr, T0 + 2 * MS, 100, HIGHER_ADDRESS, 5), "");
	expect_believed_when_asked(&vr, T0 + MS + 50 * MS * (256 - 100) / 256, 100, HIGHER_ADDRESS,
				   5);
}

/* The contest was over when the better one left. */
static void test_hand_over_long_after_a_contest_believes_the_first_advert(void **state)
{
	struct vrrp vr = overlapping(150);

	(void)state;
	on_advert(&vr, T0, 100, HIGHER_ADDRESS, 100);
	on_cede(&vr, T0 + 1400 * MS);
	assert_string_equal(on_advert(&vr, T0 + 1500 * MS, 100, HIGHER_ADDRESS, 100),
			    "hand over, advert 99, active->backup");
}

/* It answers adverts of its successor: how rare its own were does not matter. */
static void test_hand_over_from_a_slow_one_believes_who_comes_back(void **state)
{
	struct vrrp vr = test_backup(150, T0);
	int64_t came_ns;

	(void)state;
	vr.config.overlap = true;
	on_advert(&vr, T0, 200, HIGHER_ADDRESS, 1000);
	on_advert(&vr, T0 + 100 * MS, 0, HIGHER_ADDRESS, 1000);
	came_ns = vr.election.down_ns;
	on_timer(&vr, came_ns);
	assert_string_equal(on_cede(&vr, came_ns + LONGEST - 100 * MS), "advert 0");
	assert_string_equal(on_advert(&vr, came_ns + LONGEST, 1, HIGHER_ADDRESS, 1000),
			    "hand over, advert 0, active->backup");
}

/* The last word comes before or behind the 0 of its successor, who leaves in turn. */
static void test_backup_takes_no_last_word_for_an_active(void **state)
{
	int64_t skew_ns = SECOND * (256 - 100) / 256;

	(void)state;
	for (unsigned word_first = 0; word_first < 2; word_first++) {
		struct vrrp vr = test_backup(100, T0);
		int64_t left_ns = T0 + 601 * MS - word_first * MS;

		hear_succession(&vr, 150);
		if (word_first)
			on_advert(&vr, T0 + 600 * MS - MS, 149, HIGHER_ADDRESS, 100);
		on_advert(&vr, left_ns, 0, THIRD_ADDRESS, 100);
		if (!word_first)
			on_advert(&vr, T0 + 602 * MS, 149, HIGHER_ADDRESS, 100);
		assert_int_equal(vr.election.down_ns, left_ns + skew_ns);
		assert_address(vr.election.active_source, THIRD_ADDRESS);
	}
}

static void test_backup_believes_the_second_advert_of_one_that_left(void **state)
{
	struct vrrp vr = test_backup(100, T0);

	(void)state;
	hear_succession(&vr, 150);
	on_advert(&vr, T0 + 600 * MS, 149, HIGHER_ADDRESS, 100);
	assert_address(vr.election.active_source, THIRD_ADDRESS);
	on_advert(&vr, T0 + 1600 * MS, 149, HIGHER_ADDRESS, 100);
	assert_address(vr.election.active_source, HIGHER_ADDRESS);
	assert_int_equal(vr.election.heard_ns, T0 + 1600 * MS);
}

/* Who was Active all the time has the addresses: nothing is to be handed over. */
static void test_hand_over_is_none_after_a_tie_or_an_absence(void **state)
{
	struct vrrp tie = overlapping(100), away = overlapping(100);

	(void)state;
	assert_string_equal(on_advert(&tie, T0, 100, HIGHER_ADDRESS, 100),
			    "release, advert 100, active->backup");
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
	assert_string_equal(step(&vr, &event), "advert 0, hand over, active->backup");
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
		cmocka_unit_test(test_hand_over_to_a_better_one_ends_with_our_priority),
		cmocka_unit_test(test_hand_over_to_a_weaker_one_ends_just_below_its_priority),
		cmocka_unit_test(test_hand_over_of_two_believes_no_last_word),
		cmocka_unit_test(test_hand_over_after_another_contest_believes_neither),
		cmocka_unit_test(test_hand_over_after_many_contests_forgets_the_oldest),
		cmocka_unit_test(test_hand_over_from_a_slow_one_believes_who_comes_back),
		cmocka_unit_test(test_hand_over_of_two_believes_who_comes_back),
		cmocka_unit_test(test_hand_over_after_a_contest_believes_no_last_word),
		cmocka_unit_test(test_hand_over_after_a_preemption_knows_the_last_word),
		cmocka_unit_test(test_fallen_priority_yields_to_no_last_word),
		cmocka_unit_test(test_fallen_priority_yields_to_no_predecessor),
		cmocka_unit_test(test_fallen_priority_yields_to_who_says_another_one),
		cmocka_unit_test(test_hand_over_of_version_2_waits_for_half_its_skew_time),
		cmocka_unit_test(
			test_hand_over_behind_a_loser_that_rises_believes_its_better_alone),
		cmocka_unit_test(test_hand_over_to_one_that_need_not_wait_asks_at_once),
		cmocka_unit_test(test_hand_over_to_one_with_a_shorter_interval_is_no_slower),
		cmocka_unit_test(test_hand_over_long_after_a_contest_believes_the_first_advert),
		cmocka_unit_test(test_backup_takes_no_last_word_for_an_active),
		cmocka_unit_test(test_backup_believes_the_second_advert_of_one_that_left),
		cmocka_unit_test(test_hand_over_is_none_after_a_tie_or_an_absence),
		cmocka_unit_test(test_hand_over_is_none_in_a_fault_or_at_an_end),
		cmocka_unit_test(test_hand_over_of_a_member_begins_behind_its_farewell),
		cmocka_unit_test(test_preemption_has_the_addresses_before_its_first_advert),
		cmocka_unit_test(test_takeover_from_nobody_adverts_first),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
