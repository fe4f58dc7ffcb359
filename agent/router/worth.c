/* SPDX-License-Identifier: MIT */
#include "routers_private.h"

#include <string.h>

#include "vrrp/timers.h"

/* Network tools correct an address by removing it first. */
#define SOURCE_PATIENCE_NS INT64_C(500000000)

/* At every boot of a host its link-local address is tentative for a second or two. */
#define MUTE_PATIENCE_NS INT64_C(3000000000)

void router_miss(struct routers *routers, struct router *router)
{
	const struct vrrp_event event = { .type = VRRP_EVENT_MISSED,
					  .now_ns = routers->now->mono_ns };

	router_step(routers, router, &event);
}

/* Whether packets to its peers cross routers of another kind, and so may leave anywhere. */
static bool is_routed(const struct router *router)
{
	return router_is_unicast(router) && !conf_peers_are_link_local(router->conf);
}

/* What it can do without of its LAN: enum lan_way. */
static unsigned way_of(const struct router *router)
{
	return (router_is_unicast(router) ? LAN_BY_UNICAST : 0u) |
	       (router->conf->link.required ? 0u : LAN_SANS_CARRIER);
}

/* The interface that has the address which adverts are sent from; 0: none. */
static int where_source_is(const struct routers *routers, const struct router *router,
			   const uint8_t *source)
{
	if (!source)
		return 0;
	if (is_routed(router) && router->conf->source[0])
		return own_where(&routers->own, router->conf->vrrp.family, source,
				 router->interface);
	return router_lan(routers, router)->ifindex;
}

/* The address that its adverts are sent from; NULL when there is none now. */
static const uint8_t *choose_source(const struct routers *routers, const struct router *router)
{
	static const uint8_t none[16];
	const struct lan *lan = router_lan(routers, router);
	const struct conf_router *conf = router->conf;
	const uint8_t *before = router->vr.election.source;
	const uint8_t *vip = conf->addresses_n ? conf->addresses[0].bytes : none;

	if (!is_routed(router) || (!conf->source[0] && conf->vrrp.family == 4))
		return lan_choose_source(lan, conf->source[0] ? conf->source : NULL, before, vip);
	if (!conf->source[0])
		return lan_choose_global(lan, before, vip);
	return where_source_is(routers, router, conf->source) ? conf->source : NULL;
}

bool router_find_peers(struct routers *routers, struct router *router)
{
	const struct lan *lan = router_lan(routers, router);
	int where = where_source_is(routers, router, choose_source(routers, router));

	/* What is on another interface may leave by a third one. */
	router->peers.can_send = where && (where != lan->ifindex || lan_can_speak(lan));
	return peers_find_here(&router->peers, router->conf, &routers->own, router->interface);
}

/* The address that an owner has had and has no more; NULL: it has them all, or is none. */
static const struct conf_address *lacking(const struct routers *routers,
					  const struct router *router)
{
	const struct conf_router *conf = router->conf;

	for (unsigned i = 0; vrrp_is_owner(&router->vr) && i < conf->addresses_n; i++)
		if (kern_wants_lacks(routers->wants, router->want + i))
			return &conf->addresses[i];
	return NULL;
}

/* Why there is nothing to send from. */
static struct vrrp_reason no_source(const struct router *router, const struct lan *lan)
{
	struct vrrp_reason fault = { .code = VRRP_REASON_NO_SOURCE };

	if (is_routed(router) && router->conf->source[0]) {
		fault.code = VRRP_REASON_NOT_HERE;
		memcpy(fault.source, router->conf->source, sizeof(fault.source));
	} else if (is_routed(router) && router->conf->vrrp.family == 6) {
		fault.code = VRRP_REASON_NO_GLOBAL;
	} else if (!router->conf->source[0] && lan->virtual_seen[0]) {
		fault.code = VRRP_REASON_ONLY_VIRTUAL;
		memcpy(fault.source, lan->virtual_seen, sizeof(fault.source));
	} else if (lan->sources_n) {
		memcpy(fault.source, router->conf->source, sizeof(fault.source));
	}
	return fault;
}

/* What keeps a router from living on its LAN. */
static struct vrrp_reason fault_at_home(const struct routers *routers, const struct router *router)
{
	const struct lan *lan = router_lan(routers, router);
	const struct conf_address *missing = lacking(routers, router);
	unsigned len = (unsigned)router_advert_len(router) - KERN_FRAME_ETHERNET_LEN;
	struct vrrp_reason fault = lan->faults[way_of(router)];

	if (fault.code != VRRP_REASON_NONE && fault.code != VRRP_REASON_NO_SOURCE)
		return fault;
	fault.code = VRRP_REASON_NONE;
	if (!choose_source(routers, router)) {
		fault = no_source(router, lan);
	} else if (router_is_unicast(router) && router->peers.away_n == 0) {
		fault.code = VRRP_REASON_NO_PEER;
	} else if (auth_lacks_key(router)) {
		fault.code = VRRP_REASON_NO_KEY;
		fault.bytes[0] = router->conf->auth.active;
	} else if (missing) {
		fault.code = VRRP_REASON_NO_OWN;
		memcpy(fault.source, missing->bytes, sizeof(fault.source));
	} else if (lan->interface->mtu && lan->interface->mtu < len) {
		fault.code = VRRP_REASON_MTU;
		fault.bytes[0] = len;
		fault.bytes[1] = lan->interface->mtu;
	} else if (virtual_mac_is_on_macvlan(routers, router)) {
		fault.code = VRRP_REASON_ON_MACVLAN;
	} else if (virtual_mac_is_refused(routers, router)) {
		fault.code = VRRP_REASON_NO_MACVLAN;
		strcpy(fault.interface, router->conf->mac.name);
	}
	return fault;
}

/* What it needs of other interfaces. */
static struct vrrp_reason fault_elsewhere(const struct routers *routers,
					  const struct router *router)
{
	struct vrrp_reason fault = guests_fault(routers, router);

	if (fault.code == VRRP_REASON_NONE)
		fault = routes_fault(routers, router);
	if (fault.code == VRRP_REASON_NONE)
		fault = track_fault(routers, router);
	return fault;
}

/*
 * How long a fault must last: a carrier may blink, and whoever corrects an address removes it.
 * After as many intervals without a carrier as may be missed others have taken over by right, or
 * would be taken for silent.
 */
static int64_t patience_ns(const struct router *router, enum vrrp_reason_code fault)
{
	const struct vrrp_config *config = &router->vr.config;
	int64_t others_ns = vrrp_down_intervals(config) * vrrp_interval_ns(config->interval_cs);

	if (fault == VRRP_REASON_NO_CARRIER || fault == VRRP_REASON_ADDRESS_NO_CARRIER ||
	    fault == VRRP_REASON_ROUTE_NO_CARRIER)
		return router->conf->link.delay_ns < others_ns ? router->conf->link.delay_ns
							       : others_ns;
	/* What is sent to an address that is gone nobody hears: no silence would prove anything. */
	if (router_is_unicast(router) && router->vr.election.state == VRRP_STATE_BACKUP)
		return 0;
	return fault == VRRP_REASON_NO_SOURCE ? SOURCE_PATIENCE_NS : 0;
}

/* Whether a fault of a router that runs may still pass; then its deadline is set. */
static bool may_pass(struct routers *routers, struct router *router, enum vrrp_reason_code fault)
{
	int64_t until_ns = routers->now->mono_ns + patience_ns(router, fault);

	if (router->vr.election.state != VRRP_STATE_BACKUP &&
	    router->vr.election.state != VRRP_STATE_ACTIVE)
		return false;
	if (router->fault_ns == VRRP_NEVER || router->fault_code != fault)
		router->fault_ns = until_ns;
	router->fault_code = fault;
	router_schedule(routers, router);
	return routers->now->mono_ns < router->fault_ns;
}

/* Some address of the host's own is missing: which one it is may change while that lasts. */
static enum vrrp_reason_code timed_as(enum vrrp_reason_code fault)
{
	if (fault == VRRP_REASON_ONLY_VIRTUAL || fault == VRRP_REASON_NO_OWN ||
	    fault == VRRP_REASON_NOT_HERE || fault == VRRP_REASON_NO_GLOBAL)
		return VRRP_REASON_NO_SOURCE;
	return fault;
}

/* Whether a fault is of one family alone, and the other one may go on. */
static bool is_of_family(enum vrrp_reason_code fault)
{
	return fault == VRRP_REASON_NO_SOURCE || fault == VRRP_REASON_ONLY_VIRTUAL ||
	       fault == VRRP_REASON_NO_GROUP || fault == VRRP_REASON_MTU ||
	       fault == VRRP_REASON_NO_PEER || fault == VRRP_REASON_NOT_HERE ||
	       fault == VRRP_REASON_NO_GLOBAL;
}

/* One that may still pass hides none that counts at once, and one of a family none of its unit. */
static struct vrrp_reason fault_of(const struct routers *routers, const struct router *router)
{
	struct vrrp_reason home = fault_at_home(routers, router), other;

	if (home.code != VRRP_REASON_NONE && patience_ns(router, timed_as(home.code)) == 0 &&
	    !(router->unit && is_of_family(home.code)))
		return home;
	other = fault_elsewhere(routers, router);
	if (other.code == VRRP_REASON_NONE ||
	    (home.code != VRRP_REASON_NONE && patience_ns(router, other.code) != 0))
		return home;
	return other;
}

/* All of a unit begin together, but for the mute. */
static bool is_macvlan_awaited(const struct routers *routers, struct router *router)
{
	for (unsigned i = 0; i < router_mates_n(router); i++) {
		const struct router *mate = router_mate(router, i);

		if ((mate == router || !router_is_mute(mate)) &&
		    virtual_mac_is_awaited(routers, mate))
			return true;
	}
	return false;
}

/* What is tracked shall be known before it is decided who is Active; but not for ever. */
static bool are_checks_awaited(const struct routers *routers, struct router *router)
{
	for (unsigned i = 0; i < router_mates_n(router); i++)
		if (track_is_awaited(routers, router_mate(router, i)))
			return true;
	return false;
}

/* A unit has one priority: what some member could not hold counts for none from now on. */
static void begin_unit_anew(struct routers *routers, struct router *router)
{
	for (unsigned i = 0; i < router_mates_n(router); i++)
		router_begin_anew(routers, router_mate(router, i));
}

/* Whether its LAN can be used from now on, or can no more. */
static void tell_worth(struct routers *routers, struct router *router,
		       const struct vrrp_reason *fault)
{
	const struct vrrp_election *election = &router->vr.election;
	bool waits =
		election->state == VRRP_STATE_FAULT || (election->state == VRRP_STATE_INITIALIZE &&
							election->reason.code == VRRP_REASON_NONE);
	struct vrrp_event event = { .type = VRRP_EVENT_STARTUP, .now_ns = routers->now->mono_ns };

	/* Others may still serve for a while; whatever befalls it, this one is out for good. */
	if (router->left)
		return;
	if (fault->code != VRRP_REASON_NONE) {
		if (may_pass(routers, router, timed_as(fault->code)))
			return;
		event.type = VRRP_EVENT_FAULT;
		event.fault = *fault;
	}
	router->fault_ns = VRRP_NEVER;
	/* It is told of again when that is there. */
	if (event.type == VRRP_EVENT_STARTUP && (!waits || is_macvlan_awaited(routers, router)))
		return;
	if (event.type == VRRP_EVENT_STARTUP && election->state == VRRP_STATE_INITIALIZE &&
	    are_checks_awaited(routers, router))
		return;
	/* Who was in a fault until now has not waited. */
	if (event.type == VRRP_EVENT_STARTUP)
		router_note_lacking(routers, router);
	if (event.type == VRRP_EVENT_STARTUP && election->state == VRRP_STATE_FAULT)
		begin_unit_anew(routers, router);
	router_step(routers, router, &event);
}

/* What a family cannot hold that cannot speak either is no reason to leave. */
static void become_mute(struct routers *routers, struct router *router)
{
	bool starts = router->vr.election.state == VRRP_STATE_INITIALIZE;

	router->mute_ns = routers->now->mono_ns + (starts ? MUTE_PATIENCE_NS : 0);
	resort_rest(&router->resort);
	router_begin_anew(routers, router);
}

static void tell_that_mute(struct routers *routers, struct router *router,
			   const struct vrrp_reason *fault)
{
	struct journal_router journal = router_journal(routers, router);

	if (routers->now->mono_ns < router->mute_ns)
		return;
	router->mute_ns = VRRP_NEVER;
	journal_mute(&journal, fault);
}

/* Whatever was refused meanwhile is asked for anew, and who speaks again does so at once: until now
 * the other family's adverts were evidence for its addresses (lease.h). */
static void speak_again(struct routers *routers, struct router *router)
{
	struct journal_router journal = router_journal(routers, router);
	bool due;

	if (router->mute_ns == VRRP_NEVER)
		journal_family(&journal, EVENT_SPEAKS);
	router->mute_ns = VRRP_NEVER;
	if (router->vr.election.state != VRRP_STATE_ACTIVE)
		return;
	/* One that was refused would be forgotten with what else was. */
	due = router_is_renewal_due(routers, router);
	router_want_addresses(routers, router, false);
	router_want_addresses(routers, router, true);
	if (due)
		router_renew_leases(routers, router);
	vrrp_refresh(&router->vr, routers->now->mono_ns);
}

static void tell_mute(struct routers *routers, struct router *router,
		      const struct vrrp_reason *fault)
{
	struct vrrp_member *member = &router->unit->members[router->member];
	bool mute = fault->code != VRRP_REASON_NONE;

	if (member->mute != mute) {
		member->mute = mute;
		if (mute)
			become_mute(routers, router);
		else
			speak_again(routers, router);
		for (unsigned i = 0; i < router_mates_n(router); i++)
			router_schedule(routers, router_mate(router, i));
	}
	tell_that_mute(routers, router, fault);
	router_schedule(routers, router);
}

/* The faults of a unit's members. */
struct faults {
	struct vrrp_reason own[VRRP_UNIT_MAX];
	bool passing[VRRP_UNIT_MAX]; /* it may still pass, and is none until then */
	const struct router *shared; /* whose fault is one of all; NULL: there is none */
};

static bool is_fault(const struct faults *faults, unsigned i)
{
	return faults->own[i].code != VRRP_REASON_NONE && !faults->passing[i];
}

/* Whether a fault is of an interface where its router does not live. */
static bool is_elsewhere(enum vrrp_reason_code fault)
{
	return fault == VRRP_REASON_ADDRESS_LINK_MISSING ||
	       fault == VRRP_REASON_ADDRESS_LINK_DOWN || fault == VRRP_REASON_ADDRESS_NO_CARRIER ||
	       fault == VRRP_REASON_ROUTE_LINK_MISSING || fault == VRRP_REASON_ROUTE_LINK_DOWN ||
	       fault == VRRP_REASON_ROUTE_NO_CARRIER || fault == VRRP_REASON_TRACK_DOWN ||
	       fault == VRRP_REASON_TRACK_UP;
}

/* What follows for a member from the fault of another one. */
static struct vrrp_reason shared_fault(const struct faults *faults, const struct router *mate)
{
	const struct router *shared = faults->shared;
	struct vrrp_reason fault = faults->own[shared->member];

	if (shared->conf->unit_router == mate->conf->unit_router)
		return fault;
	if (vrrp_reason_is_of_check(fault.code)) {
		fault.cause = (uint8_t)fault.code;
		fault.code = VRRP_REASON_MEMBER_CHECK;
		fault.by = shared->unit->members[shared->member].id;
		return fault;
	}
	fault = (struct vrrp_reason){ .code = VRRP_REASON_MEMBER,
				      .cause = (uint8_t)fault.code,
				      .by = shared->unit->members[shared->member].id };
	strcpy(fault.interface, is_elsewhere(faults->own[shared->member].code)
					? faults->own[shared->member].interface
					: shared->conf->interface);
	return fault;
}

/* What a member of a unit makes of the faults of all: whether it is mute, and what its fault is. */
static void tell_member(struct routers *routers, struct router *mate, const struct faults *faults)
{
	static const struct vrrp_reason none = { .code = VRRP_REASON_NONE };
	bool is_own = is_fault(faults, mate->member);
	struct vrrp_reason fault = none;

	if (is_own)
		fault = faults->own[mate->member];
	else if (faults->shared)
		fault = shared_fault(faults, mate);
	else if (faults->passing[mate->member])
		return;
	/* What has made it mute has lasted long enough. */
	if (is_own && faults->shared && router_is_mute(mate)) {
		mate->fault_code = timed_as(fault.code);
		mate->fault_ns = routers->now->mono_ns;
	}
	tell_mute(routers, mate, is_own && !faults->shared ? &fault : &none);
	tell_worth(routers, mate, faults->shared ? &fault : &none);
}

/* Whether a member is there and is of the same router as another one. */
static bool is_of_router(struct router *router, unsigned i, const struct router *mate)
{
	return i < router->unit->n &&
	       router_mate(router, i)->conf->unit_router == mate->conf->unit_router;
}

/* Whether the other family of a member's router can speak; it is a neighbour. */
static bool speaks(struct router *mate, const struct faults *faults)
{
	unsigned i = mate->member;

	return (i > 0 && is_of_router(mate, i - 1, mate) && !is_fault(faults, i - 1)) ||
	       (is_of_router(mate, i + 1, mate) && !is_fault(faults, i + 1));
}

static void find_faults(struct routers *routers, struct router *router, struct faults *ret_faults)
{
	for (unsigned i = 0; i < router->unit->n; i++) {
		struct router *mate = router_mate(router, i);
		enum vrrp_reason_code code;

		ret_faults->own[i] = fault_of(routers, mate);
		code = ret_faults->own[i].code;
		ret_faults->passing[i] = code != VRRP_REASON_NONE &&
					 !(router_is_mute(mate) && is_of_family(code)) &&
					 may_pass(routers, mate, timed_as(code));
	}
}

/*
 * A family of a router that alone cannot speak is mute, and follows the other one. Any other fault
 * is one of all: nobody takes over one family from a host that lives in the other, and the routers
 * of a group have one fate.
 */
static void tell_worth_of_unit(struct routers *routers, struct router *router)
{
	struct faults faults = { .shared = NULL };

	find_faults(routers, router, &faults);
	for (unsigned i = 0; i < router->unit->n && !faults.shared; i++) {
		struct router *mate = router_mate(router, i);

		if (is_fault(&faults, i) &&
		    !(is_of_family(faults.own[i].code) && speaks(mate, &faults)))
			faults.shared = mate;
	}
	for (unsigned i = 0; i < router->unit->n; i++)
		tell_member(routers, router_mate(router, i), &faults);
}

void router_look_at_worth(struct routers *routers, struct router *router)
{
	struct vrrp_reason fault;

	for (unsigned i = 0; i < router_mates_n(router); i++)
		router_mate(router, i)->worth_due = false;
	if (router->unit) {
		tell_worth_of_unit(routers, router);
		return;
	}
	fault = fault_of(routers, router);
	tell_worth(routers, router, &fault);
}

/* After all of a place were told its news: a look at one of a unit is one at all. */
static void look_if_due(struct routers *routers, struct router *router)
{
	if (router->worth_due)
		router_look_at_worth(routers, router);
}

static void tell_router(struct routers *routers, struct router *router, const struct lan_news *news)
{
	const uint8_t *source = choose_source(routers, router);
	/* Without one left, a farewell still leaves from the one that it had. */
	bool other = source && memcmp(source, router->vr.election.source, 16) != 0;
	bool others = router_is_unicast(router) && router_find_peers(routers, router);

	if (other)
		vrrp_source_set(&router->vr, source);
	if (other || others || news->voice || router->moved)
		router_write_will(routers, router);
	router->moved = false;
	/* Its fault in between was never seen: what waited on the old interface is lost. */
	if (news->index && router->vr.election.state == VRRP_STATE_BACKUP)
		router_miss(routers, router);
	if ((news->mac || (news->again && !router->conf->link.required)) &&
	    router->vr.election.state == VRRP_STATE_ACTIVE)
		router_owe_announcement(routers, router);
	router->worth_due = true;
}

static bool lacks_group(const struct lan *lan)
{
	return lan->faults[LAN_SANS_CARRIER].code == VRRP_REASON_NO_GROUP;
}

static void tell_group_error(struct routers *routers, const struct lan *lan)
{
	struct journal journal = routers_journal(routers);
	struct event event = event_of(EVENT_GROUP, NULL, lan->interface->name, lan->family);

	event.fact.error = lan->group_error;
	memcpy(event.fact.number, lan->group_failed, sizeof(lan->group_failed));
	journal_put(&journal, &event);
}

/* Each once, and again when it has ended meanwhile. */
static void tell_caveats(struct routers *routers, struct lan *lan)
{
	struct journal journal = routers_journal(routers);
	unsigned caveats = lan_caveats(lan);

	for (unsigned caveat = 1; caveat < EVENT_CAVEAT_COUNT; caveat++)
		if (caveats & ~lan->caveats & 1u << caveat)
			journal_caveat(&journal, lan->interface->name, lan->family,
				       (enum event_caveat)caveat);
	if (lan_can_speak(lan))
		lan->caveats = caveats;
	else
		lan->caveats |= caveats;
}

static void assess(struct routers *routers, struct lan *lan)
{
	bool lacked = lacks_group(lan);
	struct lan_news news = lan_assess(lan);

	if (lacks_group(lan) && !lacked)
		tell_group_error(routers, lan);
	tell_caveats(routers, lan);
	routers->groups_missing |= lacks_group(lan);
	for (unsigned i = lan->first; i; i = routers->all[i - 1].next_on_lan)
		tell_router(routers, &routers->all[i - 1], &news);
	for (unsigned i = lan->first; i; i = routers->all[i - 1].next_on_lan)
		look_if_due(routers, &routers->all[i - 1]);
}

/* Where a source or a peer of routers is this host's from now on, or no more. */
static void doubt_unicast(struct routers *routers)
{
	if (!routers->own.changed)
		return;
	routers->own.changed = false;
	for (unsigned i = 0; i < routers->n; i++)
		if (router_is_unicast(&routers->all[i]))
			routers_doubt(routers, router_lan(routers, &routers->all[i]));
}

/* A router with guests on an interface of which there is news. */
static void tell_host(struct routers *routers, struct router *router,
		      const struct guests_news *news)
{
	if (news->index)
		router_write_will(routers, router);
	if (news->announce && router->vr.election.state == VRRP_STATE_ACTIVE)
		router_owe_announcement(routers, router);
	router->worth_due = true;
}

static struct router *owner_of(struct routers *routers, unsigned want)
{
	return &routers->all[kern_wants_get(routers->wants, want)->owner];
}

/* Guests of one router are neighbours. */
static void assess_guests(struct routers *routers, unsigned interface)
{
	struct guests_news news = guests_assess(routers, interface);
	uint32_t first = routers->guests.places[interface].first;
	struct router *router = NULL;

	for (uint32_t i = first; i; i = routers->guests.next[i - 1]) {
		struct router *owner = owner_of(routers, i - 1);

		if (owner != router)
			tell_host(routers, owner, &news);
		router = owner;
	}
	for (uint32_t i = first; i; i = routers->guests.next[i - 1])
		look_if_due(routers, owner_of(routers, i - 1));
	for (uint32_t i = first; i; i = routers->guests.next[i - 1]) {
		struct router *owner = owner_of(routers, i - 1);

		if (news.up && owner->vr.election.state == VRRP_STATE_ACTIVE)
			router_want_address(routers, owner, i - 1 - owner->want, true);
	}
}

/* An Active tells each change of its priority at once: what comes and goes all the time has to wait
 * until an advert would be due, or there would be as many. Changes of one turn are one. */
static bool has_to_wait(const struct routers *routers, struct router *router, struct track *track)
{
	int64_t weighed_ns = router_mate(router, 0)->weighed_ns, now_ns = routers->now->mono_ns;
	int64_t due_ns = weighed_ns + vrrp_interval_ns(router->vr.config.interval_cs);
	bool waits = track->seen && track->conf->weight && now_ns != weighed_ns &&
		     now_ns < due_ns && router->vr.election.state == VRRP_STATE_ACTIVE;

	track->look_ns = waits ? due_ns : VRRP_NEVER;
	return waits;
}

static void weigh(struct routers *routers, struct router *router)
{
	uint8_t before = router->vr.election.priority;

	router_weigh(routers, router);
	if (router->vr.election.priority != before)
		router_mate(router, 0)->weighed_ns = routers->now->mono_ns;
}

/* What came or went with a weight is told, with what follows from it; a check has a line of its own
 * where nothing does. One without changes a
 * priority, too, where its router has begun without knowing. */
static void take_track(struct routers *routers, struct track *track)
{
	struct router *router = &routers->all[track->router];
	uint8_t before = router->vr.election.priority;
	bool first = !track->seen, lacked = track->lacking;
	struct journal_router journal;

	if (has_to_wait(routers, router, track)) {
		router_schedule(routers, router);
		return;
	}
	if (track_look(routers, track) && (track->conf->weight || lacked)) {
		weigh(routers, router);
		journal = router_journal(routers, router);
		if (!first && track->conf->weight && track_is_told(routers, track) &&
		    (!track->conf->check[0] || router->vr.election.priority != before))
			journal_track(&journal, track, before);
	}
	/* One without a weight is a fault, and so may be the product of one; and who waits for a
	 * check begins with it. */
	if (!first && (track->conf->weight == 0 || track->conf->check[0]))
		router->worth_due = true;
	router_schedule(routers, router);
}

static void take_tracks(struct routers *routers, unsigned source)
{
	struct tracks *tracks = &routers->tracks;

	tracks->is_doubtful[source] = false;
	for (uint32_t i = tracks->first[source]; i; i = tracks->all[i - 1].next)
		take_track(routers, &tracks->all[i - 1]);
}

static void look_at_trackers(struct routers *routers, unsigned source)
{
	const struct tracks *tracks = &routers->tracks;

	for (uint32_t i = tracks->first[source]; i; i = tracks->all[i - 1].next)
		look_if_due(routers, &routers->all[tracks->all[i - 1].router]);
}

void routers_look_at_facts(struct routers *routers)
{
	struct journal journal = routers_journal(routers);
	struct facts *facts = &routers->facts;
	unsigned n = facts_look(facts, routers->now);

	for (unsigned i = 0; i < n; i++) {
		if (facts->news[i].tells)
			journal_check(&journal, facts, &facts->news[i]);
		tracks_doubt_check(routers, facts->news[i].check);
	}
}

/* All that is new is taken before anybody begins with it. */
void routers_assess_tracks(struct routers *routers)
{
	for (unsigned i = 0; i < routers->tracks.doubtful_n; i++)
		take_tracks(routers, routers->tracks.doubtful[i]);
	for (unsigned i = 0; i < routers->tracks.doubtful_n; i++)
		look_at_trackers(routers, routers->tracks.doubtful[i]);
	routers->tracks.doubtful_n = 0;
}

void router_look_at_tracks(struct routers *routers, struct router *router)
{
	if (!router->tracks_n || routers->now->mono_ns < track_deadline(routers, router))
		return;
	for (unsigned i = 0; i < router->tracks_n; i++)
		take_track(routers, &routers->tracks.all[router->track + i]);
	look_if_due(routers, router);
}

/* Whoever hands over keeps those that are there until it lets them go itself. */
static bool needs_route(const struct routers *routers, const struct router *owner, unsigned number)
{
	return owner->vr.election.state == VRRP_STATE_ACTIVE ||
	       (hand_over_is_on(owner) && kern_wants_has(routers->wants, owner->route + number));
}

static void assess_routes(struct routers *routers, unsigned interface)
{
	const struct routes *routes = &routers->routes;
	uint32_t first = routes->places[interface].first;

	routes->places[interface].doubtful = false;
	for (uint32_t i = first; i; i = routes->hops[i - 1].next)
		routers->all[routes->all[routes->hops[i - 1].route].router].worth_due = true;
	for (uint32_t i = first; i; i = routes->hops[i - 1].next) {
		const struct routes_route *route = &routes->all[routes->hops[i - 1].route];
		struct router *owner = &routers->all[route->router];

		look_if_due(routers, owner);
		router_want_route(routers, owner, route->number,
				  needs_route(routers, owner, route->number));
	}
}

void routers_assess(struct routers *routers)
{
	routers_assess_tracks(routers);
	doubt_unicast(routers);
	for (unsigned i = 0; i < routers->doubtful_n; i++) {
		struct lan *lan = routers->doubtful[i];

		lan->doubtful = false;
		assess(routers, lan);
	}
	routers->doubtful_n = 0;
	for (unsigned i = 0; i < routers->guests.doubtful_n; i++)
		assess_guests(routers, routers->guests.doubtful[i]);
	routers->guests.doubtful_n = 0;
	for (unsigned i = 0; i < routers->routes.doubtful_n; i++)
		assess_routes(routers, routers->routes.doubtful[i]);
	routers->routes.doubtful_n = 0;
}

void routers_doubt_groups(struct routers *routers)
{
	if (!routers->groups_missing)
		return;
	routers->groups_missing = false;
	for (unsigned i = 0; i < routers->n; i++) {
		struct lan *lan = router_lan(routers, &routers->all[i]);

		if (lacks_group(lan))
			routers_doubt(routers, lan);
	}
}
