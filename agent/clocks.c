/* SPDX-License-Identifier: MIT */
#include "clocks.h"

#include <time.h>

#define NS_PER_S INT64_C(1000000000)

static int64_t clock_ns(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return now.tv_sec * NS_PER_S + now.tv_nsec;
}

struct clocks clocks_now(void)
{
	return (struct clocks){ clock_ns(CLOCK_MONOTONIC), clock_ns(CLOCK_REALTIME) };
}

int64_t clocks_up_ns(void)
{
	return clock_ns(CLOCK_BOOTTIME);
}
