/* SPDX-License-Identifier: MIT */
#include "sim_junk.h"

#include <string.h>

#include "sim.h"

#define IP_LEN 20 /* junk has no options */

static void set_ttl(uint8_t *ip)
{
	ip[8] = 254;
}

static void set_version(uint8_t *ip)
{
	ip[IP_LEN] = 0x21;
}

static void set_type(uint8_t *ip)
{
	ip[IP_LEN] = 0x32;
}

static void set_vrid(uint8_t *ip)
{
	ip[IP_LEN + 1] = SIM_VRID + 1;
}

static void set_destination(uint8_t *ip)
{
	memcpy(ip + 16, (uint8_t[]){ 192, 0, 2, 1 }, 4);
}

static void set_source_zero(uint8_t *ip)
{
	memset(ip + 12, 0, 4);
}

static void set_source_group(uint8_t *ip)
{
	memcpy(ip + 12, (uint8_t[]){ 224, 0, 0, 18 }, 4);
}

static void set_count_zero(uint8_t *ip)
{
	ip[IP_LEN + 3] = 0;
}

static void set_count_higher(uint8_t *ip)
{
	ip[IP_LEN + 3]++;
}

static void set_total_shorter(uint8_t *ip)
{
	ip[3] -= 4;
}

static void set_total_tiny(uint8_t *ip)
{
	ip[3] = IP_LEN + 1;
}

static void set_total_longer_than_received(uint8_t *ip)
{
	ip[2] = 4;
}

static void set_fragment(uint8_t *ip)
{
	ip[6] = 0x20;
}

static void set_ip_version(uint8_t *ip)
{
	ip[0] = 0x65;
}

static void set_checksum(uint8_t *ip)
{
	ip[IP_LEN + 6] ^= 0x40;
}

/* Interval 1 becomes 0, and the sum of all words stays the same: only the interval is wrong. */
static void set_interval_zero(uint8_t *ip)
{
	unsigned sum = ((unsigned)ip[IP_LEN + 6] << 8 | ip[IP_LEN + 7]) + ip[IP_LEN + 5];

	sum = (sum & 0xffff) + (sum >> 16);
	ip[IP_LEN + 5] = 0;
	ip[IP_LEN + 6] = (uint8_t)(sum >> 8);
	ip[IP_LEN + 7] = (uint8_t)sum;
}

static const struct {
	void (*spoil)(uint8_t *ip);
	enum vrrp_reject expect;
} defects[] = {
	{ set_ttl, VRRP_REJECT_TTL },
	{ set_version, VRRP_REJECT_VERSION },
	{ set_type, VRRP_REJECT_TYPE },
	{ set_vrid, VRRP_REJECT_VRID },
	{ set_destination, VRRP_REJECT_DESTINATION },
	{ set_source_zero, VRRP_REJECT_SOURCE },
	{ set_source_group, VRRP_REJECT_SOURCE },
	{ set_count_zero, VRRP_REJECT_EMPTY_LIST },
	{ set_count_higher, VRRP_REJECT_LENGTH },
	{ set_total_shorter, VRRP_REJECT_LENGTH },
	{ set_total_tiny, VRRP_REJECT_LENGTH },
	{ set_total_longer_than_received, VRRP_REJECT_LENGTH },
	{ set_fragment, VRRP_REJECT_LENGTH },
	{ set_ip_version, VRRP_REJECT_LENGTH },
	{ set_checksum, VRRP_REJECT_CHECKSUM },
	{ set_interval_zero, VRRP_REJECT_INTERVAL },
	{ NULL, VRRP_REJECT_OWN_SOURCE },
};

/* What a stranger that would win every election sends; or what @to itself would. */
static void junk_send_one(struct sim *sim, unsigned to, unsigned defect)
{
	struct sim_router sender = sim->routers[to];
	struct sim_packet packet;

	sender.options = false;
	sender.config.interval_cs = 1;
	if (defects[defect].spoil)
		sender.source[3] = 250;
	router_advert(&sender, to, VRRP_PRIORITY_OWNER, &packet);
	if (defects[defect].spoil)
		defects[defect].spoil(packet.bytes);
	packet.type = SIM_PACKET_JUNK;
	packet.expect = (uint8_t)defects[defect].expect;
	trace(sim, "junk for %s: %s", node_name(to), vrrp_reject_name(defects[defect].expect));
	net_inject(sim, &packet, to);
}

void junk_send(struct sim *sim, unsigned to, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		junk_send_one(sim, to,
			      prng_below(&sim->prng, sizeof(defects) / sizeof(defects[0])));
}
