/* SPDX-License-Identifier: MIT */
#include "journal.h"

#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>

#include "names.h"
#include "senders.h"
#include "vrrp/timers.h"

#define NS_PER_S  INT64_C(1000000000)
#define NS_PER_MS INT64_C(1000000)
#define NS_PER_US INT64_C(1000)

void journal_put(const struct journal *journal, const struct event *event)
{
	if (journal->events)
		events_put(journal->events, journal->now, event);
}

void journal_fact(const struct journal *journal, enum event_kind kind, int error, const char *text)
{
	struct event event = event_fact(kind, error, text);

	journal_put(journal, &event);
}

void journal_sum(const struct journal *journal, enum event_kind kind, const int64_t numbers[3])
{
	struct event event = event_fact(kind, 0, NULL);

	memcpy(event.fact.number, numbers, sizeof(event.fact.number));
	journal_put(journal, &event);
}

/* Whether it has not been put in this second; remembered in any case. */
static bool may_put_again(uint32_t *put_s, const struct clocks *now)
{
	uint32_t second = (uint32_t)(now->mono_ns / NS_PER_S + 1);
	bool may = *put_s != second;

	*put_s = second;
	return may;
}

static bool may_put(struct journal_limits *limits, unsigned which, const struct clocks *now)
{
	return may_put_again(&limits->put_s[which], now);
}

static struct event of_router(const struct journal_router *router, enum event_kind kind)
{
	return event_of(kind, router->conf->name, router->conf->interface,
			router->vr->config.family);
}

/* Of the others with its fate, too: whoever looks for one of them by its name finds it. */
static void put_shared(const struct journal_router *router, const struct event *event, uint8_t word)
{
	const struct conf_router *mate;
	struct event shared;
	unsigned at = 0;

	journal_put(&router->journal, event);
	while (router->router && (mate = names_next_mate(router->router, &at)) != NULL) {
		shared = event_of(EVENT_SHARED, mate->name, mate->interface, mate->vrrp.family);
		shared.fact.word = word;
		shared.fact.number[0] = event->kind;
		strcpy(shared.fact.name, router->conf->name);
		journal_put(&router->journal, &shared);
	}
}

struct event journal_state_event(enum event_kind kind, const struct conf_router *conf,
				 const struct vrrp *vr, const struct facts *facts, const char *by)
{
	const struct vrrp_reason *reason = &vr->election.reason;
	struct event event = event_of(kind, conf->name, conf->interface, vr->config.family);

	event.state = (struct event_state){ .to = (uint8_t)vr->election.state,
					    .reason = (uint8_t)reason->code,
					    .peer_priority = reason->priority,
					    .priority = reason->own_priority,
					    .cause = reason->cause,
					    .vrid = vr->config.vrid,
					    .reason_ns = reason->ns };
	snprintf(event.state.by, sizeof(event.state.by), "%s", by);
	memcpy(vrrp_reason_is_of_peer(reason->code) ? event.state.peer : event.state.detail,
	       reason->source, sizeof(event.state.peer));
	if (vrrp_reason_is_of_check(reason->code))
		(void)facts_describe(facts, reason->bytes[0], event.state.why);
	return event;
}

/* Why adverts of the Active that fell silent were discarded in that silence; 0: none was. */
static uint8_t why_unheard(const struct journal_router *router)
{
	const struct vrrp_election *election = &router->vr->election;

	if (!router->senders)
		return VRRP_ACCEPT;
	return senders_reason(router->senders, election->active_source,
			      router->journal.now->mono_ns - election->reason.ns);
}

void journal_state(const struct journal_router *router, enum vrrp_state from, const char *by,
		   bool removed)
{
	const struct vrrp_election *election = &router->vr->election;
	struct event event =
		journal_state_event(EVENT_STATE, router->conf, router->vr, router->facts, by);
	bool silence = election->state == VRRP_STATE_ACTIVE &&
		       election->reason.code == VRRP_REASON_SILENCE;

	event.state.from = (uint8_t)from;
	event.state.removed = removed;
	/* A router that hears nothing where it used to hear a peer may be the deaf one. */
	if (silence)
		memcpy(event.state.last_heard, election->active_source,
		       sizeof(event.state.last_heard));
	journal_put(&router->journal, &event);
	if (event.state.last_heard[0] == 0 ||
	    !may_put(router->limits, JOURNAL_LIMIT_NOTICE + VRRP_NOTICE_FELL_SILENT,
		     router->journal.now))
		return;
	event.kind = EVENT_SUSPICION;
	event.state.rejected = why_unheard(router);
	journal_put(&router->journal, &event);
}

void journal_caveat(const struct journal *journal, const char *interface, unsigned family,
		    enum event_caveat caveat)
{
	struct event event = event_of(EVENT_CAVEAT, NULL, interface, family);

	event.fact.word = (uint8_t)caveat;
	journal_put(journal, &event);
}

void journal_handed_over(const struct journal_router *router, unsigned gone_n, unsigned left_n,
			 int64_t span_ns)
{
	struct event event = of_router(router, EVENT_HANDED_OVER);

	event.fact.number[0] = gone_n;
	event.fact.number[1] = left_n;
	event.fact.number[2] = span_ns / NS_PER_US;
	journal_put(&router->journal, &event);
}

void journal_mute(const struct journal_router *router, const struct vrrp_reason *why)
{
	struct event event = of_router(router, EVENT_MUTE);

	event.state.to = (uint8_t)router->vr->election.state;
	event.state.reason = (uint8_t)why->code;
	memcpy(event.state.detail, why->source, sizeof(event.state.detail));
	journal_put(&router->journal, &event);
}

void journal_family(const struct journal_router *router, enum event_kind kind)
{
	struct event event = of_router(router, kind);

	journal_put(&router->journal, &event);
}

void journal_reject(const struct journal_router *router, enum vrrp_reject reject,
		    const struct vrrp_rx *rx)
{
	struct event event;

	if (!may_put(router->limits, JOURNAL_LIMIT_REJECT + reject, router->journal.now))
		return;
	event = of_router(router, EVENT_REJECT);
	event.packet.which = (uint8_t)reject;
	event.packet.total = router->vr->counters.rejected[reject];
	if (reject == VRRP_REJECT_VERSION)
		event.packet.version = (uint8_t)vrrp_packet_version(rx);
	memcpy(event.packet.source, rx->source, vrrp_address_len(event.family));
	journal_put(&router->journal, &event);
}

void journal_interval_differs(const struct journal_router *router, const struct vrrp_advert *advert)
{
	const enum vrrp_reject reject = VRRP_REJECT_INTERVAL_DIFFERS;
	struct event event;

	if (!may_put(router->limits, JOURNAL_LIMIT_REJECT + reject, router->journal.now))
		return;
	event = of_router(router, EVENT_NOTICE);
	event.packet.which = VRRP_NOTICE_INTERVAL;
	event.packet.discarded = true;
	event.packet.theirs_cs = advert->interval_cs;
	event.packet.ours_cs = router->vr->config.interval_cs;
	event.packet.total = router->vr->counters.rejected[reject];
	memcpy(event.packet.source, advert->source, vrrp_address_len(event.family));
	journal_put(&router->journal, &event);
}

void journal_stray(const struct journal *journal, struct journal_limits *limits,
		   const struct journal_stray *stray)
{
	struct event event;

	if (!may_put(limits, JOURNAL_LIMIT_REJECT + stray->reject, journal->now))
		return;
	event = event_of(EVENT_STRAY, NULL, stray->interface, stray->family);
	event.packet.which = (uint8_t)stray->reject;
	event.packet.total = stray->total;
	event.packet.vrid_known = stray->vrid >= 0;
	event.packet.vrid = stray->vrid >= 0 ? (uint8_t)stray->vrid : 0;
	memcpy(event.packet.source, stray->source, vrrp_address_len(stray->family));
	journal_put(journal, &event);
}

static void put_list(uint8_t (*to)[16], const uint8_t *list, unsigned n, size_t len)
{
	for (unsigned i = 0; i < n && i < EVENT_LIST_MAX; i++)
		memcpy(to[i], list + i * len, len);
}

static uint32_t down_ms(const struct vrrp *vr, unsigned interval_cs)
{
	return (uint32_t)(vrrp_down_ns(vr->config.version, vr->election.priority, interval_cs,
				       vrrp_down_intervals(&vr->config)) /
			  NS_PER_MS);
}

/* What belongs to the sort of notice; the rest is zero, and so not shown. */
static void notice(const struct journal_router *router, enum vrrp_notice which,
		   const struct vrrp_list *own, const struct vrrp_advert *advert)
{
	struct event event = of_router(router, EVENT_NOTICE);
	size_t len = vrrp_address_len(event.family);

	event.packet.which = (uint8_t)which;
	event.packet.total = router->vr->counters.noticed[which];
	memcpy(event.packet.source, advert->source, len);
	switch (which) {
	case VRRP_NOTICE_INTERVAL:
		event.packet.theirs_cs = advert->interval_cs;
		event.packet.ours_cs = router->vr->config.interval_cs;
		event.packet.down_ms = down_ms(router->vr, advert->interval_cs);
		break;
	case VRRP_NOTICE_ADDRESS_LIST:
		event.packet.theirs_n = advert->addresses_n;
		event.packet.ours_n = (uint8_t)own->addresses_n;
		put_list(event.packet.theirs, advert->addresses, advert->addresses_n, len);
		put_list(event.packet.ours, own->addresses, own->addresses_n, len);
		break;
	case VRRP_NOTICE_CHECKSUM_FORM:
		event.packet.checksum = (uint8_t)advert->checksum;
		break;
	case VRRP_NOTICE_EQUAL_PRIORITY:
	case VRRP_NOTICE_OTHER_ACTIVE:
	case VRRP_NOTICE_NOT_HEARD:
		event.packet.priority = advert->is_last_word ? 0 : advert->priority;
		break;
	case VRRP_NOTICE_OWNER:
	case VRRP_NOTICE_CLOCK_SKEW:
	case VRRP_NOTICE_ADDRESS_TAKEN:
	case VRRP_NOTICE_FELL_SILENT: /* told as a suspicion */
	case VRRP_NOTICE_COUNT:
		break;
	}
	journal_put(&router->journal, &event);
}

void journal_notices(const struct journal_router *router, const struct vrrp_list *own,
		     const struct vrrp_advert *advert)
{
	for (unsigned i = 0; i < VRRP_NOTICE_COUNT; i++)
		if (advert->notices >> i & 1 &&
		    may_put(router->limits, JOURNAL_LIMIT_NOTICE + i, router->journal.now))
			notice(router, (enum vrrp_notice)i, own, advert);
}

void journal_not_heard(const struct journal_router *router, const struct vrrp_advert *advert)
{
	if (may_put(router->limits, JOURNAL_LIMIT_NOTICE + VRRP_NOTICE_NOT_HEARD,
		    router->journal.now))
		notice(router, VRRP_NOTICE_NOT_HEARD, NULL, advert);
}

void journal_address_taken(const struct journal_router *router, const struct conf_address *address,
			   const uint8_t *mac)
{
	struct event event = of_router(router, EVENT_NOTICE);

	if (!may_put(router->limits, JOURNAL_LIMIT_NOTICE + VRRP_NOTICE_ADDRESS_TAKEN,
		     router->journal.now))
		return;
	event.family = address->family;
	event.packet.which = VRRP_NOTICE_ADDRESS_TAKEN;
	event.packet.total = router->vr->counters.noticed[VRRP_NOTICE_ADDRESS_TAKEN];
	memcpy(event.packet.source, address->bytes, sizeof(event.packet.source));
	memcpy(event.packet.theirs[0], mac, 6);
	journal_put(&router->journal, &event);
}

void journal_conflict(const struct journal_router *router, uint8_t vrid, const uint8_t *source,
		      const uint8_t *address)
{
	struct event event = of_router(router, EVENT_CONFLICT);

	if (!may_put(router->limits, JOURNAL_LIMIT_CONFLICT, router->journal.now))
		return;
	event.packet.vrid_known = true;
	event.packet.vrid = vrid;
	event.packet.own_vrid = router->vr->config.vrid;
	memcpy(event.packet.source, source, sizeof(event.packet.source));
	memcpy(event.packet.ours[0], address, sizeof(event.packet.ours[0]));
	journal_put(&router->journal, &event);
}

void journal_forgotten(const struct journal_router *router, const struct vrrp_election *before,
		       const struct journal_asker *asker)
{
	int64_t now_ns = router->journal.now->mono_ns;
	struct event event = of_router(router, EVENT_FORGOTTEN);

	event.forgotten =
		(struct event_forgotten){ .priority = before->active_priority,
					  .interval_cs = before->active_interval_cs,
					  .uid = asker->uid,
					  .pid = asker->pid,
					  .left_ns = before->down_ns - now_ns,
					  .takeover_ns = router->vr->election.down_ns - now_ns };
	memcpy(event.forgotten.address, before->active_source, sizeof(event.forgotten.address));
	journal_put(&router->journal, &event);
}

void journal_forget(struct journal_limits *limits, unsigned sort)
{
	limits->put_s[sort] = 0;
}

void journal_ages(const struct journal_limits *limits, unsigned first, unsigned n, int64_t now_ns,
		  uint64_t *ret_ages)
{
	uint32_t second = (uint32_t)(now_ns / NS_PER_S + 1);

	for (unsigned i = 0; i < n; i++) {
		uint32_t put_s = limits->put_s[first + i];

		ret_ages[i] = put_s ? (uint64_t)(second - put_s) + 1 : 0;
	}
}

static struct event address_event(const struct journal_router *router,
				  const struct conf_address *address, enum event_address_news news)
{
	struct event event = of_router(router, EVENT_ADDRESS);

	event.family = address->family;
	strcpy(event.interface, conf_address_interface(router->conf, address));
	event.address =
		(struct event_address){ .news = (uint8_t)news, .prefix_len = address->prefix_len };
	memcpy(event.address.bytes, address->bytes, sizeof(event.address.bytes));
	return event;
}

static void put_address(const struct journal_router *router, const struct conf_address *address,
			enum event_address_news news, int error)
{
	struct event event = address_event(router, address, news);

	event.address.error = error;
	journal_put(&router->journal, &event);
}

void journal_address(const struct journal_router *router, const struct conf_address *address,
		     enum kern_want_news news, int error)
{
	static const uint8_t told[KERN_WANT_COUNT] = {
		[KERN_WANT_RESTORED] = EVENT_ADDRESS_RESTORED,
		[KERN_WANT_EXPIRED] = EVENT_ADDRESS_EXPIRED,
		[KERN_WANT_ENDED] = EVENT_ADDRESS_ENDED,
		[KERN_WANT_FOREIGN] = EVENT_ADDRESS_FOREIGN,
		[KERN_WANT_BEHIND] = EVENT_ADDRESS_BEHIND,
		[KERN_WANT_LACKING] = EVENT_ADDRESS_LACKING,
		[KERN_WANT_KEPT] = EVENT_ADDRESS_KEPT,
		[KERN_WANT_DOUBLE] = EVENT_ADDRESS_DOUBLE,
		[KERN_WANT_ABANDONED] = EVENT_ADDRESS_ABANDONED,
		[KERN_WANT_FAILED] = EVENT_ADDRESS_FAILED,
	};

	/* Of an interface that is gone the state tells. */
	if (told[news] && error != ENODEV)
		put_address(router, address, told[news], error);
}

void journal_address_not_own(const struct journal_router *router,
			     const struct conf_address *address)
{
	put_address(router, address, EVENT_ADDRESS_NOT_OWN, 0);
}

void journal_macvlan(const struct journal_router *router, bool is_up, enum kern_want_news news,
		     int error)
{
	static const uint8_t told[2][KERN_WANT_COUNT] = {
		{ [KERN_WANT_RESTORED] = EVENT_MACVLAN_RESTORED,
		  [KERN_WANT_FOREIGN] = EVENT_MACVLAN_FOREIGN,
		  [KERN_WANT_ABANDONED] = EVENT_MACVLAN_ABANDONED,
		  [KERN_WANT_FAILED] = EVENT_MACVLAN_FAILED },
		{ [KERN_WANT_RESTORED] = EVENT_MACVLAN_UP_RESTORED,
		  [KERN_WANT_ABANDONED] = EVENT_MACVLAN_UP_ABANDONED,
		  [KERN_WANT_FAILED] = EVENT_MACVLAN_UP_FAILED },
	};
	struct event event = of_router(router, EVENT_MACVLAN);

	/* Of an interface that is gone the state tells. */
	if (!told[is_up][news] || error == ENODEV)
		return;
	event.fact.word = told[is_up][news];
	event.fact.error = error;
	strcpy(event.fact.name, router->conf->mac.name);
	journal_put(&router->journal, &event);
}

static void put_route(const struct journal_router *router, enum event_kind kind, unsigned family,
		      const char *text, enum event_route news, int error)
{
	struct event event = of_router(router, kind);

	event.family = (uint8_t)family;
	event.fact.word = (uint8_t)news;
	event.fact.error = error;
	strcpy(event.fact.text, text);
	journal_put(&router->journal, &event);
}

void journal_route(const struct journal_router *router, unsigned i, enum kern_want_news news,
		   int error)
{
	static const uint8_t told[KERN_WANT_COUNT] = {
		[KERN_WANT_RESTORED] = EVENT_ROUTE_RESTORED,
		[KERN_WANT_ABANDONED] = EVENT_ROUTE_ABANDONED,
		[KERN_WANT_FAILED] = EVENT_ROUTE_FAILED,
	};
	const struct conf_router *conf = router->conf;

	/* Of an interface that is gone the state tells. */
	if (!told[news] || error == ENODEV)
		return;
	if (i < conf->routes_n)
		put_route(router, EVENT_ROUTE, conf->routes[i].family, conf->routes[i].text,
			  told[news], error);
	else
		put_route(router, EVENT_RULE, conf->rules[i - conf->routes_n].family,
			  conf->rules[i - conf->routes_n].text, told[news], error);
}

void journal_route_no_place(const struct journal_router *router, const struct conf_route *route)
{
	put_route(router, EVENT_ROUTE, route->family, route->text, EVENT_ROUTE_NO_PLACE, 0);
}

void journal_address_unfiltered(const struct journal_router *router,
				const struct conf_address *address, int error)
{
	put_address(router, address, EVENT_ADDRESS_UNFILTERED, error);
}

void journal_address_no_place(const struct journal_router *router,
			      const struct conf_address *address)
{
	put_address(router, address, EVENT_ADDRESS_NO_PLACE, 0);
}

void journal_address_twin(const struct journal_router *router, const struct conf_address *address,
			  int ifindex)
{
	struct event event = address_event(router, address, EVENT_ADDRESS_TWIN);

	event.address.ifindex = ifindex;
	if (!if_indextoname((unsigned)ifindex, event.address.elsewhere))
		event.address.elsewhere[0] = '\0';
	journal_put(&router->journal, &event);
}

void journal_resort(const struct journal_router *router, enum event_resort what,
		    const struct conf_address *address)
{
	struct event event = of_router(router, EVENT_RESORT);

	event.address.news = (uint8_t)what;
	event.address.configured_priority = router->vr->config.priority;
	if (address) {
		event.family = address->family;
		event.address.prefix_len = address->prefix_len;
		memcpy(event.address.bytes, address->bytes, sizeof(event.address.bytes));
	}
	put_shared(router, &event, event.address.news);
}

void journal_drain(const struct journal_router *router, enum event_drain what, int64_t for_ns,
		   bool waits, const struct journal_asker *asker)
{
	struct event event = of_router(router, EVENT_DRAIN);

	event.fact.word = (uint8_t)what;
	event.fact.number[0] = for_ns == VRRP_NEVER ? 0 : for_ns / NS_PER_S;
	event.fact.number[1] = asker->uid;
	event.fact.number[2] = asker->pid;
	if (waits)
		strcpy(event.fact.name, "waits");
	put_shared(router, &event, event.fact.word);
}

void journal_drained(const struct journal_router *router, enum event_drain what)
{
	struct event event = of_router(router, EVENT_DRAINED);

	event.fact.word = (uint8_t)what;
	put_shared(router, &event, event.fact.word);
}

void journal_drain_kept(const struct journal_router *router, int64_t until_ns)
{
	const struct clocks *now = router->journal.now;
	struct event event = of_router(router, EVENT_DRAINED);

	event.fact.word = EVENT_DRAIN_KEPT;
	if (until_ns != VRRP_NEVER)
		event.fact.number[2] = now->real_ns + until_ns - now->mono_ns;
	journal_put(&router->journal, &event);
}

void journal_hold(const struct journal_router *router, enum event_drain what,
		  const struct state_hold *hold)
{
	bool is_drain = hold->before == EVENT_BEFORE_DRAIN;
	struct event event = of_router(router, is_drain ? EVENT_DRAINED : EVENT_LEAVE);

	event.fact.word = (uint8_t)what;
	if (!is_drain)
		strcpy(event.fact.name, event_before_word(hold->before));
	if (what == EVENT_DRAIN_WAITS) {
		event.fact.number[0] = (hold->until_ns - router->journal.now->mono_ns) / NS_PER_MS;
		event.fact.number[1] = hold->until_ns;
	}
	put_shared(router, &event, event.fact.word);
}

void journal_left_alone(const struct journal_router *router, enum event_before before)
{
	struct event event = of_router(router, EVENT_LEAVE);

	event.fact.word = EVENT_DRAIN_ALONE;
	strcpy(event.fact.name, event_before_word(before));
	journal_put(&router->journal, &event);
}

void journal_drain_void(const struct journal *journal, const char *name, unsigned family)
{
	struct event event = event_of(EVENT_DRAINED, name, NULL, family);

	event.fact.word = EVENT_DRAIN_VOID;
	journal_put(journal, &event);
}

void journal_damping(const struct journal_router *router, enum event_damping what,
		     unsigned changes_n, int64_t until_ns)
{
	const struct clocks *now = router->journal.now;
	struct event event = of_router(router, EVENT_DAMPED);

	event.fact.word = (uint8_t)what;
	event.fact.number[0] = changes_n;
	if (changes_n)
		event.fact.number[1] = router->conf->damping.within_ns / NS_PER_S;
	if (until_ns)
		event.fact.number[2] = now->real_ns + until_ns - now->mono_ns;
	put_shared(router, &event, event.fact.word);
}

void journal_track(const struct journal_router *router, const struct track *track, uint8_t before)
{
	struct event event = of_router(router, EVENT_TRACK);

	event.track = (struct event_track){ .weight = track->conf->weight,
					    .down = track->unknown ? EVENT_TRACK_UNKNOWN
						    : track->down  ? EVENT_TRACK_DOWN
								   : EVENT_TRACK_UP,
					    .from = before,
					    .to = router->vr->election.priority };
	memcpy(event.track.interface, track->conf->interface, sizeof(event.track.interface));
	memcpy(event.track.check, track->conf->check, sizeof(event.track.check));
	journal_put(&router->journal, &event);
}

_Static_assert((int)BOARD_UNKNOWN == (int)EVENT_CHECK_UNKNOWN &&
		       (int)BOARD_UP == (int)EVENT_CHECK_UP &&
		       (int)BOARD_DOWN == (int)EVENT_CHECK_DOWN,
	       "the journal's numbers of a value are the board's");
_Static_assert(FACTS_TEXT_SIZE <= EVENT_WHY_SIZE && CHECK_NAME_SIZE == EVENT_CHECK_SIZE &&
		       CHECK_ERROR_SIZE == EVENT_ERROR_SIZE,
	       "what is said of a check fits into an event");

void journal_check(const struct journal *journal, const struct facts *facts,
		   const struct facts_news *news)
{
	const struct facts_check *check = &facts->all[news->check];
	struct event event = event_of(EVENT_CHECK, NULL, NULL, 0);
	struct fact fact;

	event.check = (struct event_check){ .from = news->before,
					    .to = check->value,
					    .overdue = news->overdue,
					    .again = news->again,
					    .excused = news->excused,
					    .changes_n = news->changes_n };
	memcpy(event.check.name, check->config->name, sizeof(event.check.name));
	if (news->excused && facts_get(facts, news->check, &fact))
		memcpy(event.check.error, fact.error, sizeof(event.check.error));
	if (!news->overdue && facts_get(facts, news->check, &fact)) {
		event.check.took_ns = fact.took_ns;
		event.check.in_row = fact.in_row;
		event.check.number = fact.number;
		memcpy(event.check.error, fact.error, sizeof(event.check.error));
	}
	journal_put(journal, &event);
}

void journal_clock(const struct journal_router *router, enum event_clock_what what,
		   const uint8_t *source, int64_t ahead_s)
{
	struct event event = of_router(router, EVENT_CLOCK);

	if (what == EVENT_CLOCK_DIFFERS &&
	    !may_put(router->limits, JOURNAL_LIMIT_CLOCK, router->journal.now))
		return;
	event.clock.what = (uint8_t)what;
	event.clock.ahead_s = ahead_s;
	memcpy(event.clock.source, source, vrrp_address_len(event.family));
	journal_put(&router->journal, &event);
}

void journal_send_error(const struct journal_router *router, const char *what, int error)
{
	struct event event;

	if (!may_put(router->limits, JOURNAL_LIMIT_SEND, router->journal.now))
		return;
	event = of_router(router, EVENT_SEND);
	event.fact.error = error;
	strcpy(event.fact.text, what);
	journal_put(&router->journal, &event);
}

void journal_peer_error(const struct journal_router *router, const uint8_t *peer, int error,
			uint32_t *told_s)
{
	struct event event = of_router(router, EVENT_SEND_PEER);

	if (!may_put_again(told_s, router->journal.now))
		return;
	event.address.error = error;
	memcpy(event.address.bytes, peer, sizeof(event.address.bytes));
	journal_put(&router->journal, &event);
}

void journal_receive(const struct journal *journal, struct journal_limits *limits, int error)
{
	if (may_put(limits, JOURNAL_LIMIT_RECEIVE, journal->now))
		journal_fact(journal, EVENT_RECEIVE, error, NULL);
}

void journal_swept(const struct journal *journal, const struct kern_address *address, int error)
{
	struct event event = event_of(EVENT_SWEPT, NULL, NULL, address->family);

	event.address = (struct event_address){ .prefix_len = address->prefix_len,
						.error = error,
						.ifindex = address->ifindex };
	memcpy(event.address.bytes, address->bytes, sizeof(event.address.bytes));
	journal_put(journal, &event);
}
