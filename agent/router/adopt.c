/* SPDX-License-Identifier: MIT */
#include "routers_private.h"

#include <errno.h>
#include <linux/netlink.h>
#include <stdlib.h>
#include <string.h>

#include "agent/state_will.h"
#include "netlink/sweep.h"
#include "vrrp/adopt.h"

#define SWEPT_TOLD_MAX 8

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

/* A reload tries anew what could not be held; nobody has asked a crash to do that. */
static bool is_last_resort(const struct routers *routers, const struct router *router,
			   const struct vrrp *old)
{
	return routers->read_real_ns == 0 && old->election.priority == RESORT_PRIORITY &&
	       old->config.priority > RESORT_PRIORITY &&
	       old->config.priority == router->vr.config.priority;
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

static bool adopt(struct routers *routers, struct router *router, struct state *old, int entry)
{
	int64_t now_ns = routers->now->mono_ns;
	bool same_lease, last;
	struct vrrp vr;

	if (entry < 0 || state_get(old, (unsigned)entry, now_ns, &vr) < 0 ||
	    vrrp_is_history(&vr, now_ns))
		return false;
	last = is_last_resort(routers, router, &vr);
	vrrp_adopt(&router->vr, &vr, last ? RESORT_PRIORITY : router->vr.config.priority, now_ns);
	if (last)
		router_resume_resort(routers, router);
	if (routers->read_real_ns == 0)
		make_up_for_death(routers, router);
	router_write_will(routers, router);
	if (vr.election.state == VRRP_STATE_FAULT && vr.election.reason.code == VRRP_REASON_NO_OWN)
		lend(routers, router, vr.election.reason.source);
	router_want_addresses(routers, router, vr.election.state == VRRP_STATE_ACTIVE);
	same_lease = has_same_lease(router, old, entry, &vr.config);
	lease_adopt(&router->lease, state_lease(old, (unsigned)entry), same_lease, now_ns);
	/* The renewal that a dead process had noted may not have reached the kernel. */
	if (routers->read_real_ns == 0)
		router->lease.renew_ns = 0;
	if (!same_lease)
		router_renew_leases(routers, router);
	router_schedule(routers, router);
	return true;
}

static void adopt_all(struct routers *routers, struct state *old, struct tally *tally)
{
	for (unsigned i = 0; i < routers->n; i++) {
		struct router *router = &routers->all[i];
		struct state_router key = router_state(router->conf);
		int entry = old ? state_find(old, &key) : -1;

		if (entry >= 0)
			routers->continued[entry] = true;
		virtual_mac_want(routers, router);
		if (adopt(routers, router, old, entry))
			tally->adopted++;
		else
			tally->started++;
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

/* A dead predecessor may have left thousands; the first ones and the sum are enough to read. */
struct sweep {
	struct routers *routers;
	struct journal journal;
	bool after_death; /* else the predecessor's configuration had them */
	unsigned told_n;
	int addresses_n; /* removed */
};

/* What is wanted with other attributes than it had was swept, and comes back in this turn. */
static void note_swept(struct routers *routers, enum kern_kind kind, const union kern_entry *entry)
{
	struct kern_object gone = { .type = KERN_OBJECT_ENTRY,
				    .kind = kind,
				    .gone = true,
				    .by_us = true,
				    .entry = *entry };
	int interface = routers_place(routers, kind, entry);

	if (interface < 0 || kern_wants_see(routers->wants, (unsigned)interface, &gone) < 0)
		return;
	if (kind == KERN_KIND_MACVLAN)
		virtual_mac_follow_all(routers);
}

static void on_swept(enum kern_kind kind, const union kern_entry *entry, int error, void *arg)
{
	struct sweep *sweep = arg;

	if (!error)
		note_swept(sweep->routers, kind, entry);
	if (kind != KERN_KIND_ADDRESS)
		return;
	sweep->addresses_n += !error;
	if ((sweep->after_death || error) && sweep->told_n++ < SWEPT_TOLD_MAX)
		journal_swept(&sweep->journal, &entry->address, error);
}

/* What the configuration knows is the reconciliation's business. */
static bool is_known(enum kern_kind kind, const union kern_entry *entry, void *arg)
{
	struct sweep *sweep = arg;
	int interface = routers_place(sweep->routers, kind, entry);

	return interface >= 0 &&
	       kern_wants_find(sweep->routers->wants, (unsigned)interface, kind, entry) >= 0;
}

/* Whether a message in the will of a predecessor is a removal of that kind. */
static bool is_removal_of(const struct state_entry *entry, enum kern_kind kind)
{
	struct nlmsghdr head;

	if (entry->kind != STATE_ENTRY_NETLINK || entry->target != kern_kinds[kind]->protocol ||
	    entry->len < sizeof(head))
		return false;
	memcpy(&head, entry->bytes, sizeof(head));
	return head.nlmsg_type == kern_kinds[kind]->gone_type;
}

/* Whether a predecessor may have left objects of a kind. */
static bool has_left(struct routers *routers, struct state *old, enum kern_kind kind)
{
	for (unsigned i = 0; i < state_count(old); i++) {
		struct state_will will = state_will(old, i, routers->now->mono_ns);
		struct state_entry entry;

		while (state_will_next(&will, &entry))
			if (is_removal_of(&entry, kind))
				return true;
	}
	return false;
}

/* What is of the host is looked for where there may be some: it takes long to find. */
static unsigned kinds_to_sweep(struct routers *routers, struct state *old)
{
	unsigned kinds = 0;

	for (unsigned kind = 0; kind < KERN_KIND_COUNT; kind++)
		if (!old || !kern_kinds[kind]->of_host ||
		    kern_wants_has_kind(routers->wants, (enum kern_kind)kind) ||
		    has_left(routers, old, (enum kern_kind)kind))
			kinds |= 1u << kind;
	return kinds;
}

/* After a predecessor that left no elections, nothing at all is continued. */
static int sweep(struct routers *routers, struct state *old)
{
	struct sweep sweep = { .routers = routers,
			       .journal = routers_journal(routers),
			       .after_death = old == NULL };
	int removed =
		kern_sweep_kinds(routers->dump, routers->changer, kinds_to_sweep(routers, old),
				 old ? is_known : NULL, on_swept, &sweep);

	if (sweep.after_death && sweep.addresses_n > SWEPT_TOLD_MAX)
		journal_sum(&sweep.journal, EVENT_SWEPT_ALL,
			    (const int64_t[3]){ sweep.addresses_n });
	return removed;
}

static void look_around(struct routers *routers, struct router *router)
{
	(void)lan_assess(router_lan(routers, router));
	if (router_is_unicast(router))
		(void)router_find_peers(routers, router);
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
	routers_hear(routers); /* nothing is touched by what was there when this process began */
	/* What is prepared on adoption need not be prepared again in the first turn. */
	for (unsigned i = 0; i < routers->n; i++)
		look_around(routers, &routers->all[i]);
	adopt_all(routers, old, &tally);
	state_publish(routers->state);
	err = sweep(routers, old);
	routers_execute(routers, now);
	withdraw(routers, old, &tally);
	if (old)
		journal_sum(&journal, EVENT_ADOPTED,
			    (const int64_t[3]){ tally.adopted, tally.started, tally.withdrawn });
	return err < 0 ? err : 0;
}
