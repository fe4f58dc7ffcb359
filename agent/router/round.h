/* SPDX-License-Identifier: MIT */
/*
 * One announcement of a router's addresses as a round: where it is, and when its next frame may
 * leave. With a pace there is a pause between two frames, for switches that police ARP; without
 * one, a turn takes a bounded number of frames, and what is left waits for a turn soon after, so
 * that thousands of routers that repeat an announcement together delay no advert. Pure: it says
 * which address is next, the caller sends.
 */
#ifndef ROUND_H
#define ROUND_H

#include <stdbool.h>
#include <stdint.h>

/* Zero: no round is under way, and a frame may leave. */
struct round {
	unsigned n;     /* addresses in all */
	unsigned next;  /* the one to be announced next */
	unsigned left;  /* so many from there, in a circle; 0: the round is over */
	int64_t due_ns; /* no frame before that */
};

/**
 * round_all() - all addresses shall be announced, from the first one on; a round that is under way
 * goes on, and as far as to where it is now.
 * @n: how many there are; always the same.
 */
void round_all(struct round *round, unsigned n);

/**
 * round_one() - one address shall be announced; and those between what is left and it.
 * @address: below @n.
 */
void round_one(struct round *round, unsigned n, unsigned address);

/**
 * round_is_due() - whether an address is left, and its frame may leave.
 */
bool round_is_due(const struct round *round, int64_t now_ns);

/**
 * round_take() - the next address, of a round that is due.
 *
 * Return: its number. A frame sent for it is followed by round_wait().
 */
unsigned round_take(struct round *round);

/**
 * round_wait() - no frame before @due_ns.
 */
void round_wait(struct round *round, int64_t due_ns);

/**
 * round_end() - the router is not Active (any more): nothing is left, and no pause.
 */
void round_end(struct round *round);

/**
 * round_deadline() - when it goes on; INT64_MAX: it is over.
 */
int64_t round_deadline(const struct round *round);

#endif
