/* SPDX-License-Identifier: MIT */
/*
 * What outlives the notifier: all of a transaction or nothing, and no more than it is bound to.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "agent/notify/store.h"

#define DAY_NS (86400 * INT64_C(1000000000))

static char directory[] = "/tmp/vipd-store-XXXXXX";
static struct store *store;
static char why[STORE_WHY_SIZE];

static void clear(void)
{
	char command[128];

	snprintf(command, sizeof(command), "rm -rf %s/*", directory);
	assert_int_equal(system(command), 0);
}

static int make_directory(void **state)
{
	(void)state;
	return mkdtemp(directory) ? 0 : -1;
}

static int remove_directory(void **state)
{
	(void)state;
	clear();
	return rmdir(directory);
}

static int open_store(void **state)
{
	(void)state;
	clear();
	return store_open(directory, &store, why);
}

static int close_store(void **state)
{
	(void)state;
	store_close(store);
	store = NULL;
	return 0;
}

static void reopen(void)
{
	store_close(store);
	assert_int_equal(store_open(directory, &store, why), 0);
	assert_string_equal(why, "");
}

static void put(int64_t id, enum delivery_life life)
{
	struct delivery delivery = { .id = id,
				     .entry = UINT64_C(0xfedcba9876543210),
				     .word = CONF_NOTIFY_FAULT,
				     .deliver = CONF_NOTIFY_CURRENT,
				     .life = life,
				     .attempts = 3,
				     .merged = 2,
				     .since_ns = 77,
				     .message = "{\"a\":\"it's\"}" };

	strcpy(delivery.router, "lan");
	strcpy(delivery.error, "exit status 1");
	store_put(store, &delivery, "life", 99);
}

static struct delivery last;
static unsigned seen;

static void take(void *arg, struct delivery *delivery, const char *life)
{
	(void)arg;
	assert_string_equal(life, "life");
	assert_string_equal(delivery->message, "{\"a\":\"it's\"}");
	last = *delivery;
	seen++;
	free(delivery->message);
	free(delivery);
}

static unsigned count_deliveries(void)
{
	seen = 0;
	assert_int_equal(store_each_delivery(store, take, NULL), 0);
	return seen;
}

static void test_store_gives_back_what_it_was_given(void **state)
{
	(void)state;
	store_begin(store);
	put(4, DELIVERY_STARTED);
	store_fact(store, "router.seq", INT64_C(1) << 62);
	assert_int_equal(store_commit(store, why), 0);
	reopen();
	assert_int_equal(count_deliveries(), 1);
	assert_int_equal(last.id, 4);
	assert_true(last.entry == UINT64_C(0xfedcba9876543210));
	assert_int_equal(last.word, CONF_NOTIFY_FAULT);
	assert_int_equal(last.deliver, CONF_NOTIFY_CURRENT);
	assert_int_equal(last.life, DELIVERY_STARTED);
	assert_int_equal(last.attempts, 3);
	assert_int_equal(last.merged, 2);
	assert_int_equal(last.since_ns, 77);
	assert_string_equal(last.router, "lan");
	assert_string_equal(last.error, "exit status 1");
	assert_true(store_fact_of(store, "router.seq") == INT64_C(1) << 62);
	assert_int_equal(store_fact_of(store, "nothing"), 0);
}

static void test_store_without_a_commit_has_nothing_of_it(void **state)
{
	(void)state;
	store_begin(store);
	put(1, DELIVERY_WAITS);
	assert_int_equal(store_commit(store, why), 0);
	store_begin(store);
	put(2, DELIVERY_WAITS);
	store_remove(store, 1);
	reopen();
	assert_int_equal(count_deliveries(), 1);
	assert_int_equal(last.id, 1);
}

static void test_store_knows_since_when_an_entry_is_there(void **state)
{
	int64_t since_ns = 1000;

	(void)state;
	assert_true(store_entry(store, 5, "boot", &since_ns));
	since_ns = 2000;
	assert_false(store_entry(store, 5, "boot", &since_ns));
	assert_int_equal(since_ns, 1000);
	assert_false(store_entry(store, 5, "another", &since_ns));
	assert_int_equal(since_ns, 0);
}

static off_t size_of_file(void)
{
	char path[128];
	struct stat status;

	snprintf(path, sizeof(path), "%s/" STORE_FILE, directory);
	return stat(path, &status) < 0 ? -1 : status.st_size;
}

/* A year of 100 events a day, of which 30 days are kept: once it is full it grows no more. */
static void test_store_is_bounded_over_a_year(void **state)
{
	struct event event = event_of(EVENT_STATE, "lan", "eth0", 4);
	off_t after_two_months = 0;
	char json[300];

	(void)state;
	memset(json, 'x', sizeof(json) - 1);
	json[sizeof(json) - 1] = '\0';
	for (int64_t day = 1; day <= 365; day++) {
		store_begin(store);
		for (unsigned i = 0; i < 100; i++) {
			event.real_ns = day * DAY_NS + i;
			event.seq++;
			store_event(store, &event, 1, "boot", json);
		}
		assert_int_equal(store_commit(store, why), 0);
		while (store_prune(store, (day - 30) * DAY_NS))
			;
		if (day == 60) {
			reopen();
			after_two_months = size_of_file();
		}
	}
	reopen();
	assert_true(after_two_months > 500000);
	assert_true(size_of_file() <= after_two_months + after_two_months / 10);
}

static void test_store_that_is_damaged_is_moved_aside(void **state)
{
	char path[128];
	FILE *file;

	(void)state;
	store_close(store);
	clear();
	snprintf(path, sizeof(path), "%s/" STORE_FILE, directory);
	file = fopen(path, "w");
	assert_non_null(file);
	for (unsigned i = 0; i < 1000; i++)
		fputs("this is no database ", file);
	fclose(file);
	assert_int_equal(store_open(directory, &store, why), 0);
	assert_non_null(strstr(why, "is damaged, and is"));
	assert_int_equal(count_deliveries(), 0);
}

static void test_store_of_a_later_version_is_left_alone(void **state)
{
	char command[200];

	(void)state;
	store_close(store);
	store = NULL;
	snprintf(command, sizeof(command),
		 "/usr/bin/python3 -c 'import sqlite3; "
		 "sqlite3.connect(\"%s/" STORE_FILE "\").execute(\"PRAGMA user_version = 99\")'",
		 directory);
	assert_int_equal(system(command), 0);
	assert_int_equal(store_open(directory, &store, why), -EIO);
	assert_non_null(strstr(why, STORE_FILE));
}

static void test_store_in_no_directory_says_so(void **state)
{
	struct store *none = NULL;

	(void)state;
	assert_true(store_open("/nonexistent", &none, why) < 0);
	assert_non_null(strstr(why, "/nonexistent/" STORE_FILE));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_store, close_store)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_store_gives_back_what_it_was_given),
		TEST(test_store_without_a_commit_has_nothing_of_it),
		TEST(test_store_knows_since_when_an_entry_is_there),
		TEST(test_store_is_bounded_over_a_year),
		TEST(test_store_that_is_damaged_is_moved_aside),
		TEST(test_store_of_a_later_version_is_left_alone),
		TEST(test_store_in_no_directory_says_so),
	};

	return cmocka_run_group_tests(tests, make_directory, remove_directory);
}
