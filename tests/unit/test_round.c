/* SPDX-License-Identifier: MIT */
/* One announcement of many addresses: which one is next, and when. */
#include "test.h"

#include "agent/router/round.h"

#define N  5
#define T0 (1000 * SECOND)

/* What is left, in its order: "0 1 2 ". */
static const char *rest(struct round *round)
{
	static char text[64];
	char *p = text;

	*p = '\0';
	while (round_is_due(round, INT64_MAX - 1))
		p += sprintf(p, "%u ", round_take(round));
	return text;
}

static void test_round_takes_each_address_once(void **state)
{
	struct round round = { 0 };

	(void)state;
	assert_int_equal(round_deadline(&round), INT64_MAX);
	round_all(&round, N);
	assert_string_equal(rest(&round), "0 1 2 3 4 ");
	assert_false(round_is_due(&round, T0));
	assert_int_equal(round_deadline(&round), INT64_MAX);
}

static void test_round_waits_between_two_frames(void **state)
{
	struct round round = { 0 };

	(void)state;
	round_all(&round, N);
	assert_true(round_is_due(&round, T0));
	(void)round_take(&round);
	round_wait(&round, T0 + MS);
	assert_int_equal(round_deadline(&round), T0 + MS);
	assert_false(round_is_due(&round, T0 + MS - 1));
	assert_true(round_is_due(&round, T0 + MS));
}

/* Nothing starves, whatever comes meanwhile. */
static void test_round_that_is_asked_for_again_goes_on_where_it_is(void **state)
{
	struct round round = { 0 };

	(void)state;
	round_all(&round, N);
	(void)round_take(&round);
	(void)round_take(&round);
	round_all(&round, N);
	assert_string_equal(rest(&round), "2 3 4 0 1 ");
}

static void test_round_of_one_address_is_that_one(void **state)
{
	struct round round = { 0 };

	(void)state;
	round_one(&round, N, 3);
	assert_string_equal(rest(&round), "3 ");
	round_one(&round, N, 1);
	assert_string_equal(rest(&round), "1 ");
}

/* As the kernel tells of them one by one: each is announced, and once. */
static void test_round_of_one_after_another_is_all_of_them(void **state)
{
	struct round round = { 0 };

	(void)state;
	for (unsigned i = 0; i < N; i++) {
		round_one(&round, N, i);
		if (i == 0)
			assert_int_equal(round_take(&round), 0);
	}
	assert_string_equal(rest(&round), "1 2 3 4 ");
	round_one(&round, N, 4);
	round_one(&round, N, 1); /* past the end */
	round_one(&round, N, 0); /* between both */
	assert_string_equal(rest(&round), "4 0 1 ");
}

static void test_round_ends_with_active(void **state)
{
	struct round round = { 0 };

	(void)state;
	round_all(&round, N);
	round_wait(&round, T0 + SECOND);
	round_end(&round);
	assert_int_equal(round_deadline(&round), INT64_MAX);
	round_all(&round, N);
	assert_true(round_is_due(&round, T0));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round_takes_each_address_once),
		cmocka_unit_test(test_round_waits_between_two_frames),
		cmocka_unit_test(test_round_that_is_asked_for_again_goes_on_where_it_is),
		cmocka_unit_test(test_round_of_one_address_is_that_one),
		cmocka_unit_test(test_round_of_one_after_another_is_all_of_them),
		cmocka_unit_test(test_round_ends_with_active),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
