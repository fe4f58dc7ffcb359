/* SPDX-License-Identifier: MIT */
/* Skew_Time and Active_Down_Interval: RFC 9568 §6.1, RFC 3768 §6.1. */
#include "test.h"

#include "vrrp/timers.h"

static void test_timers_interval_of_the_wire_in_nanoseconds(void **state)
{
	(void)state;
	assert_int_equal(vrrp_interval_ns(1), 10 * MS);
	assert_int_equal(vrrp_interval_ns(100), SECOND);
	assert_int_equal(vrrp_interval_ns(VRRP_INTERVAL_CS_MAX), 40950 * MS);
}

static void test_timers_version_3_scales_the_skew_with_the_interval(void **state)
{
	static const struct {
		unsigned priority, interval_cs;
		int64_t skew_ns, down_ns;
	} rows[] = {
		{ 100, 100, 609375000, 3609375000 },
		{ 200, 100, 218750000, 3218750000 },
		{ 254, 100, 7812500, 3007812500 },
		{ 255, 100, 3906250, 3003906250 },
		{ 1, 100, 996093750, 3996093750 },
		{ 100, 1, 6093750, 36093750 },
		{ 254, 1, 78125, 30078125 },
		{ 255, 1, 39062, 30039062 }, /* half a nanosecond is dropped */
		{ 255, 4095, 159960937, 123009960937 },
		{ 1, 4095, INT64_C(40790039062), INT64_C(163640039062) },
		{ 100, 400, 2437500000, 14437500000 },
		{ 100, 300, 1828125000, 10828125000 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_int_equal(vrrp_skew_ns(3, rows[i].priority, rows[i].interval_cs),
				 rows[i].skew_ns);
		assert_int_equal(vrrp_down_ns(3, rows[i].priority, rows[i].interval_cs, 3),
				 rows[i].down_ns);
	}
}

/* whatever the interval. */
static void test_timers_version_2_skews_by_fractions_of_a_second(void **state)
{
	(void)state;
	assert_int_equal(vrrp_skew_ns(2, 128, 100), 500 * MS);
	assert_int_equal(vrrp_skew_ns(2, 128, 500), 500 * MS);
	assert_int_equal(vrrp_skew_ns(2, 255, 25500), 3906250);
	assert_int_equal(vrrp_skew_ns(2, 1, 100), 996093750);
	assert_int_equal(vrrp_down_ns(2, 128, 500, 3), 15500 * MS);
	assert_int_equal(vrrp_down_ns(2, 100, 25500, 3), INT64_C(765609375000));
}

/* Two Backups of different priority never start together, not even at the shortest interval. */
static void test_timers_higher_priority_is_always_earlier(void **state)
{
	static const unsigned intervals_cs[] = { 1, 2, 3, 100, 4095 };

	(void)state;
	for (size_t i = 0; i < sizeof(intervals_cs) / sizeof(intervals_cs[0]); i++) {
		for (unsigned p = 1; p < 255; p++) {
			int64_t gap_ns = vrrp_down_ns(3, p, intervals_cs[i], 3) -
					 vrrp_down_ns(3, p + 1, intervals_cs[i], 3);

			assert_true(gap_ns >= 39062 && gap_ns >= 39062 * intervals_cs[i]);
			assert_true(vrrp_skew_ns(3, p, intervals_cs[i]) <
				    vrrp_interval_ns(intervals_cs[i]));
		}
	}
}

/* The exact formula, for all 255 * 4095 inputs: not one of them overflows. */
static void test_timers_all_inputs_follow_the_formula(void **state)
{
	(void)state;
	for (int64_t cs = 1; cs <= VRRP_INTERVAL_CS_MAX; cs++) {
		for (int64_t p = 1; p <= 255; p++) {
			int64_t skew_ns = (256 - p) * cs * 10000000 / 256;

			if (vrrp_skew_ns(3, (unsigned)p, (unsigned)cs) != skew_ns)
				fail_msg("priority %d, interval %d cs", (int)p, (int)cs);
			if (vrrp_down_ns(3, (unsigned)p, (unsigned)cs, 3) !=
			    30000000 * cs + skew_ns)
				fail_msg("priority %d, interval %d cs", (int)p, (int)cs);
		}
	}
}

/* keepalived's down_timer_adverts: so many intervals, and the skew time once. */
static void test_timers_down_interval_of_any_number_of_missed_adverts(void **state)
{
	static const unsigned intervals_cs[] = { 1, 100, 4095 };

	(void)state;
	assert_int_equal(vrrp_down_ns(3, 100, 100, 1), 1609375000);
	assert_int_equal(vrrp_down_ns(3, 254, 1, 2), 20078125);
	assert_int_equal(vrrp_down_ns(2, 128, 500, 5), 25500 * MS);
	for (unsigned n = 1; n <= VRRP_DOWN_INTERVALS_MAX; n++)
		for (unsigned i = 0; i < sizeof(intervals_cs) / sizeof(intervals_cs[0]); i++)
			assert_int_equal(vrrp_down_ns(3, 1, intervals_cs[i], n),
					 n * intervals_cs[i] * 10 * MS +
						 vrrp_skew_ns(3, 1, intervals_cs[i]));
	assert_int_equal(vrrp_down_ns(2, 1, VRRP_INTERVAL_CS_MAX_V2, VRRP_DOWN_INTERVALS_MAX),
			 25500 * SECOND + 996093750);
}

/* what the field of each version can say. */
static void test_timers_valid_intervals_are_those_of_the_wire(void **state)
{
	(void)state;
	for (unsigned cs = 0; cs <= 30000; cs++) {
		assert_int_equal(vrrp_interval_is_valid(3, cs), cs >= 1 && cs <= 4095);
		assert_int_equal(vrrp_interval_is_valid(2, cs),
				 cs >= 100 && cs <= 25500 && cs % 100 == 0);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_timers_interval_of_the_wire_in_nanoseconds),
		cmocka_unit_test(test_timers_version_3_scales_the_skew_with_the_interval),
		cmocka_unit_test(test_timers_version_2_skews_by_fractions_of_a_second),
		cmocka_unit_test(test_timers_down_interval_of_any_number_of_missed_adverts),
		cmocka_unit_test(test_timers_valid_intervals_are_those_of_the_wire),
		cmocka_unit_test(test_timers_higher_priority_is_always_earlier),
		cmocka_unit_test(test_timers_all_inputs_follow_the_formula),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
