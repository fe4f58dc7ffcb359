/* SPDX-License-Identifier: MIT */
#include "virtual_mac.h"

#include <linux/ipv6.h>
#include <string.h>

#include "netlink/sweep.h"
#include "routers_private.h"

/* The wants of a router with a virtual MAC, by what is behind router->macvlan; then one for each
 * address that ARP is about, router->arp. */
enum {
	MACVLAN,
	UP,
	MLD,
	WANTS,
};

/* The interface speaks ARP for all addresses of the host; ND knows whose each is. */
static bool needs_arp(const struct conf_router *conf, unsigned address)
{
	return conf->vrrp.family == 4 && conf_is_on_macvlan(conf, &conf->addresses[address]);
}

static unsigned arps_n(const struct conf_router *conf)
{
	unsigned n = 0;

	for (unsigned i = 0; i < conf->addresses_n + conf->extra_n; i++)
		n += needs_arp(conf, i);
	return n;
}

unsigned virtual_mac_wants_n(const struct conf_router *conf)
{
	return conf->mac.type == CONF_MAC_VIRTUAL ? WANTS + arps_n(conf) : 0;
}

static void add_arps(struct routers *routers, struct router *router, unsigned number,
		     const struct conf_router *conf)
{
	router->arp = routers->wants_n;
	for (unsigned i = 0; i < conf->addresses_n + conf->extra_n; i++) {
		struct kern_want want = { .kind = KERN_KIND_FILTER,
					  .interface = router->interface,
					  .owner = number };

		if (!needs_arp(conf, i))
			continue;
		want.entry.filter = (struct kern_filter){ .action = KERN_FILTER_ARP, .family = 4 };
		memcpy(want.entry.filter.bytes, conf->addresses[i].bytes,
		       sizeof(want.entry.filter.bytes));
		kern_wants_add(routers->wants, &want);
		routers->wants_n++;
		router->arps_n++;
	}
}

void virtual_mac_add(struct routers *routers, unsigned number, const struct conf_router *conf)
{
	struct router *router = &routers->all[number];
	struct kern_want macvlan = { .kind = KERN_KIND_MACVLAN,
				     .interface = router->interface,
				     .owner = number };
	struct kern_want up = { .kind = KERN_KIND_UP, .owner = number };
	struct kern_want mld = { .kind = KERN_KIND_FILTER, .owner = number };

	if (conf->mac.type != CONF_MAC_VIRTUAL)
		return;
	router->home = up.interface = interfaces_add_made(routers->interfaces, conf->mac.name);
	memcpy(macvlan.entry.macvlan.mac, conf->mac.address, sizeof(conf->mac.address));
	strcpy(macvlan.entry.macvlan.name, conf->mac.name);
	router->macvlan = kern_wants_add(routers->wants, &macvlan);
	kern_wants_add(routers->wants, &up);
	mld.interface = router->home;
	mld.entry.filter.action = KERN_FILTER_MLD;
	kern_wants_add(routers->wants, &mld);
	routers->wants_n += WANTS;
	add_arps(routers, router, number, conf);
}

bool virtual_mac_is_on_macvlan(const struct routers *routers, const struct router *router)
{
	const struct interface *below = interfaces_get(routers->interfaces, router->interface);

	return router_has_virtual_mac(router) && below->ifindex && below->macvlan;
}

static void want_where_it_can_be(struct routers *routers, const struct router *router)
{
	if (router->begun)
		kern_wants_want(routers->wants, router->macvlan + MACVLAN,
				!virtual_mac_is_on_macvlan(routers, router));
}

void virtual_mac_want(struct routers *routers, struct router *router)
{
	if (!router_has_virtual_mac(router))
		return;
	router->begun = true;
	want_where_it_can_be(routers, router);
	kern_wants_want(routers->wants, router->macvlan + MLD, true);
	virtual_mac_fit(routers, router, false);
}

void virtual_mac_want_up(struct routers *routers, const struct router *router, bool up)
{
	if (!router_has_virtual_mac(router))
		return;
	kern_wants_want(routers->wants, router->macvlan + UP, up);
	for (unsigned i = 0; i < router->arps_n; i++)
		kern_wants_want(routers->wants, router->arp + i, up);
}

/* ---- what became of it ---- */

static void ask_to_set(struct routers *routers, struct router *router)
{
	router->unset = true;
	if (routers->unset_from > (unsigned)(router - routers->all))
		routers->unset_from = (unsigned)(router - routers->all);
}

void virtual_mac_fit(struct routers *routers, struct router *router, bool by_us)
{
	unsigned want = router->macvlan + MACVLAN;
	const struct interface *below = interfaces_get(routers->interfaces, router->interface);
	union kern_entry entry;
	bool asked;

	if (!router_has_virtual_mac(router) || !kern_wants_is_ours(routers->wants, want) ||
	    !below->ifindex || !below->mtu)
		return;
	entry = kern_wants_get(routers->wants, want)->entry;
	asked = by_us && router->misfit;
	router->misfit = entry.macvlan.shown_mtu != below->mtu || entry.macvlan.other_mode;
	if (!router->misfit || asked)
		return;
	entry.macvlan.mtu = below->mtu;
	kern_wants_amend(routers->wants, want, &entry);
	kern_wants_renew(routers->wants, want, routers->now->mono_ns);
}

/* The index that it has; 0: it is not there, or not ours. */
static int ifindex_of(const struct routers *routers, const struct router *router)
{
	const struct kern_want *want = kern_wants_get(routers->wants, router->macvlan + MACVLAN);

	return kern_wants_is_ours(routers->wants, router->macvlan + MACVLAN)
		       ? want->entry.macvlan.own_ifindex
		       : 0;
}

/* With an MTU that IPv6 can live with again, its settings are new ones. */
static void follow_width(struct routers *routers, struct router *router)
{
	uint32_t mtu =
		kern_wants_get(routers->wants, router->macvlan + MACVLAN)->entry.macvlan.shown_mtu;
	bool narrow = mtu && mtu < IPV6_MIN_MTU;

	if (router->narrow && !narrow)
		ask_to_set(routers, router);
	router->narrow = narrow;
}

void virtual_mac_follow(struct routers *routers, struct router *router)
{
	const struct interface *home = interfaces_get(routers->interfaces, router->home);
	int ifindex = ifindex_of(routers, router);

	follow_width(routers, router);
	if (home->ifindex == ifindex)
		return;
	interfaces_tie(routers->interfaces, router->home, ifindex);
	kern_wants_interface(routers->wants, router->home, ifindex, home->promotes);
	routes_doubt(routers, router->home);
	router->moved = true;
	router->unset = false;
	if (ifindex)
		ask_to_set(routers, router);
	routers_doubt(routers, router_lan(routers, router));
}

static struct router *router_of_home(struct routers *routers, int home)
{
	for (unsigned i = 0; home >= 0 && i < routers->n; i++)
		if (router_has_virtual_mac(&routers->all[i]) &&
		    routers->all[i].home == (unsigned)home)
			return &routers->all[i];
	return NULL;
}

void virtual_mac_see_altered(struct routers *routers, const struct kern_object *object)
{
	int home = interfaces_at(routers->interfaces, object->entry.macvlan.own_ifindex);
	struct router *router = object->gone ? NULL : router_of_home(routers, home);
	struct kern_object altered = *object;
	const struct kern_want *want;

	if (!router)
		return;
	want = kern_wants_get(routers->wants, router->macvlan + MACVLAN);
	memcpy(altered.entry.macvlan.mac, want->entry.macvlan.mac, sizeof(want->entry.macvlan.mac));
	altered.entry.macvlan.other_mode = true;
	(void)kern_wants_see(routers->wants, router->interface, &altered);
	virtual_mac_fit(routers, router, object->by_us);
}

void virtual_mac_follow_all(struct routers *routers)
{
	if (!kern_wants_has_kind(routers->wants, KERN_KIND_MACVLAN))
		return;
	for (unsigned i = 0; i < routers->n; i++) {
		if (!router_has_virtual_mac(&routers->all[i]))
			continue;
		want_where_it_can_be(routers, &routers->all[i]);
		virtual_mac_follow(routers, &routers->all[i]);
		virtual_mac_fit(routers, &routers->all[i], false);
	}
}

bool virtual_mac_has(const struct routers *routers, const struct router *router, unsigned want)
{
	const struct kern_want *spec = kern_wants_get(routers->wants, want);

	return router_has_virtual_mac(router) && spec->kind == KERN_KIND_ADDRESS &&
	       spec->interface == router->home;
}

const uint8_t *virtual_mac_link_local(const struct routers *routers, const struct router *router)
{
	unsigned n = router->conf->addresses_n + router->conf->extra_n;

	for (unsigned i = router->want; i < router->want + n; i++)
		if (virtual_mac_has(routers, router, i) && kern_wants_has(routers->wants, i) &&
		    kern_address_is_link_local(&kern_wants_get(routers->wants, i)->address) &&
		    !routers->said[i].fresh)
			return router->conf->addresses[i - router->want].bytes;
	return NULL;
}

bool virtual_mac_is_awaited(const struct routers *routers, const struct router *router)
{
	return router_has_virtual_mac(router) &&
	       interfaces_get(routers->interfaces, router->home)->ifindex == 0;
}

bool virtual_mac_is_refused(const struct routers *routers, const struct router *router)
{
	unsigned want = router->macvlan + MACVLAN;

	if (!router_has_virtual_mac(router))
		return false;
	if (kern_wants_has(routers->wants, want))
		return !kern_wants_is_ours(routers->wants, want);
	return kern_wants_unheld_ns(routers->wants, want) != KERN_NEVER;
}

int64_t virtual_mac_unheld_ns(const struct routers *routers, const struct router *router)
{
	unsigned want = router->macvlan + UP;

	if (!router_has_virtual_mac(router))
		return KERN_NEVER;
	if (kern_wants_is_overdue(routers->wants, want, routers->now->mono_ns))
		return routers->now->mono_ns;
	return kern_wants_unheld_ns(routers->wants, want);
}

bool virtual_mac_is_deaf(const struct routers *routers, const struct router *router)
{
	return router_has_virtual_mac(router) &&
	       !kern_wants_has(routers->wants, router->macvlan + UP);
}

/* ---- what the keeper is asked for ---- */

const struct conf_router *routers_unset(struct routers *routers)
{
	for (; routers->unset_from < routers->n; routers->unset_from++)
		if (routers->all[routers->unset_from].unset)
			return routers->all[routers->unset_from].conf;
	return NULL;
}

void routers_note_set(struct routers *routers)
{
	routers->all[routers->unset_from].unset = false;
}

/* ---- frames ---- */

const uint8_t *routers_mac(const struct routers *routers, const struct router *router)
{
	return router_has_virtual_mac(router) ? router->conf->mac.address
					      : router_lan(routers, router)->interface->mac;
}

const uint8_t *router_advert_mac(const struct routers *routers, const struct router *router)
{
	return router->conf->mac.adverts == CONF_ADVERTS_VIRTUAL
		       ? router->conf->mac.address
		       : router_lan(routers, router)->interface->mac;
}

/* ---- the end ---- */

/* All that is not a macvlan of this configuration; whatever became of its name, MAC and mode. */
static bool is_not_ours(enum kern_kind kind, const union kern_entry *entry, void *arg)
{
	const struct routers *routers = arg;

	return kind != KERN_KIND_MACVLAN ||
	       interfaces_at(routers->interfaces, entry->macvlan.own_ifindex) < 0;
}

static void on_removed(enum kern_kind kind, const union kern_entry *entry, int error, void *arg)
{
	(void)kind;
	(void)entry;
	(void)error; /* whoever comes next finds it by its mark */
	(void)arg;
}

void virtual_mac_remove_all(struct routers *routers)
{
	if (kern_wants_has_kind(routers->wants, KERN_KIND_MACVLAN))
		(void)kern_sweep_kinds(routers->dump, routers->changer, 1u << KERN_KIND_MACVLAN,
				       is_not_ours, on_removed, routers);
}
