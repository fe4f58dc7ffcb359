/* SPDX-License-Identifier: MIT */
/*
 * A LAN is where VRRP is spoken: an interface, the addresses of its own that adverts may be sent
 * from, the membership of the adverts' multicast group, and the routers that live there. It knows
 * whether a virtual router can live there, and changes nothing in the kernel but the membership.
 */
#ifndef LAN_H
#define LAN_H

#include "interfaces.h"
#include "vrrp/names.h"

/* Addresses of its own that are remembered; the first of them speaks. */
#define LAN_SOURCES_MAX 16

/* What an advert leaves with. */
struct lan_voice {
	int ifindex; /* 0: nobody has spoken yet */
	uint8_t mac[6];
	uint8_t source[16]; /* zero: none */
};

struct lan {
	const struct interface *interface; /* borrowed */
	int ifindex;                       /* of the interface that all of this is about */
	unsigned sources_n;
	bool sources_overflow; /* there are more: when one goes, only a dump tells the next */
	uint8_t sources[LAN_SOURCES_MAX][16];
	bool seen[LAN_SOURCES_MAX];  /* each of them, in the dump that runs */
	uint8_t source[16];          /* zero: none */
	int group_fd;                /* the membership, or -1 */
	int group_error;             /* why there is none: an errno, or 0 */
	enum vrrp_reason_code fault; /* VRRP_REASON_NONE: usable */
	struct lan_voice voice;      /* as it could speak last */

	bool doubtful;         /* the caller's: to be assessed */
	bool dump_due;         /* the caller's: its addresses must be asked for */
	unsigned first, last;  /* the caller's: routers of it, plus 1; or 0 */
	uint16_t by_vrid[256]; /* the caller's: the router of each VRID, plus 1; or 0 */
};

/* What an assessment has found. */
struct lan_news {
	bool voice; /* adverts leave with something else than before, or for the first time */
	bool mac;   /* what was announced is wrong */
	bool index; /* another interface of that name: what waited on the old one is lost */
};

/**
 * lan_init() - nothing is known yet.
 * @interface: borrowed until lan_fini().
 */
void lan_init(struct lan *lan, const struct interface *interface);

/**
 * lan_fini() - leave the group.
 */
void lan_fini(struct lan *lan);

/**
 * lan_follow() - whether the interface has gone or is another one by now; then what is known of the
 * old one's addresses is forgotten.
 */
bool lan_follow(struct lan *lan);

/**
 * lan_source_see() - an address of the interface's own came or went.
 *
 * Return: true when only a dump can tell which addresses are left.
 */
bool lan_source_see(struct lan *lan, const struct kern_object *object);

/**
 * lan_dump_begin() - a dump of the interface's addresses follows.
 */
void lan_dump_begin(struct lan *lan);

/**
 * lan_dump_end() - what the dump did not show is not there. The membership is renewed: whatever led
 * to the dump may have led to its loss.
 */
void lan_dump_end(struct lan *lan);

/**
 * lan_assess() - choose the source and judge whether a router can live here: @fault.
 *
 * The source stays as long as it is there, since it breaks ties. Joins the group where that is due.
 */
struct lan_news lan_assess(struct lan *lan);

/**
 * lan_can_speak() - whether an advert could leave: without an interface or its medium there is
 * nobody to tell.
 */
bool lan_can_speak(const struct lan *lan);

#endif
