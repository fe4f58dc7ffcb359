/* SPDX-License-Identifier: MIT */
/*
 * A late advert is a failover of our own making, so the process runs with real-time priority and
 * locked memory where it may. Where it may not, it runs all the same. And where it would take the
 * host with it, busy for a second without a pause, it steps back to ordinary priority for a while.
 */
#ifndef REALTIME_H
#define REALTIME_H

#include <stdbool.h>
#include <stdint.h>

/**
 * realtime_keep() - memory that was touched stays in memory; for a process that waits. Best effort:
 * realtime_lock() tells what is refused.
 */
void realtime_keep(void);

/**
 * realtime_enter() - SCHED_RR for this process, not for its children.
 * @ret_what: the call that was refused, a constant.
 *
 * Return: 0; or -errno, mostly -EPERM: degraded, worth one warning.
 */
int realtime_enter(const char **ret_what);

/**
 * realtime_lock() - all memory of now is touched, and stays. Takes a millisecond for some
 * megabytes.
 * @ret_what: the call that was refused, a constant.
 *
 * Return: 0; or -errno, mostly -EPERM or -ENOMEM: degraded, worth one warning.
 */
int realtime_lock(const char **ret_what);

/**
 * realtime_watch() - to be called once a second: goes back to real-time priority a minute after it
 * was lost to a second without a pause.
 * @now_ns: CLOCK_MONOTONIC.
 *
 * Return: true when it has been lost since the last call: worth a warning.
 */
bool realtime_watch(int64_t now_ns);

#endif
