/* SPDX-License-Identifier: MIT */
/*
 * When a router that is drained offers to leave, and when a drain ends.
 */
#include "test.h"

#include "agent/router/drain.h"

#define T0      (1000 * SECOND)
#define SILENCE (4 * SECOND)

static void test_drain_of_an_active_offers_once(void **state)
{
	struct drain drain;

	(void)state;
	drain_init(&drain);
	assert_false(drain_is_on(&drain));
	assert_int_equal(drain_deadline(&drain), VRRP_NEVER);
	drain_begin(&drain, VRRP_NEVER, true, SILENCE, T0);
	assert_true(drain_is_on(&drain));
	assert_int_equal(drain_deadline(&drain), T0 + SILENCE);
	assert_false(drain_offers(&drain, true, 0, SILENCE, T0 + SILENCE - 1));
	assert_true(drain_offers(&drain, true, 0, SILENCE, T0 + SILENCE));
	assert_false(drain_offers(&drain, true, 0, SILENCE, T0 + 100 * SECOND));
	assert_int_equal(drain_deadline(&drain), VRRP_NEVER);
	assert_true(drain_is_on(&drain));
	/* Asked once more, it offers once more; and when it was asked before, at the same time. */
	drain_begin(&drain, VRRP_NEVER, true, SILENCE, T0 + 100 * SECOND);
	drain_begin(&drain, VRRP_NEVER, true, SILENCE, T0 + 101 * SECOND);
	assert_int_equal(drain_deadline(&drain), T0 + 100 * SECOND + SILENCE);
}

static void test_drain_that_cannot_offer_does_so_later(void **state)
{
	struct drain drain;

	(void)state;
	drain_init(&drain);
	drain_begin(&drain, VRRP_NEVER, true, SILENCE, T0);
	assert_false(drain_offers(&drain, false, 0, SILENCE, T0 + SILENCE));
	assert_int_equal(drain_deadline(&drain), T0 + 2 * SILENCE);
	assert_true(drain_offers(&drain, true, 0, SILENCE, T0 + 2 * SILENCE));
}

static void test_drain_offers_nothing_to_a_peer_that_is_no_better(void **state)
{
	struct drain drain;

	(void)state;
	drain_init(&drain);
	drain_begin(&drain, VRRP_NEVER, true, SILENCE, T0);
	assert_false(drain_offers(&drain, true, T0 + SECOND, SILENCE, T0 + SILENCE));
	assert_int_equal(drain_deadline(&drain), VRRP_NEVER);
}

/* Hosts are drained one after the other. */
static void test_drain_offers_to_a_peer_that_was_no_better_before(void **state)
{
	struct drain drain;

	(void)state;
	drain_init(&drain);
	drain_begin(&drain, VRRP_NEVER, true, SILENCE, T0);
	assert_true(drain_offers(&drain, true, T0 - SECOND, SILENCE, T0 + SILENCE));
	drain_begin(&drain, VRRP_NEVER, true, SILENCE, T0 + 60 * SECOND);
	assert_true(drain_offers(&drain, true, T0 + SECOND, SILENCE, T0 + 60 * SECOND + SILENCE));
}

static void test_drain_ends_by_itself(void **state)
{
	struct drain drain;

	(void)state;
	drain_init(&drain);
	drain_begin(&drain, T0 + 60 * SECOND, false, SILENCE, T0);
	assert_int_equal(drain_deadline(&drain), T0 + 60 * SECOND);
	assert_false(drain_is_over(&drain, T0 + 60 * SECOND - 1));
	/* Another time. */
	drain_begin(&drain, T0 + 90 * SECOND, false, SILENCE, T0 + SECOND);
	assert_int_equal(drain_deadline(&drain), T0 + 90 * SECOND);
	assert_true(drain_is_over(&drain, T0 + 90 * SECOND));
	assert_false(drain_is_on(&drain));
	assert_false(drain_is_over(&drain, T0 + 100 * SECOND));
}

/* One that waits for commands first offers a silence after their end. */
static void test_drain_that_does_not_offer_yet_does_so_when_it_begins_anew(void **state)
{
	struct drain drain;

	(void)state;
	drain_init(&drain);
	drain_begin(&drain, VRRP_NEVER, false, SILENCE, T0);
	assert_true(drain_is_on(&drain));
	assert_int_equal(drain_deadline(&drain), VRRP_NEVER);
	assert_false(drain_offers(&drain, true, 0, SILENCE, T0 + 29 * SECOND));
	drain_begin(&drain, drain.until_ns, true, SILENCE, T0 + 10 * SECOND);
	assert_int_equal(drain_deadline(&drain), T0 + 10 * SECOND + SILENCE);
	assert_true(drain_offers(&drain, true, 0, SILENCE, T0 + 10 * SECOND + SILENCE));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_drain_of_an_active_offers_once),
		cmocka_unit_test(test_drain_that_cannot_offer_does_so_later),
		cmocka_unit_test(test_drain_offers_nothing_to_a_peer_that_is_no_better),
		cmocka_unit_test(test_drain_offers_to_a_peer_that_was_no_better_before),
		cmocka_unit_test(test_drain_that_does_not_offer_yet_does_so_when_it_begins_anew),
		cmocka_unit_test(test_drain_ends_by_itself),
	};

	return cmocka_run_group_tests_name("drain", tests, NULL, NULL);
}
