/* SPDX-License-Identifier: MIT */
#include "routers_private.h"

enum sent_kind {
	SENT_ADVERT,
	SENT_ADVERT_LEAVE,
	SENT_ANNOUNCEMENT,
};

/* The addresses come behind the adverts in a turn: it is in time, and on evidence. */
static void renew_on_advert(struct routers *routers, struct router *router)
{
	if (router->vr.election.state != VRRP_STATE_ACTIVE ||
	    !lease_on_advert(&router->lease, routers->now->mono_ns))
		return;
	router_renew_leases(routers, router);
	router_schedule(routers, router);
}

static void note_leave(struct routers *routers, struct router *router)
{
	router->vr.counters.priority_zero_sent++;
	if (!router->vr.election.ceding)
		return;
	lease_on_offer(&router->lease, router->vr.election.advert_ns);
	renew_on_advert(routers, router);
	router_schedule(routers, router);
}

static void note_sent(struct routers *routers, const struct kern_sent *sent)
{
	struct router *router = sent->owner;
	struct vrrp_counters *counters;
	struct journal_router journal;

	if (!router) /* the farewell of a router that is no more */
		return;
	counters = &router->vr.counters;
	if (sent->error) {
		counters->send_errors++;
		journal = router_journal(routers, router);
		journal_send_error(&journal,
				   sent->kind == SENT_ANNOUNCEMENT ? "announcement" : "advert",
				   sent->error);
		return;
	}
	if (sent->kind == SENT_ANNOUNCEMENT) {
		counters->announcements_sent++;
		return;
	}
	counters->adverts_sent++;
	if (sent->kind == SENT_ADVERT_LEAVE) {
		note_leave(routers, router);
		return;
	}
	if (lease_on_sent(&router->lease, routers->now->mono_ns))
		router_schedule(routers, router);
	renew_on_advert(routers, router);
}

void routers_flush(struct routers *routers)
{
	const struct kern_sent *sent;
	unsigned n = kern_sender_flush(routers->sender, &sent);

	for (unsigned i = 0; i < n; i++)
		note_sent(routers, &sent[i]);
}

uint8_t *routers_frame(struct routers *routers, int ifindex, size_t len, struct router *router,
		       unsigned kind)
{
	uint8_t *frame = kern_sender_frame(routers->sender, ifindex, len, router, kind);

	if (frame)
		return frame;
	routers_flush(routers);
	return kern_sender_frame(routers->sender, ifindex, len, router, kind);
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

/* Only what is really there is announced (RFC 9568 §8.1.2, §8.2.2). */
static void queue_announcement(struct routers *routers, struct router *router, unsigned want)
{
	const struct conf_address *address = &router->conf->addresses[want - router->want];
	const struct lan *lan = router_lan(routers, router);
	const uint8_t *mac = routers_mac(routers, router);
	size_t len = address->family == 6 ? KERN_FRAME_NA_LEN : KERN_FRAME_ARP_LEN;
	uint8_t *frame;

	if (router->vr.election.state != VRRP_STATE_ACTIVE || !kern_wants_has(routers->wants, want))
		return;
	if (virtual_mac_is_deaf(routers, router)) {
		router->outbox.unheard = true;
		return;
	}
	frame = routers_frame(routers, lan->ifindex, len, router, SENT_ANNOUNCEMENT);
	if (address->family == 6)
		write_na(frame, lan->interface, mac, address);
	else
		kern_frame_arp(frame, mac, mac, address->bytes);
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
		queue_announcement(routers, router, router->want + i);
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
	    !router_has_virtual_mac(router) && !conf_is_of_virtual_router(router->conf, address))
		journal_address_not_own(&journal, &router->conf->addresses[address]);
	router_hold(routers, router, address);
	router_doubt_addresses(routers, router, news->what);
	if (news->what == KERN_WANT_ENDED) {
		lease_on_ended(&router->lease);
		router_schedule(routers, router);
	}
	if (back)
		router->vr.counters.addresses_restored++;
	if (back || news->what == KERN_WANT_ADDED)
		queue_announcement(routers, router, news->want);
}

/* Once: it is the kernel that has no such filters. */
static void tell_arp_unfiltered(struct routers *routers, int error)
{
	struct journal journal = routers_journal(routers);

	if (!routers->arp_told)
		journal_fact(&journal, EVENT_DEGRADED, error,
			     "keeping ARP for virtual MACs from the interfaces below them");
	routers->arp_told = true;
}

/* Nobody else can add or remove one, so there is nothing to tell but the kernel's refusal. */
static void take_filter_news(struct routers *routers, const struct kern_news *news)
{
	const struct kern_want *want = kern_wants_get(routers->wants, news->want);
	struct router *router = &routers->all[want->owner];
	struct journal_router journal = router_journal(routers, router);

	if (news->what != KERN_WANT_FAILED)
		return;
	if (want->entry.filter.action == KERN_FILTER_ARP) {
		tell_arp_unfiltered(routers, news->error);
		return;
	}
	journal_address_unfiltered(&journal, &router->conf->addresses[news->want - router->filter],
				   news->error);
	router_doubt_addresses(routers, router, news->what);
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
	case KERN_KIND_COUNT:
		break;
	}
}

static void queue_advert(struct routers *routers, struct router *router, uint8_t priority)
{
	uint8_t *frame;

	if (!router_can_advertise(routers, router))
		return;
	frame = routers_frame(routers, router_lan(routers, router)->ifindex,
			      router_advert_len(router), router,
			      priority ? SENT_ADVERT : SENT_ADVERT_LEAVE);
	router_write_advert(routers, router, priority, frame);
}

static void queue_adverts(struct routers *routers)
{
	for (unsigned i = 0; i < routers->owing_n; i++) {
		const struct outbox *outbox = &routers->owing[i]->outbox;

		if (outbox->advert_due)
			queue_advert(routers, routers->owing[i], outbox->advert_priority);
	}
}

/* What became of one that leaves a renamed interface nobody needs to know: it may be gone. */
static void queue_farewell(struct routers *routers, struct router *router, uint8_t priority)
{
	int ifindex = router_renamed_ifindex(routers, router);
	uint8_t *frame;

	if (!ifindex) {
		queue_advert(routers, router, priority);
		return;
	}
	frame = routers_frame(routers, ifindex, router_advert_len(router), NULL, SENT_ADVERT_LEAVE);
	router_write_advert(routers, router, priority, frame);
}

static void queue_farewells(struct routers *routers)
{
	for (unsigned i = 0; i < routers->owing_n; i++) {
		const struct outbox *outbox = &routers->owing[i]->outbox;

		if (outbox->farewell_due)
			queue_farewell(routers, routers->owing[i], outbox->farewell_priority);
	}
}

static void queue_announcements(struct routers *routers)
{
	for (unsigned i = 0; i < routers->owing_n; i++) {
		struct router *router = routers->owing[i];
		unsigned n = router->conf->addresses_n + router->conf->extra_n;

		for (unsigned k = 0; k < n && router->outbox.announce_due; k++)
			queue_announcement(routers, router, router->want + k);
	}
}

/* @said: also the farewells. */
static void empty_outboxes(struct routers *routers, bool said)
{
	unsigned n = 0;

	for (unsigned i = 0; i < routers->owing_n; i++) {
		struct outbox *outbox = &routers->owing[i]->outbox;

		outbox->advert_due = outbox->announce_due = false;
		outbox->listed = outbox->farewell_due && !said;
		if (outbox->listed)
			routers->owing[n++] = routers->owing[i];
		else
			outbox->farewell_due = false;
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
static void reconcile(struct routers *routers)
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

/* As in most turns of a Backup. */
static bool owes_nothing(const struct routers *routers)
{
	return routers->owing_n == 0 && !kern_wants_pending(routers->wants);
}

/*
 * Adverts leave before the addresses change: whoever else configures this host at the moment may
 * hold the kernel's lock for a tenth of a second, and no peer shall take that for our silence. A
 * farewell comes after the removal, so that no two hosts have an address; so does an announcement,
 * since only what is there may be announced (RFC 9568 §8.1.2).
 */
void routers_execute(struct routers *routers, const struct clocks *now)
{
	routers->now = now;
	if (owes_nothing(routers))
		return;
	queue_adverts(routers);
	queue_announcements(routers); /* of what is there; what is added is announced then */
	routers_flush(routers);
	reconcile(routers);
	/* More removals than one pass takes: its next turn comes at once. */
	if (kern_reconcile_is_cut(routers->wants))
		empty_outboxes(routers, false);
	else
		routers_say_farewells(routers);
}
