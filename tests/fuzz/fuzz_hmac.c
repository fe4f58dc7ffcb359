/* SPDX-License-Identifier: MIT */
/*
 * Fuzz target: messages with an HMAC trailer. The first byte chooses the family, whether adverts
 * without a trailer are permitted, and whether the input is signed rightly before it is judged, so
 * that the fuzzer gets past the digest. The rest is the payload.
 */
#undef NDEBUG
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "checksum.h"

#define NOW UINT64_C(0x6800000080000000)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct vrrp_hmac_keys keys = { 2, { { 1, 32, { 1, 2, 3 } }, { 200, 64, { 4, 5, 6 } } } };

static const struct vrrp_hmac_mark marks[2] = { { { 192, 0, 2, 9 }, NOW },
						{ { 0xfe, 0x80, [15] = 9 }, NOW - 1 } };

/* What is accepted is right for its own reason: signed in time and after its mark, or permitted. */
static void check(const struct vrrp_rx *rx, const struct vrrp_advert *advert)
{
	const struct vrrp_hmac_scope scope = { rx->family, advert->version, advert->vrid,
					       rx->source };
	size_t len = vrrp_packet_len(advert->version, rx->family, advert->addresses_n);
	int32_t ahead_s = vrrp_hmac_ahead_s(advert->sequence, NOW);

	assert(advert->addresses == rx->payload + VRRP_HEADER_LEN);
	if (rx->payload_len == len) {
		assert(rx->rules->hmac->unsigned_too && advert->sequence == 0);
		return;
	}
	assert(rx->payload_len == len + VRRP_HMAC_LEN);
	assert(vrrp_hmac_verify(&keys, &scope, rx->payload, len, rx->payload + len) == VRRP_ACCEPT);
	assert(ahead_s >= -5 && ahead_s <= 5);
	for (unsigned i = 0; i < 2; i++)
		assert(memcmp(marks[i].source, rx->source, vrrp_address_len(rx->family)) != 0 ||
		       advert->sequence > marks[i].sequence);
}

/* The input as an advert, with a trailer of ours instead of its last bytes. */
static void sign(const struct vrrp_rx *rx, unsigned version, uint8_t *message)
{
	const struct vrrp_hmac_scope scope = { rx->family, (uint8_t)version, message[1],
					       rx->source };
	size_t len = rx->payload_len - VRRP_HMAC_LEN;
	uint64_t sequence = vrrp_hmac_sequence(message + len);

	vrrp_hmac_sign(&keys.all[message[len] & 1], &scope, message, len,
		       NOW + (sequence & 0x1fffffffff) - 0x1000000000, message + len);
}

/* With the sum as it must be; over IPv4 the trailer is no part of it. */
static void repair(const struct vrrp_rx *rx, uint8_t *message)
{
	checksum_repair(rx, message, rx->payload_len - (rx->family == 4 ? VRRP_HMAC_LEN : 0));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct vrrp_hmac_rules hmac = { &keys, marks, 2, 5, NOW, size && data[0] & 2, false };
	struct vrrp_rules rules = { .min_ttl = 255, .hmac = &hmac };
	unsigned version = size && data[0] & 8 ? 2 : 3;
	struct vrrp_advert advert;
	struct vrrp_rx rx = { .family = size && data[0] & 1 ? 6 : 4, .ttl = 255, .rules = &rules };
	uint8_t *message;

	if (size < 1 || size > 1 + VRRP_SIGNED_MAX + 64 || !vrrp_packet_exists(version, rx.family))
		return 0;
	memcpy(rx.source, marks[rx.family == 6].source, 16);
	rx.source[15] = rx.family == 6 ? (uint8_t)(8 + (data[0] >> 6)) : 0;
	memcpy(rx.destination, rx.source, 16);
	rx.destination[3] ^= 1;
	rx.payload_len = size - 1;
	/* In a block of its own length, so that a sanitizer sees any byte read beyond it. */
	message = malloc(size);
	assert(message);
	memcpy(message, data + 1, size - 1);
	rx.payload = message;
	if (data[0] & 4 && rx.payload_len >= VRRP_HEADER_LEN + VRRP_HMAC_LEN) {
		sign(&rx, version, message);
		repair(&rx, message);
	}
	if (vrrp_packet_decode(&rx, version, &advert) == VRRP_ACCEPT)
		check(&rx, &advert);
	free(message);
	return 0;
}
