/* SPDX-License-Identifier: MIT */
#include "timeline_align.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define MS        INT64_C(1000000)
#define SECOND    (1000 * MS)
#define PAIRS_MAX 200000 /* of two nodes, the latest events first */

/* What follows what, and how soon. A slack of 0 is the cue's own. */
static const struct rule {
	enum timeline_cue_what cause, effect;
	int64_t slack_ns;
} rules[] = {
	{ TIMELINE_CUE_ACTIVE, TIMELINE_CUE_YIELDED, 250 * MS }, /* by the first advert */
	{ TIMELINE_CUE_OFFERED, TIMELINE_CUE_PREEMPT, 2 * SECOND },
	{ TIMELINE_CUE_OFFERED, TIMELINE_CUE_LEFT, 2 * SECOND },
	{ TIMELINE_CUE_HEARD, TIMELINE_CUE_LOST, 0 }, /* an interval at most until the next one */
};

/* How far the second clock may be ahead of the first one, if two events belong together. */
struct bound {
	int64_t low_ns, high_ns;
	bool is_low_hard, is_high_hard; /* the cause cannot be later; the others are guesses */
};

struct bounds {
	struct bound *all; /* owned, PAIRS_MAX */
	size_t n;
};

/* An end of a bound. */
struct edge {
	int64_t ns;
	int step; /* 1: it begins here; -1: it ends behind */
};

struct estimate {
	int64_t ahead_ns, within_ns;
	unsigned pairs_n;
	bool is_by_the_clock;
};

/* ---- pairs ---- */

static bool is_same(const struct timeline_lane *a, const struct timeline_lane *b)
{
	return a->family == b->family && strcmp(a->router, b->router) == 0;
}

static size_t kept_of(const struct timeline_node *node)
{
	return node->cues_n < TIMELINE_CUES_MAX ? node->cues_n : TIMELINE_CUES_MAX;
}

static const struct timeline_cue *latest(const struct timeline_node *node, size_t i)
{
	return &node->cues[(node->cues_n - 1 - i) % TIMELINE_CUES_MAX];
}

/* @is_reverse: the cause is of the second node. */
static void add_bound(struct bounds *bounds, int64_t cause_ns, int64_t effect_ns, int64_t slack_ns,
		      bool is_reverse)
{
	int64_t later_ns = effect_ns - cause_ns;

	if (bounds->n == PAIRS_MAX)
		return;
	bounds->all[bounds->n++] =
		is_reverse ? (struct bound){ -later_ns, slack_ns - later_ns, true, false }
			   : (struct bound){ later_ns - slack_ns, later_ns, false, true };
}

static void pair_up(struct bounds *bounds, const struct timeline_node *of,
		    const struct timeline_node *with, bool is_reverse)
{
	for (size_t i = 0; i < kept_of(of); i++) {
		const struct timeline_cue *cause = latest(of, i);

		for (size_t k = 0; k < kept_of(with); k++) {
			const struct timeline_cue *effect = latest(with, k);

			for (size_t r = 0; r < sizeof(rules) / sizeof(rules[0]); r++)
				if (rules[r].cause == cause->what &&
				    rules[r].effect == effect->what &&
				    is_same(cause->lane, effect->lane))
					add_bound(bounds, cause->real_ns, effect->real_ns,
						  rules[r].slack_ns ? rules[r].slack_ns
								    : cause->slack_ns,
						  is_reverse);
		}
	}
}

/* ---- what most of them agree on ---- */

static int compare_edges(const void *left, const void *right)
{
	const struct edge *a = left, *b = right;

	if (a->ns != b->ns)
		return a->ns < b->ns ? -1 : 1;
	return b->step - a->step; /* both ends belong to it */
}

static int64_t size_of(int64_t ns)
{
	return ns < 0 ? -ns : ns;
}

/* Of several differences that equally many agree on, the least. Return: how many do. */
static unsigned sweep(const struct edge *edges, size_t n, int64_t *ret_ns)
{
	unsigned depth = 0, best = 0;
	int64_t best_ns = 0;

	for (size_t i = 0; i + 1 < n; i++) {
		int64_t middle_ns = edges[i].ns + (edges[i + 1].ns - edges[i].ns) / 2;

		depth += (unsigned)edges[i].step;
		if (edges[i].step < 0 || edges[i + 1].step > 0)
			continue;
		if (depth > best || (depth == best && size_of(middle_ns) < size_of(best_ns))) {
			best = depth;
			best_ns = middle_ns;
		}
	}
	*ret_ns = best_ns;
	return best;
}

/* Of the bounds around a difference: between two causes it is in the middle; with those of one
 * host alone it is where they caused at once what they did. */
static struct estimate narrow(const struct bounds *bounds, int64_t ns)
{
	struct estimate estimate = { 0 };
	int64_t low_ns = INT64_MIN, high_ns = INT64_MAX, hard_low_ns = INT64_MIN,
		hard_high_ns = INT64_MAX;

	for (size_t i = 0; i < bounds->n; i++) {
		const struct bound *bound = &bounds->all[i];

		if (ns < bound->low_ns || ns > bound->high_ns)
			continue;
		estimate.pairs_n++;
		low_ns = bound->low_ns > low_ns ? bound->low_ns : low_ns;
		high_ns = bound->high_ns < high_ns ? bound->high_ns : high_ns;
		if (bound->is_low_hard && bound->low_ns > hard_low_ns)
			hard_low_ns = bound->low_ns;
		if (bound->is_high_hard && bound->high_ns < hard_high_ns)
			hard_high_ns = bound->high_ns;
	}
	if (hard_low_ns != INT64_MIN && hard_high_ns != INT64_MAX)
		estimate.ahead_ns = low_ns + (high_ns - low_ns) / 2;
	else
		estimate.ahead_ns = hard_high_ns != INT64_MAX ? high_ns : low_ns;
	estimate.within_ns = high_ns - estimate.ahead_ns > estimate.ahead_ns - low_ns
				     ? high_ns - estimate.ahead_ns
				     : estimate.ahead_ns - low_ns;
	return estimate;
}

static int agree(const struct bounds *bounds, struct estimate *ret)
{
	struct edge *edges = calloc(2 * bounds->n + 1, sizeof(*edges));
	int64_t ns;

	*ret = (struct estimate){ 0 };
	if (!edges)
		return -ENOMEM;
	for (size_t i = 0; i < bounds->n; i++) {
		edges[2 * i] = (struct edge){ bounds->all[i].low_ns, 1 };
		edges[2 * i + 1] = (struct edge){ bounds->all[i].high_ns, -1 };
	}
	qsort(edges, 2 * bounds->n, sizeof(*edges), compare_edges);
	if (sweep(edges, 2 * bounds->n, &ns))
		*ret = narrow(bounds, ns);
	free(edges);
	return 0;
}

/* A signed advert tells its sender's clock, in seconds: the last that was read. */
static bool by_the_clock(const struct timeline_node *of, bool is_reverse, struct estimate *ret)
{
	for (size_t i = 0; i < kept_of(of); i++) {
		const struct timeline_cue *cue = latest(of, i);

		if (cue->what != TIMELINE_CUE_CLOCK)
			continue;
		*ret = (struct estimate){ .ahead_ns = is_reverse ? -cue->slack_ns : cue->slack_ns,
					  .within_ns = SECOND,
					  .pairs_n = 1,
					  .is_by_the_clock = true };
		return true;
	}
	return false;
}

/* ---- nodes ---- */

static int compare(struct timeline_story *story, unsigned known, unsigned other,
		   struct bounds *bounds, struct estimate *ret)
{
	const struct timeline_node *a = &story->nodes[known], *b = &story->nodes[other];
	int err;

	bounds->n = 0;
	pair_up(bounds, a, b, false);
	pair_up(bounds, b, a, true);
	err = agree(bounds, ret);
	/* Which of several others sent it is not told. */
	if (!err && !ret->pairs_n && story->nodes_n == 2)
		(void)(by_the_clock(a, false, ret) || by_the_clock(b, true, ret));
	return err;
}

static bool is_possible(int64_t ahead_ns)
{
	return ahead_ns < TIMELINE_AHEAD_MAX && ahead_ns > -TIMELINE_AHEAD_MAX;
}

/* The one that is bound best to one that is known. Return: whether there is any; -ENOMEM. */
static int align_one(struct timeline_story *story, struct bounds *bounds)
{
	struct estimate best = { 0 }, estimate;
	unsigned best_of = 0, best_by = 0;
	struct timeline_node *node;

	for (unsigned i = 0; i < story->nodes_n * story->nodes_n; i++) {
		unsigned known = i / story->nodes_n, other = i % story->nodes_n;

		if (!story->nodes[known].is_aligned || story->nodes[other].is_aligned)
			continue;
		if (compare(story, known, other, bounds, &estimate))
			return -ENOMEM;
		if (estimate.pairs_n > best.pairs_n &&
		    is_possible(story->nodes[known].ahead_ns + estimate.ahead_ns)) {
			best = estimate;
			best_of = other;
			best_by = known;
		}
	}
	if (!best.pairs_n)
		return 0;
	node = &story->nodes[best_of];
	node->is_aligned = true;
	node->by = best_by;
	node->pairs_n = best.pairs_n;
	node->is_by_the_clock = best.is_by_the_clock;
	node->ahead_ns = story->nodes[best_by].ahead_ns + best.ahead_ns;
	node->within_ns = story->nodes[best_by].within_ns + best.within_ns;
	return 1;
}

int timeline_align(struct timeline_story *story)
{
	struct bounds bounds = { .all = calloc(PAIRS_MAX, sizeof(*bounds.all)) };
	int got = bounds.all ? 1 : -ENOMEM;

	if (story->nodes_n)
		story->nodes[0].is_aligned = true;
	while (got > 0)
		got = align_one(story, &bounds);
	free(bounds.all);
	return got;
}
