/* SPDX-License-Identifier: MIT */
#include "conflicts.h"

#include <string.h>

#include "routers_private.h"

#define NS_PER_S  INT64_C(1000000000)
#define LOOKS_MAX 4096 /* per second */

void conflicts_init(struct routers *routers)
{
	struct conflicts *conflicts = &routers->conflicts;

	memset(conflicts, 0, sizeof(*conflicts));
	conflicts->places_n = 1;
	for (unsigned i = 0; i < routers->wants_n; i++)
		conflicts->places_n += kern_wants_get(routers->wants, i)->kind == KERN_KIND_MACVLAN;
}

/* The router of ours that has the address on an interface; -1: none has. */
static int owner_on(const struct routers *routers, unsigned interface, unsigned family,
		    const uint8_t *address)
{
	union kern_entry entry = { .address = { .family = (uint8_t)family } };
	int want;

	memcpy(entry.address.bytes, address, vrrp_address_len(family));
	want = kern_wants_find_same(routers->wants, interface, KERN_KIND_ADDRESS, &entry);
	return want < 0 ? -1 : (int)kern_wants_get(routers->wants, (unsigned)want)->owner;
}

/* Or on a macvlan that stands on it. */
static int owner_of(const struct routers *routers, unsigned interface, unsigned family,
		    const uint8_t *address)
{
	const struct lan *lan = routers_lan(routers, interface, family);
	int owner = owner_on(routers, interface, family, address);

	for (unsigned i = lan ? lan->first : 0; i && owner < 0; i = routers->all[i - 1].next_on_lan)
		if (router_has_virtual_mac(&routers->all[i - 1]))
			owner = owner_on(routers, routers->all[i - 1].home, family, address);
	return owner;
}

static bool may_look(struct conflicts *conflicts, int64_t now_ns)
{
	if (conflicts->second != now_ns / NS_PER_S)
		conflicts->looked_n = 0;
	conflicts->second = now_ns / NS_PER_S;
	return conflicts->looked_n++ * conflicts->places_n < LOOKS_MAX;
}

/* The place of what is known already, or a new one, or that of the oldest. */
static struct conflict *place_for(struct conflicts *conflicts, const struct conflict *conflict)
{
	struct conflict *oldest = &conflicts->all[0];

	for (unsigned i = 0; i < conflicts->n; i++) {
		struct conflict *known = &conflicts->all[i];

		if (known->router == conflict->router && known->vrid == conflict->vrid &&
		    memcmp(known->source, conflict->source, sizeof(known->source)) == 0)
			return known;
		if (known->seen_ns < oldest->seen_ns)
			oldest = known;
	}
	return conflicts->n < CONFLICTS_MAX ? &conflicts->all[conflicts->n++] : oldest;
}

static void note(struct routers *routers, unsigned router, const struct vrrp_advert *advert,
		 const uint8_t *address)
{
	struct journal_router journal = router_journal(routers, &routers->all[router]);
	size_t len = vrrp_address_len(advert->family);
	struct conflict conflict = { .router = router,
				     .vrid = advert->vrid,
				     .seen_ns = routers->now->mono_ns };

	memcpy(conflict.source, advert->source, len);
	memcpy(conflict.address, address, len);
	*place_for(&routers->conflicts, &conflict) = conflict;
	journal_conflict(&journal, conflict.vrid, conflict.source, conflict.address);
}

/* Of whatever version it is, in whatever group, with whatever password and however signed: it is
 * none of our routers. */
static bool decode(const struct vrrp_rx *rx, struct vrrp_advert *ret_advert)
{
	const struct vrrp_hmac_rules any = { .unjudged = true };
	struct vrrp_rules rules = { .destinations = rx->destination,
				    .destinations_n = 1,
				    .min_ttl = VRRP_TTL,
				    .hmac = &any };
	struct vrrp_rx as_sent = *rx;
	unsigned version;

	if (rx->payload_len < VRRP_HEADER_LEN)
		return false;
	version = rx->payload[0] >> 4;
	/* Nobody has a password and signs. */
	if (version == 2 && rx->payload[4] == VRRP_AUTH_PASSWORD &&
	    rx->payload_len >= VRRP_HEADER_LEN + VRRP_AUTH_LEN) {
		rules.auth_type = VRRP_AUTH_PASSWORD;
		memcpy(rules.password, rx->payload + rx->payload_len - VRRP_AUTH_LEN,
		       VRRP_AUTH_LEN);
	}
	as_sent.rules = &rules;
	return version && vrrp_packet_decode(&as_sent, version, ret_advert) == VRRP_ACCEPT;
}

void conflicts_note(struct routers *routers, const struct interface *interface,
		    const struct vrrp_rx *rx)
{
	int number = interface ? interfaces_at(routers->interfaces, interface->ifindex) : -1;
	struct vrrp_advert advert;

	/* Whoever leaves gives its addresses up. */
	if (number < 0 || !decode(rx, &advert) || advert.priority == VRRP_PRIORITY_LEAVE)
		return;
	for (unsigned i = 0; i < advert.addresses_n; i++) {
		const uint8_t *address = advert.addresses + i * vrrp_address_len(advert.family);
		int router;

		if (!may_look(&routers->conflicts, routers->now->mono_ns))
			return;
		router = owner_of(routers, (unsigned)number, advert.family, address);
		if (router < 0)
			continue;
		note(routers, (unsigned)router, &advert, address);
		return;
	}
}

unsigned conflicts_of(const struct routers *routers, unsigned router, int64_t now_ns,
		      const struct conflict *ret[CONFLICTS_MAX])
{
	const struct conflicts *conflicts = &routers->conflicts;
	unsigned n = 0;

	for (unsigned i = 0; i < conflicts->n; i++)
		if (conflicts->all[i].router == router &&
		    now_ns - conflicts->all[i].seen_ns <= CONFLICTS_LAST_NS)
			ret[n++] = &conflicts->all[i];
	return n;
}

bool conflicts_has_double(const struct routers *routers, const struct router *router,
			  unsigned address)
{
	return kern_wants_is_doubled(routers->wants, router->want + address);
}
