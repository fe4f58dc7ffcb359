/* SPDX-License-Identifier: MIT */
/*
 * The timer that wakes the keeper when the router process has given no sign of life for too long.
 * Both hold it: the router process puts it off while it lives, so that as long as all is well the
 * keeper sleeps. It only wakes: what a silence means is decided by the signs of life in the state
 * memory (state.h), and by succession.c.
 */
#ifndef LIFE_TIMER_H
#define LIFE_TIMER_H

#include <stdint.h>

#define LIFE_PATIENCE_NS INT64_C(2700000000) /* without a sign of life a process is hung */

/**
 * life_timer_open() - make the timer.
 *
 * Return: a descriptor, readable once it has expired, until it is set again; or -errno.
 */
int life_timer_open(void);

/**
 * life_timer_set() - set it, or put it off.
 * @fd: of life_timer_open(), in this process or another one; -1 is allowed.
 * @deadline_ns: CLOCK_MONOTONIC; INT64_MAX: never.
 */
void life_timer_set(int fd, int64_t deadline_ns);

#endif
