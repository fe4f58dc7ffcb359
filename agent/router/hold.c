/* SPDX-License-Identifier: MIT */
#include "hold.h"

#define PRIORITY_MAX 254

bool hold_is_in_vain(const struct state_hold *hold, bool active, int64_t now_ns)
{
	return hold_is_on(hold) && (!active || now_ns >= hold->until_ns);
}

/* One that was the owner, and is not any more, is no owner either as long as it waits. */
uint8_t hold_base(const struct state_hold *hold, uint8_t configured)
{
	uint8_t before = hold->base < PRIORITY_MAX ? hold->base : PRIORITY_MAX;

	return hold_is_on(hold) && before > configured ? before : configured;
}
