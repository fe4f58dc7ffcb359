/* SPDX-License-Identifier: MIT */
#include "frame.h"

#include <net/ethernet.h>
#include <netinet/in.h>
#include <netinet/ip.h>
#include <string.h>

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

static unsigned header_checksum(const uint8_t *header, size_t len)
{
	uint32_t sum = 0;

	for (size_t i = 0; i < len; i += 2)
		sum += (uint32_t)(header[i] << 8 | header[i + 1]);
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	return ~sum & 0xffff;
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
	put16(header + 10, header_checksum(header, 20));
}

void kern_frame_arp(uint8_t *frame, const uint8_t *mac, const uint8_t *address)
{
	/* Ethernet, IPv4, lengths 6 and 4, request: the form that every host listens to. */
	static const uint8_t fixed[] = { 0x08, 0x06, 0, 1, 0x08, 0, 6, 4, 0, 1 };
	uint8_t *p = frame;

	memset(p, 0xff, 6);
	p = put_bytes(p + 6, mac, 6);
	p = put_bytes(p, fixed, sizeof(fixed));
	p = put_bytes(p, mac, 6);
	p = put_bytes(p, address, 4);
	p = put_bytes(p, mac, 6);
	put_bytes(p, address, 4);
}
