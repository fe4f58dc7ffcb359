/* SPDX-License-Identifier: MIT */
#include "sim_agent.h"

#include <assert.h>
#include <string.h>

#include "netlink/sweep.h"
#include "sim.h"
#include "vrrp/adopt.h"

static struct kern_changer *changer_of(struct sim_process *process)
{
	return (struct kern_changer *)(void *)process;
}

static struct kern_dump *dump_of(struct sim_process *process)
{
	return (struct kern_dump *)(void *)process;
}

uint32_t agent_lease_s(const struct sim_conf *conf)
{
	int lease_s = conf_lease_s(conf->lease, conf->vrrp.interval_cs);

	assert(lease_s >= 0);
	return (uint32_t)lease_s;
}

void agent_init(struct sim_agent *agent)
{
	*agent = (struct sim_agent){ .freeze_ns = VRRP_NEVER,
				     .go_ns = VRRP_NEVER,
				     .kill_ns = VRRP_NEVER,
				     .bound_ns = VRRP_NEVER,
				     .crashes_since = INT64_MIN / 2 };
}

/* ---- a process ---- */

static void take_news(struct sim_process *process, const struct kern_news *news)
{
	struct sim *sim = process->sim;
	struct sim_router *r = &sim->routers[process->router];

	if (news->what == KERN_WANT_ADDED || news->what == KERN_WANT_RESTORED ||
	    news->what == KERN_WANT_EXPIRED)
		r->announcement_owed = true;
	if (news->what == KERN_WANT_RESTORED)
		check_restored(sim, process->router, news->want);
	if (news->what == KERN_WANT_ABANDONED)
		check_abandoned(sim, process->router, news->want);
	if (news->what == KERN_WANT_FOREIGN)
		trace(sim, "%s uses an address that is not its own", node_name(process->router));
}

/* Return: whether the kernel's answers contradict what was known. */
static bool run_pass(struct sim_process *process, int64_t now)
{
	struct kern_news news[KERN_NEWS_MAX];
	int n;

	while ((n = kern_reconcile(process->wants, now, news)) > 0)
		for (int i = 0; i < n; i++)
			take_news(process, &news[i]);
	return n < 0;
}

static void on_object(const struct kern_object *object, void *arg)
{
	struct sim_process *process = arg;

	kern_wants_see(process->wants, 0, object);
}

/* Return: whether the kernel could be asked. */
static bool ask_kernel(struct sim_process *process)
{
	kern_wants_dump_begin(process->wants);
	if (kern_dump_kind(dump_of(process), KERN_KIND_ADDRESS, on_object, process) < 0)
		return false;
	kern_wants_dump_end(process->wants, KERN_EVERY_INTERFACE);
	return true;
}

void agent_open(struct sim *sim, unsigned i, struct sim_process *process,
		const struct sim_conf *conf)
{
	const struct sim_router *r = &sim->routers[i];
	int err;

	agent_close(process);
	*process = (struct sim_process){ .sim = sim, .router = i };
	err = kern_wants_new(r->addresses_n, 1, changer_of(process), dump_of(process),
			     &process->wants);
	assert(err == 0);
	for (unsigned k = 0; k < r->addresses_n; k++) {
		struct kern_want want = { .kind = KERN_KIND_ADDRESS,
					  .lease_s = agent_lease_s(conf),
					  .address = kernel_address(sim, i, k) };

		kern_wants_add(process->wants, &want);
	}
	kern_wants_interface(process->wants, 0, SIM_IFINDEX, r->kernel.promotes);
	if (!ask_kernel(process))
		process->overrun = true;
}

void agent_close(struct sim_process *process)
{
	kern_wants_free(process->wants);
	process->wants = NULL;
}

static bool is_known(enum kern_kind kind, const union kern_entry *entry, void *arg)
{
	const struct sim_process *process = arg;

	return kern_wants_find(process->wants, 0, kind, entry) >= 0;
}

static void on_swept(enum kern_kind kind, const union kern_entry *entry, int error, void *arg)
{
	const struct sim_process *process = arg;

	(void)kind;
	(void)entry;
	if (!error)
		trace(process->sim, "%s sweeps an address", node_name(process->router));
}

void agent_sweep(struct sim *sim, unsigned i, bool all)
{
	struct sim_process *process = sim->routers[i].process;

	(void)kern_sweep(dump_of(process), changer_of(process), all ? NULL : is_known, on_swept,
			 process);
}

void agent_read(struct sim *sim, unsigned i)
{
	struct sim_router *r = &sim->routers[i];
	int64_t now = router_local_ns(sim, r);

	if (!kernel_tell(r->process, on_object, r->process)) {
		trace(sim, "%s has lost events and asks its kernel", node_name(i));
		kern_wants_doubt(r->process->wants);
		r->agent.dump_due = true;
	}
	if (!r->agent.dump_due || now < r->agent.dump_ns)
		return;
	r->agent.dump_due = !ask_kernel(r->process);
	r->agent.dump_ns = r->agent.dump_due ? now + SIM_S : 0;
}

void agent_want(struct sim *sim, unsigned i, bool wanted)
{
	struct sim_router *r = &sim->routers[i];

	r->held = wanted;
	if (wanted)
		check_wanted(sim, i);
	for (unsigned k = 0; k < r->addresses_n; k++)
		kern_wants_want(r->process->wants, k, wanted);
}

bool agent_has(const struct sim *sim, unsigned i)
{
	const struct sim_router *r = &sim->routers[i];

	for (unsigned k = 0; k < r->addresses_n; k++)
		if (kern_wants_has(r->process->wants, k))
			return true;
	return false;
}

void agent_execute(struct sim *sim, unsigned i)
{
	struct sim_router *r = &sim->routers[i];
	struct sim_agent *agent = &r->agent;
	int64_t now = router_local_ns(sim, r);

	r->vr.counters.adverts_sent += agent->sent_n;
	agent->sent_n = 0;
	if (!run_pass(r->process, now))
		return;
	agent->dump_due = !ask_kernel(r->process);
	if (agent->dump_due) {
		agent->dump_ns = now + SIM_S;
	} else if (run_pass(r->process, now)) {
		agent->dump_due = true;
		agent->dump_ns = now + SIM_S;
	}
}

/* ---- leases: agent/router/routers.c ---- */

static void renew(struct sim_router *r)
{
	for (unsigned k = 0; k < r->addresses_n; k++)
		kern_wants_renew(r->process->wants, k);
}

void agent_leave(struct sim *sim, unsigned i)
{
	struct sim_router *r = &sim->routers[i];

	if (r->vr.state != VRRP_STATE_ACTIVE)
		lease_end(&r->agent.lease);
	r->agent.left_ns = r->agent.lease.renew_ns;
	r->agent.left = r->vr;
}

void agent_advert(struct sim *sim, unsigned i)
{
	struct sim_router *r = &sim->routers[i];
	int64_t now = router_local_ns(sim, r);

	if (lease_on_advert(&r->agent.lease, now))
		renew(r);
	(void)lease_on_sent(&r->agent.lease, now);
}

static int64_t renewal_ns(const struct sim_router *r)
{
	return r->vr.state == VRRP_STATE_ACTIVE ? lease_deadline(&r->agent.lease) : KERN_NEVER;
}

bool agent_renew(struct sim *sim, unsigned i)
{
	struct sim_router *r = &sim->routers[i];
	int64_t now = router_local_ns(sim, r);

	if (now < renewal_ns(r))
		return false;
	if (lease_on_timer(&r->agent.lease, now))
		renew(r);
	return true;
}

int64_t agent_deadline(const struct sim *sim, unsigned i)
{
	const struct sim_router *r = &sim->routers[i];
	int64_t deadline = renewal_ns(r);
	int64_t retry = r->process->wants ? kern_wants_deadline(r->process->wants) : KERN_NEVER;

	if (retry < deadline)
		deadline = retry;
	return r->agent.dump_due && r->agent.dump_ns < deadline ? r->agent.dump_ns : deadline;
}

/* ---- adoption: agent/adopt.c ---- */

bool agent_adopt(struct sim *sim, unsigned i, const struct sim_conf *conf, bool after_death)
{
	struct sim_router *r = &sim->routers[i];
	struct sim_agent *agent = &r->agent;
	int64_t now = router_local_ns(sim, r);
	bool same_lease;

	same_lease = agent_lease_s(&r->conf) == agent_lease_s(conf);
	r->conf = *conf;
	r->config = conf->vrrp;
	vrrp_init(&r->vr, &r->config);
	vrrp_source_set(&r->vr, r->source);
	agent->sent_n = 0;
	agent->dump_due = false;
	agent->dump_ns = 0;
	r->held = false;
	if (!vrrp_is_sane(&agent->left, now))
		check_fail(sim, "P7", "the state that %s left is not sane", node_name(i));
	lease_init(&agent->lease, conf->lease, conf->vrrp.interval_cs);
	if (vrrp_is_history(&agent->left, now))
		return false;
	vrrp_adopt(&r->vr, &agent->left, now);
	if (after_death && r->vr.state == VRRP_STATE_ACTIVE)
		r->vr.announce_ns = now;
	agent_want(sim, i, r->vr.state == VRRP_STATE_ACTIVE);
	lease_adopt(&agent->lease, agent->left_ns, same_lease, now);
	if (!same_lease)
		renew(r);
	return true;
}
