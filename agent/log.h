/* SPDX-License-Identifier: MIT */
/*
 * The sink of the log: standard error, one line per fact. Under systemd's journal a line starts
 * with its priority, elsewhere with the time. Never blocks: a line that cannot be written at once
 * is dropped and counted, and the next one that can says so.
 */
#ifndef LOG_H
#define LOG_H

#include <stdbool.h>
#include <stdint.h>

enum log_level {
	LOG_LEVEL_ERROR,   /* the operator must act */
	LOG_LEVEL_WARNING, /* degraded, and what is done instead */
	LOG_LEVEL_INFO,    /* every state change, start and stop */
};

/**
 * log_open() - find out where standard error leads.
 */
void log_open(void);

/**
 * log_is_journal() - whether lines have their level in a form that the journal reads.
 */
bool log_is_journal(void);

/**
 * log_is_writable() - whether a line would not be lost now.
 */
bool log_is_writable(void);

/**
 * log_line() - one line.
 * @level: one that is unknown here counts as LOG_LEVEL_INFO.
 * @real_ns: when it happened, CLOCK_REALTIME.
 * @text: without a line end; what comes from outside is in quotes, and control characters in it
 *        become '?'. Cut off where it is longer than a line.
 *
 * errno is preserved. Return: whether it was written; else it is counted as lost.
 */
bool log_line(enum log_level level, int64_t real_ns, const char *text);

#endif
