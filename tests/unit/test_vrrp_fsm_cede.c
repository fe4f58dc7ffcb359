/* SPDX-License-Identifier: MIT */
/*
 * An Active that offers to leave: it says priority 0, serves on without a word, yields to whoever
 * speaks, and goes on if nobody does.
 */
#include "test.h"

#include "vrrp/timers.h"

#define T0     (1000 * SECOND)
#define DOWN_1 INT64_C(3996093750) /* of priority 1 and intervals of a second */

static const char *on_cede(struct vrrp *vr, int64_t now_ns)
{
	return step(vr, &(struct vrrp_event){ .type = VRRP_EVENT_CEDE, .now_ns = now_ns });
}

/* An Active with priority 1 that has offered to leave at @now_ns. */
static struct vrrp ceding(int64_t now_ns)
{
	struct vrrp vr = test_active(1, now_ns - 100 * MS);

	assert_string_equal(on_cede(&vr, now_ns), "advert 0");
	assert_int_equal(vr.election.state, VRRP_STATE_ACTIVE);
	return vr;
}

static void test_cede_says_priority_zero_and_is_quiet_for_the_down_interval(void **state)
{
	struct vrrp vr = ceding(T0);

	(void)state;
	assert_int_equal(vr.election.advert_ns, T0 + DOWN_1);
	assert_string_equal(on_timer(&vr, T0 + SECOND), "announce"); /* it serves as ever */
	vr.election.announce_ns = T0 + DOWN_1;
	assert_int_equal(vrrp_deadline(&vr), T0 + DOWN_1);
	assert_string_equal(on_timer(&vr, T0 + DOWN_1 - 1), "");
	assert_string_equal(on_cede(&vr, T0 + DOWN_1 - 1), "");
	/* Nobody has come. */
	assert_string_equal(on_timer(&vr, T0 + DOWN_1), "advert 1, announce");
	assert_int_equal(vr.election.state, VRRP_STATE_ACTIVE);
	assert_int_equal(vr.election.advert_ns, T0 + DOWN_1 + SECOND);
	assert_false(vr.election.ceding);
	assert_string_equal(on_advert(&vr, T0 + DOWN_1 + MS, 0, LOWER_ADDRESS, 100),
			    "advert 1, announce");
}

/* As long as its peers wait that miss as many adverts as it does. */
static void test_cede_is_quiet_for_as_many_intervals_as_may_be_missed(void **state)
{
	static const uint8_t missed[] = { 1, 2, 10, VRRP_DOWN_INTERVALS_MAX };

	(void)state;
	for (unsigned i = 0; i < sizeof(missed); i++) {
		struct vrrp vr = test_active(1, T0 - 100 * MS);
		int64_t down_ns = DOWN_1 + (missed[i] - 3) * SECOND;

		vr.config.down_intervals = missed[i];
		assert_string_equal(on_cede(&vr, T0), "advert 0");
		assert_int_equal(vr.election.advert_ns, T0 + down_ns);
		vr.election.announce_ns = T0 + down_ns;
		assert_string_equal(on_timer(&vr, T0 + down_ns - 1), "");
		assert_string_equal(on_timer(&vr, T0 + down_ns), "advert 1, announce");
	}
}

static void test_cede_yields_to_any_claim(void **state)
{
	static const uint8_t priorities[] = { 2, 100, 254, 255 };

	(void)state;
	for (unsigned i = 0; i < sizeof(priorities); i++) {
		struct vrrp vr = ceding(T0);

		assert_string_equal(on_advert(&vr, T0 + 900 * MS, priorities[i], LOWER_ADDRESS, 50),
				    "release, advert 0, active->backup");
		assert_int_equal(vr.election.reason.code, VRRP_REASON_CEDED);
		assert_int_equal(vr.election.reason.priority, priorities[i]);
		assert_int_equal(vr.election.active_interval_cs, 50);
		assert_false(vr.election.ceding);
	}
}

/* A peer that leaves, too, is not there to take over. */
static void test_cede_does_not_answer_priority_zero(void **state)
{
	struct vrrp vr = ceding(T0);

	(void)state;
	assert_string_equal(on_advert(&vr, T0 + MS, 0, HIGHER_ADDRESS, 100), "");
	assert_int_equal(vr.election.state, VRRP_STATE_ACTIVE);
	assert_int_equal(vr.election.advert_ns, T0 + DOWN_1);
}

/* It was Active, and hosts send to it. A flood of such adverts makes one announcement in a while.
 */
static void test_cede_announces_soon_when_another_one_leaves(void **state)
{
	struct vrrp vr = ceding(T0);

	(void)state;
	vr.election.announced_n = VRRP_ANNOUNCED_ALL;
	vr.election.announce_ns = VRRP_NEVER;
	for (unsigned i = 0; i < 100; i++)
		assert_string_equal(on_advert(&vr, T0 + i * MS, 0, HIGHER_ADDRESS, 100), "");
	assert_int_equal(vrrp_deadline(&vr), T0 + 200 * MS);
	assert_string_equal(on_timer(&vr, T0 + 200 * MS), "announce");
	assert_int_equal(vr.election.announce_ns, T0 + 1200 * MS); /* as after a takeover */
}

/* Nor does one that was away announce before it has listened. */
static void test_away_announces_later_when_another_one_leaves(void **state)
{
	struct vrrp vr = test_active(100, T0);

	(void)state;
	vr.config.preempt = false;
	vr.election.announced_n = VRRP_ANNOUNCED_ALL;
	vr.election.announce_ns = VRRP_NEVER;
	assert_string_equal(on_timer(&vr, T0 + 10 * SECOND), "");
	assert_true(vr.election.listening);
	assert_string_equal(on_advert(&vr, T0 + 10 * SECOND, 0, HIGHER_ADDRESS, 100), "");
	assert_int_equal(vrrp_deadline(&vr), T0 + 11 * SECOND);
	assert_string_equal(on_timer(&vr, T0 + 11 * SECOND), "advert 100, announce");
}

static void test_cede_ends_when_the_priority_changes(void **state)
{
	struct vrrp vr = ceding(T0);

	(void)state;
	assert_string_equal(on_priority(&vr, T0 + SECOND, 100), "");
	assert_false(vr.election.ceding);
	assert_int_equal(vr.election.advert_ns, T0 + SECOND);
	assert_string_equal(on_timer(&vr, T0 + SECOND), "advert 100, announce");
	assert_string_equal(on_advert(&vr, T0 + 2 * SECOND, 50, HIGHER_ADDRESS, 100),
			    "advert 100, announce");
}

static void test_cede_leaves_and_fails_like_any_active(void **state)
{
	struct vrrp vr = ceding(T0);

	(void)state;
	assert_string_equal(on_shutdown(&vr, T0 + MS), "release, advert 0, active->initialize");
	assert_false(vr.election.ceding);
	vr = ceding(T0);
	assert_string_equal(on_fault(&vr, T0 + MS, VRRP_REASON_NO_CARRIER),
			    "release, advert 0, active->fault");
	assert_false(vr.election.ceding);
}

static void test_cede_is_nothing_in_other_states(void **state)
{
	struct vrrp vr = test_backup(100, T0), before = vr;

	(void)state;
	assert_string_equal(on_cede(&vr, T0 + MS), "");
	assert_memory_equal(&vr, &before, sizeof(vr));
	vr = before = test_router(100);
	assert_string_equal(on_cede(&vr, T0 + MS), "");
	assert_memory_equal(&vr, &before, sizeof(vr));
	on_fault(&vr, T0, VRRP_REASON_LINK_DOWN);
	before = vr;
	assert_string_equal(on_cede(&vr, T0 + MS), "");
	assert_memory_equal(&vr, &before, sizeof(vr));
	/* Nor does an owner ever leave to somebody else what is its own. */
	vr = before = test_active(255, T0);
	assert_string_equal(on_cede(&vr, T0 + MS), "");
	assert_memory_equal(&vr, &before, sizeof(vr));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cede_says_priority_zero_and_is_quiet_for_the_down_interval),
		cmocka_unit_test(test_cede_is_quiet_for_as_many_intervals_as_may_be_missed),
		cmocka_unit_test(test_cede_yields_to_any_claim),
		cmocka_unit_test(test_cede_does_not_answer_priority_zero),
		cmocka_unit_test(test_cede_announces_soon_when_another_one_leaves),
		cmocka_unit_test(test_away_announces_later_when_another_one_leaves),
		cmocka_unit_test(test_cede_ends_when_the_priority_changes),
		cmocka_unit_test(test_cede_leaves_and_fails_like_any_active),
		cmocka_unit_test(test_cede_is_nothing_in_other_states),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
