/* SPDX-License-Identifier: MIT */
#include "routes.h"

#include <errno.h>
#include <linux/fib_rules.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <string.h>

#include "agent/conf/needs.h"
#include "routers_private.h"

_Static_assert(CONF_NEXTHOPS_MAX <= KERN_HOPS_MAX, "the kernel's routes have fewer ways");

/* ---- sets ---- */

static uint32_t bit_of(const void *bytes, size_t len)
{
	const uint8_t *at = bytes;
	uint32_t h = 2166136261u;

	for (size_t i = 0; i < len; i++)
		h = (h ^ at[i]) * 16777619u;
	return (h ^ h >> 15) % (8 * sizeof(struct routes_set));
}

static void put_into(struct routes_set *set, const void *bytes, size_t len)
{
	uint32_t bit = bit_of(bytes, len);

	set->words[bit / 32] |= UINT32_C(1) << bit % 32;
}

static bool may_be_in(const struct routes_set *set, const void *bytes, size_t len)
{
	uint32_t bit = bit_of(bytes, len);

	return set->words[bit / 32] >> bit % 32 & 1;
}

/* ---- as configured ---- */

unsigned routes_wants_n(const struct conf_router *conf)
{
	return conf->routes_n + conf->rules_n;
}

static bool is_near(const struct conf_address *address, uint8_t family, const uint8_t *via)
{
	return family == address->family &&
	       kern_address_share_prefix(address->bytes, via, address->prefix_len);
}

bool routes_needs(const struct conf_route *route, const struct conf_address *address)
{
	bool needs = route->source_family == address->family &&
		     memcmp(route->source, address->bytes, sizeof(route->source)) == 0;

	needs |= is_near(address, route->via_family, route->via);
	for (unsigned i = 0; i < route->nexthops_n; i++)
		needs |= is_near(address, route->nexthops[i].via_family, route->nexthops[i].via);
	return needs;
}

unsigned routes_list_interfaces(const struct conf_router *conf, const char **ret_names)
{
	unsigned n = 0;

	for (unsigned i = 0; i < conf->routes_n; i++) {
		for (unsigned k = 0; k < conf_route_ways(&conf->routes[i]); k++) {
			const char *name = conf_route_interface(&conf->routes[i], k);

			if (!*name)
				continue;
			if (ret_names)
				ret_names[n] = name;
			n++;
		}
	}
	return n;
}

/* RT_SCOPE_* of the kernel's ABI. */
static uint8_t scope_of(const struct conf_route *route)
{
	static const uint8_t scopes[] = {
		[CONF_ROUTE_SCOPE_GLOBAL] = RT_SCOPE_UNIVERSE,
		[CONF_ROUTE_SCOPE_SITE] = RT_SCOPE_SITE,
		[CONF_ROUTE_SCOPE_LINK] = RT_SCOPE_LINK,
		[CONF_ROUTE_SCOPE_HOST] = RT_SCOPE_HOST,
	};

	if (route->scope != CONF_ROUTE_SCOPE_UNSAID)
		return scopes[route->scope];
	return route->type == CONF_ROUTE_UNICAST && !route->via_family && !route->nexthops_n
		       ? RT_SCOPE_LINK
		       : RT_SCOPE_UNIVERSE;
}

/* As the kernel shall have it, without its ways. */
static struct kern_route route_of(const struct conf_route *conf)
{
	static const uint8_t types[] = {
		[CONF_ROUTE_UNICAST] = RTN_UNICAST,
		[CONF_ROUTE_BLACKHOLE] = RTN_BLACKHOLE,
		[CONF_ROUTE_UNREACHABLE] = RTN_UNREACHABLE,
		[CONF_ROUTE_PROHIBIT] = RTN_PROHIBIT,
	};
	struct kern_route route = { .family = conf->family,
				    .prefix_len = conf->to.prefix_len,
				    .type = types[conf->type],
				    .scope = conf->family == 4 ? scope_of(conf) : 0,
				    .table = conf->table,
				    .metric = conf->metric,
				    .onlink = conf->onlink };

	memcpy(route.bytes, conf->to.bytes, sizeof(route.bytes));
	memcpy(route.source, conf->source, sizeof(route.source));
	return route;
}

static struct kern_rule rule_of(const struct conf_rule *conf)
{
	static const uint8_t actions[] = {
		[CONF_ROUTE_UNICAST] = FR_ACT_TO_TBL,
		[CONF_ROUTE_BLACKHOLE] = FR_ACT_BLACKHOLE,
		[CONF_ROUTE_UNREACHABLE] = FR_ACT_UNREACHABLE,
		[CONF_ROUTE_PROHIBIT] = FR_ACT_PROHIBIT,
	};
	struct kern_rule rule = { .family = conf->family,
				  .action = actions[conf->type],
				  .from_len = conf->from.prefix_len,
				  .to_len = conf->to.prefix_len,
				  .fwmark = conf->fwmark.mark,
				  .fwmask = conf->fwmark.mask,
				  .table = conf->table,
				  .priority = conf->priority };

	memcpy(rule.from, conf->from.bytes, sizeof(rule.from));
	memcpy(rule.to, conf->to.bytes, sizeof(rule.to));
	strcpy(rule.iif, conf->iif);
	strcpy(rule.oif, conf->oif);
	return rule;
}

static struct kern_hop hop_of(const struct conf_route *route, unsigned hop)
{
	const struct conf_nexthop *of = route->nexthops_n ? &route->nexthops[hop] : NULL;
	struct kern_hop way = { .family = of ? of->via_family : route->via_family,
				.weight = of ? of->weight : 1 };

	memcpy(way.via, of ? of->via : route->via, sizeof(way.via));
	return way;
}

/* ---- making and unmaking ---- */

int routes_new(struct routers *routers, const struct conf *conf, unsigned interfaces_max)
{
	struct routes *routes = &routers->routes;
	size_t routes_n = 0, hops_n = 0;

	routes->host = interfaces_max;
	for (unsigned i = 0; i < conf->routers_n; i++) {
		routes_n += conf->routers[i].routes_n;
		for (unsigned k = 0; k < conf->routers[i].routes_n; k++)
			hops_n += conf_route_ways(&conf->routers[i].routes[k]);
	}
	if (routes_n == 0)
		return 0;
	routes->all = calloc(routes_n, sizeof(*routes->all));
	routes->hops = calloc(hops_n + 1, sizeof(*routes->hops));
	routes->ways = calloc(hops_n + 1, sizeof(*routes->ways));
	routes->places = calloc(interfaces_max + 1, sizeof(*routes->places));
	routes->doubtful = calloc(interfaces_max + 1, sizeof(*routes->doubtful));
	return routes->all && routes->hops && routes->ways && routes->places && routes->doubtful
		       ? 0
		       : -ENOMEM;
}

void routes_fini(struct routers *routers)
{
	struct routes *routes = &routers->routes;

	free(routes->all);
	free(routes->hops);
	free(routes->ways);
	free(routes->places);
	free(routes->doubtful);
}

/* The macvlan of the router by its name, too. */
static int place_of(struct routers *routers, const struct router *router,
		    const struct conf_router *conf, const char *name)
{
	if (!*name)
		return -1;
	if (conf->mac.type == CONF_MAC_VIRTUAL && strcmp(name, conf->mac.name) == 0)
		return (int)router->home;
	return (int)interfaces_add(routers->interfaces, name);
}

static void add_hops(struct routers *routers, const struct router *router,
		     const struct conf_router *conf, struct routes_route *route)
{
	const struct conf_route *of = &conf->routes[route->number];
	struct routes *routes = &routers->routes;

	route->hop = routes->hops_n;
	route->hops_n = (uint16_t)conf_route_ways(of);
	for (unsigned i = 0; i < route->hops_n; i++) {
		struct routes_hop *hop = &routes->hops[routes->hops_n++];
		struct routes_place *place;

		hop->route = (uint32_t)(route - routes->all);
		hop->place = place_of(routers, router, conf, conf_route_interface(of, i));
		if (hop->place < 0)
			continue;
		place = &routes->places[hop->place];
		hop->next = place->first;
		place->first = routes->hops_n;
		routes_doubt(routers, (unsigned)hop->place);
	}
}

static void add_route(struct routers *routers, unsigned number, const struct conf_router *conf,
		      unsigned i)
{
	struct routes *routes = &routers->routes;
	struct routes_route *route = &routes->all[routes->all_n++];
	struct kern_want want = { .kind = KERN_KIND_ROUTE,
				  .interface = routes->host,
				  .owner = number,
				  .entry.route = route_of(&conf->routes[i]) };

	*route = (struct routes_route){ .router = number, .number = (uint16_t)i };
	route->want = kern_wants_add(routers->wants, &want);
	routers->wants_n++;
	add_hops(routers, &routers->all[number], conf, route);
	put_into(&routes->sources, want.entry.route.source, sizeof(want.entry.route.source));
}

static void add_rule(struct routers *routers, unsigned number, const struct conf_rule *rule)
{
	struct kern_want want = { .kind = KERN_KIND_RULE,
				  .interface = routers->routes.host,
				  .owner = number,
				  .entry.rule = rule_of(rule) };

	kern_wants_add(routers->wants, &want);
	routers->wants_n++;
}

void routes_add(struct routers *routers, unsigned number, const struct conf_router *conf)
{
	struct router *router = &routers->all[number];

	router->route = routers->wants_n;
	router->routes_at = routers->routes.all_n;
	for (unsigned i = 0; i < conf->routes_n; i++)
		add_route(routers, number, conf, i);
	for (unsigned i = 0; i < conf->rules_n; i++)
		add_rule(routers, number, &conf->rules[i]);
}

/* Lengths of the networks that routes lead to, each once. */
static struct kern_monitor_routes watched(const struct routers *routers)
{
	struct kern_monitor_routes watched = { 0 };

	for (unsigned i = 0; i < routers->routes.all_n; i++) {
		uint8_t len = kern_wants_get(routers->wants, routers->routes.all[i].want)
				      ->entry.route.prefix_len;

		if (watched.lens_n <= KERN_MONITOR_LENS_MAX &&
		    !memchr(watched.lens, len, watched.lens_n))
			watched.lens[watched.lens_n++] = len;
	}
	return watched;
}

static bool has_any(const struct routers *routers)
{
	return kern_wants_has_kind(routers->wants, KERN_KIND_ROUTE) ||
	       kern_wants_has_kind(routers->wants, KERN_KIND_RULE);
}

int routes_open(struct routers *routers)
{
	const struct kern_monitor_routes routes = watched(routers);

	if (!has_any(routers))
		return 0;
	return kern_monitor_add_routes(routers->monitor, &routes);
}

/* ---- the interfaces that they lead over ---- */

/* What vipd makes itself comes up before its routes are added. */
static bool is_usable(const struct routers *routers, const struct router *router, int place)
{
	const struct interface *interface = interfaces_get(routers->interfaces, (unsigned)place);

	return interface->ifindex && (interface->up || (router_has_virtual_mac(router) &&
							(unsigned)place == router->home));
}

/* The ways that can be used now. Return: how many. */
static unsigned choose_ways(struct routers *routers, const struct routes_route *route)
{
	const struct router *router = &routers->all[route->router];
	const struct conf_route *of = &router->conf->routes[route->number];
	struct kern_hop *ways = &routers->routes.ways[route->hop];
	unsigned n = 0;

	for (unsigned i = 0; i < route->hops_n; i++) {
		int place = routers->routes.hops[route->hop + i].place;

		if (place >= 0 && !is_usable(routers, router, place))
			continue;
		ways[n] = hop_of(of, i);
		if (place >= 0) {
			ways[n].ifindex =
				interfaces_get(routers->interfaces, (unsigned)place)->ifindex;
			put_into(&routers->routes.links, &ways[n].ifindex, sizeof(ways[n].ifindex));
		}
		n++;
	}
	return n;
}

bool routes_update(struct routers *routers, unsigned number)
{
	const struct routes_route *route = &routers->routes.all[number];
	union kern_entry entry = kern_wants_get(routers->wants, route->want)->entry;
	const struct kern_route before = entry.route;
	unsigned n = choose_ways(routers, route);

	kern_route_set_hops(&entry.route, &routers->routes.ways[route->hop], n);
	if (before.hops_n != entry.route.hops_n || before.vias != entry.route.vias ||
	    before.links != entry.route.links)
		kern_wants_alter(routers->wants, route->want, &entry);
	return n > 0 || route->hops_n == 0;
}

void routes_doubt(struct routers *routers, unsigned interface)
{
	struct routes *routes = &routers->routes;

	if (!routes->places || !routes->places[interface].first ||
	    routes->places[interface].doubtful)
		return;
	routes->places[interface].doubtful = true;
	routes->doubtful[routes->doubtful_n++] = interface;
}

/* ---- faults ---- */

struct asked {
	const struct routers *routers;
	const struct router *router;
};

/* Where its router lives the LAN judges. */
static enum conf_link_seen look_at(const struct conf_need *need, const void *arg)
{
	const struct asked *asked = arg;
	const struct router *router = asked->router;
	const struct routes *routes = &asked->routers->routes;
	const struct routes_route *route = &routes->all[router->routes_at + need->number];
	int place = routes->hops[route->hop + need->way].place;

	if (place < 0 || (unsigned)place == router->interface || (unsigned)place == router->home)
		return CONF_LINK_USABLE;
	return interfaces_seen(asked->routers->interfaces, (unsigned)place);
}

struct vrrp_reason routes_fault(const struct routers *routers, const struct router *router)
{
	const struct asked asked = { routers, router };

	return conf_routes_fault(router->conf, look_at, &asked);
}

/* ---- what goes without a word ---- */

static void see_address(struct routes *routes, const struct kern_address *address)
{
	if (may_be_in(&routes->sources, address->bytes, sizeof(address->bytes)))
		routes->suspect = true;
	/* With the last address of an interface go its routes. */
	if (address->family == 4 &&
	    may_be_in(&routes->links, &address->ifindex, sizeof(address->ifindex)))
		routes->suspect = true;
}

void routes_see(struct routers *routers, const struct kern_object *object)
{
	struct routes *routes = &routers->routes;

	if (!routes->all_n)
		return;
	if (object->type == KERN_OBJECT_LINK && (object->gone || !object->link.up) &&
	    may_be_in(&routes->links, &object->link.ifindex, sizeof(object->link.ifindex)))
		routes->suspect = true;
	if (object->type != KERN_OBJECT_ENTRY)
		return;
	if (object->kind == KERN_KIND_ADDRESS && object->gone)
		see_address(routes, &object->address);
	if (object->kind == KERN_KIND_ROUTE && !object->gone && object->entry.route.ifindex)
		put_into(&routes->links, &object->entry.route.ifindex,
			 sizeof(object->entry.route.ifindex));
}

void routes_look(struct routers *routers)
{
	if (routers->routes.suspect)
		kern_wants_suspect(routers->wants, routers->routes.host);
	routers->routes.suspect = false;
}
