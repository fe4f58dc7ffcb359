/* SPDX-License-Identifier: MIT */
/*
 * Ethernet frames, byte by byte: pure functions. How they leave is send.h's business.
 */
#ifndef KERN_FRAME_H
#define KERN_FRAME_H

#include <stddef.h>
#include <stdint.h>

#define KERN_FRAME_MAX          1514
#define KERN_FRAME_ETHERNET_LEN 14
#define KERN_FRAME_IP4_LEN      34 /* Ethernet and IPv4 header */
#define KERN_FRAME_ARP_LEN      42

/* What stands in the headers of a multicast packet. All addresses are in network byte order and
 * borrowed. */
struct kern_frame_ip {
	const uint8_t *source_mac;
	const uint8_t *source;
	const uint8_t *destination; /* a multicast group; its MAC follows from it */
	uint8_t protocol;
	uint8_t ttl;
	uint8_t tos;
	size_t payload_len;
};

/**
 * kern_frame_ip4() - write the Ethernet and IPv4 header of a multicast packet.
 * @frame: KERN_FRAME_IP4_LEN bytes; the payload goes behind them.
 *
 * An atomic datagram: DF set, ID zero (RFC 6864 §4.1).
 */
void kern_frame_ip4(uint8_t *frame, const struct kern_frame_ip *ip);

/**
 * kern_frame_arp() - write an ARP announcement (RFC 5227 §3; RFC 9568 §8.1.2).
 * @frame: KERN_FRAME_ARP_LEN bytes.
 * @mac: of the sender, and the answer.
 * @address: the IPv4 address, network byte order.
 */
void kern_frame_arp(uint8_t *frame, const uint8_t *mac, const uint8_t *address);

#endif
