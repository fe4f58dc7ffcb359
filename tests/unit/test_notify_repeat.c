/* SPDX-License-Identifier: MIT */
/*
 * What may have been told before says so, whatever has become of the store: it is lost, another
 * one, or was not there. Nobody can be told here, so that all waits in a store with what it says.
 */
#include "test_conf.h"

#include <errno.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent/begun.h"
#include "agent/events.h"
#include "agent/notify/fifo.h"
#include "agent/notify/message.h"
#include "agent/notify/notifier.h"
#include "agent/notify/queue.h"
#include "agent/notify/reader.h"
#include "agent/notify/store.h"

#define PAGES   "deliver = 1"
#define ACTIONS "deliver = 2"

_Static_assert(CONF_NOTIFY_ALL == 1 && CONF_NOTIFY_CURRENT == 2, "the words above");

struct scene {
	char directory[40]; /* of all that follows */
	char home[64], other[64];
	struct conf *conf;
	struct events *rings[READER_RINGS];
	int fds[READER_RINGS];
	int begun_fd;
	struct notifier *notifier;
	struct clocks now;
};

static struct scene scene;

static int tell_nobody(void *arg, const struct event *event)
{
	(void)arg;
	(void)event;
	return 0;
}

static void expect_failure(const char *path, int err)
{
	assert_non_null(strstr(path, "/file"));
	assert_int_equal(err, ENOTSUP);
}

/* ---- the notifier ---- */

static void load(const char *home)
{
	char text[1024], path[32];
	struct conf_errors errors;
	int fd;

	snprintf(text, sizeof(text),
		 "node = \"gw1\"; state_dir = \"%s\"; notify = ( "
		 "{ fifo = \"%s/file\"; deliver = \"all\"; retries = 100; }, "
		 "{ fifo = \"%s/file-of-actions\"; deliver = \"current\"; retries = 100; } ); "
		 "routers = ( { name = \"lan\"; interface = \"eth0\"; vrid = 1; "
		 "addresses = ( \"192.0.2.1/24\" ); } );",
		 home, scene.directory, scene.directory);
	fd = conf_file(text, path);
	if (conf_load(path, &scene.conf, &errors) < 0)
		fail_msg("%s", errors_text(&errors));
	close(fd);
}

static void start(const char *home)
{
	struct notifier_setting setting = {
		.directory = home,
		.life = "life",
		.boot = "boot",
		.rings = scene.fds,
		.events_fd = -1,
		.begun_fd = scene.begun_fd,
		.tell = tell_nobody,
	};

	load(home);
	setting.conf = scene.conf;
	setting.fifos = fifos_open(scene.conf, getuid(), getgid(), expect_failure);
	assert_non_null(setting.fifos);
	assert_int_equal(notifier_open(&setting, &scene.now, &scene.notifier), 0);
}

/* As one that was killed: what is not in the store is lost. */
static void stop(void)
{
	notifier_close(scene.notifier);
	conf_free(scene.conf);
	scene.notifier = NULL;
}

static void turn(void)
{
	scene.now.mono_ns += SECOND / 100;
	scene.now.real_ns += SECOND / 100;
	notifier_dispatch(scene.notifier, &scene.now);
}

static void happen(uint8_t from, uint8_t to)
{
	struct event event = event_of(EVENT_STATE, "lan", "eth0", 4);

	event.state = (struct event_state){ .from = from, .to = to, .priority = 100 };
	scene.now.mono_ns += SECOND / 100;
	scene.now.real_ns += SECOND / 100;
	events_put(scene.rings[READER_ROUTER], &scene.now, &event);
}

static void begin(void)
{
	happen(VRRP_STATE_INITIALIZE, VRRP_STATE_BACKUP);
	happen(VRRP_STATE_BACKUP, VRRP_STATE_ACTIVE);
}

static void make_file(const char *name)
{
	char path[80];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", scene.directory, name);
	fd = open(path, O_WRONLY | O_CREAT, 0600);
	assert_true(fd >= 0);
	close(fd);
}

static int set_up(void **state)
{
	(void)state;
	scene = (struct scene){ .directory = "/dev/shm/vipd-repeat-XXXXXX",
				.begun_fd = begun_make(NULL),
				.now = { 3600 * SECOND, 1800000000 * SECOND } };
	assert_non_null(mkdtemp(scene.directory));
	snprintf(scene.home, sizeof(scene.home), "%s/home", scene.directory);
	snprintf(scene.other, sizeof(scene.other), "%s/other", scene.directory);
	assert_int_equal(mkdir(scene.home, 0700), 0);
	assert_int_equal(mkdir(scene.other, 0700), 0);
	for (unsigned i = 0; i < READER_RINGS; i++) {
		assert_int_equal(events_create(NULL, 1, &scene.rings[i]), 0);
		scene.fds[i] = events_fd(scene.rings[i]);
	}
	make_file("file");
	make_file("file-of-actions");
	return 0;
}

/* @text: has the home as $0. */
static void run_shell(const char *text)
{
	char command[200];

	snprintf(command, sizeof(command), "sh -c '%s' %s", text, scene.home);
	assert_int_equal(system(command), 0);
}

static int tear_down(void **state)
{
	(void)state;
	if (scene.notifier)
		stop();
	for (unsigned i = 0; i < READER_RINGS; i++)
		events_close(scene.rings[i]);
	close(scene.begun_fd);
	run_shell("rm -r $(dirname $0)");
	return 0;
}

/* ---- what waits ---- */

/* "backup active*": what is marked has a star. */
static const char *waiting(const char *home, const char *which)
{
	static char text[200];
	char path[80], query[200];
	sqlite3_stmt *statement;
	sqlite3 *db;

	text[0] = '\0';
	snprintf(path, sizeof(path), "%s/" STORE_FILE, home);
	snprintf(query, sizeof(query),
		 "SELECT word || iif(json_extract(message, '$.repeat'), '*', '') FROM deliveries "
		 "WHERE %s ORDER BY id",
		 which);
	assert_int_equal(sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_prepare_v2(db, query, -1, &statement, NULL), SQLITE_OK);
	while (sqlite3_step(statement) == SQLITE_ROW)
		snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s%s",
			 text[0] ? " " : "", (const char *)sqlite3_column_text(statement, 0));
	sqlite3_finalize(statement);
	assert_int_equal(sqlite3_close(db), SQLITE_OK);
	return text;
}

static void test_first_start_marks_nothing(void **state)
{
	(void)state;
	begin(); /* before anybody reads */
	start(scene.home);
	turn();
	happen(VRRP_STATE_ACTIVE, VRRP_STATE_FAULT);
	turn();
	assert_string_equal(waiting(scene.home, PAGES), "backup active fault");
	assert_string_equal(waiting(scene.home, ACTIONS), "fault");
}

static void test_pages_of_a_lost_store_are_marked_and_later_ones_are_not(void **state)
{
	(void)state;
	begin();
	start(scene.home);
	turn();
	stop();
	run_shell("rm $0/*");
	happen(VRRP_STATE_ACTIVE, VRRP_STATE_FAULT); /* nobody was there */
	start(scene.home);
	turn();
	assert_string_equal(waiting(scene.home, PAGES), "backup* active* fault");
	stop();
	run_shell("rm $0/*");
	start(scene.home);
	turn();
	assert_string_equal(waiting(scene.home, PAGES), "backup* active* fault*");
	assert_string_equal(waiting(scene.home, ACTIONS), "fault*");
	happen(VRRP_STATE_FAULT, VRRP_STATE_BACKUP);
	turn();
	assert_string_equal(waiting(scene.home, PAGES), "backup* active* fault* backup");
	assert_string_equal(waiting(scene.home, ACTIONS), "backup");
}

static void test_pages_that_nobody_has_begun_are_not_marked(void **state)
{
	(void)state;
	begin();
	start(scene.home);
	stop();
	run_shell("rm $0/*");
	start(scene.home);
	turn();
	assert_string_equal(waiting(scene.home, PAGES), "backup active");
}

static void test_store_that_has_all_marks_nothing(void **state)
{
	(void)state;
	begin();
	start(scene.home);
	turn();
	for (unsigned i = 0; i < 3; i++) {
		stop();
		start(scene.home);
		turn();
	}
	happen(VRRP_STATE_ACTIVE, VRRP_STATE_FAULT);
	turn();
	assert_string_equal(waiting(scene.home, PAGES), "backup active fault");
}

static void test_pages_are_marked_in_another_directory_and_back_in_the_first(void **state)
{
	(void)state;
	begin();
	start(scene.home);
	turn();
	stop();
	start(scene.other);
	turn();
	assert_string_equal(waiting(scene.other, PAGES), "backup* active*");
	happen(VRRP_STATE_ACTIVE, VRRP_STATE_FAULT);
	turn();
	assert_string_equal(waiting(scene.other, PAGES), "backup* active* fault");
	stop();
	happen(VRRP_STATE_FAULT, VRRP_STATE_BACKUP);
	start(scene.home); /* the other one may have told what waits here, too */
	turn();
	assert_string_equal(waiting(scene.home, PAGES), "backup* active* fault* backup");
	stop();
	start(scene.home);
	turn();
	assert_string_equal(waiting(scene.home, PAGES), "backup* active* fault* backup");
}

static void test_pages_told_without_a_store_are_marked_by_the_next_one(void **state)
{
	(void)state;
	begin();
	start("/nonexistent/home");
	turn();
	stop();
	start(scene.home);
	turn();
	assert_string_equal(waiting(scene.home, PAGES), "backup* active*");
}

/* It waited in the store; then that was away, and it was told from memory by one that was killed.
 */
static void test_pages_that_wait_in_a_store_that_was_away_are_marked(void **state)
{
	(void)state;
	begin();
	start(scene.home);
	turn();
	stop();
	run_shell("cp -r $0 $0.old");
	start(scene.home);
	scene.now.mono_ns += 60 * SECOND; /* so that they are tried again */
	turn();
	stop();
	run_shell("rm -r $0 && mv $0.old $0");
	start(scene.home);
	turn();
	assert_string_equal(waiting(scene.home, PAGES), "backup* active*");
}

static void test_pages_of_a_store_that_is_found_late_are_marked(void **state)
{
	(void)state;
	start(scene.home);
	turn();
	stop();
	begin();
	start(scene.home);
	notifier_dispatch(scene.notifier, &scene.now);
	stop();
	run_shell("mv $0 $0.away");
	start(scene.home);
	turn();
	run_shell("mv $0.away $0");
	scene.now.mono_ns += 10 * SECOND;
	turn();
	/* Those of the store, and what was read without it. */
	assert_string_equal(waiting(scene.home, PAGES), "backup* active* backup* active*");
}

/* As by a version of vipd that knew nothing of that. */
static void test_pages_that_were_read_by_one_who_notes_nothing_are_marked(void **state)
{
	const struct begun nothing = { 0 };

	(void)state;
	begin();
	start(scene.home);
	turn();
	stop();
	assert_int_equal(begun_write(scene.begun_fd, &nothing), 0);
	start(scene.home);
	stop();
	run_shell("rm $0/*");
	start(scene.home);
	turn();
	assert_string_equal(waiting(scene.home, PAGES), "backup* active*");
}

/* It was killed when it had written down that it begins, and begins nothing. */
static void test_pages_that_are_read_again_behind_a_late_store_are_marked(void **state)
{
	const struct begun nothing = { 0 };

	(void)state;
	begin();
	start(scene.home);
	turn();
	stop();
	assert_int_equal(begun_write(scene.begun_fd, &nothing), 0);
	run_shell("mv $0 $0.away");
	start(scene.home);
	run_shell("mv $0.away $0");
	scene.now.mono_ns += 10 * SECOND;
	turn();
	assert_string_equal(waiting(scene.home, PAGES), "backup* active* backup* active*");
}

static void test_new_store_that_is_found_late_marks_nothing(void **state)
{
	(void)state;
	run_shell("mv $0 $0.away");
	begin();
	start(scene.home);
	turn();
	run_shell("mv $0.away $0");
	scene.now.mono_ns += 10 * SECOND;
	turn();
	assert_string_equal(waiting(scene.home, PAGES), "backup active");
}

/* Somebody else who has lost its keeper is told, meanwhile. */
static void test_events_that_another_one_has_begun_meanwhile_are_marked(void **state)
{
	struct begun begun;

	(void)state;
	start(scene.home);
	turn();
	begin();
	assert_int_equal(begun_read(scene.begun_fd, &begun), 0);
	begun_add(&begun, READER_ROUTER, events_id(scene.rings[READER_ROUTER]), 1);
	assert_int_equal(begun_write(scene.begun_fd, &begun), 0);
	turn();
	assert_string_equal(waiting(scene.home, PAGES), "backup* active");
}

/* Likewise, of what waits here already. */
static void test_pages_that_another_one_may_have_begun_meanwhile_are_marked(void **state)
{
	struct begun begun;

	(void)state;
	begin();
	start(scene.home);
	turn();
	scene.now.mono_ns += 60 * SECOND;
	turn();
	assert_string_equal(waiting(scene.home, PAGES), "backup active");
	assert_int_equal(begun_read(scene.begun_fd, &begun), 0);
	begun.stamp_ns += SECOND;
	assert_int_equal(begun_write(scene.begun_fd, &begun), 0);
	scene.now.mono_ns += 60 * SECOND;
	turn();
	assert_string_equal(waiting(scene.home, PAGES), "backup* active*");
	happen(VRRP_STATE_ACTIVE, VRRP_STATE_FAULT);
	scene.now.mono_ns += 60 * SECOND;
	turn();
	assert_string_equal(waiting(scene.home, PAGES), "backup* active* fault");
}

/* Its numbers say nothing about those of another ring. */
static void test_events_of_another_ring_are_not_marked(void **state)
{
	struct begun begun = { .stamp_ns = INT64_MAX / 2 };

	(void)state;
	begun_add(&begun, READER_ROUTER, 4711, 1000);
	assert_int_equal(begun_write(scene.begun_fd, &begun), 0);
	begin();
	start(scene.home);
	turn();
	stop();
	start(scene.home);
	turn();
	assert_string_equal(waiting(scene.home, PAGES), "backup active");
}

/* ---- what is told ---- */

static bool says_repeat(struct delivery *delivery)
{
	struct message_run run;
	bool in_text, in_env = false;

	assert_int_equal(message_run_make(delivery, &run), 0);
	in_text = strstr(run.text, "\"repeat\": true") != NULL;
	if (!in_text)
		assert_non_null(strstr(run.text, "\"repeat\": false"));
	for (unsigned i = 0; run.env[i]; i++)
		in_env |= strcmp(run.env[i], "VIPD_REPEAT=1") == 0;
	assert_int_equal(in_env, in_text);
	message_run_free(&run);
	return in_text;
}

static void test_message_that_is_marked_is_a_repetition_at_each_attempt(void **state)
{
	const struct conf_notify conf = { .style = CONF_NOTIFY_JSON };
	struct delivery delivery = { .conf = &conf,
				     .attempts = 1,
				     .message = strdup("{\"kind\":\"state\"}") };

	(void)state;
	assert_false(says_repeat(&delivery));
	delivery.attempts = 2;
	assert_true(says_repeat(&delivery));
	delivery.attempts = 1;
	assert_int_equal(message_mark(&delivery.message), 0);
	assert_true(says_repeat(&delivery));
	assert_int_equal(message_mark(&delivery.message), 0);
	assert_string_equal(delivery.message, "{\"kind\":\"state\",\"repeat\":true}");
	free(delivery.message);
}

#define SCENE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		SCENE(test_first_start_marks_nothing),
		SCENE(test_pages_of_a_lost_store_are_marked_and_later_ones_are_not),
		SCENE(test_pages_that_nobody_has_begun_are_not_marked),
		SCENE(test_store_that_has_all_marks_nothing),
		SCENE(test_pages_are_marked_in_another_directory_and_back_in_the_first),
		SCENE(test_pages_told_without_a_store_are_marked_by_the_next_one),
		SCENE(test_pages_that_wait_in_a_store_that_was_away_are_marked),
		SCENE(test_pages_of_a_store_that_is_found_late_are_marked),
		SCENE(test_pages_that_were_read_by_one_who_notes_nothing_are_marked),
		SCENE(test_pages_that_are_read_again_behind_a_late_store_are_marked),
		SCENE(test_new_store_that_is_found_late_marks_nothing),
		SCENE(test_events_that_another_one_has_begun_meanwhile_are_marked),
		SCENE(test_pages_that_another_one_may_have_begun_meanwhile_are_marked),
		SCENE(test_events_of_another_ring_are_not_marked),
		cmocka_unit_test(test_message_that_is_marked_is_a_repetition_at_each_attempt),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
