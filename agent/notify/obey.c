/* SPDX-License-Identifier: MIT */
/* What somebody asks for by vipctl notify. */
#include <errno.h>

#include "notifier_private.h"

/* What is to be current and is not is never told, whoever asks for it. */
static int retry(struct notifier *notifier, int64_t id)
{
	const struct delivery *delivery = queue_find(notifier->queue, id);

	if (delivery && !notifier_is_true(notifier, delivery))
		return -ESTALE;
	return queue_retry(notifier->queue, id, notifier->now_ns);
}

static int drop(struct notifier *notifier, int64_t id)
{
	const struct delivery *delivery = queue_find(notifier->queue, id);

	return delivery && delivery->hold ? notifier_drop_hook(notifier, delivery)
					  : queue_drop(notifier->queue, id);
}

static const char *refusal(int err)
{
	switch (err) {
	case -EBUSY:
		return "it is being delivered right now";
	case -ENOTSUP:
		return "its command is configured no more: it can be dropped";
	case -ESTALE:
		return "its state is true no more, so it is not tried again: it can be dropped";
	case -ENOMEM:
		return "there is no memory";
	default:
		return "no delivery with this id waits or is dead";
	}
}

static void obey_one(struct notifier *notifier, int64_t id, bool retries)
{
	const struct delivery *delivery = queue_find(notifier->queue, id);
	char of[NOTIFIER_OF_SIZE] = "";
	int err;

	if (delivery)
		(void)notifier_of(delivery, of);
	err = retries ? retry(notifier, id) : drop(notifier, id);
	if (err < 0)
		notifier_tell_of(notifier, EVENT_NOTIFY_UNKNOWN, id, 0, of, refusal(err));
	else
		notifier_tell_of(notifier, retries ? EVENT_NOTIFY_RETRY : EVENT_NOTIFY_DROP, id, 0,
				 of, retries ? "it is tried again" : "it is given up");
}

/* ---- all ---- */

static bool may_be_retried(void *arg, const struct delivery *delivery)
{
	return notifier_is_true(arg, delivery);
}

static void retry_all(struct notifier *notifier)
{
	unsigned n = queue_retry_all(notifier->queue, may_be_retried, notifier, notifier->now_ns);

	notifier_tell_of(notifier, EVENT_NOTIFY_RETRY, 0, n, NULL,
			 queue_dead(notifier->queue)
				 ? "tried again; those stay dead whose state is true no more, or "
				   "whose command is configured no more"
				 : "tried again");
}

/* What waits is not given up by that. */
static void drop_all(struct notifier *notifier)
{
	notifier_tell_of(notifier, EVENT_NOTIFY_DROP, 0, queue_drop_all(notifier->queue), NULL,
			 "dead, and given up");
}

/* Who has asked waits for an answer, whatever it is; unless that was long ago. */
void notifier_obey(struct notifier *notifier, const struct event *event)
{
	bool retries = event->fact.word == EVENT_NOTIFY_RETRY;
	int64_t id = event->fact.number[0];

	if (event->mono_ns < notifier->obeys_ns)
		return;
	if (id)
		obey_one(notifier, id, retries);
	else if (retries)
		retry_all(notifier);
	else
		drop_all(notifier);
}
