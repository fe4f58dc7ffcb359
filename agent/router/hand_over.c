/* SPDX-License-Identifier: MIT */
#include "hand_over.h"

#include "routers_private.h"
#include "vrrp/timers.h"

/* A successor may need so long to add many addresses, however short the interval is. */
#define SPAN_MIN_NS INT64_C(500000000)

/* What was announced so long ago is no news of the one who comes now. */
#define LATELY_NS INT64_C(1000000000)

bool hand_over_is_on(const struct router *router)
{
	return router->hand_over.until_ns != 0;
}

int64_t hand_over_span_ns(const struct router *router)
{
	int64_t interval_ns = vrrp_interval_ns(router->vr.config.interval_cs);

	return interval_ns < SPAN_MIN_NS ? SPAN_MIN_NS : interval_ns;
}

static int64_t min_ns(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

int64_t hand_over_deadline(const struct router *router)
{
	const struct hand_over *hand_over = &router->hand_over;

	if (!hand_over_is_on(router))
		return INT64_MAX;
	return min_ns(hand_over->recall_ns, min_ns(hand_over->due_ns, hand_over->until_ns));
}

static void forget(struct routers *routers, struct router *router)
{
	unsigned n = router->conf->addresses_n + router->conf->extra_n;

	for (unsigned i = 0; i < n; i++)
		routers->said[router->want + i].awaited = false;
	router->hand_over = (struct hand_over){ .claimed_ns = router->hand_over.claimed_ns,
						.began_ns = router->hand_over.began_ns,
						.lives_ns = router->hand_over.lives_ns };
}

/* What its lease has taken meanwhile: a new term begins with all of them, as any other one does. */
static void want_back(struct routers *routers, const struct router *router)
{
	unsigned n = router->conf->addresses_n + router->conf->extra_n;

	for (unsigned i = 0; i < n; i++)
		if (!kern_wants_has(routers->wants, router->want + i))
			kern_wants_renew(routers->wants, router->want + i, routers->now->mono_ns);
}

void hand_over_cancel(struct routers *routers, struct router *router)
{
	router->hand_over.claimed_ns = routers->now->mono_ns;
	router->hand_over.is_complete = false;
	if (hand_over_is_on(router)) {
		forget(routers, router);
		want_back(routers, router);
	}
	router->hand_over.began_ns = router->hand_over.lives_ns = 0;
}

/* Whether its successor is the last resort by now: then our 1 would be a rival's, and the second of
 * one that had claimed the addresses with that is believed. */
static bool is_last_resort_there(const struct router *router)
{
	const struct vrrp_election *e = &router->vr.election;

	return (e->lower_heard ? e->lower_priority : e->active_priority) == VRRP_PRIORITY_LOWEST;
}

/*
 * Of who leaves for good, and has not seen its successor announce all, 0: nobody may be there, and
 * whom 0 calls comes. One that has just announced all is there, and a priority below its own makes
 * it announce once more, also a keepalived, to which 0 says nothing.
 */
static void say(struct routers *routers, struct router *router, uint8_t priority)
{
	bool calls = router->leaving && !router->hand_over.is_complete;
	bool rivals = priority == VRRP_PRIORITY_LOWEST && is_last_resort_there(router);

	router_owe_advert(routers, router, calls || rivals ? VRRP_PRIORITY_LEAVE : priority);
}

void hand_over_say(struct routers *routers, struct router *router, uint8_t priority)
{
	if (!hand_over_is_on(router)) {
		/* What has just called a successor is not taken back, unless that one is there. */
		if (!router->outbox.farewell_due || router->hand_over.is_complete)
			say(routers, router, priority);
		return;
	}
	router->hand_over.word_due = true;
	router->hand_over.word = priority;
}

bool hand_over_awaits(const struct routers *routers, unsigned want)
{
	return routers->said[want].awaited && routers->said[want].gone_ns == VRRP_NEVER;
}

bool hand_over_heard_any(const struct router *router)
{
	return router->hand_over.gone_n || router->hand_over.due_ns != VRRP_NEVER;
}

/* Who has to leave at once does not wait for the grace of what was announced. */
static unsigned unannounced_n(const struct routers *routers, const struct router *router)
{
	unsigned addresses_n = router->conf->addresses_n + router->conf->extra_n, n = 0;

	for (unsigned i = 0; i < addresses_n; i++)
		n += hand_over_awaits(routers, router->want + i);
	return n;
}

void hand_over_end(struct routers *routers, struct router *router)
{
	const struct hand_over done = router->hand_over;
	unsigned left_n = unannounced_n(routers, router);
	unsigned gone_n = done.gone_n + done.left_n - left_n;
	struct journal_router journal = router_journal(routers, router);

	if (!hand_over_is_on(router))
		return;
	forget(routers, router);
	router->hand_over.is_complete = gone_n && !left_n;
	router_want_addresses(routers, router, false);
	journal_handed_over(&journal, gone_n, left_n, routers->now->mono_ns - done.began_ns);
	if (done.word_due)
		say(routers, router, done.word);
}

/* Its successor may have announced it before the first advert that is read here. */
static bool is_announced(const struct routers *routers, const struct router *router, unsigned want)
{
	int64_t heard_ns = routers->said[want].heard_ns;

	return heard_ns > router->hand_over.claimed_ns &&
	       routers->now->mono_ns - heard_ns < LATELY_NS;
}

/* Whether somebody can be heard to announce an address. */
static bool can_be_heard(const struct routers *routers, const struct router *router, unsigned want)
{
	unsigned family = kern_wants_get(routers->wants, want)->address.family;

	return routers->watches[family == 6] && kern_wants_has(routers->wants, want) &&
	       router_announces_on(routers, router, want);
}

/* Routes serve clients of all its addresses, and go with the last one; but none is left that needs
 * this one. */
static void let_go(struct routers *routers, struct router *router, unsigned address)
{
	const struct conf_address *conf = &router->conf->addresses[address];

	for (unsigned i = 0; i < router->conf->routes_n; i++)
		if (routes_needs(&router->conf->routes[i], conf))
			router_want_route(routers, router, i, false);
	router->hand_over.gone_n++;
	router_want_address(routers, router, address, false);
}

/* @heard_ns: its successor was heard then. */
static void let_go_soon(struct routers *routers, struct router *router, unsigned want,
			int64_t heard_ns)
{
	int64_t gone_ns = heard_ns + HAND_OVER_GRACE_NS;

	routers->said[want].gone_ns = gone_ns;
	if (gone_ns < router->hand_over.due_ns)
		router->hand_over.due_ns = gone_ns;
}

/* One that is not there shall not come any more: its successor may have it by then. */
static void begin_with(struct routers *routers, struct router *router, unsigned address)
{
	unsigned want = router->want + address;
	struct said *said = &routers->said[want];

	if (!kern_wants_has(routers->wants, want))
		router_want_address(routers, router, address, false);
	if (!can_be_heard(routers, router, want))
		return;
	said->awaited = true;
	said->gone_ns = VRRP_NEVER;
	router->hand_over.left_n++;
	if (is_announced(routers, router, want))
		let_go_soon(routers, router, want, said->heard_ns);
}

/* Those whose moment has come. */
static void let_go_announced(struct routers *routers, struct router *router)
{
	unsigned n = router->conf->addresses_n + router->conf->extra_n;

	router->hand_over.due_ns = VRRP_NEVER;
	for (unsigned i = 0; i < n; i++) {
		struct said *said = &routers->said[router->want + i];

		if (!said->awaited)
			continue;
		if (said->gone_ns <= routers->now->mono_ns) {
			said->awaited = false;
			router->hand_over.left_n--;
			let_go(routers, router, i);
		} else if (said->gone_ns < router->hand_over.due_ns) {
			router->hand_over.due_ns = said->gone_ns;
		}
	}
}

void hand_over_look(struct routers *routers, struct router *router)
{
	int64_t now_ns = routers->now->mono_ns;

	if (hand_over_is_on(router) && now_ns >= router->hand_over.due_ns)
		let_go_announced(routers, router);
	if (hand_over_is_on(router) && now_ns >= router->hand_over.recall_ns) {
		router->hand_over.recall_ns = VRRP_NEVER;
		router_owe_recall(routers, router);
	}
	if (hand_over_is_on(router) &&
	    (!router->hand_over.left_n || now_ns >= router->hand_over.until_ns))
		hand_over_end(routers, router);
}

/* From a moment with evidence on: they are to last to the end of what that puts off. */
static void renew_leases(struct routers *routers, struct router *router)
{
	router_renew_leases(routers, router);
	router->hand_over.renew_ns =
		routers->now->mono_ns + lease_spare_ns(&router->lease, hand_over_span_ns(router));
}

/* What evidence there was for the leases is of this moment: an Active was heard that comes. */
void hand_over_begin(struct routers *routers, struct router *router)
{
	int64_t now_ns = routers->now->mono_ns;
	unsigned n = router->conf->addresses_n + router->conf->extra_n;
	int64_t span_ns = hand_over_span_ns(router);

	router->hand_over.began_ns = now_ns;
	router->hand_over.until_ns = now_ns + span_ns;
	router->hand_over.due_ns = router->hand_over.recall_ns = VRRP_NEVER;
	router->hand_over.lives_ns = 0;
	router->hand_over.renew_ns =
		router->lease.renewed_ns + lease_spare_ns(&router->lease, span_ns);
	for (unsigned i = 0; i < n; i++)
		begin_with(routers, router, i);
	hand_over_look(routers, router);
	if (!hand_over_is_on(router))
		return;
	if (router_has_virtual_mac(router))
		router->hand_over.recall_ns = now_ns + HAND_OVER_RECALL_NS;
	if (span_ns > vrrp_interval_ns(router->vr.config.interval_cs))
		renew_leases(routers, router);
}

/* The others are still to be announced: an awaited address was, so that somebody is at it. */
static void put_off_end(struct routers *routers, struct router *router)
{
	struct hand_over *hand_over = &router->hand_over;
	int64_t now_ns = routers->now->mono_ns;
	int64_t until_ns = now_ns + hand_over_span_ns(router);

	if (until_ns > hand_over->began_ns + HAND_OVER_LONGEST_NS)
		until_ns = hand_over->began_ns + HAND_OVER_LONGEST_NS;
	if (until_ns > hand_over->until_ns)
		hand_over->until_ns = until_ns;
	if (now_ns >= hand_over->renew_ns)
		renew_leases(routers, router);
}

void hand_over_announced(struct routers *routers, struct router *router, unsigned want)
{
	const struct hand_over *hand_over = &router->hand_over;

	if (hand_over_awaits(routers, want)) {
		let_go_soon(routers, router, want, routers->now->mono_ns);
		put_off_end(routers, router);
	}
	if (hand_over->began_ns &&
	    routers->now->mono_ns < hand_over->began_ns + HAND_OVER_LONGEST_NS)
		router->hand_over.lives_ns = routers->now->mono_ns;
}

/* Of a Backup: whether it waits for an Active that was heard to fall silent. */
static bool waits_for_silence(const struct vrrp_election *election)
{
	return election->state == VRRP_STATE_BACKUP && election->active_source[0] &&
	       !election->lower_heard && election->active_priority != VRRP_PRIORITY_LEAVE;
}

/* When the silence of its successor has lasted for so long that this router may take over. */
static int64_t silent_ns(const struct router *router)
{
	const struct vrrp_config *c = &router->vr.config;
	const struct vrrp_election *e = &router->vr.election;

	if (!router->hand_over.lives_ns || !waits_for_silence(e))
		return 0;
	return router->hand_over.lives_ns +
	       vrrp_down_ns(c->version, e->priority, e->active_interval_cs, vrrp_down_intervals(c));
}

int64_t hand_over_holds_ns(struct router *router)
{
	int64_t holds_ns = 0;

	if (router->vr.election.state != VRRP_STATE_BACKUP)
		return 0;
	if (router->leaving)
		return VRRP_NEVER;
	for (unsigned i = 0; i < router_mates_n(router); i++) {
		struct router *mate = router_mate(router, i);

		/* It comes later than that one, and believes its better alone. */
		if (mate->vr.election.state == VRRP_STATE_ACTIVE)
			return 0;
		if ((mate == router || !router_is_mute(mate)) && silent_ns(mate) > holds_ns)
			holds_ns = silent_ns(mate);
	}
	return holds_ns;
}
