/* SPDX-License-Identifier: MIT */
#include "claim.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "netlink/owned_table.h"

#define TABLE     "vipd_claim"
#define DIRECTORY "/run/vipd"
#define NAME_SIZE 48

#define PATIENCE_MS 100

/* Of those who asked who we are, and whom nobody answers; the next ones do not learn our pid. */
#define ASKED_MAX 64

#define STOP_IT "stop it first, or give this one a network namespace of its own"

/* ---- who is it ---- */

/* Return: @pid, or 0 when it is no process that we know by that number and that lives here. */
static pid_t pid_if_here(uint32_t pid)
{
	struct stat ours, theirs;
	char path[48];

	if (pid == 0 || pid > INT32_MAX || (pid_t)pid == getpid())
		return 0;
	snprintf(path, sizeof(path), "/proc/%u/ns/net", pid);
	if (stat(path, &theirs) < 0)
		return errno == EACCES ? (pid_t)pid : 0; /* it has rights that we lack */
	if (stat("/proc/self/ns/net", &ours) < 0 || ours.st_ino != theirs.st_ino)
		return 0;
	return (pid_t)pid;
}

static pid_t read_pid(int fd)
{
	char text[16] = "";

	if (pread(fd, text, sizeof(text) - 1, 0) <= 0)
		return 0;
	return pid_if_here((uint32_t)strtoul(text, NULL, 10));
}

/* ---- the abstract socket ---- */

static const struct sockaddr_un socket_name = { .sun_family = AF_UNIX, .sun_path = "\0" TABLE };
static const socklen_t socket_name_len = offsetof(struct sockaddr_un, sun_path) + sizeof(TABLE);

/*
 * Who listens at the name, by the kernel's word. Nobody accepts what others put there, so a queue
 * may be full; then the kernel names nobody, and anybody could have done that: it is no proof of a
 * vipd.
 *
 * Return: 0: nobody; -EADDRINUSE: a vipd; -EPERM: somebody who cannot be one; told.
 */
static int find_listener(struct claim_report *report)
{
	struct ucred holder = { .uid = 0 };
	socklen_t size = sizeof(holder);
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	bool full, listens;

	if (fd < 0)
		return 0;
	listens = connect(fd, (const struct sockaddr *)&socket_name, socket_name_len) == 0;
	full = !listens && errno == EAGAIN;
	(void)getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &holder, &size);
	close(fd);
	if (full)
		snprintf(report->text, sizeof(report->text),
			 "who holds the abstract socket @" TABLE
			 " has a full queue: is it a vipd?");
	if (!listens)
		return full ? -EPERM : 0;
	if (holder.uid == 0 || holder.uid == geteuid()) {
		report->pid = pid_if_here((uint32_t)holder.pid);
		return -EADDRINUSE;
	}
	snprintf(report->text, sizeof(report->text),
		 "process %d of user %u holds the abstract socket @" TABLE ": it is no vipd",
		 holder.pid, holder.uid);
	return -EPERM;
}

static int take_socket(int *ret_fd, struct claim_report *report)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	int err;

	if (fd < 0)
		return -errno;
	if (bind(fd, (const struct sockaddr *)&socket_name, socket_name_len) == 0 &&
	    listen(fd, ASKED_MAX) == 0) {
		*ret_fd = fd;
		return 0;
	}
	err = -errno;
	close(fd);
	if (err != -EADDRINUSE)
		return err;
	err = find_listener(report);
	if (err < 0)
		return err;
	snprintf(report->text, sizeof(report->text),
		 "who holds the abstract socket @" TABLE " does not listen: it is no vipd");
	return -EPERM;
}

/* ---- the namespace ---- */

/* Return: 0; -EADDRINUSE; or the -errno that leaves it without a claim. */
static int take_namespace(int *fd, struct claim_report *report)
{
	uint32_t owner;
	int err = kern_owned_table_create(TABLE, fd, &owner);

	if (err == -EADDRINUSE) {
		report->pid = pid_if_here(owner);
		return err;
	}
	if (err < 0)
		return take_socket(fd, report);
	/* One that could not have the table when it started. */
	if (find_listener(report) != -EADDRINUSE)
		return 0;
	close(*fd);
	*fd = -1;
	return -EADDRINUSE;
}

/* ---- the lock ---- */

/* @namespace: the number by which the kernel knows it. */
static void make_name(uintmax_t namespace, char name[NAME_SIZE])
{
	snprintf(name, NAME_SIZE, "netns-%ju.lock", namespace);
}

static int make_own_name(char name[NAME_SIZE])
{
	struct stat status;

	if (stat("/proc/self/ns/net", &status) < 0)
		return -errno;
	make_name(status.st_ino, name);
	return 0;
}

/* Return: a descriptor; or -errno; -EPERM when others could put another file there, which is told.
 */
static int open_directory(struct claim_report *report)
{
	struct stat status;
	int fd;

	(void)mkdir(DIRECTORY, 0755); /* open() says what is wrong */
	fd = open(DIRECTORY, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	if (fstat(fd, &status) == 0 && (status.st_uid == 0 || status.st_uid == geteuid()) &&
	    !(status.st_mode & (S_IWGRP | S_IWOTH)))
		return fd;
	snprintf(report->text, sizeof(report->text),
		 DIRECTORY " is of uid %u and mode %03o, so others could put a file there: chown "
			   "root, chmod 755",
		 status.st_uid, status.st_mode & 07777);
	close(fd);
	return -EPERM;
}

/* Whoever held it may have removed it between our open and our lock: then it protects nothing. */
static bool is_in_place(int fd, int directory, const char *name)
{
	struct stat ours, there;

	return fstat(fd, &ours) == 0 &&
	       fstatat(directory, name, &there, AT_SYMLINK_NOFOLLOW) == 0 &&
	       ours.st_ino == there.st_ino && ours.st_dev == there.st_dev;
}

static int open_and_lock(int directory, const char *name, int flags, int *ret_fd, pid_t *ret_pid)
{
	int fd = openat(directory, name, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | flags, 0600);
	int err = 0;

	if (fd < 0)
		return -errno;
	if (flock(fd, LOCK_EX | LOCK_NB) < 0) {
		err = errno == EWOULDBLOCK ? -EADDRINUSE : -errno;
		*ret_pid = read_pid(fd);
		close(fd);
		return err;
	}
	*ret_fd = fd;
	return 0;
}

/* Return: 0; -EADDRINUSE when another one has it; another -errno. */
static int lock_in_place(int directory, const char *name, int *ret_fd, pid_t *ret_pid)
{
	for (;;) {
		int err = open_and_lock(directory, name, 0, ret_fd, ret_pid);

		if (err < 0 || is_in_place(*ret_fd, directory, name))
			return err;
		close(*ret_fd);
		*ret_fd = -1;
	}
}

/* claim_take_other() may have it for a moment, and a lock cannot be waited for with a limit. */
static int lock_what_is_there(int directory, const char *name, int *ret_fd,
			      struct claim_report *report)
{
	static const struct timespec one_ms = { .tv_nsec = 1000000 };
	int err = lock_in_place(directory, name, ret_fd, &report->pid);

	for (unsigned i = 0; err == -EADDRINUSE && i < PATIENCE_MS; i++) {
		(void)nanosleep(&one_ms, NULL);
		err = lock_in_place(directory, name, ret_fd, &report->pid);
	}
	if (err == -EADDRINUSE)
		snprintf(report->text, sizeof(report->text),
			 STOP_IT "; if there is none, remove " DIRECTORY "/%s", name);
	return err;
}

/* Others may have it open, and so could lock it as soon as we do not: a new file takes its name. */
static int make_private(int directory, const char *name, int *fd)
{
	char new_name[NAME_SIZE + 4];
	struct stat status;
	pid_t nobody;
	int new_fd, err;

	if (fstat(*fd, &status) == 0 && !(status.st_mode & (S_IRWXG | S_IRWXO)))
		return 0;
	snprintf(new_name, sizeof(new_name), "%s.new", name);
	(void)unlinkat(directory, new_name, 0); /* of one that died here */
	err = open_and_lock(directory, new_name, O_EXCL, &new_fd, &nobody);
	if (err < 0)
		return err;
	if (renameat(directory, new_name, directory, name) < 0) {
		err = -errno;
		close(new_fd);
		return err;
	}
	close(*fd);
	*fd = new_fd;
	return 0;
}

/* Return: 0; -EADDRINUSE; or the -errno that leaves us without a lock. */
static int take_lock(int *fd, struct claim_report *report)
{
	char name[NAME_SIZE];
	int directory;
	int err = make_own_name(name);

	if (err < 0)
		return err;
	directory = open_directory(report);
	if (directory < 0)
		return directory;
	if (*fd < 0)
		err = lock_what_is_there(directory, name, fd, report);
	if (err == 0)
		err = make_private(directory, name, fd);
	close(directory);
	if (err == 0 && ftruncate(*fd, 0) == 0) {
		(void)lseek(*fd, 0, SEEK_SET);
		(void)dprintf(*fd, "%d\n", getpid());
	}
	return err;
}

static void remove_lock(int directory, const char *name, int fd)
{
	if (is_in_place(fd, directory, name))
		(void)unlinkat(directory, name, 0);
	close(fd);
}

int claim_take_other(uintmax_t namespace, int *ret_fd)
{
	struct claim_report unread;
	char name[NAME_SIZE];
	int directory = open_directory(&unread);
	pid_t pid;
	int err;

	if (directory < 0)
		return directory;
	make_name(namespace, name);
	err = lock_in_place(directory, name, ret_fd, &pid);
	close(directory);
	return err;
}

void claim_release_other(uintmax_t namespace, int fd)
{
	char name[NAME_SIZE];
	struct claim_report unread;
	int directory = open_directory(&unread);

	make_name(namespace, name);
	remove_lock(directory, name, fd);
	if (directory >= 0)
		close(directory);
}

/* ---- both ---- */

void claim_init(struct claim *claim)
{
	*claim = (struct claim){ .namespace_fd = -1, .lock_fd = -1 };
}

int claim_take(struct claim *claim, struct claim_report *ret_report)
{
	int err = 0;

	*ret_report = (struct claim_report){ 0 };
	if (claim->namespace_fd < 0)
		err = take_namespace(&claim->namespace_fd, ret_report);
	if (err == -EADDRINUSE)
		snprintf(ret_report->text, sizeof(ret_report->text), "%s", STOP_IT);
	if (err == -EADDRINUSE)
		return err;
	ret_report->namespace_error = -err;
	err = take_lock(&claim->lock_fd, ret_report);
	if (err == -EADDRINUSE)
		return err;
	ret_report->lock_error = -err;
	return 0;
}

void claim_release(struct claim *claim)
{
	struct claim_report unread;
	char name[NAME_SIZE];
	int directory = claim->lock_fd < 0 ? -1 : open_directory(&unread);

	if (directory >= 0 && make_own_name(name) == 0 &&
	    is_in_place(claim->lock_fd, directory, name))
		(void)unlinkat(directory, name, 0);
	if (directory >= 0)
		close(directory);
	if (claim->lock_fd >= 0)
		close(claim->lock_fd);
	if (claim->namespace_fd >= 0)
		close(claim->namespace_fd);
	claim_init(claim);
}
