/* SPDX-License-Identifier: MIT */
#include "router.h"

#include <string.h>

#include "address.h"
#include "announce.h"
#include "auth.h"
#include "damping.h"
#include "family.h"
#include "mac.h"
#include "parse.h"
#include "route.h"
#include "track.h"
#include "unicast.h"
#include "value.h"
#include "vrrp/timers.h"

static void check_lease(const struct conf_place *group, const struct conf_router *router)
{
	const struct conf_place place = conf_place_of(group, "lease");
	const struct vrrp_config *vrrp = &router->vrrp;
	unsigned safe_cs;

	if (!vrrp->interval_cs || !vrrp->down_intervals ||
	    conf_lease_s(router->lease, vrrp->interval_cs, vrrp->down_intervals) >= 0)
		return;
	safe_cs = conf_lease_safe_cs(vrrp->down_intervals);
	if (vrrp->version == 2)
		safe_cs = (safe_cs + 99) / 100 * 100;
	if (safe_cs)
		conf_error_in(&place,
			      "\"safe\" needs an interval of at least \"%.3gs\" with "
			      "down_intervals = %u: the kernel counts a lease in whole seconds",
			      safe_cs / 100.0, vrrp->down_intervals);
	else
		conf_error_in(&place, "\"safe\" needs down_intervals of at least 2: with 1 a "
				      "Backup takes over before any lease can end");
}

/* How long it may be, and in what steps, depends on the version (RFC 3768 §5.3.7). */
static void check_interval(const struct conf_place *group, struct conf_router *router)
{
	const struct conf_place place = conf_place_of(group, "interval");
	struct vrrp_config *vrrp = &router->vrrp;

	if (!vrrp->version || !vrrp->interval_cs ||
	    vrrp_interval_is_valid(vrrp->version, vrrp->interval_cs))
		return;
	conf_error_expected(&place, vrrp->version == 2 ? CONF_INTERVAL_V2 : CONF_INTERVAL_V3);
	vrrp->interval_cs = 0;
}

static void claim_address(const struct conf_place *place, const struct conf_router *router,
			  const struct conf_address *address)
{
	char text[CONF_ADDRESS_TEXT_SIZE];

	if (!address->family)
		return;
	/* Without the prefix length: the wire has none. */
	conf_address_format(address, text);
	text[strcspn(text, "/")] = '\0';
	conf_claim(place, "address %s on %s", text,
		   address->interface[0] ? address->interface : router->interface);
}

/* @first, @n: those of the list @key among all that the router has. */
static void claim_addresses(const struct conf_place *group, const struct conf_router *router,
			    const char *key, unsigned first, unsigned n)
{
	const struct conf_place list = conf_place_of(group, key);
	struct conf_place place = list;

	for (unsigned i = 0; i < n; i++) {
		place.setting = config_setting_get_elem(list.setting, i);
		claim_address(&place, router, &router->addresses[first + i]);
	}
}

/* What only one router of a family may have on its interface; it may be all of the group. */
static void claim_in_family(const struct conf_place *group, const struct conf_router *router)
{
	const struct conf_place vrid = conf_place_of(group, "vrid");
	const char *over = router->vrrp.family == 6 ? " over IPv6" : "";

	if (router->vrrp.vrid)
		conf_claim(&vrid, "VRID %u%s on %s", router->vrrp.vrid, over, router->interface);
	if (conf_family_added(router))
		claim_address(group, router, &router->addresses[0]);
}

/* The kernel cannot tell by which interface an address is meant, unless it is a link-local one. */
static void claim_silence(const struct conf_place *place, const struct conf_router *router)
{
	char text[CONF_ADDRESS_TEXT_SIZE];

	for (unsigned i = 0; i < router->addresses_n + router->extra_n; i++) {
		const struct conf_address *address = &router->addresses[i];

		if (!address->family || vrrp_is_link_local(address->family, address->bytes))
			continue;
		conf_address_format(address, text);
		text[strcspn(text, "/")] = '\0';
		conf_claim(place, "address %s with accept = false", text);
	}
}

/* Allowed, since one of two hosts may differ in preempt alone. */
static void check_preempt_delay(const struct conf_place *group, const struct conf_router *router)
{
	const struct conf_place place = conf_place_of(group, "preempt_delay");

	if (!router->vrrp.preempt_delay_ns)
		return;
	if (router->vrrp.priority == VRRP_PRIORITY_OWNER)
		conf_warn_in(&place, "an owner preempts at once (RFC 9568 §6.1), so this delays "
				     "nothing");
	else if (!router->vrrp.preempt)
		conf_warn_in(&place, "with preempt = false nobody is preempted, so this delays "
				     "nothing");
}

static void check_accept(const struct conf_place *group, const struct conf_router *router)
{
	const struct conf_place place = conf_place_of(group, "accept");

	if (router->accept)
		return;
	if (router->vrrp.priority == VRRP_PRIORITY_OWNER)
		conf_error_in(&place, "an owner always accepts packets to its addresses (RFC 9568 "
				      "§6.1): leave it out");
	else if (place.setting)
		claim_silence(&place, router);
}

/* What only one router may have, of all or of those on its interface. */
static void claim_all(const struct conf_place *group, const struct conf_router *router)
{
	const struct conf_place name = conf_place_of(group, "name");
	unsigned added = conf_family_added(router);

	if (router->name[0])
		conf_claim(&name, "router name \"%s\"", router->name);
	if (!router->interface[0])
		return;
	for (unsigned i = 0; i < conf_family_count(router); i++)
		claim_in_family(group, conf_family_member(router, i));
	claim_addresses(group, router, "addresses", added, router->addresses_n - added);
	claim_addresses(group, router, "extra_addresses", router->addresses_n, router->extra_n);
}

/* Another host that has the address drops what comes from it, and would take over. */
static void check_source(const struct conf_place *group, const struct conf_router *router)
{
	const struct conf_place place = conf_place_of(group, "source");

	if (!router->source[0] || router->vrrp.priority == VRRP_PRIORITY_OWNER)
		return;
	for (unsigned i = 0; i < router->addresses_n + router->extra_n; i++) {
		const struct conf_address *address = &router->addresses[i];

		if (address->family != router->vrrp.family ||
		    memcmp(address->bytes, router->source, sizeof(router->source)))
			continue;
		conf_error_in(&place, "a virtual address of this router cannot be its source: use "
				      "the host's own address, or leave source out");
		return;
	}
}

void conf_router_check(const struct conf_place *group, void *base)
{
	struct conf_router *router = base;

	conf_unicast_set_interface(group, router);
	conf_auth_check(group, router);
	conf_family_set(group, router);
	conf_mac_set(group, router);
	conf_route_set_all(group, router);
	conf_address_check_all(group, router);
	conf_announce_check(group, &router->announce);
	check_interval(group, router);
	check_lease(group, router);
	for (unsigned i = 0; i < conf_family_count(router); i++) {
		check_source(group, conf_family_member(router, i));
		conf_unicast_check(group, conf_family_member(router, i));
	}
	check_accept(group, router);
	check_preempt_delay(group, router);
	conf_damping_check(group, &router->damping, router);
	conf_track_check(group, router);
	claim_all(group, router);
}
