/* SPDX-License-Identifier: MIT */
#include "receive.h"

#include <assert.h>
#include <string.h>

/* Order does not matter to a set (§5.2.9 only recommends one), and lists are short. */
static bool list_contains(const uint8_t *list, unsigned n, const uint8_t *address, size_t len)
{
	for (unsigned i = 0; i < n; i++)
		if (memcmp(list + i * len, address, len) == 0)
			return true;
	return false;
}

static bool same_addresses(const struct vrrp_list *own, const struct vrrp_advert *advert)
{
	size_t len = vrrp_address_len(advert->family);

	if (own->addresses_n != advert->addresses_n)
		return false;
	if (memcmp(own->addresses, advert->addresses, own->addresses_n * len) == 0)
		return true;
	for (unsigned i = 0; i < own->addresses_n; i++)
		if (!list_contains(advert->addresses, advert->addresses_n, own->addresses + i * len,
				   len))
			return false;
	return true;
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
	if (advert->priority == c->priority)
		notices |= vrrp_is_owner(vr) ? 1u << VRRP_NOTICE_OWNER
					     : 1u << VRRP_NOTICE_EQUAL_PRIORITY;
	return notices;
}

static enum vrrp_reject check(const struct vrrp *vr, const struct vrrp_rx *rx,
			      struct vrrp_advert *ret_advert)
{
	enum vrrp_reject reject = vrrp_packet_decode(rx, vr ? vr->config.version : 0, ret_advert);

	if (reject == VRRP_ACCEPT &&
	    memcmp(rx->source, vr->source, vrrp_address_len(rx->family)) == 0)
		return VRRP_REJECT_OWN_SOURCE;
	return reject;
}

enum vrrp_reject vrrp_receive(struct vrrp *vr, const struct vrrp_list *own,
			      const struct vrrp_rx *rx, struct vrrp_advert *ret_advert)
{
	struct vrrp_advert advert;
	enum vrrp_reject reject = check(vr, rx, &advert);

	assert(!vr || vrrp_packet_vrid(rx) == vr->config.vrid);
	if (!vr)
		return reject;
	if (reject != VRRP_ACCEPT) {
		vr->counters.rejected[reject]++;
		return reject;
	}
	advert.notices = notices_of(vr, own, rx, &advert);
	for (unsigned i = 0; i < VRRP_NOTICE_COUNT; i++)
		vr->counters.noticed[i] += advert.notices >> i & 1;
	vr->counters.adverts_received++;
	if (advert.priority == VRRP_PRIORITY_LEAVE)
		vr->counters.priority_zero_received++;
	*ret_advert = advert;
	return VRRP_ACCEPT;
}
