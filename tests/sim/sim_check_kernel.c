/* SPDX-License-Identifier: MIT */
/* What concerns addresses and processes; the list of properties is in sim_check.h. */
#include <string.h>

#include "sim.h"

#define TROUBLE_NS (2 * SIM_S) /* a refused change or a failed dump is repeated after a second */

/* What the manual says about leases, in other words than conf_lease_s(). */
static int64_t promised_ns(const struct sim_conf *conf)
{
	int64_t interval = conf->vrrp.interval_cs * 10 * SIM_MS;

	if (conf->lease == CONF_LEASE_OFF)
		return 0;
	if (conf->lease == CONF_LEASE_SAFE)
		return (3 * interval - SIM_LEASE_LATE_NS) / SIM_S * SIM_S;
	return (4 * interval + SIM_S - 1) / SIM_S * SIM_S + SIM_S;
}

static bool in_trouble(const struct sim *sim, const struct sim_router *r)
{
	return r->kernel.trouble || sim->now_ns < r->kernel.trouble_end_ns + TROUBLE_NS;
}

void check_resumed(struct sim *sim, unsigned i)
{
	struct sim_router *r = &sim->routers[i];

	if (r->frozen_at_ns < r->kernel.trouble_end_ns + TROUBLE_NS)
		r->kernel.trouble_end_ns = sim->now_ns;
}

void check_addresses(struct sim *sim, unsigned i)
{
	struct sim_router *r = &sim->routers[i];
	bool active = r->vr.state == VRRP_STATE_ACTIVE;

	for (unsigned k = 0; k < r->addresses_n; k++) {
		const struct sim_address *address = &r->kernel.table[k];

		if (address->present) /* perhaps somebody else's: it is used */
			r->agent.abandoned &= ~(1u << k);
		if (in_trouble(sim, r))
			continue;
		if (active && !address->present && !(r->agent.abandoned >> k & 1))
			check_fail(sim, "P3", "%s is Active without address %u", node_name(i), k);
		if (!active && address->present && address->mark == KERN_ADDRESS_MARK)
			check_fail(sim, "P3", "%s is %s and has address %u", node_name(i),
				   vrrp_state_name(r->vr.state), k);
		if (address->present != kern_wants_has(r->process->wants, k))
			check_fail(sim, "P3", "%s is mistaken about address %u", node_name(i), k);
	}
}

void check_given_up(struct sim *sim, unsigned i)
{
	const struct sim_router *r = &sim->routers[i];

	if (!in_trouble(sim, r) && kernel_ours(&r->kernel))
		check_fail(sim, "P3", "%s has given up and left an address behind", node_name(i));
}

void check_removal(struct sim *sim, const struct sim_process *by, unsigned k)
{
	bool unseen = by->unseen >> k & 1 && by->refused_ns == sim->now_ns;

	if (sim->routers[by->router].kernel.table[k].mark != KERN_ADDRESS_MARK && !unseen)
		check_fail(sim, "P13", "%s touches address %u, which it did not add",
			   node_name(by->router), k);
}

void check_expiry(struct sim *sim, unsigned i, unsigned k)
{
	const struct sim_router *r = &sim->routers[i];
	int64_t lease_ns = promised_ns(&r->conf);

	if (r->up && r->pause == SIM_RUNNING && r->vr.state == VRRP_STATE_ACTIVE &&
	    !in_trouble(sim, r) && sim->now_ns > r->kernel.trouble_end_ns + 2 * lease_ns &&
	    sim->now_ns > r->healthy_ns + 2 * lease_ns)
		check_fail(sim, "lease", "%s is well and has let the lease of address %u end",
			   node_name(i), k);
}

void check_wanted(struct sim *sim, unsigned i)
{
	struct sim_agent *agent = &sim->routers[i].agent;

	agent->abandoned = 0;
	memset(agent->restored_n, 0, sizeof(agent->restored_n));
}

void check_restored(struct sim *sim, unsigned i, unsigned k)
{
	struct sim_agent *agent = &sim->routers[i].agent;
	int64_t now = router_local_ns(sim, &sim->routers[i]);
	unsigned n = agent->restored_n[k]++;
	int64_t *oldest = &agent->restored_ns[k][n % (2 * KERN_RESTORE_MAX)];

	trace(sim, "%s restores an address", node_name(i));
	if (agent->abandoned >> k & 1)
		check_fail(sim, "P3", "%s restores address %u, which it had given up", node_name(i),
			   k);
	if (n >= 2 * KERN_RESTORE_MAX && now - *oldest < KERN_RESTORE_WINDOW_NS)
		check_fail(sim, "P3", "%s restores address %u for the 11th time in 10 s",
			   node_name(i), k);
	*oldest = now;
}

void check_abandoned(struct sim *sim, unsigned i, unsigned k)
{
	struct sim_agent *agent = &sim->routers[i].agent;
	int64_t now = router_local_ns(sim, &sim->routers[i]);
	unsigned recent = 0, n = agent->restored_n[k];

	trace(sim, "%s leaves an address alone: it was removed too often", node_name(i));
	for (unsigned x = 0; x < 2 * KERN_RESTORE_MAX && x < n; x++)
		recent += now - agent->restored_ns[k][x] <= KERN_RESTORE_WINDOW_NS;
	if (recent < KERN_RESTORE_MAX)
		check_fail(sim, "P3", "%s has restored address %u %u times and gives up",
			   node_name(i), k, recent);
	agent->abandoned |= 1u << k;
}

/* ---- death ---- */

void check_quiet(struct sim *sim, unsigned i)
{
	struct sim_router *r = &sim->routers[i];
	int64_t lease_ns = promised_ns(&r->conf);

	r->agent.bound_ns = VRRP_NEVER;
	if (!lease_ns || in_trouble(sim, r))
		return;
	if (lease_ns < r->agent.old_lease_ns - sim->now_ns)
		lease_ns = r->agent.old_lease_ns - sim->now_ns;
	r->agent.bound_ns = sim->now_ns + lease_ns + SIM_LEASE_LATE_NS + 1;
	events_push(&sim->events, r->agent.bound_ns, SIM_EVENT_BOUND, i, 0);
}

void check_bound(struct sim *sim, unsigned i)
{
	const struct sim_router *r = &sim->routers[i];

	if (r->agent.bound_ns == sim->now_ns && kernel_ours(&r->kernel))
		check_fail(sim, "P5", "%s has an address although nobody renewed its lease",
			   node_name(i));
}

void check_lease_change(struct sim *sim, unsigned i, const struct sim_conf *old)
{
	struct sim_agent *agent = &sim->routers[i].agent;
	int64_t until = sim->now_ns + promised_ns(old) * 4 / 3;

	if (promised_ns(&agent->next) < promised_ns(old) && agent->old_lease_ns < until)
		agent->old_lease_ns = until;
}

void check_unread(struct sim *sim, unsigned i)
{
	sim->check.arrived[i].at_ns = INT64_MIN / 2;
}

/* ---- reload ---- */

bool check_is_quiet(const struct sim *sim, unsigned i)
{
	const struct sim_router *r = &sim->routers[i];

	for (unsigned k = 0; k < r->addresses_n; k++)
		if (r->kernel.table[k].present !=
		    (r->held ||
		     (r->kernel.table[k].present && r->kernel.table[k].mark != KERN_ADDRESS_MARK)))
			return false;
	return !in_trouble(sim, r);
}

void check_reload(struct sim *sim, unsigned i, const struct sim_before *before)
{
	const struct sim_router *r = &sim->routers[i];

	if (r->agent.packets_n != before->packets_n)
		check_fail(sim, "P7", "a reload without changes makes %s send", node_name(i));
	if (r->kernel.changes_n != before->changes_n)
		check_fail(sim, "P7", "a reload without changes makes %s change addresses",
			   node_name(i));
}

void check_adopted(struct sim *sim, unsigned i, const struct vrrp *before, int64_t lease_ns)
{
	struct sim_router *r = &sim->routers[i];
	struct vrrp copy = r->vr;

	/* What was sent last is counted after the election was left. */
	copy.counters = before->counters;
	if (memcmp(before, &copy, sizeof(copy)) != 0)
		check_fail(sim, "P7", "a reload without changes alters the election of %s",
			   node_name(i));
	if (r->agent.lease.renew_ns != lease_ns)
		check_fail(sim, "P7", "a reload without changes moves a renewal of %s",
			   node_name(i));
}
