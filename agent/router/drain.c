/* SPDX-License-Identifier: MIT */
#include "drain.h"

void drain_init(struct drain *drain)
{
	*drain = (struct drain){ .offer_ns = VRRP_NEVER, .hold_ns = VRRP_NEVER };
}

void drain_begin(struct drain *drain, int64_t until_ns, bool active, int64_t silence_ns,
		 int64_t now_ns)
{
	bool pending = drain_is_on(drain) && drain->offer_ns != VRRP_NEVER;

	drain->until_ns = until_ns;
	if (!pending)
		drain->offer_ns =
			active && !drain_is_held(drain) ? now_ns + silence_ns : VRRP_NEVER;
}

void drain_hold(struct drain *drain, int64_t until_ns)
{
	drain->hold_ns = until_ns;
}

void drain_resume(struct drain *drain, int64_t offer_ns)
{
	drain->offer_ns = offer_ns;
}

void drain_rest(struct drain *drain)
{
	drain->offer_ns = VRRP_NEVER;
}

bool drain_is_over(struct drain *drain, int64_t now_ns)
{
	if (!drain_is_on(drain) || now_ns < drain->until_ns)
		return false;
	drain_init(drain);
	return true;
}

bool drain_offers(struct drain *drain, bool can, bool hopeless, int64_t silence_ns, int64_t now_ns)
{
	if (now_ns < drain->offer_ns)
		return false;
	drain->offer_ns = can || hopeless ? VRRP_NEVER : now_ns + silence_ns;
	return can && !hopeless;
}

bool drain_is_held_in_vain(const struct drain *drain, bool active, int64_t now_ns)
{
	return drain_is_held(drain) && (!active || now_ns >= drain->hold_ns);
}

int64_t drain_deadline(const struct drain *drain)
{
	int64_t first_ns = drain_is_on(drain) ? drain->until_ns : VRRP_NEVER;

	if (drain->offer_ns < first_ns)
		first_ns = drain->offer_ns;
	return drain->hold_ns < first_ns ? drain->hold_ns : first_ns;
}
