/* SPDX-License-Identifier: MIT */
/*
 * The arithmetic of RFC 9568 §6.1 and RFC 3768 §6.1 in exact nanoseconds: a skew time rounded to
 * centiseconds would make two Backups start together. Pure functions.
 */
#ifndef VRRP_TIMERS_H
#define VRRP_TIMERS_H

#include <stdbool.h>
#include <stdint.h>

#define VRRP_INTERVAL_CS_MAX    4095  /* of version 3: 12 bits; erratum 8301 */
#define VRRP_INTERVAL_CS_MAX_V2 25500 /* a byte of seconds */

#define VRRP_DOWN_INTERVALS     3 /* the RFCs' */
#define VRRP_DOWN_INTERVALS_MAX 100

/**
 * vrrp_interval_is_valid() - whether a version can advertise an interval: 0.01 s to 40.95 s in
 * version 3 (erratum 8301), whole seconds up to 255 in version 2.
 */
bool vrrp_interval_is_valid(unsigned version, unsigned interval_cs);

/**
 * vrrp_interval_ns() - an interval of the wire in nanoseconds.
 * @interval_cs: centiseconds, 1..25500.
 */
int64_t vrrp_interval_ns(unsigned interval_cs);

/**
 * vrrp_skew_ns() - Skew_Time: how much longer a Backup of this priority waits.
 * @version: 2 or 3. In version 3 the skew scales with the interval, in version 2 it does not.
 * @priority: 1..255, the local one.
 * @interval_cs: Active_Adver_Interval (v3) or Advertisement_Interval (v2) in centiseconds.
 */
int64_t vrrp_skew_ns(unsigned version, unsigned priority, unsigned interval_cs);

/**
 * vrrp_down_ns() - Active_Down_Interval: silence after which the Active is taken for dead.
 * @down_intervals: 1..100 adverts that may be missed; VRRP_DOWN_INTERVALS is the RFCs'.
 *
 * The others as of vrrp_skew_ns(). Return: so many intervals and the skew time.
 */
int64_t vrrp_down_ns(unsigned version, unsigned priority, unsigned interval_cs,
		     unsigned down_intervals);

#endif
