/* SPDX-License-Identifier: MIT */
/*
 * A LAN is where VRRP is spoken in one family: an interface, the addresses of its own that adverts
 * may be sent from, the membership of the adverts' multicast groups, and the routers that live
 * there. It knows whether a virtual router can live there, and changes nothing in the kernel but
 * the membership.
 *
 * Over IPv6 adverts are sent from link-local addresses alone (RFC 9568 §5.1.2.1), but for those to
 * unicast peers that are not on the link; and from none
 * that another host may have: one whose duplicate address detection runs, or has failed, counts as
 * gone.
 */
#ifndef LAN_H
#define LAN_H

#include "interfaces.h"
#include "vrrp/fsm.h"

/* Addresses of its own that are remembered. */
#define LAN_SOURCES_MAX 16

/* One of them. Two entries of the kernel may have equal bytes. */
struct lan_source {
	uint8_t bytes[16], peer[16]; /* struct kern_address */
	uint8_t prefix_len;
	bool is_vip; /* of an owner: speaks only when there is no other */
	bool seen;   /* in the dump that runs */
};

/* A multicast group that adverts are sent to. */
struct lan_group {
	uint8_t address[16];
	int fd; /* the membership, or -1 */
};

/* What routers can do without; bits. */
enum lan_way {
	LAN_BY_UNICAST = 1, /* a group, and Ethernet */
	LAN_SANS_CARRIER = 2,
	LAN_WAYS = 4,
};

struct lan {
	unsigned family;                   /* 4 or 6; 0: no router lives here */
	const struct interface *interface; /* borrowed */
	int ifindex;                       /* of the interface that all of this is about */
	unsigned sources_n;
	bool dumping;          /* what was not shown so far makes room */
	bool sources_overflow; /* there are more: when one goes, only a dump tells the next */
	struct lan_source sources[LAN_SOURCES_MAX];
	uint8_t virtual_seen[16]; /* a virtual one that somebody put there; 0s: none is known */
	unsigned groups_n;
	struct lan_group *groups; /* owned: of its routers, mostly one for all; each once */
	int group_error;          /* why one could not be joined: an errno, or 0 */
	uint8_t group_failed[16]; /* that one */
	struct vrrp_reason faults[LAN_WAYS]; /* code VRRP_REASON_NONE: usable in that way */
	int spoken_ifindex;                  /* where adverts could leave last; 0: nowhere so far */
	uint8_t spoken_mac[6];               /* with what */
	bool spoken_router; /* and whether announcements said that the host routes IPv6 */
	bool silent;        /* adverts cannot leave, and could before, or shall all the same */
	unsigned caveats;   /* the caller's: those of lan_caveats() that were told */

	bool globals;          /* the caller's: over IPv6 somebody speaks from other addresses,
				  too */
	bool carrier_optional; /* the caller's: some router goes on without a carrier */
	bool doubtful;         /* the caller's: to be assessed */
	bool dump_due;         /* the caller's: its addresses must be asked for */
	unsigned number;       /* the caller's: of its interface */
	unsigned first, last;  /* the caller's: routers of it, plus 1; or 0 */
	uint16_t by_vrid[256]; /* the caller's: the router of each VRID, plus 1; or 0 */
};

/* What an assessment has found. */
struct lan_news {
	bool voice; /* adverts leave otherwise than before, or for the first time */
	bool mac;   /* what was announced is wrong */
	bool index; /* another interface of that name: what waited on the old one is lost */
	bool again; /* adverts can leave again: nobody has heard any meanwhile */
};

/**
 * lan_init() - nothing is known yet.
 * @family: 4 or 6.
 * @interface: borrowed until lan_fini().
 */
void lan_init(struct lan *lan, unsigned family, const struct interface *interface);

/**
 * lan_add_group() - be a member of a group, from the next assessment on. One that is there already
 * is not added again.
 * @group: network byte order; IPv4 in the first 4 of 16 bytes, of which 4 are read.
 *
 * Return: 0 or -ENOMEM.
 */
int lan_add_group(struct lan *lan, const uint8_t *group);

/**
 * lan_fini() - leave the groups. Of one that is zero, too.
 */
void lan_fini(struct lan *lan);

/**
 * lan_follow() - whether the interface has gone or is another one by now; then what is known of the
 * old one's addresses is forgotten. Leaves the groups when IPv6 has ended on it.
 */
bool lan_follow(struct lan *lan);

/**
 * lan_source_see() - an address of the interface's own and of the LAN's family came or went.
 * @is_vip: it is also a virtual one, of an owner.
 *
 * Return: true when only a dump can tell which addresses are left.
 */
bool lan_source_see(struct lan *lan, const struct kern_object *object, bool is_vip);

/**
 * lan_virtual_see() - a virtual address that is not vipd's came or went. Never a source; but who
 * finds no other address wants to know that this one was seen.
 * @bytes: struct kern_address.
 *
 * Return: whether that changes what is known.
 */
bool lan_virtual_see(struct lan *lan, const uint8_t *bytes, bool gone);

/**
 * lan_make_room() - forget one address of many, for one that a router is to speak from. Without
 * effect when there is room, or when it is known.
 */
void lan_make_room(struct lan *lan, const struct kern_address *address);

/**
 * lan_dump_begin() - a dump of the interface's addresses follows.
 */
void lan_dump_begin(struct lan *lan);

/**
 * lan_dump_end() - what the dump did not show is not there. The memberships are renewed: whatever
 * led to the dump may have led to their loss.
 */
void lan_dump_end(struct lan *lan);

/**
 * lan_assess() - judge whether a router can live here: @fault. Joins groups where that is due.
 */
struct lan_news lan_assess(struct lan *lan);

/**
 * lan_choose_source() - the address of its own that a router's adverts are sent from: the same as
 * before as long as it is there, since it breaks ties; else the first one whose prefix has the
 * router's first address, since hosts with a filter for reverse paths drop others; else the first.
 * A virtual one only when there is no other.
 * @configured: the only one that may be, IPv4 in the first 4 of 16 bytes; NULL: any.
 * @before: likewise, or zero.
 * @vip: likewise, the router's first address; zero: it has none.
 *
 * Return: 16 bytes, borrowed until something is seen; NULL when there is none.
 */
const uint8_t *lan_choose_source(const struct lan *lan, const uint8_t *configured,
				 const uint8_t *before, const uint8_t *vip);

/**
 * lan_is_near() - whether an address is in the subnet of one of the interface's own, as far as they
 * are followed (of IPv6 the global ones are where a router speaks from one).
 * @bytes: IPv4 in the first 4 of 16.
 */
bool lan_is_near(const struct lan *lan, const uint8_t *bytes);

/**
 * lan_choose_global() - the same over IPv6, of the addresses that are not link-local.
 */
const uint8_t *lan_choose_global(const struct lan *lan, const uint8_t *before, const uint8_t *vip);

/**
 * lan_can_speak() - whether an advert could leave: without an interface or its medium there is
 * nobody to tell.
 */
bool lan_can_speak(const struct lan *lan);

/**
 * lan_lacks_carrier() - whether there is an interface that is up, and nobody at its other end.
 */
bool lan_lacks_carrier(const struct lan *lan);

/**
 * lan_caveats() - what may make routers useless, although they can live here: only the running host
 * knows. It does not route (RFC 9568 §1: a virtual router forwards what is sent to it), or its
 * interface is a bridge that may prune the group of adverts, and the solicitations of neighbours
 * (RFC 4541; of 224.0.0.0/24 no bridge does). Or it has no carrier, and that is no fault.
 *
 * Return: bits 1 << enum event_caveat; of the others none while nothing can be sent here.
 */
unsigned lan_caveats(const struct lan *lan);

#endif
