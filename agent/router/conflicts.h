/* SPDX-License-Identifier: MIT */
/*
 * Addresses of ours that another VRID advertises on the same interface: two virtual routers elect
 * apart, so two hosts answer for one address. Found in the adverts that concern no router here.
 */
#ifndef CONFLICTS_H
#define CONFLICTS_H

#include <stdbool.h>
#include <stdint.h>

#include "interfaces.h"
#include "vrrp/packet.h"

#define CONFLICTS_MAX     32 /* that are known at a time; the oldest one makes room */
#define CONFLICTS_LAST_NS INT64_C(60000000000) /* so long after its last advert */

struct router;
struct routers;

struct conflict {
	unsigned router; /* its number */
	uint8_t vrid;    /* the other one */
	uint8_t source[16];
	uint8_t address[16]; /* the first one that both have */
	int64_t seen_ns;     /* the last advert, CLOCK_MONOTONIC */
};

struct conflicts {
	unsigned n;
	struct conflict all[CONFLICTS_MAX];
	unsigned places_n; /* at most so many interfaces have those of one LAN */
	int64_t second;    /* the current one, in which was */
	unsigned looked_n; /* looked for so many addresses */
};

/**
 * conflicts_init() - none is known. Called before any packet is read.
 */
void conflicts_init(struct routers *routers);

/**
 * conflicts_note() - look at a packet that concerns no router. A bounded number of addresses per
 * second is looked for, so that no flood costs more.
 * @interface: where it arrived; NULL: none of ours.
 * @rx: not yet checked; what is no advert is passed over.
 */
void conflicts_note(struct routers *routers, const struct interface *interface,
		    const struct vrrp_rx *rx);

/**
 * conflicts_of() - those of one router that are no older than CONFLICTS_LAST_NS.
 * @router: its number.
 * @ret: room for CONFLICTS_MAX; borrowed until the next packet.
 *
 * Return: how many.
 */
unsigned conflicts_of(const struct routers *routers, unsigned router, int64_t now_ns,
		      const struct conflict *ret[CONFLICTS_MAX]);

/**
 * conflicts_has_double() - whether an address of a router is on the interface with another prefix
 * length: vipd did not put it there.
 * @address: below its addresses_n + extra_n.
 */
bool conflicts_has_double(const struct routers *routers, const struct router *router,
			  unsigned address);

#endif
