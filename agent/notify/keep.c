/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "about.h"
#include "agent/event_log.h"
#include "agent/home_lock.h"
#include "notifier_private.h"

#define NS_PER_S       INT64_C(1000000000)
#define STORE_AGAIN_NS (3 * NS_PER_S)           /* after it could not be written */
#define UNSAID_NS      (100 * INT64_C(1000000)) /* for the keeper, who reads */
#define PRUNE_NS       (600 * NS_PER_S)
#define CLOCK_SET_NS   (600 * NS_PER_S) /* of the host: its clock is right by then, if ever */

/* ---- to the keeper ---- */

void notifier_tell_failure(struct notifier *notifier, int err, const char *doing,
			   const char *advice)
{
	struct event event = event_fact(EVENT_DEGRADED, -err, doing);

	snprintf(event.fact.name, sizeof(event.fact.name), "%s", advice ? advice : "");
	(void)notifier->setting.tell(notifier->setting.arg, &event);
}

struct event notifier_event(enum event_notify what, int64_t id, int64_t times, const char *name,
			    const char *text)
{
	struct event event = event_fact(EVENT_NOTIFY, 0, text);

	event.fact.word = (uint8_t)what;
	event.fact.number[0] = id;
	event.fact.number[1] = times;
	snprintf(event.fact.name, sizeof(event.fact.name), "%s", name ? name : "");
	return event;
}

void notifier_tell_of(struct notifier *notifier, enum event_notify what, int64_t id, int64_t times,
		      const char *name, const char *text)
{
	struct event event = notifier_event(what, id, times, name, text);

	(void)notifier->setting.tell(notifier->setting.arg, &event);
}

const char *notifier_of(const struct delivery *delivery, char *buf)
{
	snprintf(buf, NOTIFIER_OF_SIZE, "%s%s%s", conf_notify_words[delivery->word],
		 delivery->router[0] ? "/" : "", delivery->router);
	return buf;
}

/* Who has hung up is told nothing any more. */
bool notifier_tell_keeper(struct notifier *notifier, const struct event *event)
{
	int err = notifier->setting.tell(notifier->setting.arg, event);

	if (err == 0 || err == -EPIPE || err == -ECONNRESET || err == -ENOTCONN)
		return true;
	notifier->unsaid_ns = notifier->now_ns + UNSAID_NS;
	return false;
}

/* ---- the store ---- */

void notifier_begin(struct notifier *notifier)
{
	if (notifier->store)
		store_begin(notifier->store);
	notifier->changed = true;
}

static void put(void *arg, const struct delivery *delivery)
{
	struct notifier *notifier = arg;

	notifier_begin(notifier);
	if (notifier->store)
		store_put(notifier->store, delivery, notifier->setting.life,
			  delivery->due_ns + notifier->mono_to_real_ns);
}

static void removed(void *arg, const struct delivery *delivery)
{
	struct notifier *notifier = arg;

	notifier_begin(notifier);
	if (notifier->store)
		store_remove(notifier->store, delivery->id);
}

/* It could not be delivered, nobody has decided, and now nobody can. */
static void forgotten(void *arg, const struct delivery *delivery)
{
	char of[NOTIFIER_OF_SIZE];

	notifier_tell_of(
		arg, EVENT_NOTIFY_FORGOTTEN, delivery->id, delivery->attempts,
		notifier_of(delivery, of),
		"more dead deliveries wait for a decision than are kept: the oldest is lost");
}

struct queue_observer notifier_observer(struct notifier *notifier)
{
	return (struct queue_observer){ put, removed, forgotten, notifier };
}

static void lose_store(struct notifier *notifier, int err, const char *why)
{
	store_close(notifier->store);
	notifier->store = NULL;
	notifier->damaged |= err == -EBADMSG;
	notifier->store_ns = notifier->now_ns + STORE_AGAIN_NS;
	home_lock_tell(notifier->home_fd, false);
	if (!notifier->voiced)
		notifier_tell_failure(
			notifier, err, why,
			err == -EAGAIN
				? "another vipd has it: each needs a state_dir of its own"
				: "events and pages are in memory alone, and told all the same");
	notifier->voiced = true;
}

/* Somebody has removed it, or its directory: that is a new one then, with a new lock. */
static void leave_store(struct notifier *notifier)
{
	char why[STORE_WHY_SIZE];

	snprintf(why, sizeof(why), "using the state directory %s, whose files were removed",
		 notifier->setting.directory);
	lose_store(notifier, -ENOENT, why);
	close(notifier->home_fd);
	notifier->home_fd = -1;
	notifier->store_ns = notifier->now_ns; /* it can be made anew, mostly */
}

static void put_facts(struct notifier *notifier)
{
	const struct queue_counts *counts = queue_counts(notifier->queue);
	struct store *store = notifier->store;

	for (unsigned i = 0; i < READER_RINGS; i++) {
		if (!reader_has(notifier->reader, i))
			continue;
		store_fact(store, notifier_facts[i][0], (int64_t)reader_id(notifier->reader, i));
		store_fact(store, notifier_facts[i][1], (int64_t)reader_seq(notifier->reader, i));
	}
	store_fact(store, NOTIFIER_STAMP, notifier->stamp_ns);
	store_fact(store, "next_id", notifier->next_id);
	store_fact(store, "delivered", (int64_t)counts->delivered);
	store_fact(store, "failed", (int64_t)counts->failed);
	store_fact(store, "merged", (int64_t)counts->merged);
	store_fact(store, "superseded", (int64_t)counts->superseded);
	store_fact(store, "dead", (int64_t)counts->dead);
	store_fact(store, "dropped", (int64_t)counts->dropped);
}

void notifier_commit(struct notifier *notifier)
{
	char why[STORE_WHY_SIZE];
	int err;

	if (!notifier->store || !notifier->changed)
		return;
	notifier->changed = false;
	store_begin(notifier->store);
	put_facts(notifier);
	err = store_commit(notifier->store, why);
	if (err < 0)
		lose_store(notifier, err, why);
	else if (store_has_moved(notifier->store) || !home_lock_is_there(notifier->home_fd))
		leave_store(notifier);
}

static void tell_unnoted(struct notifier *notifier, int err)
{
	if (err < 0)
		notifier_tell_failure(notifier, err, "noting what is told",
				      "who is told of it once more may not learn that");
}

static void mark(void *arg, struct delivery *delivery)
{
	struct notifier *notifier = arg;

	if (message_mark(&delivery->message) < 0)
		notifier_tell_failure(notifier, -ENOMEM, "marking what may have been told before",
				      "it is told as if it had not been");
	put(notifier, delivery);
}

/* In the store first: one that knows less than was noted is not believed. */
void notifier_begin_with(struct notifier *notifier, unsigned n)
{
	if (n && notifier_stamp(notifier))
		queue_change(notifier->queue, mark, notifier);
	notifier_commit(notifier);
	if (n)
		tell_unnoted(notifier, notifier_write_begun(notifier));
}

void notifier_put_state(struct notifier *notifier, const struct book_router *router)
{
	struct store_state state = { .family = router->conf->vrrp.family,
				     .state = router->state,
				     .priority = router->priority };

	if (!notifier->store || !router->known)
		return;
	snprintf(state.router, sizeof(state.router), "%s", router->conf->name);
	snprintf(state.life, sizeof(state.life), "%s", notifier->setting.life);
	store_state(notifier->store, &state);
}

static void put_states(struct notifier *notifier)
{
	store_forget_states(notifier->store);
	for (unsigned i = 0; i < book_count(notifier->book); i++)
		notifier_put_state(notifier, book_at(notifier->book, i));
}

/* All that is known, into a store that knows nothing of it. */
static void fill_store(struct notifier *notifier)
{
	store_forget_deliveries(notifier->store);
	queue_each(notifier->queue, put, notifier);
	put_states(notifier);
	targets_settle(notifier->targets, notifier->store, notifier->setting.boot, NULL, NULL);
}

/* Return: 0 or -errno: why nobody can write there, as far back as that is known. */
static int take_home(struct notifier *notifier, unsigned wait_ms)
{
	int err = 0;

	if (notifier->home_fd < 0)
		err = home_lock_take(notifier->setting.directory, wait_ms, &notifier->home_fd);
	return err < 0 && err != -EAGAIN && notifier->setting.home_err ? notifier->setting.home_err
								       : err;
}

int notifier_open_store(struct notifier *notifier, unsigned wait_ms)
{
	char why[STORE_WHY_SIZE];
	int err = take_home(notifier, wait_ms);

	if (err < 0) {
		snprintf(why, sizeof(why), "using the state directory %s",
			 notifier->setting.directory);
		lose_store(notifier, err, why);
		return err;
	}
	err = store_open(notifier->setting.directory, notifier->damaged, &notifier->store, why);
	if (err < 0) {
		lose_store(notifier, err, why);
		return err;
	}
	notifier->damaged = false;
	if (why[0])
		notifier_tell_failure(notifier, -EBADMSG, why,
				      "a new one is made: what waited there may be lost");
	return 0;
}

/* ---- what is true ---- */

bool notifier_is_true(struct notifier *notifier, const struct delivery *delivery)
{
	const struct conf *conf = notifier->setting.conf;
	const struct conf_group *group = NULL;

	if (delivery->deliver != CONF_NOTIFY_CURRENT ||
	    !(1u << delivery->word & CONF_NOTIFY_STATES))
		return true;
	for (unsigned i = 0; delivery->of_group && i < conf->groups_n && !group; i++)
		if (strcmp(conf->groups[i].name, delivery->router) == 0)
			group = &conf->groups[i];
	if (delivery->of_group && !group)
		return delivery->word == CONF_NOTIFY_STOP || delivery->word == CONF_NOTIFY_DELETED;
	return book_is_true(notifier->book, group, delivery->router, delivery->family,
			    delivery->word);
}

/* ---- from the store ---- */

/* Whoever waits for it does so still. Return: whether anybody does. */
static bool resume_hook(struct notifier *notifier, struct delivery *delivery)
{
	struct book_router *router;
	struct message_hold of;

	if (!message_hold(delivery->message, &of) || of.until_ns <= notifier->now_ns)
		return false;
	router = book_find(notifier->book, of.router, of.family);
	if (!router)
		return false;
	delivery->hold = holds_make(&notifier->holds, router - router->conf->unit_at, of.until_ns,
				    notifier->now_ns);
	delivery->until_ns = of.until_ns;
	if (!delivery->hold)
		return false;
	delivery->hold->before = of.before;
	delivery->hold->pending++;
	return true;
}

/* A state of another life may be true no more, and is told anew if it is. That a router was
 * withdrawn is not in its state. */
static bool is_over(struct notifier *notifier, struct delivery *delivery, const char *life)
{
	if (delivery->deliver != CONF_NOTIFY_CURRENT || delivery->life == DELIVERY_DEAD)
		return false;
	if (!delivery->conf || strcmp(life, notifier->setting.life) != 0)
		return true;
	if (delivery->conf->before)
		return !resume_hook(notifier, delivery);
	return delivery->word != CONF_NOTIFY_DELETED && !notifier_is_true(notifier, delivery);
}

static void take_delivery(void *arg, struct delivery *delivery, const char *life)
{
	struct notifier *notifier = arg;
	const struct target *target = targets_find(notifier->targets, delivery->entry);

	delivery->conf = target ? target->conf : NULL;
	delivery->about = about(delivery->message);
	if (delivery->id >= notifier->next_id)
		notifier->next_id = delivery->id + 1;
	if (is_over(notifier, delivery, life)) {
		queue_counts(notifier->queue)->superseded++;
		store_remove(notifier->store, delivery->id);
		free(delivery->message);
		free(delivery);
		return;
	}
	if (queue_load(notifier->queue, delivery) < 0) {
		free(delivery->message);
		free(delivery);
	}
}

/* Those of before, and what was counted meanwhile. */
static void take_counts(struct notifier *notifier)
{
	struct queue_counts *counts = queue_counts(notifier->queue);
	struct store *store = notifier->store;

	counts->delivered += (uint64_t)store_fact_of(store, "delivered");
	counts->failed += (uint64_t)store_fact_of(store, "failed");
	counts->merged += (uint64_t)store_fact_of(store, "merged");
	counts->superseded += (uint64_t)store_fact_of(store, "superseded");
	counts->dead += (uint64_t)store_fact_of(store, "dead");
	counts->dropped += (uint64_t)store_fact_of(store, "dropped");
}

/* What waited in there, once. In a store that lags it may have been told since; and in one that was
 * not there at first may be what was read without it, or is still to be read, and so told twice.
 * @is_late: it was not. */
static int load_deliveries(struct notifier *notifier, bool is_late)
{
	const struct queue *queue = notifier->queue;
	unsigned before = queue_waits(queue) + queue_dead(queue);
	bool is_doubtful =
		notifier_store_lags(notifier) || (is_late && notifier_store_has_read(notifier));
	int err;

	if (notifier->loaded)
		return 0;
	tell_unnoted(notifier, notifier_note_store(notifier));
	err = store_each_delivery(notifier->store, take_delivery, notifier);
	if (is_doubtful && queue_waits(queue) + queue_dead(queue) > before)
		queue_change(notifier->queue, mark, notifier);
	if (err < 0)
		return err;
	take_counts(notifier);
	notifier->loaded = true;
	return 0;
}

/* A store that has read of this journal before knows all deliveries that it asks for. */
static void resume(struct notifier *notifier, struct reader *reader)
{
	struct store *store = notifier->store;

	if (notifier_store_has_read(notifier))
		notifier->obeys_ns = notifier->life_ns;
	for (unsigned i = 0; i < READER_RINGS; i++)
		reader_resume(reader, i, (uint64_t)store_fact_of(store, notifier_facts[i][0]),
			      (uint64_t)store_fact_of(store, notifier_facts[i][1]));
}

/* What ends and begins again is no repetition, however soon. */
static bool is_news(struct notifier *notifier, const struct event *event)
{
	switch (event->kind) {
	case EVENT_MUTE:
	case EVENT_SPEAKS:
	case EVENT_DEAF:
	case EVENT_HEARS:
		return true;
	default:
		return event_log_begins(notifier->written, event);
	}
}

void notifier_put_event(struct notifier *notifier, const struct event *event, unsigned ring,
			const char *json)
{
	if (notifier->store && is_news(notifier, event))
		store_event(notifier->store, event, ring, notifier->setting.boot, json);
}

/* What happened while there was no store is told, but not written down: the rings have it, or as
 * much of it as there is room for. */
static void catch_up(struct notifier *notifier)
{
	struct reader *again = reader_open(notifier->setting.rings);
	char json[EVENT_JSON_SIZE];
	struct event event, loss;
	enum reader_ring ring;
	uint64_t lost;

	if (!again)
		return;
	resume(notifier, again);
	while (reader_next(again, &event, &ring, &lost)) {
		if (event.seq > reader_seq(notifier->reader, ring))
			continue;
		if (lost) {
			loss = event_loss(&event, lost);
			notifier_put_event(notifier, &loss, ring, event_json(&loss, json));
		}
		notifier_put_event(notifier, &event, ring, event_json(&event, json));
	}
	reader_close(again);
}

/* ---- the store again ---- */

/* Return: whether it is as if it had never been away. */
static bool return_to_store(struct notifier *notifier)
{
	if (notifier_open_store(notifier, 0) < 0)
		return false;
	notifier_begin(notifier);
	catch_up(notifier);
	if (load_deliveries(notifier, true) == 0)
		fill_store(notifier);
	notifier_commit(notifier);
	return notifier->store != NULL;
}

/* By the clock of a host that has just started, which may have yet to be set, all may be too old.
 */
static bool prune(struct notifier *notifier)
{
	int64_t now_real_ns = notifier->now_ns + notifier->mono_to_real_ns;
	bool is_settled = notifier->now_ns >= CLOCK_SET_NS;

	return store_prune(notifier->store,
			   is_settled ? now_real_ns - notifier->setting.conf->history_ns : 0);
}

void notifier_try_store(struct notifier *notifier)
{
	if (notifier->now_ns < notifier->store_ns)
		return;
	if (notifier->store) {
		notifier->store_ns = notifier->now_ns + (prune(notifier) ? NS_PER_S : PRUNE_NS);
		return;
	}
	if (!return_to_store(notifier))
		return;
	notifier->store_ns = notifier->now_ns + PRUNE_NS;
	home_lock_tell(notifier->home_fd, true);
	notifier_tell_of(notifier, EVENT_NOTIFY_STORE, 0, 0, NULL,
			 "events and pages are on the disk again");
	notifier->voiced = false;
}

/* ---- the beginning ---- */

static void take_state(void *arg, const struct store_state *state)
{
	struct notifier *notifier = arg;
	struct book_router *router = book_find(notifier->book, state->router, state->family);

	if (!router || strcmp(state->life, notifier->setting.life) != 0)
		return;
	router->known = true;
	router->state = state->state;
	router->priority = state->priority;
}

static void take_next_id(struct notifier *notifier)
{
	notifier->next_id = store_fact_of(notifier->store, "next_id");
	if (notifier->next_id < 1)
		notifier->next_id = 1;
}

/* An entry that the store does not know is told of nothing that was before its configuration ran.
 * But a ring that nobody has ever read tells of a notifier that was killed before it could do so.
 */
static void settle_targets(struct notifier *notifier,
			   void (*each_new)(void *arg, const struct target *target))
{
	struct reader *reader = notifier->reader;

	if (!notifier_store_has_read(notifier))
		targets_set_since(notifier->targets, reader_unread_start(reader));
	targets_settle(notifier->targets, notifier->store, notifier->setting.boot, each_new,
		       notifier);
}

void notifier_resume(struct notifier *notifier,
		     void (*each_new)(void *arg, const struct target *target))
{
	char why[STORE_WHY_SIZE];
	int err;

	take_next_id(notifier);
	resume(notifier, notifier->reader);
	store_begin(notifier->store);
	err = store_each_state(notifier->store, take_state, notifier);
	if (err == 0)
		err = load_deliveries(notifier, false);
	if (err == 0) {
		put_states(notifier);
		settle_targets(notifier, each_new);
		err = store_commit(notifier->store, why);
	} else {
		snprintf(why, sizeof(why), "reading the store");
	}
	if (err < 0)
		lose_store(notifier, err, why);
	else
		home_lock_tell(notifier->home_fd, true);
}
