/* SPDX-License-Identifier: MIT */
/*
 * `vipctl events`: the journal of this network namespace, read where vipd's processes write it. So
 * it tells of a vipd that is dead, too.
 */
#ifndef VIPCTL_EVENTS_H
#define VIPCTL_EVENTS_H

#include <stdbool.h>

struct journal_options {
	bool json;           /* one object per line */
	bool follow;         /* go on until somebody ends us */
	const char *control; /* the path of vipd's control socket: it knows the states of now */
};

/**
 * events_print() - print all events that are kept, the oldest first, to standard output; how many
 * older ones were overwritten goes to standard error. A follower that was overrun also prints the
 * states that the routers are in by then, as events of the kind EVENT_STATE_NOW without a number.
 *
 * Return: an exit status.
 */
int events_print(const struct journal_options *options);

#endif
