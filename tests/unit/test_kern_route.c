/* SPDX-License-Identifier: MIT */
/*
 * Routes and rules as the kernel that runs takes and shows them, in a network namespace of the
 * test's own: what carries vipd's mark is found, changed and removed; what does not, never.
 */
#include "namespace.h"

#include <errno.h>
#include <linux/fib_rules.h>
#include <linux/rtnetlink.h>
#include <net/if.h>

#include "netlink/monitor.h"
#include "netlink/reconcile.h"
#include "netlink/sweep.h"

static struct kern_changer *changer;
static struct kern_dump *dumper;
static struct kern_monitor *monitor;
static int v0, v1;

static int enter(void **state)
{
	const struct kern_monitor_routes routes = { .lens_n = 2, .lens = { 0, 24 } };

	(void)state;
	if (!enter_namespace())
		return 0; /* the tests of the kernel are skipped then */
	run("ip link set lo up && ip link add v0 type veth peer name p0 && ip link add v1 type "
	    "veth peer name p1 && ip link set p0 up && ip link set p1 up");
	v0 = (int)if_nametoindex("v0");
	v1 = (int)if_nametoindex("v1");
	assert_int_equal(kern_changer_open(&changer), 0);
	assert_int_equal(kern_dump_open(&dumper), 0);
	assert_int_equal(kern_monitor_open(kern_changer_port(changer), &monitor), 0);
	assert_int_equal(kern_monitor_add_routes(monitor, &routes), 0);
	return 0;
}

static int leave(void **state)
{
	(void)state;
	kern_monitor_close(monitor);
	kern_dump_close(dumper);
	kern_changer_close(changer);
	return 0;
}

/* What was shown of one kind: how many, how many gone, and the last one. */
struct shown {
	enum kern_kind kind;
	unsigned n, gone_n, by_us_n;
	union kern_entry last;
};

static void on_object(const struct kern_object *object, void *arg)
{
	struct shown *shown = arg;

	if (object->type != KERN_OBJECT_ENTRY || object->kind != shown->kind)
		return;
	shown->n++;
	shown->gone_n += object->gone;
	shown->by_us_n += object->by_us;
	shown->last = object->entry;
}

static struct shown events_of(enum kern_kind kind)
{
	struct shown shown = { .kind = kind };

	assert_int_equal(kern_monitor_dispatch(monitor, on_object, &shown), 0);
	return shown;
}

static struct shown dump_of(enum kern_kind kind)
{
	struct shown shown = { .kind = kind };

	assert_int_equal(kern_dump_interface(dumper, kind, KERN_HOST, on_object, &shown), 0);
	return shown;
}

/* Both interfaces have an address of each family, and nothing of ours is there. */
static void clean(void)
{
	if (!changer)
		skip();
	run("ip link set v0 down && ip link set v1 down");
	run("ip -4 addr flush dev v0; ip -4 addr flush dev v1");
	run("ip link set v0 up && ip link set v1 up");
	run("ip addr add 192.0.2.2/24 dev v0 && ip addr add 198.51.100.2/24 dev v1");
	run("ip addr add 2001:db8::2/64 dev v0 nodad && ip addr add 2001:db8:1::2/64 dev v1 nodad");
	(void)events_of(KERN_KIND_ROUTE);
	assert_int_equal(dump_of(KERN_KIND_ROUTE).n, 0);
	assert_int_equal(dump_of(KERN_KIND_RULE).n, 0);
}

static int apply(enum kern_kind kind, const union kern_entry *entry, bool add)
{
	struct kern_change change = { .kind = kind, .add = add, .entry = *entry };

	assert_int_equal(kern_changer_apply(changer, &change, 1), 0);
	assert_int_equal(change.marked, add && change.result == 0);
	return change.result;
}

static int add_route(const struct kern_route *route)
{
	return apply(KERN_KIND_ROUTE, &(union kern_entry){ .route = *route }, true);
}

static int remove_route(const struct kern_route *route)
{
	return apply(KERN_KIND_ROUTE, &(union kern_entry){ .route = *route }, false);
}

static bool is_equal(const struct kern_route *wanted, const union kern_entry *shown)
{
	const union kern_entry entry = { .route = *wanted };

	return kern_route_ops.same(&entry, shown) && kern_route_ops.equal(&entry, shown) &&
	       kern_route_ops.hash(&entry) == kern_route_ops.hash(shown);
}

/* "192.0.2.0/24" */
static struct kern_route route_to(const char *text)
{
	struct kern_route route = { .family = strchr(text, ':') ? 6 : 4,
				    .type = RTN_UNICAST,
				    .table = RT_TABLE_MAIN };
	char bytes[INET6_ADDRSTRLEN];
	unsigned len;

	assert_int_equal(sscanf(text, "%45[^/]/%u", bytes, &len), 2);
	set_address(route.bytes, bytes);
	route.prefix_len = (uint8_t)len;
	return route;
}

static struct kern_hop hop(const char *via, int ifindex)
{
	struct kern_hop hop = { .ifindex = ifindex, .weight = 1 };

	if (via) {
		hop.family = strchr(via, ':') ? 6 : 4;
		set_address(hop.via, via);
	}
	return hop;
}

/* ---- routes ---- */

static void test_kernel_keeps_a_route_as_wanted(void **state)
{
	struct kern_hop hops[] = { hop("192.0.2.9", 0),    hop("2001:db8::9", 0),
				   hop(NULL, v0),          hop("2001:db8::7", v0),
				   hop("203.0.113.1", v0), hop("fe80::1", v1) };
	struct kern_route routes[] = {
		route_to("0.0.0.0/0"),        route_to("::/0"),
		route_to("203.0.113.0/24"),   route_to("203.0.113.0/25"),
		route_to("203.0.113.128/25"), route_to("2001:db8:7::/48"),
	};

	(void)state;
	clean();
	set_address(routes[0].source, "192.0.2.2");
	set_address(routes[1].source, "2001:db8::2");
	routes[2].scope = RT_SCOPE_LINK;
	routes[2].table = 1000;
	routes[2].metric = 7;
	routes[4].onlink = true;
	routes[5].metric = 5;
	for (unsigned i = 0; i < 6; i++) {
		struct shown shown;

		kern_route_set_hops(&routes[i], &hops[i], 1);
		assert_int_equal(add_route(&routes[i]), 0);
		shown = dump_of(KERN_KIND_ROUTE);
		assert_int_equal(shown.n, 1);
		assert_true(is_equal(&routes[i], &shown.last));
		assert_int_equal(shown.last.route.mark, KERN_ROUTE_MARK);
		assert_int_equal(shown.last.route.ifindex, i == 5 ? v1 : v0);
		shown = events_of(KERN_KIND_ROUTE);
		assert_int_equal(shown.n, 1);
		assert_int_equal(shown.by_us_n, 1);
		assert_int_equal(remove_route(&routes[i]), 0);
		assert_int_equal(dump_of(KERN_KIND_ROUTE).n, 0);
		assert_int_equal(events_of(KERN_KIND_ROUTE).gone_n, 1);
		assert_int_equal(remove_route(&routes[i]), -ESRCH);
	}
}

static void test_kernel_keeps_routes_that_lead_nowhere(void **state)
{
	static const uint8_t types[] = { RTN_BLACKHOLE, RTN_UNREACHABLE, RTN_PROHIBIT };
	static const char *const texts[] = { "203.0.113.0/24", "2001:db8:7::/48" };

	(void)state;
	clean();
	for (unsigned i = 0; i < 6; i++) {
		struct kern_route route = route_to(texts[i / 3]);
		struct shown shown;

		route.type = types[i % 3];
		assert_int_equal(add_route(&route), 0);
		shown = dump_of(KERN_KIND_ROUTE);
		assert_int_equal(shown.n, 1);
		assert_true(is_equal(&route, &shown.last));
		route.type = types[(i + 1) % 3];
		assert_false(is_equal(&route, &shown.last));
		assert_int_equal(remove_route(&route), 0);
	}
}

static void test_kernel_keeps_several_ways_in_any_order(void **state)
{
	static const char *const vias[][2] = { { "192.0.2.9", "198.51.100.9" },
					       { "2001:db8::9", "2001:db8:1::9" } };
	static const char *const texts[] = { "0.0.0.0/0", "::/0" };

	(void)state;
	clean();
	for (unsigned i = 0; i < 2; i++) {
		struct kern_hop hops[] = { hop(vias[i][0], v0), hop(vias[i][1], v1) };
		struct kern_hop turned[] = { hops[1], hops[0] };
		struct kern_route route = route_to(texts[i]);
		struct shown shown;

		hops[1].weight = turned[0].weight = 3;
		kern_route_set_hops(&route, hops, 2);
		assert_int_equal(add_route(&route), 0);
		shown = dump_of(KERN_KIND_ROUTE);
		assert_int_equal(shown.n, 1);
		assert_true(is_equal(&route, &shown.last));
		kern_route_set_hops(&route, turned, 2);
		assert_true(is_equal(&route, &shown.last));
		turned[0].weight = 4;
		kern_route_set_hops(&route, turned, 2);
		assert_false(is_equal(&route, &shown.last));
		/* Another addition replaces what is ours. */
		kern_route_set_hops(&route, hops, 1);
		assert_int_equal(add_route(&route), 0);
		shown = dump_of(KERN_KIND_ROUTE);
		assert_int_equal(shown.n, 1);
		assert_true(is_equal(&route, &shown.last));
		assert_int_equal(remove_route(&route), 0);
		assert_int_equal(dump_of(KERN_KIND_ROUTE).n, 0);
	}
}

/* The most that one can say fits where a change is written. */
static void test_route_of_eight_ways_fits_into_a_change(void **state)
{
	_Alignas(8) uint8_t buf[2 * KERN_CHANGE_LEN_MAX] = { 0 };
	struct kern_change change = { .kind = KERN_KIND_ROUTE, .add = true };
	struct kern_hop hops[KERN_HOPS_MAX];

	(void)state;
	for (unsigned family = 4; family <= 6; family += 2) {
		struct kern_route *route = &change.entry.route;

		for (unsigned i = 0; i < KERN_HOPS_MAX; i++)
			hops[i] = hop("2001:db8::1", 7);
		*route = route_to(family == 6 ? "2001:db8::/32" : "192.0.2.0/24");
		route->metric = 1;
		memset(route->source, 1, sizeof(route->source));
		kern_route_set_hops(route, hops, KERN_HOPS_MAX);
		assert_in_range(kern_route_ops.put(buf, &change, 1), 1, KERN_CHANGE_LEN_MAX);
		change.add = false;
		assert_in_range(kern_route_ops.put(buf, &change, 1), 1, kern_route_ops.removal_len);
		change.add = true;
	}
}

static void test_kernel_leads_ip4_over_ip6(void **state)
{
	struct kern_hop hops[] = { hop("fe80::1", v0), hop("fe80::2", v1) };
	struct kern_route route = route_to("203.0.113.0/24");

	(void)state;
	clean();
	for (unsigned n = 1; n <= 2; n++) {
		struct shown shown;

		kern_route_set_hops(&route, hops, n);
		assert_int_equal(add_route(&route), 0);
		shown = dump_of(KERN_KIND_ROUTE);
		assert_int_equal(shown.n, 1);
		assert_true(is_equal(&route, &shown.last));
	}
	assert_int_equal(remove_route(&route), 0);
}

static void test_route_of_somebody_else_is_never_touched(void **state)
{
	static const char *const made[] = { "ip route add default via 192.0.2.77",
					    "ip -6 route add default via 2001:db8::77" };
	static const char *const kept[] = { "ip route show default | grep -q '192.0.2.77'",
					    "ip -6 route show default | grep -q 2001:db8::77" };
	static const char *const gone[] = { "ip route del default", "ip -6 route del default" };
	struct kern_hop hops[] = { hop("192.0.2.9", v0), hop("2001:db8::9", v0) };
	struct kern_route routes[] = { route_to("0.0.0.0/0"), route_to("::/0") };

	(void)state;
	clean();
	for (unsigned i = 0; i < 2; i++) {
		kern_route_set_hops(&routes[i], &hops[i], 1);
		run(made[i]);
		assert_int_equal(add_route(&routes[i]), -EEXIST);
		assert_int_equal(remove_route(&routes[i]), -ESRCH);
		assert_true(is_so(kept[i]));
		assert_int_equal(dump_of(KERN_KIND_ROUTE).n, 0);
		assert_int_equal(events_of(KERN_KIND_ROUTE).n, 0);
		/* With another metric there is room for ours. */
		routes[i].metric = 50;
		assert_int_equal(add_route(&routes[i]), 0);
		assert_int_equal(remove_route(&routes[i]), 0);
		assert_true(is_so(kept[i]));
		run(gone[i]);
		(void)events_of(KERN_KIND_ROUTE);
	}
}

/* As ip route replace does, and whoever speaks DHCP. */
static void test_route_that_somebody_replaces_is_gone(void **state)
{
	static const char *const replaced[] = { "ip route replace default via 192.0.2.77",
						"ip -6 route replace default via 2001:db8::77" };
	static const char *const gone[] = { "ip route del default", "ip -6 route del default" };
	struct kern_hop hops[] = { hop("192.0.2.9", v0), hop("2001:db8::9", v0) };
	struct kern_route routes[] = { route_to("0.0.0.0/0"), route_to("::/0") };

	(void)state;
	clean();
	for (unsigned i = 0; i < 2; i++) {
		struct shown shown;

		kern_route_set_hops(&routes[i], &hops[i], 1);
		assert_int_equal(add_route(&routes[i]), 0);
		(void)events_of(KERN_KIND_ROUTE);
		run(replaced[i]);
		shown = events_of(KERN_KIND_ROUTE);
		assert_int_equal(shown.gone_n, 1);
		assert_true(kern_route_ops.same(&(union kern_entry){ .route = routes[i] },
						&shown.last));
		assert_int_equal(shown.by_us_n, 0);
		run(gone[i]);
	}
	/* What is of no length that is asked for wakes nobody. */
	run("ip route add 203.0.113.0/28 dev v0 && ip route replace 203.0.113.0/28 dev v1");
	assert_int_equal(events_of(KERN_KIND_ROUTE).n, 0);
	run("ip route del 203.0.113.0/28");
}

/* It says nothing about IPv4: kern_wants_suspect() is for that. */
static void test_kernel_removes_routes_with_an_interface_or_a_source(void **state)
{
	struct kern_hop hops[] = { hop("192.0.2.9", v0) };
	struct kern_route route = route_to("203.0.113.0/24");

	(void)state;
	clean();
	set_address(route.source, "198.51.100.2");
	kern_route_set_hops(&route, hops, 1);
	assert_int_equal(add_route(&route), 0);
	run("ip addr del 198.51.100.2/24 dev v1");
	assert_int_equal(dump_of(KERN_KIND_ROUTE).n, 0);
	memset(route.source, 0, sizeof(route.source));
	assert_int_equal(add_route(&route), 0);
	run("ip link set v0 down");
	assert_int_equal(dump_of(KERN_KIND_ROUTE).n, 0);
	run("ip link set v0 up");
	assert_int_equal(dump_of(KERN_KIND_ROUTE).n, 0);
}

/* ---- rules ---- */

static int add_rule(const struct kern_rule *rule)
{
	return apply(KERN_KIND_RULE, &(union kern_entry){ .rule = *rule }, true);
}

static int remove_rule(const struct kern_rule *rule)
{
	return apply(KERN_KIND_RULE, &(union kern_entry){ .rule = *rule }, false);
}

static bool is_same(const struct kern_rule *wanted, const union kern_entry *shown)
{
	const union kern_entry entry = { .rule = *wanted };

	return kern_rule_ops.same(&entry, shown) &&
	       kern_rule_ops.hash(&entry) == kern_rule_ops.hash(shown);
}

static struct kern_rule full_rule(uint8_t family)
{
	struct kern_rule rule = { .family = family,
				  .action = FR_ACT_TO_TBL,
				  .from_len = 24,
				  .to_len = 16,
				  .iif = "v0",
				  .oif = "not.there",
				  .fwmark = 0x10,
				  .fwmask = 0xff,
				  .table = 1000,
				  .priority = 77 };

	set_address(rule.from, family == 6 ? "2001:d00::" : "192.0.2.0");
	set_address(rule.to, family == 6 ? "2001::" : "198.51.0.0");
	return rule;
}

static void test_kernel_keeps_a_rule_exactly_once(void **state)
{
	(void)state;
	clean();
	for (uint8_t family = 4; family <= 6; family += 2) {
		struct kern_rule rules[] = {
			full_rule(family),
			{ .family = family, .action = FR_ACT_TO_TBL, .table = 7, .priority = 78 },
			{ .family = family, .action = FR_ACT_UNREACHABLE, .priority = 79 },
			{ .family = family, .action = FR_ACT_PROHIBIT, .priority = 80 },
			{ .family = family, .action = FR_ACT_BLACKHOLE, .priority = 81 },
		};

		for (unsigned i = 0; i < 5; i++) {
			struct shown shown;

			(void)events_of(KERN_KIND_RULE);
			assert_int_equal(add_rule(&rules[i]), 0);
			assert_int_equal(add_rule(&rules[i]), 0);
			shown = dump_of(KERN_KIND_RULE);
			assert_int_equal(shown.n, 1);
			assert_true(is_same(&rules[i], &shown.last));
			shown = events_of(KERN_KIND_RULE);
			assert_true(is_same(&rules[i], &shown.last));
			assert_int_equal(remove_rule(&rules[i]), 0);
			assert_int_equal(dump_of(KERN_KIND_RULE).n, 0);
			assert_int_equal(remove_rule(&rules[i]), -ENOENT);
		}
	}
}

static void test_rule_of_somebody_else_is_never_touched(void **state)
{
	struct kern_rule rule = {
		.family = 4, .action = FR_ACT_TO_TBL, .from_len = 24, .table = 1000, .priority = 77
	};

	(void)state;
	clean();
	set_address(rule.from, "192.0.2.0");
	run("ip rule add from 192.0.2.0/24 table 1000 pref 77");
	assert_int_equal(remove_rule(&rule), -ENOENT);
	assert_int_equal(events_of(KERN_KIND_RULE).n, 0);
	/* For this kernel it is another one. */
	assert_int_equal(add_rule(&rule), 0);
	assert_int_equal(dump_of(KERN_KIND_RULE).n, 1);
	assert_int_equal(remove_rule(&rule), 0);
	assert_int_equal(remove_rule(&rule), -ENOENT);
	assert_true(is_so("ip rule show | grep -q '^77:.*192.0.2.0/24 lookup 1000'"));
	run("ip rule del pref 77");
	(void)events_of(KERN_KIND_RULE);
}

static void test_rule_of_many_words_fits_into_a_change(void **state)
{
	_Alignas(8) uint8_t buf[KERN_CHANGE_LEN_MAX];
	struct kern_change change = { .kind = KERN_KIND_RULE, .entry.rule = full_rule(6) };

	(void)state;
	strcpy(change.entry.rule.iif, "fifteen.letters");
	strcpy(change.entry.rule.oif, "fifteen.letters");
	assert_in_range(kern_rule_ops.put(buf, &change, 1), 1, kern_rule_ops.removal_len);
	change.add = true;
	assert_in_range(kern_rule_ops.put(buf, &change, 1), 1, KERN_CHANGE_LEN_MAX);
}

/* ---- wanted together with an address ---- */

static void assert_news(struct kern_wants *wants, unsigned want, enum kern_want_news what)
{
	struct kern_news news[KERN_NEWS_MAX];

	assert_int_equal(kern_reconcile(wants, SECOND, news), 1);
	assert_int_equal(news[0].want, want);
	assert_int_equal(news[0].what, what);
}

static void assert_no_news(struct kern_wants *wants)
{
	struct kern_news news[KERN_NEWS_MAX];

	assert_int_equal(kern_reconcile(wants, SECOND, news), 0);
}

/* Its source is there before it and goes after it, and is told of in between, to be announced. */
static void test_route_comes_behind_its_source_and_goes_before_it(void **state)
{
	struct kern_hop hops[] = { hop("192.0.2.9", v0) };
	struct kern_want address = { .kind = KERN_KIND_ADDRESS,
				     .address = { .family = 4, .prefix_len = 24 } };
	struct kern_want route = { .kind = KERN_KIND_ROUTE, .interface = 1 };
	struct kern_wants *wants;

	(void)state;
	clean();
	set_address(address.address.bytes, "192.0.2.1");
	route.entry.route = route_to("203.0.113.0/24");
	set_address(route.entry.route.source, "192.0.2.1");
	kern_route_set_hops(&route.entry.route, hops, 1);
	assert_int_equal(kern_wants_new(2, 2, changer, dumper, &wants), 0);
	assert_int_equal(kern_wants_add(wants, &route), 0);
	assert_int_equal(kern_wants_add(wants, &address), 1);
	kern_wants_interface(wants, 0, v0, true);
	kern_wants_interface(wants, 1, KERN_HOST, false);
	kern_wants_want(wants, 0, true);
	kern_wants_want(wants, 1, true);
	assert_news(wants, 1, KERN_WANT_ADDED);
	assert_news(wants, 0, KERN_WANT_ADDED);
	assert_no_news(wants);
	assert_int_equal(dump_of(KERN_KIND_ROUTE).n, 1);
	/* The kernel takes the one with the other, and says nothing. */
	run("ip addr del 192.0.2.1/24 dev v0 && ip addr add 192.0.2.1/24 dev v0");
	assert_true(kern_wants_is_ours(wants, 0));
	kern_wants_suspect(wants, 1);
	assert_false(kern_wants_is_ours(wants, 0));
	assert_news(wants, 0, KERN_WANT_RESTORED);
	assert_no_news(wants);
	kern_wants_want(wants, 1, false);
	kern_wants_want(wants, 0, false);
	assert_news(wants, 0, KERN_WANT_REMOVED);
	assert_news(wants, 1, KERN_WANT_REMOVED);
	assert_no_news(wants);
	assert_int_equal(dump_of(KERN_KIND_ROUTE).n, 0);
	kern_wants_free(wants);
}

/* ---- after a death ---- */

static void note_swept(enum kern_kind kind, const union kern_entry *entry, int error, void *arg)
{
	enum kern_kind *last = arg;

	(void)entry;
	assert_int_equal(error, 0);
	assert_false(kind == KERN_KIND_RULE && *last == KERN_KIND_ROUTE); /* rules go first */
	*last = kind;
}

static void test_sweep_finds_what_is_marked_alone(void **state)
{
	struct kern_hop hops[] = { hop("192.0.2.9", v0), hop("2001:db8::9", v0) };
	struct kern_route routes[] = { route_to("203.0.113.0/24"), route_to("2001:db8:7::/48") };
	struct kern_rule rules[] = { full_rule(4), full_rule(6) };
	enum kern_kind last = KERN_KIND_COUNT;

	(void)state;
	clean();
	run("ip route add 203.0.113.128/25 via 192.0.2.9");
	run("ip rule add pref 70 table 70");
	for (unsigned i = 0; i < 2; i++) {
		kern_route_set_hops(&routes[i], &hops[i], 1);
		assert_int_equal(add_route(&routes[i]), 0);
		assert_int_equal(add_rule(&rules[i]), 0);
	}
	assert_int_equal(kern_sweep(dumper, changer, NULL, note_swept, &last), 4);
	assert_int_equal(dump_of(KERN_KIND_ROUTE).n, 0);
	assert_int_equal(dump_of(KERN_KIND_RULE).n, 0);
	run("ip route del 203.0.113.128/25 via 192.0.2.9");
	run("ip rule del pref 70 table 70");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_kernel_keeps_a_route_as_wanted),
		cmocka_unit_test(test_kernel_keeps_routes_that_lead_nowhere),
		cmocka_unit_test(test_kernel_keeps_several_ways_in_any_order),
		cmocka_unit_test(test_route_of_eight_ways_fits_into_a_change),
		cmocka_unit_test(test_kernel_leads_ip4_over_ip6),
		cmocka_unit_test(test_route_of_somebody_else_is_never_touched),
		cmocka_unit_test(test_route_that_somebody_replaces_is_gone),
		cmocka_unit_test(test_kernel_removes_routes_with_an_interface_or_a_source),
		cmocka_unit_test(test_kernel_keeps_a_rule_exactly_once),
		cmocka_unit_test(test_rule_of_somebody_else_is_never_touched),
		cmocka_unit_test(test_rule_of_many_words_fits_into_a_change),
		cmocka_unit_test(test_route_comes_behind_its_source_and_goes_before_it),
		cmocka_unit_test(test_sweep_finds_what_is_marked_alone),
	};

	return cmocka_run_group_tests_name("kern_route", tests, enter, leave);
}
