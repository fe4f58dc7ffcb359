/* SPDX-License-Identifier: MIT */
/*
 * From when to when a timeline is drawn: all of it, and close-ups of what is too short to be seen
 * there. Pure.
 */
#ifndef TIMELINE_VIEW_H
#define TIMELINE_VIEW_H

#include "timeline_judge.h"

#define TIMELINE_VIEWS_MAX 6 /* close-ups */

struct timeline_view {
	int64_t begin_ns, end_ns; /* by the first node's clock; end behind begin */
};

/**
 * timeline_view_all() - all that is told, or as much of it as is asked for.
 * @since_ns, @until_ns: 0, TIMELINE_NS_MAX or more: not asked for.
 * @ret_told: without what is asked for, and without room around it.
 *
 * Return: whether there is anything between.
 */
bool timeline_view_all(const struct timeline_story *story, int64_t since_ns, int64_t until_ns,
		       struct timeline_view *ret_view, struct timeline_view *ret_told);

/**
 * timeline_view_closer() - of findings that are short beside a view; those beside one another
 * share a close-up. The longest ones go first when there are too many.
 * @ret_views: by time.
 * @ret_left: how many there would be besides.
 *
 * Return: how many there are.
 */
unsigned timeline_view_closer(const struct timeline_view *view,
			      const struct timeline_findings *findings,
			      struct timeline_view ret_views[TIMELINE_VIEWS_MAX],
			      unsigned *ret_left);

#endif
