/* SPDX-License-Identifier: MIT */
/*
 * What several hosts' lanes of one router make together: when two were Active, and when nobody was
 * that had been before. Pure.
 */
#ifndef TIMELINE_JUDGE_H
#define TIMELINE_JUDGE_H

#include "timeline_story.h"

/* A hand-over that goes well has two Actives for a moment: the one that yields has yet to hear. */
#define TIMELINE_OVERLAP_MIN_NS INT64_C(100000000)
#define TIMELINE_GAP_MIN_NS     INT64_C(1000000)

enum timeline_fault {
	TIMELINE_OVERLAP,
	TIMELINE_GAP,
};

/* Times are of the first node's clock. */
struct timeline_finding {
	enum timeline_fault what;
	bool is_sure; /* all that it follows from was told, and did not have to be assumed */
	bool is_open; /* nothing is told of its end; end_ns is that of all that is told */
	int64_t begin_ns, end_ns;
	const char *router; /* borrowed of a lane */
	unsigned family;
	unsigned nodes; /* who was Active, before a gap: a bit for each */
};

struct timeline_findings {
	struct timeline_finding *all; /* owned; by time */
	size_t n, room;
};

/**
 * timeline_time() - a node's time by the first node's clock.
 */
int64_t timeline_time(const struct timeline_story *story, unsigned node, int64_t real_ns);

/**
 * timeline_judge() - of an aligned and sorted story. An Active that died is taken to have lived
 * until whoever took over heard it for the last time: its span is cut there.
 * @end_ns: nothing is told behind it, by the first node's clock.
 * @ret_findings: free() its array, also after a failure.
 *
 * Return: 0; -ENOMEM; -E2BIG.
 */
int timeline_judge(struct timeline_story *story, int64_t end_ns,
		   struct timeline_findings *ret_findings);

#endif
