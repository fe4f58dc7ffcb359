/* SPDX-License-Identifier: MIT */
/*
 * Routers with a virtual MAC (RFC 9568 §7.3): the macvlan that carries it (netlink/macvlan.h), on
 * the router's interface, is there as long as the router is, down and by that deaf and mute; it is
 * up, and has the router's addresses, while that is Active. Announcements are sent with it and
 * about it, on the interface itself, since a macvlan that is down sends nothing; so are adverts,
 * unless they are to have the interface's MAC. Adverts are heard by the interface, too.
 *
 * Of IPv4 the interface would answer ARP for the macvlan's addresses, too, and speak of them, with
 * its own MAC (RFC 9568 §8.1.2); while the router is Active filters keep it from that
 * (netlink/filter.h, KERN_FILTER_ARP). A kernel that has none of these is told of, and goes on.
 *
 * As long as there is a macvlan, a filter keeps the kernel from reporting which groups of IPv6 it
 * begins or ceases to listen to (KERN_FILTER_MLD), since that would have switches send there what
 * is for the router, before its addresses are there, or when they have just gone. Who comes to
 * listen is reported with the announcements (listeners.h).
 *
 * A macvlan is known by its MAC and its mark. Whoever else has that MAC on the interface, or its
 * name, is in the way: the router is in fault until that is gone.
 *
 * What netlink cannot set on it (netlink/sysctl.h), and whether it routes, as the interface below
 * does by then, the keeper sets, which may write files: the router process asks it when a macvlan
 * was made or found, long before a router that starts is Active. Where
 * one is made anew under an Active router, Router Advertisements may come before that, and with
 * them an address of its MAC: one of the macvlan's, which goes with it.
 */
#ifndef VIRTUAL_MAC_H
#define VIRTUAL_MAC_H

#include "routers.h"

static inline bool router_has_virtual_mac(const struct router *router)
{
	return router->conf->mac.type == CONF_MAC_VIRTUAL;
}

/**
 * virtual_mac_wants_n() - how many wants a configured router has besides its addresses.
 */
unsigned virtual_mac_wants_n(const struct conf_router *conf);

/**
 * virtual_mac_add() - make the macvlan of a router an interface and a want. Before its addresses,
 * which may have it for their interface; without effect on a router without a virtual MAC.
 * @number: of the router.
 */
void virtual_mac_add(struct routers *routers, unsigned number, const struct conf_router *conf);

/**
 * virtual_mac_want() - the macvlan of a router shall be there from here on, or be found there.
 */
void virtual_mac_want(struct routers *routers, struct router *router);

/**
 * virtual_mac_want_up() - whether it shall be up, and the interface below it silent about what it
 * has.
 */
void virtual_mac_want_up(struct routers *routers, const struct router *router, bool up);

/**
 * virtual_mac_follow() - take note of what became of a router's macvlan: what stands on it follows
 * it to another index, or away. Its LAN is to be assessed when that changes anything.
 */
void virtual_mac_follow(struct routers *routers, struct router *router);

/**
 * virtual_mac_fit() - let the macvlan of a router have what its interface has, and what else it was
 * made with, if it is there and has not.
 * @by_us: a change of our own has led here: what the kernel did not give it then is not asked for
 *         again.
 */
void virtual_mac_fit(struct routers *routers, struct router *router, bool by_us);

/**
 * virtual_mac_see_altered() - take note of a macvlan that no router wants as it is: somebody may
 * have given another MAC to one of ours, which gets its own back.
 */
void virtual_mac_see_altered(struct routers *routers, const struct kern_object *object);

/**
 * virtual_mac_follow_all() - of all routers, after a dump.
 */
void virtual_mac_follow_all(struct routers *routers);

/**
 * virtual_mac_has() - whether a want of a router is an address that stands on its macvlan. None of
 * a router without a virtual MAC does.
 */
bool virtual_mac_has(const struct routers *routers, const struct router *router, unsigned want);

/**
 * virtual_mac_link_local() - a link-local address that stands on the macvlan of a router, and can
 * be used; borrowed. NULL: none does.
 */
const uint8_t *virtual_mac_link_local(const struct routers *routers, const struct router *router);

/**
 * virtual_mac_is_awaited() - whether the macvlan of a router is not there, or not known yet.
 */
bool virtual_mac_is_awaited(const struct routers *routers, const struct router *router);

/**
 * virtual_mac_is_on_macvlan() - whether the interface of a router with a virtual MAC is a macvlan
 * itself, as a container's may be: the kernel would put another one beside it, on what it stands
 * on, perhaps in another network namespace, and show it there. None is made.
 */
bool virtual_mac_is_on_macvlan(const struct routers *routers, const struct router *router);

/**
 * virtual_mac_is_refused() - whether it cannot be had: somebody is in the way, or the kernel does
 * not make it.
 */
bool virtual_mac_is_refused(const struct routers *routers, const struct router *router);

/**
 * virtual_mac_unheld_ns() - since when the macvlan of a router cannot be set up although it shall
 * be: kern_wants_unheld_ns(). KERN_NEVER of a router without a virtual MAC.
 */
int64_t virtual_mac_unheld_ns(const struct routers *routers, const struct router *router);

/**
 * virtual_mac_is_deaf() - whether the macvlan of a router is not up: what stands on it is not to be
 * announced. Never of a router without a virtual MAC.
 */
bool virtual_mac_is_deaf(const struct routers *routers, const struct router *router);

/**
 * router_advert_mac() - what a router's adverts are sent with; borrowed.
 */
const uint8_t *router_advert_mac(const struct routers *routers, const struct router *router);

/**
 * virtual_mac_remove_all() - remove the macvlans of all routers at once: nobody is Active any more.
 */
void virtual_mac_remove_all(struct routers *routers);

#endif
