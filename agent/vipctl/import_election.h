/* SPDX-License-Identifier: MIT */
/*
 * What decides elections: version, priority, interval, preemption. And what all parts of an
 * instance need to know of it.
 */
#ifndef IMPORT_ELECTION_H
#define IMPORT_ELECTION_H

#include "import_map.h"

struct router {
	struct subject *instance;
	const struct subject *group; /* that it is in; NULL: none */
	struct setting *setting;
	/* import_peers_look() */
	unsigned family;
	const char *interface; /* NULL: none */
	bool unicast;
	/* import_election() */
	unsigned version;
	bool owner;
	bool strict;
};

/**
 * import_election() - version, priority, interval, down_intervals, preempt, preempt_delay,
 * start_delay.
 */
void import_election(struct import *import, struct router *router);

/**
 * import_priority() - the priority of an instance; 0: it is to be decided, or is none, which is
 * reported elsewhere.
 */
long import_priority(const struct subject *instance);

/**
 * import_election_globals() - report what stands in global_defs.
 */
void import_election_globals(struct import *import);

#endif
