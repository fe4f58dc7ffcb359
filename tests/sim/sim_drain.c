/* SPDX-License-Identifier: MIT */
#include "sim_drain.h"

#include "sim.h"

#define LAST 1 /* the priority of a router that is drained */

/* Behind what a removal has waited for: a reload, and another one that was put off. */
#define AFTER_NS (5 * SIM_S)

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

static void hold(struct sim *sim, unsigned i, const struct sim_conf *conf, enum event_before before,
		 uint8_t base)
{
	struct sim_gateway *r = &sim->routers[i];
	int64_t now_ns = gateway_local_ns(sim, r);

	r->drain.hold_ns = now_ns + conf->hook_ns + SIM_S;
	r->drain.hooked_ns = conf->hooked_ns == VRRP_NEVER ? VRRP_NEVER : now_ns + conf->hooked_ns;
	r->drain.before = (uint8_t)before;
	r->drain.base = base;
	r->drain.free_ns = gateway_global_ns(r, r->drain.hold_ns) + AFTER_NS;
	if (r->drain.hooked_ns != VRRP_NEVER)
		events_push(&sim->events, gateway_global_ns(r, r->drain.hooked_ns),
			    SIM_EVENT_HOOKED, i, 0);
}

/* What an Active waits for when it is to leave on purpose; whoever is drained has waited before
 * that, and it was for all. */
static void begin_hold(struct sim *sim, unsigned i, enum event_before before, uint8_t base)
{
	const struct sim_gateway *r = &sim->routers[i];

	if (!r->drain.hold_ns && !(drains_has(sim, i) && r->drain.ran) && r->conf.hook_ns &&
	    unit_active(sim, i))
		hold(sim, i, &r->conf, before, base);
}

void drains_leave(struct sim *sim, unsigned i, enum event_before before)
{
	begin_hold(sim, i, before, sim->routers[i].conf.vrrp.priority);
}

/* An Active whose priority a reload lowers; what it waits for already is not for nothing as long
 * as the priority is a lower one. */
void drains_go(struct sim *sim, const struct sim_process *process)
{
	struct sim_gateway *r = &sim->routers[process->router];
	const struct sim_conf *conf = &process->conf;
	bool waits = r->drain.hold_ns && r->drain.before == EVENT_BEFORE_PRIORITY;
	uint8_t before = r->conf.vrrp.priority;

	if (drains_has(sim, process->router) || r->conf.absent || conf->absent)
		return;
	if (waits && r->drain.base > before)
		before = r->drain.base;
	if (r->drain.hold_ns &&
	    (!waits || before <= conf->vrrp.priority || !unit_active(sim, process->router)))
		r->drain.hold_ns = 0;
	if (!r->drain.hold_ns && before > conf->vrrp.priority && conf->hook_ns &&
	    unit_active(sim, process->router))
		hold(sim, process->router, conf, EVENT_BEFORE_PRIORITY, before);
}

bool drains_lowers(struct sim *sim, unsigned i, unsigned priority)
{
	struct sim_drain *drain = &sim->routers[i].drain;
	bool lowers = drain->before == EVENT_BEFORE_PRIORITY && drain->base > priority;

	if (lowers)
		drain->base = 0;
	return lowers;
}

void drains_waited(struct sim *sim, unsigned i)
{
	struct sim_drain *drain = &sim->routers[i].drain;

	drain->hold_ns = 0;
	drain->waits = false;
	drain->ran = drains_has(sim, i) && unit_active(sim, i);
}

void drains_unhold(struct sim *sim, const struct sim_process *process)
{
	unsigned i = process->router;
	struct sim_gateway *r = &sim->routers[i];

	if (!r->drain.hold_ns || r->drain.before != EVENT_BEFORE_DRAIN)
		return;
	r->drain.hold_ns = 0;
	if (!r->leaving.told) {
		if (r->drain.base > r->conf.vrrp.priority)
			begin_hold(sim, i, EVENT_BEFORE_PRIORITY, r->drain.base);
		return;
	}
	begin_hold(sim, i, process->leaves ? EVENT_BEFORE_STOP : EVENT_BEFORE_REMOVAL,
		   r->drain.base);
	if (r->drain.hold_ns)
		check_stop_later(sim, i,
				 r->conf.hook_ns + SIM_S + check_span(r) +
					 model_offer_ns(&r->config));
}

/* Whoever runs it tells the process that speaks, and each one anew that asks. */
static void end_hold(struct sim *sim, struct sim_process *process, int64_t now_ns)
{
	struct sim_gateway *r = &sim->routers[process->router];
	int64_t hold_ns = r->drain.hold_ns;

	if (!hold_ns || now_ns < r->drain.hooked_ns)
		return;
	trace(sim, "%s: the command before %s has ended", node_name(process->router),
	      r->drain.before == EVENT_BEFORE_DRAIN ? "the drain" : "it leaves");
	drains_waited(sim, process->router);
	check_unheld(sim, process->router);
	check_leave_unheld(sim, process);
	process_release(process, hold_ns);
}

void drains_serve(struct sim *sim, struct sim_process *process)
{
	unsigned i = process->router;
	struct sim_gateway *r = &sim->routers[i];
	int64_t span_ns = process->drain_span_ns, now_ns = gateway_local_ns(sim, r);
	bool began;

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
		began = !drains_has(sim, i);
		if (span_ns && began && !r->leaving.told)
			begin_hold(sim, i, EVENT_BEFORE_DRAIN, r->conf.vrrp.priority);
		r->drain.until_ns = span_ns;
		if (began)
			r->drain.waits = r->drain.hold_ns;
		if (!span_ns)
			drains_unhold(sim, process);
		r->drain.resumed |= !span_ns && r->vr.election.priority == LAST;
		r->drain.told_ns = sim->now_ns;
		r->drain.equal = false;
		check_drain(sim, i);
	}
	process_drain(process, span_ns);
	check_hold(sim, process);
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
	const struct sim_drain *drain = &sim->routers[i].drain;

	return drain->hold_ns && (drain->before != EVENT_BEFORE_DRAIN || drains_has(sim, i));
}

unsigned drains_priority(const struct sim *sim, unsigned i, const struct sim_conf *conf)
{
	const struct sim_gateway *r = &sim->routers[i];
	bool owner = conf->vrrp.priority == VRRP_PRIORITY_OWNER;

	struct sim_conf as_held = *conf;

	if (drains_has(sim, i) && !(drains_is_held(sim, i) && r->drain.waits) && !owner)
		return LAST;
	if (drains_is_held(sim, i) && r->drain.base > as_held.vrrp.priority)
		as_held.vrrp.priority = r->drain.base < 254 ? r->drain.base : 254;
	return checks_priority(sim, i, &as_held);
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

		if (r->up && r->drain.free_ns - sim->now_ns > late_ns)
			late_ns = r->drain.free_ns - sim->now_ns;
		if (!r->up || !drains_has(sim, i))
			continue;
		if (r->drain.until_ns != VRRP_NEVER)
			left_ns = gateway_global_ns(r, r->drain.until_ns) - sim->now_ns;
		if (left_ns > late_ns)
			late_ns = left_ns;
	}
	return late_ns;
}
