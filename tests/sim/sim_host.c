/* SPDX-License-Identifier: MIT */
#include "sim_host.h"

#include "sim.h"

void host_init(struct sim_host *host)
{
	for (unsigned k = 0; k < SIM_ADDRESSES_MAX; k++) {
		struct sim_neighbour *of = &host->of[k];

		*of = (struct sim_neighbour){ .cache = SIM_NOBODY, .cache_sent_ns = -1 };
		for (unsigned i = 0; i < SIM_ROUTERS_MAX; i++)
			of->heard_ns[i] = of->lost_ns[i] = -1;
	}
}

void host_hear(struct sim *sim, unsigned i, const struct sim_packet *packet)
{
	bool told = false;

	for (unsigned k = 0; k < SIM_ADDRESSES_MAX; k++) {
		struct sim_neighbour *of = &sim->hosts[i].of[k];

		if (!(packet->announced >> k & 1))
			continue;
		if (of->cache != packet->from && !told)
			trace(sim, "%s now sends to %s", node_name(SIM_ROUTERS_MAX + i),
			      node_name(packet->from));
		told |= of->cache != packet->from;
		of->cache = packet->from;
		of->cache_sent_ns = packet->sent_ns;
		if (of->heard_ns[packet->from] < packet->sent_ns)
			of->heard_ns[packet->from] = packet->sent_ns;
	}
}

void host_miss(struct sim *sim, unsigned i, const struct sim_packet *packet)
{
	for (unsigned k = 0; k < SIM_ADDRESSES_MAX; k++)
		if (packet->announced >> k & 1)
			sim->hosts[i].of[k].lost_ns[packet->from] = packet->sent_ns;
}
