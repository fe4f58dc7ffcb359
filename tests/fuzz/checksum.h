/* SPDX-License-Identifier: MIT */
/*
 * A right checksum for a message of a fuzzer, which would hardly find one by itself.
 */
#ifndef TESTS_FUZZ_CHECKSUM_H
#define TESTS_FUZZ_CHECKSUM_H

#include "vrrp/packet.h"

/**
 * checksum_repair() - make the one's complement sum of a message come out right: over IPv4 in the
 * plain form, over IPv6 with the pseudo-header.
 * @rx: its family and addresses.
 * @message: at least VRRP_HEADER_LEN bytes.
 * @len: the bytes that the sum is of.
 */
static inline void checksum_repair(const struct vrrp_rx *rx, uint8_t *message, size_t len)
{
	uint64_t sum = 0;

	message[6] = message[7] = 0;
	for (size_t i = 0; i < len; i++)
		sum += (uint64_t)message[i] << (i % 2 ? 0 : 8);
	for (size_t i = 0; rx->family == 6 && i < 16; i++)
		sum += (uint64_t)(rx->source[i] + rx->destination[i]) << (i % 2 ? 0 : 8);
	if (rx->family == 6)
		sum += len + VRRP_PROTOCOL;
	sum = 0xffff - sum % 0xffff;
	message[6] = (uint8_t)(sum >> 8);
	message[7] = (uint8_t)sum;
}

#endif
