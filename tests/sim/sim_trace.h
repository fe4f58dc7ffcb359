/* SPDX-License-Identifier: MIT */
/*
 * The narration: what happens in the world, and the log of every host, a line each with its virtual
 * time. A host's log is read from its journal, as agent/event_log.c does; of all that only the
 * writing into the journal costs when nobody listens.
 */
#ifndef SIM_TRACE_H
#define SIM_TRACE_H

#include <stdbool.h>
#include <stdio.h>

#include "agent/event_log.h"
#include "sim_net.h"

struct sim_trace {
	FILE *out;    /* borrowed; NULL: nobody listens */
	bool packets; /* every advert too */
};

/* The journal of a host, for all its processes, and for one run after the other. */
struct sim_journal {
	struct events *ring; /* owned; NULL: nobody has asked for it yet */
	struct events_cursor cursor;
	struct event_log *log; /* owned; NULL: nobody has listened yet */
};

#define trace(sim, ...)                                                                            \
	do {                                                                                       \
		if ((sim)->trace.out)                                                              \
			trace_line(sim, __VA_ARGS__);                                              \
	} while (0)

#define trace_packet(sim, ...)                                                                     \
	do {                                                                                       \
		if ((sim)->trace.packets)                                                          \
			trace(sim, __VA_ARGS__);                                                   \
	} while (0)

/**
 * trace_line() - write a line; called through trace() and trace_packet().
 */
void trace_line(const struct sim *sim, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/**
 * trace_begin() - let somebody listen, or nobody, to a run that begins.
 * @out: borrowed until the end of the run; NULL: nobody.
 * @packets: narrate every advert too.
 */
void trace_begin(struct sim *sim, FILE *out, bool packets);

/**
 * trace_journal() - what the processes of a host write their events into.
 *
 * Return: borrowed; it outlives them.
 */
struct events *trace_journal(struct sim *sim, unsigned i);

/**
 * trace_host() - narrate what a host has put into its journal since the last call.
 */
void trace_host(struct sim *sim, unsigned i);

#endif
