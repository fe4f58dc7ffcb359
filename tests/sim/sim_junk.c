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
	ip[IP_LEN] ^= 0x10; /* 2 is 3, and 3 is 2 */
}

static void set_type(uint8_t *ip)
{
	ip[IP_LEN]++;
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
static void write_advert(const struct sim_gateway *to, bool stranger, struct sim_packet *ret_packet)
{
	uint8_t addresses[4 * SIM_ADDRESSES_MAX], message[VRRP_PACKET_MAX];
	uint8_t *ip = ret_packet->bytes;
	struct vrrp_advert advert = { .family = 4,
				      .version = to->config.version,
				      .vrid = SIM_VRID,
				      .priority = VRRP_PRIORITY_OWNER,
				      .interval_cs = to->config.version == 2 ? 100 : 1,
				      .addresses = addresses,
				      .addresses_n = (uint8_t)to->addresses_n };
	size_t len;

	for (unsigned k = 0; k < to->addresses_n; k++)
		memcpy(addresses + 4 * k, (uint8_t[]){ 198, 51, 100, (uint8_t)(1 + k) }, 4);
	memcpy(advert.source,
	       to->vr.election.source[0] ? to->vr.election.source : to->own[SIM_OWN_MAX - 1], 4);
	if (stranger)
		memcpy(advert.source, (uint8_t[]){ 192, 0, 2, 250 }, 4);
	len = vrrp_packet_encode(&advert, vrrp_group(4), message);
	memset(ip, 0, IP_LEN);
	ip[0] = 0x45;
	ip[3] = (uint8_t)(IP_LEN + len);
	ip[8] = VRRP_TTL;
	ip[9] = VRRP_PROTOCOL;
	memcpy(ip + 12, advert.source, 4);
	memcpy(ip + 16, vrrp_group(4), 4);
	memcpy(ip + IP_LEN, message, len);
	ret_packet->len = (uint16_t)(IP_LEN + len < 46 ? 46 : IP_LEN + len);
}

static void junk_send_one(struct sim *sim, unsigned to, unsigned defect)
{
	struct sim_packet packet = { .type = SIM_PACKET_JUNK,
				     .from = (uint8_t)to,
				     .expect = (uint8_t)defects[defect].expect };

	write_advert(&sim->routers[to], defects[defect].spoil != NULL, &packet);
	if (defects[defect].spoil)
		defects[defect].spoil(packet.bytes);
	trace(sim, "junk for %s: %s", node_name(to), vrrp_reject_name(defects[defect].expect));
	net_inject(sim, &packet, to);
}

/* Our own address is what it speaks from, or will; it is none when that may change on the way. */
void junk_send(struct sim *sim, unsigned to, unsigned n)
{
	unsigned kinds = sizeof(defects) / sizeof(defects[0]) - sim->moving;

	for (unsigned i = 0; i < n; i++)
		junk_send_one(sim, to, prng_below(&sim->prng, kinds));
}
