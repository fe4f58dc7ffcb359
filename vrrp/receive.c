/* SPDX-License-Identifier: MIT */
#include "receive.h"

#include "timers.h"

#include <assert.h>
#include <string.h>

/* A well-mixed number of an address (the finaliser of MurmurHash3). */
static uint64_t mix(const uint8_t *address, size_t len)
{
	uint64_t number = len;

	for (size_t i = 0; i < len; i++) {
		number = (number ^ address[i]) * UINT64_C(0xff51afd7ed558ccd);
		number ^= number >> 33;
	}
	return number;
}

/*
 * Order does not matter to a set (§5.2.9 only recommends one). Sums of mixed numbers tell sets
 * apart well enough for a notice, and cost the same whatever a peer sends.
 */
static uint64_t digest(const uint8_t *list, unsigned n, size_t len)
{
	uint64_t sum = 0;

	for (unsigned i = 0; i < n; i++)
		sum += mix(list + i * len, len);
	return sum;
}

static bool same_addresses(const struct vrrp_list *own, const struct vrrp_advert *advert)
{
	size_t len = vrrp_address_len(advert->family);
	unsigned n = own->addresses_n;

	if (n != advert->addresses_n)
		return false;
	if (n == 0)
		return true;
	/* The order matters in that a virtual link-local address comes first (erratum 8300). */
	if (vrrp_is_link_local(advert->family, own->addresses) !=
	    vrrp_is_link_local(advert->family, advert->addresses))
		return false;
	if (memcmp(own->addresses, advert->addresses, n * len) == 0)
		return true;
	return digest(own->addresses, n, len) == digest(advert->addresses, n, len);
}

/*
 * Before its second advert in its rhythm: whoever was Active until now, or has come at the same
 * moment, may not have heard the first one. An answer meanwhile puts the second one off.
 */
static bool has_just_taken_over(const struct vrrp *vr)
{
	return vr->election.advert_ns <
	       vr->election.since_ns + 2 * vrrp_interval_ns(vr->config.interval_cs);
}

static bool is_planned(enum vrrp_reason_code code)
{
	return code == VRRP_REASON_LEFT || code == VRRP_REASON_PREEMPT;
}

/*
 * The last word of whom this Active has replaced, which served until then. One who was Active
 * unheard, and now yields, says the same.
 */
static bool ends_hand_over(const struct vrrp *vr, const struct vrrp_advert *advert)
{
	const struct vrrp_election *e = &vr->election;
	const uint8_t *predecessor = e->lower_heard ? e->lower_source : e->active_source;
	int64_t interval_ns = vrrp_interval_ns(vr->config.interval_cs);

	return advert->is_last_word &&
	       (is_planned(e->reason.code) || is_planned(e->reason.cause)) &&
	       memcmp(advert->source, predecessor, vrrp_address_len(advert->family)) == 0 &&
	       e->advert_ns <= e->since_ns + VRRP_HAND_OVER_NS + interval_ns;
}

/* Before adverts of that sender are discarded for their time, there is time to set a clock. */
static bool is_skewed(const struct vrrp_rules *rules, const struct vrrp_advert *advert)
{
	int64_t ahead_s;

	if (!advert->sequence)
		return false;
	ahead_s = vrrp_hmac_ahead_s(advert->sequence, rules->hmac->now);
	return 2 * ahead_s > rules->hmac->window_s || -2 * ahead_s > rules->hmac->window_s;
}

/* 1 << enum vrrp_notice for all that an operator would want to know of an accepted advert. */
static unsigned notices_of(const struct vrrp *vr, const struct vrrp_list *own,
			   const struct vrrp_rx *rx, const struct vrrp_advert *advert)
{
	const struct vrrp_config *c = &vr->config;
	unsigned notices = 0;

	if (advert->interval_cs != c->interval_cs)
		notices |= 1u << VRRP_NOTICE_INTERVAL;
	if (!same_addresses(own, advert))
		notices |= 1u << VRRP_NOTICE_ADDRESS_LIST;
	if (!vrrp_packet_checksum_fits(rx, c->checksum))
		notices |= 1u << VRRP_NOTICE_CHECKSUM_FORM;
	if (advert->priority == vr->election.priority && !advert->is_last_word)
		notices |= vrrp_is_owner(vr) ? 1u << VRRP_NOTICE_OWNER
					     : 1u << VRRP_NOTICE_EQUAL_PRIORITY;
	/* A higher one makes us yield, which says enough; and so does any when we have offered to.
	 */
	if (vr->election.state == VRRP_STATE_ACTIVE && !vr->election.ceding &&
	    advert->priority <= vr->election.priority && !has_just_taken_over(vr) &&
	    !ends_hand_over(vr, advert))
		notices |= 1u << VRRP_NOTICE_OTHER_ACTIVE;
	if (is_skewed(rx->rules, advert))
		notices |= 1u << VRRP_NOTICE_CLOCK_SKEW;
	return notices;
}

static enum vrrp_reject check(const struct vrrp *vr, const struct vrrp_rx *rx,
			      struct vrrp_advert *ret_advert)
{
	const struct vrrp_config *c = &vr->config;
	enum vrrp_reject reject = vrrp_packet_decode(rx, c->version, ret_advert);

	if (reject != VRRP_ACCEPT)
		return reject;
	if (memcmp(rx->source, vr->election.source, vrrp_address_len(rx->family)) == 0)
		return VRRP_REJECT_OWN_SOURCE;
	/* RFC 3768 §7.1; version 3 learns the interval instead. */
	if (c->version == 2 && ret_advert->interval_cs != c->interval_cs)
		return VRRP_REJECT_INTERVAL_DIFFERS;
	return VRRP_ACCEPT;
}

enum vrrp_reject vrrp_receive(struct vrrp *vr, const struct vrrp_list *own,
			      const struct vrrp_rx *rx, struct vrrp_advert *ret_advert)
{
	struct vrrp_advert advert;
	enum vrrp_reject reject;

	if (!vr)
		return vrrp_packet_decode(rx, VRRP_VERSION_NO_ROUTER, &advert);
	assert(vrrp_packet_vrid(rx) == vr->config.vrid && rx->family == vr->config.family);
	reject = check(vr, rx, &advert);
	if (reject != VRRP_ACCEPT) {
		vr->counters.rejected[reject]++;
		if (reject == VRRP_REJECT_INTERVAL_DIFFERS)
			*ret_advert = advert;
		return reject;
	}
	advert.is_last_word = vrrp_is_last_word(vr, &advert, rx->now_ns);
	advert.notices = notices_of(vr, own, rx, &advert);
	for (unsigned i = 0; i < VRRP_NOTICE_COUNT; i++)
		vr->counters.noticed[i] += advert.notices >> i & 1;
	vr->counters.adverts_received++;
	if (advert.priority == VRRP_PRIORITY_LEAVE)
		vr->counters.priority_zero_received++;
	*ret_advert = advert;
	return VRRP_ACCEPT;
}
