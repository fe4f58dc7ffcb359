/* SPDX-License-Identifier: MIT */
/*
 * What may have been told before says so, whatever has become of the store: it is lost, another
 * one, or was not there. Nobody can be told here, so that all waits in a store with what it says.
 */
#include "notifier_scene.h"

#include <sqlite3.h>
#include <sys/stat.h>

#include "agent/begun.h"
#include "agent/notify/message.h"
#include "agent/notify/queue.h"
#include "agent/notify/store.h"

#define PAGES   "deliver = 1"
#define ACTIONS "deliver = 2"

_Static_assert(CONF_NOTIFY_ALL == 1 && CONF_NOTIFY_CURRENT == 2, "the words above");

static struct notifier_scene scene;
static char home[64], other[64]; /* of stores */
static int begun_fd;

/* ---- the notifier ---- */

static void start(const char *where)
{
	struct notifier_setting setting = scene_setting(&scene, where);
	char text[1024];

	snprintf(text, sizeof(text),
		 "node = \"gw1\"; state_dir = \"%s\"; notify = ( "
		 "{ fifo = \"%s/file\"; deliver = \"all\"; retries = 100; }, "
		 "{ fifo = \"%s/file-of-actions\"; deliver = \"current\"; retries = 100; } ); "
		 "routers = ( { name = \"lan\"; interface = \"eth0\"; vrid = 1; "
		 "addresses = ( \"192.0.2.1/24\" ); } );",
		 where, scene.directory, scene.directory);
	scene.conf = conf_of(text);
	setting.begun_fd = begun_fd;
	scene_start(&scene, setting);
}

static void turn(void)
{
	scene_pass(&scene, SECOND / 100);
	notifier_dispatch(scene.notifier, &scene.now);
}

/* As long as it takes until what has failed is tried again, or a store that was away. */
static void turn_after(int64_t ns)
{
	scene.now.mono_ns += ns;
	turn();
}

static void happen(uint8_t from, uint8_t to)
{
	scene_pass(&scene, SECOND / 100);
	scene_change(&scene, "lan", from, to);
}

static void begin(void)
{
	happen(VRRP_STATE_INITIALIZE, VRRP_STATE_BACKUP);
	happen(VRRP_STATE_BACKUP, VRRP_STATE_ACTIVE);
}

/* @text: has the home as $0. */
static void run_shell(const char *text)
{
	char command[200];

	snprintf(command, sizeof(command), "sh -c '%s' %s", text, home);
	assert_int_equal(system(command), 0);
}

/* It is killed. */
static void stop(void)
{
	scene_stop(&scene);
}

/* Another one takes the place of one that was killed, if there was one. */
static void tell_from(const char *where)
{
	stop();
	start(where);
	turn();
}

static void begin_and_tell(void)
{
	begin();
	tell_from(home);
}

static void lose_store_and_tell(void)
{
	stop();
	run_shell("rm $0/*");
	tell_from(home);
}

/* The notifier has gone on without it. */
static void find_store_again(void)
{
	run_shell("mv $0.away $0");
	turn_after(10 * SECOND);
}

/* As with a version of vipd that notes nothing. */
static void forget_what_was_begun(void)
{
	const struct begun nothing = { 0 };

	assert_int_equal(begun_write(begun_fd, &nothing), 0);
}

static int set_up(void **state)
{
	(void)state;
	scene_open(&scene, "repeat", 1, 3600 * SECOND);
	begun_fd = begun_make(NULL);
	snprintf(home, sizeof(home), "%s/home", scene.directory);
	snprintf(other, sizeof(other), "%s/other", scene.directory);
	assert_int_equal(mkdir(home, 0700), 0);
	assert_int_equal(mkdir(other, 0700), 0);
	scene_make_file(&scene, "file");
	scene_make_file(&scene, "file-of-actions");
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	scene_close(&scene);
	close(begun_fd);
	return 0;
}

/* ---- what waits ---- */

/* "backup active*": what is marked has a star. */
static const char *waiting(const char *where, const char *which)
{
	static char text[200];
	char path[80], query[200];
	sqlite3_stmt *statement;
	sqlite3 *db;

	text[0] = '\0';
	snprintf(path, sizeof(path), "%s/" STORE_FILE, where);
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
	tell_from(home);
	happen(VRRP_STATE_ACTIVE, VRRP_STATE_FAULT);
	turn();
	assert_string_equal(waiting(home, PAGES), "backup active fault");
	assert_string_equal(waiting(home, ACTIONS), "fault");
}

static void test_pages_of_a_lost_store_are_marked_and_later_ones_are_not(void **state)
{
	(void)state;
	begin_and_tell();
	stop();
	run_shell("rm $0/*");
	happen(VRRP_STATE_ACTIVE, VRRP_STATE_FAULT); /* nobody was there */
	tell_from(home);
	assert_string_equal(waiting(home, PAGES), "backup* active* fault");
	lose_store_and_tell();
	assert_string_equal(waiting(home, PAGES), "backup* active* fault*");
	assert_string_equal(waiting(home, ACTIONS), "fault*");
	happen(VRRP_STATE_FAULT, VRRP_STATE_BACKUP);
	turn();
	assert_string_equal(waiting(home, PAGES), "backup* active* fault* backup");
	assert_string_equal(waiting(home, ACTIONS), "backup");
}

static void test_pages_that_nobody_has_begun_are_not_marked(void **state)
{
	(void)state;
	begin();
	start(home);
	lose_store_and_tell();
	assert_string_equal(waiting(home, PAGES), "backup active");
}

static void test_store_that_has_all_marks_nothing(void **state)
{
	(void)state;
	begin_and_tell();
	for (unsigned i = 0; i < 3; i++)
		tell_from(home);
	happen(VRRP_STATE_ACTIVE, VRRP_STATE_FAULT);
	turn();
	assert_string_equal(waiting(home, PAGES), "backup active fault");
}

static void test_pages_are_marked_in_another_directory_and_back_in_the_first(void **state)
{
	(void)state;
	begin_and_tell();
	tell_from(other);
	assert_string_equal(waiting(other, PAGES), "backup* active*");
	happen(VRRP_STATE_ACTIVE, VRRP_STATE_FAULT);
	turn();
	assert_string_equal(waiting(other, PAGES), "backup* active* fault");
	stop();
	happen(VRRP_STATE_FAULT, VRRP_STATE_BACKUP);
	tell_from(home); /* the other one may have told what waits here, too */
	assert_string_equal(waiting(home, PAGES), "backup* active* fault* backup");
	tell_from(home);
	assert_string_equal(waiting(home, PAGES), "backup* active* fault* backup");
}

static void test_pages_told_without_a_store_are_marked_by_the_next_one(void **state)
{
	(void)state;
	begin();
	tell_from("/nonexistent/home");
	tell_from(home);
	assert_string_equal(waiting(home, PAGES), "backup* active*");
}

/* It waited in the store; then that was away, and it was told from memory by one that was killed.
 */
static void test_pages_that_wait_in_a_store_that_was_away_are_marked(void **state)
{
	(void)state;
	begin_and_tell();
	stop();
	run_shell("cp -r $0 $0.old");
	start(home);
	turn_after(60 * SECOND);
	stop();
	run_shell("rm -r $0 && mv $0.old $0");
	tell_from(home);
	assert_string_equal(waiting(home, PAGES), "backup* active*");
}

static void test_pages_of_a_store_that_is_found_late_are_marked(void **state)
{
	(void)state;
	tell_from(home);
	stop();
	begin();
	start(home);
	notifier_dispatch(scene.notifier, &scene.now);
	stop();
	run_shell("mv $0 $0.away");
	tell_from(home);
	find_store_again();
	/* Those of the store, and what was read without it. */
	assert_string_equal(waiting(home, PAGES), "backup* active* backup* active*");
}

static void test_pages_that_were_read_by_one_who_notes_nothing_are_marked(void **state)
{
	(void)state;
	begin_and_tell();
	stop();
	forget_what_was_begun();
	start(home);
	lose_store_and_tell();
	assert_string_equal(waiting(home, PAGES), "backup* active*");
}

/* It was killed when it had written down that it begins, and begins nothing. */
static void test_pages_that_are_read_again_behind_a_late_store_are_marked(void **state)
{
	(void)state;
	begin_and_tell();
	stop();
	forget_what_was_begun();
	run_shell("mv $0 $0.away");
	start(home);
	find_store_again();
	assert_string_equal(waiting(home, PAGES), "backup* active* backup* active*");
}

static void test_new_store_that_is_found_late_marks_nothing(void **state)
{
	(void)state;
	run_shell("mv $0 $0.away");
	begin_and_tell();
	find_store_again();
	assert_string_equal(waiting(home, PAGES), "backup active");
}

/* Somebody else who has lost its keeper is told, meanwhile. */
static void test_events_that_another_one_has_begun_meanwhile_are_marked(void **state)
{
	struct begun begun;

	(void)state;
	tell_from(home);
	begin();
	assert_int_equal(begun_read(begun_fd, &begun), 0);
	begun_add(&begun, READER_ROUTER, events_id(scene.rings[READER_ROUTER]), 1);
	assert_int_equal(begun_write(begun_fd, &begun), 0);
	turn();
	assert_string_equal(waiting(home, PAGES), "backup* active");
}

/* Likewise, of what waits here already. */
static void test_pages_that_another_one_may_have_begun_meanwhile_are_marked(void **state)
{
	struct begun begun;

	(void)state;
	begin_and_tell();
	turn_after(60 * SECOND);
	assert_string_equal(waiting(home, PAGES), "backup active");
	assert_int_equal(begun_read(begun_fd, &begun), 0);
	begun.stamp_ns += SECOND;
	assert_int_equal(begun_write(begun_fd, &begun), 0);
	turn_after(60 * SECOND);
	assert_string_equal(waiting(home, PAGES), "backup* active*");
	happen(VRRP_STATE_ACTIVE, VRRP_STATE_FAULT);
	turn_after(60 * SECOND);
	assert_string_equal(waiting(home, PAGES), "backup* active* fault");
}

/* Its numbers say nothing about those of another ring. */
static void test_events_of_another_ring_are_not_marked(void **state)
{
	struct begun begun = { .stamp_ns = INT64_MAX / 2 };

	(void)state;
	begun_add(&begun, READER_ROUTER, 4711, 1000);
	assert_int_equal(begun_write(begun_fd, &begun), 0);
	begin_and_tell();
	tell_from(home);
	assert_string_equal(waiting(home, PAGES), "backup active");
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
