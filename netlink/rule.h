/* SPDX-License-Identifier: MIT */
/*
 * Rules of policy routing (ip-rule(8)), as a kind of kernel object (kind.h) of the host. All that a
 * rule says makes it the same rule. Its mark is the protocol (FRA_PROTOCOL, Linux 4.17).
 *
 * As with routes, somebody else's rule is never touched and never shown. One that says the same is
 * another one for the kernel, or a reason to refuse ours (EEXIST), by its version. A removal names
 * the mark, and so hits no other one; an addition first removes what we had there ourselves, so
 * there is never more than one.
 *
 * What a removal leaves out the kernel takes for "any": of two rules of one priority that lead to
 * one table it may hit the wrong one. So no two may do that (agent/conf/route.h).
 */
#ifndef KERN_RULE_H
#define KERN_RULE_H

#include <stdint.h>

/* Longest name of an interface with its zero (IFNAMSIZ). */
#define KERN_RULE_LINK_SIZE 16

/* Zero is "any" in all that selects. */
struct kern_rule {
	uint8_t family;           /* 4 or 6 */
	uint8_t action;           /* FR_ACT_* */
	uint8_t from_len, to_len; /* bits of the next two */
	uint8_t from[16], to[16]; /* network byte order, IPv4 in the first 4 */
	char iif[KERN_RULE_LINK_SIZE], oif[KERN_RULE_LINK_SIZE]; /* they need not be there */
	uint32_t fwmark, fwmask;
	uint32_t table; /* 0 of one that does not look up */
	uint32_t priority;

	uint8_t mark; /* shown alone: the protocol */
};

struct kern_ops;

extern const struct kern_ops kern_rule_ops;

#endif
