/* SPDX-License-Identifier: MIT */
#include "queue.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "delivery.h"
#include "lanes.h"
#include "places.h"

#define NS_PER_S     INT64_C(1000000000)
#define PAUSE_MAX_NS (300 * NS_PER_S)

struct queue {
	struct queue_observer observer;
	struct lanes lanes;
	struct places places;
	struct delivery *dead, *last_dead; /* owned */
	unsigned dead_n;
	struct queue_counts counts;
};

struct queue *queue_new(const struct queue_observer *observer)
{
	struct queue *queue = calloc(1, sizeof(*queue));

	if (queue)
		queue->observer = *observer;
	return queue;
}

void queue_free(struct queue *queue)
{
	struct delivery *next;

	if (!queue)
		return;
	lanes_fini(&queue->lanes);
	for (struct delivery *it = queue->dead; it; it = next) {
		next = it->next;
		delivery_free(it);
	}
	free(queue);
}

static void forget(struct queue *queue, struct delivery *delivery)
{
	queue->observer.removed(queue->observer.arg, delivery);
	delivery_free(delivery);
}

static void put(const struct queue *queue, const struct delivery *delivery)
{
	queue->observer.put(queue->observer.arg, delivery);
}

/* ---- what comes ---- */

/* What waits in a lane and was not begun, not even by a process before this one. Return: how many
 * of that class; the last of them. */
static unsigned count_class(const struct lane *lane, const struct delivery *delivery,
			    struct delivery **ret_last)
{
	unsigned n = 0;

	for (struct delivery *it = lane->first; it; it = it->next) {
		if (it->life == DELIVERY_STARTED || !delivery_is_of_class(delivery, it))
			continue;
		*ret_last = it;
		n++;
	}
	return n;
}

static void give_up(struct queue *queue, struct lane *lane, struct delivery *delivery)
{
	queue->counts.superseded++;
	lanes_take_out(&queue->lanes, lane, delivery);
	forget(queue, delivery);
}

/* What is no longer true. @newest: what is, in the lane; NULL: none of it. The lane may end by
 * that.
 */
static void supersede(struct queue *queue, struct lane *lane, const struct delivery *newest)
{
	struct delivery *next;

	for (struct delivery *it = lane->first; it != newest; it = next) {
		next = it->next;
		if (!delivery_is_ended_by(it, newest))
			continue;
		if (lane_is_making(lane, it)) {
			it->outdated = true;
			continue;
		}
		give_up(queue, lane, it);
	}
}

static void bury(struct queue *queue, struct delivery *delivery)
{
	struct delivery *oldest = queue->dead;

	delivery->life = DELIVERY_DEAD;
	delivery->next = NULL;
	if (queue->last_dead)
		queue->last_dead->next = delivery;
	else
		queue->dead = delivery;
	queue->last_dead = delivery;
	if (++queue->dead_n <= QUEUE_DEAD_MAX)
		return;
	queue->dead = oldest->next;
	queue->dead_n--;
	queue->counts.dropped++;
	queue->observer.forgotten(queue->observer.arg, oldest);
	forget(queue, oldest);
}

int queue_add(struct queue *queue, struct delivery *delivery)
{
	struct lane *lane = lanes_find(&queue->lanes, delivery);
	struct delivery *last = NULL;

	if (lane && count_class(lane, delivery, &last) < QUEUE_CLASS_MAX)
		last = NULL;
	lane = lanes_insert(&queue->lanes, delivery);
	if (!lane)
		return -ENOMEM;
	if (last) {
		delivery->merged += last->merged + 1;
		queue->counts.merged++;
		lanes_take_out(&queue->lanes, lane, last);
		forget(queue, last);
	}
	if (delivery_has_to_be_true(delivery))
		supersede(queue, lane, delivery);
	put(queue, delivery);
	return 0;
}

/* Whether a lane has a newer state, waiting or being made. */
static bool has_newer_state(const struct lane *lane, const struct delivery *delivery)
{
	for (const struct delivery *it = lane->first; it; it = it->next)
		if (delivery_has_to_be_true(it) && delivery_is_of_class(delivery, it) &&
		    it->id > delivery->id)
			return true;
	return false;
}

int queue_load(struct queue *queue, struct delivery *delivery)
{
	struct lane *lane;

	if (delivery->life == DELIVERY_DEAD) {
		bury(queue, delivery);
		return 0;
	}
	lane = lanes_insert(&queue->lanes, delivery);
	if (!lane)
		return -ENOMEM;
	if (!delivery_has_to_be_true(delivery))
		return 0;
	if (has_newer_state(lane, delivery))
		give_up(queue, lane, delivery);
	else
		supersede(queue, lane, delivery);
	return 0;
}

void queue_outdate(struct queue *queue, const struct delivery *of)
{
	struct lane *lane = lanes_find(&queue->lanes, of);

	if (lane)
		supersede(queue, lane, NULL);
}

bool queue_put_off(struct queue *queue, const struct delivery *like, int64_t due_ns)
{
	struct lane *lane = lanes_find(&queue->lanes, like);
	struct delivery *found = NULL;

	for (struct delivery *it = lane ? lane->first : NULL; it; it = it->next)
		if (delivery_has_to_be_true(it) && delivery_is_state(it) &&
		    !lane_is_making(lane, it))
			found = it;
	if (!found || !delivery_is_again(found) || found->word != like->word)
		return false;
	if (due_ns > found->latest_ns)
		due_ns = found->latest_ns;
	if (due_ns > found->due_ns)
		found->due_ns = due_ns;
	return true;
}

/* ---- what is made ---- */

/* Whether it can be begun as soon as it is due. */
static bool is_free(const struct queue *queue, const struct lane *lane, bool hook, unsigned places)
{
	return !lane->busy && delivery_is_hook(lane->first) == hook &&
	       places_has(&queue->places, lane->first, places);
}

struct delivery *queue_start(struct queue *queue, bool hook, unsigned places, int64_t now_ns)
{
	struct lane *lane = queue->lanes.first;
	struct delivery *delivery;

	while (lane && (lane->first->due_ns > now_ns || !is_free(queue, lane, hook, places)))
		lane = lane->next;
	if (!lane)
		return NULL;
	lanes_put_last(&queue->lanes, lane);
	lane->busy = true;
	delivery = lane->first;
	places_take(&queue->places, delivery);
	delivery->life = DELIVERY_STARTED;
	delivery->attempts++;
	put(queue, delivery);
	return delivery;
}

static int64_t pause_of(unsigned attempts)
{
	int64_t pause_ns = NS_PER_S << (attempts < 10 ? attempts - 1 : 9);

	return pause_ns < PAUSE_MAX_NS ? pause_ns : PAUSE_MAX_NS;
}

static enum queue_verdict fail(struct queue *queue, struct lane *lane, struct delivery *delivery,
			       int64_t now_ns)
{
	queue->counts.failed++;
	if (delivery_is_hook(delivery)) {
		lanes_take_out(&queue->lanes, lane, delivery);
		forget(queue, delivery);
		return QUEUE_GONE;
	}
	if (delivery->outdated) {
		give_up(queue, lane, delivery);
		return QUEUE_GONE;
	}
	if (delivery->conf && delivery->attempts <= delivery->conf->retries) {
		delivery->life = DELIVERY_WAITS;
		delivery->due_ns = now_ns + pause_of(delivery->attempts);
		put(queue, delivery);
		return QUEUE_AGAIN;
	}
	queue->counts.dead++;
	lanes_take_out(&queue->lanes, lane, delivery);
	bury(queue, delivery);
	put(queue, delivery);
	return QUEUE_DIES;
}

enum queue_verdict queue_end(struct queue *queue, struct delivery *delivery, const char *error,
			     int64_t now_ns)
{
	struct lane *lane = lanes_find(&queue->lanes, delivery);

	lane->busy = false;
	places_give(&queue->places, delivery);
	delivery->run = NULL;
	if (error) {
		snprintf(delivery->error, sizeof(delivery->error), "%s", error);
		return fail(queue, lane, delivery, now_ns);
	}
	queue->counts.delivered++;
	lanes_take_out(&queue->lanes, lane, delivery);
	forget(queue, delivery);
	return QUEUE_DELIVERED;
}

void queue_put_back(struct queue *queue, struct delivery *delivery, int64_t due_ns)
{
	struct lane *lane = lanes_find(&queue->lanes, delivery);

	lane->busy = false;
	places_give(&queue->places, delivery);
	delivery->run = NULL;
	if (delivery->outdated) {
		give_up(queue, lane, delivery);
		return;
	}
	delivery->life = DELIVERY_WAITS;
	delivery->attempts--;
	delivery->due_ns = due_ns;
	put(queue, delivery);
}

/* ---- what somebody decides ---- */

/* Out of the dead. */
static struct delivery *exhume(struct queue *queue, int64_t id)
{
	struct delivery *before = NULL, *it = queue->dead;

	for (; it && it->id != id; it = it->next)
		before = it;
	if (!it)
		return NULL;
	if (before)
		before->next = it->next;
	else
		queue->dead = it->next;
	if (!it->next)
		queue->last_dead = before;
	queue->dead_n--;
	return it;
}

const struct delivery *queue_find(const struct queue *queue, int64_t id)
{
	struct lane *lane;
	const struct delivery *it = lanes_find_id(&queue->lanes, id, &lane);

	if (it)
		return it;
	for (it = queue->dead; it && it->id != id; it = it->next)
		;
	return it;
}

/* Those before it come first, since all of a lane are made in order. Return: how many were not. */
static unsigned make_due(struct queue *queue, struct lane *lane, struct delivery *last,
			 int64_t now_ns)
{
	unsigned n = 0;

	for (struct delivery *it = lane->first; it != last->next; it = it->next) {
		if (lane_is_making(lane, it) || it->due_ns <= now_ns)
			continue;
		it->due_ns = now_ns;
		put(queue, it);
		n++;
	}
	return n;
}

static int retry_dead(struct queue *queue, struct delivery *delivery, int64_t now_ns)
{
	struct lane *lane = lanes_find(&queue->lanes, delivery);

	if (!delivery->conf)
		return -ENOTSUP;
	if (lane && delivery_has_to_be_true(delivery) && has_newer_state(lane, delivery))
		return -ESTALE;
	lane = lanes_insert(&queue->lanes, delivery);
	if (!lane)
		return -ENOMEM;
	if (delivery_has_to_be_true(delivery))
		supersede(queue, lane, delivery);
	delivery->life = DELIVERY_WAITS;
	delivery->attempts = 1; /* so the next one is told to be a repetition */
	delivery->due_ns = now_ns;
	put(queue, delivery);
	return 0;
}

int queue_retry(struct queue *queue, int64_t id, int64_t now_ns)
{
	struct lane *lane;
	struct delivery *delivery = lanes_find_id(&queue->lanes, id, &lane);
	int err;

	if (delivery && lane_is_making(lane, delivery))
		return -EBUSY;
	if (delivery) {
		(void)make_due(queue, lane, delivery, now_ns);
		return 0;
	}
	delivery = exhume(queue, id);
	if (!delivery)
		return -ENOENT;
	err = retry_dead(queue, delivery, now_ns);
	if (err < 0)
		bury(queue, delivery);
	return err;
}

/* Each once: who stays dead goes to the end. */
static unsigned retry_all_dead(struct queue *queue,
			       bool (*may)(void *arg, const struct delivery *delivery), void *arg,
			       int64_t now_ns)
{
	unsigned n = 0;

	for (unsigned left = queue->dead_n; left; left--) {
		struct delivery *delivery = exhume(queue, queue->dead->id);

		if (may(arg, delivery) && retry_dead(queue, delivery, now_ns) == 0)
			n++;
		else
			bury(queue, delivery);
	}
	return n;
}

unsigned queue_retry_all(struct queue *queue,
			 bool (*may)(void *arg, const struct delivery *delivery), void *arg,
			 int64_t now_ns)
{
	unsigned n = 0;

	for (struct lane *lane = queue->lanes.first; lane; lane = lane->next)
		n += make_due(queue, lane, lane->last, now_ns);
	return n + retry_all_dead(queue, may, arg, now_ns);
}

unsigned queue_drop_all(struct queue *queue)
{
	unsigned n = queue->dead_n;

	while (queue->dead) {
		queue->counts.dropped++;
		forget(queue, exhume(queue, queue->dead->id));
	}
	return n;
}

unsigned queue_dead(const struct queue *queue)
{
	return queue->dead_n;
}

int queue_drop(struct queue *queue, int64_t id)
{
	struct lane *lane;
	struct delivery *delivery = lanes_find_id(&queue->lanes, id, &lane);

	if (delivery && lane_is_making(lane, delivery))
		return -EBUSY;
	if (delivery)
		lanes_take_out(&queue->lanes, lane, delivery);
	else
		delivery = exhume(queue, id);
	if (!delivery)
		return -ENOENT;
	queue->counts.dropped++;
	forget(queue, delivery);
	return 0;
}

/* ---- what there is ---- */

int64_t queue_deadline(const struct queue *queue, bool hook, unsigned places)
{
	int64_t first_ns = QUEUE_NEVER;

	for (const struct lane *lane = queue->lanes.first; lane; lane = lane->next)
		if (lane->first->due_ns < first_ns && is_free(queue, lane, hook, places))
			first_ns = lane->first->due_ns;
	return first_ns;
}

void queue_each(const struct queue *queue, void (*each)(void *arg, const struct delivery *delivery),
		void *arg)
{
	for (const struct lane *lane = queue->lanes.first; lane; lane = lane->next)
		for (const struct delivery *it = lane->first; it; it = it->next)
			each(arg, it);
	for (const struct delivery *it = queue->dead; it; it = it->next)
		each(arg, it);
}

void queue_change(struct queue *queue, void (*change)(void *arg, struct delivery *delivery),
		  void *arg)
{
	for (struct lane *lane = queue->lanes.first; lane; lane = lane->next)
		for (struct delivery *it = lane->first; it; it = it->next)
			change(arg, it);
	for (struct delivery *it = queue->dead; it; it = it->next)
		change(arg, it);
}

struct queue_counts *queue_counts(struct queue *queue)
{
	return &queue->counts;
}

unsigned queue_waits(const struct queue *queue)
{
	return queue->lanes.n;
}
