/* SPDX-License-Identifier: MIT */
/*
 * What stands where in a picture: which routers are in it, and how high they are; pixels of times;
 * which marks are one badge. Pure.
 */
#ifndef TIMELINE_PLAN_H
#define TIMELINE_PLAN_H

#include "timeline_view.h"

#define TIMELINE_WIDTH      1200
#define TIMELINE_LEFT       150 /* of what is drawn; left of it are names */
#define TIMELINE_RIGHT      1184
#define TIMELINE_AXIS       30
#define TIMELINE_HEAD       20 /* of a router: its name, gaps and overlaps */
#define TIMELINE_BAR        20
#define TIMELINE_BADGE      14
#define TIMELINE_BADGE_WIDE 24
#define TIMELINE_TEAMS_MAX  200

/* What one node tells of one router, drawn. */
struct timeline_row {
	const struct timeline_lane *lane; /* borrowed */
	int y;
	bool has_marks; /* below its bar */
};

/* The rows of a router, or of all hosts. */
struct timeline_block {
	const char *router; /* borrowed; empty: of hosts */
	unsigned family;
	int y, end_y;
	struct timeline_row rows[TIMELINE_NODES_MAX];
	unsigned rows_n;
};

struct timeline_plan {
	struct timeline_view view;
	struct timeline_block *blocks; /* owned */
	size_t n;
	size_t left; /* routers that are not drawn */
	int height;
};

/* Marks that are drawn as one. */
struct timeline_badge {
	double x;          /* its left edge */
	double at;         /* where the first of them is */
	size_t first, end; /* marks of the lane */
	uint64_t count;    /* of events */
	const struct timeline_mark *worst;
	bool is_mixed; /* not all of one class */
};

/**
 * timeline_plan() - lay it out.
 * @is_closer: leave out routers to which nothing happened.
 *
 * Return: 0; -ENOMEM. timeline_plan_free() in any case.
 */
int timeline_plan(const struct timeline_story *story, const struct timeline_findings *findings,
		  const struct timeline_view *view, bool is_closer, struct timeline_plan *ret_plan);

void timeline_plan_free(struct timeline_plan *plan);

/**
 * timeline_x() - where a time of the first node's clock is; outside of the view at its edge.
 */
double timeline_x(const struct timeline_view *view, int64_t ns);

/**
 * timeline_next_badge() - the marks from a number on that do not fit beside one another.
 * @badge: the one before; to begin with all zero.
 *
 * Return: whether there is one more in the view.
 */
bool timeline_next_badge(const struct timeline_story *story, const struct timeline_view *view,
			 const struct timeline_lane *lane, struct timeline_badge *badge);

#endif
