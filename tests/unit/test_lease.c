/* SPDX-License-Identifier: MIT */
/*
 * When leases start anew: often enough to outlive ("available") or to end before ("safe") every
 * Backup's patience, and never without evidence.
 */
#include "test.h"

#include "agent/router/lease.h"
#include "vrrp/timers.h"

#define T0 (1000 * SECOND)

static struct lease fresh_of(enum conf_lease kind, unsigned interval_cs, unsigned down_intervals)
{
	struct lease lease;

	lease_init(&lease, kind, interval_cs, down_intervals);
	return lease;
}

static struct lease fresh(enum conf_lease kind, unsigned interval_cs)
{
	return fresh_of(kind, interval_cs, 3);
}

/* An advert that is decided, perhaps renews, and leaves. Return: whether it renewed. */
static bool advertise(struct lease *lease, int64_t now_ns)
{
	bool renewed = lease_on_advert(lease, now_ns);

	lease_on_sent(lease, now_ns);
	return renewed;
}

/* Even if an advert is the last sign of life, and the Backup the most patient one: priority 1. */
static void assert_outlives(unsigned version, unsigned interval_cs, unsigned down_intervals)
{
	struct lease lease = fresh_of(CONF_LEASE_AVAILABLE, interval_cs, down_intervals);
	int64_t lease_ns = conf_lease_s(lease.kind, interval_cs, down_intervals) * SECOND;
	int64_t patience_ns = vrrp_down_ns(version, 1, interval_cs, down_intervals);
	int64_t interval_ns = interval_cs * 10 * MS, renewed_ns = 0;

	for (int64_t n = 0; n < 20; n++) {
		int64_t now = T0 + n * interval_ns;

		if (advertise(&lease, now))
			renewed_ns = now;
		assert_true(renewed_ns + lease_ns >= now + patience_ns);
	}
	assert_true(lease_deadline(&lease) == INT64_MAX);
}

static const unsigned missed[] = { 1, 2, 3, 4, 10, VRRP_DOWN_INTERVALS_MAX };
#define MISSED_N (sizeof(missed) / sizeof(missed[0]))

static void test_available_lease_outlives_the_patience_after_every_advert(void **state)
{
	(void)state;
	for (unsigned i = 0; i < MISSED_N; i++) {
		for (unsigned cs = 1; cs <= VRRP_INTERVAL_CS_MAX; cs++)
			assert_outlives(3, cs, missed[i]);
		for (unsigned cs = 100; cs <= VRRP_INTERVAL_CS_MAX_V2; cs += 100)
			assert_outlives(2, cs, missed[i]);
	}
}

/* One interval more than may be missed, up to the next second, and one second. */
static void test_available_lease_is_at_most_a_second_longer_than_needed(void **state)
{
	(void)state;
	for (unsigned i = 0; i < MISSED_N; i++) {
		for (unsigned cs = 1; cs <= VRRP_INTERVAL_CS_MAX_V2; cs++) {
			int64_t lease_ns =
				conf_lease_s(CONF_LEASE_AVAILABLE, cs, missed[i]) * SECOND;
			int64_t needed_ns = (missed[i] + 1) * (cs * 10 * MS);

			assert_true(lease_ns > needed_ns && lease_ns < needed_ns + 2 * SECOND);
		}
	}
}

/* Renewed as late as may be, and removed as late as may be: before the first Backup, priority 254.
 */
static void test_safe_lease_ends_before_any_patience(void **state)
{
	(void)state;
	for (unsigned i = 0; i < MISSED_N; i++) {
		unsigned least_cs = conf_lease_safe_cs(missed[i]);

		for (unsigned cs = 1; cs <= VRRP_INTERVAL_CS_MAX_V2; cs++) {
			int seconds = conf_lease_s(CONF_LEASE_SAFE, cs, missed[i]);

			assert_int_equal(seconds < 0, !least_cs || cs < least_cs);
			if (seconds < 0)
				continue;
			assert_true(cs * 10 * MS + seconds * SECOND + 1200 * MS <
				    vrrp_down_ns(2, 254, 100, 1) - SECOND +
					    missed[i] * (cs * 10 * MS));
		}
	}
	assert_int_equal(conf_lease_safe_cs(3), 110);
	assert_int_equal(conf_lease_safe_cs(1), 0);
}

/* Each renewal is a change in the kernel for each address. */
static void test_available_lease_is_renewed_with_few_adverts(void **state)
{
	static const struct {
		unsigned interval_cs, adverts_n, renewals_max;
	} rows[] = { { 1, 1000, 6 }, { 10, 170, 11 }, { 50, 60, 21 }, { 100, 60, 31 } };

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct lease lease = fresh(CONF_LEASE_AVAILABLE, rows[i].interval_cs);
		unsigned renewals = 0;

		/* As a host does it: each some microseconds late. */
		for (int64_t n = 0; n < rows[i].adverts_n; n++)
			renewals += advertise(&lease, T0 + n * rows[i].interval_cs * 10 * MS +
							      n * 7919 % 100000);
		assert_in_range(renewals, 1, rows[i].renewals_max);
	}
}

/* It is asked when an advert has left, and then it is due at most once in a period. */
static void test_available_lease_is_renewed_by_adverts_that_have_left(void **state)
{
	struct lease lease = fresh(CONF_LEASE_AVAILABLE, 100);

	(void)state;
	assert_true(advertise(&lease, T0));
	assert_false(advertise(&lease, T0 + SECOND / 2));
	assert_true(advertise(&lease, T0 + 2 * SECOND));
	assert_true(advertise(&lease, T0 + 60 * SECOND)); /* none in between */
}

static void test_safe_lease_goes_by_its_own_timer(void **state)
{
	struct lease lease = fresh(CONF_LEASE_SAFE, 500);
	int64_t period_ns = conf_lease_s(CONF_LEASE_SAFE, 500, 3) * SECOND / 3;

	(void)state;
	assert_int_equal(lease_deadline(&lease), 0);
	assert_false(advertise(&lease, T0));
	assert_true(lease_on_timer(&lease, T0));
	assert_int_equal(lease_deadline(&lease), T0 + period_ns);
	assert_false(lease_on_timer(&lease, T0 + period_ns - 1));
	assert_true(lease_on_timer(&lease, T0 + period_ns));
}

static void test_safe_lease_of_a_router_that_fell_silent_is_not_renewed(void **state)
{
	struct lease lease = fresh(CONF_LEASE_SAFE, 500);

	(void)state;
	advertise(&lease, T0);
	assert_true(lease_on_timer(&lease, T0 + 5 * SECOND));
	assert_false(lease_on_timer(&lease, T0 + 8 * SECOND));
	assert_true(lease_on_sent(&lease, T0 + 20 * SECOND)); /* which it waited for */
	assert_true(lease_on_timer(&lease, T0 + 20 * SECOND));
	assert_false(lease_on_sent(&lease, T0 + 25 * SECOND));
}

/* What the kernel refused may not be renewed when nobody could have heard an advert since. */
static void test_lease_evidence_lasts_for_an_interval(void **state)
{
	struct lease safe = fresh(CONF_LEASE_SAFE, 500);
	struct lease available = fresh(CONF_LEASE_AVAILABLE, 500);

	(void)state;
	advertise(&safe, T0);
	assert_true(lease_on_timer(&safe, T0 + SECOND));
	assert_false(lease_is_starved(&safe, T0 + 5 * SECOND));
	assert_true(lease_is_starved(&safe, T0 + 5 * SECOND + 1));
	advertise(&safe, T0 + 6 * SECOND);
	assert_false(lease_is_starved(&safe, T0 + 6 * SECOND));
	advertise(&available, T0);
	assert_false(lease_is_starved(&available, T0 + 60 * SECOND));
}

/* Evidence that comes just before a renewal is due keeps the leases for one span more. */
static void test_lease_is_renewed_in_time_for_one_more_span(void **state)
{
	(void)state;
	for (unsigned i = 0; i < MISSED_N; i++) {
		for (unsigned cs = 1; cs <= VRRP_INTERVAL_CS_MAX; cs++) {
			struct lease lease = fresh_of(CONF_LEASE_AVAILABLE, cs, missed[i]);
			int64_t span_ns = cs < 50 ? 500 * MS : cs * 10 * MS;
			int64_t spare_ns = lease_spare_ns(&lease, span_ns);

			assert_true(spare_ns > 0);
			assert_true(spare_ns + span_ns + 250 * MS <=
				    conf_lease_s(lease.kind, cs, missed[i]) * SECOND);
		}
	}
}

static void test_lease_with_evidence_all_the_time_is_renewed_seldom(void **state)
{
	struct lease available = fresh(CONF_LEASE_AVAILABLE, 100);
	struct lease safe = fresh(CONF_LEASE_SAFE, 1000), off = fresh(CONF_LEASE_OFF, 100);

	(void)state;
	assert_int_equal(lease_spare_ns(&available, SECOND), 3500 * MS);
	assert_int_equal(lease_spare_ns(&safe, 10 * SECOND),
			 conf_lease_s(CONF_LEASE_SAFE, 1000, 3) * SECOND / 3);
	assert_true(lease_spare_ns(&off, SECOND) > 365 * 24 * 3600 * SECOND);
}

static void test_lease_that_is_off_is_never_renewed(void **state)
{
	struct lease lease = fresh(CONF_LEASE_OFF, 100);

	(void)state;
	for (int64_t n = 0; n < 10; n++) {
		assert_false(advertise(&lease, T0 + n * SECOND));
		assert_false(lease_on_timer(&lease, T0 + n * SECOND));
	}
}

static void test_lease_end_forgets_what_was_due(void **state)
{
	struct lease lease = fresh(CONF_LEASE_AVAILABLE, 10), unused = lease;

	(void)state;
	advertise(&lease, T0);
	lease_end(&lease);
	assert_memory_equal(&lease, &unused, sizeof(lease));
}

static void test_lease_adopt_keeps_the_renewal_where_it_was(void **state)
{
	struct lease old = fresh(CONF_LEASE_AVAILABLE, 10), lease = old;

	(void)state;
	assert_true(advertise(&old, T0));
	lease_adopt(&lease, old.renew_ns, true, T0 + 50 * MS);
	assert_false(advertise(&lease, T0 + 1600 * MS));
	assert_true(advertise(&lease, T0 + 1700 * MS));
	lease = fresh(CONF_LEASE_AVAILABLE, 100);
	lease_adopt(&lease, old.renew_ns, false, T0 + 50 * MS);
	assert_false(advertise(&lease, T0 + 1050 * MS)); /* renewed at once, by the caller */
	assert_true(advertise(&lease, T0 + 2050 * MS));
}

static void test_lease_that_ended_is_due_with_the_next_advert(void **state)
{
	struct lease available = fresh(CONF_LEASE_AVAILABLE, 100);
	struct lease safe = fresh(CONF_LEASE_SAFE, 300);

	(void)state;
	assert_true(lease_on_advert(&available, T0));
	assert_false(lease_on_advert(&available, T0 + 10 * MS));
	lease_on_ended(&available);
	assert_true(lease_on_advert(&available, T0 + 20 * MS));

	lease_on_sent(&safe, T0);
	assert_true(lease_on_timer(&safe, T0));
	lease_on_ended(&safe);
	assert_false(lease_on_timer(&safe, T0 + 10 * MS));
	assert_true(lease_on_sent(&safe, T0 + 20 * MS));
	assert_true(lease_on_timer(&safe, T0 + 20 * MS));
}

/* Who offers to leave says so with an advert that renews, and is then silent for an
 * Active_Down_Interval: four intervals at most, if three may be missed. */
static void test_lease_outlives_the_silence_after_an_offer_to_leave(void **state)
{
	static const unsigned intervals_cs[] = { 1, 10, 100, 101, 333, 4095 };

	(void)state;
	for (unsigned i = 0; i < sizeof(intervals_cs) / sizeof(intervals_cs[0]); i++) {
		int64_t silence_ns = intervals_cs[i] * 40 * MS;
		struct lease lease = fresh(CONF_LEASE_AVAILABLE, intervals_cs[i]);

		advertise(&lease, T0); /* the next one would not renew */
		lease_on_offer(&lease, T0 + MS + silence_ns);
		assert_true(lease_on_advert(&lease, T0 + MS));
		assert_true(conf_lease_s(lease.kind, intervals_cs[i], 3) * SECOND >= silence_ns);
		lease = fresh(CONF_LEASE_SAFE, intervals_cs[i] + 200);
		silence_ns += 8 * SECOND;
		lease_on_offer(&lease, T0 + silence_ns);
		assert_true(lease_deadline(&lease) <= T0);
		for (int64_t now_ns = T0; now_ns < T0 + silence_ns; now_ns = lease_deadline(&lease))
			assert_true(lease_on_timer(&lease, now_ns));
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_available_lease_outlives_the_patience_after_every_advert),
		cmocka_unit_test(test_available_lease_is_at_most_a_second_longer_than_needed),
		cmocka_unit_test(test_safe_lease_ends_before_any_patience),
		cmocka_unit_test(test_available_lease_is_renewed_with_few_adverts),
		cmocka_unit_test(test_available_lease_is_renewed_by_adverts_that_have_left),
		cmocka_unit_test(test_safe_lease_goes_by_its_own_timer),
		cmocka_unit_test(test_safe_lease_of_a_router_that_fell_silent_is_not_renewed),
		cmocka_unit_test(test_lease_evidence_lasts_for_an_interval),
		cmocka_unit_test(test_lease_is_renewed_in_time_for_one_more_span),
		cmocka_unit_test(test_lease_with_evidence_all_the_time_is_renewed_seldom),
		cmocka_unit_test(test_lease_that_is_off_is_never_renewed),
		cmocka_unit_test(test_lease_end_forgets_what_was_due),
		cmocka_unit_test(test_lease_that_ended_is_due_with_the_next_advert),
		cmocka_unit_test(test_lease_adopt_keeps_the_renewal_where_it_was),
		cmocka_unit_test(test_lease_outlives_the_silence_after_an_offer_to_leave),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
