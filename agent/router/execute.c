/* SPDX-License-Identifier: MIT */
#include "routers_private.h"

/*
 * So many frames of repeated announcements leave in a turn, and more of them in turns that come
 * after it, so far apart: thousands of routers that took over together repeat theirs together. The
 * first announcement of an address waits for nothing.
 */
#define ROUND_TURN_MAX 256
#define ROUND_SLOT_NS  INT64_C(1000000)

/* So often, and so long each time, a turn waits for the kernel. */
#define FRESH_WAITS_MAX 4
#define FRESH_WAIT_NS   INT64_C(200000)

/* Or so long in all where by an advert switches would send here what is for addresses that do not
 * answer yet: as long as to set a macvlan down takes. */
#define FRESH_MACVLAN_NS INT64_C(10000000)

enum sent_kind {
	SENT_ADVERT,
	SENT_ADVERT_LEAVE,
	SENT_ANNOUNCEMENT,
	SENT_KINDS,
};

/* What is sent to a peer tells to which one. */
static unsigned kind_of_copy(enum sent_kind kind, unsigned peer)
{
	return (peer + 1) * SENT_KINDS + kind;
}

/* The addresses come behind the adverts in a turn: it is in time, and on evidence. */
static void renew_on_advert(struct routers *routers, struct router *router)
{
	if (router->vr.election.state != VRRP_STATE_ACTIVE ||
	    !lease_on_advert(&router->lease, routers->now->mono_ns))
		return;
	router_renew_leases(routers, router);
	router_schedule(routers, router);
}

static void note_offer(struct routers *routers, struct router *router)
{
	if (!router->vr.election.ceding)
		return;
	lease_on_offer(&router->lease, router->vr.election.advert_ns);
	renew_on_advert(routers, router);
	router_schedule(routers, router);
}

static void note_advert(struct routers *routers, struct router *router)
{
	if (lease_on_sent(&router->lease, routers->now->mono_ns))
		router_schedule(routers, router);
	renew_on_advert(routers, router);
}

/* What has left is evidence also for those of the unit that cannot speak. */
static void note_evidence(struct routers *routers, struct router *router, bool leave)
{
	for (unsigned i = 0; i < router_mates_n(router); i++) {
		struct router *mate = router_mate(router, i);

		if (mate != router && !router_is_mute(mate))
			continue;
		if (leave)
			note_offer(routers, mate);
		else
			note_advert(routers, mate);
	}
}

/* Each peer that cannot be reached is told of for itself, and keeps no other from its copy. */
static void note_copy(struct routers *routers, struct router *router, unsigned number, int error)
{
	struct journal_router journal = router_journal(routers, router);
	struct peer *peer = &router->peers.all[number];

	peer->error = error;
	peer->sent += !error;
	peer->errors += error != 0;
	if (error)
		journal_peer_error(&journal, router->conf->unicast.peers[number].bytes, error,
				   &peer->told_s);
}

static void note_refused(struct routers *routers, struct router *router, enum sent_kind kind,
			 int error)
{
	struct journal_router journal = router_journal(routers, router);

	journal_send_error(&journal, kind == SENT_ANNOUNCEMENT ? "announcement" : "advert", error);
}

/* @now_ns: CLOCK_MONOTONIC, behind the turn's: it has just left. */
static void note_sent(struct routers *routers, const struct kern_sent *sent, int64_t now_ns)
{
	enum sent_kind kind = (enum sent_kind)(sent->kind % SENT_KINDS);
	unsigned peer = sent->kind / SENT_KINDS;
	struct router *router = sent->owner;
	struct vrrp_counters *counters;

	if (!router) /* the farewell of a router that is no more */
		return;
	counters = &router->vr.counters;
	if (peer)
		note_copy(routers, router, peer - 1, sent->error);
	else if (sent->error)
		note_refused(routers, router, kind, sent->error);
	if (sent->error) {
		counters->send_errors++;
		return;
	}
	if (kind == SENT_ANNOUNCEMENT) {
		counters->announcements_sent++;
		return;
	}
	counters->adverts_sent++;
	if (kind == SENT_ADVERT_LEAVE)
		counters->priority_zero_sent++;
	else if (!peer)
		measure_sent(routers, router, now_ns);
	note_evidence(routers, router, kind == SENT_ADVERT_LEAVE);
}

static void note_all(struct routers *routers, const struct kern_sent *sent, unsigned n)
{
	int64_t now_ns = n ? clocks_now().mono_ns : 0;

	for (unsigned i = 0; i < n; i++)
		note_sent(routers, &sent[i], now_ns);
}

static void flush_copies(struct routers *routers)
{
	const struct kern_sent *sent = NULL;
	unsigned n = routers->ip_sender ? kern_ip_sender_flush(routers->ip_sender, &sent) : 0;

	note_all(routers, sent, n);
}

static void send_all(struct routers *routers)
{
	const struct kern_sent *sent;
	unsigned n;

	flush_copies(routers);
	n = kern_sender_flush(routers->sender, &sent);
	note_all(routers, sent, n);
}

uint8_t *routers_frame(struct routers *routers, int ifindex, size_t len, struct router *router,
		       unsigned kind)
{
	uint8_t *frame = kern_sender_frame(routers->sender, ifindex, len, router, kind);

	if (frame)
		return frame;
	send_all(routers);
	return kern_sender_frame(routers->sender, ifindex, len, router, kind);
}

/* What becomes of the frame nobody needs to know: it is said again with the announcements. */
static void queue_report(struct routers *routers)
{
	struct listeners *listeners = &routers->listeners;
	unsigned n = listeners_take(listeners);

	if (n == 0)
		return;
	kern_frame_mld(routers_frame(routers, listeners->ifindex, KERN_FRAME_MLD_LEN(n), NULL,
				     SENT_ANNOUNCEMENT),
		       &(const struct kern_frame_mld){
			       .source_mac = listeners->router->conf->mac.address,
			       .source = virtual_mac_link_local(routers, listeners->router),
			       .groups = listeners->groups[0],
			       .groups_n = n });
}

void routers_flush(struct routers *routers)
{
	queue_report(routers);
	send_all(routers);
}

/* From the announced address itself, which is there (RFC 4861 §4.4). */
static void write_na(uint8_t *frame, const struct interface *interface, const uint8_t *mac,
		     const struct conf_address *address)
{
	const struct kern_frame_na na = { .source_mac = mac,
					  .mac = mac,
					  .source = address->bytes,
					  .address = address->bytes,
					  .router = interface->forwards6,
					  .override = true };

	kern_frame_na(frame, &na);
}

/* Only what is really there is announced (RFC 9568 §8.1.2, §8.2.2), and can be reached: what is not
 * for want of its macvlan is announced when that is up. */
static bool may_announce(const struct routers *routers, struct router *router, unsigned want)
{
	bool serves = router->vr.election.state == VRRP_STATE_ACTIVE || hand_over_is_on(router);

	if (!serves || !kern_wants_has(routers->wants, want) || routers->said[want].fresh)
		return false;
	if (!virtual_mac_has(routers, router, want))
		return true;
	if (router_awaits_macvlan(routers, router))
		return false;
	if (!virtual_mac_is_deaf(routers, router))
		return true;
	router->outbox.unheard = true;
	return false;
}

static const uint8_t *mac_of(const struct routers *routers, const struct router *router,
			     unsigned want, const struct interface *interface)
{
	return virtual_mac_has(routers, router, want) ? router->conf->mac.address : interface->mac;
}

/* Return: how many frames more that may take. */
static unsigned report_group(struct routers *routers, struct router *router, int ifindex,
			     const uint8_t *address)
{
	struct listeners *listeners = &routers->listeners;

	if (!listeners_add(listeners, router, ifindex, address)) {
		queue_report(routers);
		(void)listeners_add(listeners, router, ifindex, address);
	}
	return listeners->n == 1;
}

/* Return: how many frames that may take. */
static unsigned queue_announcement(struct routers *routers, struct router *router, unsigned want)
{
	const struct conf_address *address = &router->conf->addresses[want - router->want];
	const struct interface *interface = router_announces_on(routers, router, want);
	const uint8_t *mac;
	size_t len = address->family == 6 ? KERN_FRAME_NA_LEN : KERN_FRAME_ARP_LEN;
	uint8_t *frame;

	if (!may_announce(routers, router, want) || !interface)
		return 0;
	mac = mac_of(routers, router, want, interface);
	frame = routers_frame(routers, interface->ifindex, len, router, SENT_ANNOUNCEMENT);
	if (address->family == 4) {
		kern_frame_arp(frame, mac, mac, address->bytes);
		return 1;
	}
	write_na(frame, interface, mac, address);
	if (!virtual_mac_has(routers, router, want))
		return 1;
	return 1 + report_group(routers, router, interface->ifindex, address->bytes);
}

/* Whoever listens before it speaks announces anew after that, if it still is Active. */
static void put_off_round(struct routers *routers, struct router *router)
{
	round_end(&router->round);
	router->vr.election.announce_ns = routers->now->mono_ns;
}

/* What of a round may leave in this turn. */
static void run_round(struct routers *routers, struct router *router)
{
	struct round *round = &router->round;
	int64_t now_ns = routers->now->mono_ns, pace_ns = router->conf->announce.pace_ns;

	if (router->vr.election.listening && round->left)
		put_off_round(routers, router);
	while (round_is_due(round, now_ns)) {
		unsigned want = router->want + round->next;

		if (!may_announce(routers, router, want)) {
			(void)round_take(round); /* announced when it is added, or heard */
		} else if (routers->repeated_n >= ROUND_TURN_MAX) {
			round_wait(round,
				   now_ns + routers->repeated_n / ROUND_TURN_MAX * ROUND_SLOT_NS);
			routers->repeated_n += round->left;
		} else {
			(void)round_take(round);
			routers->repeated_n += queue_announcement(routers, router, want);
			if (pace_ns)
				round_wait(round, now_ns + pace_ns);
		}
	}
	router->outbox.round_due = false;
	router_schedule(routers, router);
}

/*
 * Whether somebody may still serve whom clients would leave: then what is added over IPv6, which
 * does not answer before the kernel's event of it (hear.c), is not announced before that, and
 * nothing before the routes are there.
 */
static bool may_be_served(struct router *router)
{
	bool served = false;

	for (unsigned i = 0; i < router_mates_n(router); i++) {
		enum vrrp_reason_code code = router_mate(router, i)->vr.election.reason.code;

		served |= code == VRRP_REASON_PREEMPT || code == VRRP_REASON_LEFT;
	}
	return served;
}

/* Whoever comes for one address comes for what the whole unit routes, too. */
static bool has_routes(struct router *router)
{
	unsigned n = 0;

	for (unsigned i = 0; i < router_mates_n(router); i++)
		n += routes_wants_n(router_mate(router, i)->conf);
	return n != 0;
}

/* Where all addresses have one MAC address they are announced together: by the first one, switches
 * send here what is for all of them. */
static bool announces_all(const struct router *router)
{
	return router->outbox.advert_late && router_has_virtual_mac(router);
}

/* An address that is new here, at once if the pace allows it. */
static void announce_new(struct routers *routers, struct router *router, unsigned address)
{
	unsigned n = router->conf->addresses_n + router->conf->extra_n;

	/* Whoever hands over says nothing behind its successor. */
	if (router->vr.election.state != VRRP_STATE_ACTIVE)
		return;
	if (announces_all(router))
		return;
	if (has_routes(router) && may_be_served(router)) {
		round_one(&router->round, n, address);
		router_owe_late_round(routers, router);
		return;
	}
	if (router->conf->announce.pace_ns == 0) {
		(void)queue_announcement(routers, router, router->want + address);
		return;
	}
	round_one(&router->round, n, address);
	run_round(routers, router);
}

/* What stands on a macvlan was not reached while that was not up, and not announced. */
static void take_macvlan_news(struct routers *routers, const struct kern_news *news)
{
	const struct kern_want *want = kern_wants_get(routers->wants, news->want);
	struct router *router = &routers->all[want->owner];
	unsigned n = router->conf->addresses_n + router->conf->extra_n;
	struct journal_router journal = router_journal(routers, router);
	bool is_up = want->kind == KERN_KIND_UP;

	journal_macvlan(&journal, is_up, news->what, news->error);
	router_hold_macvlan(routers, router);
	router_doubt_addresses(routers, router, news->what);
	routers_doubt(routers, router_lan(routers, router));
	if (!is_up || virtual_mac_is_deaf(routers, router) ||
	    (news->what != KERN_WANT_RESTORED && !router->outbox.unheard))
		return;
	router->outbox.unheard = false;
	for (unsigned i = 0; i < n; i++)
		if (virtual_mac_has(routers, router, router->want + i))
			announce_new(routers, router, i);
}

/* The fate of one address: told, counted, and announced when it is new here. */
static void take_address_news(struct routers *routers, const struct kern_news *news)
{
	const struct kern_want *want = kern_wants_get(routers->wants, news->want);
	struct router *router = &routers->all[want->owner];
	struct journal_router journal = router_journal(routers, router);
	unsigned address = news->want - router->want;
	bool owner = vrrp_is_owner(&router->vr);
	bool back = news->what == KERN_WANT_RESTORED || news->what == KERN_WANT_EXPIRED;

	/* The owner's addresses are on the interface by definition. */
	if (!owner || (news->what != KERN_WANT_FOREIGN && news->what != KERN_WANT_KEPT))
		journal_address(&journal, &router->conf->addresses[address], news->what,
				news->error);
	if (owner && news->what == KERN_WANT_ADDED && address < router->conf->addresses_n &&
	    !virtual_mac_has(routers, router, news->want) &&
	    !conf_is_of_virtual_router(router->conf, address))
		journal_address_not_own(&journal, &router->conf->addresses[address]);
	router_hold(routers, router, address);
	if (router->conf->addresses[address].required != CONF_NO)
		router_doubt_addresses(routers, router, news->what);
	if (news->what == KERN_WANT_ENDED) {
		routers_set_fresh(routers, news->want, false); /* no turn waits for it */
		lease_on_ended(&router->lease);
		router_schedule(routers, router);
	}
	if (back)
		router->vr.counters.addresses_restored++;
	if (!back && news->what != KERN_WANT_ADDED)
		return;
	routers_set_fresh(routers, news->want,
			  router->conf->addresses[address].family == 6 && may_be_served(router));
	announce_new(routers, router, address);
}

/* Once: it is the kernel that has no such filters. */
static void tell_unfiltered(struct routers *routers, enum kern_filter_action action, int error)
{
	static const char *const what[KERN_FILTER_ACTION_COUNT] = {
		[KERN_FILTER_ARP] = "keeping ARP for virtual MACs from the interfaces below them",
		[KERN_FILTER_MLD] = "keeping the kernel's own MLD reports from virtual MACs",
	};
	struct journal journal = routers_journal(routers);

	if (!(routers->unfiltered >> action & 1))
		journal_fact(&journal, EVENT_DEGRADED, error, what[action]);
	routers->unfiltered |= 1u << action;
}

/* Nobody else can add or remove one, so there is nothing to tell but the kernel's refusal. */
static void take_filter_news(struct routers *routers, const struct kern_news *news)
{
	const struct kern_want *want = kern_wants_get(routers->wants, news->want);
	struct router *router = &routers->all[want->owner];
	struct journal_router journal = router_journal(routers, router);
	const struct conf_address *address;

	if (news->what != KERN_WANT_FAILED)
		return;
	if (want->entry.filter.action != KERN_FILTER_DELIVERY) {
		tell_unfiltered(routers, (enum kern_filter_action)want->entry.filter.action,
				news->error);
		return;
	}
	address = &router->conf->addresses[news->want - router->filter];
	if (router->vr.election.state == VRRP_STATE_ACTIVE)
		journal_address_unfiltered(&journal, address, news->error);
	else
		journal_address(&journal, address, news->what, news->error);
	router_doubt_addresses(routers, router, news->what);
}

/* The fate of a route or a rule: told, and no reason to leave. */
static void take_route_news(struct routers *routers, const struct kern_news *news)
{
	struct router *router = &routers->all[kern_wants_get(routers->wants, news->want)->owner];
	struct journal_router journal = router_journal(routers, router);

	journal_route(&journal, news->want - router->route, news->what, news->error);
	router_hold_route(routers, router, news->want - router->route);
}

static void take_news(struct routers *routers, const struct kern_news *news)
{
	switch (kern_wants_get(routers->wants, news->want)->kind) {
	case KERN_KIND_ADDRESS:
		take_address_news(routers, news);
		break;
	case KERN_KIND_MACVLAN:
	case KERN_KIND_UP:
		take_macvlan_news(routers, news);
		break;
	case KERN_KIND_FILTER:
		take_filter_news(routers, news);
		break;
	case KERN_KIND_ROUTE:
	case KERN_KIND_RULE:
		take_route_news(routers, news);
		break;
	case KERN_KIND_COUNT:
		break;
	}
}

/* Room for an advert to a peer; a full queue is sent first. */
static uint8_t *copy_to(struct routers *routers, struct router *router, unsigned peer,
			unsigned kind)
{
	size_t len = router_packet_len(router);
	struct kern_ip_header header;
	uint8_t *payload;

	router_header(routers, router, peer, &header);
	payload = kern_ip_sender_packet(routers->ip_sender, &header, len, router, kind);
	if (payload)
		return payload;
	flush_copies(routers);
	return kern_ip_sender_packet(routers->ip_sender, &header, len, router, kind);
}

static void queue_copies(struct routers *routers, struct router *router, uint8_t priority,
			 uint64_t sequence)
{
	enum sent_kind kind = priority ? SENT_ADVERT : SENT_ADVERT_LEAVE;

	for (unsigned i = 0; i < router->peers.n; i++)
		if (!router->peers.all[i].here)
			router_write_copy(router, priority, sequence, i,
					  copy_to(routers, router, i, kind_of_copy(kind, i)));
}

/* Return: the frame; NULL when there is none. */
static uint8_t *queue_advert(struct routers *routers, struct router *router, uint8_t priority)
{
	uint64_t sequence;
	uint8_t *frame = NULL;

	if (!router_can_advertise(routers, router)) {
		if (router_speaks_to_nobody(routers, router))
			note_evidence(routers, router, priority == 0);
		return NULL;
	}
	sequence = auth_next(routers, router);
	if (router_is_unicast(router)) {
		queue_copies(routers, router, priority, sequence);
	} else {
		frame = routers_frame(routers, router_lan(routers, router)->ifindex,
				      router_advert_len(router), router,
				      priority ? SENT_ADVERT : SENT_ADVERT_LEAVE);
		router_write_advert(routers, router, priority, sequence, frame);
	}
	router_renew_farewells(routers, router);
	return frame;
}

/* By its virtual MAC address switches would send here what does not answer yet: while that is so,
 * as on a host whose kernel finds no time for it, the interface's own one has to do. */
static void queue_own_advert(struct routers *routers, struct router *router)
{
	uint8_t *frame = queue_advert(routers, router, router->outbox.advert_priority);

	if (frame && router_awaits_macvlan(routers, router))
		kern_frame_set_source(frame, router_lan(routers, router)->interface->mac);
}

/* @late: those that wait until the addresses are there. */
static void queue_adverts(struct routers *routers, bool late)
{
	for (unsigned i = 0; i < routers->owing_n; i++) {
		const struct outbox *outbox = &routers->owing[i]->outbox;

		if (outbox->advert_due && outbox->advert_late == late)
			queue_own_advert(routers, routers->owing[i]);
	}
}

/* A word to a successor that has come is from the interface's own MAC address: by the virtual one
 * switches would send here what is for the successor, until that speaks again. */
static void queue_last_word(struct routers *routers, struct router *router, uint8_t priority)
{
	uint8_t *frame = queue_advert(routers, router, priority);

	if (frame && (hand_over_is_on(router) || router->hand_over.is_complete))
		kern_frame_set_source(frame, router_lan(routers, router)->interface->mac);
}

/* What became of one that leaves a renamed interface nobody needs to know: it may be gone. */
static void queue_farewell(struct routers *routers, struct router *router, uint8_t priority)
{
	int ifindex = router_renamed_ifindex(routers, router);
	uint8_t *frame;

	if (!ifindex) {
		queue_last_word(routers, router, priority);
		return;
	}
	if (auth_lacks_key(router))
		return;
	frame = routers_frame(routers, ifindex, router_advert_len(router), NULL, SENT_ADVERT_LEAVE);
	router_write_advert(routers, router, priority, auth_next(routers, router), frame);
}

static void queue_farewells(struct routers *routers)
{
	for (unsigned i = 0; i < routers->owing_n; i++) {
		const struct outbox *outbox = &routers->owing[i]->outbox;

		if (outbox->farewell_due)
			queue_farewell(routers, routers->owing[i], outbox->farewell_priority);
	}
}

/* One that is announced is asked for. What becomes of the frames nobody needs to know. */
static void queue_probe(struct routers *routers, struct router *router, unsigned want)
{
	const struct conf_address *address = &router->conf->addresses[want - router->want];
	const struct interface *interface = router_announces_on(routers, router, want);
	const uint8_t *mac;

	if (!interface || !may_announce(routers, router, want))
		return;
	mac = mac_of(routers, router, want, interface);
	if (address->family == 6)
		kern_frame_ns_probe(routers_frame(routers, interface->ifindex,
						  KERN_FRAME_NS_PROBE_LEN, NULL, SENT_ANNOUNCEMENT),
				    mac, address->bytes);
	else
		kern_frame_arp_probe(routers_frame(routers, interface->ifindex, KERN_FRAME_ARP_LEN,
						   NULL, SENT_ANNOUNCEMENT),
				     mac, address->bytes);
}

/* What is to be handed over. A successor that has its addresses when it adverts announces them a
 * moment later, one by one perhaps: from the first of them on it is not to be called away from, as
 * all have one MAC address. Once in a turn, also where that asks the kernel what it has. */
static void recall(struct routers *routers, struct router *router)
{
	unsigned n = router->conf->addresses_n + router->conf->extra_n, i = 0;

	said_hear(routers, router->vr.config.family);
	while (i < n && !hand_over_awaits(routers, router->want + i))
		i++;
	if (i == n || !hand_over_is_on(router) || hand_over_heard_any(router))
		return;
	(void)queue_announcement(routers, router, router->want + i);
	router->outbox.recall_due = false;
}

static void queue_announcements(struct routers *routers)
{
	for (unsigned i = 0; i < routers->owing_n; i++) {
		struct router *router = routers->owing[i];
		unsigned n = router->conf->addresses_n + router->conf->extra_n;

		if (router->outbox.announce_due)
			round_all(&router->round, n);
		if (router->outbox.announce_due || router->outbox.round_due)
			run_round(routers, router);
		if (router->outbox.recall_due)
			recall(routers, router);
		for (unsigned k = router->outbox.probe.from; k < router->outbox.probe.to; k++)
			queue_probe(routers, router, router->want + k);
	}
}

/* What waited for the addresses: the first advert, and announcements. Those that wait for routes,
 * too, do so in the next turn if there were too many for one. */
static void say_late(struct routers *routers)
{
	bool cut = kern_reconcile_is_cut(routers->wants);

	queue_adverts(routers, true);
	for (unsigned i = 0; i < routers->owing_n; i++) {
		struct router *router = routers->owing[i];

		if (announces_all(router))
			round_all(&router->round,
				  router->conf->addresses_n + router->conf->extra_n);
		else if (!router->outbox.announce_late || cut)
			continue;
		run_round(routers, router);
	}
	routers_flush(routers);
}

/* @said: also the farewells, and what waits for routes. */
static void empty_outboxes(struct routers *routers, bool said)
{
	unsigned n = 0;

	for (unsigned i = 0; i < routers->owing_n; i++) {
		struct outbox *outbox = &routers->owing[i]->outbox;

		outbox->advert_due = outbox->advert_late = outbox->announce_due = false;
		outbox->recall_due = false;
		outbox->probe = (struct rivals_probe){ 0 };
		outbox->farewell_due &= !said;
		outbox->announce_late &= !said;
		outbox->listed = outbox->farewell_due || outbox->announce_late;
		if (outbox->listed)
			routers->owing[n++] = routers->owing[i];
	}
	routers->owing_n = n;
}

void routers_say_farewells(struct routers *routers)
{
	queue_farewells(routers);
	routers_flush(routers);
	empty_outboxes(routers, true);
}

/* What a batch has added is announced while the next one is still to come. Return: whether answers
 * of the kernel contradict what was known. */
static bool run_pass(struct routers *routers)
{
	struct kern_news news[KERN_NEWS_MAX];
	int n;

	while ((n = kern_reconcile(routers->wants, routers->now->mono_ns, news)) > 0) {
		for (int i = 0; i < n; i++)
			take_news(routers, &news[i]);
		routers_flush(routers);
	}
	return n < 0;
}

/* Answers that contradict what is known lead to one dump and one more try in this turn. */
static void run_passes(struct routers *routers)
{
	if (!run_pass(routers))
		return;
	if (routers->now->mono_ns < routers->dump_ns) {
		routers->dump_due = true;
		return;
	}
	if (!routers_resolve_doubt(routers))
		return;
	/* What the dump found may be ours. */
	queue_announcements(routers);
	if (run_pass(routers))
		routers->dump_due = true;
}

static void reconcile(struct routers *routers)
{
	if (!kern_wants_pending(routers->wants))
		return;
	run_passes(routers);
	kern_reconcile_end(routers->wants, routers->now->mono_ns, clocks_now().mono_ns);
}

/* Whether a late advert waits for addresses on a macvlan. */
static bool is_macvlan_awaited(const struct routers *routers)
{
	for (unsigned i = 0; i < routers->owing_n; i++)
		if (routers->owing[i]->outbox.advert_late &&
		    router_awaits_macvlan(routers, routers->owing[i]))
			return true;
	return false;
}

/*
 * New addresses of IPv6 answer when the kernel's work queue has run, which it does on this
 * processor as soon as this process sleeps: what is announced in this turn is a fifth of a
 * millisecond earlier than what waits for the next one. Only some addresses are worth the wait.
 */
static void await_fresh(struct routers *routers)
{
	int64_t until_ns = routers->fresh_n ? clocks_now().mono_ns + FRESH_MACVLAN_NS : 0;
	bool heard = true;

	for (unsigned i = 0; routers->fresh_n; i++) {
		if ((!heard || i >= FRESH_WAITS_MAX) &&
		    (!is_macvlan_awaited(routers) || clocks_now().mono_ns >= until_ns))
			return;
		heard = kern_monitor_wait(routers->monitor, FRESH_WAIT_NS);
		if (!heard)
			continue;
		routers_hear(routers);
		for (unsigned k = 0; k < routers->owing_n; k++)
			if (routers->owing[k]->outbox.round_due)
				run_round(routers, routers->owing[k]);
		routers_flush(routers);
	}
}

/* As in most turns of a Backup. */
static bool owes_nothing(const struct routers *routers)
{
	return routers->owing_n == 0 && !kern_wants_pending(routers->wants);
}

/*
 * Adverts leave before the addresses change: whoever else configures this host at the moment may
 * hold the kernel's lock for a tenth of a second, and no peer shall take that for our silence. Only
 * the first advert of one who preempts waits for them, since a peer serves until it comes. A
 * farewell comes after the removal, so that no two hosts have an address; so does an announcement,
 * since only what is there may be announced (RFC 9568 §8.1.2).
 */
void routers_execute(struct routers *routers, const struct clocks *now)
{
	routers->now = now;
	routers->repeated_n = 0;
	routers->unsaid = false;
	routes_look(routers);
	if (owes_nothing(routers))
		return;
	queue_adverts(routers, false);
	queue_announcements(routers); /* of what is there; what is added is announced then */
	routers_flush(routers);
	reconcile(routers);
	await_fresh(routers);
	say_late(routers);
	measure_turn(routers);
	/* More removals than one pass takes: its next turn comes at once. */
	if (kern_reconcile_is_cut(routers->wants))
		empty_outboxes(routers, false);
	else
		routers_say_farewells(routers);
}
