/* SPDX-License-Identifier: MIT */
/* The last resort (P16); the list of properties is in sim_check.h. */
#include "sim.h"

#define LAST       1
#define REFUSED_NS (3 * SIM_S)

/* What the manual says of offers. */
#define OFFER_PAUSE_NS (60 * SIM_S)
#define EQUAL_NS       (3600 * SIM_S)

/* Addresses that an Active lacks, a bit each. */
static uint32_t lacking(const struct sim_gateway *r)
{
	uint32_t mask = 0;

	for (unsigned k = 0; k < r->addresses_n; k++)
		mask |= (uint32_t)!r->kernel.table[k].present << k;
	return mask;
}

/* How long the trouble of the kernel may be the reason: a refusal counts after 3 s. */
static bool was_in_trouble(const struct sim *sim, unsigned i)
{
	const struct sim_kernel *kernel = &sim->routers[i].kernel;

	return check_in_trouble(sim, i) ||
	       sim->now_ns < kernel->trouble_end_ns + REFUSED_NS + SIM_S;
}

/* One to which checks do not give that priority alone. */
static bool is_resort(const struct sim_gateway *r)
{
	return r->conf.vrrp.priority != LAST && r->vr.election.priority == LAST &&
	       (!r->conf.checks.n || r->drain.resort);
}

static void check_begins(struct sim *sim, unsigned i)
{
	struct sim_gateway *r = &sim->routers[i];
	uint32_t given_up = lacking(r) & (r->abandoned | r->perhaps_abandoned);

	if (!given_up && !was_in_trouble(sim, i))
		check_fail(sim, "P16", "%s is the last resort without a reason", node_name(i));
	r->offered_ns = 0;
	sim->check.frozen = NULL; /* somebody else shall be Active from now on */
}

static void check_ends(struct sim *sim, unsigned i)
{
	struct sim_gateway *r = &sim->routers[i];
	int64_t held_ns = gateway_local_ns(sim, r) - r->lacked_ns;

	if (r->vr.election.state == VRRP_STATE_FAULT || unit_has_mute(sim, i))
		return;
	if (r->vr.election.state != VRRP_STATE_ACTIVE)
		check_fail(sim, "P16", "%s is %s and has its priority back", node_name(i),
			   vrrp_state_name(r->vr.election.state));
	if (!was_in_trouble(sim, i) && held_ns < SIM_HELD_NS)
		check_fail(sim, "P16", "%s has its priority back after %.3f ms", node_name(i),
			   (double)held_ns / SIM_MS);
}

void check_priority(struct sim *sim, unsigned i, unsigned priority)
{
	const struct sim_gateway *r = &sim->routers[i];

	if (r->conf.checks.n) { /* check_effective() does */
		if (priority == LAST || r->drain.resort)
			sim->check.frozen = NULL;
	} else if (drains_has(sim, i)) /* which check_drain_turn() judges */
		sim->check.frozen = NULL;
	else if (r->drain.until_ns || r->drain.told_ns == sim->now_ns)
		sim->check.frozen = NULL;         /* it ends now */
	else if (drains_lowers(sim, i, priority)) /* what it has waited for is over */
		sim->check.frozen = NULL;
	else if (priority == r->conf.vrrp.priority)
		check_ends(sim, i);
	else if (priority == LAST && r->vr.election.state == VRRP_STATE_ACTIVE)
		check_begins(sim, i);
	else if (priority == LAST && r->unit.together &&
		 r->companion.vr.election.state == VRRP_STATE_ACTIVE)
		sim->check.frozen = NULL; /* for what the other family lacks */
	else
		check_fail(sim, "P16", "%s has priority %u for no reason", node_name(i), priority);
}

void check_inherited_priority(struct sim *sim, unsigned i, const struct vrrp *old)
{
	struct sim_gateway *r = &sim->routers[i];
	/* Who has died before it took its priority back was only drained. */
	bool last = old->election.priority == LAST && old->config.priority != LAST &&
		    !r->drain.until_ns &&
		    ((!r->conf.checks.n && !r->drain.resumed) || r->drain.resort);
	unsigned due;

	/* It died in the turn in which it waited no more. */
	if (r->drain.hold_ns && old->election.priority == LAST &&
	    (gateway_local_ns(sim, r) >= r->drain.hold_ns || !unit_active(sim, i))) {
		r->drain.hold_ns = 0;
		check_unheld(sim, i);
	}
	due = last && !r->reloading ? LAST : drains_priority(sim, i, &r->conf);
	if (r->vr.election.priority != due && !r->drain.unsure)
		check_fail(sim, "P16", "%s goes on with priority %u, not %u", node_name(i),
			   r->vr.election.priority, due);
	r->offered_ns = 0;
	sim->check.equal_ns[i] = 0;
}

void check_recovery(struct sim *sim, unsigned i)
{
	const struct sim_gateway *r = &sim->routers[i];

	if (r->vr.election.priority != drains_priority(sim, i, &r->conf) && !r->drain.until_ns)
		check_fail(sim, "P16", "%s is the last resort after a fault", node_name(i));
}

void check_offer(struct sim *sim, unsigned i)
{
	struct sim_gateway *r = &sim->routers[i];
	int64_t equal_ns = sim->check.equal_ns[i], now = gateway_local_ns(sim, r);

	sim->check.frozen = NULL; /* somebody else may be Active from now on */
	if (r->leaving.told && drains_is_held(sim, i) && now < r->drain.hold_ns)
		check_fail(sim, "P20", "%s offers to leave while a command runs", node_name(i));
	if (r->leaving.told) /* vipd stops, and asks nobody */
		return;
	if (r->conf.vrrp.priority == LAST) /* which does not show it */
		return;
	if (r->vr.election.priority != LAST)
		check_fail(sim, "P16", "%s offers to leave and is not the last resort",
			   node_name(i));
	if (check_drain_offer(sim, i))
		return;
	if (equal_ns && now - equal_ns < EQUAL_NS)
		check_fail(sim, "P16", "%s offers to leave to one that is no better", node_name(i));
	if (r->offered_ns && now - r->offered_ns < OFFER_PAUSE_NS &&
	    r->offered_ns > r->vr.election.since_ns)
		check_fail(sim, "P16", "%s offers to leave again after %.3f ms", node_name(i),
			   (double)(now - r->offered_ns) / SIM_MS);
	r->offered_ns = now;
}

/* A last resort that lacks an address all the time, and hears nobody who does, offers to leave. */
static void check_offered(struct sim *sim, unsigned i)
{
	struct sim_gateway *r = &sim->routers[i];
	const struct sim_model *m = &sim->check.models[i];
	int64_t now = gateway_local_ns(sim, r), equal_ns = sim->check.equal_ns[i];
	int64_t silence_ns = (int64_t)(vrrp_down_intervals(&r->config) + 2) *
			     r->config.interval_cs * 10 * SIM_MS;
	bool may = is_resort(r) && !m->listens && !m->cedes && lacking(r) && !r->offered_ns &&
		   !drains_has(sim, i) && !(equal_ns && now - equal_ns < EQUAL_NS + SIM_S) &&
		   !was_in_trouble(sim, i);

	if (!may)
		r->unoffered_ns = now;
	else if (now - r->unoffered_ns > 2 * silence_ns + SIM_S)
		check_fail(sim, "P16", "%s lacks an address and does not offer to leave",
			   node_name(i));
}

void check_resort(struct sim *sim, unsigned i)
{
	struct sim_gateway *r = &sim->routers[i];
	int64_t now = gateway_local_ns(sim, r);

	if (r->vr.election.state != VRRP_STATE_ACTIVE) {
		r->unoffered_ns = now;
		return;
	}
	check_offered(sim, i);
	/* It knows when the next turn has read the kernel's answer, which may be late. */
	if (lacking(r) || r->held_turns < 2 || check_in_trouble(sim, i) || drains_has(sim, i))
		r->held_ns = now;
	r->held_turns = lacking(r) ? 0 : r->held_turns + (r->held_turns < 2);
	if (lacking(r) && !check_in_trouble(sim, i)) /* else it may not know */
		r->lacked_ns = now;
	if (is_resort(r) && now - r->held_ns > SIM_HELD_NS + SIM_S)
		check_fail(sim, "P16", "%s has held all addresses and is the last resort",
			   node_name(i));
	if (r->abandoned & r->abandoned_before && r->vr.election.priority != LAST &&
	    r->vr.election.priority != VRRP_PRIORITY_OWNER &&
	    !r->leaving.told) /* whose offer to leave a priority would take back */
		check_fail(sim, "P16", "%s cannot hold an address and is not the last resort",
			   node_name(i));
}
