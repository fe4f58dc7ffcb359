/* SPDX-License-Identifier: MIT */
#include "service.h"

#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#define STATUS_EVERY_NS INT64_C(2000000000)

struct service {
	int fd;
	struct sockaddr_un address;
	socklen_t address_len;
	bool ready_owed;     /* the manager's queue was full when it was to be told */
	int64_t patience_ns; /* how long it waits for a sign of life; 0: for ever */
	int64_t look_ns;     /* when to look for one; CLOCK_MONOTONIC */
};

/*
 * Four looks at least, so that one that finds nothing new does no harm. Who waits for ever sees the
 * status.
 */
static int64_t look_every_ns(const struct service *service)
{
	return service->patience_ns ? service->patience_ns / 4 : STATUS_EVERY_NS;
}

static int64_t patience_ns(void)
{
	const char *usec = getenv("WATCHDOG_USEC");
	int64_t value = usec ? strtoll(usec, NULL, 10) : 0;

	return value > 0 && value < INT64_MAX / 1000 ? value * 1000 : 0;
}

/* A path, or a name that begins with '@' for the zero of the abstract name space. */
static int set_address(struct service *service, const char *name)
{
	size_t len = strlen(name);

	if ((name[0] != '/' && name[0] != '@') || len < 2 ||
	    len >= sizeof(service->address.sun_path))
		return -EINVAL;
	service->address.sun_family = AF_UNIX;
	memcpy(service->address.sun_path, name, len);
	if (name[0] == '@')
		service->address.sun_path[0] = '\0';
	service->address_len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len);
	return 0;
}

int service_open(struct service **ret_service)
{
	const char *name = getenv("NOTIFY_SOCKET");
	struct service *service;
	int err;

	*ret_service = NULL;
	if (!name)
		return 0;
	service = calloc(1, sizeof(*service));
	if (!service)
		return -ENOMEM;
	service->patience_ns = patience_ns();
	err = set_address(service, name);
	if (err == 0) {
		service->fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
		err = service->fd < 0 ? -errno : 0;
	}
	if (err < 0) {
		free(service);
		return err;
	}
	*ret_service = service;
	return 0;
}

void service_close(struct service *service)
{
	if (!service)
		return;
	close(service->fd);
	free(service);
}

/* Return: whether it was told; nobody who does not listen may hold us up. */
static bool tell(const struct service *service, const char *what)
{
	return sendto(service->fd, what, strlen(what), MSG_NOSIGNAL,
		      (const struct sockaddr *)&service->address, service->address_len) >= 0;
}

void service_ready(struct service *service)
{
	if (service)
		service->ready_owed = !tell(service, "READY=1");
}

void service_reloading(struct service *service)
{
	struct timespec now;
	char text[64];

	if (!service)
		return;
	clock_gettime(CLOCK_MONOTONIC, &now);
	snprintf(text, sizeof(text), "RELOADING=1\nMONOTONIC_USEC=%" PRIi64,
		 now.tv_sec * INT64_C(1000000) + now.tv_nsec / 1000);
	(void)tell(service, text);
}

void service_alive(struct service *service, const char *status)
{
	char text[160];

	if (!service)
		return;
	if (service->ready_owed)
		service_ready(service);
	snprintf(text, sizeof(text), "WATCHDOG=1%s%s", status[0] ? "\nSTATUS=" : "", status);
	(void)tell(service, text);
}

int64_t service_deadline(const struct service *service)
{
	return service ? service->look_ns : INT64_MAX;
}

void service_look(struct service *service, int64_t now_ns)
{
	if (service)
		service->look_ns = now_ns + look_every_ns(service);
}

void service_stopping(struct service *service)
{
	if (service)
		(void)tell(service, "STOPPING=1");
}

void service_leaving(struct service *service, int64_t span_ns)
{
	char text[64];

	if (!service)
		return;
	snprintf(text, sizeof(text), "EXTEND_TIMEOUT_USEC=%" PRIi64 "\nWATCHDOG=1", span_ns / 1000);
	(void)tell(service, text);
}
