/* SPDX-License-Identifier: MIT */
/*
 * What a router needs of interfaces where it does not live, for its addresses there and its routes;
 * which keys it needs; and which router goes on with another one's state. Who runs it asks this,
 * and who tells before what a reload would come to.
 */
#ifndef CONF_NEEDS_H
#define CONF_NEEDS_H

#include "conf.h"
#include "vrrp/hmac.h"

/* What is known of an interface. */
enum conf_link_seen {
	CONF_LINK_USABLE, /* or it is judged elsewhere: the router lives there */
	CONF_LINK_MISSING,
	CONF_LINK_DOWN,
	CONF_LINK_NO_CARRIER,
};

/* An interface that is needed. */
struct conf_need {
	bool of_route;
	unsigned number;       /* of the address, or of the route */
	unsigned way;          /* of the route */
	const char *interface; /* borrowed; of a route empty: the kernel finds it */
};

typedef enum conf_link_seen (*conf_link_fn)(const struct conf_need *need, const void *arg);

/**
 * conf_route_ways() - over how many ways a route leads; 0: it leads nowhere.
 */
unsigned conf_route_ways(const struct conf_route *route);

/**
 * conf_route_interface() - the name of the interface that a way leads over; empty: the kernel finds
 * it.
 * @way: below conf_route_ways().
 */
const char *conf_route_interface(const struct conf_route *route, unsigned way);

/**
 * conf_addresses_fault() - of the first address that is required and whose interface cannot be
 * used.
 * @router: of one family.
 * @look: asked per interface.
 *
 * Return: code VRRP_REASON_NONE: there is none.
 */
struct vrrp_reason conf_addresses_fault(const struct conf_router *router, conf_link_fn look,
					const void *arg);

/**
 * conf_routes_fault() - likewise of the first route that is required and has no way that can be
 * used; by its first way.
 */
struct vrrp_reason conf_routes_fault(const struct conf_router *router, conf_link_fn look,
				     const void *arg);

/**
 * conf_compare_lives() - an order of routers of one family; 0: the one goes on with the state of
 * the other, as the state memory has it, whatever either is called.
 */
int conf_compare_lives(const struct conf_router *a, const struct conf_router *b);

/**
 * conf_continuer() - who goes on with the state of a router, whatever it is called: a router of the
 * same VRID, family and interface. One of both families is continued when either is.
 * @conf: what runs then.
 * @router: as the file of before has it, or of one family.
 *
 * Return: of one family, borrowed; NULL: nobody.
 */
const struct conf_router *conf_continuer(const struct conf *conf, const struct conf_router *router);

/* A file of keys that was looked at. */
struct conf_keys_seen {
	const struct vrrp_hmac_keys *keys; /* borrowed */
	const char *path;
	const char *why; /* it is unusable; NULL: it is not */
};

typedef struct conf_keys_seen (*conf_keys_fn)(unsigned number, const void *arg);

/**
 * conf_keys_are_complete() - whether each router will find the key that it is to sign with: in its
 * file, or, if that is unusable, with the predecessor.
 * @before: the configuration of that; NULL: it is not known, and may have all keys.
 * @look: asked per router that names a file, for that, by its number from 1.
 * @ret_why: what is wrong.
 */
bool conf_keys_are_complete(const struct conf *conf, const struct conf *before, conf_keys_fn look,
			    const void *arg, char *ret_why, size_t why_size);

#endif
