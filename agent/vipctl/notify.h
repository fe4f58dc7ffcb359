/* SPDX-License-Identifier: MIT */
/*
 * vipctl notify: decide what becomes of a delivery that failed.
 */
#ifndef VIPCTL_NOTIFY_H
#define VIPCTL_NOTIFY_H

struct notify_options {
	const char *what; /* "retry" or "drop"; NULL: missing */
	const char *id;   /* or "all"; likewise */
};

/**
 * notify() - ask for it; the log tells what became of that.
 *
 * Return: an exit status.
 */
int notify(const char *path, const struct notify_options *options);

#endif
