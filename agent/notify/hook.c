/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "notifier_private.h"

/* What outlives the notifier: what was answered, so that no command is run for it once more. */
#define ANSWER_SIZE (CONF_NAME_SIZE + 16)

static const char *answer_name(const struct hold *hold, char *buf)
{
	snprintf(buf, ANSWER_SIZE, "hold.%s.%u", hold->first->conf->name,
		 hold->first->conf->vrrp.family);
	return buf;
}

/* Once more for whoever asks once more: the router process that was told may be dead. Where there
 * is no room for it, a later turn says it. */
static void say(struct notifier *notifier, struct hold *hold)
{
	const struct conf_router *conf = hold->first->conf;
	struct event event =
		event_of(EVENT_DRAINED, conf->name, conf->interface, conf->vrrp.family);

	event.fact.word = hold->failed ? EVENT_DRAIN_HOOK_FAILED : EVENT_DRAIN_READY;
	event.fact.number[1] = hold->until_ns;
	hold->answered = notifier_tell_keeper(notifier, &event);
}

static void answer(struct notifier *notifier, struct hold *hold)
{
	char name[ANSWER_SIZE];

	say(notifier, hold);
	if (notifier->store)
		store_fact(notifier->store, answer_name(hold, name),
			   hold->failed ? -hold->until_ns : hold->until_ns);
}

/* Whether one before this notifier has answered. */
static bool was_answered(const struct notifier *notifier, struct hold *hold)
{
	char name[ANSWER_SIZE];
	int64_t known =
		notifier->store ? store_fact_of(notifier->store, answer_name(hold, name)) : 0;

	hold->failed = known < 0;
	return known == hold->until_ns || known == -hold->until_ns;
}

void notifier_answer_again(struct notifier *notifier)
{
	for (struct hold *hold = notifier->holds.first; hold; hold = hold->next)
		if (!hold->pending && !hold->answered && hold->until_ns > notifier->now_ns)
			say(notifier, hold);
}

static void begin(struct notifier *notifier, const struct event *event, struct book_router *first)
{
	int64_t until_ns = event->fact.number[1];
	struct hold *hold = holds_find(&notifier->holds, first, until_ns);
	bool is_new = !hold;

	/* Nobody waits any more. */
	if (until_ns <= notifier->now_ns || notifier_is_earlier(notifier, event))
		return;
	if (!hold)
		hold = holds_make(&notifier->holds, first, until_ns, notifier->now_ns);
	if (!hold) {
		notifier_tell_failure(notifier, -ENOMEM, "taking in that a drain waits",
				      "no command is run before it");
		return;
	}
	if (is_new && !was_answered(notifier, hold))
		notifier_tell_hooks(notifier, event, hold);
	if (!hold->pending)
		answer(notifier, hold);
}

/* ---- nobody waits any more ---- */

struct search {
	const struct hold *hold;
	const struct delivery **found;
	unsigned n;
};

static void look(void *arg, const struct delivery *delivery)
{
	struct search *search = arg;

	if (delivery->hold == search->hold && search->n < search->hold->pending)
		search->found[search->n++] = delivery;
}

/* What has begun is ended as at its timeout: who resumes may undo what it does, and must not be
 * overtaken by it. */
static void cancel(struct notifier *notifier, struct hold *hold)
{
	struct search search = { .hold = hold };

	hold->over = hold->answered = true;
	search.found = calloc(hold->pending + 1, sizeof(const struct delivery *));
	if (!search.found)
		return; /* they end by themselves, and nobody hears of it */
	queue_each(notifier->queue, look, &search);
	for (unsigned i = 0; i < search.n; i++) {
		if (search.found[i]->run)
			runner_cut(search.found[i], notifier->now_ns);
		else if (queue_drop(notifier->queue, search.found[i]->id) == 0)
			hold->pending--;
	}
	free((void *)search.found);
}

static void cancel_all(struct notifier *notifier, const struct book_router *first)
{
	for (struct hold *hold = notifier->holds.first; hold; hold = hold->next)
		if (hold->first == first && !hold->over)
			cancel(notifier, hold);
}

static bool ends_drains(const struct event *event)
{
	return event->kind == EVENT_DRAIN || event->kind == EVENT_DRAINED ||
	       event->kind == EVENT_WITHDRAWN;
}

void notifier_take_hold(struct notifier *notifier, const struct event *event)
{
	struct book_router *router =
		event->router[0] ? book_find(notifier->book, event->router, event->family) : NULL;
	struct book_router *first = router ? router - router->conf->unit_at : NULL;

	if (!router)
		return;
	if (event->kind == EVENT_DRAINED && event->fact.word == EVENT_DRAIN_WAITS)
		begin(notifier, event, first);
	else if (ends_drains(event) && !first->drained_ns)
		cancel_all(notifier, first);
}

/* ---- one has ended ---- */

int notifier_drop_hook(struct notifier *notifier, const struct delivery *delivery)
{
	struct hold *hold = delivery->hold;
	int err = queue_drop(notifier->queue, delivery->id);

	if (err < 0)
		return err;
	hold->failed = true; /* it has not run */
	hold->pending--;
	if (!hold->pending && !hold->answered)
		answer(notifier, hold);
	return 0;
}

void notifier_end_hook(struct notifier *notifier, struct delivery *delivery, const char *error)
{
	struct hold *hold = delivery->hold;
	char of[96], text[EVENT_TEXT_SIZE];

	if (notifier->store)
		store_begin(notifier->store);
	if (error && !hold->over) {
		hold->failed = true;
		snprintf(of, sizeof(of), "drain/%s", delivery->router);
		snprintf(text, sizeof(text), "%s: %s: the drain goes on all the same",
			 target_name(delivery->conf), error);
		notifier_tell_of(notifier, EVENT_NOTIFY_HOOK, delivery->id, delivery->attempts, of,
				 text);
	}
	hold->pending--;
	(void)queue_end(notifier->queue, delivery, error, notifier->now_ns);
	if (!hold->pending && !hold->answered)
		answer(notifier, hold);
}
