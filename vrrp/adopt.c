/* SPDX-License-Identifier: MIT */
#include "adopt.h"

#include "timers.h"

/* What others see of a configuration, or what the election is made of. */
static bool same_election(const struct vrrp_config *a, const struct vrrp_config *b)
{
	return a->interval_cs == b->interval_cs && a->checksum == b->checksum;
}

void vrrp_adopt(struct vrrp *vr, const struct vrrp *old, uint8_t priority, int64_t now_ns)
{
	vr->election = old->election;
	vr->election.priority = priority;
	vr->counters = old->counters;
	if (!same_election(&vr->config, &old->config) ||
	    old->election.priority != vr->election.priority)
		vrrp_refresh(vr, now_ns);
}

bool vrrp_is_history(const struct vrrp *old, int64_t now_ns)
{
	if (old->election.state == VRRP_STATE_ACTIVE)
		return now_ns - old->election.advert_ns >
		       3 * vrrp_interval_ns(old->config.interval_cs);
	return old->election.reason.code == VRRP_REASON_STOPPED;
}

static bool config_is_sane(const struct vrrp_config *c)
{
	return c->family == 4 && c->version == 3 && c->vrid && c->priority && c->interval_cs &&
	       c->interval_cs <= VRRP_INTERVAL_CS_MAX;
}

bool vrrp_is_sane(const struct vrrp *vr, int64_t now_ns)
{
	const struct vrrp_election *e = &vr->election;
	bool backup = e->state == VRRP_STATE_BACKUP, active = e->state == VRRP_STATE_ACTIVE;

	return config_is_sane(&vr->config) && e->priority && e->state < VRRP_STATE_COUNT &&
	       e->reason.code < VRRP_REASON_COUNT && e->since_ns <= now_ns &&
	       e->heard_ns <= now_ns && e->active_interval_cs >= 1 &&
	       e->active_interval_cs <= VRRP_INTERVAL_CS_MAX &&
	       (e->down_ns != VRRP_NEVER) == backup && (e->advert_ns != VRRP_NEVER) == active &&
	       (e->announce_ns != VRRP_NEVER) == active;
}
