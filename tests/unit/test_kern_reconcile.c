/* SPDX-License-Identifier: MIT */
/* What is wanted against what is there: takeovers, batches, thefts, addresses of others, leases. */
#include "test_wants.h"

/* ---- takeover and release ---- */

static void test_reconcile_nothing_wanted_changes_nothing(void **state)
{
	(void)state;
	begin(3, LEASE_S);
	assert_pass("", "");
	assert_int_equal(kern_wants_deadline(t.wants), KERN_NEVER);
	assert_false(kern_wants_has(t.wants, 0));
	assert_int_equal(kern_wants_get(t.wants, 2)->owner, 102);
	assert_int_equal(kern_wants_get(t.wants, 2)->address.ifindex, IFINDEX);
}

/* The first one of a subnet is its primary: the last to go. */
static void test_reconcile_claims_in_order_and_releases_the_last_first(void **state)
{
	(void)state;
	begin(3, LEASE_S);
	for (unsigned n = 1; n <= 3; n++)
		want(n, true);
	assert_pass("+1 +2 +3", "added 1, added 2, added 3");
	assert_true(kern_wants_has(t.wants, 1));
	assert_true(t.there[1].leased);
	assert_pass("", "");
	for (unsigned n = 1; n <= 3; n++)
		want(n, false);
	assert_pass("-3 -2 -1", "removed 3, removed 2, removed 1");
	assert_int_equal(t.there_n, 0);
	assert_false(kern_wants_has(t.wants, 1));
}

static void test_reconcile_releases_before_it_claims(void **state)
{
	(void)state;
	begin(4, 0);
	want(1, true);
	want(2, true);
	assert_pass("+1 +2", "added 1, added 2");
	want(3, true);
	want(1, false);
	want(4, true);
	want(2, false);
	assert_pass("-2 -1 +3 +4", "removed 2, removed 1, added 3, added 4");
}

static void test_reconcile_changed_mind_before_the_pass_is_no_change(void **state)
{
	(void)state;
	begin(1, LEASE_S);
	want(1, true);
	want(1, false);
	assert_pass("", "");
}

/* What one removal shall not take along, the link spares by itself or is told to. */
static void test_reconcile_removal_spares_others_where_the_link_does_not(void **state)
{
	(void)state;
	begin(2, LEASE_S);
	kern_wants_interface(t.wants, 0, IFINDEX, false);
	want(1, true);
	want(2, true);
	assert_pass("+1 +2", "added 1, added 2");
	want(2, false);
	assert_pass("-2~", "removed 2");
	/* The setting may change without the index. */
	kern_wants_interface(t.wants, 0, IFINDEX, true);
	want(1, false);
	assert_pass("-1", "removed 1");
	kern_wants_interface(t.wants, 0, IFINDEX, false);
	want(1, true);
	assert_pass("+1", "added 1");
	t.changes[0] = 0;
	kern_wants_interface(t.wants, 0, IFINDEX + 1, false);
	assert_string_equal(t.changes, " | -1~");
}

/* No event tells when somebody sets promote_secondaries: it stays what he made it. */
static void test_reconcile_asks_whether_the_link_promotes_before_a_removal(void **state)
{
	(void)state;
	begin(2, LEASE_S);
	kern_wants_interface(t.wants, 0, IFINDEX, false);
	t.shows_link = t.promotes = true;
	for (unsigned n = 1; n <= 2; n++)
		want(n, true);
	assert_pass("+1 +2", "added 1, added 2");
	assert_int_equal(t.asked_n, 0);
	for (unsigned n = 1; n <= 2; n++)
		want(n, false);
	assert_pass("-2 -1", "removed 2, removed 1");
	assert_int_equal(t.asked_n, 1);
	t.promotes = false;
	want(1, true);
	assert_pass("+1", "added 1");
	want(1, false);
	assert_pass("-1~", "removed 1");
}

static void test_reconcile_without_an_index_waits_for_one(void **state)
{
	(void)state;
	begin(1, LEASE_S);
	kern_wants_interface(t.wants, 0, 0, true);
	want(1, true);
	assert_pass("", "");
	kern_wants_interface(t.wants, 0, IFINDEX, true);
	assert_pass("+1", "added 1");
}

/* ---- batches ---- */

static void test_reconcile_batches_hold_128_and_a_pass_1024(void **state)
{
	static struct kern_news news[KERN_NEWS_MAX];
	unsigned calls_n = 0;
	int n;

	(void)state;
	begin(1500, LEASE_S);
	for (unsigned i = 1; i <= 1500; i++)
		want(i, true);
	while ((n = kern_reconcile(t.wants, t.now_ns, news)) > 0) {
		/* News come batch by batch, so that the caller can act upon them. */
		assert_int_equal(n, KERN_BATCH_MAX);
		assert_int_equal(t.changes_n, ++calls_n * KERN_BATCH_MAX);
		assert_int_equal(news[0].want, (calls_n - 1) * KERN_BATCH_MAX);
	}
	assert_int_equal(n, 0);
	assert_int_equal(calls_n, KERN_CHANGES_MAX / KERN_BATCH_MAX);
	assert_int_equal(t.there_n, KERN_CHANGES_MAX);
	assert_int_equal(kern_wants_deadline(t.wants), t.now_ns); /* the rest is due at once */
	assert_true(kern_reconcile_is_cut(t.wants));
	assert_int_equal(run(), 0);
	assert_int_equal(t.there_n, 1500);
	assert_int_equal(t.batches_n, 4);
	assert_int_equal(t.batch_max, KERN_BATCH_MAX);
	assert_int_equal(kern_wants_deadline(t.wants), KERN_NEVER);
}

/* Renewals have no news: none of them may be taken for the end of the pass. */
static void test_reconcile_batches_without_news_are_all_carried_out(void **state)
{
	(void)state;
	begin(400, LEASE_S);
	for (unsigned i = 1; i <= 400; i++)
		want(i, true);
	assert_int_equal(run(), 0);
	for (unsigned i = 0; i < 400; i++)
		renew(i);
	assert_int_equal(run(), 0);
	assert_int_equal(t.changes_n, 400);
	assert_string_equal(t.news, "");
}

/* Facts without a change count as well: two per want at most, and none is lost. */
static void test_reconcile_more_facts_than_one_call_holds(void **state)
{
	static struct kern_news news[KERN_NEWS_MAX];
	unsigned facts_n = 0;
	int n;

	(void)state;
	begin(1000, LEASE_S);
	for (unsigned i = 1; i <= 1000; i++) {
		struct kern_address other = address(i);
		struct kern_object object;

		squat(i);
		other.prefix_len = 32;
		object = shown(&other);
		see(object);
		want(i, true);
	}
	while ((n = kern_reconcile(t.wants, t.now_ns, news)) > 0)
		facts_n += (unsigned)n;
	assert_int_equal(n, 0);
	assert_int_equal(facts_n, 2 * 1000); /* double and foreign */
	assert_int_equal(t.changes_n, 0);
}

static void test_reconcile_what_is_wanted_between_two_batches_is_for_the_next_pass(void **state)
{
	static struct kern_news news[KERN_NEWS_MAX];

	(void)state;
	begin(300, LEASE_S);
	assert_int_equal(run(), 0);
	for (unsigned i = 1; i <= 299; i++)
		want(i, true);
	assert_int_equal(kern_reconcile(t.wants, t.now_ns, news), 128);
	want(1, false);   /* is there */
	want(200, false); /* comes in the next batch */
	want(300, true);
	assert_int_equal(kern_reconcile(t.wants, t.now_ns, news), 128);
	assert_int_equal(kern_reconcile(t.wants, t.now_ns, news), 299 - 256 - 1);
	assert_int_equal(kern_reconcile(t.wants, t.now_ns, news), 0);
	assert_int_equal(t.there_n, 298);
	assert_pass("-1 +300", "removed 1, added 300");
}

/* ---- theft ---- */

static void test_reconcile_stolen_is_restored(void **state)
{
	(void)state;
	begin(2, LEASE_S);
	want(1, true);
	want(2, true);
	assert_int_equal(run(), 0);
	steal(2);
	assert_false(kern_wants_has(t.wants, 1));
	assert_pass("+2", "restored 2");
	assert_true(kern_wants_has(t.wants, 1));
}

/* Our own removal of a primary may take its secondaries along: that is no theft. */
static void test_reconcile_taken_along_by_our_own_removal_is_no_theft(void **state)
{
	struct kern_address a = address(2);
	struct kern_object object = shown(&a);

	(void)state;
	begin(2, LEASE_S);
	want(1, true);
	want(2, true);
	assert_int_equal(run(), 0);
	take_away(2);
	object.gone = object.by_us = true;
	see(object);
	assert_pass("+2", "added 2");
}

static void test_reconcile_given_back_before_the_pass_is_no_theft(void **state)
{
	struct kern_address a = address(1);
	struct kern_object object = shown(&a);

	(void)state;
	begin(1, LEASE_S);
	want(1, true);
	assert_int_equal(run(), 0);
	steal(1);
	put_there(1, OURS);
	t.there[0].leased = true;
	see(shown(&t.there[0]));
	assert_pass("", "");
	take_away(1);
	object.gone = object.by_us = true;
	see(object);
	assert_pass("+1", "added 1");
}

/* ---- not ours ---- */

static void test_reconcile_foreign_is_used_and_never_removed(void **state)
{
	(void)state;
	begin(1, LEASE_S);
	squat(1);
	want(1, true);
	assert_pass("", "foreign 1");
	assert_pass("", "");
	renew(0);
	assert_pass("", "");
	want(1, false);
	assert_pass("", "kept 1");
	assert_pass("", "");
	want(1, true);
	assert_pass("", "foreign 1");
	assert_int_equal(t.there_n, 1);
}

static void test_reconcile_not_wanted_and_not_ours_is_told_once(void **state)
{
	(void)state;
	begin(1, LEASE_S);
	squat(1);
	assert_pass("", "kept 1");
	see(shown(&t.there[0]));
	assert_pass("", "");
	steal(1);
	assert_pass("", "");
	squat(1);
	assert_pass("", "kept 1");
}

static void test_reconcile_marked_and_not_wanted_is_removed(void **state)
{
	(void)state;
	begin(1, LEASE_S);
	put_there(1, OURS);
	dump();
	assert_pass("-1", "removed 1");
}

/* Its own addition's echo is all that a process may ever see of marks. */
static void test_reconcile_replaced_by_somebody_is_his_once_marks_are_known(void **state)
{
	(void)state;
	begin(1, LEASE_S);
	want(1, true);
	assert_pass("+1", "added 1");
	take_away(1); /* unheard of */
	squat(1);
	assert_pass("", "foreign 1");
	want(1, false);
	assert_pass("", "kept 1");
}

static void test_reconcile_without_marks_what_was_ours_stays_ours(void **state)
{
	(void)state;
	begin(1, LEASE_S);
	t.has_marks = false;
	want(1, true);
	assert_pass("+1", "added 1");
	dump(); /* shows it unmarked */
	assert_pass("", "");
	want(1, false);
	assert_pass("-1", "removed 1");
}

static void test_reconcile_double_is_told_once_until_it_goes(void **state)
{
	struct kern_address other = address(1);
	struct kern_object object;

	(void)state;
	begin(1, LEASE_S);
	want(1, true);
	assert_pass("+1", "added 1");
	other.prefix_len = 32;
	object = shown(&other);
	see(object);
	assert_pass("", "double 1");
	want(1, false);
	assert_pass("-1", "removed 1");
	want(1, true);
	assert_pass("+1", "added 1");
	object.gone = true;
	see(object);
	assert_pass("", "");
	object.gone = false;
	see(object);
	assert_pass("", "double 1");
}

/* ip address replace: one event, and nothing is gone. */
static void test_reconcile_made_his_by_somebody_is_foreign(void **state)
{
	(void)state;
	begin(1, LEASE_S);
	want(1, true);
	assert_int_equal(run(), 0);
	t.there[0].mark = FOREIGN;
	see(shown(&t.there[0]));
	assert_pass("", "foreign 1");
}

static void test_reconcile_our_own_echo_is_ours_even_without_a_mark(void **state)
{
	struct kern_object object;

	(void)state;
	begin(1, LEASE_S);
	put_there(1, FOREIGN);
	object = shown(&t.there[0]);
	object.by_us = true;
	see(object);
	assert_pass("-1", "removed 1");
}

/* One of another configuration of ours goes by itself. */
static void test_reconcile_marked_double_is_none(void **state)
{
	struct kern_address other = address(1);

	(void)state;
	begin(1, LEASE_S);
	other.prefix_len = 32;
	other.mark = OURS;
	see(shown(&other));
	want(1, true);
	assert_pass("+1", "added 1");
}

/* ---- the host's own ---- */

static void test_reconcile_hosts_own_address_is_never_added(void **state)
{
	(void)state;
	begin_with((struct kern_want){ .is_hosts = true, .lease_s = LEASE_S }, 2);
	squat(1);
	want(1, true);
	want(2, true); /* never seen there: as if it were any other */
	assert_pass("+2", "foreign 1, added 2");
	steal(1);
	assert_true(kern_wants_lacks(t.wants, 0));
	assert_pass("", "lacking 1");
	assert_pass("", "");
	squat(1);
	assert_false(kern_wants_lacks(t.wants, 0));
	assert_pass("", "foreign 1");
	steal(2);
	assert_pass("+2", "restored 2");
}

static void test_reconcile_hosts_own_address_is_lent_by_a_predecessor(void **state)
{
	(void)state;
	begin_with((struct kern_want){ .is_hosts = true, .lease_s = LEASE_S }, 1);
	kern_wants_lend(t.wants, 0);
	assert_true(kern_wants_lacks(t.wants, 0));
	want(1, true);
	assert_pass("", "lacking 1");
}

/* It came back while nobody listened. */
static void test_reconcile_hosts_own_address_that_is_there_stays_its_own_when_lent(void **state)
{
	(void)state;
	begin_with((struct kern_want){ .is_hosts = true, .lease_s = LEASE_S }, 1);
	squat(1);
	kern_wants_lend(t.wants, 0);
	want(1, true);
	assert_pass("", "foreign 1");
	steal(1);
	assert_pass("", "lacking 1");
}

/* The kernel looks for another host that has it, and finds one. */
static void test_reconcile_hosts_own_address_that_cannot_be_used_is_not_there(void **state)
{
	struct kern_object own = shown(&(struct kern_address){ .family = 4 });

	(void)state;
	begin_with((struct kern_want){ .is_hosts = true, .lease_s = LEASE_S }, 1);
	own.address = address(1);
	own.address.tentative = true;
	see(own);
	assert_true(kern_wants_lacks(t.wants, 0));
	want(1, true);
	assert_pass("", "lacking 1");
	own.address.tentative = false;
	see(own);
	assert_false(kern_wants_lacks(t.wants, 0));
	assert_pass("", "foreign 1");
	own.address.failed = true;
	see(own);
	assert_true(kern_wants_lacks(t.wants, 0) && !kern_wants_has(t.wants, 0));
	assert_pass("", "lacking 1");
	/* vipd's own are there at once. */
	begin(1, LEASE_S);
	own.address.mark = OURS;
	see(own);
	assert_true(kern_wants_has(t.wants, 0));
}

/* ---- leases ---- */

static void test_reconcile_ended_lease_comes_back_when_it_is_renewed(void **state)
{
	(void)state;
	begin(1, LEASE_S);
	want(1, true);
	assert_int_equal(run(), 0);
	expire(1);
	assert_pass("", "ended 1");
	assert_pass("", "");
	renew(0);
	assert_pass("+1", "expired 1");
	/* That was no theft: nothing is counted. */
	for (unsigned i = 0; i < 3 * KERN_RESTORE_MAX; i++) {
		expire(1);
		renew(0);
		assert_pass("+1", "expired 1");
	}
}

/* What an old tool removes (ioctl) looks like the end of a lease, but for the time. */
static void test_reconcile_lease_cannot_end_before_its_time(void **state)
{
	(void)state;
	begin(1, LEASE_S);
	want(1, true);
	assert_int_equal(run(), 0);
	t.now_ns += LEASE_S * SECOND / 2;
	renew(0);
	assert_pass("=1", "");
	t.now_ns += LEASE_S * SECOND - SECOND / 2;
	vanish(1);
	assert_pass("+1", "restored 1");
	/* The kernel is a little early. */
	t.now_ns += LEASE_S * SECOND - SECOND / 50;
	vanish(1);
	assert_pass("", "ended 1");
}

/* The kernel has one lock for what all hosts of a machine change. */
static void test_reconcile_lease_may_end_while_its_renewal_waits_in_the_kernel(void **state)
{
	int64_t began_ns;

	(void)state;
	begin(1, LEASE_S);
	want(1, true);
	assert_int_equal(run(), 0);
	t.now_ns += LEASE_S * SECOND - SECOND / 2;
	renew(0);
	assert_pass("=1", "");
	began_ns = t.now_ns;
	t.now_ns += SECOND * 6 / 10;
	kern_reconcile_end(t.wants, began_ns, t.now_ns);
	vanish(1);
	assert_pass("+1", "expired 1");
	kern_reconcile_end(t.wants, t.now_ns, t.now_ns);
	/* But not when it had not to wait, or the end of the lease before was then still to come.
	 */
	t.now_ns += LEASE_S * SECOND - SECOND / 2;
	renew(0);
	assert_pass("=1", "");
	kern_reconcile_end(t.wants, t.now_ns, t.now_ns + SECOND / 10);
	t.now_ns += SECOND * 6 / 10;
	vanish(1);
	assert_pass("+1", "restored 1");
}

/* Nobody knows when the lease of an adopted one began. */
static void test_reconcile_adopted_lease_may_end_at_any_time(void **state)
{
	(void)state;
	begin(1, LEASE_S);
	put_there(1, OURS);
	t.there[0].leased = true;
	dump();
	want(1, true);
	assert_pass("", "");
	vanish(1);
	assert_pass("", "ended 1");
}

static void test_reconcile_renewal_is_one_change_without_news(void **state)
{
	(void)state;
	begin(2, LEASE_S);
	want(1, true);
	assert_int_equal(run(), 0);
	renew(0);
	renew(1); /* not there, and nobody took it */
	assert_pass("=1", "");
	assert_pass("", "");
}

/* The first advert of one that preempts comes behind its addresses, and is evidence for them. */
static void test_reconcile_lease_of_this_turn_is_not_renewed(void **state)
{
	(void)state;
	begin(2, LEASE_S);
	want(1, true);
	assert_int_equal(run(), 0);
	want(2, true);
	t.now_ns++;
	assert_int_equal(run(), 0);
	kern_wants_renew(t.wants, 0, t.now_ns);
	kern_wants_renew(t.wants, 1, t.now_ns);
	assert_true(kern_wants_is_due(t.wants, 0));
	assert_false(kern_wants_is_due(t.wants, 1));
	assert_pass("=1", "");
}

static void test_reconcile_refused_renewal_waits_for_a_second(void **state)
{
	(void)state;
	begin(1, LEASE_S);
	want(1, true);
	assert_int_equal(run(), 0);
	t.refuses = EPERM;
	renew(0);
	assert_pass("=1", "failed 1 (1)");
	assert_pass("", "");
	t.now_ns += SECOND;
	t.refuses = 0;
	assert_pass("=1", "");
}

static void test_reconcile_refused_renewal_is_forgone(void **state)
{
	(void)state;
	begin(1, LEASE_S);
	want(1, true);
	assert_int_equal(run(), 0);
	renew(0);
	t.refuses = EPERM;
	assert_pass("=1", "failed 1 (1)");
	assert_true(kern_wants_is_due(t.wants, 0));
	t.refuses = 0;
	t.now_ns += SECOND;
	kern_wants_forgo(t.wants, 0);
	assert_false(kern_wants_is_due(t.wants, 0));
	assert_pass("", "");
	/* It has to be renewed as ever. */
	renew(0);
	assert_pass("=1", "");
}

/* A lease that is not ours says nothing about our adverts. */
static void test_reconcile_foreign_lifetime_that_ends_is_a_loss(void **state)
{
	(void)state;
	begin(1, LEASE_S);
	put_there(1, FOREIGN);
	t.there[0].leased = true;
	see(shown(&t.there[0]));
	want(1, true);
	assert_pass("", "foreign 1");
	expire(1);
	assert_pass("+1", "restored 1");
}

static void test_reconcile_without_a_lease_the_kernel_ends_none(void **state)
{
	(void)state;
	begin(1, 0);
	want(1, true);
	assert_int_equal(run(), 0);
	expire(1); /* the kernel's own reasons */
	assert_pass("+1", "restored 1");
}

static void test_reconcile_lease_that_somebody_took_off_is_put_back(void **state)
{
	struct kern_address other = address(1);

	(void)state;
	begin(1, LEASE_S);
	want(1, true);
	assert_int_equal(run(), 0);
	t.there[0].leased = false;
	see(shown(&t.there[0]));
	assert_pass("=1", "");
	assert_true(t.there[0].leased);
	/* And not again, whatever makes us look. */
	other.prefix_len = 32;
	see(shown(&other));
	assert_pass("", "double 1");
}

static void test_reconcile_renewal_is_due_once(void **state)
{
	struct kern_address other = address(1);

	(void)state;
	begin(1, LEASE_S);
	want(1, true);
	assert_int_equal(run(), 0);
	renew(0);
	assert_pass("=1", "");
	other.prefix_len = 32;
	see(shown(&other));
	assert_pass("", "double 1");
}

/* An adopted address whose lease the new configuration does not want, and the reverse. */
static void test_reconcile_lease_follows_the_configuration(void **state)
{
	(void)state;
	begin(1, 0);
	put_there(1, OURS);
	t.there[0].leased = true;
	want(1, true);
	dump();
	assert_pass("=1", "");
	assert_false(t.there[0].leased);
	begin(1, LEASE_S);
	put_there(1, OURS);
	want(1, true);
	dump();
	assert_pass("=1", "");
	assert_true(t.there[0].leased);
	dump();
	assert_pass("", "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_reconcile_nothing_wanted_changes_nothing),
		cmocka_unit_test(test_reconcile_claims_in_order_and_releases_the_last_first),
		cmocka_unit_test(test_reconcile_releases_before_it_claims),
		cmocka_unit_test(test_reconcile_changed_mind_before_the_pass_is_no_change),
		cmocka_unit_test(test_reconcile_removal_spares_others_where_the_link_does_not),
		cmocka_unit_test(test_reconcile_asks_whether_the_link_promotes_before_a_removal),
		cmocka_unit_test(test_reconcile_without_an_index_waits_for_one),
		cmocka_unit_test(test_reconcile_batches_hold_128_and_a_pass_1024),
		cmocka_unit_test(test_reconcile_batches_without_news_are_all_carried_out),
		cmocka_unit_test(test_reconcile_more_facts_than_one_call_holds),
		cmocka_unit_test(
			test_reconcile_what_is_wanted_between_two_batches_is_for_the_next_pass),
		cmocka_unit_test(test_reconcile_stolen_is_restored),
		cmocka_unit_test(test_reconcile_taken_along_by_our_own_removal_is_no_theft),
		cmocka_unit_test(test_reconcile_given_back_before_the_pass_is_no_theft),
		cmocka_unit_test(test_reconcile_foreign_is_used_and_never_removed),
		cmocka_unit_test(test_reconcile_not_wanted_and_not_ours_is_told_once),
		cmocka_unit_test(test_reconcile_marked_and_not_wanted_is_removed),
		cmocka_unit_test(test_reconcile_replaced_by_somebody_is_his_once_marks_are_known),
		cmocka_unit_test(test_reconcile_without_marks_what_was_ours_stays_ours),
		cmocka_unit_test(test_reconcile_double_is_told_once_until_it_goes),
		cmocka_unit_test(test_reconcile_made_his_by_somebody_is_foreign),
		cmocka_unit_test(test_reconcile_our_own_echo_is_ours_even_without_a_mark),
		cmocka_unit_test(test_reconcile_marked_double_is_none),
		cmocka_unit_test(test_reconcile_ended_lease_comes_back_when_it_is_renewed),
		cmocka_unit_test(test_reconcile_lease_cannot_end_before_its_time),
		cmocka_unit_test(
			test_reconcile_lease_may_end_while_its_renewal_waits_in_the_kernel),
		cmocka_unit_test(test_reconcile_adopted_lease_may_end_at_any_time),
		cmocka_unit_test(test_reconcile_renewal_is_one_change_without_news),
		cmocka_unit_test(test_reconcile_lease_of_this_turn_is_not_renewed),
		cmocka_unit_test(test_reconcile_refused_renewal_waits_for_a_second),
		cmocka_unit_test(test_reconcile_refused_renewal_is_forgone),
		cmocka_unit_test(test_reconcile_foreign_lifetime_that_ends_is_a_loss),
		cmocka_unit_test(test_reconcile_hosts_own_address_is_never_added),
		cmocka_unit_test(test_reconcile_hosts_own_address_is_lent_by_a_predecessor),
		cmocka_unit_test(
			test_reconcile_hosts_own_address_that_is_there_stays_its_own_when_lent),
		cmocka_unit_test(test_reconcile_hosts_own_address_that_cannot_be_used_is_not_there),
		cmocka_unit_test(test_reconcile_without_a_lease_the_kernel_ends_none),
		cmocka_unit_test(test_reconcile_lease_that_somebody_took_off_is_put_back),
		cmocka_unit_test(test_reconcile_renewal_is_due_once),
		cmocka_unit_test(test_reconcile_lease_follows_the_configuration),
	};

	return cmocka_run_group_tests_name("kern_reconcile", tests, NULL, end);
}
