/* SPDX-License-Identifier: MIT */
/*
 * The last will, executed by the keeper's own code in a network namespace of the test's own, on
 * memories that another generation left: of a version that has kinds of objects which this one does
 * not know, and of the first version. Frames end in this file, which looks what is still there.
 */
#include "namespace.h"

#include <libmnl/libmnl.h>
#include <linux/if_packet.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <time.h>

#include "agent/keeper/tell.h"
#include "agent/keeper/will.h"
#include "agent/state_will.h"
#include "netlink/change.h"
#include "netlink/send_ip.h"

#define ROUTE_IS_THERE   "ip route show 198.51.100.0/24 | grep -q ."
#define ADDRESS_IS_THERE "ip -4 -o addr show dev v0 | grep -q 10.0.0.1"

static const struct state_router routers[] = {
	{ .name = "lan",
	  .interface = "v0",
	  .vrid = 51,
	  .family = 4,
	  .entries_max = 4,
	  .will_max = 4 * STATE_ENTRY_LEN(4200) },
	{ .name = "wan",
	  .interface = "v0",
	  .vrid = 52,
	  .family = 4,
	  .entries_max = 1,
	  .will_max = STATE_ENTRY_LEN(64) },
};

static struct teller *teller;

/* What left, and what was there by then. */
static struct {
	unsigned frames_n;
	size_t len;
	int ifindex;
	uint8_t first;
	bool route, address;
} sent;

int __wrap_sendmmsg(int fd, struct mmsghdr *messages, unsigned n, int flags);

int __wrap_sendmmsg(int fd, struct mmsghdr *messages, unsigned n, int flags)
{
	(void)fd;
	(void)flags;
	sent.route = is_so(ROUTE_IS_THERE);
	sent.address = is_so(ADDRESS_IS_THERE);
	for (unsigned i = 0; i < n; i++) {
		const struct msghdr *message = &messages[i].msg_hdr;

		sent.ifindex = ((const struct sockaddr_ll *)message->msg_name)->sll_ifindex;
		sent.len = message->msg_iov[0].iov_len;
		sent.first = *(const uint8_t *)message->msg_iov[0].iov_base;
		sent.frames_n++;
	}
	return (int)n;
}

static int enter(void **state)
{
	(void)state;
	if (!enter_namespace())
		return 0; /* each test skips */
	teller = tell_new();
	assert_non_null(teller);
	make_v0_and_v1();
	return 0;
}

static int leave(void **state)
{
	(void)state;
	tell_close(teller);
	return 0;
}

/* A memory, and what its router has in the kernel: a route whose mark no keeper knows. */
static struct state *begin(int *ret_fd)
{
	struct state *writer;

	if (!teller)
		skip();
	memset(&sent, 0, sizeof(sent));
	assert_true(is_so("ip -4 addr flush dev v0; ip route flush proto 99; "
			  "ip route add blackhole 198.51.100.0/24 proto 99"));
	*ret_fd = memfd_create("test-will", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	assert_int_equal(state_new(*ret_fd, "/run/a.sock", routers, 2, &writer), 0);
	state_publish(writer);
	return writer;
}

static void put_state(struct state *writer, unsigned i, bool active)
{
	struct timespec now;
	struct vrrp vr;

	clock_gettime(CLOCK_MONOTONIC, &now);
	vr = active ? test_active(150, now.tv_sec * SECOND) : test_backup(100, now.tv_sec * SECOND);
	vr.config.vrid = routers[i].vrid;
	state_put(writer, i, &vr);
}

static void add_route_removal(struct state *writer, bool held)
{
	static const uint8_t net[4] = { 198, 51, 100, 0 };
	_Alignas(8) uint8_t bytes[64];
	struct nlmsghdr *message = mnl_nlmsg_put_header(bytes);
	struct rtmsg *header = mnl_nlmsg_put_extra_header(message, sizeof(*header));
	struct state_entry entry = {
		.kind = STATE_ENTRY_NETLINK, .target = NETLINK_ROUTE, .held = held, .bytes = bytes
	};

	message->nlmsg_type = RTM_DELROUTE;
	header->rtm_family = AF_INET;
	header->rtm_dst_len = 24;
	header->rtm_table = RT_TABLE_MAIN;
	header->rtm_protocol = 99;
	header->rtm_scope = RT_SCOPE_NOWHERE;
	mnl_attr_put(message, RTA_DST, sizeof(net), net);
	entry.len = message->nlmsg_len;
	(void)state_will_add(writer, 0, &entry);
}

static void add_bytes(struct state *writer, unsigned i, unsigned kind, size_t len)
{
	static const uint8_t bytes[4200] = { 0xab };
	const struct state_entry entry = {
		.kind = kind, .target = 4, .held = true, .bytes = bytes, .len = len
	};

	(void)state_will_add(writer, i, &entry);
}

/* The keeper comes, and its memory goes. Return: what will_execute() does. */
static int execute(int fd, struct state *writer)
{
	const struct will_sockets none = { -1, -1 };
	struct will *will;
	int removed;

	state_close(writer);
	assert_int_equal(will_open(&none, &will), 0);
	removed = will_execute(will, fd, teller);
	will_close(will);
	close(fd);
	return removed;
}

/* The farewell stands before the removal in the will, and leaves after it. */
static void test_will_removes_an_object_of_a_kind_that_it_does_not_know(void **unused)
{
	int fd;
	struct state *writer = begin(&fd);

	(void)unused;
	put_state(writer, 0, true);
	state_will_begin(writer, 0);
	add_bytes(writer, 0, STATE_ENTRY_FRAME, 60);
	add_route_removal(writer, true);
	state_will_publish(writer, 0);
	assert_int_equal(execute(fd, writer), 1);
	assert_false(is_so(ROUTE_IS_THERE));
	assert_int_equal(sent.frames_n, 1);
	assert_int_equal(sent.len, 60);
	assert_int_equal(sent.ifindex, 4);
	assert_int_equal(sent.first, 0xab);
	assert_false(sent.route);
}

/* What a router that is not Active holds, since it died before it let go, goes without a word. */
static void test_will_that_is_not_armed_removes_and_is_silent(void **unused)
{
	int fd;
	struct state *writer = begin(&fd);

	(void)unused;
	put_state(writer, 0, true);
	state_will_begin(writer, 0);
	add_route_removal(writer, true);
	add_bytes(writer, 0, STATE_ENTRY_FRAME, 60);
	state_will_publish(writer, 0);
	put_state(writer, 0, false);
	assert_int_equal(execute(fd, writer), 1);
	assert_false(is_so(ROUTE_IS_THERE));
	assert_int_equal(sent.frames_n, 0);
}

static void test_will_leaves_what_is_not_held(void **unused)
{
	int fd;
	struct state *writer = begin(&fd);

	(void)unused;
	put_state(writer, 0, true);
	state_will_begin(writer, 0);
	add_route_removal(writer, false);
	state_will_publish(writer, 0);
	assert_int_equal(execute(fd, writer), 0);
	assert_true(is_so(ROUTE_IS_THERE));
}

/* A process that died in the middle of writing: the sweep alone, and nothing of the half. */
static void test_will_that_was_torn_is_not_executed(void **unused)
{
	int fd;
	struct state *writer = begin(&fd);

	(void)unused;
	put_state(writer, 0, true);
	state_will_begin(writer, 0);
	add_route_removal(writer, true);
	add_bytes(writer, 0, STATE_ENTRY_FRAME, 60);
	assert_int_equal(execute(fd, writer), 0);
	assert_true(is_so(ROUTE_IS_THERE));
	assert_int_equal(sent.frames_n, 0);
}

static void test_will_passes_over_what_it_does_not_know(void **unused)
{
	int fd;
	struct state *writer = begin(&fd);

	(void)unused;
	put_state(writer, 0, true);
	put_state(writer, 1, true);
	state_will_begin(writer, 0);
	add_bytes(writer, 0, 99, 100);                  /* a kind of a later version */
	add_bytes(writer, 0, STATE_ENTRY_FRAME, 4200);  /* longer than a frame */
	add_bytes(writer, 0, STATE_ENTRY_NETLINK, 100); /* of no known protocol */
	add_route_removal(writer, true);
	state_will_publish(writer, 0);
	state_will_begin(writer, 1);
	add_bytes(writer, 1, STATE_ENTRY_FRAME, 61);
	state_will_publish(writer, 1);
	assert_int_equal(execute(fd, writer), 1);
	assert_false(is_so(ROUTE_IS_THERE));
	assert_int_equal(sent.frames_n, 1);
	assert_int_equal(sent.len, 61);
}

/* Those of routers with unicast peers; whoever wrote it, what makes no sense is not sent. */
static void test_will_sends_packets(void **unused)
{
	static const uint8_t own[4] = { 192, 0, 2, 2 }, peer[4] = { 192, 0, 2, 3 };
	const struct kern_ip_header header = {
		.family = 4, .ttl = 255, .source = own, .destination = peer
	};
	uint8_t bytes[32] = { [20] = 0x31 };
	const struct state_entry entry = { .kind = STATE_ENTRY_PACKET,
					   .bytes = bytes,
					   .len = sizeof(bytes) };
	int fd;
	struct state *writer = begin(&fd);

	(void)unused;
	kern_ip_prepare(bytes, &header, 112, 12);
	put_state(writer, 0, true);
	put_state(writer, 1, false);
	for (unsigned i = 0; i < 2; i++) {
		state_will_begin(writer, i);
		(void)state_will_add(writer, i, &entry);
	}
	add_bytes(writer, 0, STATE_ENTRY_PACKET, 60);
	state_will_publish(writer, 0);
	state_will_publish(writer, 1);
	assert_int_equal(execute(fd, writer), 0);
	assert_int_equal(sent.frames_n, 1);
	assert_int_equal(sent.len, 12);
	assert_int_equal(sent.first, 0x31);
}

/* Return: whether the kernel keeps marks. */
static bool add_marked_address(void)
{
	struct kern_change change = { .add = true,
				      .address = { .ifindex = (int)if_nametoindex("v0"),
						   .family = 4,
						   .prefix_len = 24,
						   .bytes = { 10, 0, 0, 1 } } };
	struct kern_changer *changer;

	assert_int_equal(kern_changer_open(&changer), 0);
	assert_int_equal(kern_changer_apply(changer, &change, 1), 0);
	assert_int_equal(change.result, 0);
	kern_changer_close(changer);
	return change.marked;
}

/* What carries the mark goes whether or not a will has it; a farewell comes after that, too. */
static void test_will_sweeps_what_is_marked(void **unused)
{
	int fd;
	struct state *writer = begin(&fd);

	(void)unused;
	if (!add_marked_address())
		skip(); /* before 5.18 */
	put_state(writer, 0, true);
	state_will_begin(writer, 0);
	add_bytes(writer, 0, STATE_ENTRY_FRAME, 60);
	state_will_publish(writer, 0);
	assert_int_equal(execute(fd, writer), 1);
	assert_false(is_so(ADDRESS_IS_THERE));
	assert_int_equal(sent.frames_n, 1);
	assert_false(sent.address);
	assert_true(is_so(ROUTE_IS_THERE));
}

/* The first version had no wills: the farewells of those that the elections call Active. */
static void test_will_of_the_first_version_is_executed(void **unused)
{
	int fd;
	struct state *writer = begin(&fd);
	uint32_t table[11 * 6];

	(void)unused;
	for (unsigned i = 0; i < 2; i++) {
		put_state(writer, i, i == 1);
		state_will_begin(writer, i);
		add_bytes(writer, i, STATE_ENTRY_FRAME, 60 + i);
		state_will_publish(writer, i);
	}
	assert_int_equal(pread(fd, table, sizeof(table), 32), sizeof(table));
	assert_int_equal(table[9 * 6], 10); /* the tag of the section of wills */
	assert_int_equal(pwrite(fd, &(uint32_t){ 77 }, 4, 32 + 9 * 24), 4);
	assert_int_equal(execute(fd, writer), 0);
	assert_int_equal(sent.frames_n, 1);
	assert_int_equal(sent.len, 61);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_will_removes_an_object_of_a_kind_that_it_does_not_know),
		cmocka_unit_test(test_will_that_is_not_armed_removes_and_is_silent),
		cmocka_unit_test(test_will_leaves_what_is_not_held),
		cmocka_unit_test(test_will_that_was_torn_is_not_executed),
		cmocka_unit_test(test_will_passes_over_what_it_does_not_know),
		cmocka_unit_test(test_will_sends_packets),
		cmocka_unit_test(test_will_sweeps_what_is_marked),
		cmocka_unit_test(test_will_of_the_first_version_is_executed),
	};

	return cmocka_run_group_tests_name("will", tests, enter, leave);
}
