/* SPDX-License-Identifier: MIT */
/*
 * Who waits for commands: a router, and all with its fate, that is Active and to leave on purpose,
 * and does not before those have ended. Plain data.
 */
#ifndef HOLDS_H
#define HOLDS_H

#include "book.h"

/* What the keeper has yet to be told, who had no room for it. */
struct hold_news {
	struct event event;
	struct hold_news *next;
};

struct hold {
	struct book_router *first; /* of those with one fate; borrowed */
	int64_t until_ns;          /* nobody waits longer, CLOCK_MONOTONIC; no two of a router's
				      are the same */
	unsigned pending;          /* commands that have not ended; each knows its hold */
	bool failed;               /* one of those that have */
	bool answered;             /* the routers were told that there are no more */
	bool over;                 /* it does not leave any more: nobody waits */
	enum event_before before;
	struct hold_news *unsaid; /* owned: which of them failed, the last one first */
	struct hold *next;
};

struct holds {
	struct hold *first; /* owned */
};

/**
 * holds_find() - that of a router. Return: borrowed; NULL: there is none.
 */
struct hold *holds_find(const struct holds *holds, const struct book_router *first,
			int64_t until_ns);

/**
 * holds_make() - the same, a new one if there is none. Those that are over are forgotten.
 *
 * Return: borrowed, as long as it has commands or until then; NULL without memory.
 */
struct hold *holds_make(struct holds *holds, struct book_router *first, int64_t until_ns,
			int64_t now_ns);

/**
 * hold_put_unsaid() - one more. Return: 0 or -ENOMEM.
 */
int hold_put_unsaid(struct hold *hold, const struct event *event);

/**
 * hold_drop_unsaid() - it was said; or nobody is there any more to say it to.
 * @news: of @hold; freed.
 */
void hold_drop_unsaid(struct hold *hold, struct hold_news *news);

/**
 * holds_fini() - forget all.
 */
void holds_fini(struct holds *holds);

#endif
