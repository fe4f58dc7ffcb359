/* SPDX-License-Identifier: MIT */
/*
 * Who waits for commands before it leaves is answered once they have ended, and nobody else: the
 * notifier with a real store, rings that are written here, and a keeper that may have no room.
 */
#include "notifier_scene.h"

#include <stdlib.h>
#include <unistd.h>

#define UNTIL (200 * SECOND)
#define HOOK  "notify = ( { command = [ \"/bin/true\" ]; before = \"drain\"; } );"
#define SOON  (SECOND / 5) /* no answer waits longer for room */

struct scene {
	struct notifier_scene base;
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

static int open_scene(void **state)
{
	struct scene *scene = calloc(1, sizeof(*scene));

	*state = scene;
	scene_open(&scene->base, "hook", 1, 100 * SECOND);
	return 0;
}

static void start(struct scene *scene, const char *notify, int64_t life_ns)
{
	struct notifier_setting setting = scene_setting(&scene->base, scene->base.directory);
	struct conf_errors errors;
	char text[800], path[32];
	int fd;

	snprintf(text, sizeof(text),
		 "node = \"gw1\"; state_dir = \"%s\"; %s routers = ( { name = "
		 "\"lan\"; interface = \"eth0\"; vrid = 1; addresses = ( \"192.0.2.1/24\" ); } );",
		 scene->base.directory, notify);
	fd = conf_file(text, path);
	if (conf_load(path, &scene->base.conf, &errors) < 0)
		fail_msg("%s", errors_text(&errors));
	close(fd);
	setting.life_ns = life_ns;
	setting.tell = take;
	setting.arg = scene;
	scene_start(&scene->base, setting);
}

static void stop(struct scene *scene)
{
	scene_stop(&scene->base);
	scene->told[0] = '\0';
}

static int close_scene(void **state)
{
	struct scene *scene = *state;

	scene_close(&scene->base);
	free(scene);
	return 0;
}

/* Something happens to the router, of which there is one. */
static void put(struct scene *scene, unsigned kind, unsigned word, enum event_before before,
		int64_t until_ns)
{
	struct event event = event_of(kind, "lan", "eth0", 4);

	event.fact.word = (uint8_t)word;
	if (kind == EVENT_DRAIN)
		event.fact.name[0] = word == EVENT_DRAIN_BEGINS ? 'w' : '\0';
	if (kind == EVENT_LEAVE)
		strcpy(event.fact.name, event_before_word(before));
	event.fact.number[1] = until_ns;
	events_put(scene->base.rings[READER_ROUTER], &scene->base.now, &event);
}

static void wait_before(struct scene *scene, enum event_before before, int64_t until_ns)
{
	put(scene, before == EVENT_BEFORE_DRAIN ? EVENT_DRAINED : EVENT_LEAVE, EVENT_DRAIN_WAITS,
	    before, until_ns);
}

static void wait_for_hooks(struct scene *scene)
{
	wait_before(scene, EVENT_BEFORE_DRAIN, UNTIL);
}

static unsigned running(struct scene *scene)
{
	struct metrics_notify counts;

	notifier_count(scene->base.notifier, &counts);
	return (unsigned)counts.running;
}

static void ask_to_drop(struct scene *scene, int64_t id)
{
	struct event event = event_fact(EVENT_NOTIFY_ASKED, 0, NULL);

	event.fact.word = EVENT_NOTIFY_DROP;
	event.fact.number[0] = id;
	events_put(scene->base.rings[READER_ROUTER], &scene->base.now, &event);
}

static void pass(struct scene *scene, int64_t ns)
{
	scene->base.now.mono_ns += ns;
	scene->base.now.real_ns += ns;
	notifier_dispatch(scene->base.notifier, &scene->base.now);
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
	events_put(scene->base.rings[READER_ROUTER], &scene->base.now, &event);
	pass(scene, 0);
	notifier_count(scene->base.notifier, &counts);
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
	assert_true(notifier_deadline(scene->base.notifier) <= scene->base.now.mono_ns + SOON);
	scene->err = 0;
	pass(scene, SOON);
	assert_string_equal(scene->told, told_of(EVENT_DRAINED, EVENT_DRAIN_READY));
	pass(scene, SOON);
	assert_string_equal(scene->told, told_of(EVENT_DRAINED, EVENT_DRAIN_READY));
}

static void test_answer_of_a_notifier_that_was_killed_is_given_again(void **state)
{
	struct scene *scene = *state;

	start(scene, "", 0);
	wait_for_hooks(scene);
	pass(scene, 1);
	stop(scene);
	start(scene, "", 0);
	pass(scene, 1);
	assert_string_equal(scene->told, told_of(EVENT_DRAINED, EVENT_DRAIN_READY));
	pass(scene, UNTIL - scene->base.now.mono_ns);
	stop(scene);
	start(scene, "", 0);
	pass(scene, 1);
	assert_string_equal(scene->told, ""); /* nobody waits any more */
}

static void test_question_without_room_is_asked_again(void **state)
{
	const struct event loss = event_fact(EVENT_JOURNAL_LOST, 0, NULL);
	struct scene *scene = *state;

	start(scene, "", 0);
	events_put(scene->base.rings[READER_ROUTER], &scene->base.now, &loss);
	scene->err = -EAGAIN;
	pass(scene, 1);
	assert_true(notifier_deadline(scene->base.notifier) <= scene->base.now.mono_ns + SOON);
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
	start(scene, HOOK, scene->base.now.mono_ns + 1);
	pass(scene, SECOND);
	assert_string_equal(scene->told, "");
	notifier_count(scene->base.notifier, &counts);
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

/* Time passes here as it does for the commands. Return: what somebody is told who waits. */
static unsigned answer_of(struct scene *scene)
{
	for (unsigned i = 0; i < 2000; i++) {
		if (strstr(scene->told, told_of(EVENT_DRAINED, EVENT_DRAIN_READY)))
			return EVENT_DRAIN_READY;
		if (strstr(scene->told, told_of(EVENT_DRAINED, EVENT_DRAIN_HOOK_FAILED)))
			return EVENT_DRAIN_HOOK_FAILED;
		usleep(10000);
		pass(scene, SECOND / 100);
	}
	fail_msg("no answer: %s", scene->told);
	return 0;
}

/* What is told of one wait, of which a command fails or not. */
static void wait_once(struct scene *scene, enum event_before before, bool fails)
{
	static int64_t until_ns = UNTIL;
	char flag[60];

	snprintf(flag, sizeof(flag), "%s/flag", scene->base.directory);
	if (fails)
		(void)unlink(flag);
	else
		fclose(fopen(flag, "w"));
	scene->told[0] = '\0';
	wait_before(scene, before, until_ns++);
	assert_int_equal(answer_of(scene), fails ? EVENT_DRAIN_HOOK_FAILED : EVENT_DRAIN_READY);
	assert_int_equal(!!strstr(scene->told, told_of(EVENT_NOTIFY, EVENT_NOTIFY_HOOK)), fails);
}

/* Nor of another one that looks into the same store. */
static void test_failure_is_told_of_the_wait_that_it_was_in_and_of_no_other(void **state)
{
	struct scene *scene = *state;
	char hook[160];

	snprintf(hook, sizeof(hook),
		 "notify = ( { command = [ \"/usr/bin/test\", \"-e\", \"%s/flag\" ]; before = "
		 "\"drain\"; } );",
		 scene->base.directory);
	for (enum event_before before = EVENT_BEFORE_DRAIN; before < EVENT_BEFORE_COUNT; before++) {
		start(scene, hook, 0);
		pass(scene, 1); /* the last answer, once more */
		wait_once(scene, before, false);
		wait_once(scene, before, true);
		wait_once(scene, before, false);
		wait_once(scene, before, true);
		stop(scene);
		start(scene, hook, 0);
		pass(scene, 1); /* the last answer, once more */
		wait_once(scene, before, false);
		stop(scene);
	}
	start(scene, hook, 0);
}

/* Return: whether what runs has ended, or soon does. */
static bool have_ended(struct scene *scene)
{
	for (unsigned i = 0; running(scene) && i < 500; i++) {
		usleep(10000);
		pass(scene, SECOND / 100);
	}
	return !running(scene);
}

/* However many there are, and before who waits goes on. */
static void test_failure_without_room_is_told_later_and_before_the_answer(void **state)
{
	struct scene *scene = *state;
	char expected[80];

	start(scene,
	      "notify = ( { command = [ \"/bin/false\" ]; before = \"drain\"; }, { command = [ "
	      "\"/bin/false\", \"2\" ]; before = \"drain\"; } );",
	      0);
	wait_for_hooks(scene);
	pass(scene, 1);
	assert_int_equal(running(scene), 2);
	scene->err = -EAGAIN;
	assert_true(have_ended(scene));
	pass(scene, SOON);
	scene->err = 0;
	pass(scene, SOON);
	strcpy(expected, told_of(EVENT_NOTIFY, EVENT_NOTIFY_HOOK));
	strcat(expected, told_of(EVENT_NOTIFY, EVENT_NOTIFY_HOOK));
	strcat(expected, told_of(EVENT_DRAINED, EVENT_DRAIN_HOOK_FAILED));
	assert_string_equal(scene->told, expected);
	pass(scene, SOON);
	assert_string_equal(scene->told, expected);
}

/* One has failed, and is not run again; the other one ends well. */
static void test_failure_is_not_forgotten_with_a_notifier_that_dies_meanwhile(void **state)
{
	struct scene *scene = *state;
	char hooks[400], gate[60];

	snprintf(gate, sizeof(gate), "%s/gate", scene->base.directory);
	snprintf(hooks, sizeof(hooks),
		 "notify = ( { command = [ \"/bin/false\" ]; before = \"drain\"; }, { command = [ "
		 "\"/bin/sh\", \"-c\", \"until [ -e %s ]; do sleep 0.02; done\" ]; before = "
		 "\"drain\"; timeout = \"1m\"; } );",
		 gate);
	start(scene, hooks, 0);
	wait_for_hooks(scene);
	for (unsigned i = 0; !scene->told[0] && i < 2000; i++) {
		usleep(10000);
		pass(scene, SECOND / 100);
	}
	assert_string_equal(scene->told, told_of(EVENT_NOTIFY, EVENT_NOTIFY_HOOK));
	stop(scene);
	start(scene, hooks, 0);
	pass(scene, 1);
	assert_int_equal(running(scene), 1);
	fclose(fopen(gate, "w"));
	assert_int_equal(answer_of(scene), EVENT_DRAIN_HOOK_FAILED);
}

#define SLOW                                                                                       \
	"notify = ( { command = [ \"/bin/sleep\", \"60\" ]; before = \"drain\"; timeout = "        \
	"\"1m\"; } );"

/* Time passes here as it does for the commands, which are killed. Return: how long it took. */
static int64_t end_of(struct scene *scene)
{
	int64_t before_ns = scene->base.now.mono_ns;

	for (unsigned i = 0; !notifier_has_ended(scene->base.notifier) && i < 2000; i++) {
		usleep(10000);
		pass(scene, SECOND / 100);
	}
	assert_true(notifier_has_ended(scene->base.notifier));
	return scene->base.now.mono_ns - before_ns;
}

static void test_hooks_are_cut_at_once_when_vipd_ends_and_none_begins(void **state)
{
	struct scene *scene = *state;

	start(scene, SLOW, 0);
	wait_before(scene, EVENT_BEFORE_STOP, UNTIL);
	pass(scene, 1);
	assert_int_equal(running(scene), 1);
	notifier_end(scene->base.notifier, NOTIFIER_STOPPED, scene->base.now.mono_ns);
	wait_before(scene, EVENT_BEFORE_STOP, UNTIL + SECOND);
	assert_true(end_of(scene) < 5 * SECOND);
	assert_int_equal(running(scene), 0);
	/* Nor when it is started anew: it was told of as one that failed. */
	assert_non_null(strstr(scene->told, told_of(EVENT_NOTIFY, EVENT_NOTIFY_HOOK)));
	stop(scene);
	start(scene, SLOW, 0);
	pass(scene, SECOND);
	assert_int_equal(running(scene), 0);
}

/* The router waits on. */
static void goes_on(struct scene *scene, enum notifier_end how)
{
	start(scene, SLOW, 0);
	wait_before(scene, EVENT_BEFORE_STOP, UNTIL);
	pass(scene, 1);
	notifier_end(scene->base.notifier, how, scene->base.now.mono_ns);
	for (unsigned i = 0; i < 50; i++) { /* that it would take to die is real */
		usleep(10000);
		pass(scene, SECOND / 10);
	}
	assert_int_equal(running(scene), 1);
	assert_false(notifier_has_ended(scene->base.notifier));
	assert_string_equal(scene->told, "");
}

static void test_hook_goes_on_when_the_notifier_is_replaced(void **state)
{
	goes_on(*state, NOTIFIER_REPLACED);
}

/* The keeper may be another program by now, which has the same routers. */
static void test_hook_goes_on_when_the_keeper_just_hangs_up(void **state)
{
	goes_on(*state, NOTIFIER_ORPHANED);
}

/* It would have failed: that is told of one for which somebody waits. */
static bool is_waited_for(struct scene *scene)
{
	notifier_end(scene->base.notifier, NOTIFIER_STOPPED, scene->base.now.mono_ns);
	(void)end_of(scene);
	return strstr(scene->told, told_of(EVENT_NOTIFY, EVENT_NOTIFY_HOOK));
}

#define BEFORE(what) (1U << EVENT_BEFORE_##what)
#define BEFORE_ALL   (BEFORE(DRAIN) | BEFORE(STOP) | BEFORE(REMOVAL) | BEFORE(PRIORITY))

/* What is told of a router, and the hooks before what it ends. */
static const struct {
	unsigned kind, word;
	enum event_before before;
	unsigned ends;
} ends[] = {
	{ EVENT_LEAVE, EVENT_DRAIN_VOID, EVENT_BEFORE_STOP, BEFORE(STOP) },
	{ EVENT_LEAVE, EVENT_DRAIN_VOID, EVENT_BEFORE_REMOVAL, BEFORE(REMOVAL) },
	{ EVENT_LEAVE, EVENT_DRAIN_VOID, EVENT_BEFORE_PRIORITY, BEFORE(PRIORITY) },
	{ EVENT_LEAVE, EVENT_DRAIN_READY, EVENT_BEFORE_STOP, 0 },
	{ EVENT_LEAVE, EVENT_DRAIN_HOOK_USELESS, EVENT_BEFORE_REMOVAL, 0 },
	{ EVENT_DRAIN, EVENT_DRAIN_RESUMED, EVENT_BEFORE_DRAIN, BEFORE(DRAIN) },
	{ EVENT_DRAINED, EVENT_DRAIN_OVER, EVENT_BEFORE_DRAIN, BEFORE(DRAIN) },
	{ EVENT_WITHDRAWN, 0, EVENT_BEFORE_DRAIN, BEFORE_ALL },
};

static void end_one(unsigned i, enum event_before before)
{
	bool is_off = ends[i].ends & (1U << before);
	void *state;
	struct scene *scene;

	open_scene(&state);
	scene = state;
	start(scene, SLOW, 0);
	if (before == EVENT_BEFORE_DRAIN || ends[i].before == EVENT_BEFORE_DRAIN)
		put(scene, EVENT_DRAIN, EVENT_DRAIN_BEGINS, EVENT_BEFORE_DRAIN, 0);
	wait_before(scene, before, UNTIL);
	pass(scene, 1);
	assert_int_equal(running(scene), 1);
	put(scene, ends[i].kind, ends[i].word, ends[i].before, 0);
	pass(scene, SECOND);
	if (is_off ? !have_ended(scene) || scene->told[0] : !is_waited_for(scene))
		fail_msg("a hook before a %s, and row %u", event_before_word(before), i);
	close_scene(&state);
}

/* A command that is cut is given some time to end, so each is tried with a router of its own. */
static void test_hook_is_cut_when_what_it_ran_before_is_off_and_nothing_else(void **state)
{
	(void)state;
	for (unsigned i = 0; i < sizeof(ends) / sizeof(ends[0]); i++)
		for (enum event_before before = EVENT_BEFORE_DRAIN; before < EVENT_BEFORE_COUNT;
		     before++)
			end_one(i, before);
}

static void test_request_of_before_a_new_store_is_for_another_one(void **state)
{
	struct scene *scene = *state;

	ask_to_drop(scene, 7);
	scene->base.now.mono_ns += SECOND;
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
	scene->base.now.mono_ns += SECOND;
	stop(scene);
	start(scene, "", 0);
	pass(scene, 1);
	assert_non_null(strstr(scene->told, told_of(EVENT_NOTIFY, EVENT_NOTIFY_UNKNOWN)));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_scene, close_scene)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_loss_is_no_page_for_who_has_no_word_for_it),
		TEST(test_drain_without_hooks_is_answered_at_once),
		TEST(test_answer_without_room_is_given_again),
		TEST(test_answer_of_a_notifier_that_was_killed_is_given_again),
		TEST(test_question_without_room_is_asked_again),
		TEST(test_drain_of_a_vipd_that_is_dead_runs_nothing),
		TEST(test_hook_that_is_dropped_is_waited_for_no_longer),
		TEST(test_failure_is_told_of_the_wait_that_it_was_in_and_of_no_other),
		TEST(test_failure_without_room_is_told_later_and_before_the_answer),
		TEST(test_failure_is_not_forgotten_with_a_notifier_that_dies_meanwhile),
		TEST(test_hooks_are_cut_at_once_when_vipd_ends_and_none_begins),
		TEST(test_hook_goes_on_when_the_notifier_is_replaced),
		TEST(test_hook_goes_on_when_the_keeper_just_hangs_up),
		cmocka_unit_test(test_hook_is_cut_when_what_it_ran_before_is_off_and_nothing_else),
		TEST(test_request_of_before_a_new_store_is_for_another_one),
		TEST(test_request_that_a_dead_notifier_has_not_read_is_answered),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
