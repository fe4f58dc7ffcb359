/* SPDX-License-Identifier: MIT */
/*
 * A set of bytes, looked up by a classic BPF filter, which has no tables: one arm per word of
 * constants, and a bit of it.
 */
#ifndef KERN_LOOKUP_H
#define KERN_LOOKUP_H

#include <stdint.h>

struct sock_filter;

/* A set of 0..255. */
struct kern_bytes {
	uint32_t words[8];
};

#define KERN_LOOKUP_LEN 33 /* instructions */

/**
 * kern_lookup_put() - the end of a filter: look up the byte that is in A.
 * @code: KERN_LOOKUP_LEN instructions. The last one returns @no: whatever came before may jump
 *        there.
 * @yes, @no: what the filter returns: how many bytes of the packet are taken.
 */
void kern_lookup_put(struct sock_filter *code, const struct kern_bytes *set, uint32_t yes,
		     uint32_t no);

/**
 * kern_bytes_add() - one more.
 */
static inline void kern_bytes_add(struct kern_bytes *set, uint8_t byte)
{
	set->words[byte / 32] |= 1u << byte % 32;
}

#endif
