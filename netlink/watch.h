/* SPDX-License-Identifier: MIT */
/*
 * Who says to have an address of ours: ARP packets whose sender has it (RFC 826, RFC 5227), and
 * Neighbor Advertisements about it (RFC 4861). Filters in the kernel let through what is about one
 * of ours, or may be, where those are many, and comes from this link; no IP packet that a gateway
 * forwards ever visits these sockets.
 *
 * ARP is heard on the socket that frames are sent from (send.h), since a packet socket of its own
 * would cost whoever closes it 10 ms. What this host sends is not heard.
 */
#ifndef KERN_WATCH_H
#define KERN_WATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lookup.h"

/* What somebody says. */
struct kern_said {
	int ifindex;    /* of arrival */
	uint8_t family; /* 4 or 6 */
	uint8_t address[16];
	uint8_t mac[6];    /* where it says the address is; zeros: it does not */
	bool announcement; /* to all; else it asks for somebody, or answers this host */
};

/* Called for each in the order of arrival. @said is borrowed. */
typedef void (*kern_said_fn)(const struct kern_said *said, void *arg);

#define KERN_WATCHED_MAX 32

/* Addresses of a family that are listened for. Zero: none. */
struct kern_watched {
	unsigned n;                              /* how many different ones, up to one too many */
	uint8_t addresses[KERN_WATCHED_MAX][16]; /* while they are no more: these alone; */
	struct kern_bytes last;                  /* else all that end like one of them */
};

struct kern_watch;

/**
 * kern_watched_add() - one more.
 * @family: 4 or 6, the same for all.
 * @address: 4 or 16 bytes.
 */
void kern_watched_add(struct kern_watched *watched, unsigned family, const uint8_t *address);

/**
 * kern_watch_open() - begin to hear what is said about addresses of a family.
 * @family: 4 or 6.
 * @sender_fd: of kern_sender_socket(), which hears ARP from now on, in all processes that have it;
 *             borrowed until kern_watch_close(). IPv6 does not need it.
 * @watched: which ones; borrowed for the call.
 * @ret_watch: owned by the caller.
 *
 * Return: 0; -ENOMEM; -EAFNOSUPPORT when the kernel has no IPv6; another -errno of the socket: go
 * on without.
 */
int kern_watch_open(unsigned family, int sender_fd, const struct kern_watched *watched,
		    struct kern_watch **ret_watch);

/**
 * kern_watch_close() - release; NULL is allowed.
 */
void kern_watch_close(struct kern_watch *watch);

/**
 * kern_watch_fd() - the descriptor to poll for reading.
 */
int kern_watch_fd(const struct kern_watch *watch);

/**
 * kern_watch_dispatch() - read what is queued; at most KERN_WATCH_MAX packets, so that a flood
 * cannot hold the caller.
 *
 * Return: packets read, or -errno of recvmmsg().
 */
#define KERN_WATCH_MAX 2048
int kern_watch_dispatch(struct kern_watch *watch, kern_said_fn each, void *arg);

/**
 * kern_said_arp() - take what the sender of an ARP packet says of itself.
 * @frame: from the Ethernet header; any alignment.
 * @ret_said: filled but for where it came.
 *
 * Return: whether it is ARP of IPv4 over Ethernet, and its sender has an address.
 */
bool kern_said_arp(const uint8_t *frame, size_t len, struct kern_said *ret_said);

/**
 * kern_said_na() - the same of a Neighbor Advertisement.
 * @message: from the ICMPv6 header; any alignment.
 *
 * Return: whether it is one that is complete.
 */
bool kern_said_na(const uint8_t *message, size_t len, struct kern_said *ret_said);

#endif
