/* SPDX-License-Identifier: MIT */
/*
 * vipctl drain and resume: let another host serve, and end that.
 */
#ifndef VIPCTL_DRAIN_H
#define VIPCTL_DRAIN_H

#include <stdbool.h>

struct drain_options {
	bool json;          /* one document instead of a line per router */
	bool resume;        /* the end of it */
	const char *router; /* that one alone, or a group; NULL: all */
	const char *time;   /* "30m": how long; NULL: until resume */
};

/**
 * drain() - ask vipd for it, and wait until another host serves, or none came.
 * @path: of the control socket.
 *
 * Return: an exit status: 0 when none of the routers is Active here any more, or with resume; 1
 * when some still is, which was told with the reason; EX_USAGE for a time that is none.
 */
int drain(const char *path, const struct drain_options *options);

#endif
