/* SPDX-License-Identifier: MIT */
#include "service.h"

#include <dlfcn.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <systemd/sd-daemon.h>
#include <time.h>

#define LIBRARY "libsystemd.so.0"

struct service {
	void *library; /* owned */
	typeof(&sd_notify) notify;
};

int service_open(struct service **ret_service)
{
	struct service *service = NULL;

	if (getenv("NOTIFY_SOCKET")) {
		service = calloc(1, sizeof(*service));
		if (!service)
			return -ENOMEM;
		service->library = dlopen(LIBRARY, RTLD_NOW);
		if (service->library)
			service->notify = dlsym(service->library, "sd_notify");
		if (!service->notify) {
			service_close(service);
			return -ENOENT;
		}
	}
	*ret_service = service;
	return 0;
}

void service_close(struct service *service)
{
	if (!service)
		return;
	if (service->library)
		dlclose(service->library);
	free(service);
}

static void tell(const struct service *service, const char *what)
{
	if (service)
		(void)service->notify(0, what);
}

void service_ready(const struct service *service)
{
	tell(service, "READY=1");
}

void service_reloading(const struct service *service)
{
	struct timespec now;
	char text[64];

	clock_gettime(CLOCK_MONOTONIC, &now);
	snprintf(text, sizeof(text), "RELOADING=1\nMONOTONIC_USEC=%" PRIi64,
		 now.tv_sec * INT64_C(1000000) + now.tv_nsec / 1000);
	tell(service, text);
}

void service_reloaded(const struct service *service)
{
	tell(service, "READY=1");
}

void service_alive(const struct service *service, const char *status)
{
	char text[160];

	snprintf(text, sizeof(text), "WATCHDOG=1\nSTATUS=%s", status);
	tell(service, text);
}

void service_stopping(const struct service *service)
{
	tell(service, "STOPPING=1");
}
