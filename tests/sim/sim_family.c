/* SPDX-License-Identifier: MIT */
#include "sim_family.h"

#include <arpa/inet.h>
#include <string.h>

#include "agent/conf/value.h"
#include "sim.h"

static const struct sim_family families[] = {
	{ .number = 4,
	  .address_len = 4,
	  .alone_len = 32,
	  .subnet_len = 24,
	  .header_len = 20,
	  .ttl_at = 8,
	  .source_at = 12,
	  .destination_at = 16 },
	{ .number = 6,
	  .address_len = 16,
	  .alone_len = 128,
	  .subnet_len = 64,
	  .header_len = 40,
	  .ttl_at = 7,
	  .source_at = 8,
	  .destination_at = 24 },
};

/* Of virtual addresses, but for their last byte; and a link-local one that an operator chose. */
static const uint8_t net4[3] = { 198, 51, 100 };
static const uint8_t net6[15] = { 0x20, 0x01, 0x0d, 0xb8 };
static const uint8_t chosen[16] = { 0xfe, 0x80, [13] = 5, [15] = 1 };

const struct sim_family *family_of(unsigned number)
{
	return &families[number == 6];
}

void family_virtual(unsigned number, enum conf_link_local_kind kind, unsigned k, uint8_t *ret_bytes)
{
	memset(ret_bytes, 0, SIM_ADDRESS_LEN);
	if (number == 4) {
		memcpy(ret_bytes, net4, sizeof(net4));
		ret_bytes[3] = (uint8_t)(1 + k);
	} else if (k > 0 || kind == CONF_LINK_LOCAL_NONE) {
		memcpy(ret_bytes, net6, sizeof(net6));
		ret_bytes[15] = (uint8_t)(1 + k);
	} else if (kind == CONF_LINK_LOCAL_ADDRESS) {
		memcpy(ret_bytes, chosen, sizeof(chosen));
	} else {
		conf_link_local_of(SIM_VRID, ret_bytes);
	}
}

static unsigned number6(const uint8_t *bytes)
{
	uint8_t virtual[SIM_ADDRESS_LEN];

	conf_link_local_of(SIM_VRID, virtual);
	if (family_same(bytes, virtual) || family_same(bytes, chosen))
		return 0;
	return memcmp(bytes, net6, sizeof(net6)) == 0 ? bytes[15] - 1u : SIM_ADDRESSES_MAX;
}

unsigned family_virtual_number(unsigned number, const uint8_t *bytes)
{
	unsigned k = SIM_ADDRESSES_MAX;

	if (number == 6)
		k = number6(bytes);
	else if (memcmp(bytes, net4, sizeof(net4)) == 0)
		k = bytes[3] - 1u;
	return k < SIM_ADDRESSES_MAX ? k : SIM_ADDRESSES_MAX;
}

void family_own(unsigned number, uint8_t host, uint8_t *ret_bytes)
{
	static const uint8_t own4[3] = { 192, 0, 2 };
	static const uint8_t own6[15] = { 0xfe, 0x80, [11] = 0xff, [12] = 0xfe };
	size_t len = number == 6 ? sizeof(own6) : sizeof(own4);

	memset(ret_bytes, 0, SIM_ADDRESS_LEN);
	memcpy(ret_bytes, number == 6 ? own6 : own4, len);
	ret_bytes[len] = host;
}

bool family_is_link_local(unsigned number, const uint8_t *bytes)
{
	return number == 6 && bytes[0] == 0xfe && (bytes[1] & 0xc0) == 0x80;
}

bool family_same(const uint8_t *a, const uint8_t *b)
{
	return memcmp(a, b, SIM_ADDRESS_LEN) == 0;
}

size_t family_message(unsigned number, const uint8_t *ip, size_t *ret_end)
{
	if (number == 6) {
		*ret_end = 40 + ((size_t)ip[4] << 8 | ip[5]);
		return 40;
	}
	*ret_end = (size_t)ip[2] << 8 | ip[3];
	return (ip[0] & 0x0fu) * 4;
}

const char *family_name(unsigned number, enum conf_link_local_kind kind, unsigned k, char *buf,
			size_t len)
{
	uint8_t bytes[SIM_ADDRESS_LEN];

	family_virtual(number, kind, k, bytes);
	return inet_ntop(number == 6 ? AF_INET6 : AF_INET, bytes, buf, (socklen_t)len);
}

struct vrrp_announce family_announce(unsigned family, bool often)
{
	static const int64_t many_ns[] = { SIM_S / 10, SIM_S, 4 * SIM_S, 16 * SIM_S };

	if (often)
		return vrrp_announce_of(family, many_ns, 4, 60 * SIM_S);
	return vrrp_announce_of(family, many_ns + 1, 1, 5 * SIM_S);
}
