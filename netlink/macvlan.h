/* SPDX-License-Identifier: MIT */
/*
 * Macvlans that carry a virtual router's MAC, as a kind of kernel object (kind.h), on the interface
 * that they stand on, their parent; and whether they are up, as another kind, on themselves.
 *
 * A macvlan is created down and by that deaf and mute: no frame to its MAC is accepted, no address
 * on it answered for (RFC 9568 §6.4.2), no membership reported from its MAC. It is up while its
 * router is Active. Its mark is the link's alias; sweep, dumps and removals know it by that alone,
 * whatever it is called.
 *
 * Its mode is bridge: what a neighbour sends with the same MAC, another Active's adverts above all,
 * the parent hears. In private mode the kernel would give it to the macvlan alone. And whoever
 * stands on the same parent, a container say, reaches it.
 *
 * What is set on it, and on nothing else: ARP is answered for its own addresses alone (arp_ignore),
 * and speaks of them alone (arp_announce), whatever way leads back to who asks (arp_filter); its
 * packets may come from where the parent leads, too (rp_filter 2, which also outweighs a strict one
 * of all interfaces); its routes do not count without carrier; its secondary addresses are
 * promoted; and no IPv6 address is made of its MAC (RFC 9568 §7.4). What netlink cannot set is in
 * sysctl.h.
 *
 * It is made with the MTU of its parent. The kernel makes that smaller with the parent's, and never
 * larger again, so a renewal does, and sets anew whatever else somebody may have changed. An MTU
 * that IPv6 can live with (RFC 8200 §5) gives back to the link what that knows of it, all but the
 * settings: an address that it makes of the MAC by then is removed at once.
 *
 * What else RFC 9568 §8.1.2 demands is the parent's: it answers ARP for all addresses of the host,
 * and asks on behalf of all, with its own MAC, unless its arp_ignore is 1 and its arp_announce 2.
 * Here nothing of it is changed; filters mend that (filter.h, KERN_FILTER_ARP). ND is about the
 * addresses of one interface as it is.
 *
 * To create one costs the kernel 0.2 ms, to set it up 0.03 ms. To set it down or to remove it costs
 * 10 to 20 ms, in which it waits, and its caller with it: so a pass of reconcile.h makes one such
 * change, and the sweep removes all at once.
 */
#ifndef KERN_MACVLAN_H
#define KERN_MACVLAN_H

#include <stdbool.h>
#include <stdint.h>

/* The mark on every link that vipd makes: its alias. */
#define KERN_LINK_MARK "vipd"

/* Longest name with its zero (IFNAMSIZ). */
#define KERN_MACVLAN_NAME_SIZE 16

struct kern_macvlan {
	int ifindex; /* of its parent */
	uint8_t mac[6];
	char name[KERN_MACVLAN_NAME_SIZE];
	uint32_t mtu; /* wanted alone: what a renewal sets, up to that of its parent */

	/* Shown alone, and learned from there. */
	int own_ifindex; /* 0: not known yet */
	uint32_t shown_mtu;
	bool marked; /* not learned */
	bool other_mode;
};

/* That an interface which vipd made is up. */
struct kern_up {
	int ifindex;
	bool down; /* shown alone: it is not */
};

struct kern_ops;

extern const struct kern_ops kern_macvlan_ops, kern_up_ops;

#endif
