/* SPDX-License-Identifier: MIT */
#include "sim_keeper.h"

#include <assert.h>
#include <unistd.h>

#include "agent/keeper/will.h"
#include "sim.h"

#define CRASH_WINDOW_NS (60 * SIM_S)
#define CRASHES_MAX     3
#define ALIVE_NS        (3 * SIM_S)

/* The first place is the keeper's own. */
static struct sim_process *self(struct sim *sim, unsigned i)
{
	struct sim_process *process = &sim->processes[i][0];

	process->sim = sim;
	process->router = i;
	return process;
}

static int64_t draw_ns(struct sim *sim, int64_t tidy_ns, int64_t low, int64_t high)
{
	return sim->tidy ? tidy_ns : prng_range(&sim->prng, low, high);
}

static void keeper_at(struct sim *sim, unsigned i, int64_t *when, int64_t at_ns)
{
	*when = at_ns;
	events_push(&sim->events, at_ns, SIM_EVENT_KEEPER, i, 0);
}

static void forget_old(struct sim_keeper *keeper)
{
	if (keeper->old_fd >= 0)
		close(keeper->old_fd);
	keeper->old_fd = -1;
}

void keeper_init(struct sim_keeper *keeper)
{
	*keeper = (struct sim_keeper){
		.ready_ns = VRRP_NEVER, .go_ns = VRRP_NEVER, .kill_ns = VRRP_NEVER, .old_fd = -1
	};
}

struct sim_process *keeper_speaker(struct sim *sim, unsigned i)
{
	return sim->routers[i].keeper.current;
}

static struct sim_process *spawn(struct sim *sim, unsigned i, const struct sim_conf *conf)
{
	unsigned n = 1;

	while (n < SIM_PROCESSES_MAX && sim->processes[i][n].exists)
		n++;
	assert(n < SIM_PROCESSES_MAX);
	process_start(sim, &sim->processes[i][n], i, conf);
	return &sim->processes[i][n];
}

static void end_process(struct sim_process *process)
{
	process_end(process);
	process_forget(process);
}

/* Its elections stay for the next one. */
static void end_current(struct sim_keeper *keeper)
{
	struct sim_process *process = keeper->current;

	keeper->current = NULL;
	forget_old(keeper);
	keeper->old_fd = process->state_fd;
	process->state_fd = -1;
	process_end(process);
}

static void last_will(struct sim *sim, unsigned i)
{
	struct sim_gateway *r = &sim->routers[i];
	struct will *will;
	int err;

	check_quiet(sim, i);
	check_turn_begin(sim, i);
	if (gateway_is_active(r))
		check_withdrawn(sim, i);
	process_enter(self(sim, i));
	err = will_open(&will);
	assert(err == 0);
	(void)will_execute(will, r->keeper.old_fd, NULL);
	will_close(will);
	process_leave();
	check_sent(sim, i);
	check_given_up(sim, i);
	gateway_vanish(sim, i);
}

static void go(struct sim *sim, unsigned i)
{
	struct sim_keeper *keeper = &sim->routers[i].keeper;

	keeper->current = keeper->next;
	keeper->next = NULL;
	keeper->go_ns = VRRP_NEVER;
	trace(sim, "%s: the next router process goes on", node_name(i));
	gateway_go(sim, keeper->current, keeper->old_fd, keeper->frozen_real_ns);
}

void keeper_start(struct sim *sim, unsigned i)
{
	struct sim_gateway *r = &sim->routers[i];
	struct sim_keeper *keeper = &r->keeper;

	keeper_init(keeper);
	keeper->current = spawn(sim, i, &r->conf);
	if (!process_open(keeper->current)) {
		end_process(keeper->current);
		keeper->current = NULL;
		gateway_vanish(sim, i);
		return;
	}
	gateway_go(sim, keeper->current, -1, 0);
}

void keeper_end(struct sim *sim, unsigned i)
{
	struct sim_keeper *keeper = &sim->routers[i].keeper;

	if (keeper->current) {
		if (socket_drop_all(keeper->current, true))
			check_unread(sim, i);
		end_process(keeper->current);
	}
	if (keeper->next) {
		socket_drop_all(keeper->next, false);
		end_process(keeper->next);
	}
	forget_old(keeper);
	keeper_init(keeper);
}

/* ---- reload ---- */

void keeper_reload(struct sim *sim, unsigned i, const struct sim_conf *conf)
{
	struct sim_keeper *keeper = &sim->routers[i].keeper;

	if (keeper->next || !keeper->current)
		return; /* one at a time */
	trace(sim, "%s is told to reload", node_name(i));
	keeper->next_conf = *conf;
	keeper->next_conf.absent = sim->routers[i].withdrawn;
	keeper->next = spawn(sim, i, &keeper->next_conf);
	if (!process_open(keeper->next)) {
		end_process(keeper->next);
		keeper->next = NULL;
		return;
	}
	keeper_at(sim, i, &keeper->ready_ns, sim->now_ns + draw_ns(sim, 2 * SIM_MS, 0, 5 * SIM_MS));
}

static void refuse(struct sim_keeper *keeper)
{
	socket_drop_all(keeper->next, false);
	end_process(keeper->next);
	keeper->next = NULL;
}

/* The next one is ready: the current one makes room for it. */
static void on_ready(struct sim *sim, unsigned i)
{
	struct sim_gateway *r = &sim->routers[i];
	struct sim_keeper *keeper = &r->keeper;

	keeper->ready_ns = VRRP_NEVER;
	if (keeper->current && (r->pause != SIM_RUNNING || keeper->current->hung)) {
		refuse(keeper);
		return;
	}
	if (keeper->current && !gateway_turn(sim, keeper->current))
		return;
	if (!r->up || !keeper->current)
		return;
	process_freeze(keeper->current);
	keeper->frozen_real_ns = keeper->current->read_real_ns;
	(void)socket_drop_all(keeper->current, false);
	end_current(keeper);
	keeper_at(sim, i, &keeper->go_ns, sim->now_ns + draw_ns(sim, 0, 0, sim->latency_ns));
}

/* ---- crash ---- */

static bool crashes_too_often(struct sim *sim, struct sim_keeper *keeper)
{
	unsigned n = keeper->crashes_n++ % (CRASHES_MAX - 1);
	bool hopeless = keeper->crashes_n > CRASHES_MAX - 1 &&
			sim->now_ns - keeper->crashes_ns[n] < CRASH_WINDOW_NS;

	keeper->crashes_ns[n] = sim->now_ns;
	return hopeless;
}

void keeper_died(struct sim *sim, unsigned i, bool in_turn)
{
	struct sim_gateway *r = &sim->routers[i];
	struct sim_keeper *keeper = &r->keeper;

	trace(sim, "%s: the router process dies", node_name(i));
	/* Its last words may have been decided and not sent. */
	if (in_turn && r->vr.state != VRRP_STATE_ACTIVE)
		sim->check.silent_ns[i] = INT64_MIN;
	keeper->kill_ns = VRRP_NEVER;
	if (socket_drop_all(keeper->current, true))
		check_unread(sim, i);
	end_current(keeper);
	keeper->frozen_real_ns = 0;
	if (crashes_too_often(sim, keeper)) {
		last_will(sim, i);
		return;
	}
	if (keeper->next) { /* of a reload */
		keeper_at(sim, i, &keeper->go_ns, keeper->ready_ns);
		return;
	}
	keeper->next_conf = r->conf;
	keeper_at(sim, i, &keeper->go_ns,
		  sim->now_ns + draw_ns(sim, 3 * SIM_MS, SIM_MS, 5 * SIM_MS));
}

void keeper_panic(struct sim *sim, unsigned i, bool in_turn)
{
	struct sim_process *process = keeper_speaker(sim, i);

	if (!process)
		return;
	if (in_turn)
		process->doom = sim->tidy ? 1 : 1 + prng_below(&sim->prng, 6);
	else
		keeper_died(sim, i, false);
}

void keeper_hang(struct sim *sim, unsigned i)
{
	struct sim_keeper *keeper = &sim->routers[i].keeper;

	if (!keeper->current)
		return;
	trace(sim, "%s: the router process hangs", node_name(i));
	keeper->current->hung = true;
	/* The last sign of life was up to a second ago. */
	keeper_at(sim, i, &keeper->kill_ns,
		  sim->now_ns + draw_ns(sim, ALIVE_NS, ALIVE_NS - SIM_S, ALIVE_NS));
	check_quiet(sim, i);
}

static void on_go(struct sim *sim, unsigned i)
{
	struct sim_keeper *keeper = &sim->routers[i].keeper;

	if (!keeper->next) {
		keeper->next = spawn(sim, i, &keeper->next_conf);
		if (!process_open(keeper->next)) {
			end_process(keeper->next);
			keeper->next = NULL;
			keeper_at(sim, i, &keeper->go_ns, sim->now_ns + SIM_S / 10);
			return;
		}
	}
	go(sim, i);
}

void keeper_event(struct sim *sim, unsigned i)
{
	struct sim_gateway *r = &sim->routers[i];
	struct sim_keeper *keeper = &r->keeper;

	if (!r->up)
		return;
	if (keeper->kill_ns == sim->now_ns) {
		trace(sim, "%s: no sign of life for too long", node_name(i));
		keeper_died(sim, i, false);
	} else if (keeper->go_ns == sim->now_ns) {
		on_go(sim, i);
	} else if (keeper->ready_ns == sim->now_ns) {
		on_ready(sim, i);
	}
}

void keeper_settle(struct sim *sim, unsigned i)
{
	struct sim_gateway *r = &sim->routers[i];

	if (r->up && r->keeper.go_ns != VRRP_NEVER) {
		r->keeper.go_ns = sim->now_ns;
		on_go(sim, i);
	}
}

void keeper_unhang(struct sim *sim, unsigned i)
{
	struct sim_keeper *keeper = &sim->routers[i].keeper;

	if (!keeper->current || !keeper->current->hung)
		return;
	trace(sim, "%s: the router process runs again", node_name(i));
	keeper->current->hung = false;
	keeper->kill_ns = VRRP_NEVER;
	gateway_awake(sim, i);
}

void keeper_spare(struct sim *sim, unsigned i)
{
	struct sim_process *process = keeper_speaker(sim, i);

	if (process)
		process->doom = 0;
}

void keeper_present(struct sim *sim, unsigned i)
{
	const struct sim_gateway *r = &sim->routers[i];
	struct sim_keeper *keeper = &sim->routers[i].keeper;

	if (keeper->next && keeper->next_conf.absent) {
		refuse(keeper);
		keeper->ready_ns = VRRP_NEVER;
	}
	if (r->conf.absent)
		keeper_reload(sim, i, &r->conf);
}
