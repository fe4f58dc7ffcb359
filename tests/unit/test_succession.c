/* SPDX-License-Identifier: MIT */
/*
 * Who speaks next: what the keeper decides when children crash, hang, are slow or cannot be
 * started, and when it is asked to stop, at any moment.
 */
#include "succession_scene.h"

#include "agent/channel.h"

/* ---- start ---- */

static void test_start_first_is_ready_speaks(void **state)
{
	struct scene scene = first();

	(void)state;
	assert_int_equal(succession_deadline(&scene.s), scene.now_ns + 4700 * MS);
	assert_string_equal(on(&scene, SUCCESSION_SAYS_READY, SUCCESSION_NEXT), "go(next)");
	assert_int_equal(succession_deadline(&scene.s), scene.now_ns + 2700 * MS);
}

static void test_start_first_refuses_ends_with_its_status(void **state)
{
	struct scene scene = first();
	struct succession_event ended = { .type = SUCCESSION_ENDED,
					  .role = SUCCESSION_NEXT,
					  .exit_status = 78,
					  .now_ns = scene.now_ns };
	struct succession_output out;

	(void)state;
	succession_step(&scene.s, &ended, &out);
	assert_int_equal(out.actions_n, 2);
	assert_int_equal(out.actions[1].type, SUCCESSION_EXIT);
	assert_int_equal(out.actions[1].status, 78);
}

static void test_start_first_cannot_be_started_ends(void **state)
{
	struct scene scene = { .now_ns = SECOND };

	(void)state;
	succession_init(&scene.s);
	on_event(&scene, SUCCESSION_START);
	assert_string_equal(on(&scene, SUCCESSION_SPAWN_FAILED, SUCCESSION_NEXT),
			    "tell(next no-first) exit(current 1)");
}

static void test_start_slow_first_is_given_up(void **state)
{
	struct scene scene = first();

	(void)state;
	assert_string_equal(on_late(&scene), "tell(next late-ready) dismiss(next) exit(current 1)");
}

static void test_start_first_ends_its_conversation_is_killed_and_its_end_decides(void **state)
{
	struct scene scene = first();

	(void)state;
	assert_string_equal(on(&scene, SUCCESSION_CHANNEL_END, SUCCESSION_NEXT), "kill(next)");
	assert_string_equal(on_ended(&scene, SUCCESSION_NEXT, -1), "dismiss(next) exit(current 1)");
}

static void test_start_nobody_lives_no_standby_before_the_first_sign_of_life(void **state)
{
	struct scene scene = first();

	(void)state;
	on(&scene, SUCCESSION_SAYS_READY, SUCCESSION_NEXT);
	scene.now_ns += 2 * SECOND;
	assert_string_equal(on_event(&scene, SUCCESSION_TIMER), "");
	assert_string_equal(on_event(&scene, SUCCESSION_SAYS_ALIVE), "spawn(standby again)");
}

/* ---- crashes and hangs ---- */

/* The keeper looks for signs of life when it has to: what it finds is older than its look. */
static void test_hang_is_counted_from_the_sign_of_life_itself(void **state)
{
	struct scene scene = steady();
	int64_t sign_ns = scene.now_ns += SECOND;

	(void)state;
	scene.now_ns += 2 * SECOND;
	give(&scene, (struct succession_event){ .type = SUCCESSION_SAYS_ALIVE, .ns = sign_ns });
	assert_int_equal(succession_deadline(&scene.s), sign_ns + 27 * SECOND / 10);
	on_event(&scene, SUCCESSION_SAYS_ALIVE);
	assert_int_equal(succession_deadline(&scene.s), scene.now_ns + 27 * SECOND / 10);
}

static void test_crash_standby_is_ready_goes_at_once(void **state)
{
	struct scene scene = steady();

	(void)state;
	assert_string_equal(on(&scene, SUCCESSION_CHANNEL_END, SUCCESSION_CURRENT),
			    "kill(current) tell(current lost) retire(current) go(standby)");
	scene.published = false;
	assert_string_equal(on_event(&scene, SUCCESSION_SAYS_ALIVE),
			    "forget(previous) spawn(standby again)");
}

static void test_crash_end_of_the_process_is_seen_first_is_told(void **state)
{
	struct scene scene = steady();

	(void)state;
	assert_string_equal(on_ended(&scene, SUCCESSION_CURRENT, -1),
			    "tell(current end) tell(current lost) retire(current) go(standby)");
}

static void test_crash_without_standby_starts_what_ran(void **state)
{
	struct scene scene = steady();

	(void)state;
	assert_string_equal(on(&scene, SUCCESSION_CHANNEL_END, SUCCESSION_STANDBY),
			    "tell(standby standby) kill(standby) forget(standby)");
	assert_string_equal(on(&scene, SUCCESSION_CHANNEL_END, SUCCESSION_CURRENT),
			    "kill(current) tell(current lost) spawn(standby again)");
	assert_string_equal(on_spawned(&scene, SUCCESSION_STANDBY), "");
	assert_string_equal(on_ended(&scene, SUCCESSION_CURRENT, -1), "tell(current end)");
	assert_string_equal(on(&scene, SUCCESSION_SAYS_READY, SUCCESSION_STANDBY),
			    "retire(current) go(standby)");
}

static void test_crash_slow_standby_is_waited_for(void **state)
{
	struct scene scene = waiting_for_standby();

	(void)state;
	assert_string_equal(on(&scene, SUCCESSION_CHANNEL_END, SUCCESSION_CURRENT),
			    "kill(current) tell(current lost)");
	assert_string_equal(on(&scene, SUCCESSION_SAYS_READY, SUCCESSION_STANDBY),
			    "retire(current) go(standby)");
}

static void crash(struct scene *scene)
{
	scene->published = true;
	on(scene, SUCCESSION_CHANNEL_END, SUCCESSION_CURRENT);
	on_event(scene, SUCCESSION_SAYS_ALIVE);
	on_spawned(scene, SUCCESSION_STANDBY);
	on(scene, SUCCESSION_SAYS_READY, SUCCESSION_STANDBY);
}

static void test_crash_third_within_a_minute_is_the_last_will(void **state)
{
	struct scene scene = steady();

	(void)state;
	crash(&scene);
	scene.now_ns += 59 * SECOND;
	crash(&scene);
	assert_string_equal(on(&scene, SUCCESSION_CHANNEL_END, SUCCESSION_CURRENT),
			    "kill(current) tell(current hopeless) will(current) exit(current 1)");
	assert_true(succession_deadline(&scene.s) == SUCCESSION_NEVER);
}

static void test_crash_window_slides(void **state)
{
	struct scene scene = steady();

	(void)state;
	for (unsigned i = 0; i < 20; i++) {
		crash(&scene);
		assert_int_equal(scene.s.phase, SUCCESSION_STEADY);
		scene.now_ns += 30 * SECOND;
	}
}

static void test_hang_is_killed_and_its_end_lets_the_standby_go(void **state)
{
	struct scene scene = steady();

	(void)state;
	assert_int_equal(succession_deadline(&scene.s), scene.now_ns + 2700 * MS);
	assert_string_equal(on_late(&scene), "tell(current late-alive) kill(current)");
	assert_string_equal(on_event(&scene, SUCCESSION_SAYS_ALIVE), ""); /* said before */
	assert_string_equal(on(&scene, SUCCESSION_CHANNEL_END, SUCCESSION_CURRENT),
			    "tell(current lost) retire(current) go(standby)");
}

static void test_hang_last_moment_is_enough_for_a_sign_of_life(void **state)
{
	struct scene scene = steady();

	(void)state;
	scene.now_ns += 30 * SECOND; /* all were stopped */
	assert_string_equal(on_event(&scene, SUCCESSION_TIMER), "");
	scene.now_ns += 299 * MS;
	assert_string_equal(on_event(&scene, SUCCESSION_SAYS_ALIVE), "");
	assert_string_equal(on_event(&scene, SUCCESSION_TIMER), "");
	assert_int_equal(succession_deadline(&scene.s), scene.now_ns + 2700 * MS);
}

static void test_hang_process_that_cannot_be_killed_is_not_waited_for(void **state)
{
	struct scene scene = steady();

	(void)state;
	on_late(&scene);
	assert_int_equal(succession_deadline(&scene.s), scene.now_ns + SECOND);
	assert_string_equal(on_late(&scene), "tell(current lost) retire(current) go(standby)");
}

static void test_crash_before_it_published_hands_over_the_memory_of_before(void **state)
{
	struct scene scene = steady();

	(void)state;
	on(&scene, SUCCESSION_CHANNEL_END, SUCCESSION_CURRENT);
	scene.published = false;
	assert_string_equal(on(&scene, SUCCESSION_CHANNEL_END, SUCCESSION_CURRENT),
			    "kill(current) tell(current lost) spawn(standby again)");
	on_spawned(&scene, SUCCESSION_STANDBY);
	assert_string_equal(on(&scene, SUCCESSION_SAYS_READY, SUCCESSION_STANDBY),
			    "forget(current) go(standby)");
}

static void test_damaged_memory_is_handed_over_when_there_is_no_other(void **state)
{
	struct scene scene = steady();

	(void)state;
	scene.published = false;
	assert_string_equal(on(&scene, SUCCESSION_CHANNEL_END, SUCCESSION_CURRENT),
			    "kill(current) tell(current lost) retire(current) go(standby)");
}

static void test_damaged_memory_does_not_stop_the_last_will(void **state)
{
	struct scene scene = steady();

	(void)state;
	crash(&scene);
	crash(&scene);
	scene.published = false;
	assert_string_equal(on(&scene, SUCCESSION_CHANNEL_END, SUCCESSION_CURRENT),
			    "kill(current) tell(current hopeless) will(current) exit(current 1)");
}

static void test_early_deaths_pause_and_end_in_the_will_of_the_one_that_spoke(void **state)
{
	static const char *const answers[] = {
		"kill(current) tell(current lost) spawn(standby again)",
		"kill(current) tell(current lost) spawn(standby again)",
		"kill(current) tell(current lost)",
		"kill(current) tell(current lost)",
		"kill(current) tell(current lost)",
		"kill(current) tell(current hopeless) will(previous) exit(current 1)",
	};
	struct scene scene = steady();

	(void)state;
	on(&scene, SUCCESSION_CHANNEL_END, SUCCESSION_CURRENT);
	scene.published = false;
	for (unsigned i = 0; i < COUNT(answers); i++) {
		assert_string_equal(on(&scene, SUCCESSION_CHANNEL_END, SUCCESSION_CURRENT),
				    answers[i]);
		if (i >= 2 && i < 5) {
			assert_int_equal(succession_deadline(&scene.s), scene.now_ns + 100 * MS);
			scene.now_ns += 100 * MS;
			assert_string_equal(on_event(&scene, SUCCESSION_TIMER),
					    "spawn(standby again)");
		}
		on_spawned(&scene, SUCCESSION_STANDBY);
		on(&scene, SUCCESSION_SAYS_READY, SUCCESSION_STANDBY);
	}
}

static void test_early_deaths_with_signs_of_life_between_them_do_not_add_up(void **state)
{
	struct scene scene = steady();

	(void)state;
	for (unsigned i = 0; i < 10; i++) {
		scene.published = true;
		on(&scene, SUCCESSION_CHANNEL_END, SUCCESSION_CURRENT);
		scene.published = false;
		assert_string_equal(on(&scene, SUCCESSION_CHANNEL_END, SUCCESSION_CURRENT),
				    "kill(current) tell(current lost) spawn(standby again)");
		on_spawned(&scene, SUCCESSION_STANDBY);
		on(&scene, SUCCESSION_SAYS_READY, SUCCESSION_STANDBY);
		on_event(&scene, SUCCESSION_SAYS_ALIVE);
		on_spawned(&scene, SUCCESSION_STANDBY);
		on(&scene, SUCCESSION_SAYS_READY, SUCCESSION_STANDBY);
		scene.now_ns += 60 * SECOND;
	}
}

static void test_standby_killed_with_the_router_process_is_no_crash(void **state)
{
	struct scene scene = steady();

	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		scene.published = true;
		on_ended(&scene, SUCCESSION_STANDBY, -1);
		assert_string_equal(on_ended(&scene, SUCCESSION_CURRENT, -1),
				    "tell(current end) tell(current lost) spawn(standby again)");
		on_spawned(&scene, SUCCESSION_STANDBY);
		assert_string_equal(on_ended(&scene, SUCCESSION_STANDBY, -1),
				    "tell(standby end) tell(standby lost) forget(standby) "
				    "spawn(standby again)");
		on_spawned(&scene, SUCCESSION_STANDBY);
		on(&scene, SUCCESSION_SAYS_READY, SUCCESSION_STANDBY);
		on_event(&scene, SUCCESSION_SAYS_ALIVE);
		on_spawned(&scene, SUCCESSION_STANDBY);
		on(&scene, SUCCESSION_SAYS_READY, SUCCESSION_STANDBY);
	}
	assert_int_equal(scene.s.phase, SUCCESSION_STEADY);
}

/* ---- processes that cannot be started ---- */

static void test_spawn_fails_in_a_gap_is_tried_again_until_it_is_hopeless(void **state)
{
	struct scene scene = steady();
	const char *answer = "";

	(void)state;
	on(&scene, SUCCESSION_CHANNEL_END, SUCCESSION_STANDBY);
	on(&scene, SUCCESSION_CHANNEL_END, SUCCESSION_CURRENT);
	for (unsigned i = 0; i < 6; i++) {
		answer = on(&scene, SUCCESSION_SPAWN_FAILED, SUCCESSION_STANDBY);
		if (i >= 2 && i < 5) {
			assert_string_equal(answer, "tell(standby lost)");
			scene.now_ns += 100 * MS;
			answer = on_event(&scene, SUCCESSION_TIMER);
		}
	}
	assert_string_equal(answer, "tell(standby hopeless) will(current) exit(current 1)");
}

static void test_spawn_of_a_standby_fails_is_tried_ten_seconds_later(void **state)
{
	struct scene scene = first();

	(void)state;
	on(&scene, SUCCESSION_SAYS_READY, SUCCESSION_NEXT);
	on_event(&scene, SUCCESSION_SAYS_ALIVE);
	assert_string_equal(on(&scene, SUCCESSION_SPAWN_FAILED, SUCCESSION_STANDBY),
			    "tell(standby no-standby)");
	scene.now_ns += 9 * SECOND;
	assert_string_equal(on_event(&scene, SUCCESSION_SAYS_ALIVE), "");
	scene.now_ns += SECOND;
	assert_string_equal(on_event(&scene, SUCCESSION_TIMER), "spawn(standby again)");
}

static void test_spawn_of_a_reload_fails_is_refused(void **state)
{
	struct scene scene = steady();

	(void)state;
	on_event(&scene, SUCCESSION_RELOAD);
	on(&scene, SUCCESSION_NEEDLESS, SUCCESSION_REHEARSAL);
	assert_string_equal(on(&scene, SUCCESSION_SPAWN_FAILED, SUCCESSION_NEXT),
			    "refuse(current spawn)");
	assert_int_equal(scene.s.phase, SUCCESSION_STEADY);
}

/* ---- standbys ---- */

static void test_standby_lost_is_replaced_later(void **state)
{
	struct scene scene = steady();

	(void)state;
	assert_string_equal(on_ended(&scene, SUCCESSION_STANDBY, -1),
			    "tell(standby end) tell(standby standby) forget(standby)");
	scene.now_ns += 10 * SECOND;
	assert_string_equal(on_event(&scene, SUCCESSION_SAYS_ALIVE), "spawn(standby again)");
}

static void test_standby_stopped_is_replaced_unless_it_goes_on(void **state)
{
	struct scene scene = steady();

	(void)state;
	assert_string_equal(on(&scene, SUCCESSION_STOPPED, SUCCESSION_STANDBY), "");
	assert_string_equal(on(&scene, SUCCESSION_CONTINUED, SUCCESSION_STANDBY), "");
	scene.now_ns += 2 * SECOND;
	on_event(&scene, SUCCESSION_SAYS_ALIVE);
	assert_string_equal(on_event(&scene, SUCCESSION_TIMER), "");
	assert_string_equal(on(&scene, SUCCESSION_STOPPED, SUCCESSION_STANDBY), "");
	assert_string_equal(on_late(&scene), "tell(standby standby) kill(standby) forget(standby)");
	scene.now_ns += 10 * SECOND;
	assert_string_equal(on_event(&scene, SUCCESSION_SAYS_ALIVE), "spawn(standby again)");
}

static void test_standby_stopped_is_no_heir(void **state)
{
	struct scene scene = steady();

	(void)state;
	on(&scene, SUCCESSION_STOPPED, SUCCESSION_STANDBY);
	assert_string_equal(on_ended(&scene, SUCCESSION_CURRENT, -1),
			    "tell(current end) tell(current lost) tell(standby standby) "
			    "kill(standby) forget(standby) spawn(standby again)");
}

static void test_standby_that_cannot_be_kept_is_told_once(void **state)
{
	struct scene scene = steady();

	(void)state;
	on_ended(&scene, SUCCESSION_STANDBY, -1);
	for (unsigned i = 0; i < 5; i++) {
		scene.now_ns += 10 * SECOND;
		assert_string_equal(on_event(&scene, SUCCESSION_SAYS_ALIVE),
				    "spawn(standby again)");
		on_spawned(&scene, SUCCESSION_STANDBY);
		assert_string_equal(on_ended(&scene, SUCCESSION_STANDBY, 1),
				    i == 0 ? "tell(standby end) tell(standby no-standby) "
					     "forget(standby)"
					   : "forget(standby)");
	}
	scene.now_ns += 10 * SECOND;
	on_event(&scene, SUCCESSION_SAYS_ALIVE);
	assert_string_equal(on(&scene, SUCCESSION_SPAWN_FAILED, SUCCESSION_STANDBY), "");
	scene.now_ns += 10 * SECOND;
	on_event(&scene, SUCCESSION_SAYS_ALIVE);
	on_spawned(&scene, SUCCESSION_STANDBY);
	assert_string_equal(on(&scene, SUCCESSION_SAYS_READY, SUCCESSION_STANDBY),
			    "tell(standby again)");
	assert_string_equal(on_ended(&scene, SUCCESSION_STANDBY, -1),
			    "tell(standby end) tell(standby standby) forget(standby)");
}

static void test_standby_slow_is_killed(void **state)
{
	struct scene scene = waiting_for_standby();

	(void)state;
	for (unsigned i = 0; i < 4; i++) {
		scene.now_ns += SECOND;
		on_event(&scene, SUCCESSION_SAYS_ALIVE);
	}
	assert_string_equal(on_late(&scene), "tell(standby late-ready) tell(standby standby) "
					     "kill(standby) forget(standby)");
}

static void test_standby_of_before_a_reload_is_dismissed_by_the_first_sign_of_life(void **state)
{
	struct scene scene = on_trial();

	(void)state;
	scene.published = true;
	assert_string_equal(on_event(&scene, SUCCESSION_SAYS_ALIVE),
			    "forget(previous) dismiss(standby) spawn(standby again)");
}

/* ---- stop ---- */

static void test_stop_current_leaves_gracefully(void **state)
{
	struct scene scene = steady();

	(void)state;
	assert_string_equal(on_event(&scene, SUCCESSION_STOP),
			    "tell(current asked) dismiss(standby) leave(current)");
	assert_string_equal(on_event(&scene, SUCCESSION_RELOAD), "tell(current unheard)");
	assert_string_equal(on_event(&scene, SUCCESSION_SAYS_ALIVE), "");
	assert_string_equal(on(&scene, SUCCESSION_CHANNEL_END, SUCCESSION_CURRENT), "");
	assert_string_equal(on_ended(&scene, SUCCESSION_CURRENT, 0), "exit(current 0)");
}

static void test_stop_twice_asks_twice(void **state)
{
	struct scene scene = steady();

	(void)state;
	assert_string_equal(on_event(&scene, SUCCESSION_STOP),
			    "tell(current asked) dismiss(standby) leave(current)");
	assert_string_equal(on_event(&scene, SUCCESSION_STOP),
			    "tell(current hurried) leave(current)");
	assert_string_equal(on_event(&scene, SUCCESSION_STOP), "leave(current)"); /* told once */
	assert_string_equal(on_late(&scene), "tell(current late-leave) kill(current)");
	assert_string_equal(on_event(&scene, SUCCESSION_STOP), "");
}

/* It serves until a successor has come: so long nobody loses patience, the manager included. */
static void test_stop_waits_as_long_as_current_has_said(void **state)
{
	struct scene scene = steady();
	struct succession_event leaving = { .type = SUCCESSION_SAYS_LEAVING };
	int64_t since_ns;

	(void)state;
	leaving.ns = scene.now_ns + 60 * SECOND;
	assert_string_equal(give(&scene, leaving), "");
	on_event(&scene, SUCCESSION_STOP);
	since_ns = scene.now_ns;
	leaving.ns = since_ns + 60 * SECOND;
	assert_string_equal(give(&scene, leaving), "");
	assert_string_equal(on_late(&scene), "tell(current late-leave) kill(current)");
	assert_int_equal(scene.now_ns, since_ns + 65 * SECOND);
}

/* And not the longer for being asked again. */
static void test_stop_twice_gives_no_more_time(void **state)
{
	struct scene scene = steady();
	struct succession_event leaving = { .type = SUCCESSION_SAYS_LEAVING };
	int64_t since_ns = scene.now_ns;

	(void)state;
	on_event(&scene, SUCCESSION_STOP);
	scene.now_ns += 3 * SECOND;
	assert_string_equal(on_event(&scene, SUCCESSION_STOP),
			    "tell(current hurried) leave(current)");
	assert_string_equal(on_late(&scene), "tell(current late-leave) kill(current)");
	assert_true(scene.now_ns <= since_ns + 5 * SECOND);

	scene = steady();
	on_event(&scene, SUCCESSION_STOP);
	leaving.ns = scene.now_ns + 60 * SECOND;
	assert_string_equal(give(&scene, leaving), "");
	since_ns = scene.now_ns;
	assert_string_equal(on_event(&scene, SUCCESSION_STOP),
			    "tell(current hurried) leave(current)");
	assert_string_equal(on_late(&scene), "tell(current late-leave) kill(current)");
	assert_true(scene.now_ns <= since_ns + 5 * SECOND);
}

/* A reload lets routers leave that it removes; whoever stops meanwhile is waited for likewise. */
static void test_stop_while_freezing_waits_and_may_be_asked_again(void **state)
{
	struct scene scene = freezing();
	struct succession_event leaving = { .type = SUCCESSION_SAYS_LEAVING };
	int64_t since_ns;

	(void)state;
	on_event(&scene, SUCCESSION_STOP);
	since_ns = scene.now_ns;
	leaving.ns = since_ns + 60 * SECOND;
	assert_string_equal(give(&scene, leaving), "");
	scene.now_ns += 20 * SECOND;
	assert_string_equal(on_event(&scene, SUCCESSION_TIMER), "");
	assert_string_equal(on_event(&scene, SUCCESSION_STOP),
			    "tell(current hurried) leave(current)");
	assert_string_equal(on_late(&scene), "tell(current late-leave) kill(current)");
	assert_true(scene.now_ns <= since_ns + 25 * SECOND);
}

static void test_stop_current_crashes_its_will_is_executed(void **state)
{
	struct scene scene = steady();

	(void)state;
	on_event(&scene, SUCCESSION_STOP);
	assert_string_equal(on_ended(&scene, SUCCESSION_CURRENT, -1),
			    "will(current) exit(current 0)");
}

static void test_stop_current_hangs_is_killed_within_five_seconds(void **state)
{
	struct scene scene = steady();
	int64_t since_ns = scene.now_ns;

	(void)state;
	on_event(&scene, SUCCESSION_STOP);
	assert_string_equal(on_late(&scene), "tell(current late-leave) kill(current)");
	assert_int_equal(scene.now_ns, since_ns + 5 * SECOND);
	assert_string_equal(on_late(&scene), "will(current) exit(current 0)"); /* not even killed */
}

static void test_stop_while_freezing_executes_the_will_of_one_that_went_silently(void **state)
{
	struct scene scene = freezing();

	(void)state;
	assert_string_equal(on_event(&scene, SUCCESSION_STOP),
			    "tell(current asked) dismiss(next) dismiss(standby) leave(current)");
	assert_string_equal(on_event(&scene, SUCCESSION_SAYS_FROZEN), "");
	assert_string_equal(on_ended(&scene, SUCCESSION_CURRENT, 0),
			    "will(current) exit(current 0)");
}

static void test_stop_while_freezing_believes_one_that_says_it_has_left(void **state)
{
	struct scene scene = freezing();

	(void)state;
	on_event(&scene, SUCCESSION_STOP);
	assert_string_equal(on_ended(&scene, SUCCESSION_CURRENT, CHANNEL_EXIT_LEFT),
			    "exit(current 0)");
	scene = steady();
	on_event(&scene, SUCCESSION_STOP);
	assert_string_equal(on_ended(&scene, SUCCESSION_CURRENT, CHANNEL_EXIT_LEFT),
			    "exit(current 0)");
}

static void test_stop_of_one_that_fails_is_the_last_will(void **state)
{
	struct scene scene = steady();

	(void)state;
	on_event(&scene, SUCCESSION_STOP);
	assert_string_equal(on_ended(&scene, SUCCESSION_CURRENT, 1),
			    "will(current) exit(current 0)");
}

static void test_stop_in_a_gap_is_the_last_will(void **state)
{
	struct scene scene = on_trial();

	(void)state;
	on(&scene, SUCCESSION_CHANNEL_END, SUCCESSION_CURRENT);
	on_spawned(&scene, SUCCESSION_NEXT);
	assert_string_equal(on_event(&scene, SUCCESSION_STOP),
			    "tell(current asked) dismiss(next) dismiss(standby) will(previous) "
			    "exit(current 0)");
}

static void test_stop_before_anybody_spoke_sweeps(void **state)
{
	struct scene scene = first();

	(void)state;
	assert_string_equal(on_event(&scene, SUCCESSION_STOP),
			    "tell(current asked) dismiss(next) will(current) exit(current 0)");
}

static void test_stop_while_the_current_one_is_killed_waits_for_its_end(void **state)
{
	struct scene scene = steady();

	(void)state;
	on_late(&scene);
	assert_string_equal(on_event(&scene, SUCCESSION_STOP),
			    "tell(current asked) dismiss(standby)");
	assert_string_equal(on_ended(&scene, SUCCESSION_CURRENT, -1),
			    "will(current) exit(current 0)");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_start_first_is_ready_speaks),
		cmocka_unit_test(test_start_first_refuses_ends_with_its_status),
		cmocka_unit_test(test_start_first_cannot_be_started_ends),
		cmocka_unit_test(test_start_slow_first_is_given_up),
		cmocka_unit_test(
			test_start_first_ends_its_conversation_is_killed_and_its_end_decides),
		cmocka_unit_test(test_start_nobody_lives_no_standby_before_the_first_sign_of_life),
		cmocka_unit_test(test_hang_is_counted_from_the_sign_of_life_itself),
		cmocka_unit_test(test_crash_standby_is_ready_goes_at_once),
		cmocka_unit_test(test_crash_end_of_the_process_is_seen_first_is_told),
		cmocka_unit_test(test_crash_without_standby_starts_what_ran),
		cmocka_unit_test(test_crash_slow_standby_is_waited_for),
		cmocka_unit_test(test_crash_third_within_a_minute_is_the_last_will),
		cmocka_unit_test(test_crash_window_slides),
		cmocka_unit_test(test_hang_is_killed_and_its_end_lets_the_standby_go),
		cmocka_unit_test(test_hang_last_moment_is_enough_for_a_sign_of_life),
		cmocka_unit_test(test_hang_process_that_cannot_be_killed_is_not_waited_for),
		cmocka_unit_test(test_crash_before_it_published_hands_over_the_memory_of_before),
		cmocka_unit_test(test_damaged_memory_is_handed_over_when_there_is_no_other),
		cmocka_unit_test(test_damaged_memory_does_not_stop_the_last_will),
		cmocka_unit_test(test_early_deaths_pause_and_end_in_the_will_of_the_one_that_spoke),
		cmocka_unit_test(test_early_deaths_with_signs_of_life_between_them_do_not_add_up),
		cmocka_unit_test(test_standby_killed_with_the_router_process_is_no_crash),
		cmocka_unit_test(test_spawn_fails_in_a_gap_is_tried_again_until_it_is_hopeless),
		cmocka_unit_test(test_spawn_of_a_standby_fails_is_tried_ten_seconds_later),
		cmocka_unit_test(test_spawn_of_a_reload_fails_is_refused),
		cmocka_unit_test(test_standby_lost_is_replaced_later),
		cmocka_unit_test(test_standby_stopped_is_replaced_unless_it_goes_on),
		cmocka_unit_test(test_standby_stopped_is_no_heir),
		cmocka_unit_test(test_standby_that_cannot_be_kept_is_told_once),
		cmocka_unit_test(test_standby_slow_is_killed),
		cmocka_unit_test(
			test_standby_of_before_a_reload_is_dismissed_by_the_first_sign_of_life),
		cmocka_unit_test(test_stop_current_leaves_gracefully),
		cmocka_unit_test(test_stop_twice_asks_twice),
		cmocka_unit_test(test_stop_waits_as_long_as_current_has_said),
		cmocka_unit_test(test_stop_twice_gives_no_more_time),
		cmocka_unit_test(test_stop_while_freezing_waits_and_may_be_asked_again),
		cmocka_unit_test(test_stop_current_crashes_its_will_is_executed),
		cmocka_unit_test(test_stop_current_hangs_is_killed_within_five_seconds),
		cmocka_unit_test(
			test_stop_while_freezing_executes_the_will_of_one_that_went_silently),
		cmocka_unit_test(test_stop_while_freezing_believes_one_that_says_it_has_left),
		cmocka_unit_test(test_stop_of_one_that_fails_is_the_last_will),
		cmocka_unit_test(test_stop_in_a_gap_is_the_last_will),
		cmocka_unit_test(test_stop_before_anybody_spoke_sweeps),
		cmocka_unit_test(test_stop_while_the_current_one_is_killed_waits_for_its_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
