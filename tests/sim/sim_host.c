/* SPDX-License-Identifier: MIT */
#include "sim_host.h"

#include "sim.h"

void host_init(struct sim_host *host)
{
	*host = (struct sim_host){ .cache = SIM_NOBODY, .cache_sent_ns = -1 };
	for (unsigned i = 0; i < SIM_ROUTERS_MAX; i++)
		host->heard_ns[i] = host->lost_ns[i] = -1;
}

void host_hear(struct sim *sim, unsigned i, const struct sim_packet *packet)
{
	struct sim_host *host = &sim->hosts[i];

	if (host->cache != packet->from)
		trace(sim, "%s now sends to %s", node_name(SIM_ROUTERS_MAX + i),
		      node_name(packet->from));
	host->cache = packet->from;
	host->cache_sent_ns = packet->sent_ns;
	if (host->heard_ns[packet->from] < packet->sent_ns)
		host->heard_ns[packet->from] = packet->sent_ns;
}
