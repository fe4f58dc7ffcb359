/* SPDX-License-Identifier: MIT */
#include "sim_mix.h"

#include "sim.h"

#define NEAR_NS (10 * SIM_MS) /* so long does one process take to follow another */

/* Which bits of a random number choose hosts: as ever, so that a seed stays the run that it was. */
#define HOST_BITS 4

unsigned mix_draw_types(struct prng *p)
{
	unsigned types = 0;

	for (unsigned type = 0; type < SIM_FAULT_START; type++)
		types |= (unsigned)prng_one_in(p, 3) << type;
	return types ? types : 1u << prng_below(p, SIM_FAULT_START);
}

/* @after: another episode that has an end, or NULL. */
static void draw_span(struct prng *p, const struct mix *mix, const struct sim_episode *after,
		      struct sim_episode *e)
{
	int64_t room = mix->until_ns - mix->from_ns;
	int64_t most = prng_one_in(p, 4) ? room : 12 * mix->interval_ns;

	e->begin_ns = prng_range(p, mix->from_ns, mix->until_ns - 1);
	if (after && prng_one_in(p, 3)) /* troubles come in bunches */
		e->begin_ns = (prng_one_in(p, 2) ? after->begin_ns : after->end_ns) +
			      prng_range(p, 0, prng_one_in(p, 2) ? NEAR_NS : mix->interval_ns / 2);
	e->end_ns = e->begin_ns + prng_range(p, 1, most);
	if (e->end_ns > mix->until_ns)
		e->end_ns = mix->until_ns;
	if (e->begin_ns > e->end_ns)
		e->begin_ns = e->end_ns;
	/* Shorter and the late timer is not late enough to be noticed; see P1 in sim_check.h. */
	if (mix->calm && e->type == SIM_FAULT_FREEZE)
		e->begin_ns = e->end_ns - (mix->missed + prng_range(p, 3, 27)) * mix->interval_ns;
	if (e->begin_ns < mix->from_ns)
		e->begin_ns = e->end_ns = mix->from_ns;
}

static void draw_loss(struct sim *sim, const struct mix *mix, struct sim_episode *e)
{
	(void)mix;
	e->amount = 10u << prng_below(&sim->prng, 6);
}

static void draw_jitter(struct sim *sim, const struct mix *mix, struct sim_episode *e)
{
	e->ns = prng_range(&sim->prng, 0, mix->jitter_ns);
}

static void draw_stall(struct sim *sim, const struct mix *mix, struct sim_episode *e)
{
	e->ns = prng_range(&sim->prng, 0, mix->stall_ns);
}

/* Who is on one side of it: routers, and hosts behind them. */
static void draw_partition(struct sim *sim, const struct mix *mix, struct sim_episode *e)
{
	struct prng *p = &sim->prng;
	unsigned everybody = (1u << sim->routers_n) - 1;
	unsigned hosts = ((1u << sim->hosts_n) - 1) << HOST_BITS;

	(void)mix;
	e->amount = (1 + prng_below(p, everybody - 1)) | ((unsigned)prng_next(p) & hosts)
								 << (SIM_ROUTERS_MAX - HOST_BITS);
}

static void draw_theft(struct sim *sim, const struct mix *mix, struct sim_episode *e)
{
	struct prng *p = &sim->prng;

	(void)mix;
	e->ns = prng_one_in(p, 3) ? 0 : prng_range(p, 10 * SIM_MS, 3 * SIM_S);
	e->amount = prng_below(p, 2);
}

/* Of one sort, or of those that hide most from vipd, or of any. */
static void draw_trouble(struct sim *sim, const struct mix *mix, struct sim_episode *e)
{
	struct prng *p = &sim->prng;

	switch (prng_below(p, 4)) {
	case 0:
		e->amount = 1u << prng_below(p, mix->calm ? 4 : 5);
		break;
	case 1:
		e->amount = SIM_TROUBLE_EVENTS | SIM_TROUBLE_DUMPS;
		break;
	case 2:
		e->amount = mix->calm ? SIM_TROUBLE_ANSWERS : SIM_TROUBLE_FRAMES;
		break;
	default:
		e->amount = 1 + prng_below(p, mix->calm ? 15 : 31);
	}
}

/* Whether the file is another one. */
static void draw_reload(struct sim *sim, const struct mix *mix, struct sim_episode *e)
{
	e->amount = !mix->calm && prng_one_in(&sim->prng, 2);
}

static void draw_freeze(struct sim *sim, const struct mix *mix, struct sim_episode *e)
{
	(void)mix;
	e->amount = prng_below(&sim->prng, 2);
	if (sim->signs) /* a clock that stood still takes a while to be found out */
		e->amount = 0;
}

static void draw_leave(struct sim *sim, const struct mix *mix, struct sim_episode *e)
{
	struct prng *p = &sim->prng;

	(void)mix;
	e->amount = prng_one_in(p, 2) ? SIM_LEAVE_PLAIN : prng_below(p, SIM_LEAVES);
}

/* How much of a fault there is: one of @n amounts from @least on, or what @draw says. Of one
 * without a row there is no more or less. */
static const struct size {
	unsigned least, n;
	void (*draw)(struct sim *sim, const struct mix *mix, struct sim_episode *e);
} sizes[SIM_FAULT_COUNT] = {
	[SIM_FAULT_LOSS] = { .draw = draw_loss },
	[SIM_FAULT_BURST] = { 1, 6 },
	[SIM_FAULT_DUPLICATE] = { 10, 300 },
	[SIM_FAULT_CORRUPT] = { 10, 300 },
	[SIM_FAULT_JITTER] = { .draw = draw_jitter },
	[SIM_FAULT_STALL] = { .draw = draw_stall },
	[SIM_FAULT_PARTITION] = { .draw = draw_partition },
	[SIM_FAULT_JUNK] = { 1, 8 },
	[SIM_FAULT_STEAL] = { .draw = draw_theft },
	[SIM_FAULT_SQUAT] = { 0, SIM_ADDRESSES_MAX + 1 },
	[SIM_FAULT_REPLACE] = { 0, 2 },
	[SIM_FAULT_KERNEL] = { .draw = draw_trouble },
	[SIM_FAULT_RELOAD] = { .draw = draw_reload },
	[SIM_FAULT_LINK] = { 0, SIM_LINK_FAULTS4 },
	[SIM_FAULT_PANIC] = { 0, SIM_VICTIMS },
	[SIM_FAULT_PROGRAM] = { 1, SIM_PROGRAMS - 1 },
	[SIM_FAULT_FREEZE] = { .draw = draw_freeze },
	[SIM_FAULT_LEAVE] = { .draw = draw_leave },
};

static void draw_size(struct sim *sim, const struct mix *mix, struct sim_episode *e)
{
	const struct size *size = &sizes[e->type];

	if (size->draw)
		size->draw(sim, mix, e);
	else if (size->n)
		e->amount = size->least + prng_below(&sim->prng, size->n);
}

static enum sim_fault_type draw_type(struct prng *p, unsigned types)
{
	enum sim_fault_type type;

	do
		type = (enum sim_fault_type)prng_below(p, SIM_FAULT_START + 1);
	while (!(types >> type & 1));
	return type;
}

static bool may_stay(const struct sim_episode *e)
{
	enum sim_fault_type type = e->type;

	if (type == SIM_FAULT_LEAVE && e->amount == SIM_LEAVE_HUNG) /* till it is killed */
		return false;
	return type == SIM_FAULT_PARTITION || type == SIM_FAULT_LEAVE || type == SIM_FAULT_CRASH ||
	       type == SIM_FAULT_LINK || type == SIM_FAULT_WITHDRAW || type == SIM_FAULT_SQUAT ||
	       type == SIM_FAULT_REPLACE;
}

/* What is worst at the same time on one host, or, of @peer, on two. */
static const struct pair {
	enum sim_fault_type first, second;
	bool peer;
	bool near; /* it begins right behind the first one, and not anywhere in it */
	unsigned first_amount, second_amount;
} pairs[] = {
	{ SIM_FAULT_RELOAD, SIM_FAULT_LEAVE, false, true, 0, 0 },
	{ SIM_FAULT_PANIC, SIM_FAULT_PANIC, false, true, SIM_VICTIM_HEIRS, SIM_VICTIM_CURRENT },
	{ SIM_FAULT_KERNEL, SIM_FAULT_REPLACE, false, false, SIM_TROUBLE_EVENTS | SIM_TROUBLE_DUMPS,
	  0 },
	{ SIM_FAULT_STOP, SIM_FAULT_LEAVE, true, false, 0, 0 },
	{ SIM_FAULT_CRASH, SIM_FAULT_FORGET, true, false, 0, 0 },
};

static void draw_pair(struct sim *sim, const struct mix *mix)
{
	struct prng *p = &sim->prng;
	const struct pair *pair = &pairs[prng_below(p, sizeof(pairs) / sizeof(pairs[0]))];
	struct sim_episode first = { .type = pair->first,
				     .node = (uint8_t)prng_below(p, sim->routers_n),
				     .amount = pair->first_amount };
	struct sim_episode second = { .type = pair->second,
				      .node = first.node,
				      .peer = (uint8_t)prng_below(p, sim->routers_n),
				      .amount = pair->second_amount };

	if (mix->calm || !(mix->types >> pair->first & 1) || !(mix->types >> pair->second & 1))
		return;
	if (pair->peer)
		second.node = (uint8_t)((first.node + 1) % sim->routers_n);
	draw_span(p, mix, NULL, &first);
	second.begin_ns =
		prng_range(p, first.begin_ns, pair->near ? first.begin_ns + NEAR_NS : first.end_ns);
	if (second.begin_ns > mix->until_ns)
		second.begin_ns = mix->until_ns;
	second.end_ns = prng_range(p, second.begin_ns, mix->until_ns);
	fault_add(sim, &first);
	fault_add(sim, &second);
}

static void draw_episodes(struct sim *sim, const struct mix *mix)
{
	struct prng *p = &sim->prng;
	const struct sim_episode *last = NULL;
	bool split_for_good = false;

	for (unsigned n = 1 + prng_below(p, 16); n; n--) {
		bool again = last && prng_one_in(p, 3); /* one host has more than its share */
		struct sim_episode e = { .type = draw_type(p, mix->types),
					 .node = again ? last->node
						       : (uint8_t)prng_below(p, sim->routers_n) };

		e.peer = (uint8_t)((e.node + 1 + prng_below(p, sim->routers_n - 1)) %
				   sim->routers_n);
		if (e.type == SIM_FAULT_CUT && prng_one_in(p, 3))
			e.peer = (uint8_t)(SIM_ROUTERS_MAX + prng_below(p, sim->hosts_n));
		draw_span(p, mix, last, &e);
		draw_size(sim, mix, &e);
		if (may_stay(&e) && !split_for_good && prng_one_in(p, 12)) {
			split_for_good = e.type == SIM_FAULT_PARTITION;
			e.end_ns = VRRP_NEVER;
		}
		fault_add(sim, &e);
		if (e.end_ns != VRRP_NEVER)
			last = &sim->faults.episodes[sim->faults.n - 1];
	}
}

/* IPv6 has troubles of its own. */
static void draw_ip6(struct sim *sim, const struct mix *mix)
{
	struct prng *p = &sim->prng;

	for (unsigned i = 0; i < sim->routers_n; i++) {
		sim->routers[i].kernel.ip6.forwards = prng_one_in(p, 2);
		if (sim->routers[i].config.family == 6 && !mix->calm &&
		    prng_one_in(p, 3)) /* vipd starts before it is usable */
			ip6_begin_dad(sim, i, SIM_OWN_MAX - 1);
	}
	for (unsigned n = prng_below(p, 4); n; n--) {
		struct sim_episode e = { .type = mix->calm || mix->quiet || prng_one_in(p, 3)
							 ? SIM_FAULT_ROUTE
							 : SIM_FAULT_LINK,
					 .node = (uint8_t)prng_below(p, sim->routers_n),
					 .amount = prng_below(p, SIM_LINK_FAULTS) };

		draw_span(p, mix, NULL, &e);
		if (e.type == SIM_FAULT_ROUTE && prng_one_in(p, 4))
			e.end_ns = VRRP_NEVER;
		fault_add(sim, &e);
	}
}

void mix_draw(struct sim *sim, const struct mix *mix, bool has_ip6)
{
	draw_episodes(sim, mix);
	for (unsigned n = prng_below(&sim->prng, 4); n; n--)
		draw_pair(sim, mix);
	if (has_ip6)
		draw_ip6(sim, mix);
}
