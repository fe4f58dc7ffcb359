/* SPDX-License-Identifier: MIT */
/* How one router process follows another; struct sim_router is in sim_router.h. */
#include <assert.h>

#include "sim.h"

#define CRASHES_MAX     3 /* as in agent/keeper/keeper.c */
#define CRASH_WINDOW_NS (60 * SIM_S)
#define ALIVE_NS        (3 * SIM_S)

static int64_t draw_ns(struct sim *sim, int64_t tidy_ns, int64_t low, int64_t high)
{
	return sim->tidy ? tidy_ns : prng_range(&sim->prng, low, high);
}

static void go_at(struct sim *sim, unsigned i, int64_t at_ns)
{
	sim->routers[i].agent.go_ns = at_ns;
	events_push(&sim->events, at_ns, SIM_EVENT_GO, i, 0);
}

/* ---- reload ---- */

void router_reload(struct sim *sim, unsigned i, const struct sim_conf *conf)
{
	struct sim_router *r = &sim->routers[i];

	assert(r->up && r->pause == SIM_RUNNING);
	if (r->successor->wants)
		return; /* one at a time */
	trace(sim, "%s is told to reload", node_name(i));
	r->agent.next = *conf;
	agent_open(sim, i, r->successor, conf);
	r->agent.freeze_ns = sim->now_ns + draw_ns(sim, 2 * SIM_MS, 0, 5 * SIM_MS);
	events_push(&sim->events, r->agent.freeze_ns, SIM_EVENT_FREEZE, i, 0);
}

void router_freeze(struct sim *sim, unsigned i)
{
	struct sim_router *r = &sim->routers[i];

	if (!r->up || r->agent.freeze_ns != sim->now_ns || r->pause == SIM_DEAD)
		return;
	if (r->pause != SIM_RUNNING) { /* nobody makes room: the reload is refused */
		r->agent.freeze_ns = VRRP_NEVER;
		agent_close(r->successor);
		return;
	}
	router_turn(sim, i);
	if (r->pause != SIM_RUNNING || !r->up) /* dead by now */
		return;
	r->agent.freeze_ns = VRRP_NEVER;
	r->pause = SIM_HANDOVER;
	r->wake_ns = VRRP_NEVER;
	agent_close(r->process);
	go_at(sim, i, sim->now_ns + draw_ns(sim, 0, 0, sim->latency_ns));
}

static bool same_conf(const struct sim_conf *a, const struct sim_conf *b)
{
	return a->vrrp.priority == b->vrrp.priority && a->vrrp.interval_cs == b->vrrp.interval_cs &&
	       a->vrrp.preempt == b->vrrp.preempt && a->lease == b->lease;
}

/* An account that lived in the memory of a process may have been cut short with it. */
static uint64_t accounted(const struct vrrp *vr)
{
	uint64_t sum = vr->counters.adverts_received;

	for (unsigned n = 0; n < VRRP_REJECT_COUNT; n++)
		sum += vr->counters.rejected[n];
	return sum;
}

static void succeed(struct sim_router *r)
{
	struct sim_process *old = r->process;

	r->process = r->successor;
	r->successor = old;
	r->agent.go_ns = r->agent.freeze_ns = VRRP_NEVER;
	r->agent.bound_ns = VRRP_NEVER;
	r->announcement_owed = r->advert_sent = false;
}

static void go_on(struct sim *sim, unsigned i, bool adopted, bool reload, bool same)
{
	struct sim_router *r = &sim->routers[i];
	struct sim_before before = { r->agent.packets_n, r->kernel.changes_n };
	bool quiet = check_is_quiet(sim, i);

	r->fed = accounted(&r->vr);
	r->pause = SIM_RUNNING;
	if (!reload)
		r->resumed = true;
	if (!reload || !same)
		r->healthy_ns = sim->now_ns + 1;
	agent_sweep(sim, i, false);
	agent_execute(sim, i);
	router_announce(sim, i);
	if (adopted && reload && same && quiet)
		check_reload(sim, i, &before);
}

void router_go(struct sim *sim, unsigned i)
{
	struct sim_router *r = &sim->routers[i];
	bool reload = r->pause == SIM_HANDOVER, same = same_conf(&r->agent.next, &r->conf);
	struct sim_conf old = r->conf;
	struct vrrp vr = r->vr;
	int64_t lease_ns = r->agent.left_ns;
	bool adopted;

	if (!r->up || r->agent.go_ns != sim->now_ns)
		return;
	trace(sim, "%s: the next router process goes on", node_name(i));
	if (!r->successor->wants)
		agent_open(sim, i, r->successor, &r->agent.next);
	succeed(r);
	check_lease_change(sim, i, &old);
	adopted = agent_adopt(sim, i, &r->agent.next, !reload);
	if (!same) /* what arrived was judged by the old one's eyes */
		check_unread(sim, i);
	if (adopted && reload && same)
		check_adopted(sim, i, &vr, lease_ns);
	if (adopted)
		model_adopt(sim, i, &old.vrrp);
	else
		check_start(sim, i);
	go_on(sim, i, adopted, reload, same);
	r->missed |= !reload; /* what had come died with the one before */
	if (adopted)
		router_turn(sim, i);
	else
		router_disturb(sim, i, (struct vrrp_event){ .type = VRRP_EVENT_STARTUP });
}

void router_settle(struct sim *sim, unsigned i)
{
	struct sim_router *r = &sim->routers[i];

	if (!r->up || (r->pause != SIM_HANDOVER && r->pause != SIM_DEAD))
		return;
	r->agent.go_ns = sim->now_ns;
	router_go(sim, i);
}

/* ---- crash ---- */

/* Addresses away, then the farewell that the router had prepared. */
static void give_up(struct sim *sim, unsigned i)
{
	struct sim_packet packet;

	check_quiet(sim, i);
	agent_sweep(sim, i, true);
	check_given_up(sim, i);
	if (sim->routers[i].agent.left.state == VRRP_STATE_ACTIVE) {
		sim->check.silent_ns[i] = sim->now_ns;
		router_advert(&sim->routers[i], i, VRRP_PRIORITY_LEAVE, &packet);
		trace_packet(sim, "%s sends advert, priority 0", node_name(i));
		net_send(sim, &packet);
	}
	router_vanish(sim, i);
}

void router_withdraw(struct sim *sim, unsigned i)
{
	router_turn(sim, i);
	if (!sim->routers[i].up || sim->routers[i].pause != SIM_RUNNING)
		return;
	trace(sim, "%s is removed from the configuration", node_name(i));
	give_up(sim, i);
}

static bool crashes_too_often(struct sim *sim, struct sim_agent *agent)
{
	if (sim->now_ns - agent->crashes_since >= CRASH_WINDOW_NS) {
		agent->crashes_since = sim->now_ns;
		agent->crashes_n = 0;
	}
	return ++agent->crashes_n >= CRASHES_MAX;
}

void router_panic(struct sim *sim, unsigned i, bool in_turn)
{
	struct sim_router *r = &sim->routers[i];

	if (in_turn) {
		r->agent.doomed = true;
		return;
	}
	trace(sim, "%s: the router process dies", node_name(i));
	/* Its last words may have been decided and not sent. */
	if (r->agent.doomed && r->vr.state != VRRP_STATE_ACTIVE)
		sim->check.silent_ns[i] = INT64_MIN;
	r->agent.doomed = false;
	r->agent.kill_ns = VRRP_NEVER;
	r->wake_ns = VRRP_NEVER;
	router_forget_queue(sim, i);
	agent_close(r->process);
	if (crashes_too_often(sim, &r->agent)) {
		trace(sim, "%s: too often; last will", node_name(i));
		give_up(sim, i);
		return;
	}
	r->pause = SIM_DEAD;
	if (r->successor->wants) { /* of a reload */
		go_at(sim, i, r->agent.freeze_ns);
		return;
	}
	r->agent.next = r->conf;
	go_at(sim, i, sim->now_ns + draw_ns(sim, 3 * SIM_MS, SIM_MS, 5 * SIM_MS));
}

void router_hang(struct sim *sim, unsigned i)
{
	struct sim_router *r = &sim->routers[i];

	assert(r->up && r->pause == SIM_RUNNING);
	trace(sim, "%s: the router process hangs", node_name(i));
	r->pause = SIM_HUNG;
	r->frozen_at_ns = sim->now_ns;
	/* The last sign of life was up to a second ago. */
	r->agent.kill_ns = sim->now_ns + draw_ns(sim, ALIVE_NS, ALIVE_NS - SIM_S, ALIVE_NS);
	events_push(&sim->events, r->agent.kill_ns, SIM_EVENT_KILL, i, 0);
	check_quiet(sim, i);
}

void router_kill(struct sim *sim, unsigned i)
{
	struct sim_router *r = &sim->routers[i];

	if (r->pause != SIM_HUNG || r->agent.kill_ns != sim->now_ns)
		return;
	trace(sim, "%s: no sign of life for too long", node_name(i));
	router_panic(sim, i, false);
}
