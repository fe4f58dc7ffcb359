/* SPDX-License-Identifier: MIT */
/*
 * Objects that somebody else removes again and again, and those that the kernel refuses: how soon
 * they come back, and since when they count as not held.
 */
#include "test_wants.h"

/* One that is wanted and has just been stolen once too often. */
static void begin_abandoned(void)
{
	begin(1, LEASE_S);
	want(1, true);
	assert_int_equal(run(), 0);
	for (unsigned i = 0; i <= KERN_RESTORE_MAX; i++) {
		t.now_ns += KERN_RESTORE_GAP_NS;
		steal(1);
		assert_int_equal(run(), 0);
	}
	assert_string_equal(t.news, "abandoned 1");
}

static void test_thefts_stolen_five_times_in_ten_seconds_is_abandoned_at_the_sixth(void **state)
{
	(void)state;
	begin(1, LEASE_S);
	want(1, true);
	assert_int_equal(run(), 0);
	for (unsigned i = 0; i < KERN_RESTORE_MAX; i++) {
		t.now_ns += SECOND;
		steal(1);
		assert_pass("+1", "restored 1");
	}
	t.now_ns += SECOND;
	assert_int_equal(kern_wants_unheld_ns(t.wants, 0), KERN_NEVER);
	steal(1);
	assert_pass("", "abandoned 1");
	assert_int_equal(kern_wants_unheld_ns(t.wants, 0), 0);
	/* Until it is wanted anew. */
	want(1, false);
	assert_pass("", "");
	want(1, true);
	assert_pass("+1", "added 1");
	steal(1);
	assert_pass("+1", "restored 1");
}

/* The sixth theft of a row; or the next one after a pause. Then wait for the pause to end. */
static void steal_and_wait(int64_t pause_ns)
{
	steal(1);
	assert_pass("", "abandoned 1");
	assert_int_equal(kern_wants_deadline(t.wants), t.now_ns + pause_ns);
	t.now_ns += pause_ns - 1;
	assert_pass("", "");
	t.now_ns++;
}

static void test_thefts_abandoned_comes_back_after_pauses_that_grow(void **state)
{
	static const int64_t pauses_s[] = { 2, 4, 8, 16, 32, 64, 64 };

	(void)state;
	begin(1, LEASE_S);
	want(1, true);
	assert_int_equal(run(), 0);
	for (unsigned i = 0; i < KERN_RESTORE_MAX; i++) {
		t.now_ns += KERN_RESTORE_GAP_NS;
		steal(1);
		assert_pass("+1", "restored 1");
	}
	for (unsigned i = 0; i < sizeof(pauses_s) / sizeof(pauses_s[0]); i++) {
		steal_and_wait(pauses_s[i] * SECOND);
		assert_pass("+1", "restored 1");
		assert_int_equal(kern_wants_unheld_ns(t.wants, 0), KERN_NEVER);
		assert_int_equal(kern_wants_deadline(t.wants), KERN_NEVER);
		t.now_ns += KERN_HELD_NS - 1;
	}
	/* What has stayed for a minute begins anew. */
	t.now_ns++;
	for (unsigned i = 0; i < KERN_RESTORE_MAX; i++) {
		t.now_ns += KERN_RESTORE_GAP_NS;
		steal(1);
		assert_pass("+1", "restored 1");
	}
	steal_and_wait(2 * SECOND);
}

/* As `ip address flush` does, which goes on until nothing is left. */
static void test_thefts_stolen_again_at_once_comes_back_after_a_tenth_of_a_second(void **state)
{
	(void)state;
	begin(1, LEASE_S);
	want(1, true);
	assert_int_equal(run(), 0);
	for (unsigned i = 0; i < 2; i++) {
		steal(1);
		assert_pass("+1", "restored 1");
	}
	t.now_ns += KERN_RESTORE_GAP_NS - 1;
	steal(1);
	assert_pass("", "");
	assert_int_equal(kern_wants_unheld_ns(t.wants, 0), KERN_NEVER);
	assert_int_equal(kern_wants_deadline(t.wants), t.now_ns + 1);
	t.now_ns++;
	assert_pass("+1", "restored 1");
	t.now_ns += KERN_RESTORE_GAP_NS;
	steal(1);
	assert_pass("+1", "restored 1");
}

/* An interface that is made anew does not know what was stolen from the old one. */
static void test_thefts_abandoned_is_added_to_a_new_interface_at_once(void **state)
{
	(void)state;
	begin_abandoned();
	kern_wants_interface(t.wants, 0, 0, true);
	assert_pass("", "");
	kern_wants_interface(t.wants, 0, IFINDEX + 1, true);
	assert_pass("+1", "added 1");
	assert_int_equal(kern_wants_unheld_ns(t.wants, 0), KERN_NEVER);
}

static void test_thefts_refused_is_unheld_since_the_first_refusal(void **state)
{
	int64_t first_ns;

	(void)state;
	begin(1, LEASE_S);
	t.refuses = EPERM;
	want(1, true);
	assert_int_equal(kern_wants_unheld_ns(t.wants, 0), KERN_NEVER);
	assert_int_equal(run(), 0);
	first_ns = t.now_ns;
	for (unsigned i = 0; i < 3; i++) {
		assert_int_equal(kern_wants_unheld_ns(t.wants, 0), first_ns);
		t.now_ns += SECOND;
		assert_int_equal(run(), 0);
	}
	t.refuses = 0;
	t.now_ns += SECOND;
	assert_pass("+1", "added 1");
	assert_int_equal(kern_wants_unheld_ns(t.wants, 0), KERN_NEVER);
	/* What is not wanted need not be held. */
	t.refuses = EPERM;
	steal(1);
	assert_int_equal(run(), 0);
	assert_int_equal(kern_wants_unheld_ns(t.wants, 0), t.now_ns);
	want(1, false);
	assert_int_equal(kern_wants_unheld_ns(t.wants, 0), KERN_NEVER);
	t.refuses = 0;
}

/* A process that was stopped has left tries out, and one refusal is not many. */
static void test_thefts_refused_is_overdue_after_a_try_was_left_out(void **state)
{
	(void)state;
	begin(1, LEASE_S);
	t.refuses = EPERM;
	want(1, true);
	assert_int_equal(run(), 0);
	assert_false(kern_wants_is_overdue(t.wants, 0, t.now_ns + 2 * SECOND - 1));
	assert_true(kern_wants_is_overdue(t.wants, 0, t.now_ns + 2 * SECOND));
	t.now_ns += 5 * SECOND;
	assert_int_equal(run(), 0);
	assert_false(kern_wants_is_overdue(t.wants, 0, t.now_ns));
	t.refuses = 0;
	t.now_ns += SECOND;
	assert_pass("+1", "added 1");
	assert_false(kern_wants_is_overdue(t.wants, 0, t.now_ns + 60 * SECOND));
}

static void test_thefts_window_of_restorations_starts_anew_after_ten_seconds(void **state)
{
	(void)state;
	begin(1, LEASE_S);
	want(1, true);
	assert_int_equal(run(), 0);
	for (unsigned i = 0; i < 4 * KERN_RESTORE_MAX; i++) {
		t.now_ns += i % KERN_RESTORE_MAX ? KERN_RESTORE_GAP_NS : KERN_RESTORE_WINDOW_NS;
		steal(1);
		assert_pass("+1", "restored 1");
	}
}

static void test_thefts_abandoned_one_that_somebody_adds_is_used_again(void **state)
{
	(void)state;
	begin_abandoned();
	squat(1);
	assert_pass("", "foreign 1");
	assert_true(kern_wants_has(t.wants, 0));
	t.now_ns += KERN_RESTORE_WINDOW_NS;
	steal(1);
	assert_pass("+1", "restored 1");
}

static void test_thefts_abandoned_is_not_woken_by_late_news(void **state)
{
	struct kern_address a = address(1);
	struct kern_object object = shown(&a);

	(void)state;
	begin_abandoned();
	t.now_ns += KERN_PAUSE_NS - 1;
	object.gone = true;
	see(object);
	assert_pass("", "");
	/* A new takeover has all five restorations. */
	want(1, false);
	want(1, true);
	assert_pass("+1", "added 1");
	for (unsigned i = 0; i < KERN_RESTORE_MAX; i++) {
		t.now_ns += KERN_RESTORE_GAP_NS;
		steal(1);
		assert_pass("+1", "restored 1");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			test_thefts_stolen_five_times_in_ten_seconds_is_abandoned_at_the_sixth),
		cmocka_unit_test(test_thefts_abandoned_comes_back_after_pauses_that_grow),
		cmocka_unit_test(
			test_thefts_stolen_again_at_once_comes_back_after_a_tenth_of_a_second),
		cmocka_unit_test(test_thefts_abandoned_is_added_to_a_new_interface_at_once),
		cmocka_unit_test(test_thefts_refused_is_unheld_since_the_first_refusal),
		cmocka_unit_test(test_thefts_refused_is_overdue_after_a_try_was_left_out),
		cmocka_unit_test(test_thefts_window_of_restorations_starts_anew_after_ten_seconds),
		cmocka_unit_test(test_thefts_abandoned_one_that_somebody_adds_is_used_again),
		cmocka_unit_test(test_thefts_abandoned_is_not_woken_by_late_news),
	};

	return cmocka_run_group_tests_name("kern_thefts", tests, NULL, end);
}
