/* SPDX-License-Identifier: MIT */
/*
 * Hosts that tell what happened, by a true clock that each of them reads differently.
 */
#ifndef TIMELINE_SCENE_H
#define TIMELINE_SCENE_H

#include <stdlib.h>

#include "agent/vipctl/timeline_align.h"
#include "agent/vipctl/timeline_judge.h"
#include "agent/vipctl/timeline_story.h"
#include "test.h"

#define MS    INT64_C(1000000)
#define HOUR  (3600 * 1000 * MS)
#define EPOCH (INT64_C(1700000000) * 1000 * MS)

struct scene {
	struct timeline_story story;
	struct timeline_findings findings;
	int64_t ahead_ns[TIMELINE_NODES_MAX]; /* of the true clock */
};

static inline void scene_tell(struct scene *scene, unsigned node, int64_t ms,
			      struct timeline_event event)
{
	event.real_ns = EPOCH + ms * MS + scene->ahead_ns[node];
	assert_int_equal(timeline_story_add(&scene->story, node, &event), 0);
}

/* A router "lan" of IPv4 changes its state. */
static inline void scene_state(struct scene *scene, unsigned node, int64_t ms, const char *from,
			       const char *to, const char *code)
{
	scene_tell(scene, node, ms,
		   (struct timeline_event){
			   .kind = "state",
			   .router = "lan",
			   .family = 4,
			   .from = from,
			   .to = to,
			   .reason_code = code,
			   .reason = strcmp(code, "silence") == 0 ? "no advert for 3.600 s" : code,
			   .level = TIMELINE_INFO });
}

static inline void scene_host(struct scene *scene, unsigned node, int64_t ms, const char *kind)
{
	scene_tell(scene, node, ms,
		   (struct timeline_event){ .kind = kind, .text = kind, .level = TIMELINE_INFO });
}

static inline struct scene *scene_new(int64_t ahead_ns)
{
	struct scene *scene = calloc(1, sizeof(*scene));

	assert_non_null(scene);
	scene->ahead_ns[1] = ahead_ns;
	assert_int_equal(timeline_story_node(&scene->story, "a"), 0);
	assert_int_equal(timeline_story_node(&scene->story, "b"), 1);
	return scene;
}

/* Both start; the first one is Active from 1 s on. */
static inline void scene_start(struct scene *scene)
{
	for (unsigned i = 0; i < 2; i++) {
		scene_host(scene, i, 0, "started");
		scene_state(scene, i, 1, "initialize", "backup", "started");
	}
	scene_state(scene, 0, 1000, "backup", "active", "silence");
}

/* The second one preempts, and the first one hears that after 1 ms; and back. */
static inline void scene_swap(struct scene *scene, int64_t ms)
{
	scene_state(scene, 1, ms, "backup", "active", "preempt");
	scene_state(scene, 0, ms + 1, "active", "backup", "higher");
	scene_state(scene, 0, ms + 5000, "backup", "active", "preempt");
	scene_state(scene, 1, ms + 5001, "active", "backup", "higher");
}

static inline void scene_judge(struct scene *scene, int64_t end_ms)
{
	assert_int_equal(timeline_story_sort(&scene->story), 0);
	assert_int_equal(timeline_align(&scene->story), 0);
	assert_int_equal(timeline_judge(&scene->story, EPOCH + end_ms * MS, &scene->findings), 0);
}

static inline const struct timeline_finding *scene_finding(const struct scene *scene, size_t i)
{
	assert_true(i < scene->findings.n);
	return &scene->findings.all[i];
}

static inline void scene_free(struct scene *scene)
{
	free(scene->findings.all);
	timeline_story_free(&scene->story);
	free(scene);
}

#endif
