/* SPDX-License-Identifier: MIT */
/*
 * A number of texts, by which what is defined by them is known again: FNV-1a.
 */
#ifndef CONF_HASH_H
#define CONF_HASH_H

#include <stdint.h>

#define CONF_HASH UINT64_C(14695981039346656037)

/**
 * conf_hash() - go on with one more text.
 * @hash: CONF_HASH, or of the texts before.
 */
static inline uint64_t conf_hash(uint64_t hash, const char *text)
{
	for (; *text; text++)
		hash = (hash ^ (uint8_t)*text) * UINT64_C(1099511628211);
	return hash;
}

#endif
