/* SPDX-License-Identifier: MIT */
/*
 * What an instance or a sync group tracks, with keepalived's rules of what counts.
 */
#ifndef IMPORT_TRACK_H
#define IMPORT_TRACK_H

#include "import_map.h"

struct track_rules {
	const char *interface;       /* the instance's own; NULL: none */
	bool owner;                  /* weights do not count */
	const struct subject *group; /* that the instance is in, so that most weights do not count
					either, and what both track counts there; NULL: none */
};

/**
 * import_track() - the list of what is tracked, if there is anything.
 * @subject: an instance or a group.
 */
void import_track(struct import *import, struct subject *subject, struct setting *parent,
		  const struct track_rules *rules);

/**
 * import_down_delay() - how long an interface must be down, by interface_up_down_delays.
 *
 * Return: microseconds, at most those that vipd has; 0: at once.
 */
int64_t import_down_delay(const struct import *import, const char *interface);

/**
 * import_delays() - report interface_up_down_delays.
 */
void import_delays(struct import *import);

#endif
