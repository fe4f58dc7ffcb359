/* SPDX-License-Identifier: MIT */
#include "claim.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define DIRECTORY "/run/vipd"

/* The number by which the kernel knows our network namespace. */
static int make_path(char *path, size_t size)
{
	struct stat status;

	if (stat("/proc/self/ns/net", &status) < 0)
		return -errno;
	snprintf(path, size, DIRECTORY "/netns-%ju.lock", (uintmax_t)status.st_ino);
	return 0;
}

static pid_t read_pid(int fd)
{
	char text[16] = "";

	if (pread(fd, text, sizeof(text) - 1, 0) <= 0)
		return 0;
	return (pid_t)strtol(text, NULL, 10);
}

/* Whoever held it may have removed it between our open and our lock: then it protects nothing. */
static bool is_in_place(int fd, const char *path)
{
	struct stat ours, there;

	return fstat(fd, &ours) == 0 && stat(path, &there) == 0 && ours.st_ino == there.st_ino &&
	       ours.st_dev == there.st_dev;
}

int claim_take(int *ret_fd, pid_t *ret_pid)
{
	char path[64];
	int err = make_path(path, sizeof(path));
	int fd;

	*ret_pid = 0;
	if (err < 0)
		return err;
	(void)mkdir(DIRECTORY, 0755); /* open() says what is wrong */
	for (;;) {
		fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644);
		if (fd < 0)
			return -errno;
		if (flock(fd, LOCK_EX | LOCK_NB) < 0) {
			err = errno == EWOULDBLOCK ? -EADDRINUSE : -errno;
			*ret_pid = read_pid(fd);
			close(fd);
			return err;
		}
		if (is_in_place(fd, path))
			break;
		close(fd);
	}
	if (ftruncate(fd, 0) == 0)
		(void)dprintf(fd, "%d\n", getpid());
	*ret_fd = fd;
	return 0;
}

void claim_release(int fd)
{
	char path[64];

	if (fd < 0)
		return;
	if (make_path(path, sizeof(path)) == 0 && is_in_place(fd, path))
		(void)unlink(path);
	close(fd);
}
