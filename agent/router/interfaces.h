/* SPDX-License-Identifier: MIT */
/*
 * The interfaces that the configuration names, as the kernel shows them: facts alone. An interface
 * is followed by its name, or by an alternative one; it may come, go and come back with another
 * index. Found by either in the same time, however many there are. What is spoken there is lan.h's
 * business. Of those that vipd makes itself only the index is known, from whoever made them. Of all
 * others of the host it is known which MAC addresses they have.
 */
#ifndef INTERFACES_H
#define INTERFACES_H

#include <stdbool.h>
#include <stdint.h>

#include "agent/conf/needs.h"
#include "netlink/object.h"

struct interface {
	char name[KERN_LINK_NAME_SIZE];
	int ifindex; /* 0: there is no such interface, and the rest is what it was */
	/* Of struct kern_link. */
	bool up, carrier, ethernet, macvlan, promotes, forwards4, forwards6, snoops;
	int master;
	unsigned mtu;
	uint8_t mac[6];
};

struct interfaces;

/**
 * interfaces_new() - room for a fixed number of interfaces.
 * @ret_interfaces: owned by the caller, who passes it to interfaces_free().
 *
 * Return: 0 or -ENOMEM.
 */
int interfaces_new(unsigned max, struct interfaces **ret_interfaces);

/**
 * interfaces_free() - NULL is allowed.
 */
void interfaces_free(struct interfaces *interfaces);

/**
 * interfaces_add() - follow an interface of which nothing is known yet; or one that is followed.
 * @name: shorter than KERN_LINK_NAME_SIZE.
 *
 * Return: its number; they count from 0.
 */
unsigned interfaces_add(struct interfaces *interfaces, const char *name);

/**
 * interfaces_add_made() - room for an interface that vipd makes. It is known by its index alone,
 * which interfaces_tie() gives it: whatever else has its name is not it.
 * @name: shorter than KERN_LINK_NAME_SIZE.
 *
 * Return: its number, as interfaces_add().
 */
unsigned interfaces_add_made(struct interfaces *interfaces, const char *name);

/**
 * interfaces_tie() - an interface that vipd makes is there, or is not.
 * @i: of interfaces_add_made().
 * @ifindex: 0: it is not.
 */
void interfaces_tie(struct interfaces *interfaces, unsigned i, int ifindex);

/**
 * interfaces_count() - how many there are.
 */
unsigned interfaces_count(const struct interfaces *interfaces);

/**
 * interfaces_get() - one of them; borrowed until interfaces_free().
 * @i: below interfaces_count().
 */
const struct interface *interfaces_get(const struct interfaces *interfaces, unsigned i);

/**
 * interfaces_seen() - what one of them is worth to a router that does not live there.
 */
enum conf_link_seen interfaces_seen(const struct interfaces *interfaces, unsigned i);

/**
 * interfaces_at() - the number of the interface that has an index now; -1: none that is followed.
 */
int interfaces_at(const struct interfaces *interfaces, int ifindex);

/* One event concerns the interface that has its name and the one that had its index. */
#define INTERFACES_SEEN_MAX 2

/**
 * interfaces_see() - take note of an event or a line of a dump, of any interface of the host.
 * @object: KERN_OBJECT_LINK.
 * @ret_seen: the numbers of those that it concerns.
 *
 * Return: how many, up to INTERFACES_SEEN_MAX.
 */
unsigned interfaces_see(struct interfaces *interfaces, const struct kern_object *object,
			unsigned ret_seen[INTERFACES_SEEN_MAX]);

/* The first ones that were seen; a host with more has mostly virtual ones, which came later. */
#define INTERFACES_MACS_MAX 64

/**
 * interfaces_has_mac() - whether an interface of this host has a MAC address, or had it since the
 * last dump.
 */
bool interfaces_has_mac(const struct interfaces *interfaces, const uint8_t *mac);

/**
 * interfaces_see_forwarding() - an interface begins or ends to route a family.
 * @object: KERN_OBJECT_FORWARDING, of any interface of the host.
 *
 * Return: the number of that which it concerns; -1: none.
 */
int interfaces_see_forwarding(struct interfaces *interfaces, const struct kern_object *object);

/**
 * interfaces_dump_begin() - a dump of all links follows, by interfaces_see().
 */
void interfaces_dump_begin(struct interfaces *interfaces);

/**
 * interfaces_dump_end() - what the dump did not show is not there.
 */
void interfaces_dump_end(struct interfaces *interfaces);

#endif
