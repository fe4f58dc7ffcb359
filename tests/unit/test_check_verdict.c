/* SPDX-License-Identifier: MIT */
/* How many answers in a row make a verdict. */
#include "test.h"

#include "checks/verdict.h"

/* Answers, and after each of them the value: "+u" a good one, and it is up. */
static void expect(unsigned rise, unsigned fall, const char *answers, const char *values)
{
	static const char words[] = { '?', 'u', 'd' };
	struct check_verdict verdict = { 0 };

	for (unsigned i = 0; answers[i]; i++) {
		enum check_value before = verdict.value;
		bool changed = check_verdict_take(&verdict, answers[i] == '+', rise, fall);

		assert_int_equal(words[verdict.value], values[i]);
		assert_int_equal(changed, verdict.value != before);
	}
}

static void test_verdict_the_first_answer_decides(void **state)
{
	(void)state;
	expect(5, 5, "+", "u");
	expect(5, 5, "-", "d");
}

static void test_verdict_of_one_answer_each(void **state)
{
	(void)state;
	expect(1, 1, "+-+--++", "ududduu");
}

static void test_verdict_takes_so_many_in_a_row(void **state)
{
	(void)state;
	expect(2, 3, "+---++", "uuuddu");
	expect(2, 3, "+--+---", "uuuuuud");
	expect(3, 1, "-++-+++", "ddddddu");
}

/* The first one counts as the first of a row. */
static void test_verdict_counts_those_in_a_row(void **state)
{
	struct check_verdict verdict = { 0 };

	(void)state;
	for (unsigned i = 1; i <= 4; i++) {
		(void)check_verdict_take(&verdict, true, 1, 1);
		assert_int_equal(verdict.in_row, i);
	}
	(void)check_verdict_take(&verdict, false, 1, 2);
	assert_int_equal(verdict.in_row, 1);
	verdict.in_row = UINT32_MAX;
	(void)check_verdict_take(&verdict, false, 1, 2);
	assert_int_equal(verdict.in_row, UINT32_MAX);
	assert_int_equal(verdict.value, CHECK_VALUE_DOWN);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_verdict_the_first_answer_decides),
		cmocka_unit_test(test_verdict_of_one_answer_each),
		cmocka_unit_test(test_verdict_takes_so_many_in_a_row),
		cmocka_unit_test(test_verdict_counts_those_in_a_row),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
