/* SPDX-License-Identifier: MIT */
/*
 * vipctl history: what has happened, from the notifier's database, for as long as it is kept.
 */
#ifndef VIPCTL_HISTORY_H
#define VIPCTL_HISTORY_H

#include <stdbool.h>

#include "database.h"

struct history_options {
	bool json;
	const char *router; /* or group; NULL: of all, and of the host */
	const char *count;  /* the last so many; NULL: all */
	const char *since;  /* "2h", "2026-11-27", "2026-11-27T04:05:06Z"; NULL: all */
	struct database_place place;
};

/**
 * history() - print it, the oldest first.
 *
 * Return: an exit status.
 */
int history(const struct history_options *options);

#endif
