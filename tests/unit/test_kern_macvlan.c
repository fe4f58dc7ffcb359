/* SPDX-License-Identifier: MIT */
/*
 * Macvlans that carry a virtual router's MAC, on the kernel that runs: how they come and go, and
 * what a neighbour sees of them.
 */
#include "hosts.h"

#include <errno.h>
#include <poll.h>
#include <sys/socket.h>

#include "netlink/monitor.h"
#include "netlink/receive.h"
#include "netlink/reconcile.h"
#include "netlink/send.h"
#include "netlink/sweep.h"
#include "netlink/sysctl.h"

#define NAME4 "vrrp.51"
#define NAME6 "vrrp6.51"

static const uint8_t mac4[] = { 0x00, 0x00, 0x5e, 0x00, 0x01, 0x33 };
static const uint8_t mac6[] = { 0x00, 0x00, 0x5e, 0x00, 0x02, 0x33 };

static struct kern_changer *changer;
static struct kern_dump *dumper;
static struct kern_monitor *monitor;

static bool is_so(const char *command)
{
	return system(command) == 0;
}

static void on_nothing(const struct kern_object *object, void *arg)
{
	(void)object;
	(void)arg;
}

static int open_all(void **state)
{
	int err = connect_hosts(state);

	if (err || here < 0)
		return err;
	assert_int_equal(kern_changer_open(&changer), 0);
	assert_int_equal(kern_dump_open(&dumper), 0);
	assert_int_equal(kern_monitor_open(kern_changer_port(changer), &monitor), 0);
	return 0;
}

static int close_all(void **state)
{
	kern_changer_close(changer);
	kern_dump_close(dumper);
	kern_monitor_close(monitor);
	return close_namespaces(state);
}

static void clean(void)
{
	if (here < 0)
		skip();
	run("for i in $(ip -o link show | cut -d' ' -f2 | tr -d : | cut -d@ -f1 | "
	    "grep -vx 'lo\\|v0'); do ip link del $i 2>/dev/null; done; true");
	assert_int_equal(kern_monitor_dispatch(monitor, on_nothing, NULL), 0);
}

static struct kern_macvlan macvlan(const char *name, const uint8_t *mac)
{
	struct kern_macvlan it = { .ifindex = ifindex_here };

	strcpy(it.name, name);
	memcpy(it.mac, mac, sizeof(it.mac));
	return it;
}

static int apply(struct kern_change *change)
{
	assert_int_equal(kern_changer_apply(changer, change, 1), 0);
	return change->result;
}

static int create(const char *name, const uint8_t *mac)
{
	struct kern_change change = { .kind = KERN_KIND_MACVLAN,
				      .add = true,
				      .entry.macvlan = macvlan(name, mac) };

	return apply(&change);
}

static int set_up(const char *name, bool up)
{
	struct kern_change change = { .kind = KERN_KIND_UP,
				      .add = up,
				      .entry.up.ifindex = (int)if_nametoindex(name) };

	return apply(&change);
}

static void add_address(const char *name, const char *text, unsigned prefix_len)
{
	struct kern_change change = {
		.add = true,
		.address = { .ifindex = (int)if_nametoindex(name),
			     .family = strchr(text, ':') ? 6 : 4,
			     .prefix_len = (uint8_t)prefix_len },
	};

	assert_int_equal(
		inet_pton(strchr(text, ':') ? AF_INET6 : AF_INET, text, change.address.bytes), 1);
	assert_int_equal(apply(&change), 0);
}

/* ---- what there is ---- */

struct shown {
	enum kern_kind kind;
	unsigned n, gone_n, links_n;
	bool by_us;
	union kern_entry last;
	struct kern_link link;
};

static void on_object(const struct kern_object *object, void *arg)
{
	struct shown *shown = arg;

	if (object->type == KERN_OBJECT_LINK) {
		shown->links_n++;
		shown->link = object->link;
	}
	if (object->type != KERN_OBJECT_ENTRY || object->kind != shown->kind)
		return;
	shown->n++;
	shown->gone_n += object->gone;
	shown->by_us = object->by_us;
	shown->last = object->entry;
}

static struct shown dump_of(enum kern_kind kind, int ifindex)
{
	struct shown shown = { .kind = kind };

	assert_int_equal(kern_dump_interface(dumper, kind, ifindex, on_object, &shown), 0);
	return shown;
}

static struct shown events_of(enum kern_kind kind)
{
	struct shown shown = { .kind = kind };

	assert_int_equal(kern_monitor_dispatch(monitor, on_object, &shown), 0);
	return shown;
}

static void test_macvlan_is_known_by_its_mac(void **state)
{
	union kern_entry a = { .macvlan = { .name = NAME4 } }, b = a;

	(void)state;
	memcpy(a.macvlan.mac, mac4, 6);
	memcpy(b.macvlan.mac, mac6, 6);
	assert_false(kern_macvlan_ops.same(&a, &b));
	memcpy(b.macvlan.mac, mac4, 6);
	assert_true(kern_macvlan_ops.same(&a, &b) && kern_macvlan_ops.collide(&a, &b));
	assert_int_equal(kern_macvlan_ops.hash(&a), kern_macvlan_ops.hash(&b));
	assert_true(kern_macvlan_ops.equal(&a, &b));
	b.macvlan.other_mode = true;
	assert_false(kern_macvlan_ops.equal(&a, &b));
	b = a;
	strcpy(b.macvlan.name, NAME6);
	assert_true(kern_macvlan_ops.same(&a, &b));
	assert_false(kern_macvlan_ops.equal(&a, &b));
}

static void test_macvlan_is_created_down_marked_and_set(void **state)
{
	struct shown shown;

	(void)state;
	clean();
	assert_int_equal(create(NAME4, mac4), 0);
	shown = dump_of(KERN_KIND_MACVLAN, ifindex_here);
	assert_int_equal(shown.n, 1);
	assert_true(shown.last.macvlan.marked);
	assert_false(shown.last.macvlan.other_mode);
	assert_string_equal(shown.last.macvlan.name, NAME4);
	assert_memory_equal(shown.last.macvlan.mac, mac4, 6);
	assert_int_equal(shown.last.macvlan.ifindex, ifindex_here);
	assert_int_equal(shown.last.macvlan.own_ifindex, if_nametoindex(NAME4));
	assert_int_equal(dump_of(KERN_KIND_MACVLAN, ifindex_here + 1).n, 0);
	shown = dump_of(KERN_KIND_UP, (int)if_nametoindex(NAME4));
	assert_int_equal(shown.n, 1);
	assert_int_equal(shown.gone_n, 1);
	run("cd /proc/sys/net/ipv4/conf/" NAME4 " && test $(cat arp_ignore) = 1 && "
	    "test $(cat arp_announce) = 2 && test $(cat arp_filter) = 0 && "
	    "test $(cat rp_filter) = 2 && test $(cat promote_secondaries) = 1 && "
	    "test $(cat ignore_routes_with_linkdown) = 1 && "
	    "test $(cat /proc/sys/net/ipv6/conf/" NAME4 "/addr_gen_mode) = 1");
	/* Of the parent and of all nothing is changed. */
	run("cd /proc/sys/net/ipv4/conf && test $(cat v0/arp_ignore all/arp_ignore | sort -u) = 0 "
	    "&& test $(cat v0/arp_announce all/arp_announce | sort -u) = 0");
	shown = events_of(KERN_KIND_MACVLAN);
	assert_true(shown.n > 0 && shown.gone_n == 0);
	assert_true(shown.last.macvlan.marked);
	assert_true(shown.link.promotes);
}

static void test_macvlan_is_removed_by_its_index_or_by_its_name(void **state)
{
	struct kern_change change = { .kind = KERN_KIND_MACVLAN,
				      .entry.macvlan = macvlan(NAME4, mac4) };

	(void)state;
	clean();
	assert_int_equal(apply(&change), -ENODEV);
	assert_true(kern_macvlan_ops.contradicts(&change));
	assert_int_equal(create(NAME4, mac4), 0);
	assert_int_equal(apply(&change), 0);
	assert_int_equal(create(NAME4, mac4), 0);
	change.entry = dump_of(KERN_KIND_MACVLAN, ifindex_here).last;
	run("ip link set " NAME4 " name other && ip link add " NAME4 " type veth peer name v9");
	assert_int_equal(apply(&change), 0);
	assert_false(is_so("ip link show other 2>/dev/null"));
	assert_true(is_so("ip link show " NAME4 " >/dev/null"));
	assert_true(events_of(KERN_KIND_MACVLAN).gone_n > 0);
}

/* Neither is what has the name touched, nor does a dump of the parent show what is wrong. */
static void test_macvlan_name_that_is_taken_is_refused(void **state)
{
	struct kern_change changes[] = {
		{ .kind = KERN_KIND_MACVLAN, .add = true, .entry.macvlan = macvlan(NAME4, mac4) },
		{ .kind = KERN_KIND_MACVLAN, .add = true, .entry.macvlan = macvlan(NAME6, mac6) },
	};

	(void)state;
	clean();
	for (unsigned i = 0; i < 2; i++) {
		run(i ? "ip link add " NAME4 " type veth peer name v9"
		      : "ip link add " NAME4 " link v0 type macvlan mode private");
		assert_int_equal(kern_changer_apply(changer, changes, 2), 0);
		assert_int_equal(changes[0].result, -EEXIST);
		assert_false(changes[0].marked);
		assert_int_equal(changes[1].result, 0);
		assert_true(changes[1].marked);
		assert_false(kern_macvlan_ops.contradicts(&changes[0]));
		assert_false(is_so("ip link show " NAME4 " | grep -q alias"));
		assert_true(i || is_so("ip -d link show " NAME4 " | grep -q 'mode private'"));
		/* The same, with the refusal at the end of a batch. */
		assert_int_equal(kern_changer_apply(changer, changes, 1), 0);
		assert_int_equal(changes[0].result, -EEXIST);
		clean();
	}
	changes[0].entry.macvlan.ifindex = 9999;
	assert_int_equal(kern_changer_apply(changer, changes, 1), 0);
	assert_int_equal(changes[0].result, -ENODEV);
}

static unsigned swept_n;

static void on_swept(enum kern_kind kind, const union kern_entry *entry, int error, void *arg)
{
	(void)arg;
	assert_int_equal(kind, KERN_KIND_MACVLAN);
	assert_int_equal(error, 0);
	assert_true(entry->macvlan.marked);
	swept_n++;
}

/* As a crash leaves them, renamed meanwhile; and some of somebody else's. */
static void test_macvlan_sweep_finds_what_is_marked(void **state)
{
	(void)state;
	clean();
	assert_int_equal(create(NAME4, mac4), 0);
	assert_int_equal(create(NAME6, mac6), 0);
	run("ip link set " NAME6 " name other");
	assert_int_equal(set_up(NAME4, true), 0);
	run("ip link add vrrp.1 link v0 address 00:00:5e:00:01:01 type macvlan mode bridge && "
	    "ip link add v8 type veth peer name v9 && ip link set v8 alias " KERN_LINK_MARK);
	swept_n = 0;
	assert_int_equal(kern_sweep(dumper, changer, NULL, on_swept, NULL), 2);
	assert_int_equal(swept_n, 2);
	assert_true(is_so("ip link show vrrp.1 >/dev/null && ip link show v8 >/dev/null"));
	assert_false(is_so("ip link show other 2>/dev/null"));
}

static void test_macvlan_goes_up_and_down(void **state)
{
	struct shown shown;
	int own;

	(void)state;
	clean();
	assert_int_equal(create(NAME4, mac4), 0);
	own = (int)if_nametoindex(NAME4);
	(void)events_of(KERN_KIND_UP);
	for (unsigned round = 0; round < 2; round++) {
		assert_int_equal(set_up(NAME4, true), 0);
		assert_int_equal(set_up(NAME4, true), 0);
		shown = dump_of(KERN_KIND_UP, own);
		assert_int_equal(shown.n, 1);
		assert_int_equal(shown.gone_n, 0);
		assert_int_equal(shown.last.up.ifindex, own);
		shown = events_of(KERN_KIND_UP);
		assert_true(shown.n > 0 && !shown.last.up.down);
		/* no address of its own, so none that is tentative. */
		assert_false(is_so("ip -6 addr show dev " NAME4 " | grep -q inet6"));
		assert_int_equal(set_up(NAME4, false), 0);
		assert_int_equal(dump_of(KERN_KIND_UP, own).gone_n, 1);
		shown = events_of(KERN_KIND_UP);
		assert_true(shown.gone_n > 0 && shown.last.up.down);
	}
	/* A second one with its MAC cannot be up beside it, and whose link it is not is not ours.
	 */
	run("ip link add other link v0 address 00:00:5e:00:01:33 type macvlan mode bridge && "
	    "ip link set other up");
	assert_int_equal(dump_of(KERN_KIND_UP, (int)if_nametoindex("other")).n, 0);
	assert_int_equal(set_up(NAME4, true), -EADDRINUSE);
	assert_int_equal(dump_of(KERN_KIND_UP, 9999).n, 0);
}

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
	const struct kern_vrids vrids = { .words = { [1] = 1u << 0x13 } };
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

/* ---- as wants ---- */

enum {
	PARENT,
	OWN, /* the macvlan, as an interface */
	INTERFACES,
};

static struct kern_wants *wants;
static unsigned news[KERN_WANT_COUNT];

/* As the agent does: a link is tied by its name, an object shown to its interface. */
static void on_event(const struct kern_object *object, void *arg)
{
	const char *const names[INTERFACES] = { "v0", NAME4 };

	(void)arg;
	for (unsigned i = 0; i < INTERFACES && object->type == KERN_OBJECT_LINK; i++)
		if (strcmp(object->link.name, names[i]) == 0)
			kern_wants_interface(wants, i, object->gone ? 0 : object->link.ifindex,
					     object->link.promotes);
	if (object->type != KERN_OBJECT_ENTRY)
		return;
	if (kern_kinds[object->kind]->ifindex(&object->entry) == ifindex_here)
		(void)kern_wants_see(wants, PARENT, object);
	else if (kern_kinds[object->kind]->ifindex(&object->entry) == (int)if_nametoindex(NAME4))
		(void)kern_wants_see(wants, OWN, object);
}

/* So many turns of the agent as nothing is left to do after. */
static void settle(void)
{
	struct kern_news told[KERN_NEWS_MAX];
	int64_t now_ns = 1000000000;

	memset(news, 0, sizeof(news));
	for (unsigned turn = 0; turn < 6; turn++) {
		int n;

		assert_int_equal(kern_monitor_dispatch(monitor, on_event, NULL), 0);
		while ((n = kern_reconcile(wants, now_ns, told)) > 0)
			for (int i = 0; i < n; i++)
				news[told[i].what]++;
		assert_int_equal(n, 0);
	}
	assert_false(kern_wants_pending(wants));
}

static void add_wants(unsigned want[3])
{
	struct kern_want specs[] = {
		{ .kind = KERN_KIND_ADDRESS,
		  .interface = OWN,
		  .lease_s = 100,
		  .address = { .family = 4, .prefix_len = 24, .bytes = { 192, 0, 2, 100 } } },
		{ .kind = KERN_KIND_UP, .interface = OWN },
		{ .kind = KERN_KIND_MACVLAN,
		  .interface = PARENT,
		  .entry.macvlan = macvlan(NAME4, mac4) },
	};

	assert_int_equal(kern_wants_new(3, INTERFACES, changer, dumper, &wants), 0);
	for (unsigned i = 0; i < 3; i++) {
		want[i] = kern_wants_add(wants, &specs[i]);
		kern_wants_want(wants, want[i], true);
	}
	kern_wants_interface(wants, PARENT, ifindex_here, false);
}

static bool is_held(void)
{
	return is_so("ip addr show dev " NAME4 " up 2>/dev/null | grep -q '192.0.2.100/24'");
}

static void test_macvlan_as_a_want_comes_is_restored_and_goes(void **state)
{
	unsigned want[3];

	(void)state;
	clean();
	add_wants(want);
	settle();
	assert_true(is_held());
	assert_int_equal(news[KERN_WANT_ADDED], 3);
	for (unsigned i = 0; i < 3; i++)
		assert_true(kern_wants_has(wants, want[i]));
	assert_false(kern_wants_is_unmarked(wants, want[1]) ||
		     kern_wants_is_unmarked(wants, want[2]));
	/* F65: somebody removes it; somebody sets it down. */
	run("ip link del " NAME4);
	settle();
	assert_true(is_held());
	assert_int_equal(news[KERN_WANT_RESTORED], 1);
	assert_int_equal(news[KERN_WANT_FAILED], 0);
	run("ip link set " NAME4 " down");
	settle();
	assert_true(is_held());
	assert_int_equal(news[KERN_WANT_RESTORED], 1);
	/* Backup: down, without the address. */
	kern_wants_want(wants, want[0], false);
	kern_wants_want(wants, want[1], false);
	settle();
	assert_int_equal(news[KERN_WANT_REMOVED], 2);
	assert_true(is_so("ip link show " NAME4 " | grep -vq '[<,]UP[,>]'"));
	assert_false(is_so("ip addr show dev " NAME4 " | grep -q inet"));
	/* Renamed by somebody, it is removed all the same. */
	run("ip link set " NAME4 " name other");
	kern_wants_want(wants, want[2], false);
	settle();
	assert_int_equal(news[KERN_WANT_REMOVED], 1);
	assert_false(is_so("ip link show other 2>/dev/null"));
	kern_wants_free(wants);
}

/* What is there after a crash is taken over as it is, and what is somebody else's left alone. */
static void test_macvlan_as_a_want_that_is_there(void **state)
{
	unsigned want[3];

	(void)state;
	clean();
	assert_int_equal(create(NAME4, mac4), 0);
	add_wants(want);
	settle();
	assert_true(is_held());
	assert_int_equal(news[KERN_WANT_ADDED], 2);
	for (unsigned i = 0; i < 3; i++)
		kern_wants_want(wants, want[i], false);
	settle();
	assert_int_equal(news[KERN_WANT_REMOVED], 3);
	kern_wants_free(wants);
	clean();
	run("ip link add " NAME4 " link v0 address 00:00:5e:00:01:33 type macvlan mode private");
	add_wants(want);
	settle();
	assert_int_equal(news[KERN_WANT_FOREIGN], 1);
	kern_wants_want(wants, want[2], false);
	settle();
	assert_int_equal(news[KERN_WANT_KEPT], 1);
	assert_true(is_so("ip link show " NAME4 " >/dev/null"));
	kern_wants_free(wants);
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

/* RFC 4861 §4.4: who does not route says so in what it announces. */
static void test_link_says_whether_it_routes_ipv6(void **state)
{
	static const struct {
		const char *command;
		bool forwards;
	} rows[] = { { "echo 1 >/proc/sys/net/ipv6/conf/v0/forwarding", true },
		     { "echo 0 >/proc/sys/net/ipv6/conf/v0/forwarding", false },
		     { "echo 1 >/proc/sys/net/ipv6/conf/all/forwarding", true },
		     { "echo 0 >/proc/sys/net/ipv6/conf/all/forwarding", false } };

	(void)state;
	clean();
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct forwarding forwarding = { 0 };

		run(rows[i].command);
		assert_int_equal(kern_monitor_dispatch(monitor, on_forwarding, &forwarding), 0);
		assert_int_equal(forwarding.n, 1);
		assert_int_equal(forwarding.last.forwards6, rows[i].forwards);
		assert_int_equal(link_of("v0").forwards6, rows[i].forwards);
	}
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_macvlan_is_known_by_its_mac),
		cmocka_unit_test(test_macvlan_is_created_down_marked_and_set),
		cmocka_unit_test(test_macvlan_is_removed_by_its_index_or_by_its_name),
		cmocka_unit_test(test_macvlan_name_that_is_taken_is_refused),
		cmocka_unit_test(test_macvlan_sweep_finds_what_is_marked),
		cmocka_unit_test(test_macvlan_goes_up_and_down),
		cmocka_unit_test(test_macvlan_answers_with_the_virtual_mac),
		cmocka_unit_test(test_macvlan_that_is_down_is_deaf),
		cmocka_unit_test(test_macvlan_leaves_adverts_from_its_own_mac_to_the_parent),
		cmocka_unit_test(test_macvlan_as_a_want_comes_is_restored_and_goes),
		cmocka_unit_test(test_macvlan_as_a_want_that_is_there),
		cmocka_unit_test(test_macvlan_parent_tells_what_becomes_of_it),
		cmocka_unit_test(test_link_says_whether_it_routes_ipv6),
		cmocka_unit_test(test_sysctl_is_set_on_one_interface),
	};

	return cmocka_run_group_tests_name("kern_macvlan", tests, open_all, close_all);
}
