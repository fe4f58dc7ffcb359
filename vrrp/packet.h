/* SPDX-License-Identifier: MIT */
/*
 * The VRRP message and its way into and out of bytes: version 3 over IPv4 and IPv6 (RFC 9568 §5),
 * version 2 over IPv4 (RFC 3768 §5; its own fields are packet2.h's). Header checks, checksums, the
 * address list. What a router thinks of a message is receive.h's business. Version 3:
 *
 *   0               1               2               3
 *  +-------+-------+---------------+---------------+---------------+
 *  |Version| Type  | Virtual Rtr ID|   Priority    |  Addr Count   |
 *  +-------+-------+---------------+---------------+---------------+
 *  |Reserve|  Max Advertise Int    |           Checksum            |
 *  +-------+-----------------------+-------------------------------+
 *  |                    addresses, 4 or 16 bytes each              |
 *  +---------------------------------------------------------------+
 *
 * Addresses are always in network byte order, in the first 4 (IPv4) or all 16 (IPv6) bytes.
 */
#ifndef VRRP_PACKET_H
#define VRRP_PACKET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "hmac.h"

#define VRRP_PROTOCOL      112 /* IP protocol number */
#define VRRP_TTL           255
#define VRRP_ADDRESSES_MAX 255
#define VRRP_HEADER_LEN    8
#define VRRP_AUTH_LEN      8 /* of version 2, behind the addresses */

/* The longest message of any version and family. */
#define VRRP_PACKET_MAX (VRRP_HEADER_LEN + VRRP_ADDRESSES_MAX * 16)
#define VRRP_SIGNED_MAX (VRRP_PACKET_MAX + VRRP_HMAC_LEN)

#define VRRP_PRIORITY_LEAVE 0
#define VRRP_PRIORITY_LOWEST                                                                       \
	1 /* of a last resort; and the last word of one that serves no longer */
#define VRRP_PRIORITY_DEFAULT 100
#define VRRP_PRIORITY_OWNER   255

/* Over what the checksum of v3 over IPv4 is computed: the RFCs' readers disagree. */
enum vrrp_checksum {
	VRRP_CHECKSUM_RFC9568, /* the message alone */
	VRRP_CHECKSUM_RFC5798, /* with a pseudo-header, as keepalived and FRR do by default */
};

/* How version 2 authenticates (RFC 2338 §5.3.6); the numbers are the wire's. */
enum vrrp_auth_type {
	VRRP_AUTH_NONE,
	VRRP_AUTH_PASSWORD, /* eight bytes that everybody on the LAN can read */
	VRRP_AUTH_AH,       /* by an IP Authentication Header: not understood */
};

/* How a packet must come that concerns a router. */
struct vrrp_rules {
	/* What it may be sent to: a group, or own addresses if the peers send by unicast.
	 * destinations_n * vrrp_address_len() bytes; borrowed. None: to whatever is no group, as
	 * the kernel gives us of that nothing but what is sent to an address of the host */
	const uint8_t *destinations;
	unsigned destinations_n;
	/* By whom it may be sent; likewise. None: by anybody */
	const uint8_t *peers;
	unsigned peers_n;
	const uint8_t *peer_min_ttls;    /* of each of them, if it takes more; peers_n; NULL: not */
	uint8_t min_ttl;                 /* or hop limit: the least of all */
	uint8_t auth_type;               /* version 2: VRRP_AUTH_NONE or VRRP_AUTH_PASSWORD */
	uint8_t password[VRRP_AUTH_LEN]; /* filled up with zeros */
	bool may_be_empty;               /* adverts without addresses: it has none, either */
	/* How trailers are judged; borrowed. NULL: no advert has one */
	const struct vrrp_hmac_rules *hmac;
};

/* A received IP packet of protocol 112, as the socket layer hands it in. */
struct vrrp_rx {
	uint8_t family; /* 4 or 6 */
	uint8_t ttl;    /* or hop limit */
	uint8_t source[16];
	uint8_t destination[16];
	const uint8_t *payload; /* behind the IP header and its options; borrowed */
	size_t payload_len;
	const struct vrrp_rules *rules; /* of the router that it concerns; borrowed. NULL: sent to
					 * vrrp_group() by anybody and never forwarded, TTL 255,
					 * not authenticated */
	int64_t now_ns;                 /* of the event that it makes: struct vrrp_event */
};

/* A decoded message. */
struct vrrp_advert {
	uint8_t family;
	uint8_t version;
	uint8_t vrid;
	uint8_t priority;
	uint16_t interval_cs;        /* version 2: whole seconds */
	enum vrrp_checksum checksum; /* the form that matched; of version 3 over IPv4 alone */
	uint8_t source[16];          /* of the IP header */
	const uint8_t *addresses;    /* addresses_n * vrrp_address_len() bytes; borrowed from rx */
	uint8_t addresses_n;
	uint8_t auth_type;           /* version 2: enum vrrp_auth_type; else VRRP_AUTH_NONE */
	uint8_t auth[VRRP_AUTH_LEN]; /* the password, filled up with zeros; else all zero */
	uint64_t sequence;           /* of its HMAC trailer, which is right; 0: it has none */
	unsigned notices;            /* 1 << enum vrrp_notice; set by vrrp_receive() */
	bool is_last_word;           /* it may be: vrrp_is_last_word(); likewise */
};

/**
 * vrrp_address_len() - bytes of an address.
 * @family: 4 or 6.
 */
size_t vrrp_address_len(unsigned family);

/**
 * vrrp_group() - the multicast group that adverts are sent to (RFC 9568 §5.1.1.2, §5.1.2.2).
 * @family: 4 or 6.
 *
 * Return: the address in network byte order, a constant.
 */
const uint8_t *vrrp_group(unsigned family);

/**
 * vrrp_is_link_local() - whether an address is fe80::/10; one of IPv4 never is, as VRRP has no use
 * for that.
 */
bool vrrp_is_link_local(unsigned family, const uint8_t *address);

/**
 * vrrp_packet_exists() - whether a version of the message is defined over a family: 2 over IPv4, 3
 * over both.
 */
bool vrrp_packet_exists(unsigned version, unsigned family);

/**
 * vrrp_packet_len() - bytes of a message; only this length is accepted, or with a trailer behind it
 * VRRP_HMAC_LEN more.
 * @version: of a message that exists over @family.
 * @addresses_n: 0..255; RFC 9568 §5.2.5 has no 0.
 */
size_t vrrp_packet_len(unsigned version, unsigned family, unsigned addresses_n);

/**
 * vrrp_packet_vrid() - the VRID of a message, to find the router that it concerns.
 * @rx: not yet checked.
 *
 * Return: 0..255, or -1 when the message is too short to have one.
 */
int vrrp_packet_vrid(const struct vrrp_rx *rx);

/**
 * vrrp_packet_version() - likewise, the version that it says to be of.
 *
 * Return: 0..15; 0 also of a message without a byte.
 */
unsigned vrrp_packet_version(const struct vrrp_rx *rx);

/* No router of ours has the VRID: a message of any version is looked at up to there. */
#define VRRP_VERSION_NO_ROUTER 0

/**
 * vrrp_packet_decode() - validate and parse a message for a router of @version.
 * @rx: what was received; the decoded address list borrows its payload.
 * @version: 2 or 3, the version of the router that it concerns; or VRRP_VERSION_NO_ROUTER.
 * @ret_advert: filled on success only.
 *
 * Applies RFC 9568 §7.1 and the errata, or RFC 3768 §7.1, in a fixed order: TTL, length, version,
 * type, VRID, destination, source, peer, the peer's TTL, count, length again, checksum,
 * authentication, HMAC, interval.
 *
 * Return: VRRP_ACCEPT, or the first check that failed.
 */
enum vrrp_reject vrrp_packet_decode(const struct vrrp_rx *rx, unsigned version,
				    struct vrrp_advert *ret_advert);

/**
 * vrrp_packet_checksum_fits() - whether a checksum is right in one form. It may be in both: a
 * pseudo-header can sum up to nothing.
 * @rx: decoded successfully.
 * @form: means nothing but in version 3 over IPv4: version 2 never has a pseudo-header, IPv6
 * always.
 */
bool vrrp_packet_checksum_fits(const struct vrrp_rx *rx, enum vrrp_checksum form);

/**
 * vrrp_packet_encode() - write an advert.
 * @advert: all but notices and sequence is used; the version exists over the family, the
 *	authentication type is VRRP_AUTH_NONE or VRRP_AUTH_PASSWORD.
 * @destination: of the IP header to be; part of the pseudo-header.
 * @buf: the caller's, at least vrrp_packet_len() bytes.
 *
 * Return: bytes written.
 */
size_t vrrp_packet_encode(const struct vrrp_advert *advert, const uint8_t *destination,
			  uint8_t *buf);

/**
 * vrrp_packet_sign() - put an HMAC trailer behind an advert that was just written. Over IPv6 the
 * checksum covers it, over IPv4 it does not.
 * @advert, @destination: as for vrrp_packet_encode(), but that advert->sequence is used: the one of
 *	the trailer. All copies of one advert have the same.
 * @buf: what that wrote, and VRRP_HMAC_LEN bytes more.
 *
 * Return: bytes of both.
 */
size_t vrrp_packet_sign(const struct vrrp_advert *advert, const uint8_t *destination,
			const struct vrrp_hmac_key *key, uint8_t *buf);

#endif
