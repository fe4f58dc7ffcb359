/* SPDX-License-Identifier: MIT */
/*
 * Commands that are run for deliveries, each with a warden (checks/warden.h), so that nothing of
 * them is left when they end, or are ended at their timeout.
 */
#ifndef RUNNER_H
#define RUNNER_H

#include "checks/program.h"
#include "queue.h"

/* Commands at a time, without those that are being killed; hooks, which somebody waits for, have
 * places of their own. One program has half of them at most (queue.h). More would not be faster by
 * much: 200 commands that are due at once have been begun after some 220 ms on two quiet
 * processors with 32 places, and after 190 ms with 256, since what takes the time is starting
 * them. But 256 that speak TLS need the memory of a small gateway, and their service may take them
 * for an attack. */
#define RUNNER_MAX       64
#define RUNNER_HOOKS_MAX 64

struct runner;

/**
 * runner_open() - nothing runs yet.
 * @ret_runner: owned by the caller, who passes it to runner_close().
 *
 * Return: 0 or -errno.
 */
int runner_open(struct runner **ret_runner);

/**
 * runner_close() - end all that runs; NULL is allowed.
 */
void runner_close(struct runner *runner);

/**
 * runner_places() - how many more commands may be run: hooks, or others.
 */
unsigned runner_places(const struct runner *runner, bool hook);

/**
 * runner_cut() - end one before its timeout, as if that was then.
 * @delivery: that is being made.
 * @at_ns: CLOCK_MONOTONIC; later than its end: nothing changes.
 */
void runner_cut(const struct delivery *delivery, int64_t at_ns);

/**
 * runner_count() - how many run, or are being killed.
 */
unsigned runner_count(const struct runner *runner);

/**
 * runner_start() - run the command of a delivery.
 * @delivery: borrowed until runner_dispatch() hands it back.
 * @user: whose rights it has; @changes_user: another's than ours.
 * @lock_fd: held until all that it has started is gone, also when we are not any more; -1: none.
 *
 * Return: 0; -errno: it is not run, and why not has nothing to do with it; -EBADMSG: it never can
 * be.
 */
int runner_start(struct runner *runner, struct delivery *delivery, const struct check_user *user,
		 bool changes_user, int lock_fd, int64_t now_ns);

/**
 * runner_fd() - readable when a command has ended; borrowed.
 */
int runner_fd(const struct runner *runner);

/**
 * runner_deadline() - when the next one is killed; QUEUE_NEVER.
 */
int64_t runner_deadline(const struct runner *runner);

/**
 * runner_dispatch() - look who has ended, and kill who has had his time.
 * @ended: called for each: @error NULL: exit status 0; else one line.
 */
void runner_dispatch(struct runner *runner, int64_t now_ns,
		     void (*ended)(void *arg, struct delivery *delivery, const char *error),
		     void *arg);

#endif
