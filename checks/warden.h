/* SPDX-License-Identifier: MIT */
/*
 * One run of a program, and the process that stands between it and us. The warden adopts whatever
 * the program starts, whatever session it goes to and however often it forks; reads what it writes;
 * and ends all of it when the program ends, when it is told to, or when we die. So none of that, a
 * file system that hangs, a thousand children, a flood of output, costs us more than one process
 * that we need not wait for.
 */
#ifndef CHECKS_WARDEN_H
#define CHECKS_WARDEN_H

#include <stdint.h>
#include <sys/types.h>

#include "execute.h"

/* What a run has come to, in memory that we share with its warden. */
struct check_run {
	uint32_t done;       /* all that follows is final, and nothing of the program is left */
	int32_t status;      /* of waitpid() */
	uint32_t output_len; /* the last so many bytes of it */
	uint32_t first_len;
	char first[CHECK_ERROR_SIZE]; /* line of it that is not empty, without its end */
	struct check_program_fault fault;
	char output[CHECK_OUTPUT_SIZE];
};

/**
 * check_warden_start() - run a program.
 * @run: for the time of the run the warden's to write; in memory that is shared with children.
 * @ret_pid: of the warden, our child: once it can be waited for, the run is over.
 *
 * If the warden is killed itself, the program is killed by the kernel, and what that has started
 * becomes our child, if we are a subreaper. Its leaf stays then: check_leaf_end_others().
 *
 * Return: 0 or -errno of fork().
 */
int check_warden_start(const struct check_execution *execution, struct check_run *run,
		       pid_t *ret_pid);

/**
 * check_warden_end() - have a warden kill by SIGKILL all that it has, which takes it no longer than
 * the kernel needs.
 * @pid: not waited for yet.
 */
void check_warden_end(pid_t pid);

#endif
