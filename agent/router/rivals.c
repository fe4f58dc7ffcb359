/* SPDX-License-Identifier: MIT */
#include "rivals.h"

#include <string.h>

#include "vrrp/fsm.h"

void rivals_begin(struct rivals *rivals, int64_t now_ns)
{
	if (rivals->active)
		return;
	*rivals = (struct rivals){ .active = true,
				   .probe_ns = now_ns + RIVALS_FIRST_NS,
				   .claim_ns = VRRP_NEVER };
}

void rivals_rest(struct rivals *rivals)
{
	*rivals = (struct rivals){ .probe_ns = VRRP_NEVER, .claim_ns = VRRP_NEVER };
}

bool rivals_probes(struct rivals *rivals, int64_t now_ns)
{
	if (!rivals->active || now_ns < rivals->probe_ns)
		return false;
	rivals->probe_ns = now_ns + RIVALS_PROBE_NS;
	return true;
}

void rivals_claim(struct rivals *rivals, unsigned address, const uint8_t *mac, int64_t now_ns)
{
	if (!rivals->active || rivals->claim_ns != VRRP_NEVER)
		return;
	rivals->claim_ns = now_ns + RIVALS_SETTLE_NS;
	rivals->address = address;
	memcpy(rivals->mac, mac, sizeof(rivals->mac));
}

bool rivals_is_claimed(struct rivals *rivals, int64_t now_ns)
{
	if (!rivals->active || now_ns < rivals->claim_ns)
		return false;
	rivals->claim_ns = VRRP_NEVER;
	return rivals->heard_ns == 0 || now_ns - rivals->heard_ns > 3 * RIVALS_SETTLE_NS;
}

bool rivals_hear(struct rivals *rivals, const uint8_t *source, int64_t down_ns, int64_t gap_ns,
		 int64_t now_ns)
{
	bool goes_on = rivals->heard_ns && now_ns - rivals->heard_ns <= gap_ns &&
		       memcmp(rivals->source, source, sizeof(rivals->source)) == 0;

	if (!rivals->active)
		return false;
	if (!goes_on) {
		memcpy(rivals->source, source, sizeof(rivals->source));
		rivals->since_ns = now_ns;
	}
	rivals->heard_ns = now_ns;
	return now_ns - rivals->since_ns > down_ns;
}

int64_t rivals_deadline(const struct rivals *rivals)
{
	return rivals->probe_ns < rivals->claim_ns ? rivals->probe_ns : rivals->claim_ns;
}
