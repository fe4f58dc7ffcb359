/* SPDX-License-Identifier: MIT */
/*
 * What routers track: interfaces and checks, whose state counts for the priority of a router, or is
 * a fault of it. Here is what they are and since when; what follows from that is a matter of
 * priority.c and worth.c. Found by the interface or the check, their source, however many track it.
 *
 * The families of a router track once, in the first of them; what a group tracks, its first member
 * does.
 */
#ifndef TRACK_H
#define TRACK_H

#include <stdbool.h>
#include <stdint.h>

#include "agent/conf/conf.h"
#include "facts.h"

struct router;
struct routers;

struct track {
	const struct conf_track *conf; /* borrowed */
	unsigned router;               /* number of the router */
	unsigned source;               /* number of the check; or, behind all checks, of the
					  interface */
	uint32_t next;                 /* the next one of that source, plus 1; or 0 */
	bool seen;                     /* looked at before */
	bool down;                     /* cannot be used, for as long as its delay */
	bool unknown;                  /* a check that has never answered: it counts for nothing */
	bool lacking;                  /* likewise, and its router did not wait any longer */
	bool presumed;                 /* likewise, and it counts as when all is well: its router
					  was Active before a reload, which demotes nobody */
	int32_t number;                /* of a file; how often its weight counts */
	int64_t down_ns;               /* it is down from then on; VRRP_NEVER: it is up */
	int64_t look_ns; /* it has news that waits until then; VRRP_NEVER: none does */
};

struct tracks {
	unsigned n;
	struct track *all;  /* those of a router are neighbours; owned, as all below */
	uint32_t *first;    /* by number of source: the first one, plus 1; or 0 */
	unsigned *doubtful; /* numbers of sources of which there is news */
	bool *is_doubtful;  /* by number of source */
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
 * tracks_init() - they are all added, and so are all interfaces: find them by source, and look at
 * each in the next turn.
 *
 * Return: 0 or -ENOMEM.
 */
int tracks_init(struct routers *routers);

/**
 * tracks_doubt_interface() - something is new about an interface.
 */
void tracks_doubt_interface(struct routers *routers, unsigned interface);

/**
 * tracks_doubt_check() - something is new about a check.
 */
void tracks_doubt_check(struct routers *routers, unsigned check);

/**
 * track_look() - see what has become of what a router tracks.
 *
 * Return: whether it counts otherwise than before, for the first time included.
 */
bool track_look(struct routers *routers, struct track *track);

/**
 * track_is_missing() - whether it is of an interface that is not there.
 */
bool track_is_missing(const struct routers *routers, const struct track *track);

/**
 * track_counts() - whether what its weight is for is the case: a positive one while the interface
 * can be used or the check is up, a negative one or none while it cannot, or is down; the other way
 * round with reverse. What is unknown never counts, unless it is presumed to be well.
 */
bool track_counts(const struct track *track);

/**
 * track_is_awaited() - whether a router tracks a check that has yet to answer, and has time to.
 */
bool track_is_awaited(const struct routers *routers, const struct router *router);

/**
 * track_note_lacking() - a router begins although some check has not answered.
 * @active: it shares the fate of one that is Active: what is presumed stays so. Else nothing is
 *	presumed any more.
 *
 * Return: whether there is one.
 */
bool track_note_lacking(struct routers *routers, const struct router *router, bool active);

/**
 * track_presume() - a router goes on as Active, and what it tracks may be known by other names than
 * before: a check that has yet to answer, and has time to, counts as when all is well, until it
 * answers or that time is over. A file with a number counts for nothing until it is read: nobody
 * can say for what else.
 */
void track_presume(struct routers *routers, const struct router *router);

/**
 * track_is_unanswered() - whether some check that a router tracks has never answered, and counts
 * for nothing.
 */
bool track_is_unanswered(const struct routers *routers, const struct router *router);

/**
 * track_is_lacking() - whether it has begun so, and that check has still not answered.
 */
bool track_is_lacking(const struct routers *routers, const struct router *router);

/**
 * track_is_told() - whether what has become of it is worth a line: it does not change again and
 * again.
 */
bool track_is_told(const struct routers *routers, const struct track *track);

/**
 * track_weight() - what a weight comes to now. That of a file with a number counts so often as the
 * number says, up to 253 in all, as keepalived has it; a product of -254 and less is a fault.
 */
int track_weight(const struct facts *facts, const struct track *track);

/**
 * track_weights() - the sum of all weights of a router that count now.
 */
int track_weights(const struct routers *routers, const struct router *router);

/**
 * track_hurry() - a router is not Active (any more), and no advert of its tells of a change: news
 * that waits is looked at now.
 */
void track_hurry(struct routers *routers, const struct router *router);

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
