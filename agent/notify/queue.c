/* SPDX-License-Identifier: MIT */
#include "queue.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NS_PER_S     INT64_C(1000000000)
#define PAUSE_MAX_NS (300 * NS_PER_S)
#define BUCKETS      4096 /* of lanes, by their hash; a power of two */

/* Deliveries of one entry, or of those that are one action, about one router; it is there as long
 * as it has any. */
struct lane {
	struct delivery *first, *last;
	bool busy;                  /* the first one is being made */
	struct lane *same;          /* in its bucket */
	struct lane *before, *next; /* among all */
};

/* How many commands of one program are being made; hooks are not counted. */
struct made {
	uint64_t program;
	unsigned n;
};

struct queue {
	struct queue_observer observer;
	struct lane *buckets[BUCKETS];
	struct lane *first, *last; /* lanes: who was served goes to the end */
	struct delivery *dead, *last_dead;
	unsigned waiting, dead_n;
	struct made made[QUEUE_MADE_MAX];
	unsigned made_n;
	struct queue_counts counts;
};

struct queue *queue_new(const struct queue_observer *observer)
{
	struct queue *queue = calloc(1, sizeof(*queue));

	if (queue)
		queue->observer = *observer;
	return queue;
}

static void free_delivery(struct delivery *delivery)
{
	free(delivery->message);
	free(delivery);
}

static void free_list(struct delivery *delivery)
{
	struct delivery *next;

	for (; delivery; delivery = next) {
		next = delivery->next;
		free_delivery(delivery);
	}
}

void queue_free(struct queue *queue)
{
	struct lane *next;

	if (!queue)
		return;
	for (struct lane *lane = queue->first; lane; lane = next) {
		next = lane->next;
		free_list(lane->first);
		free(lane);
	}
	free_list(queue->dead);
	free(queue);
}

static void forget(struct queue *queue, struct delivery *delivery)
{
	queue->observer.removed(queue->observer.arg, delivery);
	free_delivery(delivery);
}

static void put(const struct queue *queue, const struct delivery *delivery)
{
	queue->observer.put(queue->observer.arg, delivery);
}

/* ---- lanes ---- */

static uint64_t lane_of(const struct delivery *delivery)
{
	return delivery->conf ? delivery->conf->lane : delivery->entry;
}

static unsigned bucket_of(const struct delivery *delivery)
{
	uint64_t hash = lane_of(delivery) ^ delivery->family ^ (uint64_t)delivery->of_group << 8;

	for (const char *p = delivery->router; *p; p++)
		hash = (hash ^ (uint8_t)*p) * UINT64_C(1099511628211);
	return (unsigned)(hash ^ hash >> 32) & (BUCKETS - 1);
}

static bool is_of_lane(const struct lane *lane, const struct delivery *delivery)
{
	return lane_of(lane->first) == lane_of(delivery) &&
	       lane->first->family == delivery->family &&
	       lane->first->of_group == delivery->of_group &&
	       strcmp(lane->first->router, delivery->router) == 0;
}

static struct lane *find_lane(const struct queue *queue, const struct delivery *delivery)
{
	struct lane *lane = queue->buckets[bucket_of(delivery)];

	while (lane && !is_of_lane(lane, delivery))
		lane = lane->same;
	return lane;
}

static void append_lane(struct queue *queue, struct lane *lane)
{
	lane->before = queue->last;
	lane->next = NULL;
	if (queue->last)
		queue->last->next = lane;
	else
		queue->first = lane;
	queue->last = lane;
}

static void take_lane(struct queue *queue, struct lane *lane)
{
	if (lane->before)
		lane->before->next = lane->next;
	else
		queue->first = lane->next;
	if (lane->next)
		lane->next->before = lane->before;
	else
		queue->last = lane->before;
}

/* With nothing in it yet. @first: what will be. */
static struct lane *make_lane(struct queue *queue, const struct delivery *first)
{
	struct lane *lane = calloc(1, sizeof(*lane));
	struct lane **bucket = &queue->buckets[bucket_of(first)];

	if (!lane)
		return NULL;
	lane->same = *bucket;
	*bucket = lane;
	append_lane(queue, lane);
	return lane;
}

/* The last delivery of a lane has left it. @bucket: of that one. */
static void end_lane(struct queue *queue, struct lane *lane, unsigned bucket)
{
	struct lane **at = &queue->buckets[bucket];

	while (*at != lane)
		at = &(*at)->same;
	*at = lane->same;
	take_lane(queue, lane);
	free(lane);
}

/* Out of its lane, which may end with it. */
static void take_out(struct queue *queue, struct lane *lane, struct delivery *delivery)
{
	struct delivery **at = &lane->first, *before = NULL;
	unsigned bucket = bucket_of(delivery);

	for (; *at != delivery; at = &(*at)->next)
		before = *at;
	*at = delivery->next;
	if (!delivery->next)
		lane->last = before;
	delivery->next = NULL;
	queue->waiting--;
	if (!lane->first)
		end_lane(queue, lane, bucket);
}

/* ---- what comes ---- */

static bool is_state(const struct delivery *delivery)
{
	return 1u << delivery->word & CONF_NOTIFY_STATES;
}

static bool is_of_class(const struct delivery *delivery, const struct delivery *other)
{
	if (is_state(delivery))
		return is_state(other);
	return delivery->word == other->word && delivery->entry == other->entry &&
	       delivery->about == other->about;
}

static bool is_being_made(const struct lane *lane, const struct delivery *delivery)
{
	return lane->busy && lane->first == delivery;
}

/* What waits in a lane and was not begun, not even by a process before this one. Return: how many
 * of that class; the last of them. */
static unsigned count_class(const struct lane *lane, const struct delivery *delivery,
			    struct delivery **ret_last)
{
	unsigned n = 0;

	for (struct delivery *it = lane->first; it; it = it->next) {
		if (it->life == DELIVERY_STARTED || !is_of_class(delivery, it))
			continue;
		*ret_last = it;
		n++;
	}
	return n;
}

/* States, and others of which the next one about the same thing says what is true by then. */
#define CONDITIONS                                                                                 \
	(CONF_NOTIFY_STATES | 1u << CONF_NOTIFY_CHECK | 1u << CONF_NOTIFY_PRIORITY |               \
	 1u << CONF_NOTIFY_DEAF)

static bool has_to_be_true(const struct delivery *delivery)
{
	return delivery->deliver == CONF_NOTIFY_CURRENT && 1u << delivery->word & CONDITIONS;
}

static void give_up(struct queue *queue, struct lane *lane, struct delivery *delivery)
{
	queue->counts.superseded++;
	take_out(queue, lane, delivery);
	forget(queue, delivery);
}

static bool is_again(const struct delivery *delivery)
{
	return delivery->latest_ns != 0;
}

/* Whether it is to be told once more, behind what waits already. */
static bool repeats(const struct delivery *newest, const struct delivery *delivery)
{
	return newest && is_again(newest) && delivery->word == newest->word;
}

/* Whether it is true no more with @newest; NULL: with a state that nobody is told of. */
static bool is_ended_by(const struct delivery *delivery, const struct delivery *newest)
{
	if (!has_to_be_true(delivery) || repeats(newest, delivery))
		return false;
	return newest ? is_of_class(newest, delivery) : is_state(delivery);
}

/* What is no longer true. @newest: what is, in the lane; NULL: none of it. The lane may end by
 * that.
 */
static void supersede(struct queue *queue, struct lane *lane, const struct delivery *newest)
{
	struct delivery *next;

	for (struct delivery *it = lane->first; it != newest; it = next) {
		next = it->next;
		if (!is_ended_by(it, newest))
			continue;
		if (is_being_made(lane, it)) {
			it->outdated = true;
			continue;
		}
		give_up(queue, lane, it);
	}
}

/* By its id, but behind what is being made. */
static void insert(struct queue *queue, struct lane *lane, struct delivery *delivery)
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
	queue->waiting++;
}

/* Return: NULL without memory. */
static struct lane *insert_somewhere(struct queue *queue, struct delivery *delivery)
{
	struct lane *lane = find_lane(queue, delivery);

	if (!lane)
		lane = make_lane(queue, delivery);
	if (lane)
		insert(queue, lane, delivery);
	return lane;
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
	struct lane *lane = find_lane(queue, delivery);
	struct delivery *last = NULL;

	if (lane && count_class(lane, delivery, &last) < QUEUE_CLASS_MAX)
		last = NULL;
	lane = insert_somewhere(queue, delivery);
	if (!lane)
		return -ENOMEM;
	if (last) {
		delivery->merged += last->merged + 1;
		queue->counts.merged++;
		take_out(queue, lane, last);
		forget(queue, last);
	}
	if (has_to_be_true(delivery))
		supersede(queue, lane, delivery);
	put(queue, delivery);
	return 0;
}

/* Whether a lane has a newer state, waiting or being made. */
static bool has_newer_state(const struct lane *lane, const struct delivery *delivery)
{
	for (const struct delivery *it = lane->first; it; it = it->next)
		if (has_to_be_true(it) && is_of_class(delivery, it) && it->id > delivery->id)
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
	lane = insert_somewhere(queue, delivery);
	if (!lane)
		return -ENOMEM;
	if (!has_to_be_true(delivery))
		return 0;
	if (has_newer_state(lane, delivery))
		give_up(queue, lane, delivery);
	else
		supersede(queue, lane, delivery);
	return 0;
}

void queue_outdate(struct queue *queue, const struct delivery *of)
{
	struct lane *lane = find_lane(queue, of);

	if (lane)
		supersede(queue, lane, NULL);
}

bool queue_put_off(struct queue *queue, const struct delivery *like, int64_t due_ns)
{
	struct lane *lane = find_lane(queue, like);
	struct delivery *found = NULL;

	for (struct delivery *it = lane ? lane->first : NULL; it; it = it->next)
		if (has_to_be_true(it) && is_state(it) && !is_being_made(lane, it))
			found = it;
	if (!found || !is_again(found) || found->word != like->word)
		return false;
	if (due_ns > found->latest_ns)
		due_ns = found->latest_ns;
	if (due_ns > found->due_ns)
		found->due_ns = due_ns;
	return true;
}

/* ---- what is made ---- */

static bool is_hook(const struct delivery *delivery)
{
	return delivery->until_ns != 0;
}

/* ---- a share of the places ---- */

static uint64_t program_of(const struct delivery *delivery)
{
	return delivery->conf ? delivery->conf->program : 0;
}

static struct made *find_made(struct made *made, unsigned n, uint64_t program)
{
	for (unsigned i = 0; i < n; i++)
		if (made[i].program == program)
			return &made[i];
	return NULL;
}

/* One that hangs, for each router, leaves as many places as it has: so there is one for others. */
static bool has_share(const struct queue *queue, const struct delivery *delivery, unsigned places)
{
	const struct made *made;

	if (places == 0)
		return false;
	if (is_hook(delivery))
		return true;
	made = find_made((struct made *)queue->made, queue->made_n, program_of(delivery));
	return made ? made->n < places : queue->made_n < QUEUE_MADE_MAX;
}

static void take_share(struct queue *queue, const struct delivery *delivery)
{
	struct made *made;

	if (is_hook(delivery))
		return;
	made = find_made(queue->made, queue->made_n, program_of(delivery));
	if (!made) {
		made = &queue->made[queue->made_n++];
		*made = (struct made){ .program = program_of(delivery) };
	}
	made->n++;
}

static void give_share(struct queue *queue, const struct delivery *delivery)
{
	struct made *made;

	if (is_hook(delivery))
		return;
	made = find_made(queue->made, queue->made_n, program_of(delivery));
	if (--made->n == 0)
		*made = queue->made[--queue->made_n];
}

/* Whether it can be begun as soon as it is due. */
static bool is_free(const struct queue *queue, const struct lane *lane, bool hook, unsigned places)
{
	return !lane->busy && is_hook(lane->first) == hook && has_share(queue, lane->first, places);
}

struct delivery *queue_start(struct queue *queue, bool hook, unsigned places, int64_t now_ns)
{
	struct lane *lane = queue->first;
	struct delivery *delivery;

	while (lane && (lane->first->due_ns > now_ns || !is_free(queue, lane, hook, places)))
		lane = lane->next;
	if (!lane)
		return NULL;
	take_lane(queue, lane);
	append_lane(queue, lane);
	lane->busy = true;
	delivery = lane->first;
	take_share(queue, delivery);
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
	if (is_hook(delivery)) {
		take_out(queue, lane, delivery);
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
	take_out(queue, lane, delivery);
	bury(queue, delivery);
	put(queue, delivery);
	return QUEUE_DIES;
}

enum queue_verdict queue_end(struct queue *queue, struct delivery *delivery, const char *error,
			     int64_t now_ns)
{
	struct lane *lane = find_lane(queue, delivery);

	lane->busy = false;
	give_share(queue, delivery);
	delivery->run = NULL;
	if (error) {
		snprintf(delivery->error, sizeof(delivery->error), "%s", error);
		return fail(queue, lane, delivery, now_ns);
	}
	queue->counts.delivered++;
	take_out(queue, lane, delivery);
	forget(queue, delivery);
	return QUEUE_DELIVERED;
}

void queue_put_back(struct queue *queue, struct delivery *delivery, int64_t due_ns)
{
	struct lane *lane = find_lane(queue, delivery);

	lane->busy = false;
	give_share(queue, delivery);
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

static struct delivery *find_waiting(const struct queue *queue, int64_t id, struct lane **ret_lane)
{
	for (struct lane *lane = queue->first; lane; lane = lane->next)
		for (struct delivery *it = lane->first; it; it = it->next)
			if (it->id == id) {
				*ret_lane = lane;
				return it;
			}
	return NULL;
}

const struct delivery *queue_find(const struct queue *queue, int64_t id)
{
	struct lane *lane;
	const struct delivery *it = find_waiting(queue, id, &lane);

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
		if (is_being_made(lane, it) || it->due_ns <= now_ns)
			continue;
		it->due_ns = now_ns;
		put(queue, it);
		n++;
	}
	return n;
}

static int retry_dead(struct queue *queue, struct delivery *delivery, int64_t now_ns)
{
	struct lane *lane = find_lane(queue, delivery);

	if (!delivery->conf)
		return -ENOTSUP;
	if (lane && has_to_be_true(delivery) && has_newer_state(lane, delivery))
		return -ESTALE;
	lane = insert_somewhere(queue, delivery);
	if (!lane)
		return -ENOMEM;
	if (has_to_be_true(delivery))
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
	struct delivery *delivery = find_waiting(queue, id, &lane);
	int err;

	if (delivery && is_being_made(lane, delivery))
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

	for (struct lane *lane = queue->first; lane; lane = lane->next)
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
	struct delivery *delivery = find_waiting(queue, id, &lane);

	if (delivery && is_being_made(lane, delivery))
		return -EBUSY;
	if (delivery)
		take_out(queue, lane, delivery);
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

	for (const struct lane *lane = queue->first; lane; lane = lane->next)
		if (lane->first->due_ns < first_ns && is_free(queue, lane, hook, places))
			first_ns = lane->first->due_ns;
	return first_ns;
}

void queue_each(const struct queue *queue, void (*each)(void *arg, const struct delivery *delivery),
		void *arg)
{
	for (const struct lane *lane = queue->first; lane; lane = lane->next)
		for (const struct delivery *it = lane->first; it; it = it->next)
			each(arg, it);
	for (const struct delivery *it = queue->dead; it; it = it->next)
		each(arg, it);
}

void queue_change(struct queue *queue, void (*change)(void *arg, struct delivery *delivery),
		  void *arg)
{
	for (struct lane *lane = queue->first; lane; lane = lane->next)
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
	return queue->waiting;
}
