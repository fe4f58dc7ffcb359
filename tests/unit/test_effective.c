/* SPDX-License-Identifier: MIT */
/*
 * The effective priority, as a table.
 */
#include "test.h"

#include "agent/router/effective.h"

static void test_priority_of_facts(void **state)
{
	static const struct {
		struct priority_facts facts;
		uint8_t priority;
	} rows[] = {
		{ { .base = 100 }, 100 },
		{ { .base = 150, .weights = -60 }, 90 },
		{ { .base = 100, .weights = 60 }, 160 },
		{ { .base = 100, .weights = 60 - 80 }, 80 },
		/* 0 says that a router leaves, 255 that it is the owner. */
		{ { .base = 100, .weights = -100 }, 1 },
		{ { .base = 1, .weights = -253 }, 1 },
		{ { .base = 254, .weights = 253 * 64 }, 254 },
		{ { .base = 254, .weights = -253 * 128 }, 1 },
		{ { .base = 100, .weights = 155 }, 254 },
		/* The last resort is that whatever adds. */
		{ { .base = 200, .last = true }, 1 },
		{ { .base = 200, .weights = 50, .last = true }, 1 },
		/* An owner's is 255, always. */
		{ { .base = 255 }, 255 },
		{ { .base = 255, .weights = -60 }, 255 },
		{ { .base = 255, .last = true }, 255 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_int_equal(priority_of(&rows[i].facts), rows[i].priority);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_priority_of_facts),
	};

	return cmocka_run_group_tests_name("effective", tests, NULL, NULL);
}
