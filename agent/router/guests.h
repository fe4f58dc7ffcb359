/* SPDX-License-Identifier: MIT */
/*
 * Guests: addresses on an interface where their router does not live, or of a family that it does
 * not speak there. What becomes of such an interface is a matter of the routers that have guests
 * there: found by it, however many there are.
 */
#ifndef GUESTS_H
#define GUESTS_H

#include <stdbool.h>
#include <stdint.h>

#include "vrrp/fsm.h"

struct router;
struct routers;

/* What announcements of guests said last. */
struct guests_place {
	uint32_t first; /* want of the first guest, plus 1; 0: there is none */
	bool doubtful;  /* to be assessed */
	int ifindex;    /* 0: nothing was said yet */
	bool up;        /* addresses can be there */
	bool usable, forwards6;
	uint8_t mac[6];
};

struct guests {
	struct guests_place *places; /* by number of interface; owned, as the two below */
	uint32_t *next;              /* by want: that of the next guest there, plus 1; or 0 */
	unsigned doubtful_n;
	unsigned *doubtful; /* numbers of interfaces */
};

/* What an assessment has found. */
struct guests_news {
	bool index;    /* another interface of that name, or the first one */
	bool up;       /* it came up, or went down */
	bool announce; /* what was announced is wrong, or may have been lost */
};

/**
 * guests_init() - find the guests among all wants, which are there, and doubt their interfaces.
 *
 * Return: 0 or -ENOMEM; guests_fini() in both cases.
 */
int guests_init(struct routers *routers);

/**
 * guests_fini() - release. Of what is zero, too.
 */
void guests_fini(struct routers *routers);

/**
 * guests_doubt() - something is new about an interface: if there are guests, they are to be
 * assessed in this turn.
 */
void guests_doubt(struct routers *routers, unsigned interface);

/**
 * guests_assess() - compare an interface with what was announced there.
 */
struct guests_news guests_assess(struct routers *routers, unsigned interface);

/**
 * guests_can_come() - whether an address can be asked for: all but one that is not required and
 * whose interface is missing or down.
 * @address: below the router's addresses_n + extra_n.
 */
bool guests_can_come(const struct routers *routers, const struct router *router, unsigned address);

/**
 * guests_fault() - what is wrong with an interface that a required address of a router is held on.
 *
 * Return: with VRRP_REASON_NONE: nothing.
 */
struct vrrp_reason guests_fault(const struct routers *routers, const struct router *router);

#endif
