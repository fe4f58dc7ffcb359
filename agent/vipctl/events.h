/* SPDX-License-Identifier: MIT */
/*
 * `vipctl events`: the journal of this network namespace, read where vipd's processes write it. So
 * it tells of a vipd that is dead, too.
 */
#ifndef VIPCTL_EVENTS_H
#define VIPCTL_EVENTS_H

#include <stdbool.h>

struct journal_options {
	bool json;   /* one object per line */
	bool follow; /* go on until somebody ends us */
};

/**
 * events_print() - print all events that are kept, the oldest first, to standard output; how many
 * older ones were overwritten goes to standard error.
 *
 * Return: an exit status.
 */
int events_print(const struct journal_options *options);

#endif
