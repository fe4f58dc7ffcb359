/* SPDX-License-Identifier: MIT */
/*
 * A router goes on with the election of its predecessor. Nothing may happen when nothing changed;
 * what depends on a changed key is computed from when the Active was heard.
 */
#include "vrrp_wire.h"

#include "vrrp/adopt.h"
#include "vrrp/timers.h"

#define T0  (1000 * SECOND)
#define NOW (T0 + 300 * MS)

/* A Backup of priority 100 that heard a peer's advert at T0. */
static struct vrrp heard_backup(void)
{
	struct vrrp vr = test_backup(100, T0 - SECOND);

	on_advert(&vr, T0, 200, HIGHER_ADDRESS, 100);
	assert_int_equal(vr.election.down_ns, T0 + vrrp_down_ns(3, 100, 100, 3));
	return vr;
}

static struct vrrp active(void)
{
	struct vrrp vr = test_active(100, T0);

	vr.counters.adverts_sent = 7;
	assert_int_equal(vr.election.advert_ns, T0 + SECOND);
	return vr;
}

/* What the next generation makes of @old under @config. */
static struct vrrp adopted(const struct vrrp *old, const struct vrrp_config *config)
{
	struct vrrp vr;

	vrrp_init(&vr, config);
	vrrp_adopt(&vr, old, config->priority, NOW);
	assert_memory_equal(&vr.config, config, sizeof(*config));
	assert_true(vrrp_is_sane(&vr, NOW));
	return vr;
}

/* Nothing but the configuration and the deadlines named by the caller is another. */
static void assert_same_but(const struct vrrp *vr, const struct vrrp *old, int64_t down_ns,
			    int64_t advert_ns)
{
	struct vrrp expected = *old;

	expected.config = vr->config;
	expected.election.priority = vr->config.priority;
	expected.election.down_ns = down_ns;
	expected.election.advert_ns = advert_ns;
	if (old->election.state == VRRP_STATE_ACTIVE &&
	    vr->config.priority < old->election.priority) {
		expected.election.fell_from = old->election.priority;
		expected.election.fell_ns = NOW;
	}
	assert_memory_equal(vr, &expected, sizeof(expected));
}

static void test_adopt_of_the_same_configuration_changes_not_a_byte(void **state)
{
	struct vrrp olds[] = { test_router(100), heard_backup(), active(), heard_backup() };

	(void)state;
	on_fault(&olds[3], T0 + MS, VRRP_REASON_LINK_DOWN);
	for (size_t i = 0; i < sizeof(olds) / sizeof(olds[0]); i++) {
		struct vrrp vr = adopted(&olds[i], &olds[i].config);

		assert_memory_equal(&vr, &olds[i], sizeof(vr));
	}
}

/* These matter at the next occasion, not now. */
static void test_adopt_announces_what_was_put_off_and_no_refresh_of_before(void **state)
{
	struct vrrp old = active(), vr;

	(void)state;
	old.election.announced_n = VRRP_ANNOUNCED_ALL;
	old.config.announce = (struct vrrp_announce){ .refresh_ms = 60000 };
	old.election.announce_ns = NOW + 30 * SECOND;
	vr = adopted(&old, &old.config);
	assert_int_equal(vr.election.announce_ns, NOW + 30 * SECOND);
	old.config.announce.refresh_ms = 10000;
	vr = adopted(&old, &old.config);
	assert_int_equal(vr.election.announce_ns, NOW + 10 * SECOND);
	old.config.announce.refresh_ms = 0;
	vr = adopted(&old, &old.config);
	assert_int_equal(vr.election.announce_ns, VRRP_NEVER);
	/* By one that listens before it speaks. */
	old.election.listening = true;
	old.election.announce_ns = NOW - 100 * MS;
	vr = adopted(&old, &old.config);
	assert_int_equal(vr.election.announce_ns, NOW - 100 * MS);
}

static void test_adopt_of_other_delays_and_preemption_changes_no_deadline(void **state)
{
	struct vrrp olds[] = { heard_backup(), active() };

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct vrrp_config config = olds[i].config;
		struct vrrp vr;

		config.preempt = false;
		config.preempt_delay_ns = 5 * SECOND;
		config.start_delay_ns = 6 * SECOND;
		vr = adopted(&olds[i], &config);
		assert_same_but(&vr, &olds[i], olds[i].election.down_ns,
				olds[i].election.advert_ns);
	}
}

static void test_adopt_by_a_backup_of_another_priority_waits_as_that_one(void **state)
{
	struct vrrp old = heard_backup(), vr;
	struct vrrp_config config = old.config;

	(void)state;
	config.priority = 250;
	vr = adopted(&old, &config);
	assert_same_but(&vr, &old, T0 + vrrp_down_ns(3, 250, 100, 3), VRRP_NEVER);
}

/* The peer's interval counts in Backup, whatever the own one is. */
static void test_adopt_by_a_backup_of_another_interval_waits_as_the_active_advertises(void **state)
{
	struct vrrp old = heard_backup(), vr;
	struct vrrp_config config = old.config;

	(void)state;
	config.interval_cs = 1000;
	vr = adopted(&old, &config);
	assert_same_but(&vr, &old, T0 + vrrp_down_ns(3, 100, 100, 3), VRRP_NEVER);
}

static void test_adopt_by_a_backup_that_heard_nobody_takes_its_own_interval(void **state)
{
	struct vrrp old = test_backup(100, T0), vr;
	struct vrrp_config config = old.config;

	(void)state;
	config.interval_cs = 10;
	vr = adopted(&old, &config);
	assert_int_equal(vr.election.active_interval_cs, 10);
	assert_int_equal(vr.election.down_ns, T0 + vrrp_down_ns(3, 100, 10, 3));
}

/* Three by default, so that 3 is no change. */
static void test_adopt_by_a_backup_that_may_miss_more_waits_from_the_last_advert(void **state)
{
	struct vrrp old = heard_backup(), vr;
	struct vrrp_config config = old.config;

	(void)state;
	config.down_intervals = 3;
	vr = adopted(&old, &config);
	assert_same_but(&vr, &old, old.election.down_ns, VRRP_NEVER);
	config.down_intervals = 5;
	vr = adopted(&old, &config);
	assert_same_but(&vr, &old, T0 + vrrp_down_ns(3, 100, 100, 5), VRRP_NEVER);
	old = vr;
	config.down_intervals = 0;
	vr = adopted(&old, &config);
	assert_same_but(&vr, &old, T0 + vrrp_down_ns(3, 100, 100, 3), VRRP_NEVER);
}

/* Whom it heard it hears no more: it waits as if it had just started. */
static void test_adopt_by_a_backup_of_another_version_forgets_whom_it_heard(void **state)
{
	struct vrrp old = heard_backup(), expected, vr;
	struct vrrp_config config = old.config;

	(void)state;
	on_advert(&old, T0 + 100 * MS, 200, HIGHER_ADDRESS, 30); /* which version 2 cannot say */
	config.version = 2;
	vr = adopted(&old, &config);
	expected = old;
	expected.config = config;
	expected.election.active_interval_cs = 100;
	expected.election.active_priority = 0;
	memset(expected.election.active_source, 0, 16);
	expected.election.heard_ns = NOW;
	expected.election.down_ns = NOW + vrrp_down_ns(2, 100, 100, 3);
	assert_memory_equal(&vr, &expected, sizeof(vr));
}

static void test_adopt_by_an_active_of_another_version_sends_an_advert_of_it_at_once(void **state)
{
	struct vrrp old = active(), vr;
	struct vrrp_config config = old.config;

	(void)state;
	config.version = 2;
	vr = adopted(&old, &config);
	assert_same_but(&vr, &old, VRRP_NEVER, NOW);
}

/* In version 2 the own interval is the only one, also of whoever was heard. */
static void test_adopt_by_a_backup_of_version_2_takes_its_own_interval(void **state)
{
	struct vrrp old = wire_router(&wires[1], 100, 100), vr;
	struct vrrp_config config = old.config;

	(void)state;
	on_startup(&old, T0 - SECOND);
	on_advert(&old, T0, 200, HIGHER_ADDRESS, 100);
	config.interval_cs = 500;
	vr = adopted(&old, &config);
	assert_int_equal(vr.election.active_interval_cs, 500);
	assert_int_equal(vr.election.down_ns, T0 + vrrp_down_ns(2, 100, 500, 3));
}

/* After a farewell only the skew time is left to wait. */
static void test_adopt_after_a_farewell_goes_on_waiting_the_skew_time(void **state)
{
	struct vrrp old = heard_backup(), vr;
	struct vrrp_config config = old.config;

	(void)state;
	on_advert(&old, T0 + MS, 0, HIGHER_ADDRESS, 100);
	config.priority = 50;
	vr = adopted(&old, &config);
	assert_int_equal(vr.election.state, VRRP_STATE_BACKUP);
	assert_int_equal(vr.election.down_ns, T0 + MS + vrrp_skew_ns(3, 50, 100));
}

static void test_adopt_by_a_backup_that_became_owner_does_not_wait(void **state)
{
	struct vrrp old = heard_backup(), vr;
	struct vrrp_config config = old.config;

	(void)state;
	config.priority = VRRP_PRIORITY_OWNER;
	vr = adopted(&old, &config);
	assert_int_equal(vr.election.down_ns, NOW);
	assert_string_equal(on_timer(&vr, NOW), "advert 255, claim, announce, backup->active");
}

/* What the others see of a configuration they see at once, and the rhythm starts there. */
static void test_adopt_by_an_active_whose_adverts_change_sends_one_at_once(void **state)
{
	struct vrrp old = active();
	struct vrrp_config configs[] = { old.config, old.config, old.config };

	(void)state;
	configs[0].priority = 50;
	configs[1].interval_cs = 10;
	configs[2].checksum = VRRP_CHECKSUM_RFC5798;
	for (size_t i = 0; i < 3; i++) {
		struct vrrp vr = adopted(&old, &configs[i]);

		assert_same_but(&vr, &old, VRRP_NEVER, NOW);
		assert_string_equal(on_timer(&vr, NOW), i == 0 ? "advert 50" : "advert 100");
		assert_int_equal(vr.election.advert_ns,
				 NOW + vrrp_interval_ns(configs[i].interval_cs));
	}
}

static void test_adopt_before_the_start_has_nothing_to_compute(void **state)
{
	struct vrrp old = test_router(100), vr;
	struct vrrp_config config = old.config;

	(void)state;
	config.priority = 200;
	config.interval_cs = 10;
	vr = adopted(&old, &config);
	assert_same_but(&vr, &old, VRRP_NEVER, VRRP_NEVER);
}

/* ---- vrrp_is_sane() ---- */

static void test_sane_is_what_the_state_machine_makes(void **state)
{
	struct vrrp delayed = test_router(100), fault = heard_backup(), left = active();

	(void)state;
	delayed.config.start_delay_ns = SECOND;
	on_startup(&delayed, T0);
	on_fault(&fault, NOW, VRRP_REASON_NO_CARRIER);
	on_shutdown(&left, NOW);
	const struct vrrp vrs[] = {
		test_router(1), test_router(255), delayed, heard_backup(), active(), fault, left
	};

	for (size_t i = 0; i < sizeof(vrs) / sizeof(vrs[0]); i++)
		if (!vrrp_is_sane(&vrs[i], NOW))
			fail_msg("number %zu", i);
}

/* One lie at a time. */
#define ASSERT_INSANE(made, lie)                                                                   \
	do {                                                                                       \
		struct vrrp vr = (made);                                                           \
		assert_true(vrrp_is_sane(&vr, NOW));                                               \
		vr.lie;                                                                            \
		if (vrrp_is_sane(&vr, NOW))                                                        \
			fail_msg("%s: %s", #made, #lie);                                           \
	} while (0)

static void test_sane_is_not_what_cannot_be(void **state)
{
	(void)state;
	ASSERT_INSANE(active(), election.priority = 0);
	ASSERT_INSANE(active(), election.state = VRRP_STATE_COUNT);
	ASSERT_INSANE(active(), election.state = VRRP_STATE_BACKUP);
	ASSERT_INSANE(active(), election.state = VRRP_STATE_INITIALIZE);
	ASSERT_INSANE(active(), election.reason.code = VRRP_REASON_COUNT);
	ASSERT_INSANE(active(), election.since_ns = NOW + 1);
	ASSERT_INSANE(active(), election.heard_ns = NOW + 1);
	ASSERT_INSANE(active(), election.advert_ns = VRRP_NEVER);
	ASSERT_INSANE(active(), election.down_ns = NOW);
	ASSERT_INSANE(heard_backup(), election.down_ns = VRRP_NEVER);
	ASSERT_INSANE(heard_backup(), election.advert_ns = NOW);
	ASSERT_INSANE(heard_backup(), election.announce_ns = NOW);
	ASSERT_INSANE(heard_backup(), election.state = VRRP_STATE_ACTIVE);
	ASSERT_INSANE(heard_backup(), election.active_interval_cs = 0);
	ASSERT_INSANE(heard_backup(), election.active_interval_cs = VRRP_INTERVAL_CS_MAX + 1);
	ASSERT_INSANE(test_router(1), election.down_ns = NOW);
	ASSERT_INSANE(test_router(1), config.family = 5);
	ASSERT_INSANE(test_router(1), config.version = 9);
	ASSERT_INSANE(test_router(1), config.vrid = 0);
	ASSERT_INSANE(test_router(1), config.priority = 0);
	ASSERT_INSANE(test_router(1), config.interval_cs = 0);
	ASSERT_INSANE(test_router(1), config.interval_cs = VRRP_INTERVAL_CS_MAX + 1);
	ASSERT_INSANE(test_router(1), config.down_intervals = VRRP_DOWN_INTERVALS_MAX + 1);
	ASSERT_INSANE(wire_router(&wires[1], 1, 100), config.family = 6);
	ASSERT_INSANE(wire_router(&wires[1], 1, 100), config.interval_cs = 150);
	ASSERT_INSANE(wire_router(&wires[1], 1, 100), election.active_interval_cs = 50);
	ASSERT_INSANE(wire_router(&wires[2], 1, 100), config.version = 2);
}

static void test_adopt_of_another_start_delay_counts_from_the_start(void **state)
{
	struct vrrp old = test_router(100), vr;
	struct vrrp_config config;

	(void)state;
	old.config.start_delay_ns = 60 * SECOND;
	assert_string_equal(on_startup(&old, T0), "initialize->initialize");
	assert_int_equal(old.election.start_ns, T0 + 60 * SECOND);
	config = old.config;
	config.start_delay_ns = 10 * SECOND;
	vr = adopted(&old, &config);
	assert_int_equal(vr.election.start_ns, T0 + 10 * SECOND);
	assert_int_equal(vr.election.reason.ns, 10 * SECOND);
	config.start_delay_ns = 0;
	assert_int_equal(adopted(&old, &config).election.start_ns, T0);
}

/* Which the wait has begun with, and may end before it is over. */
static void test_adopt_of_another_start_delay_counts_in_a_fault_too(void **state)
{
	struct vrrp old = test_router(100), vr;
	struct vrrp_config config;

	(void)state;
	old.config.start_delay_ns = 60 * SECOND;
	on_fault(&old, NOW, VRRP_REASON_NO_CARRIER);
	config = old.config;
	config.start_delay_ns = 10 * SECOND;
	vr = adopted(&old, &config);
	on_startup(&vr, NOW + 4 * SECOND);
	assert_int_equal(vr.election.start_ns, NOW + 10 * SECOND);
	config.start_delay_ns = 0;
	vr = adopted(&old, &config);
	assert_string_equal(on_startup(&vr, NOW + 4 * SECOND), "fault->backup");
}

static void test_adopt_of_another_preempt_delay_counts_from_the_first_lower_advert(void **state)
{
	struct vrrp old = test_backup(100, T0);
	struct vrrp_config config;

	(void)state;
	old.config.preempt_delay_ns = 10 * SECOND;
	on_advert(&old, T0 + 100 * MS, 50, LOWER_ADDRESS, 100);
	assert_int_equal(old.election.preempt_ns, T0 + 100 * MS + 10 * SECOND);
	config = old.config;
	assert_int_equal(adopted(&old, &config).election.preempt_ns, T0 + 100 * MS + 10 * SECOND);
	config.preempt_delay_ns = 60 * SECOND;
	assert_int_equal(adopted(&old, &config).election.preempt_ns, T0 + 100 * MS + 60 * SECOND);
	config.preempt_delay_ns = 2 * SECOND;
	assert_int_equal(adopted(&old, &config).election.preempt_ns, T0 + 100 * MS + 2 * SECOND);
	config.preempt_delay_ns = 0;
	assert_int_equal(adopted(&old, &config).election.preempt_ns, VRRP_NEVER);
}

static void test_history_is_an_active_that_was_silent_for_too_long(void **state)
{
	struct vrrp vr = active();

	(void)state;
	assert_false(vrrp_is_history(&vr, vr.election.advert_ns + 3 * SECOND));
	assert_true(vrrp_is_history(&vr, vr.election.advert_ns + 3 * SECOND + 1));
}

static void test_history_is_longer_where_more_adverts_may_be_missed(void **state)
{
	struct vrrp vr = active();

	(void)state;
	vr.config.down_intervals = 7;
	assert_false(vrrp_is_history(&vr, vr.election.advert_ns + 7 * SECOND));
	assert_true(vrrp_is_history(&vr, vr.election.advert_ns + 7 * SECOND + 1));
}

static void test_history_is_a_router_that_was_told_to_leave(void **state)
{
	struct vrrp vr = heard_backup();

	(void)state;
	assert_false(vrrp_is_history(&vr, NOW + 1000 * SECOND));
	on_shutdown(&vr, NOW);
	assert_true(vrrp_is_history(&vr, NOW));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_adopt_of_the_same_configuration_changes_not_a_byte),
		cmocka_unit_test(test_adopt_announces_what_was_put_off_and_no_refresh_of_before),
		cmocka_unit_test(test_adopt_of_other_delays_and_preemption_changes_no_deadline),
		cmocka_unit_test(test_adopt_by_a_backup_of_another_priority_waits_as_that_one),
		cmocka_unit_test(
			test_adopt_by_a_backup_of_another_interval_waits_as_the_active_advertises),
		cmocka_unit_test(test_adopt_by_a_backup_that_heard_nobody_takes_its_own_interval),
		cmocka_unit_test(
			test_adopt_by_a_backup_that_may_miss_more_waits_from_the_last_advert),
		cmocka_unit_test(test_adopt_by_a_backup_of_another_version_forgets_whom_it_heard),
		cmocka_unit_test(
			test_adopt_by_an_active_of_another_version_sends_an_advert_of_it_at_once),
		cmocka_unit_test(test_adopt_by_a_backup_of_version_2_takes_its_own_interval),
		cmocka_unit_test(test_adopt_after_a_farewell_goes_on_waiting_the_skew_time),
		cmocka_unit_test(test_adopt_by_a_backup_that_became_owner_does_not_wait),
		cmocka_unit_test(test_adopt_by_an_active_whose_adverts_change_sends_one_at_once),
		cmocka_unit_test(test_adopt_before_the_start_has_nothing_to_compute),
		cmocka_unit_test(test_adopt_of_another_start_delay_counts_from_the_start),
		cmocka_unit_test(test_adopt_of_another_start_delay_counts_in_a_fault_too),
		cmocka_unit_test(
			test_adopt_of_another_preempt_delay_counts_from_the_first_lower_advert),
		cmocka_unit_test(test_history_is_an_active_that_was_silent_for_too_long),
		cmocka_unit_test(test_history_is_longer_where_more_adverts_may_be_missed),
		cmocka_unit_test(test_history_is_a_router_that_was_told_to_leave),
		cmocka_unit_test(test_sane_is_what_the_state_machine_makes),
		cmocka_unit_test(test_sane_is_not_what_cannot_be),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
