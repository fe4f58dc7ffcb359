/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "notifier_private.h"

/* What outlives the notifier, of each router for the last wait alone, told by its end: what was
 * answered, so that no command is run for it once more, and whether a command had failed before. */
#define FACT_SIZE (CONF_NAME_SIZE + 24)

static const char *fact_name(const char *fact, const struct book_router *first, char *buf)
{
	snprintf(buf, FACT_SIZE, "%s.%s.%u", fact, first->conf->name, first->conf->vrrp.family);
	return buf;
}

static int64_t fact_of(const struct notifier *notifier, const char *fact,
		       const struct book_router *first)
{
	char name[FACT_SIZE];

	return notifier->store ? store_fact_of(notifier->store, fact_name(fact, first, name)) : 0;
}

static void put_fact(struct notifier *notifier, const char *fact, const struct hold *hold,
		     int64_t value)
{
	char name[FACT_SIZE];

	if (notifier->store)
		store_fact(notifier->store, fact_name(fact, hold->first, name), value);
}

/* Return: whether there is none of which the log has not heard. */
static bool say_failures(struct notifier *notifier, struct hold *hold)
{
	while (hold->unsaid && notifier_tell_keeper(notifier, &hold->unsaid->event))
		hold_drop_unsaid(hold, hold->unsaid);
	return !hold->unsaid;
}

/* Once more for whoever asks once more: the router process that was told may be dead. Where there
 * is no room for it, a later turn says it; and behind what it says, that a command has failed, the
 * log has which one. */
static void say(struct notifier *notifier, struct hold *hold)
{
	const struct conf_router *conf = hold->first->conf;
	struct event event =
		event_of(EVENT_DRAINED, conf->name, conf->interface, conf->vrrp.family);

	event.fact.word = hold->failed ? EVENT_DRAIN_HOOK_FAILED : EVENT_DRAIN_READY;
	event.fact.number[1] = hold->until_ns;
	hold->answered = say_failures(notifier, hold) && notifier_tell_keeper(notifier, &event);
}

static void answer(struct notifier *notifier, struct hold *hold)
{
	say(notifier, hold);
	put_fact(notifier, "hold", hold, hold->failed ? -hold->until_ns : hold->until_ns);
}

/* Others may run still, and end when there is another notifier. */
static void fail(struct notifier *notifier, struct hold *hold)
{
	hold->failed = true;
	put_fact(notifier, "failed", hold, hold->until_ns);
}

/* Return: until when somebody waited for the last answer, negative: a command had failed; 0: none
 * was given. */
static int64_t last_answer(const struct notifier *notifier, const struct book_router *first)
{
	return fact_of(notifier, "hold", first);
}

/* What came of an earlier wait says nothing about this one. */
static void recall_failure(const struct notifier *notifier, struct hold *hold)
{
	hold->failed |= last_answer(notifier, hold->first) == -hold->until_ns ||
			fact_of(notifier, "failed", hold->first) == hold->until_ns;
}

/* Whether one before this notifier has answered. */
static bool was_answered(const struct notifier *notifier, const struct hold *hold)
{
	int64_t known = last_answer(notifier, hold->first);

	return known == hold->until_ns || known == -hold->until_ns;
}

void notifier_recall_answers(struct notifier *notifier)
{
	for (unsigned i = 0; i < book_count(notifier->book); i++) {
		struct book_router *router = book_at(notifier->book, i);
		int64_t known = router->conf->unit_at ? 0 : last_answer(notifier, router);
		int64_t until_ns = known < 0 ? -known : known;

		if (until_ns > notifier->now_ns)
			(void)holds_make(&notifier->holds, router, until_ns, notifier->now_ns);
	}
	for (struct hold *hold = notifier->holds.first; hold; hold = hold->next)
		recall_failure(notifier, hold);
}

void notifier_answer_again(struct notifier *notifier)
{
	for (struct hold *hold = notifier->holds.first; hold; hold = hold->next)
		if (say_failures(notifier, hold) && !hold->pending && !hold->answered &&
		    hold->until_ns > notifier->now_ns)
			say(notifier, hold);
}

/* Who was hung up on by a keeper that lives is another program's, and has yet to hear so. */
static bool vipd_has_ended(const struct notifier *notifier)
{
	const struct notifier_setting *setting = &notifier->setting;

	return notifier->ends && !notifier->replaced &&
	       (!notifier->orphaned || !setting->is_orphan || setting->is_orphan(setting->keeper));
}

static void begin(struct notifier *notifier, const struct event *event, struct book_router *first)
{
	int64_t until_ns = event->fact.number[1];
	struct hold *hold;
	bool is_new;

	/* Nobody waits any more. */
	if (until_ns <= notifier->now_ns || notifier_is_earlier(notifier, event) ||
	    vipd_has_ended(notifier))
		return;
	hold = holds_find(&notifier->holds, first, until_ns);
	is_new = !hold;
	if (!hold)
		hold = holds_make(&notifier->holds, first, until_ns, notifier->now_ns);
	if (!hold) {
		notifier_tell_failure(notifier, -ENOMEM, "taking in that a router waits",
				      "no command is run before it leaves");
		return;
	}
	hold->before = event_before_of(event->fact.name);
	recall_failure(notifier, hold);
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

/* What has begun is ended as at its timeout, what has not never begins. */
static void cut(struct notifier *notifier, struct hold *hold, int64_t now_ns)
{
	struct search search = { .hold = hold };

	search.found = calloc(hold->pending + 1, sizeof(const struct delivery *));
	if (!search.found)
		return; /* they end by themselves, and nobody hears of it */
	queue_each(notifier->queue, look, &search);
	for (unsigned i = 0; i < search.n; i++) {
		if (search.found[i]->run)
			runner_cut(search.found[i], now_ns);
		else if (queue_drop(notifier->queue, search.found[i]->id) == 0)
			hold->pending--;
	}
	free((void *)search.found);
}

/* Who resumes may undo what they do, and must not be overtaken by them. */
static void cancel(struct notifier *notifier, struct hold *hold)
{
	hold->over = hold->answered = true;
	cut(notifier, hold, notifier->now_ns);
}

void notifier_cut_hooks(struct notifier *notifier, int64_t now_ns)
{
	for (struct hold *hold = notifier->holds.first; hold; hold = hold->next)
		if (!hold->over)
			cut(notifier, hold, now_ns);
}

/* Whether what a router has waited for is not to come any more. */
static bool is_off(const struct hold *hold, const struct event *event)
{
	switch (event->kind) {
	case EVENT_DRAIN:
	case EVENT_DRAINED:
		return hold->before == EVENT_BEFORE_DRAIN && !hold->first->drained_ns;
	case EVENT_LEAVE:
		return event->fact.word == EVENT_DRAIN_VOID &&
		       hold->before == event_before_of(event->fact.name);
	default:
		return event->kind == EVENT_WITHDRAWN;
	}
}

void notifier_take_hold(struct notifier *notifier, const struct event *event)
{
	struct book_router *router =
		event->router[0] ? book_find(notifier->book, event->router, event->family) : NULL;
	struct book_router *first = router ? router - router->conf->unit_at : NULL;

	if (!router)
		return;
	if ((event->kind == EVENT_DRAINED || event->kind == EVENT_LEAVE) &&
	    event->fact.word == EVENT_DRAIN_WAITS) {
		begin(notifier, event, first);
		return;
	}
	for (struct hold *hold = notifier->holds.first; hold; hold = hold->next)
		if (hold->first == first && !hold->over && is_off(hold, event))
			cancel(notifier, hold);
}

/* ---- one has ended ---- */

int notifier_drop_hook(struct notifier *notifier, const struct delivery *delivery)
{
	struct hold *hold = delivery->hold;
	int err = queue_drop(notifier->queue, delivery->id);

	if (err < 0)
		return err;
	fail(notifier, hold); /* it has not run */
	hold->pending--;
	if (!hold->pending && !hold->answered)
		answer(notifier, hold);
	return 0;
}

static void tell_failed(struct notifier *notifier, const struct delivery *delivery,
			const char *error)
{
	struct hold *hold = delivery->hold;
	static const char *const goes_on[EVENT_BEFORE_COUNT] = {
		[EVENT_BEFORE_DRAIN] = "the drain goes on",
		[EVENT_BEFORE_STOP] = "vipd stops",
		[EVENT_BEFORE_REMOVAL] = "the router is removed",
		[EVENT_BEFORE_PRIORITY] = "the priority is lowered",
	};
	char of[96], text[EVENT_TEXT_SIZE];
	struct event event;

	snprintf(of, sizeof(of), "%s/%s", event_before_word(hold->before), delivery->router);
	snprintf(text, sizeof(text), "%s: %s: %s all the same", target_name(delivery->conf), error,
		 goes_on[hold->before]);
	event = notifier_event(EVENT_NOTIFY_HOOK, delivery->id, delivery->attempts, of, text);
	if (!notifier_tell_keeper(notifier, &event))
		(void)hold_put_unsaid(hold, &event);
}

void notifier_end_hook(struct notifier *notifier, struct delivery *delivery, const char *error)
{
	struct hold *hold = delivery->hold;

	if (notifier->store)
		store_begin(notifier->store);
	if (error && !hold->over) {
		fail(notifier, hold);
		tell_failed(notifier, delivery, error);
	}
	hold->pending--;
	(void)queue_end(notifier->queue, delivery, error, notifier->now_ns);
	if (!hold->pending && !hold->answered)
		answer(notifier, hold);
}
