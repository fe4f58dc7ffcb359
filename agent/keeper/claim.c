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
#include <time.h>
#include <unistd.h>

#define DIRECTORY   "/run/vipd"
#define PATH_SIZE   64
#define PATIENCE_MS 100 /* claim_take_other() holds it for much less */

/* The number by which the kernel knows our network namespace. */
static int own_namespace(uintmax_t *ret_namespace)
{
	struct stat status;

	if (stat("/proc/self/ns/net", &status) < 0)
		return -errno;
	*ret_namespace = status.st_ino;
	return 0;
}

static void make_path(uintmax_t namespace, char *path)
{
	snprintf(path, PATH_SIZE, DIRECTORY "/netns-%ju.lock", namespace);
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

/* Return: 0; -EADDRINUSE when another one has it; another -errno. @ret_pid: that one, or 0. */
static int take(const char *path, int *ret_fd, pid_t *ret_pid)
{
	int fd, err;

	*ret_pid = 0;
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
	*ret_fd = fd;
	return 0;
}

static void release(const char *path, int fd)
{
	if (is_in_place(fd, path))
		(void)unlink(path);
	close(fd);
}

int claim_take(int *ret_fd, pid_t *ret_pid)
{
	static const struct timespec one_ms = { .tv_nsec = 1000000 };
	uintmax_t namespace = 0;
	char path[PATH_SIZE];
	int err = own_namespace(&namespace);

	*ret_pid = 0;
	if (err < 0)
		return err;
	make_path(namespace, path);
	(void)mkdir(DIRECTORY, 0755); /* open() says what is wrong */
	err = take(path, ret_fd, ret_pid);
	/* A lock cannot be waited for with a limit. */
	for (unsigned i = 0; err == -EADDRINUSE && i < PATIENCE_MS; i++) {
		(void)nanosleep(&one_ms, NULL);
		err = take(path, ret_fd, ret_pid);
	}
	if (err == 0 && ftruncate(*ret_fd, 0) == 0)
		(void)dprintf(*ret_fd, "%d\n", getpid());
	return err;
}

void claim_release(int fd)
{
	uintmax_t namespace = 0;

	if (fd >= 0 && own_namespace(&namespace) == 0)
		claim_release_other(namespace, fd);
	else if (fd >= 0)
		close(fd);
}

int claim_take_other(uintmax_t namespace, int *ret_fd)
{
	char path[PATH_SIZE];
	pid_t pid;

	make_path(namespace, path);
	return take(path, ret_fd, &pid);
}

void claim_release_other(uintmax_t namespace, int fd)
{
	char path[PATH_SIZE];

	make_path(namespace, path);
	release(path, fd);
}
