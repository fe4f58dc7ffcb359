/* SPDX-License-Identifier: MIT */
/*
 * The VRRP message and its way into and out of bytes (RFC 9568 §5): header checks, both readings of
 * the IPv4 checksum, the address list. What a router thinks of a message is receive.h's business.
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

#include "names.h"

#define VRRP_PROTOCOL      112 /* IP protocol number */
#define VRRP_TTL           255
#define VRRP_ADDRESSES_MAX 255
#define VRRP_HEADER_LEN    8
#define VRRP_PACKET_MAX    (VRRP_HEADER_LEN + VRRP_ADDRESSES_MAX * 4)

#define VRRP_PRIORITY_LEAVE   0
#define VRRP_PRIORITY_DEFAULT 100
#define VRRP_PRIORITY_OWNER   255

/* Over what the checksum of v3 over IPv4 is computed: the RFCs' readers disagree. */
enum vrrp_checksum {
	VRRP_CHECKSUM_RFC9568, /* the message alone */
	VRRP_CHECKSUM_RFC5798, /* with a pseudo-header, as keepalived and FRR do by default */
};

/* A received IP packet of protocol 112, as the socket layer hands it in. */
struct vrrp_rx {
	uint8_t family; /* 4 */
	uint8_t ttl;
	uint8_t source[16];
	uint8_t destination[16];
	const uint8_t *payload; /* behind the IP header and its options; borrowed */
	size_t payload_len;
};

/* A decoded message. */
struct vrrp_advert {
	uint8_t family;
	uint8_t version;
	uint8_t vrid;
	uint8_t priority;
	uint16_t interval_cs;
	enum vrrp_checksum checksum; /* the form that matched */
	uint8_t source[16];          /* of the IP header */
	const uint8_t *addresses;    /* addresses_n * vrrp_address_len() bytes; borrowed from rx */
	uint8_t addresses_n;
	unsigned notices; /* 1 << enum vrrp_notice; set by vrrp_receive() */
};

/**
 * vrrp_address_len() - bytes of an address.
 * @family: 4 or 6.
 */
size_t vrrp_address_len(unsigned family);

/**
 * vrrp_group() - the multicast group that adverts are sent to (RFC 9568 §5.1.1.2).
 * @family: 4.
 *
 * Return: the address in network byte order, a constant.
 */
const uint8_t *vrrp_group(unsigned family);

/**
 * vrrp_packet_vrid() - the VRID of a message, to find the router that it concerns.
 * @rx: not yet checked.
 *
 * Return: 0..255, or -1 when the message is too short to have one.
 */
int vrrp_packet_vrid(const struct vrrp_rx *rx);

/* No router of ours has the VRID: the message is looked at up to there. */
#define VRRP_VERSION_NO_ROUTER 0

/**
 * vrrp_packet_decode() - validate and parse a message for a router of @version.
 * @rx: what was received; the decoded address list borrows its payload.
 * @version: 3, the version of the router that it concerns; or VRRP_VERSION_NO_ROUTER.
 * @ret_advert: filled on success only.
 *
 * Applies RFC 9568 §7.1 and the errata in a fixed order: TTL, length, version, type, VRID,
 * destination, source, count, length again, checksum, interval.
 *
 * Return: VRRP_ACCEPT, or the first check that failed.
 */
enum vrrp_reject vrrp_packet_decode(const struct vrrp_rx *rx, unsigned version,
				    struct vrrp_advert *ret_advert);

/**
 * vrrp_packet_checksum_fits() - whether a checksum is right in one form. It may be in both: a
 * pseudo-header can sum up to nothing.
 * @rx: decoded successfully.
 */
bool vrrp_packet_checksum_fits(const struct vrrp_rx *rx, enum vrrp_checksum form);

/**
 * vrrp_packet_encode() - write an advert.
 * @advert: version, vrid, priority, interval_cs, checksum, family, source and addresses are used.
 * @destination: of the IP header to be; part of the pseudo-header.
 * @buf: the caller's, at least VRRP_PACKET_MAX bytes.
 *
 * Return: bytes written.
 */
size_t vrrp_packet_encode(const struct vrrp_advert *advert, const uint8_t *destination,
			  uint8_t *buf);

#endif
