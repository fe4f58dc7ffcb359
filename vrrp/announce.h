/* SPDX-License-Identifier: MIT */
/*
 * When an Active announces its addresses again, after it took over: repetitions for hosts and
 * switches that missed the first announcement, then a slow refresh for tables that age. Of IPv6 at
 * most three in all, a second apart, and no refresh: MAX_NEIGHBOR_ADVERTISEMENT and RetransTimer
 * (RFC 4861 §7.2.6, §10). Pure; fsm.c has the deadline.
 */
#ifndef VRRP_ANNOUNCE_H
#define VRRP_ANNOUNCE_H

#include <stdint.h>

#define VRRP_REPEATS_MAX   8
#define VRRP_ANNOUNCED_ALL UINT8_MAX /* no repetition is left */

/* Zero: announced once. */
struct vrrp_announce {
	uint8_t repeats_n;
	uint32_t after_ms[VRRP_REPEATS_MAX]; /* since the first announcement, ascending */
	uint32_t refresh_ms;                 /* behind the last repetition; 0: never */
};

/**
 * vrrp_announce_of() - what a family makes of an operator's schedule.
 * @family: 4 or 6.
 * @after_ns: whole milliseconds below 2^32, ascending.
 * @n: at most VRRP_REPEATS_MAX.
 * @refresh_ns: likewise; 0: never.
 */
struct vrrp_announce vrrp_announce_of(unsigned family, const int64_t *after_ns, unsigned n,
				      int64_t refresh_ns);

/**
 * vrrp_announce_gap_ns() - how long after an announcement the next one is due.
 * @announced_n: repetitions that came before it; VRRP_ANNOUNCED_ALL: and it was a refresh.
 *
 * Return: nanoseconds; 0: there is none.
 */
int64_t vrrp_announce_gap_ns(const struct vrrp_announce *announce, unsigned announced_n);

#endif
