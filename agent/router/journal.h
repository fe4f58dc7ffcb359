/* SPDX-License-Identifier: MIT */
/*
 * What the routers put into the journal (agent/events.h): each function makes the event of one
 * fact. What a peer can cause by the thousand is put at most once a second per router and sort,
 * with the number so far, so that no storm drives everything else out of the ring.
 */
#ifndef JOURNAL_H
#define JOURNAL_H

#include "agent/conf/conf.h"
#include "agent/events.h"
#include "agent/state.h"
#include "netlink/reconcile.h"
#include "facts.h"
#include "track.h"
#include "vrrp/receive.h"

/* What is limited, for each router and for what concerns none. */
enum {
	JOURNAL_LIMIT_REJECT = 0,
	JOURNAL_LIMIT_NOTICE = JOURNAL_LIMIT_REJECT + VRRP_REJECT_COUNT,
	JOURNAL_LIMIT_SEND = JOURNAL_LIMIT_NOTICE + VRRP_NOTICE_COUNT,
	JOURNAL_LIMIT_RECEIVE,
	JOURNAL_LIMIT_CONFLICT,
	JOURNAL_LIMIT_CLOCK,
	JOURNAL_LIMITS,
};

/* The second of CLOCK_MONOTONIC in which each happened last, plus 1; 0: never. */
struct journal_limits {
	uint32_t put_s[JOURNAL_LIMITS];
};

/* Where events go, and when it is. */
struct journal {
	struct events *events;    /* borrowed; NULL: nobody is to know yet */
	const struct clocks *now; /* borrowed */
};

/* Whose event it is. What concerns all routers of its group is told of each of them. */
struct journal_router {
	struct journal journal;
	const struct conf_router *conf; /* borrowed */
	const struct vrrp *vr;          /* borrowed */
	struct journal_limits *limits;  /* borrowed */
	const struct facts *facts;      /* borrowed */
	const struct senders *senders;  /* borrowed; NULL: of nobody's packets is anything known */
	const struct router *router;    /* borrowed; NULL: nobody shares its fate */
};

/* Who asked for something over the control socket. */
struct journal_asker {
	uint32_t uid;
	int32_t pid; /* 0: of another PID namespace */
};

/**
 * journal_put() - an event that is complete.
 */
void journal_put(const struct journal *journal, const struct event *event);

/**
 * journal_fact() - an event that has an error and a text at most.
 * @error: an errno, or 0.
 * @text: or NULL.
 */
void journal_fact(const struct journal *journal, enum event_kind kind, int error, const char *text);

/**
 * journal_sum() - an event that consists of numbers.
 */
void journal_sum(const struct journal *journal, enum event_kind kind, const int64_t numbers[3]);

/**
 * journal_state_event() - an event about the state that a virtual router is in.
 * @kind: EVENT_STATE, or another with that payload.
 * @facts: of the checks that may be the reason.
 * @by: the router of its unit that the reason names; "": none.
 */
struct event journal_state_event(enum event_kind kind, const struct conf_router *conf,
				 const struct vrrp *vr, const struct facts *facts, const char *by);

/**
 * journal_caveat() - something about a LAN may make its routers useless.
 * @interface: its name.
 */
void journal_caveat(const struct journal *journal, const char *interface, unsigned family,
		    enum event_caveat caveat);

/**
 * journal_not_heard() - another Active goes on, although it has been answered.
 */
void journal_not_heard(const struct journal_router *router, const struct vrrp_advert *advert);

/**
 * journal_address_taken() - somebody says to have an address of an Active.
 * @mac: who.
 */
void journal_address_taken(const struct journal_router *router, const struct conf_address *address,
			   const uint8_t *mac);

/**
 * journal_handed_over() - a router has given its addresses up to somebody who has announced them.
 * @gone_n: those that were announced.
 * @left_n: those that were not, in the time that there was.
 * @span_ns: how long it went on serving.
 */
void journal_handed_over(const struct journal_router *router, unsigned gone_n, unsigned left_n,
			 int64_t span_ns);

/**
 * journal_drain() - somebody drains a router, or ends that.
 * @for_ns: how long; VRRP_NEVER or 0: without an end.
 * @waits: for commands that run first, which is told next.
 */
void journal_drain(const struct journal_router *router, enum event_drain what, int64_t for_ns,
		   bool waits, const struct journal_asker *asker);

/**
 * journal_drained() - what comes of a drain.
 */
void journal_drained(const struct journal_router *router, enum event_drain what);

/**
 * journal_drain_kept() - it was drained before vipd was started, and is still. Told of each router
 * of a group: of each it was kept.
 * @until_ns: VRRP_NEVER: without an end.
 */
void journal_drain_kept(const struct journal_router *router, int64_t until_ns);

/**
 * journal_left_alone() - it leaves as the Active that nobody has come for.
 */
void journal_left_alone(const struct journal_router *router, enum event_before before);

/**
 * journal_hold() - commands run before a router leaves, or that is over.
 * @what: EVENT_DRAIN_WAITS, until when too; or what ends it.
 */
void journal_hold(const struct journal_router *router, enum event_drain what,
		  const struct state_hold *hold);

/**
 * journal_drain_void() - a drain was kept of a router that is not there any more.
 */
void journal_drain_void(const struct journal *journal, const char *name, unsigned family);

/**
 * journal_damping() - a router that flaps is damped, or is no more.
 * @changes_n: to Active or from it, that made it so.
 * @until_ns: CLOCK_MONOTONIC; 0: it is not.
 */
void journal_damping(const struct journal_router *router, enum event_damping what,
		     unsigned changes_n, int64_t until_ns);

/**
 * journal_track() - what is tracked with a weight came or went.
 * @before: the effective priority until then.
 */
void journal_track(const struct journal_router *router, const struct track *track, uint8_t before);

/**
 * journal_check() - a check has another value, or does not answer, or does again.
 */
void journal_check(const struct journal *journal, const struct facts *facts,
		   const struct facts_news *news);

/**
 * journal_state() - a virtual router has just changed its state.
 * @by: as for journal_state_event().
 * @removed: a reload does without it.
 */
void journal_state(const struct journal_router *router, enum vrrp_state from, const char *by,
		   bool removed);

/**
 * journal_mute() - a family of a router that speaks both cannot speak here.
 */
void journal_mute(const struct journal_router *router, const struct vrrp_reason *why);

/**
 * journal_family() - EVENT_SPEAKS, EVENT_DEAF or EVENT_HEARS of such a family.
 */
void journal_family(const struct journal_router *router, enum event_kind kind);

/**
 * journal_reject() - a packet was discarded, and counted.
 */
void journal_reject(const struct journal_router *router, enum vrrp_reject reject,
		    const struct vrrp_rx *rx);

/**
 * journal_interval_differs() - an advert of version 2 was discarded, and counted, since its
 * interval is not ours. Told as what it is in version 3, the notice with both intervals, and in its
 * place.
 */
void journal_interval_differs(const struct journal_router *router,
			      const struct vrrp_advert *advert);

/* A packet that concerns no router. */
struct journal_stray {
	enum vrrp_reject reject;
	uint64_t total;
	const char *interface; /* where it arrived */
	unsigned family;
	const uint8_t *source;
	int vrid; /* 0..255, or -1 when it has none */
};

/**
 * journal_stray() - a packet was discarded that concerns no router.
 * @limits: of the agent.
 */
void journal_stray(const struct journal *journal, struct journal_limits *limits,
		   const struct journal_stray *stray);

/**
 * journal_notices() - an accepted advert is remarkable.
 * @own: what the router advertises.
 */
void journal_notices(const struct journal_router *router, const struct vrrp_list *own,
		     const struct vrrp_advert *advert);

/**
 * journal_conflict() - another VRID advertises an address of ours on the same interface.
 * @vrid: that one.
 * @source, @address: network byte order, 16 bytes each.
 */
void journal_conflict(const struct journal_router *router, uint8_t vrid, const uint8_t *source,
		      const uint8_t *address);

/**
 * journal_forgotten() - a Backup was told to forget its Active, and has.
 * @before: what it knew.
 */
void journal_forgotten(const struct journal_router *router, const struct vrrp_election *before,
		       const struct journal_asker *asker);

/**
 * journal_forget() - what happened last of a sort is so no more, and the next one is news.
 * @sort: JOURNAL_LIMIT_... and which of them.
 */
void journal_forget(struct journal_limits *limits, unsigned sort);

/**
 * journal_ages() - how long ago each of a row of sorts happened last.
 * @first: of the sorts, JOURNAL_LIMIT_...
 * @ret_ages: @n of them: seconds plus 1; 0: never since this process began.
 */
void journal_ages(const struct journal_limits *limits, unsigned first, unsigned n, int64_t now_ns,
		  uint64_t *ret_ages);

/**
 * journal_address() - an address came, went, or resists. Claims and releases are told by the change
 * of state that they belong to.
 * @error: an errno for KERN_WANT_FAILED.
 */
void journal_address(const struct journal_router *router, const struct conf_address *address,
		     enum kern_want_news news, int error);

/**
 * journal_address_unfiltered() - the kernel refuses to drop packets to an address of a router that
 * does not accept them, so it is not added.
 * @error: an errno.
 */
void journal_address_unfiltered(const struct journal_router *router,
				const struct conf_address *address, int error);

/**
 * journal_address_not_own() - vipd has added an owner's address: it is not the host's own.
 */
void journal_address_not_own(const struct journal_router *router,
			     const struct conf_address *address);

/**
 * journal_address_no_place() - an address that is not required has no interface to be on.
 */
void journal_address_no_place(const struct journal_router *router,
			      const struct conf_address *address);

/**
 * journal_address_twin() - somebody has an address of a router on another interface, too.
 * @ifindex: of that one.
 */
void journal_address_twin(const struct journal_router *router, const struct conf_address *address,
			  int ifindex);

/**
 * journal_macvlan() - the macvlan of a router with a virtual MAC, or that it is up, resists. That
 * it was made, or comes and goes with the state, is not told.
 * @is_up: the latter.
 * @error: an errno for KERN_WANT_FAILED.
 */
void journal_macvlan(const struct journal_router *router, bool is_up, enum kern_want_news news,
		     int error);

/**
 * journal_route() - a route or a rule of a router resists. That it comes and goes with the state is
 * not told.
 * @i: below its routes_n + rules_n; the rules are behind the routes.
 * @error: an errno for KERN_WANT_FAILED.
 */
void journal_route(const struct journal_router *router, unsigned i, enum kern_want_news news,
		   int error);

/**
 * journal_route_no_place() - a route has no interface to lead over.
 */
void journal_route_no_place(const struct journal_router *router, const struct conf_route *route);

/**
 * journal_resort() - a virtual router becomes the last resort, or is it no more (resort.h).
 * @address: that it cannot hold, or NULL.
 */
void journal_resort(const struct journal_router *router, enum event_resort what,
		    const struct conf_address *address);

/**
 * journal_clock() - the time of a signed advert is not this host's.
 * @ahead_s: the sender's clock of ours.
 */
void journal_clock(const struct journal_router *router, enum event_clock_what what,
		   const uint8_t *source, int64_t ahead_s);

/**
 * journal_send_error() - a frame was refused by the kernel.
 * @what: "advert" or "announcement".
 */
void journal_send_error(const struct journal_router *router, const char *what, int error);

/**
 * journal_peer_error() - the kernel refused an advert to a unicast peer.
 * @peer: 16 bytes.
 * @told_s: the peer's own limit; begins as 0.
 */
void journal_peer_error(const struct journal_router *router, const uint8_t *peer, int error,
			uint32_t *told_s);

/**
 * journal_receive() - adverts may have been lost on the way from the kernel.
 * @limits: of the agent.
 * @error: an errno, or 0 when they came faster than they could be read.
 */
void journal_receive(const struct journal *journal, struct journal_limits *limits, int error);

/**
 * journal_swept() - an address of a dead predecessor was removed at start.
 * @error: 0 or an errno.
 */
void journal_swept(const struct journal *journal, const struct kern_address *address, int error);

#endif
