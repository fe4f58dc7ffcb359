/* SPDX-License-Identifier: MIT */
/*
 * What an advert claims: to be Active, and better or not; or nothing, as the last word of one that
 * serves no longer, which is said when its addresses are gone, and these wait for the announcements
 * of who has come (hand_over.h); or as an advert that was sent before its sender heard that this
 * router is better.
 */
#include "fsm_private.h"

#include <string.h>

#include "timers.h"

/* So long something that was sent before we spoke may be under way, there and back. */
#define ROUND_TRIP_NS INT64_C(200000000)

/* However short the interval is, a successor may be some way off, and busy. */
#define OFFER_MIN_NS INT64_C(500000000)

/* A contest is not noted more often than that. */
#define CONTEST_NS INT64_C(1000000000)

/* Some round their skew time down to a multiple of that. */
#define ROUNDED_NS INT64_C(10000000)

/* Who is Active says the same again by then, though two adverts are lost. */
#define AGAIN_INTERVALS 3
#define AGAIN_NS        INT64_C(1000000000)

/* The higher address decides a tie. */
static bool ranks_above(const struct vrrp *vr, const struct vrrp_advert *advert, unsigned priority,
			const uint8_t *source)
{
	if (advert->priority != priority)
		return advert->priority > priority;
	return memcmp(advert->source, source, vrrp_address_len(vr->config.family)) > 0;
}

bool fsm_is_better(const struct vrrp *vr, const struct vrrp_advert *advert, unsigned priority)
{
	return ranks_above(vr, advert, priority, vr->election.source);
}

static int64_t round_trip_ns(const struct vrrp *vr)
{
	return fsm_min_ns(ROUND_TRIP_NS, vrrp_interval_ns(vr->config.interval_cs));
}

/* ---- last words ---- */

/* Return: VRRP_DOUBTS_MAX: nothing of @source is doubted. */
static unsigned find_doubt(const struct vrrp *vr, const uint8_t *source)
{
	const struct vrrp_doubt *doubts = vr->election.doubts;
	unsigned i = 0;

	while (i < VRRP_DOUBTS_MAX &&
	       (!doubts[i].ns ||
		memcmp(source, doubts[i].source, vrrp_address_len(vr->config.family)) != 0))
		i++;
	return i;
}

static bool is_said_again(const struct vrrp *vr, const struct vrrp_advert *advert, int64_t now_ns)
{
	unsigned i = find_doubt(vr, advert->source);
	int64_t again_ns = AGAIN_INTERVALS * vrrp_interval_ns(advert->interval_cs) + AGAIN_NS;

	return i < VRRP_DOUBTS_MAX && now_ns < vr->election.doubts[i].ns + again_ns;
}

static void forget_doubt(struct vrrp *vr, unsigned i)
{
	struct vrrp_doubt *doubts = vr->election.doubts;

	memmove(doubts + i, doubts + i + 1, (VRRP_DOUBTS_MAX - 1 - i) * sizeof(*doubts));
	doubts[VRRP_DOUBTS_MAX - 1] = (struct vrrp_doubt){ 0 };
}

static void note_word(struct vrrp *vr, const struct vrrp_advert *advert, int64_t now_ns)
{
	struct vrrp_doubt *doubts = vr->election.doubts;
	unsigned i = find_doubt(vr, advert->source);

	/* The oldest one has had most time to say more. */
	forget_doubt(vr, i < VRRP_DOUBTS_MAX ? i : VRRP_DOUBTS_MAX - 1);
	memmove(doubts + 1, doubts, (VRRP_DOUBTS_MAX - 1) * sizeof(*doubts));
	doubts[0] = (struct vrrp_doubt){ .ns = now_ns };
	memcpy(doubts[0].source, advert->source, sizeof(doubts[0].source));
}

void fsm_believe(struct vrrp *vr, const uint8_t *source)
{
	unsigned i = find_doubt(vr, source);

	if (i < VRRP_DOUBTS_MAX)
		forget_doubt(vr, i);
}

void fsm_doubt_anew(struct vrrp *vr)
{
	memset(vr->election.doubts, 0, sizeof(vr->election.doubts));
}

static bool is_of_other(const struct vrrp *vr, const struct vrrp_advert *advert)
{
	const struct vrrp_election *e = &vr->election;

	return e->active_source[0] &&
	       memcmp(advert->source, e->active_source, vrrp_address_len(vr->config.family)) != 0;
}

/* Whether somebody else is known to be Active, or its sender to have left. */
static bool may_serve_no_longer(const struct vrrp *vr, const struct vrrp_advert *advert)
{
	const struct vrrp_election *e = &vr->election;

	return e->state == VRRP_STATE_ACTIVE || is_of_other(vr, advert) ||
	       (e->active_source[0] && e->active_priority == VRRP_PRIORITY_LEAVE);
}

bool vrrp_is_last_word(const struct vrrp *vr, const struct vrrp_advert *advert, int64_t now_ns)
{
	if (advert->priority == VRRP_PRIORITY_LEAVE)
		return true;
	return advert->priority == VRRP_PRIORITY_LOWEST && may_serve_no_longer(vr, advert) &&
	       !is_said_again(vr, advert, now_ns);
}

bool fsm_doubts(struct vrrp *vr, const struct vrrp_advert *advert, int64_t now_ns)
{
	bool doubts =
		advert->priority != VRRP_PRIORITY_LEAVE && vrrp_is_last_word(vr, advert, now_ns);

	if (advert->priority == VRRP_PRIORITY_LOWEST && may_serve_no_longer(vr, advert))
		note_word(vr, advert, now_ns);
	return doubts;
}

/* ---- what was under way ---- */

int64_t vrrp_offer_ns(const struct vrrp_config *config)
{
	int64_t down_ns = vrrp_down_ns(config->version, VRRP_PRIORITY_LOWEST, config->interval_cs,
				       vrrp_down_intervals(config));

	return down_ns < OFFER_MIN_NS ? OFFER_MIN_NS : down_ns;
}

/*
 * A rival is heard that may have yielded to what was said before the offer, or may have come for
 * it and leave as well: both shall not serve for longer than anybody waits for an Active. But whom
 * the offer calls comes within a round trip and a skew time, which are longer than that where one
 * advert alone may be missed. The lowest priority may be the last word of who serves no longer.
 */
void fsm_shorten_offer(struct vrrp *vr, const struct vrrp_advert *advert, int64_t now_ns)
{
	const struct vrrp_config *c = &vr->config;
	int64_t down_ns = vrrp_down_ns(c->version, vr->election.priority, c->interval_cs,
				       vrrp_down_intervals(c));
	int64_t called_ns =
		round_trip_ns(vr) + vrrp_skew_ns(c->version, VRRP_PRIORITY_LOWEST, c->interval_cs);
	int64_t until_ns = now_ns + (down_ns > called_ns ? down_ns : called_ns);

	if (advert->priority != VRRP_PRIORITY_LOWEST)
		vr->election.advert_ns = fsm_min_ns(vr->election.advert_ns, until_ns);
}

static bool has_fallen(const struct vrrp *vr, int64_t now_ns)
{
	return vr->election.fell_ns && now_ns < vr->election.fell_ns + round_trip_ns(vr);
}

/* Whoever is asked since is no rival of before. */
static bool has_offered(const struct vrrp *vr, int64_t now_ns)
{
	const struct vrrp_election *e = &vr->election;

	return e->ceding && e->contested_ns <= e->offered_ns &&
	       now_ns < e->offered_ns + round_trip_ns(vr);
}

void fsm_fall(struct vrrp *vr, uint8_t priority, int64_t now_ns)
{
	struct vrrp_election *e = &vr->election;

	if (e->state != VRRP_STATE_ACTIVE || priority >= e->priority)
		return;
	if (!has_fallen(vr, now_ns) || e->fell_from < e->priority)
		e->fell_from = e->priority;
	e->fell_ns = now_ns;
	fsm_doubt_anew(vr);
}

static bool is_beaten_here(const struct vrrp *vr, const struct vrrp_advert *advert, int64_t now_ns)
{
	const struct vrrp_election *e = &vr->election;
	bool fell = has_fallen(vr, now_ns);
	uint8_t best = fell && e->fell_from > e->priority ? e->fell_from : e->priority;
	/* A rival that has missed an advert hears the next one. */
	int64_t lately_ns = vrrp_interval_ns(vr->config.interval_cs) + CONTEST_NS;

	return (fell || has_offered(vr, now_ns)) && now_ns < e->contested_ns + lately_ns &&
	       !fsm_is_better(vr, advert, best);
}

/* Whom priority 0 calls waits for its skew time first, of which half is enough to tell, as clocks
 * differ. Who has begun anew since has heard no 0, and knows its own interval alone. */
static int64_t called_ns(const struct vrrp *vr, const struct vrrp_advert *advert)
{
	unsigned interval_cs = advert->interval_cs < vr->election.active_interval_cs
				       ? advert->interval_cs
				       : vr->election.active_interval_cs;
	int64_t skew_ns = vrrp_skew_ns(vr->config.version, advert->priority, interval_cs);

	return fsm_min_ns(round_trip_ns(vr), (skew_ns - ROUNDED_NS) / 2);
}

/* Of the Active that has just been heard, or has said 0. */
static bool is_beaten_there(const struct vrrp *vr, const struct vrrp_advert *advert, int64_t now_ns)
{
	const struct vrrp_election *e = &vr->election;
	bool left = e->active_priority == VRRP_PRIORITY_LEAVE;
	int64_t until_ns = e->heard_ns + (left ? called_ns(vr, advert) : round_trip_ns(vr));

	return !e->lower_heard && is_of_other(vr, advert) && now_ns < until_ns &&
	       !ranks_above(vr, advert, left ? e->lower_priority : e->active_priority,
			    e->active_source);
}

bool fsm_is_beaten(const struct vrrp *vr, const struct vrrp_advert *advert, int64_t now_ns)
{
	if (advert->priority == VRRP_PRIORITY_LEAVE)
		return false;
	return vr->election.state == VRRP_STATE_ACTIVE ? is_beaten_here(vr, advert, now_ns)
						       : is_beaten_there(vr, advert, now_ns);
}
