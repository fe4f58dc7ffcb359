/* SPDX-License-Identifier: MIT */
/* ICMP echo: what is sent, what is understood, and what the kernel lets through to us. */
#include <linux/filter.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "checks/echo.h"
#include "test.h"

#define ID    0xbeef
#define NONCE UINT64_C(0x0123456789abcdef)
#define IP4   20
#define IP6   40

static const struct echo echo = { .id = ID, .seq = 0x1234, .check = 42, .nonce = NONCE };

struct packet {
	uint8_t bytes[256];
	size_t len;
};

/* As raw sockets have them: with an IP header only over IPv4. */
static void put_ip4(struct packet *packet, unsigned words, const char *source, const char *target)
{
	uint8_t *ip = packet->bytes + packet->len, address[16];

	memset(ip, 0, words * 4);
	ip[0] = (uint8_t)(0x40 | words);
	ip[9] = 1;
	set_address(address, source);
	memcpy(ip + 12, address, 4);
	set_address(address, target);
	memcpy(ip + 16, address, 4);
	packet->len += words * 4;
}

static void put_ip6(struct packet *packet, const char *target)
{
	uint8_t *ip = packet->bytes + packet->len;

	memset(ip, 0, IP6);
	ip[0] = 0x60;
	ip[6] = 58;
	set_address(ip + 24, target);
	packet->len += IP6;
}

static void put_request(struct packet *packet, uint8_t family)
{
	echo_put(family, &echo, packet->bytes + packet->len);
	packet->len += ECHO_LEN;
}

static struct packet reply_of(uint8_t family)
{
	struct packet packet = { .len = 0 };
	size_t at;

	if (family == 4)
		put_ip4(&packet, 6, "192.0.2.9", "192.0.2.2");
	at = packet.len;
	put_request(&packet, family);
	packet.bytes[at] = family == 4 ? 0 : 129;
	return packet;
}

static struct packet error_of(uint8_t family, unsigned type, unsigned code)
{
	struct packet packet = { .len = 0 };
	size_t at;

	if (family == 4)
		put_ip4(&packet, 5, "192.0.2.254", "192.0.2.2");
	at = packet.len;
	packet.bytes[at] = (uint8_t)type;
	packet.bytes[at + 1] = (uint8_t)code;
	packet.len += 8;
	if (family == 4)
		put_ip4(&packet, 7, "192.0.2.2", "198.51.100.7");
	else
		put_ip6(&packet, "2001:db8::7");
	put_request(&packet, family);
	return packet;
}

/* Cut to a block of its own length. */
static struct echo_heard parse(uint8_t family, const struct packet *packet, size_t len)
{
	uint8_t *bytes = malloc(len + !len);
	struct echo_heard heard;

	assert_non_null(bytes);
	memcpy(bytes, packet->bytes, len);
	echo_parse(family, bytes, len, ID, &heard);
	free(bytes);
	return heard;
}

/* Whether the kernel lets it through the filter: a packet of a socket of another family, too. */
static bool passes(uint8_t family, const struct packet *packet)
{
	struct sock_filter code[ECHO_FILTER_LEN_MAX];
	struct sock_fprog program = { .filter = code };
	uint8_t got[sizeof(packet->bytes)];
	int pair[2];
	bool passed;

	program.len = (unsigned short)echo_filter(family, ID, code);
	assert_true(program.len <= ECHO_FILTER_LEN_MAX);
	assert_int_equal(socketpair(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0, pair), 0);
	assert_int_equal(
		setsockopt(pair[1], SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program)), 0);
	(void)!send(pair[0], packet->bytes, packet->len, 0);
	passed = recv(pair[1], got, sizeof(got), 0) == (ssize_t)packet->len;
	close(pair[0]);
	close(pair[1]);
	return passed;
}

static void test_request_has_the_checksum_of_icmp(void **state)
{
	uint8_t bytes[ECHO_LEN];
	uint32_t sum = 0;

	(void)state;
	echo_put(4, &echo, bytes);
	assert_int_equal(bytes[0], 8);
	for (unsigned i = 0; i < ECHO_LEN; i += 2)
		sum += (uint32_t)bytes[i] << 8 | bytes[i + 1];
	assert_int_equal(sum % 0xffff, 0);
	echo_put(6, &echo, bytes);
	assert_int_equal(bytes[0], 128);
}

static void test_reply_is_ours(void **state)
{
	(void)state;
	for (uint8_t family = 4; family <= 6; family += 2) {
		struct packet packet = reply_of(family);
		struct echo_heard heard = parse(family, &packet, packet.len);

		assert_int_equal(heard.type, ECHO_REPLY);
		assert_int_equal(heard.seq, echo.seq);
		assert_int_equal(heard.check, echo.check);
		assert_true(heard.nonce == NONCE);
		assert_true(passes(family, &packet));
		if (family == 4)
			assert_address(heard.target, "192.0.2.9");
	}
}

static void test_refusal_says_who_and_why(void **state)
{
	static const struct {
		uint8_t family, type, code;
		const char *reason;
	} rows[] = {
		{ 4, 3, 0, "network unreachable" },
		{ 4, 3, 1, "host unreachable" },
		{ 4, 3, 13, "prohibited on the way" },
		{ 4, 3, 3, "unreachable" },
		{ 4, 11, 0, "the way is too long" },
		{ 6, 1, 0, "network unreachable" },
		{ 6, 1, 1, "prohibited on the way" },
		{ 6, 1, 3, "host unreachable" },
		{ 6, 1, 4, "unreachable" },
		{ 6, 3, 0, "the way is too long" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct packet packet = error_of(rows[i].family, rows[i].type, rows[i].code);
		struct echo_heard heard = parse(rows[i].family, &packet, packet.len);

		assert_int_equal(heard.type, ECHO_REFUSED);
		assert_int_equal(heard.seq, echo.seq);
		assert_string_equal(heard.reason, rows[i].reason);
		assert_address(heard.target, rows[i].family == 4 ? "198.51.100.7" : "2001:db8::7");
		assert_true(passes(rows[i].family, &packet));
	}
}

static void test_what_is_not_about_ours(void **state)
{
	(void)state;
	for (uint8_t family = 4; family <= 6; family += 2) {
		struct packet reply = reply_of(family);
		struct packet error = error_of(family, family == 4 ? 3 : 1, 1);
		size_t request = error.len - ECHO_LEN, icmp = reply.len - ECHO_LEN;
		struct packet packets[6] = { reply, reply, error, error, error, error };

		packets[0].bytes[icmp + 5] ^= 1;                              /* another's */
		packets[1].bytes[icmp] = family == 4 ? 8 : 128;               /* a request */
		packets[2].bytes[request + 4] ^= 1;                           /* another's */
		packets[3].bytes[request] ^= 1;                               /* no request */
		packets[4].bytes[family == 4 ? 20 + 8 + 9 : 8 + 6] = 17;      /* of UDP */
		packets[5].bytes[family == 4 ? 20 : 0] = family == 4 ? 5 : 2; /* another type */
		for (unsigned i = 0; i < 6; i++) {
			assert_int_equal(parse(family, &packets[i], packets[i].len).type,
					 ECHO_NOT_OURS);
			assert_false(passes(family, &packets[i]));
		}
	}
}

static void test_fragmentation_needed_is_no_refusal(void **state)
{
	struct packet packet = error_of(4, 3, 4);

	(void)state;
	assert_int_equal(parse(4, &packet, packet.len).type, ECHO_NOT_OURS);
}

/* A reply needs all that we sent that is of use; an error the header of our request. */
static void test_packets_that_are_cut(void **state)
{
	(void)state;
	for (uint8_t family = 4; family <= 6; family += 2) {
		struct packet reply = reply_of(family),
			      error = error_of(family, family == 4 ? 3 : 1, 1);

		for (size_t len = 0; len <= reply.len; len++)
			assert_int_equal(parse(family, &reply, len).type == ECHO_REPLY,
					 len >= reply.len - ECHO_LEN + 20);
		for (size_t len = 0; len <= error.len; len++)
			assert_int_equal(parse(family, &error, len).type == ECHO_REFUSED,
					 len >= error.len - ECHO_LEN + 8);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_request_has_the_checksum_of_icmp),
		cmocka_unit_test(test_reply_is_ours),
		cmocka_unit_test(test_refusal_says_who_and_why),
		cmocka_unit_test(test_what_is_not_about_ours),
		cmocka_unit_test(test_fragmentation_needed_is_no_refusal),
		cmocka_unit_test(test_packets_that_are_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
