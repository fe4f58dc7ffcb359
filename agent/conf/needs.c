/* SPDX-License-Identifier: MIT */
#include "needs.h"

#include <stdio.h>
#include <string.h>

/* ---- interfaces ---- */

unsigned conf_route_ways(const struct conf_route *route)
{
	if (route->type != CONF_ROUTE_UNICAST)
		return 0;
	return route->nexthops_n ? route->nexthops_n : 1;
}

const char *conf_route_interface(const struct conf_route *route, unsigned way)
{
	return route->nexthops_n ? route->nexthops[way].interface : route->interface;
}

static struct vrrp_reason fault_of(const struct conf_need *need, enum conf_link_seen seen)
{
	static const enum vrrp_reason_code codes[][2] = {
		[CONF_LINK_USABLE] = { VRRP_REASON_NONE, VRRP_REASON_NONE },
		[CONF_LINK_MISSING] = { VRRP_REASON_ADDRESS_LINK_MISSING,
					VRRP_REASON_ROUTE_LINK_MISSING },
		[CONF_LINK_DOWN] = { VRRP_REASON_ADDRESS_LINK_DOWN, VRRP_REASON_ROUTE_LINK_DOWN },
		[CONF_LINK_NO_CARRIER] = { VRRP_REASON_ADDRESS_NO_CARRIER,
					   VRRP_REASON_ROUTE_NO_CARRIER },
	};
	struct vrrp_reason fault = { .code = codes[seen][need->of_route] };

	if (seen != CONF_LINK_USABLE)
		snprintf(fault.interface, sizeof(fault.interface), "%s", need->interface);
	return fault;
}

struct vrrp_reason conf_addresses_fault(const struct conf_router *router, conf_link_fn look,
					const void *arg)
{
	struct vrrp_reason fault = { .code = VRRP_REASON_NONE };
	unsigned n = router->addresses_n + router->extra_n;

	for (unsigned i = 0; i < n && fault.code == VRRP_REASON_NONE; i++) {
		const struct conf_address *address = &router->addresses[i];
		const struct conf_need need = { .number = i,
						.interface =
							conf_address_interface(router, address) };

		if (address->required != CONF_NO)
			fault = fault_of(&need, look(&need, arg));
	}
	return fault;
}

/* Of the first way when none of them can be used. */
static struct vrrp_reason fault_of_route(const struct conf_router *router, unsigned number,
					 conf_link_fn look, const void *arg)
{
	const struct conf_route *route = &router->routes[number];
	struct vrrp_reason first = { .code = VRRP_REASON_NONE };

	for (unsigned way = 0; way < conf_route_ways(route); way++) {
		const struct conf_need need = { true, number, way,
						conf_route_interface(route, way) };
		struct vrrp_reason fault = fault_of(&need, look(&need, arg));

		if (fault.code == VRRP_REASON_NONE)
			return fault;
		if (first.code == VRRP_REASON_NONE)
			first = fault;
	}
	return first;
}

struct vrrp_reason conf_routes_fault(const struct conf_router *router, conf_link_fn look,
				     const void *arg)
{
	struct vrrp_reason fault = { .code = VRRP_REASON_NONE };

	for (unsigned i = 0; i < router->routes_n && fault.code == VRRP_REASON_NONE; i++)
		if (router->routes[i].required != CONF_NO)
			fault = fault_of_route(router, i, look, arg);
	return fault;
}

/* ---- who goes on ---- */

int conf_compare_lives(const struct conf_router *a, const struct conf_router *b)
{
	if (a->vrrp.vrid != b->vrrp.vrid)
		return a->vrrp.vrid < b->vrrp.vrid ? -1 : 1;
	if (a->vrrp.family != b->vrrp.family)
		return a->vrrp.family < b->vrrp.family ? -1 : 1;
	return strcmp(a->interface, b->interface);
}

const struct conf_router *conf_continuer(const struct conf *conf, const struct conf_router *router)
{
	unsigned n = router->members_n ? router->members_n : 1;

	for (unsigned i = 0; i < n; i++) {
		const struct conf_router *member = router->members_n ? &router->members[i] : router;

		for (unsigned k = 0; k < conf->routers_n; k++)
			if (conf_compare_lives(&conf->routers[k], member) == 0)
				return &conf->routers[k];
	}
	return NULL;
}

/* ---- keys ---- */

static bool had_file(const struct conf *before, const char *path)
{
	unsigned i = 0;

	if (!before)
		return true;
	while (i < before->routers_n && strcmp(before->routers[i].auth.keys, path) != 0)
		i++;
	return i < before->routers_n;
}

/* Return: what a router lacks; or NULL. */
static const char *lack_of(const struct conf_router *router, const struct conf *before,
			   const struct conf_keys_seen *seen)
{
	if (seen->why)
		return had_file(before, seen->path) ? NULL : seen->why;
	if (!conf_signs(router) || vrrp_hmac_key(seen->keys, router->auth.active))
		return NULL;
	return "it does not have that key";
}

bool conf_keys_are_complete(const struct conf *conf, const struct conf *before, conf_keys_fn look,
			    const void *arg, char *ret_why, size_t why_size)
{
	for (unsigned i = 0; i < conf->routers_n; i++) {
		const struct conf_router *router = &conf->routers[i];
		struct conf_keys_seen seen;
		const char *lack;

		if (!router->auth.key_file)
			continue;
		seen = look(router->auth.key_file, arg);
		lack = lack_of(router, before, &seen);
		if (!lack)
			continue;
		snprintf(ret_why, why_size, "router %s needs key %u of %s: %s", router->name,
			 router->auth.active, router->auth.keys, lack);
		return false;
	}
	return true;
}
