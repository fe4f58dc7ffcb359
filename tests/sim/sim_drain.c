/* SPDX-License-Identifier: MIT */
#include "sim_drain.h"

#include "sim.h"

#define LAST 1 /* the priority of a router that is drained */

static void ask(struct sim *sim, unsigned i, int64_t span_ns)
{
	struct sim_process *process = keeper_speaker(sim, i);

	if (!process || !gateway_runs(sim, i) || process->conf.absent)
		return;
	process->asked_to_drain = true;
	process->drain_span_ns = span_ns;
	process_wake(sim, process);
}

void drains_begin(struct sim *sim, const struct sim_episode *e)
{
	bool timed = e->amount == SIM_DRAIN_TIMED && e->end_ns != VRRP_NEVER;

	if (timed)
		trace(sim, "%s is to be drained for %.3f ms", node_name(e->node),
		      (double)(e->end_ns - e->begin_ns) / SIM_MS);
	else
		trace(sim, "%s is to be drained", node_name(e->node));
	ask(sim, e->node, timed ? e->end_ns - e->begin_ns : VRRP_NEVER);
}

void drains_end(struct sim *sim, const struct sim_episode *e)
{
	if (e->amount == SIM_DRAIN_TIMED)
		return;
	trace(sim, "%s is to be resumed", node_name(e->node));
	ask(sim, e->node, 0);
}

/* What an Active waits for when it is drained, once. Whoever leaves waits for nothing; that it is
 * to its process knows when it has been told, at the end of a turn. */
static void begin_hold(struct sim *sim, unsigned i, bool drained, int64_t now_ns)
{
	struct sim_gateway *r = &sim->routers[i];

	if (drained || !r->conf.hook_ns || !unit_active(sim, i) || r->leaving.told)
		return;
	r->drain.hold_ns = now_ns + r->conf.hook_ns + SIM_S;
	r->drain.hooked_ns =
		r->conf.hooked_ns == VRRP_NEVER ? VRRP_NEVER : now_ns + r->conf.hooked_ns;
}

/* Whoever runs it tells the process that speaks, and each one anew that asks. */
static void end_hold(struct sim *sim, struct sim_process *process, int64_t now_ns)
{
	struct sim_gateway *r = &sim->routers[process->router];

	if (!r->drain.hold_ns || now_ns < r->drain.hooked_ns)
		return;
	trace(sim, "%s: the command before the drain has ended", node_name(process->router));
	process_release(process, r->drain.hold_ns);
	r->drain.hold_ns = 0;
	check_unheld(sim, process->router);
}

void drains_serve(struct sim *sim, struct sim_process *process)
{
	unsigned i = process->router;
	struct sim_gateway *r = &sim->routers[i];
	int64_t span_ns = process->drain_span_ns, now_ns = gateway_local_ns(sim, r);

	end_hold(sim, process, now_ns);
	if (!process->asked_to_drain)
		return;
	process->asked_to_drain = false;
	span_ns += span_ns && span_ns != VRRP_NEVER ? now_ns : 0;
	if (r->conf.vrrp.priority != VRRP_PRIORITY_OWNER) { /* which cannot be */
		if (!drains_has(sim, i))
			r->drain.may_offer = 0;
		if (!r->drain.may_offer) /* else the offer is due as ever */
			r->drain.asked_ns = now_ns;
		if (span_ns)
			begin_hold(sim, i, drains_has(sim, i), now_ns);
		else
			r->drain.hold_ns = 0;
		r->drain.until_ns = span_ns;
		r->drain.told_ns = sim->now_ns;
		check_drain(sim, i);
	}
	process_drain(process, span_ns);
	check_hold(sim, process);
	if (r->drain.hold_ns && r->drain.hooked_ns != VRRP_NEVER)
		events_push(&sim->events, gateway_global_ns(r, r->drain.hooked_ns),
			    SIM_EVENT_HOOKED, i, 0);
}

void drains_hooked(struct sim *sim, unsigned i)
{
	struct sim_process *process = keeper_speaker(sim, i);

	if (process && gateway_runs(sim, i) && !process->conf.absent)
		process_wake(sim, process);
}

bool drains_has(const struct sim *sim, unsigned i)
{
	const struct sim_gateway *r = &sim->routers[i];

	return r->drain.until_ns && gateway_local_ns(sim, r) < r->drain.until_ns;
}

bool drains_is_held(const struct sim *sim, unsigned i)
{
	return drains_has(sim, i) && sim->routers[i].drain.hold_ns;
}

unsigned drains_priority(const struct sim *sim, unsigned i, const struct sim_conf *conf)
{
	bool owner = conf->vrrp.priority == VRRP_PRIORITY_OWNER;

	return drains_has(sim, i) && !drains_is_held(sim, i) && !owner
		       ? LAST
		       : checks_priority(sim, i, conf);
}

/* A configuration without the router, or in which it is an owner, has no drain of it either. */
void drains_went(struct sim *sim, const struct sim_process *process, bool lives)
{
	struct sim_drain *drain = &sim->routers[process->router].drain;

	if (process->conf.absent || process->conf.vrrp.priority == VRRP_PRIORITY_OWNER) {
		drain->unsure = !lives && drain->until_ns;
		drain->until_ns = lives ? 0 : drain->until_ns;
		drain->hold_ns = 0;
	} else if (lives && drain->unsure) {
		drain->until_ns = process_router(process)->drain.until_ns;
		drain->unsure = false;
	}
}

/* Until a peer that preempts has come, or one that does not was offered the addresses, and after
 * its end until the router has them again. */
int64_t drains_late_ns(const struct sim *sim)
{
	int64_t late_ns = 0;

	for (unsigned i = 0; i < sim->routers_n; i++) {
		const struct sim_gateway *r = &sim->routers[i];
		int64_t left_ns = r->drain.due_ns - sim->now_ns;

		if (!r->up || !drains_has(sim, i))
			continue;
		if (r->drain.until_ns != VRRP_NEVER)
			left_ns = gateway_global_ns(r, r->drain.until_ns) - sim->now_ns;
		if (left_ns > late_ns)
			late_ns = left_ns;
	}
	return late_ns;
}
