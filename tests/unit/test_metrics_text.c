/* SPDX-License-Identifier: MIT */
/* What a sample looks like: one that is none costs whoever reads all of the page. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "agent/metrics_private.h"

static void assert_value(enum metrics_unit unit, int64_t value, const char *wanted)
{
	char text[64] = "";
	FILE *out = fmemopen(text, sizeof(text), "w");

	assert_non_null(out);
	metrics_put_value(out, unit, value);
	fclose(out);
	assert_string_equal(text, wanted);
}

static void test_seconds_have_one_sign_at_most(void **state)
{
	(void)state;
	assert_value(METRICS_SECONDS, 0, "0.000000000\n");
	assert_value(METRICS_SECONDS, 1500000000, "1.500000000\n");
	assert_value(METRICS_SECONDS, -1, "-0.000000001\n");
	assert_value(METRICS_SECONDS, -1500000000, "-1.500000000\n");
	assert_value(METRICS_SECONDS, INT64_MAX, "9223372036.854775807\n");
	assert_value(METRICS_SECONDS, INT64_MIN, "-9223372036.854775808\n");
	assert_value(METRICS_NUMBER, -5, "-5\n");
}

static void test_label_is_quoted(void **state)
{
	char text[64] = "";
	FILE *out = fmemopen(text, sizeof(text), "w");

	(void)state;
	assert_non_null(out);
	metrics_put_label(out, "x", "a\\b\"c\nd");
	fclose(out);
	assert_string_equal(text, "x=\"a\\\\b\\\"c\\nd\"");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_seconds_have_one_sign_at_most),
		cmocka_unit_test(test_label_is_quoted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
