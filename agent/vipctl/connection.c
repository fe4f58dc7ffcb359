/* SPDX-License-Identifier: MIT */
#include "connection.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

#include "complain.h"

#define TIMEOUT_S    3
#define ATTEMPTS_MAX 30

static const struct timespec attempt_gap = { .tv_nsec = 10000000 };

static int connect_to(const char *path)
{
	const struct timeval timeout = { .tv_sec = TIMEOUT_S };
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd;

	if (strlen(path) >= sizeof(address.sun_path))
		return -ENAMETOOLONG;
	strcpy(address.sun_path, path);
	fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	/* The one for sending also bounds connect(): EAGAIN means that vipd does not answer. */
	if (setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof(timeout)) < 0 ||
	    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof(timeout)) < 0 ||
	    connect(fd, (const struct sockaddr *)&address, sizeof(address)) < 0) {
		int err = errno == EAGAIN ? -ETIMEDOUT : -errno;

		close(fd);
		return err;
	}
	return fd;
}

/* For some milliseconds after a crash nobody listens, until the next generation does. */
static int connect_patiently(const char *path)
{
	int fd = connect_to(path);

	for (int i = 0; (fd == -ECONNREFUSED || fd == -ENOENT) && i < ATTEMPTS_MAX; i++) {
		(void)nanosleep(&attempt_gap, NULL);
		fd = connect_to(path);
	}
	return fd;
}

/* vipd looks after its socket every five seconds. */
static const char *hint(int err)
{
	if (err == -ENOENT)
		return ": vipd does not run, or uses another control socket; if somebody removed "
		       "this one, vipd makes it again within 7 s";
	return err == -ECONNREFUSED ? ": vipd does not run, or uses another control socket" : "";
}

static int converse_once(const char *path, connection_talk_fn talk, const void *arg, char *ret_why)
{
	int fd = connect_patiently(path);
	int status;

	if (fd < 0)
		return complain(ret_why, "%s: %s%s", path, strerror(-fd), hint(fd));
	status = talk(fd, arg);
	close(fd);
	return status;
}

int connection_converse(const char *path, connection_talk_fn talk, const void *arg, char *ret_why)
{
	int status = converse_once(path, talk, arg, ret_why);

	for (int i = 0; status == EX_TEMPFAIL && i < ATTEMPTS_MAX; i++) {
		(void)nanosleep(&attempt_gap, NULL);
		status = converse_once(path, talk, arg, ret_why);
	}
	if (status != EX_TEMPFAIL)
		return status;
	return complain(ret_why, "vipd hung up: this user may not ask, or too many ask at once");
}

bool connection_is_vacant(const char *path)
{
	int fd = connect_to(path);

	if (fd >= 0)
		close(fd);
	return fd == -ENOENT || fd == -ECONNREFUSED;
}
