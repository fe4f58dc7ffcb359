/* SPDX-License-Identifier: MIT */
/*
 * The routes and rules of routers. As wants they are of the host, whatever interfaces they lead
 * over: a route is wanted while its router is Active and one of its interfaces at least is there
 * and up; those that are not are left out of its ways. So what becomes of an interface is a matter
 * of the routes that lead over it: found by it, however many there are.
 *
 * The kernel removes an IPv4 route with its interface or its source without a word. What it has
 * shown of ours is remembered roughly, by a few bits, and an event about such an interface or
 * address lets the turn look.
 *
 * A route that is stolen or refused comes back as an address does (netlink/reconcile.h), but is no
 * reason to leave: what keeps it away is mostly the same on all hosts, and the addresses are
 * served.
 */
#ifndef ROUTES_H
#define ROUTES_H

#include <stdbool.h>
#include <stdint.h>

#include "netlink/object.h"
#include "vrrp/fsm.h"

struct conf;
struct conf_address;
struct conf_route;
struct conf_router;
struct router;
struct routers;

/* One way of a route, that leads over an interface which is known by its name. */
struct routes_hop {
	uint32_t route; /* that it is of */
	uint32_t next;  /* the next one on that interface, plus 1; or 0 */
	int place;      /* number of the interface; -1: the kernel finds one */
};

struct routes_route {
	uint32_t router, want; /* whose it is, and what it is as a want */
	uint16_t number;       /* among those of the router */
	uint16_t hops_n;
	uint32_t hop; /* the first one */
};

struct routes_place {
	uint32_t first; /* hop, plus 1; 0: there is none */
	bool doubtful;  /* to be assessed */
};

/* A set of numbers that may have others in it, too. */
struct routes_set {
	uint32_t words[32];
};

struct routes {
	unsigned host;  /* number of the place of what is of no interface */
	unsigned all_n; /* so far, like the next one */
	unsigned hops_n;
	struct routes_route *all;    /* owned, as all below */
	struct routes_hop *hops;     /* of all routes, those of one together */
	struct kern_hop *ways;       /* likewise: those that can be used, the first ones */
	struct routes_place *places; /* by number of interface */
	unsigned doubtful_n;
	unsigned *doubtful; /* numbers of interfaces */
	bool suspect;       /* some may be gone without a word */
	struct routes_set links, sources;
};

/**
 * routes_wants_n() - how many routes and rules a configured router has.
 */
unsigned routes_wants_n(const struct conf_router *conf);

/**
 * routes_needs() - whether the kernel may drop a route with an address: it is its source, or its
 * prefix leads to a gateway.
 */
bool routes_needs(const struct conf_route *route, const struct conf_address *address);

/**
 * routes_list_interfaces() - the names of the interfaces that the routes of a router lead over.
 * @ret_names: room for all; or NULL.
 *
 * Return: how many.
 */
unsigned routes_list_interfaces(const struct conf_router *conf, const char **ret_names);

/**
 * routes_new() - room for those of a configuration.
 * @interfaces_max: numbers of interfaces are below; it becomes that of the host's place.
 *
 * Return: 0 or -ENOMEM; routes_fini() in both cases.
 */
int routes_new(struct routers *routers, const struct conf *conf, unsigned interfaces_max);

/**
 * routes_fini() - release. Of what is zero, too.
 */
void routes_fini(struct routers *routers);

/**
 * routes_add() - those of a router, whose macvlan was added before.
 */
void routes_add(struct routers *routers, unsigned number, const struct conf_router *conf);

/**
 * routes_open() - from here on they can be wanted, and the kernel's news of them come.
 *
 * Return: 0; or -errno of kern_monitor_add_routes().
 */
int routes_open(struct routers *routers);

/**
 * routes_update() - let a route lead over the interfaces that there are now.
 * @route: its number among all.
 *
 * Return: whether it leads over any; one that leads nowhere on purpose always does.
 */
bool routes_update(struct routers *routers, unsigned route);

/**
 * routes_doubt() - something is new about an interface: routes that lead over it are to be assessed
 * in this turn.
 */
void routes_doubt(struct routers *routers, unsigned interface);

/**
 * routes_fault() - what keeps a router from living because of the interface of a route that it
 * needs.
 */
struct vrrp_reason routes_fault(const struct routers *routers, const struct router *router);

/**
 * routes_see() - take note of an event or a line of a dump: of a link, an address or a route.
 */
void routes_see(struct routers *routers, const struct kern_object *object);

/**
 * routes_look() - look at what is there, if some may be gone.
 */
void routes_look(struct routers *routers);

#endif
