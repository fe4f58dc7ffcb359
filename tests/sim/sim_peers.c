/* SPDX-License-Identifier: MIT */
#include "sim_peers.h"

#include <errno.h>
#include <string.h>

#include "sim.h"

#define NOBODY_HOST 200 /* last byte of an address that no host has */

/* What the others know host @i by. */
static const uint8_t *name_of(const struct sim *sim, unsigned i)
{
	return sim->routers[i].own[SIM_OWN_MAX - 1];
}

static unsigned peers_n(const struct sim *sim)
{
	return sim->routers_n + sim->nobody;
}

static struct conf_peer peer_of(const struct sim *sim, unsigned n)
{
	struct conf_peer peer = { .family = sim->routers[0].config.family, .min_ttl = VRRP_TTL };

	if (n < sim->routers_n)
		memcpy(peer.bytes, name_of(sim, n), sizeof(peer.bytes));
	else
		family_own(peer.family, NOBODY_HOST, peer.bytes);
	return peer;
}

void peers_conf(const struct sim *sim, unsigned i, struct conf_peer *ret_peers,
		struct conf_router *router)
{
	if (!sim->unicast)
		return;
	for (unsigned n = 0; n < peers_n(sim); n++)
		ret_peers[n] = peer_of(sim, n);
	router->unicast = (struct conf_unicast){
		.ttl = VRRP_TTL, .min_ttl = VRRP_TTL, .peers_n = peers_n(sim), .peers = ret_peers
	};
	memcpy(router->source, name_of(sim, i), sizeof(router->source));
}

/* Return: its number in the list, or what that is long. */
static unsigned number_of(const struct sim *sim, const uint8_t *bytes)
{
	unsigned n = 0;

	while (n < peers_n(sim) && !family_same(peer_of(sim, n).bytes, bytes))
		n++;
	return n;
}

/* ---- what arrives ---- */

bool peers_has_source(const struct sim *sim, unsigned i)
{
	const struct sim_gateway *r = &sim->routers[i];

	return r->kernel.own[SIM_OWN_MAX - 1] == SIM_OWN_USABLE &&
	       (r->config.family == 4 || ip6_is_there(&r->kernel));
}

bool peers_take(const struct sim *sim, unsigned i, const struct sim_packet *packet)
{
	const struct sim_family *family = family_of(packet->family);
	const uint8_t *to = packet->bytes + family->destination_at;

	return memcmp(to, name_of(sim, i), family->address_len) == 0 && peers_has_source(sim, i);
}

/* ---- what leaves ---- */

static int refusal(const struct sim *sim, unsigned i, const struct sim_copy *copy)
{
	const struct sim_gateway *r = &sim->routers[i];
	const struct sim_link *link = &r->kernel.link;

	if (r->kernel.trouble & SIM_TROUBLE_FRAMES)
		return ENOBUFS;
	if (copy->ifindex && (!link->exists || copy->ifindex != link->ifindex))
		return ENODEV;
	if (copy->family == 6 && !ip6_is_there(&r->kernel))
		return ENETUNREACH;
	if (!gateway_owns(r, copy->source))
		return EINVAL;
	return link->exists && link->up ? 0 : ENETUNREACH;
}

static void check_copy(struct sim *sim, unsigned i, const struct sim_copy *copy, unsigned peer)
{
	const struct sim_gateway *r = &sim->routers[i];
	bool link_local = family_is_link_local(copy->family, copy->destination);

	if (peer >= peers_n(sim) || (peer == i && gateway_owns(r, copy->destination)) ||
	    copy->ttl != VRRP_TTL || !family_same(copy->source, name_of(sim, i)) ||
	    (!link_local && copy->ifindex) ||
	    (link_local && r->kernel.link.exists && !copy->ifindex && !check_in_trouble(sim, i)))
		check_fail(sim, "P11", "%s sends a copy of an advert with wrong headers",
			   node_name(i));
}

static struct sim_packet packet_of(const struct sim *sim, unsigned i, const struct sim_copy *copy)
{
	const struct sim_family *family = family_of(copy->family);
	size_t total = copy->len + (copy->family == 6 ? 0 : family->header_len);
	struct sim_packet packet = { .type = SIM_PACKET_ADVERT,
				     .from = (uint8_t)i,
				     .family = family->number,
				     .priority = copy->payload[2],
				     .interval_cs = socket_interval(copy->payload),
				     .len = (uint16_t)(family->header_len + copy->len) };
	uint8_t *ip = packet.bytes;

	(void)sim;
	ip[0] = copy->family == 6 ? 0x60 : 0x45;
	ip[copy->family == 6 ? 4 : 2] = (uint8_t)(total >> 8);
	ip[copy->family == 6 ? 5 : 3] = (uint8_t)total;
	ip[copy->family == 6 ? 6 : 9] = VRRP_PROTOCOL;
	ip[family->ttl_at] = copy->ttl;
	memcpy(ip + family->source_at, copy->source, family->address_len);
	memcpy(ip + family->destination_at, copy->destination, family->address_len);
	memcpy(ip + family->header_len, copy->payload, copy->len);
	memcpy(packet.source, copy->source, SIM_ADDRESS_LEN);
	return packet;
}

/* The first copy that leaves stands for the advert. Another one to the same peer is another one. */
static void note_copy(struct sim *sim, unsigned i, unsigned peer, unsigned priority, bool refused)
{
	struct sim_turn *turn = &sim->routers[i].turn;

	if (turn->copies >> peer & 1)
		turn->copies = turn->copies_left = 0;
	turn->copies |= 1u << peer;
	if (refused)
		return;
	if (!turn->copies_left)
		check_advert_left(sim, i, priority);
	turn->copies_left |= 1u << peer;
}

int peers_send(struct sim *sim, struct sim_process *process, const struct sim_copy *copy)
{
	unsigned i = process->router, peer = number_of(sim, copy->destination);
	struct sim_packet packet = packet_of(sim, i, copy);
	int error = refusal(sim, i, copy);

	check_copy(sim, i, copy, peer);
	note_copy(sim, i, peer, packet.priority, error != 0);
	if (!error)
		sim->routers[i].packets_n++;
	if (peer >= sim->routers_n)
		return error;
	trace_packet(sim, "%s sends advert to %s, priority %u", node_name(i), node_name(peer),
		     packet.priority);
	if (error || !kernel_can_talk(&sim->routers[i].kernel))
		net_lose_to(sim, &packet, peer);
	else
		net_send_to(sim, &packet, peer);
	return error;
}

bool peers_missed(const struct sim *sim, unsigned i)
{
	const struct sim_turn *turn = &sim->routers[i].turn;
	unsigned all = ((1u << peers_n(sim)) - 1) & ~(1u << i);

	return sim->unicast && turn->copies_left && turn->copies != all;
}
