/* SPDX-License-Identifier: MIT */
#include "sim_junk.h"

#include <string.h>

#include "sim.h"

/* A packet to be spoiled: junk has no options. */
struct junk {
	const struct sim_family *family;
	uint8_t *ip, *message;
};

static void set_ttl(const struct junk *junk)
{
	junk->ip[junk->family->ttl_at] = 254;
}

static void set_version(const struct junk *junk)
{
	junk->message[0] ^= 0x10; /* 2 is 3, and 3 is 2 */
}

static void set_type(const struct junk *junk)
{
	junk->message[0]++;
}

static void set_vrid(const struct junk *junk)
{
	junk->message[1] = SIM_VRID + 1;
}

/* To a host, from nobody, from a group. */
static void set_destination(const struct junk *junk)
{
	uint8_t bytes[SIM_ADDRESS_LEN];

	family_own(junk->family->number, 1, bytes);
	memcpy(junk->ip + junk->family->destination_at, bytes, junk->family->address_len);
}

static void set_source_zero(const struct junk *junk)
{
	memset(junk->ip + junk->family->source_at, 0, junk->family->address_len);
}

static void set_source_group(const struct junk *junk)
{
	memcpy(junk->ip + junk->family->source_at, vrrp_group(junk->family->number),
	       junk->family->address_len);
}

static void set_source_global(const struct junk *junk)
{
	junk->ip[junk->family->source_at] = 0x20;
}

static void set_count_zero(const struct junk *junk)
{
	junk->message[3] = 0;
}

static void set_count_higher(const struct junk *junk)
{
	junk->message[3]++;
}

static void set_total(const struct junk *junk, unsigned len)
{
	unsigned at = junk->family->number == 6 ? 4 : 2;

	junk->ip[at] = (uint8_t)(len >> 8);
	junk->ip[at + 1] = (uint8_t)len;
}

static void set_total_shorter(const struct junk *junk)
{
	const uint8_t *total = junk->ip + (junk->family->number == 6 ? 4 : 2);

	set_total(junk, (unsigned)(total[0] << 8 | total[1]) - 4);
}

static void set_total_tiny(const struct junk *junk)
{
	set_total(junk, junk->family->number == 6 ? 1 : junk->family->header_len + 1);
}

static void set_total_longer_than_received(const struct junk *junk)
{
	junk->ip[2] = 4;
}

static void set_fragment(const struct junk *junk)
{
	junk->ip[6] = 0x20;
}

static void set_ip_version(const struct junk *junk)
{
	junk->ip[0] = 0x65;
}

static void set_checksum(const struct junk *junk)
{
	junk->message[6] ^= 0x40;
}

/* Interval 1 becomes 0, and the sum of all words stays the same: only the interval is wrong. */
static void set_interval_zero(const struct junk *junk)
{
	uint8_t *message = junk->message;
	unsigned sum = ((unsigned)message[6] << 8 | message[7]) + message[5];

	sum = (sum & 0xffff) + (sum >> 16);
	message[5] = 0;
	message[6] = (uint8_t)(sum >> 8);
	message[7] = (uint8_t)sum;
}

struct defect {
	void (*spoil)(const struct junk *junk);
	enum vrrp_reject expect;
};

/* The last one of each list is our own. */
static const struct defect defects4[] = {
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

/* What is wrong with an IPv6 header itself the kernel drops. */
static const struct defect defects6[] = {
	{ set_ttl, VRRP_REJECT_TTL },
	{ set_version, VRRP_REJECT_VERSION },
	{ set_type, VRRP_REJECT_TYPE },
	{ set_vrid, VRRP_REJECT_VRID },
	{ set_destination, VRRP_REJECT_DESTINATION },
	{ set_source_zero, VRRP_REJECT_SOURCE },
	{ set_source_group, VRRP_REJECT_SOURCE },
	{ set_source_global, VRRP_REJECT_NOT_LINK_LOCAL },
	{ set_count_zero, VRRP_REJECT_EMPTY_LIST },
	{ set_count_higher, VRRP_REJECT_LENGTH },
	{ set_total_shorter, VRRP_REJECT_LENGTH },
	{ set_total_tiny, VRRP_REJECT_LENGTH },
	{ set_checksum, VRRP_REJECT_CHECKSUM },
	{ set_interval_zero, VRRP_REJECT_INTERVAL },
	{ NULL, VRRP_REJECT_OWN_SOURCE },
};

static void set_nothing(const struct junk *junk)
{
	(void)junk;
}

/* What comes to one who has peers, from somebody who is none. The kernel drops what is to others.
 */
static const struct defect defects_of_peers[] = {
	{ set_ttl, VRRP_REJECT_TTL },
	{ set_version, VRRP_REJECT_VERSION },
	{ set_type, VRRP_REJECT_TYPE },
	{ set_vrid, VRRP_REJECT_VRID },
	{ set_source_zero, VRRP_REJECT_SOURCE },
	{ set_source_group, VRRP_REJECT_SOURCE },
	{ set_nothing, VRRP_REJECT_NOT_PEER },
	{ set_checksum, VRRP_REJECT_NOT_PEER },
};

static const struct {
	const struct defect *all;
	unsigned n;
} defects[] = {
	{ defects4, sizeof(defects4) / sizeof(defects4[0]) },
	{ defects6, sizeof(defects6) / sizeof(defects6[0]) },
};

static void write_ip(const struct sim_family *family, const uint8_t *source, size_t len,
		     uint8_t *ip)
{
	bool ip6 = family->number == 6;
	size_t total_at = ip6 ? 4 : 2, total = ip6 ? len : len + family->header_len;

	memset(ip, 0, family->header_len);
	ip[0] = ip6 ? 0x60 : 0x45;
	ip[total_at] = (uint8_t)(total >> 8);
	ip[total_at + 1] = (uint8_t)total;
	ip[family->ttl_at] = VRRP_TTL;
	ip[ip6 ? 6 : 9] = VRRP_PROTOCOL;
	memcpy(ip + family->source_at, source, family->address_len);
	memcpy(ip + family->destination_at, vrrp_group(family->number), family->address_len);
}

/* What a stranger that would win every election sends; or what @to itself would. */
static void write_advert(const struct sim_gateway *to, bool stranger, struct sim_packet *ret_packet)
{
	const struct sim_family *family = family_of(to->config.family);
	uint8_t addresses[SIM_ADDRESS_LEN * (SIM_ADDRESSES_MAX + 1)], message[VRRP_PACKET_MAX];
	struct vrrp_advert advert = { .family = family->number,
				      .version = to->config.version,
				      .vrid = SIM_VRID,
				      .priority = VRRP_PRIORITY_OWNER,
				      .interval_cs = to->config.version == 2 ? 100 : 1,
				      .addresses = addresses,
				      .addresses_n = (uint8_t)to->addresses_n };
	size_t len;

	for (unsigned k = 0; k < to->addresses_n; k++)
		family_virtual(family->number, to->link_local, k,
			       addresses + family->address_len * k);
	memcpy(advert.source,
	       to->vr.election.source[0] ? to->vr.election.source : to->own[SIM_OWN_MAX - 1],
	       SIM_ADDRESS_LEN);
	if (stranger)
		family_own(family->number, 250, advert.source);
	len = vrrp_packet_encode(&advert, vrrp_group(family->number), message);
	write_ip(family, advert.source, len, ret_packet->bytes);
	memcpy(ret_packet->bytes + family->header_len, message, len);
	len += family->header_len;
	ret_packet->len = (uint16_t)(len < 46 ? 46 : len);
}

static void junk_send_one(struct sim *sim, unsigned to, const struct defect *defect)
{
	const struct sim_family *family = family_of(sim->routers[to].config.family);
	struct sim_packet packet = { .type = SIM_PACKET_JUNK,
				     .from = (uint8_t)to,
				     .family = family->number,
				     .expect = (uint8_t)defect->expect };
	struct junk junk = { family, packet.bytes, packet.bytes + family->header_len };

	/* Whoever judges by signatures looks for one before it looks at what is said. */
	if (sim->signs &&
	    (defect->expect == VRRP_REJECT_INTERVAL || defect->expect == VRRP_REJECT_OWN_SOURCE))
		packet.expect = VRRP_REJECT_HMAC_MISSING;

	write_advert(&sim->routers[to], defect->spoil != NULL, &packet);
	if (sim->unicast)
		memcpy(packet.bytes + family->destination_at, sim->routers[to].own[SIM_OWN_MAX - 1],
		       family->address_len);
	if (defect->spoil)
		defect->spoil(&junk);
	trace(sim, "junk for %s: %s", node_name(to), vrrp_reject_name(packet.expect));
	net_inject(sim, &packet, to);
}

/* Our own address is what it speaks from, or will; it is none when that may change on the way. */
void junk_send(struct sim *sim, unsigned to, unsigned n)
{
	bool ip6 = sim->routers[to].config.family == 6;
	unsigned kinds = defects[ip6].n - sim->moving;
	const unsigned of_peers_n = sizeof(defects_of_peers) / sizeof(defects_of_peers[0]);

	for (unsigned i = 0; i < n && sim->unicast; i++)
		junk_send_one(sim, to, &defects_of_peers[prng_below(&sim->prng, of_peers_n)]);
	for (unsigned i = 0; i < n && !sim->unicast; i++)
		junk_send_one(sim, to, &defects[ip6].all[prng_below(&sim->prng, kinds)]);
}
