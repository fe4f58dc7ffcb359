/* SPDX-License-Identifier: MIT */
#include "timers.h"

#include <assert.h>

#define NS_PER_CS 10000000

bool vrrp_interval_is_valid(unsigned version, unsigned interval_cs)
{
	if (version == 2)
		return interval_cs && interval_cs % 100 == 0 &&
		       interval_cs <= VRRP_INTERVAL_CS_MAX_V2;
	return interval_cs && interval_cs <= VRRP_INTERVAL_CS_MAX;
}

int64_t vrrp_interval_ns(unsigned interval_cs)
{
	return (int64_t)interval_cs * NS_PER_CS;
}

int64_t vrrp_skew_ns(unsigned version, unsigned priority, unsigned interval_cs)
{
	assert(version == 2 || version == 3);
	assert(priority >= 1 && priority <= 255);
	/* RFC 3768 §6.1: (256 - priority) / 256 seconds. */
	if (version == 2)
		interval_cs = 100;
	/* RFC 9568 §6.1: ((256 - priority) * interval) / 256; 256 divides 2 * NS_PER_CS. */
	return (int64_t)(256 - priority) * interval_cs * (NS_PER_CS / 128) / 2;
}

int64_t vrrp_down_ns(unsigned version, unsigned priority, unsigned interval_cs,
		     unsigned down_intervals)
{
	assert(down_intervals >= 1 && down_intervals <= VRRP_DOWN_INTERVALS_MAX);
	return down_intervals * vrrp_interval_ns(interval_cs) +
	       vrrp_skew_ns(version, priority, interval_cs);
}
