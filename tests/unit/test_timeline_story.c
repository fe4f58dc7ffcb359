/* SPDX-License-Identifier: MIT */
#include "timeline_scene.h"

#include <errno.h>

#include "agent/vipctl/timeline_kind.h"
#include "agent/vipctl/timeline_text.h"

static const struct timeline_lane *lane(const struct scene *scene, unsigned node)
{
	for (size_t i = 0; i < scene->story.lanes_n; i++)
		if (scene->story.lanes[i]->node == node && scene->story.lanes[i]->router[0])
			return scene->story.lanes[i];
	fail();
	return NULL;
}

static void test_states_are_spans_without_holes(void **state)
{
	static const enum timeline_state expected[] = { TIMELINE_BACKUP, TIMELINE_ACTIVE,
							TIMELINE_FAULTY, TIMELINE_BACKUP };
	struct scene *scene = scene_new(0);
	const struct timeline_lane *of;

	(void)state;
	scene_start(scene);
	scene_state(scene, 0, 2000, "active", "fault", "link_down");
	scene_state(scene, 0, 2500, "fault", "fault", "no_carrier");
	scene_state(scene, 0, 3000, "fault", "backup", "recovered");
	of = lane(scene, 0);
	assert_int_equal(of->spans_n, 4);
	for (size_t i = 0; i < 4; i++) {
		assert_int_equal(of->spans[i].state, expected[i]);
		assert_true(of->spans[i].is_sure);
		assert_true(of->spans[i].end_ns == (i < 3 ? of->spans[i + 1].begin_ns : INT64_MAX));
	}
	assert_int_equal(of->spans[1].silence_ns, 3600 * MS);
	assert_int_equal(of->marks_n, 2); /* both faults */
	scene_free(scene);
}

/* A file that begins later than the router did. */
static void test_state_before_the_first_change_is_known(void **state)
{
	struct scene *scene = scene_new(0);
	const struct timeline_lane *of;

	(void)state;
	scene_host(scene, 0, 0, "reload");
	scene_state(scene, 0, 5000, "active", "backup", "higher");
	of = lane(scene, 0);
	assert_int_equal(of->spans_n, 2);
	assert_int_equal(of->spans[0].state, TIMELINE_ACTIVE);
	assert_true(of->spans[0].begin_ns == EPOCH);
	scene_free(scene);
}

static void test_changes_that_are_missing_make_a_state_unsure(void **state)
{
	struct scene *scene = scene_new(0);

	(void)state;
	scene_start(scene);
	scene_state(scene, 0, 5000, "fault", "backup", "recovered");
	assert_int_equal(lane(scene, 0)->spans[1].state, TIMELINE_ACTIVE);
	assert_false(lane(scene, 0)->spans[1].is_sure);
	assert_true(lane(scene, 0)->spans[2].is_sure);
	scene_free(scene);
}

static void test_kinds_and_states_of_other_versions_are_kept(void **state)
{
	struct scene *scene = scene_new(0);

	(void)state;
	scene_start(scene);
	scene_state(scene, 0, 5000, "active", "hibernating", "moonlight");
	scene_tell(scene, 0, 6000,
		   (struct timeline_event){ .kind = "eclipse", .router = "lan", .family = 4 });
	assert_int_equal(lane(scene, 0)->spans[2].state, TIMELINE_OTHER);
	assert_int_equal(lane(scene, 0)->marks_n, 1);
	assert_int_equal(lane(scene, 0)->marks[0].class, TIMELINE_GENERIC);
	assert_string_equal(lane(scene, 0)->marks[0].texts, "eclipse");
	scene_free(scene);
}

/* Of several lines the first one, and of a long one no part of a character. */
static void test_texts_are_cut_between_characters(void **state)
{
	char text[2 * TIMELINE_TEXT_MAX + 2] = "x";

	(void)state;
	assert_int_equal(timeline_text_len("one\ntwo"), 3);
	for (size_t i = 0; i < TIMELINE_TEXT_MAX; i++)
		strcat(text, "\u00e4");
	assert_int_equal(timeline_text_len(text), TIMELINE_TEXT_MAX - 1);
}

/* A clock that was set back makes nothing end before it began. */
static void test_time_that_goes_back_keeps_the_order(void **state)
{
	struct scene *scene = scene_new(0);
	const struct timeline_lane *of;

	(void)state;
	scene_start(scene);
	scene_state(scene, 0, 500, "active", "backup", "higher");
	of = lane(scene, 0);
	for (size_t i = 0; i < of->spans_n; i++)
		assert_true(of->spans[i].begin_ns <= of->spans[i].end_ns);
	scene_free(scene);
}

/* An hour ahead, as a host that has just started may be: what is told since is drawn by the clock
 * that was set, and as long as it took. */
static void test_clock_that_was_set_back_is_right_from_there(void **state)
{
	struct scene *scene = scene_new(0);
	const struct timeline_lane *of;

	(void)state;
	scene->ahead_ns[0] = HOUR;
	scene_start(scene);
	scene->ahead_ns[0] = 0;
	scene_state(scene, 0, 20000, "active", "fault", "link_down");
	scene_state(scene, 0, 25000, "fault", "backup", "recovered");
	of = lane(scene, 0);
	assert_int_equal(of->spans_n, 4);
	assert_true(of->spans[2].begin_ns == EPOCH + 20000 * MS);
	assert_true(of->spans[3].begin_ns == EPOCH + 25000 * MS);
	for (size_t i = 0; i < of->spans_n; i++)
		assert_true(of->spans[i].begin_ns <= of->spans[i].end_ns && of->spans[i].is_sure);
	for (size_t i = 1; i < of->spans_n; i++)
		assert_true(of->spans[i - 1].end_ns == of->spans[i].begin_ns);
	scene_free(scene);
}

static void test_marks_that_are_too_many_are_merged_and_counted(void **state)
{
	const unsigned n = 3 * TIMELINE_MARKS_MAX;
	struct scene *scene = scene_new(0);
	const struct timeline_lane *of;
	uint64_t count = 0;

	(void)state;
	for (unsigned i = 0; i < n; i++)
		scene_tell(scene, 0, i,
			   (struct timeline_event){ .kind = i == n / 2 ? "conflict" : "reject",
						    .router = "lan",
						    .family = 4,
						    .level = i == n / 2 ? TIMELINE_ERROR
									: TIMELINE_WARNING });
	of = lane(scene, 0);
	assert_true(of->marks_n <= TIMELINE_MARKS_MAX && scene->story.mark_width_ns > 0);
	for (size_t i = 0; i < of->marks_n; i++) {
		const struct timeline_mark *mark = &of->marks[i];

		count += mark->count;
		assert_true(mark->texts_n <= TIMELINE_TEXTS_MAX);
		assert_int_equal(mark->level == TIMELINE_ERROR,
				 mark->first_ns <= EPOCH + n / 2 * MS &&
					 mark->last_ns >= EPOCH + n / 2 * MS);
	}
	assert_int_equal(count, n);
	scene_free(scene);
}

static void tell_of(struct scene *scene, unsigned node, const char *router, unsigned vrid)
{
	scene_tell(scene, node, 0,
		   (struct timeline_event){ .kind = "state",
					    .router = router,
					    .family = 4,
					    .from = "initialize",
					    .to = "backup",
					    .vrid = vrid,
					    .level = TIMELINE_INFO });
}

/* Return: what all hosts call their routers, in the order in which they are drawn. */
static const char *sorted_names(struct scene *scene)
{
	static char names[256];
	char *p = names;

	assert_int_equal(timeline_story_sort(&scene->story), 0);
	for (size_t i = 0; i < scene->story.lanes_n; i++)
		p += sprintf(p, "%s%u:%s", i ? " " : "", scene->story.lanes[i]->node,
			     scene->story.lanes[i]->router);
	return names;
}

static void test_router_that_hosts_call_otherwise_is_one_by_its_vrid(void **state)
{
	struct scene *scene = scene_new(0);

	(void)state;
	tell_of(scene, 0, "lan", 51);
	tell_of(scene, 1, "inside", 51);
	tell_of(scene, 0, "wan", 52);
	tell_of(scene, 1, "wan", 53);
	tell_of(scene, 1, "old", 0);
	assert_string_equal(sorted_names(scene), "0:lan 1:lan 1:old 0:wan 1:wan");
	scene_free(scene);
}

/* On two networks of a host: which of them is meant nobody knows. */
static void test_vrid_that_a_host_has_twice_says_nothing(void **state)
{
	struct scene *scene = scene_new(0);

	(void)state;
	tell_of(scene, 0, "lan", 51);
	tell_of(scene, 0, "wan", 51);
	tell_of(scene, 1, "inside", 51);
	assert_string_equal(sorted_names(scene), "1:inside 0:lan 0:wan");
	scene_free(scene);
}

static void test_nodes_have_a_limit(void **state)
{
	struct scene *scene = scene_new(0);

	(void)state;
	for (int i = 2; i < TIMELINE_NODES_MAX; i++)
		assert_int_equal(timeline_story_node(&scene->story, "x"), i);
	assert_int_equal(timeline_story_node(&scene->story, "x"), -E2BIG);
	scene_free(scene);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_states_are_spans_without_holes),
		cmocka_unit_test(test_state_before_the_first_change_is_known),
		cmocka_unit_test(test_changes_that_are_missing_make_a_state_unsure),
		cmocka_unit_test(test_kinds_and_states_of_other_versions_are_kept),
		cmocka_unit_test(test_texts_are_cut_between_characters),
		cmocka_unit_test(test_time_that_goes_back_keeps_the_order),
		cmocka_unit_test(test_clock_that_was_set_back_is_right_from_there),
		cmocka_unit_test(test_marks_that_are_too_many_are_merged_and_counted),
		cmocka_unit_test(test_router_that_hosts_call_otherwise_is_one_by_its_vrid),
		cmocka_unit_test(test_vrid_that_a_host_has_twice_says_nothing),
		cmocka_unit_test(test_nodes_have_a_limit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
