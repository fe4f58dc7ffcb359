/* SPDX-License-Identifier: MIT */
#include "sim_net.h"

#include <assert.h>
#include <string.h>

#include "sim.h"

/* The fifth router came later: without it the others have the delays that they always had. */
static int64_t draw_delay(struct sim *sim, unsigned from, unsigned to, int64_t delay_ns)
{
	if (sim->tidy)
		return delay_ns;
	if (from == SIM_ROUTERS_MAX - 1 || to == SIM_ROUTERS_MAX - 1)
		return delay_ns * 3 / 4;
	return prng_range(&sim->prng, delay_ns / 2, delay_ns);
}

void net_init(struct sim *sim, int64_t delay_ns)
{
	struct sim_net *net = &sim->net;

	for (unsigned from = 0; from < SIM_NODES_MAX; from++)
		for (unsigned to = 0; to < SIM_NODES_MAX; to++)
			net->paths[from][to] = (struct sim_path){
				.delay_ns = draw_delay(sim, from, to, delay_ns),
			};
	net->lost_run_max = UINT32_MAX;
	net->free_n = SIM_PACKETS_MAX;
	for (unsigned i = 0; i < SIM_PACKETS_MAX; i++)
		net->free[i] = (uint16_t)(SIM_PACKETS_MAX - 1 - i);
}

static unsigned slot_take(struct sim_net *net, const struct sim_packet *packet)
{
	unsigned slot;

	assert(net->free_n);
	slot = net->free[--net->free_n];
	memcpy(&net->packets[slot], packet, offsetof(struct sim_packet, bytes) + packet->len);
	net->packets[slot].refs = 1;
	return slot;
}

void net_release(struct sim *sim, unsigned slot)
{
	assert(sim->net.packets[slot].refs);
	if (--sim->net.packets[slot].refs == 0)
		sim->net.free[sim->net.free_n++] = (uint16_t)slot;
}

void net_mark_lost(struct sim *sim, struct sim_packet *packet, unsigned to)
{
	struct sim_path *path = &sim->net.paths[packet->from][to];

	if (packet->lost)
		return;
	packet->lost = true;
	if (packet->type == SIM_PACKET_ARP)
		host_miss(sim, to - SIM_ROUTERS_MAX, packet);
	if (packet->type != SIM_PACKET_ADVERT)
		return;
	path->lost_run++;
	if (path->healthy_ns <= packet->sent_ns)
		path->healthy_ns = packet->sent_ns + 1;
	trace_packet(sim, "advert of %s does not reach %s", node_name(packet->from), node_name(to));
}

static bool chance(struct sim *sim, unsigned per_thousand)
{
	return per_thousand && prng_below(&sim->prng, 1000) < per_thousand;
}

/* What befalls its family alone. */
static unsigned loss_of(const struct sim_path *path, const struct sim_packet *packet)
{
	return packet->family ? path->loss_of[packet->family == 6] : 0;
}

static bool is_lost(struct sim *sim, struct sim_path *path, const struct sim_packet *packet)
{
	if (chance(sim, loss_of(path, packet)))
		return true;
	if (path->lost_run >= sim->net.lost_run_max)
		return false;
	if (path->cut)
		return true;
	if (path->burst) {
		path->burst--;
		return true;
	}
	return chance(sim, path->loss);
}

/* At most eight neighbouring bits of the message: what the checksum must always find. */
static void corrupt(struct sim *sim, struct sim_packet *packet)
{
	size_t end, begin = family_message(packet->family, packet->bytes, &end);
	size_t at = begin + prng_below(&sim->prng, (unsigned)(end - begin));

	packet->bytes[at] ^= (uint8_t)prng_range(&sim->prng, 1, 255);
	packet->type = SIM_PACKET_CORRUPT;
}

static void deliver_later(struct sim *sim, const struct sim_packet *packet, unsigned to)
{
	struct sim_path *path = &sim->net.paths[packet->from][to];
	int64_t arrival = sim->now_ns + path->delay_ns;

	if (path->jitter_ns) {
		arrival += prng_range(&sim->prng, 0, path->jitter_ns);
		if (path->healthy_ns < arrival)
			path->healthy_ns = arrival;
	}
	events_push(&sim->events, arrival, SIM_EVENT_DELIVER, slot_take(&sim->net, packet), to);
}

/* In calm runs units count on either family. */
static bool is_companion_lost(struct sim *sim, struct sim_path *path,
			      const struct sim_packet *packet)
{
	bool lost = path->cut || chance(sim, path->loss);

	if (sim->units && lost && path->companion_run >= sim->net.lost_run_max)
		lost = false;
	path->companion_run = lost ? path->companion_run + 1 : 0;
	return lost || chance(sim, loss_of(path, packet));
}

/* What befalls a path befalls these, too; but what was lost of the others is counted alone. */
static void companion_send(struct sim *sim, const struct sim_packet *packet, unsigned to)
{
	struct sim_path *path = &sim->net.paths[packet->from][to];
	int64_t arrival = sim->now_ns + path->delay_ns;

	if (is_companion_lost(sim, path, packet)) {
		if (sim->units && path->healthy_ns <= packet->sent_ns) /* it speaks for both */
			path->healthy_ns = packet->sent_ns + 1;
		return;
	}
	if (path->jitter_ns)
		arrival += prng_range(&sim->prng, 0, path->jitter_ns);
	events_push(&sim->events, arrival, SIM_EVENT_DELIVER, slot_take(&sim->net, packet), to);
}

static void path_send(struct sim *sim, const struct sim_packet *packet, unsigned to)
{
	struct sim_path *path = &sim->net.paths[packet->from][to];
	struct sim_packet copy = *packet;

	if (packet->type == SIM_PACKET_COMPANION) {
		companion_send(sim, packet, to);
		return;
	}
	if (is_lost(sim, path, packet)) {
		net_mark_lost(sim, &copy, to);
		return;
	}
	if (packet->type == SIM_PACKET_ADVERT && path->lost_run < sim->net.lost_run_max &&
	    chance(sim, path->corrupt)) {
		net_mark_lost(sim, &copy, to);
		corrupt(sim, &copy);
		deliver_later(sim, &copy, to);
		return;
	}
	if (packet->type == SIM_PACKET_ADVERT)
		path->lost_run = 0;
	deliver_later(sim, packet, to);
	if (chance(sim, path->duplicate))
		deliver_later(sim, packet, to);
}

/* For all nodes that this type of packet concerns. */
static void all_receivers(struct sim *sim, const struct sim_packet *packet,
			  void (*each)(struct sim *sim, const struct sim_packet *packet,
				       unsigned to))
{
	bool to_hosts = packet->type == SIM_PACKET_ARP;
	unsigned first = to_hosts ? SIM_ROUTERS_MAX : 0;
	unsigned n = to_hosts ? sim->hosts_n : sim->routers_n;
	struct sim_packet copy = *packet;

	copy.sent_ns = sim->now_ns;
	for (unsigned to = first; to < first + n; to++)
		if (to != packet->from)
			each(sim, &copy, to);
}

static void lose(struct sim *sim, const struct sim_packet *packet, unsigned to)
{
	struct sim_packet copy = *packet;

	net_mark_lost(sim, &copy, to);
}

void net_send(struct sim *sim, const struct sim_packet *packet)
{
	all_receivers(sim, packet, path_send);
}

void net_lose(struct sim *sim, const struct sim_packet *packet)
{
	all_receivers(sim, packet, lose);
}

void net_send_to(struct sim *sim, const struct sim_packet *packet, unsigned to)
{
	struct sim_packet copy = *packet;

	copy.sent_ns = sim->now_ns;
	path_send(sim, &copy, to);
}

void net_lose_to(struct sim *sim, const struct sim_packet *packet, unsigned to)
{
	struct sim_packet copy = *packet;

	copy.sent_ns = sim->now_ns;
	lose(sim, &copy, to);
}

void net_say(struct sim *sim, const struct sim_packet *packet, unsigned to)
{
	const struct sim_path *path = &sim->net.paths[packet->from][to];
	int64_t arrival = sim->now_ns + path->delay_ns;
	unsigned slot;

	if (path->cut || path->burst || prng_below(&sim->said, 1000) < path->loss)
		return;
	if (path->jitter_ns)
		arrival += prng_range(&sim->said, 0, path->jitter_ns);
	slot = slot_take(&sim->net, packet);
	sim->net.packets[slot].sent_ns = sim->now_ns;
	events_push(&sim->events, arrival, SIM_EVENT_DELIVER, slot, to);
}

void net_inject(struct sim *sim, const struct sim_packet *packet, unsigned to)
{
	unsigned slot = slot_take(&sim->net, packet);

	sim->net.packets[slot].sent_ns = sim->now_ns;
	events_push(&sim->events, sim->now_ns, SIM_EVENT_DELIVER, slot, to);
}

void net_deliver(struct sim *sim, unsigned slot, unsigned to)
{
	const struct sim_packet *packet = &sim->net.packets[slot];

	if (packet->type == SIM_PACKET_ARP && to < SIM_ROUTERS_MAX)
		watch_deliver(sim, slot, to);
	else if (packet->type == SIM_PACKET_ARP)
		host_hear(sim, to - SIM_ROUTERS_MAX, packet);
	else
		gateway_deliver(sim, slot, to);
	net_release(sim, slot);
}
