/* SPDX-License-Identifier: MIT */
#include "timeline_plan.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define ROW_SPACE   4
#define BLOCK_SPACE 14
#define BADGE_SPACE 2

double timeline_x(const struct timeline_view *view, int64_t ns)
{
	const double width = TIMELINE_RIGHT - TIMELINE_LEFT;

	if (ns <= view->begin_ns)
		return TIMELINE_LEFT;
	if (ns >= view->end_ns)
		return TIMELINE_RIGHT;
	return TIMELINE_LEFT +
	       width * ((double)(ns - view->begin_ns) / (double)(view->end_ns - view->begin_ns));
}

static bool is_inside(const struct timeline_view *view, int64_t ns)
{
	return ns >= view->begin_ns && ns <= view->end_ns;
}

/* ---- what is in it ---- */

static bool has_marks(const struct timeline_story *story, const struct timeline_view *view,
		      const struct timeline_lane *lane)
{
	for (size_t i = 0; i < lane->marks_n; i++)
		if (is_inside(view, timeline_time(story, lane->node, lane->marks[i].first_ns)))
			return true;
	return false;
}

static bool has_changes(const struct timeline_story *story, const struct timeline_view *view,
			const struct timeline_lane *lane)
{
	for (size_t i = 0; i < lane->spans_n; i++)
		if (is_inside(view, timeline_time(story, lane->node, lane->spans[i].begin_ns)))
			return true;
	return false;
}

static bool has_states(const struct timeline_story *story, const struct timeline_view *view,
		       const struct timeline_lane *lane)
{
	return lane->spans_n &&
	       timeline_time(story, lane->node, lane->spans[0].begin_ns) <= view->end_ns;
}

static bool has_findings(const struct timeline_findings *findings, const struct timeline_view *view,
			 const struct timeline_lane *lane)
{
	for (size_t i = 0; i < findings->n; i++)
		if (findings->all[i].family == lane->family &&
		    (findings->all[i].is_open || findings->all[i].end_ns > view->begin_ns) &&
		    findings->all[i].begin_ns < view->end_ns &&
		    strcmp(findings->all[i].router, lane->router) == 0)
			return true;
	return false;
}

/* ---- rows ---- */

struct planner {
	const struct timeline_story *story;
	const struct timeline_findings *findings;
	const struct timeline_view *view;
	bool is_closer;
	struct timeline_plan *plan;
	size_t room;
};

/* Return: NULL: no memory. */
static struct timeline_block *add_block(struct planner *planner, const struct timeline_lane *lane)
{
	struct timeline_plan *plan = planner->plan;
	struct timeline_block *larger;

	if (plan->n == planner->room) {
		planner->room = planner->room ? 2 * planner->room : 8;
		larger = reallocarray(plan->blocks, planner->room, sizeof(*larger));
		if (!larger)
			return NULL;
		plan->blocks = larger;
	}
	plan->blocks[plan->n] =
		(struct timeline_block){ .router = lane->router, .family = lane->family };
	return &plan->blocks[plan->n++];
}

static void add_row(const struct planner *planner, struct timeline_block *block,
		    const struct timeline_lane *lane)
{
	bool marks = has_marks(planner->story, planner->view, lane);

	/* A host has nothing but marks. */
	if (block->rows_n < TIMELINE_NODES_MAX && (lane->router[0] || marks))
		block->rows[block->rows_n++] =
			(struct timeline_row){ .lane = lane, .has_marks = marks };
}

static int add_team(struct planner *planner, struct timeline_lane *const *lanes, size_t n)
{
	bool any = false, changes = false;
	struct timeline_block *block;

	for (size_t i = 0; i < n; i++) {
		const struct timeline_lane *lane = lanes[i];
		bool marks = has_marks(planner->story, planner->view, lane);

		changes |= marks || has_changes(planner->story, planner->view, lane);
		any |= marks || has_states(planner->story, planner->view, lane);
	}
	changes = changes || (any && has_findings(planner->findings, planner->view, lanes[0]));
	if (!any)
		return 0;
	if ((planner->is_closer && !changes) || planner->plan->n >= TIMELINE_TEAMS_MAX) {
		planner->plan->left++;
		return 0;
	}
	block = add_block(planner, lanes[0]);
	if (!block)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++)
		add_row(planner, block, lanes[i]);
	return 0;
}

static void place(struct timeline_plan *plan)
{
	int y = TIMELINE_AXIS + 8;

	for (size_t i = 0; i < plan->n; i++) {
		struct timeline_block *block = &plan->blocks[i];

		block->y = y;
		y += TIMELINE_HEAD;
		for (unsigned k = 0; k < block->rows_n; k++) {
			block->rows[k].y = y;
			y += block->router[0] ? TIMELINE_BAR : 0;
			y += block->rows[k].has_marks ? TIMELINE_BADGE + 5 : 0;
			y += ROW_SPACE;
		}
		block->end_y = y - ROW_SPACE;
		y += BLOCK_SPACE;
	}
	plan->height = y;
}

static bool is_team(const struct timeline_lane *a, const struct timeline_lane *b)
{
	return a->family == b->family && strcmp(a->router, b->router) == 0;
}

int timeline_plan(const struct timeline_story *story, const struct timeline_findings *findings,
		  const struct timeline_view *view, bool is_closer, struct timeline_plan *ret_plan)
{
	struct planner planner = { story, findings, view, is_closer, ret_plan, 0 };
	size_t end;
	int err = 0;

	*ret_plan = (struct timeline_plan){ .view = *view };
	for (size_t i = 0; i < story->lanes_n && !err; i = end) {
		for (end = i + 1;
		     end < story->lanes_n && is_team(story->lanes[i], story->lanes[end]);)
			end++;
		err = add_team(&planner, &story->lanes[i], end - i);
	}
	place(ret_plan);
	return err;
}

void timeline_plan_free(struct timeline_plan *plan)
{
	free(plan->blocks);
	*plan = (struct timeline_plan){ 0 };
}

/* ---- badges ---- */

static void take(struct timeline_badge *badge, const struct timeline_mark *mark)
{
	badge->is_mixed |= mark->is_mixed || (badge->worst && badge->worst->class != mark->class);
	if (!badge->worst || mark->level < badge->worst->level)
		badge->worst = mark;
	badge->count += mark->count;
}

static double width_of(const struct timeline_badge *badge)
{
	return badge->count > 1 ? TIMELINE_BADGE_WIDE : TIMELINE_BADGE;
}

/* Where its badge begins, if it has one of its own: the last ones share the place at the edge. */
static double begin_of(const struct timeline_story *story, const struct timeline_view *view,
		       const struct timeline_lane *lane, size_t i)
{
	const double most = TIMELINE_RIGHT - TIMELINE_BADGE_WIDE;
	double x = timeline_x(view, timeline_time(story, lane->node, lane->marks[i].first_ns)) -
		   TIMELINE_BADGE / 2.0;

	return x < TIMELINE_LEFT ? TIMELINE_LEFT : x > most ? most : x;
}

bool timeline_next_badge(const struct timeline_story *story, const struct timeline_view *view,
			 const struct timeline_lane *lane, struct timeline_badge *badge)
{
	size_t i = badge->end;
	int64_t ns = 0;

	for (; i < lane->marks_n; i++) {
		ns = timeline_time(story, lane->node, lane->marks[i].first_ns);
		if (is_inside(view, ns))
			break;
	}
	if (i == lane->marks_n)
		return false;
	*badge = (struct timeline_badge){ .first = i,
					  .at = timeline_x(view, ns),
					  .x = begin_of(story, view, lane, i) };
	take(badge, &lane->marks[i]);
	for (i++; i < lane->marks_n; i++) {
		ns = timeline_time(story, lane->node, lane->marks[i].first_ns);
		if (!is_inside(view, ns) ||
		    begin_of(story, view, lane, i) > badge->x + width_of(badge) + BADGE_SPACE)
			break;
		take(badge, &lane->marks[i]);
	}
	badge->end = i;
	return true;
}
