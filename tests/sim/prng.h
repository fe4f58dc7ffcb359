/* SPDX-License-Identifier: MIT */
/*
 * A small seeded generator (splitmix64): the same seed gives the same run on every machine. Not
 * for anything secret.
 */
#ifndef SIM_PRNG_H
#define SIM_PRNG_H

#include <stdbool.h>
#include <stdint.h>

struct prng {
	uint64_t state;
};

static inline uint64_t prng_next(struct prng *p)
{
	uint64_t z = p->state += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

/* 0..n-1; the bias of the remainder does not matter here. */
static inline unsigned prng_below(struct prng *p, unsigned n)
{
	return (unsigned)(prng_next(p) >> 32) % n;
}

/* low..high, both included. */
static inline int64_t prng_range(struct prng *p, int64_t low, int64_t high)
{
	return low + (int64_t)(prng_next(p) % (uint64_t)(high - low + 1));
}

/* True once in @n times. */
static inline bool prng_one_in(struct prng *p, unsigned n)
{
	return prng_below(p, n) == 0;
}

#endif
