/* SPDX-License-Identifier: MIT */
/*
 * Planned work: whoever leaves to somebody that comes hands its addresses over, and whoever
 * preempts one that serves has them before it speaks.
 */
#include "test.h"

#define T0 (1000 * SECOND)

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

/* It has said 0, and another one came: its next advert, below that one's, claims nothing. */
static void test_last_word_of_another_is_no_claim(void **state)
{
	struct vrrp vr = test_backup(50, T0), cedes = test_backup(150, T0);

	(void)state;
	on_advert(&vr, T0 + 10 * MS, 100, HIGHER_ADDRESS, 100);
	on_advert(&vr, T0 + 20 * MS, 0, HIGHER_ADDRESS, 100);
	on_advert(&vr, T0 + 30 * MS, 90, LOWER_ADDRESS, 100);
	on_advert(&vr, T0 + 40 * MS, 89, HIGHER_ADDRESS, 100);
	assert_int_equal(vr.election.active_priority, 90);
	assert_int_equal(vr.election.heard_ns, T0 + 30 * MS);
	/* Whoever comes back is believed by the advert behind that. */
	on_advert(&vr, T0 + 50 * MS, 100, HIGHER_ADDRESS, 100);
	assert_int_equal(vr.election.active_priority, 100);

	/* One that took over, and offers to leave in its turn, does not take it for its successor.
	 */
	cedes.config.overlap = true;
	on_advert(&cedes, T0 + 10 * MS, 200, HIGHER_ADDRESS, 100);
	on_advert(&cedes, T0 + 20 * MS, 0, HIGHER_ADDRESS, 100);
	(void)step(&cedes, &(struct vrrp_event){ .type = VRRP_EVENT_TIMER,
						 .now_ns = cedes.election.down_ns });
	assert_int_equal(cedes.election.state, VRRP_STATE_ACTIVE);
	assert_string_equal(on_cede(&cedes, cedes.election.since_ns + MS), "advert 0");
	assert_string_equal(
		on_advert(&cedes, cedes.election.since_ns + 2 * MS, 149, HIGHER_ADDRESS, 100), "");
	assert_int_equal(cedes.election.state, VRRP_STATE_ACTIVE);
	assert_string_equal(
		on_advert(&cedes, cedes.election.since_ns + 3 * MS, 149, HIGHER_ADDRESS, 100),
		"hand over, advert 148, active->backup");
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
		cmocka_unit_test(test_last_word_of_another_is_no_claim),
		cmocka_unit_test(test_hand_over_is_none_after_a_tie_or_an_absence),
		cmocka_unit_test(test_hand_over_is_none_in_a_fault_or_at_an_end),
		cmocka_unit_test(test_hand_over_of_a_member_begins_behind_its_farewell),
		cmocka_unit_test(test_preemption_has_the_addresses_before_its_first_advert),
		cmocka_unit_test(test_takeover_from_nobody_adverts_first),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
