/* SPDX-License-Identifier: MIT */
/*
 * Messages that somebody else prepared, on the kernel that runs, in a network namespace of the
 * test's own: about objects of kinds that netlink/ knows and of kinds that it does not know.
 */
#include "namespace.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/rtnetlink.h>
#include <net/if.h>

#include "netlink/change.h"
#include "netlink/prepared.h"

static struct kern_prepared *prepared;
static uint32_t ifindex;

static int enter(void **state)
{
	(void)state;
	if (!enter_namespace())
		return 0; /* each test skips */
	run("ip link set lo up");
	make_v0_and_v1();
	ifindex = if_nametoindex("v0");
	assert_int_equal(kern_prepared_open(&prepared), 0);
	return 0;
}

static int leave(void **state)
{
	(void)state;
	kern_prepared_close(prepared);
	return 0;
}

static void clean(void)
{
	if (!prepared)
		skip();
	run("ip -4 addr flush dev v0 && ip -4 addr flush dev v1");
}

/* ---- what a router process prepares ---- */

#define MESSAGES_SIZE 32768

struct messages {
	_Alignas(8) uint8_t bytes[MESSAGES_SIZE];
	size_t len;
};

static void add_address(struct messages *messages, bool add, unsigned n)
{
	struct kern_change change = { .add = add,
				      .address = {
					      .ifindex = (int)ifindex,
					      .family = 4,
					      .prefix_len = 24,
					      .bytes = { 10, 0, (uint8_t)(n >> 8), (uint8_t)n } } };

	messages->len += kern_address_ops.put(messages->bytes + messages->len, &change, 0);
}

/* Of 198.51.100.0/24, with vipd's mark. */
static void add_route_removal(struct messages *messages)
{
	static const uint8_t net[4] = { 198, 51, 100, 0 };
	struct nlmsghdr *message = mnl_nlmsg_put_header(messages->bytes + messages->len);
	struct rtmsg *header;

	message->nlmsg_type = RTM_DELROUTE;
	message->nlmsg_flags = NLM_F_REQUEST;
	header = mnl_nlmsg_put_extra_header(message, sizeof(*header));
	header->rtm_family = AF_INET;
	header->rtm_dst_len = 24;
	header->rtm_table = RT_TABLE_MAIN;
	header->rtm_protocol = 112;
	header->rtm_scope = RT_SCOPE_NOWHERE;
	mnl_attr_put(message, RTA_DST, sizeof(net), net);
	messages->len += message->nlmsg_len;
}

static struct nlmsghdr *add_nf(struct messages *messages, unsigned type, unsigned family,
			       unsigned subsystem)
{
	struct nlmsghdr *message = mnl_nlmsg_put_header(messages->bytes + messages->len);
	struct nfgenmsg *header;

	message->nlmsg_type = (uint16_t)type;
	message->nlmsg_flags = NLM_F_REQUEST;
	header = mnl_nlmsg_put_extra_header(message, sizeof(*header));
	header->nfgen_family = (uint8_t)family;
	header->res_id = htons((uint16_t)subsystem);
	return message;
}

static void add_table_removal(struct messages *messages, const char *name)
{
	struct nlmsghdr *message;

	message = add_nf(messages, NFNL_MSG_BATCH_BEGIN, AF_UNSPEC, NFNL_SUBSYS_NFTABLES);
	messages->len += message->nlmsg_len;
	message = add_nf(messages, NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_DELTABLE, AF_INET, 0);
	mnl_attr_put_strz(message, NFTA_TABLE_NAME, name);
	messages->len += NLMSG_ALIGN(message->nlmsg_len);
	message = add_nf(messages, NFNL_MSG_BATCH_END, AF_UNSPEC, NFNL_SUBSYS_NFTABLES);
	messages->len += message->nlmsg_len;
}

static void add_to(int protocol, uint32_t setting, const struct messages *messages)
{
	const struct kern_transaction transaction = { .protocol = protocol,
						      .setting = setting,
						      .bytes = messages->bytes,
						      .len = messages->len };

	kern_prepared_add(prepared, &transaction);
}

static void assert_sum(unsigned removed_n, unsigned gone_n, unsigned failed_n, unsigned refused_n)
{
	struct kern_prepared_sum sum = kern_prepared_flush(prepared);

	assert_int_equal(sum.removed_n, removed_n);
	assert_int_equal(sum.gone_n, gone_n);
	assert_int_equal(sum.failed_n, failed_n);
	assert_int_equal(sum.refused_n, refused_n);
	assert_int_equal(sum.error != 0, failed_n != 0);
}

/* ---- what becomes of it ---- */

static void test_prepared_removal_of_an_address_is_carried_out(void **state)
{
	struct messages there = { .len = 0 }, gone = { .len = 0 };

	(void)state;
	clean();
	run("ip addr add 10.0.0.1/24 dev v0 && ip addr add 10.0.0.2/24 dev v0");
	add_address(&there, false, 2);
	add_address(&gone, false, 3);
	add_to(NETLINK_ROUTE, 0, &gone);
	add_to(NETLINK_ROUTE, 0, &there);
	assert_true(is_so("ip -4 -br addr show dev v0 | grep -q 10.0.0.2/")); /* nothing before */
	assert_sum(1, 1, 0, 0);
	assert_true(is_so("ip -4 -br addr show dev v0 | grep -q '10.0.0.1/24 *$'"));
	assert_sum(0, 0, 0, 0); /* all that was there is told once */
}

static void test_prepared_removal_of_an_unknown_kind_is_carried_out(void **state)
{
	struct messages messages = { .len = 0 };

	(void)state;
	clean();
	run("ip route add blackhole 198.51.100.0/24 proto 112");
	run("ip route add blackhole 198.51.100.0/24 proto 4 metric 9");
	add_route_removal(&messages);
	add_to(NETLINK_ROUTE, 0, &messages);
	add_to(NETLINK_ROUTE, 0, &messages);
	assert_sum(1, 1, 0, 0); /* the one with the mark alone */
	assert_true(is_so("ip route show 198.51.100.0/24 | grep -q 'metric 9'"));
	run("ip route del blackhole 198.51.100.0/24 metric 9");
}

static void test_prepared_removal_of_a_table_of_nftables(void **state)
{
	struct messages table = { .len = 0 }, other = { .len = 0 }, route = { .len = 0 };

	(void)state;
	clean();
	if (!is_so("nft add table ip one 2>/dev/null"))
		skip(); /* no nft, or a kernel without it */
	run("ip route add blackhole 198.51.100.0/24 proto 112");
	add_table_removal(&table, "one");
	add_table_removal(&other, "two");
	add_route_removal(&route);
	add_to(NETLINK_NETFILTER, 0, &other);
	add_to(NETLINK_ROUTE, 0, &route);
	add_to(NETLINK_NETFILTER, 0, &table);
	assert_sum(2, 1, 0, 0);
	assert_false(is_so("nft list table ip one 2>/dev/null"));
	assert_false(is_so("ip route show 198.51.100.0/24 | grep -q ."));
}

static void add_addresses(unsigned first, unsigned n)
{
	static struct kern_change changes[1000];
	struct kern_changer *changer;

	for (unsigned i = 0; i < n; i++)
		changes[i] = (struct kern_change){
			.add = true,
			.address = { .ifindex = (int)ifindex,
				     .family = 4,
				     .prefix_len = 24,
				     .bytes = { 10, 0, (uint8_t)((first + i) >> 8),
						(uint8_t)(first + i) } }
		};
	assert_int_equal(kern_changer_open(&changer), 0);
	assert_int_equal(kern_changer_apply(changer, changes, n), 0);
	kern_changer_close(changer);
}

/* More than one message to the kernel holds, and those of others do not go with their primary. */
static void test_prepared_removals_of_a_thousand_spare_others(void **state)
{
	(void)state;
	clean();
	add_addresses(1, 1000);
	run("ip addr add 10.0.0.0/24 dev v0 && ip addr add 10.0.3.255/24 dev v0");
	for (unsigned i = 0; i < 1000; i++) {
		struct messages messages = { .len = 0 };

		add_address(&messages, false, 1 + i);
		add_to(NETLINK_ROUTE, ifindex, &messages);
	}
	assert_sum(1000, 0, 0, 0);
	assert_true(is_so("test $(ip -4 -o addr show dev v0 | wc -l) = 2"));
	/* And the link's own setting is as it was: a secondary goes with its primary. */
	run("ip addr add 10.0.0.9/24 dev v0 && ip addr del 10.0.0.0/24 dev v0");
	assert_true(is_so("test $(ip -4 -o addr show dev v0 | wc -l) = 1"));
}

/* Several messages are one transaction, and go together. */
static void test_prepared_transaction_of_several_messages(void **state)
{
	struct messages messages = { .len = 0 };

	(void)state;
	clean();
	add_addresses(1, KERN_TRANSACTION_MAX);
	for (unsigned i = 0; i < KERN_TRANSACTION_MAX; i++)
		add_address(&messages, false, 1 + i);
	add_to(NETLINK_ROUTE, ifindex, &messages);
	assert_sum(KERN_TRANSACTION_MAX, 0, 0, 0);
	add_address(&messages, false, 1);
	add_to(NETLINK_ROUTE, ifindex, &messages); /* one too many */
	assert_sum(0, 0, 0, 1);
}

static void test_prepared_failure_is_told_and_keeps_no_other(void **state)
{
	struct messages good = { .len = 0 }, bad = { .len = 0 };

	(void)state;
	clean();
	add_addresses(1, 2);
	add_address(&bad, false, 9);
	((struct nlmsghdr *)(void *)bad.bytes)->nlmsg_type =
		RTM_BASE + 4 * 60 + 1; /* there is none */
	add_to(NETLINK_ROUTE, 0, &bad);
	add_address(&good, false, 2);
	add_to(NETLINK_ROUTE, 0, &good);
	assert_sum(1, 0, 1, 0);
}

/* ---- what is not passed on ---- */

static void test_prepared_that_would_make_or_ask_is_refused(void **state)
{
	static const unsigned types[] = { NLMSG_NOOP,  NLMSG_ERROR, NLMSG_DONE,
					  RTM_NEWADDR, RTM_GETADDR, RTM_NEWROUTE,
					  RTM_NEWLINK, RTM_GETLINK, RTM_NEWADDR + 256 };
	struct messages messages = { .len = 0 };

	(void)state;
	clean();
	add_address(&messages, true, 1);
	for (unsigned i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		((struct nlmsghdr *)(void *)messages.bytes)->nlmsg_type = (uint16_t)types[i];
		add_to(NETLINK_ROUTE, 0, &messages);
	}
	add_to(NETLINK_NETFILTER, 0, &messages); /* no subsystem but nftables */
	add_to(NETLINK_GENERIC, 0, &messages);
	add_to(-1, 0, &messages);
	assert_sum(0, 0, 0, sizeof(types) / sizeof(types[0]) + 3);
	assert_true(is_so("test $(ip -4 -o addr show dev v0 | wc -l) = 0"));
}

/* The second of two messages lies about its length; the first one is not carried out either. */
static void test_prepared_whose_lengths_lie_is_refused(void **state)
{
	static const uint32_t lies[] = { 0,  1,  15,         39,         41,         44,
					 80, 96, 0x7fffffff, 0x80000000, 0xfffffffd, 0xffffffff };
	struct messages messages = { .len = 0 };
	struct nlmsghdr *second;
	unsigned n = sizeof(lies) / sizeof(lies[0]);

	(void)state;
	clean();
	add_addresses(1, 2);
	add_address(&messages, false, 1);
	second = (struct nlmsghdr *)(void *)(messages.bytes + messages.len);
	add_address(&messages, false, 2);
	for (unsigned i = 0; i < n; i++) {
		second->nlmsg_len = lies[i];
		/* 39 fills the same words: the kernel sees an attribute that is cut */
		if (lies[i] != 39)
			add_to(NETLINK_ROUTE, 0, &messages);
	}
	second->nlmsg_len = 40;
	for (size_t len = 0; len < messages.len; len++) {
		struct messages cut = messages;

		cut.len = len;
		if (len != 40)
			add_to(NETLINK_ROUTE, 0, &cut);
	}
	messages.len = KERN_TRANSACTION_LEN_MAX + 8;
	add_to(NETLINK_ROUTE, 0, &messages);
	assert_sum(0, 0, 0, n - 1 + 80 - 1 + 1);
	assert_true(is_so("test $(ip -4 -o addr show dev v0 | wc -l) = 2"));
}

/* What of garbage has the form the kernel may even carry out; what comes after it is not disturbed.
 */
static void test_prepared_garbage_does_not_disturb(void **state)
{
	static struct messages messages;

	(void)state;
	clean();
	srand(1);
	for (unsigned round = 0; round < 2000; round++) {
		messages.len = 0;
		for (unsigned i = 0; i < 1 + round % 4; i++)
			add_address(&messages, false, 5000 + i);
		for (unsigned i = 0; i < 1 + round % 3; i++)
			messages.bytes[(size_t)rand() % messages.len] = (uint8_t)rand();
		add_to(round % 8 ? NETLINK_ROUTE : NETLINK_NETFILTER, (uint32_t)rand() % 64,
		       &messages);
	}
	assert_true(kern_prepared_flush(prepared).refused_n > 0);
	add_addresses(1, 1);
	messages.len = 0;
	add_address(&messages, false, 1);
	add_to(NETLINK_ROUTE, ifindex, &messages);
	assert_sum(1, 0, 0, 0);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_prepared_removal_of_an_address_is_carried_out),
		cmocka_unit_test(test_prepared_removal_of_an_unknown_kind_is_carried_out),
		cmocka_unit_test(test_prepared_removal_of_a_table_of_nftables),
		cmocka_unit_test(test_prepared_removals_of_a_thousand_spare_others),
		cmocka_unit_test(test_prepared_transaction_of_several_messages),
		cmocka_unit_test(test_prepared_failure_is_told_and_keeps_no_other),
		cmocka_unit_test(test_prepared_that_would_make_or_ask_is_refused),
		cmocka_unit_test(test_prepared_whose_lengths_lie_is_refused),
		cmocka_unit_test(test_prepared_garbage_does_not_disturb),
	};

	return cmocka_run_group_tests_name("kern_prepared", tests, enter, leave);
}
