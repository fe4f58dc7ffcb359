/* SPDX-License-Identifier: MIT */
#include "frame.h"

#include <net/ethernet.h>
#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <netinet/ip.h>
#include <string.h>

#define MLD2_REPORT            143
#define MLD2_CHANGE_TO_EXCLUDE 4

static const uint8_t unspecified[16];

static uint8_t *put16(uint8_t *p, unsigned value)
{
	p[0] = (uint8_t)(value >> 8);
	p[1] = (uint8_t)value;
	return p + 2;
}

static uint8_t *put_bytes(uint8_t *p, const void *bytes, size_t len)
{
	memcpy(p, bytes, len);
	return p + len;
}

/* Of an even number of bytes, up to 64 KiB in all. @sum: of what goes before. */
static uint32_t add_up(uint32_t sum, const uint8_t *bytes, size_t len)
{
	for (size_t i = 0; i < len; i += 2)
		sum += (uint32_t)(bytes[i] << 8 | bytes[i + 1]);
	return sum;
}

/* RFC 1071, likewise. */
static unsigned checksum(uint32_t sum, const uint8_t *bytes, size_t len)
{
	sum = add_up(sum, bytes, len);
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	return ~sum & 0xffff;
}

void kern_frame_set_source(uint8_t *frame, const uint8_t *mac)
{
	(void)put_bytes(frame + 6, mac, 6);
}

void kern_frame_ip4(uint8_t *frame, const struct kern_frame_ip *ip)
{
	/* RFC 1112 §6.4: the low 23 bits of the group. */
	uint8_t group_mac[6] = {
		0x01, 0x00, 0x5e, ip->destination[1] & 0x7f, ip->destination[2], ip->destination[3]
	};
	uint8_t *p = frame, *header;

	p = put_bytes(p, group_mac, 6);
	p = put_bytes(p, ip->source_mac, 6);
	p = put16(p, ETHERTYPE_IP);
	header = p;
	*p++ = 0x45;
	*p++ = ip->tos;
	p = put16(p, (unsigned)(20 + ip->payload_len));
	p = put16(p, 0);
	p = put16(p, IP_DF);
	*p++ = ip->ttl;
	*p++ = ip->protocol;
	p = put16(p, 0);
	p = put_bytes(p, ip->source, 4);
	put_bytes(p, ip->destination, 4);
	put16(header + 10, checksum(0, header, 20));
}

void kern_frame_ip6(uint8_t *frame, const struct kern_frame_ip *ip)
{
	/* RFC 2464 §7: the last four bytes of the group. */
	static const uint8_t group_mac[] = { 0x33, 0x33 };
	uint8_t *p = frame;

	p = put_bytes(p, group_mac, 2);
	p = put_bytes(p, ip->destination + 12, 4);
	p = put_bytes(p, ip->source_mac, 6);
	p = put16(p, ETHERTYPE_IPV6);
	p = put16(p, 0x6000u | (unsigned)ip->tos << 4);
	p = put16(p, 0); /* flow label */
	p = put16(p, (unsigned)ip->payload_len);
	*p++ = ip->protocol;
	*p++ = ip->ttl;
	p = put_bytes(p, ip->source, 16);
	put_bytes(p, ip->destination, 16);
}

void kern_frame_arp(uint8_t *frame, const uint8_t *source_mac, const uint8_t *mac,
		    const uint8_t *address)
{
	/* Ethernet, IPv4, lengths 6 and 4, request: the form that every host listens to. */
	static const uint8_t fixed[] = { 0x08, 0x06, 0, 1, 0x08, 0, 6, 4, 0, 1 };
	uint8_t *p = frame;

	memset(p, 0xff, 6);
	p = put_bytes(p + 6, source_mac, 6);
	p = put_bytes(p, fixed, sizeof(fixed));
	p = put_bytes(p, mac, 6);
	p = put_bytes(p, address, 4);
	p = put_bytes(p, mac, 6);
	put_bytes(p, address, 4);
}

void kern_frame_na(uint8_t *frame, const struct kern_frame_na *na)
{
	static const uint8_t all_nodes[16] = { 0xff, 0x02, [15] = 1 };
	const struct kern_frame_ip ip = {
		.source_mac = na->source_mac,
		.source = na->source,
		.destination = all_nodes,
		.protocol = IPPROTO_ICMPV6,
		.ttl = 255,
		.payload_len = KERN_FRAME_NA_LEN - KERN_FRAME_IP6_LEN,
	};
	uint8_t *message = frame + KERN_FRAME_IP6_LEN, *p = message;

	kern_frame_ip6(frame, &ip);
	*p++ = ND_NEIGHBOR_ADVERT;
	*p++ = 0;
	p = put16(p, 0);
	*p++ = (uint8_t)((na->router ? 0x80 : 0) | (na->override ? 0x20 : 0));
	memset(p, 0, 3);
	p = put_bytes(p + 3, na->address, 16);
	*p++ = ND_OPT_TARGET_LINKADDR;
	*p++ = 1; /* of 8 bytes */
	put_bytes(p, na->mac, 6);
	/* The pseudo-header's addresses stand before the message: RFC 8200 §8.1. */
	put16(message + 2, checksum(IPPROTO_ICMPV6 + (uint32_t)ip.payload_len, message - 32,
				    32 + ip.payload_len));
}

void kern_frame_solicited_node(const uint8_t *address, uint8_t *ret_group)
{
	static const uint8_t prefix[13] = { 0xff, 0x02, [11] = 1, 0xff };

	put_bytes(put_bytes(ret_group, prefix, sizeof(prefix)), address + 13, 3);
}

void kern_frame_mld(uint8_t *frame, const struct kern_frame_mld *mld)
{
	/* Routers and switches look into it, whoever it is for (RFC 2711), and it is of 8 bytes. */
	static const uint8_t options[] = { IPPROTO_ICMPV6, 0, 5, 2, 0, 0, 1, 0 };
	static const uint8_t routers[16] = { 0xff, 0x02, [15] = 0x16 };
	const struct kern_frame_ip ip = {
		.source_mac = mld->source_mac,
		.source = mld->source ? mld->source : unspecified,
		.destination = routers,
		.protocol = IPPROTO_HOPOPTS,
		.ttl = 1,
		.payload_len = KERN_FRAME_MLD_LEN(mld->groups_n) - KERN_FRAME_IP6_LEN,
	};
	size_t len = ip.payload_len - sizeof(options);
	uint8_t *message, *p;

	kern_frame_ip6(frame, &ip);
	message = p = put_bytes(frame + KERN_FRAME_IP6_LEN, options, sizeof(options));
	*p++ = MLD2_REPORT;
	*p++ = 0;
	p = put16(p, 0); /* checksum */
	p = put16(p, 0);
	p = put16(p, mld->groups_n);
	for (unsigned i = 0; i < mld->groups_n; i++) {
		*p++ = MLD2_CHANGE_TO_EXCLUDE;
		*p++ = 0;
		p = put16(p, 0); /* sources */
		p = put_bytes(p, mld->groups + 16 * i, 16);
	}
	put16(message + 2,
	      checksum(add_up(IPPROTO_ICMPV6 + (uint32_t)len, frame + 22, 32), message, len));
}

void kern_frame_arp_probe(uint8_t *frame, const uint8_t *mac, const uint8_t *address)
{
	kern_frame_arp(frame, mac, mac, address);
	memset(frame + 28, 0, 4); /* the sender's address, */
	memset(frame + 32, 0, 6); /* and whose MAC is asked for */
}

void kern_frame_ns_probe(uint8_t *frame, const uint8_t *mac, const uint8_t *address)
{
	uint8_t group[16];
	const struct kern_frame_ip ip = {
		.source_mac = mac,
		.source = unspecified,
		.destination = group,
		.protocol = IPPROTO_ICMPV6,
		.ttl = 255,
		.payload_len = KERN_FRAME_NS_PROBE_LEN - KERN_FRAME_IP6_LEN,
	};
	uint8_t *message = frame + KERN_FRAME_IP6_LEN;

	kern_frame_solicited_node(address, group);
	kern_frame_ip6(frame, &ip);
	memset(message, 0, ip.payload_len);
	message[0] = ND_NEIGHBOR_SOLICIT;
	put_bytes(message + 8, address, 16);
	put16(message + 2, checksum(IPPROTO_ICMPV6 + (uint32_t)ip.payload_len, message - 32,
				    32 + ip.payload_len));
}
