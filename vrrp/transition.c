/* SPDX-License-Identifier: MIT */
#include "fsm_private.h"

#include <assert.h>
#include <string.h>

#include "timers.h"

bool vrrp_is_owner(const struct vrrp *vr)
{
	return vr->config.priority == VRRP_PRIORITY_OWNER;
}

bool vrrp_is_served(const struct vrrp *vr, enum vrrp_reason_code code)
{
	return code == VRRP_REASON_PREEMPT || (code == VRRP_REASON_LEFT && vr->config.virtual_mac);
}

bool fsm_is_quiet(const struct vrrp *vr)
{
	return vr->election.listening || vr->election.ceding;
}

void fsm_act(struct vrrp_output *out, struct vrrp_action action)
{
	assert(out->actions_n < VRRP_ACTIONS_MAX);
	out->actions[out->actions_n++] = action;
}

void fsm_act_advert(struct vrrp_output *out, unsigned priority)
{
	fsm_act(out,
		(struct vrrp_action){ .type = VRRP_ACTION_ADVERT, .priority = (uint8_t)priority });
}

void fsm_set_state(struct vrrp *vr, enum vrrp_state state, struct vrrp_reason reason,
		   int64_t now_ns, struct vrrp_output *out)
{
	enum vrrp_state from = vr->election.state;

	vr->election.state = state;
	vr->election.reason = reason;
	vr->election.reason.own_priority = vr->election.priority;
	if (state != from || vr->election.since_ns == 0)
		vr->election.since_ns = now_ns;
	vr->election.start_ns = VRRP_NEVER;
	vr->election.preempt_ns = VRRP_NEVER;
	if (state != VRRP_STATE_BACKUP)
		vr->election.down_ns = VRRP_NEVER;
	if (state != VRRP_STATE_ACTIVE)
		vr->election.advert_ns = vr->election.announce_ns = VRRP_NEVER;
	vr->election.listening = vr->election.ceding = false;
	fsm_act(out, (struct vrrp_action){ .type = VRRP_ACTION_STATE, .from = from });
}

struct vrrp_reason fsm_reason_of_advert(enum vrrp_reason_code code,
					const struct vrrp_advert *advert)
{
	struct vrrp_reason reason = { .code = code, .priority = advert->priority };

	memcpy(reason.source, advert->source, sizeof(reason.source));
	return reason;
}

int64_t fsm_down_interval(const struct vrrp *vr)
{
	return vrrp_down_ns(vr->config.version, vr->election.priority,
			    vr->election.active_interval_cs, vrrp_down_intervals(&vr->config));
}

int64_t fsm_skew_time(const struct vrrp *vr)
{
	return vrrp_skew_ns(vr->config.version, vr->election.priority,
			    vr->election.active_interval_cs);
}

int64_t fsm_grant(const struct vrrp *vr)
{
	return vrrp_interval_ns(vr->election.active_interval_cs) + fsm_skew_time(vr);
}

void fsm_restart_down(struct vrrp *vr, int64_t now_ns)
{
	vr->election.heard_ns = now_ns;
	vr->election.down_ns = now_ns + fsm_down_interval(vr);
	vr->election.late_granted = false;
	vr->election.lower_heard = false;
}

/*
 * An Active that was silent for too long was away: after as many intervals as may be missed
 * somebody may have taken over by right, after one @more everybody would have, and preempt = false
 * says that this is not undone. With preemption its priority decides as ever. One interval alone is
 * no silence, as any timer comes a little late: whoever is no better waits for our skew time, too.
 */
bool fsm_was_away(const struct vrrp *vr, unsigned more, int64_t now_ns)
{
	const struct vrrp_config *c = &vr->config;
	unsigned intervals = vrrp_down_intervals(c) + more;
	int64_t interval_ns = vrrp_interval_ns(c->interval_cs);
	int64_t silent_ns = now_ns - vr->election.advert_ns + interval_ns;

	if (c->preempt || vrrp_is_owner(vr))
		return false;
	if (intervals == 1)
		silent_ns -= vrrp_skew_ns(c->version, vr->election.priority, c->interval_cs);
	return vr->election.listening || silent_ns > intervals * interval_ns;
}

static int64_t refreshed_down_ns(const struct vrrp *vr, int64_t now_ns)
{
	const struct vrrp_election *e = &vr->election;
	bool heard = e->active_source[0] != 0;
	int64_t down_ns = e->heard_ns + fsm_down_interval(vr);
	int64_t granted_ns = fsm_min_ns(e->down_ns, now_ns + fsm_grant(vr));

	if (vrrp_is_owner(vr))
		return now_ns;
	if (heard && e->active_priority == VRRP_PRIORITY_LEAVE)
		return e->heard_ns + fsm_skew_time(vr);
	/* What was granted stays granted, as far as it would be now. */
	return e->late_granted && granted_ns > down_ns ? granted_ns : down_ns;
}

/* Whether one that was to be preempted is not weaker any more, or may stay: it is deferred to from
 * now on, as if just heard. */
static bool has_caught_up(const struct vrrp *vr)
{
	const struct vrrp_election *e = &vr->election;

	return e->lower_heard && !vrrp_is_owner(vr) &&
	       (e->lower_priority >= e->priority || !vr->config.preempt);
}

void vrrp_refresh(struct vrrp *vr, int64_t now_ns)
{
	struct vrrp_election *e = &vr->election;

	/* Who listens before it speaks goes on with that. */
	if (e->state == VRRP_STATE_ACTIVE && !e->listening && !fsm_was_away(vr, 0, now_ns)) {
		e->ceding = false;
		e->advert_ns = now_ns;
	}
	if (e->state != VRRP_STATE_BACKUP)
		return;
	/* Nobody was heard yet, so nobody's interval was learned; version 2 learns none. */
	if (e->active_source[0] == 0 || vr->config.version == 2)
		e->active_interval_cs = vr->config.interval_cs;
	if (has_caught_up(vr)) {
		e->active_priority = e->lower_priority;
		memcpy(e->active_source, e->lower_source, sizeof(e->active_source));
		fsm_restart_down(vr, now_ns);
		return;
	}
	e->down_ns = refreshed_down_ns(vr, now_ns);
}

void fsm_change_priority(struct vrrp *vr, uint8_t priority, int64_t now_ns)
{
	assert(priority);
	if (priority == vr->election.priority)
		return;
	fsm_fall(vr, priority, now_ns);
	vr->election.priority = priority;
	vrrp_refresh(vr, now_ns);
}

/* An advert of a router that we defer to. Version 3 learns its interval, version 2 never does. */
void fsm_defer_to(struct vrrp *vr, const struct vrrp_advert *advert, int64_t now_ns)
{
	fsm_believe(vr, advert->source);
	vr->election.active_interval_cs = vr->config.interval_cs;
	if (vr->config.version == 3)
		vr->election.active_interval_cs = advert->interval_cs;
	vr->election.active_priority = advert->priority;
	memcpy(vr->election.active_source, advert->source, sizeof(vr->election.active_source));
	fsm_restart_down(vr, now_ns);
}

void fsm_announce(struct vrrp *vr, int64_t now_ns, struct vrrp_output *out)
{
	const struct vrrp_announce *plan = &vr->config.announce;
	unsigned n = vr->election.announced_n;
	int64_t gap_ns = vrrp_announce_gap_ns(plan, n);

	fsm_act(out, (struct vrrp_action){ .type = VRRP_ACTION_ANNOUNCE });
	vr->election.announced_n = n < plan->repeats_n ? (uint8_t)(n + 1) : VRRP_ANNOUNCED_ALL;
	vr->election.announce_ns = gap_ns ? now_ns + gap_ns : VRRP_NEVER;
}

/*
 * Advert, announcement, Adver_Timer. The addresses come in between, since nothing may be announced
 * before it answers (§8.1.2). Who preempts has time: until its first advert somebody else serves,
 * and gives the addresses up when it is heard.
 */
void fsm_become_active(struct vrrp *vr, struct vrrp_reason reason, bool served, int64_t now_ns,
		       struct vrrp_output *out)
{
	fsm_doubt_anew(vr);
	vr->election.fell_ns = 0;
	vr->election.announced_n = 0;
	vr->election.contested_n = 0;
	vr->election.contested_ns = now_ns;
	vr->counters.became_active++;
	if (!served)
		fsm_act_advert(out, vr->election.priority);
	fsm_act(out, (struct vrrp_action){ .type = VRRP_ACTION_CLAIM });
	if (served)
		fsm_act_advert(out, vr->election.priority);
	fsm_announce(vr, now_ns, out);
	vr->election.advert_ns = now_ns + vrrp_interval_ns(vr->config.interval_cs);
	fsm_set_state(vr, VRRP_STATE_ACTIVE, reason, now_ns, out);
}

void fsm_forget_active(struct vrrp *vr)
{
	vr->election.active_interval_cs = vr->config.interval_cs;
	vr->election.active_priority = 0;
	memset(vr->election.active_source, 0, sizeof(vr->election.active_source));
	fsm_doubt_anew(vr);
}

void fsm_stop(struct vrrp *vr, enum vrrp_state state, struct vrrp_reason reason, int64_t now_ns,
	      struct vrrp_output *out)
{
	if (vr->election.state == VRRP_STATE_ACTIVE) {
		fsm_act(out, (struct vrrp_action){ .type = VRRP_ACTION_RELEASE });
		fsm_act_advert(out, VRRP_PRIORITY_LEAVE);
	}
	vr->election.active_priority = 0;
	memset(vr->election.active_source, 0, sizeof(vr->election.active_source));
	fsm_set_state(vr, state, reason, now_ns, out);
}

void fsm_leave(struct vrrp *vr, int64_t now_ns, struct vrrp_output *out)
{
	const struct vrrp_reason stopped = { .code = VRRP_REASON_STOPPED };

	fsm_stop(vr, VRRP_STATE_INITIALIZE, stopped, now_ns, out);
	vr->election.delayed_ns = VRRP_NEVER; /* the next start is another one */
}
