/* SPDX-License-Identifier: MIT */
/*
 * Worlds whose routers sign: all hosts have one key, and while vipd runs their wall clocks are set,
 * by seconds, an hour and ten years, either way. What is signed depends on none of that, so all
 * properties hold as ever; but for adverts that were overtaken or come twice, which are replays.
 */
#ifndef SIM_AUTH_H
#define SIM_AUTH_H

#include "agent/conf/conf.h"
#include "agent/state_auth.h"
#include "sim_net.h"

struct sim;
struct sim_process;

/* The newest advert from an address. */
struct sim_mark {
	uint8_t source[SIM_ADDRESS_LEN];
	uint64_t sequence; /* 0: the mark is free */
};

/* Of each sender that a router remembers: what its host has got, and what it has accepted. */
struct sim_heard {
	struct sim_mark arrived[VRRP_HMAC_MARKS], accepted[VRRP_HMAC_MARKS];
};

/**
 * auth_configure() - a router signs. Its window is longer than anything delays an advert.
 */
void auth_configure(const struct sim *sim, struct conf_router *router);

/**
 * auth_give_key() - put the key where the product looks for it.
 */
void auth_give_key(struct state *state);

/**
 * auth_sequence_of() - the sequence of an advert with a trailer.
 * @message: @len bytes.
 */
uint64_t auth_sequence_of(const uint8_t *message, size_t len);

/**
 * auth_is_overtaken() - whether an advert is not newer than what is known from its
 * address. A sender is an address: what a host has sent from another one overtakes nothing.
 * @marks: VRRP_HMAC_MARKS of them.
 */
bool auth_is_overtaken(const struct sim_mark *marks, const struct sim_packet *packet);

/**
 * auth_mark() - it is known from now on; the oldest one of the others is forgotten if need be.
 */
void auth_mark(struct sim_mark *marks, const struct sim_packet *packet);

/**
 * auth_is_stale() - whether a farewell is older than the window: what a process that hung has left
 * in its will is of the time of its last advert. Nothing else takes so long.
 * @arrival_ns: CLOCK_REALTIME of whom it came to, had nobody set it.
 */
bool auth_is_stale(const struct sim *sim, const struct sim_packet *packet, int64_t arrival_ns);

/**
 * auth_wall_left_ns() - that of a process that is about to go on with what another one has left.
 * @old: NULL: nothing.
 */
int64_t auth_wall_left_ns(const struct sim_process *process, struct state *old);

/**
 * auth_wall_ns() - how far the wall clock of a process's host is ahead of what it would be, had
 * nobody set it. Nobody sets it before vipd has used it, unless a scenario says so.
 */
int64_t auth_wall_ns(const struct sim_process *process);

#endif
