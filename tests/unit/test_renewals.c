/* SPDX-License-Identifier: MIT */
/*
 * Signs of life on the kernel that runs, in a network namespace of the test's own. Time is the
 * test's: each look at the clock takes ten seconds, and does what is due then.
 */
#include "namespace.h"

#include <errno.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "agent/clocks.h"
#include "agent/keeper/renewals.h"
#include "netlink/change.h"

static struct kern_changer *changer;
static struct kern_change lease = {
	.add = true,
	.lifetime_s = 1000,
	.address = { .family = 4, .prefix_len = 24, .bytes = { 192, 0, 2, 1 } },
};
static int receiver = -1;
static unsigned looks_n;
static void (*at_third_look)(void);

struct clocks __wrap_clocks_now(void);

struct clocks __wrap_clocks_now(void)
{
	looks_n++;
	if (looks_n == 3 && at_third_look)
		at_third_look();
	return (struct clocks){ .mono_ns = looks_n * INT64_C(10000000000) };
}

static int enter(void **state)
{
	(void)state;
	if (!enter_namespace())
		return 0; /* each test skips */
	run("ip link add v0 type veth peer name v1 && ip link set v0 up");
	lease.address.ifindex = (int)if_nametoindex("v0");
	assert_int_equal(kern_changer_open(&changer), 0);
	return 0;
}

static int leave(void **state)
{
	(void)state;
	kern_changer_close(changer);
	return 0;
}

static void apply(struct kern_change change)
{
	assert_int_equal(kern_changer_apply(changer, &change, 1), 0);
	assert_int_equal(change.result, 0);
}

static void renew(void)
{
	struct kern_change change = lease;

	change.renew = true;
	apply(change);
}

static void remove_address(void)
{
	struct kern_change change = lease;

	change.add = false;
	apply(change);
}

static void close_receiver(void)
{
	close(receiver);
	receiver = -1;
}

static struct renewals *open_renewals(void)
{
	struct renewals *renewals;

	assert_int_equal(renewals_open(&renewals), 0);
	return renewals;
}

/* A leased address, and somebody who receives VRRP. */
static int set_up(void **state)
{
	(void)state;
	looks_n = 0;
	at_third_look = NULL;
	if (!changer)
		return 0;
	receiver = socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, 112);
	assert_true(receiver >= 0);
	apply(lease);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	if (receiver >= 0)
		close_receiver();
	return changer ? system("ip address flush dev v0") : 0;
}

static void test_renewals_one_is_seen(void **state)
{
	(void)state;
	if (!changer)
		skip();
	at_third_look = renew;
	assert_int_equal(renewals_seen(open_renewals()), 1);
	assert_int_equal(looks_n, 3);
}

static void test_renewals_end_with_the_last_address(void **state)
{
	(void)state;
	if (!changer)
		skip();
	at_third_look = remove_address;
	assert_int_equal(renewals_seen(open_renewals()), 0);
	assert_int_equal(looks_n, 3);
}

static void test_renewals_end_with_the_last_receiver(void **state)
{
	(void)state;
	if (!changer)
		skip();
	at_third_look = close_receiver;
	assert_int_equal(renewals_seen(open_renewals()), 0);
	assert_int_equal(looks_n, 3);
}

static void test_renewals_that_nobody_makes_are_not_waited_for_without_end(void **state)
{
	(void)state;
	if (!changer)
		skip();
	assert_int_equal(renewals_seen(open_renewals()), -ETIMEDOUT);
	assert_int_equal(looks_n, 1 + RENEWALS_WAIT_NS / INT64_C(10000000000));
}

static void test_renewals_need_a_receiver(void **state)
{
	(void)state;
	if (!changer)
		skip();
	close_receiver();
	assert_null(open_renewals());
}

static void test_renewals_need_a_lease(void **state)
{
	(void)state;
	if (!changer)
		skip();
	remove_address();
	assert_null(open_renewals());
	run("ip address add 192.0.2.9/24 dev v0 valid_lft 99 preferred_lft 99");
	assert_null(open_renewals()); /* without the mark */
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_renewals_one_is_seen),
		TEST(test_renewals_end_with_the_last_address),
		TEST(test_renewals_end_with_the_last_receiver),
		TEST(test_renewals_that_nobody_makes_are_not_waited_for_without_end),
		TEST(test_renewals_need_a_receiver),
		TEST(test_renewals_need_a_lease),
	};

	return cmocka_run_group_tests(tests, enter, leave);
}
