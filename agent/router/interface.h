/* SPDX-License-Identifier: MIT */
/*
 * The interfaces that the configuration names, as the kernel shows them: whether a virtual router
 * can live there, and from which address it speaks. An interface is followed by its name; it may
 * come, go and come back with another index. Changes nothing in the kernel but the membership of
 * the adverts' multicast group.
 */
#ifndef INTERFACE_H
#define INTERFACE_H

#include <stdbool.h>
#include <stdint.h>

#include "netlink/object.h"
#include "vrrp/names.h"

/* Addresses of its own that are remembered per interface; the first of them speaks. */
#define INTERFACE_SOURCES_MAX 16

struct interface {
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
	uint8_t sources[INTERFACE_SOURCES_MAX][16];
	bool seen[INTERFACE_SOURCES_MAX]; /* each of them, in the dump that runs */
	uint8_t source[16];               /* zero: none */
	int group_fd;                     /* the membership, or -1 */
	int group_error;                  /* why there is none: an errno, or 0 */
	bool in_dump;
	enum vrrp_reason_code fault; /* VRRP_REASON_NONE: usable */
	uint16_t by_vrid[256];       /* the router of each VRID on this interface, plus 1; or 0 */
};

/**
 * interface_init() - an interface of which nothing is known yet.
 * @name: shorter than KERN_LINK_NAME_SIZE.
 */
void interface_init(struct interface *interface, const char *name);

/**
 * interface_fini() - leave the group.
 */
void interface_fini(struct interface *interface);

/**
 * interface_see() - take note of an event or a line of a dump, of any interface of the host.
 *
 * Return: whether it concerns this one.
 */
bool interface_see(struct interface *interface, const struct kern_object *object);

/**
 * interface_lost() - the interface is gone.
 */
void interface_lost(struct interface *interface);

/**
 * interface_source_see() - an address of the interface's own came or went.
 *
 * Return: true when only a dump can tell which addresses are left.
 */
bool interface_source_see(struct interface *interface, const struct kern_object *object);

/**
 * interface_dump_begin() - a dump of all links and addresses follows.
 */
void interface_dump_begin(struct interface *interface);

/**
 * interface_dump_end() - what the dump did not show is not there. The membership is renewed:
 * whatever led to the dump may have led to its loss.
 */
void interface_dump_end(struct interface *interface);

/**
 * interface_assess() - choose the source and judge whether the interface can be used.
 *
 * The source stays as long as it is there, since it breaks ties. Joins the group where that is due.
 *
 * Return: the fault, also in @interface->fault, or VRRP_REASON_NONE.
 */
enum vrrp_reason_code interface_assess(struct interface *interface);

#endif
