/* SPDX-License-Identifier: MIT */
#include "timeline_story.h"

#include <errno.h>
#include <search.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "timeline_kind.h"
#include "timeline_mark.h"
#include "timeline_text.h"

#define WHYS_MAX (32u << 20) /* bytes of reasons that are kept */
#define NS_PER_S INT64_C(1000000000)

int timeline_story_node(struct timeline_story *story, const char *file)
{
	if (story->nodes_n == TIMELINE_NODES_MAX)
		return -E2BIG;
	story->nodes[story->nodes_n].file = file;
	return (int)story->nodes_n++;
}

/* ---- lanes ---- */

static int compare_lanes(const void *left, const void *right)
{
	const struct timeline_lane *a = left, *b = right;
	int order = strcmp(a->router, b->router);

	if (order)
		return order;
	if (a->family != b->family)
		return a->family < b->family ? -1 : 1;
	return (a->node > b->node) - (a->node < b->node);
}

/* Return: NULL: no memory. */
static struct timeline_lane *add_lane(struct timeline_story *story, const struct timeline_lane *key)
{
	struct timeline_lane **lanes = timeline_grow(story->lanes, story->lanes_n,
						     &story->lanes_room, sizeof(*story->lanes));
	struct timeline_lane *lane = malloc(sizeof(*lane));

	if (lanes)
		story->lanes = lanes;
	if (lanes && lane)
		*lane = *key;
	if (!lanes || !lane || !tsearch(lane, &story->tree, compare_lanes)) {
		free(lane);
		return NULL;
	}
	story->lanes[story->lanes_n++] = lane;
	return lane;
}

static struct timeline_lane *lane_of(struct timeline_story *story, unsigned node,
				     const char *router, unsigned family)
{
	struct timeline_lane key = { .node = node, .family = family };
	void *found;

	snprintf(key.router, sizeof(key.router), "%s", router ? router : "");
	found = tfind(&key, &story->tree, compare_lanes);
	return found ? *(struct timeline_lane **)found : add_lane(story, &key);
}

/* ---- spans ---- */

static struct timeline_span *last_of(const struct timeline_lane *lane)
{
	return lane->spans_n ? &lane->spans[lane->spans_n - 1] : NULL;
}

static char *keep_why(struct timeline_story *story, const char *why)
{
	char *copy;

	if (!why || !why[0] || story->texts_size > WHYS_MAX)
		return NULL;
	copy = strndup(why, timeline_text_len(why));
	story->texts_size += copy ? strlen(copy) + 1 : 0;
	return copy;
}

/* Return: 0; -ENOMEM; -E2BIG. */
static int make_room(const struct timeline_story *story, struct timeline_lane *lane)
{
	struct timeline_span *spans;

	if (story->spans_n == TIMELINE_SPANS_MAX)
		return -E2BIG;
	spans = timeline_grow(lane->spans, lane->spans_n, &lane->spans_room, sizeof(*spans));
	if (!spans)
		return -ENOMEM;
	lane->spans = spans;
	return 0;
}

/* A clock was set back: what is told from here on is by the clock that is right, and happened later
 * than all of before. */
static void set_back(struct timeline_lane *lane, int64_t ns)
{
	for (size_t i = lane->spans_n; i > 0 && lane->spans[i - 1].end_ns > ns; i--) {
		struct timeline_span *span = &lane->spans[i - 1];

		span->end_ns = ns;
		if (span->begin_ns > ns)
			span->begin_ns = ns;
	}
}

/* What was open ends. @span->why: passed on, also on failure. */
static int add_span(struct timeline_story *story, struct timeline_lane *lane,
		    const struct timeline_span *span)
{
	int err = make_room(story, lane);

	if (err) {
		free(span->why);
		return err;
	}
	set_back(lane, span->begin_ns);
	lane->spans[lane->spans_n++] = *span;
	story->spans_n++;
	return 0;
}

int timeline_story_split(struct timeline_story *story, struct timeline_lane *lane, size_t at,
			 int64_t ns)
{
	struct timeline_span *span;
	int err = make_room(story, lane);

	if (err)
		return err;
	span = &lane->spans[at];
	memmove(span + 1, span, (lane->spans_n - at) * sizeof(*span));
	span[0].end_ns = ns;
	span[1].begin_ns = ns;
	span[1].silence_ns = 0;
	span[1].is_yield = false;
	span[1].why = span[0].why ? strdup(span[0].why) : NULL;
	lane->spans_n++;
	story->spans_n++;
	return 0;
}

static enum timeline_state state_of(const char *word)
{
	static const char *const words[TIMELINE_STATE_COUNT] = {
		[TIMELINE_INITIALIZE] = "initialize",
		[TIMELINE_BACKUP] = "backup",
		[TIMELINE_ACTIVE] = "active",
		[TIMELINE_FAULTY] = "fault",
	};

	if (!word)
		return TIMELINE_UNKNOWN;
	for (unsigned i = 0; i < TIMELINE_STATE_COUNT; i++)
		if (words[i] && strcmp(words[i], word) == 0)
			return i;
	return TIMELINE_OTHER;
}

/* From the beginning of what the host tells, it was in the state that it left first. */
static int add_first(struct timeline_story *story, struct timeline_lane *lane,
		     enum timeline_state from)
{
	const struct timeline_node *node = &story->nodes[lane->node];
	const struct timeline_span span = {
		.begin_ns = node->first_ns, .end_ns = INT64_MAX, .state = from, .is_sure = true
	};

	if (from == TIMELINE_UNKNOWN || from == TIMELINE_INITIALIZE)
		return 0;
	return add_span(story, lane, &span);
}

static int64_t silence_of(const struct timeline_event *event)
{
	double seconds;

	if (!event->reason || !event->reason_code || strcmp(event->reason_code, "silence") != 0 ||
	    sscanf(event->reason, "no advert for %lf s", &seconds) != 1 || !(seconds > 0) ||
	    seconds > 1e6)
		return 0;
	return (int64_t)(seconds * 1e9);
}

static bool is_one_of(const char *word, const char *const *words)
{
	for (; word && *words; words++)
		if (strcmp(word, *words) == 0)
			return true;
	return false;
}

/* Whether it heard somebody else who is Active. */
static bool is_yield(const struct timeline_event *event)
{
	static const char *const codes[] = { "higher", "tie", "ceded", "away", "mute", NULL };

	return is_one_of(event->reason_code, codes);
}

/* A change, or, without a state to come from, what became of changes that were not told. */
static int change(struct timeline_story *story, struct timeline_lane *lane,
		  const struct timeline_event *event, enum timeline_state to)
{
	enum timeline_state from = state_of(event->from);
	struct timeline_span span = { .begin_ns = event->real_ns,
				      .end_ns = INT64_MAX,
				      .silence_ns = silence_of(event),
				      .state = to,
				      .is_sure = true,
				      .is_yield = is_yield(event) };
	struct timeline_span *last = last_of(lane);
	int err = last ? 0 : add_first(story, lane, from);

	if (err)
		return err;
	if (last && last->state == to)
		return 0;
	if (last && last->state != from && to != TIMELINE_GONE)
		last->is_sure = false;
	span.why = keep_why(story, event->reason);
	return add_span(story, lane, &span);
}

/* A vipd that found nobody to go on from: the one before it had ended at some time since it was
 * last heard of. */
static int begin_life(struct timeline_story *story, unsigned number, int64_t ns)
{
	const struct timeline_node *node = &story->nodes[number];
	const struct timeline_span fresh = {
		.begin_ns = ns, .end_ns = INT64_MAX, .state = TIMELINE_INITIALIZE, .is_sure = true
	};
	int err = 0;

	for (size_t i = 0; i < story->lanes_n && !err; i++) {
		struct timeline_lane *lane = story->lanes[i];
		struct timeline_span *last = last_of(lane);
		int64_t until_ns;

		if (lane->node != number || !last || last->state == TIMELINE_INITIALIZE ||
		    last->state == TIMELINE_GONE)
			continue;
		until_ns = node->life_ns > last->begin_ns ? node->life_ns : last->begin_ns;
		if (until_ns < ns)
			err = timeline_story_split(story, lane, lane->spans_n - 1, until_ns);
		if (!err)
			last_of(lane)->is_sure = false;
		if (!err)
			err = add_span(story, lane, &fresh);
	}
	return err;
}

/* ---- cues ---- */

static void add_cue(struct timeline_story *story, const struct timeline_lane *lane,
		    enum timeline_cue_what what, int64_t ns, int64_t slack_ns)
{
	struct timeline_node *node = &story->nodes[lane->node];

	node->cues[node->cues_n++ % TIMELINE_CUES_MAX] =
		(struct timeline_cue){ ns, slack_ns, what, lane };
}

static void add_state_cues(struct timeline_story *story, const struct timeline_lane *lane,
			   const struct timeline_event *event)
{
	enum timeline_state from = state_of(event->from), to = state_of(event->to);
	const char *code = event->reason_code ? event->reason_code : "";
	int64_t ns = event->real_ns, silence_ns = silence_of(event);

	if (to == TIMELINE_ACTIVE)
		add_cue(story, lane, TIMELINE_CUE_ACTIVE, ns, 0);
	if (to == TIMELINE_ACTIVE && strcmp(code, "preempt") == 0)
		add_cue(story, lane, TIMELINE_CUE_PREEMPT, ns, 0);
	if (to == TIMELINE_ACTIVE && strcmp(code, "left") == 0)
		add_cue(story, lane, TIMELINE_CUE_LEFT, ns, 0);
	/* An interval is a third of that, or less. */
	if (to == TIMELINE_ACTIVE && silence_ns)
		add_cue(story, lane, TIMELINE_CUE_HEARD, ns - silence_ns, silence_ns / 3);
	if (from != TIMELINE_ACTIVE || to == TIMELINE_ACTIVE)
		return;
	if (is_yield(event)) {
		add_cue(story, lane, TIMELINE_CUE_YIELDED, ns, 0);
		return;
	}
	add_cue(story, lane, TIMELINE_CUE_LOST, ns, 0);
	add_cue(story, lane, TIMELINE_CUE_OFFERED, ns, 0);
}

static void add_cues(struct timeline_story *story, const struct timeline_lane *lane,
		     const struct timeline_event *event)
{
	static const char *const offers[] = { "begins", "offers", NULL };

	if (strcmp(event->kind, "state") == 0)
		add_state_cues(story, lane, event);
	else if (is_one_of(event->drain, offers))
		add_cue(story, lane, TIMELINE_CUE_OFFERED, event->real_ns, 0);
	else if (strcmp(event->kind, "track") == 0 && event->has_number && event->number > 0)
		add_cue(story, lane, TIMELINE_CUE_OFFERED, event->real_ns, 0);
	else if (strcmp(event->kind, "clock") == 0 && event->has_number &&
		 event->number < TIMELINE_AHEAD_MAX / NS_PER_S &&
		 event->number > -TIMELINE_AHEAD_MAX / NS_PER_S)
		add_cue(story, lane, TIMELINE_CUE_CLOCK, event->real_ns, event->number * NS_PER_S);
}

/* ---- one event ---- */

static int note_life(struct timeline_story *story, unsigned number,
		     const struct timeline_event *event)
{
	struct timeline_node *node = &story->nodes[number];
	int err = 0;

	if (strcmp(event->kind, "adopted") == 0)
		node->adopts = !event->has_number || event->number > 0;
	if (strcmp(event->kind, "started") != 0)
		return 0;
	if (event->node)
		snprintf(node->name, sizeof(node->name), "%s", event->node);
	if (!node->adopts)
		err = begin_life(story, number, event->real_ns);
	return err;
}

static int tell_state(struct timeline_story *story, struct timeline_lane *lane,
		      const struct timeline_event *event, const struct timeline_kind *kind)
{
	struct timeline_node *node = &story->nodes[lane->node];

	if (strcmp(event->kind, "withdrawn") == 0)
		return change(story, lane, event, TIMELINE_GONE);
	if (!(kind->flags & TIMELINE_IS_STATE) || !lane->router[0] || !event->to)
		return 0;
	if (event->vrid)
		lane->vrid = event->vrid;
	/* That it starts proves nothing of the one before. */
	if (state_of(event->from) != TIMELINE_INITIALIZE)
		node->life_ns = event->real_ns;
	return change(story, lane, event, state_of(event->to));
}

static bool is_marked(const struct timeline_node *node, const struct timeline_event *event,
		      const struct timeline_kind *kind)
{
	if ((kind->flags & TIMELINE_IS_STATE) && event->to)
		return state_of(event->to) == TIMELINE_FAULTY;
	if (strcmp(event->kind, "started") == 0)
		return !node->adopts;
	return !(kind->flags & TIMELINE_IS_QUIET);
}

int timeline_story_add(struct timeline_story *story, unsigned number,
		       const struct timeline_event *event)
{
	struct timeline_node *node = &story->nodes[number];
	const struct timeline_kind *kind = timeline_kind(event->kind);
	struct timeline_lane *lane = lane_of(story, number, event->router, event->family);
	int err = lane ? 0 : -ENOMEM;

	if (!node->events_n || event->real_ns < node->first_ns)
		node->first_ns = event->real_ns;
	if (!node->events_n || event->real_ns > node->last_ns)
		node->last_ns = event->real_ns;
	node->events_n++;
	if (!err)
		err = note_life(story, number, event);
	if (!err)
		err = tell_state(story, lane, event, kind);
	if (!err)
		add_cues(story, lane, event);
	if (!err && is_marked(node, event, kind))
		err = timeline_mark_add(story, lane, event, kind->class);
	if (kind->flags & TIMELINE_IS_LIFE)
		node->life_ns = event->real_ns;
	if (strcmp(event->kind, "started") == 0)
		node->adopts = false;
	node->is_stopped = strcmp(event->kind, "stopped") == 0;
	return err;
}

/* ---- all of them ---- */

static int compare_places(const void *left, const void *right)
{
	return compare_lanes(*(struct timeline_lane *const *)left,
			     *(struct timeline_lane *const *)right);
}

/* Whether a node tells of a router that goes by the name of a lane. */
static bool has_name(const struct timeline_story *story, unsigned node,
		     const struct timeline_lane *lane)
{
	struct timeline_lane key = { .node = node, .family = lane->family };

	memcpy(key.router, lane->router, sizeof(key.router));
	return tfind(&key, &story->tree, compare_lanes) != NULL;
}

static bool is_alone(const struct timeline_story *story, const struct timeline_lane *lane)
{
	for (unsigned i = 0; i < story->nodes_n; i++)
		if (i != lane->node && has_name(story, i, lane))
			return false;
	return lane->router[0] != '\0' && lane->vrid != 0;
}

/* The router of a node before it that is the same by its VRID. Return: NULL: none, or several: a
 * VRID is of one network, and a host may have many. */
static const struct timeline_lane *namesake(const struct timeline_story *story,
					    const struct timeline_lane *lane)
{
	const struct timeline_lane *found = NULL;

	for (size_t i = 0; i < story->lanes_n; i++) {
		const struct timeline_lane *other = story->lanes[i];

		if (other->vrid != lane->vrid || other->family != lane->family)
			continue;
		if (other->node == lane->node && other != lane)
			return NULL;
		if (other->node >= lane->node || !is_alone(story, other))
			continue;
		if (found && found->node == other->node)
			return NULL;
		if (!found || other->node < found->node)
			found = other;
	}
	return found;
}

/* The tree goes by the names that were told, and so do the questions to it, until all is decided.
 */
static int unify_names(struct timeline_story *story)
{
	const struct timeline_lane **names = calloc(story->lanes_n + 1, sizeof(*names));

	if (!names)
		return -ENOMEM;
	for (size_t i = 0; i < story->lanes_n; i++)
		if (is_alone(story, story->lanes[i]))
			names[i] = namesake(story, story->lanes[i]);
	for (size_t i = 0; i < story->lanes_n; i++)
		if (names[i])
			memcpy(story->lanes[i]->router, names[i]->router,
			       sizeof(story->lanes[i]->router));
	free(names);
	return 0;
}

int timeline_story_sort(struct timeline_story *story)
{
	int err = unify_names(story);

	if (!err && story->lanes_n)
		qsort(story->lanes, story->lanes_n, sizeof(*story->lanes), compare_places);
	return err;
}

static void keep(void *lane)
{
	(void)lane; /* freed below */
}

void timeline_story_free(struct timeline_story *story)
{
	tdestroy(story->tree, keep);
	for (size_t i = 0; i < story->lanes_n; i++) {
		struct timeline_lane *lane = story->lanes[i];

		for (size_t k = 0; k < lane->spans_n; k++)
			free(lane->spans[k].why);
		for (size_t k = 0; k < lane->marks_n; k++)
			free(lane->marks[k].texts);
		free(lane->spans);
		free(lane->marks);
		free(lane);
	}
	free(story->lanes);
	*story = (struct timeline_story){ 0 };
}
