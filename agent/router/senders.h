/* SPDX-License-Identifier: MIT */
/*
 * Whose packets a router has discarded of late, by the reason: an operator looks for one host of
 * several, and a counter per reason names none. Of sources that are many, forged ones say, the
 * latest stay. Of this process alone. Pure.
 */
#ifndef SENDERS_H
#define SENDERS_H

#include <stdint.h>

#define SENDERS_MAX 8

/* @packets: 0: there is none. */
struct sender {
	uint8_t source[16];
	uint8_t reason; /* enum vrrp_reject */
	uint64_t packets;
	int64_t last_ns; /* when the latest was read */
};

struct senders {
	struct sender all[SENDERS_MAX];
};

/**
 * senders_count() - one more packet of @source was discarded for @reason.
 */
void senders_count(struct senders *senders, const uint8_t source[16], uint8_t reason,
		   int64_t now_ns);

/**
 * senders_reason() - why the latest packet of @source was discarded, if that was later than
 * @since_ns.
 *
 * Return: enum vrrp_reject; 0: none was.
 */
uint8_t senders_reason(const struct senders *senders, const uint8_t source[16], int64_t since_ns);

#endif
