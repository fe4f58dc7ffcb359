/* SPDX-License-Identifier: MIT */
/*
 * IPv4 addresses of interfaces, as a kind of kernel object (kind.h). An address is the same object
 * whatever its prefix length: no host answers for it twice. Its mark is IFA_PROTO, and it can have
 * a lease: a lifetime, after which the kernel itself removes it.
 */
#ifndef KERN_ADDRESS_H
#define KERN_ADDRESS_H

#include <stdbool.h>
#include <stdint.h>

/* The mark on every address that vipd adds (IFA_PROTO, Linux 5.18): VRRP's protocol number. */
#define KERN_ADDRESS_MARK 112

struct kern_address {
	int ifindex;
	uint8_t family; /* 4 */
	uint8_t prefix_len;
	bool leased;       /* has a lifetime */
	uint8_t mark;      /* IFA_PROTO, 0 when the kernel has none */
	uint8_t bytes[16]; /* network byte order, IPv4 in the first 4 */
	uint8_t peer[16];  /* the other end of a point-to-point link; zero: none */
};

struct kern_ops;

extern const struct kern_ops kern_address_ops;

#endif
