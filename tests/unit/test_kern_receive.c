/* SPDX-License-Identifier: MIT */
/* What comes before the payload of a received packet. What sockets do is tested on a network. */
#include "test.h"

#include <stdlib.h>

#include "netlink/receive.h"

/* The first reference message of test_vrrp_packet.c. */
static const uint8_t message[] = { 0x31, 0x33, 0xc8, 0x01, 0x00, 0x64,
				   0x44, 0x02, 0xc0, 0x00, 0x02, 0x64 };

/* A datagram of @len bytes: header of @ihl words, total length @total, a message behind. */
static void datagram_init(uint8_t *datagram, size_t len, unsigned ihl, unsigned total)
{
	uint8_t buffer[1600] = { 0x40, 0xc0, 0, 0, 0x12, 0x34, 0x40, 0, 255, 112 };

	buffer[0] |= (uint8_t)ihl;
	buffer[2] = (uint8_t)(total >> 8);
	buffer[3] = (uint8_t)total;
	memcpy(buffer + 12, "\xc6\x33\x64\x0a\xe0\x00\x00\x12", 8);
	memcpy(buffer + (size_t)ihl * 4, message, sizeof(message));
	memcpy(datagram, buffer, len);
}

/* Nothing of a header that makes no sense is handed on, nor anything of what was there before. */
static void assert_senseless(const struct kern_packet *packet)
{
	static const uint8_t zeros[16];

	assert_null(packet->payload);
	assert_int_equal(packet->payload_len, 0);
	assert_int_equal(packet->family, 4);
	assert_int_equal(packet->ttl, 0);
	assert_memory_equal(packet->source, zeros, 16);
	assert_memory_equal(packet->destination, zeros, 16);
}

/* What the socket said stays. */
static struct kern_packet dirty_packet(void)
{
	struct kern_packet packet;

	memset(&packet, 0xa5, sizeof(packet));
	packet.ifindex = 7;
	packet.arrival_ns = 8;
	return packet;
}

static void test_packet_ip4_header_is_taken_off(void **state)
{
	struct kern_packet packet = dirty_packet();
	uint8_t datagram[32];

	(void)state;
	datagram_init(datagram, 32, 5, 32);
	kern_packet_ip4(datagram, 32, &packet);
	assert_int_equal(packet.family, 4);
	assert_int_equal(packet.ttl, 255);
	assert_address(packet.source, LOWER_ADDRESS);
	assert_address(packet.destination, "224.0.0.18");
	assert_ptr_equal(packet.payload, datagram + 20);
	assert_int_equal(packet.payload_len, 12);
	assert_int_equal(packet.ifindex, 7);
	assert_int_equal(packet.arrival_ns, 8);
}

/* an Ethernet frame is never shorter than 46 bytes behind its header. */
static void test_packet_ip4_padding_is_no_payload(void **state)
{
	struct kern_packet packet = dirty_packet();
	uint8_t datagram[46];

	(void)state;
	datagram_init(datagram, 46, 5, 32);
	kern_packet_ip4(datagram, 46, &packet);
	assert_int_equal(packet.payload_len, 12);
	assert_memory_equal(packet.payload, message, 12);
}

/* from no option to all 40 bytes of them. */
static void test_packet_ip4_options_are_skipped(void **state)
{
	(void)state;
	for (unsigned ihl = 5; ihl <= 15; ihl++) {
		struct kern_packet packet = dirty_packet();
		uint8_t datagram[72];

		datagram_init(datagram, ihl * 4 + 12, ihl, ihl * 4 + 12);
		kern_packet_ip4(datagram, ihl * 4 + 12, &packet);
		assert_ptr_equal(packet.payload, datagram + ihl * 4);
		assert_int_equal(packet.payload_len, 12);
		assert_memory_equal(packet.payload, message, 12);
	}
}

static void test_packet_ip4_senseless_headers_are_refused(void **state)
{
	static const struct {
		unsigned offset;
		uint8_t value;
		bool sense;
	} rows[] = {
		{ 0, 0x65, false }, /* IP version 6 */
		{ 0, 0x44, false }, /* a header of 16 bytes */
		{ 0, 0x40, false }, /* of none */
		{ 0, 0x49, false }, /* of 36, in 32 */
		{ 3, 19, false },   /* shorter than the header */
		{ 3, 33, false },   /* longer than what came */
		{ 2, 1, false },    /* much longer */
		{ 6, 0x20, false }, /* more fragments */
		{ 7, 0x01, false }, /* a later fragment */
		{ 6, 0x10, false }, /* a much later one */
		{ 6, 0x40, true },  /* don't fragment */
		{ 6, 0x00, true },  /* do */
		{ 3, 20, true },    /* nothing behind it: not for this function */
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct kern_packet packet = dirty_packet();
		uint8_t datagram[32];

		datagram_init(datagram, 32, 5, 32);
		datagram[rows[i].offset] = rows[i].value;
		kern_packet_ip4(datagram, 32, &packet);
		if ((packet.payload != NULL) != rows[i].sense)
			fail_msg("row %zu", i);
		if (!rows[i].sense)
			assert_senseless(&packet);
	}
}

/* every truncation of a datagram with options, in a heap block of its exact length. */
static void test_packet_ip4_every_truncation_is_refused(void **state)
{
	(void)state;
	for (unsigned ihl = 0; ihl <= 15; ihl++) {
		for (size_t len = 0; len <= 72; len++) {
			struct kern_packet packet = dirty_packet();
			uint8_t *datagram = malloc(len);

			datagram_init(datagram, len, ihl, 72);
			kern_packet_ip4(datagram, len, &packet);
			if (len == 72 && ihl >= 5)
				assert_ptr_equal(packet.payload, datagram + ihl * 4);
			else
				assert_senseless(&packet);
			free(datagram);
		}
	}
}

/* every total length in a datagram of 1500 bytes. */
static void test_packet_ip4_every_total_length_is_honoured(void **state)
{
	(void)state;
	for (unsigned total = 0; total <= 1600; total++) {
		struct kern_packet packet = dirty_packet();
		uint8_t *datagram = malloc(1500);

		datagram_init(datagram, 1500, 6, total);
		kern_packet_ip4(datagram, 1500, &packet);
		if (total < 24 || total > 1500)
			assert_senseless(&packet);
		else
			assert_int_equal(packet.payload_len, total - 24);
		free(datagram);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_packet_ip4_header_is_taken_off),
		cmocka_unit_test(test_packet_ip4_padding_is_no_payload),
		cmocka_unit_test(test_packet_ip4_options_are_skipped),
		cmocka_unit_test(test_packet_ip4_senseless_headers_are_refused),
		cmocka_unit_test(test_packet_ip4_every_truncation_is_refused),
		cmocka_unit_test(test_packet_ip4_every_total_length_is_honoured),
	};

	return cmocka_run_group_tests_name("kern_receive", tests, NULL, NULL);
}
