/* SPDX-License-Identifier: MIT */
#include "timeline_judge.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* The lanes of one router, one per node. */
struct team {
	struct timeline_lane *const *lanes;
	size_t n;
};

/* What a lane is good for, from one time to the next. */
enum role {
	ROLE_UNKNOWN, /* it may be Active */
	ROLE_OUT,     /* it is not */
	ROLE_GONE,    /* it is not, and shall not */
	ROLE_MAYBE,   /* it was Active when it was last heard of */
	ROLE_ACTIVE,
};

/* A lane has another role from then on. */
struct turn {
	int64_t ns;
	size_t lane;
	enum role role;
	bool is_yield; /* since another one is Active */
	size_t order;  /* as they were told */
};

struct turns {
	struct turn *all; /* owned */
	size_t n;
};

int64_t timeline_time(const struct timeline_story *story, unsigned node, int64_t real_ns)
{
	if (real_ns == INT64_MAX)
		return INT64_MAX;
	return real_ns - story->nodes[node].ahead_ns;
}

/* ---- where an Active died ---- */

/* When another host heard an Active last that it followed while nothing is told of that one.
 * Return: by the lane's own clock; INT64_MAX: nobody says. */
static int64_t last_heard(const struct timeline_story *story, const struct team *team,
			  const struct timeline_lane *lane, const struct timeline_span *span)
{
	const int64_t own_ns = story->nodes[lane->node].ahead_ns;
	int64_t heard_ns = INT64_MAX;

	for (size_t i = 0; i < team->n; i++) {
		const struct timeline_lane *other = team->lanes[i];

		for (size_t k = 0; k < other->spans_n && other != lane; k++) {
			const struct timeline_span *taken = &other->spans[k];
			int64_t at_ns = timeline_time(story, other->node, taken->begin_ns) + own_ns;

			if (taken->state != TIMELINE_ACTIVE || !taken->silence_ns ||
			    at_ns < span->begin_ns || at_ns > span->end_ns + taken->silence_ns)
				continue;
			if (at_ns - taken->silence_ns < heard_ns)
				heard_ns = at_ns - taken->silence_ns;
		}
	}
	return heard_ns;
}

/* Of spans that end with the start of another vipd: it ran no more by then. */
static int cut_deaths(struct timeline_story *story, const struct team *team,
		      struct timeline_lane *lane)
{
	for (size_t i = 0; i + 1 < lane->spans_n; i++) {
		struct timeline_span *span = &lane->spans[i];
		int64_t heard_ns;
		int err;

		if (span->is_sure || span->state != TIMELINE_ACTIVE ||
		    lane->spans[i + 1].state != TIMELINE_INITIALIZE)
			continue;
		heard_ns = last_heard(story, team, lane, span);
		if (heard_ns == INT64_MAX)
			continue;
		if (heard_ns < span->begin_ns)
			heard_ns = span->begin_ns;
		if (heard_ns > span->end_ns)
			heard_ns = span->end_ns;
		err = timeline_story_split(story, lane, i, heard_ns);
		if (err)
			return err;
		lane->spans[i].is_sure = true;
		lane->spans[i + 1].state = TIMELINE_DOWN;
		lane->spans[i + 1].is_sure = true;
	}
	return 0;
}

/* ---- turns ---- */

static enum role role_of(const struct timeline_span *span)
{
	if (span->state == TIMELINE_ACTIVE)
		return span->is_sure ? ROLE_ACTIVE : ROLE_MAYBE;
	if (span->state == TIMELINE_GONE)
		return ROLE_GONE;
	if (span->state == TIMELINE_UNKNOWN || span->state == TIMELINE_OTHER || !span->is_sure)
		return ROLE_UNKNOWN;
	return ROLE_OUT;
}

static void add_turn(struct turns *turns, const struct turn *turn)
{
	turns->all[turns->n] = *turn;
	turns->all[turns->n].order = turns->n;
	turns->n++;
}

static void add_turns(const struct timeline_story *story, const struct timeline_lane *lane,
		      size_t number, struct turns *turns)
{
	const struct timeline_node *node = &story->nodes[lane->node];

	struct turn turn = { .lane = number, .role = ROLE_UNKNOWN };

	for (size_t i = 0; i < lane->spans_n; i++) {
		turn.ns = timeline_time(story, lane->node, lane->spans[i].begin_ns);
		turn.role = role_of(&lane->spans[i]);
		turn.is_yield = lane->spans[i].is_yield;
		add_turn(turns, &turn);
	}
	if (turn.role != ROLE_ACTIVE || node->is_stopped)
		return;
	/* What follows the last word of a host is assumed. */
	turn.ns = timeline_time(story, lane->node, node->last_ns);
	turn.role = ROLE_MAYBE;
	add_turn(turns, &turn);
}

static int compare_turns(const void *left, const void *right)
{
	const struct turn *a = left, *b = right;

	if (a->ns != b->ns)
		return a->ns < b->ns ? -1 : 1;
	return (a->order > b->order) - (a->order < b->order);
}

static int compare_findings(const void *left, const void *right)
{
	const struct timeline_finding *a = left, *b = right;

	return (a->begin_ns > b->begin_ns) - (a->begin_ns < b->begin_ns);
}

/* ---- one router ---- */

struct judge {
	const struct timeline_story *story;
	const struct team *team;
	struct timeline_findings *findings;
	enum role roles[TIMELINE_NODES_MAX];
	unsigned served;                 /* who was Active last: a bit for each node */
	bool is_elsewhere;               /* whoever was Active last has heard another one */
	struct timeline_finding current; /* that goes on; begin_ns < 0: there is none */
};

static unsigned nodes_of(const struct judge *judge, enum role least)
{
	unsigned nodes = 0;

	for (size_t i = 0; i < judge->team->n; i++)
		if (judge->roles[i] >= least)
			nodes |= 1u << judge->team->lanes[i]->node;
	return nodes;
}

static bool has_role(const struct judge *judge, enum role role)
{
	for (size_t i = 0; i < judge->team->n; i++)
		if (judge->roles[i] == role)
			return true;
	return false;
}

/* Whether somebody may be Active of whom nothing is told. */
static bool may_be_elsewhere(const struct judge *judge)
{
	return has_role(judge, ROLE_UNKNOWN) || judge->team->n < judge->story->nodes_n;
}

/* Whether something is wrong now, and what. */
static bool look(struct judge *judge, struct timeline_finding *ret)
{
	unsigned sure = nodes_of(judge, ROLE_ACTIVE), all = nodes_of(judge, ROLE_MAYBE);
	bool is_here = has_role(judge, ROLE_OUT) || has_role(judge, ROLE_UNKNOWN);

	if (all)
		judge->served = all;
	*ret = (struct timeline_finding){ .router = judge->team->lanes[0]->router,
					  .family = judge->team->lanes[0]->family };
	if (__builtin_popcount(all) > 1) {
		ret->what = TIMELINE_OVERLAP;
		ret->is_sure = __builtin_popcount(sure) > 1;
		ret->nodes = all;
		return true;
	}
	/* Of one node alone nobody knows whether another one was. */
	if (all || !judge->served || !is_here || judge->story->nodes_n < 2)
		return false;
	if (judge->is_elsewhere && may_be_elsewhere(judge))
		return false;
	ret->what = TIMELINE_GAP;
	ret->is_sure = !may_be_elsewhere(judge);
	ret->nodes = judge->served;
	return true;
}

/* What is shorter than the clocks are known says nothing. */
static bool is_worth_telling(const struct judge *judge, const struct timeline_finding *finding)
{
	int64_t least_ns =
		finding->what == TIMELINE_OVERLAP ? TIMELINE_OVERLAP_MIN_NS : TIMELINE_GAP_MIN_NS;

	for (size_t i = 0; i < judge->team->n; i++) {
		int64_t within_ns = judge->story->nodes[judge->team->lanes[i]->node].within_ns;

		least_ns = within_ns > least_ns ? within_ns : least_ns;
	}
	return finding->is_open || finding->end_ns - finding->begin_ns >= least_ns;
}

static int end_current(struct judge *judge, int64_t ns)
{
	struct timeline_findings *findings = judge->findings;
	struct timeline_finding *larger;

	if (judge->current.begin_ns < 0)
		return 0;
	judge->current.end_ns = ns;
	if (is_worth_telling(judge, &judge->current)) {
		if (findings->n == findings->room) {
			findings->room = findings->room ? 2 * findings->room : 16;
			larger = reallocarray(findings->all, findings->room, sizeof(*larger));
			if (!larger)
				return -ENOMEM;
			findings->all = larger;
		}
		findings->all[findings->n++] = judge->current;
	}
	judge->current.begin_ns = -1;
	return 0;
}

/* The roles have been others until @ns. */
static int step(struct judge *judge, int64_t ns)
{
	struct timeline_finding found;
	bool is_wrong = look(judge, &found);
	int err;

	if (is_wrong && judge->current.begin_ns >= 0 && judge->current.what == found.what &&
	    judge->current.is_sure == found.is_sure && judge->current.nodes == found.nodes)
		return 0;
	err = end_current(judge, ns);
	if (err || !is_wrong)
		return err;
	judge->current = found;
	judge->current.begin_ns = ns;
	return 0;
}

static int walk(struct judge *judge, const struct turns *turns, int64_t end_ns)
{
	int err = 0;

	for (size_t i = 0; i < turns->n && !err; i++) {
		const struct turn *turn = &turns->all[i];

		judge->roles[turn->lane] = turn->role;
		if (turn->role >= ROLE_MAYBE)
			judge->is_elsewhere = false;
		judge->is_elsewhere |= turn->is_yield && turn->role < ROLE_MAYBE;
		/* All that is of one moment first. */
		if (i + 1 == turns->n || turns->all[i + 1].ns != turn->ns)
			err = step(judge, turn->ns);
	}
	if (err || judge->current.begin_ns < 0)
		return err;
	judge->current.is_open = true;
	return end_current(judge, end_ns);
}

static int judge_team(struct timeline_story *story, const struct team *team, int64_t end_ns,
		      struct timeline_findings *findings)
{
	struct judge judge = { .story = story, .team = team, .findings = findings };
	struct turns turns = { 0 };
	size_t room = team->n;
	int err = 0;

	judge.current.begin_ns = -1;
	for (size_t i = 0; i < team->n && !err; i++) {
		err = cut_deaths(story, team, team->lanes[i]);
		room += team->lanes[i]->spans_n;
	}
	turns.all = err ? NULL : calloc(room, sizeof(*turns.all));
	if (!turns.all)
		return err ? err : -ENOMEM;
	for (size_t i = 0; i < team->n; i++)
		add_turns(story, team->lanes[i], i, &turns);
	qsort(turns.all, turns.n, sizeof(*turns.all), compare_turns);
	err = walk(&judge, &turns, end_ns);
	free(turns.all);
	return err;
}

static size_t team_size(const struct timeline_story *story, size_t first)
{
	size_t n = 1;

	while (first + n < story->lanes_n &&
	       story->lanes[first + n]->family == story->lanes[first]->family &&
	       strcmp(story->lanes[first + n]->router, story->lanes[first]->router) == 0)
		n++;
	return n;
}

int timeline_judge(struct timeline_story *story, int64_t end_ns,
		   struct timeline_findings *ret_findings)
{
	struct timeline_findings findings = { 0 };
	int err = 0;

	for (size_t i = 0; i < story->lanes_n && !err;) {
		const struct team team = { &story->lanes[i], team_size(story, i) };

		if (story->lanes[i]->router[0])
			err = judge_team(story, &team, end_ns, &findings);
		i += team.n;
	}
	if (findings.n)
		qsort(findings.all, findings.n, sizeof(*findings.all), compare_findings);
	*ret_findings = findings;
	return err;
}
