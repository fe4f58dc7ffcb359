/* SPDX-License-Identifier: MIT */
#include "echo.h"

#include <linux/filter.h>
#include <netinet/icmp6.h>
#include <netinet/ip.h>
#include <netinet/ip6.h>
#include <netinet/ip_icmp.h>
#include <string.h>

/* type, code, checksum, id, sequence; then of ours: check, nonce. An error has the packet in it. */
enum {
	HEADER_LEN = 8,
	TYPE_AT = 0,
	CODE_AT = 1,
	SUM_AT = 2,
	ID_AT = 4,
	SEQ_AT = 6,
	CHECK_AT = 8,
	NONCE_AT = 12,
	OURS_LEN = 20,
	IP4_LEN = 20,
	IP4_PROTOCOL_AT = 9,
	IP4_TARGET_AT = 16,
	IP6_LEN = 40,
	IP6_NEXT_AT = 6,
	IP6_TARGET_AT = 24,
};

static void put16(uint8_t *bytes, unsigned value)
{
	bytes[0] = (uint8_t)(value >> 8);
	bytes[1] = (uint8_t)value;
}

static unsigned get16(const uint8_t *bytes)
{
	return (unsigned)bytes[0] << 8 | bytes[1];
}

/* RFC 1071, of an even number of bytes. */
static unsigned sum_of(const uint8_t *bytes, size_t len)
{
	uint32_t sum = 0;

	for (size_t i = 0; i + 1 < len; i += 2)
		sum += get16(bytes + i);
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return ~sum & 0xffff;
}

void echo_put(uint8_t family, const struct echo *echo, uint8_t bytes[ECHO_LEN])
{
	memset(bytes, 0, ECHO_LEN);
	bytes[TYPE_AT] = family == 4 ? ICMP_ECHO : ICMP6_ECHO_REQUEST;
	put16(bytes + ID_AT, echo->id);
	put16(bytes + SEQ_AT, echo->seq);
	memcpy(bytes + CHECK_AT, &echo->check, sizeof(echo->check));
	memcpy(bytes + NONCE_AT, &echo->nonce, sizeof(echo->nonce));
	if (family == 4)
		put16(bytes + SUM_AT, sum_of(bytes, ECHO_LEN));
}

/* ---- what is heard ---- */

static const char *reason4(unsigned type, unsigned code)
{
	if (type == ICMP_TIME_EXCEEDED)
		return "the way is too long";
	switch (code) {
	case ICMP_NET_UNREACH:
	case ICMP_NET_UNKNOWN:
		return "network unreachable";
	case ICMP_HOST_UNREACH:
	case ICMP_HOST_UNKNOWN:
		return "host unreachable";
	case ICMP_NET_ANO:
	case ICMP_HOST_ANO:
	case ICMP_PKT_FILTERED:
		return "prohibited on the way";
	default:
		return "unreachable";
	}
}

static const char *reason6(unsigned type, unsigned code)
{
	if (type == ICMP6_TIME_EXCEEDED)
		return "the way is too long";
	switch (code) {
	case ICMP6_DST_UNREACH_NOROUTE:
		return "network unreachable";
	case ICMP6_DST_UNREACH_ADDR:
		return "host unreachable";
	case ICMP6_DST_UNREACH_ADMIN:
		return "prohibited on the way";
	default:
		return "unreachable";
	}
}

static void parse_reply(const uint8_t *icmp, size_t len, unsigned id, struct echo_heard *heard)
{
	if (len < OURS_LEN || get16(icmp + ID_AT) != id)
		return;
	heard->seq = (uint16_t)get16(icmp + SEQ_AT);
	memcpy(&heard->check, icmp + CHECK_AT, sizeof(heard->check));
	memcpy(&heard->nonce, icmp + NONCE_AT, sizeof(heard->nonce));
	heard->type = ECHO_REPLY;
}

/* Of the request that is in an error, little more than its header may be there. */
static void parse_request(const uint8_t *icmp, size_t len, unsigned type, unsigned id,
			  struct echo_heard *heard)
{
	if (len < HEADER_LEN || icmp[TYPE_AT] != type || get16(icmp + ID_AT) != id)
		return;
	heard->seq = (uint16_t)get16(icmp + SEQ_AT);
	heard->type = ECHO_REFUSED;
}

/* Return: the length of an IPv4 header with ICMP behind it; 0: it is none. */
static size_t ip4_len(const uint8_t *bytes, size_t len)
{
	size_t header = len < IP4_LEN ? 0 : (bytes[0] & 0xfU) * 4;

	if (header < IP4_LEN || header > len || bytes[IP4_PROTOCOL_AT] != IPPROTO_ICMP)
		return 0;
	return header;
}

static void parse4(const uint8_t *bytes, size_t len, unsigned id, struct echo_heard *heard)
{
	size_t header = ip4_len(bytes, len), inner;
	const uint8_t *icmp = bytes + header, *request;

	if (!header || len - header < HEADER_LEN)
		return;
	len -= header;
	if (icmp[TYPE_AT] == ICMP_ECHOREPLY) {
		parse_reply(icmp, len, id, heard);
		memcpy(heard->target, bytes + IP4_TARGET_AT - 4, 4);
		return;
	}
	if (icmp[TYPE_AT] != ICMP_DEST_UNREACH && icmp[TYPE_AT] != ICMP_TIME_EXCEEDED)
		return;
	/* Larger ones may be told to be smaller, ours are not. */
	if (icmp[TYPE_AT] == ICMP_DEST_UNREACH && icmp[CODE_AT] == ICMP_FRAG_NEEDED)
		return;
	request = icmp + HEADER_LEN;
	len -= HEADER_LEN;
	inner = ip4_len(request, len);
	if (!inner)
		return;
	memcpy(heard->target, request + IP4_TARGET_AT, 4);
	heard->reason = reason4(icmp[TYPE_AT], icmp[CODE_AT]);
	parse_request(request + inner, len - inner, ICMP_ECHO, id, heard);
}

static void parse6(const uint8_t *icmp, size_t len, unsigned id, struct echo_heard *heard)
{
	const uint8_t *request = icmp + HEADER_LEN;

	if (len < HEADER_LEN)
		return;
	if (icmp[TYPE_AT] == ICMP6_ECHO_REPLY) {
		parse_reply(icmp, len, id, heard);
		return;
	}
	if ((icmp[TYPE_AT] != ICMP6_DST_UNREACH && icmp[TYPE_AT] != ICMP6_TIME_EXCEEDED) ||
	    len < HEADER_LEN + IP6_LEN || request[IP6_NEXT_AT] != IPPROTO_ICMPV6)
		return;
	memcpy(heard->target, request + IP6_TARGET_AT, 16);
	heard->reason = reason6(icmp[TYPE_AT], icmp[CODE_AT]);
	parse_request(request + IP6_LEN, len - HEADER_LEN - IP6_LEN, ICMP6_ECHO_REQUEST, id, heard);
}

void echo_parse(uint8_t family, const uint8_t *bytes, size_t len, uint16_t id,
		struct echo_heard *ret_heard)
{
	*ret_heard = (struct echo_heard){ .type = ECHO_NOT_OURS };
	if (family == 4)
		parse4(bytes, len, id, ret_heard);
	else
		parse6(bytes, len, id, ret_heard);
}

/* ---- the filter ---- */

/* X is where ICMP begins, then where the request in an error would, but for the error's header. */
static unsigned filter4(uint16_t id, struct sock_filter *code)
{
	const struct sock_filter lines[] = {
		BPF_STMT(BPF_LDX | BPF_B | BPF_MSH, 0),
		BPF_STMT(BPF_LD | BPF_B | BPF_IND, TYPE_AT),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ICMP_ECHOREPLY, 13, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ICMP_DEST_UNREACH, 1, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ICMP_TIME_EXCEEDED, 0, 14),
		BPF_STMT(BPF_LD | BPF_B | BPF_IND, HEADER_LEN + IP4_PROTOCOL_AT),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, IPPROTO_ICMP, 0, 12),
		BPF_STMT(BPF_LD | BPF_B | BPF_IND, HEADER_LEN),
		BPF_STMT(BPF_ALU | BPF_AND | BPF_K, 0xf),
		BPF_STMT(BPF_ALU | BPF_LSH | BPF_K, 2),
		BPF_STMT(BPF_ALU | BPF_ADD | BPF_X, 0),
		BPF_STMT(BPF_ALU | BPF_ADD | BPF_K, HEADER_LEN),
		BPF_STMT(BPF_MISC | BPF_TAX, 0),
		BPF_STMT(BPF_LD | BPF_B | BPF_IND, TYPE_AT),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ICMP_ECHO, 1, 0),
		BPF_STMT(BPF_RET | BPF_K, 0),
		BPF_STMT(BPF_LD | BPF_H | BPF_IND, ID_AT),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, id, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, UINT32_MAX),
		BPF_STMT(BPF_RET | BPF_K, 0),
	};

	_Static_assert(sizeof(lines) / sizeof(lines[0]) <= ECHO_FILTER_LEN_MAX, "it has room");
	memcpy(code, lines, sizeof(lines));
	return sizeof(lines) / sizeof(lines[0]);
}

static unsigned filter6(uint16_t id, struct sock_filter *code)
{
	const unsigned request = HEADER_LEN + IP6_LEN;
	const struct sock_filter lines[] = {
		BPF_STMT(BPF_LD | BPF_B | BPF_ABS, TYPE_AT),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ICMP6_ECHO_REPLY, 7, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ICMP6_DST_UNREACH, 1, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ICMP6_TIME_EXCEEDED, 0, 8),
		BPF_STMT(BPF_LD | BPF_B | BPF_ABS, HEADER_LEN + IP6_NEXT_AT),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, IPPROTO_ICMPV6, 0, 6),
		BPF_STMT(BPF_LD | BPF_B | BPF_ABS, request + TYPE_AT),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ICMP6_ECHO_REQUEST, 0, 4),
		BPF_STMT(BPF_LDX | BPF_IMM, request),
		BPF_STMT(BPF_LD | BPF_H | BPF_IND, ID_AT),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, id, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, UINT32_MAX),
		BPF_STMT(BPF_RET | BPF_K, 0),
	};

	memcpy(code, lines, sizeof(lines));
	return sizeof(lines) / sizeof(lines[0]);
}

unsigned echo_filter(uint8_t family, uint16_t id, struct sock_filter *ret_code)
{
	return family == 4 ? filter4(id, ret_code) : filter6(id, ret_code);
}
