/* SPDX-License-Identifier: MIT */
/*
 * Filters as wants, on the kernel that runs: they come before the address that needs them, and go
 * behind it.
 */
#include "filters.h"

#include <errno.h>
#include <sys/syscall.h>
#include <linux/capability.h>

#include "netlink/owned_table.h"

static unsigned news[KERN_WANT_COUNT];

static void settle(struct kern_wants *wants, int64_t now_ns)
{
	struct kern_news told[KERN_NEWS_MAX];
	int n;

	memset(news, 0, sizeof(news));
	while ((n = kern_reconcile(wants, now_ns, told)) > 0)
		for (int i = 0; i < n; i++)
			news[told[i].what]++;
	assert_int_equal(n, 0);
}

static bool is_held(void)
{
	return is_so("ip addr show dev v0 | grep -q 192.0.2.100/24");
}

/* An address that must not be there without its filter: want 0 needs want 1. */
static struct kern_wants *make_wants(void)
{
	struct kern_want address = {
		.kind = KERN_KIND_ADDRESS,
		.address = { .family = 4, .prefix_len = 24, .bytes = { 192, 0, 2, 100 } }
	};
	struct kern_want filter = { .kind = KERN_KIND_FILTER,
				    .entry = change_of(true, "192.0.2.100").entry };
	struct kern_wants *wants;

	assert_int_equal(kern_wants_new(2, 1, changer, dumper, &wants), 0);
	(void)kern_wants_add(wants, &address);
	(void)kern_wants_add(wants, &filter);
	kern_wants_need(wants, 0, 1);
	kern_wants_interface(wants, 0, ifindex_here, false);
	for (unsigned i = 0; i < 2; i++)
		kern_wants_want(wants, i, true);
	return wants;
}

static void test_filter_as_a_want_comes_before_what_needs_it(void **state)
{
	struct kern_wants *wants;

	(void)state;
	start();
	wants = make_wants();
	settle(wants, SECOND);
	assert_int_equal(news[KERN_WANT_ADDED], 2);
	assert_true(is_held());
	assert_int_equal(dump_of(ifindex_here).n, 1);
	for (unsigned i = 0; i < 2; i++)
		kern_wants_want(wants, i, false);
	settle(wants, 2 * SECOND);
	assert_int_equal(news[KERN_WANT_REMOVED], 2);
	assert_false(is_held());
	assert_int_equal(dump_of(0).n, 0);
	/* The interface has another index: of the old one nothing is left. */
	kern_wants_want(wants, 1, true);
	settle(wants, 3 * SECOND);
	kern_wants_interface(wants, 0, ifindex_here + 100, false);
	assert_int_equal(dump_of(0).n, 0);
	settle(wants, 4 * SECOND);
	assert_int_equal(dump_of(ifindex_here + 100).n, 1);
	kern_wants_free(wants);
}

/* The right to change anything. */
static void set_right(bool on)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2];

	assert_int_equal(syscall(SYS_capget, &header, data), 0);
	if (on)
		data[0].effective |= 1u << CAP_NET_ADMIN;
	else
		data[0].effective &= ~(1u << CAP_NET_ADMIN);
	assert_int_equal(syscall(SYS_capset, &header, data), 0);
}

static void test_filter_stays_until_what_needs_it_is_gone(void **state)
{
	struct kern_wants *wants;

	(void)state;
	start();
	wants = make_wants();
	settle(wants, SECOND);
	assert_true(is_held());
	for (unsigned i = 0; i < 2; i++)
		kern_wants_want(wants, i, false);
	set_right(false);
	settle(wants, 2 * SECOND);
	set_right(true);
	assert_int_equal(news[KERN_WANT_FAILED], 1);
	assert_true(is_held());
	assert_int_equal(dump_of(0).n, 1);
	settle(wants, 3 * SECOND);
	assert_int_equal(news[KERN_WANT_REMOVED], 2);
	assert_false(is_held());
	assert_int_equal(dump_of(0).n, 0);
	kern_wants_free(wants);
}

static void test_filter_that_is_refused_keeps_the_address_away(void **state)
{
	struct kern_wants *wants;
	uint32_t owner;
	int fd;

	(void)state;
	start();
	assert_int_equal(kern_owned_table_create(KERN_FILTER_TABLE, &fd, &owner), 0);
	wants = make_wants();
	settle(wants, SECOND);
	assert_int_equal(news[KERN_WANT_FAILED], 1);
	assert_int_equal(news[KERN_WANT_ADDED], 0);
	assert_false(is_held());
	assert_int_equal(kern_wants_unheld_ns(wants, 0), SECOND);
	assert_int_equal(kern_wants_deadline(wants), 2 * SECOND);
	settle(wants, 2 * SECOND);
	assert_false(is_held());
	assert_int_equal(kern_wants_unheld_ns(wants, 0), SECOND);
	close(fd);
	settle(wants, 3 * SECOND);
	assert_int_equal(news[KERN_WANT_ADDED], 2);
	assert_true(is_held());
	kern_wants_want(wants, 0, false);
	settle(wants, 4 * SECOND);
	kern_wants_free(wants);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_filter_as_a_want_comes_before_what_needs_it),
		cmocka_unit_test(test_filter_stays_until_what_needs_it_is_gone),
		cmocka_unit_test(test_filter_that_is_refused_keeps_the_address_away),
	};

	return cmocka_run_group_tests(tests, open_all, close_all);
}
