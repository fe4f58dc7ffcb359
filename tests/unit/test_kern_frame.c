/* SPDX-License-Identifier: MIT */
/* The frame builders, byte for byte. What the kernel does with frames is tested on a network. */
#include "test.h"

#include "netlink/frame.h"

#define GUARD 0xa5

static const uint8_t mac[6] = { 0x02, 0x11, 0x22, 0x33, 0x44, 0x55 };
static const uint8_t source[4] = { 198, 51, 100, 20 };
static const uint8_t group[4] = { 224, 0, 0, 18 };

/* A frame between guards: a builder writes its length and not a byte more. */
struct guarded {
	uint8_t before[8];
	uint8_t frame[64];
	uint8_t after[8];
};

static struct guarded guarded(void)
{
	struct guarded g;

	memset(&g, GUARD, sizeof(g));
	return g;
}

static void assert_only_first(const struct guarded *g, size_t len)
{
	for (size_t i = 0; i < sizeof(g->before); i++)
		assert_int_equal(g->before[i], GUARD);
	for (size_t i = len; i < sizeof(g->frame); i++)
		assert_int_equal(g->frame[i], GUARD);
}

static struct kern_frame_ip advert_header(void)
{
	return (struct kern_frame_ip){
		.source_mac = mac,
		.source = source,
		.destination = group,
		.protocol = 112,
		.ttl = 255,
		.tos = 0xc0,
		.payload_len = 12,
	};
}

/* By the book: the sum of all 16-bit words of a header with a right checksum is 0xffff. */
static unsigned header_sum(const uint8_t *header)
{
	uint64_t sum = 0;

	for (unsigned i = 0; i < 20; i++)
		sum += (uint64_t)header[i] << (i % 2 ? 0 : 8);
	return (unsigned)(sum % 0xffff);
}

static void test_ip4_frame_of_an_advert(void **state)
{
	/* 4500 20 -> 0x45c0 + 0x0020 + 0x4000 + 0xff70 + 0xc633 + 0x6414 + 0xe000 + 0x0012
	 * = 0x38fa9; 0x8fa9 + 3 = 0x8fac; ~ = 0x7053. */
	static const uint8_t expected[KERN_FRAME_IP4_LEN] = {
		0x01, 0x00, 0x5e, 0x00, 0x00, 0x12,             /* 224.0.0.18 */
		0x02, 0x11, 0x22, 0x33, 0x44, 0x55,             /* our MAC */
		0x08, 0x00,                                     /* IPv4 */
		0x45, 0xc0, 0x00, 0x20,                         /* CS6, 20 + 12 bytes */
		0x00, 0x00, 0x40, 0x00,                         /* ID 0, DF */
		0xff, 0x70, 0x70, 0x53,                         /* TTL 255, protocol 112 */
		0xc6, 0x33, 0x64, 0x14, 0xe0, 0x00, 0x00, 0x12, /* 198.51.100.20 > 224.0.0.18 */
	};
	struct guarded g = guarded();
	struct kern_frame_ip ip = advert_header();

	(void)state;
	kern_frame_ip4(g.frame, &ip);
	assert_memory_equal(g.frame, expected, sizeof(expected));
	assert_only_first(&g, KERN_FRAME_IP4_LEN);
}

static void test_ip4_frame_length_is_in_network_order(void **state)
{
	struct guarded g = guarded();
	struct kern_frame_ip ip = advert_header();

	(void)state;
	ip.payload_len = 8 + 255 * 4; /* the longest advert */
	kern_frame_ip4(g.frame, &ip);
	assert_int_equal(g.frame[16], 0x04);
	assert_int_equal(g.frame[17], 0x18);
	assert_int_equal(header_sum(g.frame + 14), 0);
	ip.payload_len = 0;
	kern_frame_ip4(g.frame, &ip);
	assert_int_equal(g.frame[16], 0x00);
	assert_int_equal(g.frame[17], 0x14);
	assert_int_equal(header_sum(g.frame + 14), 0);
}

/* RFC 1112 §6.4: 23 bits of the group; 224.x and 225.(x + 128) share a MAC. */
static void test_ip4_frame_maps_the_group_to_its_mac(void **state)
{
	static const struct {
		uint8_t group[4], mac[6];
	} rows[] = {
		{ { 224, 0, 0, 18 }, { 0x01, 0x00, 0x5e, 0x00, 0x00, 0x12 } },
		{ { 224, 128, 1, 2 }, { 0x01, 0x00, 0x5e, 0x00, 0x01, 0x02 } },
		{ { 239, 255, 255, 255 }, { 0x01, 0x00, 0x5e, 0x7f, 0xff, 0xff } },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct guarded g = guarded();
		struct kern_frame_ip ip = advert_header();

		ip.destination = rows[i].group;
		kern_frame_ip4(g.frame, &ip);
		assert_memory_equal(g.frame, rows[i].mac, 6);
		assert_memory_equal(g.frame + 30, rows[i].group, 4);
	}
}

static void test_ip4_frame_checksum_of_any_header(void **state)
{
	uint64_t random = 7;

	(void)state;
	for (unsigned i = 0; i < 20000; i++) {
		struct guarded g = guarded();
		struct kern_frame_ip ip = advert_header();
		uint8_t any[4];

		random = random * 6364136223846793005u + 1442695040888963407u;
		memcpy(any, (const uint8_t *)&random + 4, 4);
		ip.source = any;
		ip.ttl = (uint8_t)(random >> 16);
		ip.tos = (uint8_t)(random >> 24);
		ip.payload_len = (random >> 8) % 1480;
		kern_frame_ip4(g.frame, &ip);
		assert_int_equal(header_sum(g.frame + 14), 0);
	}
}

static void test_gratuitous_arp_frame(void **state)
{
	static const uint8_t vip[4] = { 192, 0, 2, 1 };
	static const uint8_t expected[KERN_FRAME_ARP_LEN] = {
		0xff, 0xff, 0xff, 0xff, 0xff, 0xff,             /* to everybody */
		0x02, 0x11, 0x22, 0x33, 0x44, 0x55,             /* our MAC */
		0x08, 0x06,                                     /* ARP */
		0x00, 0x01, 0x08, 0x00, 0x06, 0x04, 0x00, 0x01, /* Ethernet, IPv4, request */
		0x02, 0x11, 0x22, 0x33, 0x44, 0x55, 0xc0, 0x00, 0x02, 0x01, /* sender */
		0x02, 0x11, 0x22, 0x33, 0x44, 0x55, 0xc0, 0x00, 0x02, 0x01, /* target */
	};
	struct guarded g = guarded();

	(void)state;
	kern_frame_arp(g.frame, mac, vip);
	assert_memory_equal(g.frame, expected, sizeof(expected));
	assert_only_first(&g, KERN_FRAME_ARP_LEN);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ip4_frame_of_an_advert),
		cmocka_unit_test(test_ip4_frame_length_is_in_network_order),
		cmocka_unit_test(test_ip4_frame_maps_the_group_to_its_mac),
		cmocka_unit_test(test_ip4_frame_checksum_of_any_header),
		cmocka_unit_test(test_gratuitous_arp_frame),
	};

	return cmocka_run_group_tests_name("kern_frame", tests, NULL, NULL);
}
