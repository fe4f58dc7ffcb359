/* SPDX-License-Identifier: MIT */
#include "routers_private.h"

#include <assert.h>
#include <string.h>

#include "vrrp/timers.h"

/* Network tools correct an address by removing it first. */
#define SOURCE_PATIENCE_NS INT64_C(500000000)

/* ---- what the interfaces are worth ---- */

static void miss(struct routers *routers, struct router *router)
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
static struct vrrp_reason fault_of(const struct routers *routers, const struct router *router)
{
	const struct lan *lan = router_lan(routers, router);
	const struct conf_address *missing = lacking(routers, router);
	unsigned len = (unsigned)router_advert_len(router) - KERN_FRAME_ETHERNET_LEN;
	struct vrrp_reason fault = router_is_unicast(router) ? lan->unicast_fault : lan->fault;

	if (fault.code != VRRP_REASON_NONE && fault.code != VRRP_REASON_NO_SOURCE)
		return fault;
	fault.code = VRRP_REASON_NONE;
	if (!choose_source(routers, router)) {
		fault = no_source(router, lan);
	} else if (router_is_unicast(router) && router->peers.away_n == 0) {
		fault.code = VRRP_REASON_NO_PEER;
	} else if (missing) {
		fault.code = VRRP_REASON_NO_OWN;
		memcpy(fault.source, missing->bytes, sizeof(fault.source));
	} else if (lan->interface->mtu && lan->interface->mtu < len) {
		fault.code = VRRP_REASON_MTU;
		fault.bytes[0] = len;
		fault.bytes[1] = lan->interface->mtu;
	} else if (virtual_mac_is_refused(routers, router)) {
		fault.code = VRRP_REASON_NO_MACVLAN;
		strcpy(fault.interface, router->conf->mac.name);
	} else {
		fault = guests_fault(routers, router);
	}
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

	if (fault == VRRP_REASON_NO_CARRIER || fault == VRRP_REASON_ADDRESS_NO_CARRIER)
		return router->conf->link.delay_ns < others_ns ? router->conf->link.delay_ns
							       : others_ns;
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

/* Whether its LAN can be used from now on, or can no more. */
static void tell_worth(struct routers *routers, struct router *router,
		       const struct vrrp_reason *fault)
{
	const struct vrrp_election *election = &router->vr.election;
	struct vrrp_event event = { .type = VRRP_EVENT_STARTUP, .now_ns = routers->now->mono_ns };

	if (fault->code != VRRP_REASON_NONE) {
		if (may_pass(routers, router, timed_as(fault->code)))
			return;
		event.type = VRRP_EVENT_FAULT;
		event.fault = *fault;
	}
	router->fault_ns = VRRP_NEVER;
	if (event.type == VRRP_EVENT_STARTUP && is_macvlan_awaited(routers, router))
		return; /* it is told of again when that is there */
	if (event.type == VRRP_EVENT_STARTUP && election->state == VRRP_STATE_FAULT)
		router_begin_anew(routers, router);
	if (event.type == VRRP_EVENT_FAULT || election->state == VRRP_STATE_FAULT ||
	    (election->state == VRRP_STATE_INITIALIZE && election->reason.code == VRRP_REASON_NONE))
		router_step(routers, router, &event);
}

/* Whether a fault is of one family alone, and the other one may go on. */
static bool is_of_family(enum vrrp_reason_code fault)
{
	return fault == VRRP_REASON_NO_SOURCE || fault == VRRP_REASON_ONLY_VIRTUAL ||
	       fault == VRRP_REASON_NO_GROUP || fault == VRRP_REASON_MTU ||
	       fault == VRRP_REASON_NO_PEER || fault == VRRP_REASON_NOT_HERE ||
	       fault == VRRP_REASON_NO_GLOBAL;
}

/* What a family cannot hold that cannot speak either is no reason to leave. */
static void become_mute(struct routers *routers, struct router *router,
			const struct vrrp_reason *fault)
{
	struct journal_router journal = router_journal(routers, router);

	journal_mute(&journal, fault);
	resort_rest(&router->resort);
	router_begin_anew(routers, router);
}

/* Whatever was refused meanwhile is asked for anew. */
static void speak_again(struct routers *routers, struct router *router)
{
	struct journal_router journal = router_journal(routers, router);

	journal_family(&journal, EVENT_SPEAKS);
	if (router->vr.election.state != VRRP_STATE_ACTIVE)
		return;
	router_want_addresses(routers, router, false);
	router_want_addresses(routers, router, true);
}

static void tell_mute(struct routers *routers, struct router *router,
		      const struct vrrp_reason *fault)
{
	struct vrrp_member *member = &router->unit->members[router->member];
	bool mute = fault->code != VRRP_REASON_NONE;

	if (member->mute == mute)
		return;
	member->mute = mute;
	if (mute)
		become_mute(routers, router, fault);
	else
		speak_again(routers, router);
	router_schedule(routers, router);
}

/* What a member of a unit makes of the faults of all: whether it is mute, and what its fault is. */
static void tell_member(struct routers *routers, struct router *mate, const struct vrrp_reason *own,
			const struct vrrp_reason *shared)
{
	static const struct vrrp_reason none = { .code = VRRP_REASON_NONE };
	bool follows = shared->code == VRRP_REASON_NONE && own->code != VRRP_REASON_NONE;
	const struct vrrp_reason *fault = own->code == VRRP_REASON_NONE ? shared : own;

	/* A fault that may still pass is neither. */
	if (follows && !router_is_mute(mate) && may_pass(routers, mate, timed_as(own->code)))
		return;
	tell_mute(routers, mate, follows ? own : &none);
	tell_worth(routers, mate, follows ? &none : fault);
}

/*
 * A member of a unit that alone cannot speak is mute, and follows the others. Any other fault is
 * one of all: nobody takes over one family from a host that lives in the other.
 */
static void tell_worth_of_unit(struct routers *routers, struct router *router)
{
	struct vrrp_reason faults[VRRP_UNIT_MAX], shared = { .code = VRRP_REASON_NONE };
	bool speaks = false;

	for (unsigned i = 0; i < router->unit->n; i++) {
		faults[i] = fault_of(routers, router_mate(router, i));
		speaks |= faults[i].code == VRRP_REASON_NONE;
	}
	for (unsigned i = 0; i < router->unit->n && shared.code == VRRP_REASON_NONE; i++)
		if (!speaks || !is_of_family(faults[i].code))
			shared = faults[i];
	for (unsigned i = 0; i < router->unit->n; i++)
		tell_member(routers, router_mate(router, i), &faults[i], &shared);
}

static void look_at_worth(struct routers *routers, struct router *router)
{
	struct vrrp_reason fault;

	if (router->unit) {
		tell_worth_of_unit(routers, router);
		return;
	}
	fault = fault_of(routers, router);
	tell_worth(routers, router, &fault);
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
		miss(routers, router);
	if (news->mac && router->vr.election.state == VRRP_STATE_ACTIVE)
		router_owe_announcement(routers, router);
	look_at_worth(routers, router);
}

static void tell_group_error(struct routers *routers, const struct lan *lan)
{
	struct journal journal = routers_journal(routers);
	struct event event = event_of(EVENT_GROUP, NULL, lan->interface->name, lan->family);

	event.fact.error = lan->group_error;
	memcpy(event.fact.number, lan->group_failed, sizeof(lan->group_failed));
	journal_put(&journal, &event);
}

static void assess(struct routers *routers, struct lan *lan)
{
	enum vrrp_reason_code before = lan->fault.code;
	struct lan_news news = lan_assess(lan);

	if (lan->fault.code == VRRP_REASON_NO_GROUP && before != VRRP_REASON_NO_GROUP)
		tell_group_error(routers, lan);
	routers->groups_missing |= lan->fault.code == VRRP_REASON_NO_GROUP;
	for (unsigned i = lan->first; i; i = routers->all[i - 1].next_on_lan)
		tell_router(routers, &routers->all[i - 1], &news);
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
	look_at_worth(routers, router);
}

/* Guests of one router are neighbours. */
static void assess_guests(struct routers *routers, unsigned interface)
{
	struct guests_news news = guests_assess(routers, interface);
	struct router *router = NULL;

	for (uint32_t i = routers->guests.places[interface].first; i;
	     i = routers->guests.next[i - 1]) {
		struct router *owner = &routers->all[kern_wants_get(routers->wants, i - 1)->owner];
		unsigned address = i - 1 - owner->want;

		if (owner != router)
			tell_host(routers, owner, &news);
		router = owner;
		if (news.up && owner->vr.election.state == VRRP_STATE_ACTIVE)
			router_want_address(routers, owner, address, true);
	}
}

static void assess_doubtful(struct routers *routers)
{
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
}

/* Where the multicast group could not be joined it is tried again. */
static void doubt_groups(struct routers *routers)
{
	if (!routers->groups_missing)
		return;
	routers->groups_missing = false;
	for (unsigned i = 0; i < routers->n; i++) {
		struct lan *lan = router_lan(routers, &routers->all[i]);

		if (lan->fault.code == VRRP_REASON_NO_GROUP)
			routers_doubt(routers, lan);
	}
}

/* ---- packets ---- */

static bool is_to_group(const struct kern_packet *packet)
{
	return packet->family == 6 ? packet->destination[0] == 0xff : packet->destination[0] >= 224;
}

/*
 * What was sent to this host concerns the router whose peer has sent it, wherever it arrived; what
 * was sent to the group, and what is nobody's, the router on that interface. A stranger that sends
 * to this host is counted by one that has peers, rather than by none.
 */
static unsigned find_number(const struct routers *routers, const struct kern_packet *packet,
			    unsigned vrid, int interface)
{
	const struct lan *lan =
		interface < 0 ? NULL : routers_lan(routers, (unsigned)interface, packet->family);
	unsigned number = 0;

	if (!is_to_group(packet))
		number = peers_index_find(&routers->peers, packet->family, vrid, packet->source,
					  interface);
	if (!number && lan)
		number = lan->by_vrid[vrid];
	if (!number && !is_to_group(packet))
		number = routers->peers.by_vrid[packet->family == 6][vrid];
	return number;
}

static struct router *find_router(struct routers *routers, const struct kern_packet *packet,
				  int vrid, const struct interface **ret_interface)
{
	int interface = interfaces_at(routers->interfaces, packet->ifindex);
	unsigned number = vrid < 0 ? 0 : find_number(routers, packet, (unsigned)vrid, interface);

	*ret_interface =
		interface < 0 ? NULL : interfaces_get(routers->interfaces, (unsigned)interface);
	return number ? &routers->all[number - 1] : NULL;
}

/*
 * When the packet arrived, on the clock of the timers. The wall clock may have been set in between,
 * so the answer is kept to what must be true: since everything had been read last, and not later
 * than now.
 */
static int64_t arrival_mono(const struct routers *routers, int64_t arrival_ns)
{
	int64_t mono_ns = routers->now->mono_ns - (routers->now->real_ns - arrival_ns);

	if (arrival_ns == 0 || mono_ns > routers->now->mono_ns)
		return routers->now->mono_ns;
	return mono_ns < routers->read_ns ? routers->read_ns : mono_ns;
}

static void note_stray(struct routers *routers, const struct interface *interface,
		       const struct vrrp_rx *rx, enum vrrp_reject reject)
{
	struct journal journal = routers_journal(routers);
	struct journal_stray stray = { .reject = reject,
				       .total = ++routers->strays.rejected[reject],
				       .interface = interface ? interface->name : NULL,
				       .family = rx->family,
				       .source = rx->source,
				       .vrid = vrrp_packet_vrid(rx) };

	if (interface)
		journal_stray(&journal, &routers->limits, &stray);
	conflicts_note(routers, interface, rx);
}

static struct vrrp_rx rx_of(const struct kern_packet *packet)
{
	struct vrrp_rx rx = { .family = packet->family,
			      .ttl = packet->ttl,
			      .payload = packet->payload,
			      .payload_len = packet->payload_len };

	memcpy(rx.source, packet->source, sizeof(rx.source));
	memcpy(rx.destination, packet->destination, sizeof(rx.destination));
	return rx;
}

static void on_packet(const struct kern_packet *packet, void *arg)
{
	struct routers *routers = arg;
	struct vrrp_advert advert;
	struct vrrp_event event = { .type = VRRP_EVENT_ADVERT, .advert = &advert };
	struct vrrp_rx rx;
	enum vrrp_reject reject;
	const struct interface *interface;
	struct router *router;
	struct journal_router journal;

	/* What the predecessor has read it has decided upon. */
	if (packet->arrival_ns && packet->arrival_ns <= routers->read_real_ns)
		return;
	if (!packet->payload) {
		routers->strays.rejected[VRRP_REJECT_LENGTH]++;
		return;
	}
	rx = rx_of(packet);
	router = find_router(routers, packet, vrrp_packet_vrid(&rx), &interface);
	if (!router) {
		note_stray(routers, interface, &rx, vrrp_receive(NULL, NULL, &rx, &advert));
		return;
	}
	rx.rules = &router->rules;
	journal = router_journal(routers, router);
	reject = vrrp_receive(&router->vr, &router->list, &rx, &advert);
	if (reject != VRRP_ACCEPT) {
		if (reject == VRRP_REJECT_INTERVAL_DIFFERS)
			journal_interval_differs(&journal, &advert);
		else
			journal_reject(&journal, reject, rx.source);
		return;
	}
	if (advert.notices)
		journal_notices(&journal, &router->list, &advert);
	resort_hear(&router->resort, advert.priority, routers->now->mono_ns);
	event.now_ns = arrival_mono(routers, packet->arrival_ns);
	/* It may have waited for us since before the router began. */
	if (event.now_ns < router->vr.election.since_ns)
		event.now_ns = router->vr.election.since_ns;
	router_step(routers, router, &event);
}

/* The queue could not take all adverts, or does not give them: nobody's silence proves anything. */
static void miss_adverts(struct routers *routers, unsigned family, int error)
{
	struct journal journal = routers_journal(routers);

	journal_receive(&journal, &routers->limits, error);
	for (unsigned i = 0; i < routers->n; i++)
		if (routers->all[i].vr.config.family == family)
			miss(routers, &routers->all[i]);
}

static void read_adverts(struct routers *routers, unsigned family)
{
	struct kern_receiver *reader = routers->readers[family == 6];
	uint32_t dropped = 0;
	int n;

	if (!reader)
		return;
	n = kern_receiver_dispatch(reader, routers->now->real_ns, on_packet, routers, &dropped);
	if (n < 0 || dropped)
		miss_adverts(routers, family, n < 0 ? -n : 0);
	routers->strays.dropped += dropped;
}

void routers_read(struct routers *routers, const struct clocks *now, unsigned readable)
{
	routers->now = now;
	if (readable & ROUTERS_NEWS)
		routers_hear(routers);
	routers_look(routers);
	assess_doubtful(routers);
	twins_tell(routers);
	if (readable & ROUTERS_ADVERTS)
		read_adverts(routers, 4);
	if (readable & ROUTERS_ADVERTS6)
		read_adverts(routers, 6);
	/* Now all is read that the predecessor had; and that clock may be set. */
	routers->read_real_ns = 0;
	routers->read_ns = now->mono_ns;
}

const struct state_strays *routers_strays(struct routers *routers, const struct clocks *now)
{
	routers->now = now;
	for (unsigned i = 0; i < 2; i++) {
		uint32_t dropped = 0;

		if (routers->strays_readers[i])
			(void)kern_receiver_dispatch(routers->strays_readers[i], now->real_ns,
						     on_packet, routers, &dropped);
		routers->strays.unread += dropped;
	}
	state_put_strays(routers->state, &routers->strays);
	return &routers->strays;
}

/* ---- time ---- */

static void fire(struct routers *routers, struct router *router)
{
	const struct vrrp_event event = { .type = VRRP_EVENT_TIMER,
					  .now_ns = routers->now->mono_ns };

	if (router->vr.election.state == VRRP_STATE_ACTIVE &&
	    lease_on_timer(&router->lease, event.now_ns))
		router_renew_leases(routers, router);
	if (event.now_ns >= router->fault_ns)
		look_at_worth(routers, router);
	if (round_is_due(&router->round, event.now_ns))
		router_owe_round(routers, router);
	router_look_at_addresses(routers, router);
	router_step(routers, router, &event);
}

void routers_fire(struct routers *routers, const struct clocks *now)
{
	int64_t deadline_ns;
	unsigned i;

	routers->now = now;
	for (i = deadlines_first(routers->heap, &deadline_ns); deadline_ns <= now->mono_ns;
	     i = deadlines_first(routers->heap, &deadline_ns)) {
		fire(routers, &routers->all[i]);
	}
	if (now->mono_ns < routers->housekeeping_ns - HOUSEKEEPING_EARLY_NS)
		return;
	routers->housekeeping_ns = now->mono_ns + HOUSEKEEPING_NS;
	(void)routers_strays(routers, now);
	doubt_groups(routers);
}

void routers_turn(struct routers *routers, const struct clocks *now, unsigned readable)
{
	routers_read(routers, now, readable);
	routers_fire(routers, now);
	routers_execute(routers, now);
}

/* A wake-up for this alone costs as much as one for an advert. */
static int64_t housekeeping_deadline(const struct routers *routers)
{
	if (routers->dump_due)
		return routers->dump_ns;
	if (routers->groups_missing)
		return routers->housekeeping_ns;
	return routers->housekeeping_ns + HOUSEKEEPING_LATE_NS;
}

int64_t routers_deadline(const struct routers *routers)
{
	int64_t housekeeping_ns = housekeeping_deadline(routers);
	int64_t retry_ns = kern_wants_deadline(routers->wants);
	int64_t deadline_ns;

	/* What was seen at the end of a turn, in a dump, is for the next one. */
	if (routers->doubtful_n || routers->guests.doubtful_n)
		return routers->read_ns;
	deadlines_first(routers->heap, &deadline_ns);
	if (retry_ns < deadline_ns)
		deadline_ns = retry_ns;
	return housekeeping_ns < deadline_ns ? housekeeping_ns : deadline_ns;
}

void routers_stop(struct routers *routers, const struct clocks *now)
{
	struct vrrp_event event = { .type = VRRP_EVENT_SHUTDOWN, .now_ns = now->mono_ns };
	unsigned rounds = 0;

	routers->now = now;
	for (unsigned i = 0; i < routers->n; i++)
		router_step(routers, &routers->all[i], &event);
	/* As often as the most addresses need; what the kernel refuses by then it will not give. */
	do
		routers_execute(routers, now);
	while (kern_wants_deadline(routers->wants) <= now->mono_ns &&
	       rounds++ < routers->wants_n / KERN_CHANGES_MAX);
	routers_say_farewells(routers);
	virtual_mac_remove_all(routers);
}

void routers_forget(struct routers *routers, unsigned i, const struct clocks *now,
		    const struct journal_asker *asker, struct forgotten *ret_forgotten)
{
	const struct vrrp_event event = { .type = VRRP_EVENT_FORGET, .now_ns = now->mono_ns };
	struct router *router = &routers->all[i];
	const struct vrrp_election *after = &router->vr.election;
	struct vrrp_election before;
	struct journal_router journal;

	assert(i < routers->n);
	before = router->vr.election;
	routers->now = now;
	router_step(routers, router, &event);
	*ret_forgotten = (struct forgotten){ .state = after->state, .down_ns = after->down_ns };
	if (memcmp(before.active_source, after->active_source, sizeof(before.active_source)) == 0)
		return;
	memcpy(ret_forgotten->address, before.active_source, sizeof(before.active_source));
	ret_forgotten->priority = before.active_priority;
	ret_forgotten->interval_cs = before.active_interval_cs;
	journal = router_journal(routers, router);
	journal_forgotten(&journal, &before, asker);
}

void routers_fds(const struct routers *routers, int ret_fds[3])
{
	ret_fds[0] = kern_monitor_fd(routers->monitor);
	for (unsigned i = 0; i < 2; i++)
		ret_fds[1 + i] = routers->readers[i] ? kern_receiver_fd(routers->readers[i]) : -1;
}

/* Whether a renewal of a router waits for a kernel that refused it: a successor must ask again. */
static bool is_renewal_due(const struct routers *routers, const struct router *router)
{
	unsigned n = router->conf->addresses_n + router->conf->extra_n;

	for (unsigned i = 0; i < n; i++)
		if (kern_wants_is_due(routers->wants, router->want + i))
			return true;
	return false;
}

void routers_save(struct routers *routers)
{
	for (unsigned i = 0; i < routers->n; i++) {
		/* A successor announces anew what is left of a round. */
		if (routers->all[i].round.left)
			routers->all[i].vr.election.announce_ns = routers->now->mono_ns;
		state_put(routers->state, i, &routers->all[i].vr);
		if (is_renewal_due(routers, &routers->all[i]))
			state_put_lease(routers->state, i, 0);
	}
	state_put_strays(routers->state, &routers->strays);
}

unsigned routers_count(const struct routers *routers)
{
	return routers->n;
}

const struct router *routers_get(const struct routers *routers, unsigned i)
{
	assert(i < routers->n);
	return &routers->all[i];
}

bool routers_added_own(const struct routers *routers, const struct router *router, unsigned address)
{
	return vrrp_is_owner(&router->vr) && address < router->conf->addresses_n &&
	       !virtual_mac_has(routers, router, router->want + address) &&
	       !conf_is_of_virtual_router(router->conf, address) &&
	       kern_wants_is_ours(routers->wants, router->want + address);
}

bool routers_has_address(const struct routers *routers, const struct router *router,
			 unsigned address)
{
	return kern_wants_has(routers->wants, router->want + address);
}

bool routers_has_twin(const struct routers *routers, const struct router *router, unsigned address)
{
	return twins_of(routers, router->want + address) != 0;
}
