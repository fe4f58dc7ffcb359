/* SPDX-License-Identifier: MIT */
/*
 * Routers that change their states again and again, as a reader of the journal sees them. Each
 * router has a budget of changes that are told one by one; when it is spent the reader says once
 * that the router flaps, and tells the state that it ends in when that has lasted for a while, or
 * after a minute if none does. A change of a state that had lasted is always told at once.
 *
 * A function of the events alone: whoever reads them again knows what its predecessor knew. No
 * clock, no I/O; the memory is bounded. With more routers that flap than it has room for the others
 * are told each.
 */
#ifndef EVENT_FLAPS_H
#define EVENT_FLAPS_H

#include "events.h"

#define EVENT_FLAPS_TOLD_MAX   12 /* the budget: changes that are told one by one */
#define EVENT_FLAPS_SETTLED_NS INT64_C(5000000000)  /* a state has lasted; budget: one more */
#define EVENT_FLAPS_LONGEST_NS INT64_C(60000000000) /* without such a state, one is told */

enum event_flaps_verdict {
	EVENT_FLAPS_TELL,   /* as ever */
	EVENT_FLAPS_BEGINS, /* say that the router flaps; the event is not told */
	EVENT_FLAPS_UNTOLD, /* it is not told */
};

/* Changes of a router that were not told. */
struct event_flap {
	struct events_cursor last; /* where the last one of them is read */
	int64_t last_ns;           /* when it was, CLOCK_MONOTONIC */
	unsigned changes_n;        /* 1.. */
};

struct event_flaps;

/**
 * event_flaps_new() - nothing was seen yet.
 *
 * Return: owned by the caller, who passes it to event_flaps_free(); NULL without memory.
 */
struct event_flaps *event_flaps_new(void);

/**
 * event_flaps_free() - release; NULL is allowed.
 */
void event_flaps_free(struct event_flaps *flaps);

/**
 * event_flaps_note() - the next event of the ring; first event_flaps_settled() is to be asked what
 * is due at its time.
 * @at: where it is read.
 *
 * Return: whether it is told. A change of state is counted; what follows from one, a suspicion or
 * an address that was there already, is told with it or not; of other events each is told.
 */
enum event_flaps_verdict event_flaps_note(struct event_flaps *flaps, const struct event *event,
					  const struct events_cursor *at);

/**
 * event_flaps_settled() - the next router whose state is to be told, once for what was untold.
 * @now_ns: CLOCK_MONOTONIC; INT64_MAX: at the end, of all routers.
 * @ret_flap: filled when there is one.
 *
 * Return: whether there is one.
 */
bool event_flaps_settled(struct event_flaps *flaps, int64_t now_ns, struct event_flap *ret_flap);

/**
 * event_flaps_deadline() - when event_flaps_settled() is to be asked next; INT64_MAX: not for now.
 */
int64_t event_flaps_deadline(const struct event_flaps *flaps);

#endif
