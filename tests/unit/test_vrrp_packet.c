/* SPDX-License-Identifier: MIT */
/* The message into bytes and back: RFC 9568 §5 and the checks of §7.1 that need no router. */
#include "test.h"

#include <stdlib.h>

/* Version 3 over IPv4: VRID 51, priority 200, 100 cs, 192.0.2.100, from 198.51.100.10. */
static const struct vector {
	const char *destination;
	enum vrrp_checksum checksum;
	uint8_t bytes[12];
} vectors[] = {
	{ "224.0.0.18",
	  VRRP_CHECKSUM_RFC9568,
	  { 0x31, 0x33, 0xc8, 0x01, 0x00, 0x64, 0x44, 0x02, 0xc0, 0x00, 0x02, 0x64 } },
	{ "224.0.0.18",
	  VRRP_CHECKSUM_RFC5798,
	  { 0x31, 0x33, 0xc8, 0x01, 0x00, 0x64, 0x39, 0x35, 0xc0, 0x00, 0x02, 0x64 } },
	{ "192.0.2.10",
	  VRRP_CHECKSUM_RFC5798,
	  { 0x31, 0x33, 0xc8, 0x01, 0x00, 0x64, 0x57, 0x3d, 0xc0, 0x00, 0x02, 0x64 } },
};
#define VECTORS_N (sizeof(vectors) / sizeof(vectors[0]))

static struct vrrp_advert advert_of_vectors(void)
{
	static const uint8_t addresses[] = { 192, 0, 2, 100 };
	struct vrrp_advert advert = {
		.family = 4,
		.version = 3,
		.vrid = 51,
		.priority = 200,
		.interval_cs = 100,
		.addresses = addresses,
		.addresses_n = 1,
	};

	set_address(advert.source, LOWER_ADDRESS);
	return advert;
}

static size_t encode(const struct vrrp_advert *advert, const char *destination, uint8_t *buf)
{
	uint8_t address[16];

	set_address(address, destination);
	return vrrp_packet_encode(advert, address, buf);
}

/* A stale buffer must not show. */
static void test_packet_encode_gives_the_reference_bytes(void **state)
{
	(void)state;
	for (size_t i = 0; i < VECTORS_N; i++) {
		struct vrrp_advert advert = advert_of_vectors();
		uint8_t buf[VRRP_PACKET_MAX];

		memset(buf, 0xa5, sizeof(buf));
		advert.checksum = vectors[i].checksum;
		assert_int_equal(encode(&advert, vectors[i].destination, buf), 12);
		assert_memory_equal(buf, vectors[i].bytes, 12);
		assert_int_equal(buf[12], 0xa5);
	}
}

/* twelve bits, and nothing in the Reserve nibble. */
static void test_packet_encode_longest_interval_leaves_reserve_zero(void **state)
{
	struct vrrp_advert advert = advert_of_vectors();
	uint8_t buf[VRRP_PACKET_MAX];

	(void)state;
	advert.interval_cs = 4095;
	encode(&advert, "224.0.0.18", buf);
	assert_int_equal(buf[4], 0x0f);
	assert_int_equal(buf[5], 0xff);
}

/* in the order of the list, up to the 255 that a count can tell. */
static void test_packet_encode_full_list_keeps_its_order(void **state)
{
	uint8_t addresses[VRRP_ADDRESSES_MAX * 4], buf[VRRP_PACKET_MAX];
	struct vrrp_advert advert = advert_of_vectors();

	(void)state;
	for (size_t i = 0; i < sizeof(addresses); i++)
		addresses[i] = (uint8_t)(i * 7 + i / 256);
	advert.addresses = addresses;
	advert.addresses_n = VRRP_ADDRESSES_MAX;
	assert_int_equal(encode(&advert, "224.0.0.18", buf), 1028);
	assert_int_equal(buf[3], 255);
	assert_memory_equal(buf + VRRP_HEADER_LEN, addresses, sizeof(addresses));
	assert_int_equal(buf[6] << 8 | buf[7], message_sum(buf, 1028, NULL, NULL));
}

/* the pseudo-header counts the bytes of this message, not those of the reference. */
static void test_packet_encode_pseudo_header_has_the_length(void **state)
{
	static const uint8_t addresses[VRRP_ADDRESSES_MAX * 4], group[] = { 224, 0, 0, 18 };
	struct vrrp_advert advert = advert_of_vectors();
	uint8_t buf[VRRP_PACKET_MAX];

	(void)state;
	advert.addresses = addresses;
	advert.checksum = VRRP_CHECKSUM_RFC5798;
	for (unsigned n = 1; n <= VRRP_ADDRESSES_MAX; n++) {
		advert.addresses_n = (uint8_t)n;
		assert_int_equal(encode(&advert, "224.0.0.18", buf), 8 + 4 * n);
		assert_int_equal(buf[6] << 8 | buf[7],
				 message_sum(buf, 8 + 4 * n, advert.source, group));
	}
}

/* A sum of carries over carries, and the checksum 0x0000, which needs no replacement. */
static void test_packet_encode_extreme_sums_are_folded(void **state)
{
	uint8_t addresses[VRRP_ADDRESSES_MAX * 4], buf[VRRP_PACKET_MAX];
	struct vrrp_advert advert = advert_of_vectors();

	(void)state;
	memset(addresses, 0xff, sizeof(addresses));
	advert.addresses = addresses;
	advert.addresses_n = VRRP_ADDRESSES_MAX;
	encode(&advert, "224.0.0.18", buf);
	assert_int_equal(buf[6] << 8 | buf[7], message_sum(buf, 1028, NULL, NULL));

	memcpy(addresses, "\xc0\x00\x46\x66", 4); /* the vector's 0x0264, with its 0x4402 on top */
	advert.addresses_n = 1;
	encode(&advert, "224.0.0.18", buf);
	assert_int_equal(buf[6] << 8 | buf[7], 0);
}

/* Unicast is refused by its destination before its checksum is looked at. */
static void test_packet_decode_reads_the_reference_bytes(void **state)
{
	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct vrrp_advert advert;
		struct message m;

		message_init(&m);
		memcpy(m.bytes, vectors[i].bytes, 12);
		assert_int_equal(vrrp_packet_decode(&m.rx, 3, &advert), VRRP_ACCEPT);
		assert_int_equal(advert.checksum, vectors[i].checksum);
		assert_int_equal(advert.family, 4);
		assert_int_equal(advert.version, 3);
		assert_int_equal(advert.vrid, 51);
		assert_int_equal(advert.priority, 200);
		assert_int_equal(advert.interval_cs, 100);
		assert_int_equal(advert.addresses_n, 1);
		assert_ptr_equal(advert.addresses, m.bytes + 8);
		assert_int_equal(advert.notices, 0);
		assert_address(advert.source, LOWER_ADDRESS);
	}
}

static void test_packet_decode_inverts_encode_for_every_length(void **state)
{
	uint8_t addresses[VRRP_ADDRESSES_MAX * 4], buf[VRRP_PACKET_MAX];
	struct vrrp_advert in = advert_of_vectors(), out;
	struct message m;

	(void)state;
	memset(addresses, 0x5a, sizeof(addresses));
	message_init(&m);
	in.addresses = addresses;
	for (unsigned n = 1; n <= VRRP_ADDRESSES_MAX; n++) {
		in.vrid = in.priority = in.addresses_n = (uint8_t)n;
		in.interval_cs = (uint16_t)(n * 16);
		in.checksum = n % 2 ? VRRP_CHECKSUM_RFC9568 : VRRP_CHECKSUM_RFC5798;
		m.rx.payload = buf;
		m.rx.payload_len = encode(&in, "224.0.0.18", buf);
		assert_int_equal(vrrp_packet_decode(&m.rx, 3, &out), VRRP_ACCEPT);
		assert_memory_equal(out.addresses, addresses, n * 4);
		assert_ptr_equal(out.addresses, buf + VRRP_HEADER_LEN);
		out.addresses = addresses;
		assert_memory_equal(&out.source, &in.source, sizeof(in.source));
		assert_true(out.vrid == n && out.priority == n && out.addresses_n == n);
		assert_true(out.interval_cs == n * 16 && out.checksum == in.checksum);
	}
}

/* a flipped bit is never accepted, wherever it is. */
static void test_packet_decode_any_flipped_bit_is_refused(void **state)
{
	(void)state;
	for (size_t v = 0; v < 2; v++) {
		for (unsigned bit = 0; bit < 12 * 8; bit++) {
			struct vrrp_advert advert;
			struct message m;

			message_init(&m);
			memcpy(m.bytes, vectors[v].bytes, 12);
			m.bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
			if (vrrp_packet_decode(&m.rx, 3, &advert) == VRRP_ACCEPT)
				fail_msg("vector %zu, bit %u", v, bit);
		}
	}
}

/* The pseudo-header has the address that the packet came from and went to. */
static void test_packet_decode_pseudo_header_binds_source(void **state)
{
	struct vrrp_advert advert;
	struct message m;

	(void)state;
	message_init(&m);
	memcpy(m.bytes, vectors[1].bytes, 12);
	set_address(m.rx.source, "198.51.100.11");
	assert_int_equal(vrrp_packet_decode(&m.rx, 3, &advert), VRRP_REJECT_CHECKSUM);
}

/* all 256 first bytes. */
static void test_packet_decode_only_version_3_type_1_passes(void **state)
{
	(void)state;
	for (unsigned first = 0; first < 256; first++) {
		enum vrrp_reject expected = first >> 4 != 3       ? VRRP_REJECT_VERSION
					    : (first & 0x0f) != 1 ? VRRP_REJECT_TYPE
								  : VRRP_ACCEPT;
		struct vrrp_advert advert;
		struct message m;

		message_init(&m);
		m.bytes[0] = (uint8_t)first;
		message_sign(&m);
		assert_int_equal(vrrp_packet_decode(&m.rx, 3, &advert), expected);
	}
}

/* the version is the router's; without a router it is any that exists. */
static void test_packet_decode_version_is_that_of_the_router(void **state)
{
	struct vrrp_advert advert;
	struct message m;

	(void)state;
	message_init(&m);
	assert_int_equal(vrrp_packet_decode(&m.rx, 2, &advert), VRRP_REJECT_VERSION);
	assert_int_equal(vrrp_packet_decode(&m.rx, 0, &advert), VRRP_REJECT_VRID);
	m.bytes[0] = 0x21;
	assert_int_equal(vrrp_packet_decode(&m.rx, 3, &advert), VRRP_REJECT_VERSION);
	assert_int_equal(vrrp_packet_decode(&m.rx, 0, &advert), VRRP_REJECT_VRID);
	m.bytes[0] = 0x41;
	assert_int_equal(vrrp_packet_decode(&m.rx, 0, &advert), VRRP_REJECT_VERSION);
}

/* all 256 of them. */
static void test_packet_decode_only_ttl_255_passes(void **state)
{
	struct vrrp_advert advert;
	struct message m;

	(void)state;
	message_init(&m);
	for (unsigned ttl = 0; ttl < 256; ttl++) {
		m.rx.ttl = (uint8_t)ttl;
		assert_int_equal(vrrp_packet_decode(&m.rx, 3, &advert),
				 ttl == 255 ? VRRP_ACCEPT : VRRP_REJECT_TTL);
	}
}

/* Reserve is masked off, also when it hides a zero. */
static void test_packet_decode_interval_is_twelve_bits(void **state)
{
	(void)state;
	for (unsigned field = 0; field < 65536; field++) {
		struct vrrp_advert advert = { 0 };
		struct message m;
		enum vrrp_reject reject;

		message_init(&m);
		m.bytes[4] = (uint8_t)(field >> 8);
		m.bytes[5] = (uint8_t)field;
		message_sign(&m);
		reject = vrrp_packet_decode(&m.rx, 3, &advert);
		if (reject != (field % 4096 ? VRRP_ACCEPT : VRRP_REJECT_INTERVAL) ||
		    advert.interval_cs != field % 4096)
			fail_msg("field 0x%04x: %s, %u cs", field, vrrp_reject_name(reject),
				 advert.interval_cs);
	}
}

/* well-formed but for the empty list. */
static void test_packet_decode_empty_list_is_refused(void **state)
{
	struct vrrp_advert advert;
	struct message m;

	(void)state;
	message_init(&m);
	m.bytes[3] = 0;
	m.rx.payload_len = 8;
	message_sign(&m);
	assert_int_equal(vrrp_packet_decode(&m.rx, 3, &advert), VRRP_REJECT_EMPTY_LIST);
}

/* Between routers that have none, either. */
static void test_packet_empty_list_is_encoded_and_decoded_by_the_rules(void **state)
{
	static const uint8_t group[] = { 224, 0, 0, 18 };
	const struct vrrp_rules rules = { .destinations = group,
					  .destinations_n = 1,
					  .min_ttl = VRRP_TTL,
					  .may_be_empty = true };
	struct vrrp_advert in = advert_of_vectors(), out;
	struct message m;

	(void)state;
	message_init(&m);
	m.rx.rules = &rules;
	in.addresses = NULL;
	in.addresses_n = 0;
	for (uint8_t version = 2; version <= 3; version++) {
		in.version = version;
		m.rx.payload_len = encode(&in, "224.0.0.18", m.bytes);
		assert_int_equal(m.rx.payload_len, vrrp_packet_len(version, 4, 0));
		assert_int_equal(m.bytes[3], 0);
		assert_int_equal(vrrp_packet_decode(&m.rx, version, &out), VRRP_ACCEPT);
		assert_int_equal(out.addresses_n, 0);
		assert_int_equal(out.priority, in.priority);
	}
	m.rx.payload_len += 4; /* and nothing else */
	assert_int_equal(vrrp_packet_decode(&m.rx, 3, &out), VRRP_REJECT_LENGTH);
}

static void test_packet_decode_implausible_sources_are_refused(void **state)
{
	static const struct {
		const char *source;
		enum vrrp_reject expected;
	} rows[] = {
		{ "0.0.0.0", VRRP_REJECT_SOURCE },
		{ "0.255.255.255", VRRP_REJECT_SOURCE },
		{ "1.0.0.0", VRRP_ACCEPT },
		{ "223.255.255.255", VRRP_ACCEPT },
		{ "224.0.0.18", VRRP_REJECT_SOURCE },
		{ "240.0.0.1", VRRP_REJECT_SOURCE },
		{ "255.255.255.255", VRRP_REJECT_SOURCE },
		{ "10.0.0.255", VRRP_ACCEPT },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct vrrp_advert advert;
		struct message m;

		message_init(&m);
		set_address(m.rx.source, rows[i].source);
		assert_int_equal(vrrp_packet_decode(&m.rx, 3, &advert), rows[i].expected);
	}
}

static void test_packet_decode_only_the_group_is_a_destination(void **state)
{
	static const char *const others[] = { "198.51.100.20", "224.0.0.17", "224.0.0.1",
					      "255.255.255.255", "225.0.0.18" };

	(void)state;
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		struct vrrp_advert advert;
		struct message m;

		message_init(&m);
		set_address(m.rx.destination, others[i]);
		assert_int_equal(vrrp_packet_decode(&m.rx, 3, &advert), VRRP_REJECT_DESTINATION);
	}
}

/*
 * every length with the count that would fit, with one address and with 255.
 * The payload is a heap block of its exact length: a sanitizer sees the first byte read past it.
 */
static void test_packet_decode_every_length_up_to_1500_is_exact(void **state)
{
	(void)state;
	for (size_t len = 0; len <= 1500; len++) {
		unsigned counts[] = { (unsigned)(len - 8) / 4 & 0xff, 1, 255 };

		for (size_t i = 0; i < 3; i++) {
			bool fits = len > 8 && len == 8 + 4 * counts[i];
			struct vrrp_advert advert;
			struct message m;

			message_init(&m);
			m.bytes[3] = (uint8_t)counts[i];
			m.rx.payload_len = len;
			message_sign(&m);
			m.rx.payload = memcpy(malloc(len), m.bytes, len);
			if ((vrrp_packet_decode(&m.rx, 3, &advert) == VRRP_ACCEPT) != fits)
				fail_msg("length %zu, count %u", len, counts[i]);
			free((void *)m.rx.payload);
		}
	}
}

static void test_packet_decode_refusal_leaves_the_result_untouched(void **state)
{
	struct vrrp_advert advert, before;
	struct message m;

	(void)state;
	memset(&advert, 0xa5, sizeof(advert));
	before = advert;
	message_init(&m);
	m.bytes[5] = 0;
	message_sign(&m);
	assert_int_equal(vrrp_packet_decode(&m.rx, 3, &advert), VRRP_REJECT_INTERVAL);
	assert_memory_equal(&advert, &before, sizeof(advert));
}

static void test_packet_vrid_is_the_second_byte_if_there_is_one(void **state)
{
	struct message m;

	(void)state;
	message_init(&m);
	assert_int_equal(vrrp_packet_vrid(&m.rx), 51);
	m.bytes[1] = 255;
	m.rx.payload_len = 2;
	assert_int_equal(vrrp_packet_vrid(&m.rx), 255);
	m.rx.payload_len = 1;
	assert_int_equal(vrrp_packet_vrid(&m.rx), -1);
	m.rx.payload_len = 0;
	assert_int_equal(vrrp_packet_vrid(&m.rx), -1);
}

static void test_packet_constants_are_those_of_the_standard(void **state)
{
	(void)state;
	assert_int_equal(VRRP_PROTOCOL, 112); /* */
	assert_int_equal(VRRP_TTL, 255);      /* */
	assert_int_equal(vrrp_address_len(4), 4);
	assert_int_equal(vrrp_address_len(6), 16);
	assert_memory_equal(vrrp_group(4), "\xe0\x00\x00\x12", 4); /* */
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_packet_encode_gives_the_reference_bytes),
		cmocka_unit_test(test_packet_encode_longest_interval_leaves_reserve_zero),
		cmocka_unit_test(test_packet_encode_full_list_keeps_its_order),
		cmocka_unit_test(test_packet_encode_pseudo_header_has_the_length),
		cmocka_unit_test(test_packet_encode_extreme_sums_are_folded),
		cmocka_unit_test(test_packet_decode_reads_the_reference_bytes),
		cmocka_unit_test(test_packet_decode_inverts_encode_for_every_length),
		cmocka_unit_test(test_packet_decode_any_flipped_bit_is_refused),
		cmocka_unit_test(test_packet_decode_pseudo_header_binds_source),
		cmocka_unit_test(test_packet_decode_only_version_3_type_1_passes),
		cmocka_unit_test(test_packet_decode_version_is_that_of_the_router),
		cmocka_unit_test(test_packet_decode_only_ttl_255_passes),
		cmocka_unit_test(test_packet_decode_interval_is_twelve_bits),
		cmocka_unit_test(test_packet_decode_empty_list_is_refused),
		cmocka_unit_test(test_packet_empty_list_is_encoded_and_decoded_by_the_rules),
		cmocka_unit_test(test_packet_decode_implausible_sources_are_refused),
		cmocka_unit_test(test_packet_decode_only_the_group_is_a_destination),
		cmocka_unit_test(test_packet_decode_every_length_up_to_1500_is_exact),
		cmocka_unit_test(test_packet_decode_refusal_leaves_the_result_untouched),
		cmocka_unit_test(test_packet_vrid_is_the_second_byte_if_there_is_one),
		cmocka_unit_test(test_packet_constants_are_those_of_the_standard),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
