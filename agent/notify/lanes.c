/* SPDX-License-Identifier: MIT */
#include "lanes.h"

#include <stdlib.h>
#include <string.h>

#include "delivery.h"

static void free_lane(struct lane *lane)
{
	struct delivery *next;

	for (struct delivery *it = lane->first; it; it = next) {
		next = it->next;
		delivery_free(it);
	}
	free(lane);
}

void lanes_fini(struct lanes *lanes)
{
	struct lane *next;

	for (struct lane *lane = lanes->first; lane; lane = next) {
		next = lane->next;
		free_lane(lane);
	}
}

/* ---- one is found ---- */

static uint64_t lane_of(const struct delivery *delivery)
{
	return delivery->conf ? delivery->conf->lane : delivery->entry;
}

static unsigned bucket_of(const struct delivery *delivery)
{
	uint64_t hash = lane_of(delivery) ^ delivery->family ^ (uint64_t)delivery->of_group << 8;

	for (const char *p = delivery->router; *p; p++)
		hash = (hash ^ (uint8_t)*p) * UINT64_C(1099511628211);
	return (unsigned)(hash ^ hash >> 32) & (LANES_BUCKETS - 1);
}

static bool is_of_lane(const struct lane *lane, const struct delivery *delivery)
{
	return lane_of(lane->first) == lane_of(delivery) &&
	       lane->first->family == delivery->family &&
	       lane->first->of_group == delivery->of_group &&
	       strcmp(lane->first->router, delivery->router) == 0;
}

struct lane *lanes_find(const struct lanes *lanes, const struct delivery *delivery)
{
	struct lane *lane = lanes->buckets[bucket_of(delivery)];

	while (lane && !is_of_lane(lane, delivery))
		lane = lane->same;
	return lane;
}

struct delivery *lanes_find_id(const struct lanes *lanes, int64_t id, struct lane **ret_lane)
{
	for (struct lane *lane = lanes->first; lane; lane = lane->next)
		for (struct delivery *it = lane->first; it; it = it->next)
			if (it->id == id) {
				*ret_lane = lane;
				return it;
			}
	return NULL;
}

/* ---- the order of lanes ---- */

static void append_lane(struct lanes *lanes, struct lane *lane)
{
	lane->before = lanes->last;
	lane->next = NULL;
	if (lanes->last)
		lanes->last->next = lane;
	else
		lanes->first = lane;
	lanes->last = lane;
}

static void take_lane(struct lanes *lanes, struct lane *lane)
{
	if (lane->before)
		lane->before->next = lane->next;
	else
		lanes->first = lane->next;
	if (lane->next)
		lane->next->before = lane->before;
	else
		lanes->last = lane->before;
}

void lanes_put_last(struct lanes *lanes, struct lane *lane)
{
	take_lane(lanes, lane);
	append_lane(lanes, lane);
}

/* With nothing in it yet. @first: what will be. */
static struct lane *make_lane(struct lanes *lanes, const struct delivery *first)
{
	struct lane *lane = calloc(1, sizeof(*lane));
	struct lane **bucket = &lanes->buckets[bucket_of(first)];

	if (!lane)
		return NULL;
	lane->same = *bucket;
	*bucket = lane;
	append_lane(lanes, lane);
	return lane;
}

/* The last delivery of a lane has left it. @bucket: of that one. */
static void end_lane(struct lanes *lanes, struct lane *lane, unsigned bucket)
{
	struct lane **at = &lanes->buckets[bucket];

	while (*at != lane)
		at = &(*at)->same;
	*at = lane->same;
	take_lane(lanes, lane);
	free(lane);
}

/* ---- the order in a lane ---- */

bool lane_is_making(const struct lane *lane, const struct delivery *delivery)
{
	return lane->busy && lane->first == delivery;
}

static void insert(struct lane *lane, struct delivery *delivery)
{
	struct delivery **at = &lane->first;

	if (lane->last && lane->last->id < delivery->id)
		at = &lane->last->next;
	else if (lane->busy)
		at = &lane->first->next;
	while (*at && (*at)->id < delivery->id)
		at = &(*at)->next;
	delivery->next = *at;
	*at = delivery;
	if (!delivery->next)
		lane->last = delivery;
}

struct lane *lanes_insert(struct lanes *lanes, struct delivery *delivery)
{
	struct lane *lane = lanes_find(lanes, delivery);

	if (!lane)
		lane = make_lane(lanes, delivery);
	if (!lane)
		return NULL;
	insert(lane, delivery);
	lanes->n++;
	return lane;
}

void lanes_take_out(struct lanes *lanes, struct lane *lane, struct delivery *delivery)
{
	struct delivery **at = &lane->first, *before = NULL;
	unsigned bucket = bucket_of(delivery);

	for (; *at != delivery; at = &(*at)->next)
		before = *at;
	*at = delivery->next;
	if (!delivery->next)
		lane->last = before;
	delivery->next = NULL;
	lanes->n--;
	if (!lane->first)
		end_lane(lanes, lane, bucket);
}
