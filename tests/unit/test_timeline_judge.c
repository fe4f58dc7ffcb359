/* SPDX-License-Identifier: MIT */
#include "timeline_scene.h"

#define NEAR_MS 3

static void assert_finding(const struct timeline_finding *finding, enum timeline_fault what,
			   int64_t from_ms, int64_t to_ms)
{
	assert_int_equal(finding->what, what);
	assert_in_range(finding->begin_ns - EPOCH, (uint64_t)((from_ms - NEAR_MS) * MS),
			(uint64_t)((from_ms + NEAR_MS) * MS));
	assert_in_range(finding->end_ns - EPOCH, (uint64_t)((to_ms - NEAR_MS) * MS),
			(uint64_t)((to_ms + NEAR_MS) * MS));
}

static void test_hand_over_that_goes_well_is_no_finding(void **state)
{
	struct scene *scene = scene_new(0);

	(void)state;
	scene_start(scene);
	scene_swap(scene, 10000);
	scene_judge(scene, 20000);
	assert_int_equal(scene->findings.n, 0);
	scene_free(scene);
}

static void test_failover_by_silence_is_a_gap(void **state)
{
	struct scene *scene = scene_new(0);

	(void)state;
	scene_start(scene);
	scene_swap(scene, 2000);
	scene_state(scene, 0, 10000, "active", "fault", "link_down");
	scene_state(scene, 1, 13300, "backup", "active", "silence");
	scene_judge(scene, 20000);
	assert_int_equal(scene->findings.n, 1);
	assert_finding(scene_finding(scene, 0), TIMELINE_GAP, 10000, 13300);
	assert_true(scene_finding(scene, 0)->is_sure);
	assert_int_equal(scene_finding(scene, 0)->nodes, 1);
	scene_free(scene);
}

/* Also with clocks that are hours apart: they are compared first. */
static void test_partition_is_an_overlap(void **state)
{
	static const int64_t ahead_ns[] = { 0, 5 * HOUR + 7 * MS, -26 * HOUR };

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		struct scene *scene = scene_new(ahead_ns[i]);

		scene_start(scene);
		scene_swap(scene, 2000);
		scene_swap(scene, 8000);
		scene_state(scene, 1, 20000, "backup", "active", "silence");
		scene_state(scene, 1, 24000, "active", "backup", "higher");
		scene_host(scene, 0, 25000, "signal"); /* it has lived */
		scene_judge(scene, 30000);
		assert_int_equal(scene->findings.n, 1);
		assert_finding(scene_finding(scene, 0), TIMELINE_OVERLAP, 20000, 24000);
		assert_true(scene_finding(scene, 0)->is_sure);
		assert_int_equal(scene_finding(scene, 0)->nodes, 3);
		scene_free(scene);
	}
}

/* Nothing was told of the first one's end; the second one heard it for the last time at 9.7 s. */
static void test_power_cut_ends_where_the_other_one_heard_it_last(void **state)
{
	struct scene *scene = scene_new(0);

	(void)state;
	scene_start(scene);
	scene_swap(scene, 2000);
	scene_state(scene, 1, 13300, "backup", "active", "silence");
	scene_host(scene, 0, 60000, "swept");
	scene_host(scene, 0, 60000, "started");
	scene_state(scene, 0, 60001, "initialize", "backup", "started");
	scene_judge(scene, 70000);
	assert_int_equal(scene->findings.n, 1);
	assert_finding(scene_finding(scene, 0), TIMELINE_GAP, 9700, 13300);
	assert_true(scene_finding(scene, 0)->is_sure);
	scene_free(scene);
}

static void test_next_router_process_goes_on_with_the_states(void **state)
{
	struct scene *scene = scene_new(0);

	(void)state;
	scene_start(scene);
	scene_tell(scene, 0, 3000,
		   (struct timeline_event){
			   .kind = "adopted", .number = 1, .has_number = true, .level = 2 });
	scene_host(scene, 0, 3001, "started");
	scene_state(scene, 1, 9000, "backup", "active", "preempt");
	scene_state(scene, 0, 9001, "active", "backup", "higher");
	scene_judge(scene, 20000);
	assert_int_equal(scene->findings.n, 0);
	scene_free(scene);
}

/* The first one's file ends: it may be Active still, or not. */
static void test_overlap_behind_the_last_word_is_one_perhaps(void **state)
{
	struct scene *scene = scene_new(0);

	(void)state;
	scene_start(scene);
	scene_state(scene, 1, 9000, "backup", "active", "silence");
	scene_judge(scene, 20000);
	assert_int_equal(scene->findings.n, 1);
	assert_int_equal(scene_finding(scene, 0)->what, TIMELINE_OVERLAP);
	assert_false(scene_finding(scene, 0)->is_sure);
	assert_true(scene_finding(scene, 0)->is_open);
	scene_free(scene);
}

static void test_one_node_alone_has_no_gaps(void **state)
{
	struct scene *scene = calloc(1, sizeof(*scene));

	(void)state;
	assert_int_equal(timeline_story_node(&scene->story, "a"), 0);
	scene_host(scene, 0, 0, "started");
	scene_state(scene, 0, 1, "initialize", "backup", "started");
	scene_state(scene, 0, 1000, "backup", "active", "silence");
	scene_state(scene, 0, 2000, "active", "fault", "link_down");
	scene_judge(scene, 9000);
	assert_int_equal(scene->findings.n, 0);
	scene_free(scene);
}

static void test_gap_while_another_node_tells_nothing_is_one_perhaps(void **state)
{
	struct scene *scene = scene_new(0);

	(void)state;
	scene_host(scene, 0, 0, "started");
	scene_state(scene, 0, 1, "initialize", "active", "owner");
	scene_state(scene, 0, 5000, "active", "fault", "link_down");
	scene_host(scene, 1, 9000, "started");
	scene_state(scene, 1, 9001, "initialize", "backup", "started");
	scene_state(scene, 1, 12000, "backup", "active", "owner");
	scene_judge(scene, 20000);
	assert_int_equal(scene->findings.n, 2);
	assert_int_equal(scene_finding(scene, 0)->what, TIMELINE_GAP);
	assert_false(scene_finding(scene, 0)->is_sure);
	assert_true(scene_finding(scene, 1)->is_sure);
	scene_free(scene);
}

/* The first one's file does not go back to when it became Active: it says nothing of the router. */
static void test_who_yields_to_somebody_who_tells_nothing_leaves_no_gap(void **state)
{
	struct scene *scene = scene_new(0);

	(void)state;
	scene_host(scene, 0, 0, "reload");
	scene_host(scene, 1, 0, "reload");
	scene_state(scene, 1, 5000, "backup", "active", "silence");
	scene_state(scene, 1, 9000, "active", "backup", "higher");
	scene_judge(scene, 20000);
	assert_int_equal(scene->findings.n, 0);
	scene_state(scene, 1, 21000, "backup", "active", "silence");
	scene_state(scene, 1, 22000, "active", "fault", "link_down");
	scene_judge(scene, 30000);
	assert_int_equal(scene->findings.n, 1);
	assert_int_equal(scene_finding(scene, 0)->what, TIMELINE_GAP);
	assert_false(scene_finding(scene, 0)->is_sure);
	scene_free(scene);
}

static void test_router_that_all_have_given_up_has_no_gap(void **state)
{
	struct scene *scene = scene_new(0);

	(void)state;
	scene_start(scene);
	for (unsigned i = 0; i < 2; i++)
		scene_tell(scene, i, 5000,
			   (struct timeline_event){ .kind = "withdrawn",
						    .router = "lan",
						    .family = 4,
						    .level = TIMELINE_INFO });
	scene_judge(scene, 9000);
	assert_int_equal(scene->findings.n, 0);
	for (size_t i = 0; i < scene->story.lanes_n; i++)
		for (size_t k = 0; k < scene->story.lanes[i]->spans_n; k++)
			assert_true(scene->story.lanes[i]->spans[k].is_sure);
	scene_free(scene);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_hand_over_that_goes_well_is_no_finding),
		cmocka_unit_test(test_failover_by_silence_is_a_gap),
		cmocka_unit_test(test_partition_is_an_overlap),
		cmocka_unit_test(test_power_cut_ends_where_the_other_one_heard_it_last),
		cmocka_unit_test(test_next_router_process_goes_on_with_the_states),
		cmocka_unit_test(test_overlap_behind_the_last_word_is_one_perhaps),
		cmocka_unit_test(test_one_node_alone_has_no_gaps),
		cmocka_unit_test(test_gap_while_another_node_tells_nothing_is_one_perhaps),
		cmocka_unit_test(test_who_yields_to_somebody_who_tells_nothing_leaves_no_gap),
		cmocka_unit_test(test_router_that_all_have_given_up_has_no_gap),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
