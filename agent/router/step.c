/* SPDX-License-Identifier: MIT */
#include "routers_private.h"

struct journal routers_journal(const struct routers *routers)
{
	return (struct journal){ routers->events, routers->now };
}

struct journal_router router_journal(struct routers *routers, struct router *router)
{
	return (struct journal_router){ routers_journal(routers), router->conf, &router->vr,
					&router->limits };
}

/* ---- what a router owes to the wire at the end of the turn ---- */

static struct outbox *outbox_of(struct routers *routers, struct router *router)
{
	if (!router->outbox.listed)
		routers->owing[routers->owing_n++] = router;
	router->outbox.listed = true;
	return &router->outbox;
}

void router_owe_announcement(struct routers *routers, struct router *router)
{
	outbox_of(routers, router)->announce_due = true;
}

void router_owe_round(struct routers *routers, struct router *router)
{
	outbox_of(routers, router)->round_due = true;
}

/*
 * An Active that was paused may find a queue full of weaker adverts, each of which deserves an
 * answer: one for all of them is enough. Whoever gives its addresses up says so after the removal;
 * unless it has them again by then.
 */
static void owe_advert(struct routers *routers, struct router *router, uint8_t priority)
{
	struct outbox *outbox = outbox_of(routers, router);

	if (router->vr.election.state != VRRP_STATE_ACTIVE) {
		outbox->farewell_priority = priority;
		outbox->farewell_due = true;
		outbox->advert_due = false;
		return;
	}
	outbox->advert_due = true;
	outbox->advert_priority = priority;
	outbox->farewell_due = false;
}

/* ---- one event for one router ---- */

void router_want_address(struct routers *routers, struct router *router, unsigned address,
			 bool wanted)
{
	struct journal_router journal = router_journal(routers, router);
	bool can_come = guests_can_come(routers, router, address);

	if (wanted && !can_come)
		journal_address_no_place(&journal, &router->conf->addresses[address]);
	kern_wants_want(routers->wants, router->want + address, wanted && can_come);
	accept_want(routers, router, address, wanted && can_come);
}

void router_want_route(struct routers *routers, struct router *router, unsigned i, bool wanted)
{
	struct journal_router journal = router_journal(routers, router);
	bool can_come = routes_update(routers, router->routes_at + i);

	if (wanted && !can_come)
		journal_route_no_place(&journal, &router->conf->routes[i]);
	kern_wants_want(routers->wants, router->route + i, wanted && can_come);
}

void router_want_addresses(struct routers *routers, struct router *router, bool wanted)
{
	unsigned n = router->conf->addresses_n + router->conf->extra_n;

	virtual_mac_want_up(routers, router, wanted);
	for (unsigned i = 0; i < n; i++)
		router_want_address(routers, router, i, wanted);
	for (unsigned i = 0; i < router->conf->routes_n; i++)
		router_want_route(routers, router, i, wanted);
	for (unsigned i = 0; i < router->conf->rules_n; i++)
		kern_wants_want(routers->wants, router->route + router->conf->routes_n + i, wanted);
}

void router_renew_leases(struct routers *routers, struct router *router)
{
	unsigned n = router->conf->addresses_n + router->conf->extra_n;

	for (unsigned i = 0; i < n; i++)
		kern_wants_renew(routers->wants, router->want + i);
}

bool router_is_renewal_due(const struct routers *routers, const struct router *router)
{
	unsigned n = router->conf->addresses_n + router->conf->extra_n;

	for (unsigned i = 0; i < n; i++)
		if (kern_wants_is_due(routers->wants, router->want + i))
			return true;
	return false;
}

static void take_action(struct routers *routers, struct router *router,
			const struct vrrp_action *action)
{
	struct journal_router journal = router_journal(routers, router);

	switch (action->type) {
	case VRRP_ACTION_CLAIM:
		router_want_addresses(routers, router, true);
		if (router->resort.last)
			router->resort.look_ns = routers->now->mono_ns;
		return;
	case VRRP_ACTION_RELEASE:
		router->outbox.unheard = false;
		router_want_addresses(routers, router, false);
		return;
	case VRRP_ACTION_ADVERT:
		owe_advert(routers, router, action->priority);
		return;
	case VRRP_ACTION_ANNOUNCE:
		router_owe_announcement(routers, router);
		return;
	case VRRP_ACTION_STATE:
		journal_state(&journal, action->from);
		return;
	case VRRP_ACTION_DEAF:
		journal_family(&journal, EVENT_DEAF);
		return;
	case VRRP_ACTION_HEARS:
		journal_family(&journal, EVENT_HEARS);
		return;
	}
}

void router_schedule(struct routers *routers, struct router *router)
{
	int64_t deadline_ns = router->unit ? vrrp_unit_deadline(router->unit, router->member)
					   : vrrp_deadline(&router->vr);
	bool active = router->vr.election.state == VRRP_STATE_ACTIVE;

	if (!active) {
		lease_end(&router->lease);
		resort_rest(&router->resort);
		drain_rest(&router->drain);
		round_end(&router->round);
	}
	state_put_lease(routers->state, (unsigned)(router - routers->all), router->lease.renew_ns);
	state_put_offer(routers->state, (unsigned)(router - routers->all), router->drain.offer_ns);
	if (active && lease_deadline(&router->lease) < deadline_ns)
		deadline_ns = lease_deadline(&router->lease);
	if (resort_deadline(&router->resort) < deadline_ns)
		deadline_ns = resort_deadline(&router->resort);
	if (drain_deadline(&router->drain) < deadline_ns)
		deadline_ns = drain_deadline(&router->drain);
	if (!router->outbox.round_due && round_deadline(&router->round) < deadline_ns)
		deadline_ns = round_deadline(&router->round);
	/* An Active may wait for its address; one that has yielded meanwhile can hear nobody. */
	if (router->fault_ns != VRRP_NEVER && router_is_unicast(router) &&
	    router->vr.election.state == VRRP_STATE_BACKUP)
		router->fault_ns = routers->now->mono_ns;
	if (router->fault_ns < deadline_ns)
		deadline_ns = router->fault_ns;
	if (router->mute_ns < deadline_ns)
		deadline_ns = router->mute_ns;
	if (router->tracks_n && track_deadline(routers, router) < deadline_ns)
		deadline_ns = track_deadline(routers, router);
	deadlines_set(routers->heap, (unsigned)(router - routers->all), deadline_ns);
}

/* What was decided for a router is carried out, and left for a successor. */
static void take_actions(struct routers *routers, struct router *router,
			 const struct vrrp_output *out)
{
	for (unsigned i = 0; i < out->actions_n; i++)
		take_action(routers, router, &out->actions[i]);
	router_schedule(routers, router);
	state_put(routers->state, (unsigned)(router - routers->all), &router->vr);
}

/* In a turn the kernel's news comes first, and then adverts that may have come before it. */
static void step_alone(struct router *router, const struct vrrp_event *event,
		       struct vrrp_output *out)
{
	struct vrrp_event in_order = *event;

	if (in_order.now_ns < router->last_ns)
		in_order.now_ns = router->last_ns;
	router->last_ns = in_order.now_ns;
	vrrp_step(&router->vr, &in_order, out);
}

void router_step(struct routers *routers, struct router *router, const struct vrrp_event *event)
{
	struct vrrp_output out[VRRP_UNIT_MAX];

	if (!router->unit) {
		step_alone(router, event, out);
		take_actions(routers, router, out);
		return;
	}
	vrrp_unit_step(router->unit, router->member, event, out);
	for (unsigned i = 0; i < router->unit->n; i++)
		if (router->unit->members[i].touched)
			take_actions(routers, router_mate(router, i), &out[i]);
}
