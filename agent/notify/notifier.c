/* SPDX-License-Identifier: MIT */
#include "notifier.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "agent/event_log.h"
#include "notifier_private.h"

#define NS_PER_MS INT64_C(1000000)
#define NS_PER_S  (1000 * NS_PER_MS)

#define EVENTS_PER_TURN 2000
#define LOOK_NS         NS_PER_S /* for events, where nobody says that there are any */
#define PLACELESS_NS    (100 * NS_PER_MS)
#define UNREAD_NS       NS_PER_S /* for whoever reads a FIFO that is full */
#define HOLD_NS         NS_PER_S /* at most, for the keeper */
#define LOCK_MS         15000    /* the one before may have commands to wait for */
#define END_NS          (8 * NS_PER_S)
#define ORPHAN_NS       (5 * NS_PER_S)
#define GIVE_WAY_NS     (300 * NS_PER_MS) /* what takes no longer is not begun twice */

static int64_t earlier(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

/* ---- events ---- */

/* One vipd that is dead may follow on another one. Return: whether the event is of one of them. */
static bool look_whose(struct notifier *notifier, const struct event *event)
{
	bool is_earlier = notifier_is_earlier(notifier, event);

	if (notifier->reads_earlier && (!is_earlier || event->kind == EVENT_STARTED))
		book_begin_life(notifier->book);
	notifier->reads_earlier = is_earlier;
	return is_earlier;
}

/* Those whose changes were overwritten. */
static void note_loss(struct notifier *notifier, const struct event *event)
{
	if (event->kind == EVENT_JOURNAL_LOST)
		notifier->misses_states = true;
	if (event->kind == EVENT_STATE_NOW)
		notifier->misses_states = false;
	/* One that goes on may not have been told what the one before was asked. */
	if (event->kind == EVENT_JOURNAL_LOST || event->kind == EVENT_ADOPTED)
		notifier->asked_for_states = false;
}

/* When all was read that there is: the answer must find room, too. */
static void ask_for_states(struct notifier *notifier)
{
	const struct event question = event_fact(EVENT_JOURNAL_LOST, 0, NULL);

	if (!notifier->misses_states || notifier->asked_for_states)
		return;
	notifier->asked_for_states = notifier_tell_keeper(notifier, &question);
}

static void take_event(struct notifier *notifier, const struct event *event, unsigned ring)
{
	struct book_news news[BOOK_NEWS_MAX];
	char json[EVENT_JSON_SIZE];
	bool is_earlier = look_whose(notifier, event);
	unsigned n = book_read(notifier->book, event, news);
	const struct book_router *router =
		event->router[0] ? book_find(notifier->book, event->router, event->family) : NULL;

	event_json(event, json);
	notifier_put_event(notifier, event, ring, json);
	if (router && !is_earlier)
		notifier_put_state(notifier, router);
	for (unsigned i = 0; i < n; i++)
		notifier_tell_news(notifier, event, &news[i], json);
	if (event->kind == EVENT_LAST_WILL && !is_earlier)
		notifier_tell_stops(notifier, event);
	if (event->kind == EVENT_NOTIFY_ASKED)
		notifier_obey(notifier, event);
	notifier->drains_changed |= book_read_drain(notifier->book, event);
	notifier_take_hold(notifier, event);
	note_loss(notifier, event);
}

static void take_loss(struct notifier *notifier, const struct event *next, unsigned ring,
		      uint64_t lost)
{
	struct event event = event_loss(next, lost);

	take_event(notifier, &event, ring);
}

/* Behind its start, events are of another router process, and perhaps of another configuration; who
 * has lost its keeper knows that they are of another vipd, whose notifier waits for us to end. */
static void hold(struct notifier *notifier, const struct event *event)
{
	if (event->kind != EVENT_STARTED || event->mono_ns <= notifier->start_ns)
		return;
	notifier->succeeded = notifier->orphaned;
	if (notifier->succeeded)
		notifier->held_ns = QUEUE_NEVER;
	else if (notifier->allowed)
		notifier->allowed--;
	else
		notifier->held_ns = notifier->now_ns + HOLD_NS;
}

static bool is_held(const struct notifier *notifier)
{
	return notifier->held_ns && (notifier->replaced || notifier->now_ns < notifier->held_ns);
}

/* Return: whether all have been read. */
static bool read_events(struct notifier *notifier)
{
	enum reader_ring ring;
	struct event event;
	uint64_t lost;

	for (unsigned i = 0; i < EVENTS_PER_TURN; i++) {
		if (is_held(notifier))
			return true;
		notifier->held_ns = 0;
		if (!reader_next(notifier->reader, &event, &ring, &lost))
			return true;
		notifier_begin(notifier);
		notifier->rereads = notifier_has_begun(notifier, ring, event.seq);
		if (lost)
			take_loss(notifier, &event, ring, lost);
		take_event(notifier, &event, ring);
		notifier->rereads = false;
		hold(notifier, &event);
	}
	return false;
}
/* ---- deliveries ---- */

static void ended(void *arg, struct delivery *delivery, const char *error)
{
	struct notifier *notifier = arg;
	char of[NOTIFIER_OF_SIZE], text[EVENT_TEXT_SIZE];
	int64_t id = delivery->id;
	unsigned attempts = delivery->attempts;
	enum queue_verdict verdict;

	if (delivery->hold) {
		notifier_end_hook(notifier, delivery, error);
		return;
	}
	(void)notifier_of(delivery, of);
	snprintf(text, sizeof(text),
		 "%s: %s: 'vipctl notify retry %lld' tries again, 'vipctl "
		 "notify drop %lld' gives up",
		 target_name(delivery->conf), error ? error : "", (long long)id, (long long)id);
	notifier_begin(notifier);
	if (!error && delivery->merged)
		notifier_tell_of(
			notifier, EVENT_NOTIFY_MERGED, 0, delivery->merged, of,
			"so many events were merged into this one: the command is slower than they "
			"come");
	verdict = queue_end(notifier->queue, delivery, error, notifier->now_ns);
	if (verdict == QUEUE_DIES)
		notifier_tell_of(notifier, EVENT_NOTIFY_DEAD, id, attempts, of, text);
}

static const char *fifo_error(int err)
{
	switch (err) {
	case -ENOTSUP:
		return "something else has its name";
	case -EPERM:
		return "it is another user's";
	default:
		return strerror(-err);
	}
}

/* What is told at once. */
static void write_fifo(struct notifier *notifier, struct delivery *delivery)
{
	int err = fifos_write(notifier->setting.fifos, delivery);

	if (err == -EAGAIN)
		queue_put_back(notifier->queue, delivery, notifier->now_ns + UNREAD_NS);
	else
		ended(notifier, delivery, err < 0 ? fifo_error(err) : NULL);
}

static void start_command(struct notifier *notifier, struct delivery *delivery)
{
	const struct target *target = targets_find(notifier->targets, delivery->entry);
	int err;

	if (delivery->until_ns && delivery->until_ns <= notifier->now_ns) {
		ended(notifier, delivery, "it could not be begun in time");
		return;
	}
	if (target->user_err) {
		ended(notifier, delivery, "there is no such user");
		return;
	}
	err = runner_start(notifier->runner, delivery, &target->user, target->changes_user,
			   notifier->home_fd, notifier->now_ns);
	if (err == -EBADMSG)
		ended(notifier, delivery, "there is nothing to say in this style");
	else if (err < 0)
		queue_put_back(notifier->queue, delivery, notifier->now_ns + PLACELESS_NS);
}

/* What nobody has asked for any more. */
static bool is_orphan(struct notifier *notifier, struct delivery *delivery)
{
	if (delivery->conf)
		return false;
	ended(notifier, delivery, "its command is configured no more");
	return true;
}

/* Chosen first, and written down, and then begun: a command that has run was known to. */
static unsigned choose(struct notifier *notifier, bool hook, unsigned max, struct delivery **chosen)
{
	struct delivery *delivery;
	unsigned n = 0;

	while ((delivery = queue_start(notifier->queue, hook, max - n, notifier->now_ns)))
		if (!is_orphan(notifier, delivery))
			chosen[n++] = delivery;
	return n;
}

static void start_some(struct notifier *notifier)
{
	struct delivery *chosen[RUNNER_HOOKS_MAX + RUNNER_MAX];
	unsigned n = choose(notifier, true, runner_places(notifier->runner, true), chosen);

	n += choose(notifier, false, runner_places(notifier->runner, false), chosen + n);
	notifier_begin_with(notifier, n);
	for (unsigned i = 0; i < n; i++) {
		if (chosen[i]->conf->fifo[0])
			write_fifo(notifier, chosen[i]);
		else
			start_command(notifier, chosen[i]);
	}
}

/* ---- a turn ---- */

/* Without a store nobody else knows what there is to tell. */
static void give_way(struct notifier *notifier)
{
	if (notifier->succeeded || !notifier->store)
		return;
	notifier->succeeded = true;
	notifier->end_ns = earlier(notifier->end_ns, notifier->now_ns + GIVE_WAY_NS);
}

void notifier_dispatch(struct notifier *notifier, const struct clocks *now)
{
	eventfd_t n;
	bool all;

	notifier->now_ns = now->mono_ns;
	notifier->mono_to_real_ns = now->real_ns - now->mono_ns;
	if (notifier->setting.events_fd >= 0)
		(void)eventfd_read(notifier->setting.events_fd, &n);
	notifier->unsaid_ns = QUEUE_NEVER;
	notifier_read_begun(notifier);
	notifier_try_store(notifier);
	notifier_answer_again(notifier);
	runner_dispatch(notifier->runner, now->mono_ns, ended, notifier);
	all = read_events(notifier);
	if (!all)
		notifier->unread_ns = now->mono_ns;
	else if (notifier->ends || notifier->setting.events_fd < 0)
		notifier->unread_ns = now->mono_ns + (notifier->ends ? PLACELESS_NS : LOOK_NS);
	else
		notifier->unread_ns = notifier->held_ns ? notifier->held_ns : QUEUE_NEVER;
	if (notifier->replaced && notifier->held_ns && notifier_is_awaited(notifier))
		give_way(notifier);
	if (notifier->drains_changed && notifier->home_fd >= 0)
		notifier_write_drains(notifier);
	if (all && !notifier->succeeded) {
		ask_for_states(notifier);
		start_some(notifier);
	}
	notifier_commit(notifier);
	if (notifier->store)
		store_tidy(notifier->store);
}
/* Without a place for it, what is due waits for the end of another one. */
static int64_t start_deadline(const struct notifier *notifier, bool hook)
{
	return queue_deadline(notifier->queue, hook, runner_places(notifier->runner, hook));
}

int64_t notifier_deadline(const struct notifier *notifier)
{
	int64_t due_ns = earlier(start_deadline(notifier, true), start_deadline(notifier, false));

	due_ns = earlier(due_ns, notifier->unsaid_ns);
	if (notifier->ends)
		due_ns = earlier(due_ns, notifier->end_ns);
	due_ns = earlier(due_ns, runner_deadline(notifier->runner));
	return earlier(due_ns, earlier(notifier->unread_ns, notifier->store_ns));
}

int notifier_fd(const struct notifier *notifier)
{
	return runner_fd(notifier->runner);
}

void notifier_end(struct notifier *notifier, enum notifier_end how, int64_t now_ns)
{
	if (!notifier->ends)
		notifier->end_ns = now_ns + END_NS;
	notifier->ends = true;
	notifier->replaced = how == NOTIFIER_REPLACED;
	notifier->orphaned = how == NOTIFIER_ORPHANED;
	if (!notifier->replaced)
		notifier->held_ns = 0;
	notifier->quiet_ns = how == NOTIFIER_ORPHANED ? now_ns + ORPHAN_NS : now_ns;
	notifier->unread_ns = now_ns;
	/* Nobody waits for them any more. Whose keeper just hangs up cannot know that; and where
	 * somebody does, whoever comes next goes on with what has not ended by then. */
	if (how == NOTIFIER_STOPPED)
		notifier_cut_hooks(notifier, now_ns);
}

void notifier_go_on(struct notifier *notifier, int64_t now_ns)
{
	if (!notifier->held_ns)
		notifier->allowed++;
	notifier->held_ns = 0;
	notifier->unread_ns = now_ns;
}

bool notifier_has_ended(const struct notifier *notifier)
{
	if (!notifier->ends)
		return false;
	if (notifier->now_ns >= notifier->end_ns)
		return true;
	if (runner_count(notifier->runner))
		return false;
	return notifier->succeeded ||
	       (notifier->now_ns >= notifier->quiet_ns && notifier->unread_ns > notifier->now_ns &&
		queue_deadline(notifier->queue, true, UINT_MAX) > notifier->now_ns &&
		queue_deadline(notifier->queue, false, UINT_MAX) > notifier->now_ns);
}
/* ---- for metrics ---- */

static void count_one(void *arg, const struct delivery *delivery)
{
	struct metrics_notify *notify = arg;

	notify->waiting += delivery->life == DELIVERY_WAITS;
	notify->running += delivery->life == DELIVERY_STARTED;
	notify->dead += delivery->life == DELIVERY_DEAD;
}

void notifier_count(struct notifier *notifier, struct metrics_notify *ret_notify)
{
	const struct queue_counts *counts = queue_counts(notifier->queue);

	*ret_notify = (struct metrics_notify){ .known = true,
					       .delivered = counts->delivered,
					       .failed = counts->failed,
					       .merged = counts->merged,
					       .superseded = counts->superseded,
					       .died = counts->dead,
					       .dropped = counts->dropped };
	queue_each(notifier->queue, count_one, ret_notify);
}
/* ---- the beginning ---- */

/* What was told before, and counts still. */
static void learn(struct notifier *notifier)
{
	struct reader *again = reader_open(notifier->setting.rings);
	enum reader_ring ring;
	struct event event;
	uint64_t lost;

	while (again && reader_next(again, &event, &ring, &lost))
		if (event.seq <= reader_seq(notifier->reader, ring) &&
		    !notifier_is_earlier(notifier, &event))
			book_recall(notifier->book, &event);
	reader_close(again);
}

static int open_all(struct notifier *notifier)
{
	const struct queue_observer observer = notifier_observer(notifier);
	const struct conf *conf = notifier->setting.conf;
	int err;

	notifier->reader = reader_open(notifier->setting.rings);
	notifier->book = book_new(conf);
	notifier->queue = queue_new(&observer);
	notifier->written = event_log_new();
	if (!notifier->reader || !notifier->book || !notifier->queue || !notifier->written)
		return -ENOMEM;
	notifier->start_ns = reader_last_start(notifier->reader);
	notifier->life_ns = reader_first_start(notifier->reader, notifier->setting.life_ns);
	err = targets_open(conf, notifier->start_ns, &notifier->targets);
	return err < 0 ? err : runner_open(&notifier->runner);
}

int notifier_open(const struct notifier_setting *setting, const struct clocks *now,
		  struct notifier **ret_notifier)
{
	struct notifier *notifier = calloc(1, sizeof(*notifier));
	int err;

	if (!notifier)
		return -ENOMEM;
	notifier->setting = *setting;
	notifier->home_fd = -1;
	notifier->now_ns = now->mono_ns;
	notifier->mono_to_real_ns = now->real_ns - now->mono_ns;
	notifier->next_id = now->real_ns; /* as long as no store knows better */
	notifier->unread_ns = now->mono_ns;
	notifier->unsaid_ns = QUEUE_NEVER;
	err = open_all(notifier);
	if (err < 0) {
		notifier_close(notifier);
		return err;
	}
	notifier_read_drains(notifier);
	notifier->obeys_ns = now->mono_ns;
	err = notifier_open_store(notifier, LOCK_MS);
	/* The last start in the ring may be that of another vipd by now, which has told its own. */
	if (setting->is_orphan && setting->is_orphan(setting->keeper)) {
		notifier_close(notifier);
		return -ESRCH;
	}
	notifier_read_begun(notifier);
	notifier->stamp_ns = notifier->begun.stamp_ns;
	if (err == 0)
		notifier_resume(notifier, notifier_tell_new_entry);
	notifier_recall_answers(notifier);
	learn(notifier);
	*ret_notifier = notifier;
	return 0;
}

void notifier_close(struct notifier *notifier)
{
	if (!notifier)
		return;
	runner_close(notifier->runner);
	fifos_close(notifier->setting.fifos);
	targets_close(notifier->targets);
	store_close(notifier->store);
	event_log_free(notifier->written);
	if (notifier->home_fd >= 0)
		close(notifier->home_fd);
	queue_free(notifier->queue);
	book_free(notifier->book);
	reader_close(notifier->reader);
	reader_close(notifier->ahead);
	holds_fini(&notifier->holds);
	free(notifier);
}
