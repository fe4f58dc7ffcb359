/* SPDX-License-Identifier: MIT */
/*
 * A host on the link: believes every gratuitous ARP and never forgets, the worst that a real one
 * does. Its cache says where a ping to a virtual address would land.
 */
#ifndef SIM_HOST_H
#define SIM_HOST_H

#include "sim_net.h"

#define SIM_NOBODY (-1)

/* What a host knows of one virtual address. */
struct sim_neighbour {
	int cache;             /* the router that it sends to, or SIM_NOBODY: it would ask first */
	int64_t cache_sent_ns; /* when the announcement that made the entry was sent */
	int64_t heard_ns[SIM_ROUTERS_MAX]; /* latest announcement heard, by the time it was sent */
	int64_t lost_ns[SIM_ROUTERS_MAX];  /* latest one that did not arrive */
};

struct sim_host {
	struct sim_neighbour of[SIM_ADDRESSES_MAX];
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

/**
 * host_miss() - an announcement does not arrive.
 */
void host_miss(struct sim *sim, unsigned i, const struct sim_packet *packet);

#endif
