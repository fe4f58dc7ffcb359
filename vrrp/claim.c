/* SPDX-License-Identifier: MIT */
/*
 * What an advert claims: to be Active, and better or not; or nothing, as the last word of one that
 * serves no longer, which is said when its addresses are gone, and these wait for the announcements
 * of who has come (hand_over.h); and as what one has sent before it heard that this router is
 * better.
 */
#include "fsm_private.h"

#include <string.h>

#include "timers.h"

/* What is older is not under way any more; and a contest is not noted more often than that. */
#define LATELY_NS INT64_C(1000000000)

/* Some round their skew time down to a multiple of that. */
#define ROUNDED_NS INT64_C(10000000)

bool fsm_is_better(const struct vrrp *vr, const struct vrrp_advert *advert, unsigned priority)
{
	size_t address_len = vrrp_address_len(vr->config.family);

	if (advert->priority != priority)
		return advert->priority > priority;
	return memcmp(advert->source, vr->election.source, address_len) > 0;
}

/* Return: VRRP_DOUBTS_MAX: nothing of @source is doubted. */
static unsigned find_doubt(const struct vrrp *vr, const uint8_t *source)
{
	const struct vrrp_doubt *doubts = vr->election.doubts;
	unsigned i = 0;

	while (i < VRRP_DOUBTS_MAX &&
	       (!doubts[i].priority ||
		memcmp(source, doubts[i].source, vrrp_address_len(vr->config.family)) != 0))
		i++;
	return i;
}

static bool is_said_again(const struct vrrp *vr, const struct vrrp_advert *advert)
{
	unsigned i = find_doubt(vr, advert->source);

	return i < VRRP_DOUBTS_MAX && vr->election.doubts[i].priority == advert->priority;
}

static void doubt(struct vrrp *vr, const struct vrrp_advert *advert)
{
	struct vrrp_doubt *doubts = vr->election.doubts;
	unsigned i = find_doubt(vr, advert->source);

	/* The oldest one has had most time to say more. */
	if (i == VRRP_DOUBTS_MAX)
		i--;
	memmove(doubts + 1, doubts, i * sizeof(*doubts));
	doubts[0] = (struct vrrp_doubt){ .priority = advert->priority };
	memcpy(doubts[0].source, advert->source, sizeof(doubts[0].source));
}

void fsm_believe(struct vrrp *vr, const uint8_t *source)
{
	struct vrrp_doubt *doubts = vr->election.doubts;
	unsigned i = find_doubt(vr, source);

	if (i == VRRP_DOUBTS_MAX)
		return;
	memmove(doubts + i, doubts + i + 1, (VRRP_DOUBTS_MAX - 1 - i) * sizeof(*doubts));
	doubts[VRRP_DOUBTS_MAX - 1] = (struct vrrp_doubt){ 0 };
}

void fsm_doubt_anew(struct vrrp *vr)
{
	memset(vr->election.doubts, 0, sizeof(vr->election.doubts));
}

/* A Backup whom a lower priority calls lets two intervals pass before it claims. */
static bool has_fallen(const struct vrrp *vr, int64_t now_ns)
{
	int64_t lately_ns = fsm_min_ns(LATELY_NS, 2 * vrrp_interval_ns(vr->config.interval_cs));

	return vr->election.fell_ns && now_ns < vr->election.fell_ns + lately_ns;
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

/*
 * Whether who sends that may have yielded since: this router has become Active, or had a rival,
 * lately, and what is heard is no better than it was until now. A rival that has missed an advert
 * hears the next one.
 */
static bool is_beaten(const struct vrrp *vr, const struct vrrp_advert *advert, int64_t now_ns)
{
	const struct vrrp_election *e = &vr->election;
	int64_t lately_ns = vrrp_interval_ns(vr->config.interval_cs) + LATELY_NS;
	uint8_t best =
		has_fallen(vr, now_ns) && e->fell_from > e->priority ? e->fell_from : e->priority;

	return now_ns < e->contested_ns + lately_ns && !fsm_is_better(vr, advert, best);
}

/* Whoever is no better is answered in any case, unless this router cedes. */
static bool matters(const struct vrrp *vr, const struct vrrp_advert *advert)
{
	return vr->election.ceding || fsm_is_better(vr, advert, vr->election.priority);
}

/* Where somebody else is known to be Active. */
static bool is_of_stranger(const struct vrrp *vr, const struct vrrp_advert *advert)
{
	const struct vrrp_election *e = &vr->election;

	return e->state == VRRP_STATE_ACTIVE ||
	       (e->active_source[0] &&
		memcmp(advert->source, e->active_source, vrrp_address_len(vr->config.family)) != 0);
}

bool vrrp_is_last_word(const struct vrrp *vr, const struct vrrp_advert *advert)
{
	if (advert->priority == VRRP_PRIORITY_LEAVE)
		return true;
	return advert->priority == VRRP_PRIORITY_LOWEST && is_of_stranger(vr, advert) &&
	       !is_said_again(vr, advert);
}

bool fsm_doubts(struct vrrp *vr, const struct vrrp_advert *advert, int64_t now_ns)
{
	bool was_under_way = vr->election.state == VRRP_STATE_ACTIVE && matters(vr, advert) &&
			     is_beaten(vr, advert, now_ns) && !is_said_again(vr, advert);

	if (advert->priority == VRRP_PRIORITY_LEAVE ||
	    !(was_under_way || vrrp_is_last_word(vr, advert)))
		return false;
	doubt(vr, advert);
	return true;
}

int64_t fsm_offer_ns(const struct vrrp *vr)
{
	return vrrp_down_ns(vr->config.version, vr->election.priority, vr->config.interval_cs,
			    vrrp_down_intervals(&vr->config));
}

bool fsm_is_overtaken(const struct vrrp *vr, const struct vrrp_advert *advert, int64_t now_ns)
{
	const struct vrrp_election *e = &vr->election;
	/* Who has begun anew since has heard no offer, and knows its own interval alone. */
	unsigned interval_cs = advert->interval_cs < vr->config.interval_cs
				       ? advert->interval_cs
				       : vr->config.interval_cs;
	int64_t waits_ns;

	if (!e->ceding || advert->priority == VRRP_PRIORITY_LEAVE || !is_beaten(vr, advert, now_ns))
		return false;
	waits_ns = vrrp_skew_ns(vr->config.version, advert->priority, interval_cs) - ROUNDED_NS;
	return now_ns - (e->advert_ns - fsm_offer_ns(vr)) < waits_ns / 2;
}
