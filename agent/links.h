/* SPDX-License-Identifier: MIT */
/*
 * The interfaces that the configuration names, as the kernel shows them: whether a virtual router
 * can live there, and from which address it speaks. An interface is followed by its name; it may
 * come, go and come back with another index. Changes nothing in the kernel but the membership of
 * the adverts' multicast group.
 */
#ifndef LINKS_H
#define LINKS_H

#include <stdbool.h>
#include <stdint.h>

#include "netlink/object.h"
#include "vrrp/names.h"

/* Addresses of its own that are remembered per interface; the first of them speaks. */
#define LINKS_SOURCES_MAX 16

struct link {
	char name[KERN_LINK_NAME_SIZE];
	int ifindex; /* 0: there is no such interface */
	bool up;
	bool carrier;
	bool ethernet;
	bool promotes; /* struct kern_link */
	uint8_t mac[6];
	bool mac_changed; /* since this was last set to false: what was announced is wrong */
	unsigned sources_n;
	bool sources_overflow; /* there are more: when one goes, only a dump tells the next */
	uint8_t sources[LINKS_SOURCES_MAX][16];
	bool seen[LINKS_SOURCES_MAX]; /* each of them, in the dump that runs */
	uint8_t source[16];           /* zero: none */
	int group_fd;                 /* the membership, or -1 */
	int group_error;              /* why there is none: an errno, or 0 */
	bool in_dump;
	enum vrrp_reason_code fault; /* VRRP_REASON_NONE: usable */
	uint16_t by_vrid[256];       /* the router of each VRID on this interface, plus 1; or 0 */
};

/**
 * link_init() - an interface of which nothing is known yet.
 * @name: shorter than KERN_LINK_NAME_SIZE.
 */
void link_init(struct link *link, const char *name);

/**
 * link_fini() - leave the group.
 */
void link_fini(struct link *link);

/**
 * link_see() - take note of an event or a line of a dump, of any interface of the host.
 *
 * Return: whether it concerns this one.
 */
bool link_see(struct link *link, const struct kern_object *object);

/**
 * link_lost() - the interface is gone.
 */
void link_lost(struct link *link);

/**
 * link_source_see() - an address of the interface's own came or went.
 *
 * Return: true when only a dump can tell which addresses are left.
 */
bool link_source_see(struct link *link, const struct kern_object *object);

/**
 * link_dump_begin() - a dump of all links and addresses follows.
 */
void link_dump_begin(struct link *link);

/**
 * link_dump_end() - what the dump did not show is not there. The membership is renewed: whatever
 * led to the dump may have led to its loss.
 */
void link_dump_end(struct link *link);

/**
 * link_assess() - choose the source and judge whether the interface can be used.
 *
 * The source stays as long as it is there, since it breaks ties. Joins the group where that is due.
 *
 * Return: the fault, also in @link->fault, or VRRP_REASON_NONE.
 */
enum vrrp_reason_code link_assess(struct link *link);

#endif
