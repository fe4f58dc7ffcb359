/* SPDX-License-Identifier: MIT */
/*
 * What is wanted against what is there (wants.h), and the closing of the difference in batches.
 * Takeover, release, an address removed by somebody else, a lost event: one mechanism. Never
 * removes what vipd did not add.
 *
 * What is known comes from events, and events get lost. From then on until a dump is through, what
 * is to be removed or renewed is looked at first, interface by interface. If the kernel refuses
 * that as well, what was known counts: a Backup must not keep an address, nor the lease of a living
 * router end, because of that. So what somebody else has put in the place of what vipd added is
 * taken for vipd's
 *   - when he does it in the course of the very turn (change.h);
 *   - when the kernel has lost the event of it and, asked for that interface alone, refuses to show
 *     it;
 *   - or when the kernel keeps no marks (before 5.18) and nobody heard of a removal.
 */
#ifndef KERN_RECONCILE_H
#define KERN_RECONCILE_H

#include "wants.h"

/*
 * Somebody else removes an object again and again: after so many restorations in so much time it
 * is abandoned, which means that it comes back once after each of a row of pauses, each of them
 * twice as long as the one before. One that then stays for KERN_HELD_NS, or is wanted anew, begins
 * anew.
 */
#define KERN_RESTORE_GAP_NS    INT64_C(100000000) /* a third theft so soon is undone later */
#define KERN_RESTORE_MAX       5
#define KERN_RESTORE_WINDOW_NS INT64_C(10000000000)
#define KERN_PAUSE_NS          INT64_C(2000000000)
#define KERN_PAUSE_MAX_NS      INT64_C(64000000000)
#define KERN_HELD_NS           INT64_C(60000000000)

/* Changes of one pass, of which one at most is slow: whoever waits for more of them looks at its
 * sockets in between. A slow one lets all others of a pass go first, and is for the next one. */
#define KERN_CHANGES_MAX 1024

/* The most news of one call of kern_reconcile(). */
#define KERN_NEWS_MAX (2 * KERN_BATCH_MAX)

enum kern_want_news {
	KERN_WANT_ADDED,    /* claimed */
	KERN_WANT_RESTORED, /* somebody removed it; it is back */
	KERN_WANT_EXPIRED,  /* its lease ended; it is back since kern_wants_renew() said so */
	KERN_WANT_ENDED,    /* its lease ended; it comes back with kern_wants_renew() */
	KERN_WANT_REMOVED,  /* released, and it was ours */
	KERN_WANT_FOREIGN,  /* wanted, and there already: not ours to remove */
	KERN_WANT_KEPT,     /* not wanted, but not ours to remove either */
	KERN_WANT_DOUBLE,   /* there with other attributes, say prefix length: not ours to remove */
	KERN_WANT_ABANDONED, /* removed by somebody once too often: left alone for a pause */
	KERN_WANT_BEHIND,    /* put behind somebody else's, which would have fallen with it */
	KERN_WANT_LACKING,   /* the host's own, removed by somebody: not ours to add */
	KERN_WANT_FAILED,    /* the kernel refused: @error; tried again every second */
	KERN_WANT_COUNT,
};

/* One fact about one want. */
struct kern_news {
	unsigned want;
	enum kern_want_news what;
	int error; /* an errno for KERN_WANT_FAILED, else 0 */
};

/**
 * kern_reconcile() - close the difference between what is wanted and what is there, in a pass of
 * several calls: each carries out batches until one has news. Between them the caller acts upon the
 * news; what it wants in the meantime is for the next pass. What is released goes first, the last
 * one first and kinds in reverse; then comes what is claimed, in order.
 * @now_ns: on the clock of kern_wants_deadline().
 * @ret_news: room for KERN_NEWS_MAX.
 *
 * Return: how many news, and call again; 0 at the end of the pass; -EAGAIN at its end when answers
 * of the kernel contradicted what was known: dump, and begin another pass.
 */
int kern_reconcile(struct kern_wants *wants, int64_t now_ns, struct kern_news *ret_news);

/**
 * kern_reconcile_end() - all passes of a turn have been.
 * @now_ns: as they were told.
 * @end_ns: the time of now: the kernel may have let them wait, for its lock on all networks.
 */
void kern_reconcile_end(struct kern_wants *wants, int64_t now_ns, int64_t end_ns);

/**
 * kern_reconcile_is_cut() - whether the last pass ended for KERN_CHANGES_MAX: not all that it had
 * to do is done, but for what is slow or waits for a time.
 */
bool kern_reconcile_is_cut(const struct kern_wants *wants);

#endif
