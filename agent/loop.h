/* SPDX-License-Identifier: MIT */
/*
 * The one loop of every process. Whatever has a life is a part: descriptors that wake the loop, a
 * function that does what there is to do, and a deadline. A turn lets each part in its order look
 * at everything that concerns it; what woke the loop matters little.
 *
 * The clocks are read first, and then, for all descriptors at once, which are readable: what a part
 * is not told of had not arrived by the time of the turn, so a timer of that time can be believed
 * without a read that finds nothing.
 */
#ifndef LOOP_H
#define LOOP_H

#include "clocks.h"

#define LOOP_NEVER     INT64_MAX
#define LOOP_PARTS_MAX 8
#define LOOP_FDS_MAX   6 /* of a part */

struct loop;

struct loop_part {
	int fds[LOOP_FDS_MAX]; /* readable: a turn is due; -1: none; borrowed until loop_close() */
	void *self;            /* handed to both functions; borrowed */
	/* Once per turn; bit i of @readable: fds[i] has something by now. */
	void (*dispatch)(void *self, const struct clocks *now, unsigned readable);
	int64_t (*deadline)(const void *self); /* CLOCK_MONOTONIC or LOOP_NEVER; NULL: never */
};

/**
 * loop_open() - a loop without parts.
 * @ret_loop: owned by the caller, who passes it to loop_close().
 *
 * Return: 0 or -errno of epoll or timerfd: the process cannot run.
 */
int loop_open(struct loop **ret_loop);

/**
 * loop_close() - release; NULL is allowed. Descriptors of parts stay open.
 */
void loop_close(struct loop *loop);

/**
 * loop_add() - a part, behind those that are there: its turn comes after theirs.
 * @part: copied. At most LOOP_PARTS_MAX.
 *
 * Return: 0 or -errno of epoll.
 */
int loop_add(struct loop *loop, const struct loop_part *part);

/**
 * loop_watch() - one more descriptor that wakes the loop, of a part that reads all of its own in
 * every turn. Closing it is all that it takes to end that.
 *
 * Return: 0 or -errno of epoll.
 */
int loop_watch(struct loop *loop, int fd);

/**
 * loop_unwatch() - end that for a descriptor that another process may hold, too: closing ours is
 * not all that it takes then.
 */
void loop_unwatch(struct loop *loop, int fd);

/**
 * loop_stop() - end loop_run() with this turn; parts behind the caller's do not get theirs.
 */
void loop_stop(struct loop *loop);

/**
 * loop_run() - turn until loop_stop(). The first turn comes at once.
 *
 * Return: 0; or -errno when waiting itself failed.
 */
int loop_run(struct loop *loop);

#endif
