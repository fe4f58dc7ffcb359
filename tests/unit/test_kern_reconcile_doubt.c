/* SPDX-License-Identifier: MIT */
/* What is wanted against what is there, when the kernel refuses, contradicts, or loses events. */
#include "test_wants.h"

#include <time.h>

/* ---- refusals ---- */

static void test_reconcile_refused_change_is_told_once_and_tried_every_second(void **state)
{
	(void)state;
	begin(1, LEASE_S);
	want(1, true);
	t.refuses = ENOMEM;
	assert_pass("+1", "failed 1 (12)");
	for (unsigned i = 0; i < 5; i++) {
		assert_int_equal(kern_wants_deadline(t.wants), t.now_ns + SECOND);
		t.now_ns += SECOND - 1;
		assert_pass("", "");
		t.now_ns++;
		assert_pass("+1", "");
	}
	t.refuses = 0;
	t.now_ns += SECOND;
	assert_pass("+1", "added 1");
	assert_int_equal(kern_wants_deadline(t.wants), KERN_NEVER);
}

static void test_reconcile_refused_renewal_is_tried_again(void **state)
{
	(void)state;
	begin(1, LEASE_S);
	want(1, true);
	assert_int_equal(run(), 0);
	renew(0);
	t.refuses = ENOMEM;
	assert_pass("=1", "failed 1 (12)");
	t.refuses = 0;
	t.now_ns += SECOND;
	assert_pass("=1", "");
}

static void test_reconcile_refusal_is_no_reason_to_wait_for_a_new_wish(void **state)
{
	(void)state;
	begin(1, LEASE_S);
	want(1, true);
	t.refuses = ENOMEM;
	assert_int_equal(run(), 0);
	t.refuses = 0;
	want(1, false);
	want(1, true);
	assert_pass("+1", "added 1");
}

/* It is there already, or gone already, and no event has said so yet. */
static void test_reconcile_contradiction_asks_for_a_dump_once_per_pass(void **state)
{
	(void)state;
	begin(2, LEASE_S);
	put_there(1, FOREIGN);
	want(1, true);
	want(2, true);
	assert_contradicted("+1 +2", "added 2");
	/* Without a dump it is tried again, in the next pass and not in this one. */
	assert_contradicted("+1", "");
	dump();
	assert_pass("", "foreign 1");
	take_away(2);
	want(2, false);
	assert_contradicted("-2", "");
	/* What is thought to be there is looked at in the next pass, dump or not. */
	assert_pass("", "");
	assert_int_equal(t.looks_n, 1);
	assert_false(kern_wants_has(t.wants, 1));
}

/* In a dump an interface shows up as another one, and by the way it is looked at for itself. */
static void test_reconcile_look_within_a_dump_hides_nothing_that_was_shown(void **state)
{
	struct kern_object object;

	(void)state;
	begin(1, LEASE_S);
	kern_wants_interface(t.wants, 1, IFINDEX + 1, true);
	want(1, true);
	assert_pass("+1", "added 1");
	kern_wants_doubt(t.wants);
	kern_wants_dump_begin(t.wants);
	object = shown(&t.there[0]);
	see(object);
	kern_wants_interface(t.wants, 1, IFINDEX + 2, true);
	assert_int_equal(t.looks_n, 1);
	kern_wants_dump_end(t.wants, KERN_EVERY_INTERFACE);
	assert_true(kern_wants_has(t.wants, 0));
	assert_pass("", "");
	/* What none of them shows is gone. */
	take_away(1);
	kern_wants_doubt(t.wants);
	kern_wants_dump_begin(t.wants);
	kern_wants_interface(t.wants, 1, IFINDEX + 1, true);
	kern_wants_dump_end(t.wants, KERN_EVERY_INTERFACE);
	assert_false(kern_wants_has(t.wants, 0));
}

static void test_reconcile_lost_answers_are_a_contradiction(void **state)
{
	(void)state;
	begin(2, LEASE_S);
	want(1, true);
	want(2, true);
	t.breaks_n = 1;
	assert_contradicted("+1 +2", "failed 1 (115), failed 2 (115)");
	dump();
	assert_pass("=1 =2", "added 1, added 2"); /* nobody knows how old their leases are */
	assert_true(kern_wants_has(t.wants, 0) && kern_wants_has(t.wants, 1));
	assert_int_equal(kern_wants_deadline(t.wants), KERN_NEVER);
	dump();
	assert_pass("", "");
}

/* Whoever is told of what is there announces it, as little as the kernel has answered. */
static void test_reconcile_lost_answer_is_news_when_the_kernel_shows_the_change(void **state)
{
	(void)state;
	begin(2, LEASE_S);
	want(1, true);
	assert_int_equal(run(), 0);
	steal(1);
	t.breaks_n = 1;
	assert_contradicted("+1", "failed 1 (115)");
	dump();
	assert_pass("=1", "restored 1");
	/* Not if it is somebody else's, or not there. */
	want(2, true);
	t.breaks_n = 1;
	assert_contradicted("+2", "failed 2 (115)");
	take_away(2);
	put_there(2, FOREIGN);
	dump();
	assert_pass("", "foreign 2");
	take_away(2);
	dump();
	assert_pass("+2", "restored 2");
	renew(1);
	t.breaks_n = 1;
	assert_contradicted("=2", "failed 2 (115)");
	dump();
	t.now_ns += SECOND;
	assert_pass("=2", "");
}

/* ---- dumps ---- */

static void test_dump_what_it_does_not_show_is_stolen(void **state)
{
	(void)state;
	begin(3, LEASE_S);
	for (unsigned n = 1; n <= 3; n++)
		want(n, true);
	assert_int_equal(run(), 0);
	take_away(2);
	dump();
	assert_true(kern_wants_has(t.wants, 0));
	assert_false(kern_wants_has(t.wants, 1));
	assert_pass("+2", "restored 2");
}

static void test_dump_that_broke_off_proves_no_absence(void **state)
{
	(void)state;
	begin(2, LEASE_S);
	want(1, true);
	want(2, true);
	assert_int_equal(run(), 0);
	kern_wants_dump_begin(t.wants);
	see(shown(&t.there[0]));
	/* And the next one starts from nothing. */
	kern_wants_dump_begin(t.wants);
	see(shown(&t.there[1]));
	kern_wants_dump_end(t.wants, KERN_EVERY_INTERFACE);
	assert_false(kern_wants_has(t.wants, 0));
	assert_true(kern_wants_has(t.wants, 1));
}

static void test_dump_shows_that_a_double_is_gone(void **state)
{
	struct kern_address other = address(1);

	(void)state;
	begin(1, LEASE_S);
	want(1, true);
	assert_int_equal(run(), 0);
	other.prefix_len = 32;
	see(shown(&other));
	dump();
	assert_pass("", "");
	see(shown(&other));
	assert_pass("", "double 1");
}

static void test_dump_of_one_interface_says_nothing_of_others(void **state)
{
	struct kern_want second = { .interface = 1, .address = address(1) };
	struct kern_object object;

	(void)state;
	kern_wants_free(t.wants);
	memset(&t, 0, sizeof(t));
	t.has_marks = true;
	assert_int_equal(kern_wants_new(2, 2, NULL, NULL, &t.wants), 0);
	/* The same address on two interfaces is two objects. */
	kern_wants_add(t.wants, &(struct kern_want){ .address = address(1) });
	kern_wants_add(t.wants, &second);
	kern_wants_interface(t.wants, 0, IFINDEX, true);
	kern_wants_interface(t.wants, 1, IFINDEX + 1, true);
	want(1, true);
	want(2, true);
	assert_pass("+1 +1", "added 1, added 2");
	kern_wants_dump_begin(t.wants);
	kern_wants_dump_end(t.wants, 1);
	assert_true(kern_wants_has(t.wants, 0));
	assert_false(kern_wants_has(t.wants, 1));
	object = shown(&t.there[1]);
	assert_int_equal(kern_wants_see(t.wants, 1, &object), 1);
	assert_int_equal(kern_wants_find(t.wants, 1, KERN_KIND_ADDRESS, &object.entry), 1);
	object.address.prefix_len = 32;
	assert_int_equal(kern_wants_find(t.wants, 1, KERN_KIND_ADDRESS, &object.entry), -1);
	assert_int_equal(kern_wants_find_same(t.wants, 1, KERN_KIND_ADDRESS, &object.entry), 1);
	object.address.bytes[3] = 9;
	assert_int_equal(kern_wants_see(t.wants, 1, &object), -1);
}

/* ---- doubt ---- */

static void lose_events_of_a_swap(unsigned n)
{
	take_away(n);
	put_there(n, FOREIGN);
	kern_wants_doubt(t.wants);
}

static void test_doubt_looks_before_it_removes(void **state)
{
	(void)state;
	begin(3, LEASE_S);
	for (unsigned n = 1; n <= 3; n++)
		want(n, true);
	assert_int_equal(run(), 0);
	lose_events_of_a_swap(2);
	for (unsigned n = 1; n <= 3; n++)
		want(n, false);
	assert_pass("-3 -1", "kept 2, removed 3, removed 1");
	assert_int_equal(t.looks_n, 1); /* at the interface, once */
	assert_int_equal(t.there_n, 1);
}

static void test_doubt_looks_before_it_renews(void **state)
{
	(void)state;
	begin(2, LEASE_S);
	want(1, true);
	want(2, true);
	assert_int_equal(run(), 0);
	lose_events_of_a_swap(1);
	renew(0);
	renew(1);
	assert_pass("=2", "foreign 1");
	assert_int_equal(t.there[t.there_n - 1].mark, FOREIGN);
	/* In every pass. */
	renew(1);
	assert_pass("=2", "");
	assert_int_equal(t.looks_n, 2);
}

static void test_doubt_finds_that_one_is_gone(void **state)
{
	(void)state;
	begin(1, LEASE_S);
	want(1, true);
	assert_int_equal(run(), 0);
	take_away(1);
	kern_wants_doubt(t.wants);
	renew(0);
	assert_pass("+1", "restored 1");
}

static void test_doubt_claims_without_a_look(void **state)
{
	(void)state;
	begin(1, LEASE_S);
	kern_wants_doubt(t.wants);
	want(1, true);
	assert_pass("+1", "added 1");
	assert_int_equal(t.looks_n, 0);
}

static void test_doubt_ends_with_a_dump(void **state)
{
	(void)state;
	begin(1, LEASE_S);
	want(1, true);
	assert_int_equal(run(), 0);
	kern_wants_doubt(t.wants);
	kern_wants_dump_begin(t.wants); /* which breaks off */
	renew(0);
	assert_pass("=1", "");
	assert_int_equal(t.looks_n, 1);
	dump();
	renew(0);
	assert_pass("=1", "");
	assert_int_equal(t.looks_n, 1);
}

static void test_doubt_begins_with_a_contradiction(void **state)
{
	(void)state;
	begin(2, LEASE_S);
	want(1, true);
	assert_int_equal(run(), 0);
	put_there(2, FOREIGN);
	want(2, true);
	assert_contradicted("+2", "");
	renew(0);
	(void)run();
	assert_int_equal(t.looks_n, 1);
}

/* A Backup must not keep an address because of a kernel that does not answer; but what it still
 * shows is believed. */
static void test_doubt_that_cannot_be_resolved_goes_by_what_was_known(void **state)
{
	(void)state;
	begin(3, LEASE_S);
	for (unsigned n = 1; n <= 3; n++)
		want(n, true);
	assert_int_equal(run(), 0);
	lose_events_of_a_swap(3); /* the last one in the kernel's table */
	for (unsigned n = 1; n <= 3; n++)
		want(n, false);
	t.hides = true;
	t.shows_n = 3;
	assert_pass("-2 -1", "kept 3, removed 2, removed 1");
	begin(3, LEASE_S);
	for (unsigned n = 1; n <= 3; n++)
		want(n, true);
	assert_int_equal(run(), 0);
	lose_events_of_a_swap(3);
	for (unsigned n = 1; n <= 3; n++)
		want(n, false);
	t.hides = true;
	t.shows_n = 2;
	assert_pass("-3 -2 -1", "removed 3, removed 2, removed 1");
}

/* ---- interfaces ---- */

static void test_interface_renamed_away_takes_nothing_of_ours_along(void **state)
{
	(void)state;
	begin(300, LEASE_S);
	for (unsigned n = 1; n <= 300; n++)
		want(n, true);
	squat(300);
	assert_int_equal(run(), 0);
	assert_int_equal(t.there_n, 300);
	kern_wants_interface(t.wants, 0, IFINDEX + 1, true);
	assert_int_equal(t.there_n, 1); /* somebody else's */
	assert_int_equal(t.there[0].mark, FOREIGN);
	assert_false(kern_wants_has(t.wants, 0));
	assert_int_equal(run(), 0);
	assert_int_equal(t.there_n, 301);
	assert_int_equal(t.there[1].ifindex, IFINDEX + 1);
	assert_int_equal(kern_wants_get(t.wants, 0)->address.ifindex, IFINDEX + 1);
}

static void test_interface_renamed_in_doubt_is_looked_at_first(void **state)
{
	(void)state;
	begin(2, LEASE_S);
	want(1, true);
	want(2, true);
	assert_int_equal(run(), 0);
	lose_events_of_a_swap(1);
	kern_wants_interface(t.wants, 0, 0, true);
	assert_int_equal(t.looks_n, 1);
	assert_int_equal(t.there_n, 1);
	assert_int_equal(t.there[0].mark, FOREIGN);
}

static void test_interface_that_comes_back_is_no_theft(void **state)
{
	(void)state;
	begin(1, LEASE_S);
	want(1, true);
	assert_int_equal(run(), 0);
	for (unsigned i = 0; i < 3 * KERN_RESTORE_MAX; i++) {
		t.there_n = 0; /* gone with the interface */
		kern_wants_interface(t.wants, 0, 0, true);
		kern_wants_interface(t.wants, 0, IFINDEX, true);
		assert_pass("+1", "added 1");
	}
}

static void test_interface_change_forgets_what_was_on_the_old_one(void **state)
{
	struct kern_address other = address(1);

	(void)state;
	begin(1, LEASE_S);
	want(1, true);
	assert_int_equal(run(), 0);
	steal(1);
	other.prefix_len = 32;
	see(shown(&other));
	kern_wants_interface(t.wants, 0, IFINDEX + 1, true);
	assert_pass("+1", "added 1");
}

/* ---- cost ---- */

/*
 * A dump that finds all as it was: each of 4,000 interfaces is told its index, each of 4,000
 * addresses is shown, and nothing follows. Interfaces times wants would be seconds.
 */
static void test_reconcile_4000_wants_on_4000_interfaces_cost_no_product(void **state)
{
	clock_t start;

	(void)state;
	kern_wants_free(t.wants);
	memset(&t, 0, sizeof(t));
	t.has_marks = true;
	t.now_ns = T0;
	assert_int_equal(kern_wants_new(MANY, MANY, NULL, NULL, &t.wants), 0);
	for (unsigned i = 0; i < MANY; i++) {
		struct kern_want one = { .interface = i, .address = address(1 + i) };

		kern_wants_add(t.wants, &one);
		kern_wants_interface(t.wants, i, (int)(i + 1), true);
	}
	start = clock();
	for (unsigned round = 0; round < 100; round++) {
		kern_wants_dump_begin(t.wants);
		for (unsigned i = 0; i < MANY; i++) {
			struct kern_address a = address(1 + i);
			struct kern_object object;

			kern_wants_interface(t.wants, i, (int)(i + 1), true);
			a.ifindex = (int)(i + 1);
			object = shown(&a);
			assert_int_equal(kern_wants_see(t.wants, i, &object), i);
		}
		kern_wants_dump_end(t.wants, KERN_EVERY_INTERFACE);
	}
	assert_true(clock() - start < 2 * CLOCKS_PER_SEC);
	assert_int_equal(run(), 0);
	assert_int_equal(t.changes_n, 0);
	/* All were told to be somebody else's, once. A dump without news leaves nothing to do. */
	kern_wants_dump_begin(t.wants);
	for (unsigned i = 0; i < MANY; i++) {
		struct kern_address a = address(1 + i);
		struct kern_object object = shown(&a);

		(void)kern_wants_see(t.wants, i, &object);
	}
	kern_wants_dump_end(t.wants, KERN_EVERY_INTERFACE);
	assert_pass("", "");
}

/* ---- what goes without a word, and what is to be another one ---- */

static void test_suspicion_looks_once_and_restores_what_went_without_a_word(void **state)
{
	(void)state;
	begin(3, 0);
	kern_wants_suspect(t.wants, 0);
	assert_pass("", ""); /* nothing could have gone */
	want(1, true);
	want(2, true);
	assert_pass("+1 +2", "added 1, added 2");
	assert_int_equal(t.looks_n, 0);
	kern_wants_suspect(t.wants, 0);
	assert_int_equal(t.looks_n, 1);
	assert_pass("", "");
	take_away(2);
	kern_wants_suspect(t.wants, 0);
	assert_pass("+2", "restored 2");
	assert_int_equal(t.looks_n, 2);
	/* What the kernel does not show now is looked at again. */
	take_away(1);
	t.hides = true;
	kern_wants_suspect(t.wants, 0);
	assert_contradicted("", "");
	t.hides = false;
	dump();
	assert_pass("+1", "restored 1");
}

/* What goes because it is not wanted any more needs no removal. */
static void test_suspicion_of_what_is_released_spares_its_removal(void **state)
{
	(void)state;
	begin(1, 0);
	want(1, true);
	assert_pass("+1", "added 1");
	take_away(1);
	kern_wants_suspect(t.wants, 0);
	want(1, false);
	assert_pass("", "");
	want(1, true);
	assert_pass("+1", "added 1");
}

static void alter(unsigned n, bool deprecated)
{
	union kern_entry entry = kern_wants_get(t.wants, n - 1)->entry;

	entry.address.deprecated = deprecated;
	kern_wants_alter(t.wants, n - 1, &entry);
}

static void test_altered_want_replaces_what_is_there(void **state)
{
	(void)state;
	begin(2, 0);
	alter(1, true);
	assert_pass("", "");
	want(1, true);
	assert_pass("+1", "added 1");
	assert_true(t.there[0].deprecated);
	alter(1, false);
	assert_pass("=1", "");
	assert_false(t.there[0].deprecated);
	alter(1, true);
	t.refuses = ENETUNREACH;
	assert_pass("=1", "failed 1 (101)");
	t.refuses = 0;
	assert_pass("", "");
	t.now_ns += SECOND;
	assert_pass("=1", "");
	assert_true(t.there[0].deprecated);
	/* Another one may be taken at once. */
	t.refuses = ENETUNREACH;
	want(2, true);
	assert_pass("+2", "failed 2 (101)");
	t.refuses = 0;
	alter(2, true);
	assert_pass("+2", "added 2");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_reconcile_refused_change_is_told_once_and_tried_every_second),
		cmocka_unit_test(test_reconcile_refused_renewal_is_tried_again),
		cmocka_unit_test(test_reconcile_refusal_is_no_reason_to_wait_for_a_new_wish),
		cmocka_unit_test(test_reconcile_contradiction_asks_for_a_dump_once_per_pass),
		cmocka_unit_test(test_reconcile_look_within_a_dump_hides_nothing_that_was_shown),
		cmocka_unit_test(test_reconcile_lost_answers_are_a_contradiction),
		cmocka_unit_test(
			test_reconcile_lost_answer_is_news_when_the_kernel_shows_the_change),
		cmocka_unit_test(test_dump_what_it_does_not_show_is_stolen),
		cmocka_unit_test(test_dump_that_broke_off_proves_no_absence),
		cmocka_unit_test(test_dump_shows_that_a_double_is_gone),
		cmocka_unit_test(test_dump_of_one_interface_says_nothing_of_others),
		cmocka_unit_test(test_doubt_looks_before_it_removes),
		cmocka_unit_test(test_doubt_looks_before_it_renews),
		cmocka_unit_test(test_doubt_finds_that_one_is_gone),
		cmocka_unit_test(test_doubt_claims_without_a_look),
		cmocka_unit_test(test_doubt_ends_with_a_dump),
		cmocka_unit_test(test_doubt_begins_with_a_contradiction),
		cmocka_unit_test(test_doubt_that_cannot_be_resolved_goes_by_what_was_known),
		cmocka_unit_test(test_interface_renamed_away_takes_nothing_of_ours_along),
		cmocka_unit_test(test_interface_renamed_in_doubt_is_looked_at_first),
		cmocka_unit_test(test_interface_that_comes_back_is_no_theft),
		cmocka_unit_test(test_interface_change_forgets_what_was_on_the_old_one),
		cmocka_unit_test(test_reconcile_4000_wants_on_4000_interfaces_cost_no_product),
		cmocka_unit_test(test_suspicion_looks_once_and_restores_what_went_without_a_word),
		cmocka_unit_test(test_suspicion_of_what_is_released_spares_its_removal),
		cmocka_unit_test(test_altered_want_replaces_what_is_there),
	};

	return cmocka_run_group_tests_name("kern_reconcile_doubt", tests, NULL, end);
}
