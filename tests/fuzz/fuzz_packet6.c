/* SPDX-License-Identifier: MIT */
/*
 * An IPv6 packet all the way through the protocol, to routers of version 3: by multicast, and by
 * unicast from a list of peers. The input begins with what a raw socket tells of the header: hop
 * limit, source, destination.
 */
#include "packet_target.h"

#define ENVELOPE_LEN 33

static const uint8_t own[] = { 0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x20 };
static const uint8_t peers[] = { 0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10,
				 0xfe, 0x80, 0,    0,    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10 };

static const struct vrrp_rules rules = {
	.destinations = own,
	.destinations_n = 1,
	.peers = peers,
	.peers_n = 2,
	.min_ttl = 255,
};

static const struct packet_target target = {
	.version = 3,
	.family = 6,
	.source = { 0xfe, 0x80, [15] = 0x20 },
	.addresses = { 0xfe, 0x80, [14] = 0x01 },
	.rules = &rules,
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct vrrp_rx rx = { .family = 6 };

	if (size < ENVELOPE_LEN)
		return 0;
	rx.ttl = data[0];
	memcpy(rx.source, data + 1, 16);
	memcpy(rx.destination, data + 17, 16);
	rx.payload = data + ENVELOPE_LEN;
	rx.payload_len = size - ENVELOPE_LEN;
	deliver_twice(&rx);
	return 0;
}
