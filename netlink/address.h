/* SPDX-License-Identifier: MIT */
/*
 * IPv4 and IPv6 addresses of interfaces, as a kind of kernel object (kind.h). An address is the
 * same object whatever its prefix length: no host answers for it twice. Its mark is IFA_PROTO, and
 * it can have a lease: a lifetime, after which the kernel itself removes it.
 *
 * What vipd adds of IPv6 goes without duplicate address detection (IFA_F_NODAD): the other router
 * may still hold it, and it is needed at once. Leased, it goes when its link goes down, and its
 * prefix route stays after it until the lease would have ended.
 */
#ifndef KERN_ADDRESS_H
#define KERN_ADDRESS_H

#include <stdbool.h>
#include <stdint.h>

/* The mark on every address that vipd adds (IFA_PROTO, Linux 5.18): VRRP's protocol number. */
#define KERN_ADDRESS_MARK 112

/* Longest label with its zero (IFNAMSIZ). */
#define KERN_ADDRESS_LABEL_SIZE 16

/* Zeros in what is optional are what most addresses have. */
struct kern_address {
	int ifindex;
	uint8_t family; /* 4 or 6 */
	uint8_t prefix_len;
	bool leased;       /* has a lifetime */
	uint8_t mark;      /* IFA_PROTO, 0 when the kernel has none */
	uint8_t bytes[16]; /* network byte order, IPv4 in the first 4 */
	uint8_t peer[16];  /* the other end of a point-to-point link, which the prefix is of then;
			      zero: none */

	/* Options, wanted or shown. */
	bool no_prefix_route; /* the kernel makes no route to the prefix */
	uint32_t metric; /* of that route; 0: what the kernel gives it. One that has another is as
			    it is wanted: that changes with its lease, or when it is added anew */
	bool deprecated; /* not preferred: no source of new connections */
	/* Of IPv4 alone; the kernel knows better with IPv6. */
	uint8_t scope;                       /* RT_SCOPE_UNIVERSE is 0 */
	uint8_t broadcast[4];                /* zero: none */
	char label[KERN_ADDRESS_LABEL_SIZE]; /* wanted empty: the interface's name */

	/* Shown alone. */
	bool tentative; /* duplicate address detection runs, or has failed: it cannot be used */
	bool failed;    /* has failed: somebody else has it */
	bool ending;    /* its lease has a second left at most */
	bool secondary; /* of IPv4: not the first one of its subnet; kept of a wanted one, too */
};

struct kern_ops;

extern const struct kern_ops kern_address_ops;

/**
 * kern_address_set_broadcast() - give an IPv4 address the broadcast address of its prefix: all bits
 * behind it set. None, as the standard has it, when fewer than two are left (RFC 3021).
 */
void kern_address_set_broadcast(struct kern_address *address);

/**
 * kern_address_share_prefix() - whether the first bits of two addresses are the same.
 * @a, @b: network byte order.
 * @bits: at most as many as they have.
 */
bool kern_address_share_prefix(const uint8_t *a, const uint8_t *b, unsigned bits);

/**
 * kern_address_is_link_local() - whether it is valid on its link alone: fe80::/10 (RFC 4291 §2.5.6)
 * or 169.254/16 (RFC 3927).
 */
bool kern_address_is_link_local(const struct kern_address *address);

/**
 * kern_address_is_usable() - whether packets can be sent from it.
 */
bool kern_address_is_usable(const struct kern_address *address);

#endif
