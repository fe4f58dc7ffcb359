/* SPDX-License-Identifier: MIT */
/* What concerns addresses and processes; the list of properties is in sim_check.h. */
#include <string.h>

#include "sim.h"
#include "sim_peers.h"

#define MILLION    INT64_C(1000000)
#define RETRY_NS   (1 * SIM_S) /* after a change that was refused, or a dump */
#define TROUBLE_NS (2 * SIM_S) /* a dump may show what has to wait for another one */

/* What the manual says about leases, in other words than conf_lease_s(). */
static int64_t promised_ns(const struct sim_conf *conf)
{
	int64_t interval = conf->vrrp.interval_cs * 10 * SIM_MS;
	int missed = model_missed(&conf->vrrp);

	if (conf->lease == CONF_LEASE_OFF)
		return 0;
	if (conf->lease == CONF_LEASE_SAFE)
		return ((missed - 1) * interval - SIM_LEASE_LATE_NS) / SIM_S * SIM_S;
	return ((missed + 1) * interval + SIM_S - 1) / SIM_S * SIM_S + SIM_S;
}

/* A refused change alone is made again after a second, by a host that may be scheduled late. */
static int64_t repair_ns(const struct sim *sim, const struct sim_gateway *r)
{
	int64_t late_ns = 2 * sim->latency_ns + 4 * sim->check.interval_max_cs * 10 * SIM_MS;

	if (r->kernel.troubles != SIM_TROUBLE_CHANGES || late_ns > TROUBLE_NS - RETRY_NS)
		return TROUBLE_NS;
	return RETRY_NS + late_ns;
}

bool check_in_trouble(const struct sim *sim, unsigned i)
{
	const struct sim_gateway *r = &sim->routers[i];

	return r->kernel.trouble || sim->now_ns < r->kernel.trouble_end_ns + repair_ns(sim, r) ||
	       macvlan_in_trouble(sim, i);
}

void check_resumed(struct sim *sim, unsigned i)
{
	struct sim_gateway *r = &sim->routers[i];

	/* What was lacking comes back in the first turn at the earliest. */
	r->held_ns = gateway_local_ns(sim, r);
	if (r->frozen_at_ns < r->kernel.trouble_end_ns + TROUBLE_NS)
		r->kernel.trouble_end_ns = sim->now_ns;
	if (r->kernel.ip6.back_ns && r->frozen_at_ns < r->kernel.ip6.back_ns + TROUBLE_NS)
		r->kernel.ip6.back_ns = sim->now_ns;
	macvlan_resumed(sim, i);
}

/* How often address @k was put back in the last ten seconds. */
static unsigned restored_of_late(const struct sim_gateway *r, unsigned k, int64_t now)
{
	unsigned recent = 0, n = r->restored_n[k];

	for (unsigned x = 0; x < 2 * SIM_RESTORES_MAX && x < n; x++)
		recent += now - r->restored_ns[k][x] <= SIM_RESTORES_NS;
	return recent;
}

/* Why the lease of an address that is gone may have ended. */
static bool may_have_ended(const struct sim *sim, unsigned i, unsigned k)
{
	const struct sim_gateway *r = &sim->routers[i];
	const struct sim_address *address = &r->kernel.table[k];

	if (!address->ended)
		return false;
	if (address->mark != KERN_ADDRESS_MARK) /* the case that is left of P13 */
		return true;
	/* Turns that are further apart than adverts should be have no evidence for a safe one. */
	if (r->conf.lease == CONF_LEASE_SAFE &&
	    sim->now_ns < r->healthy_ns + 2 * r->config.interval_cs * 10 * SIM_MS)
		return true;
	return r->adverts_n <= r->adverts_at_end[k] + 1;
}

/*
 * What was taken in a trouble that hid it is a theft from the Active to which it shows later. So is
 * what goes with the lease of the subnet's first address and is younger: the kernel's event is the
 * same as of one that somebody removes by ioctl (rtmsg_ifa() without a port).
 */
static bool may_have_hidden_one(const struct sim *sim, const struct sim_gateway *r, unsigned k)
{
	int64_t trouble_ns = r->kernel.trouble_end_ns;

	return (trouble_ns && sim->now_ns - trouble_ns <= SIM_RESTORES_NS + TROUBLE_NS) ||
	       gateway_local_ns(sim, r) - r->along_ns[k] <= SIM_RESTORES_NS;
}

/* It stays away for a pause. How long one is that follows one in trouble nobody knows but vipd. */
static void note_abandoned(struct sim *sim, unsigned i, unsigned k, bool unsure)
{
	struct sim_gateway *r = &sim->routers[i];
	int64_t now = gateway_local_ns(sim, r);
	bool again = r->pause_ns[k] && now - r->back_ns[k] <= SIM_HELD_NS;

	unsure |= again && r->unsure >> k & 1;
	r->unsure = (r->unsure & ~(1u << k)) | (uint32_t)unsure << k;
	*(unsure ? &r->perhaps_abandoned : &r->abandoned) |= 1u << k;
	if (r->paused_ns[k]) /* somebody's own was there meanwhile */
		return;
	r->pause_ns[k] = unsure ? SIM_PAUSE_MAX_NS : again ? 2 * r->pause_ns[k] : SIM_PAUSE_NS;
	if (r->pause_ns[k] > SIM_PAUSE_MAX_NS)
		r->pause_ns[k] = SIM_PAUSE_MAX_NS;
	r->early_ns[k] = (r->hasty >> k & 1 ? r->back_ns[k] : now) + r->pause_ns[k];
	r->paused_ns[k] = now + r->pause_ns[k];
}

static void check_paused(struct sim *sim, unsigned i, unsigned k)
{
	struct sim_gateway *r = &sim->routers[i];
	int64_t now = gateway_local_ns(sim, r);

	if (now > r->paused_ns[k] && !check_in_trouble(sim, i))
		check_fail(sim, "P3", "%s is Active without address %u %.3f ms after a pause",
			   node_name(i), k, (double)(now - r->paused_ns[k]) / SIM_MS);
}

bool check_is_refused(const struct sim *sim, const struct sim_gateway *r)
{
	int64_t late_ns = 2 * sim->latency_ns + 4 * sim->check.interval_max_cs * 10 * SIM_MS;

	return !ip6_is_there(&r->kernel) ||
	       (r->kernel.ip6.back_ns && sim->now_ns < r->kernel.ip6.back_ns + RETRY_NS + late_ns);
}

static bool is_taken(const struct sim_gateway *r, unsigned k)
{
	return r->kernel.table[k].stolen || r->along_ns[k] > r->back_ns[k];
}

/* An Active lacks address @k: it was taken away too often, or nothing has renewed its lease. */
static void check_missing(struct sim *sim, unsigned i, unsigned k)
{
	struct sim_gateway *r = &sim->routers[i];
	int64_t now = gateway_local_ns(sim, r);
	unsigned recent = restored_of_late(r, k, now);
	bool again = r->pause_ns[k] && now - r->back_ns[k] <= SIM_HELD_NS;
	bool too_often = recent >= SIM_RESTORES_MAX || again || r->paused_ns[k];
	bool trouble = check_in_trouble(sim, i);

	if (r->config.family == 6 && check_is_refused(sim, r)) {
		/* What the kernel may refuse may have been taken away too often, and a pause begun.
		 */
		if (too_often && !r->paused_ns[k])
			note_abandoned(sim, i, k, true);
		return;
	}
	if ((r->abandoned | r->perhaps_abandoned) >> k & 1 && r->paused_ns[k]) {
		check_paused(sim, i, k);
		return;
	}
	if (!r->paused_ns[k] && may_have_ended(sim, i, k)) {
		/* For all that vipd was told it was taken; or it was told nothing. */
		if (too_often && (is_taken(r, k) || (trouble && !again)))
			note_abandoned(sim, i, k, true);
		return;
	}
	/* Whoever flushes goes on; what waits for that does so to its end, whatever is ten seconds
	 * ago meanwhile. */
	if ((recent > 1 || r->hasty >> k & 1) && now < r->back_ns[k] + SIM_GAP_NS) {
		r->hasty |= 1u << k;
		if (too_often) { /* it has been abandoned, or is not yet by vipd's account */
			r->perhaps_abandoned |= 1u << k;
			r->unsure |= 1u << k;
			r->pause_ns[k] = SIM_PAUSE_MAX_NS;
		}
		return;
	}
	if (too_often)
		note_abandoned(sim, i, k, trouble);
	else if (recent + 1 == SIM_RESTORES_MAX && may_have_hidden_one(sim, r, k))
		note_abandoned(sim, i, k, true);
	else if (!trouble)
		check_fail(sim, "P3", "%s is Active without address %u, restored %u times",
			   node_name(i), k, recent);
}

void check_addresses(struct sim *sim, const struct sim_process *process)
{
	unsigned i = process->router;
	struct sim_gateway *r = &sim->routers[i];
	const struct router *router = process_router(process);
	bool active = r->vr.election.state == VRRP_STATE_ACTIVE;

	for (unsigned k = 0; router && k < r->addresses_n; k++) {
		const struct sim_address *address = &r->kernel.table[k];

		if (active && !address->present && !(process->may_lack >> k & 1))
			check_missing(sim, i, k);
		if (address->present) {               /* perhaps somebody else's: it is used */
			if (check_in_trouble(sim, i)) /* if it is known */
				r->perhaps_abandoned |= r->abandoned & 1u << k;
			else
				r->perhaps_abandoned &= ~(1u << k);
			r->abandoned &= ~(1u << k);
		}
		if (check_in_trouble(sim, i))
			continue;
		if (!active && address->present && address->mark == KERN_ADDRESS_MARK &&
		    !check_may_hold(sim, i, k))
			check_fail(sim, "P3", "%s is %s and has address %u", node_name(i),
				   vrrp_state_name(r->vr.election.state), k);
		if (address->present != routers_has_address(process->routers, router, k))
			check_fail(sim, "P3", "%s is mistaken about address %u", node_name(i), k);
	}
}

void check_given_up(struct sim *sim, unsigned i)
{
	if (!check_in_trouble(sim, i) && kernel_ours(&sim->routers[i].kernel))
		check_fail(sim, "P3", "%s has given up and left an address or route behind",
			   node_name(i));
	companion_left(sim, i);
	macvlan_left(sim, i);
	guest_left(sim, i);
}

void check_lacking(struct sim *sim, const struct sim_process *by, unsigned k)
{
	if (by->lacks >> k & 1 && !check_in_trouble(sim, by->router))
		check_fail(sim, "P13", "%s adds address %u, which was the host's own",
			   node_name(by->router), k);
}

void check_removal(struct sim *sim, const struct sim_process *by, unsigned k)
{
	bool unseen = by->unseen >> k & 1 && by->refused_ns == sim->now_ns;

	if (sim->routers[by->router].kernel.table[k].mark != KERN_ADDRESS_MARK && !unseen)
		check_fail(sim, "P13", "%s touches address %u, which it did not add",
			   node_name(by->router), k);
}

void check_ended(struct sim *sim, unsigned i, unsigned k)
{
	bool active = gateway_is_active(&sim->routers[i]);

	sim->routers[i].adverts_at_end[k] = sim->routers[i].adverts_n;
	if (sim->check.leases_kept && (active || check_may_hold(sim, i, k)))
		check_fail(sim, "P5", "%s %s, and the lease of address %u ends", node_name(i),
			   active ? "is Active" : "hands over", k);
}

/* A time of the router's clock, at most so long; or at least, in the kernel's. */
static int64_t with_drift(int64_t ns, int sign)
{
	return ns + sign * (ns / MILLION * SIM_DRIFT_PPM + 1);
}

/* By how much the kernel's clock and that of vipd may differ in the length of a lease. */
static int64_t drift_of(const struct sim_address *address)
{
	return (address->due_ns - address->added_ns) / MILLION * SIM_DRIFT_PPM;
}

void check_patience(struct sim *sim, unsigned i)
{
	struct sim_gateway *r = &sim->routers[i];
	bool first = r->refused; /* it will be evidence for the next one */
	struct vrrp_config patient = r->config;

	r->refused |= r->turn.adverts > r->turn.adverts_sent;

	if (r->vr.election.state != VRRP_STATE_ACTIVE || !r->turn.adverts_sent)
		return;
	r->refused = false;
	if (first || check_in_trouble(sim, i))
		return;
	patient.priority = 1;
	r->patience_ns = sim->now_ns + with_drift(model_down_ns(&patient, patient.interval_cs), -1);
	for (unsigned k = 0; k < r->addresses_n && r->conf.lease == CONF_LEASE_AVAILABLE; k++) {
		const struct sim_address *address = &r->kernel.table[k];

		if (address->present && address->mark == KERN_ADDRESS_MARK &&
		    address->due_ns + drift_of(address) < r->patience_ns)
			check_fail(sim, "P14", "%s has address %u for %.3f ms after an advert",
				   node_name(i), k,
				   (double)(address->due_ns - sim->now_ns) / SIM_MS);
	}
}

void check_refused(struct sim *sim, unsigned i)
{
	sim->routers[i].refused = true;
}

/* Longer than any Backup waits, or not longer than any does. */
static void check_length(struct sim *sim, unsigned i, unsigned k)
{
	const struct sim_gateway *r = &sim->routers[i];
	const struct sim_address *address = &r->kernel.table[k];
	int64_t bound_ns =
		with_drift(model_missed(&r->config) * r->config.interval_cs * 10 * SIM_MS, 1);
	int64_t begin_ns = r->left_ns > address->put_ns ? r->left_ns : address->put_ns;

	if (address->mark != KERN_ADDRESS_MARK)
		return;
	if (r->conf.lease == CONF_LEASE_AVAILABLE &&
	    sim->now_ns + drift_of(address) < r->patience_ns)
		check_fail(sim, "P14", "%s loses address %u while Backups wait for its adverts",
			   node_name(i), k);
	if (r->conf.lease == CONF_LEASE_SAFE && sim->now_ns > begin_ns + bound_ns &&
	    sim->now_ns > r->old_lease_ns && sim->now_ns > r->kernel.unclear_ns + 2 * bound_ns &&
	    r->kernel.thawed_ns < begin_ns &&
	    !gateway_is_let_alone(r)) /* who speaks to nobody needs none */
		check_fail(sim, "P14", "%s had address %u for %.3f ms without an advert",
			   node_name(i), k, (double)(sim->now_ns - begin_ns) / SIM_MS);
}

void check_expiry(struct sim *sim, unsigned i, unsigned k)
{
	struct sim_gateway *r = &sim->routers[i];
	int64_t lease_ns = promised_ns(&r->conf);
	bool offers = r->refused && sim->check.models[i].cedes; /* and nobody can hear it */
	/* One that speaks to peers from a fixed address waits a moment for it, if that goes. */
	bool voiceless = sim->unicast && !peers_has_source(sim, i);

	check_length(sim, i, k);
	if (!offers && !voiceless && gateway_runs(sim, i) &&
	    r->vr.election.state == VRRP_STATE_ACTIVE && !check_in_trouble(sim, i) &&
	    unit_had_voice(sim, i, sim->now_ns - 2 * lease_ns) &&
	    sim->now_ns > r->kernel.trouble_end_ns + 2 * lease_ns &&
	    sim->now_ns > r->healthy_ns + 2 * lease_ns)
		check_fail(sim, "lease", "%s is well and has let the lease of address %u end",
			   node_name(i), k);
}

/*
 * So often does a process renew a lease without another advert: a "safe" one after each third of
 * it for an interval, and once more when a reload has changed its length. Who has offered to leave
 * is silent for one interval more than may be missed, and it is an interval again until it knows
 * that the advert behind that did not leave.
 */
static unsigned renewals_max(const struct sim_conf *conf, bool ceded)
{
	int64_t lease_ns = promised_ns(conf);
	int64_t silence_ns =
		(ceded ? model_missed(&conf->vrrp) + 2 : 1) * conf->vrrp.interval_cs * 10 * SIM_MS;

	if (conf->lease != CONF_LEASE_SAFE)
		return 3;
	return 2 + (unsigned)(3 * silence_ns / lease_ns);
}

/* An agent whose adverts do not leave is as good as dead, whatever it thinks. */
void check_renewal(struct sim *sim, const struct sim_process *by, unsigned k)
{
	struct sim_gateway *r = &sim->routers[by->router];
	unsigned heir = r->yield.on; /* who is heard to come is evidence, too */

	/* Without an answer it will ask again, and so it does when the kernel refuses: a second
	 * later, when that may be over. */
	if (by->unanswered || r->kernel.table[k].unanswered ||
	    (check_in_trouble(sim, by->router) &&
	     r->kernel.troubles & (SIM_TROUBLE_ANSWERS | SIM_TROUBLE_CHANGES)))
		return;
	if (gateway_is_let_alone(r)) { /* and from then on its next advert is due */
		r->renewals_n[k] = 0;
		return;
	}
	unit_inherit(sim, by->router);
	if (r->renewed_after[k] != r->left_n) {
		r->renewals_n[k] = 0;
		r->ceded &= ~(1u << k);
	}
	r->renewed_after[k] = r->left_n;
	r->ceded |= (uint32_t)sim->check.models[by->router].cedes << k;
	if (++r->renewals_n[k] > renewals_max(&r->conf, r->ceded >> k & 1) + heir)
		check_fail(sim, "P5", "%s renews the lease of address %u and sends no advert",
			   node_name(by->router), k);
}

void check_wanted(struct sim *sim, unsigned i)
{
	struct sim_gateway *r = &sim->routers[i];

	r->abandoned = r->perhaps_abandoned = r->abandoned_before = 0;
	memset(r->pause_ns, 0, sizeof(r->pause_ns));
	memset(r->paused_ns, 0, sizeof(r->paused_ns));
	r->lacked_ns = r->held_ns = gateway_local_ns(sim, r);
	memset(r->restored_n, 0, sizeof(r->restored_n));
	for (unsigned k = 0; k < SIM_ADDRESSES_MAX; k++)
		r->kernel.table[k].stolen = r->kernel.table[k].ended = false;
}

void check_replaced(struct sim *sim, unsigned i)
{
	struct sim_gateway *r = &sim->routers[i];

	memset(r->paused_ns, 0, sizeof(r->paused_ns));
	for (unsigned k = 0; k < SIM_ADDRESSES_MAX; k++)
		r->kernel.table[k].stolen = false;
}

void check_restored(struct sim *sim, unsigned i, unsigned k)
{
	struct sim_gateway *r = &sim->routers[i];
	int64_t now = gateway_local_ns(sim, r);
	unsigned n = r->restored_n[k]++;
	int64_t *oldest = &r->restored_ns[k][n % (2 * SIM_RESTORES_MAX)];

	if (!r->paused_ns[k] && now - r->back_ns[k] > SIM_HELD_NS)
		r->pause_ns[k] = 0;
	if (r->abandoned >> k & 1 && now < r->early_ns[k])
		check_fail(sim, "P3", "%s restores address %u %.3f ms before the end of a pause",
			   node_name(i), k, (double)(r->early_ns[k] - now) / SIM_MS);
	if (!r->paused_ns[k] && n >= 2 * SIM_RESTORES_MAX && now - *oldest < SIM_RESTORES_NS)
		check_fail(sim, "P3", "%s restores address %u for the 11th time in 10 s",
			   node_name(i), k);
	*oldest = now;
}

/* ---- death ---- */

void check_quiet(struct sim *sim, unsigned i)
{
	struct sim_gateway *r = &sim->routers[i];
	int64_t lease_ns = promised_ns(&r->conf);

	r->bound_ns = VRRP_NEVER;
	if (!lease_ns || check_in_trouble(sim, i))
		return;
	if (lease_ns < r->old_lease_ns - sim->now_ns)
		lease_ns = r->old_lease_ns - sim->now_ns;
	r->bound_ns = sim->now_ns + lease_ns + SIM_LEASE_LATE_NS + 1;
	events_push(&sim->events, r->bound_ns, SIM_EVENT_BOUND, i, 0);
}

void check_bound(struct sim *sim, unsigned i)
{
	const struct sim_gateway *r = &sim->routers[i];

	/* A route has none. */
	if (r->bound_ns == sim->now_ns && kernel_ours(&r->kernel) > r->kernel.route.present)
		check_fail(sim, "P5", "%s has an address although nobody renewed its lease",
			   node_name(i));
}

void check_lease_change(struct sim *sim, unsigned i, const struct sim_conf *old)
{
	struct sim_gateway *r = &sim->routers[i];
	int64_t until = sim->now_ns + promised_ns(old) * 4 / 3;

	if (promised_ns(&r->conf) < promised_ns(old) && r->old_lease_ns < until)
		r->old_lease_ns = until;
}

void check_unread(struct sim *sim, unsigned i)
{
	sim->check.arrived[i].at_ns = INT64_MIN / 2;
	unit_unread(sim, i);
}

void check_restarted(struct sim *sim, unsigned i)
{
	const struct sim_gateway *r = &sim->routers[i];

	sim->check.arrived[i].at_ns = gateway_local_ns(sim, r);
	sim->check.arrived[i].interval_cs = r->config.interval_cs;
}

/* ---- one process after another ---- */

/* Whether nothing but a reload happens on this host, so that P7 is exact. */
static bool is_quiet(const struct sim *sim, const struct sim_process *process)
{
	unsigned i = process->router;
	const struct sim_gateway *r = &sim->routers[i];
	bool active = r->vr.election.state == VRRP_STATE_ACTIVE;

	for (unsigned k = 0; k < r->addresses_n; k++) {
		const struct sim_address *address = &r->kernel.table[k];
		bool foreign = address->present && address->mark != KERN_ADDRESS_MARK;

		if (address->present != (active || foreign))
			return false;
	}
	return !check_in_trouble(sim, i) && r->kernel.disturbed_ns < process->opened_ns;
}

bool check_same_conf(const struct sim_conf *a, const struct sim_conf *b)
{
	return a->vrrp.priority == b->vrrp.priority && a->vrrp.interval_cs == b->vrrp.interval_cs &&
	       a->vrrp.down_intervals == b->vrrp.down_intervals &&
	       a->vrrp.preempt == b->vrrp.preempt && a->lease == b->lease &&
	       a->absent == b->absent && checks_same(&a->checks, &b->checks);
}

static bool was_silent(const struct vrrp *vr, int64_t now)
{
	return now - vr->election.advert_ns >
	       model_missed(&vr->config) * vr->config.interval_cs * 10 * SIM_MS;
}

/* An Active whose peers must have taken over since, as it was silent in all families that elect as
 * one; who was told to leave has left. */
static bool is_history(const struct sim_gateway *r, int64_t now)
{
	const struct vrrp *mate = &r->companion.vr;
	bool speaks = r->unit.together && mate->election.state == VRRP_STATE_ACTIVE &&
		      !was_silent(mate, now);

	if (r->vr.election.state == VRRP_STATE_ACTIVE)
		return was_silent(&r->vr, now) && !speaks;
	return r->vr.election.reason.code == VRRP_REASON_STOPPED;
}

void check_torn(struct sim *sim, unsigned i)
{
	struct sim_reading *reading = &sim->check.reading;

	trace(sim, "%s dies while it writes its election down", node_name(i));
	sim->routers[i].last.torn = true;
	check_unread(sim, i);
	if (!reading->packet)
		return;
	net_mark_lost(sim, reading->packet, i);
	net_release(sim, (unsigned)(reading->packet - sim->net.packets));
	reading->packet = NULL;
}

/* Which of both elections is left when the last one was written down in part. */
static void untear(struct sim *sim, unsigned i, const struct vrrp *old)
{
	struct sim_gateway *r = &sim->routers[i];

	struct vrrp_election left = old->election;

	memcpy(left.source, r->last.before.election.source, sizeof(left.source));
	if (r->last.torn && memcmp(&left, &r->last.before.election, sizeof(left)) == 0) {
		r->vr = r->last.before;
		sim->check.models[i] = r->last.model;
	}
	r->last.torn = false;
}

void check_left(struct sim *sim, unsigned i, const struct vrrp *old)
{
	const struct sim_gateway *r = &sim->routers[i];
	struct vrrp copy = *old;

	untear(sim, i, old);
	copy.config.announce = r->vr.config.announce; /* nobody continues that */
	copy.config.overlap = r->vr.config.overlap;
	copy.config.preempt_not_before_ns = r->vr.config.preempt_not_before_ns; /* kept apart */
	if (!r->reloading) { /* a count may have died with the process; so may what it had seen */
		copy.counters = r->vr.counters;
		memcpy(copy.election.source, r->vr.election.source, sizeof(copy.election.source));
	}
	if (memcmp(&copy, &r->vr, sizeof(copy)) != 0)
		check_fail(sim, "P7", "the election that %s has left is not the one that it had",
			   node_name(i));
}

void check_withdrawn(struct sim *sim, unsigned i)
{
	sim->check.served = 0;
	sim->routers[i].turn.farewells = 1;
	sim->check.silent_ns[i] = sim->now_ns;
	sim->check.by_mate[i] = unit_is_mute(sim, i);
}

void check_go_begin(struct sim *sim, const struct sim_process *process, bool follows,
		    struct sim_going *ret_going)
{
	unsigned i = process->router;
	struct sim_gateway *r = &sim->routers[i];

	r->unannounced |= r->ready; /* what the one before had not heard of */
	r->ready = 0;
	memset(r->renewals_n, 0, sizeof(r->renewals_n));
	r->left_ns = sim->now_ns; /* it takes for granted that there was one before */
	if (!check_same_conf(&r->conf, &process->conf))
		r->patience_ns = 0;
	if (r->keeper.faithful && !check_same_conf(&r->keeper.lost, &process->conf))
		check_fail(sim, "P6", "a crash changes the configuration of %s", node_name(i));
	r->keeper.faithful = false;
	for (unsigned n = 1; n < SIM_PROCESSES_MAX; n++)
		if (&sim->processes[i][n] != process && sim->processes[i][n].exists &&
		    sim->processes[i][n].speaks)
			check_fail(sim, "P6", "two processes of %s speak", node_name(i));
	bool as_configured = r->vr.election.priority == drains_priority(sim, i, &process->conf);

	*ret_going = (struct sim_going){
		.follows = follows && !r->conf.absent && !process->conf.absent,
		.history = is_history(r, gateway_local_ns(sim, r)),
		.same = check_same_conf(&r->conf, &process->conf) && as_configured &&
			!checker_has_news(sim, i) && !check_facts_silent(r),
		.quiet = is_quiet(sim, process),
		.vr = r->vr,
		.lease_ns = r->lease_ns,
		.turn_ns = r->turn_ns,
		.packets_n = r->packets_n,
		.changes_n = r->kernel.changes_n,
	};
}

static void check_reload(struct sim *sim, const struct sim_process *process,
			 const struct sim_going *going)
{
	unsigned i = process->router;
	const struct sim_gateway *r = &sim->routers[i];

	if (going->quiet && r->packets_n != going->packets_n)
		check_fail(sim, "P7", "a reload without changes makes %s send", node_name(i));
	if (going->quiet && r->kernel.changes_n != going->changes_n)
		check_fail(sim, "P7", "a reload without changes makes %s change addresses",
			   node_name(i));
	if (going->quiet ? memcmp(&going->vr, &r->vr, sizeof(r->vr)) != 0
			 : memcmp(&going->vr, &r->vr, offsetof(struct vrrp, counters)) != 0)
		check_fail(sim, "P7", "a reload without changes alters the election of %s",
			   node_name(i));
	/* What the kernel had refused is due at once. */
	if (process_router(process)->lease.renew_ns != going->lease_ns &&
	    (process_router(process)->lease.renew_ns != 0 ||
	     (!check_in_trouble(sim, i) && sim->now_ns > r->kernel.trouble_end_ns + TROUBLE_NS)))
		check_fail(sim, "P7", "a reload without changes moves a renewal of %s",
			   node_name(i));
}

void check_go_end(struct sim *sim, const struct sim_process *process, const struct sim_going *going)
{
	unsigned i = process->router;
	struct sim_gateway *r = &sim->routers[i];
	int64_t arrived_ns = sim->check.arrived[i].at_ns;

	if (!r->conf.absent && r->adopted != (going->follows && !going->history))
		check_fail(sim, "P7", "%s %s", node_name(i),
			   r->adopted ? "goes on with an election that is over"
				      : "forgets an election");
	if (r->adopted && !going->same) /* what arrived was judged by the old one's eyes */
		check_unread(sim, i);
	/* Nobody has read what came after the last turn of the dead one, and before this one could
	 * hear; whoever else waits for its turn takes that for read. */
	if (r->adopted && !r->reloading && arrived_ns > going->turn_ns &&
	    arrived_ns < gateway_local_at(r, process->opened_ns))
		check_unread(sim, i);
	if (r->adopted && r->reloading && going->same)
		check_reload(sim, process, going);
	if (!check_in_trouble(sim, i) && r->vr.election.state != VRRP_STATE_ACTIVE &&
	    kernel_ours(&r->kernel))
		check_fail(sim, "P3", "%s goes on and leaves an address or route behind",
			   node_name(i));
	check_sent(sim, i);
}
