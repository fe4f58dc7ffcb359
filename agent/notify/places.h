/* SPDX-License-Identifier: MIT */
/*
 * Who gets one of the places that there are for commands: of those, one program leaves as many as
 * it has. So one that hangs, for each router, leaves a place for others. Hooks, which somebody
 * waits for, take none and need only that there is one.
 */
#ifndef PLACES_H
#define PLACES_H

#include <stdbool.h>
#include <stdint.h>

#include "queue.h"

/* How many commands of one program are being made. All zero: none. */
struct places {
	struct place {
		uint64_t program; /* struct conf_notify's */
		unsigned n;
	} taken[QUEUE_MADE_MAX];
	unsigned taken_n;
};

/**
 * places_has() - whether there is one for a delivery.
 * @left: how many commands more may be run.
 */
bool places_has(const struct places *places, const struct delivery *delivery, unsigned left);

/**
 * places_take(), places_give() - it is made, as there was one; it is made no more.
 */
void places_take(struct places *places, const struct delivery *delivery);
void places_give(struct places *places, const struct delivery *delivery);

#endif
