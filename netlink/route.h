/* SPDX-License-Identifier: MIT */
/*
 * Routes of both families, as a kind of kernel object (kind.h) of the host: it is of no interface,
 * though it may lead over some. It is the same route when table, destination and metric are the
 * same, since the kernel has room for one of these. Its mark is the route protocol.
 *
 * Somebody else's route is never touched, and never shown: where it is in the way the kernel
 * refuses ours (EEXIST). A removal names the mark, so it can hit no other one; thus an addition
 * first removes what we had there ourselves, and needs no look. Only who replaces ours by his own
 * is heard of, as the end of ours.
 *
 * To find ours the kernel walks through all that there are, 15 to 30 ms per 400,000 of them: so a
 * dump of routes is for who has some.
 *
 * With its interface, or with the address that is its source, the kernel removes an IPv4 route
 * without a word: kern_wants_suspect().
 */
#ifndef KERN_ROUTE_H
#define KERN_ROUTE_H

#include <stdbool.h>
#include <stdint.h>

/* The mark on every route and rule that vipd adds (RTPROT_*, FRA_PROTOCOL). */
#define KERN_ROUTE_MARK 112

/* Ways of one route. */
#define KERN_HOPS_MAX 8

/* One way of a route. */
struct kern_hop {
	int ifindex;     /* 0: the kernel finds it by @via */
	uint8_t family;  /* of @via: 4 or 6, also another one than the route's; 0: there is none */
	uint8_t weight;  /* 1 and up */
	uint8_t via[16]; /* network byte order, IPv4 in the first 4, as below */
};

struct kern_route {
	uint8_t family; /* 4 or 6 */
	uint8_t prefix_len;
	uint8_t type;  /* RTN_* */
	uint8_t scope; /* RT_SCOPE_*, of IPv4 */
	uint8_t bytes[16];
	uint8_t source[16]; /* of the host's own packets; zero: the kernel chooses */
	uint32_t table;
	uint32_t metric; /* 0 of IPv6 is the kernel's default, 1024 */
	bool onlink;     /* @via need not be on a connected network */

	/* Of all its ways, by kern_route_set_hops(). */
	uint8_t hops_n;
	uint32_t vias, links;        /* sums of what they are; links 0: the kernel finds them */
	const struct kern_hop *hops; /* wanted alone; borrowed as long as the entry is used */

	/* Shown alone. */
	uint8_t mark; /* the protocol */
	int ifindex;  /* of its only way; 0: it has none, or several */
};

struct kern_ops;

extern const struct kern_ops kern_route_ops;

/**
 * kern_route_set_hops() - give a route its ways.
 * @hops: borrowed; @hops_n of them, up to KERN_HOPS_MAX.
 */
void kern_route_set_hops(struct kern_route *route, const struct kern_hop *hops, unsigned hops_n);

#endif
