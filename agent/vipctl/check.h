/* SPDX-License-Identifier: MIT */
/*
 * vipctl check: whether all is well, for a program that watches. The exit status is what monitoring
 * plugins have: 0 fine, 1 degraded, 2 wrong; the first line a summary, then a line per problem.
 */
#ifndef CHECK_H
#define CHECK_H

#include <stdbool.h>

struct check_options {
	bool json;          /* one document instead of lines */
	const char *router; /* that one alone; NULL: all */
};

/**
 * check() - ask vipd and judge. Whatever keeps it from being asked is the problem that is printed.
 * @path: of the control socket.
 *
 * Return: an exit status.
 */
int check(const char *path, const struct check_options *options);

#endif
