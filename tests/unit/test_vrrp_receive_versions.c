/* SPDX-License-Identifier: MIT */
/*
 * What a router of version 2, or over IPv6, accepts from the wire, and what a refusal is charged
 * to: RFC 3768 §7.1, RFC 9568 §7.1. Version 3 over IPv4: test_vrrp_receive.c.
 */
#include "vrrp_wire.h"

#include "vrrp/receive.h"

static const uint8_t addresses4[] = { 192, 0, 2, 100 };
static const uint8_t addresses6[16] = { 0xfe, 0x80, [14] = 0x01 };
static const struct vrrp_list own4 = { addresses4, 1 }, own6 = { addresses6, 1 };
static const struct wire *const wire2 = &wires[1], *const wire6 = &wires[2];

/* Everything that can be wrong with a packet of version 2, in the order of the checks. */
enum defect2 {
	TTL2,
	SHORT2,
	VERSION2,
	TYPE2,
	DESTINATION2,
	SOURCE2,
	EMPTY2,
	SURPLUS2,
	CHECKSUM2,
	AUTH_TYPE2,
	AUTH_AH2,
	AUTH_MISMATCH2,
	ZERO2,
	OWN_SOURCE2,
	INTERVAL2,
	DEFECTS2,
};

static const enum vrrp_reject rejects2[DEFECTS2] = {
	[TTL2] = VRRP_REJECT_TTL,
	[SHORT2] = VRRP_REJECT_LENGTH,
	[VERSION2] = VRRP_REJECT_VERSION,
	[TYPE2] = VRRP_REJECT_TYPE,
	[DESTINATION2] = VRRP_REJECT_DESTINATION,
	[SOURCE2] = VRRP_REJECT_SOURCE,
	[EMPTY2] = VRRP_REJECT_EMPTY_LIST,
	[SURPLUS2] = VRRP_REJECT_LENGTH,
	[CHECKSUM2] = VRRP_REJECT_CHECKSUM,
	[AUTH_TYPE2] = VRRP_REJECT_AUTH_TYPE,
	[AUTH_AH2] = VRRP_REJECT_AUTH_AH,
	[AUTH_MISMATCH2] = VRRP_REJECT_AUTH_MISMATCH,
	[ZERO2] = VRRP_REJECT_INTERVAL,
	[OWN_SOURCE2] = VRRP_REJECT_OWN_SOURCE,
	[INTERVAL2] = VRRP_REJECT_INTERVAL_DIFFERS,
};

/* A good message with those defects whose bits are set. */
static enum vrrp_reject receive2(struct vrrp *vr, unsigned bits, struct vrrp_advert *ret_advert)
{
	struct message m;

	message2_init(&m);
	m.rx.ttl = bits >> TTL2 & 1 ? 254 : 255;
	m.bytes[0] = (uint8_t)((bits >> VERSION2 & 1 ? 0x30 : 0x20) | (bits >> TYPE2 & 1 ? 2 : 1));
	m.rx.destination[3] = bits >> DESTINATION2 & 1 ? 17 : 18;
	m.rx.source[0] = bits >> SOURCE2 & 1 ? 224 : 198;
	m.bytes[3] = bits >> EMPTY2 & 1 ? 0 : 1;
	m.bytes[4] = bits >> AUTH_TYPE2 & 1 ? 3
		     : bits >> AUTH_AH2 & 1 ? 2
					    : bits >> AUTH_MISMATCH2 & 1;
	m.bytes[5] = bits >> ZERO2 & 1 ? 0 : bits >> INTERVAL2 & 1 ? 2 : 1;
	if (bits >> SURPLUS2 & 1)
		m.rx.payload_len += 4;
	wire_sign(&m);
	m.bytes[7] ^= bits >> CHECKSUM2 & 1;
	if (bits >> OWN_SOURCE2 & 1)
		memcpy(vr->election.source, m.rx.source, sizeof(vr->election.source));
	if (bits >> SHORT2 & 1)
		m.rx.payload_len = 7;
	return vrrp_receive(vr, &own4, &m.rx, ret_advert);
}

/* Everything that can be wrong with a packet over IPv6, likewise. */
enum defect6 {
	TTL6,
	SHORT6,
	VERSION6,
	TYPE6,
	VRID6,
	DESTINATION6,
	SOURCE6,
	SCOPE6,
	EMPTY6,
	SURPLUS6,
	CHECKSUM6,
	ZERO6,
	OWN_SOURCE6,
	DEFECTS6,
};

static const enum vrrp_reject rejects6[DEFECTS6] = {
	[TTL6] = VRRP_REJECT_TTL,
	[SHORT6] = VRRP_REJECT_LENGTH,
	[VERSION6] = VRRP_REJECT_VERSION,
	[TYPE6] = VRRP_REJECT_TYPE,
	[VRID6] = VRRP_REJECT_VRID,
	[DESTINATION6] = VRRP_REJECT_DESTINATION,
	[SOURCE6] = VRRP_REJECT_SOURCE,
	[SCOPE6] = VRRP_REJECT_NOT_LINK_LOCAL,
	[EMPTY6] = VRRP_REJECT_EMPTY_LIST,
	[SURPLUS6] = VRRP_REJECT_LENGTH,
	[CHECKSUM6] = VRRP_REJECT_CHECKSUM,
	[ZERO6] = VRRP_REJECT_INTERVAL,
	[OWN_SOURCE6] = VRRP_REJECT_OWN_SOURCE,
};

static enum vrrp_reject receive6(struct vrrp *vr, unsigned bits, struct vrrp_advert *ret_advert)
{
	struct message m;

	message6_init(&m);
	m.rx.ttl = bits >> TTL6 & 1 ? 64 : 255;
	m.bytes[0] = (uint8_t)((bits >> VERSION6 & 1 ? 0x20 : 0x30) | (bits >> TYPE6 & 1 ? 2 : 1));
	m.rx.destination[15] = bits >> DESTINATION6 & 1 ? 1 : 0x12;
	set_address(m.rx.source, bits >> SCOPE6 & 1 ? "2001:db8::10" : "fe80::10");
	m.rx.source[0] = bits >> SOURCE6 & 1 ? 0xff : m.rx.source[0];
	m.bytes[3] = bits >> EMPTY6 & 1 ? 0 : 1;
	m.bytes[5] = bits >> ZERO6 & 1 ? 0 : 100;
	if (bits >> SURPLUS6 & 1)
		m.rx.payload_len += 16;
	wire_sign(&m);
	m.bytes[7] ^= bits >> CHECKSUM6 & 1;
	if (bits >> OWN_SOURCE6 & 1)
		memcpy(vr->election.source, m.rx.source, sizeof(vr->election.source));
	if (bits >> SHORT6 & 1)
		m.rx.payload_len = 7;
	return vrrp_receive(bits >> VRID6 & 1 ? NULL : vr, &own6, &m.rx, ret_advert);
}

/* What a kind of message can have, and how it is received. */
static const struct kind {
	const struct wire *wire;
	const enum vrrp_reject *rejects;
	unsigned defects_n;
	enum vrrp_reject (*receive)(struct vrrp *vr, unsigned bits, struct vrrp_advert *ret_advert);
} kinds[] = {
	{ &wires[1], rejects2, DEFECTS2, receive2 },
	{ &wires[2], rejects6, DEFECTS6, receive6 },
};

/* R-032 .. .. R-148: all 32,768 and 8,192 combinations. */
static void test_receive_any_defects_are_charged_to_the_first(void **state)
{
	(void)state;
	for (size_t k = 0; k < 2; k++) {
		for (unsigned bits = 1; bits < 1u << kinds[k].defects_n; bits++) {
			struct vrrp vr = wire_router(kinds[k].wire, 100, 100);
			struct vrrp_advert advert;
			enum vrrp_reject reject, expected;

			expected = kinds[k].rejects[__builtin_ctz(bits)];
			on_startup(&vr, SECOND);
			reject = kinds[k].receive(&vr, bits, &advert);
			if (reject != expected)
				fail_msg("kind %zu, defects 0x%04x: %s instead of %s", k, bits,
					 vrrp_reject_name(reject), vrrp_reject_name(expected));
		}
	}
}

/* in no state anything but one counter, nor what the caller has for an advert. */
static void test_receive_reject_changes_one_counter_and_nothing_else(void **state)
{
	(void)state;
	for (size_t k = 0; k < 2; k++) {
		for (unsigned i = 0; i < 3 * kinds[k].defects_n; i++) {
			struct vrrp vr = wire_router(kinds[k].wire, 100, 100), expected;
			enum vrrp_reject reject = kinds[k].rejects[i / 3];
			struct vrrp_advert advert, untouched;

			memset(&advert, 0xa5, sizeof(advert));
			untouched = advert;
			if (i % 3 > 0)
				on_startup(&vr, SECOND);
			if (i % 3 > 1)
				on_timer(&vr, vrrp_deadline(&vr));
			if (reject == VRRP_REJECT_OWN_SOURCE)
				set_address(vr.election.source, kinds[k].wire->lower);
			memcpy(&expected, &vr, sizeof(vr));
			if (reject != VRRP_REJECT_VRID)
				expected.counters.rejected[reject]++;
			assert_int_equal(kinds[k].receive(&vr, 1u << i / 3, &advert), reject);
			assert_memory_equal(&vr, &expected, sizeof(vr));
			if (reject != VRRP_REJECT_INTERVAL_DIFFERS)
				assert_memory_equal(&advert, &untouched, sizeof(advert));
		}
	}
}

static void test_receive_good_advert_counts_as_received_only(void **state)
{
	(void)state;
	for (size_t k = 0; k < 2; k++) {
		struct vrrp vr = wire_router(kinds[k].wire, 50, 100), expected;
		struct vrrp_advert advert;

		memcpy(&expected, &vr, sizeof(vr));
		expected.counters.adverts_received = 1;
		assert_int_equal(kinds[k].receive(&vr, 0, &advert), VRRP_ACCEPT);
		assert_memory_equal(&vr, &expected, sizeof(vr));
		assert_int_equal(advert.notices, 0);
		assert_int_equal(advert.version, kinds[k].wire->version);
		assert_int_equal(advert.family, kinds[k].wire->family);
	}
}

/* RFC 3768 §7.1; both intervals can be told. */
static void test_receive2_other_interval_is_discarded_with_both_values(void **state)
{
	struct vrrp vr = wire_router(wire2, 50, 300);
	struct vrrp_advert advert;
	struct message m;

	(void)state;
	message2_init(&m);
	for (unsigned seconds = 1; seconds < 256; seconds++) {
		m.bytes[5] = (uint8_t)seconds;
		wire_sign(&m);
		assert_int_equal(vrrp_receive(&vr, &own4, &m.rx, &advert),
				 seconds == 3 ? VRRP_ACCEPT : VRRP_REJECT_INTERVAL_DIFFERS);
		assert_int_equal(advert.interval_cs, seconds * 100);
	}
	assert_int_equal(vr.counters.rejected[VRRP_REJECT_INTERVAL_DIFFERS], 254);
	assert_int_equal(vr.counters.noticed[VRRP_NOTICE_INTERVAL], 0);
	assert_int_equal(vr.counters.adverts_received, 1);
}

/* R-050 over IPv6 */
static void test_receive6_other_interval_is_noticed_and_accepted(void **state)
{
	struct vrrp vr = wire_router(wire6, 50, 100);
	struct vrrp_advert advert;
	struct message m;

	(void)state;
	message6_init(&m);
	m.bytes[5] = 50;
	wire_sign(&m);
	assert_int_equal(vrrp_receive(&vr, &own6, &m.rx, &advert), VRRP_ACCEPT);
	assert_int_equal(advert.notices, 1u << VRRP_NOTICE_INTERVAL);
}

/* R-147 is what RFC 3768 §7.1 leaves to choice: a list is never a reason to discard. */
static void test_receive2_other_addresses_are_noticed_and_accepted(void **state)
{
	(void)state;
	for (unsigned priority = 0; priority < 256; priority += 255) {
		struct vrrp vr = wire_router(wire2, 50, 100);
		struct vrrp_advert advert;
		struct message m;

		message2_init(&m);
		m.bytes[2] = (uint8_t)priority;
		m.bytes[11] = 101;
		wire_sign(&m);
		assert_int_equal(vrrp_receive(&vr, &own4, &m.rx, &advert), VRRP_ACCEPT);
		assert_int_equal(advert.notices, 1u << VRRP_NOTICE_ADDRESS_LIST);
	}
}

/* all sixteen bytes; of the order only that the link-local address comes first. */
static void test_receive6_other_addresses_are_noticed_and_accepted(void **state)
{
	static const struct {
		const char *own[3], *advertised[3];
		bool noticed;
	} rows[] = {
		{ { "fe80::1", "2001:db8::1" }, { "fe80::1", "2001:db8::1" }, false },
		{ { "fe80::1", "2001:db8::1" }, { "2001:db8::1", "fe80::1" }, true },
		{ { "2001:db8::1", "fe80::1" }, { "fe80::1", "2001:db8::1" }, true },
		{ { "fe80::1", "2001:db8::1", "2001:db8::2" },
		  { "fe80::1", "2001:db8::2", "2001:db8::1" },
		  false },
		{ { "2001:db8::1", "2001:db8::2" }, { "2001:db8::2", "2001:db8::1" }, false },
		{ { "fe80::1" }, { "fe80::2" }, true },
		{ { "fe80::1" }, { "fe80::1", "2001:db8::1" }, true },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct vrrp vr = wire_router(wire6, 50, 100);
		uint8_t own[3][16];
		struct vrrp_list list = { own[0], 0 };
		struct vrrp_advert advert;
		struct message m;
		unsigned n = 0;

		for (; list.addresses_n < 3 && rows[i].own[list.addresses_n]; list.addresses_n++)
			set_address(own[list.addresses_n], rows[i].own[list.addresses_n]);
		message6_init(&m);
		for (; n < 3 && rows[i].advertised[n]; n++)
			set_address(m.bytes + 8 + 16 * n, rows[i].advertised[n]);
		m.bytes[3] = (uint8_t)n;
		m.rx.payload_len = 8 + 16 * n;
		wire_sign(&m);
		assert_int_equal(vrrp_receive(&vr, &list, &m.rx, &advert), VRRP_ACCEPT);
		if (advert.notices != (unsigned)rows[i].noticed << VRRP_NOTICE_ADDRESS_LIST)
			fail_msg("row %zu: notices 0x%x", i, advert.notices);
	}
}

/* There is one form of the checksum, so none can be the other one. */
static void test_receive_checksum_form_is_noticed_in_version_3_over_ipv4_alone(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 4; i++) {
		struct vrrp vr = wire_router(kinds[i / 2].wire, 50, 100);
		struct vrrp_advert advert;

		vr.config.checksum = i % 2;
		assert_int_equal(kinds[i / 2].receive(&vr, 0, &advert), VRRP_ACCEPT);
		assert_int_equal(advert.notices, 0);
	}
}

/* erratum 8298, in version 2, too. */
static void test_receive_owner_accepts_adverts(void **state)
{
	(void)state;
	for (size_t k = 0; k < 2; k++) {
		struct vrrp owner = wire_router(kinds[k].wire, 255, 100);
		struct vrrp_advert advert;

		on_startup(&owner, SECOND);
		assert_int_equal(kinds[k].receive(&owner, 0, &advert), VRRP_ACCEPT);
	}
}

/* A router with unicast peers takes what comes to it, and from whatever address. */
static void test_receive6_follows_the_rules_of_the_packet(void **state)
{
	const uint8_t own[16] = { 0x20, 0x01, 0x0d, 0xb8, [15] = 0x20 };
	const struct vrrp_rules rules = { .destinations = own,
					  .destinations_n = 1,
					  .min_ttl = 254 };
	struct vrrp vr = wire_router(wire6, 50, 100);
	struct vrrp_advert advert;
	struct message m;

	(void)state;
	message6_init(&m);
	set_address(m.rx.source, "2001:db8::10");
	memcpy(m.rx.destination, own, 16);
	m.rx.ttl = 254;
	wire_sign(&m);
	assert_int_equal(vrrp_receive(&vr, &own6, &m.rx, &advert), VRRP_REJECT_TTL);
	m.rx.rules = &rules;
	assert_int_equal(vrrp_receive(&vr, &own6, &m.rx, &advert), VRRP_ACCEPT);
}

/* counted apart from an authentication of another kind. */
static void test_receive2_wrong_password_is_counted(void **state)
{
	struct vrrp vr = wire_router(wire2, 50, 100);
	const struct vrrp_rules rules = { .destinations = vrrp_group(4),
					  .destinations_n = 1,
					  .min_ttl = 255,
					  .auth_type = VRRP_AUTH_PASSWORD,
					  .password = "secret" };
	struct vrrp_advert advert;
	struct message m;

	(void)state;
	message2_init(&m);
	m.rx.rules = &rules;
	assert_int_equal(vrrp_receive(&vr, &own4, &m.rx, &advert), VRRP_REJECT_AUTH_MISMATCH);
	m.bytes[4] = VRRP_AUTH_PASSWORD;
	memcpy(m.bytes + 12, "secreT", 6);
	wire_sign(&m);
	assert_int_equal(vrrp_receive(&vr, &own4, &m.rx, &advert), VRRP_REJECT_AUTH_FAILED);
	assert_int_equal(vr.counters.rejected[VRRP_REJECT_AUTH_FAILED], 1);
	memcpy(m.bytes + 12, "secret", 6);
	wire_sign(&m);
	assert_int_equal(vrrp_receive(&vr, &own4, &m.rx, &advert), VRRP_ACCEPT);
}

/* over IPv6 */
static void test_receive6_without_a_router_never_accepts(void **state)
{
	struct vrrp_advert advert;
	struct message m;

	(void)state;
	message6_init(&m);
	assert_int_equal(vrrp_receive(NULL, NULL, &m.rx, &advert), VRRP_REJECT_VRID);
	m.bytes[0] = 0x21;
	assert_int_equal(vrrp_receive(NULL, NULL, &m.rx, &advert), VRRP_REJECT_VERSION);
	m.rx.ttl = 1;
	assert_int_equal(vrrp_receive(NULL, NULL, &m.rx, &advert), VRRP_REJECT_TTL);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_receive_any_defects_are_charged_to_the_first),
		cmocka_unit_test(test_receive_reject_changes_one_counter_and_nothing_else),
		cmocka_unit_test(test_receive_good_advert_counts_as_received_only),
		cmocka_unit_test(test_receive2_other_interval_is_discarded_with_both_values),
		cmocka_unit_test(test_receive6_other_interval_is_noticed_and_accepted),
		cmocka_unit_test(test_receive2_other_addresses_are_noticed_and_accepted),
		cmocka_unit_test(test_receive6_other_addresses_are_noticed_and_accepted),
		cmocka_unit_test(
			test_receive_checksum_form_is_noticed_in_version_3_over_ipv4_alone),
		cmocka_unit_test(test_receive_owner_accepts_adverts),
		cmocka_unit_test(test_receive2_wrong_password_is_counted),
		cmocka_unit_test(test_receive6_follows_the_rules_of_the_packet),
		cmocka_unit_test(test_receive6_without_a_router_never_accepts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
