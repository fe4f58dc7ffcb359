/* SPDX-License-Identifier: MIT */
/* The loop on the real kernel: who is told of what, and that the timer needs no reading. */
#include "agent/loop.h"

#include <stdbool.h>
#include <unistd.h>

#include "test.h"

#define SHORT_NS  INT64_C(3000000)
#define TURNS_MAX 20

struct turn {
	unsigned readable;
	int64_t now_ns;
};

/* A part with two pipes, that writes down its turns. */
struct part {
	struct loop *loop;
	int pipes[LOOP_FDS_MAX][2];
	struct turn turns[TURNS_MAX];
	unsigned turns_n;
	int64_t deadline_ns;
	void (*act)(struct part *part, const struct turn *turn);
};

static void dispatch(void *self, const struct clocks *now, unsigned readable)
{
	struct part *part = self;
	const struct turn turn = { readable, now->mono_ns };

	assert_true(part->turns_n < TURNS_MAX);
	part->turns[part->turns_n++] = turn;
	part->act(part, &turn);
}

static int64_t deadline(const void *self)
{
	return ((const struct part *)self)->deadline_ns;
}

static void run(struct part *part, void (*act)(struct part *, const struct turn *))
{
	struct loop_part shape = { .self = part, .dispatch = dispatch, .deadline = deadline };

	*part = (struct part){ .deadline_ns = LOOP_NEVER, .act = act };
	assert_int_equal(loop_open(&part->loop), 0);
	for (unsigned i = 0; i < LOOP_FDS_MAX; i++) {
		assert_int_equal(pipe(part->pipes[i]), 0);
		shape.fds[i] = part->pipes[i][0];
	}
	assert_int_equal(loop_add(part->loop, &shape), 0);
	assert_int_equal(loop_run(part->loop), 0);
	loop_close(part->loop);
	for (unsigned i = 0; i < LOOP_FDS_MAX; i++) {
		close(part->pipes[i][0]);
		close(part->pipes[i][1]);
	}
}

static void put(const struct part *part, unsigned pipe)
{
	assert_int_equal(write(part->pipes[pipe][1], "x", 1), 1);
}

static void get(const struct part *part, unsigned pipe)
{
	char c;

	assert_int_equal(read(part->pipes[pipe][0], &c, 1), 1);
}

static void read_each(struct part *part, const struct turn *turn)
{
	if (turn->readable & 1 << 1)
		get(part, 1);
	if (part->turns_n == 1)
		put(part, 1);
	else if (turn->readable & 1 << 0)
		loop_stop(part->loop);
	else
		put(part, 0);
}

static void test_loop_tells_which_descriptor_is_readable(void **state)
{
	struct part part;

	(void)state;
	run(&part, read_each);
	assert_int_equal(part.turns_n, 3);
	assert_int_equal(part.turns[0].readable, 0); /* the first turn comes at once */
	assert_int_equal(part.turns[1].readable, 1 << 1);
	assert_int_equal(part.turns[2].readable, 1 << 0);
}

static void expire_thrice(struct part *part, const struct turn *turn)
{
	if (part->turns_n == 4)
		loop_stop(part->loop);
	part->deadline_ns = turn->now_ns + SHORT_NS;
}

static void test_loop_turns_once_for_each_deadline(void **state)
{
	struct part part;

	(void)state;
	run(&part, expire_thrice);
	assert_int_equal(part.turns_n, 4);
	for (unsigned i = 1; i < part.turns_n; i++) {
		assert_int_equal(part.turns[i].readable, 0);
		assert_true(part.turns[i].now_ns >= part.turns[i - 1].now_ns + SHORT_NS);
	}
}

/* The deadline is in the past by the next turn, and so is the byte: neither may hide the other. */
static void expire_with_a_byte(struct part *part, const struct turn *turn)
{
	part->deadline_ns = turn->now_ns;
	if (part->turns_n == 2)
		loop_stop(part->loop);
	else
		put(part, 0);
}

static void test_loop_a_due_timer_comes_with_what_has_arrived(void **state)
{
	struct part part;

	(void)state;
	run(&part, expire_with_a_byte);
	assert_int_equal(part.turns_n, 2);
	assert_int_equal(part.turns[1].readable, 1 << 0);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_loop_tells_which_descriptor_is_readable),
		cmocka_unit_test(test_loop_turns_once_for_each_deadline),
		cmocka_unit_test(test_loop_a_due_timer_comes_with_what_has_arrived),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
