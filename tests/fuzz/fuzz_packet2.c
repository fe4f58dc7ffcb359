/* SPDX-License-Identifier: MIT */
/* An IPv4 datagram all the way through the protocol, to routers of version 2: without
 * authentication, and with a password and a peer. */
#include "packet_target.h"

static const uint8_t group[] = { 224, 0, 0, 18 }, peer[] = { 198, 51, 100, 10 };

static const struct vrrp_rules rules = {
	.destinations = group,
	.destinations_n = 1,
	.peers = peer,
	.peers_n = 1,
	.min_ttl = 255,
	.auth_type = VRRP_AUTH_PASSWORD,
	.password = "secret",
};

static const struct packet_target target = {
	.version = 2,
	.family = 4,
	.source = { 198, 51, 100, 20 },
	.addresses = { 192, 0, 2, 100 },
	.rules = &rules,
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	deliver_ip4(data, size);
	return 0;
}
