/* SPDX-License-Identifier: MIT */
/*
 * Ethernet frames, byte by byte: pure functions. How they leave is send.h's business.
 */
#ifndef KERN_FRAME_H
#define KERN_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define KERN_FRAME_MAX          4170 /* a signed advert of 255 IPv6 addresses */
#define KERN_FRAME_ETHERNET_LEN 14
#define KERN_FRAME_IP4_LEN      34 /* Ethernet and IPv4 header */
#define KERN_FRAME_IP6_LEN      54 /* Ethernet and IPv6 header */
#define KERN_FRAME_ARP_LEN      42
#define KERN_FRAME_NA_LEN       86

/* What stands in the headers of a multicast packet. All addresses are in network byte order and
 * borrowed. */
struct kern_frame_ip {
	const uint8_t *source_mac;
	const uint8_t *source;
	const uint8_t *destination; /* a multicast group; its MAC follows from it */
	uint8_t protocol;
	uint8_t ttl; /* or hop limit */
	uint8_t tos; /* or traffic class */
	size_t payload_len;
};

/**
 * kern_frame_set_source() - let a frame that is written come from another MAC address. What is said
 * inside of it stays.
 */
void kern_frame_set_source(uint8_t *frame, const uint8_t *mac);

/**
 * kern_frame_ip4() - write the Ethernet and IPv4 header of a multicast packet.
 * @frame: KERN_FRAME_IP4_LEN bytes; the payload goes behind them.
 *
 * An atomic datagram: DF set, ID zero (RFC 6864 §4.1).
 */
void kern_frame_ip4(uint8_t *frame, const struct kern_frame_ip *ip);

/**
 * kern_frame_ip6() - write the Ethernet and IPv6 header of a multicast packet.
 * @frame: KERN_FRAME_IP6_LEN bytes; the payload goes behind them.
 */
void kern_frame_ip6(uint8_t *frame, const struct kern_frame_ip *ip);

/**
 * kern_frame_arp() - write an ARP announcement (RFC 5227 §3; RFC 9568 §8.1.2).
 * @frame: KERN_FRAME_ARP_LEN bytes.
 * @source_mac: of the sender.
 * @mac: where the address is.
 * @address: the IPv4 address, network byte order.
 */
void kern_frame_arp(uint8_t *frame, const uint8_t *source_mac, const uint8_t *mac,
		    const uint8_t *address);

/**
 * kern_frame_arp_probe() - write the question whether anybody else has an address, by which nobody
 * learns where it is (RFC 5227 §1.1).
 * @frame: KERN_FRAME_ARP_LEN bytes.
 * @mac: of the sender, who is answered.
 * @address: 4 bytes.
 */
void kern_frame_arp_probe(uint8_t *frame, const uint8_t *mac, const uint8_t *address);

#define KERN_FRAME_NS_PROBE_LEN 78

/**
 * kern_frame_ns_probe() - the same of IPv6: as duplicate address detection asks (RFC 4862 §5.4.2).
 * @frame: KERN_FRAME_NS_PROBE_LEN bytes.
 * @mac: of the sender. All nodes get the answer.
 * @address: 16 bytes.
 */
void kern_frame_ns_probe(uint8_t *frame, const uint8_t *mac, const uint8_t *address);

/* What stands in an unsolicited Neighbor Advertisement. All is borrowed. */
struct kern_frame_na {
	const uint8_t *source_mac;
	const uint8_t *mac;    /* where the address is: the target link-layer address option */
	const uint8_t *source; /* an address of the interface: the announced one, if it is there */
	const uint8_t *address;
	bool router;   /* R: hosts that know the address as a router's keep it as one */
	bool override; /* O: takes the place of what neighbours know */
};

/**
 * kern_frame_na() - write an unsolicited Neighbor Advertisement to all nodes (RFC 4861 §4.4,
 * §7.2.6; RFC 9568 §8.2.2).
 * @frame: KERN_FRAME_NA_LEN bytes.
 */
void kern_frame_na(uint8_t *frame, const struct kern_frame_na *na);

/* Groups of a report, at most: the packet is no longer than any link takes (RFC 8200 §5). */
#define KERN_FRAME_MLD_GROUPS_MAX 61
#define KERN_FRAME_MLD_LEN(n)     (KERN_FRAME_IP6_LEN + 16 + 20 * (size_t)(n))

/* What stands in a report of which groups of IPv6 a host has begun to listen to. All is borrowed.
 */
struct kern_frame_mld {
	const uint8_t *source_mac;
	const uint8_t *source; /* a link-local address of the interface; NULL: it has none */
	const uint8_t *groups; /* 16 bytes each */
	unsigned groups_n;     /* up to KERN_FRAME_MLD_GROUPS_MAX */
};

/**
 * kern_frame_mld() - write a report of version 2 to all routers that speak MLDv2 (RFC 3810 §5.2;
 * of the addresses §5.2.13, §5.2.14): a record for each group, CHANGE_TO_EXCLUDE_MODE without
 * sources, which means from everybody (§5.2.12).
 * @frame: KERN_FRAME_MLD_LEN(groups_n) bytes.
 */
void kern_frame_mld(uint8_t *frame, const struct kern_frame_mld *mld);

/**
 * kern_frame_solicited_node() - the group that hosts ask in who has an address (RFC 4291 §2.7.1).
 * @address: 16 bytes.
 * @ret_group: 16 bytes.
 */
void kern_frame_solicited_node(const uint8_t *address, uint8_t *ret_group);

#endif
