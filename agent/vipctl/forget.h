/* SPDX-License-Identifier: MIT */
/*
 * vipctl forget: Backups end the wait for the Active that they heard last, as for a false one with
 * a long interval.
 */
#ifndef FORGET_H
#define FORGET_H

#include <stdbool.h>

struct forget_options {
	bool json;          /* one document instead of a line per router */
	const char *router; /* that one alone; NULL: all */
};

/**
 * forget() - ask vipd for it and print what was forgotten, and when each takes over.
 * @socket_fd: connected; the request was not sent yet.
 *
 * Return: an exit status, as client_ask(). Lines that were printed are true even if the answer ends
 * early; a document is printed only of a whole one.
 */
int forget(int socket_fd, const struct forget_options *options);

#endif
