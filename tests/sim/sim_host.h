/* SPDX-License-Identifier: MIT */
/*
 * A host on the link: believes every gratuitous ARP and never forgets, the worst that a real one
 * does. Its cache says where a ping to the virtual address would land.
 */
#ifndef SIM_HOST_H
#define SIM_HOST_H

#include "sim_net.h"

#define SIM_NOBODY (-1)

struct sim_host {
	int cache;             /* the router that it sends to, or SIM_NOBODY: it would ask first */
	int64_t cache_sent_ns; /* when the announcement that made the entry was sent */
	int64_t heard_ns[SIM_ROUTERS_MAX]; /* latest announcement heard, by the time it was sent */
	int64_t lost_ns[SIM_ROUTERS_MAX];  /* latest one that did not arrive */
};

/**
 * host_init() - a host with an empty cache.
 */
void host_init(struct sim_host *host);

/**
 * host_hear() - an announcement arrives.
 * @i: the host.
 */
void host_hear(struct sim *sim, unsigned i, const struct sim_packet *packet);

#endif
