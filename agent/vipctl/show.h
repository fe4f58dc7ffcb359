/* SPDX-License-Identifier: MIT */
/*
 * vipctl show: the routers as a table for people, or as JSON for programs.
 */
#ifndef SHOW_H
#define SHOW_H

#include <stdbool.h>

struct show_options {
	bool json;          /* one document instead of a table */
	bool redraw;        /* on a terminal: clear it first */
	const char *router; /* that one alone, or that check; NULL: all */
};

/**
 * show() - ask vipd and print.
 * @socket_fd: connected; the request was not sent yet.
 *
 * Return: an exit status, as client_ask(); nothing is printed of an answer that is not whole.
 */
int show(int socket_fd, const struct show_options *options);

#endif
