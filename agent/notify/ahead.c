/* SPDX-License-Identifier: MIT */
/* What a notifier that is replaced leaves to the next one: it is looked at, and not read. */
#include "notifier_private.h"

/* Whether commands are run here for a router, or for those with its fate.
 * @until_ns: for that wait alone; 0: for any. */
static bool runs(const struct notifier *notifier, const struct event *event, int64_t until_ns)
{
	const struct book_router *router = book_find(notifier->book, event->router, event->family);

	for (const struct hold *hold = notifier->holds.first; router && hold; hold = hold->next)
		if (hold->first == router - router->conf->unit_at && hold->pending && !hold->over &&
		    (!until_ns || hold->until_ns == until_ns))
			return true;
	return false;
}

/* A router waits for what is not run here, or does not wait any more for what is. */
static bool is_for_the_next(const struct notifier *notifier, const struct event *event)
{
	int64_t until_ns = event->fact.number[1];

	if (event->kind != EVENT_DRAIN && event->kind != EVENT_DRAINED &&
	    event->kind != EVENT_LEAVE)
		return false;
	switch (event->fact.word) {
	case EVENT_DRAIN_WAITS:
		return until_ns > notifier->now_ns && !runs(notifier, event, until_ns);
	case EVENT_DRAIN_RESUMED:
	case EVENT_DRAIN_OVER:
	case EVENT_DRAIN_VOID:
		return runs(notifier, event, 0);
	default:
		return false;
	}
}

/* From where this one has stopped to read. */
static struct reader *open_ahead(const struct notifier *notifier)
{
	struct reader *ahead = reader_open(notifier->setting.rings);

	for (unsigned i = 0; ahead && i < READER_RINGS; i++)
		reader_resume(ahead, i, reader_id(notifier->reader, i),
			      reader_seq(notifier->reader, i));
	return ahead;
}

bool notifier_is_awaited(struct notifier *notifier)
{
	enum reader_ring ring;
	struct event event;
	uint64_t lost;

	if (!notifier->ahead)
		notifier->ahead = open_ahead(notifier);
	while (notifier->ahead && reader_next(notifier->ahead, &event, &ring, &lost))
		if (is_for_the_next(notifier, &event))
			return true;
	return false;
}
