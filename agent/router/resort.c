/* SPDX-License-Identifier: MIT */
#include "resort.h"

#include "vrrp/timers.h"

void resort_init(struct resort *resort, bool last)
{
	*resort = (struct resort){ .last = last };
	resort_rest(resort);
}

void resort_rest(struct resort *resort)
{
	resort->look_ns = resort->kept_ns = resort->cede_ns = VRRP_NEVER;
}

void resort_hear(struct resort *resort, uint8_t priority, int64_t now_ns)
{
	if (priority <= RESORT_PRIORITY)
		resort->equal_ns = now_ns;
}

static enum resort_change keep(struct resort *resort, int64_t now_ns)
{
	if (!resort->last)
		return RESORT_UNCHANGED;
	if (resort->kept_ns == VRRP_NEVER)
		resort->kept_ns = now_ns;
	if (now_ns < resort->kept_ns + RESORT_KEPT_NS) {
		resort->look_ns = resort->kept_ns + RESORT_KEPT_NS;
		return RESORT_UNCHANGED;
	}
	resort->last = false;
	resort_rest(resort);
	return RESORT_ENDS;
}

int64_t resort_wait_ns(const struct vrrp_config *config)
{
	return (vrrp_down_intervals(config) + 2) * vrrp_interval_ns(config->interval_cs);
}

enum resort_change resort_look(struct resort *resort, int64_t unheld_ns, int64_t wait_ns,
			       int64_t now_ns)
{
	resort->look_ns = VRRP_NEVER;
	if (unheld_ns == VRRP_NEVER)
		return keep(resort, now_ns);
	resort->kept_ns = VRRP_NEVER;
	if (resort->last)
		return RESORT_UNCHANGED;
	if (unheld_ns && now_ns < unheld_ns + RESORT_REFUSED_NS) {
		resort->look_ns = unheld_ns + RESORT_REFUSED_NS;
		return RESORT_UNCHANGED;
	}
	resort->last = true;
	resort->cede_ns = now_ns + wait_ns;
	return RESORT_BEGINS;
}

bool resort_cedes(struct resort *resort, int64_t wait_ns, int64_t now_ns)
{
	int64_t recently_ns = now_ns - RESORT_PEER_NS - 2 * wait_ns;

	if (now_ns < resort->cede_ns)
		return false;
	resort->cede_ns = VRRP_NEVER;
	return resort->kept_ns == VRRP_NEVER &&
	       (resort->equal_ns == 0 || resort->equal_ns < recently_ns);
}

int64_t resort_deadline(const struct resort *resort)
{
	return resort->look_ns < resort->cede_ns ? resort->look_ns : resort->cede_ns;
}
