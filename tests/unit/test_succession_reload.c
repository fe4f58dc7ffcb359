/* SPDX-License-Identifier: MIT */
/*
 * Who speaks next, at a reload: it succeeds, is refused, is undone, comes twice, or brings another
 * program for the keeper itself.
 */
#include "succession_scene.h"

/* ---- reloads ---- */

static void test_reload_old_makes_room_for_the_new(void **state)
{
	struct scene scene = freezing();
	struct succession_event frozen = { .type = SUCCESSION_SAYS_FROZEN,
					   .now_ns = scene.now_ns,
					   .ns = 4711,
					   .published = true };
	struct succession_output out;

	(void)state;
	succession_step(&scene.s, &frozen, &out);
	assert_int_equal(out.actions[2].type, SUCCESSION_GO);
	assert_int_equal(out.actions[2].ns, 4711);
}

static void test_reload_began_is_told_to_whoever_freezes_or_is_refused(void **state)
{
	struct scene scene = steady();
	int64_t began_ns = scene.now_ns;
	struct succession_event ended = { .type = SUCCESSION_ENDED, .role = SUCCESSION_NEXT };
	struct succession_output out;

	(void)state;
	on_event(&scene, SUCCESSION_RELOAD);
	on(&scene, SUCCESSION_NEEDLESS, SUCCESSION_REHEARSAL);
	scene.now_ns += SECOND;
	on_spawned(&scene, SUCCESSION_NEXT);
	ended.now_ns = scene.now_ns;
	succession_step(&scene.s, &ended, &out);
	assert_int_equal(out.actions[1].type, SUCCESSION_REFUSE);
	assert_int_equal(out.actions[1].ns, began_ns);
}

static void test_reload_next_ends_is_refused(void **state)
{
	struct scene scene = reloading();

	(void)state;
	assert_string_equal(on_ended(&scene, SUCCESSION_NEXT, 78),
			    "dismiss(next) refuse(current ended)");
}

static void test_reload_next_is_slow_is_refused(void **state)
{
	struct scene scene = reloading();

	(void)state;
	for (unsigned i = 0; i < 4; i++) {
		scene.now_ns += SECOND;
		on_event(&scene, SUCCESSION_SAYS_ALIVE);
	}
	assert_string_equal(on_late(&scene),
			    "tell(next late-ready) dismiss(next) refuse(current late)");
}

static void test_reload_next_ends_its_conversation_is_refused_with_its_end(void **state)
{
	struct scene scene = reloading();

	(void)state;
	assert_string_equal(on(&scene, SUCCESSION_CHANNEL_END, SUCCESSION_NEXT), "kill(next)");
	assert_string_equal(on(&scene, SUCCESSION_SAYS_READY, SUCCESSION_NEXT), "");
	assert_string_equal(on_ended(&scene, SUCCESSION_NEXT, -1),
			    "dismiss(next) refuse(current ended)");
}

static void test_reload_during_a_reload_comes_behind_it(void **state)
{
	struct scene scene = freezing();

	(void)state;
	assert_string_equal(on_event(&scene, SUCCESSION_RELOAD), "tell(current asked)");
	assert_string_equal(on_event(&scene, SUCCESSION_RELOAD), "");
	on_event(&scene, SUCCESSION_SAYS_FROZEN);
	scene.now_ns += SECOND;
	assert_string_equal(on_event(&scene, SUCCESSION_TIMER), ""); /* on trial */
	assert_string_equal(on_event(&scene, SUCCESSION_SAYS_ALIVE),
			    "forget(previous) dismiss(standby) spawn(standby again) "
			    "tell(current reloading) spawn(rehearsal rehearsal)");
}

static void test_reload_storm_leaves_half_a_second_between_two(void **state)
{
	struct scene scene = on_trial();
	int64_t since_ns = scene.now_ns;

	(void)state;
	scene.published = true;
	on_event(&scene, SUCCESSION_SAYS_ALIVE);
	on_spawned(&scene, SUCCESSION_STANDBY);
	assert_string_equal(on_event(&scene, SUCCESSION_RELOAD), "tell(current asked)");
	assert_int_equal(succession_deadline(&scene.s), since_ns + 500 * MS);
	scene.now_ns = since_ns + 500 * MS;
	assert_string_equal(on_event(&scene, SUCCESSION_TIMER),
			    "tell(current reloading) spawn(rehearsal rehearsal)");
}

static void test_reload_current_crashes_standby_goes_and_the_reload_goes_on(void **state)
{
	struct scene scene = reloading();

	(void)state;
	assert_string_equal(on(&scene, SUCCESSION_CHANNEL_END, SUCCESSION_CURRENT),
			    "kill(current) tell(current lost) retire(current) go(standby)");
	assert_string_equal(on(&scene, SUCCESSION_SAYS_READY, SUCCESSION_NEXT), "freeze(current)");
	assert_string_equal(on_event(&scene, SUCCESSION_SAYS_FROZEN),
			    "release(current) retire(current) go(next) tell(current reloaded)");
}

static void test_freezing_current_crashes_next_goes(void **state)
{
	struct scene scene = freezing();

	(void)state;
	assert_string_equal(on(&scene, SUCCESSION_CHANNEL_END, SUCCESSION_CURRENT),
			    "kill(current) tell(current lost) retire(current) go(next) "
			    "tell(current reloaded)");
}

static void test_freezing_current_hangs_is_killed_after_a_second(void **state)
{
	struct scene scene = freezing();

	(void)state;
	on_event(&scene, SUCCESSION_SAYS_ALIVE); /* no answer */
	assert_int_equal(succession_deadline(&scene.s), scene.now_ns + SECOND);
	assert_string_equal(on_late(&scene), "tell(current late-alive) kill(current)");
	assert_string_equal(on_event(&scene, SUCCESSION_SAYS_FROZEN), "");
	assert_string_equal(on_ended(&scene, SUCCESSION_CURRENT, -1),
			    "tell(current end) tell(current lost) retire(current) go(next) "
			    "tell(current reloaded)");
}

static void test_freezing_next_dies_standby_goes_for_it(void **state)
{
	struct scene scene = freezing();

	(void)state;
	assert_string_equal(on_ended(&scene, SUCCESSION_NEXT, -1),
			    "dismiss(next) refuse(current ended)");
	assert_string_equal(on_event(&scene, SUCCESSION_SAYS_FROZEN),
			    "release(current) retire(current) go(standby)");
	assert_string_equal(on_ended(&scene, SUCCESSION_CURRENT, 0),
			    "tell(current end) tell(current lost) spawn(standby again)");
}

static void test_ready_while_the_current_one_is_killed_waits_for_its_end(void **state)
{
	struct scene scene = reloading();

	(void)state;
	on_late(&scene);
	assert_string_equal(on(&scene, SUCCESSION_SAYS_READY, SUCCESSION_NEXT), "");
	assert_string_equal(on(&scene, SUCCESSION_CHANNEL_END, SUCCESSION_CURRENT),
			    "tell(current lost) retire(current) go(next) tell(current reloaded)");
}

/* ---- programs that lie ---- */

static void test_liar_is_tried_twice_and_the_reload_undone(void **state)
{
	struct scene scene = on_trial();

	(void)state;
	assert_string_equal(on(&scene, SUCCESSION_CHANNEL_END, SUCCESSION_CURRENT),
			    "kill(current) tell(current lost) spawn(next again)");
	on_spawned(&scene, SUCCESSION_NEXT);
	assert_string_equal(on(&scene, SUCCESSION_SAYS_READY, SUCCESSION_NEXT),
			    "forget(current) go(next)");
	assert_string_equal(on(&scene, SUCCESSION_CHANNEL_END, SUCCESSION_CURRENT),
			    "kill(current) tell(current lost) tell(current undone) "
			    "forget(current) go(standby)");
	assert_string_equal(on_event(&scene, SUCCESSION_SAYS_ALIVE),
			    "forget(previous) spawn(standby again)");
}

static void test_liar_that_publishes_its_memory_is_no_crash_either(void **state)
{
	struct scene scene = on_trial();

	(void)state;
	scene.published = true;
	assert_string_equal(on(&scene, SUCCESSION_CHANNEL_END, SUCCESSION_CURRENT),
			    "kill(current) tell(current lost) spawn(next again)");
	assert_int_equal(scene.s.crashes_n, 0);
}

static void test_undone_reload_takes_its_late_child_with_it(void **state)
{
	struct scene scene = on_trial();

	(void)state;
	scene.s.children[SUCCESSION_STANDBY].life =
		SUCCESSION_STARTING; /* slower than the reload */
	on(&scene, SUCCESSION_CHANNEL_END, SUCCESSION_CURRENT);
	on_spawned(&scene, SUCCESSION_NEXT);
	on_ended(&scene, SUCCESSION_NEXT, 1);
	on_spawned(&scene, SUCCESSION_NEXT);
	assert_string_equal(on(&scene, SUCCESSION_SAYS_READY, SUCCESSION_STANDBY),
			    "tell(current undone) dismiss(next) forget(current) go(standby)");
}

static void test_no_reload_begins_on_trial(void **state)
{
	struct scene scene = on_trial();

	(void)state;
	scene.now_ns += SECOND;
	assert_string_equal(on_event(&scene, SUCCESSION_RELOAD), "tell(current asked)");
}

/* ---- another program for the keeper ---- */

static struct scene rehearsing(void)
{
	struct scene scene = steady();

	on_event(&scene, SUCCESSION_RELOAD);
	on_spawned(&scene, SUCCESSION_REHEARSAL);
	return scene;
}

static void test_rehearsal_succeeds_program_is_executed_and_the_reload_goes_on(void **state)
{
	struct scene scene = rehearsing();

	(void)state;
	assert_string_equal(on_ended(&scene, SUCCESSION_REHEARSAL, 0),
			    "dismiss(rehearsal) exec(current)");
	assert_true(succession_is_sane(&scene.s));
	assert_string_equal(on_event(&scene, SUCCESSION_RESUMED),
			    "tell(current resumed) spawn(next next)");
}

static void test_rehearsal_fails_is_refused(void **state)
{
	struct scene scene = rehearsing();

	(void)state;
	assert_string_equal(on_ended(&scene, SUCCESSION_REHEARSAL, 64),
			    "dismiss(rehearsal) refuse(current rehearsal)");
	scene = rehearsing();
	assert_string_equal(on_ended(&scene, SUCCESSION_REHEARSAL, -1),
			    "dismiss(rehearsal) refuse(current rehearsal)");
}

static void test_rehearsal_hangs_is_refused_and_never_waited_for(void **state)
{
	struct scene scene = rehearsing();

	(void)state;
	for (unsigned i = 0; i < 4; i++) {
		scene.now_ns += SECOND;
		on_event(&scene, SUCCESSION_SAYS_ALIVE);
	}
	assert_string_equal(on_late(&scene), "dismiss(rehearsal) refuse(current rehearsal-late)");
}

static void test_rehearsal_cannot_be_started_is_refused(void **state)
{
	struct scene scene = steady();

	(void)state;
	on_event(&scene, SUCCESSION_RELOAD);
	assert_string_equal(on(&scene, SUCCESSION_SPAWN_FAILED, SUCCESSION_REHEARSAL),
			    "refuse(current spawn)");
}

static void test_exec_fails_is_refused(void **state)
{
	struct scene scene = rehearsing();

	(void)state;
	on_ended(&scene, SUCCESSION_REHEARSAL, 0);
	assert_string_equal(on_event(&scene, SUCCESSION_EXEC_FAILED), "refuse(current exec)");
	scene.now_ns += SECOND;
	on_event(&scene, SUCCESSION_SAYS_ALIVE);
	assert_string_equal(
		on_event(&scene, SUCCESSION_RELOAD),
		"tell(current asked) tell(current reloading) spawn(rehearsal rehearsal)");
}

static void test_crash_during_a_rehearsal_exec_waits_for_somebody_who_speaks(void **state)
{
	struct scene scene = rehearsing();

	(void)state;
	on_ended(&scene, SUCCESSION_STANDBY, -1);
	on_ended(&scene, SUCCESSION_CURRENT, -1);
	on_spawned(&scene, SUCCESSION_STANDBY);
	assert_string_equal(on_ended(&scene, SUCCESSION_REHEARSAL, 0), "dismiss(rehearsal)");
	assert_string_equal(on(&scene, SUCCESSION_SAYS_READY, SUCCESSION_STANDBY),
			    "retire(current) go(standby) exec(current)");
}

static void test_reload_during_a_rehearsal_comes_behind_it(void **state)
{
	struct scene scene = rehearsing();

	(void)state;
	assert_string_equal(on_event(&scene, SUCCESSION_RELOAD), "tell(current asked)");
	assert_string_equal(on_ended(&scene, SUCCESSION_REHEARSAL, 0),
			    "dismiss(rehearsal) exec(current)");
	assert_string_equal(on_event(&scene, SUCCESSION_RESUMED),
			    "tell(current resumed) spawn(next next)");
	assert_true(scene.s.reload_due);
}

static void test_stop_during_a_rehearsal_ends_it(void **state)
{
	struct scene scene = rehearsing();

	(void)state;
	assert_string_equal(
		on_event(&scene, SUCCESSION_STOP),
		"tell(current asked) dismiss(rehearsal) dismiss(standby) leave(current)");
}

static void test_image_of_any_other_moment_is_not_sane(void **state)
{
	struct scene scenes[] = { first(), reloading(), freezing(), on_trial(), rehearsing() };
	struct scene scene = steady();

	(void)state;
	assert_true(succession_is_sane(&scene.s));
	for (unsigned i = 0; i < COUNT(scenes); i++)
		assert_false(succession_is_sane(&scenes[i].s));
	scene.s.children[SUCCESSION_PREVIOUS].life = SUCCESSION_READY;
	assert_false(succession_is_sane(&scene.s));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_reload_old_makes_room_for_the_new),
		cmocka_unit_test(test_reload_began_is_told_to_whoever_freezes_or_is_refused),
		cmocka_unit_test(test_reload_next_ends_is_refused),
		cmocka_unit_test(test_reload_next_is_slow_is_refused),
		cmocka_unit_test(test_reload_next_ends_its_conversation_is_refused_with_its_end),
		cmocka_unit_test(test_reload_during_a_reload_comes_behind_it),
		cmocka_unit_test(test_reload_storm_leaves_half_a_second_between_two),
		cmocka_unit_test(test_reload_current_crashes_standby_goes_and_the_reload_goes_on),
		cmocka_unit_test(test_freezing_current_crashes_next_goes),
		cmocka_unit_test(test_freezing_current_hangs_is_killed_after_a_second),
		cmocka_unit_test(test_freezing_next_dies_standby_goes_for_it),
		cmocka_unit_test(test_ready_while_the_current_one_is_killed_waits_for_its_end),
		cmocka_unit_test(test_liar_is_tried_twice_and_the_reload_undone),
		cmocka_unit_test(test_liar_that_publishes_its_memory_is_no_crash_either),
		cmocka_unit_test(test_undone_reload_takes_its_late_child_with_it),
		cmocka_unit_test(test_no_reload_begins_on_trial),
		cmocka_unit_test(
			test_rehearsal_succeeds_program_is_executed_and_the_reload_goes_on),
		cmocka_unit_test(test_rehearsal_fails_is_refused),
		cmocka_unit_test(test_rehearsal_hangs_is_refused_and_never_waited_for),
		cmocka_unit_test(test_rehearsal_cannot_be_started_is_refused),
		cmocka_unit_test(test_exec_fails_is_refused),
		cmocka_unit_test(test_crash_during_a_rehearsal_exec_waits_for_somebody_who_speaks),
		cmocka_unit_test(test_reload_during_a_rehearsal_comes_behind_it),
		cmocka_unit_test(test_stop_during_a_rehearsal_ends_it),
		cmocka_unit_test(test_image_of_any_other_moment_is_not_sane),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
