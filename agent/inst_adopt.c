/* SPDX-License-Identifier: MIT */
#include "inst_set.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "log.h"
#include "netlink/sweep.h"
#include "vrrp/adopt.h"

#define SWEPT_TOLD_MAX 8

/* What became of the routers, for one line in the log. */
struct tally {
	unsigned adopted, started, withdrawn;
};

/* The last words of the predecessor are true until this process has prepared its own. */
static void inherit_farewell(struct inst_set *set, unsigned i, const struct state *old,
			     unsigned entry)
{
	struct state_farewell farewell = state_farewell(old, entry);

	if (farewell.frame_len && farewell.frame_len <= state_farewell_max(set->state, i))
		state_put_farewell(set->state, i, farewell.ifindex, farewell.frame,
				   farewell.frame_len);
}

/*
 * What came while the predecessor was dead or dying is lost with it, so nobody's silence since then
 * proves anything; and it may have died between an address and its announcement.
 */
static void make_up_for_death(struct inst_set *set, struct inst *inst)
{
	const struct vrrp_event missed = { .type = VRRP_EVENT_MISSED, .now_ns = set->now->mono_ns };
	struct vrrp_output out;

	if (inst->vr.state == VRRP_STATE_ACTIVE)
		inst->vr.announce_ns = set->now->mono_ns;
	else
		vrrp_step(&inst->vr, &missed, &out); /* moves a deadline at most */
}

static bool adopt(struct inst_set *set, struct inst *inst, const struct state *old, int entry)
{
	struct link *link = &set->links[inst->link];
	int64_t now_ns = set->now->mono_ns;
	bool same_lease;
	struct vrrp vr;

	if (entry < 0 || state_get(old, (unsigned)entry, now_ns, &vr) < 0 ||
	    vrrp_is_history(&vr, now_ns))
		return false;
	vrrp_adopt(&inst->vr, &vr, now_ns);
	if (set->read_real_ns == 0)
		make_up_for_death(set, inst);
	inherit_farewell(set, (unsigned)(inst - set->insts), old, (unsigned)entry);
	/* The source breaks ties: it stays as long as the interface has it. */
	memcpy(link->source, vr.source, sizeof(link->source));
	inst_want_addresses(set, inst, vr.state == VRRP_STATE_ACTIVE);
	same_lease = state_lease_s(old, (unsigned)entry) ==
		     (uint32_t)conf_lease_s(inst->conf->lease, inst->conf->vrrp.interval_cs);
	lease_adopt(&inst->lease, state_lease(old, (unsigned)entry), same_lease, now_ns);
	if (!same_lease)
		inst_renew_leases(set, inst);
	inst_schedule(set, inst);
	return true;
}

/* @continued: which of the old entries have a router in this configuration. */
static void adopt_all(struct inst_set *set, const struct state *old, bool *continued,
		      struct tally *tally)
{
	for (unsigned i = 0; i < set->insts_n; i++) {
		struct inst *inst = &set->insts[i];
		int entry = old ? state_find(old, inst->conf, i) : -1;

		if (entry >= 0)
			continued[entry] = true;
		if (adopt(set, inst, old, entry))
			tally->adopted++;
		else
			tally->started++;
		state_put(set->state, i, &inst->vr);
	}
}

/* Routers that are gone from the configuration say goodbye, by the advert that they prepared. */
static void withdraw(struct inst_set *set, const struct state *old, const bool *continued,
		     struct tally *tally)
{
	struct vrrp vr;

	for (unsigned i = 0; old && i < state_count(old); i++) {
		struct state_farewell farewell = state_farewell(old, i);

		if (continued[i])
			continue;
		tally->withdrawn++;
		log_write(LOG_LEVEL_INFO,
			  "router=%s note=\"gone from the configuration, or with another interface "
			  "or VRID\"",
			  state_name(old, i));
		if (farewell.frame_len == 0 || state_get(old, i, set->now->mono_ns, &vr) < 0 ||
		    vr.state != VRRP_STATE_ACTIVE)
			continue;
		memcpy(kern_sender_frame(set->sender, farewell.ifindex, farewell.frame_len, NULL,
					 0),
		       farewell.frame, farewell.frame_len);
	}
	kern_sender_flush(set->sender);
}

/* A dead predecessor may have left thousands; the first ones and the sum are enough to read. */
struct sweep {
	struct inst_set *set;
	bool after_death; /* else the predecessor's configuration had them */
	unsigned told_n;
};

static void on_swept(const struct kern_address *address, int error, void *arg)
{
	struct sweep *sweep = arg;

	if ((sweep->after_death || error) && sweep->told_n++ < SWEPT_TOLD_MAX)
		journal_swept(address, error);
}

/* What the configuration knows is the reconciliation's business. */
static bool is_known(const struct kern_address *address, void *arg)
{
	struct sweep *sweep = arg;
	const struct link *link = inst_find_link(sweep->set, address->ifindex);

	return link && kern_holdings_find(sweep->set->holdings,
					  (unsigned)(link - sweep->set->links), address) >= 0;
}

/* After a predecessor that left no elections, nothing at all is continued. */
static int sweep(struct inst_set *set, const struct state *old)
{
	struct sweep sweep = { set, old == NULL, 0 };
	int removed = kern_sweep(set->dump, set->changer, old ? is_known : NULL, on_swept, &sweep);

	if (sweep.after_death && removed > SWEPT_TOLD_MAX)
		log_write(LOG_LEVEL_WARNING, "swept=%d note=\"addresses in all\"", removed);
	return removed;
}

int inst_go(struct inst_set *set, const struct inst_now *now, const struct state *old,
	    int64_t frozen_real_ns)
{
	bool *continued = calloc(old ? state_count(old) + 1 : 1, sizeof(*continued));
	struct tally tally = { 0 };
	int err;

	if (!continued)
		return -ENOMEM;
	set->now = now;
	set->read_ns = now->mono_ns;
	set->read_real_ns = frozen_real_ns;
	adopt_all(set, old, continued, &tally);
	state_publish(set->state);
	err = sweep(set, old);
	inst_execute(set, now);
	withdraw(set, old, continued, &tally);
	free(continued);
	if (old)
		log_write(LOG_LEVEL_INFO, "adopted=%u started=%u withdrawn=%u", tally.adopted,
			  tally.started, tally.withdrawn);
	return err < 0 ? err : 0;
}
