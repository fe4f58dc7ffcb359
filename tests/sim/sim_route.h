/* SPDX-License-Identifier: MIT */
/*
 * The route of a router, in worlds that have one: over its interface, from its first address
 * (netlink/route.h). The kernel removes it with either, of IPv4 without a word; somebody may remove
 * it. At the end of a turn it is there as long as the router is Active and it can be there, and no
 * longer (P18).
 */
#ifndef SIM_ROUTE_H
#define SIM_ROUTE_H

#include "netlink/object.h"
#include "sim_process.h"

struct kern_transaction;

/**
 * route_conf() - the route that a process is configured with; none in other worlds.
 */
void route_conf(const struct sim *sim, unsigned i, struct conf_route *route,
		struct conf_router *router);

/**
 * route_change() - carry out a change that a process asks for.
 *
 * Return: 0 or -errno, as kern_changer_apply() says.
 */
int route_change(struct sim *sim, const struct sim_process *by, const struct kern_change *change);

/**
 * route_bequeath() - carry out a removal of a last will.
 *
 * Return: whether it is one of a route.
 */
bool route_bequeath(struct sim *sim, const struct sim_process *by,
		    const struct kern_transaction *transaction);

/**
 * route_dump() - show a process that of its host, if it is vipd's.
 *
 * Return: 0 or -EAGAIN.
 */
int route_dump(const struct sim_process *process, kern_object_fn each, void *arg);

/**
 * route_loses_link(), route_loses_source() - what it needs is gone: the kernel removes it.
 * @k: the virtual address that goes.
 */
void route_loses_link(struct sim *sim, unsigned i);
void route_loses_source(struct sim *sim, unsigned i, unsigned k);

/**
 * route_steal() - somebody removes it.
 */
void route_steal(struct sim *sim, unsigned i);

/**
 * route_check() - the end of a turn of a process that runs a router (P18).
 */
void route_check(struct sim *sim, const struct sim_process *process);

#endif
