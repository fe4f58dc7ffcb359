/* SPDX-License-Identifier: MIT */
/*
 * When a router is the last resort: it is Active and cannot hold one of its addresses, so whoever
 * else can shall have them all. Its priority is the lowest, which is enough for a peer that
 * preempts; after a while without one it offers to leave, for a peer that does not, and again after
 * pauses that grow. If nobody comes it serves with what it has, until it has held everything for a
 * minute. Where a peer is the last resort, too, nothing is offered for an hour: two hosts that
 * cannot hold an address do not hand it to and fro.
 *
 * Pure: it says when, the caller does it.
 */
#ifndef RESORT_H
#define RESORT_H

#include <stdbool.h>
#include <stdint.h>

#include "vrrp/fsm.h"

#define RESORT_PRIORITY   1
#define RESORT_REFUSED_NS INT64_C(3000000000)  /* what the kernel refuses so long is not held */
#define RESORT_KEPT_NS    INT64_C(60000000000) /* what was there for so long is held again */
#define RESORT_PAUSE_NS   INT64_C(60000000000) /* between the first two offers; then twice that, */
#define RESORT_PAUSE_MAX  INT64_C(3600000000000) /* and so on up to this */
#define RESORT_EQUAL_NS   RESORT_PAUSE_MAX       /* so long a peer is taken for no better */

/* All times on the clock of the router's deadlines. */
struct resort {
	bool last;        /* the router is the last resort */
	int64_t look_ns;  /* resort_look() is due; VRRP_NEVER */
	int64_t kept_ns;  /* since when all addresses are there; VRRP_NEVER */
	int64_t cede_ns;  /* it offers to leave then; VRRP_NEVER */
	int64_t pause_ns; /* between the offer then and the one after */
	int64_t equal_ns; /* a peer with RESORT_PRIORITY was heard then; 0: never */
};

enum resort_change {
	RESORT_UNCHANGED,
	RESORT_BEGINS, /* the router is the last resort from now on */
	RESORT_ENDS,   /* it is not any more */
};

/**
 * resort_init() - of a router that is not the last resort.
 */
void resort_init(struct resort *resort);

/**
 * resort_resume() - a router has been the last resort until now, and goes on with that.
 * @active: whether it is Active.
 * @silence_ns: after which a peer that preempts has taken over.
 */
void resort_resume(struct resort *resort, bool active, int64_t silence_ns, int64_t now_ns);

/**
 * resort_rest() - the router is not Active (any more): nothing is due.
 */
void resort_rest(struct resort *resort);

/**
 * resort_end() - the router is not the last resort any more. What is known of peers stays.
 */
void resort_end(struct resort *resort);

/**
 * resort_hear() - an advert of a peer was accepted.
 */
void resort_hear(struct resort *resort, uint8_t priority, int64_t now_ns);

/**
 * resort_lacked() - an address has come that was not there until now, whether that was known or
 * not.
 */
void resort_lacked(struct resort *resort);

/**
 * resort_look() - look at the addresses of an Active router. Too early a call does no harm.
 * @unheld_ns: since when one of them cannot be held; 0: for good; VRRP_NEVER: all are there.
 * @silence_ns: as for resort_resume().
 */
enum resort_change resort_look(struct resort *resort, int64_t unheld_ns, int64_t silence_ns,
			       int64_t now_ns);

/**
 * resort_cedes() - whether an Active router is to offer to leave now.
 * @can: it is not silent anyway.
 * @silence_ns: as for resort_resume(). What cannot be offered now is offered later.
 */
bool resort_cedes(struct resort *resort, bool can, int64_t silence_ns, int64_t now_ns);

/**
 * resort_deadline() - when resort_look() or resort_cedes() is due; VRRP_NEVER.
 */
int64_t resort_deadline(const struct resort *resort);

#endif
