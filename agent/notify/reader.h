/* SPDX-License-Identifier: MIT */
/*
 * The rings of the journal, as one: events of the keeper and of the router processes, by their
 * time. Where the reader is, is a number of an event that outlives reader and ring.
 */
#ifndef READER_H
#define READER_H

#include "agent/events.h"

enum reader_ring {
	READER_KEEPER,
	READER_ROUTER,
	READER_RINGS,
};

struct reader;

/**
 * reader_open() - both rings, from their oldest events on.
 * @fds: by enum reader_ring; borrowed for the call; one that is missing or no ring is told nothing
 *	of.
 *
 * Return: owned by the caller; NULL without memory.
 */
struct reader *reader_open(const int *fds);

/**
 * reader_close() - NULL is allowed.
 */
void reader_close(struct reader *reader);

/**
 * reader_has() - whether a ring is read.
 */
bool reader_has(const struct reader *reader, enum reader_ring ring);

/**
 * reader_id() - events_id() of a ring; 0: unknown, or there is none.
 */
uint64_t reader_id(const struct reader *reader, enum reader_ring ring);

/**
 * reader_resume() - go on behind an event, of the ring of that @id.
 * @seq: 0: at the oldest.
 */
void reader_resume(struct reader *reader, enum reader_ring ring, uint64_t id, uint64_t seq);

/**
 * reader_seq() - of the last event that was read.
 */
uint64_t reader_seq(const struct reader *reader, enum reader_ring ring);

/**
 * reader_next() - the earliest event that was not read.
 * @ret_lost: how many of its ring were overwritten before it.
 *
 * Return: whether there is one.
 */
bool reader_next(struct reader *reader, struct event *ret_event, enum reader_ring *ret_ring,
		 uint64_t *ret_lost);

/**
 * reader_last_start() - when the configuration that runs began to, CLOCK_MONOTONIC: EVENT_STARTED.
 *
 * Return: 0: the ring does not tell.
 */
int64_t reader_last_start(const struct reader *reader);

/**
 * reader_first_start() - when the first router process since that time began to run: those of
 * before it may yet have told that they leave.
 *
 * Return: @since_ns: the ring does not tell.
 */
int64_t reader_first_start(const struct reader *reader, int64_t since_ns);

/**
 * reader_unread_start() - for a ring that nobody has ever read: since when there was somebody to be
 * told, and is without a break.
 *
 * Return: 0: the ring does not tell.
 */
int64_t reader_unread_start(const struct reader *reader);

#endif
