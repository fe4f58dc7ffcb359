/* SPDX-License-Identifier: MIT */
/*
 * Receiving IP packets of one protocol on raw IP sockets, all interfaces at once. Two of them per
 * family:
 *
 *   reader  what can be an advert for us: its TTL, long enough, a VRID of ours. A classic BPF
 *           filter in the kernel decides, so nothing else wakes us or fills the queue.
 *   strays  everything else of the protocol, to be counted when there is time: never polled, with
 *           a small queue whose overflow costs nothing but exact reasons.
 *
 * No packet socket receives anything here: a tap would cost every packet that a gateway forwards.
 */
#ifndef KERN_RECEIVE_H
#define KERN_RECEIVE_H

#include <stddef.h>
#include <stdint.h>

#include "lookup.h"

/* One received IP packet. With IPv4 a raw socket delivers the header, too; with IPv6 it does not,
 * and says what was in it; the kernel has put fragments together by then. Addresses are in network
 * byte order, IPv4 in the first 4 bytes. */
struct kern_packet {
	int ifindex;        /* of arrival */
	int64_t arrival_ns; /* CLOCK_REALTIME, by the kernel; 0 when it gave none */
	uint8_t family;     /* 4 or 6 */
	uint8_t ttl;        /* or hop limit */
	uint8_t source[16];
	uint8_t destination[16];
	const uint8_t *payload; /* behind the header and its options; borrowed. NULL: the header
				   makes no sense, and of it only the family is told */
	size_t payload_len;
};

/* Called for each packet in the order of arrival. */
typedef void (*kern_packet_fn)(const struct kern_packet *packet, void *arg);

/**
 * kern_packet_ip4() - take an IPv4 header off a datagram.
 * @datagram: from the first byte of the IP header; any alignment; borrowed by @ret_packet.
 * @len: bytes received. What lies behind the header's total length is padding.
 * @ret_packet: filled from the family on, as struct kern_packet says.
 *
 * Options are skipped. A fragment makes no sense: no advert is ever fragmented.
 */
void kern_packet_ip4(const uint8_t *datagram, size_t len, struct kern_packet *ret_packet);

/*
 * The first four bytes, in network byte order, of a packet of this host to itself, which asks
 * whether VRRP comes through: of no version, no type and the VRID 0, so that nobody takes it for an
 * advert. It is neither read nor counted.
 */
#define KERN_PROBE 0x00007664

struct kern_receiver;

enum kern_receiver_kind {
	KERN_RECEIVER_READER,
	KERN_RECEIVER_STRAYS,
};

/* VRIDs, and from how far away an advert may come. */
struct kern_vrids {
	struct kern_bytes set;
	uint8_t hops; /* routers that may have forwarded it: TTL 255 less so many; 0: none */
};

/**
 * kern_receiver_open() - open one of the two sockets of a family.
 * @family: 4 or 6.
 * @kind: which.
 * @protocol: IP protocol number.
 * @vrids: ours, on whatever interface; copied into the filter.
 * @ret_receiver: owned by the caller.
 *
 * Return: 0; -EPERM without CAP_NET_RAW; -EAFNOSUPPORT when the kernel has no IPv6; another
 * -errno of socket(): vipd cannot run.
 */
int kern_receiver_open(unsigned family, enum kern_receiver_kind kind, int protocol,
		       const struct kern_vrids *vrids, struct kern_receiver **ret_receiver);

/**
 * kern_receiver_close() - release; NULL is allowed.
 */
void kern_receiver_close(struct kern_receiver *receiver);

/**
 * kern_receiver_fd() - the descriptor to poll for reading.
 */
int kern_receiver_fd(const struct kern_receiver *receiver);

/**
 * kern_receiver_dispatch() - read what is queued.
 * @until_ns: CLOCK_REALTIME; stop behind the batch with the first packet that arrived later, so
 * that a flood cannot hold the caller. Packets without a time stamp count as early.
 * @each: called per packet.
 * @ret_dropped: packets that the full queue dropped since the last call; at most so many, since
 *               newer kernels count before they filter.
 *
 * Return: packets read, or -errno of recvmmsg().
 */
int kern_receiver_dispatch(struct kern_receiver *receiver, int64_t until_ns, kern_packet_fn each,
			   void *arg, uint32_t *ret_dropped);

/**
 * kern_group_join() - be a member of a multicast group on an interface. The kernel reports it to
 * the switches (IGMP, MLD).
 * @family: 4 or 6.
 * @ifindex: the interface.
 * @group: network byte order.
 * @ret_fd: a descriptor that is the membership: close it to leave. Packets of the group reach
 *          every receiver, not this descriptor.
 *
 * Return: 0; -ENODEV when the interface is gone; -ENOBUFS or -EMFILE at the kernel's limits;
 * -EINVAL when IPv6 is switched off there.
 */
int kern_group_join(unsigned family, int ifindex, const uint8_t *group, int *ret_fd);

#endif
