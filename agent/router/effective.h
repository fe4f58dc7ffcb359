/* SPDX-License-Identifier: MIT */
/*
 * The effective priority as a function of facts. Pure.
 */
#ifndef EFFECTIVE_H
#define EFFECTIVE_H

#include <stdbool.h>
#include <stdint.h>

/* What decides about it; of all that share one priority. */
struct priority_facts {
	uint8_t base; /* as configured: 1..254, or an owner's 255 */
	int weights;  /* the sum of all that count now; any number */
	bool last;    /* it is the last resort */
};

/**
 * priority_of() - the effective priority.
 *
 * An owner's is 255 whatever weighs (RFC 9568 §6.1). The last resort has the lowest, whatever it
 * would have else. The sum is kept to 1..254: 0 would say that the router leaves, and 255 that it
 * is the owner.
 */
uint8_t priority_of(const struct priority_facts *facts);

#endif
