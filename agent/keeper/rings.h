/* SPDX-License-Identifier: MIT */
/*
 * The journal's rings (agent/events.h) of network namespaces in which no vipd runs any more: they
 * may be all that is left to tell why, and are in memory. So they stay for a day, and no more of
 * them than RINGS_MAX; what a notifier has begun (agent/begun.h) goes with the last one of its
 * namespace. What a vipd has kept for its next start (agent/kept.h) has no age, since nothing tells
 * whether its namespace is still there; but no more of that either, the oldest first.
 */
#ifndef RINGS_H
#define RINGS_H

#include <stdint.h>

#define RINGS_AGE_NS (24 * 3600 * INT64_C(1000000000))
#define RINGS_MAX    32 /* two of a namespace; more of them go before their time, the oldest first */

/**
 * rings_clean() - remove what has outlived its use. Never the rings of the own namespace; those of
 * another one only while its claim is held (claim.h), so that no vipd runs there, of whatever
 * version, and none is starting.
 * @now_ns: CLOCK_MONOTONIC.
 *
 * The day begins when it is first noticed that nobody holds the claim: the files do not tell when
 * they were written last, since that was by memory. What is not a ring goes at once; one of another
 * layout stays, for the version that knows it.
 */
void rings_clean(int64_t now_ns);

#endif
