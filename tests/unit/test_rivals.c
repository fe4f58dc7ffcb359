/* SPDX-License-Identifier: MIT */
#include "test.h"

#include "agent/router/rivals.h"

#define T0 (1000 * SECOND)

static const uint8_t mac[6] = { 2, 0, 0, 0, 0, 9 }, other_mac[6] = { 2, 0, 0, 0, 0, 8 };
static const uint8_t one[16] = { 192, 0, 2, 3 }, two[16] = { 192, 0, 2, 4 };

static struct rivals active(void)
{
	struct rivals rivals;

	rivals_rest(&rivals);
	rivals_begin(&rivals, T0);
	return rivals;
}

static bool probes(struct rivals *rivals, int64_t now_ns)
{
	struct rivals_probe probe = rivals_probe(rivals, 9, 0, now_ns);

	return probe.from == 0 && probe.to == 9;
}

/* Whether it asks for the one address that somebody has said to have. */
static bool asks(struct rivals *rivals, int64_t now_ns)
{
	struct rivals_probe probe = rivals_probe(rivals, 9, 0, now_ns);

	return probe.from == rivals->address && probe.to == probe.from + 1;
}

static void test_rivals_are_asked_for_soon_and_then_every_minute(void **state)
{
	struct rivals rivals = active();
	int64_t due_ns = T0 + RIVALS_FIRST_NS;

	(void)state;
	for (unsigned i = 0; i < 3; i++, due_ns += RIVALS_PROBE_NS) {
		assert_int_equal(rivals_deadline(&rivals), due_ns);
		assert_false(probes(&rivals, due_ns - 1));
		assert_true(probes(&rivals, due_ns));
		assert_false(probes(&rivals, due_ns));
		rivals_begin(&rivals, due_ns); /* it is Active as before */
	}
	rivals_rest(&rivals);
	assert_int_equal(rivals_deadline(&rivals), VRRP_NEVER);
	assert_false(probes(&rivals, due_ns));
}

/* As its announcements are sent: for switches that police ARP. */
static void test_rivals_are_asked_for_at_the_pace_of_the_router(void **state)
{
	struct rivals rivals = active();
	int64_t now_ns = T0 + RIVALS_FIRST_NS;

	(void)state;
	for (unsigned i = 0; i < 3; i++, now_ns += 10 * MS) {
		struct rivals_probe probe = rivals_probe(&rivals, 3, 10 * MS, now_ns);

		assert_true(probe.from == i && probe.to == i + 1);
		probe = rivals_probe(&rivals, 3, 10 * MS, now_ns + 10 * MS - 1);
		assert_true(probe.from == probe.to);
	}
	assert_int_equal(rivals_deadline(&rivals), now_ns - 10 * MS + RIVALS_PROBE_NS);
	assert_int_equal(rivals_probe(&rivals, 3, 10 * MS, now_ns + RIVALS_PROBE_NS).from, 0);
}

/* Asked for when it has settled, and told when the same one says so again. */
static void test_rivals_claim_is_told_once_when_it_was_repeated(void **state)
{
	struct rivals rivals = active();
	int64_t asked_ns = T0 + 3 * SECOND + RIVALS_SETTLE_NS;

	(void)state;
	assert_true(probes(&rivals, T0 + RIVALS_FIRST_NS));
	rivals_claim(&rivals, 7, mac, T0 + 3 * SECOND);
	rivals_claim(&rivals, 7, mac, T0 + 3 * SECOND + MS);
	rivals_claim(&rivals, 8, other_mac, T0 + 3 * SECOND + MS);
	assert_int_equal(rivals_deadline(&rivals), asked_ns);
	assert_false(asks(&rivals, asked_ns - 1));
	assert_true(asks(&rivals, asked_ns));
	assert_false(asks(&rivals, asked_ns));
	assert_false(rivals_is_claimed(&rivals, asked_ns));
	rivals_claim(&rivals, 7, other_mac, asked_ns + MS);
	rivals_claim(&rivals, 8, mac, asked_ns + MS);
	assert_false(rivals_is_claimed(&rivals, asked_ns + MS));
	rivals_claim(&rivals, 7, mac, asked_ns + MS);
	assert_int_equal(rivals_deadline(&rivals), asked_ns + MS);
	assert_true(rivals_is_claimed(&rivals, asked_ns + MS));
	assert_int_equal(rivals.address, 7);
	assert_memory_equal(rivals.mac, mac, 6);
	assert_false(rivals_is_claimed(&rivals, T0 + 60 * SECOND));
}

/* It has given the address up since. */
static void test_rivals_claim_without_another_one_is_nothing(void **state)
{
	struct rivals rivals = active();
	int64_t again_ns = T0 + SECOND + RIVALS_AGAIN_NS + 1;

	(void)state;
	rivals_claim(&rivals, 7, mac, T0 + SECOND);
	assert_true(asks(&rivals, T0 + 2 * SECOND));
	rivals_claim(&rivals, 7, mac, again_ns);
	assert_false(rivals_is_claimed(&rivals, again_ns));
	assert_true(asks(&rivals, again_ns + RIVALS_SETTLE_NS));
	rivals_claim(&rivals, 7, mac, again_ns + RIVALS_SETTLE_NS);
	assert_true(rivals_is_claimed(&rivals, again_ns + RIVALS_SETTLE_NS));
}

/* Whoever gives way meanwhile was told by its better; and a Backup hears claims of the Active. */
static void test_rivals_claim_is_nothing_in_an_election(void **state)
{
	struct rivals rivals = active();

	(void)state;
	rivals_claim(&rivals, 7, mac, T0);
	rivals_claim(&rivals, 7, mac, T0 + RIVALS_SETTLE_NS);
	rivals_rest(&rivals);
	assert_false(rivals_is_claimed(&rivals, T0 + 60 * SECOND));
	rivals_claim(&rivals, 7, mac, T0 + 60 * SECOND);
	rivals_claim(&rivals, 7, mac, T0 + 62 * SECOND);
	assert_false(rivals_is_claimed(&rivals, T0 + 70 * SECOND));
	rivals_begin(&rivals, T0 + 80 * SECOND);
	assert_false(rivals_is_claimed(&rivals, T0 + 90 * SECOND));

	rivals = active(); /* another Active has announced it, whose adverts are told of */
	rivals_claim(&rivals, 7, mac, T0 + SECOND);
	assert_false(rivals_hear(&rivals, one, 3 * SECOND, 2 * SECOND, T0 + SECOND));
	rivals_claim(&rivals, 7, mac, T0 + SECOND + RIVALS_SETTLE_NS);
	assert_false(rivals_is_claimed(&rivals, T0 + SECOND + RIVALS_SETTLE_NS));
}

static void test_rivals_that_go_on_do_not_hear_us(void **state)
{
	struct rivals rivals = active();
	int64_t now_ns = T0;

	(void)state;
	for (unsigned i = 0; i < 4; i++, now_ns += SECOND)
		assert_false(rivals_hear(&rivals, one, 3 * SECOND, 2 * SECOND, now_ns));
	assert_true(rivals_hear(&rivals, one, 3 * SECOND, 2 * SECOND, now_ns));
	/* Another one, and the same after a pause, begin anew. */
	assert_false(rivals_hear(&rivals, two, 3 * SECOND, 2 * SECOND, now_ns + SECOND));
	now_ns += 4 * SECOND;
	for (unsigned i = 0; i < 4; i++, now_ns += SECOND)
		assert_false(rivals_hear(&rivals, two, 3 * SECOND, 2 * SECOND, now_ns));
	assert_true(rivals_hear(&rivals, two, 3 * SECOND, 2 * SECOND, now_ns));
	rivals_rest(&rivals);
	assert_false(rivals_hear(&rivals, two, 3 * SECOND, 2 * SECOND, now_ns + SECOND));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rivals_are_asked_for_soon_and_then_every_minute),
		cmocka_unit_test(test_rivals_are_asked_for_at_the_pace_of_the_router),
		cmocka_unit_test(test_rivals_claim_is_told_once_when_it_was_repeated),
		cmocka_unit_test(test_rivals_claim_without_another_one_is_nothing),
		cmocka_unit_test(test_rivals_claim_is_nothing_in_an_election),
		cmocka_unit_test(test_rivals_that_go_on_do_not_hear_us),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
