/* SPDX-License-Identifier: MIT */
/* The frame builders, byte for byte. What the kernel does with frames is tested on a network. */
#include "test.h"

#include <stdlib.h>
#include <unistd.h>

#include "netlink/frame.h"

#define GUARD 0xa5

static const uint8_t mac[6] = { 0x02, 0x11, 0x22, 0x33, 0x44, 0x55 };
static const uint8_t source[4] = { 198, 51, 100, 20 };
static const uint8_t group[4] = { 224, 0, 0, 18 };

/* A frame between guards: a builder writes its length and not a byte more. */
struct guarded {
	uint8_t before[8];
	uint8_t frame[128];
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
		0x00, 0x00, 0x5e, 0x00, 0x01, 0x33, 0xc0, 0x00, 0x02, 0x01, /* sender */
		0x00, 0x00, 0x5e, 0x00, 0x01, 0x33, 0xc0, 0x00, 0x02, 0x01, /* target */
	};
	static const uint8_t virtual_mac[6] = { 0x00, 0x00, 0x5e, 0x00, 0x01, 0x33 };
	struct guarded g = guarded();

	(void)state;
	kern_frame_arp(g.frame, mac, virtual_mac, vip);
	assert_memory_equal(g.frame, expected, sizeof(expected));
	assert_only_first(&g, KERN_FRAME_ARP_LEN);
}

/* ---- IPv6 ---- */

static const uint8_t source6[16] = { 0xfe, 0x80, [15] = 0x10 };
static const uint8_t virtual6[16] = { 0xfe, 0x80, [14] = 0x01, [15] = 0x00 };
static const uint8_t mac6[6] = { 0x00, 0x00, 0x5e, 0x00, 0x02, 0x33 };

static void test_ip6_frame_of_an_advert(void **state)
{
	static const uint8_t group6[16] = { 0xff, 0x02, [15] = 0x12 };
	static const uint8_t expected[KERN_FRAME_IP6_LEN] = {
		0x33, 0x33, 0x00, 0x00, 0x00, 0x12, /* ff02::12 */
		0x02, 0x11, 0x22, 0x33, 0x44, 0x55, /* our MAC */
		0x86, 0xdd,                         /* IPv6 */
		0x6c, 0x00, 0x00, 0x00,             /* CS6, no flow */
		0x0f, 0xf8, 0x70, 0xff,             /* 4,088 bytes of protocol 112, hop limit 255 */
		0xfe, 0x80, 0,    0,    0,    0,    0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10,
		0xff, 0x02, 0,    0,    0,    0,    0, 0, 0, 0, 0, 0, 0, 0, 0, 0x12,
	};
	const struct kern_frame_ip ip = {
		.source_mac = mac,
		.source = source6,
		.destination = group6,
		.protocol = 112,
		.ttl = 255,
		.tos = 0xc0,
		.payload_len = 8 + 255 * 16,
	};
	struct guarded g = guarded();

	(void)state;
	kern_frame_ip6(g.frame, &ip);
	assert_memory_equal(g.frame, expected, sizeof(expected));
	assert_only_first(&g, KERN_FRAME_IP6_LEN);
}

/* RFC 2464 §7: 33:33 and the last four bytes. */
static void test_ip6_frame_maps_the_group_to_its_mac(void **state)
{
	static const uint8_t group6[16] = { 0xff, 0x02, [11] = 0x01, 0xff, 0xa2, 0xb3, 0xc4 };
	const struct kern_frame_ip ip = { .source_mac = mac,
					  .source = source6,
					  .destination = group6 };
	struct guarded g = guarded();

	(void)state;
	kern_frame_ip6(g.frame, &ip);
	assert_memory_equal(g.frame, "\x33\x33\xff\xa2\xb3\xc4", 6);
}

/* The sum of a message with its pseudo-header by the book, byte by byte; 0: it is right. */
static unsigned icmp6_sum(const uint8_t *frame)
{
	const uint8_t *ip = frame + 14;
	unsigned len = (unsigned)(ip[4] << 8 | ip[5]);
	uint64_t sum = len + ip[6];

	for (unsigned i = 8; i < 40 + len; i++)
		sum += (uint64_t)ip[i] << (i % 2 ? 0 : 8);
	return (unsigned)(sum % 0xffff);
}

/* R-198; the example of the conformance list: from fe80::10, for fe80::100, checksum 785a. */
static void test_unsolicited_na_frame(void **state)
{
	static const uint8_t
		expected[KERN_FRAME_NA_LEN] = {
			0x33, 0x33, 0x00, 0x00, 0x00, 0x01,             /* all nodes */
			0x02, 0x11, 0x22, 0x33, 0x44, 0x55,             /* our MAC */
			0x86, 0xdd,                                     /* IPv6 */
			0x60, 0x00, 0x00, 0x00, 0x00, 0x20, 0x3a, 0xff, /* 32 bytes of ICMPv6 */
			0xfe, 0x80, 0,    0,    0,    0,    0,    0,    0,    0, 0, 0, 0, 0,
			0,    0x10, 0xff, 0x02, 0,    0,    0,    0,    0,    0, 0, 0, 0, 0,
			0,    0,    0,    0x01, 0x88, 0x00, 0x78, 0x5a, 0xa0, 0, 0, 0, /* NA, R and
											  O */
			0xfe, 0x80, 0,    0,    0,    0,    0,    0,    0,    0, 0, 0, 0, 0,
			0x01, 0x00,                                     /* the target */
			0x02, 0x01, 0x00, 0x00, 0x5e, 0x00, 0x02, 0x33, /* and its MAC */
		};
	const struct kern_frame_na na = { .source_mac = mac,
					  .mac = mac6,
					  .source = source6,
					  .address = virtual6,
					  .router = true,
					  .override = true };
	struct guarded g = guarded();

	(void)state;
	kern_frame_na(g.frame, &na);
	assert_memory_equal(g.frame, expected, sizeof(expected));
	assert_only_first(&g, KERN_FRAME_NA_LEN);
	assert_int_equal(icmp6_sum(g.frame), 0);
}

static void test_unsolicited_na_flags_are_independent(void **state)
{
	(void)state;
	for (unsigned flags = 0; flags < 4; flags++) {
		const struct kern_frame_na na = { .source_mac = mac,
						  .mac = mac6,
						  .source = virtual6,
						  .address = virtual6,
						  .router = flags & 1,
						  .override = flags & 2 };
		struct guarded g = guarded();

		kern_frame_na(g.frame, &na);
		assert_int_equal(g.frame[58], (flags & 1 ? 0x80 : 0) | (flags & 2 ? 0x20 : 0));
		assert_int_equal(icmp6_sum(g.frame), 0);
	}
}

static void test_unsolicited_na_checksum_of_any_address(void **state)
{
	uint64_t random = 7;

	(void)state;
	for (unsigned i = 0; i < 20000; i++) {
		uint8_t any[38];
		const struct kern_frame_na na = {
			.source_mac = mac, .mac = any, .source = any + 6, .address = any + 22
		};
		struct guarded g = guarded();

		for (unsigned k = 0; k < sizeof(any); k++) {
			random = random * 6364136223846793005u + 1442695040888963407u;
			any[k] = random >> 62 ? (uint8_t)(random >> 40) : 0xff;
		}
		kern_frame_na(g.frame, &na);
		assert_int_equal(icmp6_sum(g.frame), 0);
	}
}

/* By the book, too: the message stands behind a header of options, which is not summed up. */
static unsigned mld_sum(const uint8_t *frame)
{
	const uint8_t *ip = frame + 14;
	unsigned len = (unsigned)(ip[4] << 8 | ip[5]);
	uint64_t sum = len - 8 + 58;

	for (unsigned i = 8; i < 40 + len; i++)
		sum += i < 40 || i >= 48 ? (uint64_t)ip[i] << (i % 2 ? 0 : 8) : 0;
	return (unsigned)(sum % 0xffff);
}

/* RFC 3810 §5.2, of two groups. */
static void test_report_frame(void **state)
{
	static const char expected[] =
		"\x33\x33\x00\x00\x00\x16"         /* all that speak MLDv2 */
		"\x02\x11\x22\x33\x44\x55"         /* our MAC */
		"\x86\xdd"                         /* IPv6 */
		"\x60\x00\x00\x00\x00\x38\x00\x01" /* 56 bytes, options first, limit 1 */
		"\xfe\x80\0\0\0\0\0\0\0\0\0\0\0\0\0\x10"
		"\xff\x02\0\0\0\0\0\0\0\0\0\0\0\0\0\x16"
		"\x3a\x00\x05\x02\x00\x00\x01\x00" /* ICMPv6; Router Alert: MLD; padding */
		"\x8f\x00\x00\x00\x00\x00\x00\x02" /* a report of two records */
		"\x04\x00\x00\x00"                 /* to exclude nobody */
		"\xff\x02\0\0\0\0\0\0\0\0\0\x01\xff\x00\x01\x00"
		"\x04\x00\x00\x00"
		"\xff\x02\0\0\0\0\0\0\0\0\0\x01\xff\xa2\xb3\xc4";
	static const uint8_t other6[16] = { 0x20, 0x01, [13] = 0xa2, 0xb3, 0xc4 };
	uint8_t groups[2][16];
	const struct kern_frame_mld mld = {
		.source_mac = mac, .source = source6, .groups = groups[0], .groups_n = 2
	};
	struct guarded g = guarded();

	(void)state;
	kern_frame_solicited_node(virtual6, groups[0]);
	kern_frame_solicited_node(other6, groups[1]);
	kern_frame_mld(g.frame, &mld);
	assert_int_equal(mld_sum(g.frame), 0);
	memset(g.frame + 64, 0, 2); /* the checksum */
	assert_int_equal(sizeof(expected) - 1, KERN_FRAME_MLD_LEN(2));
	assert_memory_equal(g.frame, expected, KERN_FRAME_MLD_LEN(2));
	assert_only_first(&g, KERN_FRAME_MLD_LEN(2));
}

/* RFC 3810 §5.2.13; and the longest one fits any link of IPv6. */
static void test_report_frame_without_an_address_and_of_many_groups(void **state)
{
	static uint8_t groups[KERN_FRAME_MLD_GROUPS_MAX][16];
	static const uint8_t none[16];
	uint8_t frame[KERN_FRAME_MLD_LEN(KERN_FRAME_MLD_GROUPS_MAX)];
	const struct kern_frame_mld mld = { .source_mac = mac,
					    .groups = groups[0],
					    .groups_n = KERN_FRAME_MLD_GROUPS_MAX };

	(void)state;
	memset(groups, 0xff, sizeof(groups));
	kern_frame_mld(frame, &mld);
	assert_memory_equal(frame + 22, none, sizeof(none));
	assert_int_equal(mld_sum(frame), 0);
	assert_int_equal(frame[69], KERN_FRAME_MLD_GROUPS_MAX);
	assert_true(sizeof(frame) - KERN_FRAME_ETHERNET_LEN <= 1280);
	assert_true(KERN_FRAME_MLD_LEN(KERN_FRAME_MLD_GROUPS_MAX + 1) - KERN_FRAME_ETHERNET_LEN >
		    1280);
}

/* ---- a decoder that is not ours ---- */

static void put_record(FILE *file, const uint8_t *frame, uint32_t len)
{
	const uint32_t record[4] = { 0, 0, len, len };

	assert_int_equal(fwrite(record, sizeof(record), 1, file), 1);
	assert_int_equal(fwrite(frame, len, 1, file), 1);
}

/* An IPv6 advert of VRID 51 with one address. */
static size_t ip6_advert(uint8_t *frame)
{
	static const uint8_t group6[16] = { 0xff, 0x02, [15] = 0x12 };
	static const uint8_t advert[24] = { 0x31, 0x33,       0xc8, 0x01,       0x00,
					    0x64, [8] = 0xfe, 0x80, [22] = 0x01 };
	const struct kern_frame_ip ip = { .source_mac = mac6,
					  .source = source6,
					  .destination = group6,
					  .protocol = 112,
					  .ttl = 255,
					  .tos = 0xc0,
					  .payload_len = sizeof(advert) };
	unsigned sum;

	kern_frame_ip6(frame, &ip);
	memcpy(frame + KERN_FRAME_IP6_LEN, advert, sizeof(advert));
	sum = 0xffff - icmp6_sum(frame);
	frame[KERN_FRAME_IP6_LEN + 6] = (uint8_t)(sum >> 8);
	frame[KERN_FRAME_IP6_LEN + 7] = (uint8_t)sum;
	return KERN_FRAME_IP6_LEN + sizeof(advert);
}

static void write_capture(const char *path)
{
	static const uint32_t head[6] = { 0xa1b2c3d4, 2 | 4 << 16, 0, 0, 65535, 1 };
	static const uint8_t vip[4] = { 192, 0, 2, 1 };
	const struct kern_frame_na na = { .source_mac = mac,
					  .mac = mac6,
					  .source = source6,
					  .address = virtual6,
					  .router = true,
					  .override = true };
	const struct kern_frame_mld mld = {
		.source_mac = mac6, .source = source6, .groups = virtual6, .groups_n = 1
	};
	FILE *file = fopen(path, "wb");
	uint8_t frame[KERN_FRAME_MAX];

	assert_non_null(file);
	assert_int_equal(fwrite(head, sizeof(head), 1, file), 1);
	put_record(file, frame, (uint32_t)ip6_advert(frame));
	kern_frame_na(frame, &na);
	put_record(file, frame, KERN_FRAME_NA_LEN);
	kern_frame_arp(frame, mac, mac6, vip);
	put_record(file, frame, KERN_FRAME_ARP_LEN);
	kern_frame_mld(frame, &mld);
	put_record(file, frame, KERN_FRAME_MLD_LEN(1));
	assert_int_equal(fclose(file), 0);
}

static void test_frames_as_tshark_sees_them(void **state)
{
	static const char *const expected[] = {
		"eth:ethertype:ipv6:vrrp;ff02::12;255;48;51;1;;;;;\n",
		"eth:ethertype:ipv6:icmpv6;ff02::1;255;0;;;1;0xa0000000;00:00:5e:00:02:33;;\n",
		"eth:ethertype:arp;;;;;;;;;;\n",
		"eth:ethertype:ipv6:ipv6.hopopts:icmpv6;ff02::16;1;0;;;1;;;4;\n",
	};
	char path[] = "/tmp/vipd-frames-XXXXXX", command[512], line[256];
	int fd = mkstemp(path);
	FILE *shown;

	(void)state;
	assert_true(fd >= 0);
	close(fd);
	write_capture(path);
	snprintf(command, sizeof(command),
		 "tshark -n -r %s -T fields -E 'separator=;' -e frame.protocols -e ipv6.dst "
		 "-e ipv6.hlim -e ipv6.tclass.dscp -e vrrp.virt_rtr_id -e vrrp.checksum.status "
		 "-e icmpv6.checksum.status -e icmpv6.nd.na.flag -e icmpv6.opt.linkaddr "
		 "-e icmpv6.mldr.mar.record_type -e _ws.malformed 2>/dev/null",
		 path);
	shown = popen(command, "r");
	assert_non_null(shown);
	for (unsigned i = 0; i < 4; i++) {
		if (!fgets(line, sizeof(line), shown)) {
			(void)pclose(shown);
			unlink(path);
			assert_int_equal(i, 0);
			skip(); /* it is not installed */
		}
		assert_string_equal(line, expected[i]);
	}
	assert_int_equal(pclose(shown), 0);
	unlink(path);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ip4_frame_of_an_advert),
		cmocka_unit_test(test_ip4_frame_length_is_in_network_order),
		cmocka_unit_test(test_ip4_frame_maps_the_group_to_its_mac),
		cmocka_unit_test(test_ip4_frame_checksum_of_any_header),
		cmocka_unit_test(test_gratuitous_arp_frame),
		cmocka_unit_test(test_ip6_frame_of_an_advert),
		cmocka_unit_test(test_ip6_frame_maps_the_group_to_its_mac),
		cmocka_unit_test(test_unsolicited_na_frame),
		cmocka_unit_test(test_unsolicited_na_flags_are_independent),
		cmocka_unit_test(test_unsolicited_na_checksum_of_any_address),
		cmocka_unit_test(test_report_frame),
		cmocka_unit_test(test_report_frame_without_an_address_and_of_many_groups),
		cmocka_unit_test(test_frames_as_tshark_sees_them),
	};

	return cmocka_run_group_tests_name("kern_frame", tests, NULL, NULL);
}
