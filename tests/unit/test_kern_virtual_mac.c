/* SPDX-License-Identifier: MIT */
/*
 * What a neighbour sees of macvlans that carry a virtual router's MAC, and what the kernel tells of
 * the interface that they stand on.
 */
#include "macvlans.h"

#include <errno.h>
#include <poll.h>
#include <sys/socket.h>

#include "netlink/receive.h"
#include "netlink/send.h"
#include "netlink/sysctl.h"

/* ---- what a neighbour sees ---- */

static bool is_so_there(const char *command)
{
	bool so;

	enter(there);
	so = is_so(command);
	enter(here);
	return so;
}

/* Whether an address answers the neighbour: a host refuses what asks for a port that is closed. */
static bool answers(const char *text)
{
	struct sockaddr_in6 six = { .sin6_family = AF_INET6,
				    .sin6_port = htons(9),
				    .sin6_scope_id = (uint32_t)ifindex_there };
	struct sockaddr_in four = { .sin_family = AF_INET, .sin_port = htons(9) };
	bool is_six = strchr(text, ':');
	struct pollfd poller = { .events = POLLOUT };
	int error = 0;
	socklen_t len = sizeof(error);

	assert_int_equal(inet_pton(is_six ? AF_INET6 : AF_INET, text,
				   is_six ? (void *)&six.sin6_addr : (void *)&four.sin_addr),
			 1);
	enter(there);
	poller.fd = socket(is_six ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
	assert_true(poller.fd >= 0);
	(void)connect(poller.fd, is_six ? (void *)&six : (void *)&four,
		      is_six ? sizeof(six) : sizeof(four));
	(void)poll(&poller, 1, 1000);
	assert_int_equal(getsockopt(poller.fd, SOL_SOCKET, SO_ERROR, &error, &len), 0);
	close(poller.fd);
	enter(here);
	return error == ECONNREFUSED;
}

/* As the administrator of such a host sets it; see macvlan.h. */
static void let_parent_answer_for_itself(bool on)
{
	run(on ? "cd /proc/sys/net/ipv4/conf/v0 && echo 1 >arp_ignore && echo 2 >arp_announce"
	       : "cd /proc/sys/net/ipv4/conf/v0 && echo 0 >arp_ignore && echo 0 >arp_announce");
}

static void make_active(void)
{
	assert_int_equal(create(NAME4, mac4), 0);
	assert_int_equal(create(NAME6, mac6), 0);
	assert_int_equal(set_up(NAME4, true), 0);
	assert_int_equal(set_up(NAME6, true), 0);
	add_address(NAME4, "192.0.2.100", 24);
	add_address(NAME6, "2001:db8::100", 64);
	add_address(NAME6, "fe80::200:5eff:fe00:233", 64);
}

/* ARP and ND of both addresses have the virtual MAC. */
static void test_macvlan_answers_with_the_virtual_mac(void **state)
{
	(void)state;
	clean();
	let_parent_answer_for_itself(true);
	make_active();
	assert_true(answers("192.0.2.100"));
	assert_true(is_so_there("ip neigh show 192.0.2.100 | grep -q 'lladdr 00:00:5e:00:01:33'"));
	assert_true(answers("2001:db8::100"));
	assert_true(
		is_so_there("ip neigh show 2001:db8::100 | grep -q 'lladdr 00:00:5e:00:02:33'"));
	assert_true(answers("fe80::200:5eff:fe00:233"));
	assert_true(is_so_there(
		"ip neigh show fe80::200:5eff:fe00:233 | grep -q 'lladdr 00:00:5e:00:02:33'"));
	/* The host's own address keeps its own MAC. */
	assert_true(answers("192.0.2.1"));
	assert_false(is_so_there("ip neigh show 192.0.2.1 | grep -q '00:00:5e'"));
	/* a member of the solicited-node groups. */
	run("grep -q '" NAME6 " .*ff0200000000000000000001ff000100' /proc/net/igmp6 && "
	    "grep -q '" NAME6 " .*ff0200000000000000000001ff000233' /proc/net/igmp6");
	let_parent_answer_for_itself(false);
	assert_true(is_so_there("ip neigh flush dev v1"));
}

/* down, the host is deaf to the MAC, and answers for no address. */
static void test_macvlan_that_is_down_is_deaf(void **state)
{
	static const char routed[] = "198.51.100.9";

	(void)state;
	clean();
	make_active();
	run("ip addr add 198.51.100.9/32 dev lo");
	assert_true(is_so_there(
		"ip neigh replace 192.0.2.100 lladdr 00:00:5e:00:01:33 dev v1 nud permanent && "
		"ip route add 198.51.100.9/32 via 192.0.2.100 dev v1"));
	assert_true(answers(routed));
	run("ip addr del 192.0.2.100/24 dev " NAME4 " && ip addr del 2001:db8::100/64 dev " NAME6);
	assert_int_equal(set_up(NAME4, false), 0);
	assert_int_equal(set_up(NAME6, false), 0);
	assert_false(answers(routed));
	assert_true(is_so_there("ip neigh del 192.0.2.100 dev v1 && ip route del 198.51.100.9/32"));
	assert_false(answers("192.0.2.100"));
	assert_false(answers("2001:db8::100"));
	run("ip addr del 198.51.100.9/32 dev lo");
	assert_true(is_so_there("ip neigh flush dev v1"));
}

/* An advert from the neighbour, whose source MAC is the virtual one, too. */
static void send_advert_from_there(void)
{
	static const uint8_t group[] = { 224, 0, 0, 18 }, source[] = { 192, 0, 2, 2 };
	static const uint8_t advert[] = { 0x31, 0x33, 100, 0, 0, 100, 0, 0 };
	const struct kern_frame_ip ip = { .source_mac = mac4,
					  .source = source,
					  .destination = group,
					  .protocol = 112,
					  .ttl = 255,
					  .payload_len = sizeof(advert) };
	struct kern_sender *sender;
	const struct kern_sent *sent;
	uint8_t *frame;
	int fd;

	enter(there);
	fd = kern_sender_socket();
	assert_true(fd >= 0);
	assert_int_equal(kern_sender_open(fd, &sender), 0);
	frame = kern_sender_frame(sender, ifindex_there, KERN_FRAME_IP4_LEN + sizeof(advert), NULL,
				  0);
	kern_frame_ip4(frame, &ip);
	memcpy(frame + KERN_FRAME_IP4_LEN, advert, sizeof(advert));
	assert_int_equal(kern_sender_flush(sender, &sent), 1);
	assert_int_equal(sent[0].error, 0);
	kern_sender_close(sender);
	close(fd);
	enter(here);
}

static void on_packet(const struct kern_packet *packet, void *arg)
{
	*(int *)arg = packet->ifindex;
}

/* Two that are Active have the same MAC, and must hear each other. */
static void test_macvlan_leaves_adverts_from_its_own_mac_to_the_parent(void **state)
{
	static const uint8_t group[] = { 224, 0, 0, 18 };
	const struct kern_vrids vrids = { .set.words = { [1] = 1u << 0x13 } };
	struct kern_receiver *reader;
	uint32_t dropped;
	int member, heard_on = 0;

	(void)state;
	clean();
	make_active();
	assert_int_equal(kern_receiver_open(4, KERN_RECEIVER_READER, 112, &vrids, &reader), 0);
	assert_int_equal(kern_group_join(4, ifindex_here, group, &member), 0);
	send_advert_from_there();
	for (unsigned i = 0; heard_on == 0; i++) {
		assert_in_range(i, 0, 1000);
		usleep(1000);
		assert_true(kern_receiver_dispatch(reader, INT64_MAX, on_packet, &heard_on,
						   &dropped) >= 0);
	}
	assert_int_equal(heard_on, ifindex_here);
	close(member);
	kern_receiver_close(reader);
}

/* ---- the parent ---- */

static bool seen_of_parent(struct kern_link *ret_link)
{
	struct shown shown = { .kind = KERN_KIND_MACVLAN };
	int err = kern_dump_links(dumper, on_object, &shown);

	assert_int_equal(err, 0);
	shown = events_of(KERN_KIND_MACVLAN);
	*ret_link = shown.link;
	return shown.links_n > 0;
}

static void test_macvlan_parent_tells_what_becomes_of_it(void **state)
{
	struct kern_link link;

	(void)state;
	clean();
	run("ip link add p0 type veth peer name p1");
	assert_int_equal(set_up("p0", true), 0);
	ifindex_here = (int)if_nametoindex("p0");
	assert_int_equal(create(NAME4, mac4), 0);
	assert_int_equal(set_up(NAME4, true), 0);
	(void)events_of(KERN_KIND_MACVLAN);
	run("ip link set p0 mtu 1400");
	assert_true(seen_of_parent(&link));
	assert_true(is_so("ip link show " NAME4 " | grep -q 'mtu 1400'"));
	run("ip link set p0 down && ip link set p0 name p7");
	assert_true(seen_of_parent(&link));
	/* It goes with its parent, and says so. */
	run("ip link del p7");
	assert_true(events_of(KERN_KIND_MACVLAN).gone_n > 0);
	assert_int_equal(if_nametoindex(NAME4), 0);
	ifindex_here = (int)if_nametoindex("v0");
}

static struct kern_link link_of(const char *name)
{
	struct shown shown = { .kind = KERN_KIND_COUNT };
	char command[64];

	snprintf(command, sizeof(command), "ip link set %s alias x", name);
	(void)events_of(KERN_KIND_COUNT);
	run(command);
	assert_int_equal(kern_monitor_dispatch(monitor, on_object, &shown), 0);
	assert_string_equal(shown.link.name, name);
	return shown.link;
}

struct forwarding {
	unsigned n;
	struct kern_forwarding last;
};

static void on_forwarding(const struct kern_object *object, void *arg)
{
	struct forwarding *forwarding = arg;

	if (object->type != KERN_OBJECT_FORWARDING || object->forwarding.ifindex != ifindex_here)
		return;
	forwarding->n++;
	forwarding->last = object->forwarding;
}

/* RFC 4861 §4.4: who does not route IPv6 says so in what it announces. */
static void test_link_says_whether_it_routes(void **state)
{
	static const struct {
		const char *command;
		unsigned family;
		bool forwards;
	} rows[] = { { "echo 1 >/proc/sys/net/ipv6/conf/v0/forwarding", 6, true },
		     { "echo 0 >/proc/sys/net/ipv6/conf/v0/forwarding", 6, false },
		     { "echo 1 >/proc/sys/net/ipv6/conf/all/forwarding", 6, true },
		     { "echo 0 >/proc/sys/net/ipv6/conf/all/forwarding", 6, false },
		     { "echo 1 >/proc/sys/net/ipv4/conf/v0/forwarding", 4, true },
		     { "echo 0 >/proc/sys/net/ipv4/conf/v0/forwarding", 4, false },
		     { "echo 1 >/proc/sys/net/ipv4/ip_forward", 4, true },
		     { "echo 0 >/proc/sys/net/ipv4/ip_forward", 4, false } };
	struct kern_link link;

	(void)state;
	clean();
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct forwarding forwarding = { 0 };

		run(rows[i].command);
		assert_int_equal(kern_monitor_dispatch(monitor, on_forwarding, &forwarding), 0);
		assert_int_equal(forwarding.n, 1);
		assert_int_equal(forwarding.last.family, rows[i].family);
		assert_int_equal(forwarding.last.forwards, rows[i].forwards);
		link = link_of("v0");
		assert_int_equal(rows[i].family == 4 ? link.forwards4 : link.forwards6,
				 rows[i].forwards);
	}
}

static void test_link_says_whether_it_snoops(void **state)
{
	static const struct {
		const char *settings;
		bool snoops;
	} rows[] = { { "mcast_snooping 1 mcast_querier 0", true },
		     { "mcast_snooping 1 mcast_querier 1", false },
		     { "mcast_snooping 0 mcast_querier 0", false } };
	char command[128];

	(void)state;
	run("ip link add snoops up type bridge");
	ifindex_here = (int)if_nametoindex("snoops");
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		snprintf(command, sizeof(command), "ip link set snoops type bridge %s",
			 rows[i].settings);
		run(command);
		assert_int_equal(link_of("snoops").snoops, rows[i].snoops);
	}
	run("ip link delete snoops");
	ifindex_here = (int)if_nametoindex("v0");
}

/* no Router Advertisement makes an address of the virtual MAC. */
static void test_sysctl_is_set_on_one_interface(void **state)
{
	(void)state;
	clean();
	assert_int_equal(create(NAME4, mac4), 0);
	run("test $(cat /proc/sys/net/ipv6/conf/" NAME4 "/accept_ra) = 1");
	assert_int_equal(kern_sysctl_ip6(NAME4, "accept_ra", false), 0);
	assert_int_equal(kern_sysctl_ip6(NAME4, "accept_dad", false), 0);
	run("cd /proc/sys/net/ipv6/conf/" NAME4 " && test $(cat accept_ra) = 0 && "
	    "test $(cat accept_dad) = 0 && test $(cat ../v0/accept_ra) = 1");
	assert_int_equal(kern_sysctl_ip6(NAME4, "accept_ra", true), 0);
	run("test $(cat /proc/sys/net/ipv6/conf/" NAME4 "/accept_ra) = 1");
	assert_int_equal(kern_sysctl_ip6(NAME4, "no-such-setting", true), -ENOENT);
	assert_int_equal(kern_sysctl_ip6("absent", "accept_ra", true), -ENOENT);
	assert_int_equal(kern_sysctl_ip6("all", "accept_ra", true), -ENOENT);
	assert_int_equal(kern_sysctl_ip6("..", "accept_ra", true), -ENOENT);
}

/* also on a host that routes between some interfaces alone. */
static void test_sysctl_forwarding_is_that_of_the_interface_below(void **state)
{
	(void)state;
	clean();
	assert_int_equal(create(NAME4, mac4), 0);
	for (unsigned family = 4; family <= 6; family += 2) {
		char command[160];

		for (int on = 1; on >= 0; on--) {
			snprintf(command, sizeof(command),
				 "cd /proc/sys/net/ipv%u/conf && echo %d >v0/forwarding", family,
				 on);
			run(command);
			assert_int_equal(kern_sysctl_copy_forwarding(family, "v0", NAME4), 0);
			snprintf(command, sizeof(command),
				 "cd /proc/sys/net/ipv%u/conf && test $(cat " NAME4
				 "/forwarding) = %d && test $(cat default/forwarding) = 0",
				 family, on);
			run(command);
		}
		assert_int_equal(kern_sysctl_copy_forwarding(family, "absent", NAME4), -ENOENT);
		assert_int_equal(kern_sysctl_copy_forwarding(family, "v0", "all"), -ENOENT);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_macvlan_answers_with_the_virtual_mac),
		cmocka_unit_test(test_macvlan_that_is_down_is_deaf),
		cmocka_unit_test(test_macvlan_leaves_adverts_from_its_own_mac_to_the_parent),
		cmocka_unit_test(test_macvlan_parent_tells_what_becomes_of_it),
		cmocka_unit_test(test_link_says_whether_it_routes),
		cmocka_unit_test(test_link_says_whether_it_snoops),
		cmocka_unit_test(test_sysctl_is_set_on_one_interface),
		cmocka_unit_test(test_sysctl_forwarding_is_that_of_the_interface_below),
	};

	return cmocka_run_group_tests_name("kern_virtual_mac", tests, open_all, close_all);
}
