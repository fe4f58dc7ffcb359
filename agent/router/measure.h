/* SPDX-License-Identifier: MIT */
/*
 * What routers leave in the figures (agent/figures.h): what is so with each step, and how long
 * things take, measured where they happen. Nothing is decided by it, and nothing happens where
 * there is no memory for it.
 */
#ifndef MEASURE_H
#define MEASURE_H

#include <stdint.h>

struct router;
struct routers;
struct vrrp_election;

/**
 * measure_begin() - these routers are the ones that run.
 */
void measure_begin(struct routers *routers);

/**
 * measure_router() - what a router is and has counted.
 */
void measure_router(struct routers *routers, const struct router *router);

/**
 * measure_alive() - what is looked at once a second: somebody does, and which addresses are
 * missing.
 */
void measure_alive(struct routers *routers);

/**
 * measure_advert() - a router has accepted an advert.
 * @before: its election before that.
 * @arrived_ns: CLOCK_MONOTONIC.
 */
void measure_advert(struct routers *routers, struct router *router,
		    const struct vrrp_election *before, int64_t arrived_ns);

/**
 * measure_due() - a timer is about to run out; measure_sent() - an advert has left, not the last
 * one: if it was one of the timer's, that is how late it is.
 */
void measure_due(struct router *router, int64_t now_ns);
void measure_sent(struct routers *routers, struct router *router, int64_t sent_ns);

/**
 * measure_takeover() - a router has become Active.
 */
void measure_takeover(struct router *router);

/**
 * measure_turn() - a turn has sent what was owed: what was counted meanwhile, and who has announced
 * all addresses by now.
 */
void measure_turn(struct routers *routers);

/**
 * measure_renewal() - the leases of a router's addresses start anew.
 */
void measure_renewal(struct routers *routers);

#endif
