/* SPDX-License-Identifier: MIT */
#include "sim_fault.h"

#include <assert.h>

#include "sim.h"
#include "sim_route.h"
#include "sim_junk.h"
#include "sim_watch.h"

void fault_add(struct sim *sim, const struct sim_episode *episode)
{
	struct sim_faults *faults = &sim->faults;
	unsigned i = faults->n++;

	assert(faults->n <= SIM_EPISODES_MAX);
	faults->episodes[i] = *episode;
	events_push(&sim->events, episode->begin_ns, SIM_EVENT_FAULT_BEGIN, i, 0);
	if (episode->end_ns != VRRP_NEVER)
		events_push(&sim->events, episode->end_ns, SIM_EVENT_FAULT_END, i, 0);
}

static bool concerns_router(enum sim_fault_type type)
{
	return type == SIM_FAULT_STOP || type == SIM_FAULT_FREEZE || type == SIM_FAULT_LINK ||
	       type == SIM_FAULT_LEAVE || type == SIM_FAULT_CRASH || type == SIM_FAULT_HANG ||
	       type == SIM_FAULT_WITHDRAW;
}

static bool concerns_process(enum sim_fault_type type)
{
	return type == SIM_FAULT_PANIC || type == SIM_FAULT_RELOAD || type == SIM_FAULT_PROGRAM;
}

static void all_paths(struct sim *sim,
		      void (*apply)(struct sim *sim, unsigned from, unsigned to,
				    const struct sim_episode *e),
		      const struct sim_episode *e)
{
	for (unsigned from = 0; from < SIM_NODES_MAX; from++)
		for (unsigned to = 0; to < SIM_NODES_MAX; to++)
			apply(sim, from, to, e);
}

static void path_reset(struct sim *sim, unsigned from, unsigned to, const struct sim_episode *e)
{
	struct sim_path *path = &sim->net.paths[from][to];

	(void)e;
	path->cut = false;
	path->loss = path->duplicate = path->corrupt = 0;
	path->loss_of[0] = path->loss_of[1] = 0;
	path->jitter_ns = 0;
}

static const struct {
	const char *says;
	bool cut;
} ways[SIM_LINK_FAULTS] = {
	[SIM_LINK_DOWN] = { "goes down", true },
	[SIM_LINK_UNPLUGGED] = { "is unplugged", true },
	[SIM_LINK_REMOVED] = { "is removed", true },
	[SIM_LINK_BARE] = { "loses its own address", false },
	[SIM_LINK_NO_IP6] = { "has no IPv6 any more", false },
	[SIM_LINK_NARROW] = { "gets a small MTU", false },
	[SIM_LINK_DUPLICATE] = { "loses its own address to somebody else", false },
	[SIM_LINK_RENUMBERED] = { "gets another address of its own", false },
};

static void path_apply(struct sim *sim, unsigned from, unsigned to, const struct sim_episode *e)
{
	struct sim_path *path = &sim->net.paths[from][to];

	switch (e->type) {
	case SIM_FAULT_LOSS:
		path->loss = e->amount;
		break;
	case SIM_FAULT_DUPLICATE:
		path->duplicate = e->amount;
		break;
	case SIM_FAULT_JITTER:
		path->jitter_ns = e->ns;
		break;
	case SIM_FAULT_CORRUPT:
		path->corrupt = e->amount;
		break;
	case SIM_FAULT_CUT:
		path->cut |= from == e->node && to == e->peer;
		break;
	case SIM_FAULT_PARTITION:
		path->cut |= (e->amount >> from & 1) != (e->amount >> to & 1);
		break;
	case SIM_FAULT_LINK:
		path->cut |=
			(from == e->node || to == e->node) && ways[e->amount % SIM_LINK_FAULTS].cut;
		break;
	case SIM_FAULT_FAMILY:
		unit_apply(sim, from, to, e);
		break;
	case SIM_FAULT_BURST:
	case SIM_FAULT_STALL:
	case SIM_FAULT_STOP:
	case SIM_FAULT_FREEZE:
	case SIM_FAULT_LEAVE:
	case SIM_FAULT_CRASH:
	case SIM_FAULT_PANIC:
	case SIM_FAULT_HANG:
	case SIM_FAULT_RELOAD:
	case SIM_FAULT_FORGET:
	case SIM_FAULT_WITHDRAW:
	case SIM_FAULT_STEAL:
	case SIM_FAULT_SQUAT:
	case SIM_FAULT_REPLACE:
	case SIM_FAULT_KERNEL:
	case SIM_FAULT_SOURCE:
	case SIM_FAULT_PROGRAM:
	case SIM_FAULT_JUNK:
	case SIM_FAULT_SAY:
	case SIM_FAULT_START:
	case SIM_FAULT_ROUTE:
	case SIM_FAULT_MACVLAN:
	case SIM_FAULT_GUEST:
	case SIM_FAULT_DRAIN:
	case SIM_FAULT_CHECK:
	case SIM_FAULT_COUNT:
		break;
	}
}

/* What is in effect now, from all episodes that are on. */
static void recompute(struct sim *sim)
{
	all_paths(sim, path_reset, NULL);
	for (unsigned i = 0; i < sim->routers_n; i++)
		if (sim->routers[i].stall_ns) {
			sim->routers[i].stall_ns = 0;
			check_shaken(sim, i);
		}
	for (unsigned i = 0; i < SIM_NODES_MAX; i++)
		sim->faults.group[i] = 0;
	for (unsigned i = 0; i < sim->faults.n; i++) {
		const struct sim_episode *e = &sim->faults.episodes[i];

		if (!e->on)
			continue;
		all_paths(sim, path_apply, e);
		if (e->type == SIM_FAULT_STALL)
			sim->routers[e->node].stall_ns = e->ns;
		if (e->type == SIM_FAULT_PARTITION)
			for (unsigned node = 0; node < SIM_NODES_MAX; node++)
				sim->faults.group[node] = e->amount >> node & 1;
	}
}

static void describe_nodes(const struct sim_episode *e, char *buf, size_t len)
{
	size_t n = 0;

	buf[0] = 0;
	for (unsigned node = 0; node < SIM_NODES_MAX && n < len; node++)
		if (e->amount >> node & 1)
			n += (size_t)snprintf(buf + n, len - n, " %s", node_name(node));
}

/* Faults of whole routers narrate themselves. */
static void narrate_begin(const struct sim *sim, const struct sim_episode *e)
{
	char nodes[64];

	switch (e->type) {
	case SIM_FAULT_LOSS:
		trace(sim, "the network loses %.1f %% of all packets", e->amount / 10.0);
		break;
	case SIM_FAULT_BURST:
		trace(sim, "the network loses %u packets from %s to %s", e->amount,
		      node_name(e->node), node_name(e->peer));
		break;
	case SIM_FAULT_DUPLICATE:
		trace(sim, "the network doubles %.1f %% of all packets", e->amount / 10.0);
		break;
	case SIM_FAULT_JITTER:
		trace(sim, "the network delays packets by up to %.3f ms", (double)e->ns / SIM_MS);
		break;
	case SIM_FAULT_CORRUPT:
		trace(sim, "the network damages %.1f %% of all adverts", e->amount / 10.0);
		break;
	case SIM_FAULT_CUT:
		trace(sim, "the path from %s to %s is cut", node_name(e->node), node_name(e->peer));
		break;
	case SIM_FAULT_PARTITION:
		describe_nodes(e, nodes, sizeof(nodes));
		trace(sim, "the network is split:%s on one side", nodes);
		break;
	case SIM_FAULT_STALL:
		trace(sim, "%s is scheduled up to %.3f ms late", node_name(e->node),
		      (double)e->ns / SIM_MS);
		break;
	case SIM_FAULT_LINK:
		trace(sim, "the link of %s %s", node_name(e->node),
		      ways[e->amount % SIM_LINK_FAULTS].says);
		break;
	case SIM_FAULT_KERNEL:
		trace(sim, "the kernel of %s has trouble", node_name(e->node));
		break;
	case SIM_FAULT_SOURCE:
		trace(sim, "%s gets one more address of its own", node_name(e->node));
		break;
	case SIM_FAULT_JUNK:
	case SIM_FAULT_SAY:
	case SIM_FAULT_STOP:
	case SIM_FAULT_FREEZE:
	case SIM_FAULT_LEAVE:
	case SIM_FAULT_CRASH:
	case SIM_FAULT_PANIC:
	case SIM_FAULT_HANG:
	case SIM_FAULT_RELOAD:
	case SIM_FAULT_FORGET:
	case SIM_FAULT_WITHDRAW:
	case SIM_FAULT_STEAL:
	case SIM_FAULT_SQUAT:
	case SIM_FAULT_REPLACE:
	case SIM_FAULT_PROGRAM:
	case SIM_FAULT_START:
	case SIM_FAULT_ROUTE:
	case SIM_FAULT_MACVLAN:
	case SIM_FAULT_GUEST:
	case SIM_FAULT_FAMILY:
	case SIM_FAULT_DRAIN:
	case SIM_FAULT_CHECK:
	case SIM_FAULT_COUNT:
		break;
	}
}

static void narrate_end(const struct sim *sim, const struct sim_episode *e)
{
	static const char *const words[SIM_FAULT_COUNT] = {
		[SIM_FAULT_LOSS] = "no more loss",
		[SIM_FAULT_DUPLICATE] = "no more duplicates",
		[SIM_FAULT_JITTER] = "no more delays",
		[SIM_FAULT_CORRUPT] = "no more damage",
		[SIM_FAULT_CUT] = "the cut is mended",
		[SIM_FAULT_PARTITION] = "the split is mended",
		[SIM_FAULT_STALL] = "no more late scheduling",
		[SIM_FAULT_KERNEL] = "the kernel's trouble is over",
		[SIM_FAULT_SOURCE] = "the additional address goes again",
		[SIM_FAULT_LINK] = "the link is mended",
	};

	if (words[e->type])
		trace(sim, "%s", words[e->type]);
}

static bool can_suffer(const struct sim *sim, const struct sim_episode *e)
{
	const struct sim_gateway *r = &sim->routers[e->node];

	if (concerns_process(e->type))
		return r->up && r->pause == SIM_RUNNING && !r->keeper.stopping;
	if (!concerns_router(e->type))
		return true;
	/*
	 * Calm runs leave the Active alone: there is no failover that they allow. And the grace for
	 * late timers is given once between two adverts, so there is time for one between pauses.
	 */
	if (sim->check.frozen &&
	    (gateway_is_active(r) ||
	     sim->now_ns < r->healthy_ns + 2 * sim->check.interval_max_cs * 10 * SIM_MS))
		return false;
	if (e->type == SIM_FAULT_LEAVE || e->type == SIM_FAULT_CRASH) /* at any moment */
		return r->up && r->pause == SIM_RUNNING && !r->afflicted && !r->keeper.stopping;
	return gateway_runs(sim, e->node) && !r->afflicted && !r->keeper.stopping;
}

static void link_begin(struct sim *sim, unsigned i, unsigned how)
{
	switch ((enum sim_link_fault)how) {
	case SIM_LINK_DOWN:
		kernel_set_link(sim, i, false, true);
		break;
	case SIM_LINK_UNPLUGGED:
		kernel_set_link(sim, i, true, false);
		break;
	case SIM_LINK_REMOVED:
		kernel_remove_link(sim, i);
		break;
	case SIM_LINK_BARE:
		for (unsigned n = 0; n < SIM_OWN_MAX; n++)
			kernel_set_own(sim, i, n, false);
		break;
	case SIM_LINK_NO_IP6:
		ip6_set_off(sim, i, true);
		break;
	case SIM_LINK_NARROW:
		ip6_set_narrow(sim, i, true);
		break;
	case SIM_LINK_DUPLICATE:
		ip6_set_duplicate(sim, i, true);
		break;
	case SIM_LINK_RENUMBERED:
		ip6_renumber(sim, i, 0);
		break;
	case SIM_LINK_FAULTS:
		break;
	}
}

static void link_end(struct sim *sim, unsigned i, unsigned how)
{
	if (sim->routers[i].healthy_ns < sim->now_ns)
		sim->routers[i].healthy_ns = sim->now_ns;
	switch ((enum sim_link_fault)how) {
	case SIM_LINK_DOWN:
	case SIM_LINK_UNPLUGGED:
		kernel_set_link(sim, i, true, true);
		break;
	case SIM_LINK_REMOVED:
		kernel_create_link(sim, i);
		break;
	case SIM_LINK_BARE:
		kernel_set_own(sim, i, SIM_OWN_MAX - 1, true);
		break;
	case SIM_LINK_NO_IP6:
		ip6_set_off(sim, i, false);
		break;
	case SIM_LINK_NARROW:
		ip6_set_narrow(sim, i, false);
		break;
	case SIM_LINK_DUPLICATE:
		ip6_set_duplicate(sim, i, false);
		break;
	case SIM_LINK_RENUMBERED:
		ip6_renumber(sim, i, SIM_OWN_MAX - 1);
		break;
	case SIM_LINK_FAULTS:
		break;
	}
}

static void withdraw(struct sim *sim, unsigned i)
{
	sim->routers[i].withdrawn = sim->routers[i].file.absent = true;
	keeper_reload(sim, i);
}

static void router_begin(struct sim *sim, const struct sim_episode *e)
{
	sim->routers[e->node].afflicted = true;
	if (e->type == SIM_FAULT_STOP)
		gateway_pause(sim, e->node, SIM_STOPPED);
	else if (e->type == SIM_FAULT_FREEZE)
		gateway_pause(sim, e->node, SIM_FROZEN);
	else if (e->type == SIM_FAULT_LINK)
		link_begin(sim, e->node, e->amount % SIM_LINK_FAULTS);
	else if (e->type == SIM_FAULT_LEAVE)
		gateway_leave(sim, e->node, (enum sim_leave)e->amount);
	else if (e->type == SIM_FAULT_CRASH)
		gateway_crash(sim, e->node);
	else if (e->type == SIM_FAULT_HANG)
		keeper_hang(sim, e->node);
	else if (e->type == SIM_FAULT_WITHDRAW)
		withdraw(sim, e->node);
}

static void router_end(struct sim *sim, const struct sim_episode *e)
{
	struct sim_gateway *r = &sim->routers[e->node];

	r->afflicted = false;
	if (e->type == SIM_FAULT_WITHDRAW)
		r->withdrawn = r->file.absent = false;
	if (e->type == SIM_FAULT_LINK)
		link_end(sim, e->node, e->amount % SIM_LINK_FAULTS);
	if (r->up && r->keeper.stopping)
		r->keeper.start_again = true;
	else if (!r->up)
		gateway_start(sim, e->node);
	else if (e->type == SIM_FAULT_STOP || e->type == SIM_FAULT_FREEZE)
		gateway_resume(sim, e->node, e->type == SIM_FAULT_FREEZE && e->amount);
	else if (e->type == SIM_FAULT_HANG)
		keeper_unhang(sim, e->node);
	else if (e->type == SIM_FAULT_WITHDRAW)
		keeper_reload(sim, e->node);
	if (e->type == SIM_FAULT_LEAVE && r->up) {
		keeper_unhang(sim, e->node);
		keeper_spare(sim, e->node);
	}
}

/* One of the router's, or a neighbour of theirs in the same subnet. */
static unsigned squatted(const struct sim_gateway *r, const struct sim_episode *e)
{
	return (e->peer + e->amount) % (r->addresses_n + (r->addresses_n < SIM_ADDRESSES_MAX));
}

/* @changed: with the other configuration. */
static void reload(struct sim *sim, unsigned i, bool changed)
{
	struct sim_gateway *r = &sim->routers[i];
	bool absent = r->file.absent;

	r->file = changed ? r->other : r->conf;
	r->file.absent = absent;
	keeper_reload(sim, i);
}

static void install(struct sim *sim, unsigned i, enum sim_program program)
{
	static const char *const programs[SIM_PROGRAMS] = {
		[SIM_PROGRAM_GOOD] = "the old one",
		[SIM_PROGRAM_SLOW] = "never ready",
		[SIM_PROGRAM_DEAD] = "broken",
		[SIM_PROGRAM_LIAR] = "broken later",
		[SIM_PROGRAM_MUTE] = "mute",
		[SIM_PROGRAM_UNSTARTABLE] = "not one",
		[SIM_PROGRAM_UNFIT] = "no keeper",
		[SIM_PROGRAM_STUCK] = "stuck",
		[SIM_PROGRAM_UNEXECUTABLE] = "not executable",
		[SIM_PROGRAM_ANOTHER] = "another good one",
	};

	if (!sim->routers[i].up)
		return;
	trace(sim, "%s gets a program that is %s", node_name(i), programs[program]);
	keeper_install(sim, i, program);
	keeper_reload(sim, i);
}

/* What happens on one host and to one process. */
static void host_begin(struct sim *sim, unsigned i, const struct sim_episode *e)
{
	struct sim_gateway *r = &sim->routers[e->node];

	if (e->type == SIM_FAULT_PANIC)
		keeper_panic(sim, e->node, (enum sim_victims)e->amount);
	else if (e->type == SIM_FAULT_RELOAD)
		reload(sim, e->node, e->amount);
	else if (e->type == SIM_FAULT_PROGRAM)
		install(sim, e->node, (enum sim_program)e->amount);
	else if (e->type == SIM_FAULT_FORGET)
		gateway_forget(sim, e->node);
	else if (e->type == SIM_FAULT_SOURCE)
		kernel_set_own(sim, e->node, 0, true);
	else if (e->type == SIM_FAULT_STEAL)
		fault_theft(sim, i);
	else if (e->type == SIM_FAULT_SQUAT)
		kernel_squat(sim, e->node, squatted(r, e), true);
	else if (e->type == SIM_FAULT_REPLACE && e->amount)
		r->meddled = 1 + e->peer % r->addresses_n;
	else if (e->type == SIM_FAULT_REPLACE)
		kernel_replace(sim, e->node, e->peer % r->addresses_n);
	else if (e->type == SIM_FAULT_KERNEL)
		kernel_trouble(sim, e->node, e->amount);
	else if (e->type == SIM_FAULT_FAMILY)
		unit_begin(sim, e);
	else if (e->type == SIM_FAULT_MACVLAN)
		macvlan_begin(sim, e);
	else if (e->type == SIM_FAULT_GUEST)
		guest_begin(sim, e);
	else if (e->type == SIM_FAULT_DRAIN)
		drains_begin(sim, e);
	else if (e->type == SIM_FAULT_CHECK)
		checker_begin(sim, e);
	else if (e->type == SIM_FAULT_ROUTE)
		ip6_set_forwards(sim, e->node, !r->kernel.ip6.forwards);
}

static void host_end(struct sim *sim, const struct sim_episode *e)
{
	struct sim_gateway *r = &sim->routers[e->node];

	if (e->type == SIM_FAULT_PANIC) {
		keeper_spare(sim, e->node);
		if (!r->up && !r->afflicted) /* after a last will */
			gateway_start(sim, e->node);
	} else if (e->type == SIM_FAULT_PROGRAM) {
		keeper_mend(sim, e->node);
		if (r->up && !r->keeper.stopping)
			keeper_reload(sim, e->node);
	} else if (e->type == SIM_FAULT_SOURCE) {
		kernel_set_own(sim, e->node, 0, false);
	} else if (e->type == SIM_FAULT_SQUAT) {
		kernel_squat(sim, e->node, squatted(r, e), false);
	} else if (e->type == SIM_FAULT_REPLACE) {
		r->meddled = 0;
		kernel_squat(sim, e->node, e->peer % r->addresses_n, false);
	} else if (e->type == SIM_FAULT_KERNEL) {
		kernel_trouble(sim, e->node, 0);
	} else if (e->type == SIM_FAULT_FAMILY) {
		unit_end(sim, e);
	} else if (e->type == SIM_FAULT_MACVLAN) {
		macvlan_end(sim, e);
	} else if (e->type == SIM_FAULT_GUEST) {
		guest_end(sim, e);
	} else if (e->type == SIM_FAULT_DRAIN) {
		drains_end(sim, e);
	} else if (e->type == SIM_FAULT_CHECK) {
		checker_end(sim, e);
	} else if (e->type == SIM_FAULT_ROUTE) {
		ip6_set_forwards(sim, e->node, !r->kernel.ip6.forwards);
	}
}

bool fault_befalls(const struct sim_episode *e)
{
	bool plain = e->type == SIM_FAULT_LEAVE || e->type == SIM_FAULT_RELOAD;

	return !(plain && !e->amount) && e->type != SIM_FAULT_WITHDRAW &&
	       e->type != SIM_FAULT_ROUTE && e->type != SIM_FAULT_START &&
	       e->type != SIM_FAULT_DRAIN;
}

void fault_meddle(struct sim *sim, unsigned i)
{
	if (sim->routers[i].meddled)
		kernel_replace(sim, i, sim->routers[i].meddled - 1);
}

void fault_theft(struct sim *sim, unsigned i)
{
	const struct sim_episode *e = &sim->faults.episodes[i];
	const struct sim_gateway *r = &sim->routers[e->node];

	if (!e->on)
		return;
	for (unsigned k = 0; k < r->addresses_n; k++)
		if (e->amount || k == e->peer % r->addresses_n)
			kernel_steal(sim, e->node, k);
	route_steal(sim, e->node);
	if (e->ns && sim->now_ns + e->ns < e->end_ns)
		events_push(&sim->events, sim->now_ns + e->ns, SIM_EVENT_THEFT, i, 0);
}

void fault_begin(struct sim *sim, unsigned i)
{
	struct sim_episode *e = &sim->faults.episodes[i];

	if (!can_suffer(sim, e))
		return;
	e->on = true;
	if (fault_befalls(e))
		sim->faults.befell_ns = sim->now_ns;
	narrate_begin(sim, e);
	recompute(sim);
	if (concerns_router(e->type))
		router_begin(sim, e);
	else if (e->type == SIM_FAULT_BURST)
		sim->net.paths[e->node][e->peer].burst = e->amount;
	else if (e->type == SIM_FAULT_JUNK)
		junk_send(sim, e->node, e->amount);
	else if (e->type == SIM_FAULT_SAY)
		watch_stranger(sim, e->node, e->amount % sim->routers[e->node].addresses_n);
	else if (e->type == SIM_FAULT_START)
		gateway_start(sim, e->node);
	else
		host_begin(sim, i, e);
}

void fault_end(struct sim *sim, unsigned i)
{
	struct sim_episode *e = &sim->faults.episodes[i];

	if (!e->on)
		return;
	e->on = false;
	if (fault_befalls(e))
		sim->faults.befell_ns = sim->now_ns;
	narrate_end(sim, e);
	recompute(sim);
	if (concerns_router(e->type))
		router_end(sim, e);
	else if (e->type == SIM_FAULT_BURST)
		sim->net.paths[e->node][e->peer].burst = 0;
	else
		host_end(sim, e);
}
