/* SPDX-License-Identifier: MIT */
/*
 * How a router signs its adverts, and judges signed ones: which key, what sequence, what time it
 * is.
 *
 * The time is CLOCK_REALTIME of when the router first signed or accepted anything, and from then on
 * that plus what CLOCK_MONOTONIC has gone on: a clock that is set, by years, changes nothing. It is
 * left in the state memory with the last sequence and the marks of senders. There is one way to
 * move it, forward: a router that agrees with nobody takes the time of now when an advert with our
 * key comes that agrees with it; a host that slept, say. Old adverts cannot be of the time to come.
 *
 * Until its first use the time follows CLOCK_REALTIME, so that a host that boots with a wrong clock
 * and hears an advert of another time may wait for its clock to be set (VRRP_EVENT_UNDATED).
 */
#ifndef AUTH_H
#define AUTH_H

#include "agent/conf/conf.h"
#include "agent/state_auth.h"
#include "vrrp/receive.h"

struct routers;
struct router;

/* What a router needs for that. */
struct auth {
	struct vrrp_hmac_rules rules;
	struct state_auth *kept;         /* in the state memory; NULL: there is no HMAC */
	struct vrrp_hmac_mark *marks;    /* likewise */
	const struct vrrp_hmac_key *key; /* that signs, likewise; NULL: none */
	const char *stale_why;           /* likewise; NULL: nothing has begun */
	int64_t heard_ns;                /* what was signed was accepted; 0: never */
	int64_t looked_ns;               /* begin of the second in which */
	unsigned looked_n;               /* so many adverts of another time were looked at */
};

/**
 * auth_ask() - what a configured router needs in the state memory.
 */
void auth_ask(const struct conf_router *conf, struct state_router *ret_state);

/**
 * auth_init() - a router's part in the state memory, and the rules by which it receives.
 */
void auth_init(struct routers *routers, struct router *router);

/**
 * auth_adopt() - go on with what a predecessor left: nothing that it has accepted is accepted
 * again.
 * @entry: its number in @old.
 */
void auth_adopt(struct router *router, const struct state *old, unsigned entry);

/**
 * auth_remember() - nothing of a sender up to a sequence is accepted.
 */
void auth_remember(struct router *router, const uint8_t *source, uint64_t sequence);

/**
 * auth_stale_why() - why the file of a router's keys was unusable, so that it uses those of before;
 * borrowed; empty: it was not, or there are none.
 */
const char *auth_stale_why(const struct router *router);

/**
 * auth_begin() - choose the key. The state memory has those of the router's file now.
 */
void auth_begin(struct routers *routers, struct router *router);

/**
 * auth_lacks_key() - whether a router has no key to sign with, or none to judge by. It sends
 * nothing then, and is in fault.
 */
bool auth_lacks_key(const struct router *router);

/**
 * auth_next() - the sequence of a router's next advert; the one after it is left for the farewell
 * in its will. 0 when it does not sign.
 */
uint64_t auth_next(const struct routers *routers, struct router *router);

/**
 * auth_left() - the sequence for the farewell that is being prepared; 0 likewise. As long as a
 * router has sent no advert nobody can use it.
 */
uint64_t auth_left(const struct router *router);

/**
 * auth_hear() - before a packet is judged: what time it was when it came. An advert with our key
 * and another time may move the time, or let a router wait.
 * @rx: with the router's rules.
 * @arrival_ns: CLOCK_MONOTONIC; it may have waited in a queue.
 */
void auth_hear(struct routers *routers, struct router *router, const struct vrrp_rx *rx,
	       int64_t arrival_ns);

/**
 * auth_accept() - an advert was accepted.
 */
void auth_accept(const struct routers *routers, struct router *router,
		 const struct vrrp_advert *advert);

#endif
