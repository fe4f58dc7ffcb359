/* SPDX-License-Identifier: MIT */
#include "timeline_view.h"

#include <string.h>

#define MS          INT64_C(1000000)
#define ROOM_MIN_NS (200 * MS)
#define SHORT       12 /* a part of a view, below which a close-up shows more */

bool timeline_view_all(const struct timeline_story *story, int64_t since_ns, int64_t until_ns,
		       struct timeline_view *ret_view, struct timeline_view *ret_told)
{
	struct timeline_view told = { INT64_MAX, INT64_MIN };
	int64_t room_ns;

	for (unsigned i = 0; i < story->nodes_n; i++) {
		const struct timeline_node *node = &story->nodes[i];
		int64_t first_ns = timeline_time(story, i, node->first_ns),
			last_ns = timeline_time(story, i, node->last_ns);

		if (!node->events_n)
			continue;
		told.begin_ns = first_ns < told.begin_ns ? first_ns : told.begin_ns;
		told.end_ns = last_ns > told.end_ns ? last_ns : told.end_ns;
	}
	if (told.begin_ns > told.end_ns)
		return false;
	*ret_told = told;
	room_ns = (told.end_ns - told.begin_ns) / 50 + MS;
	ret_view->begin_ns = since_ns ? since_ns : told.begin_ns - room_ns;
	ret_view->end_ns = until_ns < TIMELINE_NS_MAX ? until_ns : told.end_ns + room_ns;
	return since_ns < TIMELINE_NS_MAX && ret_view->begin_ns < ret_view->end_ns &&
	       told.begin_ns <= ret_view->end_ns;
}

static int64_t length_of(const struct timeline_view *view)
{
	return view->end_ns - view->begin_ns;
}

/* Into its place by time; when there are too many the shortest one goes. Return: whether one
 * went. */
static bool put(struct timeline_view *views, unsigned *n, const struct timeline_view *view)
{
	unsigned shortest = 0;

	if (*n < TIMELINE_VIEWS_MAX) {
		views[(*n)++] = *view;
		return false;
	}
	for (unsigned i = 1; i < *n; i++)
		if (length_of(&views[i]) < length_of(&views[shortest]))
			shortest = i;
	if (length_of(&views[shortest]) >= length_of(view))
		return true;
	memmove(&views[shortest], &views[shortest + 1], (*n - shortest - 1) * sizeof(*views));
	views[*n - 1] = *view;
	return true;
}

/* With room around it. What has no end is at the end of a view, and long enough. */
static struct timeline_view around(const struct timeline_view *view,
				   const struct timeline_finding *finding)
{
	int64_t room_ns = finding->end_ns - finding->begin_ns;
	struct timeline_view wide;

	room_ns = room_ns > ROOM_MIN_NS ? room_ns : ROOM_MIN_NS;
	wide = (struct timeline_view){ finding->begin_ns - room_ns, finding->end_ns + room_ns };
	wide.begin_ns = wide.begin_ns < view->begin_ns ? view->begin_ns : wide.begin_ns;
	wide.end_ns = wide.end_ns > view->end_ns ? view->end_ns : wide.end_ns;
	return wide;
}

unsigned timeline_view_closer(const struct timeline_view *view,
			      const struct timeline_findings *findings,
			      struct timeline_view ret_views[TIMELINE_VIEWS_MAX],
			      unsigned *ret_left)
{
	const int64_t short_ns = length_of(view) / SHORT;
	struct timeline_view current = { 0 }, next;
	unsigned n = 0, left = 0;

	for (size_t i = 0; i < findings->n; i++) {
		const struct timeline_finding *finding = &findings->all[i];

		if (finding->is_open || finding->end_ns <= view->begin_ns ||
		    finding->begin_ns >= view->end_ns ||
		    finding->end_ns - finding->begin_ns > short_ns)
			continue;
		next = around(view, finding);
		if (length_of(&current) && next.begin_ns <= current.end_ns) {
			current.end_ns =
				next.end_ns > current.end_ns ? next.end_ns : current.end_ns;
			continue;
		}
		if (length_of(&current) && length_of(&current) < length_of(view) / 4)
			left += put(ret_views, &n, &current);
		current = next;
	}
	if (length_of(&current) && length_of(&current) < length_of(view) / 4)
		left += put(ret_views, &n, &current);
	*ret_left = left;
	return n;
}
