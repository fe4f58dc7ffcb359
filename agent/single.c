/* SPDX-License-Identifier: MIT */
#include "single.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define NAME "vipd" /* in the abstract namespace: behind a zero byte */

static const struct sockaddr_un address = { .sun_family = AF_UNIX, .sun_path = "\0" NAME };
static const socklen_t address_len = offsetof(struct sockaddr_un, sun_path) + sizeof(NAME);

/* Who holds the name: the kernel tells its pid and user as of listen(). */
static int ask_holder(pid_t *ret_pid)
{
	struct ucred holder = { 0 };
	socklen_t len = sizeof(holder);
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	int err = -EADDRINUSE;

	if (fd < 0)
		return err;
	if (connect(fd, (const struct sockaddr *)&address, address_len) == 0 &&
	    getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &holder, &len) == 0) {
		*ret_pid = holder.pid;
		if (holder.uid != 0 && holder.uid != geteuid())
			err = -EPERM;
	}
	close(fd);
	return err;
}

int single_claim(int *ret_fd, pid_t *ret_pid)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	int err;

	*ret_pid = 0;
	if (fd < 0)
		return -errno;
	if (bind(fd, (const struct sockaddr *)&address, address_len) < 0 || listen(fd, 1) < 0) {
		err = errno == EADDRINUSE ? ask_holder(ret_pid) : -errno;
		close(fd);
		return err;
	}
	*ret_fd = fd;
	return 0;
}
