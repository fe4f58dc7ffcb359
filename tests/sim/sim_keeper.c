/* SPDX-License-Identifier: MIT */
#include "sim_keeper.h"

#include <assert.h>
#include <sys/mman.h>
#include <unistd.h>

#include "agent/channel.h"
#include "agent/keeper/will.h"
#include "sim.h"
#include "sim_filter.h"

#define ANSWERS_MAX (SUCCESSION_ACTIONS_MAX)

/* What the rules asked for and are told at once: the next events. */
struct answers {
	unsigned n;
	struct {
		enum succession_event_type type;
		enum succession_role role;
	} of[ANSWERS_MAX];
};

static const struct sim_child no_child = { .state_fd = -1 };

static int64_t draw_ns(struct sim *sim, int64_t tidy_ns, int64_t low, int64_t high)
{
	return sim->tidy ? tidy_ns : prng_range(&sim->prng, low, high);
}

void keeper_init(struct sim_keeper *keeper)
{
	*keeper = (struct sim_keeper){ .timer_ns = VRRP_NEVER, .shaken_ns = INT64_MIN / 2 };
	for (unsigned role = 0; role < SUCCESSION_ROLES_COUNT; role++)
		keeper->children[role] = no_child;
	succession_init(&keeper->rules);
}

static struct sim_child *current_of(struct sim *sim, unsigned i)
{
	return &sim->routers[i].keeper.children[SUCCESSION_CURRENT];
}

struct sim_process *keeper_speaker(struct sim *sim, unsigned i)
{
	struct sim_process *process = current_of(sim, i)->process;

	return process && process->speaks ? process : NULL;
}

/* Which slot a process is in. */
static enum succession_role role_of(const struct sim_keeper *keeper,
				    const struct sim_process *process)
{
	for (unsigned role = 0; role < SUCCESSION_ROLES_COUNT; role++)
		if (keeper->children[role].process == process)
			return (enum succession_role)role;
	return SUCCESSION_ROLES_COUNT;
}

/* ---- processes ---- */

static void process_at(struct sim *sim, struct sim_process *process, enum sim_step step,
		       int64_t at_ns)
{
	process->step = step;
	process->step_ns = at_ns;
	events_push(&sim->events, at_ns, SIM_EVENT_PROCESS, process->router,
		    (unsigned)(process - sim->processes[process->router]));
}

/* Nobody waits for its end, which may have come before. What it had not read is lost, unless it
 * has made room for another one. */
static void end_process(struct sim *sim, struct sim_child *child, bool lost)
{
	struct sim_process *process = child->process;

	child->process = NULL;
	if (!process)
		return;
	lost &= process->went || child == current_of(sim, process->router);
	if (process->opened && socket_drop_all(process, lost) && lost)
		check_unread(sim, process->router);
	process_end(process);
}

static void forget(struct sim *sim, struct sim_child *child)
{
	end_process(sim, child, true);
	if (child->state_fd >= 0)
		close(child->state_fd);
	*child = no_child;
}

/* Return: the answer. */
static enum succession_event_type spawn(struct sim *sim, unsigned i,
					const struct succession_action *action)
{
	struct sim_gateway *r = &sim->routers[i];
	struct sim_keeper *keeper = &r->keeper;
	struct sim_child *child = &keeper->children[action->role];
	bool again = action->kind == SUCCESSION_KIND_AGAIN;
	unsigned n = 1;

	assert(!child->process && child->state_fd < 0);
	if (action->kind == SUCCESSION_KIND_REHEARSAL && keeper->installed < SIM_PROGRAM_UNFIT)
		return SUCCESSION_NEEDLESS;
	child->program = again ? current_of(sim, i)->program : keeper->installed;
	child->conf = current_of(sim, i)->conf; /* of another one it is read when it starts */
	if (child->program == SIM_PROGRAM_UNSTARTABLE && !again)
		return SUCCESSION_SPAWN_FAILED;
	while (n < SIM_PROCESSES_MAX && sim->processes[i][n].exists)
		n++;
	assert(n < SIM_PROCESSES_MAX);
	child->process = &sim->processes[i][n];
	child->pid = ++keeper->pids_n;
	child->state_fd = memfd_create("state", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	assert(child->state_fd >= 0);
	process_spawn(sim, child->process, i);
	child->process->kind = action->kind;
	/* A program that has started before is in memory. */
	process_at(sim, child->process, SIM_STEP_START,
		   sim->now_ns + draw_ns(sim, action->kind == SUCCESSION_KIND_FIRST ? 0 : SIM_MS, 0,
					 3 * SIM_MS));
	return SUCCESSION_SPAWNED;
}

static void execute_go(struct sim *sim, unsigned i, const struct succession_action *action)
{
	struct sim_keeper *keeper = &sim->routers[i].keeper;
	struct sim_child *current = current_of(sim, i);
	struct sim_process *process = keeper->children[action->role].process;

	if (keeper->frozen_real_ns && action->role == SUCCESSION_NEXT &&
	    action->ns != keeper->frozen_real_ns)
		check_fail(sim, "P7", "the keeper of %s does not say what was read", node_name(i));
	assert(!current->process && current->state_fd < 0 && process);
	*current = keeper->children[action->role];
	keeper->children[action->role] = no_child;
	process->frozen_real_ns = action->ns;
	process->told_ns = sim->now_ns;
	process->licensed = true;
	if (keeper->doomed_n) {
		keeper->doomed_n--;
		process->doom = 1 + prng_below(&sim->prng, 8);
	}
	process->by_reload =
		process->kind != SUCCESSION_KIND_FIRST && action->role == SUCCESSION_NEXT;
	process_at(sim, process, SIM_STEP_GO,
		   sim->now_ns +
			   draw_ns(sim, 0, 0, action->ns ? sim->latency_ns / 2 : sim->latency_ns));
}

static void execute_retire(struct sim *sim, unsigned i)
{
	struct sim_keeper *keeper = &sim->routers[i].keeper;
	struct sim_child *current = current_of(sim, i);

	forget(sim, &keeper->children[SUCCESSION_PREVIOUS]);
	check_let_go(sim, current->process);
	end_process(sim, current, true);
	keeper->children[SUCCESSION_PREVIOUS] = *current;
	*current = no_child;
}

/*
 * A unit may be Active by its other family while this one has no address yet, and hang before it
 * hears of one: who knows no source when it writes its will prepares no farewell. In a turn of a
 * process that runs P11, P12 and P15 see that it knows each one that it has.
 */
static void withdraw(struct sim *sim, unsigned i)
{
	static const uint8_t nowhere[SIM_ADDRESS_LEN];
	struct sim_gateway *r = &sim->routers[i];

	check_withdrawn(sim, i);
	if (r->unit.together && family_same(r->vr.election.source, nowhere))
		r->turn.farewells = 0;
}

static void execute_will(struct sim *sim, unsigned i, const struct succession_action *action)
{
	const struct will_sockets none = { -1, -1 };
	struct sim_gateway *r = &sim->routers[i];
	struct will *will;
	int err;

	check_turn_begin(sim, i);
	if (r->keeper.left)
		check_fail(sim, "P6", "the last will of %s is executed, which has left in order",
			   node_name(i));
	if (gateway_is_active(r))
		withdraw(sim, i);
	process_enter(keeper_self(sim, i));
	err = will_open(&none, &will);
	assert(err == 0);
	(void)will_execute(will, r->keeper.children[action->role].state_fd, NULL);
	will_close(will);
	process_leave();
	check_sent(sim, i);
	vrrp_init(&r->vr, &r->config);
}

/* It wakes up for what it is told. */
static void wake(struct sim *sim, struct sim_process *process)
{
	if (process)
		process_wake(sim, process);
}

static void execute_kill(struct sim *sim, unsigned i, enum succession_role role)
{
	struct sim_child *child = &sim->routers[i].keeper.children[role];

	if (!child->process)
		return;
	check_killed(sim, child->process);
	check_shaken(sim, i);
	child->process->killed = true;
	child->process->speaks = child->process->licensed = false;
	process_at(sim, child->process, SIM_STEP_END, sim->now_ns + draw_ns(sim, 0, 0, SIM_MS));
}

static void execute_exit(struct sim *sim, unsigned i, int status)
{
	struct sim_gateway *r = &sim->routers[i];
	bool start_again = r->keeper.start_again;

	trace(sim, "%s ends with status %d", node_name(i), status);
	r->given_up = status != 0;
	check_quiet(sim, i);
	if (r->keeper.spoke) /* else it has found that of another one */
		check_given_up(sim, i);
	gateway_vanish(sim, i);
	if (start_again)
		gateway_start(sim, i);
	else if (status)
		gateway_restart(sim, i);
}

static void add(struct answers *answers, enum succession_event_type type, enum succession_role role)
{
	answers->of[answers->n].type = type;
	answers->of[answers->n++].role = role;
}

static void execute(struct sim *sim, unsigned i, const struct succession_action *action,
		    struct answers *answers)
{
	struct sim_keeper *keeper = &sim->routers[i].keeper;
	struct sim_child *child = &keeper->children[action->role];

	switch (action->type) {
	case SUCCESSION_SPAWN:
		add(answers, spawn(sim, i, action), action->role);
		break;
	case SUCCESSION_FREEZE:
		child->process->told_to_freeze = true;
		wake(sim, child->process);
		break;
	case SUCCESSION_RETIRE:
		execute_retire(sim, i);
		break;
	case SUCCESSION_GO:
		execute_go(sim, i, action);
		break;
	case SUCCESSION_LEAVE:
		child->process->told_again = child->process->told_to_leave;
		child->process->told_to_leave = true;
		wake(sim, child->process);
		break;
	case SUCCESSION_KILL:
		execute_kill(sim, i, action->role);
		break;
	case SUCCESSION_RELEASE:
		check_let_go(sim, child->process);
		end_process(sim, child, false);
		break;
	case SUCCESSION_FORGET:
		check_let_go(sim, child->process);
		forget(sim, child);
		break;
	case SUCCESSION_DISMISS:
		forget(sim, child);
		break;
	case SUCCESSION_REFUSE:
		keeper_tell(sim, i, EVENT_RELOAD, 0, "the running configuration stays",
			    EVENT_RELOAD_REFUSED);
		break;
	case SUCCESSION_EXEC:
		add(answers,
		    keeper->installed == SIM_PROGRAM_UNEXECUTABLE ? SUCCESSION_EXEC_FAILED
								  : SUCCESSION_RESUMED,
		    SUCCESSION_CURRENT);
		break;
	case SUCCESSION_WILL:
		execute_will(sim, i, action);
		break;
	case SUCCESSION_EXIT:
		execute_exit(sim, i, action->status);
		break;
	case SUCCESSION_TELL:
		if (action->fact == SUCCESSION_FACT_LATE_READY)
			check_late(sim, i);
		keeper_narrate(sim, i, action);
		break;
	case SUCCESSION_SERVICE:
		break;
	}
}

/* ---- the rules ---- */

/* Whether a process has left something to go on with. What is published stays so. */
static bool has_published(struct sim_child *child)
{
	if (!child->published && (!child->process || child->process->went))
		child->published = process_has_left(child->state_fd);
	return child->published;
}

static void set_timer(struct sim *sim, unsigned i)
{
	struct sim_gateway *r = &sim->routers[i];
	int64_t deadline_ns = succession_deadline(&r->keeper.rules);
	int64_t at_ns = VRRP_NEVER;

	if (deadline_ns != SUCCESSION_NEVER)
		at_ns = gateway_global_ns(r, deadline_ns);
	if (at_ns < sim->now_ns)
		at_ns = sim->now_ns;
	if (at_ns == r->keeper.timer_ns)
		return;
	r->keeper.timer_ns = at_ns;
	if (at_ns != VRRP_NEVER)
		events_push(&sim->events, at_ns, SIM_EVENT_KEEPER, i, 0);
}

/* One event for the rules, and what they ask for. */
static void handle(struct sim *sim, unsigned i, struct succession_event event)
{
	struct sim_gateway *r = &sim->routers[i];
	struct answers answers = { 0 };
	struct succession_output out;

	event.now_ns = gateway_local_ns(sim, r);
	event.published = has_published(current_of(sim, i));
	succession_step(&r->keeper.rules, &event, &out);
	for (unsigned n = 0; n < out.actions_n && r->up; n++)
		execute(sim, i, &out.actions[n], &answers);
	r->keeper.frozen_real_ns = 0;
	for (unsigned n = 0; n < answers.n && r->up; n++)
		handle(sim, i,
		       (struct succession_event){ .type = answers.of[n].type,
						  .role = answers.of[n].role });
	if (r->up)
		set_timer(sim, i);
}

static void says(struct sim *sim, const struct sim_process *process,
		 enum succession_event_type type, int64_t ns)
{
	const struct sim_keeper *keeper = &sim->routers[process->router].keeper;

	handle(sim, process->router,
	       (struct succession_event){
		       .type = type, .role = role_of(keeper, process), .ns = ns });
}

/* The end of a process that has a slot. */
static void ended(struct sim *sim, struct sim_process *process, int exit_status)
{
	unsigned i = process->router;
	struct sim_keeper *keeper = &sim->routers[i].keeper;
	enum succession_role role = role_of(keeper, process);
	struct sim_loss loss;

	if (role == SUCCESSION_ROLES_COUNT) { /* forgotten */
		process_end(process);
		return;
	}
	if (process->kind != SUCCESSION_KIND_REHEARSAL || exit_status)
		check_shaken(sim, i);
	check_loss(sim, process, &loss);
	end_process(sim, &keeper->children[role], true);
	handle(sim, i,
	       (struct succession_event){
		       .type = SUCCESSION_ENDED, .role = role, .exit_status = exit_status });
	check_survival(sim, i, &loss);
}

void keeper_event(struct sim *sim, unsigned i)
{
	struct sim_gateway *r = &sim->routers[i];

	if (!r->up || r->pause != SIM_RUNNING || r->keeper.timer_ns != sim->now_ns)
		return;
	r->keeper.timer_ns = VRRP_NEVER;
	handle(sim, i, (struct succession_event){ .type = SUCCESSION_TIMER });
}

/* ---- what processes do that do not speak ---- */

/* It has read what it is to run, and looks at the host unless it is a standby. */
static void on_start(struct sim *sim, struct sim_process *process)
{
	struct sim_gateway *r = &sim->routers[process->router];
	struct sim_child *child = &r->keeper.children[role_of(&r->keeper, process)];
	bool again = process->kind == SUCCESSION_KIND_AGAIN;

	if (process->kind == SUCCESSION_KIND_REHEARSAL) {
		if (child->program != SIM_PROGRAM_STUCK)
			ended(sim, process, child->program == SIM_PROGRAM_UNFIT);
		return;
	}
	if (child->program == SIM_PROGRAM_DEAD) {
		ended(sim, process, 1);
		return;
	}
	if (child->program == SIM_PROGRAM_SLOW)
		return;
	if (!again)
		child->conf = r->file;
	process_start(process, &child->conf, child->state_fd);
	if (!again && !process_open(process)) {
		ended(sim, process, 1);
		return;
	}
	process_at(sim, process, SIM_STEP_READY,
		   sim->now_ns + draw_ns(sim, process->kind == SUCCESSION_KIND_FIRST ? 0 : SIM_MS,
					 0, 3 * SIM_MS));
}

static void on_go(struct sim *sim, struct sim_process *process)
{
	struct sim_gateway *r = &sim->routers[process->router];
	const struct sim_child *child = &r->keeper.children[SUCCESSION_CURRENT];

	if (child->program == SIM_PROGRAM_LIAR) {
		keeper_died(sim, process, false);
		return;
	}
	process->hung = child->program == SIM_PROGRAM_MUTE;
	if (process->hung)
		return;
	if (!process->opened && !process_open(process)) {
		keeper_died(sim, process, false);
		return;
	}
	if (process->kind != SUCCESSION_KIND_FIRST)
		trace(sim, "%s: the next router process goes on", node_name(process->router));
	gateway_go(sim, process, r->keeper.children[SUCCESSION_PREVIOUS].state_fd);
}

/* What it said last is heard, and then its end, if that is still news. */
static void on_frozen(struct sim *sim, struct sim_process *process)
{
	struct sim_keeper *keeper = &sim->routers[process->router].keeper;

	process->frozen = false;
	keeper->frozen_real_ns = process->read_real_ns;
	says(sim, process, SUCCESSION_SAYS_FROZEN, process->read_real_ns);
	if (process->exists)
		ended(sim, process, 0);
}

/* What it does not have the one that speaks hears of before it is to make room. */
static void say_gone(struct sim *sim, const struct sim_process *process)
{
	const struct sim_keeper *keeper = &sim->routers[process->router].keeper;
	struct sim_process *current = keeper->children[SUCCESSION_CURRENT].process;

	if (role_of(keeper, process) == SUCCESSION_NEXT && current)
		current->told_gone = process->conf.absent && !current->conf.absent;
}

void keeper_process_event(struct sim *sim, struct sim_process *process)
{
	enum sim_step step = process->step;

	if (!process->exists || process->step_ns != sim->now_ns ||
	    sim->routers[process->router].pause != SIM_RUNNING)
		return;
	process->step_ns = VRRP_NEVER;
	switch (step) {
	case SIM_STEP_START:
		on_start(sim, process);
		break;
	case SIM_STEP_READY:
		say_gone(sim, process);
		process->said_ready = true;
		fault_meddle(sim, process->router);
		says(sim, process, SUCCESSION_SAYS_READY, 0);
		break;
	case SIM_STEP_GO:
		on_go(sim, process);
		break;
	case SIM_STEP_FROZEN:
		on_frozen(sim, process);
		break;
	case SIM_STEP_END:
		ended(sim, process, -1);
		break;
	}
}

/* ---- what the one does that speaks ---- */

/* As agent/router/turn.c does: what is needed by now, but not all at once. */
static void ask_for_time(struct sim *sim, struct sim_process *process)
{
	struct clocks now = process_clocks(process);
	int64_t until_ns = routers_leave_end(process->routers, &now);

	if (process->room_ns != VRRP_NEVER && process->room_ns > until_ns)
		until_ns = process->room_ns;
	if (until_ns > now.mono_ns + SIM_AHEAD_NS)
		until_ns = now.mono_ns + SIM_AHEAD_NS;
	if (until_ns > now.mono_ns)
		says(sim, process, SUCCESSION_SAYS_LEAVING, until_ns);
}

static void say_alive(struct sim *sim, struct sim_process *process)
{
	int64_t now = gateway_local_ns(sim, &sim->routers[process->router]);

	if (now < process->alive_ns)
		return;
	process->alive_ns = now + SIM_S;
	process->was_alive = true;
	state_alive(process->state, now);
	sim->routers[process->router].keeper.early_n = 0;
	says(sim, process, SUCCESSION_SAYS_ALIVE, 0);
	ask_for_time(sim, process);
}

/* As agent/router/turn.c does. Return: whether it is to stop now; it may have died. */
static bool leaves(struct sim *sim, struct sim_process *process)
{

	if (process->told_again || (!sim->overlap && !process->conf.hook_ns))
		return true;
	process->room_ns = VRRP_NEVER;
	if (!process->leaves) {
		if (!gateway_begin_to_leave(sim, process))
			return false;
		ask_for_time(sim, process);
	}
	if (routers_have_left(process->routers))
		return true;
	gateway_schedule(sim, process);
	return false;
}

static void freeze(struct sim *sim, struct sim_process *process)
{
	unsigned i = process->router;

	process_freeze(process);
	if (process_router(process)) /* with what is to be announced anew */
		sim->routers[i].vr = process_router(process)->vr;
	process->speaks = process->licensed = false;
	process->told_to_freeze = false;
	process->frozen = true;
	sim->routers[i].keeper.frozen_opened_ns = process->opened_ns;
	check_frozen(sim, process);
	/* This and GO are heard within the latency of a host. */
	process_at(sim, process, SIM_STEP_FROZEN,
		   sim->now_ns + draw_ns(sim, 0, 0, sim->latency_ns / 2));
}

/* Routers that nobody continues leave, and hand-overs end. Return: false: it has died. */
static bool begin_to_make_room(struct sim *sim, struct sim_process *process)
{
	int64_t until_ns;

	if (!gateway_leave_gone(sim, process, &until_ns))
		return false;
	until_ns = process_room_ns(process, until_ns);
	process->freeze_ns = process_clocks(process).mono_ns;
	if (until_ns <= process->freeze_ns)
		return true;
	process->room_ns = until_ns;
	check_waits(sim, process, until_ns);
	ask_for_time(sim, process);
	return true;
}

/* As agent/router/turn.c does. Return: whether it makes room now; it may have died. */
static bool makes_room(struct sim *sim, struct sim_process *process)
{
	struct clocks now;

	if (!process->leaves_gone && !begin_to_make_room(sim, process))
		return false;
	now = process_clocks(process);
	if (now.mono_ns >= process->room_ns)
		process->room_ns = VRRP_NEVER;
	if (routers_have_left(process->routers) &&
	    (process->room_ns == VRRP_NEVER ||
	     routers_hand_overs_end(process->routers, &now) <= now.mono_ns)) {
		check_waits(sim, process, now.mono_ns);
		return true;
	}
	gateway_schedule(sim, process);
	return false;
}

void keeper_turned(struct sim *sim, struct sim_process *process)
{
	bool wants = routers_want_checker(process->routers);

	check_facts_asked(sim, process->router, wants);
	if (wants)
		checker_replace(sim, process->router);
	say_alive(sim, process);
	if (process->told_to_leave) {
		if (leaves(sim, process) && gateway_stop(sim, process)) {
			sim->routers[process->router].keeper.left = true;
			ended(sim, process, CHANNEL_EXIT_LEFT);
		}
	} else if (process->told_to_freeze && makes_room(sim, process)) {
		freeze(sim, process);
	}
}

/* ---- what they suffer ---- */

void keeper_died(struct sim *sim, struct sim_process *process, bool in_turn)
{
	unsigned i = process->router;
	struct sim_gateway *r = &sim->routers[i];

	if (process->speaks) {
		trace(sim, "%s: the router process dies", node_name(i));
		check_quiet(sim, i);
		/* Its last words may have been decided and not sent. */
		if (in_turn && r->vr.election.state != VRRP_STATE_ACTIVE)
			sim->check.silent_ns[i] = INT64_MIN;
	}
	ended(sim, process, -1);
}

/* ---- what people do ---- */

void keeper_start(struct sim *sim, unsigned i)
{
	keeper_init(&sim->routers[i].keeper);
	checker_open(sim, i);
	handle(sim, i, (struct succession_event){ .type = SUCCESSION_START });
}

/* It leaves as badly as it can. */
static void spoil(struct sim *sim, unsigned i, enum sim_leave how)
{
	switch (how) {
	case SIM_LEAVE_HUNG:
		keeper_hang(sim, i);
		break;
	case SIM_LEAVE_DYING:
		keeper_panic(sim, i, SIM_VICTIM_CURRENT_IN_TURN);
		break;
	case SIM_LEAVE_BEREFT:
		keeper_panic(sim, i, SIM_VICTIMS_ALL);
		break;
	case SIM_LEAVE_UNHEARD:
		keeper_panic(sim, i, SIM_VICTIM_CURRENT);
		keeper_panic(sim, i, SIM_VICTIM_CURRENT);
		break;
	case SIM_LEAVE_PLAIN:
	case SIM_LEAVES:
		break;
	}
}

void keeper_stop(struct sim *sim, unsigned i, enum sim_leave how)
{
	spoil(sim, i, how);
	if (!sim->routers[i].up) /* that was one death too many */
		return;
	sim->routers[i].keeper.stopping = true;
	check_stop(sim, i);
	handle(sim, i, (struct succession_event){ .type = SUCCESSION_STOP });
	if (sim->overlap && !sim->tidy && prng_one_in(&sim->said, 4))
		events_push(&sim->events, sim->now_ns + prng_range(&sim->said, 0, 4 * SIM_S),
			    SIM_EVENT_STOP_AGAIN, i, 0);
}

void keeper_stop_again(struct sim *sim, unsigned i)
{
	if (!sim->routers[i].up || !sim->routers[i].keeper.stopping)
		return;
	trace(sim, "%s is told to leave at once", node_name(i));
	check_stop_again(sim, i);
	handle(sim, i, (struct succession_event){ .type = SUCCESSION_STOP });
}

void keeper_end(struct sim *sim, unsigned i)
{
	struct sim_keeper *keeper = &sim->routers[i].keeper;

	for (unsigned role = 0; role < SUCCESSION_ROLES_COUNT; role++)
		forget(sim, &keeper->children[role]);
	keeper_init(keeper);
	checker_close(sim, i);
	filter_end(sim, i);
}

void keeper_reload(struct sim *sim, unsigned i)
{
	trace(sim, "%s is told to reload", node_name(i));
	check_asked(sim, i);
	handle(sim, i, (struct succession_event){ .type = SUCCESSION_RELOAD });
}

void keeper_install(struct sim *sim, unsigned i, enum sim_program program)
{
	sim->routers[i].keeper.installed = program;
	check_shaken(sim, i);
}

void keeper_mend(struct sim *sim, unsigned i)
{
	struct sim_keeper *keeper = &sim->routers[i].keeper;

	keeper->installed = SIM_PROGRAM_GOOD;
	check_shaken(sim, i);
	for (unsigned role = 0; role < SUCCESSION_ROLES_COUNT; role++) {
		struct sim_child *child = &keeper->children[role];
		enum sim_program was = child->program;

		child->program = SIM_PROGRAM_GOOD;
		if (!child->process || child->process->killed)
			continue;
		if ((was == SIM_PROGRAM_SLOW || was == SIM_PROGRAM_STUCK) && !child->process->state)
			process_at(sim, child->process, SIM_STEP_START, sim->now_ns);
		if (was != SIM_PROGRAM_MUTE || !child->process->hung)
			continue;
		child->process->hung = false;
		process_at(sim, child->process, SIM_STEP_GO, sim->now_ns);
	}
}

/* Whatever came due in the pause. */
void keeper_resumed(struct sim *sim, unsigned i)
{
	struct sim_keeper *keeper = &sim->routers[i].keeper;

	checker_resumed(sim, i);
	for (unsigned n = 1; n < SIM_PROCESSES_MAX; n++) {
		struct sim_process *process = &sim->processes[i][n];

		if (process->exists && process->step_ns <= sim->now_ns)
			process_at(sim, process, process->step, sim->now_ns);
	}
	if (keeper->timer_ns <= sim->now_ns) {
		keeper->timer_ns = sim->now_ns;
		events_push(&sim->events, sim->now_ns, SIM_EVENT_KEEPER, i, 0);
	}
}
