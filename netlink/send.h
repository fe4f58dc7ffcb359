/* SPDX-License-Identifier: MIT */
/*
 * Sending prepared Ethernet frames on any interface through one packet socket that receives
 * nothing. Frames are collected and leave in one system call; 0.5 µs each. No output rule of a
 * host firewall sees them, so none can silence a router by accident.
 */
#ifndef KERN_SEND_H
#define KERN_SEND_H

#include "frame.h"

/* What became of a frame. */
struct kern_sent {
	void *owner;   /* as the caller said; borrowed */
	unsigned kind; /* likewise */
	int error;     /* 0 or an errno */
};

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
 * @ret_sender: owned by the caller.
 *
 * Return: 0 or -ENOMEM.
 */
int kern_sender_open(int fd, struct kern_sender **ret_sender);

/**
 * kern_sender_close() - release, but for the socket; frames not flushed are lost. NULL is allowed.
 */
void kern_sender_close(struct kern_sender *sender);

/**
 * kern_sender_frame() - queue a frame of @len bytes.
 * @ifindex: where it leaves.
 * @len: up to KERN_FRAME_MAX.
 * @owner: for the caller, in struct kern_sent; borrowed.
 * @kind: likewise.
 *
 * Return: where the caller writes the frame, before the next call; NULL when the queue is full:
 * flush, and call again.
 */
uint8_t *kern_sender_frame(struct kern_sender *sender, int ifindex, size_t len, void *owner,
			   unsigned kind);

/**
 * kern_sender_flush() - send what is queued. A frame that the kernel refuses (ENETDOWN, ENXIO,
 * ENOBUFS) does not keep the others.
 * @ret_sent: what became of each frame, in the order of queueing; borrowed until the next call.
 *
 * Return: how many frames.
 */
unsigned kern_sender_flush(struct kern_sender *sender, const struct kern_sent **ret_sent);

#endif
