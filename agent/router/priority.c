/* SPDX-License-Identifier: MIT */
#include "routers_private.h"

#include "vrrp/timers.h"

/* One that is neither there nor refused is on its way, or waits for an advert. */
static int64_t address_unheld_ns(const struct routers *routers, unsigned want)
{
	int64_t unheld_ns = kern_wants_unheld_ns(routers->wants, want);

	if (unheld_ns == KERN_NEVER && !kern_wants_has(routers->wants, want))
		return routers->now->mono_ns;
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

static void set_priority(struct routers *routers, struct router *router, uint8_t priority)
{
	const struct vrrp_event event = { .type = VRRP_EVENT_PRIORITY,
					  .now_ns = routers->now->mono_ns,
					  .priority = priority };

	router_step(routers, router, &event);
}

/* As configured, unless it is the last resort, or another one is with which it has one priority. */
static void reset_priority(struct routers *routers, struct router *router)
{
	for (unsigned i = 0; i < router_mates_n(router); i++)
		if (router_mate(router, i)->resort.last)
			return;
	set_priority(routers, router, router->vr.config.priority);
}

static void cede(struct routers *routers, struct router *router)
{
	const struct vrrp_event event = { .type = VRRP_EVENT_CEDE,
					  .now_ns = routers->now->mono_ns };
	struct journal_router journal = router_journal(routers, router);

	journal_resort(&journal, EVENT_RESORT_CEDES, NULL);
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
		journal_resort(&journal, EVENT_RESORT_BEGINS, address);
		set_priority(routers, router, RESORT_PRIORITY);
		break;
	case RESORT_ENDS:
		journal_resort(&journal, EVENT_RESORT_ENDS, NULL);
		reset_priority(routers, router);
		break;
	case RESORT_UNCHANGED:
		break;
	}
	if (resort_cedes(&router->resort, speaks, silence_ns(router), now_ns))
		cede(routers, router);
	router_schedule(routers, router);
}

void router_begin_anew(struct routers *routers, struct router *router)
{
	struct journal_router journal = router_journal(routers, router);

	if (!router->resort.last)
		return;
	resort_end(&router->resort);
	journal_resort(&journal, EVENT_RESORT_RESET, NULL);
	reset_priority(routers, router);
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
