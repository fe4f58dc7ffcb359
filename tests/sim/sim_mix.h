/* SPDX-License-Identifier: MIT */
/*
 * The faults of one run: of which types, when, on which host, and how much of each.
 */
#ifndef SIM_MIX_H
#define SIM_MIX_H

#include <stdbool.h>
#include <stdint.h>

struct prng;
struct sim;

#define FAULT_BIT(type) (1u << SIM_FAULT_##type)

/* What they are drawn from. */
struct mix {
	unsigned types; /* FAULT_BIT() */
	int64_t from_ns, until_ns, interval_ns;
	int64_t jitter_ns, stall_ns; /* the most of them */
	int64_t missed;              /* the most adverts that one may miss */
	bool calm;
	bool quiet; /* nothing but what people do with care */
};

/**
 * mix_draw_types() - some of all that there are, at least one.
 *
 * Return: FAULT_BIT() of each.
 */
unsigned mix_draw_types(struct prng *p);

/**
 * mix_draw() - the faults of a run, which are added to its schedule.
 * @has_ip6: some routers are of IPv6, which has troubles of its own.
 */
void mix_draw(struct sim *sim, const struct mix *mix, bool has_ip6);

#endif
