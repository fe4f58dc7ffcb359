/* SPDX-License-Identifier: MIT */
/*
 * From a process of vipd's to a program of somebody else's: nothing of us goes with it, no
 * descriptor, no right, no signal that is blocked or ignored, no priority, no word of the
 * environment.
 */
#ifndef CHECKS_EXECUTE_H
#define CHECKS_EXECUTE_H

#include "program.h"

#define CHECK_PATH_DEFAULT "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
#define CHECK_FILES_MAX    1024 /* descriptors of a program: what programs that select() expect */

/* What is run. All pointers are borrowed. */
struct check_execution {
	const char *const *argv; /* ends with NULL; the first one is the path of the file */
	const char *const *env;
	struct check_user user;
	bool changes_user; /* it is another one than ours */
	bool has_input;    /* @in_fd is its standard input; else that is empty */
	int in_fd;
	bool has_cgroup; /* @cgroup_fd is the group of all checks (cgroup.h): each run has a leaf */
	int cgroup_fd;
	/* @hold_fd stays open as long as the warden lives: a lock, for whoever waits for its end.
	 * The program does not have it. Only without a cgroup. */
	bool has_hold;
	int hold_fd;
};

/**
 * check_execute() - become that program, or end with exit status 127.
 * @out_fd: its standard output and error.
 * @parent: dies before this process does, or this process with it.
 * @ret_fault: why it could not be; in memory that somebody else sees.
 *
 * The program has a session of its own, / as its directory, the umask 022, nothing to read from
 * standard input, no other descriptors, no core, no locked memory and no priority. Unless it is
 * root it has no capabilities, and gets none by executing what is setuid (PR_SET_NO_NEW_PRIVS).
 * There is no limit on the number of processes: that counts all of a user, whoever started them.
 *
 * A binary is executed by the descriptor that check_program_open() has looked at. What needs an
 * interpreter is executed by its path, since that would be told /dev/fd/3 otherwise, and a script
 * could find nothing that lies beside it; nobody but root and its user can have replaced it.
 *
 * No more than system calls: to be called after vfork().
 */
_Noreturn void check_execute(const struct check_execution *execution, int out_fd, pid_t parent,
			     struct check_program_fault *ret_fault);

#endif
