/* SPDX-License-Identifier: MIT */
/*
 * accept = false: packets to a router's addresses are dropped as long as they are here (RFC 9568
 * §6.1, Accept_Mode), by a filter (netlink/filter.h) for each of them. It is wanted together with
 * its address, comes before it and goes after it; without it the address is not added.
 */
#ifndef ACCEPT_H
#define ACCEPT_H

#include <stdbool.h>

struct conf_router;
struct router;
struct routers;

/**
 * accept_wants_n() - how many wants a configured router needs for it.
 */
unsigned accept_wants_n(const struct conf_router *conf);

/**
 * accept_add() - add the wants of a router, behind those of its addresses.
 */
void accept_add(struct routers *routers, struct router *router);

/**
 * accept_want() - whether packets to one of a router's addresses shall be dropped.
 * @address: below its addresses_n + extra_n.
 */
void accept_want(struct routers *routers, const struct router *router, unsigned address,
		 bool wanted);

/**
 * accept_prepare() - whether the kernel can do it at all, if any router needs it.
 *
 * Return: 0; or -errno as kern_filter_probe().
 */
int accept_prepare(struct routers *routers);

#endif
