/* SPDX-License-Identifier: MIT */
/*
 * When checks are asked, and what their answers come to: the facts on the board. Checks of one
 * interval are spread over it; one that has not answered when it is due again is not asked twice.
 *
 * A check that cannot be asked, as there is no place for its command, or a file of it hangs in the
 * kernel, is not down: its fact says why, and becomes old, so that it counts as unknown.
 */
#ifndef SCHEDULE_H
#define SCHEDULE_H

#include "agent/board.h"
#include "agent/clocks.h"
#include "checks/kind.h"

struct schedule;

/* What it was given, of struct check_context; borrowed; -1: none. */
struct schedule_fds {
	int proc_events;
	int cgroup;
};

/**
 * schedule_open() - go on with all checks that the board has, and begin with the others.
 * @checks: @n of them; borrowed.
 * @board: to write; borrowed.
 * @ret_schedule: owned by the caller.
 *
 * Return: 0 or -errno. What a single kind cannot have is told by the checks of that kind.
 */
int schedule_open(const struct check_config *checks, unsigned n, struct board *board,
		  struct schedule_fds fds, const struct clocks *now,
		  struct schedule **ret_schedule);

/**
 * schedule_close() - stop all that runs; NULL is allowed. The board stays as it is.
 */
void schedule_close(struct schedule *schedule);

/**
 * schedule_hung() - the check that the process before this one was asking when it was killed, since
 * some file of it hangs; NULL: there was none.
 */
const char *schedule_hung(const struct schedule *schedule);

/**
 * schedule_fd() - readable when something may have answered.
 */
int schedule_fd(const struct schedule *schedule);

/**
 * schedule_dispatch() - hear answers, give up what has had its time, ask what is due.
 */
void schedule_dispatch(struct schedule *schedule, const struct clocks *now);

/**
 * schedule_deadline() - when that is due next, CLOCK_MONOTONIC.
 */
int64_t schedule_deadline(const struct schedule *schedule);

#endif
