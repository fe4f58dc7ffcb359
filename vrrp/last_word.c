/* SPDX-License-Identifier: MIT */
/*
 * Last words: one that has left or lost says so when its addresses are gone, which wait for the
 * announcements of who has come (hand_over.h). That is no claim.
 */
#include "fsm_private.h"

#include <string.h>

#include "timers.h"

/* Behind the end of a hand-over it takes a moment. */
#define LAST_WORD_NS INT64_C(500000000)

/* Some round their skew time down to a multiple of that. */
#define ROUNDED_NS INT64_C(10000000)

/* Return: VRRP_LEFT_MAX: no last word of @source is due. */
static unsigned find_left(const struct vrrp *vr, const uint8_t *source)
{
	const struct vrrp_left *left = vr->election.left;
	unsigned i = 0;

	while (i < VRRP_LEFT_MAX &&
	       (!left[i].ns ||
		memcmp(source, left[i].source, vrrp_address_len(vr->config.family)) != 0))
		i++;
	return i;
}

/* Return: what it was. */
static struct vrrp_left remove_left(struct vrrp *vr, unsigned i)
{
	struct vrrp_left *left = vr->election.left, removed = left[i];

	memmove(left + i, left + i + 1, (VRRP_LEFT_MAX - 1 - i) * sizeof(*left));
	left[VRRP_LEFT_MAX - 1] = (struct vrrp_left){ 0 };
	return removed;
}

static void expect(struct vrrp *vr, const uint8_t *source, struct vrrp_left words)
{
	struct vrrp_left *left = vr->election.left;
	unsigned i = find_left(vr, source);

	/* The oldest one has had most time to speak. */
	if (i == VRRP_LEFT_MAX)
		i--;
	memmove(left + 1, left, i * sizeof(*left));
	memcpy(words.source, source, sizeof(words.source));
	left[0] = words;
}

void fsm_expect_to_win(struct vrrp *vr, const uint8_t *source, uint8_t priority, int64_t now_ns)
{
	unsigned below = vr->election.priority + 1u;

	expect(vr, source,
	       (struct vrrp_left){ .below = below > UINT8_MAX ? UINT8_MAX : (uint8_t)below,
				   .word = priority,
				   .ns = now_ns });
}

void fsm_expect_predecessor(struct vrrp *vr, const uint8_t *source, uint8_t priority,
			    int64_t now_ns)
{
	const struct vrrp_election *e = &vr->election;
	bool has_left = e->active_priority == VRRP_PRIORITY_LEAVE && e->active_source[0];

	if (e->state != VRRP_STATE_BACKUP || !has_left ||
	    memcmp(source, e->active_source, sizeof(e->active_source)) == 0)
		return;
	expect(vr, e->active_source,
	       (struct vrrp_left){ .below = priority,
				   .word = e->lower_priority && e->lower_priority < priority
						   ? e->lower_priority
						   : (uint8_t)(priority - 1),
				   .predecessor = true,
				   .ns = now_ns });
}

/* It waits for what its successor announces, and behind an advert that is lost, too. */
static int64_t successor_ns(const struct vrrp *vr)
{
	return vrrp_interval_ns(vr->election.state == VRRP_STATE_ACTIVE
					? vr->config.interval_cs
					: vr->election.active_interval_cs);
}

static bool may_be_of(const struct vrrp_left *left, const struct vrrp_advert *advert)
{
	return advert->priority != VRRP_PRIORITY_LEAVE && advert->priority < left->below;
}

/* What it hands over may be announced one by one; who has come waits for that, and asks. A Backup
 * does not ask: by then it may be Active again, for one that has left as well. */
static int64_t longest(const struct vrrp *vr, const struct vrrp_left *left)
{
	int64_t interval_ns = successor_ns(vr);
	bool waits = vr->election.state == VRRP_STATE_ACTIVE && left->predecessor;

	return (waits && interval_ns < VRRP_HAND_OVER_NS ? VRRP_HAND_OVER_NS : interval_ns) +
	       LAST_WORD_NS;
}

bool vrrp_awaits_last_word(const struct vrrp *vr, const struct vrrp_advert *advert)
{
	const struct vrrp_election *e = &vr->election;
	unsigned i = find_left(vr, advert->source);
	const struct vrrp_left *left = &e->left[i];

	if (e->state != VRRP_STATE_ACTIVE || i == VRRP_LEFT_MAX)
		return false;
	/* Who has lost a contest since is none whose place was taken; and who has left long before
	 * that has had time to speak. */
	return left->ns <= e->since_ns && e->since_ns < left->ns + longest(vr, left) &&
	       advert->priority < left->below &&
	       e->advert_ns <= e->since_ns + longest(vr, left) + successor_ns(vr);
}

enum last_word fsm_last_word(struct vrrp *vr, const struct vrrp_advert *advert, int64_t now_ns)
{
	unsigned i = find_left(vr, advert->source);
	struct vrrp_left left;

	if (i == VRRP_LEFT_MAX)
		return LAST_WORD_NONE;
	left = remove_left(vr, i);
	if (!may_be_of(&left, advert) || now_ns >= left.ns + longest(vr, &left))
		return LAST_WORD_NONE;
	return advert->priority == left.word ? LAST_WORD_EXACT : LAST_WORD_MAYBE;
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
	unsigned i = e->ceding ? find_left(vr, advert->source) : VRRP_LEFT_MAX;
	const struct vrrp_left *left = &e->left[i];
	int64_t waits_ns;

	if (i == VRRP_LEFT_MAX || !may_be_of(left, advert) ||
	    now_ns >= left->ns + successor_ns(vr) + LAST_WORD_NS)
		return false;
	waits_ns = vrrp_skew_ns(vr->config.version, advert->priority, interval_cs) - ROUNDED_NS;
	return now_ns - (e->advert_ns - fsm_offer_ns(vr)) < waits_ns / 2;
}
