/* SPDX-License-Identifier: MIT */
#include "effective.h"
#include "routers_private.h"

#include "vrrp/timers.h"

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
	struct priority_facts facts = {
		.base = hold_base(&router->hold, router->vr.config.priority),
	};

	for (unsigned i = 0; i < router_mates_n(router); i++) {
		const struct router *mate = router_mate(router, i);

		facts.last |= mate->resort.last || track_is_lacking(routers, mate) ||
			      (drain_is_on(&mate->drain) && !mate->hold.waits);
		facts.weights += track_weights(routers, mate);
	}
	return facts;
}

/* Whose equal it was it may be no more: if it is, the next advert tells. */
static void forget_equals(struct router *router)
{
	for (unsigned i = 0; i < router_mates_n(router); i++)
		journal_forget(&router_mate(router, i)->limits,
			       JOURNAL_LIMIT_NOTICE + VRRP_NOTICE_EQUAL_PRIORITY);
}

void router_weigh(struct routers *routers, struct router *router)
{
	const struct priority_facts facts = facts_of(routers, router);
	const struct vrrp_event event = { .type = VRRP_EVENT_PRIORITY,
					  .now_ns = routers->now->mono_ns,
					  .priority = priority_of(&facts) };

	/* Who leaves has offered to, and waits for whoever comes: a priority would take that back.
	 */
	if (event.priority == router->vr.election.priority ||
	    (router->leaving && !hold_is_on(&router->hold)))
		return;
	forget_equals(router);
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

void router_cede(struct routers *routers, struct router *router)
{
	const struct vrrp_event event = { .type = VRRP_EVENT_CEDE,
					  .now_ns = routers->now->mono_ns };

	router_step(routers, router, &event);
}

int64_t router_silence_ns(const struct router *router)
{
	const struct vrrp_config *c = &router->vr.config;

	return vrrp_offer_ns(c) + vrrp_interval_ns(c->interval_cs);
}

void router_resume_resort(struct routers *routers, struct router *router)
{
	resort_resume(&router->resort, router->vr.election.state == VRRP_STATE_ACTIVE,
		      router_silence_ns(router), routers->now->mono_ns);
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
	switch (resort_look(&router->resort, ns, router_silence_ns(router), now_ns)) {
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
	if (resort_cedes(&router->resort, speaks, router_silence_ns(router), now_ns)) {
		journal_resort(&journal, EVENT_RESORT_CEDES, NULL);
		router_cede(routers, router);
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
