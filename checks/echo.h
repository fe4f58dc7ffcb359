/* SPDX-License-Identifier: MIT */
/*
 * ICMP echo (RFC 792, RFC 4443): requests, and what of all that arrives is about one of ours. Pure.
 */
#ifndef CHECKS_ECHO_H
#define CHECKS_ECHO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct sock_filter;

#define ECHO_LEN            64 /* of a request, from its ICMP header on */
#define ECHO_FILTER_LEN_MAX 24

struct echo {
	uint16_t id, seq;
	uint32_t check; /* a number of the sender's, as it likes */
	uint64_t nonce; /* who does not hear the request cannot answer it */
};

enum echo_type {
	ECHO_NOT_OURS,
	ECHO_REPLY,
	ECHO_REFUSED, /* somebody says that the request did not arrive */
};

struct echo_heard {
	enum echo_type type;
	uint16_t seq;
	uint32_t check;     /* of a reply */
	uint64_t nonce;     /* of a reply */
	uint8_t target[16]; /* IPv4 in the first 4: who was asked; a reply over IPv6 does not say */
	const char *reason; /* of a refusal, in words */
};

/**
 * echo_put() - a request.
 * @family: 4 or 6; the checksum over IPv6 is left to the kernel.
 */
void echo_put(uint8_t family, const struct echo *echo, uint8_t ret_bytes[ECHO_LEN]);

/**
 * echo_parse() - what a raw socket has received.
 * @bytes: with the IP header over IPv4, without over IPv6, as raw sockets have it.
 * @id: all others' are not ours.
 * @ret_heard: type ECHO_NOT_OURS: nothing else is filled in.
 */
void echo_parse(uint8_t family, const uint8_t *bytes, size_t len, uint16_t id,
		struct echo_heard *ret_heard);

/**
 * echo_filter() - a filter for a raw socket that passes what echo_parse() would know, and little
 * else.
 *
 * Return: instructions, at most ECHO_FILTER_LEN_MAX.
 */
unsigned echo_filter(uint8_t family, uint16_t id, struct sock_filter *ret_code);

#endif
