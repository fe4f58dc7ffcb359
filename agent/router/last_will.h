/* SPDX-License-Identifier: MIT */
/*
 * What a router leaves in the state memory for the day when no router process is left
 * (agent/state_will.h): the removals of its rules, routes, addresses and macvlan, and its farewell,
 * the advert of priority 0, as a frame to all or as a packet to each unicast peer. It depends on
 * the index and the MAC of its interface, on the index of its macvlan, on the source of its adverts
 * and on which peers are not this host, so it is prepared when one of them changes.
 *
 * The removal of an address is held only where the kernel keeps no marks. Where it does, the sweep
 * of any keeper finds the address, and looks whose it is; a prepared removal cannot
 * (netlink/change.h), and would take what an administrator has put in its place. Kinds of objects
 * that older keepers do not sweep are to be held while they are there: a macvlan, by its index,
 * which nothing else will have; routes and rules, by their mark.
 */
#ifndef LAST_WILL_H
#define LAST_WILL_H

#include "agent/state.h"

struct conf_router;
struct router;
struct routers;

/**
 * router_ask_for_will() - the room that the will of a configured router needs.
 * @ret_state: its entries_max and will_max are set.
 */
void router_ask_for_will(const struct conf_router *conf, struct state_router *ret_state);

/**
 * router_write_will() - leave the will of a router in the state memory. Without an interface now
 * it has none.
 */
void router_write_will(struct routers *routers, const struct router *router);

/**
 * router_renew_farewells() - an advert of a router that signs leaves: the farewells in its will are
 * signed anew, behind it. Without effect on others.
 */
void router_renew_farewells(struct routers *routers, const struct router *router);

/**
 * router_hold_macvlan() - likewise, of its macvlan. Without effect on a router that has none.
 */
void router_hold_macvlan(struct routers *routers, const struct router *router);

/**
 * router_hold_route() - likewise, of a route or a rule.
 * @i: below the router's routes_n + rules_n; the rules are behind the routes.
 */
void router_hold_route(struct routers *routers, const struct router *router, unsigned i);

/**
 * router_hold() - whether an address is there, and ours, may have changed.
 * @address: below the router's addresses_n + extra_n.
 */
void router_hold(struct routers *routers, const struct router *router, unsigned address);

#endif
