/* SPDX-License-Identifier: MIT */
/*
 * Deliveries in their order: those of one entry, or of entries that are one action, about one
 * router are a lane, and lanes stand in the order in which they were served. A lane is found by
 * what is in it, and there as long as it has any. What becomes of a delivery the queue decides
 * (queue.h), and what may be begun.
 */
#ifndef LANES_H
#define LANES_H

#include <stdbool.h>
#include <stdint.h>

#include "queue.h"

#define LANES_BUCKETS 4096 /* of lanes, by their hash; a power of two */

struct lane {
	struct delivery *first, *last; /* owned; never NULL */
	bool busy;                     /* the first one is being made */
	struct lane *same;             /* in its bucket */
	struct lane *before, *next;    /* among all */
};

/* All zero: there are none. */
struct lanes {
	struct lane *buckets[LANES_BUCKETS];
	struct lane *first, *last; /* owned; who was served goes to the end */
	unsigned n;                /* deliveries in all of them */
};

/**
 * lanes_fini() - free all of them, and what is in them.
 */
void lanes_fini(struct lanes *lanes);

/**
 * lanes_find() - the one that a delivery is of, or would be.
 * @delivery: conf, entry, router, of_group and family of it.
 *
 * Return: borrowed; NULL: there is none.
 */
struct lane *lanes_find(const struct lanes *lanes, const struct delivery *delivery);

/**
 * lanes_find_id() - a delivery by its id.
 * @ret_lane: where it is.
 *
 * Return: borrowed; NULL: there is none.
 */
struct delivery *lanes_find_id(const struct lanes *lanes, int64_t id, struct lane **ret_lane);

/**
 * lanes_insert() - into its lane, which may begin with it: by its id, but behind what is being
 * made.
 * @delivery: owned from here on.
 *
 * Return: its lane; NULL without memory, and the delivery is still the caller's.
 */
struct lane *lanes_insert(struct lanes *lanes, struct delivery *delivery);

/**
 * lanes_take_out() - out of its lane, which may end with it.
 * @delivery: the caller's from here on.
 */
void lanes_take_out(struct lanes *lanes, struct lane *lane, struct delivery *delivery);

/**
 * lanes_put_last() - behind all others, as it is served.
 */
void lanes_put_last(struct lanes *lanes, struct lane *lane);

/**
 * lane_is_making() - whether that delivery of the lane is being made.
 */
bool lane_is_making(const struct lane *lane, const struct delivery *delivery);

#endif
