/* SPDX-License-Identifier: MIT */
/*
 * What this host shall not do with an address or on an interface, as a kind of kernel object
 * (kind.h): an element of a set in nftables tables of vipd's own, one for each action: "inet
 * vipd_filter", "arp vipd_filter" and "ip6 vipd_filter". A set is looked up by hash, so a thousand
 * elements cost a packet what one costs.
 *
 * KERN_FILTER_DELIVERY drops packets to an address that would be delivered here, on whatever
 * interface they come, the host's own included; to a link-local address of IPv6 only those that
 * come on the element's interface; not those that a VRF takes for its own. All messages of
 * Neighbour Discovery pass (RFC 9568 §6.1, Accept_Mode). What is forwarded, translated by NAT or
 * not, never comes by. One address cannot be filtered so on two interfaces: the kernel has one
 * element for it.
 *
 * KERN_FILTER_ARP keeps an interface from answering ARP requests for an address that is on another
 * one, and from sending ARP in its name. What it asks for packets that come from that address it
 * asks in nobody's name, as a probe does (RFC 5227 §1.1): not to ask would leave them unsent, since
 * the routes to hosts lead there. It is for the interface below a virtual MAC (macvlan.h),
 * whose own MAC must not appear with the address (RFC 9568 §8.1.2). What is sent by packet sockets
 * is not concerned, nor what comes and goes on the macvlan.
 *
 * KERN_FILTER_MLD keeps the kernel from reporting out of an interface that it begins or ceases to
 * listen to groups of IPv6 (RFC 3810 §5.2.12: state change records; RFC 2710 §3.6: Done); what it
 * answers to queries passes. It is for a virtual MAC, from which each such report tells switches
 * that the virtual router is here: when an interface goes up and has its addresses yet to get, or
 * has just lost one to the host that goes on. Of MLDv1 a report passes that nobody has asked for,
 * too, since it is the same as an answer. What is sent by packet sockets is not concerned.
 *
 * The tables belong to a socket, as owned_table.h has it: nobody else can change them, a flush of
 * the ruleset passes them over, and they go with the last descriptor of it. So whoever shall go on
 * after a crash is lent the socket by somebody who lives longer: kern_changer_lend(). The tables
 * are made with the first element, or ahead. One of their names that nobody owns, as a restored
 * ruleset may have it, is replaced then. What is in them is fixed, so that another version goes on
 * with them: a change of it needs another name or family.
 *
 * All elements of a batch come and go in one transaction, before which a packet sees none of it and
 * after which all. One that the kernel refuses leaves the others theirs: they are in another one.
 * There is no lease and no event: nobody else could add or remove one.
 */
#ifndef KERN_FILTER_H
#define KERN_FILTER_H

#include <stdint.h>

#define KERN_FILTER_TABLE "vipd_filter"

enum kern_filter_action {
	KERN_FILTER_DELIVERY,
	KERN_FILTER_ARP, /* of IPv4 alone */
	KERN_FILTER_MLD,
	KERN_FILTER_ACTION_COUNT,
};

struct kern_filter {
	int ifindex;    /* that has the address; of others than KERN_FILTER_DELIVERY: that shall not
			   speak of it, or of groups */
	uint8_t action; /* enum kern_filter_action */
	uint8_t family; /* 4 or 6; 0 of KERN_FILTER_MLD, which is about no address */
	uint8_t bytes[16]; /* network byte order, IPv4 in the first 4 */
};

struct kern_ops;

extern const struct kern_ops kern_filter_ops;

#endif
