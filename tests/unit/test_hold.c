/* SPDX-License-Identifier: MIT */
/*
 * Commands that run before an Active leaves on purpose: how long it waits, and with which priority.
 */
#include "test.h"

#include "agent/router/hold.h"

#define T0 (1000 * SECOND)

static void test_hold_is_in_vain_behind_its_end_and_where_nobody_serves(void **state)
{
	const struct state_hold hold = { .until_ns = T0 + 30 * SECOND, .base = 150 };
	const struct state_hold none = hold_none();

	(void)state;
	assert_true(hold_is_on(&hold) && !hold_is_on(&none));
	assert_false(hold_is_in_vain(&none, false, T0) || hold_is_in_vain(&none, true, T0));
	assert_false(hold_is_in_vain(&hold, true, T0 + 30 * SECOND - 1));
	assert_true(hold_is_in_vain(&hold, true, T0 + 30 * SECOND));
	assert_true(hold_is_in_vain(&hold, false, T0));
}

static void test_hold_keeps_the_priority_of_before(void **state)
{
	static const struct {
		uint8_t before, configured, base;
		bool on;
	} rows[] = {
		{ 150, 100, 150, true }, /* lowered meanwhile */
		{ 150, 150, 150, true }, /* as it was */
		{ 150, 200, 200, true }, /* raised: nothing to wait for */
		{ 150, 100, 100, false },
		{ 0, 100, 100, true },   /* of a version that did not keep it */
		{ 255, 100, 254, true }, /* who owns nothing any more is no owner */
		{ 255, 255, 255, true },
		{ 100, 255, 255, true },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct state_hold hold = { .until_ns = rows[i].on ? T0 : VRRP_NEVER,
						 .base = rows[i].before };

		assert_int_equal(hold_base(&hold, rows[i].configured), rows[i].base);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_hold_is_in_vain_behind_its_end_and_where_nobody_serves),
		cmocka_unit_test(test_hold_keeps_the_priority_of_before),
	};

	return cmocka_run_group_tests_name("hold", tests, NULL, NULL);
}
