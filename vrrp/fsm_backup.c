/* SPDX-License-Identifier: MIT */
#include "fsm_private.h"

#include <string.h>

#include "timers.h"

#define NS_PER_S INT64_C(1000000000)

/* So long a host that has just booted may need to get the right time. */
#define UNDATED_NS (60 * NS_PER_S)

/* What to say when Active_Down_Timer fires: the others may be silent, gone, or just weaker. */
static struct vrrp_reason takeover_reason(const struct vrrp *vr, int64_t now_ns)
{
	struct vrrp_reason reason = { .code = VRRP_REASON_SILENCE,
				      .ns = now_ns - vr->election.heard_ns };

	if (vr->election.lower_heard) {
		reason = (struct vrrp_reason){ .code = VRRP_REASON_PREEMPT,
					       .priority = vr->election.lower_priority };
		memcpy(reason.source, vr->election.lower_source, sizeof(reason.source));
	} else if (vr->election.active_priority == VRRP_PRIORITY_LEAVE &&
		   vr->election.active_source[0]) {
		reason = (struct vrrp_reason){ .code = VRRP_REASON_LEFT };
		memcpy(reason.source, vr->election.active_source, sizeof(reason.source));
	} else if (vrrp_is_owner(vr) && vr->election.active_priority != VRRP_PRIORITY_OWNER) {
		/* It has become one, and waits for nobody's silence. */
		reason = (struct vrrp_reason){ .code = VRRP_REASON_OWNER };
	}
	return reason;
}

/*
 * Silence that proves nothing: listen for once more what the Active needs to be heard, before a
 * failover of our own making. Once per silence, or whoever can make us miss adverts could keep us
 * from ever taking over.
 */
static void grant_late(struct vrrp *vr, int64_t now_ns)
{
	int64_t until_ns = now_ns + fsm_grant(vr);

	if (vr->election.late_granted || vr->election.down_ns >= until_ns)
		return;
	vr->election.late_granted = true;
	vr->counters.late_timers++;
	vr->election.down_ns = until_ns;
}

/*
 * Active_Down_Timer (§6.4.2 (305)). An expiry that is seen a whole interval late is a stall of this
 * host, and the adverts may have been lost in it.
 */
static void backup_timer(struct vrrp *vr, int64_t now_ns, struct vrrp_output *out)
{
	struct vrrp_reason reason = takeover_reason(vr, now_ns);

	if (now_ns - vr->election.down_ns >= vrrp_interval_ns(vr->election.active_interval_cs))
		grant_late(vr, now_ns);
	if (now_ns < vr->election.down_ns)
		return;
	if (reason.code == VRRP_REASON_SILENCE && vr->election.active_source[0])
		vr->counters.noticed[VRRP_NOTICE_FELL_SILENT]++;
	fsm_become_active(vr, reason, vrrp_is_served(vr, reason.code), now_ns, out);
}

/* Whether a lower priority is left in peace: no preemption, or not yet. */
static bool tolerates_lower(struct vrrp *vr, int64_t now_ns)
{
	bool held_off = now_ns < vr->config.preempt_not_before_ns;

	if (vrrp_is_owner(vr))
		return false;
	if (!vr->config.preempt)
		return true;
	if (vr->config.preempt_delay_ns == 0)
		return held_off;
	if (vr->election.preempt_ns == VRRP_NEVER)
		vr->election.preempt_ns = now_ns + vr->config.preempt_delay_ns;
	return held_off || now_ns < vr->election.preempt_ns;
}

static bool is_of(const struct vrrp *vr, const struct vrrp_advert *advert, const uint8_t *source)
{
	return memcmp(advert->source, source, vrrp_address_len(vr->config.family)) == 0;
}

/*
 * Only who was heard as Active can leave, and once: saying so again and again would put off the
 * takeover. As long as nobody was heard, anybody may.
 */
static bool may_leave(const struct vrrp *vr, const struct vrrp_advert *advert)
{
	const struct vrrp_election *e = &vr->election;

	if (e->lower_heard && is_of(vr, advert, e->lower_source))
		return true;
	if (!e->active_source[0])
		return !e->lower_heard;
	return is_of(vr, advert, e->active_source) && e->active_priority != VRRP_PRIORITY_LEAVE;
}

/* §6.4.2 (315)..(345) */
static void backup_advert(struct vrrp *vr, const struct vrrp_advert *advert, int64_t now_ns)
{
	bool beaten = fsm_is_beaten(vr, advert, now_ns);

	if (fsm_doubts(vr, advert, now_ns))
		return;
	if (advert->priority == VRRP_PRIORITY_LEAVE) {
		if (!may_leave(vr, advert))
			return;
		if (!vr->election.lower_heard)
			vr->election.lower_priority = vr->election.active_priority;
		vr->election.active_priority = VRRP_PRIORITY_LEAVE;
		memcpy(vr->election.active_source, advert->source,
		       sizeof(vr->election.active_source));
		vr->election.heard_ns = now_ns;
		vr->election.late_granted = false;
		vr->election.lower_heard = false;
		vr->election.down_ns = fsm_min_ns(vr->election.down_ns, now_ns + fsm_skew_time(vr));
	} else if (advert->priority >= vr->election.priority) {
		/* No address comparison here: §6.4.2 defers to any equal. */
		if (beaten)
			return;
		vr->election.preempt_ns = VRRP_NEVER;
		fsm_defer_to(vr, advert, now_ns);
	} else if (tolerates_lower(vr, now_ns)) {
		if (!beaten)
			fsm_defer_to(vr, advert, now_ns);
	} else {
		/* Discarded: the timer runs on and nothing is learned, but we know who to name. */
		vr->election.lower_heard = true;
		vr->election.lower_priority = advert->priority;
		memcpy(vr->election.lower_source, advert->source,
		       sizeof(vr->election.lower_source));
	}
}

/* Who cannot speak takes over from nobody. */
static void backup_defer(struct vrrp *vr, const struct vrrp_advert *advert, int64_t now_ns)
{
	if (advert->priority == VRRP_PRIORITY_LEAVE) {
		backup_advert(vr, advert, now_ns);
		return;
	}
	if (fsm_doubts(vr, advert, now_ns))
		return;
	vr->election.preempt_ns = VRRP_NEVER;
	fsm_defer_to(vr, advert, now_ns);
}

/*
 * As if it had just begun to listen; but forgetting never puts off a takeover, so that whoever asks
 * for it again and again does no harm. Nor does it start a preempt delay anew.
 */
static void backup_forget(struct vrrp *vr, int64_t now_ns)
{
	fsm_forget_active(vr);
	if (vr->election.down_ns > now_ns + fsm_down_interval(vr))
		fsm_restart_down(vr, now_ns);
}

/*
 * Somebody who has our key is Active, or was so once: an advert of old times that was sent again is
 * no different. So nothing is learned from it, and only who has heard nobody yet waits, in the hope
 * that a clock is set.
 */
static void backup_undated(struct vrrp *vr, int64_t now_ns)
{
	int64_t until_ns =
		fsm_min_ns(now_ns + fsm_down_interval(vr), vr->election.since_ns + UNDATED_NS);

	if (vr->election.active_source[0] == 0 && until_ns > vr->election.down_ns)
		vr->election.down_ns = until_ns;
}

void fsm_step_backup(struct vrrp *vr, const struct vrrp_event *event, struct vrrp_output *out)
{
	switch (event->type) {
	case VRRP_EVENT_STARTUP:
	case VRRP_EVENT_CEDE:
	case VRRP_EVENT_GIVE_WAY:
	case VRRP_EVENT_CONTEST:
		break;
	case VRRP_EVENT_LEAD:
		fsm_become_active(vr, event->reason, event->served, event->now_ns, out);
		break;
	case VRRP_EVENT_SHUTDOWN:
		fsm_leave(vr, event->now_ns, out);
		break;
	case VRRP_EVENT_FAULT:
		fsm_stop(vr, VRRP_STATE_FAULT, event->fault, event->now_ns, out);
		break;
	case VRRP_EVENT_PRIORITY:
		fsm_change_priority(vr, event->priority, event->now_ns);
		break;
	case VRRP_EVENT_TIMER:
		backup_timer(vr, event->now_ns, out);
		break;
	case VRRP_EVENT_ADVERT:
		backup_advert(vr, event->advert, event->now_ns);
		break;
	case VRRP_EVENT_MISSED:
		grant_late(vr, event->now_ns);
		break;
	case VRRP_EVENT_FORGET:
		backup_forget(vr, event->now_ns);
		break;
	case VRRP_EVENT_DEFER:
		backup_defer(vr, event->advert, event->now_ns);
		break;
	case VRRP_EVENT_UNDATED:
		backup_undated(vr, event->now_ns);
		break;
	}
}
