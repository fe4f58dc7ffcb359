/* SPDX-License-Identifier: MIT */
/*
 * A process as /proc has it. Nothing is read before somebody wants to know it, and then once.
 */
#ifndef CHECKS_PROC_H
#define CHECKS_PROC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "check.h"

#define PROC_NAME_SIZE 64 /* the kernel's workers have longer names than others */

struct proc {
	int fd; /* of /proc; borrowed */
	pid_t pid;
	bool has_name, has_file, has_argument;
	char name[PROC_NAME_SIZE];      /* empty: it is gone */
	char file[CHECK_PATH_SIZE];     /* that it runs; empty: it cannot be seen, or is too long */
	char argument[CHECK_PATH_SIZE]; /* the first one; empty: it has none */
	bool hidden;                    /* the file, for lack of rights */
};

/**
 * proc_name() - the name that the kernel has of it; empty: it is gone.
 */
const char *proc_name(struct proc *proc);

/**
 * proc_runs() - whether it runs a file. Where we lack the right to see that, its first argument is
 * believed, and @proc is hidden.
 * @path: absolute.
 * @resolved: the same without symbolic links; may be empty.
 */
bool proc_runs(struct proc *proc, const char *path, const char *resolved);

/**
 * proc_is_alive() - it is there, and no zombie; one that is stopped is alive.
 */
bool proc_is_alive(const struct proc *proc);

/**
 * proc_is_of() - whether it has that effective user.
 */
bool proc_is_of(const struct proc *proc, uid_t user);

/**
 * proc_state_parse() - the letter of a process's state in its stat: 'R', 'S', 'Z'.
 * @text: "1 (init) S 0 ..."; a name may have any character in it.
 *
 * Return: 0 when there is none.
 */
char proc_state_parse(const char *text, size_t len);

/**
 * proc_file_parse() - the path of what a process runs, from its link: without what the kernel says
 * of one that was deleted or replaced since.
 * @path: changed in place.
 */
void proc_file_parse(char *path);

#endif
