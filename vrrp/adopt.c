/* SPDX-License-Identifier: MIT */
#include "adopt.h"

#include "fsm_private.h"

#include <assert.h>
#include <string.h>

#include "timers.h"

/* What others see of a configuration, or what the election is made of. */
static bool same_election(const struct vrrp_config *a, const struct vrrp_config *b)
{
	return a->version == b->version && a->interval_cs == b->interval_cs &&
	       a->checksum == b->checksum && vrrp_down_intervals(a) == vrrp_down_intervals(b);
}

/*
 * Whoever was heard speaks a version that is understood no more, so that a Backup begins to wait as
 * if nobody had been. An Active stays what it is.
 */
static void forget_heard(struct vrrp *vr, int64_t now_ns)
{
	struct vrrp_election *e = &vr->election;

	e->active_interval_cs = vr->config.interval_cs;
	e->active_priority = 0;
	memset(e->active_source, 0, sizeof(e->active_source));
	fsm_doubt_anew(vr);
	e->late_granted = false;
	e->lower_heard = false;
	e->preempt_ns = VRRP_NEVER;
	if (e->state == VRRP_STATE_BACKUP)
		e->heard_ns = now_ns;
}

/* What is due stays due, also what was put off by one that listens first; a refresh comes no later
 * than the schedule of now has it. */
static void refresh_as_configured(struct vrrp *vr, int64_t now_ns)
{
	struct vrrp_election *e = &vr->election;
	int64_t refresh_ns = vrrp_announce_gap_ns(&vr->config.announce, VRRP_ANNOUNCED_ALL);
	int64_t due_ns = refresh_ns ? now_ns + refresh_ns : VRRP_NEVER;

	if (e->state != VRRP_STATE_ACTIVE || e->announced_n != VRRP_ANNOUNCED_ALL ||
	    e->announce_ns <= now_ns)
		return;
	if (refresh_ns == 0 || due_ns < e->announce_ns)
		e->announce_ns = due_ns;
}

/* A start delay counts from when the wait began, also in a fault, and is as long as it is
 * configured now. */
static void wait_as_configured(struct vrrp *vr, const struct vrrp_config *old, int64_t now_ns)
{
	struct vrrp_election *e = &vr->election;
	int64_t more_ns = vr->config.start_delay_ns - old->start_delay_ns;

	if (e->start_ns != VRRP_NEVER && e->reason.code == VRRP_REASON_START_DELAY) {
		e->reason.ns += more_ns;
		e->start_ns += more_ns;
		e->delayed_ns = e->start_ns;
	} else if (e->delayed_ns != VRRP_NEVER && e->delayed_ns > now_ns) {
		e->delayed_ns += more_ns;
	}
}

/* A preempt delay likewise, from the first advert of a lower priority. */
static void tolerate_as_configured(struct vrrp *vr, const struct vrrp_config *old)
{
	struct vrrp_election *e = &vr->election;

	if (e->preempt_ns == VRRP_NEVER || vr->config.preempt_delay_ns == old->preempt_delay_ns)
		return;
	if (vr->config.preempt_delay_ns == 0)
		e->preempt_ns = VRRP_NEVER;
	else
		e->preempt_ns += vr->config.preempt_delay_ns - old->preempt_delay_ns;
}

void vrrp_adopt(struct vrrp *vr, const struct vrrp *old, uint8_t priority, int64_t now_ns)
{
	assert(vr->config.family == old->config.family);
	vr->election = old->election;
	vr->counters = old->counters;
	refresh_as_configured(vr, now_ns);
	wait_as_configured(vr, &old->config, now_ns);
	tolerate_as_configured(vr, &old->config);
	if (vr->config.version != old->config.version)
		forget_heard(vr, now_ns);
	if (!same_election(&vr->config, &old->config))
		vrrp_refresh(vr, now_ns);
	fsm_change_priority(vr, priority, now_ns);
}

bool vrrp_is_history(const struct vrrp *old, int64_t now_ns)
{
	if (old->election.state == VRRP_STATE_ACTIVE)
		return now_ns - old->election.advert_ns >
		       vrrp_down_intervals(&old->config) *
			       vrrp_interval_ns(old->config.interval_cs);
	return old->election.reason.code == VRRP_REASON_STOPPED;
}

static bool config_is_sane(const struct vrrp_config *c)
{
	return vrrp_packet_exists(c->version, c->family) && c->vrid && c->priority &&
	       vrrp_interval_is_valid(c->version, c->interval_cs) &&
	       c->down_intervals <= VRRP_DOWN_INTERVALS_MAX;
}

bool vrrp_is_sane(const struct vrrp *vr, int64_t now_ns)
{
	const struct vrrp_election *e = &vr->election;
	bool backup = e->state == VRRP_STATE_BACKUP, active = e->state == VRRP_STATE_ACTIVE;

	return config_is_sane(&vr->config) && e->priority && e->state < VRRP_STATE_COUNT &&
	       e->reason.code < VRRP_REASON_COUNT && e->since_ns <= now_ns &&
	       e->heard_ns <= now_ns &&
	       vrrp_interval_is_valid(vr->config.version, e->active_interval_cs) &&
	       (e->down_ns != VRRP_NEVER) == backup && (e->advert_ns != VRRP_NEVER) == active &&
	       (active || e->announce_ns == VRRP_NEVER);
}
