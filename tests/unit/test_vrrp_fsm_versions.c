/* SPDX-License-Identifier: MIT */
/*
 * What is different about the election in version 2 (RFC 3768 §6.4), over IPv6, and where more or
 * less than three adverts may be missed. All else: test_vrrp_fsm.c and test_vrrp_fsm_active.c.
 */
#include "vrrp_wire.h"

#include "vrrp/adopt.h"
#include "vrrp/timers.h"

#define T0 (1000 * SECOND)

static const struct wire *const wire2 = &wires[1], *const wire6 = &wires[2];

static struct vrrp backup_of(const struct wire *wire, unsigned priority, unsigned interval_cs,
			     unsigned down_intervals)
{
	struct vrrp vr = wire_router(wire, priority, interval_cs);

	vr.config.down_intervals = (uint8_t)down_intervals;
	on_startup(&vr, T0);
	assert_int_equal(vr.election.state, VRRP_STATE_BACKUP);
	return vr;
}

/* One that has sent its first advert at T0. */
static struct vrrp active_of(const struct wire *wire, unsigned priority, unsigned interval_cs,
			     unsigned down_intervals)
{
	struct vrrp vr = backup_of(wire, priority, interval_cs, down_intervals);

	vr.election.down_ns = T0;
	on_timer(&vr, T0);
	assert_int_equal(vr.election.state, VRRP_STATE_ACTIVE);
	vr.election.announce_ns = VRRP_NEVER;
	return vr;
}

/* ---- version 2 ---- */

/* 15.5 s, from the local interval alone, whatever it hears. */
static void test_fsm2_backup_waits_by_its_own_interval(void **state)
{
	struct vrrp vr = backup_of(wire2, 128, 500, 0);

	(void)state;
	assert_int_equal(vrrp_deadline(&vr), T0 + 15500 * MS);
	on_advert(&vr, T0 + SECOND, 200, HIGHER_ADDRESS, 25500);
	assert_int_equal(vr.election.active_interval_cs, 500);
	assert_int_equal(vrrp_deadline(&vr), T0 + 16500 * MS);
}

/* half a second, where version 3 has two and a half. */
static void test_fsm2_backup_after_a_farewell_waits_the_unscaled_skew_time(void **state)
{
	struct vrrp vr = backup_of(wire2, 128, 500, 0);

	(void)state;
	on_advert(&vr, T0 + SECOND, 200, HIGHER_ADDRESS, 500);
	on_advert(&vr, T0 + 2 * SECOND, 0, HIGHER_ADDRESS, 500);
	assert_int_equal(vrrp_deadline(&vr), T0 + 2500 * MS);
}

/* The interval of a reload counts for one that yields later, although it was not Backup then. */
static void test_fsm2_active_that_yields_waits_by_the_interval_of_now(void **state)
{
	struct vrrp vr = active_of(wire2, 128, 100, 0);

	(void)state;
	vr.config.interval_cs = 300;
	vrrp_refresh(&vr, T0 + 100 * MS);
	assert_string_equal(on_advert(&vr, T0 + SECOND, 200, LOWER_ADDRESS, 300),
			    "release, advert 1, active->backup");
	assert_int_equal(vr.election.active_interval_cs, 300);
	assert_int_equal(vrrp_deadline(&vr), T0 + SECOND + 9500 * MS);
}

/* RFC 3768 §6.4.3: a tie goes to the higher address; R-154 is not kept: a lower one is answered. */
static void test_fsm2_active_decides_as_version_3_does(void **state)
{
	struct vrrp vr = active_of(wire2, 100, 100, 0);

	(void)state;
	assert_string_equal(on_advert(&vr, T0 + 100 * MS, 50, HIGHER_ADDRESS, 100),
			    "advert 100, announce");
	assert_string_equal(on_advert(&vr, T0 + 200 * MS, 100, LOWER_ADDRESS, 100),
			    "advert 100, announce");
	assert_string_equal(on_advert(&vr, T0 + 300 * MS, 100, HIGHER_ADDRESS, 100),
			    "release, advert 1, active->backup");
	assert_int_equal(vr.election.reason.code, VRRP_REASON_TIE);
}

/* ---- IPv6 ---- */

/* unsigned, from the first byte to the last. */
static void test_fsm6_tie_is_decided_by_all_sixteen_bytes(void **state)
{
	static const struct {
		const char *ours, *theirs;
		bool yields;
	} rows[] = {
		{ "fe80::1", "fe80::8000:0:0:0", true },
		{ "fe80::8000:0:0:0", "fe80::1", false },
		{ "fe80::20", "fe80::21", true },
		{ "fe80::21", "fe80::20", false },
		{ "fe80::7fff", "fe80::8000", true },
		{ "fe80::1:0:0:1", "fe80::ffff", false },
		{ "fe80::ffff", "fe80::1:0:0:1", true },
		{ "fe80::1", "febf::", true },
		/* Alike in the first four bytes, which is all that IPv4 has. */
		{ "2001:db8::1", "2001:db8:0:0:ffff::", true },
		{ "fe80::20", "fe80::20", false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct vrrp vr = active_of(wire6, 100, 100, 0);
		const char *actions;
		uint8_t ours[16];

		set_address(ours, rows[i].ours);
		vrrp_source_set(&vr, ours);
		assert_memory_equal(vr.election.source, ours, 16);
		actions = on_advert(&vr, T0 + 100 * MS, 100, rows[i].theirs, 100);
		if (strcmp(actions, rows[i].yields ? "release, advert 1, active->backup"
						   : "advert 100, announce") != 0)
			fail_msg("%s, %s: %s", rows[i].ours, rows[i].theirs, actions);
	}
}

static void test_fsm6_every_byte_of_the_address_counts(void **state)
{
	(void)state;
	for (unsigned byte = 0; byte < 16; byte++) {
		for (int change = -1; change <= 1; change += 2) {
			struct vrrp vr = active_of(wire6, 100, 100, 0);
			struct vrrp_advert advert = { .family = 6,
						      .version = 3,
						      .vrid = 51,
						      .priority = 100,
						      .interval_cs = 100 };
			struct vrrp_event event = { .type = VRRP_EVENT_ADVERT,
						    .now_ns = T0 + 100 * MS,
						    .advert = &advert };

			memset(vr.election.source, 0x80, 16);
			memset(advert.source, 0x80, 16);
			advert.source[byte] = (uint8_t)(0x80 + change);
			/* What is behind it is of no weight. */
			memset(advert.source + byte + 1, change < 0 ? 0xff : 0, 15 - byte);
			step(&vr, &event);
			assert_int_equal(vr.election.state,
					 change > 0 ? VRRP_STATE_BACKUP : VRRP_STATE_ACTIVE);
		}
	}
}

/* over IPv6: learned, and never advertised. */
static void test_fsm6_backup_learns_and_remembers_whom_it_heard(void **state)
{
	struct vrrp vr = backup_of(wire6, 100, 100, 0);

	(void)state;
	on_advert(&vr, T0 + SECOND, 200, wire6->higher, 300);
	assert_int_equal(vr.election.active_interval_cs, 300);
	assert_address(vr.election.active_source, wire6->higher);
	assert_int_equal(vrrp_deadline(&vr), T0 + SECOND + INT64_C(10828125000));
}

/* Who leaves is known by all of its address. */
static void test_fsm6_backup_believes_a_farewell_of_the_active_alone(void **state)
{
	struct vrrp vr = backup_of(wire6, 100, 100, 0);
	int64_t deadline_ns;

	(void)state;
	on_advert(&vr, T0 + SECOND, 200, "fe80::a:1", 100);
	deadline_ns = vrrp_deadline(&vr);
	on_advert(&vr, T0 + 2 * SECOND, 0, "fe80::a:2", 100);
	assert_int_equal(vrrp_deadline(&vr), deadline_ns);
	on_advert(&vr, T0 + 2 * SECOND, 0, "fe80::a:1", 100);
	assert_int_equal(vrrp_deadline(&vr), T0 + 2 * SECOND + 609375 * (MS / 1000));
}

/* ---- adverts that may be missed ---- */

static void test_fsm_backup_waits_for_as_many_adverts_as_configured(void **state)
{
	(void)state;
	for (unsigned n = 0; n <= VRRP_DOWN_INTERVALS_MAX; n++) {
		struct vrrp vr = backup_of(&wires[0], 100, 100, n);
		int64_t intervals = n ? n : 3, now_ns = T0 + SECOND;

		assert_int_equal(vrrp_down_intervals(&vr.config), intervals);
		assert_int_equal(vrrp_deadline(&vr), T0 + intervals * SECOND + 609375000);
		on_advert(&vr, now_ns, 200, HIGHER_ADDRESS, 300);
		now_ns += 3 * intervals * SECOND + 1828125000;
		assert_int_equal(vrrp_deadline(&vr), now_ns);
		assert_string_equal(on_timer(&vr, now_ns - 1), "");
		assert_string_equal(on_timer(&vr, now_ns),
				    "advert 100, claim, announce, backup->active");
	}
}

/* It is silence that is waited for: a farewell leaves the skew time, and no more. */
static void test_fsm_backup_after_a_farewell_waits_the_skew_time_alone(void **state)
{
	struct vrrp vr = backup_of(&wires[0], 100, 100, 100);

	(void)state;
	on_advert(&vr, T0 + SECOND, 200, HIGHER_ADDRESS, 100);
	on_advert(&vr, T0 + 2 * SECOND, 0, HIGHER_ADDRESS, 100);
	assert_int_equal(vrrp_deadline(&vr), T0 + 2 * SECOND + 609375000);
}

/* A whole interval late is a stall, however many of them a Backup waits. */
static void test_fsm_backup_grants_a_late_timer_one_interval(void **state)
{
	struct vrrp vr = backup_of(&wires[0], 100, 100, 1);
	int64_t now_ns = vrrp_deadline(&vr) + SECOND;

	(void)state;
	assert_string_equal(on_timer(&vr, now_ns), "");
	assert_int_equal(vrrp_deadline(&vr), now_ns + SECOND + 609375000);
}

/* Nobody takes over by right before; after a single interval not without a skew time. */
static void test_fsm_active_was_away_after_as_many_intervals_as_may_be_missed(void **state)
{
	static const unsigned counts[] = { 1, 2, 3, 10, 100 };

	(void)state;
	for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
		int64_t silence_ns =
			counts[i] == 1 ? vrrp_down_ns(3, 200, 100, 1) : counts[i] * SECOND;
		struct vrrp vr = active_of(&wires[0], 200, 100, counts[i]), other;

		vr.config.preempt = false;
		other = vr;
		assert_string_equal(on_advert(&vr, T0 + silence_ns, 100, LOWER_ADDRESS, 100),
				    "advert 200, announce");
		assert_string_equal(on_advert(&other, T0 + silence_ns + 1, 100, LOWER_ADDRESS, 100),
				    "release, advert 0, active->backup");
		assert_int_equal(other.election.reason.code, VRRP_REASON_AWAY);
	}
}

/* Everybody else has taken over by then; until then speaking is in time. */
static void test_fsm_active_listens_after_one_interval_more_than_may_be_missed(void **state)
{
	static const unsigned counts[] = { 1, 2, 3, 10, 100 };

	(void)state;
	for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
		int64_t silence_ns = (counts[i] + 1) * SECOND;
		struct vrrp vr = active_of(&wires[0], 200, 100, counts[i]), other;

		vr.config.preempt = false;
		other = vr;
		assert_string_equal(on_timer(&vr, T0 + silence_ns), "advert 200");
		assert_string_equal(on_timer(&other, T0 + silence_ns + 1), "");
		assert_int_equal(vrrp_deadline(&other), T0 + silence_ns + 1 + SECOND);
	}
}

/* RFC 4861 §7.2.6: no more than MAX_NEIGHBOR_ADVERTISEMENT, three; a contest begins anew. */
static void test_fsm6_active_announces_three_times_and_again_after_a_contest(void **state)
{
	struct vrrp vr = active_of(wire6, 100, 100, 0);
	unsigned n = 0;

	(void)state;
	vr.election.announce_ns = T0 + SECOND; /* as it was made */
	for (int s = 1; s <= 200; s++)
		n += strcmp(on_timer(&vr, T0 + s * SECOND), "advert 100, announce") == 0;
	assert_int_equal(n, 2);
	assert_int_equal(vr.election.announce_ns, VRRP_NEVER);
	assert_true(vrrp_is_sane(&vr, T0 + 200 * SECOND));
	assert_string_equal(on_advert(&vr, T0 + 200 * SECOND + 1, 50, wire6->lower, 100),
			    "advert 100, announce");
	assert_int_equal(vr.election.announce_ns, T0 + 201 * SECOND + 1);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fsm2_backup_waits_by_its_own_interval),
		cmocka_unit_test(test_fsm2_backup_after_a_farewell_waits_the_unscaled_skew_time),
		cmocka_unit_test(test_fsm2_active_that_yields_waits_by_the_interval_of_now),
		cmocka_unit_test(test_fsm2_active_decides_as_version_3_does),
		cmocka_unit_test(test_fsm6_tie_is_decided_by_all_sixteen_bytes),
		cmocka_unit_test(test_fsm6_every_byte_of_the_address_counts),
		cmocka_unit_test(test_fsm6_backup_learns_and_remembers_whom_it_heard),
		cmocka_unit_test(test_fsm6_backup_believes_a_farewell_of_the_active_alone),
		cmocka_unit_test(test_fsm6_active_announces_three_times_and_again_after_a_contest),
		cmocka_unit_test(test_fsm_backup_waits_for_as_many_adverts_as_configured),
		cmocka_unit_test(test_fsm_backup_after_a_farewell_waits_the_skew_time_alone),
		cmocka_unit_test(test_fsm_backup_grants_a_late_timer_one_interval),
		cmocka_unit_test(test_fsm_active_was_away_after_as_many_intervals_as_may_be_missed),
		cmocka_unit_test(
			test_fsm_active_listens_after_one_interval_more_than_may_be_missed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
