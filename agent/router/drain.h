/* SPDX-License-Identifier: MIT */
/*
 * A router that is drained: an operator wants another host to serve. It has the lowest priority and
 * keeps its addresses, so that a peer that preempts takes over; after a while without one it offers
 * to leave, once, for a peer that does not preempt. If nobody comes it goes on serving, still
 * drained: whoever comes later takes over.
 *
 * Where a peer has said meanwhile that it has the lowest priority itself nothing is offered: it
 * would be no better. What it said before is no news of now: hosts are drained one after the other,
 * and one that is resumed, and does not preempt, says nothing.
 *
 * Commands may want to run before any of that (hold.h): then it begins when those have ended.
 *
 * Pure: it says when, the caller does it.
 */
#ifndef DRAIN_H
#define DRAIN_H

#include <stdbool.h>
#include <stdint.h>

#include "vrrp/fsm.h"

/* All times on the clock of the router's deadlines. */
struct drain {
	int64_t until_ns; /* it ends then by itself; VRRP_NEVER: it does not; 0: not drained */
	int64_t since_ns; /* when it began, or began anew */
	int64_t offer_ns; /* it offers to leave then; VRRP_NEVER */
};

/**
 * drain_init() - of a router that is not drained.
 */
void drain_init(struct drain *drain);

/**
 * drain_begin() - a router is drained from now on, or until another time than before. An Active
 * that has made its offer makes another one: peers may have come since.
 * @until_ns: its end, or VRRP_NEVER.
 * @offers: whether it is Active, and waits for no command.
 * @silence_ns: after which a peer that preempts has taken over.
 */
void drain_begin(struct drain *drain, int64_t until_ns, bool offers, int64_t silence_ns,
		 int64_t now_ns);

/**
 * drain_resume() - another process had planned the offer of a router that is drained.
 * @offer_ns: when; VRRP_NEVER: it had none to make.
 */
void drain_resume(struct drain *drain, int64_t offer_ns);

/**
 * drain_is_on() - whether a router is drained.
 */
static inline bool drain_is_on(const struct drain *drain)
{
	return drain->until_ns != 0;
}

/**
 * drain_rest() - the router is not Active (any more): there is nothing to offer.
 */
void drain_rest(struct drain *drain);

/**
 * drain_is_over() - whether its time has come to an end by itself; then it is not drained.
 */
bool drain_is_over(struct drain *drain, int64_t now_ns);

/**
 * drain_offers() - whether an Active router is to offer to leave now: once.
 * @can: it is not silent anyway; what cannot be offered now is offered later.
 * @equal_ns: when a peer with the lowest priority was heard last; 0: never.
 * @silence_ns: as for drain_begin().
 */
bool drain_offers(struct drain *drain, bool can, int64_t equal_ns, int64_t silence_ns,
		  int64_t now_ns);

/**
 * drain_deadline() - when drain_is_over() or drain_offers() is due; VRRP_NEVER.
 */
int64_t drain_deadline(const struct drain *drain);

#endif
