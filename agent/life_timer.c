/* SPDX-License-Identifier: MIT */
#include "life_timer.h"

#include <errno.h>
#include <sys/timerfd.h>

#define NS_PER_S INT64_C(1000000000)

int life_timer_open(void)
{
	int fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);

	return fd < 0 ? -errno : fd;
}

void life_timer_set(int fd, int64_t deadline_ns)
{
	struct itimerspec spec = { 0 };

	if (deadline_ns < 1)
		deadline_ns = 1; /* zero would disarm */
	if (deadline_ns != INT64_MAX) {
		spec.it_value.tv_sec = deadline_ns / NS_PER_S;
		spec.it_value.tv_nsec = deadline_ns % NS_PER_S;
	}
	/* Fails only where a keeper of an earlier version gave none. */
	(void)timerfd_settime(fd, TFD_TIMER_ABSTIME, &spec, NULL);
}
