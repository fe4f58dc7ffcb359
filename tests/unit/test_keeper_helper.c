/* SPDX-License-Identifier: MIT */
/*
 * What a helper says is passed on, as much of it as there can be of true things: of a notifier, an
 * answer for each router, and the failure of a command before each.
 */
#include "test.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "agent/channel.h"
#include "agent/keeper/helper.h"

#define ROUTERS 2500

struct scene {
	struct helper helper;
	struct teller *teller;
	struct loop *loop;
	int said_fd;                   /* the notifier's end of the conversation */
	int to_routers_fd, routers_fd; /* the keeper's end, and theirs */
	int stderr_fd;                 /* a line for each failure is not for the eyes */
};

static void make_pair(int *ret_a, int *ret_b)
{
	int pair[2];

	assert_int_equal(
		socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair), 0);
	*ret_a = pair[0];
	*ret_b = pair[1];
}

/* A notifier that another keeper has started. */
static void open_scene(struct scene *scene)
{
	int fd, none_fd = open("/dev/null", O_WRONLY | O_CLOEXEC);

	scene->stderr_fd = dup(STDERR_FILENO);
	assert_true(dup2(none_fd, STDERR_FILENO) >= 0);
	close(none_fd);
	scene->teller = tell_new();
	assert_non_null(scene->teller);
	assert_int_equal(loop_open(&scene->loop), 0);
	make_pair(&scene->to_routers_fd, &scene->routers_fd);
	make_pair(&fd, &scene->said_fd);
	helper_init(&scene->helper, &helper_notifier);
	helper_adopt(&scene->helper, 1, fd, SECOND);
	helper_open(&scene->helper, "/nowhere/vipd", scene->loop, &scene->to_routers_fd);
}

static void close_scene(struct scene *scene)
{
	scene->helper.pid = 0; /* it was nobody's */
	scene->helper.life = HELPER_NONE;
	helper_close(&scene->helper);
	loop_close(scene->loop);
	tell_close(scene->teller);
	close(scene->said_fd);
	close(scene->to_routers_fd);
	close(scene->routers_fd);
	assert_true(dup2(scene->stderr_fd, STDERR_FILENO) >= 0);
	close(scene->stderr_fd);
}

/* Return: how many the routers have got. */
static unsigned listen_to(struct scene *scene)
{
	struct channel_message message;
	unsigned n = 0;

	helper_dispatch(&scene->helper, SECOND, scene->teller);
	while (channel_receive(scene->routers_fd, &message) > 0)
		n++;
	return n;
}

/* Each at once, as it comes. Return: whether it is listened to still. */
static bool say(struct scene *scene, const struct event *event, unsigned *n)
{
	if (channel_send_event(scene->said_fd, event) < 0)
		return false;
	*n += listen_to(scene);
	return true;
}

static void test_failures_of_hooks_of_all_routers_are_heard_with_the_answers(void **state)
{
	struct event failure = event_fact(EVENT_NOTIFY, 0, "it has failed");
	struct event answer = event_of(EVENT_DRAINED, "lan", "eth0", 4);
	struct scene scene;
	unsigned n = 0;
	bool heard = true;

	(void)state;
	open_scene(&scene);
	failure.fact.word = EVENT_NOTIFY_HOOK;
	answer.fact.word = EVENT_DRAIN_HOOK_FAILED;
	for (unsigned i = 0; i < ROUTERS; i++)
		heard = heard && say(&scene, &failure, &n) && say(&scene, &answer, &n);
	close_scene(&scene);
	assert_true(heard);
	assert_int_equal(n, ROUTERS);
}

static void test_helper_that_says_too_much_for_the_log_is_hung_up_on(void **state)
{
	struct event failure = event_fact(EVENT_NOTIFY, 0, "it is dead");
	struct scene scene;
	unsigned n = 0;
	bool heard = true;

	(void)state;
	open_scene(&scene);
	failure.fact.word = EVENT_NOTIFY_DEAD;
	for (unsigned i = 0; i < ROUTERS; i++)
		heard = heard && say(&scene, &failure, &n);
	close_scene(&scene);
	assert_false(heard);
}

/* ---- routers that do not read ---- */

/* Of answers that are numbered. Return: how many have arrived by now, @n of them before. */
static unsigned read_answers(const struct scene *scene, unsigned n)
{
	struct channel_message message;
	struct event event;

	while (channel_receive(scene->routers_fd, &message) > 0) {
		if (message.type != CHANNEL_EVENT)
			continue;
		channel_event(&message, &event);
		assert_int_equal(event.fact.number[1], n);
		n++;
	}
	return n;
}

/* The keeper turns more often than there is anything to read. */
static void turn_keeper(struct scene *scene)
{
	for (unsigned i = 0; i < 100; i++)
		helper_dispatch(&scene->helper, SECOND, scene->teller);
}

/* Return: whether it was said; else the notifier says it once more, later. */
static bool answer(const struct scene *scene, unsigned number)
{
	struct event event = event_of(EVENT_DRAINED, "lan", "eth0", 4);

	event.fact.word = EVENT_DRAIN_READY;
	event.fact.number[1] = number;
	return channel_send_event(scene->said_fd, &event) == 0;
}

static void test_answers_to_routers_that_seldom_read_are_not_lost(void **state)
{
	unsigned said_n = 0, got_n = 0, turns_n = 0;
	struct scene scene;
	int word = 0;

	(void)state;
	open_scene(&scene);
	while (got_n < ROUTERS && turns_n++ < ROUTERS) {
		while (said_n < ROUTERS && answer(&scene, said_n))
			said_n++;
		turn_keeper(&scene);
		word |= channel_send(scene.to_routers_fd, CHANNEL_TELL, 0, NULL);
		if (turns_n % 4 == 0)
			got_n = read_answers(&scene, got_n);
	}
	close_scene(&scene);
	assert_int_equal(got_n, ROUTERS);
	assert_int_equal(word, 0); /* the keeper's own words have had room beside them */
}

/* The keeper as a part of its loop, for a tenth of a second. */
struct keeper {
	struct scene *scene;
	int64_t end_ns;
	unsigned turns_n;
};

static void dispatch(void *self, const struct clocks *now, unsigned readable)
{
	struct keeper *keeper = self;

	(void)readable;
	keeper->turns_n++;
	helper_dispatch(&keeper->scene->helper, now->mono_ns, keeper->scene->teller);
	if (now->mono_ns >= keeper->end_ns)
		loop_stop(keeper->scene->loop);
}

static int64_t deadline(const void *self)
{
	const struct keeper *keeper = self;
	int64_t helper_ns = helper_deadline(&keeper->scene->helper);

	return helper_ns < keeper->end_ns ? helper_ns : keeper->end_ns;
}

static void test_keeper_rests_while_it_waits_for_routers_to_read(void **state)
{
	unsigned said_n = 0, got_n = 0;
	struct scene scene;
	struct keeper keeper = { .scene = &scene, .end_ns = clocks_now().mono_ns + 100 * MS };
	const struct loop_part part = { { -1, -1, -1, -1, -1, -1 }, &keeper, dispatch, deadline };

	(void)state;
	open_scene(&scene);
	for (unsigned i = 0; i < 2; i++) { /* what is passed on, and what is left */
		while (answer(&scene, said_n))
			said_n++;
		turn_keeper(&scene);
	}
	assert_int_equal(loop_add(scene.loop, &part), 0);
	assert_int_equal(loop_run(scene.loop), 0);
	for (unsigned i = 0; i < 100; i++) {
		got_n = read_answers(&scene, got_n);
		turn_keeper(&scene);
	}
	close_scene(&scene);
	assert_int_equal(got_n, said_n);
	assert_true(keeper.turns_n < 50); /* it looks again every 10 ms */
}

static void test_helper_that_is_gone_leaves_no_wait_behind(void **state)
{
	struct scene scene;
	int64_t waits_ns, later_ns;

	(void)state;
	open_scene(&scene);
	for (unsigned i = 0; i < 2; i++) {
		for (unsigned n = 0; answer(&scene, n); n++)
			;
		turn_keeper(&scene);
	}
	waits_ns = helper_deadline(&scene.helper);
	(void)helper_ended(&scene.helper, 1, "it has ended", SECOND, scene.teller);
	helper_dispatch(&scene.helper, SECOND, scene.teller);
	later_ns = helper_deadline(&scene.helper);
	close_scene(&scene);
	assert_true(waits_ns > SECOND && waits_ns < 2 * SECOND);
	assert_true(later_ns > 2 * SECOND);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_answers_to_routers_that_seldom_read_are_not_lost),
		cmocka_unit_test(test_keeper_rests_while_it_waits_for_routers_to_read),
		cmocka_unit_test(test_helper_that_is_gone_leaves_no_wait_behind),
		cmocka_unit_test(test_failures_of_hooks_of_all_routers_are_heard_with_the_answers),
		cmocka_unit_test(test_helper_that_says_too_much_for_the_log_is_hung_up_on),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
