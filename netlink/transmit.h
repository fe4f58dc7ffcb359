/* SPDX-License-Identifier: MIT */
/*
 * Sending prepared Ethernet frames on any interface through one packet socket that receives
 * nothing. Frames are collected and leave in one system call; 0.5 µs each. No output rule of a
 * host firewall sees them, so none can silence a router by accident.
 */
#ifndef KERN_TRANSMIT_H
#define KERN_TRANSMIT_H

#include <stddef.h>
#include <stdint.h>

#define KERN_FRAME_MAX     1514
#define KERN_FRAME_IP4_LEN 34 /* Ethernet and IPv4 header */
#define KERN_FRAME_ARP_LEN 42

/* Whose frame it was, and what became of it: @error is 0 or an errno. */
typedef void (*kern_sent_fn)(void *owner, unsigned kind, int error, void *arg);

struct kern_sender;

/**
 * kern_sender_socket() - open the socket: priority 7 in the interface's queue (TC_PRIO_CONTROL).
 *
 * Whoever closes its last descriptor waits 10 ms and more for the kernel's readers (RCU), also when
 * it is the kernel that cleans up behind a dead process: so one process keeps it for all others.
 *
 * Return: a descriptor; -EPERM without CAP_NET_RAW; another -errno of socket(): vipd cannot run.
 */
int kern_sender_socket(void);

/**
 * kern_sender_open() - make a queue of frames in front of the socket.
 * @fd: of kern_sender_socket(); borrowed until kern_sender_close(). Processes may share it.
 * @sent: called from kern_sender_flush() for each frame, in the order of queueing.
 * @arg: handed to @sent; borrowed.
 * @ret_sender: owned by the caller.
 *
 * Return: 0 or -ENOMEM.
 */
int kern_sender_open(int fd, kern_sent_fn sent, void *arg, struct kern_sender **ret_sender);

/**
 * kern_sender_close() - release, but for the socket; frames not flushed are lost. NULL is allowed.
 */
void kern_sender_close(struct kern_sender *sender);

/**
 * kern_sender_frame() - queue a frame of @len bytes.
 * @ifindex: where it leaves.
 * @len: up to KERN_FRAME_MAX.
 * @owner: handed to the sent callback; borrowed.
 * @kind: handed to the sent callback.
 *
 * A full queue is flushed first. Return: where the caller writes the frame, before the next call.
 */
uint8_t *kern_sender_frame(struct kern_sender *sender, int ifindex, size_t len, void *owner,
			   unsigned kind);

/**
 * kern_sender_flush() - send what is queued. A frame that the kernel refuses (ENETDOWN, ENXIO,
 * ENOBUFS) is reported and the others still leave.
 */
void kern_sender_flush(struct kern_sender *sender);

struct kern_ip4 {
	const uint8_t *source_mac;
	const uint8_t *source;      /* network byte order */
	const uint8_t *destination; /* a multicast group, network byte order */
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
void kern_frame_ip4(uint8_t *frame, const struct kern_ip4 *ip);

/**
 * kern_frame_gratuitous_arp() - write an ARP announcement (RFC 5227 §3; RFC 9568 §8.1.2).
 * @frame: KERN_FRAME_ARP_LEN bytes.
 * @mac: of the sender, and the answer.
 * @address: the IPv4 address, network byte order.
 */
void kern_frame_gratuitous_arp(uint8_t *frame, const uint8_t *mac, const uint8_t *address);

#endif
