/* SPDX-License-Identifier: MIT */
/*
 * The log: a reader of the journal that writes a line per event to standard error. What a peer can
 * cause by the thousand is told once per episode: again only after a minute without; and a router
 * that changes its state again and again has some lines, and then the state that it ends in
 * (event_flaps.h). The journal has them all. Where it is in a ring is kept there (events_told()),
 * so what a dead process could not tell its successor does.
 *
 * Whoever reads the log may not keep up with it, nor the log with the journal. How much is lost is
 * told; and the log ends with the truth about each router all the same, since whoever knows them
 * asks event_log_missed() and tells the states of now.
 */
#ifndef EVENT_LOG_H
#define EVENT_LOG_H

#include "event_flaps.h"

#define EVENT_LOG_TURN_MAX 64        /* lines that a turn of somebody in a hurry tells */
#define EVENT_LOG_END      INT64_MAX /* a time after which nobody tells any more */

struct event_log;

/**
 * event_log_new() - a log that has told of no episode yet.
 *
 * Return: owned by the caller, who passes it to event_log_free(); NULL without memory.
 */
struct event_log *event_log_new(void);

/**
 * event_log_free() - release; NULL is allowed.
 */
void event_log_free(struct event_log *log);

/**
 * event_log_tell() - tell what has not been told yet.
 * @events: a writer's mapping, the same one each time; NULL is allowed: there is nothing to tell.
 * @now_ns: CLOCK_MONOTONIC; EVENT_LOG_END: what waits for a state to last is told, too.
 * @lines_max: about so many lines and no more.
 *
 * Return: whether there is more by now.
 */
bool event_log_tell(struct event_log *log, struct events *events, int64_t now_ns,
		    unsigned lines_max);

/**
 * event_log_deadline() - when there is more to tell even if nothing happens; INT64_MAX: never.
 */
int64_t event_log_deadline(const struct event_log *log);

/**
 * event_log_gaps() - how many times changes of state were not told so far.
 */
unsigned event_log_gaps(const struct event_log *log);

/**
 * event_log_missed() - whether a change of state may not have been told; it may have been, too.
 * @since_ns: when it was, CLOCK_MONOTONIC.
 */
bool event_log_missed(const struct event_log *log, int64_t since_ns);

/**
 * event_log_caught_up() - the states of now have been told, of all routers.
 */
void event_log_caught_up(struct event_log *log);

/**
 * event_log_begins() - whether an event begins an episode or belongs to none, and so is told.
 * Remembered in any case.
 */
bool event_log_begins(struct event_log *log, const struct event *event);

#endif
