/* SPDX-License-Identifier: MIT */
/* Drains (P20), and what they may cost; the list of properties is in sim_check.h. */
#include "sim.h"

#define LAST 1

/* An Active_Down_Interval at the lowest priority, an interval, and what the offer takes. */
static int64_t patience_ns(const struct sim *sim, const struct sim_gateway *r)
{
	struct vrrp_config last = r->config;
	int64_t interval_ns = sim->check.interval_max_cs * 10 * SIM_MS;

	last.priority = LAST;
	return 2 * model_down_ns(&last, sim->check.interval_max_cs) + 2 * interval_ns + SIM_S;
}

/* Whether somebody has address @k, of the router or of its companion. */
static bool somebody_has(const struct sim *sim, unsigned k)
{
	for (unsigned i = 0; i < sim->routers_n; i++) {
		const struct sim_gateway *r = &sim->routers[i];

		if (k < SIM_ADDRESSES_MAX ? r->kernel.table[k].present
					  : r->companion.table[k - SIM_ADDRESSES_MAX].present)
			return true;
	}
	return false;
}

/* What is served, and can be by all. */
static uint32_t served(const struct sim *sim)
{
	unsigned n = SIM_ADDRESSES_MAX + (sim->units ? SIM_COMPANION_ADDRESSES : 0);
	uint32_t served = 0;

	for (unsigned k = 0; k < n; k++)
		served |= (uint32_t)somebody_has(sim, k) << k;
	return served &
	       (check_shared(sim) | (check_shared(sim) ? UINT32_MAX : 0) << SIM_ADDRESSES_MAX);
}

/* A unit leaves both families to whoever is Active in one, also where they elect apart. */
static bool is_mixed(const struct sim *sim)
{
	for (unsigned i = 0; i < sim->routers_n; i++)
		if (sim->units && !sim->routers[i].unit.together)
			return true;
	return false;
}

/* Nobody is about to stop. */
static bool is_steady(const struct sim *sim)
{
	for (unsigned i = 0; i < sim->routers_n; i++)
		if (sim->routers[i].keeper.stopping || sim->routers[i].leaving.told)
			return false;
	return check_is_calm(sim);
}

void check_drain(struct sim *sim, unsigned i)
{
	struct sim_gateway *r = &sim->routers[i];

	struct vrrp_config last = r->config;

	last.priority = LAST;
	if (r->drain.hold_ns)
		r->drain.offer_ns = r->drain.hold_ns + model_down_ns(&last, last.interval_cs);
	else if (r->drain.asked_ns == gateway_local_ns(sim, r))
		r->drain.offer_ns = r->drain.asked_ns + model_down_ns(&last, last.interval_cs);
	r->drain.may_offer = r->drain.until_ns ? r->drain.may_offer | unit_speaking(sim, i) : 0;
	sim->tally.drains_n++;
	if (is_steady(sim) && !is_mixed(sim)) {
		sim->tally.drains_judged_n++;
		sim->check.served |= served(sim);
		sim->check.served_ns = sim->now_ns;
	}
	if (!r->drain.until_ns)
		return;
	r->drain.due_ns =
		(r->drain.hold_ns ? gateway_global_ns(r, r->drain.hold_ns) : sim->now_ns) +
		patience_ns(sim, r);
	events_push(&sim->events, r->drain.due_ns, SIM_EVENT_DRAINED, i, 0);
}

void check_hold(struct sim *sim, const struct sim_process *process)
{
	const struct sim_drain *drain = &sim->routers[process->router].drain;
	int64_t hold_ns = process_router(process)->hold.until_ns;

	if (hold_ns != (drain->hold_ns ? drain->hold_ns : VRRP_NEVER))
		check_fail(sim, "P20", "%s is drained, and waits %s", node_name(process->router),
			   hold_ns == VRRP_NEVER ? "for no command" : "for too long a time");
}

/* The wait has ended then; a reload may have changed meanwhile how long peers need. */
static void unhold(struct sim *sim, unsigned i, int64_t then_ns)
{
	struct sim_gateway *r = &sim->routers[i];
	struct vrrp_config last = r->config;

	last.priority = LAST;
	r->drain.offer_ns = then_ns + model_down_ns(&last, last.interval_cs);
	r->drain.may_offer |= unit_speaking(sim, i);
}

void check_unheld(struct sim *sim, unsigned i)
{
	unhold(sim, i, gateway_local_ns(sim, &sim->routers[i]));
}

/* Until the command has ended, or its time has passed, or there is nothing to wait for. Return:
 * whether what it has to say is settled: by its next turn, which is due. */
static bool look_at_hold(struct sim *sim, const struct sim_process *process)
{
	struct sim_gateway *r = &sim->routers[process->router];
	bool held = process_router(process) && hold_is_on(&process_router(process)->hold);

	if (held && !r->drain.hold_ns)
		check_fail(sim, "P20", "%s waits for a command that has ended, or was none",
			   node_name(process->router));
	if (!r->drain.hold_ns)
		return true;
	if (gateway_local_ns(sim, r) >= r->drain.hold_ns) {
		unhold(sim, process->router, r->drain.hold_ns);
		drains_waited(sim, process->router);
		return true;
	}
	if (held && routers_deadline(process->routers) > r->drain.hold_ns)
		check_fail(sim, "deadline", "%s sleeps over the end of what its drain waits for",
			   node_name(process->router));
	if (held && process_router(process)->left)
		check_fail(sim, "P20", "%s leaves while a command runs",
			   node_name(process->router));
	if (unit_active(sim, process->router))
		return true;
	if (held && routers_deadline(process->routers) > gateway_local_ns(sim, r))
		check_fail(sim, "P20", "%s is not Active, and its drain waits",
			   node_name(process->router));
	if (!held)
		drains_waited(sim, process->router);
	return !held;
}

static void check_addresses_had(struct sim *sim, uint32_t addresses, const char *property)
{
	for (unsigned k = 0; k < SIM_ADDRESSES_MAX + SIM_COMPANION_ADDRESSES; k++)
		if (addresses >> k & 1 && !somebody_has(sim, k))
			check_fail(sim, property, "nobody has address %u any more", k);
}

/* Of a scenario in which whatever is done is done on purpose. */
static void check_hitless(struct sim *sim)
{
	if (!sim->check.hitless_ns || sim->now_ns < sim->check.hitless_ns)
		return;
	if (!sim->check.hitless)
		sim->check.hitless = served(sim);
	if (!sim->check.hitless)
		check_fail(sim, "hitless", "nobody serves");
	check_addresses_had(sim, sim->check.hitless, "hitless");
}

void check_served(struct sim *sim)
{
	check_hitless(sim);
	if (!sim->check.served)
		return;
	if (!is_steady(sim) || sim->faults.befell_ns > sim->check.served_ns)
		sim->check.served = 0;
	check_addresses_had(sim, sim->check.served, "P20");
}

/* Whether it, or another member of its unit, is the last resort. */
static bool is_last(const struct sim *sim, const struct sim_process *process)
{
	unsigned n = sim->routers[process->router].unit.together ? SIM_MEMBERS_OF_UNIT : 1;

	for (unsigned i = 0; process_router(process) && i < n; i++)
		if (routers_get(process->routers, i)->resort.last)
			return true;
	return false;
}

void check_drain_turn(struct sim *sim, const struct sim_process *process)
{
	unsigned i = process->router;
	struct sim_gateway *r = &sim->routers[i];
	unsigned priority = r->vr.election.priority;
	bool drained = drains_has(sim, i), waits = r->drain.hold_ns, settled;

	r->drain.may_offer &= unit_active(sim, i);
	r->drain.resort = is_last(sim, process);
	r->drain.resumed &= r->leaving.told; /* whose offer to leave no priority takes back */
	if (!drained && r->drain.until_ns)
		drains_unhold(sim, process);
	settled = look_at_hold(sim, process);
	r->drain.ran &= drained && unit_active(sim, i);
	if (waits && !r->drain.hold_ns)
		check_leave_unheld(sim, process);
	/* What it has said is not taken back by a priority; but it has to have said it. */
	if (!settled || ((r->keeper.stopping || r->leaving.told) && !r->drain.hold_ns))
		return;
	if (drained && priority != drains_priority(sim, i, &r->conf) &&
	    !(r->drain.resort && priority == LAST) &&      /* it had that before its drain waits */
	    !(drains_is_held(sim, i) && r->conf.checks.n)) /* P21: once per interval */
		check_fail(sim, "P20", "%s is drained and has priority %u", node_name(i), priority);
	if (!drained && !r->conf.checks.n && priority != drains_priority(sim, i, &r->conf) &&
	    !r->drain.resort)
		check_fail(sim, "P20", "%s is not drained and has priority %u", node_name(i),
			   priority);
	if (drained && routers_deadline(process->routers) > r->drain.until_ns)
		check_fail(sim, "deadline", "%s sleeps over the end of its drain", node_name(i));
	if (!drained)
		r->drain.until_ns = 0;
}

/* This process, and while the drain had consequences: a command may have come before those. */
static bool has_heard_no_better(const struct sim *sim, unsigned i)
{
	const struct sim_gateway *r = &sim->routers[i];

	return r->drain.equal && !r->drain.ran && !r->drain.hold_ns &&
	       sim->check.equal_ns[i] > gateway_local_at(r, r->drain.told_ns);
}

bool check_drain_offer(struct sim *sim, unsigned i)
{
	struct sim_gateway *r = &sim->routers[i];
	bool early = gateway_local_ns(sim, r) < r->drain.offer_ns;

	if (!drains_has(sim, i) || (r->drain.resort && (early || !r->drain.may_offer)))
		return false;
	if (drains_is_held(sim, i) && gateway_local_ns(sim, r) < r->drain.hold_ns)
		check_fail(sim, "P20", "%s offers to leave while a command runs", node_name(i));
	if (!r->drain.may_offer)
		check_fail(sim, "P20", "%s offers to leave once more", node_name(i));
	if (has_heard_no_better(sim, i))
		check_fail(sim, "P20", "%s offers to leave to one that is no better", node_name(i));
	if (early)
		check_fail(sim, "P20", "%s offers to leave before anybody could preempt",
			   node_name(i));
	r->drain.may_offer = 0;
	return true;
}

/* A peer that hears it, and has been there since it was drained, and would be better. */
static bool is_awaited(const struct sim *sim, unsigned i, unsigned peer)
{
	const struct sim_gateway *r = &sim->routers[i], *p = &sim->routers[peer];

	return peer != i && gateway_in_service(p) && p->vr.election.state == VRRP_STATE_BACKUP &&
	       p->config.priority > LAST && !p->keeper.stopping &&
	       gateway_is_among(sim, peer, sim->faults.group[i]) &&
	       p->vr.election.since_ns < gateway_local_at(p, r->drain.told_ns);
}

void check_drain_due(struct sim *sim, unsigned i)
{
	const struct sim_gateway *r = &sim->routers[i];

	if (sim->now_ns != r->drain.due_ns || !drains_has(sim, i) || !gateway_is_active(r) ||
	    r->drain.equal || is_mixed(sim) || r->keeper.stopping || !check_is_calm(sim) ||
	    sim->faults.befell_ns > r->drain.told_ns || r->vr.election.since_ns > r->drain.asked_ns)
		return;
	for (unsigned peer = 0; peer < sim->routers_n; peer++)
		if (is_awaited(sim, i, peer))
			check_fail(sim, "P20", "%s is drained, and serves on beside %s",
				   node_name(i), node_name(peer));
}
