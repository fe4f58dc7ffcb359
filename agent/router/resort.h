/* SPDX-License-Identifier: MIT */
/*
 * When a router is the last resort: it is Active and cannot hold one of its addresses, so whoever
 * else can shall have them all. Its priority is the lowest, which is enough for a peer that
 * preempts; after a while without one it offers to leave, once, for a peer that does not. If nobody
 * comes it serves with what it has, until it has held everything for a minute. Peers that are no
 * better are not asked: two hosts that cannot hold an address do not hand it to and fro.
 *
 * Pure: it says when, the caller does it.
 */
#ifndef RESORT_H
#define RESORT_H

#include <stdbool.h>
#include <stdint.h>

#include "vrrp/fsm.h"

#define RESORT_PRIORITY 1
#define RESORT_REFUSED_NS                                                                          \
	INT64_C(3000000000)                 /* what the kernel refuses for so long is not held     \
					     */
#define RESORT_KEPT_NS INT64_C(60000000000) /* what was there for so long is held again */
#define RESORT_PEER_NS INT64_C(60000000000) /* so long, and two waits, a peer is no better */

/* All times on the clock of the router's deadlines. */
struct resort {
	bool last;        /* the router is the last resort */
	int64_t look_ns;  /* resort_look() is due; VRRP_NEVER */
	int64_t kept_ns;  /* since when all addresses are there; VRRP_NEVER */
	int64_t cede_ns;  /* it offers to leave then; VRRP_NEVER */
	int64_t equal_ns; /* a peer that is no better was heard then, or 0 */
};

enum resort_change {
	RESORT_UNCHANGED,
	RESORT_BEGINS, /* the router is the last resort from now on */
	RESORT_ENDS,   /* it is not any more */
};

/**
 * resort_init() - of a router that is not Active.
 * @last: whether it was the last resort when it was Active, and so still is.
 */
void resort_init(struct resort *resort, bool last);

/**
 * resort_rest() - the router is not Active (any more): nothing is due.
 */
void resort_rest(struct resort *resort);

/**
 * resort_hear() - an advert of a peer was accepted.
 */
void resort_hear(struct resort *resort, uint8_t priority, int64_t now_ns);

/**
 * resort_wait_ns() - how long a peer is waited for that preempts: two intervals more than may be
 * missed, as its Active_Down_Interval is below one more.
 */
int64_t resort_wait_ns(const struct vrrp_config *config);

/**
 * resort_look() - look at the addresses of an Active router. Too early a call does no harm.
 * @unheld_ns: since when one of them cannot be held; 0: for good; VRRP_NEVER: all are there.
 * @wait_ns: resort_wait_ns() of the router.
 */
enum resort_change resort_look(struct resort *resort, int64_t unheld_ns, int64_t wait_ns,
			       int64_t now_ns);

/**
 * resort_cedes() - whether an Active router is to offer to leave now.
 */
bool resort_cedes(struct resort *resort, int64_t wait_ns, int64_t now_ns);

/**
 * resort_deadline() - when resort_look() or resort_cedes() is due; VRRP_NEVER.
 */
int64_t resort_deadline(const struct resort *resort);

#endif
