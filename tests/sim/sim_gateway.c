/* SPDX-License-Identifier: MIT */
#include "sim_gateway.h"

#include <assert.h>
#include <string.h>

#include "sim.h"

#define MILLION      INT64_C(1000000)
#define REAL_BASE_NS INT64_C(1700000000000000000)

void gateway_init(struct sim_gateway *r, const struct vrrp_config *config, uint8_t host,
		  unsigned addresses_n)
{
	*r = (struct sim_gateway){ .config = *config,
				   .addresses_n = addresses_n,
				   .queue_max = SIM_QUEUE_MAX,
				   .bound_ns = VRRP_NEVER,
				   .provoked_ns = INT64_MIN / 2 };
	r->conf = r->other = r->file =
		(struct sim_conf){ .vrrp = *config, .lease = CONF_LEASE_OFF };
	for (unsigned n = 0; n < SIM_OWN_MAX; n++)
		family_own(config->family, (uint8_t)(host + 50 * (SIM_OWN_MAX - 1 - n)), r->own[n]);
	keeper_init(&r->keeper);
	vrrp_init(&r->vr, config);
}

/* ---- time ---- */

int64_t gateway_span(const struct sim_gateway *r, int64_t global_ns)
{
	return global_ns + global_ns * r->clock_ppm / MILLION;
}

int64_t gateway_local_at(const struct sim_gateway *r, int64_t global_ns)
{
	return SIM_UPTIME_NS + gateway_span(r, global_ns - r->clock_lag_ns);
}

int64_t gateway_local_ns(const struct sim *sim, const struct sim_gateway *r)
{
	return gateway_local_at(r, sim->now_ns);
}

int64_t gateway_real_at(int64_t local_ns)
{
	return REAL_BASE_NS + local_ns;
}

int64_t gateway_global_ns(const struct sim_gateway *r, int64_t local_ns)
{
	int64_t rate = MILLION + r->clock_ppm;

	return r->clock_lag_ns + ((local_ns - SIM_UPTIME_NS) * MILLION + rate - 1) / rate;
}

/* How long the host lets a process wait for the processor this time. */
static int64_t wake_latency(struct sim *sim, const struct sim_gateway *r)
{
	int64_t worst = r->stall_ns > sim->latency_ns ? r->stall_ns : sim->latency_ns;

	return worst ? prng_range(&sim->prng, 0, worst) : 0;
}

/* Be scheduled, for something that is there or due at @since_ns. */
static void wake_after(struct sim *sim, struct sim_process *process, int64_t since_ns)
{
	struct sim_gateway *r = &sim->routers[process->router];
	int64_t at_ns = since_ns + wake_latency(sim, r);

	if (at_ns < process->wake_ns) {
		process->wake_ns = at_ns;
		events_push(&sim->events, at_ns, SIM_EVENT_WAKE, process->router,
			    (unsigned)(process - sim->processes[process->router]));
	}
	if (process->wake_ns - since_ns > sim->latency_ns && r->healthy_ns <= process->wake_ns)
		r->healthy_ns = process->wake_ns + 1;
}

void process_wake(struct sim *sim, struct sim_process *process)
{
	if (process->speaks && !process->hung && sim->routers[process->router].pause == SIM_RUNNING)
		wake_after(sim, process, sim->now_ns);
}

/* Of its loop, which has a sign of life to give, too. */
static int64_t deadline_of(const struct sim_process *process)
{
	int64_t deadline_ns = routers_deadline(process->routers);

	if (process->room_ns < deadline_ns)
		deadline_ns = process->room_ns;
	return process->alive_ns < deadline_ns ? process->alive_ns : deadline_ns;
}

void gateway_schedule(struct sim *sim, struct sim_process *process)
{
	const struct sim_gateway *r = &sim->routers[process->router];
	int64_t deadline_ns = gateway_global_ns(r, deadline_of(process));

	if (deadline_ns < sim->now_ns)
		deadline_ns = sim->now_ns;
	/* A turn that nothing is due for does no harm: some are thrown in. */
	if (!sim->tidy && prng_one_in(&sim->prng, 16))
		deadline_ns = prng_range(&sim->prng, sim->now_ns, deadline_ns);
	wake_after(sim, process, deadline_ns);
}

/* ---- state ---- */

/* Virtual address @k is there, and in the eyes of the agent it is the host's own: of IPv6 a
 * link-local one, as adverts come from no others. */
static bool is_own(const struct sim_gateway *r, unsigned k)
{
	bool known = k < r->addresses_n && r->config.priority != VRRP_PRIORITY_OWNER;

	if (r->unicast ||
	    (r->config.family == 6 && (k > 0 || r->link_local == CONF_LINK_LOCAL_NONE)))
		return false;
	return r->kernel.table[k].present && r->kernel.table[k].mark != KERN_ADDRESS_MARK && !known;
}

/* Peers know one of them. */
static unsigned first_own(const struct sim_gateway *r)
{
	return r->unicast ? SIM_OWN_MAX - 1 : 0;
}

bool gateway_owns(const struct sim_gateway *r, const uint8_t *bytes)
{
	unsigned k = family_virtual_number(r->config.family, bytes);

	for (unsigned n = first_own(r); n < SIM_OWN_MAX; n++)
		if (r->kernel.own[n] == SIM_OWN_USABLE && family_same(r->own[n], bytes))
			return true;
	return k < SIM_ADDRESSES_MAX && is_own(r, k);
}

/* Whether an owner has had an address of the host's own that is gone, and is not vipd's to add: as
 * its process knows, or says that one before it has known. */
static bool lacks_own(const struct sim_gateway *r)
{
	const struct sim_process *process = r->keeper.children[SUCCESSION_CURRENT].process;
	unsigned named = family_virtual_number(r->config.family, r->vr.election.reason.source);
	uint32_t gone = 0; /* and not vipd's when it was last there */

	for (unsigned k = 0; k < r->addresses_n; k++)
		gone |= (uint32_t)(!r->kernel.table[k].present &&
				   r->kernel.table[k].mark != KERN_ADDRESS_MARK)
			<< k;
	if (r->config.priority != VRRP_PRIORITY_OWNER)
		return false;
	if (r->vr.election.reason.code == VRRP_REASON_NO_OWN && named < SIM_ADDRESSES_MAX &&
	    gone >> named & 1)
		return true;
	return process && process->lacks & gone;
}

bool gateway_has_source(const struct sim_gateway *r)
{
	bool own = false;

	for (unsigned n = first_own(r); n < SIM_OWN_MAX; n++)
		own |= r->kernel.own[n] == SIM_OWN_USABLE;
	for (unsigned k = 0; k < SIM_ADDRESSES_MAX; k++)
		own |= is_own(r, k);
	return r->up && own && !lacks_own(r) && guest_fault(r) == VRRP_REASON_NONE;
}

bool gateway_can_speak(const struct sim_gateway *r)
{
	return gateway_has_source(r) && kernel_can_talk(&r->kernel);
}

bool gateway_is_let_alone(const struct sim_gateway *r)
{
	const struct sim_link *link = &r->kernel.link;

	return r->conf.sans_carrier && link->exists && link->up && !link->carrier;
}

bool gateway_is_among(const struct sim *sim, unsigned i, unsigned group)
{
	return sim->faults.group[i] == group && !gateway_is_let_alone(&sim->routers[i]);
}

bool gateway_can_serve(const struct sim_gateway *r)
{
	return gateway_can_speak(r) && !r->beliefs.fault;
}

bool gateway_in_service(const struct sim_gateway *r)
{
	return !r->conf.absent && gateway_can_serve(r);
}

bool gateway_is_active(const struct sim_gateway *r)
{
	return r->up && !r->conf.absent && r->vr.election.state == VRRP_STATE_ACTIVE;
}

bool gateway_runs(const struct sim *sim, unsigned i)
{
	const struct sim_gateway *r = &sim->routers[i];
	const struct sim_process *process = r->keeper.children[SUCCESSION_CURRENT].process;

	return r->up && r->pause == SIM_RUNNING && process && process->speaks && !process->hung;
}

/* What the process knows by now, for the checks. */
static void look(struct sim *sim, const struct sim_process *process)
{
	struct sim_gateway *r = &sim->routers[process->router];
	const struct router *router = process_router(process);

	if (!router)
		return;
	r->vr = router->vr;
	r->lease_ns = router->lease.renew_ns;
}

/* ---- the product's steps ---- */

void gateway_stepped(struct sim *sim, unsigned i, const struct vrrp *before, const struct vrrp *vr,
		     const struct vrrp_event *event, const struct vrrp_output *out)
{
	struct sim_gateway *r = &sim->routers[i];

	r->vr = *vr;
	r->last = (struct sim_last){ .quiet = event->type == VRRP_EVENT_ADVERT && !out->actions_n &&
					      vr->election.state == VRRP_STATE_BACKUP,
				     .before = *before,
				     .model = sim->check.models[i] };
	if (vr->election.state == VRRP_STATE_ACTIVE && before->election.state != VRRP_STATE_ACTIVE)
		r->active_ns = sim->now_ns;
	if (vr->election.priority != before->election.priority) {
		check_priority(sim, i, vr->election.priority);
		r->ranked_ns = sim->now_ns + 1; /* who is better is another question now */
		if (before->election.state == VRRP_STATE_BACKUP) { /* and who forbids what */
			check_unread(sim, i);
			r->healthy_ns = sim->now_ns + 1;
		}
	}
	r->config.priority = vr->election.priority;
	if (event->type == VRRP_EVENT_STARTUP)
		check_facts_begin(sim, i, before);
	check_step(sim, i, before, event, out);
	if (r->unit.together)
		unit_stepped(sim, i, 0, before, event);
}

bool gateway_may_tear(const struct sim_gateway *r)
{
	return r->last.quiet;
}

void gateway_adopted(struct sim *sim, unsigned i, const struct vrrp *vr, const struct vrrp *old)
{
	struct sim_gateway *r = &sim->routers[i];
	struct vrrp_config before;

	r->adopted = true;
	check_left(sim, i, old);
	r->vr = *vr;
	r->fed = check_accounted(vr);
	check_inherited_priority(sim, i, old);
	r->config.priority = vr->election.priority;
	before = old->config;
	before.priority = old->election.priority;
	if (r->unit.together)
		unit_follow(sim, i, NULL);
	else
		model_adopt(sim, i, &before);
	if (vr->election.state == VRRP_STATE_ACTIVE)
		check_wanted(sim, i);
	else if (!r->reloading) /* what had come died with the one before */
		check_missed(sim, i);
}

/* ---- turns ---- */

void gateway_turn(struct sim *sim, struct sim_process *process)
{
	unsigned i = process->router;
	struct sim_gateway *r = &sim->routers[i];

	r->turn_ns = gateway_local_ns(sim, r);
	r->last.quiet = false;
	check_turn_begin(sim, i);
	check_inherited(sim, i);
	if (!process_turn(process)) {
		check_died(sim, i);
		keeper_died(sim, process, true);
		return;
	}
	if (process->asked_to_forget)
		process_forget(process);
	look(sim, process);
	check_turn_end(sim, process);
	r->turn = (struct sim_turn){ 0 };
	drains_serve(sim, process);
	check_behind(sim, process);
	look(sim, process);
	r->resumed = false;
	gateway_schedule(sim, process);
	keeper_turned(sim, process);
}

void gateway_forget(struct sim *sim, unsigned i)
{
	struct sim_process *process = keeper_speaker(sim, i);

	if (!process || !gateway_runs(sim, i))
		return;
	trace(sim, "%s is told to forget", node_name(i));
	process->asked_to_forget = true;
	process_wake(sim, process);
}

/* @lives: false: it has died in the middle of that. Return: whether it lives. */
static bool end_turn(struct sim *sim, struct sim_process *process, bool lives)
{
	if (!lives) {
		check_died(sim, process->router);
		keeper_died(sim, process, true);
		return false;
	}
	look(sim, process);
	check_turn_end(sim, process);
	return true;
}

/* @gone_alone: those that the next process does not have. */
static bool begin_to_leave(struct sim *sim, struct sim_process *process, bool gone_alone,
			   int64_t *ret_until_ns)
{
	struct sim_gateway *r = &sim->routers[process->router];

	check_turn_begin(sim, process->router);
	r->ready = r->turn.announce; /* nothing is read here that says so */
	r->turn.announce = 0;
	check_leave(sim, process, gone_alone);
	return end_turn(
		sim, process,
		(gone_alone ? process_leave_gone : process_leave_routers)(process, ret_until_ns));
}

bool gateway_begin_to_leave(struct sim *sim, struct sim_process *process)
{
	int64_t until_ns;

	return begin_to_leave(sim, process, false, &until_ns);
}

bool gateway_leave_gone(struct sim *sim, struct sim_process *process, int64_t *ret_until_ns)
{
	if (!process->told_gone) { /* as nobody is to leave, nothing else happens either */
		*ret_until_ns = INT64_MIN;
		return true;
	}
	return begin_to_leave(sim, process, true, ret_until_ns);
}

bool gateway_stop(struct sim *sim, struct sim_process *process)
{
	check_turn_begin(sim, process->router);
	return end_turn(sim, process, process_stop(process));
}

void gateway_wake(struct sim *sim, struct sim_process *process)
{
	if (!process->exists || sim->now_ns != process->wake_ns)
		return; /* an earlier wake-up has done it */
	process->wake_ns = VRRP_NEVER;
	if (process->speaks && !process->hung && sim->routers[process->router].pause == SIM_RUNNING)
		gateway_turn(sim, process);
}

void gateway_go(struct sim *sim, struct sim_process *process, int old_fd)
{
	unsigned i = process->router;
	struct sim_gateway *r = &sim->routers[i];
	struct sim_conf old = r->conf;
	uint8_t priority = r->config.priority;
	struct sim_going going;

	r->adopted = r->last.quiet = false;
	r->leaving = (struct sim_leaving){ 0 };
	check_hand_over_end(sim, i);
	r->bound_ns = VRRP_NEVER;
	r->reloading = process->frozen_real_ns != 0;
	process->follows_absent = r->conf.absent;
	check_facts_go(sim, i,
		       process_has_left(old_fd) && !r->conf.absent && !process->conf.absent);
	if (process_has_left(old_fd))
		drains_go(sim, process);
	check_go_begin(sim, process, process_has_left(old_fd), &going);
	r->keeper.spoke = true;
	r->conf = process->conf;
	r->config = r->conf.vrrp;
	r->turn_ns = gateway_local_ns(sim, r);
	if (sim->now_ns >
	    process->told_ns + sim->latency_ns) /* the host or its program had a pause */
		r->resumed = true;
	/* What has come is placed at this moment; who is better is another question from now on. */
	if (r->resumed || !r->reloading || socket_waiting(process) ||
	    r->config.priority != priority)
		r->healthy_ns = sim->now_ns + 1;
	check_lease_change(sim, i, &old);
	check_turn_begin(sim, i);
	if (r->conf.absent && r->vr.election.state == VRRP_STATE_ACTIVE)
		check_withdrawn(sim, i);
	if (!process_go(process, old_fd, process->frozen_real_ns)) {
		look(sim, process);
		drains_went(sim, process, false);
		if (r->conf.absent) /* the farewell of one that is withdrawn dies with it */
			vrrp_init(&r->vr, &r->config);
		check_died(sim, i);
		keeper_died(sim, process, true);
		return;
	}
	if (!r->adopted) {
		vrrp_init(&r->vr, &r->config);
		check_start(sim, i);
	}
	look(sim, process);
	drains_went(sim, process, true);
	checker_want(sim, i, r->conf.absent ? &(struct sim_checks){ 0 } : &r->conf.checks);
	if (!r->adopted)
		r->config.priority = r->vr.election.priority;
	if (r->kernel.ip6.forwards_ns >= process->opened_ns) /* nobody knows what was said */
		r->kernel.ip6.said = 0;
	check_go_end(sim, process, &going);
	gateway_turn(sim, process);
}

void gateway_deliver(struct sim *sim, unsigned slot, unsigned i)
{
	if (sim->routers[i].pause == SIM_FROZEN)
		net_mark_lost(sim, &sim->net.packets[slot], i);
	else
		socket_deliver(sim, slot, i);
}

/* ---- life ---- */

void gateway_start(struct sim *sim, unsigned i)
{
	struct sim_gateway *r = &sim->routers[i];

	assert(!r->up);
	trace(sim, "%s is started", node_name(i));
	r->up = true;
	r->given_up = false;
	r->healthy_ns = sim->now_ns;
	r->bound_ns = VRRP_NEVER;
	r->leaving = (struct sim_leaving){ 0 };
	r->drain = (struct sim_drain){ 0 };
	r->conf = r->file;
	r->config = r->conf.vrrp;
	memset(&sim->check.heard[i], 0, sizeof(sim->check.heard[i]));
	keeper_start(sim, i);
	check_asked(sim, i);
}

void gateway_vanish(struct sim *sim, unsigned i)
{
	struct sim_gateway *r = &sim->routers[i];

	keeper_end(sim, i);
	r->up = false;
	r->pause = SIM_RUNNING;
	r->config = r->conf.vrrp;
	vrrp_init(&r->vr, &r->config);
	companion_vanished(r);
}

void gateway_restart(struct sim *sim, unsigned i)
{
	int64_t at_ns = sim->now_ns + SIM_S;

	if (at_ns > sim->faults.until_ns)
		at_ns = sim->faults.until_ns;
	if (!sim->tidy && at_ns > sim->now_ns)
		events_push(&sim->events, at_ns, SIM_EVENT_RESTART, i, 0);
}

void gateway_leave(struct sim *sim, unsigned i, enum sim_leave how)
{
	trace(sim, "%s is told to leave", node_name(i));
	if (gateway_is_active(&sim->routers[i]))
		sim->check.served = 0;
	keeper_stop(sim, i, how);
}

void gateway_crash(struct sim *sim, unsigned i)
{
	trace(sim, "%s crashes", node_name(i));
	if (gateway_is_active(&sim->routers[i]))
		sim->check.silent_ns[i] = INT64_MIN;
	check_quiet(sim, i);
	gateway_vanish(sim, i);
}

void gateway_pause(struct sim *sim, unsigned i, enum sim_pause pause)
{
	struct sim_gateway *r = &sim->routers[i];

	assert(r->up && r->pause == SIM_RUNNING);
	trace(sim, "%s is %s", node_name(i), pause == SIM_STOPPED ? "stopped" : "frozen");
	r->pause = pause;
	check_shaken(sim, i);
	r->frozen_at_ns = sim->now_ns;
	if (pause == SIM_STOPPED) /* of a frozen host the kernel stands still too */
		check_quiet(sim, i);
}

void gateway_awake(struct sim *sim, unsigned i)
{
	struct sim_gateway *r = &sim->routers[i];
	struct sim_process *process = keeper_speaker(sim, i);

	if (process)
		r->bound_ns = VRRP_NEVER;
	check_resumed(sim, i);
	check_shaken(sim, i);
	r->resumed = true;
	r->healthy_ns = sim->now_ns + 1;
	if (!process || process->hung)
		return;
	process->wake_ns = VRRP_NEVER;
	process_wake(sim, process);
}

void gateway_resume(struct sim *sim, unsigned i, bool clock_stood_still)
{
	struct sim_gateway *r = &sim->routers[i];
	struct sim_process *process = keeper_speaker(sim, i);

	trace(sim, "%s runs again, %u packets are waiting", node_name(i),
	      process ? socket_waiting(process) : 0);
	if (clock_stood_still)
		r->clock_lag_ns += sim->now_ns - r->frozen_at_ns;
	if (r->pause == SIM_FROZEN)
		kernel_thaw(sim, i, sim->now_ns - r->frozen_at_ns, clock_stood_still);
	r->pause = SIM_RUNNING;
	if (process && !r->keeper.rules.children[SUCCESSION_CURRENT].late)
		process->woken_ns = sim->now_ns;
	gateway_awake(sim, i);
	keeper_resumed(sim, i);
}
