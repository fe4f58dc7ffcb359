/* SPDX-License-Identifier: MIT */
/*
 * The messages of version 2 (RFC 3768 §5) and over IPv6 (RFC 9568 §5) into bytes and back, and all
 * versions against an encoder that is written by the book. Version 3 over IPv4: test_vrrp_packet.c.
 */
#include "vrrp_wire.h"

#include <stdlib.h>

static const uint8_t list6[] = { 0xfe, 0x80, 0,    0,    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x01, 0,
				 0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x01, 0 };
static const uint8_t list4[] = { 192, 0, 2, 100 };

static struct vrrp_advert advert2(unsigned auth_type, const char *password)
{
	struct vrrp_advert advert = { .family = 4,
				      .version = 2,
				      .vrid = 51,
				      .priority = 100,
				      .interval_cs = 100,
				      .addresses = list4,
				      .addresses_n = 1,
				      .auth_type = (uint8_t)auth_type };

	memcpy(advert.auth, password, strlen(password));
	set_address(advert.source, wires[1].lower);
	return advert;
}

static struct vrrp_advert advert6(unsigned addresses_n)
{
	struct vrrp_advert advert = { .family = 6,
				      .version = 3,
				      .vrid = 51,
				      .priority = 200,
				      .interval_cs = 100,
				      .addresses = list6,
				      .addresses_n = (uint8_t)addresses_n };

	set_address(advert.source, wires[2].lower);
	return advert;
}

static size_t encode(const struct vrrp_advert *advert, uint8_t *buf)
{
	memset(buf, 0xa5, VRRP_PACKET_MAX); /* a stale buffer must not show */
	return vrrp_packet_encode(advert, vrrp_group(advert->family), buf);
}

/* eight bytes of zeros behind the addresses; the seconds of R-158. */
static void test_packet2_encode_gives_the_reference_bytes(void **state)
{
	struct vrrp_advert advert = advert2(VRRP_AUTH_NONE, "ignored");
	uint8_t buf[VRRP_PACKET_MAX];
	struct message m;

	(void)state;
	message2_init(&m);
	assert_int_equal(encode(&advert, buf), 20);
	assert_memory_equal(buf, m.bytes, 20);
	assert_int_equal(buf[20], 0xa5);
	advert.interval_cs = 25500;
	encode(&advert, buf);
	assert_int_equal(buf[5], 255);
}

static const uint8_t secret[] = { 0x21, 0x33, 0x64, 0x01, 0x01, 0x01, 0x7b, 0x19, 0xc0, 0x00,
				  0x02, 0x64, 0x73, 0x65, 0x63, 0x72, 0x65, 0x74, 0x00, 0x00 };

/* RFC 2338 §5.3.6.2: left aligned and filled up with zeros; all eight bytes may be used. */
static void test_packet2_encode_carries_a_password(void **state)
{
	struct vrrp_advert advert = advert2(VRRP_AUTH_PASSWORD, "secret");
	uint8_t buf[VRRP_PACKET_MAX];

	(void)state;
	assert_int_equal(encode(&advert, buf), 20);
	assert_memory_equal(buf, secret, 20);
	memcpy(advert.auth,
	       "\xff"
	       "eighth\0",
	       8);
	encode(&advert, buf);
	assert_memory_equal(buf + 12,
			    "\xff"
			    "eighth\0",
			    8);
}

/* Never with a pseudo-header, whatever the router would use in version 3. */
static void test_packet2_encode_has_one_form_of_checksum(void **state)
{
	struct vrrp_advert advert = advert2(VRRP_AUTH_PASSWORD, "secret");
	uint8_t buf[VRRP_PACKET_MAX];

	(void)state;
	advert.checksum = VRRP_CHECKSUM_RFC5798;
	encode(&advert, buf);
	assert_memory_equal(buf, secret, 20);
}

/* */
static void test_packet6_encode_gives_the_reference_bytes(void **state)
{
	uint8_t buf[VRRP_PACKET_MAX];
	struct vrrp_advert advert = advert6(1);
	struct message m;

	(void)state;
	message6_init(&m);
	for (unsigned form = 0; form < 2; form++) {
		advert.checksum = form;
		assert_int_equal(encode(&advert, buf), 24);
		assert_memory_equal(buf, m.bytes, 24);
		assert_int_equal(buf[24], 0xa5);
	}
	advert = advert6(2);
	assert_int_equal(encode(&advert, buf), 40);
	assert_memory_equal(buf, "\x31\x33\xc8\x02\x00\x64\xd9\xed", 8);
	assert_memory_equal(buf + 8, list6, 32);
}

/* Something to fill every field with; the same on every run. */
static uint32_t next_random(uint32_t *seed)
{
	*seed = *seed * 1664525u + 1013904223u;
	return *seed >> 8;
}

/* A well-formed advert, the address list in @list. */
static struct vrrp_advert random_advert(const struct wire *wire, unsigned n, uint32_t *seed,
					uint8_t *list)
{
	struct vrrp_advert advert = { .family = (uint8_t)wire->family,
				      .version = (uint8_t)wire->version,
				      .vrid = (uint8_t)(1 + next_random(seed) % 255),
				      .priority = (uint8_t)next_random(seed),
				      .interval_cs = (uint16_t)(1 + next_random(seed) % 4095),
				      .checksum = next_random(seed) % 2,
				      .addresses = list,
				      .addresses_n = (uint8_t)n };

	if (wire->version == 2) {
		advert.interval_cs = (uint16_t)(100 * (1 + next_random(seed) % 255));
		advert.auth_type = next_random(seed) % 2;
	}
	for (unsigned i = 0; advert.auth_type && i < 8; i++)
		advert.auth[i] = (uint8_t)next_random(seed);
	for (unsigned i = 0; i < n * 16; i++)
		list[i] = (uint8_t)(next_random(seed) % 4 ? next_random(seed) : 0xff);
	set_address(advert.source, n % 2 ? wire->lower : wire->higher);
	return advert;
}

/* R-017 .. R-026: every count, in every version and family. */
static void test_packet_encode_is_what_the_book_says(void **state)
{
	uint8_t list[VRRP_ADDRESSES_MAX * 16], buf[VRRP_PACKET_MAX], expected[VRRP_PACKET_MAX];
	uint32_t seed = 1;

	(void)state;
	for (unsigned i = 0; i < WIRES_N * 255 * 8; i++) {
		const struct wire *wire = &wires[i % WIRES_N];
		unsigned n = i / WIRES_N % 255 + 1;
		struct vrrp_advert advert = random_advert(wire, n, &seed, list);
		size_t len = slow_encode(&advert, vrrp_group(wire->family), expected);

		assert_int_equal(vrrp_packet_len(wire->version, wire->family, n), len);
		assert_int_equal(encode(&advert, buf), len);
		if (memcmp(buf, expected, len) != 0)
			fail_msg("version %u over IPv%u, %u addresses", wire->version, wire->family,
				 n);
	}
	assert_int_equal(vrrp_packet_len(3, 6, 255), VRRP_PACKET_MAX);
}

static void assert_same_advert(const struct vrrp_advert *a, const struct vrrp_advert *b)
{
	assert_true(a->family == b->family && a->version == b->version && a->vrid == b->vrid);
	assert_true(a->priority == b->priority && a->interval_cs == b->interval_cs);
	assert_int_equal(a->addresses_n, b->addresses_n);
	assert_memory_equal(a->addresses, b->addresses,
			    a->addresses_n * vrrp_address_len(a->family));
	assert_memory_equal(a->source, b->source, 16);
	assert_int_equal(a->auth_type, b->auth_type);
	assert_memory_equal(a->auth, b->auth, 8);
	assert_int_equal(a->notices, b->notices);
}

/* What holds without rules, to be changed. */
static struct vrrp_rules rules_of(unsigned family)
{
	return (struct vrrp_rules){ .destinations = vrrp_group(family),
				    .destinations_n = 1,
				    .min_ttl = 255 };
}

static void test_packet_decode_reads_what_the_book_writes(void **state)
{
	uint8_t list[VRRP_ADDRESSES_MAX * 16], buf[VRRP_PACKET_MAX];
	uint32_t seed = 2;

	(void)state;
	for (unsigned i = 0; i < WIRES_N * 255 * 8; i++) {
		const struct wire *wire = &wires[i % WIRES_N];
		struct vrrp_rules rules = rules_of(wire->family);
		struct vrrp_advert in, out;
		struct message m;

		in = random_advert(wire, i / WIRES_N % 255 + 1, &seed, list);
		wire_envelope(&m, wire, slow_encode(&in, vrrp_group(wire->family), buf));
		m.rx.payload = buf;
		memcpy(m.rx.source, in.source, 16);
		rules.auth_type = in.auth_type;
		memcpy(rules.password, in.auth, 8);
		m.rx.rules = &rules;
		assert_int_equal(vrrp_packet_decode(&m.rx, wire->version, &out), VRRP_ACCEPT);
		assert_same_advert(&out, &in);
		assert_ptr_equal(out.addresses, buf + 8);
		if (wire->version == 3 && wire->family == 4)
			assert_true(vrrp_packet_checksum_fits(&m.rx, in.checksum));
		else /* one form, which is neither */
			assert_true(out.checksum == VRRP_CHECKSUM_RFC9568 &&
				    vrrp_packet_checksum_fits(&m.rx, VRRP_CHECKSUM_RFC9568) &&
				    vrrp_packet_checksum_fits(&m.rx, VRRP_CHECKSUM_RFC5798));
	}
}

static void init(struct message *m, const struct wire *wire)
{
	if (wire->version == 2)
		message2_init(m);
	else if (wire->family == 6)
		message6_init(m);
	else
		message_init(m);
}

/* whatever bit is flipped, of the authentication data, too. */
static void test_packet_decode_any_flipped_bit_is_refused(void **state)
{
	(void)state;
	for (size_t w = 0; w < WIRES_N; w++) {
		struct vrrp_advert advert;
		struct message m;

		init(&m, &wires[w]);
		for (unsigned bit = 0; bit < m.rx.payload_len * 8; bit++) {
			m.bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
			if (vrrp_packet_decode(&m.rx, wires[w].version, &advert) == VRRP_ACCEPT)
				fail_msg("version %u, bit %u", wires[w].version, bit);
			m.bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
		}
		assert_int_equal(vrrp_packet_decode(&m.rx, wires[w].version, &advert), VRRP_ACCEPT);
	}
}

/* the sum of the message alone is wrong over IPv6, that with a pseudo-header in version 2.
 */
static void test_packet_decode_knows_one_form_but_in_version_3_over_ipv4(void **state)
{
	struct vrrp_advert advert;
	struct message m;
	unsigned sum;

	(void)state;
	message6_init(&m);
	sum = slow_checksum(m.bytes, 24, 0, NULL, NULL);
	memcpy(m.bytes + 6, (uint8_t[]){ (uint8_t)(sum >> 8), (uint8_t)sum }, 2);
	assert_int_equal(vrrp_packet_decode(&m.rx, 3, &advert), VRRP_REJECT_CHECKSUM);
	message2_init(&m);
	sum = slow_checksum(m.bytes, 20, 4, m.rx.source, m.rx.destination);
	memcpy(m.bytes + 6, (uint8_t[]){ (uint8_t)(sum >> 8), (uint8_t)sum }, 2);
	assert_int_equal(vrrp_packet_decode(&m.rx, 2, &advert), VRRP_REJECT_CHECKSUM);
}

/* source and destination are bound. */
static void test_packet6_decode_pseudo_header_binds_the_addresses(void **state)
{
	struct vrrp_advert advert;
	struct message m;

	(void)state;
	message6_init(&m);
	m.rx.source[15] ^= 1;
	assert_int_equal(vrrp_packet_decode(&m.rx, 3, &advert), VRRP_REJECT_CHECKSUM);
}

/* all 256 first bytes, to each router. */
static void test_packet_decode_only_its_version_and_type_pass(void **state)
{
	(void)state;
	for (unsigned i = 0; i < WIRES_N * 256; i++) {
		const struct wire *wire = &wires[i / 256];
		unsigned first = i % 256;
		enum vrrp_reject expected = first >> 4 != wire->version ? VRRP_REJECT_VERSION
					    : (first & 15) != 1         ? VRRP_REJECT_TYPE
									: VRRP_ACCEPT;
		struct vrrp_advert advert;
		struct message m;

		init(&m, wire);
		m.bytes[0] = (uint8_t)first;
		wire_sign(&m);
		assert_int_equal(vrrp_packet_decode(&m.rx, wire->version, &advert), expected);
	}
}

/* There is no version 2 over IPv6, although there are routers that speak it. */
static void test_packet_exists_in_three_ways(void **state)
{
	struct vrrp_advert advert;
	struct message m;

	(void)state;
	for (unsigned version = 0; version < 256; version++) {
		assert_int_equal(vrrp_packet_exists(version, 4), version == 2 || version == 3);
		assert_int_equal(vrrp_packet_exists(version, 6), version == 3);
	}
	message6_init(&m);
	m.bytes[0] = 0x21;
	assert_int_equal(vrrp_packet_decode(&m.rx, 2, &advert), VRRP_REJECT_VERSION);
}

/* */
static void test_packet_decode_only_ttl_255_passes(void **state)
{
	struct vrrp_advert advert;
	struct message m;

	(void)state;
	for (unsigned i = 0; i < WIRES_N * 256; i++) {
		init(&m, &wires[i / 256]);
		m.rx.ttl = (uint8_t)i;
		assert_int_equal(vrrp_packet_decode(&m.rx, wires[i / 256].version, &advert),
				 i % 256 == 255 ? VRRP_ACCEPT : VRRP_REJECT_TTL);
	}
}

/* seconds in a byte of their own, or twelve bits. */
static void test_packet_decode_interval_in_the_unit_of_the_version(void **state)
{
	(void)state;
	for (unsigned field = 0; field < 65536; field++) {
		struct vrrp_advert advert = { 0 };
		struct message m;
		enum vrrp_reject reject;

		message6_init(&m);
		m.bytes[4] = (uint8_t)(field >> 8);
		m.bytes[5] = (uint8_t)field;
		wire_sign(&m);
		reject = vrrp_packet_decode(&m.rx, 3, &advert);
		assert_int_equal(reject, field % 4096 ? VRRP_ACCEPT : VRRP_REJECT_INTERVAL);
		assert_int_equal(advert.interval_cs, field % 4096);
	}
	for (unsigned seconds = 0; seconds < 256; seconds++) {
		struct vrrp_advert advert = { 0 };
		struct message m;

		message2_init(&m);
		m.bytes[5] = (uint8_t)seconds;
		wire_sign(&m);
		assert_int_equal(vrrp_packet_decode(&m.rx, 2, &advert),
				 seconds ? VRRP_ACCEPT : VRRP_REJECT_INTERVAL);
		assert_int_equal(advert.interval_cs, 100 * seconds);
	}
}

/* What a router with @rules makes of a type and eight bytes of authentication data. */
static enum vrrp_reject decode2(unsigned type, const char *data, const struct vrrp_rules *rules,
				struct vrrp_advert *ret_advert)
{
	struct message m;

	message2_init(&m);
	m.bytes[4] = (uint8_t)type;
	memcpy(m.bytes + 12, data, 8);
	wire_sign(&m);
	m.rx.rules = rules;
	return vrrp_packet_decode(&m.rx, 2, ret_advert);
}

/* 0 whatever the data; what is not understood is told apart. */
static void test_packet2_decode_unauthenticated_router_takes_type_0_alone(void **state)
{
	struct vrrp_advert advert;

	(void)state;
	for (unsigned type = 1; type < 256; type++)
		assert_int_equal(decode2(type, "secret\0\0", NULL, &advert),
				 type == 1   ? VRRP_REJECT_AUTH_MISMATCH
				 : type == 2 ? VRRP_REJECT_AUTH_AH
					     : VRRP_REJECT_AUTH_TYPE);
	assert_int_equal(decode2(0, "secret\0\0", NULL, &advert), VRRP_ACCEPT);
	assert_int_equal(advert.auth_type, VRRP_AUTH_NONE);
	assert_memory_equal(advert.auth, "\0\0\0\0\0\0\0\0", 8);
}

/* all eight bytes, the zeros that fill it up, too. */
static void test_packet2_decode_router_with_a_password_takes_that_one_alone(void **state)
{
	struct vrrp_rules rules = rules_of(4);
	struct vrrp_advert advert;
	char data[8];

	(void)state;
	rules.auth_type = VRRP_AUTH_PASSWORD;
	memcpy(rules.password, "secret\0\0", 8);
	for (unsigned type = 0; type < 256; type++)
		assert_int_equal(decode2(type, "secret\0\0", &rules, &advert),
				 type == 0   ? VRRP_REJECT_AUTH_MISMATCH
				 : type == 1 ? VRRP_ACCEPT
				 : type == 2 ? VRRP_REJECT_AUTH_AH
					     : VRRP_REJECT_AUTH_TYPE);
	assert_int_equal(decode2(1, "secret\0\0", &rules, &advert), VRRP_ACCEPT);
	assert_int_equal(advert.auth_type, VRRP_AUTH_PASSWORD);
	assert_memory_equal(advert.auth, "secret\0\0", 8);
	for (unsigned bit = 0; bit < 64; bit++) {
		memcpy(data, "secret\0\0", 8);
		data[bit / 8] = (char)(data[bit / 8] ^ 1 << bit % 8);
		assert_int_equal(decode2(1, data, &rules, &advert), VRRP_REJECT_AUTH_FAILED);
	}
}

/* Who cannot be trusted is told before what it says. */
static void test_packet2_decode_authentication_comes_before_the_interval(void **state)
{
	struct vrrp_advert advert;
	struct message m;

	(void)state;
	message2_init(&m);
	m.bytes[4] = VRRP_AUTH_PASSWORD;
	m.bytes[5] = 0;
	wire_sign(&m);
	assert_int_equal(vrrp_packet_decode(&m.rx, 2, &advert), VRRP_REJECT_AUTH_MISMATCH);
}

/*
 * every length up to the longest with the count that would fit, with
 * one address and with 255, in a heap block of that length: a sanitizer sees any byte read beyond.
 */
static void test_packet_decode_every_length_is_exact(void **state)
{
	uint8_t *bytes = malloc(VRRP_PACKET_MAX + 64);

	(void)state;
	assert_non_null(bytes);
	memset(bytes, 0x11, VRRP_PACKET_MAX + 64);
	for (size_t i = 0; i < WIRES_N * (VRRP_PACKET_MAX + 64) * 3; i++) {
		const struct wire *wire = &wires[i % WIRES_N];
		size_t len = i / WIRES_N / 3, size = vrrp_address_len(wire->family), n;
		struct vrrp_advert advert;
		struct message m;
		unsigned sum;
		bool fits;

		init(&m, wire);
		memcpy(bytes, m.bytes, 8);
		n = ((size_t[]){ (len - 8 - wire->trailer_len) / size & 0xff, 1,
				 255 })[i / WIRES_N % 3];
		fits = len > 8 && n > 0 && len == 8 + n * size + wire->trailer_len;
		bytes[3] = (uint8_t)n;
		m.rx.payload_len = len;
		m.rx.payload = memcpy(malloc(len + !len), bytes, len);
		if (len >= 8) {
			sum = slow_checksum(m.rx.payload, len, wire->family == 6 ? 6 : 0,
					    m.rx.source, m.rx.destination);
			((uint8_t *)m.rx.payload)[6] = (uint8_t)(sum >> 8);
			((uint8_t *)m.rx.payload)[7] = (uint8_t)sum;
		}
		if ((vrrp_packet_decode(&m.rx, wire->version, &advert) == VRRP_ACCEPT) != fits)
			fail_msg("version %u over IPv%u, length %zu, count %zu", wire->version,
				 wire->family, len, n);
		free((void *)m.rx.payload);
	}
	free(bytes);
}

/* The longest that IP can deliver; the count of it can only be wrong. */
static void test_packet_decode_takes_64_kib(void **state)
{
	uint8_t *bytes = calloc(1, 65535);

	(void)state;
	assert_non_null(bytes);
	for (unsigned i = 0; i < WIRES_N * 256; i++) {
		struct vrrp_advert advert;
		struct message m;

		init(&m, &wires[i / 256]);
		memcpy(bytes, m.bytes, 8);
		bytes[3] = (uint8_t)i;
		m.rx.payload = bytes;
		m.rx.payload_len = 65535;
		assert_int_equal(vrrp_packet_decode(&m.rx, wires[i / 256].version, &advert),
				 i % 256 ? VRRP_REJECT_LENGTH : VRRP_REJECT_EMPTY_LIST);
	}
	free(bytes);
}

/* ---- where it comes from and goes to ---- */

static enum vrrp_reject decode6_from(const char *source, const char *destination,
				     const struct vrrp_rules *rules)
{
	struct vrrp_advert advert;
	struct message m;

	message6_init(&m);
	set_address(m.rx.source, source);
	set_address(m.rx.destination, destination);
	m.rx.rules = rules;
	wire_sign(&m);
	return vrrp_packet_decode(&m.rx, 3, &advert);
}

/* §5.1.2.1: fe80::/10 and nothing else. */
static void test_packet6_decode_multicast_comes_from_a_link_local_address(void **state)
{
	static const struct {
		const char *source;
		enum vrrp_reject expected;
	} rows[] = {
		{ "fe80::1", VRRP_ACCEPT },
		{ "febf:ffff:ffff:ffff:ffff:ffff:ffff:ffff", VRRP_ACCEPT },
		{ "fec0::1", VRRP_REJECT_NOT_LINK_LOCAL },
		{ "fe7f::1", VRRP_REJECT_NOT_LINK_LOCAL },
		{ "2001:db8::10", VRRP_REJECT_NOT_LINK_LOCAL },
		{ "fd00::10", VRRP_REJECT_NOT_LINK_LOCAL },
		{ "::", VRRP_REJECT_SOURCE },
		{ "::1", VRRP_REJECT_SOURCE },
		{ "::ffff:192.0.2.1", VRRP_REJECT_SOURCE },
		{ "ff02::12", VRRP_REJECT_SOURCE },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (decode6_from(rows[i].source, "ff02::12", NULL) != rows[i].expected)
			fail_msg("%s", rows[i].source);
}

static void test_packet6_decode_only_the_group_is_a_destination(void **state)
{
	static const char *const others[] = { "ff02::1", "ff02::13", "ff05::12", "fe80::20",
					      "ff02::1:0:12" };

	(void)state;
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		assert_int_equal(decode6_from("fe80::10", others[i], NULL),
				 VRRP_REJECT_DESTINATION);
}

/* By unicast a peer may be anywhere, and is still no multicast address. */
static void test_packet_decode_rules_of_unicast_peers(void **state)
{
	uint8_t own[2][16];
	const struct vrrp_rules rules = { .destinations = own[0],
					  .destinations_n = 2,
					  .min_ttl = 255 };

	(void)state;
	set_address(own[0], "2001:db8::20");
	set_address(own[1], "fe80::20");
	assert_int_equal(decode6_from("2001:db8::10", "2001:db8::20", &rules), VRRP_ACCEPT);
	assert_int_equal(decode6_from("2001:db8::10", "fe80::20", &rules), VRRP_ACCEPT);
	assert_int_equal(decode6_from("fe80::10", "fe80::20", &rules), VRRP_ACCEPT);
	assert_int_equal(decode6_from("ff02::12", "fe80::20", &rules), VRRP_REJECT_SOURCE);
	assert_int_equal(decode6_from("fe80::10", "ff02::12", &rules), VRRP_REJECT_DESTINATION);
	assert_int_equal(decode6_from("fe80::10", "fe80::21", &rules), VRRP_REJECT_DESTINATION);
}

/* without a list anybody may; a stranger is not what an impossible address is. */
static void test_packet_decode_rules_of_who_may_send(void **state)
{
	uint8_t peers[2][16], own[16];
	struct vrrp_rules rules = rules_of(6);

	(void)state;
	set_address(own, "2001:db8::20");
	set_address(peers[0], "2001:db8::10");
	set_address(peers[1], "fe80::10");
	rules.destinations = own;
	rules.peers = peers[0];
	rules.peers_n = 2;
	assert_int_equal(decode6_from("2001:db8::10", "2001:db8::20", &rules), VRRP_ACCEPT);
	assert_int_equal(decode6_from("fe80::10", "2001:db8::20", &rules), VRRP_ACCEPT);
	assert_int_equal(decode6_from("fe80::11", "2001:db8::20", &rules), VRRP_REJECT_NOT_PEER);
	assert_int_equal(decode6_from("ff02::12", "2001:db8::20", &rules), VRRP_REJECT_SOURCE);
	rules.peers_n = 1;
	assert_int_equal(decode6_from("fe80::10", "2001:db8::20", &rules), VRRP_REJECT_NOT_PEER);
	rules.peers_n = 0;
	assert_int_equal(decode6_from("fe80::11", "2001:db8::20", &rules), VRRP_ACCEPT);
}

/* Addresses of IPv4 have four bytes in a list. */
static void test_packet_decode_lists_of_rules_over_ipv4(void **state)
{
	static const uint8_t own[] = { 192, 0, 2, 20, 192, 0, 2, 21 };
	static const uint8_t peers[] = { 192, 0, 2, 9, 198, 51, 100, 10 };
	struct vrrp_rules rules = { .destinations = own,
				    .destinations_n = 2,
				    .peers = peers,
				    .peers_n = 2,
				    .min_ttl = 255 };
	struct vrrp_advert advert;
	struct message m;

	(void)state;
	message_init(&m);
	m.rx.rules = &rules;
	assert_int_equal(vrrp_packet_decode(&m.rx, 3, &advert), VRRP_REJECT_DESTINATION);
	set_address(m.rx.destination, "192.0.2.21");
	assert_int_equal(vrrp_packet_decode(&m.rx, 3, &advert), VRRP_ACCEPT);
	rules.peers_n = 1;
	assert_int_equal(vrrp_packet_decode(&m.rx, 3, &advert), VRRP_REJECT_NOT_PEER);
}

/* whatever the kernel gives us is for this host, unless it was sent to a group. */
static void test_packet_decode_rules_of_any_own_address(void **state)
{
	const struct vrrp_rules rules = { .min_ttl = 255 };
	struct vrrp_advert advert;
	struct message m;

	(void)state;
	assert_int_equal(decode6_from("2001:db8::10", "2001:db8::20", &rules), VRRP_ACCEPT);
	assert_int_equal(decode6_from("fe80::10", "fe80::20", &rules), VRRP_ACCEPT);
	assert_int_equal(decode6_from("fe80::10", "ff02::12", &rules), VRRP_REJECT_DESTINATION);
	message_init(&m);
	m.rx.rules = &rules;
	assert_int_equal(vrrp_packet_decode(&m.rx, 3, &advert), VRRP_REJECT_DESTINATION);
	set_address(m.rx.destination, "255.255.255.255");
	assert_int_equal(vrrp_packet_decode(&m.rx, 3, &advert), VRRP_REJECT_DESTINATION);
	set_address(m.rx.destination, "192.0.2.21");
	wire_sign(&m);
	assert_int_equal(vrrp_packet_decode(&m.rx, 3, &advert), VRRP_ACCEPT);
}

/* each peer is as far away as it is said to be, and a stranger is one at any TTL. */
static void test_packet_decode_rules_of_the_ttl_of_a_peer(void **state)
{
	static const uint8_t peers[] = { 192, 0, 2, 9, 192, 0, 2, 10 }, min_ttls[] = { 64, 253 };
	struct vrrp_rules rules = {
		.peers = peers, .peers_n = 2, .peer_min_ttls = min_ttls, .min_ttl = 64
	};
	struct vrrp_advert advert;
	struct message m;

	(void)state;
	for (unsigned ttl = 0; ttl < 256; ttl++) {
		message_init(&m);
		m.rx.rules = &rules;
		m.rx.ttl = (uint8_t)ttl;
		set_address(m.rx.destination, "192.0.2.21");
		set_address(m.rx.source, "192.0.2.9");
		wire_sign(&m);
		assert_int_equal(vrrp_packet_decode(&m.rx, 3, &advert),
				 ttl >= 64 ? VRRP_ACCEPT : VRRP_REJECT_TTL);
		set_address(m.rx.source, "192.0.2.10");
		wire_sign(&m);
		assert_int_equal(vrrp_packet_decode(&m.rx, 3, &advert),
				 ttl >= 253 ? VRRP_ACCEPT : VRRP_REJECT_TTL);
		set_address(m.rx.source, "192.0.2.11");
		wire_sign(&m);
		assert_int_equal(vrrp_packet_decode(&m.rx, 3, &advert),
				 ttl >= 64 ? VRRP_REJECT_NOT_PEER : VRRP_REJECT_TTL);
	}
}

/* Another group is a group: what comes to it comes from the link. */
static void test_packet_decode_rules_of_another_group(void **state)
{
	uint8_t group[16];
	const struct vrrp_rules rules = { .destinations = group,
					  .destinations_n = 1,
					  .min_ttl = 255 };

	(void)state;
	set_address(group, "ff02::1234");
	assert_int_equal(decode6_from("fe80::10", "ff02::1234", &rules), VRRP_ACCEPT);
	assert_int_equal(decode6_from("fe80::10", "ff02::12", &rules), VRRP_REJECT_DESTINATION);
	assert_int_equal(decode6_from("2001:db8::10", "ff02::1234", &rules),
			 VRRP_REJECT_NOT_LINK_LOCAL);
}

/* How far a packet may have come, in each version. */
static void test_packet_decode_rules_of_the_ttl(void **state)
{
	(void)state;
	for (unsigned i = 0; i < WIRES_N * 256; i++) {
		const struct wire *wire = &wires[i / 256];
		struct vrrp_rules rules = rules_of(wire->family);
		struct vrrp_advert advert;
		struct message m;

		init(&m, wire);
		rules.min_ttl = 253;
		m.rx.rules = &rules;
		m.rx.ttl = (uint8_t)i;
		assert_int_equal(vrrp_packet_decode(&m.rx, wire->version, &advert),
				 i % 256 >= 253 ? VRRP_ACCEPT : VRRP_REJECT_TTL);
	}
}

/* R-023 by unicast: the pseudo-header has the address that it went to. */
static void test_packet_decode_unicast_pseudo_header_has_the_destination(void **state)
{
	uint8_t own[16];
	const struct vrrp_rules rules = { .destinations = own,
					  .destinations_n = 1,
					  .min_ttl = 255 };
	struct vrrp_advert advert;
	struct message m;

	(void)state;
	set_address(own, "192.0.2.10");
	message_init(&m);
	memcpy(m.bytes + 6, "\x57\x3d", 2);
	m.rx.rules = &rules;
	set_address(m.rx.destination, "192.0.2.10");
	assert_int_equal(vrrp_packet_decode(&m.rx, 3, &advert), VRRP_ACCEPT);
	assert_int_equal(advert.checksum, VRRP_CHECKSUM_RFC5798);
	memcpy(m.bytes + 6, "\x39\x35", 2); /* that of the group */
	assert_int_equal(vrrp_packet_decode(&m.rx, 3, &advert), VRRP_REJECT_CHECKSUM);
}

static void test_packet_decode_refusal_leaves_the_result_untouched(void **state)
{
	(void)state;
	for (size_t w = 0; w < WIRES_N; w++) {
		struct vrrp_advert advert, before;
		struct message m;

		memset(&advert, 0xa5, sizeof(advert));
		before = advert;
		init(&m, &wires[w]);
		m.bytes[5] = 0;
		wire_sign(&m);
		assert_int_equal(vrrp_packet_decode(&m.rx, wires[w].version, &advert),
				 VRRP_REJECT_INTERVAL);
		assert_memory_equal(&advert, &before, sizeof(advert));
	}
}

static void test_packet_constants_are_those_of_the_standard(void **state)
{
	uint8_t group[16];

	(void)state;
	set_address(group, "ff02::12");
	assert_memory_equal(vrrp_group(6), group, 16); /* */
	assert_int_equal(VRRP_PACKET_MAX, 8 + 255 * 16);
	assert_true(vrrp_packet_len(2, 4, 255) <= VRRP_PACKET_MAX);
	assert_false(vrrp_is_link_local(4, (const uint8_t[]){ 0xfe, 0x80, 0, 1 }));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_packet2_encode_gives_the_reference_bytes),
		cmocka_unit_test(test_packet2_encode_carries_a_password),
		cmocka_unit_test(test_packet2_encode_has_one_form_of_checksum),
		cmocka_unit_test(test_packet6_encode_gives_the_reference_bytes),
		cmocka_unit_test(test_packet_encode_is_what_the_book_says),
		cmocka_unit_test(test_packet_decode_reads_what_the_book_writes),
		cmocka_unit_test(test_packet_decode_any_flipped_bit_is_refused),
		cmocka_unit_test(test_packet_decode_knows_one_form_but_in_version_3_over_ipv4),
		cmocka_unit_test(test_packet6_decode_pseudo_header_binds_the_addresses),
		cmocka_unit_test(test_packet_decode_only_its_version_and_type_pass),
		cmocka_unit_test(test_packet_exists_in_three_ways),
		cmocka_unit_test(test_packet_decode_only_ttl_255_passes),
		cmocka_unit_test(test_packet_decode_interval_in_the_unit_of_the_version),
		cmocka_unit_test(test_packet2_decode_unauthenticated_router_takes_type_0_alone),
		cmocka_unit_test(test_packet2_decode_router_with_a_password_takes_that_one_alone),
		cmocka_unit_test(test_packet2_decode_authentication_comes_before_the_interval),
		cmocka_unit_test(test_packet_decode_every_length_is_exact),
		cmocka_unit_test(test_packet_decode_takes_64_kib),
		cmocka_unit_test(test_packet6_decode_multicast_comes_from_a_link_local_address),
		cmocka_unit_test(test_packet6_decode_only_the_group_is_a_destination),
		cmocka_unit_test(test_packet_decode_rules_of_unicast_peers),
		cmocka_unit_test(test_packet_decode_rules_of_any_own_address),
		cmocka_unit_test(test_packet_decode_rules_of_the_ttl_of_a_peer),
		cmocka_unit_test(test_packet_decode_rules_of_who_may_send),
		cmocka_unit_test(test_packet_decode_lists_of_rules_over_ipv4),
		cmocka_unit_test(test_packet_decode_rules_of_another_group),
		cmocka_unit_test(test_packet_decode_rules_of_the_ttl),
		cmocka_unit_test(test_packet_decode_unicast_pseudo_header_has_the_destination),
		cmocka_unit_test(test_packet_decode_refusal_leaves_the_result_untouched),
		cmocka_unit_test(test_packet_constants_are_those_of_the_standard),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
