/* SPDX-License-Identifier: MIT */
/*
 * When leases start anew: often enough to outlive ("available") or to end before ("safe") every
 * Backup's patience, and never without evidence.
 */
#include "test.h"

#include "agent/router/lease.h"

#define T0 (1000 * SECOND)

static struct lease fresh(enum conf_lease kind, unsigned interval_cs)
{
	struct lease lease;

	lease_init(&lease, kind, interval_cs);
	return lease;
}

/* An advert that is decided, perhaps renews, and leaves. Return: whether it renewed. */
static bool advertise(struct lease *lease, int64_t now_ns)
{
	bool renewed = lease_on_advert(lease, now_ns);

	lease_on_sent(lease, now_ns);
	return renewed;
}

static void test_available_lease_outlives_the_patience_after_every_advert(void **state)
{
	(void)state;
	for (unsigned interval_cs = 1; interval_cs <= 4095; interval_cs++) {
		int64_t interval_ns = interval_cs * 10 * MS, renewed_ns = 0;
		struct lease lease = fresh(CONF_LEASE_AVAILABLE, interval_cs);
		int64_t lease_ns = conf_lease_s(lease.kind, interval_cs) * SECOND;

		for (int64_t n = 0; n < 20; n++) {
			int64_t now = T0 + n * interval_ns;

			if (advertise(&lease, now))
				renewed_ns = now;
			/* Even if the next advert is the last sign of life. */
			assert_true(renewed_ns + lease_ns >= now + interval_ns);
			assert_true(renewed_ns + lease_ns >= now + 4 * interval_ns);
		}
		assert_true(lease_deadline(&lease) == INT64_MAX);
	}
}

static void test_available_lease_is_renewed_by_a_third_at_fast_intervals(void **state)
{
	struct lease lease = fresh(CONF_LEASE_AVAILABLE, 1);
	unsigned renewals = 0;

	(void)state;
	for (int64_t n = 0; n < 1000; n++)
		renewals += advertise(&lease, T0 + n * 10 * MS);
	assert_in_range(renewals, 30, 32);
}

static void test_available_lease_needs_adverts_that_have_left(void **state)
{
	struct lease lease = fresh(CONF_LEASE_AVAILABLE, 100);

	(void)state;
	assert_true(advertise(&lease, T0));
	assert_true(lease_on_advert(&lease, T0 + SECOND));      /* that of T0 is evidence */
	assert_false(lease_on_advert(&lease, T0 + 2 * SECOND)); /* that of T0 + 1 s was refused */
	lease_on_sent(&lease, T0 + 2 * SECOND);
	assert_true(lease_on_advert(&lease, T0 + 3 * SECOND));
}

static void test_safe_lease_goes_by_its_own_timer(void **state)
{
	struct lease lease = fresh(CONF_LEASE_SAFE, 500);
	int64_t period_ns = conf_lease_s(CONF_LEASE_SAFE, 500) * SECOND / 3;

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
	assert_false(advertise(&lease, T0 + 100 * MS));
	assert_true(advertise(&lease, T0 + 300 * MS));
	lease = fresh(CONF_LEASE_AVAILABLE, 100);
	lease_adopt(&lease, old.renew_ns, false, T0 + 50 * MS);
	assert_int_equal(lease.renew_ns, T0 + 50 * MS); /* renewed by then, so with each advert */
	assert_true(advertise(&lease, T0 + 100 * MS));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_available_lease_outlives_the_patience_after_every_advert),
		cmocka_unit_test(test_available_lease_is_renewed_by_a_third_at_fast_intervals),
		cmocka_unit_test(test_available_lease_needs_adverts_that_have_left),
		cmocka_unit_test(test_safe_lease_goes_by_its_own_timer),
		cmocka_unit_test(test_safe_lease_of_a_router_that_fell_silent_is_not_renewed),
		cmocka_unit_test(test_lease_that_is_off_is_never_renewed),
		cmocka_unit_test(test_lease_end_forgets_what_was_due),
		cmocka_unit_test(test_lease_adopt_keeps_the_renewal_where_it_was),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
