/* SPDX-License-Identifier: MIT */
/*
 * Handing addresses over: a router that leaves on purpose, or has found its better, goes on serving
 * each address until its successor is heard to announce it, and a moment longer, for what was under
 * way by then, so that at any time somebody answers. Those that nobody can announce, since they are
 * on no Ethernet, go with the last one, and routes and rules with the first. All of it ends when an
 * interval, or half a second if that is longer, has passed since it began or an address was
 * announced that it waits for, and after HAND_OVER_LONGEST_NS in any case. A fault ends it at once;
 * a stop and a reload wait for it.
 *
 * What is announced is evidence, too: a successor that announces some of the addresses is alive and
 * busy, also if it finds no time for adverts. So leases are renewed on it, and its silence counts
 * from there, until so long after the beginning. Who leaves for good takes over from nobody.
 */
#ifndef HAND_OVER_H
#define HAND_OVER_H

#include <stdbool.h>
#include <stdint.h>

#include "vrrp/fsm.h"

/* So long a packet may be under way to whoever had the address before it was announced. */
#define HAND_OVER_GRACE_NS INT64_C(2000000)

/* So long after its first advert a successor that has its addresses by then has announced one. */
#define HAND_OVER_RECALL_NS INT64_C(150000)

/* A thousand addresses with a pause of 10 ms between two announcements take half as long. */
#define HAND_OVER_LONGEST_NS VRRP_HAND_OVER_NS

struct router;
struct routers;

/* Of a router. */
struct hand_over {
	int64_t until_ns;   /* it ends then; 0: there is none */
	int64_t due_ns;     /* the next address goes then; VRRP_NEVER: none is announced */
	int64_t began_ns;   /* since then, or the last one */
	int64_t recall_ns;  /* switches are called back then; VRRP_NEVER: they are not */
	int64_t renew_ns;   /* the next announcement from then on renews the leases */
	int64_t lives_ns;   /* its successor was heard then, though it may not advertise; 0 */
	int64_t claimed_ns; /* the router became Active then */
	unsigned left_n;    /* addresses that are still to be announced */
	unsigned gone_n;    /* those that were */
	bool word_due;      /* an advert that leaves behind it, */
	uint8_t word;       /* of that priority */
	bool is_complete;   /* the last one ended when all were announced */
};

/**
 * hand_over_begin() - a router is not Active any more, and somebody comes for its addresses. What
 * nobody needs to announce goes at once.
 */
void hand_over_begin(struct routers *routers, struct router *router);

/**
 * hand_over_is_on() - whether it still serves.
 */
bool hand_over_is_on(const struct router *router);

/**
 * hand_over_span_ns() - how long it waits for an announcement, from its beginning or the one
 * before.
 */
int64_t hand_over_span_ns(const struct router *router);

/**
 * hand_over_say() - an advert leaves when all addresses are gone: with @priority, or 0 if the
 * router leaves for good and its successor has not announced all of them.
 */
void hand_over_say(struct routers *routers, struct router *router, uint8_t priority);

/**
 * hand_over_end() - what is left goes now. Without effect when there is none.
 */
void hand_over_end(struct routers *routers, struct router *router);

/**
 * hand_over_cancel() - the router is Active again, and wants them all.
 */
void hand_over_cancel(struct routers *routers, struct router *router);

/**
 * hand_over_announced() - somebody else has announced an address of a router: if that is awaited,
 * it goes in a moment, and the others have more time.
 * @want: of the router.
 */
void hand_over_announced(struct routers *routers, struct router *router, unsigned want);

/**
 * hand_over_awaits() - whether an address is still to be announced.
 */
bool hand_over_awaits(const struct routers *routers, unsigned want);

/**
 * hand_over_holds_ns() - until when a router does not take over, whatever it has not heard: its
 * successor is alive, or that of one that it shares its fate with, and that has a say; VRRP_NEVER:
 * it leaves for good, and its addresses go with that.
 *
 * Return: 0: nothing keeps it from that.
 */
int64_t hand_over_holds_ns(struct router *router);

/**
 * hand_over_heard_any() - whether some address was announced of those that it has waited for.
 */
bool hand_over_heard_any(const struct router *router);

/**
 * hand_over_look() - let go what is announced, call switches back, and end one whose time is over.
 */
void hand_over_look(struct routers *routers, struct router *router);

/**
 * hand_over_deadline() - when that is due; INT64_MAX.
 */
int64_t hand_over_deadline(const struct router *router);

#endif
