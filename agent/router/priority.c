/* SPDX-License-Identifier: MIT */
#include "effective.h"
#include "routers_private.h"

#include <assert.h>

#include "vrrp/timers.h"

#define NS_PER_S       INT64_C(1000000000)
#define HOOKS_SPARE_NS NS_PER_S /* from the end of a command to its being heard of */

/* One that is neither there nor refused is on its way, or waits for an advert; so is one that was
 * refused before this host stood still, and is tried again in this turn. */
static int64_t address_unheld_ns(const struct routers *routers, unsigned want)
{
	int64_t unheld_ns = kern_wants_unheld_ns(routers->wants, want);
	int64_t now_ns = routers->now->mono_ns;

	if ((unheld_ns == KERN_NEVER && !kern_wants_has(routers->wants, want)) ||
	    kern_wants_is_overdue(routers->wants, want, now_ns))
		return now_ns;
	return unheld_ns;
}

/* Since when some address of a router cannot be held, as resort_look() has it. */
static int64_t unheld_ns(const struct routers *routers, const struct router *router,
			 const struct conf_address **ret_address)
{
	unsigned n = router->conf->addresses_n + router->conf->extra_n;
	int64_t earliest_ns = virtual_mac_unheld_ns(routers, router);

	/* None of them can be reached while the macvlan that has them cannot be set up. */
	*ret_address = earliest_ns == KERN_NEVER ? NULL : &router->conf->addresses[0];
	for (unsigned i = 0; i < n; i++) {
		int64_t ns = address_unheld_ns(routers, router->want + i);

		if (ns >= earliest_ns || router->conf->addresses[i].required == CONF_NO)
			continue;
		earliest_ns = ns;
		*ret_address = &router->conf->addresses[i];
	}
	return earliest_ns;
}

static bool is_active(const struct router *router)
{
	return router->vr.election.state == VRRP_STATE_ACTIVE;
}

/* Of all with which it has one priority: what weighs for one does so for all. */
static struct priority_facts facts_of(const struct routers *routers, struct router *router)
{
	struct priority_facts facts = { .base = router->vr.config.priority };

	for (unsigned i = 0; i < router_mates_n(router); i++) {
		const struct router *mate = router_mate(router, i);

		facts.last |= mate->resort.last || track_is_lacking(routers, mate) ||
			      (drain_is_on(&mate->drain) && !drain_is_held(&mate->drain));
		facts.weights += track_weights(routers, mate);
	}
	return facts;
}

void router_weigh(struct routers *routers, struct router *router)
{
	const struct priority_facts facts = facts_of(routers, router);
	const struct vrrp_event event = { .type = VRRP_EVENT_PRIORITY,
					  .now_ns = routers->now->mono_ns,
					  .priority = priority_of(&facts) };

	/* Who leaves has offered to, and waits for whoever comes: a priority would take that back.
	 */
	if (event.priority != router->vr.election.priority && !router->leaving)
		router_step(routers, router, &event);
}

void router_note_lacking(struct routers *routers, struct router *router)
{
	bool active = false, lacking = false;

	for (unsigned i = 0; i < router_mates_n(router); i++)
		active |= is_active(router_mate(router, i));
	for (unsigned i = 0; i < router_mates_n(router); i++) {
		lacking |= track_note_lacking(routers, router_mate(router, i), active);
		router_put_resort(routers, router_mate(router, i));
	}
	if (lacking)
		router_weigh(routers, router);
}

static void cede(struct routers *routers, struct router *router)
{
	const struct vrrp_event event = { .type = VRRP_EVENT_CEDE,
					  .now_ns = routers->now->mono_ns };

	router_step(routers, router, &event);
}

/* After which every peer that preempts the last resort has taken over. */
static int64_t silence_ns(const struct router *router)
{
	const struct vrrp_config *c = &router->vr.config;

	return vrrp_down_ns(c->version, RESORT_PRIORITY, c->interval_cs, vrrp_down_intervals(c)) +
	       vrrp_interval_ns(c->interval_cs);
}

void router_resume_resort(struct routers *routers, struct router *router)
{
	resort_resume(&router->resort, router->vr.election.state == VRRP_STATE_ACTIVE,
		      silence_ns(router), routers->now->mono_ns);
}

void router_look_at_addresses(struct routers *routers, struct router *router)
{
	const struct vrrp_election *election = &router->vr.election;
	bool speaks = !election->listening && !election->ceding;
	int64_t now_ns = routers->now->mono_ns;
	struct journal_router journal = router_journal(routers, router);
	const struct conf_address *address;
	int64_t ns;

	if (now_ns < resort_deadline(&router->resort) || router_is_mute(router))
		return;
	ns = unheld_ns(routers, router, &address);
	switch (resort_look(&router->resort, ns, silence_ns(router), now_ns)) {
	case RESORT_BEGINS:
		router_put_resort(routers, router);
		journal_resort(&journal, EVENT_RESORT_BEGINS, address);
		router_weigh(routers, router);
		break;
	case RESORT_ENDS:
		journal_resort(&journal, EVENT_RESORT_ENDS, NULL);
		router_weigh(routers, router);
		break;
	case RESORT_UNCHANGED:
		break;
	}
	if (resort_cedes(&router->resort, speaks, silence_ns(router), now_ns)) {
		journal_resort(&journal, EVENT_RESORT_CEDES, NULL);
		cede(routers, router);
	}
	router_schedule(routers, router);
}

void router_begin_anew(struct routers *routers, struct router *router)
{
	struct journal_router journal = router_journal(routers, router);

	if (!router->resort.last)
		return;
	resort_end(&router->resort);
	journal_resort(&journal, EVENT_RESORT_RESET, NULL);
	router_weigh(routers, router);
}

void router_doubt_addresses(struct routers *routers, struct router *router,
			    enum kern_want_news news)
{
	bool resists = news == KERN_WANT_ABANDONED || news == KERN_WANT_FAILED;

	/* Whoever is mute follows with what it can hold. */
	if (router->vr.election.state != VRRP_STATE_ACTIVE || vrrp_is_owner(&router->vr) ||
	    router_is_mute(router) || (!resists && !router->resort.last))
		return;
	/* In a pause nobody is told that somebody else's has come and gone. */
	if (news == KERN_WANT_ADDED || news == KERN_WANT_RESTORED || news == KERN_WANT_EXPIRED)
		resort_lacked(&router->resort);
	router->resort.look_ns = routers->now->mono_ns;
	router_schedule(routers, router);
}

/* ---- drains ---- */

/* All wait for the commands of all. */
static void set_hold(struct routers *routers, struct router *router, int64_t hold_ns)
{
	for (unsigned i = 0; i < router_mates_n(router); i++) {
		struct router *mate = router_mate(router, i);

		drain_hold(&mate->drain, hold_ns);
		state_put_hold(routers->state, (unsigned)(mate - routers->all), hold_ns);
	}
}

/* By when the commands have ended that run before a drain, and somebody has said so; or never, when
 * there are none. */
static int64_t hooks_end_ns(const struct routers *routers, struct router *router)
{
	int64_t longest_ns = 0;

	for (unsigned i = 0; i < router_mates_n(router); i++)
		if (router_mate(router, i)->hooks_ns > longest_ns)
			longest_ns = router_mate(router, i)->hooks_ns;
	return longest_ns ? routers->now->mono_ns + longest_ns + HOOKS_SPARE_NS : VRRP_NEVER;
}

/* A member has the same time as the others; who speaks first for them all offers. */
static void set_drain(struct routers *routers, struct router *router, int64_t until_ns)
{
	for (unsigned i = 0; i < router_mates_n(router); i++) {
		struct router *mate = router_mate(router, i);
		bool offers = is_active(mate) && !router_is_mute(mate);

		if (until_ns)
			drain_begin(&mate->drain, until_ns, offers, silence_ns(mate),
				    routers->now->mono_ns);
		else
			drain_init(&mate->drain);
		state_put_drain(routers->state, (unsigned)(mate - routers->all), until_ns);
	}
	router_weigh(routers, router);
	for (unsigned i = 0; i < router_mates_n(router); i++)
		router_schedule(routers, router_mate(router, i));
}

/* The commands are those of this configuration: it may have none. As long as it has any the end of
 * the wait stays what it was: by that the notifier knows for which drain it has run them. */
void router_resume_drain(struct routers *routers, struct router *router, int64_t until_ns,
			 int64_t hold_ns)
{
	/* One may have become an owner since. */
	if (until_ns <= routers->now->mono_ns || drain_is_on(&router->drain) ||
	    vrrp_is_owner(&router->vr))
		return;
	if (hold_ns != VRRP_NEVER && hooks_end_ns(routers, router) != VRRP_NEVER)
		set_hold(routers, router, hold_ns);
	set_drain(routers, router, until_ns);
}

/* What it waited for is over. */
static void go_on(struct routers *routers, struct router *router, enum event_drain why)
{
	struct journal_router journal = router_journal(routers, router);

	journal_drained(&journal, why);
	set_hold(routers, router, VRRP_NEVER);
	set_drain(routers, router, router->drain.until_ns);
}

void routers_release(struct routers *routers, const struct clocks *now, const struct event *event)
{
	struct router *const *named;
	unsigned n;

	routers->now = now;
	named = names_find(routers, event->router, &n);
	for (unsigned i = 0; i < n; i++)
		if (named[i]->vr.config.family == event->family &&
		    drain_is_held(&named[i]->drain) &&
		    named[i]->drain.hold_ns == event->fact.number[1])
			go_on(routers, named[i],
			      event->fact.word == EVENT_DRAIN_READY ? EVENT_DRAIN_READY
								    : EVENT_DRAIN_HOOK_FAILED);
}

/* One offer is for all with one fate. */
static bool offers(struct routers *routers, struct router *router)
{
	const struct vrrp_election *election = &router->vr.election;
	const struct resort *resort = &router->resort;
	int64_t now_ns = routers->now->mono_ns;
	bool equal = resort->equal_ns && now_ns < resort->equal_ns + RESORT_EQUAL_NS;

	if (!drain_offers(&router->drain, !election->listening && !election->ceding, equal,
			  silence_ns(router), now_ns))
		return false;
	for (unsigned i = 0; i < router_mates_n(router); i++)
		drain_rest(&router_mate(router, i)->drain);
	return true;
}

void router_look_at_drain(struct routers *routers, struct router *router)
{
	struct journal_router journal = router_journal(routers, router);
	bool led = router_is_led(router);
	bool in_vain = drain_is_held_in_vain(&router->drain, led, routers->now->mono_ns);

	if (routers->now->mono_ns < drain_deadline(&router->drain) && !in_vain)
		return;
	if (drain_is_over(&router->drain, routers->now->mono_ns)) {
		journal_drained(&journal, EVENT_DRAIN_OVER);
		set_drain(routers, router, 0);
	} else if (in_vain) {
		go_on(routers, router, led ? EVENT_DRAIN_HOOK_LATE : EVENT_DRAIN_HOOK_USELESS);
	} else if (offers(routers, router)) {
		journal_drained(&journal, EVENT_DRAIN_OFFERS);
		cede(routers, router);
	}
	router_schedule(routers, router);
}

static int64_t held_ns(const struct router *router, int64_t now_ns)
{
	int64_t left_ns = drain_is_held(&router->drain) ? router->drain.hold_ns - now_ns : 0;

	return left_ns > 0 ? left_ns : 0;
}

/* The others are heard at once, or after a silence at the lowest priority; then after the offer. */
static int64_t wait_ns(const struct router *router, int64_t now_ns)
{
	return is_active(router) ? held_ns(router, now_ns) + 2 * silence_ns(router) + NS_PER_S : 0;
}

/* Whether nothing is left to do: what is Active still may offer once more to leave. */
static bool is_drained(const struct router *router, int64_t until_ns)
{
	return router->drain.until_ns == until_ns &&
	       (!until_ns || !is_active(router) || router_is_mute(router) ||
		drain_is_held(&router->drain) || router->drain.offer_ns != VRRP_NEVER);
}

/* As it was asked for; the answer for many routers takes some turns. */
static int64_t span_ns(int64_t until_ns, int64_t now_ns)
{
	return until_ns == VRRP_NEVER ? VRRP_NEVER : until_ns - now_ns + NS_PER_S / 2;
}

/* What is Active serves as before until the commands that run first have ended; once for a drain.
 * Return: until when; VRRP_NEVER: it need not wait. */
static int64_t begin_hold(struct routers *routers, struct router *router)
{
	int64_t hold_ns = drain_is_on(&router->drain) || !router_is_led(router) || router->leaving
				  ? VRRP_NEVER
				  : hooks_end_ns(routers, router);

	if (hold_ns != VRRP_NEVER)
		set_hold(routers, router, hold_ns);
	return hold_ns;
}

void routers_drain(struct routers *routers, unsigned i, int64_t until_ns, const struct clocks *now,
		   const struct journal_asker *asker, struct drained *ret_drained)
{
	struct router *router = &routers->all[i];
	struct journal_router journal;
	int64_t hold_ns;

	assert(i < routers->n);
	routers->now = now;
	ret_drained->state = router->vr.election.state;
	ret_drained->owner = vrrp_is_owner(&router->vr);
	if (!ret_drained->owner && !is_drained(router, until_ns)) {
		journal = router_journal(routers, router);
		hold_ns = until_ns ? begin_hold(routers, router) : VRRP_NEVER;
		journal_drain(&journal, until_ns ? EVENT_DRAIN_BEGINS : EVENT_DRAIN_RESUMED,
			      until_ns ? span_ns(until_ns, now->mono_ns) : 0,
			      until_ns && drain_is_held(&router->drain), asker);
		if (hold_ns != VRRP_NEVER)
			journal_drain_waits(&journal, hold_ns);
		set_drain(routers, router, until_ns);
	}
	ret_drained->until_ns = router->drain.until_ns;
	ret_drained->wait_ns = wait_ns(router, now->mono_ns);
	ret_drained->held_ns = held_ns(router, now->mono_ns);
}
