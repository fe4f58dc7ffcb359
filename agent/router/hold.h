/* SPDX-License-Identifier: MIT */
/*
 * Commands may want to run before an Active leaves on purpose: drained, told to stop, removed or
 * given a lower priority by a reload. Then it is held: it serves as before, with the priority that
 * it had, until somebody says that they have ended, or until a deadline of its own, whichever is
 * first. Those with one fate are held together.
 *
 * Pure: it says when, the caller does it.
 */
#ifndef HOLD_H
#define HOLD_H

#include <stdbool.h>
#include <stdint.h>

#include "agent/state.h"

/**
 * hold_none() - of a router that waits for no command.
 */
static inline struct state_hold hold_none(void)
{
	return (struct state_hold){ .until_ns = VRRP_NEVER };
}

/**
 * hold_is_on() - whether it waits.
 */
static inline bool hold_is_on(const struct state_hold *hold)
{
	return hold->until_ns != VRRP_NEVER;
}

/**
 * hold_is_in_vain() - whether it waits for commands that do not end in time, or though there is
 * nothing to keep.
 * @active: whether the router, or one with its fate, is Active.
 */
bool hold_is_in_vain(const struct state_hold *hold, bool active, int64_t now_ns);

/**
 * hold_base() - the priority that its effective one begins with.
 * @configured: 1..254, or an owner's 255.
 */
uint8_t hold_base(const struct state_hold *hold, uint8_t configured);

#endif
