/* SPDX-License-Identifier: MIT */
/* What checks have found, in memory that outlives who writes it and who reads it. */
#include "test.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent/board.h"

#define HEAD       4096
#define PLACE_SIZE 512

struct scene {
	int fd, event_fd;
	struct board *writer, *reader;
};

static void open_scene(struct scene *scene)
{
	scene->fd = board_new();
	scene->event_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	assert_true(scene->fd >= 0 && scene->event_fd >= 0);
	assert_int_equal(board_open(scene->fd, scene->event_fd, true, &scene->writer), 0);
	assert_int_equal(board_open(scene->fd, -1, false, &scene->reader), 0);
}

static void close_scene(struct scene *scene)
{
	board_close(scene->writer);
	board_close(scene->reader);
	close(scene->fd);
	close(scene->event_fd);
}

static struct fact fact_of(const char *name, enum board_value value)
{
	struct fact fact = { .value = (uint8_t)value, .definition = 7, .answers = 3 };

	strcpy(fact.name, name);
	return fact;
}

static uint64_t told(const struct scene *scene)
{
	uint64_t n = 0;

	return read(scene->event_fd, &n, sizeof(n)) == sizeof(n) ? n : 0;
}

static uint32_t put(struct scene *scene, const char *name, enum board_value value)
{
	uint32_t place = board_take(scene->writer, name);
	struct fact fact = fact_of(name, value);

	assert_int_not_equal(place, BOARD_NONE);
	board_put(scene->writer, place, &fact);
	return place;
}

static void test_board_is_empty_at_first(void **state)
{
	struct scene scene;
	struct fact fact;

	(void)state;
	open_scene(&scene);
	assert_int_equal(board_count(scene.reader), 0);
	assert_int_equal(board_find(scene.writer, "web"), BOARD_NONE);
	assert_false(board_get(scene.reader, 0, &fact));
	close_scene(&scene);
}

static void test_board_a_fact_is_found_and_read(void **state)
{
	struct scene scene;
	struct fact fact;
	uint32_t place;

	(void)state;
	open_scene(&scene);
	(void)put(&scene, "web", BOARD_UP);
	place = put(&scene, "db", BOARD_DOWN);
	assert_int_equal(board_find(scene.writer, "db"), place);
	assert_true(board_get(scene.reader, place, &fact));
	assert_string_equal(fact.name, "db");
	assert_int_equal(fact.value, BOARD_DOWN);
	assert_int_equal(fact.answers, 3);
	close_scene(&scene);
}

/* A turn of the router for each answer would cost more than all of its own work. */
static void test_board_only_news_are_told(void **state)
{
	struct scene scene;
	struct fact fact = fact_of("web", BOARD_UP);
	uint32_t place, number;

	(void)state;
	open_scene(&scene);
	place = put(&scene, "web", BOARD_UP);
	assert_int_equal(told(&scene), 1);
	number = board_number(scene.reader, place);
	fact.answers++;
	board_put(scene.writer, place, &fact);
	assert_int_equal(told(&scene), 0);
	assert_int_not_equal(board_number(scene.reader, place), number);
	fact.value = BOARD_DOWN;
	board_put(scene.writer, place, &fact);
	assert_int_equal(told(&scene), 1);
	fact.number = 5;
	board_put(scene.writer, place, &fact);
	assert_int_equal(told(&scene), 1);
	close_scene(&scene);
}

static void test_board_places_are_kept_and_used_again(void **state)
{
	struct scene scene;
	uint32_t web, db;

	(void)state;
	open_scene(&scene);
	web = put(&scene, "web", BOARD_UP);
	db = put(&scene, "db", BOARD_UP);
	assert_int_equal(board_take(scene.writer, "web"), web);
	board_clear(scene.writer, web);
	assert_int_equal(board_find(scene.writer, "web"), BOARD_NONE);
	assert_int_equal(put(&scene, "dns", BOARD_UP), web);
	assert_int_equal(board_find(scene.writer, "db"), db);
	assert_int_equal(board_count(scene.reader), 2);
	close_scene(&scene);
}

static void test_board_has_room_for_so_many_and_no_more(void **state)
{
	struct scene scene;
	char name[BOARD_NAME_SIZE];

	(void)state;
	open_scene(&scene);
	for (unsigned i = 0; i < BOARD_FACTS_MAX; i++) {
		snprintf(name, sizeof(name), "c%u", i);
		(void)put(&scene, name, BOARD_UP);
	}
	assert_int_equal(board_take(scene.writer, "more"), BOARD_NONE);
	assert_int_equal(board_take(scene.writer, "c17"), board_find(scene.writer, "c17"));
	close_scene(&scene);
}

/* The number is odd for ever: nobody reads half a fact, and the next writer mends it. */
static void test_board_what_a_dead_writer_left_half_is_not_read(void **state)
{
	struct scene scene;
	struct fact fact;
	uint32_t place, odd = 3;

	(void)state;
	open_scene(&scene);
	place = put(&scene, "web", BOARD_UP);
	assert_int_equal(pwrite(scene.fd, &odd, sizeof(odd), HEAD + place * PLACE_SIZE),
			 sizeof(odd));
	assert_false(board_get(scene.reader, place, &fact));
	assert_int_equal(board_take(scene.writer, "web"), place);
	assert_int_equal(put(&scene, "web", BOARD_DOWN), place);
	assert_true(board_get(scene.reader, place, &fact));
	assert_int_equal(fact.value, BOARD_DOWN);
	close_scene(&scene);
}

/* Who writes has no rights, and may be anybody. */
static void test_board_nothing_that_is_read_is_longer_than_it_may_be(void **state)
{
	struct scene scene;
	struct fact fact;
	char output[BOARD_OUTPUT_SIZE];
	uint32_t place;

	(void)state;
	open_scene(&scene);
	memset(&fact, 0xff, sizeof(fact));
	place = board_take(scene.writer, "web");
	board_put(scene.writer, place, &fact);
	assert_true(board_get(scene.reader, place, &fact));
	assert_int_equal(strlen(fact.name), BOARD_NAME_SIZE - 1);
	assert_int_equal(strlen(fact.error), BOARD_ERROR_SIZE - 1);
	assert_int_equal(fact.value, BOARD_UNKNOWN);
	assert_int_equal(fact.output_len, BOARD_OUTPUT_SIZE);
	assert_int_equal(board_output(scene.fd, place, &fact, output), BOARD_OUTPUT_SIZE);
	close_scene(&scene);
}

static void test_board_output_is_kept_beside_the_fact(void **state)
{
	struct scene scene;
	struct fact fact = fact_of("web", BOARD_DOWN);
	char output[BOARD_OUTPUT_SIZE];
	uint32_t place;

	(void)state;
	open_scene(&scene);
	place = put(&scene, "web", BOARD_DOWN);
	fact.output_len = 5;
	board_put_output(scene.writer, place, "hello", 5);
	board_put(scene.writer, place, &fact);
	assert_int_equal(board_output(scene.fd, place, &fact, output), 5);
	assert_memory_equal(output, "hello", 5);
	close_scene(&scene);
}

static void test_board_nobody_takes_away_what_is_mapped(void **state)
{
	int fd = board_new();

	(void)state;
	assert_true(fd >= 0);
	assert_true(ftruncate(fd, 0) < 0);
	close(fd);
}

/* As a router process does: what it could reach would be filled. */
static void test_board_takes_no_memory_for_places_that_are_free(void **state)
{
	struct scene scene;
	struct stat stat;

	(void)state;
	open_scene(&scene);
	put(&scene, "web", BOARD_UP);
	board_close(scene.writer);
	scene.writer = NULL;
	assert_int_equal(board_count(scene.reader), 1);
	if (mlockall(MCL_CURRENT) < 0 && errno != EPERM && errno != ENOMEM)
		fail_msg("mlockall(): %s", strerror(errno));
	assert_int_equal(fstat(scene.fd, &stat), 0);
	munlockall();
	assert_in_range(stat.st_blocks * 512, HEAD + PLACE_SIZE, HEAD + 4096);
	close_scene(&scene);
}

static void test_board_reader_sees_whoever_comes_later(void **state)
{
	struct scene scene;
	struct fact fact;
	char name[16];

	(void)state;
	open_scene(&scene);
	assert_int_equal(board_count(scene.reader), 0);
	for (unsigned i = 0; i < BOARD_FACTS_MAX; i++) {
		snprintf(name, sizeof(name), "c%u", i);
		put(&scene, name, BOARD_UP);
		if (i % 97 && i != BOARD_FACTS_MAX - 1)
			continue;
		assert_int_equal(board_count(scene.reader), i + 1);
		assert_true(board_get(scene.reader, i, &fact));
		assert_string_equal(fact.name, name);
	}
	close_scene(&scene);
}

static void test_board_what_is_none_is_refused(void **state)
{
	struct board *board;
	int fd = memfd_create("none", MFD_CLOEXEC);

	(void)state;
	assert_int_equal(board_open(fd, -1, false, &board), -EPROTO);
	close(fd);
	assert_int_equal(board_open(-1, -1, false, &board), -EPROTO);
}

/* The mark is of the one that was at work when its process was killed, and is taken once. */
static void test_board_hung_after_a_long_turn_names_the_check(void **state)
{
	struct scene scene;
	uint32_t place;

	(void)state;
	open_scene(&scene);
	(void)put(&scene, "first", BOARD_UP);
	place = put(&scene, "second", BOARD_UP);
	board_turn(scene.writer, 0, 1000);
	assert_int_equal(board_hung(scene.writer, 1000 + BOARD_HUNG_NS), BOARD_NONE);
	*board_at_work(scene.writer) = place + 1;
	assert_int_equal(board_hung(scene.writer, 1000 + BOARD_HUNG_NS - 1), BOARD_NONE);
	*board_at_work(scene.writer) = place + 1;
	assert_int_equal(board_hung(scene.writer, 1000 + BOARD_HUNG_NS), place);
	assert_int_equal(board_hung(scene.writer, 1000 + BOARD_HUNG_NS), BOARD_NONE);
	*board_at_work(scene.writer) = BOARD_FACTS_MAX + 1;
	assert_int_equal(board_hung(scene.writer, 1000 + BOARD_HUNG_NS), BOARD_NONE);
	close_scene(&scene);
}

static void test_board_is_excused_while_its_writer_has_turns(void **state)
{
	struct scene scene;

	(void)state;
	open_scene(&scene);
	assert_false(board_is_excused(scene.fd, 1000));
	board_turn(scene.writer, 0, 1000);
	assert_false(board_is_excused(scene.fd, 1000));
	board_turn(scene.writer, 2, 1000);
	assert_true(board_is_excused(scene.fd, 1000 + BOARD_TURN_NS));
	assert_false(board_is_excused(scene.fd, 1000 + 4 * BOARD_TURN_NS));
	assert_false(board_is_excused(scene.fd, 999));
	close_scene(&scene);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_board_is_empty_at_first),
		cmocka_unit_test(test_board_a_fact_is_found_and_read),
		cmocka_unit_test(test_board_only_news_are_told),
		cmocka_unit_test(test_board_places_are_kept_and_used_again),
		cmocka_unit_test(test_board_has_room_for_so_many_and_no_more),
		cmocka_unit_test(test_board_what_a_dead_writer_left_half_is_not_read),
		cmocka_unit_test(test_board_nothing_that_is_read_is_longer_than_it_may_be),
		cmocka_unit_test(test_board_output_is_kept_beside_the_fact),
		cmocka_unit_test(test_board_nobody_takes_away_what_is_mapped),
		cmocka_unit_test(test_board_takes_no_memory_for_places_that_are_free),
		cmocka_unit_test(test_board_reader_sees_whoever_comes_later),
		cmocka_unit_test(test_board_what_is_none_is_refused),
		cmocka_unit_test(test_board_hung_after_a_long_turn_names_the_check),
		cmocka_unit_test(test_board_is_excused_while_its_writer_has_turns),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
