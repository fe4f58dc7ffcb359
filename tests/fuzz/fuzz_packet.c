/* SPDX-License-Identifier: MIT */
/* An IPv4 datagram all the way through the protocol, to routers of version 3. */
#include "packet_target.h"

static const struct packet_target target = {
	.version = 3,
	.family = 4,
	.source = { 198, 51, 100, 20 },
	.addresses = { 192, 0, 2, 100 },
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	deliver_ip4(data, size);
	return 0;
}
