/* SPDX-License-Identifier: MIT */
/*
 * Unicast: in some worlds routers speak to peers by packets of their own and not to a group. Each
 * host is told the same list: all hosts, itself among them, and perhaps an address that nobody has.
 * It speaks from the one address of its own that the others know. What a copy of an advert must be
 * like is P11 of sim_check.h, and that each peer but the host itself gets one, P12.
 */
#ifndef SIM_PEERS_H
#define SIM_PEERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "agent/conf/conf.h"
#include "sim_net.h"

#define SIM_PEERS_MAX (SIM_ROUTERS_MAX + 1)

struct sim;
struct sim_process;

/* A packet that a process sends. */
struct sim_copy {
	unsigned family;
	uint8_t source[SIM_ADDRESS_LEN], destination[SIM_ADDRESS_LEN];
	uint8_t ttl;
	int ifindex; /* where it leaves; 0: where the route leads */
	const uint8_t *payload;
	size_t len;
};

/**
 * peers_conf() - write what the configuration says of them. Without effect where there are none.
 * @ret_peers: SIM_PEERS_MAX; borrowed by @router.
 */
void peers_conf(const struct sim *sim, unsigned i, struct conf_peer *ret_peers,
		struct conf_router *router);

/**
 * peers_send() - a process sends a copy.
 *
 * Return: 0 or the errno of a packet that the kernel refuses.
 */
int peers_send(struct sim *sim, struct sim_process *process, const struct sim_copy *copy);

/**
 * peers_has_source() - whether the host has the address that its router sends from and is sent to.
 */
bool peers_has_source(const struct sim *sim, unsigned i);

/**
 * peers_take() - whether the host takes what is sent to that address.
 */
bool peers_take(const struct sim *sim, unsigned i, const struct sim_packet *packet);

/**
 * peers_missed() - whether the last advert of a turn did not go to all to whom it should.
 */
bool peers_missed(const struct sim *sim, unsigned i);

#endif
