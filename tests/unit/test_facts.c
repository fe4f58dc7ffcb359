/* SPDX-License-Identifier: MIT */
/* What the routers believe of what the checker has found, and of what it does not say. */
#include "test.h"

#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "agent/router/facts.h"

#define MS     INT64_C(1000000)
#define SECOND (1000 * MS)
#define START  (100 * SECOND)
#define WEB    0
#define DB     1
#define BOTH   2

struct scene {
	struct check_config checks[3];
	struct conf conf;
	struct facts facts;
	struct board *writer;
	int fd, event_fd;
	struct clocks now;
};

static struct check_config check(const char *name, enum check_kind_number kind)
{
	struct check_config config = { .kind = (uint8_t)kind,
				       .rise = 1,
				       .fall = 3,
				       .interval_ns = SECOND,
				       .timeout_ns = SECOND };

	strcpy(config.name, name);
	return config;
}

/* Two checks, and one that is made of both. */
static void open_scene(struct scene *scene)
{
	*scene = (struct scene){ .checks = { check("web", CHECK_TCP), check("db", CHECK_TCP),
					     check("both", CHECK_ALL) },
				 .now = { .mono_ns = START } };
	scene->conf.checks = scene->checks;
	scene->conf.checks_n = 3;
	scene->fd = board_new();
	scene->event_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	assert_int_equal(board_open(scene->fd, scene->event_fd, true, &scene->writer), 0);
	assert_int_equal(facts_open(&scene->facts, &scene->conf), 0);
	assert_int_equal(facts_attach(&scene->facts, scene->fd, scene->event_fd), 0);
	facts_begin(&scene->facts, &scene->now);
}

static void close_scene(struct scene *scene)
{
	facts_close(&scene->facts);
	board_close(scene->writer);
	close(scene->fd);
	close(scene->event_fd);
}

/* The checker has an answer, now. */
static void answer(struct scene *scene, unsigned number, enum board_value value, const char *error)
{
	const char *name = scene->checks[number].name;
	uint32_t place = board_take(scene->writer, name);
	struct fact fact = { .value = (uint8_t)value,
			     .answered_ns = scene->now.mono_ns,
			     .in_row = 3,
			     .good = value == BOARD_UP };

	strcpy(fact.name, name);
	strcpy(fact.error, error);
	board_put(scene->writer, place, &fact);
}

static void answer_all(struct scene *scene, enum board_value value)
{
	for (unsigned i = 0; i < scene->conf.checks_n; i++)
		answer(scene, i, value, "");
}

/* A look, and what was new, as "web unknown->up"; several with a comma between. */
static const char *look(struct scene *scene)
{
	static const char *const words[] = { "unknown", "up", "down" };
	static char text[256];
	size_t len = 0;
	unsigned n = facts_look(&scene->facts, &scene->now);

	text[0] = '\0';
	for (unsigned i = 0; i < n; i++) {
		const struct facts_news *news = &scene->facts.news[i];

		len += (size_t)snprintf(text + len, sizeof(text) - len, "%s%s %s->%s%s",
					i ? ", " : "", scene->checks[news->check].name,
					words[news->before],
					words[scene->facts.all[news->check].value],
					news->overdue ? " overdue" : "");
	}
	return text;
}

static const char *look_in(struct scene *scene, int64_t ns)
{
	scene->now.mono_ns += ns;
	return look(scene);
}

/* In the steps in which the loop would come. */
static const char *look_until(struct scene *scene, int64_t ns)
{
	const char *text = "";

	for (int64_t end_ns = scene->now.mono_ns + ns; !*text;) {
		int64_t due_ns = facts_deadline(&scene->facts);

		if (due_ns > end_ns)
			return "";
		text = look_in(scene, due_ns - scene->now.mono_ns);
	}
	return text;
}

static void test_facts_first_answers_are_news_and_the_same_again_is_none(void **state)
{
	struct scene scene;

	(void)state;
	open_scene(&scene);
	assert_string_equal(look(&scene), "");
	assert_true(facts_is_awaited(&scene.facts, WEB));
	answer(&scene, WEB, BOARD_UP, "");
	assert_string_equal(look(&scene), "web unknown->up");
	assert_false(facts_is_awaited(&scene.facts, WEB));
	assert_true(facts_is_awaited(&scene.facts, DB));
	answer(&scene, WEB, BOARD_UP, "");
	assert_string_equal(look(&scene), "");
	answer(&scene, WEB, BOARD_DOWN, "");
	assert_string_equal(look(&scene), "web up->down");
	close_scene(&scene);
}

static void test_facts_look_takes_the_event(void **state)
{
	struct scene scene;
	uint64_t n;

	(void)state;
	open_scene(&scene);
	answer(&scene, WEB, BOARD_UP, "");
	(void)look(&scene);
	assert_int_equal(read(scene.event_fd, &n, sizeof(n)), -1);
	close_scene(&scene);
}

/* Interval and time-out, and it is waited for no more. */
static void test_facts_what_never_answers_is_overdue(void **state)
{
	struct scene scene;

	(void)state;
	open_scene(&scene);
	answer(&scene, DB, BOARD_UP, "");
	answer(&scene, BOTH, BOARD_UNKNOWN, "");
	(void)look(&scene);
	assert_string_equal(look_until(&scene, 3 * SECOND), "web unknown->unknown overdue");
	assert_in_range(scene.now.mono_ns, START + 2 * SECOND, START + 2500 * MS);
	assert_false(facts_is_awaited(&scene.facts, WEB));
	assert_true(scene.facts.wants_checker);
	close_scene(&scene);
}

static void test_facts_silence_holds_a_value_and_asks_for_a_checker(void **state)
{
	struct scene scene;

	(void)state;
	open_scene(&scene);
	answer_all(&scene, BOARD_UP);
	(void)look(&scene);
	answer(&scene, DB, BOARD_UP, "");
	assert_string_equal(look_until(&scene, 10 * SECOND),
			    "web up->up overdue, db up->up overdue");
	assert_in_range(scene.now.mono_ns, START + 4 * SECOND, START + 4500 * MS);
	assert_true(scene.facts.wants_checker);
	scene.facts.wants_checker = false;
	assert_string_equal(look_until(&scene, 5 * SECOND), "");
	assert_false(scene.facts.wants_checker); /* not again so soon */
	assert_string_equal(look_until(&scene, 10 * SECOND), "");
	assert_true(scene.facts.wants_checker);
	answer_all(&scene, BOARD_UP);
	assert_string_equal(look_until(&scene, SECOND), "web up->up, db up->up");
	close_scene(&scene);
}

/* It comes to the board while nobody looks, and is old by then. */
static void test_facts_the_last_value_holds_however_late_it_is_read(void **state)
{
	struct scene scene;

	(void)state;
	open_scene(&scene);
	answer_all(&scene, BOARD_UP);
	assert_string_equal(look(&scene), "web unknown->up, db unknown->up, both unknown->up");
	scene.now.mono_ns += 500 * MS;
	answer(&scene, WEB, BOARD_DOWN, "connect: Connection refused");
	assert_string_equal(look_in(&scene, 4100 * MS), "web up->down overdue, db up->up overdue");
	close_scene(&scene);
}

static void test_facts_silence_is_down_where_it_is_configured(void **state)
{
	struct scene scene;

	(void)state;
	open_scene(&scene);
	scene.checks[WEB].unknown = CHECK_UNKNOWN_DOWN;
	answer_all(&scene, BOARD_UP);
	(void)look(&scene);
	assert_string_equal(look_until(&scene, 10 * SECOND),
			    "web up->down overdue, db up->up overdue");
	answer_all(&scene, BOARD_UP);
	assert_string_equal(look_until(&scene, SECOND), "web down->up, db up->up");
	close_scene(&scene);
}

/* The checker may have stood still as long, and answers in a moment. */
static void test_facts_a_host_that_stood_still_blames_nobody_at_once(void **state)
{
	struct scene scene;

	(void)state;
	open_scene(&scene);
	answer_all(&scene, BOARD_UP);
	(void)look(&scene);
	assert_string_equal(look_in(&scene, 3600 * SECOND), "");
	answer_all(&scene, BOARD_UP);
	assert_string_equal(look_until(&scene, 3 * SECOND), "");
	assert_false(scene.facts.wants_checker);
	assert_string_equal(look_until(&scene, 10 * SECOND),
			    "web up->up overdue, db up->up overdue");
	close_scene(&scene);
}

static void test_facts_a_successor_finds_what_was_known(void **state)
{
	struct scene scene;
	struct facts successor;

	(void)state;
	open_scene(&scene);
	answer_all(&scene, BOARD_DOWN);
	assert_int_equal(facts_open(&successor, &scene.conf), 0);
	assert_int_equal(facts_attach(&successor, scene.fd, scene.event_fd), 0);
	facts_begin(&successor, &scene.now);
	assert_int_equal(facts_look(&successor, &scene.now), 3);
	assert_int_equal(successor.all[WEB].value, BOARD_DOWN);
	facts_close(&successor);
	close_scene(&scene);
}

/* Another check may be where it was. */
static void test_facts_a_place_that_changes_hands_is_looked_for_again(void **state)
{
	struct scene scene;
	uint32_t place;

	(void)state;
	open_scene(&scene);
	answer(&scene, WEB, BOARD_UP, "");
	(void)look(&scene);
	place = board_find(scene.writer, "web");
	board_clear(scene.writer, place);
	assert_string_equal(look(&scene), "");
	answer(&scene, DB, BOARD_DOWN, ""); /* where web was */
	assert_string_equal(look(&scene), "db unknown->down");
	assert_int_equal(scene.facts.all[WEB].value, BOARD_UP);
	answer(&scene, WEB, BOARD_DOWN, "");
	assert_string_equal(look(&scene), "web up->down");
	close_scene(&scene);
}

static void test_facts_are_described_with_why_and_how_many(void **state)
{
	struct scene scene;
	char text[FACTS_TEXT_SIZE];

	(void)state;
	open_scene(&scene);
	answer(&scene, WEB, BOARD_DOWN, "connect: Connection refused");
	answer(&scene, DB, BOARD_UP, "");
	(void)look(&scene);
	assert_string_equal(facts_describe(&scene.facts, facts_key("web"), text),
			    "web is down: connect: Connection refused (3 of 3)");
	assert_string_equal(facts_describe(&scene.facts, facts_key("db"), text), "db is up");
	assert_string_equal(facts_describe(&scene.facts, facts_key("both"), text),
			    "both is unknown");
	assert_string_equal(facts_describe(&scene.facts, facts_key("none"), text), "");
	(void)look_until(&scene, 10 * SECOND);
	assert_string_equal(facts_describe(&scene.facts, facts_key("both"), text),
			    "both is unknown: it does not answer");
	close_scene(&scene);
}

static void test_facts_that_a_check_begins_well_is_not_told(void **state)
{
	struct scene scene;

	(void)state;
	open_scene(&scene);
	answer(&scene, WEB, BOARD_UP, "");
	assert_string_equal(look(&scene), "web unknown->up");
	assert_false(scene.facts.news[0].tells);
	answer(&scene, WEB, BOARD_DOWN, "");
	assert_string_equal(look(&scene), "web up->down");
	assert_true(scene.facts.news[0].tells);
	answer(&scene, DB, BOARD_DOWN, "");
	assert_string_equal(look(&scene), "db unknown->down");
	assert_true(scene.facts.news[0].tells);
	close_scene(&scene);
}

static void test_facts_that_it_answers_after_all_is_told(void **state)
{
	struct scene scene;

	(void)state;
	open_scene(&scene);
	scene.conf.checks_n = scene.facts.n = 1;
	(void)look_until(&scene, 10 * SECOND);
	assert_true(scene.facts.all[WEB].overdue);
	answer(&scene, WEB, BOARD_UP, "");
	assert_string_equal(look(&scene), "web unknown->up");
	assert_true(scene.facts.news[0].tells);
	close_scene(&scene);
}

/* How many of so many changes are told, one each @every_ns. */
static unsigned tell_changes(struct scene *scene, unsigned n, int64_t every_ns)
{
	unsigned told_n = 0;

	for (unsigned i = 0; i < n; i++) {
		scene->now.mono_ns += every_ns;
		answer(scene, WEB, i % 2 ? BOARD_UP : BOARD_DOWN, "");
		assert_int_equal(facts_look(&scene->facts, &scene->now), 1);
		told_n += scene->facts.news[0].tells;
	}
	return told_n;
}

static void test_facts_what_changes_again_and_again_is_told_seldom(void **state)
{
	struct scene scene;

	(void)state;
	open_scene(&scene);
	scene.conf.checks_n = scene.facts.n = 1;
	scene.checks[WEB].interval_ns = 60 * SECOND;
	assert_int_equal(tell_changes(&scene, 10, SECOND / 50), 10);
	assert_true(facts_is_told(&scene.facts, WEB));
	assert_int_equal(tell_changes(&scene, 501, SECOND / 50), 2);
	assert_false(facts_is_told(&scene.facts, WEB));
	/* It ends with the truth, and with how much was left out. */
	assert_string_equal(look_until(&scene, 6 * SECOND), "web down->down");
	assert_true(scene.facts.news[0].tells);
	assert_in_range(scene.facts.news[0].changes_n, 1, 250);
	assert_true(facts_is_told(&scene.facts, WEB));
	close_scene(&scene);
}

static void test_facts_changes_in_good_time_are_all_told(void **state)
{
	struct scene scene;

	(void)state;
	open_scene(&scene);
	scene.conf.checks_n = scene.facts.n = 1;
	scene.checks[WEB].interval_ns = 60 * SECOND;
	assert_int_equal(tell_changes(&scene, 100, 5 * SECOND), 100);
	close_scene(&scene);
}

static void test_facts_without_checks_never_wake(void **state)
{
	const struct conf conf = { 0 };
	const struct clocks now = { .mono_ns = START };
	struct facts facts;

	(void)state;
	assert_int_equal(facts_open(&facts, &conf), 0);
	facts_begin(&facts, &now);
	assert_int_equal(facts_deadline(&facts), INT64_MAX);
	assert_int_equal(facts_look(&facts, &now), 0);
	assert_int_equal(facts_deadline(&facts), INT64_MAX);
	facts_close(&facts);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_facts_first_answers_are_news_and_the_same_again_is_none),
		cmocka_unit_test(test_facts_look_takes_the_event),
		cmocka_unit_test(test_facts_what_never_answers_is_overdue),
		cmocka_unit_test(test_facts_silence_holds_a_value_and_asks_for_a_checker),
		cmocka_unit_test(test_facts_the_last_value_holds_however_late_it_is_read),
		cmocka_unit_test(test_facts_silence_is_down_where_it_is_configured),
		cmocka_unit_test(test_facts_a_host_that_stood_still_blames_nobody_at_once),
		cmocka_unit_test(test_facts_a_successor_finds_what_was_known),
		cmocka_unit_test(test_facts_a_place_that_changes_hands_is_looked_for_again),
		cmocka_unit_test(test_facts_are_described_with_why_and_how_many),
		cmocka_unit_test(test_facts_that_a_check_begins_well_is_not_told),
		cmocka_unit_test(test_facts_that_it_answers_after_all_is_told),
		cmocka_unit_test(test_facts_what_changes_again_and_again_is_told_seldom),
		cmocka_unit_test(test_facts_changes_in_good_time_are_all_told),
		cmocka_unit_test(test_facts_without_checks_never_wake),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
