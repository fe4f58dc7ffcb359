/* SPDX-License-Identifier: MIT */
/*
 * What kind of world a seed has: families, companions, units. Drawn apart from all else, so that a
 * new kind leaves the other worlds what they were; and the faults that only such a world has.
 */
#ifndef SIM_WORLD_H
#define SIM_WORLD_H

#include <stdbool.h>
#include <stdint.h>

#include "prng.h"

struct sim;

struct sim_world {
	struct prng prng; /* of what is drawn apart */
	unsigned family;
	bool companions; /* hosts have a router of the other family, too, */
	bool old;        /* of version 2, where there is one */
	bool units;      /* both elect as one, */
	bool mixed;      /* but on one host */
	bool unicast;    /* they speak to peers, */
	bool macvlans;   /* or have virtual MACs, */
	bool guests;     /* or an address elsewhere */
	bool signs;      /* adverts are signed, where there is none of the last four */
	bool overlap;    /* some routers hand over what they serve until others have announced it */
	bool drains;     /* hosts are drained; */
	bool peaceful;   /* and else they leave or reload, and nothing befalls anybody */
	struct prng drained; /* of drains, drawn apart */
	bool planned;        /* there, and nothing befalls anybody but that they leave */
	bool hooks;          /* where hosts are drained: commands run before that */
	bool sans_carrier;   /* some routers go on without a carrier */
	bool damped;         /* some routers preempt nobody when they have changed too often */
	bool checks;         /* hosts track checks, */
	bool weights;        /* none of which is a fault */
	struct prng checked; /* likewise */
	struct prng
		said; /* of what befalls announcements there; drawn apart from the others, too */
};

/* When faults may happen. */
struct sim_span {
	int64_t from_ns, until_ns, interval_ns;
	bool calm; /* nobody's state may change */
};

/**
 * world_draw() - the world of a seed.
 */
void world_draw(uint64_t seed, struct sim_world *ret_world);

/**
 * world_has_ip6() - whether any router is of IPv6.
 */
bool world_has_ip6(const struct sim_world *world);

/**
 * world_routers() - how many hosts have routers.
 * @n: as many as otherwise.
 */
unsigned world_routers(struct sim_world *world, unsigned n);

/**
 * world_furnish() - give the hosts what such a world has, behind their routers.
 * @calm: nobody's state may change.
 */
void world_furnish(struct sim *sim, struct sim_world *world, bool calm);

/**
 * world_afflict() - add the faults that only such a world has.
 */
void world_afflict(struct sim *sim, struct sim_world *world, const struct sim_span *span);

#endif
