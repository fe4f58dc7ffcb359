/* SPDX-License-Identifier: MIT */
/*
 * Addresses of both families and their options: as messages, and on the kernel that runs, in a
 * network namespace of the test's own.
 */
#include "namespace.h"

#include <errno.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <net/if.h>

#include "netlink/monitor.h"
#include "netlink/prepared.h"
#include "netlink/sweep.h"

#define IFINDEX 7

/* "192.0.2.1/24" or "2001:db8::1/64", of no interface. */
static struct kern_address address(const char *text)
{
	struct kern_address a = { .family = strchr(text, ':') ? 6 : 4 };
	char bytes[INET6_ADDRSTRLEN];
	unsigned len;

	assert_int_equal(sscanf(text, "%45[^/]/%u", bytes, &len), 2);
	a.prefix_len = (uint8_t)len;
	assert_int_equal(inet_pton(a.family == 6 ? AF_INET6 : AF_INET, bytes, a.bytes), 1);
	return a;
}

static void set_bytes(uint8_t *bytes, const char *text)
{
	assert_int_equal(inet_pton(strchr(text, ':') ? AF_INET6 : AF_INET, text, bytes), 1);
}

static bool is_equal(const struct kern_address *wanted, const struct kern_address *shown)
{
	const union kern_entry a = { .address = *wanted }, b = { .address = *shown };

	return kern_address_ops.same(&a, &b) && kern_address_ops.equal(&a, &b);
}

static bool is_same(const char *one, const char *other)
{
	const union kern_entry a = { .address = address(one) }, b = { .address = address(other) };
	bool same = kern_address_ops.same(&a, &b);

	assert_true(!same || kern_address_ops.hash(&a) == kern_address_ops.hash(&b));
	return same;
}

static bool collide(const struct kern_address *one, const struct kern_address *other)
{
	const union kern_entry a = { .address = *one }, b = { .address = *other };

	return kern_address_ops.collide(&a, &b);
}

/* ---- what it is ---- */

static void test_address_is_the_same_whatever_its_prefix_length(void **state)
{
	(void)state;
	assert_true(is_same("192.0.2.1/24", "192.0.2.1/32"));
	assert_false(is_same("192.0.2.1/24", "192.0.2.2/24"));
	assert_true(is_same("2001:db8::1/64", "2001:db8::1/128"));
	assert_false(is_same("2001:db8::1/64", "2001:db8::2/64"));
	/* The same bytes as far as the shorter one has any. */
	assert_false(is_same("32.1.13.184/32", "2001:db8::/32"));
}

/* The kernel keeps IPv4 addresses by local one and subnet, IPv6 addresses by their bytes. */
static void test_address_collides_with_what_the_kernel_takes_for_it(void **state)
{
	struct kern_address a = address("192.0.2.1/24"), b = address("192.0.2.1/32");
	struct kern_address c = address("2001:db8::1/64"), d = address("2001:db8::1/128");

	(void)state;
	assert_true(collide(&a, &a));
	assert_false(collide(&a, &b));
	assert_true(collide(&c, &d));
	b = a;
	set_bytes(b.peer, "198.51.100.1");
	assert_false(collide(&a, &b));
	set_bytes(b.peer, "192.0.2.77");
	assert_true(collide(&a, &b));
	b = a;
	strcpy(b.label, "eth0:vip");
	assert_true(collide(&a, &b));
}

static void test_address_with_other_options_is_not_equal(void **state)
{
	static const char *const texts[] = { "192.0.2.1/24", "2001:db8::1/64" };

	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		struct kern_address wanted = address(texts[i]), shown = wanted;

		assert_true(is_equal(&wanted, &shown));
		shown.prefix_len++;
		assert_false(is_equal(&wanted, &shown));
		shown = wanted;
		shown.peer[0] = 1;
		assert_false(is_equal(&wanted, &shown));
		shown = wanted;
		shown.no_prefix_route = true;
		assert_false(is_equal(&wanted, &shown));
		shown = wanted;
		shown.deprecated = true;
		assert_false(is_equal(&wanted, &shown));
		/* Whose it is, for how long, and in what state is not what is wanted. */
		shown = wanted;
		shown.mark = 9;
		shown.metric = 1;
		shown.leased = shown.tentative = shown.ending = true;
		assert_true(is_equal(&wanted, &shown));
		/* IPv6 has no choice of these. */
		shown.scope = RT_SCOPE_LINK;
		assert_int_equal(is_equal(&wanted, &shown), wanted.family == 6);
	}
}

static void test_address_label_that_nobody_asked_for_is_the_interfaces_name(void **state)
{
	struct kern_address wanted = address("192.0.2.1/24"), shown = wanted;

	(void)state;
	strcpy(shown.label, "eth0");
	assert_true(is_equal(&wanted, &shown));
	strcpy(shown.label, "eth0:vip");
	assert_false(is_equal(&wanted, &shown));
	strcpy(wanted.label, "eth0:vip");
	assert_true(is_equal(&wanted, &shown));
	strcpy(shown.label, "eth0");
	assert_false(is_equal(&wanted, &shown));
}

static void test_address_broadcast_is_the_last_of_its_prefix(void **state)
{
	static const struct {
		const char *address, *broadcast;
	} rows[] = { { "192.0.2.1/24", "192.0.2.255" },    { "10.1.2.3/8", "10.255.255.255" },
		     { "192.0.2.129/25", "192.0.2.255" },  { "192.0.2.5/30", "192.0.2.7" },
		     { "192.0.2.5/31", "0.0.0.0" },        { "192.0.2.5/32", "0.0.0.0" },
		     { "10.1.2.3/0", "255.255.255.255" },  { "2001:db8::1/16", "0.0.0.0" },
		     { "172.16.77.1/20", "172.16.79.255" } };

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct kern_address a = address(rows[i].address);
		uint8_t expected[4];

		set_bytes(expected, rows[i].broadcast);
		memset(a.broadcast, 9, sizeof(a.broadcast));
		kern_address_set_broadcast(&a);
		assert_memory_equal(a.broadcast, expected, 4);
	}
}

static void test_address_link_local(void **state)
{
	static const struct {
		const char *address;
		bool link_local;
	} rows[] = { { "fe80::1/64", true },      { "febf::1/64", true },
		     { "fec0::1/64", false },     { "fe7f::1/64", false },
		     { "2001:db8::1/64", false }, { "169.254.3.4/16", true },
		     { "169.253.3.4/16", false } };

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct kern_address a = address(rows[i].address);

		assert_int_equal(kern_address_is_link_local(&a), rows[i].link_local);
	}
}

/* ---- messages ---- */

/* As the parser understands what is asked of the kernel. */
static struct kern_object parsed(const struct kern_change *change)
{
	_Alignas(struct nlmsghdr) uint8_t bytes[KERN_CHANGE_LEN_MAX];
	struct kern_object object;

	assert_true(kern_address_ops.put(bytes, change, 1) <= sizeof(bytes));
	kern_object_parse((const struct nlmsghdr *)(const void *)bytes, 0, &object);
	assert_int_equal(object.type, KERN_OBJECT_ENTRY);
	assert_int_equal(object.kind, KERN_KIND_ADDRESS);
	assert_int_equal(object.gone, !change->add);
	return object;
}

static void test_address_says_what_is_wanted(void **state)
{
	static const char *const texts[] = { "192.0.2.1/24", "2001:db8::1/64" };

	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		struct kern_change change = { .add = true, .address = address(texts[i]) };
		struct kern_address shown;

		change.address.ifindex = IFINDEX;
		shown = parsed(&change).address;
		assert_int_equal(shown.ifindex, IFINDEX);
		assert_int_equal(shown.mark, KERN_ADDRESS_MARK);
		assert_false(shown.leased);
		assert_true(is_equal(&change.address, &shown));
		assert_int_equal(shown.metric, change.address.metric);
		change.address.no_prefix_route = change.address.deprecated = true;
		change.address.metric = 0x12345678;
		memset(change.address.peer, 3, i ? 16 : 4);
		if (i == 0) {
			change.address.scope = RT_SCOPE_HOST;
			kern_address_set_broadcast(&change.address);
			strcpy(change.address.label, "an-interface:16");
		}
		change.lifetime_s = 4;
		shown = parsed(&change).address;
		assert_true(shown.leased);
		assert_false(shown.ending);
		shown.deprecated = true; /* the flag is the kernel's */
		assert_true(is_equal(&change.address, &shown));
		assert_int_equal(shown.metric, change.address.metric);
		change.add = false;
		shown = parsed(&change).address;
		assert_memory_equal(shown.bytes, change.address.bytes, 16);
		assert_int_equal(shown.prefix_len, change.address.prefix_len);
	}
}

/* An address as the kernel tells of it. */
struct told {
	struct nlmsghdr head;
	struct ifaddrmsg about;
	struct {
		struct nlattr head;
		uint8_t bytes[16];
	} address;
	struct {
		struct nlattr head;
		uint32_t word;
	} flags;
	struct {
		struct nlattr head;
		struct ifa_cacheinfo info;
	} life;
};

static struct told told(unsigned type, uint32_t flags, uint32_t valid_s)
{
	struct told told = {
		.head = { .nlmsg_len = sizeof(told), .nlmsg_type = (uint16_t)type },
		.about = { .ifa_family = AF_INET6, .ifa_prefixlen = 64, .ifa_index = IFINDEX },
		.address.head = { sizeof(told.address), IFA_ADDRESS },
		.flags = { { sizeof(told.flags), IFA_FLAGS }, flags },
		.life = { { sizeof(told.life), IFA_CACHEINFO }, { valid_s, valid_s, 0, 0 } },
	};

	told.about.ifa_flags = (uint8_t)flags;
	set_bytes(told.address.bytes, "fe80::1");
	return told;
}

static struct kern_object object_of(const struct told *told)
{
	struct kern_object object;

	kern_object_parse(&told->head, 0, &object);
	return object;
}

static void test_address_states_are_shown(void **state)
{
	struct told it = told(RTM_NEWADDR, IFA_F_PERMANENT, UINT32_MAX);
	struct kern_object object = object_of(&it);

	(void)state;
	assert_int_equal(object.address.family, 6);
	assert_int_equal(object.address.prefix_len, 64);
	assert_true(kern_address_is_usable(&object.address));
	assert_true(kern_address_is_link_local(&object.address));
	assert_false(object.address.leased || object.address.deprecated);
	it = told(RTM_NEWADDR, IFA_F_TENTATIVE, 9);
	object = object_of(&it);
	assert_true(object.address.tentative && object.address.leased);
	assert_false(object.address.failed || kern_address_is_usable(&object.address));
	it = told(RTM_NEWADDR, IFA_F_TENTATIVE | IFA_F_DADFAILED, 9);
	object = object_of(&it);
	assert_true(object.address.failed);
	assert_false(kern_address_is_usable(&object.address));
	it = told(RTM_NEWADDR, IFA_F_DEPRECATED | IFA_F_NOPREFIXROUTE, 9);
	object = object_of(&it);
	assert_true(object.address.deprecated && object.address.no_prefix_route);
	assert_true(kern_address_is_usable(&object.address));
	it.about.ifa_prefixlen = 129;
	assert_int_equal(object_of(&it).type, KERN_OBJECT_NONE);
}

/* The kernel signs no event of an IPv6 address: what is left of its lease tells theft from end. */
static void test_address_that_goes_before_its_time_was_not_taken_by_the_kernel(void **state)
{
	static const struct {
		uint32_t valid_s;
		bool by_kernel;
	} rows[] = {
		{ 0, true }, { 1, true }, { 2, false }, { 100, false }, { UINT32_MAX, false }
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct told it = told(RTM_DELADDR, 0, rows[i].valid_s);

		assert_int_equal(object_of(&it).by_kernel, rows[i].by_kernel);
	}
}

/* ---- the kernel ---- */

static struct kern_changer *changer;
static struct kern_dump *dumper;
static struct kern_monitor *monitor;
static int ifindex;

static int enter(void **state)
{
	(void)state;
	if (!enter_namespace())
		return 0; /* these tests skip */
	run("ip link set lo up");
	make_v0_and_v1();
	ifindex = (int)if_nametoindex("v0");
	assert_int_equal(kern_changer_open(&changer), 0);
	assert_int_equal(kern_dump_open(&dumper), 0);
	assert_int_equal(kern_monitor_open(kern_changer_port(changer), &monitor), 0);
	return 0;
}

static int leave(void **state)
{
	(void)state;
	kern_changer_close(changer);
	kern_dump_close(dumper);
	kern_monitor_close(monitor);
	return 0;
}

/* What was shown of one address. */
struct shown {
	struct kern_address of;
	unsigned n, gone_n;
	bool gone_by_kernel;
	struct kern_address last;
};

static void on_object(const struct kern_object *object, void *arg)
{
	struct shown *shown = arg;

	if (object->type != KERN_OBJECT_ENTRY || object->address.ifindex != ifindex ||
	    memcmp(object->address.bytes, shown->of.bytes, 16) != 0)
		return;
	shown->n++;
	shown->gone_n += object->gone;
	shown->last = object->address;
	if (object->gone)
		shown->gone_by_kernel = object->by_kernel;
}

static struct shown events_of(const struct kern_address *of)
{
	struct shown shown = { .of = *of };

	assert_int_equal(kern_monitor_dispatch(monitor, on_object, &shown), 0);
	return shown;
}

/* Of IPv6 the kernel tells later what it has done, and does not say for whom. */
static void wait_for_event(const struct kern_address *of)
{
	for (unsigned i = 0; events_of(of).n == 0; i++) {
		assert_in_range(i, 0, 1000);
		usleep(1000);
	}
}

static void clean(void)
{
	const struct kern_address none = { 0 };

	if (!changer)
		skip();
	run("ip -4 addr flush dev v0 && ip -6 addr flush dev v0 scope global");
	(void)events_of(&none);
}

static struct shown dump_of(const struct kern_address *of)
{
	struct shown all = { .of = *of }, shown = { .of = *of };

	assert_int_equal(kern_dump_kind(dumper, KERN_KIND_ADDRESS, on_object, &all), 0);
	assert_int_equal(kern_dump_interface(dumper, KERN_KIND_ADDRESS, ifindex, on_object, &shown),
			 0);
	assert_int_equal(all.n, shown.n);
	return shown;
}

static int apply(struct kern_change *change)
{
	assert_int_equal(kern_changer_apply(changer, change, 1), 0);
	return change->result;
}

static struct kern_change addition(const char *text)
{
	struct kern_change change = { .add = true, .address = address(text) };

	change.address.ifindex = ifindex;
	return change;
}

static int take_away(const struct kern_change *change)
{
	struct kern_change removal = { .address = change->address };

	return apply(&removal);
}

static void test_kernel_adds_and_removes_both_families(void **state)
{
	static const char *const texts[] = { "192.0.2.1/24", "2001:db8::1/64", "2001:db8::2/128",
					     "fe80::200:5eff:fe00:233/64" };

	(void)state;
	clean();
	for (unsigned i = 0; i < 4; i++) {
		struct kern_change change = addition(texts[i]);
		struct shown shown;

		assert_int_equal(apply(&change), 0);
		shown = dump_of(&change.address);
		assert_int_equal(shown.n, 1);
		assert_true(is_equal(&change.address, &shown.last));
		assert_true(kern_address_is_usable(&shown.last)); /* at once */
		if (change.address.family == 6)
			wait_for_event(&change.address);
		assert_false(shown.last.leased);
		assert_int_equal(apply(&change), -EEXIST);
		assert_int_equal(take_away(&change), 0);
		assert_int_equal(dump_of(&change.address).n, 0);
		assert_int_equal(take_away(&change), -EADDRNOTAVAIL);
		shown = events_of(&change.address);
		assert_int_equal(shown.gone_n, 1);
		assert_false(shown.last.family == 6 && shown.gone_by_kernel);
	}
}

static void test_kernel_keeps_what_is_wanted(void **state)
{
	struct kern_change full[] = { addition("192.0.2.1/24"), addition("2001:db8::1/64"),
				      addition("192.0.2.9/32"), addition("2001:db8::9/128") };

	(void)state;
	clean();
	full[0].address.no_prefix_route = full[1].address.no_prefix_route = true;
	full[0].address.deprecated = full[1].address.deprecated = true;
	full[0].address.scope = RT_SCOPE_LINK;
	kern_address_set_broadcast(&full[0].address);
	strcpy(full[0].address.label, "v0:vip");
	set_bytes(full[2].address.peer, "198.51.100.7");
	set_bytes(full[3].address.peer, "2001:db8:7::7");
	for (unsigned i = 0; i < 4; i++) {
		struct shown shown;

		full[i].lifetime_s = i % 2 ? 100 : 0;
		assert_int_equal(apply(&full[i]), 0);
		shown = dump_of(&full[i].address);
		assert_int_equal(shown.n, 1);
		assert_true(is_equal(&full[i].address, &shown.last));
		assert_int_equal(shown.last.leased, i % 2);
	}
	assert_true(is_so("ip addr show dev v0 | grep -q 'inet 192.0.2.1/24 brd 192.0.2.255 scope "
			  "link deprecated.* noprefixroute.* v0:vip'"));
	assert_true(
		is_so("ip addr show dev v0 | grep -q 'inet6 2001:db8::9 peer 2001:db8:7::7/128'"));
	assert_false(is_so("ip route show dev v0 | grep -q '^192.0.2.0/24'"));
	assert_false(is_so("ip -6 route show dev v0 | grep -q '^2001:db8::/64'"));
	for (unsigned i = 0; i < 4; i++)
		assert_int_equal(take_away(&full[i]), 0);
}

static void test_kernel_renews_leases(void **state)
{
	static const char *const texts[] = { "192.0.2.1/24", "2001:db8::1/64", "2001:db8::2/128" };

	(void)state;
	clean();
	for (unsigned i = 0; i < 3; i++) {
		struct kern_change change = addition(texts[i]);
		struct shown shown;

		change.lifetime_s = 100;
		change.address.deprecated = i == 2;
		assert_int_equal(apply(&change), 0);
		assert_true(dump_of(&change.address).last.leased);
		change.renew = true;
		change.lifetime_s = 0;
		assert_int_equal(apply(&change), 0);
		assert_false(dump_of(&change.address).last.leased);
		change.lifetime_s = 100;
		assert_int_equal(apply(&change), 0);
		shown = dump_of(&change.address);
		assert_true(shown.last.leased);
		assert_int_equal(shown.last.deprecated, i == 2);
		assert_true(kern_address_is_usable(&shown.last));
		(void)events_of(&change.address);
	}
}

/* Each lease ends within 1 and 2.3 s: a test that waits for the kernel. */
static void test_kernel_tells_the_end_of_a_lease_from_a_removal(void **state)
{
	struct kern_change change[] = { addition("2001:db8::1/64"), addition("2001:db8::2/64") };

	(void)state;
	clean();
	change[0].lifetime_s = 1;
	change[1].lifetime_s = 4;
	assert_int_equal(apply(&change[0]), 0);
	assert_int_equal(apply(&change[1]), 0);
	(void)events_of(&change[0].address);
	for (unsigned i = 0; dump_of(&change[0].address).n; i++) {
		assert_in_range(i, 0, 300);
		usleep(10000);
	}
	assert_true(events_of(&change[0].address).gone_by_kernel);
	change[1].renew = true;
	assert_int_equal(apply(&change[1]), 0);
	run("ip addr del 2001:db8::2/64 dev v0");
	assert_false(events_of(&change[1].address).gone_by_kernel);
}

/* As a crash leaves them; and one of somebody else's. */
static bool is_swept[2];

static void on_swept(enum kern_kind kind, const union kern_entry *entry, int error, void *arg)
{
	(void)arg;
	assert_int_equal(kind, KERN_KIND_ADDRESS);
	assert_int_equal(error, 0);
	is_swept[entry->address.family == 6] = true;
}

static void test_sweep_finds_both_families(void **state)
{
	struct kern_change four = addition("192.0.2.1/24"), six = addition("2001:db8::1/64");
	struct kern_change peer = addition("192.0.2.9/32");
	const struct kern_address other = address("2001:db8::3/64");

	(void)state;
	clean();
	set_bytes(peer.address.peer, "198.51.100.7");
	run("ip addr add 2001:db8::3/64 dev v0");
	assert_int_equal(apply(&four), 0);
	assert_int_equal(apply(&six), 0);
	assert_int_equal(apply(&peer), 0);
	if (dump_of(&six.address).last.mark == 0)
		skip(); /* before 5.18 */
	assert_int_equal(kern_sweep(dumper, changer, NULL, on_swept, NULL), 3);
	assert_true(is_swept[0] && is_swept[1]);
	assert_int_equal(dump_of(&other).n, 1);
}

static void test_prepared_removal_of_both_families(void **state)
{
	static const char *const texts[] = { "192.0.2.1/24", "2001:db8::1/64" };
	struct kern_prepared *prepared;

	(void)state;
	clean();
	assert_int_equal(kern_prepared_open(&prepared), 0);
	for (unsigned i = 0; i < 2; i++) {
		struct kern_change change = addition(texts[i]);
		struct kern_change removal = { .promote = true, .address = change.address };
		_Alignas(8) uint8_t bytes[KERN_CHANGE_LEN_MAX];
		const struct kern_transaction transaction = {
			.protocol = NETLINK_ROUTE,
			.setting = kern_address_ops.setting(&removal),
			.bytes = bytes,
			.len = kern_address_ops.put(bytes, &removal, 0),
		};

		assert_int_equal(transaction.setting != 0, change.address.family == 4);
		assert_int_equal(apply(&change), 0);
		kern_prepared_add(prepared, &transaction);
		kern_prepared_add(prepared, &transaction);
		assert_int_equal(dump_of(&change.address).n, 1);
	}
	assert_int_equal(kern_prepared_flush(prepared).removed_n, 2);
	assert_int_equal(dump_of(&(struct kern_address){ 0 }).n, 0);
	kern_prepared_close(prepared);
}

/* Another one's link-local address, heard of while it is not usable yet. */
static void test_kernel_shows_how_a_detection_goes(void **state)
{
	const struct kern_address own = address("2001:db8::5/64");
	struct shown shown;

	(void)state;
	clean();
	run("ip addr add 2001:db8::5/64 dev v0");
	shown = events_of(&own);
	assert_int_equal(shown.n, 1);
	assert_true(shown.last.tentative);
	for (unsigned i = 0; shown.n == 0 || shown.last.tentative; i++) {
		assert_in_range(i, 0, 500);
		usleep(10000);
		shown = events_of(&own);
	}
	assert_true(kern_address_is_usable(&shown.last));
	run("ip addr add 2001:db8::6/64 dev v1 nodad && ip addr add 2001:db8::6/64 dev v0");
	for (unsigned i = 0; !shown.last.failed; i++) {
		const struct kern_address doubled = address("2001:db8::6/64");

		assert_in_range(i, 0, 500);
		usleep(10000);
		shown = events_of(&doubled);
	}
	assert_false(kern_address_is_usable(&shown.last));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_address_is_the_same_whatever_its_prefix_length),
		cmocka_unit_test(test_address_collides_with_what_the_kernel_takes_for_it),
		cmocka_unit_test(test_address_with_other_options_is_not_equal),
		cmocka_unit_test(test_address_label_that_nobody_asked_for_is_the_interfaces_name),
		cmocka_unit_test(test_address_broadcast_is_the_last_of_its_prefix),
		cmocka_unit_test(test_address_link_local),
		cmocka_unit_test(test_address_says_what_is_wanted),
		cmocka_unit_test(test_address_states_are_shown),
		cmocka_unit_test(
			test_address_that_goes_before_its_time_was_not_taken_by_the_kernel),
		cmocka_unit_test(test_kernel_adds_and_removes_both_families),
		cmocka_unit_test(test_kernel_keeps_what_is_wanted),
		cmocka_unit_test(test_kernel_renews_leases),
		cmocka_unit_test(test_kernel_tells_the_end_of_a_lease_from_a_removal),
		cmocka_unit_test(test_sweep_finds_both_families),
		cmocka_unit_test(test_prepared_removal_of_both_families),
		cmocka_unit_test(test_kernel_shows_how_a_detection_goes),
	};

	return cmocka_run_group_tests_name("kern_address", tests, enter, leave);
}
