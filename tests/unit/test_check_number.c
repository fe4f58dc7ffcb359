/* SPDX-License-Identifier: MIT */
/* The number that a file begins with. */
#include <errno.h>
#include <stdlib.h>

#include "checks/number.h"
#include "test.h"

#define ODD 4242

/* In a block of its own length: a sanitizer sees any byte read beyond it. */
static int parse(const char *text, int32_t *number)
{
	size_t len = strlen(text);
	char *bytes = malloc(len + !len);
	int err;

	assert_non_null(bytes);
	memcpy(bytes, text, len);
	err = check_number_parse(bytes, len, number);
	free(bytes);
	return err;
}

static void assert_number(const char *text, int32_t expected)
{
	int32_t number = ODD;

	assert_int_equal(parse(text, &number), 0);
	assert_int_equal(number, expected);
}

static void assert_none(const char *text, int err)
{
	int32_t number = ODD;

	assert_int_equal(parse(text, &number), err);
	assert_int_equal(number, ODD);
}

static void test_number_in_each_base(void **state)
{
	(void)state;
	assert_number("0", 0);
	assert_number("5\n", 5);
	assert_number("-7", -7);
	assert_number("+7 of 9", 7);
	assert_number(" \t\n12\t", 12);
	assert_number("0x1F", 31);
	assert_number("0Xff ", 255);
	assert_number("-0x10", -16);
	assert_number("010", 8);
	assert_number("00", 0);
	assert_number("-0", 0);
}

static void test_number_at_the_ends_of_32_bits(void **state)
{
	(void)state;
	assert_number("2147483647", INT32_MAX);
	assert_number("-2147483648", INT32_MIN);
	assert_number("0x7fffffff", INT32_MAX);
	assert_number("0000000000000000000000000000000000007", 7);
	assert_none("2147483648", -ERANGE);
	assert_none("-2147483649", -ERANGE);
	assert_none("0x80000000", -ERANGE);
	assert_none("8589934592", -ERANGE);
	assert_none("18446744073709551616", -ERANGE);
	assert_none("99999999999999999999999999999999999999999999999999999", -ERANGE);
}

static void test_number_of_garbage_is_none(void **state)
{
	static const char *const garbage[] = { "",
					       " ",
					       "\n",
					       "up",
					       "-",
					       "+",
					       "- 1",
					       "+-1",
					       "0x",
					       "0xg",
					       "08",
					       "0o7",
					       "1.5",
					       "5s",
					       "1,2",
					       "1e3",
					       "five",
					       "\x01",
					       "\xc2\xa0"
					       "5" };

	(void)state;
	for (size_t i = 0; i < sizeof(garbage) / sizeof(garbage[0]); i++)
		assert_none(garbage[i], -EINVAL);
}

static void test_number_before_a_zero_byte_is_none(void **state)
{
	int32_t number = ODD;

	(void)state;
	assert_int_equal(check_number_parse("5\0006", 3, &number), -EINVAL);
	assert_int_equal(number, ODD);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_number_in_each_base),
		cmocka_unit_test(test_number_at_the_ends_of_32_bits),
		cmocka_unit_test(test_number_of_garbage_is_none),
		cmocka_unit_test(test_number_before_a_zero_byte_is_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
