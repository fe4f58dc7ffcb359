/* SPDX-License-Identifier: MIT */
#include "route.h"

#include <arpa/inet.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "family.h"
#include "parse.h"
#include "value.h"

#define TABLE_MAIN 254
#define NUMBER_MAX INT64_C(4294967295)
#define METRIC6    1024 /* of an IPv6 route that has none */

/* ---- values ---- */

static const char *text_of(const struct conf_place *place)
{
	const char *text = config_setting_get_string(place->setting);

	if (!text)
		conf_error_expected(place, NULL);
	return text;
}

static char *member_of(const struct conf_key *key, void *base)
{
	return (char *)base + key->field.offset;
}

static void parse_prefix(const struct conf_place *place, void *base)
{
	const char *text = text_of(place), *fault;

	fault = text ? conf_prefix_parse(text, (void *)member_of(place->key, base)) : NULL;
	if (fault)
		conf_error_fault(place, fault);
}

static void parse_destination(const struct conf_place *place, void *base)
{
	const char *text = config_setting_get_string(place->setting);
	struct conf_prefix *prefix = (void *)member_of(place->key, base);

	if (text && strcmp(text, "default") == 0)
		prefix->is_default = true;
	else
		parse_prefix(place, base);
}

static void expect_prefix(const struct conf_key *key, char *buf)
{
	(void)key;
	strcpy(buf, "a network such as \"198.51.100.0/24\"");
}

static void expect_destination(const struct conf_key *key, char *buf)
{
	(void)key;
	strcpy(buf, "a network such as \"198.51.100.0/24\", or \"default\"");
}

static bool prefix_text(const struct conf_key *key, const void *base, char *buf)
{
	struct conf_prefix prefix;

	memcpy(&prefix, (const char *)base + key->field.offset, sizeof(prefix));
	conf_prefix_format(&prefix, buf);
	return true;
}

const struct conf_kind conf_network = { "network", parse_prefix, expect_prefix, prefix_text };
const struct conf_kind conf_destination = { "network", parse_destination, expect_destination,
					    prefix_text };

/* "0x10" or "0x10/0xff", or a number. Return: whether it is one. */
static bool read_fwmark(const config_setting_t *setting, struct conf_fwmark *ret_fwmark)
{
	const char *text = config_setting_get_string(setting);
	unsigned long long mark, mask = UINT32_MAX;
	char *end;

	if (!text && config_setting_is_number(setting) &&
	    config_setting_type(setting) != CONFIG_TYPE_FLOAT) {
		ret_fwmark->mark = (uint32_t)config_setting_get_int64(setting);
		ret_fwmark->mask = UINT32_MAX;
		return config_setting_get_int64(setting) >= 0 &&
		       config_setting_get_int64(setting) <= NUMBER_MAX;
	}
	if (!text || text[strspn(text, "0123456789abcdefxABCDEFX/")])
		return false;
	mark = strtoull(text, &end, 0);
	if (end == text)
		return false;
	if (*end == '/') {
		text = end + 1;
		mask = strtoull(text, &end, 0);
	}
	if (end == text || *end || mark > UINT32_MAX || mask > UINT32_MAX)
		return false;
	*ret_fwmark = (struct conf_fwmark){ (uint32_t)mark, (uint32_t)mask };
	return true;
}

/* Bits of the mark that its mask leaves out could never match. */
static void parse_fwmark(const struct conf_place *place, void *base)
{
	struct conf_fwmark fwmark;

	if (!read_fwmark(place->setting, &fwmark))
		conf_error_expected(place, NULL);
	else if (fwmark.mask == 0 || fwmark.mark & ~fwmark.mask)
		conf_error_fault(place, "matches no packet: the mark has bits that the mask lacks, "
					"or the mask has none");
	else
		memcpy(member_of(place->key, base), &fwmark, sizeof(fwmark));
}

static void expect_fwmark(const struct conf_key *key, char *buf)
{
	(void)key;
	strcpy(buf, "a mark such as 16 or \"0x10\", with a mask \"0x10/0xff\"");
}

static bool fwmark_text(const struct conf_key *key, const void *base, char *buf)
{
	struct conf_fwmark fwmark;

	memcpy(&fwmark, (const char *)base + key->field.offset, sizeof(fwmark));
	if (fwmark.mask == UINT32_MAX)
		sprintf(buf, "0x%x", fwmark.mark);
	else if (fwmark.mask)
		sprintf(buf, "0x%x/0x%x", fwmark.mark, fwmark.mask);
	else
		strcpy(buf, "-");
	return true;
}

const struct conf_kind conf_fwmark = { "mark", parse_fwmark, expect_fwmark, fwmark_text };

/* ---- words ---- */

/* One more part of a text that is cut short when it is too long. */
static void append(char *text, size_t size, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

static void append(char *text, size_t size, const char *format, ...)
{
	size_t len = strlen(text);
	va_list args;

	va_start(args, format);
	vsnprintf(text + len, size - len, format, args);
	va_end(args);
}

static const char *host_text(const uint8_t *bytes, unsigned family, char *buf)
{
	return inet_ntop(family == 6 ? AF_INET6 : AF_INET, bytes, buf, INET6_ADDRSTRLEN);
}

static const char *const route_types[] = {
	[CONF_ROUTE_UNICAST] = "unicast",
	[CONF_ROUTE_BLACKHOLE] = "blackhole",
	[CONF_ROUTE_UNREACHABLE] = "unreachable",
	[CONF_ROUTE_PROHIBIT] = "prohibit",
};

/* In the words of ip-route(8). */
static void name_route(struct conf_route *route)
{
	char buf[CONF_PREFIX_TEXT_SIZE], *text = route->text;
	const size_t size = sizeof(route->text);

	if (route->type != CONF_ROUTE_UNICAST)
		append(text, size, "%s ", route_types[route->type]);
	append(text, size, "%s", conf_prefix_format(&route->to, buf));
	if (route->via_family)
		append(text, size, " via %s", host_text(route->via, route->via_family, buf));
	if (route->interface[0])
		append(text, size, " dev %s", route->interface);
	for (unsigned i = 0; i < route->nexthops_n; i++)
		append(text, size, "%s%s", i ? "," : " dev ", route->nexthops[i].interface);
	if (route->table != TABLE_MAIN)
		append(text, size, " table %u", route->table);
	if (route->metric)
		append(text, size, " metric %u", route->metric);
}

static void name_rule(struct conf_rule *rule)
{
	char buf[CONF_PREFIX_TEXT_SIZE], *text = rule->text;
	const size_t size = sizeof(rule->text);

	append(text, size, "priority %u", rule->priority);
	if (rule->from.family)
		append(text, size, " from %s", conf_prefix_format(&rule->from, buf));
	if (rule->to.family)
		append(text, size, " to %s", conf_prefix_format(&rule->to, buf));
	if (rule->iif[0])
		append(text, size, " iif %s", rule->iif);
	if (rule->oif[0])
		append(text, size, " oif %s", rule->oif);
	if (rule->fwmark.mask)
		append(text, size, " fwmark 0x%x/0x%x", rule->fwmark.mark, rule->fwmark.mask);
	if (rule->type == CONF_ROUTE_UNICAST)
		append(text, size, " table %u", rule->table);
	else
		append(text, size, " %s", route_types[rule->type]);
}

/* ---- a route ---- */

static bool is_given(const struct conf_place *group, const char *key)
{
	return config_setting_get_member(group->setting, key) != NULL;
}

/* An error for each of some keys that is there. */
static void refuse_keys(const struct conf_place *group, const char *const *keys, const char *why)
{
	for (; *keys; keys++) {
		const struct conf_place place = conf_place_of(group, *keys);

		if (is_given(group, *keys))
			conf_error_in(&place, "%s: leave it out", why);
	}
}

static uint8_t family_of_host(const uint8_t *bytes)
{
	return bytes[0] ? (uint8_t)conf_host_family(bytes) : 0;
}

/* @interface: or empty. */
static void check_via(const struct conf_place *group, const struct conf_route *route,
		      const uint8_t *via, const char *interface)
{
	const struct conf_place place = conf_place_of(group, "via");
	uint8_t family = family_of_host(via);

	if (route->to.family == 6 && family == 4)
		conf_error_in(&place, "an IPv6 route cannot lead over IPv4");
	else if (family == 6 && vrrp_is_link_local(6, via) && !interface[0])
		conf_error_in(&place, "a link-local address is on some link: interface is missing");
}

static void check_nexthops(const struct conf_place *group, struct conf_route *route)
{
	const struct conf_place list = conf_place_of(group, "nexthops");
	static const char *const alone[] = { "via", "interface", NULL };

	if (route->nexthops_n == 0)
		return;
	refuse_keys(group, alone, "nexthops have their own");
	for (unsigned i = 0; i < route->nexthops_n; i++) {
		const struct conf_nexthop *hop = &route->nexthops[i];
		struct conf_place place = list;
		const config_setting_t *element = config_setting_get_elem(list.setting, i);

		if (!element || !config_setting_is_group(element))
			continue;
		place.above = &list;
		place.setting = element;
		place.element = i + 1;
		check_via(&place, route, hop->via, hop->interface);
	}
}

/* Whether it has a type that is none, of which enough was said. */
static bool is_of_no_type(const struct conf_place *group)
{
	const char *type;

	return is_given(group, "type") &&
	       !(config_setting_lookup_string(group->setting, "type", &type) &&
		 strcmp(type, route_types[CONF_ROUTE_UNICAST]) == 0);
}

/* That there is a way, and but one. */
static void check_way(const struct conf_place *group, const struct conf_route *route)
{
	const struct conf_place onlink = conf_place_of(group, "onlink");

	if (is_of_no_type(group))
		return;
	if (!is_given(group, "via") && !is_given(group, "interface") &&
	    !is_given(group, "nexthops"))
		conf_error_in(group, "it leads nowhere: via, interface or nexthops is missing");
	if (route->onlink && !route->nexthops_n && (!route->via_family || !route->interface[0]))
		conf_error_in(&onlink, "needs via and interface");
}

static void check_families(const struct conf_place *group, const struct conf_route *route)
{
	const struct conf_place source = conf_place_of(group, "source");
	static const char *const ip4[] = { "scope", NULL };

	if (route->source_family && route->family && route->source_family != route->family)
		conf_error_in(&source, "the route is of IPv%u, and this is not", route->family);
	if (route->family == 6)
		refuse_keys(group, ip4, "IPv6 routes have none");
}

static void settle_family(struct conf_route *route)
{
	route->via_family = family_of_host(route->via);
	route->source_family = family_of_host(route->source);
	for (unsigned i = 0; i < route->nexthops_n; i++)
		route->nexthops[i].via_family = family_of_host(route->nexthops[i].via);
	route->family = route->to.family;
	if (!route->family)
		route->family = route->via_family;
	if (!route->family && route->nexthops_n)
		route->family = route->nexthops[0].via_family;
	if (!route->family)
		route->family = route->source_family;
}

static void check_route(const struct conf_place *group, void *base)
{
	static const char *const ways[] = { "via",    "interface", "nexthops", "source",
					    "onlink", "scope",     NULL };
	struct conf_route *route = base;
	char why[64];

	if (route->required == CONF_YES)
		route->required = CONF_UNSAID;
	settle_family(route);
	check_nexthops(group, route);
	if (route->type == CONF_ROUTE_UNICAST) {
		check_via(group, route, route->via, route->interface);
		check_way(group, route);
	} else {
		snprintf(why, sizeof(why), "%s leads nowhere", route_types[route->type]);
		refuse_keys(group, ways, why);
	}
	check_families(group, route);
	name_route(route);
}

/* ---- a rule ---- */

static void check_rule(const struct conf_place *group, void *base)
{
	static const char *const table[] = { "table", NULL };
	const struct conf_place to = conf_place_of(group, "to");
	struct conf_rule *rule = base;
	char why[64];

	rule->family = rule->from.family ? rule->from.family : rule->to.family;
	if (rule->from.family && rule->to.family && rule->from.family != rule->to.family)
		conf_error_in(&to, "from is of IPv%u, and this is not", rule->from.family);
	if (rule->type == CONF_ROUTE_UNICAST && !is_given(group, "table"))
		conf_error_in(group, "table is missing: the one that it looks up");
	snprintf(why, sizeof(why), "%s looks up none", route_types[rule->type]);
	if (rule->type != CONF_ROUTE_UNICAST)
		refuse_keys(group, table, why);
	name_rule(rule);
}

/* ---- those of a router ---- */

static uint32_t metric_of(const struct conf_route *route, unsigned family)
{
	return family == 6 && !route->metric ? METRIC6 : route->metric;
}

/* Element @i of a list of the file; the list where values are by node. */
static struct conf_place element_of(const struct conf_place *list, unsigned i)
{
	struct conf_place place = *list;
	const config_setting_t *element = config_setting_get_elem(list->setting, i);

	if (element && config_setting_is_list(list->setting))
		place.setting = element;
	return place;
}

static void claim_routes(const struct conf_place *list, const struct conf_router *router,
			 unsigned family)
{
	char buf[CONF_PREFIX_TEXT_SIZE];

	for (unsigned i = 0; i < router->routes_n; i++) {
		const struct conf_route *route = &router->routes[i];
		const struct conf_place place = element_of(list, i);

		if ((route->family && route->family != family) || !route->table ||
		    (!route->to.family && !route->to.is_default))
			continue;
		conf_claim(&place,
			   "IPv%u route to %s of table %u with metric %u, which tells them apart,",
			   family,
			   route->to.prefix_len ? conf_prefix_format(&route->to, buf) : "default",
			   route->table, metric_of(route, family));
	}
}

static void claim_rules(const struct conf_place *list, const struct conf_router *router,
			unsigned family)
{
	for (unsigned i = 0; i < router->rules_n; i++) {
		const struct conf_rule *rule = &router->rules[i];
		const struct conf_place place = element_of(list, i);

		if ((rule->family && rule->family != family) || !rule->priority)
			continue;
		if (rule->type == CONF_ROUTE_UNICAST)
			conf_claim(
				&place,
				"IPv%u rule with priority %u to table %u, which tell them apart,",
				family, rule->priority, rule->table);
		else
			conf_claim(&place, "IPv%u rule with priority %u, %s,", family,
				   rule->priority, route_types[rule->type]);
	}
}

/* Of those of a family, or of none: how many. */
static unsigned pick_routes(const struct conf_router *router, unsigned family,
			    struct conf_route *to)
{
	unsigned n = 0;

	for (unsigned i = 0; i < router->routes_n; i++) {
		if (router->routes[i].family && router->routes[i].family != family)
			continue;
		to[n] = router->routes[i];
		to[n++].family = (uint8_t)family;
	}
	return n;
}

static unsigned pick_rules(const struct conf_router *router, unsigned family, struct conf_rule *to)
{
	unsigned n = 0;

	for (unsigned i = 0; i < router->rules_n; i++) {
		if (router->rules[i].family && router->rules[i].family != family)
			continue;
		to[n] = router->rules[i];
		to[n++].family = (uint8_t)family;
	}
	return n;
}

static void set_member(const struct conf_place *group, const struct conf_router *router,
		       struct conf_router *member)
{
	struct conf_block **blocks = group->parse->blocks;
	unsigned family = member->only_family;

	member->routes = conf_alloc(blocks, NULL, 0, router->routes_n, sizeof(*member->routes));
	member->rules = conf_alloc(blocks, NULL, 0, router->rules_n, sizeof(*member->rules));
	if (!member->routes || !member->rules) {
		member->routes_n = member->rules_n = 0;
		conf_error_in(group, "out of memory");
		return;
	}
	member->routes_n = pick_routes(router, family, member->routes);
	member->rules_n = pick_rules(router, family, member->rules);
}

/* What names no family is of the router's. */
static void set_only(struct conf_router *router)
{
	for (unsigned i = 0; i < router->routes_n; i++)
		if (!router->routes[i].family)
			router->routes[i].family = router->vrrp.family;
	for (unsigned i = 0; i < router->rules_n; i++)
		if (!router->rules[i].family)
			router->rules[i].family = router->vrrp.family;
}

void conf_route_set_all(const struct conf_place *group, struct conf_router *router)
{
	const struct conf_place routes = conf_place_of(group, "routes");
	const struct conf_place rules = conf_place_of(group, "rules");

	if (router->routes_n + router->rules_n == 0)
		return;
	if (!router->members_n)
		set_only(router);
	for (unsigned i = 0; i < router->members_n; i++)
		set_member(group, router, &router->members[i]);
	for (unsigned family = 4; family <= 6; family += 2) {
		claim_routes(&routes, router, family);
		claim_rules(&rules, router, family);
	}
}

/* ---- keys ---- */

static const char *const scopes[] = {
	[CONF_ROUTE_SCOPE_UNSAID] = "",   [CONF_ROUTE_SCOPE_GLOBAL] = "global",
	[CONF_ROUTE_SCOPE_SITE] = "site", [CONF_ROUTE_SCOPE_LINK] = "link",
	[CONF_ROUTE_SCOPE_HOST] = "host",
};

static const struct conf_key nexthop_keys[] = {
	{ .field = FIELD_OF_IP(struct conf_nexthop, via, "via", via_family), .kind = &conf_host },
	{ .field = FIELD(struct conf_nexthop, interface, "interface", FIELD_TEXT),
	  .kind = &conf_interface,
	  .min = 1,
	  .max = CONF_LINK_SIZE - 1,
	  .missing = "" },
	{ .field = FIELD(struct conf_nexthop, weight, "weight", FIELD_UINT),
	  .kind = &conf_number,
	  .min = 1,
	  .max = 255,
	  .preset = "1" },
	CONF_KEYS_END,
};

static const struct conf_schema nexthop_schema = {
	.noun = "nexthop",
	.nouns = "nexthops",
	.size = sizeof(struct conf_nexthop),
	.keys = nexthop_keys,
};

#define OF(member, called, kind) FIELD(struct conf_route, member, called, kind)

static const struct conf_key route_keys[] = {
	{ .field = { .name = "to",
		     .offset = offsetof(struct conf_route, to),
		     .size = sizeof(struct conf_prefix) },
	  .kind = &conf_destination,
	  .missing = "" },
	{ .field = FIELD_OF_IP(struct conf_route, via, "via", via_family), .kind = &conf_host },
	{ .field = OF(interface, "interface", FIELD_TEXT),
	  .kind = &conf_interface,
	  .min = 1,
	  .max = CONF_LINK_SIZE - 1 },
	{ .field = OF(table, "table", FIELD_UINT),
	  .kind = &conf_number,
	  .min = 1,
	  .max = NUMBER_MAX,
	  .preset = "254" },
	{ .field = OF(metric, "metric", FIELD_UINT),
	  .kind = &conf_number,
	  .min = 0,
	  .max = NUMBER_MAX },
	{ .field = FIELD_OF_IP(struct conf_route, source, "source", source_family),
	  .kind = &conf_host },
	{ .field = FIELD_OF_WORDS(struct conf_route, type, "type", route_types),
	  .kind = &conf_choice },
	{ .field = FIELD_OF_WORDS(struct conf_route, scope, "scope", scopes),
	  .kind = &conf_choice },
	{ .field = OF(onlink, "onlink", FIELD_BOOL), .kind = &conf_boolean },
	{ .field = OF(nexthops, "nexthops", 0),
	  .element = &nexthop_schema,
	  .count = offsetof(struct conf_route, nexthops_n),
	  .min = 1,
	  .max = CONF_NEXTHOPS_MAX },
	{ .field = OF(required, "required", FIELD_UINT), .kind = &conf_yes_no },
	CONF_KEYS_END,
};

#undef OF

const struct conf_schema conf_route_schema = {
	.noun = "route",
	.nouns = "routes",
	.size = sizeof(struct conf_route),
	.keys = route_keys,
	.terse = true,
	.check = check_route,
};

#define OF(member, called, kind) FIELD(struct conf_rule, member, called, kind)
#define OF_PREFIX(member, called)                                                                  \
	{                                                                                          \
		.name = (called), .offset = offsetof(struct conf_rule, member),                    \
		.size = sizeof(struct conf_prefix)                                                 \
	}

static const struct conf_key rule_keys[] = {
	{ .field = OF_PREFIX(from, "from"), .kind = &conf_network },
	{ .field = OF_PREFIX(to, "to"), .kind = &conf_network },
	{ .field = OF(iif, "iif", FIELD_TEXT),
	  .kind = &conf_interface,
	  .min = 1,
	  .max = CONF_LINK_SIZE - 1 },
	{ .field = OF(oif, "oif", FIELD_TEXT),
	  .kind = &conf_interface,
	  .min = 1,
	  .max = CONF_LINK_SIZE - 1 },
	{ .field = { .name = "fwmark",
		     .offset = offsetof(struct conf_rule, fwmark),
		     .size = sizeof(struct conf_fwmark) },
	  .kind = &conf_fwmark },
	{ .field = OF(table, "table", FIELD_UINT),
	  .kind = &conf_number,
	  .min = 1,
	  .max = NUMBER_MAX },
	{ .field = OF(priority, "priority", FIELD_UINT),
	  .kind = &conf_number,
	  .min = 1,
	  .max = NUMBER_MAX,
	  .missing = ": without one its place depends on what else there is" },
	{ .field = FIELD_OF_WORDS(struct conf_rule, type, "type", route_types),
	  .kind = &conf_choice },
	CONF_KEYS_END,
};

#undef OF

const struct conf_schema conf_rule_schema = {
	.noun = "rule",
	.nouns = "rules",
	.size = sizeof(struct conf_rule),
	.keys = rule_keys,
	.terse = true,
	.check = check_rule,
};
