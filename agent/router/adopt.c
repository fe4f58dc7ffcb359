/* SPDX-License-Identifier: MIT */
#include "routers_private.h"

#include <errno.h>
#include <linux/netlink.h>
#include <stdlib.h>
#include <string.h>

#include "agent/state_will.h"
#include "vrrp/adopt.h"

/* What became of the routers, for one line in the log. */
struct tally {
	unsigned adopted, started, withdrawn;
};

/*
 * What came while the predecessor was dead or dying is lost with it, so nobody's silence since then
 * proves anything; and it may have died between an address and its announcement.
 */
static void make_up_for_death(struct routers *routers, struct router *router)
{
	const struct vrrp_event missed = { .type = VRRP_EVENT_MISSED,
					   .now_ns = routers->now->mono_ns };
	struct vrrp_output out;

	if (router->vr.election.state == VRRP_STATE_ACTIVE)
		router->vr.election.announce_ns = routers->now->mono_ns;
	else
		vrrp_step(&router->vr, &missed, &out); /* moves a deadline at most */
}

/* Whether one that shares the priority of a router was the last resort: checks may give the lowest
 * one, too. */
static bool may_resort(struct router *router, struct state *old)
{
	bool may = false;

	for (unsigned i = 0; i < router_mates_n(router); i++) {
		struct state_router key = router_state(router_mate(router, i)->conf);
		int entry = state_find(old, &key);

		may |= entry >= 0 && state_resort(old, (unsigned)entry) & STATE_RESORT_LAST;
	}
	return may;
}

/* A reload tries anew what could not be held; nobody has asked a crash to do that. The time of a
 * drain may have passed since. */
static bool is_last_resort(const struct routers *routers, struct router *router,
			   const struct vrrp *vr, struct state *old, int entry)
{
	return routers->read_real_ns == 0 && state_drain(old, (unsigned)entry) == 0 &&
	       vr->election.priority == RESORT_PRIORITY && vr->config.priority > RESORT_PRIORITY &&
	       router->vr.election.priority > RESORT_PRIORITY && /* nothing else makes it that */
	       vr->config.priority == router->vr.config.priority && may_resort(router, old);
}

/* Of other intervals, leases of equal length are renewed at other times. */
static bool has_same_lease(const struct router *router, const struct state *old, int entry,
			   const struct vrrp_config *before)
{
	const struct vrrp_config *config = &router->conf->vrrp;

	return state_lease_s(old, (unsigned)entry) == router_lease_s(router->conf) &&
	       before->interval_cs == config->interval_cs &&
	       vrrp_down_intervals(before) == vrrp_down_intervals(config);
}

/* Of those that its predecessor did without the fault names one. The others may have been vipd's:
 * an owner that waited for them would wait for good. */
static void lend(struct routers *routers, const struct router *router, const uint8_t *lacking)
{
	for (unsigned i = 0; i < router->conf->addresses_n; i++)
		if (memcmp(router->conf->addresses[i].bytes, lacking, 16) == 0)
			kern_wants_lend(routers->wants, router->want + i);
}

/*
 * Those with one fate are Active together or not at all. Their adverts may be out of step, and so
 * may be for how long each was silent; but a peer takes over when it hears none of them.
 */
static bool is_history(const struct routers *routers, struct router *router, struct state *old,
		       const struct vrrp *vr)
{
	int64_t now_ns = routers->now->mono_ns;
	bool history = vrrp_is_history(vr, now_ns);

	for (unsigned i = 0; history && i < router_mates_n(router); i++) {
		struct state_router key = router_state(router_mate(router, i)->conf);
		int entry = state_find(old, &key);
		struct vrrp mate;

		if (vr->election.state == VRRP_STATE_ACTIVE && entry >= 0 &&
		    state_get(old, (unsigned)entry, now_ns, &mate) == 0 &&
		    mate.election.state == VRRP_STATE_ACTIVE)
			history = vrrp_is_history(&mate, now_ns);
	}
	return history;
}

static bool adopt(struct routers *routers, struct router *router, struct state *old, int entry)
{
	int64_t now_ns = routers->now->mono_ns;
	bool same_lease, last;
	struct vrrp vr;

	if (entry < 0 || state_get(old, (unsigned)entry, now_ns, &vr) < 0 ||
	    is_history(routers, router, old, &vr))
		return false;
	last = is_last_resort(routers, router, &vr, old, entry);
	vrrp_adopt(&router->vr, &vr, last ? RESORT_PRIORITY : router->vr.election.priority, now_ns);
	if (last && state_resort(old, (unsigned)entry) & STATE_RESORT_LAST)
		router_resume_resort(routers, router);
	if (drain_is_on(&router->drain))
		drain_resume(&router->drain, state_offer(old, (unsigned)entry));
	if (routers->read_real_ns == 0)
		make_up_for_death(routers, router);
	router_write_will(routers, router);
	if (vr.election.state == VRRP_STATE_FAULT && vr.election.reason.code == VRRP_REASON_NO_OWN)
		lend(routers, router, vr.election.reason.source);
	router_want_addresses(routers, router, vr.election.state == VRRP_STATE_ACTIVE);
	same_lease = has_same_lease(router, old, entry, &vr.config);
	lease_adopt(&router->lease, state_lease(old, (unsigned)entry), same_lease, now_ns);
	/* Who has offered to leave is silent until then, and serves (lease.h). */
	if (router->vr.election.ceding && router->vr.election.advert_ns > now_ns)
		(void)lease_on_sent(&router->lease, router->vr.election.advert_ns);
	/* The renewal that a dead process had noted may not have reached the kernel. */
	if (routers->read_real_ns == 0)
		router->lease.renew_ns = 0;
	if (!same_lease)
		router_renew_leases(routers, router);
	router_schedule(routers, router);
	return true;
}

/* What counts from the beginning; a predecessor has told it. */
static void tell_tracks(struct routers *routers, struct router *router)
{
	struct journal_router journal = router_journal(routers, router);

	for (unsigned i = 0; i < router->tracks_n; i++) {
		const struct track *track = routers_track(routers, router, i);

		if (track->conf->weight && track_counts(track))
			journal_track(&journal, track, router->vr.config.priority);
	}
}

/* Whether one with this fate was Active, and nothing counted for nothing that had not answered:
 * that does so still. */
static bool may_presume(const struct routers *routers, struct router *router, struct state *old)
{
	bool active = false;

	for (unsigned i = 0; i < router_mates_n(router); i++) {
		struct state_router key = router_state(router_mate(router, i)->conf);
		int entry = state_find(old, &key);
		struct vrrp vr;

		if (entry < 0 || state_get(old, (unsigned)entry, routers->now->mono_ns, &vr) < 0)
			continue;
		active |= vr.election.state == VRRP_STATE_ACTIVE;
		if (state_resort(old, (unsigned)entry) & STATE_RESORT_UNANSWERED)
			return false;
	}
	return active;
}

/* A reload demotes nobody: what a new check finds is not known yet. */
static void presume(struct routers *routers, struct state *old)
{
	for (unsigned i = 0; old && i < routers->n; i++) {
		struct router *router = &routers->all[i];
		bool awaited = false;

		for (unsigned k = 0; k < router_mates_n(router); k++)
			awaited |= track_is_awaited(routers, router_mate(router, k));
		if (!awaited || router != router_mate(router, 0) ||
		    !may_presume(routers, router, old))
			continue;
		for (unsigned k = 0; k < router_mates_n(router); k++)
			track_presume(routers, router_mate(router, k));
		router_weigh(routers, router);
	}
}

/* Most have none, and to read an election takes time. */
static bool has_weights(struct router *router, const struct state *old, unsigned entry)
{
	return state_drain(old, entry) != 0 || state_resort(old, entry) & STATE_RESORT_LACKING ||
	       router_has_hooks(router);
}

/* Whether one with this fate was Active. */
static bool was_led(const struct routers *routers, struct router *router, struct state *old)
{
	for (unsigned i = 0; i < router_mates_n(router); i++) {
		struct state_router key = router_state(router_mate(router, i)->conf);
		int entry = state_find(old, &key);
		struct vrrp vr;

		if (entry >= 0 &&
		    state_get(old, (unsigned)entry, routers->now->mono_ns, &vr) == 0 &&
		    vr.election.state == VRRP_STATE_ACTIVE)
			return true;
	}
	return false;
}

/* What weighs, and is not found anew: drains, what waits for commands, and that a check has not
 * answered by now. */
static void resume_weights(struct routers *routers, struct state *old)
{
	for (unsigned i = 0; old && i < routers->n; i++) {
		struct state_router key = router_state(routers->all[i].conf);
		int entry = state_find(old, &key);
		struct state_hold hold;
		struct vrrp vr;

		if (entry < 0 || !has_weights(&routers->all[i], old, (unsigned)entry))
			continue;
		/* Beside an election that makes no sense a drain makes none. */
		if (state_get(old, (unsigned)entry, routers->now->mono_ns, &vr) < 0)
			continue;
		hold = state_hold(old, (unsigned)entry);
		router_resume_drain(routers, &routers->all[i], state_drain(old, (unsigned)entry),
				    &hold);
		if ((vr.config.priority > routers->all[i].vr.config.priority ||
		     hold_is_on(&hold)) &&
		    was_led(routers, &routers->all[i], old))
			router_resume_priority(routers, &routers->all[i], &hold,
					       vr.config.priority);
		router_drop_hold(routers, &routers->all[i], &hold);
		if (state_resort(old, (unsigned)entry) & STATE_RESORT_LACKING)
			router_note_lacking(routers, &routers->all[i]);
	}
}

/* Those with one fate have left the same; some of them may be new. */
static struct state_damping old_damping(struct routers *routers, struct state *old,
					struct router *router)
{
	struct state_damping damping = { 0 };

	for (unsigned i = 0; i < router_mates_n(router) && !damping.changes_n; i++) {
		struct state_router key = router_state(router_mate(router, i)->conf);
		int entry = state_find(old, &key);

		if (entry < 0)
			continue;
		damping = state_damping(old, (unsigned)entry);
		if (!damping_is_sane(&damping, routers->now->mono_ns))
			damping = (struct state_damping){ 0 };
	}
	return damping;
}

static void resume_damping(struct routers *routers, struct state *old)
{
	for (unsigned i = 0; old && i < routers->n; i++) {
		struct router *router = &routers->all[i];
		struct journal_router journal = router_journal(routers, router);
		struct state_damping damping;

		if (router->unit && router->member)
			continue;
		damping = old_damping(routers, old, router);
		if (router->conf->damping.changes) {
			router->damping = damping;
			router_damp(routers, router);
		} else if (damping.on) {
			journal_damping(&journal, EVENT_DAMPING_REMOVED, 0, 0);
		}
	}
}

/* A mate with the same drain may have been first. */
static void resume_drain(struct routers *routers, struct router *router, int64_t until_ns)
{
	struct journal_router journal = router_journal(routers, router);
	const struct state_hold none = hold_none();

	journal.router = NULL; /* of each of its group something was kept */
	router_resume_drain(routers, router, until_ns, &none);
	if (drain_is_on(&router->drain))
		journal_drain_kept(&journal, router->drain.until_ns);
	else
		journal_drained(&journal, until_ns > routers->now->mono_ns ? EVENT_DRAIN_VOID
									   : EVENT_DRAIN_OVER);
}

void routers_remember(struct routers *routers, const struct clocks *now, const struct kept *kept,
		      struct events *events)
{
	struct journal journal = { events, now };
	struct router *const *named;
	bool found = false;
	unsigned n;

	named = names_find(routers, kept->router, &n);
	routers->now = now;
	routers->events = events;
	for (unsigned i = 0; i < n; i++) {
		if (named[i]->vr.config.family != kept->family)
			continue;
		found = true;
		if (kept->sequence)
			auth_remember(named[i], kept->source, kept->sequence);
		else
			resume_drain(routers, named[i], kept->until_ns);
	}
	if (!found && !kept->sequence)
		journal_drain_void(&journal, kept->router, kept->family);
}

static void adopt_all(struct routers *routers, struct state *old, struct tally *tally)
{
	for (unsigned i = 0; i < routers->n; i++) {
		struct router *router = &routers->all[i];
		struct state_router key = router_state(router->conf);
		int entry = old ? state_find(old, &key) : -1;

		if (entry >= 0) {
			routers->continued[entry] = true;
			auth_adopt(router, old, (unsigned)entry);
		}
		virtual_mac_want(routers, router);
		if (adopt(routers, router, old, entry)) {
			tally->adopted++;
		} else {
			if (old) /* another process has spoken here: this is no start of vipd */
				router->vr.election.delayed_ns = routers->now->mono_ns;
			tell_tracks(routers, router);
			tally->started++;
		}
		state_put(routers->state, i, &router->vr);
	}
}

static int queue_packet(struct routers *routers, const struct state_entry *entry)
{
	int err = routers_open_ip(routers);

	return err < 0 ? err
		       : kern_ip_sender_prepared(routers->ip_sender, entry->target, entry->bytes,
						 entry->len, NULL, 0);
}

/* The frames and packets that a router of the predecessor left; the kernel's objects are the
 * sweep's business. */
static void send_farewell(struct routers *routers, struct state *old, unsigned i)
{
	struct state_will will = state_will(old, i, routers->now->mono_ns);
	struct state_entry entry;

	while (will.armed && state_will_next(&will, &entry)) {
		if (entry.kind == STATE_ENTRY_FRAME && entry.len <= KERN_FRAME_MAX)
			memcpy(routers_frame(routers, entry.target, entry.len, NULL, 0),
			       entry.bytes, entry.len);
		if (entry.kind != STATE_ENTRY_PACKET || queue_packet(routers, &entry) != -ENOBUFS)
			continue;
		routers_flush(routers);
		(void)queue_packet(routers, &entry);
	}
}

/* Routers that are gone from the configuration say goodbye, by the advert that they prepared. */
static void withdraw(struct routers *routers, struct state *old, struct tally *tally)
{
	struct journal journal = routers_journal(routers);
	struct event event;

	for (unsigned i = 0; old && i < state_count(old); i++) {
		if (routers->continued[i])
			continue;
		tally->withdrawn++;
		event = event_of(EVENT_WITHDRAWN, state_name(old, i), NULL, state_family(old, i));
		journal_put(&journal, &event);
		send_farewell(routers, old, i);
	}
	routers_flush(routers);
}

/* What a Backup will need when it takes over; if it cannot be made, that is told then. */
static void prepare_filters(struct routers *routers)
{
	bool wanted[KERN_FILTER_ACTION_COUNT] = { false };

	for (unsigned i = 0; i < routers->n; i++) {
		wanted[KERN_FILTER_ARP] |= routers->all[i].arps_n > 0;
		wanted[KERN_FILTER_MLD] |= router_has_virtual_mac(&routers->all[i]);
		wanted[KERN_FILTER_DELIVERY] |= !routers->all[i].conf->accept;
	}
	for (unsigned i = 0; i < KERN_FILTER_ACTION_COUNT; i++)
		if (wanted[i])
			(void)kern_changer_prepare(routers->changer, (enum kern_filter_action)i);
}

int routers_go(struct routers *routers, const struct clocks *now, struct state *old,
	       int64_t frozen_real_ns, struct events *events)
{
	struct tally tally = { 0 };
	struct journal journal;
	int err;

	routers->now = now;
	routers->events = events;
	journal = routers_journal(routers);
	routers->read_ns = now->mono_ns;
	routers->read_real_ns = frozen_real_ns;
	conflicts_init(routers);
	if (old)
		state_get_strays(old, &routers->strays);
	said_listen(routers);
	routers_hear(routers); /* nothing is touched by what was there when this process began */
	for (unsigned i = 0; i < routers->n; i++)
		auth_begin(routers, &routers->all[i]);
	/* What is prepared on adoption need not be prepared again in the first turn. */
	for (unsigned i = 0; i < routers->n; i++)
		if (router_is_unicast(&routers->all[i]))
			(void)router_find_peers(routers, &routers->all[i]);
	facts_begin(&routers->facts, now);
	routers_look_at_facts(routers);
	routers_assess_tracks(routers);
	presume(routers, old);
	resume_weights(routers, old);
	resume_damping(routers, old);
	adopt_all(routers, old, &tally);
	state_publish(routers->state);
	err = routers_sweep(routers, old);
	routers_execute(routers, now);
	withdraw(routers, old, &tally);
	prepare_filters(routers);
	measure_begin(routers);
	if (old)
		journal_sum(&journal, EVENT_ADOPTED,
			    (const int64_t[3]){ tally.adopted, tally.started, tally.withdrawn });
	return err;
}

/* Whoever runs the commands may have told the one before, which heard nothing any more. */
void routers_tell_holds(struct routers *routers, const struct clocks *now)
{
	routers->now = now;
	for (unsigned i = 0; i < routers->n; i++) {
		struct router *router = &routers->all[i];
		struct journal_router journal = router_journal(routers, router);

		if (hold_is_on(&router->hold) && router == router_mate(router, 0) &&
		    router_is_led(router))
			journal_hold(&journal, EVENT_DRAIN_WAITS, &router->hold);
	}
}
