/* SPDX-License-Identifier: MIT */
/*
 * The one place that reads clocks. Everything else is told the time, so that it can be tested and
 * simulated.
 */
#ifndef CLOCKS_H
#define CLOCKS_H

#include <stdint.h>

/* Both clocks, as read once at the start of a turn. */
struct clocks {
	int64_t mono_ns; /* CLOCK_MONOTONIC: all deadlines */
	int64_t real_ns; /* CLOCK_REALTIME: to place the kernel's time stamps, and for people */
};

/**
 * clocks_now() - read both clocks.
 */
struct clocks clocks_now(void);

/**
 * clocks_up_ns() - how long the host is up, times of suspension included (CLOCK_BOOTTIME).
 */
int64_t clocks_up_ns(void);

#endif
