/* SPDX-License-Identifier: MIT */
#include "routers_private.h"

#include <string.h>

#include "vrrp/timers.h"

#define NS_PER_S INT64_C(1000000000)

/* So many adverts of another time are looked at in a second: a flood of forged ones costs no more.
 */
#define LOOKS_PER_S 16

#define PRIORITY_AT 2 /* in the message (RFC 9568 §5.2) */

void auth_ask(const struct conf_router *conf, struct state_router *ret_state)
{
	if (conf->auth.type != CONF_AUTH_HMAC)
		return;
	ret_state->marks_n =
		conf->unicast.peers_n > VRRP_HMAC_MARKS ? conf->unicast.peers_n : VRRP_HMAC_MARKS;
	ret_state->key_file = conf->auth.key_file;
	ret_state->keys = conf->auth.keys;
}

void auth_init(struct routers *routers, struct router *router)
{
	const struct conf_auth *conf = &router->conf->auth;
	struct auth *auth = &router->auth;
	unsigned number = (unsigned)(router - routers->all);

	if (conf->type != CONF_AUTH_HMAC)
		return;
	auth->kept = state_auth(routers->state, number);
	auth->marks = state_marks(routers->state, number, &auth->rules.marks_n);
	auth->rules.marks = auth->marks;
	auth->rules.window_s = (uint32_t)(conf->window_ns / NS_PER_S);
	auth->rules.unsigned_too = conf->mode != CONF_AUTH_ENFORCE;
	router->rules.hmac = &auth->rules;
}

void auth_adopt(struct router *router, const struct state *old, unsigned entry)
{
	struct auth *auth = &router->auth;
	struct vrrp_hmac_mark mark;

	if (!auth->kept)
		return;
	state_get_auth(old, entry, auth->kept);
	for (unsigned i = 0; state_get_mark(old, entry, i, &mark); i++)
		if (mark.sequence)
			vrrp_hmac_mark(auth->marks, auth->rules.marks_n, mark.source,
				       mark.sequence);
}

void auth_remember(struct router *router, const uint8_t *source, uint64_t sequence)
{
	struct auth *auth = &router->auth;

	if (auth->kept)
		vrrp_hmac_mark(auth->marks, auth->rules.marks_n, source, sequence);
}

void auth_begin(struct routers *routers, struct router *router)
{
	const struct conf_auth *conf = &router->conf->auth;
	struct auth *auth = &router->auth;

	if (!auth->kept)
		return;
	auth->rules.keys = state_keys(routers->state, conf->key_file);
	auth->key = conf_signs(router->conf) ? vrrp_hmac_key(auth->rules.keys, conf->active) : NULL;
	auth->stale_why = state_keys_why(routers->state, conf->key_file);
}

bool auth_lacks_key(const struct router *router)
{
	const struct auth *auth = &router->auth;

	if (!auth->kept)
		return false;
	return conf_signs(router->conf) ? !auth->key
					: !auth->rules.keys || auth->rules.keys->n == 0;
}

const char *auth_stale_why(const struct router *router)
{
	return router->auth.stale_why && !auth_lacks_key(router) ? router->auth.stale_why : "";
}

/* ---- time ---- */

static int64_t clock_now_ns(const struct routers *routers)
{
	return routers->now->real_ns - routers->now->mono_ns;
}

/* @mono_ns: of now, or of before. */
static uint64_t time_at(const struct routers *routers, const struct router *router, int64_t mono_ns)
{
	const struct state_auth *kept = router->auth.kept;

	return vrrp_hmac_time((kept->begun ? kept->clock_ns : clock_now_ns(routers)) + mono_ns);
}

/* From the first use on the time does not follow CLOCK_REALTIME any more. */
static void begin_clock(const struct routers *routers, struct router *router)
{
	struct state_auth *kept = router->auth.kept;

	if (kept->begun)
		return;
	kept->clock_ns = clock_now_ns(routers);
	kept->begun = 1;
}

uint64_t auth_next(const struct routers *routers, struct router *router)
{
	struct state_auth *kept = router->auth.kept;
	uint64_t sequence;

	if (!router->auth.key)
		return 0;
	begin_clock(routers, router);
	sequence = vrrp_hmac_next(kept->sequence, time_at(routers, router, routers->now->mono_ns));
	kept->sequence = sequence + 1;
	return sequence;
}

uint64_t auth_left(const struct router *router)
{
	return router->auth.key ? router->auth.kept->sequence : 0;
}

/* ---- adverts of another time ---- */

static uint64_t sequence_of(const struct vrrp_rx *rx)
{
	return vrrp_hmac_sequence(rx->payload + rx->payload_len - VRRP_HMAC_LEN);
}

static bool is_near(const struct router *router, uint64_t sequence, uint64_t time)
{
	int64_t ahead_s = vrrp_hmac_ahead_s(sequence, time), window_s = router->auth.rules.window_s;

	return ahead_s <= window_s && -ahead_s <= window_s;
}

static bool may_look(const struct routers *routers, struct auth *auth)
{
	if (routers->now->mono_ns - auth->looked_ns >= NS_PER_S) {
		auth->looked_ns = routers->now->mono_ns;
		auth->looked_n = 0;
	}
	return auth->looked_n++ < LOOKS_PER_S;
}

/* Nobody waits for whom leaves. And the farewell of a process that hung is as old as its last
 * advert, whatever the clocks say. */
static bool is_farewell(const struct vrrp_rx *rx)
{
	return rx->payload[PRIORITY_AT] == VRRP_PRIORITY_LEAVE;
}

/* Whether a packet that is stale and nothing else was made by somebody who has our key. */
static bool is_ours(const struct router *router, const struct vrrp_rx *rx)
{
	const struct vrrp_config *config = &router->vr.config;
	size_t len = rx->payload_len - VRRP_HMAC_LEN;
	const struct vrrp_hmac_scope scope = { config->family, config->version, config->vrid,
					       rx->source };
	struct vrrp_advert advert;

	return vrrp_packet_decode(rx, config->version, &advert) == VRRP_REJECT_HMAC_STALE &&
	       memcmp(rx->source, router->vr.election.source, sizeof(rx->source)) != 0 &&
	       vrrp_hmac_verify(router->auth.rules.keys, &scope, rx->payload, len,
				rx->payload + len) == VRRP_ACCEPT;
}

/*
 * Forward, to the time of now, if the sender agrees with that and nobody has agreed with ours for
 * as long as an advert is fresh.
 */
static bool move_clock(struct routers *routers, struct router *router, uint64_t sequence,
		       int64_t arrival_ns)
{
	const struct auth *auth = &router->auth;
	int64_t clock_ns = clock_now_ns(routers);
	int64_t interval_ns = vrrp_interval_ns(router->vr.election.active_interval_cs);

	if (!auth->kept->begun || clock_ns <= auth->kept->clock_ns ||
	    !is_near(router, sequence, vrrp_hmac_time(clock_ns + arrival_ns)) ||
	    (auth->heard_ns && arrival_ns - auth->heard_ns <= interval_ns * 5 / 4))
		return false;
	auth->kept->clock_ns = clock_ns;
	return true;
}

static void hear_undated(struct routers *routers, struct router *router, const struct vrrp_rx *rx,
			 int64_t arrival_ns)
{
	const int64_t since_ns = router->vr.election.since_ns;
	const struct vrrp_event event = { .type = VRRP_EVENT_UNDATED,
					  .now_ns = arrival_ns < since_ns ? since_ns : arrival_ns };
	struct journal_router journal = router_journal(routers, router);
	uint64_t sequence = sequence_of(rx);
	int32_t ahead_s = vrrp_hmac_ahead_s(sequence, router->auth.rules.now);

	if (move_clock(routers, router, sequence, arrival_ns)) {
		router->auth.rules.now = time_at(routers, router, arrival_ns);
		journal_clock(&journal, EVENT_CLOCK_MOVED, rx->source, ahead_s);
		return;
	}
	journal_clock(&journal, EVENT_CLOCK_DIFFERS, rx->source, ahead_s);
	router_step(routers, router, &event);
}

void auth_hear(struct routers *routers, struct router *router, const struct vrrp_rx *rx,
	       int64_t arrival_ns)
{
	struct auth *auth = &router->auth;

	if (!auth->kept)
		return;
	auth->rules.now = time_at(routers, router, arrival_ns);
	if (rx->payload_len >= VRRP_HEADER_LEN + VRRP_HMAC_LEN && !is_farewell(rx) &&
	    !is_near(router, sequence_of(rx), auth->rules.now) && may_look(routers, auth) &&
	    is_ours(router, rx))
		hear_undated(routers, router, rx, arrival_ns);
}

void auth_accept(const struct routers *routers, struct router *router,
		 const struct vrrp_advert *advert)
{
	struct auth *auth = &router->auth;

	if (!advert->sequence)
		return;
	begin_clock(routers, router);
	auth->heard_ns = routers->now->mono_ns;
	vrrp_hmac_mark(auth->marks, auth->rules.marks_n, advert->source, advert->sequence);
}
