/* SPDX-License-Identifier: MIT */
#include "timeline_scene.h"

#include "agent/vipctl/timeline_plan.h"
#include "agent/vipctl/timeline_words.h"

static void test_durations_are_said_as_people_say_them(void **state)
{
	static const struct {
		int64_t ns;
		const char *said;
	} rows[] = {
		{ 0, "0.000 ms" },
		{ 8400, "0.008 ms" },
		{ 130000, "0.13 ms" },
		{ 311 * MS, "311 ms" },
		{ 3609 * MS, "3.61 s" },
		{ 59900 * MS, "59.9 s" },
		{ 125000 * MS, "2 min 5 s" },
		{ 120000 * MS, "2 min" },
		{ 3 * HOUR + 600000 * MS, "3 h 10 min" },
		{ 49 * HOUR, "2 d 1 h" },
	};
	char buf[TIMELINE_WORD_SIZE];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_string_equal(timeline_length(rows[i].ns, buf), rows[i].said);
}

static void test_times_are_utc_also_before_1970(void **state)
{
	char buf[TIMELINE_WORD_SIZE];

	(void)state;
	assert_string_equal(timeline_moment(EPOCH + 1500 * MS, buf), "2023-11-14 22:13:21.500000");
	assert_string_equal(timeline_moment(-1 * MS, buf), "1969-12-31 23:59:59.999000");
}

/* Of any length there are some ticks, and not too many, and no two are called the same. */
static void test_ticks_are_few_and_told_apart(void **state)
{
	(void)state;
	for (int64_t length_ns = 100000; length_ns < INT64_C(1) << 60; length_ns *= 3) {
		int64_t step_ns = timeline_step(length_ns, 10);
		char one[TIMELINE_WORD_SIZE], next[TIMELINE_WORD_SIZE];
		int64_t at_ns = EPOCH - EPOCH % step_ns;

		assert_in_range(length_ns / step_ns, 1, 9);
		assert_string_not_equal(timeline_tick(at_ns, step_ns, one),
					timeline_tick(at_ns + step_ns, step_ns, next));
	}
}

static void test_pixels_are_inside_of_the_picture(void **state)
{
	const struct timeline_view view = { EPOCH, EPOCH + 1000 * MS };

	(void)state;
	assert_true(timeline_x(&view, INT64_MIN) == TIMELINE_LEFT);
	assert_true(timeline_x(&view, INT64_MAX) == TIMELINE_RIGHT);
	assert_true(timeline_x(&view, EPOCH + 500 * MS) == (TIMELINE_LEFT + TIMELINE_RIGHT) / 2.0);
}

/* No mark is lost, whatever is merged, and no badge stands on another one. */
static void test_badges_have_all_marks_and_stand_apart(void **state)
{
	struct scene *scene = scene_new(0);
	const struct timeline_view view = { EPOCH - 100 * MS, EPOCH + 90000 * MS };
	struct timeline_badge badge = { 0 };
	double end = 0;
	uint64_t count = 0;

	(void)state;
	for (int64_t i = 0; i < 300; i++)
		scene_host(scene, 0, i * i, i % 7 ? "reload" : "stopped");
	scene->story.lanes[0]->marks[299].count = 50; /* as if they had been merged before */
	while (timeline_next_badge(&scene->story, &view, scene->story.lanes[0], &badge)) {
		assert_true(badge.x >= end);
		end = badge.x + (badge.count > 1 ? TIMELINE_BADGE_WIDE : TIMELINE_BADGE);
		assert_true(end <= TIMELINE_RIGHT + 0.01);
		count += badge.count;
	}
	assert_int_equal(count, 349);
	scene_free(scene);
}

static void test_short_findings_have_close_ups_the_longest_first(void **state)
{
	struct timeline_finding all[20];
	const struct timeline_findings findings = { .all = all, .n = 20 };
	const struct timeline_view view = { EPOCH, EPOCH + 100 * HOUR };
	struct timeline_view views[TIMELINE_VIEWS_MAX];
	unsigned left;

	(void)state;
	for (int64_t i = 0; i < 20; i++)
		all[i] = (struct timeline_finding){ .begin_ns = EPOCH + i * HOUR,
						    .end_ns = EPOCH + i * HOUR +
							      (i + 1) * 1000 * MS };
	assert_int_equal(timeline_view_closer(&view, &findings, views, &left), TIMELINE_VIEWS_MAX);
	assert_int_equal(left, 20 - TIMELINE_VIEWS_MAX);
	for (unsigned i = 0; i < TIMELINE_VIEWS_MAX; i++) {
		const struct timeline_finding *of = &all[20 - TIMELINE_VIEWS_MAX + i];

		assert_true(views[i].begin_ns < of->begin_ns && views[i].end_ns > of->end_ns);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_durations_are_said_as_people_say_them),
		cmocka_unit_test(test_times_are_utc_also_before_1970),
		cmocka_unit_test(test_ticks_are_few_and_told_apart),
		cmocka_unit_test(test_pixels_are_inside_of_the_picture),
		cmocka_unit_test(test_badges_have_all_marks_and_stand_apart),
		cmocka_unit_test(test_short_findings_have_close_ups_the_longest_first),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
