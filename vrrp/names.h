/* SPDX-License-Identifier: MIT */
/*
 * The words of the protocol: states, reasons of a state change, reasons to reject or to notice a
 * packet. One table each, used by the log, the control socket and the tests. Words are RFC 9568's.
 *
 * Their numbers are kept in memory that outlives the version that wrote it: they never change, and
 * new ones come behind the last.
 */
#ifndef VRRP_NAMES_H
#define VRRP_NAMES_H

#include <stdbool.h>

/* RFC 9568 §6.4, and the one that operators need: Initialize because something is broken. */
enum vrrp_state {
	VRRP_STATE_INITIALIZE,
	VRRP_STATE_BACKUP,
	VRRP_STATE_ACTIVE,
	VRRP_STATE_FAULT, /* the RFC's Initialize, with a reason that the host must mend */
	VRRP_STATE_COUNT,
};

/* Why a virtual router is in its state. What a reason's numbers mean: struct vrrp_reason. */
enum vrrp_reason_code {
	VRRP_REASON_NONE,
	VRRP_REASON_STARTED,
	VRRP_REASON_START_DELAY,  /* @ns: the configured delay */
	VRRP_REASON_OWNER,        /* the interface owns the addresses: priority 255 */
	VRRP_REASON_SILENCE,      /* @ns: since the last advert or the start of Backup */
	VRRP_REASON_LEFT,         /* @source sent priority 0 */
	VRRP_REASON_PREEMPT,      /* @source advertises the lower @priority */
	VRRP_REASON_HIGHER,       /* @source advertises the higher @priority */
	VRRP_REASON_TIE,          /* @source advertises our @priority from a higher address */
	VRRP_REASON_STOPPED,      /* the operator stops vipd */
	VRRP_REASON_LINK_MISSING, /* there is no interface of that name */
	VRRP_REASON_LINK_DOWN,    /* the interface is administratively down */
	VRRP_REASON_NO_CARRIER,   /* the interface is up but has no carrier */
	VRRP_REASON_LINK_TYPE,    /* the interface has no Ethernet address to send from */
	VRRP_REASON_NO_SOURCE,    /* the interface has no address of its own to send from; or not
				   * the one that is configured: @source */
	VRRP_REASON_NO_GROUP,     /* the multicast group cannot be joined: we would be deaf */
	VRRP_REASON_RECOVERED,    /* a fault is over */
	VRRP_REASON_LINK_PORT, /* the interface is a port of @interface, which gets its packets */
	VRRP_REASON_MTU,       /* an advert has @bytes[0], the interface takes @bytes[1] */
	VRRP_REASON_NO_OWN,    /* the interface does not have @source, which an owner needs */
	VRRP_REASON_AWAY,      /* this host stood still, and @source of the lower @priority has
				* taken over meanwhile; preemption is off */
	VRRP_REASON_ONLY_VIRTUAL, /* the interface has no address to send from but @source, which is
				   * a virtual one */
	VRRP_REASON_CEDED,        /* we offered to leave, and @source of @priority has taken over */
	VRRP_REASON_TOGETHER, /* the router decides in all of its families, and did so in that one
			       * of IPv @priority */
	VRRP_REASON_ADDRESS_LINK_MISSING, /* there is no @interface, where an address is held */
	VRRP_REASON_ADDRESS_LINK_DOWN,    /* that one is administratively down */
	VRRP_REASON_ADDRESS_NO_CARRIER,   /* that one is up but has no carrier */
	VRRP_REASON_NO_PEER,              /* all unicast peers are addresses of this host */
	VRRP_REASON_NOT_HERE,   /* no interface of this host has @source, which is configured */
	VRRP_REASON_NO_GLOBAL,  /* the interface has no IPv6 address that others than its link
				 * could answer to */
	VRRP_REASON_BOOT_DELAY, /* @ns: until the host is up for as long as configured */
	VRRP_REASON_NO_MACVLAN, /* @interface, which is to carry the virtual MAC, cannot be had */
	VRRP_REASON_GROUP,      /* the router's group decides, and another member did so first */
	VRRP_REASON_MEMBER,     /* another member of its group has a fault, on @interface */
	VRRP_REASON_TRACK_DOWN, /* @interface, which is tracked, cannot be used */
	VRRP_REASON_TRACK_UP,   /* it can, and is tracked in reverse */
	VRRP_REASON_ON_MACVLAN, /* the interface is a macvlan, and can carry no virtual MAC */
	VRRP_REASON_MUTE,       /* no advert of ours leaves, and @source of @priority is Active */
	VRRP_REASON_NO_KEY,     /* there is no usable key of number @bytes[0]; 0: none at all */
	VRRP_REASON_ROUTE_LINK_MISSING, /* there is no @interface, which a route leads over */
	VRRP_REASON_ROUTE_LINK_DOWN,    /* that one is administratively down */
	VRRP_REASON_ROUTE_NO_CARRIER,   /* that one is up but has no carrier */
	VRRP_REASON_CHECK_DOWN,   /* a check that is tracked, of the caller's number @bytes[0] */
	VRRP_REASON_CHECK_UP,     /* it is up, and tracked in reverse */
	VRRP_REASON_MEMBER_CHECK, /* another member of its group has one of these two, likewise */
	VRRP_REASON_COUNT,
};

/**
 * vrrp_reason_is_of_peer() - whether a reason is what another router did: struct vrrp_reason's
 * @source is its address then.
 */
bool vrrp_reason_is_of_peer(enum vrrp_reason_code code);

/**
 * vrrp_reason_is_of_check() - whether a reason is what a check says: struct vrrp_reason's @bytes[0]
 * is its number then, and @interface nothing.
 */
bool vrrp_reason_is_of_check(enum vrrp_reason_code code);

/*
 * Why a packet was discarded (RFC 9568 §7.1, RFC 3768 §7.1); the order of the checks is that of
 * vrrp_packet_decode(), then of vrrp_receive(). A rejected packet moves exactly one counter and
 * nothing else.
 */
enum vrrp_reject {
	VRRP_ACCEPT,
	VRRP_REJECT_LENGTH,      /* truncated, surplus bytes, or an IP header that makes no sense */
	VRRP_REJECT_TTL,         /* not 255: it was forwarded (RFC 5082), or too often; of a unicast
				    peer: below its minimum */
	VRRP_REJECT_VERSION,     /* not the configured version */
	VRRP_REJECT_TYPE,        /* not an advert */
	VRRP_REJECT_VRID,        /* no virtual router of that VRID on the interface */
	VRRP_REJECT_DESTINATION, /* not sent to the group, or to us where peers use unicast */
	VRRP_REJECT_SOURCE,      /* from an address that no host can have */
	VRRP_REJECT_EMPTY_LIST,  /* no address (erratum 8299) */
	VRRP_REJECT_CHECKSUM,
	VRRP_REJECT_INTERVAL,         /* zero (erratum 8301) */
	VRRP_REJECT_OWN_SOURCE,       /* our own advert came back: a loop, or a cloned host */
	VRRP_REJECT_NOT_LINK_LOCAL,   /* IPv6 multicast from an address of wider scope */
	VRRP_REJECT_AUTH_TYPE,        /* version 2: an authentication that nobody defined */
	VRRP_REJECT_AUTH_AH,          /* version 2: by IP Authentication Header, which we lack */
	VRRP_REJECT_AUTH_MISMATCH,    /* version 2: another authentication than the router's */
	VRRP_REJECT_INTERVAL_DIFFERS, /* version 2: not the router's interval (RFC 3768 §7.1) */
	VRRP_REJECT_AUTH_FAILED,      /* version 2: not the router's password (RFC 2338 §7.1) */
	VRRP_REJECT_NOT_PEER,         /* unicast from an address that is no configured peer */
	VRRP_REJECT_HMAC_MISSING,     /* no HMAC trailer, and this router demands one */
	VRRP_REJECT_HMAC_MALFORMED,   /* a trailer of another type, or reserved bits are set */
	VRRP_REJECT_HMAC_STALE,       /* its time is further from ours than the window */
	VRRP_REJECT_HMAC_UNKNOWN_KEY, /* by a key that this router does not have */
	VRRP_REJECT_HMAC_BAD,         /* not by that key: another secret, or forged */
	VRRP_REJECT_HMAC_REPLAY,      /* not after the last one of that sender: heard before */
	VRRP_REJECT_COUNT,
};

/* What is remarkable about an accepted advert, which takes its course; or about a LAN: of the last
 * three, two are the caller's to find. One counter each. */
enum vrrp_notice {
	VRRP_NOTICE_INTERVAL,       /* the sender's interval differs from ours */
	VRRP_NOTICE_ADDRESS_LIST,   /* the sender's addresses differ from ours */
	VRRP_NOTICE_OWNER,          /* a second owner: both sides have priority 255 */
	VRRP_NOTICE_EQUAL_PRIORITY, /* the election is decided by address */
	VRRP_NOTICE_CHECKSUM_FORM,  /* the sender uses the other reading of the IPv4 checksum */
	VRRP_NOTICE_OTHER_ACTIVE,   /* while we are Active, and not of a higher priority */
	VRRP_NOTICE_CLOCK_SKEW,     /* the time in its HMAC trailer is half the window from ours */
	VRRP_NOTICE_NOT_HEARD,      /* while we are Active, again and again: it does not hear us */
	VRRP_NOTICE_ADDRESS_TAKEN,  /* no advert: somebody says to have an address while we are
				       Active */
	VRRP_NOTICE_FELL_SILENT, /* no advert any more: the Active that was heard, so we are it */
	VRRP_NOTICE_COUNT,
};

/* The words themselves, for tables of fields. */
extern const char *const vrrp_state_words[VRRP_STATE_COUNT];
extern const char *const vrrp_reason_words[VRRP_REASON_COUNT];
extern const char *const vrrp_reject_words[VRRP_REJECT_COUNT];
extern const char *const vrrp_notice_words[VRRP_NOTICE_COUNT];

/**
 * vrrp_state_name() - the word for a state.
 * @state: below VRRP_STATE_COUNT.
 *
 * Return: a constant string: "initialize", "backup", "active" or "fault".
 */
const char *vrrp_state_name(enum vrrp_state state);

/**
 * vrrp_reject_name() - the word for a reject, as in counters and logs.
 * @reject: below VRRP_REJECT_COUNT.
 *
 * Return: a constant string, for example "checksum".
 */
const char *vrrp_reject_name(enum vrrp_reject reject);

/**
 * vrrp_notice_name() - the word for a notice, as in counters and logs.
 * @notice: below VRRP_NOTICE_COUNT.
 *
 * Return: a constant string, for example "address_list".
 */
const char *vrrp_notice_name(enum vrrp_notice notice);

#endif
