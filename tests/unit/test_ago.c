/* SPDX-License-Identifier: MIT */
#include "test.h"

#include "agent/vipctl/ago.h"

#define MINUTE (60 * SECOND)
#define HOUR   (60 * MINUTE)
#define DAY    (24 * HOUR)

struct row {
	int64_t ns;
	const char *text;
};

static void test_ago_wait_is_in_the_units_that_people_use(void **state)
{
	static const struct row rows[] = {
		{ -SECOND, "0.0 s" },
		{ 0, "0.0 s" },
		{ 3200 * MS, "3.2 s" },
		{ 90 * SECOND, "90.0 s" },
		{ 2 * MINUTE, "2 min" },
		{ 119 * MINUTE, "119 min" },
		{ 2 * HOUR - SECOND, "2 h" },
		{ 3 * HOUR + 20 * MINUTE, "3 h 20 min" },
		{ 47 * HOUR + 59 * MINUTE, "47 h 59 min" },
		/* Just asked for. */
		{ 2 * DAY - SECOND, "2 d" },
		{ 2 * DAY + 50 * MINUTE, "2 d 1 h" },
		{ 366 * DAY, "366 d" },
	};
	char buf[32];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_string_equal(ago_wait_text(rows[i].ns, buf, sizeof(buf)), rows[i].text);
}

static void test_ago_span_is_one_unit(void **state)
{
	static const struct row rows[] = {
		{ -SECOND, "0 s" },          { 119 * SECOND, "119 s" }, { 2 * MINUTE, "2 min" },
		{ 119 * MINUTE, "119 min" }, { 2 * HOUR, "2 h" },       { 47 * HOUR, "47 h" },
		{ 2 * DAY, "2 d" },          { 9 * DAY + HOUR, "9 d" },
	};
	char buf[24];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_string_equal(ago_span_text(rows[i].ns, buf, sizeof(buf)), rows[i].text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ago_wait_is_in_the_units_that_people_use),
		cmocka_unit_test(test_ago_span_is_one_unit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
