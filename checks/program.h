/* SPDX-License-Identifier: MIT */
/*
 * The file of a program that somebody else wrote the name of: as whom it is to run, and whether it
 * is what its owner meant. Nobody but root and the user that it runs as may be able to put another
 * one in its place, or others would run theirs with that user's rights.
 */
#ifndef CHECKS_PROGRAM_H
#define CHECKS_PROGRAM_H

#include <sys/types.h>

#include "check.h"

#define CHECK_GROUPS_MAX      64
#define CHECK_PROGRAM_WHY_MAX 192

/* Whose rights a program has. */
struct check_user {
	uid_t uid;
	gid_t gid;
	unsigned groups_n;
	gid_t groups[CHECK_GROUPS_MAX]; /* supplementary ones */
};

enum check_program_error {
	CHECK_PROGRAM_FINE,
	CHECK_PROGRAM_ERRNO,       /* the kernel refuses, with @err */
	CHECK_PROGRAM_STEP,        /* likewise, @where being something that was needed before */
	CHECK_PROGRAM_INTERPRETER, /* of a script, that is not there */
	CHECK_PROGRAM_NO_FILE,     /* no regular one */
	CHECK_PROGRAM_NOT_EXECUTABLE,
	CHECK_PROGRAM_NOEXEC, /* a file system from which nothing is */
	CHECK_PROGRAM_OWNER,  /* is @owner */
	CHECK_PROGRAM_WRITABLE,
};

/* Why one is not run. Plain data, to be handed from one process to another. */
struct check_program_fault {
	enum check_program_error error;
	int err;
	uid_t owner;
	unsigned mode;
	char where[CHECK_PATH_SIZE]; /* the part of the path that is at fault, without links */
};

/**
 * check_user_find() - a user by name, without its supplementary groups.
 *
 * Asks the host's databases of users, until one knows it: for the start of a process.
 *
 * Return: 0; -ENOENT when there is none; another -errno of a database.
 */
int check_user_find(const char *name, struct check_user *ret_user);

/**
 * check_user_find_groups() - those, too. Asks all databases, and one in the network may take its
 * time.
 * @user: of check_user_find().
 *
 * Return: 0; -E2BIG for more than CHECK_GROUPS_MAX groups.
 */
int check_user_find_groups(const char *name, struct check_user *user);

/**
 * check_user_self() - the user that this process is, with its groups.
 *
 * Return: 0; -E2BIG as above.
 */
int check_user_self(struct check_user *ret_user);

/**
 * check_program_open() - find a program, and see to it that it is safe to run.
 * @path: absolute.
 * @user: whose rights it will have.
 * @ret_fd: O_PATH, close-on-exec, of the very file that was looked at; owned by the caller.
 * @ret_fault: why not, filled in on failure alone.
 *
 * It is a regular file, executable for the user by its mode (lists of access control are not asked:
 * the kernel will), on a file system that is not mounted noexec. It, and every directory and every
 * symbolic link on the way to it, also by way of links, belongs to root or to that user, and can be
 * written by nobody else: neither by a group nor by others. A directory with the sticky bit, like
 * /tmp, may be written by all, as what is in there is replaced by its owner alone.
 *
 * No more than system calls: may be called between vfork() and exec.
 *
 * Return: 0; or -errno, of the kernel: -EACCES also when this process may not look, while that user
 * might; -EPERM when it is not safe, or cannot be run.
 */
int check_program_open(const char *path, const struct check_user *user, int *ret_fd,
		       struct check_program_fault *ret_fault);

/**
 * check_program_explain() - a fault in words: "/opt: others may write to it, mode 0777".
 * @ret_why: CHECK_PROGRAM_WHY_MAX.
 */
void check_program_explain(const struct check_program_fault *fault, char *ret_why);

#endif
