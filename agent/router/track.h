/* SPDX-License-Identifier: MIT */
/*
 * What routers track: interfaces, whose state counts for the priority of a router, or is a fault of
 * it. Here is what they are and since when; what follows from that is a matter of priority.c and
 * worth.c. Found by the interface, however many track it.
 *
 * The families of a router track once, in the first of them; what a group tracks, its first member
 * does.
 */
#ifndef TRACK_H
#define TRACK_H

#include <stdbool.h>
#include <stdint.h>

#include "agent/conf/conf.h"

struct router;
struct routers;

struct track {
	const struct conf_track *conf; /* borrowed */
	unsigned router;               /* number of the router */
	unsigned interface;            /* number of the interface */
	uint32_t next;                 /* the next one of that interface, plus 1; or 0 */
	bool seen;                     /* looked at before */
	bool down;                     /* cannot be used, for as long as its delay */
	int64_t down_ns;               /* it is down from then on; VRRP_NEVER: it is up */
};

struct tracks {
	unsigned n;
	struct track *all;  /* those of a router are neighbours; owned, as all below */
	uint32_t *first;    /* by number of interface: the first one, plus 1; or 0 */
	unsigned *doubtful; /* numbers of interfaces of which there is news */
	bool *is_doubtful;  /* by number of interface */
	unsigned doubtful_n;
};

/**
 * tracks_of() - what a configured router tracks, and what its group does if that is its business.
 * @previous: the router before it in the configuration; NULL: it is the first.
 * @ret_tracks: room for 2 * CONF_TRACKS_MAX; borrowed from the configuration. NULL: count only.
 *
 * Return: how many.
 */
unsigned tracks_of(const struct conf_router *conf, const struct conf_router *previous,
		   const struct conf_track **ret_tracks);

/**
 * tracks_free() - release what tracks_init() has made, and the array. Of what is zero, too.
 */
void tracks_free(struct tracks *tracks);

/**
 * tracks_add() - what a router tracks, after that of those with lower numbers.
 * @number: of the router.
 * @previous: as for tracks_of().
 */
void tracks_add(struct routers *routers, unsigned number, const struct conf_router *previous);

/**
 * tracks_init() - they are all added, and so are all interfaces: find them by interface, and look
 * at each in the next turn.
 *
 * Return: 0 or -ENOMEM.
 */
int tracks_init(struct routers *routers);

/**
 * tracks_doubt() - something is new about an interface.
 */
void tracks_doubt(struct routers *routers, unsigned interface);

/**
 * track_look() - see what has become of what a router tracks.
 *
 * Return: whether it counts otherwise than before, for the first time included.
 */
bool track_look(struct routers *routers, struct track *track);

/**
 * track_counts() - whether what its weight is for is the case: a positive one while the interface
 * can be used, a negative one or none while it cannot; the other way round with reverse.
 */
bool track_counts(const struct track *track);

/**
 * track_weights() - the sum of all weights of a router that count now.
 */
int track_weights(const struct routers *routers, const struct router *router);

/**
 * track_deadline() - when track_look() of something that a router tracks is due; VRRP_NEVER.
 */
int64_t track_deadline(const struct routers *routers, const struct router *router);

/**
 * track_fault() - which of what a router tracks without a weight is a fault now.
 *
 * Return: with VRRP_REASON_NONE: nothing.
 */
struct vrrp_reason track_fault(const struct routers *routers, const struct router *router);

#endif
