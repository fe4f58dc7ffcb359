/* SPDX-License-Identifier: MIT */
/*
 * Addresses at which this host is not at home, on the kernel that runs: what is dropped and what
 * passes, and whose the tables are.
 */
#include "filters.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <poll.h>
#include <sys/syscall.h>
#include <linux/capability.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netlink.h>

#include "netlink/filter_table.h"
#include "netlink/owned_table.h"
#include "netlink/sweep.h"

#define MANY 1000

static int apply(bool add, const char *address)
{
	struct kern_change change = change_of(add, address);

	assert_int_equal(kern_changer_apply(changer, &change, 1), 0);
	assert_int_equal(change.marked, add && change.result == 0);
	return change.result;
}

static int apply_arp(bool add, const char *address)
{
	struct kern_change change = change_of(add, address);

	change.entry.filter.action = KERN_FILTER_ARP;
	assert_int_equal(kern_changer_apply(changer, &change, 1), 0);
	return change.result;
}

/* An action whose table the kernel does not make, as one without that family; -1: none. */
static int spoilt = -1;

size_t __real_kern_filter_table_put(void *buf, enum kern_filter_action action, const char *name,
				    bool replace, uint32_t seq);
size_t __wrap_kern_filter_table_put(void *buf, enum kern_filter_action action, const char *name,
				    bool replace, uint32_t seq);

size_t __wrap_kern_filter_table_put(void *buf, enum kern_filter_action action, const char *name,
				    bool replace, uint32_t seq)
{
	size_t len = __real_kern_filter_table_put(buf, action, name, replace, seq);
	struct nlmsghdr *message = buf;

	if ((int)action == spoilt)
		((struct nfgenmsg *)mnl_nlmsg_get_payload(message))->nfgen_family = 99;
	return len;
}

static struct kern_change change_of_mld(bool add, int ifindex)
{
	struct kern_change change = { .kind = KERN_KIND_FILTER, .add = add };

	change.entry.filter.action = KERN_FILTER_MLD;
	change.entry.filter.ifindex = ifindex;
	return change;
}

static int apply_mld(bool add, int ifindex)
{
	struct kern_change change = change_of_mld(add, ifindex);

	assert_int_equal(kern_changer_apply(changer, &change, 1), 0);
	return change.result;
}

static socklen_t address_of(const char *text, int port, struct sockaddr_storage *ret_address)
{
	struct sockaddr_in *ip4 = (struct sockaddr_in *)ret_address;
	struct sockaddr_in6 *ip6 = (struct sockaddr_in6 *)ret_address;

	memset(ret_address, 0, sizeof(*ret_address));
	if (!strchr(text, ':')) {
		ip4->sin_family = AF_INET;
		ip4->sin_port = htons((uint16_t)port);
		assert_int_equal(inet_pton(AF_INET, text, &ip4->sin_addr), 1);
		return sizeof(*ip4);
	}
	ip6->sin6_family = AF_INET6;
	ip6->sin6_port = htons((uint16_t)port);
	ip6->sin6_scope_id = strncmp(text, "fe80", 4) ? 0 : if_nametoindex("v1");
	assert_int_equal(inet_pton(AF_INET6, text, &ip6->sin6_addr), 1);
	return sizeof(*ip6);
}

/* Whether a datagram is refused by a host: no service is there, but the packet was delivered. */
static bool reaches(const char *address, const char *from)
{
	struct sockaddr_storage target, source;
	socklen_t len = address_of(address, 9, &target);
	int fd = socket(target.ss_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct pollfd poll_fd = { .fd = fd, .events = POLLIN };
	bool refused;
	char byte = 0;

	if (from)
		assert_int_equal(bind(fd, (struct sockaddr *)&source, address_of(from, 0, &source)),
				 0);
	assert_int_equal(connect(fd, (struct sockaddr *)&target, len), 0);
	assert_int_equal(send(fd, &byte, 1, 0), 1);
	refused = poll(&poll_fd, 1, 400) == 1 && recv(fd, &byte, 1, 0) < 0 && errno == ECONNREFUSED;
	close(fd);
	return refused;
}

/* Seen from there, which knows no MAC before. */
static bool answers(const char *address)
{
	bool is;

	enter(there);
	run("ip neigh flush all dev v1");
	is = reaches(address, NULL);
	enter(here);
	return is;
}

/* Whether a MAC is known there. */
static bool is_resolved(const char *address)
{
	bool is;
	char command[128];

	enter(there);
	snprintf(command, sizeof(command), "ip neigh show to %s dev v1 | grep -q lladdr", address);
	is = is_so(command);
	enter(here);
	return is;
}

/* ---- what it is ---- */

static void test_filter_is_told_apart_by_address_and_action(void **state)
{
	union kern_entry a = change_of(true, "192.0.2.1").entry, b = a;

	(void)state;
	b.filter.ifindex = 7;
	assert_true(kern_filter_ops.same(&a, &b) && kern_filter_ops.equal(&a, &b));
	assert_int_equal(kern_filter_ops.hash(&a), kern_filter_ops.hash(&b));
	b.filter.action = KERN_FILTER_ARP;
	assert_false(kern_filter_ops.same(&a, &b));
	b = change_of(true, "192.0.2.2").entry;
	assert_false(kern_filter_ops.same(&a, &b));
}

/* What nft(8) shows is what nft(8) could load. */
static void test_filter_tables_are_what_the_manual_says(void **state)
{
	static const char expected[] =
		"table inet vipd_filter {\n\n"
		"	set addresses {\n"
		"		type ipv4_addr\n"
		"		elements = { 192.0.2.1 comment \"interface %d\" }\n"
		"	}\n\n"
		"	set addresses6 {\n"
		"		type ipv6_addr\n"
		"		elements = { 2001:db8::1 comment \"interface %d\" }\n"
		"	}\n\n"
		"	set link_local {\n"
		"		type iface_index . ipv6_addr\n"
		"		elements = { \"v0\" . fe80::1 }\n"
		"	}\n\n"
		"	chain input {\n"
		"		type filter hook input priority filter - 1; policy accept;\n"
		"		ip daddr @addresses drop\n"
		"		icmpv6 type 133-137 accept\n"
		"		ip6 daddr @addresses6 drop\n"
		"		iif . ip6 daddr @link_local drop\n"
		"	}\n"
		"}\n"
		"table arp vipd_filter {\n\n"
		"	set addresses {\n"
		"		type iface_index . ipv4_addr\n"
		"		elements = { \"v0\" . 192.0.2.1 }\n"
		"	}\n\n"
		"	chain input {\n"
		"		type filter hook input priority filter - 1; policy accept;\n"
		"		arp operation request iif . arp daddr ip @addresses drop\n"
		"	}\n\n"
		"	chain output {\n"
		"		type filter hook output priority filter - 1; policy accept;\n"
		"		arp operation request oif . arp saddr ip @addresses arp saddr ip "
		"set 0.0.0.0 accept\n"
		"		oif . arp saddr ip @addresses drop\n"
		"	}\n"
		"}\n"
		"table ip6 vipd_filter {\n\n"
		"	set macvlans {\n"
		"		type iface_index\n"
		"		elements = { \"v0\" }\n"
		"	}\n\n"
		"	chain output {\n"
		"		type filter hook output priority filter - 1; policy accept;\n"
		"		oif @macvlans icmpv6 type mld-listener-done drop\n"
		"		oif @macvlans icmpv6 type mld2-listener-report @th,64,8 >= 0x3 "
		"drop\n"
		"	}\n"
		"}\n";
	char text[4096], shown[4096] = "";
	FILE *nft;

	(void)state;
	start();
	assert_int_equal(apply(true, "192.0.2.1"), 0);
	assert_int_equal(apply(true, "2001:db8::1"), 0);
	assert_int_equal(apply(true, "fe80::1"), 0);
	assert_int_equal(apply_arp(true, "192.0.2.1"), 0);
	assert_int_equal(apply_mld(true, ifindex_here), 0);
	snprintf(text, sizeof(text), expected, ifindex_here, ifindex_here);
	/* That there is an owner is said in a line of its own, with the name of this program. */
	nft = popen("nft list ruleset | sed 's/ # progname.*//' | grep -v 'flags owner'", "r");
	(void)!fread(shown, 1, sizeof(shown) - 1, nft);
	pclose(nft);
	assert_string_equal(shown, text);
	assert_true(is_so("nft list ruleset | grep -q 'flags owner'"));
}

static void test_filter_is_shown_with_its_interface(void **state)
{
	static const char *const addresses[] = { "192.0.2.1", "2001:db8::1", "fe80::1" };
	struct kern_change mld = change_of_mld(true, ifindex_here);
	struct shown last;

	(void)state;
	start();
	assert_int_equal(dump_of(0).n, 0);
	for (unsigned i = 0; i < 3; i++) {
		struct kern_change change = change_of(true, addresses[i]);
		struct shown shown;

		assert_int_equal(apply(true, addresses[i]), 0);
		shown = dump_of(ifindex_here);
		assert_int_equal(shown.n, 1);
		assert_memory_equal(&shown.last.filter, &change.entry.filter,
				    sizeof(change.entry.filter));
		/* There is one on all interfaces, but of a link-local address. */
		assert_int_equal(dump_of(ifindex_here + 1).n, i < 2 ? 1 : 0);
		assert_int_equal(apply(false, addresses[i]), 0);
		assert_int_equal(dump_of(0).n, 0);
	}
	assert_int_equal(apply_arp(true, "192.0.2.1"), 0);
	assert_int_equal(dump_of(ifindex_here).n, 1);
	assert_int_equal(dump_of(ifindex_here).last.filter.action, KERN_FILTER_ARP);
	assert_int_equal(apply_arp(false, "192.0.2.1"), 0);
	assert_int_equal(apply_mld(true, ifindex_here), 0);
	assert_int_equal(dump_of(ifindex_here).n, 1);
	assert_int_equal(dump_of(ifindex_here + 1).n, 0);
	last = dump_of(0);
	assert_memory_equal(&last.last.filter, &mld.entry.filter, sizeof(mld.entry.filter));
}

/* Its interface was replaced, and the kernel goes on showing the index of the old one. */
static void test_filter_added_again_stays_shown_as_of_the_first_interface(void **state)
{
	static const char *const addresses[] = { "192.0.2.1", "2001:db8::1", "fe80::1" };

	(void)state;
	start();
	for (unsigned i = 0; i < 3; i++) {
		struct kern_change again = change_of(true, addresses[i]);
		bool one = kern_filter_ops.is_everywhere(&again.entry);

		assert_int_equal(one, i < 2);
		assert_int_equal(apply(true, addresses[i]), 0);
		again.entry.filter.ifindex = ifindex_here + 1;
		assert_int_equal(kern_changer_apply(changer, &again, 1), 0);
		assert_int_equal(again.result, 0);
		assert_int_equal(dump_of(0).n, one ? 1 : 2);
		assert_int_equal(dump_of(ifindex_here + 1).n, 1);
		assert_int_equal(dump_of(ifindex_here + 1).last.filter.ifindex,
				 one ? ifindex_here : ifindex_here + 1);
		again.add = false;
		assert_int_equal(kern_changer_apply(changer, &again, 1), 0);
		assert_int_equal(again.result, 0);
		assert_int_equal(dump_of(0).n, one ? 0 : 1);
	}
}

/* ---- what it does ---- */

/* */
static void test_filter_drops_what_is_for_the_address_but_discovery(void **state)
{
	static const char *const addresses[] = { "192.0.2.1", "2001:db8::1", "fe80::1" };

	(void)state;
	start();
	for (unsigned i = 0; i < 3; i++) {
		assert_true(answers(addresses[i]));
		assert_int_equal(apply(true, addresses[i]), 0);
		assert_false(answers(addresses[i]));
		assert_true(is_resolved(addresses[i]));
		assert_int_equal(apply(false, addresses[i]), 0);
		assert_true(answers(addresses[i]));
	}
	/* The host itself is no exception; another address of its is. */
	assert_int_equal(apply(true, "192.0.2.1"), 0);
	assert_false(reaches("192.0.2.1", NULL));
	assert_true(reaches("127.0.0.1", NULL));
	assert_true(answers("2001:db8::1"));
}

static void test_filter_takes_a_link_local_address_on_its_interface_alone(void **state)
{
	struct kern_change change = change_of(true, "fe80::1");

	(void)state;
	start();
	change.entry.filter.ifindex = ifindex_here + 100;
	assert_int_equal(kern_changer_apply(changer, &change, 1), 0);
	assert_int_equal(change.result, 0);
	assert_true(answers("fe80::1"));
	assert_int_equal(dump_of(ifindex_here).n, 0);
	assert_int_equal(dump_of(ifindex_here + 100).n, 1);
}

/* an address of another interface, of which v0 would speak. */
static void test_filter_keeps_arp_of_an_address_from_an_interface(void **state)
{
	(void)state;
	start();
	run("ip addr add 192.0.2.77/32 dev lo");
	assert_true(answers("192.0.2.77"));
	run("ip neigh flush all dev v0");
	assert_true(reaches("192.0.2.2", "192.0.2.77"));
	assert_int_equal(apply_arp(true, "192.0.2.77"), 0);
	assert_false(answers("192.0.2.77"));
	assert_false(is_resolved("192.0.2.77"));
	run("ip neigh flush all dev v0");
	/* It finds the neighbour, which does not learn of the address by that. */
	assert_false(reaches("192.0.2.2", "192.0.2.77"));
	run("ip neigh show 192.0.2.2 dev v0 | grep -q lladdr");
	assert_false(is_resolved("192.0.2.77"));
	assert_true(answers("192.0.2.1"));
	assert_int_equal(apply_arp(false, "192.0.2.77"), 0);
	assert_true(answers("192.0.2.77"));
	run("ip addr del 192.0.2.77/32 dev lo");
}

/* A message of Multicast Listener Discovery as the kernel sends them, behind a header of options;
 * @record: of a report of version 2, the kind of the first record. Return: 0 or an errno. */
static int report(int type, int record)
{
	static const uint8_t alert[8] = { 0, 0, 5, 2, 0, 0, 1, 0 };
	struct sockaddr_in6 to = { .sin6_family = AF_INET6, .sin6_scope_id = if_nametoindex("v0") };
	int fd = socket(AF_INET6, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_ICMPV6);
	uint8_t message[28] = { (uint8_t)type, [7] = 1, [8] = (uint8_t)record };
	ssize_t len;
	int error;

	assert_int_equal(inet_pton(AF_INET6, "ff02::16", &to.sin6_addr), 1);
	assert_int_equal(setsockopt(fd, IPPROTO_IPV6, IPV6_HOPOPTS, alert, sizeof(alert)), 0);
	len = sendto(fd, message, sizeof(message), 0, (struct sockaddr *)&to, sizeof(to));
	error = len < 0 ? errno : 0;
	close(fd);
	return error;
}

/* RFC 3810 §5.2.12: answers are 1 and 2. */
static void test_filter_keeps_changes_of_groups_from_an_interface(void **state)
{
	(void)state;
	start();
	for (unsigned round = 0; round < 3; round++) {
		int dropped = round == 1 ? EPERM : 0;

		if (round == 1)
			assert_int_equal(apply_mld(true, ifindex_here), 0);
		for (int record = 1; record <= 6; record++)
			assert_int_equal(report(143, record), record > 2 ? dropped : 0);
		assert_int_equal(report(132, 0), dropped);
		assert_int_equal(report(131, 0), 0);
		assert_int_equal(report(128, 4), 0);
		if (round == 1)
			assert_int_equal(apply_mld(false, ifindex_here), 0);
	}
	assert_int_equal(apply_mld(true, ifindex_here + 100), 0);
	assert_int_equal(report(143, 4), 0);
}

/* What an older version made is gone on with: it knew two tables, and had them as they are. */
static void test_filter_adds_a_table_to_those_of_before(void **state)
{
	int fd = kern_filter_socket();

	(void)state;
	start();
	assert_int_equal(kern_changer_lend(changer, fd, false), 0);
	assert_int_equal(apply(true, "192.0.2.1"), 0);
	assert_int_equal(apply_arp(true, "192.0.2.1"), 0);
	kern_changer_close(changer);
	assert_int_equal(kern_changer_open(&changer), 0);
	assert_int_equal(kern_changer_lend(changer, fd, false), 0);
	assert_int_equal(dump_of(0).n, 2);
	assert_int_equal(apply_mld(false, ifindex_here), -ENOENT);
	assert_int_equal(apply_mld(true, ifindex_here), 0);
	assert_int_equal(dump_of(0).n, 3);
	assert_false(answers("192.0.2.1"));
	kern_changer_close(changer);
	changer = NULL;
	close(fd);
	assert_false(is_so("nft list tables | grep -q ."));
}

/* ---- transactions ---- */

static int on_generation(const struct nlmsghdr *message, void *arg)
{
	const struct nlattr *attribute;

	mnl_attr_for_each(attribute, message, sizeof(struct nfgenmsg))
	{
		if (mnl_attr_get_type(attribute) == NFTA_GEN_ID)
			*(uint32_t *)arg = ntohl(mnl_attr_get_u32(attribute));
	}
	return MNL_CB_OK;
}

/* How many transactions there have been. */
static uint32_t generation(void)
{
	struct mnl_socket *sock = mnl_socket_open(NETLINK_NETFILTER);
	_Alignas(struct nlmsghdr) char buf[8192];
	struct nlmsghdr *message = mnl_nlmsg_put_header(buf);
	uint32_t number = 0;
	ssize_t len;

	message->nlmsg_type = NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_GETGEN;
	message->nlmsg_flags = NLM_F_REQUEST;
	(void)mnl_nlmsg_put_extra_header(message, sizeof(struct nfgenmsg));
	assert_true(mnl_socket_bind(sock, 0, MNL_SOCKET_AUTOPID) == 0);
	assert_true(mnl_socket_sendto(sock, message, message->nlmsg_len) > 0);
	len = mnl_socket_recvfrom(sock, buf, sizeof(buf));
	assert_true(mnl_cb_run(buf, (size_t)len, 0, 0, on_generation, &number) >= 0);
	mnl_socket_close(sock);
	return number;
}

static void test_filter_of_many_is_one_transaction(void **state)
{
	static struct kern_change changes[MANY];
	uint32_t before;

	(void)state;
	start();
	for (unsigned round = 0; round < 2; round++) {
		for (unsigned i = 0; i < MANY; i++) {
			changes[i] = change_of(round == 0, i % 2 ? "2001:db8::" : "10.0.0.0");
			changes[i].entry.filter.bytes[i % 2 ? 14 : 2] = (uint8_t)(i >> 8);
			changes[i].entry.filter.bytes[i % 2 ? 15 : 3] = (uint8_t)i;
		}
		before = generation();
		assert_int_equal(kern_changer_apply(changer, changes, MANY), 0);
		assert_int_equal(generation() - before, 1);
		for (unsigned i = 0; i < MANY; i++)
			assert_int_equal(changes[i].result, 0);
		assert_int_equal(dump_of(0).n, round == 0 ? MANY : 0);
	}
}

static void test_filter_that_is_refused_leaves_the_others_theirs(void **state)
{
	struct kern_change changes[] = { change_of(true, "192.0.2.1"),
					 change_of(false, "192.0.2.9"),
					 change_of(true, "192.0.2.2"),
					 change_of(false, "192.0.2.8") };

	(void)state;
	start();
	/* Without a table, too. */
	assert_int_equal(apply(false, "192.0.2.9"), -ENOENT);
	assert_int_equal(kern_changer_apply(changer, changes, 4), 0);
	assert_int_equal(changes[0].result, 0);
	assert_int_equal(changes[1].result, -ENOENT);
	assert_int_equal(changes[2].result, 0);
	assert_int_equal(changes[3].result, -ENOENT);
	assert_true(kern_filter_ops.contradicts(&changes[1]));
	assert_int_equal(dump_of(0).n, 2);
	/* What is there is there. */
	assert_int_equal(apply(true, "192.0.2.1"), 0);
	assert_int_equal(dump_of(0).n, 2);
}

/* In their order, among changes of other kinds. */
static void test_filter_goes_with_changes_of_other_kinds(void **state)
{
	struct kern_change changes[] = {
		change_of(true, "192.0.2.100"),
		{ .kind = KERN_KIND_ADDRESS,
		  .add = true,
		  .address = { .ifindex = ifindex_here,
			       .family = 4,
			       .prefix_len = 24,
			       .bytes = { 192, 0, 2, 100 } } },
		change_of(true, "192.0.2.101"),
	};

	(void)state;
	start();
	changes[1].address.ifindex = ifindex_here;
	assert_int_equal(kern_changer_apply(changer, changes, 3), 0);
	for (unsigned i = 0; i < 3; i++)
		assert_int_equal(changes[i].result, 0);
	assert_int_equal(dump_of(0).n, 2);
	assert_false(answers("192.0.2.100"));
	assert_true(is_resolved("192.0.2.100"));
	run("ip addr del 192.0.2.100/24 dev v0");
}

/* ---- whose it is ---- */

static void test_filter_resists_commands_and_leaves_others_alone(void **state)
{
	(void)state;
	start();
	run("nft add table inet mine && nft add chain inet mine input");
	assert_int_equal(apply(true, "192.0.2.1"), 0);
	assert_true(is_so("nft list table inet mine | grep -q 'chain input'"));
	assert_false(is_so("nft delete table inet vipd_filter 2>/dev/null"));
	assert_false(is_so("nft flush set inet vipd_filter addresses 2>/dev/null"));
	assert_false(is_so("nft flush chain inet vipd_filter input 2>/dev/null"));
	assert_true(is_so("nft flush ruleset"));
	assert_false(is_so("nft list table inet mine 2>/dev/null"));
	assert_false(answers("192.0.2.1"));
	assert_int_equal(dump_of(0).n, 1);
	assert_int_equal(apply(false, "192.0.2.1"), 0);
}

/* As a restored ruleset leaves one. */
static void test_filter_replaces_a_table_of_nobody(void **state)
{
	(void)state;
	start();
	run("nft 'add table inet vipd_filter; add set inet vipd_filter addresses "
	    "{ type ipv4_addr; }; add element inet vipd_filter addresses { 192.0.2.1 }; "
	    "add chain inet vipd_filter other { type filter hook input priority 0; policy drop; "
	    "}'");
	assert_int_equal(dump_of(0).n, 1);
	assert_int_equal(apply(true, "192.0.2.200"), 0);
	assert_int_equal(dump_of(0).n, 1);
	assert_true(answers("192.0.2.1"));
	assert_false(is_so("nft list table inet vipd_filter | grep -q other"));
	assert_false(is_so("nft delete table inet vipd_filter 2>/dev/null"));
}

static void test_filter_is_refused_where_another_one_owns_the_table(void **state)
{
	uint32_t owner;
	int fd;

	(void)state;
	start();
	assert_int_equal(kern_owned_table_create(KERN_FILTER_TABLE, &fd, &owner), 0);
	assert_int_equal(apply(true, "192.0.2.1"), -EADDRINUSE);
	assert_true(answers("192.0.2.1"));
	close(fd);
	assert_int_equal(apply(true, "192.0.2.1"), 0);
}

/* Of three actions, whose tables are made in one transaction. */
static void test_filter_whose_table_cannot_be_had_leaves_the_others_theirs(void **state)
{
	uint32_t owner;
	int fd;

	(void)state;
	for (unsigned round = 0; round < 2; round++) {
		struct kern_change changes[] = { change_of_mld(true, ifindex_here),
						 change_of(true, "192.0.2.1"),
						 change_of(true, "192.0.2.1") };

		start();
		changes[2].entry.filter.action = KERN_FILTER_ARP;
		if (round == 0)
			assert_int_equal(kern_owned_table_create(KERN_FILTER_TABLE, &fd, &owner),
					 0);
		spoilt = round == 0 ? -1 : KERN_FILTER_DELIVERY;
		assert_int_equal(kern_changer_apply(changer, changes, 3), 0);
		spoilt = -1;
		assert_int_equal(changes[0].result, 0);
		assert_int_equal(changes[1].result, round == 0 ? -EADDRINUSE : -EOPNOTSUPP);
		assert_int_equal(changes[2].result, 0);
		assert_true(changes[0].marked && !changes[1].marked && changes[2].marked);
		assert_int_equal(dump_of(0).n, 2);
		if (round == 0)
			close(fd);
		/* It is tried again. */
		assert_int_equal(apply(true, "192.0.2.1"), 0);
		assert_int_equal(dump_of(0).n, 3);
	}
}

/* What somebody who died had asked for, and not read. */
static void leave_unread(int fd)
{
	_Alignas(struct nlmsghdr) char buf[64];
	struct nlmsghdr *message = mnl_nlmsg_put_header(buf);

	message->nlmsg_type = NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_DELSETELEM;
	message->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
	message->nlmsg_seq = 3;
	(void)mnl_nlmsg_put_extra_header(message, sizeof(struct nfgenmsg));
	for (unsigned i = 0; i < 5; i++)
		assert_true(send(fd, buf, message->nlmsg_len, 0) > 0);
}

static void test_filter_lives_as_long_as_the_socket_that_was_lent(void **state)
{
	unsigned round = 0;
	int fd;

	(void)state;
	start();
	fd = kern_filter_socket();
	assert_true(kern_filter_is_socket(fd));
	assert_false(kern_filter_is_socket(-1) || kern_filter_is_socket(here));
	assert_int_equal(kern_changer_lend(changer, fd, round++ == 0), 0);
	assert_int_equal(apply(true, "192.0.2.1"), 0);
	leave_unread(fd);
	/* A process ends, and the next one goes on. */
	kern_changer_close(changer);
	assert_int_equal(dump_of(0).n, 1);
	assert_int_equal(kern_changer_open(&changer), 0);
	assert_int_equal(kern_changer_lend(changer, fd, round++ == 0), 0);
	assert_int_equal(apply(true, "192.0.2.2"), 0);
	assert_int_equal(apply(false, "192.0.2.1"), 0);
	assert_int_equal(dump_of(0).n, 1);
	kern_changer_close(changer);
	changer = NULL;
	close(fd);
	assert_int_equal(dump_of(0).n, 0);
	assert_false(is_so("nft list table inet vipd_filter 2>/dev/null"));
	assert_true(answers("192.0.2.1"));
}

static void test_filter_tables_can_be_made_ahead(void **state)
{
	uint32_t before;

	(void)state;
	start();
	assert_int_equal(kern_changer_prepare(changer, KERN_FILTER_DELIVERY), 0);
	assert_true(is_so("nft list table inet vipd_filter >/dev/null"));
	assert_int_equal(dump_of(0).n, 0);
	before = generation();
	assert_int_equal(kern_changer_prepare(changer, KERN_FILTER_DELIVERY), 0);
	assert_int_equal(generation(), before);
	/* One element is one transaction, and the table stays as it is. */
	assert_int_equal(apply(true, "192.0.2.1"), 0);
	assert_int_equal(generation(), before + 1);
	assert_int_equal(dump_of(0).n, 1);
}

static unsigned swept_n;

static void on_swept(enum kern_kind kind, const union kern_entry *entry, int error, void *arg)
{
	(void)entry;
	(void)arg;
	assert_int_equal(kind, KERN_KIND_FILTER);
	assert_int_equal(error, 0);
	swept_n++;
}

static bool keep_first(enum kern_kind kind, const union kern_entry *entry, void *arg)
{
	(void)arg;
	return kind == KERN_KIND_FILTER && entry->filter.bytes[3] == 1;
}

static void test_filter_sweep_finds_all_of_them(void **state)
{
	(void)state;
	start();
	for (unsigned round = 0; round < 2; round++) {
		if (round == 0) {
			assert_int_equal(apply(true, "192.0.2.1"), 0);
			assert_int_equal(apply(true, "fe80::1"), 0);
			assert_int_equal(apply_arp(true, "192.0.2.2"), 0);
			assert_int_equal(apply_mld(true, ifindex_here), 0);
		}
		swept_n = 0;
		assert_int_equal(
			kern_sweep(dumper, changer, round ? NULL : keep_first, on_swept, NULL),
			round ? 1 : 3);
		assert_int_equal(dump_of(0).n, round ? 0 : 1);
	}
	/* Of a table of nobody, without comments. */
	kern_changer_close(changer);
	assert_int_equal(kern_changer_open(&changer), 0);
	run("nft 'add table inet vipd_filter; add set inet vipd_filter addresses "
	    "{ type ipv4_addr; }; add element inet vipd_filter addresses { 192.0.2.1 }'");
	assert_int_equal(kern_sweep(dumper, changer, NULL, on_swept, NULL), 1);
	assert_int_equal(dump_of(0).n, 0);
}

static enum kern_kind swept_last;

static void note_last(enum kern_kind kind, const union kern_entry *entry, int error, void *arg)
{
	(void)entry;
	(void)arg;
	assert_int_equal(error, 0);
	swept_last = kind;
}

/* On an interface that is still to go the kernel must not report that its addresses have gone. */
static void test_filter_sweep_comes_behind_interfaces(void **state)
{
	(void)state;
	start();
	run("ip link add link v0 name mv0 type macvlan mode bridge && ip link set mv0 alias vipd "
	    "up");
	run("ip addr add 192.0.2.200/24 dev mv0");
	assert_int_equal(apply_mld(true, (int)if_nametoindex("mv0")), 0);
	assert_true(kern_sweep(dumper, changer, NULL, note_last, NULL) >= 2);
	assert_int_equal(swept_last, KERN_KIND_FILTER);
	assert_false(is_so("ip link show dev mv0 2>/dev/null"));
	assert_int_equal(dump_of(0).n, 0);
}

static void test_filter_probe_leaves_nothing_and_needs_the_right(void **state)
{
	uint32_t before;
	int status;
	pid_t pid;

	(void)state;
	start();
	before = generation();
	assert_int_equal(kern_filter_probe(KERN_FILTER_DELIVERY), 0);
	assert_int_equal(kern_filter_probe(KERN_FILTER_ARP), 0);
	assert_int_equal(kern_filter_probe(KERN_FILTER_MLD), 0);
	assert_int_equal(generation(), before);
	assert_false(is_so("nft list tables | grep -q ."));
	pid = fork();
	if (pid == 0)
		_exit(setuid(65534) == 0 && kern_filter_probe(KERN_FILTER_DELIVERY) == -EPERM ? 0
											      : 1);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_filter_is_told_apart_by_address_and_action),
		cmocka_unit_test(test_filter_tables_are_what_the_manual_says),
		cmocka_unit_test(test_filter_is_shown_with_its_interface),
		cmocka_unit_test(test_filter_added_again_stays_shown_as_of_the_first_interface),
		cmocka_unit_test(test_filter_drops_what_is_for_the_address_but_discovery),
		cmocka_unit_test(test_filter_takes_a_link_local_address_on_its_interface_alone),
		cmocka_unit_test(test_filter_keeps_arp_of_an_address_from_an_interface),
		cmocka_unit_test(test_filter_keeps_changes_of_groups_from_an_interface),
		cmocka_unit_test(test_filter_adds_a_table_to_those_of_before),
		cmocka_unit_test(test_filter_of_many_is_one_transaction),
		cmocka_unit_test(test_filter_that_is_refused_leaves_the_others_theirs),
		cmocka_unit_test(test_filter_goes_with_changes_of_other_kinds),
		cmocka_unit_test(test_filter_resists_commands_and_leaves_others_alone),
		cmocka_unit_test(test_filter_replaces_a_table_of_nobody),
		cmocka_unit_test(test_filter_is_refused_where_another_one_owns_the_table),
		cmocka_unit_test(test_filter_whose_table_cannot_be_had_leaves_the_others_theirs),
		cmocka_unit_test(test_filter_lives_as_long_as_the_socket_that_was_lent),
		cmocka_unit_test(test_filter_tables_can_be_made_ahead),
		cmocka_unit_test(test_filter_sweep_finds_all_of_them),
		cmocka_unit_test(test_filter_sweep_comes_behind_interfaces),
		cmocka_unit_test(test_filter_probe_leaves_nothing_and_needs_the_right),
	};

	return cmocka_run_group_tests(tests, open_all, close_all);
}
