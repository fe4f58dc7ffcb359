/* SPDX-License-Identifier: MIT */
/* What the routers believe of what the checker has found, and of what it does not say. */
#include "test.h"

#include <poll.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "agent/router/facts.h"

#define MS     INT64_C(1000000)
#define SECOND (1000 * MS)
#define START  (100 * SECOND)
#define WEB    0
#define DB     1
#define BOTH   2
#define MANY   5000

#define ALL_OVERDUE "web up->up overdue, db up->up overdue, both up->up overdue"

struct scene {
	struct check_config checks[3];
	struct check_part parts[2];
	struct check_several both;
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
				 .parts = { { .name = "web", .number = WEB },
					    { .name = "db", .number = DB } },
				 .now = { .mono_ns = START } };
	scene->both = (struct check_several){ .n = 2, .checks_n = 2, .checks = scene->parts };
	scene->checks[BOTH].all = &scene->both;
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
			     .answered_ns = value ? scene->now.mono_ns : 0,
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
					news->excused   ? " excused"
					: news->overdue ? " overdue"
							: "");
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

/* Interval and time-out, and a second for the start: it is waited for no more. */
static void test_facts_what_never_answers_is_overdue(void **state)
{
	struct scene scene;

	(void)state;
	open_scene(&scene);
	answer(&scene, DB, BOARD_UP, "");
	(void)look(&scene);
	assert_string_equal(look_until(&scene, 4 * SECOND), "web unknown->unknown overdue");
	assert_in_range(scene.now.mono_ns, START + 3 * SECOND, START + 3500 * MS);
	assert_true(facts_is_awaited(&scene.facts, BOTH));
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
	assert_string_equal(look_until(&scene, 10 * SECOND), ALL_OVERDUE);
	assert_in_range(scene.now.mono_ns, START + 4 * SECOND, START + 4500 * MS);
	assert_true(scene.facts.wants_checker);
	scene.facts.wants_checker = false;
	assert_string_equal(look_until(&scene, 5 * SECOND), "");
	assert_false(scene.facts.wants_checker); /* not again so soon */
	assert_string_equal(look_until(&scene, 10 * SECOND), "");
	assert_true(scene.facts.wants_checker);
	answer_all(&scene, BOARD_UP);
	assert_string_equal(look_until(&scene, SECOND), "web up->up, db up->up, both up->up");
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
	assert_string_equal(look_in(&scene, 4100 * MS), "web up->down");
	assert_string_equal(look_until(&scene, 2 * SECOND),
			    "web down->down overdue, db up->up overdue, both up->up overdue");
	close_scene(&scene);
}

/* The checker is there, and says why it does not ask: that is an answer to nobody. */
static void test_facts_what_cannot_be_asked_is_overdue_and_says_why(void **state)
{
	const char *why = "a file of it hangs in the kernel since 3 s: it is not asked";
	char text[FACTS_TEXT_SIZE];
	struct scene scene;
	struct fact fact;
	uint32_t place;

	(void)state;
	open_scene(&scene);
	answer_all(&scene, BOARD_UP);
	(void)look(&scene);
	place = board_find(scene.writer, "web");
	assert_true(board_get(scene.writer, place, &fact));
	fact.excused = 1;
	strcpy(fact.error, why);
	board_put(scene.writer, place, &fact);
	assert_string_equal(look_in(&scene, SECOND), "");
	assert_string_equal(look_until(&scene, 10 * SECOND),
			    "web up->up excused, db up->up overdue, both up->up overdue");
	(void)facts_describe(&scene.facts, facts_key("web"), text);
	assert_string_equal(text,
			    "web is up: a file of it hangs in the kernel since 3 s: it is not "
			    "asked");
	(void)facts_describe(&scene.facts, facts_key("db"), text);
	assert_string_equal(text, "db is up: it does not answer");
	answer(&scene, WEB, BOARD_UP, "");
	assert_string_equal(look_in(&scene, SECOND), "web up->up");
	assert_false(scene.facts.all[WEB].excused);
	close_scene(&scene);
}

static void test_facts_silence_is_down_where_it_is_configured(void **state)
{
	struct scene scene;

	(void)state;
	open_scene(&scene);
	scene.checks[WEB].unknown = scene.checks[BOTH].unknown = CHECK_UNKNOWN_DOWN;
	answer_all(&scene, BOARD_UP);
	(void)look(&scene);
	assert_string_equal(look_until(&scene, 10 * SECOND),
			    "web up->down overdue, db up->up overdue, both up->down overdue");
	answer_all(&scene, BOARD_UP);
	assert_string_equal(look_until(&scene, SECOND), "web down->up, db up->up, both down->up");
	close_scene(&scene);
}

/* A second more than the part that is asked last has. */
static void test_facts_what_is_made_of_others_has_the_time_of_them(void **state)
{
	struct scene scene;
	struct facts facts;

	(void)state;
	open_scene(&scene);
	scene.checks[DB].delay_ns = 30 * SECOND;
	assert_int_equal(facts_open(&facts, &scene.conf), 0);
	assert_int_equal(facts_attach(&facts, scene.fd, scene.event_fd), 0);
	facts_begin(&facts, &scene.now);
	answer(&scene, WEB, BOARD_UP, "");
	answer(&scene, BOTH, BOARD_UNKNOWN, "");
	for (scene.now.mono_ns += SECOND; scene.now.mono_ns < START + 33 * SECOND;
	     scene.now.mono_ns += SECOND) {
		answer(&scene, WEB, BOARD_UP, "");
		(void)facts_look(&facts, &scene.now);
		assert_false(facts.wants_checker);
	}
	facts_close(&facts);
	close_scene(&scene);
}

static bool is_readable(const struct scene *scene)
{
	struct pollfd fd = { .fd = facts_fd(&scene->facts), .events = POLLIN };

	return poll(&fd, 1, 0) == 1;
}

/* A checker gone mad, or taken over, tells a million times in a second. */
static void test_facts_are_not_looked_at_as_often_as_somebody_likes(void **state)
{
	const uint64_t one = 1;
	struct scene scene;
	unsigned looks_n = 0;

	(void)state;
	open_scene(&scene);
	for (int64_t end_ns = START + SECOND; scene.now.mono_ns < end_ns;
	     scene.now.mono_ns += MS / 10) {
		assert_int_equal(write(scene.event_fd, &one, sizeof(one)), sizeof(one));
		if (!is_readable(&scene) && scene.now.mono_ns < facts_deadline(&scene.facts))
			continue;
		(void)look(&scene);
		looks_n++;
	}
	assert_in_range(looks_n, 190, 210);
	/* And then the first one wakes again. */
	scene.now.mono_ns = facts_deadline(&scene.facts);
	(void)look(&scene);
	scene.now.mono_ns = facts_deadline(&scene.facts);
	(void)look(&scene);
	assert_false(is_readable(&scene));
	answer(&scene, WEB, BOARD_UP, "");
	assert_true(is_readable(&scene));
	assert_string_equal(look(&scene), "web unknown->up");
	close_scene(&scene);
}

static int64_t cpu_ns(void)
{
	struct timespec spent;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &spent);
	return spent.tv_sec * SECOND + spent.tv_nsec;
}

static void put_many(struct board *writer, const char *prefix)
{
	for (unsigned i = 0; i < MANY; i++) {
		struct fact fact = { .value = BOARD_UP, .answered_ns = START };

		snprintf(fact.name, sizeof(fact.name), "%s-%u", prefix, i);
		if (board_is_taken(writer, i))
			board_clear(writer, i);
		board_put(writer, board_take(writer, fact.name), &fact);
	}
}

/* As after a reload that renames all checks, until the next checker has begun. */
static void test_facts_many_that_have_no_place_cost_little(void **state)
{
	struct check_config *checks = calloc(MANY, sizeof(*checks));
	struct scene scene;
	int64_t began_ns;

	(void)state;
	open_scene(&scene);
	facts_close(&scene.facts);
	assert_non_null(checks);
	for (unsigned i = 0; i < MANY; i++) {
		checks[i] = check("", CHECK_TCP);
		snprintf(checks[i].name, sizeof(checks[i].name), "new-%u", i);
	}
	scene.conf = (struct conf){ .checks = checks, .checks_n = MANY };
	assert_int_equal(facts_open(&scene.facts, &scene.conf), 0);
	assert_int_equal(facts_attach(&scene.facts, scene.fd, scene.event_fd), 0);
	facts_begin(&scene.facts, &scene.now);
	put_many(scene.writer, "old");
	began_ns = cpu_ns();
	assert_int_equal(facts_look(&scene.facts, &scene.now), 0);
	assert_int_equal(facts_look(&scene.facts, &scene.now), 0);
	put_many(scene.writer, "new");
	assert_int_equal(facts_look(&scene.facts, &scene.now), MANY);
	assert_true(cpu_ns() - began_ns < 200 * MS);
	for (unsigned i = 0; i < MANY; i++)
		assert_int_equal(scene.facts.all[i].place, i);
	close_scene(&scene);
	free(checks);
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
	assert_string_equal(look_until(&scene, 10 * SECOND), ALL_OVERDUE);
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
	assert_string_equal(look_until(&scene, 10 * SECOND), "both unknown->unknown overdue");
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

/* A reload has changed how it is asked, and it waits for its delay; it is down only when it could
 * have answered. */
static void test_facts_what_is_asked_in_another_way_has_the_time_of_a_first_answer(void **state)
{
	struct fact fact = { .name = "web", .value = BOARD_UP, .answered_ns = START + SECOND };
	struct scene scene;

	(void)state;
	open_scene(&scene);
	scene.conf.checks_n = scene.facts.n = 1;
	scene.checks[WEB].unknown = CHECK_UNKNOWN_DOWN;
	scene.facts.all[WEB].first_ns += 30 * SECOND;
	scene.now.mono_ns += SECOND;
	board_put(scene.writer, board_take(scene.writer, "web"), &fact);
	assert_string_equal(look(&scene), "web unknown->up");
	assert_string_equal(look_until(&scene, 32 * SECOND), "");
	assert_string_equal(look_until(&scene, 3 * SECOND), "web up->down overdue");
	close_scene(&scene);
}

/* Shorter than the time that the checker has afterwards; it stood still as well. */
static void test_facts_a_short_pause_blames_nobody_either(void **state)
{
	struct scene scene;

	(void)state;
	open_scene(&scene);
	scene.conf.checks_n = scene.facts.n = 1;
	scene.checks[WEB].interval_ns = scene.checks[WEB].timeout_ns = SECOND / 10;
	answer(&scene, WEB, BOARD_UP, "");
	assert_string_equal(look(&scene), "web unknown->up");
	assert_string_equal(look_in(&scene, 1900 * MS), "");
	scene.now.mono_ns += 50 * MS;
	answer(&scene, WEB, BOARD_UP, "");
	assert_string_equal(look_until(&scene, SECOND), "");
	assert_string_equal(look_until(&scene, SECOND), "web up->up overdue");
	close_scene(&scene);
}

static void test_facts_what_a_predecessor_has_told_is_not_told_again(void **state)
{
	struct scene scene;
	struct fact fact = { .name = "web",
			     .value = BOARD_DOWN,
			     .answered_ns = START - SECOND,
			     .since_ns = START - 5 * SECOND,
			     .in_row = 5 };

	(void)state;
	open_scene(&scene);
	board_put(scene.writer, board_take(scene.writer, "web"), &fact);
	strcpy(fact.name, "db");
	fact.since_ns = START - SECOND / 2; /* nobody may have had the time to */
	board_put(scene.writer, board_take(scene.writer, "db"), &fact);
	assert_string_equal(look(&scene), "web unknown->down, db unknown->down");
	assert_false(scene.facts.news[0].tells);
	assert_true(scene.facts.news[1].tells);
	answer(&scene, WEB, BOARD_UP, "");
	assert_string_equal(look(&scene), "web down->up");
	assert_true(scene.facts.news[0].tells);
	close_scene(&scene);
}

static void test_facts_of_what_recovers_say_how_far_it_is(void **state)
{
	struct fact fact = {
		.name = "web", .value = BOARD_DOWN, .answered_ns = START, .good = true, .in_row = 4
	};
	char text[FACTS_TEXT_SIZE];
	struct scene scene;

	(void)state;
	open_scene(&scene);
	scene.checks[WEB].rise = 10;
	board_put(scene.writer, board_take(scene.writer, "web"), &fact);
	(void)look(&scene);
	assert_string_equal(facts_describe(&scene.facts, facts_key("web"), text),
			    "web is down (4 of 10 good)");
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
		cmocka_unit_test(test_facts_what_cannot_be_asked_is_overdue_and_says_why),
		cmocka_unit_test(test_facts_silence_is_down_where_it_is_configured),
		cmocka_unit_test(test_facts_what_is_made_of_others_has_the_time_of_them),
		cmocka_unit_test(test_facts_are_not_looked_at_as_often_as_somebody_likes),
		cmocka_unit_test(test_facts_many_that_have_no_place_cost_little),
		cmocka_unit_test(test_facts_a_host_that_stood_still_blames_nobody_at_once),
		cmocka_unit_test(test_facts_a_successor_finds_what_was_known),
		cmocka_unit_test(test_facts_a_place_that_changes_hands_is_looked_for_again),
		cmocka_unit_test(test_facts_are_described_with_why_and_how_many),
		cmocka_unit_test(test_facts_that_a_check_begins_well_is_not_told),
		cmocka_unit_test(test_facts_that_it_answers_after_all_is_told),
		cmocka_unit_test(test_facts_what_changes_again_and_again_is_told_seldom),
		cmocka_unit_test(test_facts_changes_in_good_time_are_all_told),
		cmocka_unit_test(
			test_facts_what_is_asked_in_another_way_has_the_time_of_a_first_answer),
		cmocka_unit_test(test_facts_a_short_pause_blames_nobody_either),
		cmocka_unit_test(test_facts_what_a_predecessor_has_told_is_not_told_again),
		cmocka_unit_test(test_facts_of_what_recovers_say_how_far_it_is),
		cmocka_unit_test(test_facts_without_checks_never_wake),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
