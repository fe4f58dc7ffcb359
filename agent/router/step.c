/* SPDX-License-Identifier: MIT */
#include "routers_private.h"

/* In its order among the actions of a step. */
static void take_advert(struct routers *routers, struct router *router, uint8_t priority,
			const struct vrrp_action *before)
{
	if (before && before->type == VRRP_ACTION_CLAIM)
		router_owe_late_advert(routers, router, priority);
	else if (before && before->type == VRRP_ACTION_HAND_OVER)
		hand_over_say(routers, router, priority);
	else
		router_owe_advert(routers, router, priority);
}

/* @before: the one that stands before it; NULL: none does. */
static void take_action(struct routers *routers, struct router *router,
			const struct vrrp_action *action, const struct vrrp_action *before)
{
	struct journal_router journal = router_journal(routers, router);

	switch (action->type) {
	case VRRP_ACTION_CLAIM:
		hand_over_cancel(routers, router);
		router_want_addresses(routers, router, true);
		if (router->resort.last)
			router->resort.look_ns = routers->now->mono_ns;
		return;
	case VRRP_ACTION_RELEASE:
		router->outbox.unheard = false;
		router_want_addresses(routers, router, false);
		return;
	case VRRP_ACTION_ADVERT:
		take_advert(routers, router, action->priority, before);
		return;
	case VRRP_ACTION_HAND_OVER:
		router->outbox.unheard = false;
		/* What it owes as Active nobody shall hear behind its successor. */
		router->outbox.announce_due = router->outbox.advert_due = false;
		hand_over_begin(routers, router);
		return;
	case VRRP_ACTION_ANNOUNCE:
		router_owe_announcement(routers, router);
		return;
	case VRRP_ACTION_STATE:
		journal_state(&journal, action->from,
			      names_of_mate(router, router->vr.election.reason.by), router->gone);
		if (router->vr.election.state == VRRP_STATE_ACTIVE)
			measure_takeover(router);
		return;
	case VRRP_ACTION_DEAF:
		journal_family(&journal, EVENT_DEAF);
		return;
	case VRRP_ACTION_HEARS:
		journal_family(&journal, EVENT_HEARS);
		return;
	}
}

/* ---- damping ---- */

static bool damps(const struct router *router)
{
	return router->conf->damping.changes;
}

bool router_is_led(struct router *router)
{
	for (unsigned i = 0; i < router_mates_n(router); i++)
		if (router_mate(router, i)->vr.election.state == VRRP_STATE_ACTIVE)
			return true;
	return false;
}

/* What is known of the first is so of all, and for a successor, whoever is the first then. */
void router_damp(struct routers *routers, struct router *router)
{
	struct router *first = router_mate(router, 0);
	int64_t until_ns = damping_until(&first->damping, &first->conf->damping);

	for (unsigned i = 0; i < router_mates_n(router); i++) {
		struct router *mate = router_mate(router, i);

		mate->vr.config.preempt_not_before_ns = until_ns;
		state_put_damping(routers->state, (unsigned)(mate - routers->all), &first->damping);
	}
	router_schedule(routers, first);
}

static void note_change(struct routers *routers, struct router *router)
{
	struct router *first = router_mate(router, 0);
	const struct conf_damping *rule = &first->conf->damping;
	struct journal_router journal = router_journal(routers, first);
	int64_t now_ns = routers->now->mono_ns;

	if (damping_note(&first->damping, rule, now_ns))
		journal_damping(&journal, EVENT_DAMPING_BEGINS,
				damping_count(&first->damping, rule, now_ns),
				damping_until(&first->damping, rule));
	router_damp(routers, router);
}

void router_look_at_damping(struct routers *routers, struct router *router)
{
	struct journal_router journal = router_journal(routers, router);

	if (!damping_is_over(&router->damping, &router->conf->damping, routers->now->mono_ns))
		return;
	journal_damping(&journal, EVENT_DAMPING_ENDS, 0, 0);
	router_damp(routers, router);
}

/* ---- one event ---- */

void router_put_resort(struct routers *routers, const struct router *router)
{
	unsigned why = (router->resort.last ? STATE_RESORT_LAST : 0) |
		       (track_is_lacking(routers, router) ? STATE_RESORT_LACKING : 0) |
		       (track_is_unanswered(routers, router) ? STATE_RESORT_UNANSWERED : 0);

	state_put_resort(routers->state, (unsigned)(router - routers->all), why);
}

void router_schedule(struct routers *routers, struct router *router)
{
	int64_t deadline_ns = router->unit ? vrrp_unit_deadline(router->unit, router->member)
					   : vrrp_deadline(&router->vr);
	bool active = router->vr.election.state == VRRP_STATE_ACTIVE;

	/* What is put off needs no answer before it would be due. */
	if (deadline_ns <= routers->now->mono_ns && hand_over_holds_ns(router) > deadline_ns)
		deadline_ns = hand_over_holds_ns(router);
	if (!active) {
		lease_end(&router->lease);
		resort_rest(&router->resort);
		drain_rest(&router->drain);
		round_end(&router->round);
		rivals_rest(&router->rivals);
		track_hurry(routers, router);
	} else {
		rivals_begin(&router->rivals, routers->now->mono_ns);
	}
	state_put_lease(routers->state, (unsigned)(router - routers->all), router->lease.renew_ns);
	state_put_hold(routers->state, (unsigned)(router - routers->all), &router->hold);
	state_put_offer(routers->state, (unsigned)(router - routers->all), router->drain.offer_ns);
	router_put_resort(routers, router);
	if (active && lease_deadline(&router->lease) < deadline_ns)
		deadline_ns = lease_deadline(&router->lease);
	if (resort_deadline(&router->resort) < deadline_ns)
		deadline_ns = resort_deadline(&router->resort);
	if (drain_deadline(&router->drain) < deadline_ns)
		deadline_ns = drain_deadline(&router->drain);
	if (router->hold.until_ns < deadline_ns)
		deadline_ns = router->hold.until_ns;
	if (!active && hold_is_on(&router->hold) && !router_is_led(router))
		deadline_ns = routers->now->mono_ns;
	if (damping_deadline(&router->damping, &router->conf->damping) < deadline_ns)
		deadline_ns = damping_deadline(&router->damping, &router->conf->damping);
	if (rivals_deadline(&router->rivals) < deadline_ns)
		deadline_ns = rivals_deadline(&router->rivals);
	if (hand_over_deadline(router) < deadline_ns)
		deadline_ns = hand_over_deadline(router);
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
		take_action(routers, router, &out->actions[i], i ? &out->actions[i - 1] : NULL);
	if (router->vr.election.state != VRRP_STATE_BACKUP)
		hand_over_end(routers, router);
	router_schedule(routers, router);
	state_put(routers->state, (unsigned)(router - routers->all), &router->vr);
	if (!router->outbox.listed) /* else at the end of the turn */
		measure_router(routers, router);
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

static void step_unit(struct routers *routers, struct router *router,
		      const struct vrrp_event *event)
{
	struct vrrp_output out[VRRP_UNIT_MAX];

	vrrp_unit_step(router->unit, router->member, event, out);
	for (unsigned i = 0; i < router->unit->n; i++)
		if (router->unit->members[i].touched)
			take_actions(routers, router_mate(router, i), &out[i]);
}

/* Whoever comes back and is still drained runs them anew. */
static void forget_hooks(struct routers *routers, struct router *router)
{
	for (unsigned i = 0; i < router_mates_n(router); i++) {
		router_mate(router, i)->hold.ran = false;
		router_schedule(routers, router_mate(router, i));
	}
}

void router_step(struct routers *routers, struct router *router, const struct vrrp_event *event)
{
	/* Who leaves for good is told of, and forgotten. */
	bool counts = damps(router) && event->type != VRRP_EVENT_SHUTDOWN;
	bool led = (counts || router->hold.ran) && router_is_led(router);
	struct vrrp_output out;

	if (router->unit) {
		step_unit(routers, router, event);
	} else {
		step_alone(router, event, &out);
		take_actions(routers, router, &out);
	}
	if (router->hold.ran && led && !router_is_led(router))
		forget_hooks(routers, router);
	if (counts && router_is_led(router) != led)
		note_change(routers, router);
}
