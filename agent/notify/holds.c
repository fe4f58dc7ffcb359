/* SPDX-License-Identifier: MIT */
#include "holds.h"

#include <errno.h>
#include <stdlib.h>

struct hold *holds_find(const struct holds *holds, const struct book_router *first,
			int64_t until_ns)
{
	struct hold *hold = holds->first;

	while (hold && (hold->first != first || hold->until_ns != until_ns))
		hold = hold->next;
	return hold;
}

int hold_put_unsaid(struct hold *hold, const struct event *event)
{
	struct hold_news *news = calloc(1, sizeof(*news));

	if (!news)
		return -ENOMEM;
	*news = (struct hold_news){ .event = *event, .next = hold->unsaid };
	hold->unsaid = news;
	return 0;
}

void hold_drop_unsaid(struct hold *hold, struct hold_news *news)
{
	struct hold_news **at = &hold->unsaid;

	while (*at != news)
		at = &(*at)->next;
	*at = news->next;
	free(news);
}

static void free_hold(struct hold *hold)
{
	while (hold->unsaid)
		hold_drop_unsaid(hold, hold->unsaid);
	free(hold);
}

static void forget_some(struct holds *holds, int64_t now_ns)
{
	struct hold **at = &holds->first, *hold;

	while ((hold = *at)) {
		if (hold->pending || hold->unsaid || hold->until_ns > now_ns) {
			at = &hold->next;
			continue;
		}
		*at = hold->next;
		free_hold(hold);
	}
}

struct hold *holds_make(struct holds *holds, struct book_router *first, int64_t until_ns,
			int64_t now_ns)
{
	struct hold *hold = holds_find(holds, first, until_ns);

	if (hold)
		return hold;
	forget_some(holds, now_ns);
	hold = calloc(1, sizeof(*hold));
	if (!hold)
		return NULL;
	*hold = (struct hold){ .first = first, .until_ns = until_ns, .next = holds->first };
	holds->first = hold;
	return hold;
}

void holds_fini(struct holds *holds)
{
	struct hold *next;

	for (struct hold *hold = holds->first; hold; hold = next) {
		next = hold->next;
		free_hold(hold);
	}
	holds->first = NULL;
}
