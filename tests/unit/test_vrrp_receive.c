/* SPDX-License-Identifier: MIT */
/* What a router accepts from the wire, and whom a refusal is charged to: RFC 9568 §7.1. */
#include "test.h"

#include "vrrp/receive.h"

static const uint8_t own_addresses[] = { 192, 0, 2, 100 };
static const struct vrrp_list own = { own_addresses, 1 };

/* Everything that can be wrong with a packet, in the order of the checks. */
static const enum vrrp_reject defects[] = {
	VRRP_REJECT_TTL,    VRRP_REJECT_LENGTH,      VRRP_REJECT_VERSION,  VRRP_REJECT_TYPE,
	VRRP_REJECT_VRID,   VRRP_REJECT_DESTINATION, VRRP_REJECT_SOURCE,   VRRP_REJECT_EMPTY_LIST,
	VRRP_REJECT_LENGTH, VRRP_REJECT_CHECKSUM,    VRRP_REJECT_INTERVAL, VRRP_REJECT_OWN_SOURCE,
};
#define DEFECTS_N (sizeof(defects) / sizeof(defects[0]))

/* A good message with those defects whose bits are set; without a router when that is one of them.
 */
static enum vrrp_reject receive_with(struct vrrp *vr, unsigned bits, struct vrrp_advert *ret_advert)
{
	struct message m;

	message_init(&m);
	m.rx.ttl = bits & 1u << 0 ? 254 : 255;
	m.bytes[0] = (uint8_t)((bits & 1u << 2 ? 0x40 : 0x30) | (bits & 1u << 3 ? 2 : 1));
	m.rx.destination[3] = bits & 1u << 5 ? 17 : 18;
	m.rx.source[0] = bits & 1u << 6 ? 224 : 198;
	m.bytes[3] = bits & 1u << 7 ? 0 : 1;
	m.bytes[5] = bits & 1u << 10 ? 0 : 100;
	if (bits & 1u << 8)
		m.rx.payload_len += 4;
	message_sign(&m);
	m.bytes[7] ^= bits & 1u << 9 ? 1 : 0;
	if (bits & 1u << 11)
		memcpy(vr->election.source, m.rx.source, sizeof(vr->election.source));
	if (bits & 1u << 1)
		m.rx.payload_len = 7;
	return vrrp_receive(bits & 1u << 4 ? NULL : vr, &own, &m.rx, ret_advert);
}

/* R-032 ..: all 4096 combinations, and so every adjacent pair of checks. */
static void test_receive_any_defects_are_charged_to_the_first(void **state)
{
	struct vrrp_advert advert;

	(void)state;
	for (unsigned bits = 1; bits < 1u << DEFECTS_N; bits++) {
		struct vrrp vr = test_backup(100, SECOND);
		enum vrrp_reject reject = receive_with(&vr, bits, &advert);
		unsigned first = 0;

		while (!(bits >> first & 1))
			first++;
		if (reject != defects[first])
			fail_msg("defects 0x%03x: %s instead of %s", bits, vrrp_reject_name(reject),
				 vrrp_reject_name(defects[first]));
	}
}

/* no timer, nothing learned, in no state; and no counter of a router that it is not for. */
static void test_receive_reject_changes_one_counter_and_nothing_else(void **state)
{
	struct vrrp routers[] = { test_router(100), test_backup(100, SECOND),
				  test_active(100, 5 * SECOND), test_router(100) };

	(void)state;
	on_fault(&routers[3], SECOND, VRRP_REASON_LINK_DOWN);
	for (unsigned i = 0; i < 4 * DEFECTS_N; i++) {
		unsigned defect = i % DEFECTS_N;
		struct vrrp vr = routers[i / DEFECTS_N], expected;
		struct vrrp_advert advert, untouched;

		memset(&advert, 0xa5, sizeof(advert));
		untouched = advert;
		if (defects[defect] == VRRP_REJECT_OWN_SOURCE)
			set_address(vr.election.source, LOWER_ADDRESS);
		memcpy(&expected, &vr, sizeof(vr));
		if (defects[defect] != VRRP_REJECT_VRID)
			expected.counters.rejected[defects[defect]]++;
		assert_int_equal(receive_with(&vr, 1u << defect, &advert), defects[defect]);
		assert_memory_equal(&vr, &expected, sizeof(vr));
		assert_memory_equal(&advert, &untouched, sizeof(advert));
	}
}

/* a thousand bad packets do not move a deadline. */
static void test_receive_flood_of_junk_leaves_the_deadline(void **state)
{
	struct vrrp vr = test_active(100, 5 * SECOND);
	int64_t deadline_ns = vrrp_deadline(&vr);
	struct vrrp_advert advert;

	(void)state;
	for (unsigned i = 0; i < 1000; i++)
		receive_with(&vr, 1u << 9, &advert);
	assert_int_equal(vrrp_deadline(&vr), deadline_ns);
	assert_int_equal(vr.counters.rejected[VRRP_REJECT_CHECKSUM], 1000);
	assert_int_equal(vr.counters.adverts_received, 0);
}

/* what is wrong with the packet itself comes before the missing router. */
static void test_receive_without_a_router_never_accepts(void **state)
{
	struct vrrp_advert advert;
	struct message m;

	(void)state;
	message_init(&m);
	assert_int_equal(vrrp_receive(NULL, NULL, &m.rx, &advert), VRRP_REJECT_VRID);
	m.bytes[0] = 0x21; /* none of ours is meant in whatever version */
	assert_int_equal(vrrp_receive(NULL, NULL, &m.rx, &advert), VRRP_REJECT_VRID);
	m.bytes[0] = 0x41;
	assert_int_equal(vrrp_receive(NULL, NULL, &m.rx, &advert), VRRP_REJECT_VERSION);
	m.bytes[0] = 0x32;
	assert_int_equal(vrrp_receive(NULL, NULL, &m.rx, &advert), VRRP_REJECT_TYPE);
	m.rx.payload_len = 0;
	assert_int_equal(vrrp_receive(NULL, NULL, &m.rx, &advert), VRRP_REJECT_LENGTH);
	m.rx.ttl = 1;
	assert_int_equal(vrrp_receive(NULL, NULL, &m.rx, &advert), VRRP_REJECT_TTL);
}

/* P11: received = accepted + rejected. */
static void test_receive_good_advert_counts_as_received_only(void **state)
{
	struct vrrp vr = test_backup(100, SECOND), expected = vr;
	struct vrrp_advert advert;

	(void)state;
	expected.counters.adverts_received = 1;
	assert_int_equal(receive_with(&vr, 0, &advert), VRRP_ACCEPT);
	assert_memory_equal(&vr, &expected, sizeof(vr));
	assert_int_equal(advert.priority, 200);
	assert_int_equal(advert.notices, 0);
}

/* An accepted advert with one field changed: the notices that it gives. */
static unsigned notices_of(struct vrrp *vr, struct message *m, const struct vrrp_list *list)
{
	struct vrrp_advert advert;

	message_sign(m);
	assert_int_equal(vrrp_receive(vr, list, &m->rx, &advert), VRRP_ACCEPT);
	return advert.notices;
}

static void test_receive_priority_zero_is_counted_twice(void **state)
{
	struct vrrp vr = test_backup(100, SECOND);
	struct message m;

	(void)state;
	message_init(&m);
	m.bytes[2] = 0;
	assert_int_equal(notices_of(&vr, &m, &own), 0);
	assert_int_equal(vr.counters.adverts_received, 1);
	assert_int_equal(vr.counters.priority_zero_received, 1);
}

/* R-050; R-045: the Reserve nibble makes no difference. */
static void test_receive_other_interval_is_noticed_and_accepted(void **state)
{
	struct vrrp vr = test_backup(100, SECOND);
	struct message m;

	(void)state;
	message_init(&m);
	m.bytes[5] = 50;
	assert_int_equal(notices_of(&vr, &m, &own), 1u << VRRP_NOTICE_INTERVAL);
	m.bytes[5] = 101;
	assert_int_equal(notices_of(&vr, &m, &own), 1u << VRRP_NOTICE_INTERVAL);
	assert_int_equal(vr.counters.noticed[VRRP_NOTICE_INTERVAL], 2);
	assert_int_equal(vr.counters.rejected[VRRP_REJECT_INTERVAL], 0);
	m.bytes[4] = 0xf0;
	m.bytes[5] = 100;
	assert_int_equal(notices_of(&vr, &m, &own), 0);
}

/* as sets; the order is only a recommendation. */
static void test_receive_other_addresses_are_noticed_and_accepted(void **state)
{
	static const struct {
		const char *own, *advertised;
		bool noticed;
	} rows[] = {
		{ "AAAA", "AAAA", false },
		{ "AAAA", "AAAB", true },
		{ "AAAABBBB", "BBBBAAAA", false },
		{ "AAAABBBB", "AAAACCCC", true },
		{ "AAAABBBB", "AAAA", true },
		{ "AAAA", "AAAABBBB", true },
		{ "AAAABBBB", "AAAAAAAA", true },
		{ "AAAB", "BAAA", true },
		{ "", "AAAA", true },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct vrrp_list list = { (const uint8_t *)rows[i].own,
					  (unsigned)strlen(rows[i].own) / 4 };
		struct vrrp vr = test_backup(100, SECOND);
		struct message m;

		message_init(&m);
		m.bytes[3] = (uint8_t)(strlen(rows[i].advertised) / 4);
		m.rx.payload_len = 8 + strlen(rows[i].advertised);
		memcpy(m.bytes + 8, rows[i].advertised, strlen(rows[i].advertised));
		assert_int_equal(notices_of(&vr, &m, &list),
				 (unsigned)rows[i].noticed << VRRP_NOTICE_ADDRESS_LIST);
		assert_int_equal(vr.counters.noticed[VRRP_NOTICE_ADDRESS_LIST], rows[i].noticed);
	}
}

/* our own priority from somebody else; of an owner it means a second owner. */
static void test_receive_our_priority_is_noticed(void **state)
{
	struct vrrp vr = test_backup(200, SECOND), owner = test_active(255, SECOND);
	struct message m;

	(void)state;
	owner.election.advert_ns += SECOND; /* it has been for longer than an interval */
	message_init(&m);
	assert_int_equal(notices_of(&vr, &m, &own), 1u << VRRP_NOTICE_EQUAL_PRIORITY);
	assert_int_equal(vr.counters.noticed[VRRP_NOTICE_EQUAL_PRIORITY], 1);
	assert_int_equal(notices_of(&owner, &m, &own), 1u << VRRP_NOTICE_OTHER_ACTIVE);
	m.bytes[2] = 255;
	assert_int_equal(notices_of(&vr, &m, &own), 0);
	assert_int_equal(notices_of(&owner, &m, &own),
			 1u << VRRP_NOTICE_OWNER | 1u << VRRP_NOTICE_OTHER_ACTIVE);
	assert_int_equal(owner.counters.noticed[VRRP_NOTICE_OWNER], 1);
}

/* both readings pass; the one that we do not send is noticed. */
static void test_receive_other_checksum_form_is_noticed(void **state)
{
	static const enum vrrp_checksum forms[] = { VRRP_CHECKSUM_RFC9568, VRRP_CHECKSUM_RFC5798 };

	(void)state;
	for (unsigned i = 0; i < 4; i++) {
		struct vrrp vr = test_backup(100, SECOND);
		struct vrrp_advert advert;
		struct message m;

		message_init(&m);
		memcpy(m.bytes + 6, i / 2 ? "\x39\x35" : "\x44\x02", 2);
		vr.config.checksum = forms[i % 2];
		assert_int_equal(vrrp_receive(&vr, &own, &m.rx, &advert), VRRP_ACCEPT);
		assert_int_equal(advert.checksum, forms[i / 2]);
		assert_int_equal(advert.notices, (unsigned)(i / 2 != i % 2)
							 << VRRP_NOTICE_CHECKSUM_FORM);
	}
}

/* The pseudo-header of this source sums up to nothing, so that both forms are one. */
static void test_receive_checksum_that_fits_both_forms_is_not_noticed(void **state)
{
	static const enum vrrp_checksum forms[] = { VRRP_CHECKSUM_RFC9568, VRRP_CHECKSUM_RFC5798 };

	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		struct vrrp vr = test_backup(100, SECOND);
		struct message m;

		message_init(&m);
		set_address(m.rx.source, "10.1.21.112");
		vr.config.checksum = forms[i];
		assert_int_equal(notices_of(&vr, &m, &own), 0);
	}
}

/* Two were Active at once, unless the other one is better: then we yield, which says enough. */
static void test_receive_second_active_is_noticed_by_the_better_one(void **state)
{
	static const uint8_t priorities[] = { 0, 99, 100, 101 };

	(void)state;
	for (unsigned i = 0; i < 4; i++) {
		struct vrrp active = test_active(100, SECOND), backup = test_backup(100, SECOND);
		struct message m;
		unsigned bit = 1u << VRRP_NOTICE_OTHER_ACTIVE;

		message_init(&m);
		m.bytes[2] = priorities[i];
		/* Whoever was Active until now may not have heard of it yet. */
		assert_int_equal(notices_of(&active, &m, &own) & bit, 0);
		active.election.advert_ns += SECOND - 1; /* it has answered since */
		assert_int_equal(notices_of(&active, &m, &own) & bit, 0);
		active.election.advert_ns++;
		assert_int_equal(notices_of(&active, &m, &own) & bit, i < 3 ? bit : 0);
		assert_int_equal(notices_of(&backup, &m, &own) & bit, 0);
	}
}

/* Whom an Active has replaced ends a hand-over of many addresses with one more advert. */
static void test_receive_last_word_of_who_was_replaced_is_no_second_active(void **state)
{
	static const struct {
		enum vrrp_reason_code code, cause;
		bool expected;
	} rows[] = {
		{ VRRP_REASON_LEFT, 0, true },
		{ VRRP_REASON_PREEMPT, 0, true },
		{ VRRP_REASON_GROUP, VRRP_REASON_LEFT, true },
		{ VRRP_REASON_TOGETHER, VRRP_REASON_PREEMPT, true },
		{ VRRP_REASON_SILENCE, 0, false },
	};
	const int64_t longest_ns = 21 * SECOND;
	const unsigned bit = 1u << VRRP_NOTICE_OTHER_ACTIVE;
	struct message m;

	(void)state;
	message_init(&m);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct vrrp vr = test_active(100, SECOND);

		vr.election.reason.code = rows[i].code;
		vr.election.reason.cause = (uint8_t)rows[i].cause;
		memcpy(vr.election.active_source, m.rx.source, 4);
		vr.election.advert_ns = vr.election.since_ns + longest_ns;
		for (m.bytes[2] = 0; m.bytes[2] <= VRRP_PRIORITY_LOWEST; m.bytes[2]++)
			assert_int_equal(notices_of(&vr, &m, &own) & bit,
					 rows[i].expected ? 0 : bit);
		m.bytes[2] = 2; /* a claim */
		assert_int_equal(notices_of(&vr, &m, &own) & bit, bit);
		m.bytes[2] = VRRP_PRIORITY_LOWEST;
		vr.election.advert_ns++; /* long ago */
		assert_int_equal(notices_of(&vr, &m, &own) & bit, bit);
		vr.election.advert_ns--;
		vr.election.lower_heard = true; /* another one was replaced */
		assert_int_equal(notices_of(&vr, &m, &own) & bit, bit);
	}
}

/* It says nothing of the router's own priority. */
static void test_receive_last_word_is_no_equal_priority(void **state)
{
	const unsigned bit = 1u << VRRP_NOTICE_EQUAL_PRIORITY;
	struct vrrp vr = test_active(VRRP_PRIORITY_LOWEST, SECOND);
	struct message m;

	(void)state;
	message_init(&m);
	m.rx.now_ns = 3 * SECOND;
	m.bytes[2] = VRRP_PRIORITY_LOWEST;
	assert_int_equal(notices_of(&vr, &m, &own) & bit, 0);
	memcpy(vr.election.doubts[0].source, m.rx.source, 4);
	vr.election.doubts[0].ns = m.rx.now_ns - SECOND; /* it has said so already */
	assert_int_equal(notices_of(&vr, &m, &own) & bit, bit);
}

static void test_receive_all_that_is_remarkable_is_noticed_together(void **state)
{
	struct vrrp vr = test_backup(200, SECOND);
	struct message m;

	(void)state;
	message_init(&m);
	vr.config.checksum = VRRP_CHECKSUM_RFC5798;
	m.bytes[5] = 1;
	m.bytes[8] = 10;
	assert_int_equal(notices_of(&vr, &m, &own), 1u << VRRP_NOTICE_INTERVAL |
							    1u << VRRP_NOTICE_ADDRESS_LIST |
							    1u << VRRP_NOTICE_EQUAL_PRIORITY |
							    1u << VRRP_NOTICE_CHECKSUM_FORM);
	assert_int_equal(vr.counters.adverts_received, 1);
}

/* an owner processes adverts (erratum 8298), but none that comes back to it. */
static void test_receive_owner_accepts_adverts_but_its_own(void **state)
{
	struct vrrp owner = test_active(255, SECOND);
	struct vrrp_advert advert;
	struct message m;

	(void)state;
	message_init(&m);
	m.bytes[2] = 255;
	message_sign(&m);
	assert_int_equal(vrrp_receive(&owner, &own, &m.rx, &advert), VRRP_ACCEPT);
	set_address(m.rx.source, OWN_ADDRESS);
	assert_int_equal(vrrp_receive(&owner, &own, &m.rx, &advert), VRRP_REJECT_OWN_SOURCE);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_receive_any_defects_are_charged_to_the_first),
		cmocka_unit_test(test_receive_reject_changes_one_counter_and_nothing_else),
		cmocka_unit_test(test_receive_flood_of_junk_leaves_the_deadline),
		cmocka_unit_test(test_receive_without_a_router_never_accepts),
		cmocka_unit_test(test_receive_good_advert_counts_as_received_only),
		cmocka_unit_test(test_receive_priority_zero_is_counted_twice),
		cmocka_unit_test(test_receive_other_interval_is_noticed_and_accepted),
		cmocka_unit_test(test_receive_other_addresses_are_noticed_and_accepted),
		cmocka_unit_test(test_receive_our_priority_is_noticed),
		cmocka_unit_test(test_receive_other_checksum_form_is_noticed),
		cmocka_unit_test(test_receive_checksum_that_fits_both_forms_is_not_noticed),
		cmocka_unit_test(test_receive_second_active_is_noticed_by_the_better_one),
		cmocka_unit_test(test_receive_last_word_of_who_was_replaced_is_no_second_active),
		cmocka_unit_test(test_receive_last_word_is_no_equal_priority),
		cmocka_unit_test(test_receive_all_that_is_remarkable_is_noticed_together),
		cmocka_unit_test(test_receive_owner_accepts_adverts_but_its_own),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
