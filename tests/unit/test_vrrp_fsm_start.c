/* SPDX-License-Identifier: MIT */
/*
 * The delays of the start: a router's own, which is of the start alone, and that of the host.
 */
#include "test.h"

#define DOWN_100 INT64_C(3609375000)
#define T0       (1000 * SECOND)

static void test_fsm_start_delay_postpones_backup(void **state)
{
	struct vrrp vr = test_router(100);

	(void)state;
	vr.config.start_delay_ns = 30 * SECOND;
	assert_string_equal(on_startup(&vr, T0), "initialize->initialize");
	assert_int_equal(vr.election.reason.code, VRRP_REASON_START_DELAY);
	assert_int_equal(vr.election.reason.ns, 30 * SECOND);
	assert_string_equal(on_startup(&vr, T0 + 20 * SECOND), "");
	assert_int_equal(vrrp_deadline(&vr), T0 + 30 * SECOND);
	assert_string_equal(on_timer(&vr, T0 + 30 * SECOND - 1), "");
	assert_string_equal(on_timer(&vr, T0 + 30 * SECOND), "initialize->backup");
	assert_int_equal(vrrp_deadline(&vr), T0 + 30 * SECOND + DOWN_100);
}

/* Whichever delay ends later; and afterwards nothing is held up. */
static void test_fsm_boot_delay_holds_whatever_starts_before_its_end(void **state)
{
	struct vrrp vr = test_router(100);

	(void)state;
	vr.config.not_before_ns = T0 + 30 * SECOND;
	assert_string_equal(on_startup(&vr, T0), "initialize->initialize");
	assert_int_equal(vr.election.reason.code, VRRP_REASON_BOOT_DELAY);
	assert_int_equal(vr.election.reason.ns, 30 * SECOND);
	assert_string_equal(on_timer(&vr, T0 + 30 * SECOND - 1), "");
	assert_string_equal(on_fault(&vr, T0 + SECOND, VRRP_REASON_LINK_DOWN), "initialize->fault");
	vr.config.start_delay_ns = 10 * SECOND;
	assert_string_equal(on_startup(&vr, T0 + 5 * SECOND), "fault->initialize");
	assert_int_equal(vr.election.reason.ns, 25 * SECOND);
	assert_int_equal(vrrp_deadline(&vr), T0 + 30 * SECOND);
	assert_string_equal(on_timer(&vr, T0 + 30 * SECOND), "initialize->backup");
	assert_string_equal(on_fault(&vr, T0 + 31 * SECOND, VRRP_REASON_LINK_DOWN),
			    "backup->fault");
	assert_string_equal(on_startup(&vr, T0 + 32 * SECOND), "fault->backup");
}

static void test_fsm_start_delay_postpones_an_owner(void **state)
{
	struct vrrp vr = test_router(255);

	(void)state;
	vr.config.start_delay_ns = SECOND;
	assert_string_equal(on_startup(&vr, T0), "initialize->initialize");
	assert_string_equal(on_advert(&vr, T0, 200, HIGHER_ADDRESS, 100), "");
	assert_string_equal(on_timer(&vr, T0 + SECOND),
			    "advert 255, claim, announce, initialize->active");
}

static void test_fsm_start_delay_ends_with_shutdown_and_fault(void **state)
{
	struct vrrp vr = test_router(100);

	(void)state;
	vr.config.start_delay_ns = 30 * SECOND;
	on_startup(&vr, T0);
	on_shutdown(&vr, T0 + SECOND);
	assert_int_equal(vr.election.reason.code, VRRP_REASON_STOPPED);
	assert_string_equal(on_timer(&vr, T0 + 60 * SECOND), "");
	on_startup(&vr, T0 + 60 * SECOND);
	assert_string_equal(on_fault(&vr, T0 + 61 * SECOND, VRRP_REASON_NO_CARRIER),
			    "initialize->fault");
	/* It counts from the start, whatever faults there are meanwhile, and a later one ends at
	 * once. */
	assert_string_equal(on_startup(&vr, T0 + 70 * SECOND), "fault->initialize");
	assert_int_equal(vr.election.reason.ns, 20 * SECOND);
	assert_int_equal(vrrp_deadline(&vr), T0 + 90 * SECOND);
	assert_string_equal(on_timer(&vr, T0 + 90 * SECOND), "initialize->backup");
	assert_string_equal(on_fault(&vr, T0 + 95 * SECOND, VRRP_REASON_NO_CARRIER),
			    "backup->fault");
	assert_string_equal(on_startup(&vr, T0 + 96 * SECOND), "fault->backup");
}

static void test_fsm_start_delay_counts_from_a_fault_at_the_start(void **state)
{
	struct vrrp vr = test_router(100);

	(void)state;
	vr.config.start_delay_ns = 30 * SECOND;
	assert_string_equal(on_fault(&vr, T0, VRRP_REASON_LINK_DOWN), "initialize->fault");
	assert_string_equal(on_startup(&vr, T0 + 10 * SECOND), "fault->initialize");
	assert_int_equal(vrrp_deadline(&vr), T0 + 30 * SECOND);
	assert_string_equal(on_fault(&vr, T0 + 20 * SECOND, VRRP_REASON_LINK_DOWN),
			    "initialize->fault");
	assert_string_equal(on_startup(&vr, T0 + 30 * SECOND), "fault->backup");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fsm_start_delay_postpones_backup),
		cmocka_unit_test(test_fsm_boot_delay_holds_whatever_starts_before_its_end),
		cmocka_unit_test(test_fsm_start_delay_postpones_an_owner),
		cmocka_unit_test(test_fsm_start_delay_ends_with_shutdown_and_fault),
		cmocka_unit_test(test_fsm_start_delay_counts_from_a_fault_at_the_start),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
