/* SPDX-License-Identifier: MIT */
/*
 * Addresses of others in the subnet of ours: the kernel removes a subnet's secondary addresses
 * together with its first one, so ours never stand before them.
 */
#include "test_wants.h"

#define OTHER 900

/* @n of ours, held on a link that promotes no secondary addresses; the first one leads. */
static void begin_held(unsigned n)
{
	begin(n, LEASE_S);
	kern_wants_interface(t.wants, 0, IFINDEX, false);
	for (unsigned i = 1; i <= n; i++)
		want(i, true);
	assert_int_equal(run(), 0);
	for (unsigned i = 1; i < n; i++)
		t.there[i].secondary = true;
	dump();
	assert_pass("", "");
}

/* Somebody's address as the kernel shows it. */
static void see_other(const char *what)
{
	struct kern_address a = address(OTHER);
	struct kern_object object = shown(&a);

	object.address.secondary = strstr(what, "secondary");
	object.gone = object.by_kernel = strstr(what, "gone");
	object.address.mark = strstr(what, "marked") ? OURS : FOREIGN;
	object.address.prefix_len = strstr(what, "elsewhere") ? 16 : 24;
	/* Ours in the same subnet, on the way from number to address. */
	object.address.bytes[2] = 0;
	object.address.bytes[3] = 200;
	assert_int_equal(kern_wants_see(t.wants, 0, &object), -1);
}

static void test_behind_all_of_ours_go_behind_another_address(void **state)
{
	(void)state;
	begin_held(3);
	see_other("secondary");
	assert_pass("^1~ ^2~ ^3~", "behind 1, behind 2, behind 3");
	assert_true(t.there[0].leased);
	assert_pass("", "");
	assert_true(kern_wants_is_ours(t.wants, 0));
}

static void test_behind_is_not_repeated_when_the_kernel_shows_what_became_of_it(void **state)
{
	(void)state;
	begin_held(2);
	see_other("secondary");
	assert_pass("^1~ ^2~", "behind 1, behind 2");
	see_other("first");
	t.there[0].secondary = t.there[1].secondary = true;
	dump();
	assert_pass("", "");
	/* And another one that comes now falls with theirs. */
	see_other("secondary");
	assert_pass("", "");
}

static void test_behind_nothing_moves_for_what_does_not_fall_with_ours(void **state)
{
	(void)state;
	begin_held(2);
	see_other("first");
	see_other("secondary, but gone");
	see_other("secondary, elsewhere");
	see_other("secondary, marked");
	assert_pass("", "");
	kern_wants_interface(t.wants, 0, IFINDEX, true);
	see_other("secondary, which the link promotes");
	assert_pass("", "");
}

static void test_behind_what_is_not_ours_stays_where_it_is(void **state)
{
	(void)state;
	begin(2, LEASE_S);
	kern_wants_interface(t.wants, 0, IFINDEX, false);
	squat(1);
	want(1, true);
	want(2, true);
	assert_pass("+2", "foreign 1, added 2");
	t.there[1].secondary = true;
	dump();
	see_other("secondary");
	assert_pass("", "");
}

/* A virtual address that somebody else put there is one of others, too. */
static void test_behind_a_virtual_address_of_others(void **state)
{
	struct kern_object object;

	(void)state;
	begin(2, LEASE_S);
	kern_wants_interface(t.wants, 0, IFINDEX, false);
	want(1, true);
	assert_pass("+1", "added 1");
	put_there(2, FOREIGN);
	t.there[1].secondary = true;
	object = shown(&t.there[1]);
	see(object);
	/* Where the one that we added stands only a look can tell. */
	assert_pass("^1~", "kept 2, behind 1");
	assert_int_equal(t.looks_n, 1);
	/* The kernel says in our name that it is the first one now: not ours for that. */
	object.address.secondary = false;
	object.by_us = true;
	see(object);
	assert_false(kern_wants_is_ours(t.wants, 1));
}

/* Ours stands between two of others', the first of which goes: nothing tells of the second one. */
static void test_behind_looks_at_the_interface_when_ours_leads_suddenly(void **state)
{
	(void)state;
	begin_held(2);
	t.there[0].secondary = true;
	dump();
	assert_pass("", "");
	put_there(OTHER, FOREIGN);
	t.there[2].bytes[2] = 0;
	t.there[2].secondary = true;
	t.there[0].secondary = false;
	t.looks_n = 0;
	see(shown(&t.there[0]));
	t.hides = true;
	assert_contradicted("", "");
	t.hides = false;
	dump();
	assert_pass("^1~ ^2~", "behind 1, behind 2");
	assert_in_range(t.looks_n, 1, 2);
	assert_pass("", "");
}

static void test_behind_refused_is_tried_again_in_a_second(void **state)
{
	(void)state;
	begin_held(1);
	see_other("secondary");
	t.refuses = ENOMEM;
	assert_pass("^1~", "failed 1 (12)");
	assert_pass("", "");
	t.refuses = 0;
	t.now_ns += SECOND;
	assert_pass("^1~", "behind 1");
}

static void test_behind_is_forgotten_with_a_release(void **state)
{
	(void)state;
	begin_held(1);
	see_other("secondary");
	want(1, false);
	assert_pass("-1~", "removed 1");
	want(1, true);
	assert_pass("+1", "added 1");
	assert_pass("", "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_behind_all_of_ours_go_behind_another_address),
		cmocka_unit_test(
			test_behind_is_not_repeated_when_the_kernel_shows_what_became_of_it),
		cmocka_unit_test(test_behind_nothing_moves_for_what_does_not_fall_with_ours),
		cmocka_unit_test(test_behind_what_is_not_ours_stays_where_it_is),
		cmocka_unit_test(test_behind_a_virtual_address_of_others),
		cmocka_unit_test(test_behind_looks_at_the_interface_when_ours_leads_suddenly),
		cmocka_unit_test(test_behind_refused_is_tried_again_in_a_second),
		cmocka_unit_test(test_behind_is_forgotten_with_a_release),
	};

	return cmocka_run_group_tests_name("kern_behind", tests, NULL, end);
}
