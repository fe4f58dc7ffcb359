/* SPDX-License-Identifier: MIT */
#include "holds.h"

#include <stdlib.h>

struct hold *holds_find(const struct holds *holds, const struct book_router *first,
			int64_t until_ns)
{
	struct hold *hold = holds->first;

	while (hold && (hold->first != first || hold->until_ns != until_ns))
		hold = hold->next;
	return hold;
}

static void forget_some(struct holds *holds, int64_t now_ns)
{
	struct hold **at = &holds->first, *hold;

	while ((hold = *at)) {
		if (hold->pending || hold->until_ns > now_ns) {
			at = &hold->next;
			continue;
		}
		*at = hold->next;
		free(hold);
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
		free(hold);
	}
	holds->first = NULL;
}
