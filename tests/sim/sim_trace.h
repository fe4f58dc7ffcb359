/* SPDX-License-Identifier: MIT */
/*
 * The narration: what happens in the world, and the log of every host, a line each with its virtual
 * time. Costs nothing when nobody listens.
 */
#ifndef SIM_TRACE_H
#define SIM_TRACE_H

#include <stdbool.h>
#include <stdio.h>

#include "agent/event_log.h"
#include "sim_net.h"

struct sim_trace {
	FILE *out;                               /* borrowed; NULL: nobody listens */
	bool packets;                            /* every advert too */
	struct event_log *logs[SIM_ROUTERS_MAX]; /* owned; NULL: nothing was told yet */
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
 * trace_event() - narrate what the log of a host says.
 */
void trace_event(struct sim *sim, unsigned i, const struct event *event);

/**
 * trace_end() - forget what was told.
 */
void trace_end(struct sim *sim);

#endif
