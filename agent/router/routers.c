/* SPDX-License-Identifier: MIT */
#include "routers_private.h"

#include <assert.h>
#include <string.h>

#include "vrrp/timers.h"

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
 * so the answer is kept to what must be true: @since_ns, when everything had been read last, and
 * not later than now.
 */
static int64_t arrival_mono(const struct routers *routers, int64_t arrival_ns, int64_t since_ns)
{
	int64_t mono_ns = routers->now->mono_ns - (routers->now->real_ns - arrival_ns);

	if (arrival_ns == 0 || mono_ns > routers->now->mono_ns)
		return routers->now->mono_ns;
	return mono_ns < since_ns ? since_ns : mono_ns;
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

/* Another Active that goes on although it has been answered for long enough. */
static void hear_rival(struct routers *routers, struct router *router,
		       const struct vrrp_advert *advert)
{
	const struct vrrp_config *c = &router->vr.config;
	struct journal_router journal = router_journal(routers, router);
	int64_t theirs_ns = vrrp_interval_ns(advert->interval_cs);
	int64_t ours_ns = vrrp_interval_ns(c->interval_cs);
	int64_t longer_ns = theirs_ns > ours_ns ? theirs_ns : ours_ns;

	if (!(advert->notices & 1u << VRRP_NOTICE_OTHER_ACTIVE))
		return;
	router->rivals.priority = advert->priority;
	if (!rivals_hear(&router->rivals, advert->source,
			 vrrp_down_intervals(c) * longer_ns + RIVALS_SETTLE_NS,
			 2 * theirs_ns + RIVALS_SETTLE_NS, routers->now->mono_ns))
		return;
	router->vr.counters.noticed[VRRP_NOTICE_NOT_HEARD]++;
	journal_not_heard(&journal, advert);
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
	struct vrrp_election before;

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
	auth_hear(routers, router, &rx,
		  arrival_mono(routers, packet->arrival_ns, routers->unread_ns));
	event.now_ns = arrival_mono(routers, packet->arrival_ns, routers->read_ns);
	/* It may have waited for us since before the router began. */
	if (event.now_ns < router->vr.election.since_ns)
		event.now_ns = router->vr.election.since_ns;
	rx.now_ns = event.now_ns;
	reject = vrrp_receive(&router->vr, &router->list, &rx, &advert);
	if (reject != VRRP_ACCEPT) {
		senders_count(&router->senders, rx.source, (uint8_t)reject, event.now_ns);
		if (reject == VRRP_REJECT_INTERVAL_DIFFERS)
			journal_interval_differs(&journal, &advert);
		else
			journal_reject(&journal, reject, &rx);
		return;
	}
	auth_accept(routers, router, &advert);
	if (advert.notices)
		journal_notices(&journal, &router->list, &advert);
	if (!advert.is_last_word)
		for (unsigned i = 0; i < router_mates_n(router); i++) /* it is so in all families */
			resort_hear(&router_mate(router, i)->resort, advert.priority,
				    routers->now->mono_ns);
	before = router->vr.election;
	router_step(routers, router, &event);
	measure_advert(routers, router, &before, event.now_ns);
	if (!advert.is_last_word)
		hear_rival(routers, router, &advert);
}

/* The queue could not take all adverts, or does not give them: nobody's silence proves anything. */
static void miss_adverts(struct routers *routers, unsigned family, int error)
{
	struct journal journal = routers_journal(routers);

	journal_receive(&journal, &routers->limits, error);
	for (unsigned i = 0; i < routers->n; i++)
		if (routers->all[i].vr.config.family == family)
			router_miss(routers, &routers->all[i]);
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
	if ((readable & ROUTERS_FACTS) || now->mono_ns >= facts_deadline(&routers->facts))
		routers_look_at_facts(routers);
	routers_assess(routers);
	twins_tell(routers);
	if (readable & ROUTERS_ADVERTS)
		read_adverts(routers, 4);
	if (readable & ROUTERS_ADVERTS6)
		read_adverts(routers, 6);
	/* A successor adverts before it announces, or what it announced is remembered. */
	if (readable & ROUTERS_SAID)
		said_hear(routers, 4);
	if (readable & ROUTERS_SAID6)
		said_hear(routers, 6);
	/* Now all is read that the predecessor had; and that clock may be set. */
	routers->read_real_ns = 0;
	routers->read_ns = routers->unread_ns = now->mono_ns;
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

static void look_at_rivals(struct routers *routers, struct router *router)
{
	struct journal_router journal = router_journal(routers, router);
	unsigned n = router->conf->addresses_n + router->conf->extra_n;
	struct rivals_probe probe = rivals_probe(&router->rivals, n, router->conf->announce.pace_ns,
						 routers->now->mono_ns);

	if (probe.from < probe.to)
		router_owe_probe(routers, router, &probe);
	if (!rivals_is_claimed(&router->rivals, routers->now->mono_ns))
		return;
	router->vr.counters.noticed[VRRP_NOTICE_ADDRESS_TAKEN]++;
	journal_address_taken(&journal, &router->conf->addresses[router->rivals.address],
			      router->rivals.mac);
}

/* Of one that cannot speak, adverts of the others are the evidence (lease.h): also the last one
 * from before it was mute, or Active. */
static void take_evidence(struct router *router)
{
	for (unsigned i = 0; i < router_mates_n(router); i++) {
		const struct router *mate = router_mate(router, i);

		if (!router_is_mute(mate) &&
		    mate->lease.advertised_ns > router->lease.advertised_ns)
			(void)lease_on_sent(&router->lease, mate->lease.advertised_ns);
	}
}

static void fire(struct routers *routers, struct router *router)
{
	const struct vrrp_event event = { .type = VRRP_EVENT_TIMER,
					  .now_ns = routers->now->mono_ns };

	if (router->vr.election.state == VRRP_STATE_ACTIVE && router_is_mute(router))
		take_evidence(router);
	if (router->vr.election.state == VRRP_STATE_ACTIVE &&
	    lease_on_timer(&router->lease, event.now_ns))
		router_renew_leases(routers, router);
	if (event.now_ns >= router->fault_ns || event.now_ns >= router->mute_ns)
		router_look_at_worth(routers, router);
	if (round_is_due(&router->round, event.now_ns))
		router_owe_round(routers, router);
	router_look_at_addresses(routers, router);
	router_look_at_tracks(routers, router);
	router_look_at_drain(routers, router);
	router_look_at_damping(routers, router);
	hand_over_look(routers, router);
	look_at_rivals(routers, router);
	measure_due(router, event.now_ns);
	if (event.now_ns < hand_over_holds_ns(router))
		router_schedule(routers, router);
	else
		router_step(routers, router, &event);
}

/* What the kernel refused to renew it may be asked for again only as long as there is evidence. */
static void forgo_renewals(struct routers *routers)
{
	if (routers->now->mono_ns < kern_wants_deadline(routers->wants))
		return;
	for (unsigned i = 0; i < routers->n; i++) {
		struct router *router = &routers->all[i];
		unsigned n = router->conf->addresses_n + router->conf->extra_n;

		if (!lease_is_starved(&router->lease, routers->now->mono_ns))
			continue;
		for (unsigned k = 0; k < n; k++)
			kern_wants_forgo(routers->wants, router->want + k);
	}
}

/* ---- leaving ---- */

/* One with a gap may have offered to leave, too, as drained or as the last resort: it waits for
 * nobody when it has to go. */
static bool awaits_successor(const struct router *router)
{
	const struct vrrp_election *election = &router->vr.election;

	return router->vr.config.overlap && election->state == VRRP_STATE_ACTIVE &&
	       election->ceding;
}

/* Whether nobody with its fate serves any more, or waits for a command or a successor. */
static bool is_out(struct router *router)
{
	for (unsigned i = 0; i < router_mates_n(router); i++) {
		const struct router *mate = router_mate(router, i);

		if (hold_is_on(&mate->hold) || hand_over_is_on(mate) || awaits_successor(mate))
			return false;
	}
	return true;
}

/* Whether its offer has ended, and it would go on if it were not to leave. */
static bool is_alone(const struct routers *routers, const struct router *router)
{
	const struct vrrp_election *election = &router->vr.election;

	return router->vr.config.overlap && !router->hasty &&
	       election->state == VRRP_STATE_ACTIVE && election->offered_ns &&
	       routers->now->mono_ns >= election->offered_ns + vrrp_offer_ns(&router->vr.config);
}

static void tell_if_alone(struct routers *routers, struct router *router)
{
	struct journal_router journal = router_journal(routers, router);

	if (is_alone(routers, router))
		journal_left_alone(&journal,
				   router->gone ? EVENT_BEFORE_REMOVAL : EVENT_BEFORE_STOP);
}

static void look_at_leavers(struct routers *routers)
{
	const struct vrrp_event event = { .type = VRRP_EVENT_SHUTDOWN,
					  .now_ns = routers->now->mono_ns };

	for (unsigned i = 0; i < routers->n && routers->leaving_n; i++) {
		struct router *router = &routers->all[i];

		if (!router->leaving || !is_out(router))
			continue;
		router->leaving = false;
		router->left = true;
		routers->leaving_n--;
		tell_if_alone(routers, router);
		router_step(routers, router, &event);
	}
}

/* How long one that says so may wait for a successor, and then for its announcements. */
static int64_t leave_ns(const struct router *router)
{
	return hand_over_span_ns(router) + vrrp_offer_ns(&router->vr.config);
}

static void leave(struct routers *routers, struct router *router)
{
	router->leaving = true;
	routers->leaving_n++;
	router_begin_to_leave(routers, router);
}

int64_t router_leave_end(const struct router *router, int64_t now_ns)
{
	/* Who waits for commands offers to leave behind them, and who waits for a successor may
	 * have to wait for its announcements, too. */
	if (hold_is_on(&router->hold))
		return router->hold.until_ns + leave_ns(router);
	if (hand_over_is_on(router))
		return router->hand_over.until_ns;
	if (awaits_successor(router))
		return router->vr.election.advert_ns + hand_over_span_ns(router);
	return now_ns;
}

int64_t routers_leave_end(const struct routers *routers, const struct clocks *now)
{
	int64_t end_ns = now->mono_ns;

	for (unsigned i = 0; i < routers->n && routers->leaving_n; i++) {
		int64_t ns = router_leave_end(&routers->all[i], now->mono_ns);

		if (routers->all[i].leaving && ns > end_ns)
			end_ns = ns;
	}
	return end_ns;
}

/* Those that wait for nobody go at once. */
static void see_off(struct routers *routers)
{
	look_at_leavers(routers);
	routers_execute(routers, routers->now);
}

void routers_leave(struct routers *routers, const struct clocks *now)
{
	routers->now = now;
	for (unsigned i = 0; i < routers->n; i++) {
		routers->all[i].hasty = false;
		if (routers->all[i].leaving)
			continue;
		routers->all[i].gone = false; /* for a reload that was refused */
		leave(routers, &routers->all[i]);
	}
	see_off(routers);
}

void routers_note_stop(struct routers *routers)
{
	routers->stops = true;
}

bool routers_are_stopping(const struct routers *routers)
{
	return routers->stops;
}

void routers_note_gone(struct routers *routers, const char *name)
{
	unsigned n;
	struct router *const *named = names_find(routers, name, &n);

	for (unsigned i = 0; i < n; i++)
		named[i]->gone = true;
	for (unsigned i = 0; !name[0] && i < routers->n; i++)
		routers->all[i].gone = false;
}

/* Nobody whose fate it shares goes on. */
static bool may_leave(struct router *router)
{
	for (unsigned i = 0; i < router_mates_n(router); i++)
		if (!router_mate(router, i)->gone)
			return false;
	return true;
}

static void leave_within(struct routers *routers, struct router *router, int64_t patience_ns)
{
	router->hasty = leave_ns(router) > patience_ns;
	if (!router->hasty || router_has_hooks(router))
		leave(routers, router);
}

void routers_leave_gone(struct routers *routers, const struct clocks *now, int64_t patience_ns)
{
	routers->now = now;
	for (unsigned i = 0; i < routers->n; i++)
		if (may_leave(&routers->all[i]))
			leave_within(routers, &routers->all[i], patience_ns);
	see_off(routers);
}

void routers_stay(struct routers *routers, const struct clocks *now)
{
	routers->now = now;
	for (unsigned i = 0; i < routers->n && routers->leaving_n; i++) {
		struct router *router = &routers->all[i];

		if (!router->leaving)
			continue;
		router->leaving = false;
		routers->leaving_n--;
		router_stay(routers, router);
		if (router->vr.election.ceding)
			vrrp_refresh(&router->vr, now->mono_ns);
		router_schedule(routers, router);
	}
}

bool routers_have_left(const struct routers *routers)
{
	return routers->leaving_n == 0;
}

int64_t routers_hand_overs_end(const struct routers *routers, const struct clocks *now)
{
	int64_t end_ns = now->mono_ns;

	for (unsigned i = 0; i < routers->n; i++)
		if (routers->all[i].hand_over.until_ns > end_ns)
			end_ns = routers->all[i].hand_over.until_ns;
	return end_ns;
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
	forgo_renewals(routers);
	look_at_leavers(routers);
	if (now->mono_ns < routers->housekeeping_ns - HOUSEKEEPING_EARLY_NS)
		return;
	routers->housekeeping_ns = now->mono_ns + HOUSEKEEPING_NS;
	(void)routers_strays(routers, now);
	measure_alive(routers);
	routers_doubt_groups(routers);
	routers_sweep_again(routers);
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
	if (routers->groups_missing || routers->unswept)
		return routers->housekeeping_ns;
	return routers->housekeeping_ns + HOUSEKEEPING_LATE_NS;
}

int64_t routers_deadline(const struct routers *routers)
{
	int64_t housekeeping_ns = housekeeping_deadline(routers);
	int64_t retry_ns = kern_wants_deadline(routers->wants);
	int64_t deadline_ns;

	/* What was seen at the end of a turn, in a dump, or decided there, is for the next one. */
	if (routers->doubtful_n || routers->guests.doubtful_n || routers->tracks.doubtful_n ||
	    routers->routes.doubtful_n || routers->routes.suspect || routers->unsaid)
		return routers->read_ns;
	deadlines_first(routers->heap, &deadline_ns);
	if (retry_ns < deadline_ns)
		deadline_ns = retry_ns;
	if (facts_deadline(&routers->facts) < deadline_ns)
		deadline_ns = facts_deadline(&routers->facts);
	return housekeeping_ns < deadline_ns ? housekeeping_ns : deadline_ns;
}

void routers_stop(struct routers *routers, const struct clocks *now)
{
	struct vrrp_event event = { .type = VRRP_EVENT_SHUTDOWN, .now_ns = now->mono_ns };
	unsigned rounds = 0;

	routers->now = now;
	for (unsigned i = 0; i < routers->n; i++)
		if (!routers->all[i].left)
			router_step(routers, &routers->all[i], &event);
	/* As often as the most addresses need; what the kernel refuses by then it will not give. */
	do
		routers_execute(routers, now);
	while (kern_wants_deadline(routers->wants) <= now->mono_ns &&
	       rounds++ < routers->wants_n / KERN_CHANGES_MAX);
	routers_say_farewells(routers);
	virtual_mac_remove_all(routers);
}

void routers_ask_notify(struct routers *routers, enum event_notify what, int64_t id,
			const struct clocks *now, const struct journal_asker *asker)
{
	struct event event = event_fact(EVENT_NOTIFY_ASKED, 0, NULL);
	struct journal journal;

	routers->now = now;
	journal = routers_journal(routers);
	event.fact.word = (uint8_t)what;
	event.fact.number[0] = id;
	event.fact.number[1] = asker->uid;
	event.fact.number[2] = asker->pid;
	journal_put(&journal, &event);
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

void routers_fds(const struct routers *routers, int ret_fds[ROUTERS_FDS])
{
	ret_fds[0] = kern_monitor_fd(routers->monitor);
	for (unsigned i = 0; i < 2; i++)
		ret_fds[1 + i] = routers->readers[i] ? kern_receiver_fd(routers->readers[i]) : -1;
	ret_fds[3] = said_fd(routers, 4);
	ret_fds[4] = said_fd(routers, 6);
	ret_fds[5] = facts_fd(&routers->facts);
}

/* A successor announces anew what is left of a round, and what did not answer yet; and what the
 * kernel has not shown may have made it wrong. */
static bool is_unannounced(const struct routers *routers, const struct router *router)
{
	unsigned n = router->conf->addresses_n + router->conf->extra_n;
	bool fresh = false;

	if (router->vr.election.state != VRRP_STATE_ACTIVE)
		return router->round.left;
	for (unsigned i = 0; i < n; i++)
		fresh |= routers->said[router->want + i].fresh;
	return fresh || router->round.left || routers->dump_due;
}

void routers_save(struct routers *routers, const struct clocks *now)
{
	routers->now = now;
	for (unsigned i = 0; i < routers->n; i++) {
		if (is_unannounced(routers, &routers->all[i]))
			routers->all[i].vr.election.announce_ns = routers->now->mono_ns;
		state_put(routers->state, i, &routers->all[i].vr);
		if (router_is_renewal_due(routers, &routers->all[i]))
			state_put_lease(routers->state, i, 0);
	}
	state_put_strays(routers->state, &routers->strays);
}

const struct facts *routers_facts(const struct routers *routers)
{
	return &routers->facts;
}

bool routers_want_checker(struct routers *routers)
{
	bool wanted = routers->facts.wants_checker;

	routers->facts.wants_checker = false;
	return wanted;
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

const struct track *routers_track(const struct routers *routers, const struct router *router,
				  unsigned i)
{
	assert(i < router->tracks_n);
	return &routers->tracks.all[router->track + i];
}

bool routers_has_route(const struct routers *routers, const struct router *router, unsigned i)
{
	return kern_wants_is_ours(routers->wants, router->route + i);
}

bool routers_has_twin(const struct routers *routers, const struct router *router, unsigned address)
{
	return twins_of(routers, router->want + address) != 0;
}
