/* SPDX-License-Identifier: MIT */
/*
 * Whether there is a process that goes on when the router process dies. The router process does not
 * know: its keeper's children are looked at. What it knows is that it was told to stop: then nobody
 * is to go on.
 */
#ifndef STANDBY_H
#define STANDBY_H

#include <stdbool.h>

#include "problems.h"

enum standby {
	STANDBY_UNKNOWN, /* vipd runs in another PID namespace, or /proc hides it */
	STANDBY_WAITS,
	STANDBY_NONE,
};

/**
 * standby_look() - look for the standby of the vipd that listens.
 * @socket_fd: connected to its control socket.
 * @patient: wait up to half a second for one: after a reload or a crash it is started a moment
 *           later.
 */
enum standby standby_look(int socket_fd, bool patient);

/**
 * standby_problem() - what is wrong about that.
 * @stopping: vipd was told to stop, as it says in its answer.
 *
 * Return: constant; or NULL.
 */
const struct problem *standby_problem(enum standby found, bool stopping);

/**
 * standby_look_for() - likewise for another child of the keeper.
 * @name: of its program, at most 15 characters.
 */
enum standby standby_look_for(int socket_fd, const char *name, bool patient);

#endif
