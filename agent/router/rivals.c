/* SPDX-License-Identifier: MIT */
#include "rivals.h"

#include <string.h>

#include "vrrp/fsm.h"

void rivals_rest(struct rivals *rivals)
{
	*rivals = (struct rivals){ .probe_ns = VRRP_NEVER,
				   .ask_ns = VRRP_NEVER,
				   .tell_ns = VRRP_NEVER };
}

void rivals_begin(struct rivals *rivals, int64_t now_ns)
{
	if (rivals->active)
		return;
	rivals_rest(rivals);
	rivals->active = true;
	rivals->probe_ns = now_ns + RIVALS_FIRST_NS;
}

struct rivals_probe rivals_probe(struct rivals *rivals, unsigned n, int64_t pace_ns, int64_t now_ns)
{
	struct rivals_probe probe = { .from = rivals->probe_at };

	if (rivals->active && now_ns >= rivals->ask_ns) {
		rivals->ask_ns = VRRP_NEVER;
		return (struct rivals_probe){ rivals->address, rivals->address + 1 };
	}
	if (!rivals->active || now_ns < rivals->probe_ns)
		return (struct rivals_probe){ 0 };
	probe.to = pace_ns && probe.from + 1 < n ? probe.from + 1 : n;
	rivals->probe_at = probe.to == n ? 0 : probe.to;
	rivals->probe_ns = now_ns + (rivals->probe_at ? pace_ns : RIVALS_PROBE_NS);
	return probe;
}

void rivals_claim(struct rivals *rivals, unsigned address, const uint8_t *mac, int64_t now_ns)
{
	int64_t since_ns = now_ns - rivals->claimed_ns;

	if (!rivals->active)
		return;
	if (rivals->claimed_ns == 0 || since_ns > RIVALS_AGAIN_NS) {
		rivals->claimed_ns = now_ns;
		rivals->address = address;
		memcpy(rivals->mac, mac, sizeof(rivals->mac));
		rivals->ask_ns = now_ns + RIVALS_SETTLE_NS;
	} else if (since_ns >= RIVALS_SETTLE_NS && address == rivals->address &&
		   memcmp(rivals->mac, mac, sizeof(rivals->mac)) == 0) {
		rivals->tell_ns = now_ns;
	}
}

bool rivals_is_claimed(struct rivals *rivals, int64_t now_ns)
{
	if (!rivals->active || now_ns < rivals->tell_ns)
		return false;
	rivals->ask_ns = rivals->tell_ns = VRRP_NEVER;
	rivals->claimed_ns = 0;
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
	int64_t deadline_ns = rivals->probe_ns;

	if (rivals->ask_ns < deadline_ns)
		deadline_ns = rivals->ask_ns;
	return rivals->tell_ns < deadline_ns ? rivals->tell_ns : deadline_ns;
}
