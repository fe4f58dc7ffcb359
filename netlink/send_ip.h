/* SPDX-License-Identifier: MIT */
/*
 * Sending IP packets to single hosts through one raw IP socket per family: the kernel finds route
 * and neighbour, and the rules of a host firewall apply. Packets are collected and leave together,
 * as frames do (send.h).
 */
#ifndef KERN_SEND_IP_H
#define KERN_SEND_IP_H

#include "send.h"

/* The most bytes of one payload: an IPv6 advert of 255 addresses, and room for a signature. */
#define KERN_IP_PAYLOAD_MAX 4352

/* And with its header. */
#define KERN_IP_PREPARED_MAX (40 + KERN_IP_PAYLOAD_MAX)

/* What stands in the header of a packet. Addresses are in network byte order and borrowed. */
struct kern_ip_header {
	uint8_t family; /* 4 or 6 */
	uint8_t ttl;    /* or hop limit */
	const uint8_t *source;
	const uint8_t *destination;
	int ifindex; /* where it leaves; 0: where the route leads. A link-local destination needs
			it */
};

struct kern_ip_sender;

/**
 * kern_ip_sender_open() - open the sockets. They hear nothing.
 * @protocol: IP protocol number.
 * @tos: of all packets, or traffic class. Not per packet: the kernel would derive the priority in
 *       the interface's queue from it, which is 7 here as for frames.
 * @ret_sender: owned by the caller.
 *
 * Return: 0; -ENOMEM; -EPERM without CAP_NET_RAW; another -errno of socket(): vipd cannot run. A
 * kernel without IPv6 is none: it refuses such packets.
 */
int kern_ip_sender_open(int protocol, uint8_t tos, struct kern_ip_sender **ret_sender);

/**
 * kern_ip_sender_close() - release; packets not flushed are lost. NULL is allowed.
 */
void kern_ip_sender_close(struct kern_ip_sender *sender);

/**
 * kern_ip_sender_packet() - queue a packet.
 * @header: copied.
 * @len: bytes of the payload, up to KERN_IP_PAYLOAD_MAX.
 * @owner: for the caller, in struct kern_sent; borrowed.
 * @kind: likewise.
 *
 * Return: where the caller writes the payload, before the next call; NULL when the queue is full:
 * flush, and call again.
 */
uint8_t *kern_ip_sender_packet(struct kern_ip_sender *sender, const struct kern_ip_header *header,
			       size_t len, void *owner, unsigned kind);

/**
 * kern_ip_sender_prepared() - queue a whole IP packet that was prepared before.
 * @ifindex: as in struct kern_ip_header.
 * @bytes: from the first byte of the IP header, which has no options of IPv4 and no extensions of
 *	IPv6; its TTL and its addresses count. Copied, then checked.
 *
 * Return: 0; -EINVAL when it makes no sense, or is of another protocol; -ENOBUFS when the queue is
 * full: flush, and call again.
 */
int kern_ip_sender_prepared(struct kern_ip_sender *sender, int ifindex, const uint8_t *bytes,
			    size_t len, void *owner, unsigned kind);

/**
 * kern_ip_prepare() - write the header of such a packet.
 * @bytes: kern_ip_header_len(); the payload goes behind them.
 * @header: but for the interface.
 * @payload_len: up to KERN_IP_PAYLOAD_MAX.
 */
void kern_ip_prepare(uint8_t *bytes, const struct kern_ip_header *header, int protocol,
		     size_t payload_len);

/**
 * kern_ip_header_len() - the bytes that kern_ip_prepare() writes.
 */
size_t kern_ip_header_len(unsigned family);

/**
 * kern_ip_sender_flush() - send what is queued. A packet that the kernel refuses does not keep the
 * others: EHOSTUNREACH, ENETUNREACH when there is no route; EINVAL, of IPv4 ENETUNREACH, too, when
 * the source is no address of this host; ENODEV when there is no such interface; EAGAIN, ENOBUFS
 * when a queue is full; EMSGSIZE; EPERM by a firewall; EAFNOSUPPORT of IPv6 when the kernel has
 * none.
 * @ret_sent: what became of each packet, in the order of queueing; borrowed until the next call.
 *
 * A neighbour that does not answer is found out later, and shows nowhere; so does a full queue of
 * an interface.
 *
 * Return: how many packets.
 */
unsigned kern_ip_sender_flush(struct kern_ip_sender *sender, const struct kern_sent **ret_sent);

#endif
