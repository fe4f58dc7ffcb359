/* SPDX-License-Identifier: MIT */
/*
 * The narration: what happens in the world, and the log of every host, a line each with its virtual
 * time. Costs nothing when nobody listens.
 */
#ifndef SIM_TRACE_H
#define SIM_TRACE_H

#include <stdbool.h>
#include <stdio.h>

struct sim;

struct sim_trace {
	FILE *out;    /* borrowed; NULL: nobody listens */
	bool packets; /* every advert too */
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

#endif
