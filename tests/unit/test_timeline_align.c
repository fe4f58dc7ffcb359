/* SPDX-License-Identifier: MIT */
#include "timeline_scene.h"

static const struct timeline_node *second(const struct scene *scene)
{
	return &scene->story.nodes[1];
}

static void assert_ahead(const struct scene *scene, int64_t ns)
{
	const struct timeline_node *node = second(scene);

	assert_true(node->is_aligned);
	assert_in_range(node->ahead_ns - ns + node->within_ns, 0, (uint64_t)(2 * node->within_ns));
}

/* Each of the two has caused something at the other one, 1 ms later: that bounds both sides. */
static void test_causes_on_both_sides_bound_the_difference(void **state)
{
	static const int64_t ahead_ns[] = { 0, 40 * MS, -40 * MS, 3 * HOUR, -30 * HOUR };

	(void)state;
	for (size_t i = 0; i < sizeof(ahead_ns) / sizeof(ahead_ns[0]); i++) {
		struct scene *scene = scene_new(ahead_ns[i]);

		scene_start(scene);
		scene_swap(scene, 4000);
		scene_swap(scene, 17000);
		scene_swap(scene, 31000);
		assert_int_equal(timeline_align(&scene->story), 0);
		assert_ahead(scene, ahead_ns[i]);
		assert_in_range(second(scene)->within_ns, 0, 1 * MS);
		assert_true(second(scene)->pairs_n >= 6);
		scene_free(scene);
	}
}

static void test_causes_on_one_side_have_happened_at_once(void **state)
{
	struct scene *scene = scene_new(2 * HOUR);

	(void)state;
	scene_start(scene);
	scene_state(scene, 1, 5000, "backup", "active", "preempt");
	scene_state(scene, 0, 5002, "active", "backup", "higher");
	assert_int_equal(timeline_align(&scene->story), 0);
	assert_ahead(scene, 2 * HOUR);
	assert_in_range(second(scene)->within_ns, 100 * MS, 300 * MS);
	assert_int_equal(second(scene)->pairs_n, 1);
	scene_free(scene);
}

static void test_silence_tells_when_somebody_was_heard_last(void **state)
{
	struct scene *scene = scene_new(-HOUR);

	(void)state;
	scene_start(scene);
	scene_state(scene, 0, 10500, "active", "fault", "link_down");
	scene_state(scene, 1, 13600, "backup", "active", "silence"); /* heard last at 10 s */
	assert_int_equal(timeline_align(&scene->story), 0);
	assert_ahead(scene, -HOUR);
	assert_in_range(second(scene)->within_ns, 1, 1300 * MS);
	scene_free(scene);
}

static void test_signed_adverts_tell_the_clock_when_nothing_else_does(void **state)
{
	struct scene *scene = scene_new(0);

	(void)state;
	scene_start(scene);
	scene_tell(scene, 0, 2000,
		   (struct timeline_event){ .kind = "clock",
					    .router = "lan",
					    .family = 4,
					    .number = 7200,
					    .has_number = true });
	assert_int_equal(timeline_align(&scene->story), 0);
	assert_true(second(scene)->is_by_the_clock);
	assert_ahead(scene, 2 * HOUR);
	scene_free(scene);
}

static void test_nothing_in_common_is_said(void **state)
{
	struct scene *scene = scene_new(5 * HOUR);

	(void)state;
	scene_start(scene);
	assert_int_equal(timeline_align(&scene->story), 0);
	assert_false(second(scene)->is_aligned);
	assert_int_equal(second(scene)->ahead_ns, 0);
	scene_free(scene);
}

/* Of another router nothing follows. */
static void test_other_routers_cause_nothing(void **state)
{
	struct scene *scene = scene_new(0);
	struct timeline_event event = { .kind = "state",
					.router = "lan",
					.family = 6,
					.from = "active",
					.to = "backup",
					.reason = "x",
					.reason_code = "higher",
					.level = TIMELINE_INFO };

	(void)state;
	scene_start(scene);
	scene_state(scene, 1, 5000, "backup", "active", "preempt");
	scene_tell(scene, 0, 5001, event);
	assert_int_equal(timeline_align(&scene->story), 0);
	assert_false(second(scene)->is_aligned);
	scene_free(scene);
}

/* The third one has to do with the second one alone. */
static void test_clocks_are_compared_by_way_of_others(void **state)
{
	struct scene *scene = scene_new(HOUR);

	(void)state;
	scene->ahead_ns[2] = -2 * HOUR;
	assert_int_equal(timeline_story_node(&scene->story, "c"), 2);
	scene_start(scene);
	scene_swap(scene, 4000);
	for (int64_t ms = 20000; ms < 60000; ms += 17000) {
		scene_state(scene, 1, ms, "backup", "active", "left");
		scene_state(scene, 2, ms + 10000, "backup", "active", "preempt");
		scene_state(scene, 1, ms + 10001, "active", "backup", "higher");
	}
	assert_int_equal(timeline_align(&scene->story), 0);
	assert_true(scene->story.nodes[2].is_aligned);
	assert_in_range(scene->story.nodes[2].ahead_ns + 2 * HOUR + 2 * MS, 0, 4 * MS);
	scene_free(scene);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_causes_on_both_sides_bound_the_difference),
		cmocka_unit_test(test_causes_on_one_side_have_happened_at_once),
		cmocka_unit_test(test_silence_tells_when_somebody_was_heard_last),
		cmocka_unit_test(test_signed_adverts_tell_the_clock_when_nothing_else_does),
		cmocka_unit_test(test_nothing_in_common_is_said),
		cmocka_unit_test(test_other_routers_cause_nothing),
		cmocka_unit_test(test_clocks_are_compared_by_way_of_others),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
