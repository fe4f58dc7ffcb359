/* SPDX-License-Identifier: MIT */
/*
 * Who waits for commands before a drain is answered once they have ended, and nobody else: the
 * notifier with a real store, rings that are written here, and a keeper that may have no room.
 */
#include "test_conf.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "agent/events.h"
#include "agent/notify/fifo.h"
#include "agent/notify/notifier.h"
#include "agent/notify/reader.h"

#define UNTIL (200 * SECOND)
#define HOOK  "notify = ( { command = [ \"/bin/true\" ]; before = \"drain\"; } );"
#define SOON  (SECOND / 5) /* no answer waits longer for room */

struct scene {
	char directory[40];
	struct conf *conf;
	struct events *rings[READER_RINGS];
	int fds[READER_RINGS];
	struct notifier *notifier;
	struct clocks now;
	int err; /* that the keeper answers */
	char told[400];
};

static int take(void *arg, const struct event *event)
{
	struct scene *scene = arg;

	if (scene->err < 0)
		return scene->err;
	sprintf(scene->told + strlen(scene->told), "%u.%u;", (unsigned)event->kind,
		event->kind == EVENT_DRAINED || event->kind == EVENT_NOTIFY ? event->fact.word : 0);
	return 0;
}

static const char *told_of(unsigned kind, unsigned word)
{
	static char text[16];

	snprintf(text, sizeof(text), "%u.%u;", kind, word);
	return text;
}

static void no_fifo(const char *path, int err)
{
	fail_msg("%s: %d", path, err);
}

static int open_scene(void **state)
{
	struct scene *scene = calloc(1, sizeof(*scene));

	*state = scene;
	strcpy(scene->directory, "/dev/shm/vipd-hook-XXXXXX");
	scene->now = (struct clocks){ 100 * SECOND, 1800000000 * SECOND };
	assert_non_null(mkdtemp(scene->directory));
	for (unsigned i = 0; i < READER_RINGS; i++) {
		assert_int_equal(events_create(NULL, 1, &scene->rings[i]), 0);
		scene->fds[i] = events_fd(scene->rings[i]);
	}
	return 0;
}

static void start(struct scene *scene, const char *notify, int64_t life_ns)
{
	struct notifier_setting setting = { .directory = scene->directory,
					    .life = "life",
					    .life_ns = life_ns,
					    .boot = "boot",
					    .rings = scene->fds,
					    .events_fd = -1,
					    .begun_fd = -1,
					    .tell = take,
					    .arg = scene };
	struct conf_errors errors;
	char text[800], path[32];
	int fd;

	snprintf(text, sizeof(text),
		 "node = \"gw1\"; state_dir = \"%s\"; %s routers = ( { name = "
		 "\"lan\"; interface = \"eth0\"; vrid = 1; addresses = ( \"192.0.2.1/24\" ); } );",
		 scene->directory, notify);
	fd = conf_file(text, path);
	if (conf_load(path, &scene->conf, &errors) < 0)
		fail_msg("%s", errors_text(&errors));
	close(fd);
	setting.conf = scene->conf;
	setting.fifos = fifos_open(scene->conf, getuid(), getgid(), no_fifo);
	assert_non_null(setting.fifos);
	assert_int_equal(notifier_open(&setting, &scene->now, &scene->notifier), 0);
}

static void stop(struct scene *scene)
{
	notifier_close(scene->notifier);
	conf_free(scene->conf);
	scene->told[0] = '\0';
}

static int close_scene(void **state)
{
	struct scene *scene = *state;
	char command[80];

	stop(scene);
	for (unsigned i = 0; i < READER_RINGS; i++)
		events_close(scene->rings[i]);
	snprintf(command, sizeof(command), "rm -rf %s", scene->directory);
	assert_int_equal(system(command), 0);
	free(scene);
	return 0;
}

static void wait_for_hooks(struct scene *scene)
{
	struct event event = event_of(EVENT_DRAINED, "lan", "eth0", 4);

	event.fact.word = EVENT_DRAIN_WAITS;
	event.fact.number[1] = UNTIL;
	events_put(scene->rings[READER_ROUTER], &scene->now, &event);
}

static void ask_to_drop(struct scene *scene, int64_t id)
{
	struct event event = event_fact(EVENT_NOTIFY_ASKED, 0, NULL);

	event.fact.word = EVENT_NOTIFY_DROP;
	event.fact.number[0] = id;
	events_put(scene->rings[READER_ROUTER], &scene->now, &event);
}

static void pass(struct scene *scene, int64_t ns)
{
	scene->now.mono_ns += ns;
	scene->now.real_ns += ns;
	notifier_dispatch(scene->notifier, &scene->now);
}

/* It would fail, and be a dead letter for somebody to decide about. */
static void test_loss_is_no_page_for_who_has_no_word_for_it(void **state)
{
	struct event event = event_fact(EVENT_JOURNAL_LOST, 0, NULL);
	struct metrics_notify counts;
	struct scene *scene = *state;

	start(scene,
	      "notify = ( { command = [ \"/bin/true\" ]; style = \"keepalived\"; deliver = "
	      "\"all\"; } );",
	      0);
	events_put(scene->rings[READER_ROUTER], &scene->now, &event);
	pass(scene, 0);
	notifier_count(scene->notifier, &counts);
	assert_int_equal(counts.failed + counts.waiting + counts.running + counts.dead, 0);
}

static void test_drain_without_hooks_is_answered_at_once(void **state)
{
	struct scene *scene = *state;

	start(scene, "", 0);
	wait_for_hooks(scene);
	pass(scene, 1);
	assert_string_equal(scene->told, told_of(EVENT_DRAINED, EVENT_DRAIN_READY));
	pass(scene, SOON);
	assert_string_equal(scene->told, told_of(EVENT_DRAINED, EVENT_DRAIN_READY));
}

static void test_answer_without_room_is_given_again(void **state)
{
	struct scene *scene = *state;

	start(scene, "", 0);
	wait_for_hooks(scene);
	scene->err = -EAGAIN;
	pass(scene, 1);
	assert_true(notifier_deadline(scene->notifier) <= scene->now.mono_ns + SOON);
	scene->err = 0;
	pass(scene, SOON);
	assert_string_equal(scene->told, told_of(EVENT_DRAINED, EVENT_DRAIN_READY));
	pass(scene, SOON);
	assert_string_equal(scene->told, told_of(EVENT_DRAINED, EVENT_DRAIN_READY));
}

static void test_question_without_room_is_asked_again(void **state)
{
	const struct event loss = event_fact(EVENT_JOURNAL_LOST, 0, NULL);
	struct scene *scene = *state;

	start(scene, "", 0);
	events_put(scene->rings[READER_ROUTER], &scene->now, &loss);
	scene->err = -EAGAIN;
	pass(scene, 1);
	assert_true(notifier_deadline(scene->notifier) <= scene->now.mono_ns + SOON);
	scene->err = 0;
	pass(scene, SOON);
	assert_string_equal(scene->told, told_of(EVENT_JOURNAL_LOST, 0));
	pass(scene, SOON);
	assert_string_equal(scene->told, told_of(EVENT_JOURNAL_LOST, 0));
}

/* It must not run: nobody waits. */
static void test_drain_of_a_vipd_that_is_dead_runs_nothing(void **state)
{
	struct scene *scene = *state;
	struct metrics_notify counts;

	start(scene, HOOK, 0);
	pass(scene, SECOND);
	stop(scene);
	wait_for_hooks(scene);
	start(scene, HOOK, scene->now.mono_ns + 1);
	pass(scene, SECOND);
	assert_string_equal(scene->told, "");
	notifier_count(scene->notifier, &counts);
	assert_int_equal(counts.running + counts.waiting, 0);
}

/* The first delivery of a new store is number 1. */
static void test_hook_that_is_dropped_is_waited_for_no_longer(void **state)
{
	struct scene *scene = *state;
	char expected[40];

	start(scene, HOOK, 0);
	wait_for_hooks(scene);
	ask_to_drop(scene, 1);
	pass(scene, 1);
	strcpy(expected, told_of(EVENT_DRAINED, EVENT_DRAIN_HOOK_FAILED));
	strcat(expected, told_of(EVENT_NOTIFY, EVENT_NOTIFY_DROP));
	assert_string_equal(scene->told, expected);
}

static void test_request_of_before_a_new_store_is_for_another_one(void **state)
{
	struct scene *scene = *state;

	ask_to_drop(scene, 7);
	scene->now.mono_ns += SECOND;
	start(scene, "", 0);
	pass(scene, 1);
	assert_string_equal(scene->told, "");
	ask_to_drop(scene, 7);
	pass(scene, 1);
	assert_string_equal(scene->told, told_of(EVENT_NOTIFY, EVENT_NOTIFY_UNKNOWN));
}

/* Whoever takes its place goes on with it. */
static void test_request_that_a_dead_notifier_has_not_read_is_answered(void **state)
{
	struct scene *scene = *state;

	start(scene, "", 0);
	wait_for_hooks(scene);
	pass(scene, 1);
	ask_to_drop(scene, 7);
	scene->now.mono_ns += SECOND;
	stop(scene);
	start(scene, "", 0);
	pass(scene, 1);
	assert_string_equal(scene->told, told_of(EVENT_NOTIFY, EVENT_NOTIFY_UNKNOWN));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_scene, close_scene)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_loss_is_no_page_for_who_has_no_word_for_it),
		TEST(test_drain_without_hooks_is_answered_at_once),
		TEST(test_answer_without_room_is_given_again),
		TEST(test_question_without_room_is_asked_again),
		TEST(test_drain_of_a_vipd_that_is_dead_runs_nothing),
		TEST(test_hook_that_is_dropped_is_waited_for_no_longer),
		TEST(test_request_of_before_a_new_store_is_for_another_one),
		TEST(test_request_that_a_dead_notifier_has_not_read_is_answered),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
