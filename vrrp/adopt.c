/* SPDX-License-Identifier: MIT */
#include "adopt.h"

#include "timers.h"

/* What others see of a configuration, or what the election is made of. */
static bool same_election(const struct vrrp_config *a, const struct vrrp_config *b)
{
	return a->priority == b->priority && a->interval_cs == b->interval_cs &&
	       a->checksum == b->checksum;
}

/* Active_Down_Timer under another priority, from when the Active was heard (§6.1). */
static void restart_down(struct vrrp *vr, const struct vrrp *old)
{
	const struct vrrp_config *c = &vr->config;
	bool heard = old->active_source[0] != 0;

	/* Nobody was heard yet, so nobody's interval was learned. */
	if (!heard)
		vr->active_interval_cs = c->interval_cs;
	vr->down_ns = vr->heard_ns + vrrp_down_ns(c->version, c->priority, vr->active_interval_cs);
	if (heard && old->active_priority == VRRP_PRIORITY_LEAVE)
		vr->down_ns = vr->heard_ns +
			      vrrp_skew_ns(c->version, c->priority, vr->active_interval_cs);
}

void vrrp_adopt(struct vrrp *vr, const struct vrrp *old, int64_t now_ns)
{
	const struct vrrp_config config = vr->config;

	*vr = *old;
	vr->config = config;
	if (same_election(&config, &old->config))
		return;
	if (vr->state == VRRP_STATE_BACKUP)
		restart_down(vr, old);
	if (vr->state == VRRP_STATE_BACKUP && vrrp_is_owner(vr))
		vr->down_ns = now_ns;
	if (vr->state == VRRP_STATE_ACTIVE)
		vr->advert_ns = now_ns;
}

bool vrrp_is_history(const struct vrrp *old, int64_t now_ns)
{
	if (old->state == VRRP_STATE_ACTIVE)
		return now_ns - old->advert_ns > 3 * vrrp_interval_ns(old->config.interval_cs);
	return old->reason.code == VRRP_REASON_STOPPED;
}

static bool config_is_sane(const struct vrrp_config *c)
{
	return c->family == 4 && c->version == 3 && c->vrid && c->priority && c->interval_cs &&
	       c->interval_cs <= VRRP_INTERVAL_CS_MAX;
}

bool vrrp_is_sane(const struct vrrp *vr, int64_t now_ns)
{
	bool backup = vr->state == VRRP_STATE_BACKUP, active = vr->state == VRRP_STATE_ACTIVE;

	return config_is_sane(&vr->config) && vr->state < VRRP_STATE_COUNT &&
	       vr->reason.code < VRRP_REASON_COUNT && vr->since_ns <= now_ns &&
	       vr->heard_ns <= now_ns && vr->active_interval_cs >= 1 &&
	       vr->active_interval_cs <= VRRP_INTERVAL_CS_MAX &&
	       (vr->down_ns != VRRP_NEVER) == backup && (vr->advert_ns != VRRP_NEVER) == active &&
	       (vr->announce_ns != VRRP_NEVER) == active;
}
