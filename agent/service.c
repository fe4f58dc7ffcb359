/* SPDX-License-Identifier: MIT */
#include "service.h"

#include <inttypes.h>
#include <systemd/sd-daemon.h>
#include <time.h>

void service_ready(void)
{
	(void)sd_notify(0, "READY=1");
}

void service_reloading(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	(void)sd_notifyf(0, "RELOADING=1\nMONOTONIC_USEC=%" PRIi64,
			 now.tv_sec * INT64_C(1000000) + now.tv_nsec / 1000);
}

void service_reloaded(void)
{
	(void)sd_notify(0, "READY=1");
}

void service_alive(const char *status)
{
	(void)sd_notifyf(0, "WATCHDOG=1\nSTATUS=%s", status);
}

void service_stopping(void)
{
	(void)sd_notify(0, "STOPPING=1");
}
