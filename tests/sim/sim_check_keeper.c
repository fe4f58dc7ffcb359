/* SPDX-License-Identifier: MIT */
/* What concerns the keeper and which process speaks; the list of properties is in sim_check.h. */
#include "sim.h"

/* A stop: it leaves, has a last moment, is killed, and is not waited for. */
#define STOP_NS    (6500 * SIM_MS)
#define GONE_NS    (200 * SIM_S) /* a reload does not wait for who may take longer */
#define OVERLAP_NS (500 * SIM_MS)
#define RELOAD_NS  (3 * SIM_S)  /* for a reload, with the gap to the one before */
#define STANDBY_NS (12 * SIM_S) /* for another standby after one that could not be kept */

/* Whether some address is there that waits for its successor. */
static bool hands_over(const struct sim *sim, unsigned i)
{
	const struct sim_gateway *r = &sim->routers[i];

	for (unsigned k = 0; k < r->addresses_n; k++)
		if (r->kernel.table[k].present && r->yield.awaited >> k & 1 &&
		    check_may_hold(sim, i, k))
			return true;
	return false;
}

void check_frozen(struct sim *sim, const struct sim_process *process)
{
	unsigned i = process->router;
	int64_t now_ns = gateway_local_ns(sim, &sim->routers[i]);

	if (hands_over(sim, i) && !check_in_trouble(sim, i) &&
	    now_ns < process->freeze_ns + SIM_ROOM_NS)
		check_fail(sim, "P19", "%s makes room in the middle of a hand-over", node_name(i));
	if (socket_waiting(process))
		check_fail(sim, "P7", "%s makes room and has not read everything", node_name(i));
	check_quiet(sim, i);
}

static unsigned crashes_in_a_minute(const struct sim_keeper *keeper, int64_t now)
{
	unsigned recent = 0;

	for (unsigned n = 0; n < SIM_CRASHES_MAX && n < keeper->crashes_n; n++)
		recent += now - keeper->crashes_ns[n] < 60 * SIM_S;
	return recent;
}

static bool is_ready(const struct sim_process *process)
{
	return process && process->said_ready && !process->killed;
}

void check_loss(struct sim *sim, const struct sim_process *process, struct sim_loss *ret_loss)
{
	struct sim_gateway *r = &sim->routers[process->router];
	struct sim_keeper *keeper = &r->keeper;
	const struct sim_child *children = keeper->children;
	bool current = children[SUCCESSION_CURRENT].process == process;
	int64_t now = gateway_local_ns(sim, r);
	bool first = process->kind == SUCCESSION_KIND_FIRST;
	bool begins = first && !current;

	*ret_loss = (struct sim_loss){
		.matters = !keeper->stopping && !begins &&
			   (current || !children[SUCCESSION_CURRENT].process),
		.crash = current && (process->went || first) &&
			 (process->was_alive || !process->by_reload),
		.heir = process->was_alive && (is_ready(children[SUCCESSION_NEXT].process) ||
					       is_ready(children[SUCCESSION_STANDBY].process)),
		.standby = is_ready(children[SUCCESSION_STANDBY].process),
	};
	if (!ret_loss->matters)
		return;
	if (ret_loss->crash)
		keeper->crashes_ns[keeper->crashes_n++ % SIM_CRASHES_MAX] = now;
	else
		keeper->early_n++;
	ret_loss->too_much = ret_loss->crash && crashes_in_a_minute(keeper, now) >= 3;
	ret_loss->early_n = keeper->early_n;
	/* Unless a reload is under way, whose configuration then counts. What a reload has brought
	 * is tried twice. */
	keeper->faithful = current && !children[SUCCESSION_NEXT].process &&
			   (process->was_alive || (process->by_reload && keeper->early_n == 1));
	keeper->lost = process->conf;
}

void check_late(struct sim *sim, unsigned i)
{
	struct sim_keeper *keeper = &sim->routers[i].keeper;

	if (!keeper->children[SUCCESSION_CURRENT].process)
		keeper->early_n++; /* it was to speak */
}

void check_survival(struct sim *sim, unsigned i, const struct sim_loss *loss)
{
	const struct sim_gateway *r = &sim->routers[i];

	if (!loss->matters)
		return;
	if (r->given_up != loss->too_much && (loss->crash || loss->early_n <= 5))
		check_fail(sim, "P6", "the keeper of %s %s", node_name(i),
			   r->given_up ? "gives up" : "goes on after three crashes in a minute");
	if (r->given_up && !loss->crash && loss->standby)
		check_fail(sim, "P6", "the keeper of %s gives up, and a standby is ready",
			   node_name(i));
	if (!r->given_up && loss->crash && loss->heir &&
	    !r->keeper.children[SUCCESSION_CURRENT].process)
		check_fail(sim, "P6", "the keeper of %s lets somebody wait who is ready",
			   node_name(i));
}

/* It may have given a sign of life just before, and have been asked to make room just before that
 * was too long ago; then comes a last moment. */
#define HUNG_NS        (4400 * SIM_MS)
#define LAST_MOMENT_NS (299 * SIM_MS) /* by a clock that may be fast */

void check_hung(struct sim *sim, struct sim_process *process)
{
	process->hung_ns = sim->now_ns;
	events_push(&sim->events, sim->now_ns + HUNG_NS, SIM_EVENT_HUNG, process->router,
		    (unsigned)(process - sim->processes[process->router]));
}

void check_ended_by_now(struct sim *sim, const struct sim_process *process)
{
	const struct sim_gateway *r = &sim->routers[process->router];

	if (process->exists && process->hung && process->hung_ns + HUNG_NS == sim->now_ns &&
	    process->room_ns == VRRP_NEVER && !r->keeper.stopping && r->pause == SIM_RUNNING &&
	    r->frozen_at_ns < process->hung_ns)
		check_fail(sim, "P6", "the keeper of %s lets a process hang",
			   node_name(process->router));
}

/* A host that was paused is no reason: the process is as late as the keeper that looks. */
void check_killed(struct sim *sim, const struct sim_process *process)
{
	if (process->speaks && !process->hung && process->woken_ns &&
	    sim->now_ns - process->woken_ns < LAST_MOMENT_NS)
		check_fail(sim, "P6", "the keeper of %s kills a process that was paused with it",
			   node_name(process->router));
}

void check_let_go(struct sim *sim, const struct sim_process *process)
{
	if (process && process->licensed)
		check_fail(sim, "P6", "the keeper of %s lets go of a process that speaks",
			   node_name(process->router));
}

static void expect_stop(struct sim *sim, unsigned i, int64_t ns)
{
	sim->routers[i].keeper.stopped_ns = sim->now_ns + ns;
	events_push(&sim->events, sim->now_ns + ns, SIM_EVENT_STOPPED, i, 0);
}

void check_stop(struct sim *sim, unsigned i)
{
	sim->routers[i].keeper.stop_ns = sim->now_ns;
	expect_stop(sim, i, STOP_NS);
}

void check_stop_later(struct sim *sim, unsigned i, int64_t ns)
{
	const struct sim_gateway *r = &sim->routers[i];
	int64_t later_ns = STOP_NS + ns + ns / 1000;

	if (r->keeper.stopping && r->leaving.told && sim->now_ns + later_ns > r->keeper.stopped_ns)
		expect_stop(sim, i, later_ns);
}

/* An Active waits for a successor so long, and then for its announcements. */
static bool may_offer(const struct sim *sim, const struct sim_process *process)
{
	const struct sim_gateway *r = &sim->routers[process->router];

	return process_router(process) && r->config.overlap &&
	       r->config.priority != VRRP_PRIORITY_OWNER && unit_active(sim, process->router);
}

void check_leave(struct sim *sim, const struct sim_process *process, bool gone_alone)
{
	unsigned i = process->router;
	struct sim_gateway *r = &sim->routers[i];
	int64_t interval_ns = r->config.interval_cs * 10 * SIM_MS;
	int64_t offer_ns = model_offer_ns(&r->config);
	int64_t leave_ns = offer_ns + (interval_ns < OVERLAP_NS ? OVERLAP_NS : interval_ns);
	bool hasty = gone_alone && leave_ns > GONE_NS;
	int64_t held_ns = 0;

	if (gone_alone && (!process->told_gone || (hasty && !r->conf.hook_ns)))
		return;
	/* One that was told so before goes on with that. */
	if (!r->leaving.told || gone_alone) {
		r->leaving = (struct sim_leaving){ .told = true };
		if (process_router(process))
			drains_leave(sim, i, gone_alone ? EVENT_BEFORE_REMOVAL : EVENT_BEFORE_STOP);
	}
	r->leaving.hasty = hasty;
	if (r->vr.election.state == VRRP_STATE_ACTIVE)
		sim->check.served = 0;
	held_ns = drains_is_held(sim, i) ? r->drain.hold_ns - gateway_local_ns(sim, r) : 0;
	if (hasty || !may_offer(sim, process))
		leave_ns = 0;
	if (!gone_alone && held_ns + leave_ns) /* whichever family waits */
		expect_stop(sim, i, STOP_NS + (held_ns + leave_ns) / 1000 * 1001);
	if (!held_ns && leave_ns && !process->leaves_gone &&
	    r->vr.election.state == VRRP_STATE_ACTIVE)
		check_leave_begin(sim, i, offer_ns);
}

void check_leave_unheld(struct sim *sim, const struct sim_process *process)
{
	struct sim_gateway *r = &sim->routers[process->router];

	if (r->leaving.told && !r->leaving.hasty && may_offer(sim, process) &&
	    r->vr.election.state == VRRP_STATE_ACTIVE)
		check_leave_begin(sim, process->router, model_offer_ns(&r->config));
}

/* Nobody is waited for: the next turn is the last one. */
void check_stop_again(struct sim *sim, unsigned i)
{
	struct sim_gateway *r = &sim->routers[i];

	r->leaving = (struct sim_leaving){ .told = r->leaving.told };
	if (gateway_runs(sim, i) && r->healthy_ns < sim->now_ns && r->stall_ns <= sim->latency_ns) {
		r->keeper.stop_ns = sim->now_ns;
		expect_stop(sim, i, 2 * sim->latency_ns + 1);
	}
}

void check_stopped(struct sim *sim, unsigned i)
{
	const struct sim_gateway *r = &sim->routers[i];

	if (!r->up || !r->keeper.stopping || r->keeper.stopped_ns != sim->now_ns ||
	    r->pause != SIM_RUNNING || r->frozen_at_ns >= r->keeper.stop_ns)
		return;
	if (r->healthy_ns >= r->keeper.stop_ns && sim->now_ns < r->keeper.stop_ns + STOP_NS)
		return;
	check_fail(sim, "P6", "%s does not stop", node_name(i));
}

void check_shaken(struct sim *sim, unsigned i)
{
	sim->routers[i].keeper.shaken_ns = sim->now_ns;
}

void check_waits(struct sim *sim, const struct sim_process *process, int64_t until_ns)
{
	struct sim_gateway *r = &sim->routers[process->router];

	r->keeper.waits_ns = gateway_global_ns(r, until_ns);
}

void check_asked(struct sim *sim, unsigned i)
{
	sim->routers[i].keeper.asked_ns = sim->now_ns;
}

/* What was asked for last is what runs, and somebody waits for its death. */
static void check_settled(struct sim *sim, unsigned i)
{
	const struct sim_gateway *r = &sim->routers[i];
	const struct sim_keeper *keeper = &r->keeper;

	if (sim->now_ns < keeper->asked_ns + RELOAD_NS ||
	    sim->now_ns < keeper->waits_ns + RELOAD_NS || r->leaving.told)
		return;
	if (keeper->shaken_ns < keeper->asked_ns && !check_same_conf(&r->conf, &r->file))
		check_fail(sim, "P6", "%s was told to reload and has not", node_name(i));
	if (sim->now_ns > keeper->shaken_ns + STANDBY_NS &&
	    !is_ready(keeper->children[SUCCESSION_STANDBY].process))
		check_fail(sim, "P6", "%s has no standby", node_name(i));
}

void check_kept(struct sim *sim)
{
	for (unsigned i = 0; i < sim->routers_n; i++) {
		if (!sim->routers[i].up)
			continue;
		if (!gateway_runs(sim, i))
			check_fail(sim, "P6", "nobody speaks on %s", node_name(i));
		check_settled(sim, i);
	}
}
