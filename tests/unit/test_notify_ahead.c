/* SPDX-License-Identifier: MIT */
/*
 * A notifier that is replaced goes on with the commands that it runs, and reads no more; what a
 * router process says since is for the next one. When a router waits for that one it gives way.
 */
#include "notifier_scene.h"

#include "agent/notify/notifier_private.h"

#define UNTIL  (200 * SECOND)
#define PASSED (100 * SECOND) /* the scene begins then */
#define RUNS   1

static struct notifier_scene scene;

/* What a router process says of a router: that it waits, or does not any more. */
static void say(const char *router, unsigned kind, unsigned word, int64_t until_ns)
{
	struct event event = event_of(kind, router, "eth0", 4);

	event.fact.word = (uint8_t)word;
	event.fact.number[1] = until_ns;
	if (kind == EVENT_LEAVE)
		strcpy(event.fact.name, event_before_word(EVENT_BEFORE_STOP));
	events_put(scene.rings[READER_ROUTER], &scene.now, &event);
}

static void turn(int64_t ns)
{
	scene_pass(&scene, ns);
	notifier_dispatch(scene.notifier, &scene.now);
}

static unsigned running(void)
{
	struct metrics_notify counts;

	notifier_count(scene.notifier, &counts);
	return (unsigned)counts.running;
}

/* Another router process has begun, and another notifier is to. */
static void be_replaced(void)
{
	const struct event started = event_fact(EVENT_STARTED, 0, NULL);

	notifier_end(scene.notifier, NOTIFIER_REPLACED, scene.now.mono_ns);
	scene_pass(&scene, SECOND);
	events_put(scene.rings[READER_ROUTER], &scene.now, &started);
	turn(1);
}

/* Of the routers, two of one fate have a command that takes its time, and the third one a short
 * one. */
#define ROUTERS                                                                                    \
	"routers = ( { name = \"lan\"; interface = \"eth0\"; vrid = 1; addresses = ( "             \
	"\"192.0.2.1/24\" ); }, { name = \"wan\"; interface = \"eth0\"; vrid = 2; addresses = ( "  \
	"\"192.0.2.2/24\" ); }, { name = \"dmz\"; interface = \"eth0\"; vrid = 3; addresses = ( "  \
	"\"192.0.2.3/24\" ); notify = ( { command = [ \"/bin/true\" ]; before = \"drain\"; } ); "  \
	"} ); groups = ( { name = \"both\"; routers = [ \"lan\", \"wan\" ]; notify = ( { command " \
	"= [ \"/bin/sleep\", \"60\" ]; before = \"drain\"; timeout = \"1m\"; } ); } );"

/* Commands take real time to end. */
static void await_runs(unsigned n)
{
	for (unsigned i = 0; i < 2000 && running() != n; i++) {
		usleep(10000);
		turn(1);
	}
	assert_int_equal(running(), n);
}

/* All of them wait, and the command for the third one has ended. */
static int open_scene(void **state)
{
	struct notifier_setting setting;
	char text[1000];

	(void)state;
	scene_open(&scene, "ahead", 3, PASSED);
	setting = scene_setting(&scene, scene.directory);
	snprintf(text, sizeof(text), "node = \"gw1\"; state_dir = \"%s\"; " ROUTERS,
		 scene.directory);
	scene.conf = conf_of(text);
	scene_start(&scene, setting);
	say("lan", EVENT_DRAIN, EVENT_DRAIN_RESUMED, 0); /* what was before is over */
	say("lan", EVENT_LEAVE, EVENT_DRAIN_WAITS, UNTIL);
	say("dmz", EVENT_LEAVE, EVENT_DRAIN_WAITS, UNTIL);
	turn(1);
	await_runs(RUNS);
	return 0;
}

static int close_scene(void **state)
{
	(void)state;
	scene_close(&scene);
	return 0;
}

/* What is said to the next one, and whether somebody waits for that one by it. */
static const struct {
	const char *router;
	unsigned kind, word;
	int64_t until_ns;
	bool is_awaited;
} rows[] = {
	/* It waits: for what is run here, or for what is not. */
	{ "lan", EVENT_LEAVE, EVENT_DRAIN_WAITS, UNTIL, false },
	{ "wan", EVENT_LEAVE, EVENT_DRAIN_WAITS, UNTIL, false },
	{ "dmz", EVENT_LEAVE, EVENT_DRAIN_WAITS, UNTIL, true }, /* the answer, once more */
	{ "lan", EVENT_LEAVE, EVENT_DRAIN_WAITS, UNTIL + 1, true },
	{ "wan", EVENT_DRAINED, EVENT_DRAIN_WAITS, UNTIL + 1, true },
	{ "dmz", EVENT_DRAINED, EVENT_DRAIN_WAITS, UNTIL, true },
	{ "new", EVENT_LEAVE, EVENT_DRAIN_WAITS, UNTIL, true }, /* not of this configuration */
	{ "dmz", EVENT_LEAVE, EVENT_DRAIN_WAITS, PASSED, false },
	/* It waits no more: for what is run here, or for what is not. */
	{ "lan", EVENT_LEAVE, EVENT_DRAIN_VOID, 0, true },
	{ "wan", EVENT_LEAVE, EVENT_DRAIN_VOID, 0, true },
	{ "lan", EVENT_DRAIN, EVENT_DRAIN_RESUMED, 0, true },
	{ "wan", EVENT_DRAINED, EVENT_DRAIN_OVER, 0, true },
	{ "dmz", EVENT_LEAVE, EVENT_DRAIN_VOID, 0, false },
	{ "dmz", EVENT_DRAIN, EVENT_DRAIN_RESUMED, 0, false },
	{ "new", EVENT_DRAINED, EVENT_DRAIN_OVER, 0, false },
	/* What says neither. */
	{ "dmz", EVENT_DRAIN, EVENT_DRAIN_BEGINS, UNTIL, false },
	{ "lan", EVENT_LEAVE, EVENT_DRAIN_READY, UNTIL, false },
	{ "lan", EVENT_DRAINED, EVENT_DRAIN_HOOK_FAILED, UNTIL, false },
	{ "dmz", EVENT_NOTIFY, EVENT_DRAIN_WAITS, UNTIL, false },
};

/* Each is looked at once; what was read before it was replaced is none of them. */
static void test_router_waits_for_the_next_notifier_by_what_is_not_run_here(void **state)
{
	(void)state;
	be_replaced();
	assert_false(notifier_is_awaited(scene.notifier));
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		say(rows[i].router, rows[i].kind, rows[i].word, rows[i].until_ns);
		if (notifier_is_awaited(scene.notifier) != rows[i].is_awaited)
			fail_msg("row %zu: %s", i, rows[i].router);
		assert_false(notifier_is_awaited(scene.notifier));
	}
}

static void test_one_of_many_that_are_said_is_enough(void **state)
{
	(void)state;
	be_replaced();
	for (unsigned i = 0; i < 1000; i++)
		say("lan", EVENT_LEAVE, EVENT_DRAIN_WAITS, i == 700 ? UNTIL + 1 : UNTIL);
	assert_true(notifier_is_awaited(scene.notifier));
	assert_false(notifier_is_awaited(scene.notifier));
}

/* It has heard that itself, before the end of the command. */
static void test_command_that_is_cut_already_is_for_nobody_to_end(void **state)
{
	(void)state;
	say("lan", EVENT_LEAVE, EVENT_DRAIN_VOID, 0);
	turn(1);
	assert_int_equal(running(), RUNS);
	say("lan", EVENT_LEAVE, EVENT_DRAIN_VOID, 0);
	assert_false(notifier_is_awaited(scene.notifier));
}

/* Commands take real time to end, so what is waited for here is what it decides itself. */
static void test_notifier_that_is_awaited_gives_way_soon(void **state)
{
	(void)state;
	be_replaced();
	say("lan", EVENT_LEAVE, EVENT_DRAIN_WAITS, UNTIL);
	turn(SECOND);
	assert_int_equal(running(), RUNS);
	assert_false(notifier_has_ended(scene.notifier));
	say("dmz", EVENT_LEAVE, EVENT_DRAIN_WAITS, UNTIL);
	turn(1);
	assert_false(notifier_has_ended(scene.notifier)); /* what ends soon is not run twice */
	assert_true(notifier_deadline(scene.notifier) <= scene.now.mono_ns + SECOND / 2);
	turn(SECOND / 2);
	assert_true(notifier_has_ended(scene.notifier));
}

/* The next one knows nothing but what is in the store. */
static void test_notifier_without_a_store_gives_way_to_nobody(void **state)
{
	(void)state;
	be_replaced();
	store_close(scene.notifier->store);
	scene.notifier->store = NULL;
	scene.notifier->store_ns = scene.now.mono_ns + 10 * SECOND; /* it is tried again */
	say("dmz", EVENT_LEAVE, EVENT_DRAIN_WAITS, UNTIL);
	turn(1);
	turn(SECOND);
	assert_int_equal(running(), RUNS);
	assert_false(notifier_has_ended(scene.notifier));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_scene, close_scene)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_router_waits_for_the_next_notifier_by_what_is_not_run_here),
		TEST(test_one_of_many_that_are_said_is_enough),
		TEST(test_command_that_is_cut_already_is_for_nobody_to_end),
		TEST(test_notifier_that_is_awaited_gives_way_soon),
		TEST(test_notifier_without_a_store_gives_way_to_nobody),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
