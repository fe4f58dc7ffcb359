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

struct sim_process;

/* The newest adverts of each sender that a host has got, and that it has accepted. */
struct sim_heard {
	uint64_t arrived, accepted; /* sequences */
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
