/* SPDX-License-Identifier: MIT */
/*
 * Routes of a router: over which interfaces they lead, when these are a fault, and which events are
 * a reason to look whether some are gone.
 */
#include "test.h"

#include <linux/rtnetlink.h>

#include "agent/router/routers_private.h"

#define INTERFACES 8

static struct routers routers;
static struct router all[1];
static struct conf_router router;
static struct conf_route list[4];
static struct conf_nexthop hops[2];

enum {
	OVER_ETH1,
	OVER_BOTH,
	CHOSEN,
	NOWHERE
};

static int build(void **state)
{
	struct conf conf = { .routers_n = 1, .routers = &router };

	(void)state;
	memset(&routers, 0, sizeof(routers));
	memset(list, 0, sizeof(list));
	memset(hops, 0, sizeof(hops));
	router = (struct conf_router){ .vrrp.family = 4, .routes = list, .routes_n = 4 };
	strcpy(router.interface, "eth0");
	for (unsigned i = 0; i < 4; i++)
		list[i] = (struct conf_route){ .family = 4, .table = 254, .metric = i };
	strcpy(list[OVER_ETH1].interface, "eth1");
	set_address(list[OVER_ETH1].source, "192.0.2.1");
	list[OVER_BOTH].nexthops = hops;
	list[OVER_BOTH].nexthops_n = 2;
	strcpy(hops[0].interface, "eth1");
	strcpy(hops[1].interface, "eth2");
	hops[0].weight = hops[1].weight = 1;
	list[CHOSEN].via_family = 4;
	set_address(list[CHOSEN].via, "203.0.113.1");
	list[NOWHERE].type = CONF_ROUTE_BLACKHOLE;
	all[0] = (struct router){ .conf = &router };
	routers.all = all;
	routers.n = 1;
	assert_int_equal(interfaces_new(INTERFACES, &routers.interfaces), 0);
	all[0].interface = all[0].home = interfaces_add(routers.interfaces, "eth0");
	assert_int_equal(routes_new(&routers, &conf, INTERFACES), 0);
	assert_int_equal(kern_wants_new(4, INTERFACES + 1, NULL, NULL, &routers.wants), 0);
	routes_add(&routers, 0, &router);
	kern_wants_interface(routers.wants, routers.routes.host, KERN_HOST, false);
	return 0;
}

static int destroy(void **state)
{
	(void)state;
	routes_fini(&routers);
	kern_wants_free(routers.wants);
	interfaces_free(routers.interfaces);
	return 0;
}

/* @ifindex 0: it is gone. */
static void link_is(const char *name, int ifindex, bool up, bool carrier)
{
	unsigned number = interfaces_add(routers.interfaces, name), seen[INTERFACES_SEEN_MAX];
	struct kern_object object = {
		.type = KERN_OBJECT_LINK,
		.gone = ifindex == 0,
		.link = { .ifindex = ifindex, .up = up, .carrier = carrier, .ethernet = true }
	};

	if (object.gone)
		object.link.ifindex = interfaces_get(routers.interfaces, number)->ifindex;
	strcpy(object.link.name, name);
	routes_see(&routers, &object);
	(void)interfaces_see(routers.interfaces, &object, seen);
}

static const struct kern_route *route(unsigned i)
{
	return &kern_wants_get(routers.wants, all[0].route + i)->entry.route;
}

static void test_routes_lead_over_the_interfaces_that_are_up(void **state)
{
	(void)state;
	assert_false(routes_update(&routers, OVER_ETH1));
	link_is("eth1", 7, false, false);
	assert_false(routes_update(&routers, OVER_ETH1));
	link_is("eth1", 7, true, false);
	assert_true(routes_update(&routers, OVER_ETH1));
	assert_int_equal(route(OVER_ETH1)->hops_n, 1);
	assert_int_equal(route(OVER_ETH1)->hops[0].ifindex, 7);
	assert_true(routes_update(&routers, OVER_BOTH));
	assert_int_equal(route(OVER_BOTH)->hops_n, 1);
	link_is("eth2", 8, true, true);
	assert_true(routes_update(&routers, OVER_BOTH));
	assert_int_equal(route(OVER_BOTH)->hops_n, 2);
	assert_int_equal(route(OVER_BOTH)->hops[1].ifindex, 8);
	link_is("eth1", 0, false, false);
	assert_true(routes_update(&routers, OVER_BOTH));
	assert_int_equal(route(OVER_BOTH)->hops_n, 1);
	assert_int_equal(route(OVER_BOTH)->hops[0].ifindex, 8);
	assert_false(routes_update(&routers, OVER_ETH1));
}

static void test_routes_that_name_no_interface_need_none(void **state)
{
	(void)state;
	assert_true(routes_update(&routers, CHOSEN));
	assert_int_equal(route(CHOSEN)->hops_n, 1);
	assert_int_equal(route(CHOSEN)->hops[0].ifindex, 0);
	assert_int_equal(route(CHOSEN)->links, 0);
	assert_true(routes_update(&routers, NOWHERE));
	assert_int_equal(route(NOWHERE)->hops_n, 0);
	assert_int_equal(route(NOWHERE)->type, RTN_BLACKHOLE);
}

static void test_routes_without_a_gateway_are_of_the_link(void **state)
{
	(void)state;
	assert_int_equal(route(OVER_ETH1)->scope, RT_SCOPE_LINK);
	assert_int_equal(route(CHOSEN)->scope, RT_SCOPE_UNIVERSE);
	assert_int_equal(route(NOWHERE)->scope, RT_SCOPE_UNIVERSE);
}

static struct vrrp_reason fault(void)
{
	return routes_fault(&routers, &all[0]);
}

static void test_routes_that_are_required_are_a_fault_of_their_router(void **state)
{
	(void)state;
	assert_int_equal(fault().code, VRRP_REASON_ROUTE_LINK_MISSING);
	assert_string_equal(fault().interface, "eth1");
	link_is("eth1", 7, false, false);
	assert_int_equal(fault().code, VRRP_REASON_ROUTE_LINK_DOWN);
	link_is("eth1", 7, true, false);
	assert_int_equal(fault().code, VRRP_REASON_ROUTE_NO_CARRIER);
	link_is("eth1", 7, true, true);
	assert_int_equal(fault().code, VRRP_REASON_NONE); /* one of two ways is enough */
	link_is("eth1", 0, false, false);
	list[OVER_ETH1].required = CONF_NO;
	link_is("eth2", 8, true, true);
	assert_int_equal(fault().code, VRRP_REASON_NONE);
	link_is("eth2", 8, false, false);
	assert_int_equal(fault().code, VRRP_REASON_ROUTE_LINK_MISSING); /* of the first way */
	list[OVER_BOTH].required = CONF_NO;
	assert_int_equal(fault().code, VRRP_REASON_NONE);
}

static void test_routes_over_the_routers_own_interface_are_the_lans_business(void **state)
{
	(void)state;
	list[OVER_ETH1].required = CONF_NO;
	for (unsigned i = 0; i < routers.routes.hops_n; i++)
		if (routers.routes.hops[i].route == OVER_BOTH)
			routers.routes.hops[i].place = (int)all[0].interface;
	assert_int_equal(fault().code, VRRP_REASON_NONE);
}

static void test_routes_of_an_interface_are_doubted_once(void **state)
{
	unsigned eth0 = interfaces_add(routers.interfaces, "eth0");
	unsigned eth1 = interfaces_add(routers.interfaces, "eth1");

	(void)state;
	assert_int_equal(routers.routes.doubtful_n, 2); /* eth1 and eth2, at first */
	routers.routes.doubtful_n = 0;
	routers.routes.places[eth1].doubtful = false;
	routes_doubt(&routers, eth0);
	assert_int_equal(routers.routes.doubtful_n, 0);
	routes_doubt(&routers, eth1);
	routes_doubt(&routers, eth1);
	assert_int_equal(routers.routes.doubtful_n, 1);
	assert_int_equal(routers.routes.doubtful[0], eth1);
}

/* Return: whether it was a reason to look. */
static bool suspects(const struct kern_object *object)
{
	bool suspect;

	routers.routes.suspect = false;
	routes_see(&routers, object);
	suspect = routers.routes.suspect;
	routers.routes.suspect = false;
	return suspect;
}

static void test_routes_may_go_with_a_link_that_they_were_seen_on(void **state)
{
	struct kern_object link = { .type = KERN_OBJECT_LINK, .link = { .ifindex = 9 } };
	struct kern_object seen = { .type = KERN_OBJECT_ENTRY, .kind = KERN_KIND_ROUTE };

	(void)state;
	assert_false(suspects(&link));
	seen.entry.route.ifindex = 9;
	assert_false(suspects(&seen));
	assert_true(suspects(&link));
	link.link.up = true;
	assert_false(suspects(&link));
	link.gone = true;
	assert_true(suspects(&link));
	link.link.ifindex = 10;
	assert_false(suspects(&link));
	/* One that is configured by its name needs no look to be known. */
	link_is("eth1", 10, true, true);
	(void)routes_update(&routers, OVER_ETH1);
	assert_true(suspects(&link));
}

static void test_routes_may_go_with_an_address(void **state)
{
	struct kern_object gone = { .type = KERN_OBJECT_ENTRY,
				    .kind = KERN_KIND_ADDRESS,
				    .gone = true,
				    .address = { .family = 4, .ifindex = 11 } };
	struct kern_object seen = { .type = KERN_OBJECT_ENTRY, .kind = KERN_KIND_ROUTE };

	(void)state;
	set_address(gone.address.bytes, "192.0.2.77");
	assert_false(suspects(&gone));
	set_address(gone.address.bytes, "192.0.2.1"); /* a source of one */
	assert_true(suspects(&gone));
	gone.gone = false;
	assert_false(suspects(&gone));
	gone.gone = true;
	set_address(gone.address.bytes, "192.0.2.77");
	seen.entry.route.ifindex = 11;
	(void)suspects(&seen);
	assert_true(suspects(&gone)); /* it may be the last one there */
	gone.address.family = 6;
	assert_false(suspects(&gone));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, build, destroy)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_routes_lead_over_the_interfaces_that_are_up),
		TEST(test_routes_that_name_no_interface_need_none),
		TEST(test_routes_without_a_gateway_are_of_the_link),
		TEST(test_routes_that_are_required_are_a_fault_of_their_router),
		TEST(test_routes_over_the_routers_own_interface_are_the_lans_business),
		TEST(test_routes_of_an_interface_are_doubted_once),
		TEST(test_routes_may_go_with_a_link_that_they_were_seen_on),
		TEST(test_routes_may_go_with_an_address),
	};

	return cmocka_run_group_tests_name("routes", tests, NULL, NULL);
}
