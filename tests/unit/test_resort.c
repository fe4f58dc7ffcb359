/* SPDX-License-Identifier: MIT */
/*
 * When a router becomes the last resort, when it offers to leave, and when it is over.
 */
#include "test.h"

#include "agent/router/resort.h"

#define T0      (1000 * SECOND)
#define SILENCE (5 * SECOND) /* after which peers that preempt have taken over */
#define HOUR    (3600 * SECOND)

static struct resort resort;

static void begin(void)
{
	resort_init(&resort);
	assert_int_equal(resort_deadline(&resort), VRRP_NEVER);
}

static enum resort_change look(int64_t unheld_ns, int64_t now_ns)
{
	return resort_look(&resort, unheld_ns, SILENCE, now_ns);
}

static void test_resort_abandoned_address_begins_it_at_once(void **state)
{
	(void)state;
	begin();
	assert_int_equal(look(0, T0), RESORT_BEGINS);
	assert_true(resort.last);
	assert_int_equal(look(0, T0 + 1), RESORT_UNCHANGED);
}

static void test_resort_refused_address_begins_it_after_three_seconds(void **state)
{
	(void)state;
	begin();
	assert_int_equal(look(T0, T0), RESORT_UNCHANGED);
	assert_int_equal(resort_deadline(&resort), T0 + 3 * SECOND);
	assert_int_equal(look(T0, T0 + 3 * SECOND - 1), RESORT_UNCHANGED);
	assert_int_equal(resort_deadline(&resort), T0 + 3 * SECOND);
	assert_int_equal(look(T0, T0 + 3 * SECOND), RESORT_BEGINS);
}

static void test_resort_refusal_that_passes_is_nothing(void **state)
{
	(void)state;
	begin();
	assert_int_equal(look(T0, T0), RESORT_UNCHANGED);
	assert_int_equal(look(VRRP_NEVER, T0 + SECOND), RESORT_UNCHANGED);
	assert_false(resort.last);
	assert_int_equal(resort_deadline(&resort), VRRP_NEVER);
}

static bool cedes(int64_t now_ns)
{
	return resort_cedes(&resort, true, SILENCE, now_ns);
}

static void test_resort_cedes_after_the_silence_and_pauses_that_grow_to_an_hour(void **state)
{
	static const int64_t pauses_s[] = { 60, 120, 240, 480, 960, 1920, 3840, 3840, 3840 };
	int64_t now_ns = T0 + SILENCE;

	(void)state;
	begin();
	look(0, T0);
	assert_int_equal(resort_deadline(&resort), now_ns);
	assert_false(cedes(now_ns - 1));
	assert_true(cedes(now_ns));
	for (unsigned i = 0; i < sizeof(pauses_s) / sizeof(pauses_s[0]); i++) {
		now_ns += pauses_s[i] * SECOND;
		assert_false(cedes(now_ns - 1));
		assert_int_equal(resort_deadline(&resort), now_ns);
		assert_true(cedes(now_ns));
	}
}

static void test_resort_does_not_cede_for_an_hour_to_a_peer_that_is_no_better(void **state)
{
	(void)state;
	begin();
	resort_hear(&resort, RESORT_PRIORITY, T0 - SECOND);
	look(0, T0);
	assert_false(cedes(T0 + SILENCE));
	assert_int_equal(resort_deadline(&resort), T0 - SECOND + HOUR);
	assert_false(cedes(T0 - SECOND + HOUR - 1));
	assert_true(cedes(T0 - SECOND + HOUR));
}

/* Nor does one that leaves say anything about what it can hold. */
static void test_resort_cedes_to_peers_that_are_better_or_leave(void **state)
{
	(void)state;
	begin();
	resort_hear(&resort, 0, T0 - 1);
	resort_hear(&resort, 2, T0 - 1);
	resort_hear(&resort, 255, T0 - 1);
	look(0, T0);
	assert_true(cedes(T0 + SILENCE));
}

/* What is there for a moment when the offer is due may be gone in the next one. */
static void test_resort_puts_an_offer_off_while_all_are_there(void **state)
{
	(void)state;
	begin();
	look(0, T0);
	look(VRRP_NEVER, T0 + 4 * SECOND);
	assert_false(cedes(T0 + SILENCE));
	assert_true(resort_deadline(&resort) > T0 + SILENCE);
	look(0, T0 + 6 * SECOND);
	assert_true(cedes(T0 + 2 * SILENCE));
}

static void test_resort_puts_an_offer_off_that_nobody_would_hear(void **state)
{
	(void)state;
	begin();
	look(0, T0);
	assert_false(resort_cedes(&resort, false, SILENCE, T0 + SILENCE));
	assert_int_equal(resort_deadline(&resort), T0 + 2 * SILENCE);
	assert_true(cedes(T0 + 2 * SILENCE));
}

static void test_resort_ends_after_a_minute_with_all_of_them(void **state)
{
	(void)state;
	begin();
	look(0, T0);
	assert_int_equal(look(VRRP_NEVER, T0 + SECOND), RESORT_UNCHANGED);
	/* One that is taken away again makes the minute begin anew. */
	assert_int_equal(look(0, T0 + 30 * SECOND), RESORT_UNCHANGED);
	assert_int_equal(look(VRRP_NEVER, T0 + 40 * SECOND), RESORT_UNCHANGED);
	assert_false(cedes(T0 + 99 * SECOND));
	assert_int_equal(look(VRRP_NEVER, T0 + 100 * SECOND - 1), RESORT_UNCHANGED);
	assert_int_equal(look(VRRP_NEVER, T0 + 100 * SECOND), RESORT_ENDS);
	assert_false(resort.last);
	assert_int_equal(resort_deadline(&resort), VRRP_NEVER);
	/* And it may begin, and cede, another time. */
	assert_int_equal(look(0, T0 + 200 * SECOND), RESORT_BEGINS);
	assert_true(cedes(T0 + 200 * SECOND + SILENCE));
}

static void test_resort_counts_the_minute_from_when_one_came(void **state)
{
	(void)state;
	begin();
	assert_int_equal(look(0, T0), RESORT_BEGINS);
	assert_int_equal(look(VRRP_NEVER, T0 + SECOND), RESORT_UNCHANGED);
	resort_lacked(&resort);
	assert_int_equal(look(VRRP_NEVER, T0 + 9 * SECOND), RESORT_UNCHANGED);
	assert_int_equal(look(VRRP_NEVER, T0 + 61 * SECOND), RESORT_UNCHANGED);
	assert_int_equal(look(VRRP_NEVER, T0 + 69 * SECOND), RESORT_ENDS);
	/* Of one that is none it changes nothing. */
	resort_lacked(&resort);
	assert_int_equal(resort_deadline(&resort), VRRP_NEVER);
}

static void test_resort_stays_the_last_one_while_another_is_active(void **state)
{
	(void)state;
	begin();
	look(0, T0);
	resort_rest(&resort);
	assert_true(resort.last);
	assert_int_equal(resort_deadline(&resort), VRRP_NEVER);
	/* Active again, it offers again. */
	assert_int_equal(look(0, T0 + 600 * SECOND), RESORT_UNCHANGED);
	assert_false(cedes(T0 + 600 * SECOND + SILENCE - 1));
	assert_true(cedes(T0 + 600 * SECOND + SILENCE));
}

/* Of a dead process nobody knows whether it had offered. */
static void test_resort_resumed_offers_when_it_is_active(void **state)
{
	(void)state;
	resort_resume(&resort, false, SILENCE, T0);
	assert_true(resort.last);
	assert_int_equal(resort_deadline(&resort), VRRP_NEVER);
	resort_resume(&resort, true, SILENCE, T0);
	assert_int_equal(resort_deadline(&resort), T0);
	assert_int_equal(look(0, T0), RESORT_UNCHANGED);
	assert_true(cedes(T0 + SILENCE));
	resort_resume(&resort, true, SILENCE, T0);
	assert_int_equal(look(VRRP_NEVER, T0), RESORT_UNCHANGED);
	assert_int_equal(look(VRRP_NEVER, T0 + 60 * SECOND), RESORT_ENDS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_resort_abandoned_address_begins_it_at_once),
		cmocka_unit_test(test_resort_refused_address_begins_it_after_three_seconds),
		cmocka_unit_test(test_resort_refusal_that_passes_is_nothing),
		cmocka_unit_test(
			test_resort_cedes_after_the_silence_and_pauses_that_grow_to_an_hour),
		cmocka_unit_test(test_resort_does_not_cede_for_an_hour_to_a_peer_that_is_no_better),
		cmocka_unit_test(test_resort_cedes_to_peers_that_are_better_or_leave),
		cmocka_unit_test(test_resort_puts_an_offer_off_while_all_are_there),
		cmocka_unit_test(test_resort_puts_an_offer_off_that_nobody_would_hear),
		cmocka_unit_test(test_resort_ends_after_a_minute_with_all_of_them),
		cmocka_unit_test(test_resort_counts_the_minute_from_when_one_came),
		cmocka_unit_test(test_resort_stays_the_last_one_while_another_is_active),
		cmocka_unit_test(test_resort_resumed_offers_when_it_is_active),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
