/* SPDX-License-Identifier: MIT */
#include "drain.h"

void drain_init(struct drain *drain)
{
	*drain = (struct drain){ .offer_ns = VRRP_NEVER };
}

void drain_begin(struct drain *drain, int64_t until_ns, bool offers, int64_t silence_ns,
		 int64_t now_ns)
{
	bool pending = drain_is_on(drain) && drain->offer_ns != VRRP_NEVER;

	drain->since_ns = now_ns;
	drain->until_ns = until_ns;
	if (!pending)
		drain->offer_ns = offers ? now_ns + silence_ns : VRRP_NEVER;
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

bool drain_offers(struct drain *drain, bool can, int64_t equal_ns, int64_t silence_ns,
		  int64_t now_ns)
{
	bool hopeless = equal_ns && equal_ns >= drain->since_ns;

	if (now_ns < drain->offer_ns)
		return false;
	drain->offer_ns = can || hopeless ? VRRP_NEVER : now_ns + silence_ns;
	return can && !hopeless;
}

int64_t drain_deadline(const struct drain *drain)
{
	int64_t end_ns = drain_is_on(drain) ? drain->until_ns : VRRP_NEVER;

	return drain->offer_ns < end_ns ? drain->offer_ns : end_ns;
}
