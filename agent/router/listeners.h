/* SPDX-License-Identifier: MIT */
/*
 * What switches that snoop are to learn with an announcement over IPv6 on a virtual MAC: that
 * questions for the address are listened to here, in its solicited-node group. The kernel's own
 * reports are dropped (virtual_mac.h), as they come too early. Groups of one router are gathered
 * until one frame says all of them. Pure: the caller sends.
 */
#ifndef LISTENERS_H
#define LISTENERS_H

#include <stdbool.h>
#include <stdint.h>

#include "netlink/frame.h"

struct router;

/* Zero: there is nothing to report. */
struct listeners {
	const struct router *router; /* whose groups they are; borrowed */
	int ifindex;                 /* where they are reported */
	unsigned n;
	uint8_t groups[KERN_FRAME_MLD_GROUPS_MAX][16];
};

/**
 * listeners_add() - the group of an address is to be reported. Of addresses that share one it is
 * reported once.
 * @address: 16 bytes.
 *
 * Return: whether there was room; else report what there is, and call again.
 */
bool listeners_add(struct listeners *listeners, const struct router *router, int ifindex,
		   const uint8_t *address);

/**
 * listeners_take() - they are reported.
 *
 * Return: how many groups; they stay where they are until the next one is added.
 */
unsigned listeners_take(struct listeners *listeners);

#endif
