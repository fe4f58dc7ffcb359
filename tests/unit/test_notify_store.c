/* SPDX-License-Identifier: MIT */
/*
 * What outlives the notifier: all of a transaction or nothing, and no more than it is bound to.
 */
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
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
	return store_open(directory, false, &store, why);
}

static int close_store(void **state)
{
	(void)state;
	store_close(store);
	store = NULL;
	return 0;
}

/* Return: of the file, and what SQLite puts beside it. */
static const char *path_of(const char *suffix)
{
	static char path[128];

	snprintf(path, sizeof(path), "%s/" STORE_FILE "%s", directory, suffix);
	return path;
}

static void count_state(void *arg, const struct store_state *state)
{
	(void)state;
	++*(unsigned *)arg;
}

static void reopen(void)
{
	store_close(store);
	assert_int_equal(store_open(directory, false, &store, why), 0);
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
				     .of_group = true,
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
	assert_true(last.of_group);
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
	struct stat status;

	return stat(path_of(""), &status) < 0 ? -1 : status.st_size;
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
	/* And when nothing happens any more, what was kept is given back. */
	while (store_prune(store, 366 * DAY_NS))
		;
	reopen();
	assert_true(size_of_file() < after_two_months / 10);
}

static void test_store_that_is_damaged_is_moved_aside(void **state)
{
	FILE *file;

	(void)state;
	store_close(store);
	clear();
	file = fopen(path_of(""), "w");
	assert_non_null(file);
	for (unsigned i = 0; i < 1000; i++)
		fputs("this is no database ", file);
	fclose(file);
	assert_int_equal(store_open(directory, false, &store, why), 0);
	assert_non_null(strstr(why, "is damaged, and is"));
	assert_int_equal(count_deliveries(), 0);
}

/* Python has a SQLite of its own: nothing of ours is asked. @script: without single quotes; db is
 * the database. */
static void run_python(const char *script)
{
	char command[1600];

	snprintf(command, sizeof(command),
		 "/usr/bin/python3 -c 'import os, sqlite3, sys\ndb = "
		 "sqlite3.connect(sys.argv[1])\n%s' "
		 "%s",
		 script, path_of(""));
	assert_int_equal(system(command), 0);
}

static void start_without_a_store(void)
{
	store_close(store);
	store = NULL;
	clear();
}

static struct stat status_of(const char *suffix)
{
	struct stat status;

	assert_int_equal(stat(path_of(suffix), &status), 0);
	return status;
}

static void test_store_of_a_later_version_is_left_alone(void **state)
{
	struct stat before, after;

	(void)state;
	start_without_a_store();
	run_python("db.execute(\"PRAGMA user_version = 99\")");
	before = status_of("");
	assert_int_equal(store_open(directory, false, &store, why), -EPROTONOSUPPORT);
	assert_non_null(strstr(why, "is of version 99, and this vipd knows 2: start the vipd"));
	after = status_of("");
	assert_int_equal(before.st_mtim.tv_sec, after.st_mtim.tv_sec);
	assert_int_equal(before.st_mtim.tv_nsec, after.st_mtim.tv_nsec);
	assert_int_equal(before.st_mode, after.st_mode);
	run_python("assert db.execute(\"PRAGMA journal_mode\").fetchone()[0] == \"delete\"");
}

/* Its version is in the log alone, since who wrote it was killed. */
static void test_store_of_a_later_version_is_seen_behind_its_log(void **state)
{
	(void)state;
	start_without_a_store();
	run_python("db.execute(\"PRAGMA journal_mode = WAL\")\n"
		   "db.execute(\"PRAGMA user_version = 7\")\n"
		   "os.kill(os.getpid(), 9) if os.fork() == 0 else os._exit(0 * os.wait()[0])");
	assert_int_equal(store_open(directory, false, &store, why), -EPROTONOSUPPORT);
	assert_non_null(strstr(why, "is of version 7"));
	assert_int_equal(store_open(directory, false, &store, why), -EPROTONOSUPPORT);
}

static void test_store_of_version_1_is_gone_on_with(void **state)
{
	(void)state;
	start_without_a_store();
	run_python("db.executescript(\"\"\"PRAGMA journal_mode = WAL;"
		   "CREATE TABLE deliveries (id INTEGER PRIMARY KEY, entry TEXT NOT NULL, "
		   "command TEXT NOT NULL, router TEXT NOT NULL, family INTEGER NOT NULL, "
		   "word TEXT NOT NULL, deliver INTEGER NOT NULL, state INTEGER NOT NULL, "
		   "attempts INTEGER NOT NULL, merged INTEGER NOT NULL, since INTEGER NOT NULL, "
		   "next INTEGER NOT NULL, error TEXT NOT NULL, life TEXT NOT NULL, "
		   "message TEXT NOT NULL); PRAGMA user_version = 1\"\"\")\n"
		   "db.execute(\"INSERT INTO deliveries VALUES (4, 1, 2, 3, 0, ?, 1, 0, 1, 0, 5, "
		   "6, 7, "
		   "?, ?)\", (\"fault\", \"life\", \"{%sa%s:%sit%ss%s}\" % (chr(34), chr(34), "
		   "chr(34), chr(39), chr(34))))\ndb.commit()");
	assert_int_equal(store_open(directory, false, &store, why), 0);
	assert_int_equal(count_deliveries(), 1);
	assert_int_equal(last.id, 4);
	assert_false(last.of_group);
	run_python("assert db.execute(\"PRAGMA auto_vacuum\").fetchone()[0] == 2\n"
		   "assert db.execute(\"PRAGMA user_version\").fetchone()[0] == 2");
}

/* What was committed is there without a last word, as after a power cut. */
static void test_store_of_a_process_that_was_killed_is_whole(void **state)
{
	int status;
	pid_t pid;

	(void)state;
	start_without_a_store();
	pid = fork();
	if (pid == 0) {
		if (store_open(directory, false, &store, why) < 0)
			_exit(1);
		for (int64_t id = 1; id <= 3; id++) {
			store_begin(store);
			put(id, DELIVERY_WAITS);
			store_fact(store, "router.seq", id);
			if (id < 3 && store_commit(store, why) < 0)
				_exit(1);
		}
		kill(getpid(), SIGKILL);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status));
	assert_int_equal(store_open(directory, false, &store, why), 0);
	assert_string_equal(why, "");
	assert_int_equal(count_deliveries(), 2);
	assert_int_equal(store_fact_of(store, "router.seq"), 2);
}

static void test_store_is_found_behind_links_but_is_none(void **state)
{
	char link[64], file[96];

	(void)state;
	store_close(store);
	store = NULL;
	snprintf(link, sizeof(link), "%s.link", directory);
	assert_int_equal(symlink(directory, link), 0);
	assert_int_equal(store_open(link, false, &store, why), 0);
	store_close(store);
	store = NULL;
	assert_int_equal(unlink(link), 0);
	snprintf(file, sizeof(file), "%s/elsewhere", directory);
	assert_int_equal(rename(path_of(""), file), 0);
	assert_int_equal(symlink("elsewhere", path_of("")), 0);
	assert_int_equal(store_open(directory, false, &store, why), -ELOOP);
	assert_non_null(strstr(why, STORE_FILE ": it is a link"));
}

static mode_t mode_of(const char *suffix)
{
	return status_of(suffix).st_mode & 0777;
}

static void test_store_is_read_by_those_whom_the_directory_names(void **state)
{
	(void)state;
	store_begin(store);
	put(1, DELIVERY_WAITS);
	assert_int_equal(store_commit(store, why), 0);
	assert_int_equal(mode_of(""), 0600);
	assert_int_equal(mode_of("-wal"), 0600);
	assert_int_equal(mode_of("-shm"), 0600);
	store_close(store);
	assert_int_equal(chmod(directory, 02750), 0);
	assert_int_equal(store_open(directory, false, &store, why), 0);
	assert_int_equal(mode_of(""), 0640);
	assert_int_equal(mode_of("-wal"), 0640);
	assert_int_equal(mode_of("-shm"), 0640);
	assert_int_equal(chmod(directory, 0700), 0);
	/* One that an earlier version made, and that was killed. */
	assert_int_equal(chmod(path_of(""), 0644), 0);
	assert_int_equal(chmod(path_of("-wal"), 0644), 0);
	reopen();
	assert_int_equal(mode_of(""), 0600);
	assert_int_equal(mode_of("-wal"), 0600);
}

/* Nobody sees at once what is broken in the middle of it. */
static void test_store_that_is_known_to_be_damaged_is_moved_aside(void **state)
{
	(void)state;
	store_begin(store);
	put(1, DELIVERY_WAITS);
	assert_int_equal(store_commit(store, why), 0);
	store_close(store);
	assert_int_equal(store_open(directory, true, &store, why), 0);
	assert_non_null(strstr(why, "is damaged, and is"));
	assert_int_equal(count_deliveries(), 0);
}

/* Of a damaged one that cannot be moved it says so, and nothing is written into it. */
static void test_damaged_store_that_cannot_be_moved_is_told(void **state)
{
	char path[200];
	time_t now = time(NULL);

	(void)state;
	store_close(store);
	store = NULL;
	for (time_t at = now; at < now + 10; at++) { /* where it would be moved to */
		snprintf(path, sizeof(path), "%s/" STORE_FILE ".damaged-%jd", directory,
			 (intmax_t)at);
		assert_int_equal(mkdir(path, 0700), 0);
	}
	strcpy(why, "of before");
	assert_int_equal(store_open(directory, true, &store, why), -EBADMSG);
	assert_non_null(strstr(why, "is damaged, and cannot be moved aside: Is a directory"));
	for (time_t at = now; at < now + 10; at++) {
		snprintf(path, sizeof(path), "%s/" STORE_FILE ".damaged-%jd", directory,
			 (intmax_t)at);
		assert_int_equal(rmdir(path), 0);
	}
	assert_int_equal(store_open(directory, false, &store, why), 0);
	assert_string_equal(why, "");
}

static bool is_five(const void *arg, uint64_t entry)
{
	(void)arg;
	return entry == 5;
}

static void test_store_forgets_what_is_configured_no_more(void **state)
{
	const struct store_state router = { .router = "lan", .family = 4, .life = "life" };
	int64_t since_ns = 1000;
	unsigned n = 0;

	(void)state;
	assert_true(store_entry(store, 5, "boot", &since_ns));
	assert_true(store_entry(store, 6, "boot", &since_ns));
	store_state(store, &router);
	store_keep_entries(store, is_five, NULL);
	store_forget_states(store);
	assert_false(store_entry(store, 5, "boot", &since_ns));
	assert_true(store_entry(store, 6, "boot", &since_ns));
	assert_int_equal(store_each_state(store, count_state, &n), 0);
	assert_int_equal(n, 0);
}

static void test_store_in_no_directory_says_so(void **state)
{
	struct store *none = NULL;

	(void)state;
	assert_true(store_open("/nonexistent", false, &none, why) < 0);
	assert_non_null(strstr(why, "/nonexistent/" STORE_FILE));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_store, close_store)

/* What cannot be written down is no news: actions would be taken for it once more. */
static void test_entry_that_cannot_be_written_is_not_new(void **state)
{
	const struct store_state is = { .router = "lan", .family = 4, .state = 1 };
	int64_t since_ns = 5;

	(void)state;
	run_python("db.execute(\"CREATE TRIGGER no BEFORE INSERT ON entries BEGIN SELECT "
		   "RAISE(ABORT, no); END\")\ndb.commit()");
	store_begin(store);
	store_state(store, &is);
	assert_false(store_entry(store, 1, "boot", &since_ns));
	assert_int_equal(since_ns, 5);
	assert_int_equal(store_commit(store, why), -EIO);
}

/* The file is its user's, who has fewer rights than who opens it. */
static void test_schema_of_the_file_has_nothing_run(void **state)
{
	struct event event = event_of(EVENT_STATE, "lan", "eth0", 4);

	(void)state;
	run_python("db.execute(\"CREATE TRIGGER t AFTER INSERT ON events BEGIN "
		   "SELECT json_quote(1); END\")\ndb.commit()");
	reopen();
	store_begin(store);
	store_event(store, &event, 1, "boot", "{}");
	assert_int_equal(store_commit(store, why), -EIO);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_store_gives_back_what_it_was_given),
		TEST(test_store_without_a_commit_has_nothing_of_it),
		TEST(test_store_knows_since_when_an_entry_is_there),
		TEST(test_store_is_bounded_over_a_year),
		TEST(test_store_that_is_damaged_is_moved_aside),
		TEST(test_store_of_a_later_version_is_left_alone),
		TEST(test_store_of_a_later_version_is_seen_behind_its_log),
		TEST(test_store_of_version_1_is_gone_on_with),
		TEST(test_store_of_a_process_that_was_killed_is_whole),
		TEST(test_store_is_found_behind_links_but_is_none),
		TEST(test_store_is_read_by_those_whom_the_directory_names),
		TEST(test_store_that_is_known_to_be_damaged_is_moved_aside),
		TEST(test_damaged_store_that_cannot_be_moved_is_told),
		TEST(test_store_forgets_what_is_configured_no_more),
		TEST(test_store_in_no_directory_says_so),
		TEST(test_entry_that_cannot_be_written_is_not_new),
		TEST(test_schema_of_the_file_has_nothing_run),
	};

	return cmocka_run_group_tests(tests, make_directory, remove_directory);
}
