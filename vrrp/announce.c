/* SPDX-License-Identifier: MIT */
#include "announce.h"

#include <assert.h>
#include <stdbool.h>

#define NS_PER_MS INT64_C(1000000)

/* RFC 4861 §10: MAX_NEIGHBOR_ADVERTISEMENT counts the first one, too. */
#define REPEATS_MAX_IPV6 2
#define RETRANS_TIMER_MS 1000

static bool is_allowed(const struct vrrp_announce *announce, unsigned family, uint32_t after_ms)
{
	unsigned n = announce->repeats_n;

	return family == 4 || (n < REPEATS_MAX_IPV6 &&
			       after_ms - (n ? announce->after_ms[n - 1] : 0) >= RETRANS_TIMER_MS);
}

struct vrrp_announce vrrp_announce_of(unsigned family, const int64_t *after_ns, unsigned n,
				      int64_t refresh_ns)
{
	struct vrrp_announce announce = { 0 };

	assert(n <= VRRP_REPEATS_MAX);
	for (unsigned i = 0; i < n; i++) {
		uint32_t after_ms = (uint32_t)(after_ns[i] / NS_PER_MS);

		if (is_allowed(&announce, family, after_ms))
			announce.after_ms[announce.repeats_n++] = after_ms;
	}
	if (family == 4)
		announce.refresh_ms = (uint32_t)(refresh_ns / NS_PER_MS);
	return announce;
}

int64_t vrrp_announce_gap_ns(const struct vrrp_announce *announce, unsigned announced_n)
{
	int64_t gap_ms = announce->refresh_ms;

	if (announced_n < announce->repeats_n)
		gap_ms = announce->after_ms[announced_n] -
			 (announced_n ? announce->after_ms[announced_n - 1] : 0);
	return gap_ms * NS_PER_MS;
}
