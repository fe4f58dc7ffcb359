/* SPDX-License-Identifier: MIT */
#include "routers_private.h"

#include <string.h>

/* ---- what is to be looked at in this turn ---- */

typedef void (*lan_fn)(struct routers *routers, struct lan *lan);

static void each_lan(struct routers *routers, lan_fn each)
{
	struct lan *lan;

	for (unsigned family = 4; family <= 6; family += 2) {
		for (unsigned i = 0; i < interfaces_count(routers->interfaces); i++) {
			lan = routers_lan(routers, i, family);
			if (lan)
				each(routers, lan);
		}
	}
}

/* ---- one object of the kernel's ---- */

/* Whether a router speaks from an address, or is configured to. */
static bool speaks(const struct routers *routers, const struct lan *lan,
		   const struct kern_object *object)
{
	const uint8_t *bytes = object->address.bytes;

	for (unsigned i = lan->first; i; i = routers->all[i - 1].next_on_lan) {
		const struct router *router = &routers->all[i - 1];

		if (memcmp(router->conf->source, bytes, 16) == 0 ||
		    memcmp(router->vr.election.source, bytes, 16) == 0)
			return true;
	}
	return false;
}

/* Over IPv6 adverts to the group are sent from link-local addresses alone (RFC 9568 §5.1.2.1). */
static bool can_be_source(const struct kern_address *address)
{
	return address->family == 4 || kern_address_is_link_local(address);
}

/* What lo has of itself, and no other host can answer to. */
static bool is_loopback(const struct kern_address *address)
{
	static const uint8_t loopback6[16] = { [15] = 1 };

	return address->family == 4 ? address->bytes[0] == 127
				    : memcmp(address->bytes, loopback6, sizeof(loopback6)) == 0;
}

/* Whether it is one of those that routers with unicast peers name, anywhere on the host. */
static void see_own(struct routers *routers, const struct kern_object *object, int interface)
{
	bool gone = object->gone || !kern_address_is_usable(&object->address);

	if (object->address.mark == KERN_ADDRESS_MARK && !object->gone)
		return;
	if (own_see(&routers->own, &object->address, gone, interface))
		routers->dump_due = true;
}

/* What vipd added comes and goes with the states. @lan: NULL: there is none. */
static void see_virtual(struct routers *routers, struct lan *lan, const struct kern_object *object)
{
	if (!lan || !can_be_source(&object->address))
		return;
	if ((object->gone || object->address.mark != KERN_ADDRESS_MARK) &&
	    lan_virtual_see(lan, object->address.bytes, object->gone))
		routers_doubt(routers, lan);
}

/* What another host may have counts as gone. */
static struct kern_object as_source(const struct kern_object *object)
{
	struct kern_object source = *object;

	source.gone |= !kern_address_is_usable(&object->address);
	return source;
}

static struct router *router_of_want(struct routers *routers, unsigned want)
{
	return &routers->all[kern_wants_get(routers->wants, want)->owner];
}

/* Whether it is virtual, and has its place on a macvlan: here it is somebody else's. An owner's is
 * the interface's own, too. */
static bool belongs_on_macvlan(const struct routers *routers, const struct lan *lan,
			       const struct kern_object *object)
{
	for (unsigned i = lan ? lan->first : 0; i; i = routers->all[i - 1].next_on_lan) {
		const struct router *router = &routers->all[i - 1];

		if (router_has_virtual_mac(router) && !vrrp_is_owner(&router->vr) &&
		    conf_has_address(router->conf, object->address.bytes))
			return true;
	}
	return false;
}

/*
 * An address is either one of the virtual ones or the interface's own, from which adverts may be
 * sent; an owner's are both. What vipd added is never a source, not even under another
 * configuration.
 */
/* Marked as ours, and none that is wanted as it is: a predecessor's, to be swept. */
static bool is_leftover(const struct routers *routers, const struct kern_object *object,
			int interface)
{
	return object->address.mark == KERN_ADDRESS_MARK && !object->gone &&
	       (interface < 0 || kern_wants_find(routers->wants, (unsigned)interface,
						 KERN_KIND_ADDRESS, &object->entry) < 0);
}

/*
 * Linux routes to a new IPv6 address from its work queue, whether detection of duplicates is asked
 * for or not, and tells of the address then: now it answers, and may be announced (RFC 9568
 * §8.2.2).
 */
static void see_ready(struct routers *routers, unsigned want)
{
	struct router *router = router_of_want(routers, want);
	unsigned n = router->conf->addresses_n + router->conf->extra_n;

	if (!routers->said[want].fresh)
		return;
	if (routers->said[want].put_off)
		kern_wants_renew(routers->wants, want, routers->now->mono_ns);
	routers_set_fresh(routers, want, false);
	if (router->vr.election.state != VRRP_STATE_ACTIVE)
		return;
	if (!virtual_mac_has(routers, router, want))
		round_one(&router->round, n, want - router->want);
	else if (!router_awaits_macvlan(routers, router))
		round_all(&router->round, n);
	router_owe_round(routers, router);
}

static void see_address(struct routers *routers, const struct kern_object *object)
{
	int interface = interfaces_at(routers->interfaces, object->address.ifindex);
	struct kern_object source;
	struct lan *lan;
	int want;

	twins_see(routers, object);
	see_own(routers, object, interface);
	routers->leftover_seen |= is_leftover(routers, object, interface);
	if (interface < 0)
		return;
	lan = routers_lan(routers, (unsigned)interface, object->address.family);
	want = kern_wants_see(routers->wants, (unsigned)interface, object);
	if (want >= 0 && !object->gone)
		see_ready(routers, (unsigned)want);
	if (want >= 0 ? !vrrp_is_owner(&router_of_want(routers, (unsigned)want)->vr)
		      : belongs_on_macvlan(routers, lan, object)) {
		if (lan)
			see_virtual(routers, lan, object);
		return;
	}
	if (object->address.mark == KERN_ADDRESS_MARK && !object->gone)
		return;
	if (want >= 0)
		routers_doubt(routers, lan); /* whether the owner has what it needs */
	if (!lan || is_loopback(&object->address) ||
	    !(can_be_source(&object->address) || lan->globals))
		return;
	source = as_source(object);
	if (!source.gone && speaks(routers, lan, object))
		lan_make_room(lan, &object->address);
	lan->dump_due |= lan_source_see(lan, &source, want >= 0);
	routers_doubt(routers, lan);
}

int routers_place_of(const struct routers *routers, enum kern_kind kind,
		     const union kern_entry *entry)
{
	const struct kern_ops *ops = kern_kinds[kind];
	int place;

	if (ops->of_host)
		return (int)routers->routes.host;
	place = interfaces_at(routers->interfaces, ops->ifindex(entry));
	if (!ops->is_everywhere || !ops->is_everywhere(entry) ||
	    (place >= 0 && kern_wants_find_same(routers->wants, (unsigned)place, kind, entry) >= 0))
		return place;
	for (unsigned i = 0; i < interfaces_count(routers->interfaces); i++)
		if (interfaces_get(routers->interfaces, i)->ifindex &&
		    kern_wants_find_same(routers->wants, i, kind, entry) >= 0)
			return (int)i;
	return place;
}

/* Of other kinds only what is wanted matters. */
static void see_entry(struct routers *routers, const struct kern_object *object)
{
	struct router *router;
	int interface, want;

	routes_see(routers, object);
	if (object->kind == KERN_KIND_ADDRESS) {
		see_address(routers, object);
		return;
	}
	interface = routers_place_of(routers, object->kind, &object->entry);
	want = interface < 0 ? -1 : kern_wants_see(routers->wants, (unsigned)interface, object);
	if (object->kind != KERN_KIND_MACVLAN)
		return;
	if (want < 0) {
		virtual_mac_see_altered(routers, object);
		return;
	}
	router = router_of_want(routers, (unsigned)want);
	virtual_mac_follow(routers, router);
	virtual_mac_fit(routers, router, object->by_us);
}

/* What stands on an interface follows it to another index, or away. */
static void follow(struct routers *routers, unsigned interface)
{
	const struct interface *now = interfaces_get(routers->interfaces, interface);
	struct lan *lan;

	for (unsigned family = 4; family <= 6; family += 2) {
		lan = routers_lan(routers, interface, family);
		/* An interface that comes back may have brought its addresses before its name. */
		if (lan && lan_follow(lan))
			lan->dump_due = now->ifindex != 0;
		routers_doubt(routers, lan);
	}
	guests_doubt(routers, interface);
	tracks_doubt_interface(routers, interface);
	routes_doubt(routers, interface);
	kern_wants_interface(routers->wants, interface, now->ifindex, now->promotes);
}

/* Announcements say it of IPv6 (RFC 4861 §4.4, R). */
static void see_forwarding(struct routers *routers, const struct kern_object *object)
{
	int interface = interfaces_see_forwarding(routers->interfaces, object);

	if (interface < 0)
		return;
	routers_doubt(routers,
		      routers_lan(routers, (unsigned)interface, object->forwarding.family));
	guests_doubt(routers, (unsigned)interface);
}

static void on_event(const struct kern_object *object, void *arg)
{
	struct routers *routers = arg;
	unsigned seen[INTERFACES_SEEN_MAX], n;

	if (object->type == KERN_OBJECT_ENTRY)
		see_entry(routers, object);
	if (object->type == KERN_OBJECT_FORWARDING)
		see_forwarding(routers, object);
	if (object->type != KERN_OBJECT_LINK)
		return;
	routes_see(routers, object);
	n = interfaces_see(routers->interfaces, object, seen);
	for (unsigned i = 0; i < n; i++)
		follow(routers, seen[i]);
	/* Macvlans go with it, and then no event is about an interface that is known. */
	if (n)
		virtual_mac_follow_all(routers);
}

void routers_hear(struct routers *routers)
{
	if (kern_monitor_dispatch(routers->monitor, on_event, routers) == 0)
		return;
	kern_wants_doubt(routers->wants);
	routers->dump_due = true;
}

/* ---- dumps ---- */

static void on_link(const struct kern_object *object, void *arg)
{
	struct routers *routers = arg;
	unsigned seen[INTERFACES_SEEN_MAX];

	(void)interfaces_see(routers->interfaces, object, seen);
}

static void on_entry(const struct kern_object *object, void *arg)
{
	see_entry(arg, object);
}

static int dump_kind(struct routers *routers, enum kern_kind kind, int ifindex)
{
	if (ifindex)
		return kern_dump_interface(routers->dump, kind, ifindex, on_entry, routers);
	return kern_dump_kind(routers->dump, kind, on_entry, routers);
}

/* Of one interface, or of all for 0; what others stand on first. Addresses always: an interface's
 * own are among them. */
static int dump_entries(struct routers *routers, int ifindex)
{
	int err = 0;

	for (unsigned i = 0; i < KERN_KIND_COUNT && err == 0; i++) {
		enum kern_kind kind = kern_kinds_order[i];

		if (ifindex && kern_kinds[kind]->of_host)
			continue;
		if (kind == KERN_KIND_ADDRESS || kern_wants_has_kind(routers->wants, kind))
			err = dump_kind(routers, kind, ifindex);
	}
	return err;
}

static int dump_links(struct routers *routers)
{
	int err;

	interfaces_dump_begin(routers->interfaces);
	err = kern_dump_links(routers->dump, on_link, routers);
	if (err < 0)
		return err;
	interfaces_dump_end(routers->interfaces);
	for (unsigned i = 0; i < interfaces_count(routers->interfaces); i++)
		follow(routers, i);
	return 0;
}

static void begin_dump(struct routers *routers, struct lan *lan)
{
	(void)routers;
	lan_dump_begin(lan);
}

static void end_dump(struct routers *routers, struct lan *lan)
{
	lan_dump_end(lan);
	lan->dump_due = false;
	routers_doubt(routers, lan);
}

int routers_dump(struct routers *routers)
{
	int err = dump_links(routers);

	if (err < 0)
		return err;
	each_lan(routers, begin_dump);
	own_dump_begin(&routers->own, 0);
	kern_wants_dump_begin(routers->wants);
	twins_dump_begin(routers);
	err = dump_entries(routers, 0);
	if (err < 0)
		return err;
	twins_dump_end(routers);
	kern_wants_dump_end(routers->wants, KERN_EVERY_INTERFACE);
	own_dump_end(&routers->own, 0);
	virtual_mac_follow_all(routers);
	each_lan(routers, end_dump);
	routers->dump_due = false;
	return 0;
}

static int dump_interface(struct routers *routers, struct lan *lan)
{
	int err;

	lan_dump_begin(lan);
	own_dump_begin(&routers->own, lan->ifindex);
	kern_wants_dump_begin(routers->wants);
	err = dump_entries(routers, lan->ifindex);
	if (err < 0)
		return err;
	kern_wants_dump_end(routers->wants, (int)lan->number);
	own_dump_end(&routers->own, lan->ifindex);
	virtual_mac_follow_all(routers);
	end_dump(routers, lan);
	return 0;
}

/* What the kernel does not show now it is asked for in a second. Return: whether it showed it. */
static bool put_off(struct routers *routers, int err)
{
	struct journal journal;

	if (err == 0)
		return true;
	journal = routers_journal(routers);
	journal_fact(&journal, EVENT_DUMP, -err, NULL);
	routers->dump_due = true;
	routers->dump_ns = routers->now->mono_ns + HOUSEKEEPING_NS;
	return false;
}

bool routers_resolve_doubt(struct routers *routers)
{
	return put_off(routers, routers_dump(routers));
}

void routers_look(struct routers *routers)
{
	if (routers->dump_due) {
		if (routers->now->mono_ns >= routers->dump_ns)
			routers_resolve_doubt(routers);
		return;
	}
	for (unsigned i = 0; i < routers->doubtful_n; i++) {
		struct lan *lan = routers->doubtful[i];

		if (lan->dump_due && !put_off(routers, dump_interface(routers, lan)))
			return;
	}
}
