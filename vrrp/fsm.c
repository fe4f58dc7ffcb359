/* SPDX-License-Identifier: MIT */
#include "fsm.h"

#include <assert.h>
#include <string.h>

#include "timers.h"

#define NS_PER_S INT64_C(1000000000)

/* A contested Active answers at once, but a storm of lower adverts must not make another storm. */
#define CONTEST_WINDOW_NS   NS_PER_S
#define CONTEST_ANSWERS_MAX 5
#define CONTEST_QUIET_NS    (NS_PER_S / CONTEST_ANSWERS_MAX)

/* So long a host that has just booted may need to get the right time. */
#define UNDATED_NS (60 * NS_PER_S)

void vrrp_init(struct vrrp *vr, const struct vrrp_config *config)
{
	assert(config->vrid && config->priority);
	assert(vrrp_packet_exists(config->version, config->family));
	assert(vrrp_interval_is_valid(config->version, config->interval_cs));
	assert(config->down_intervals <= VRRP_DOWN_INTERVALS_MAX);
	assert(config->announce.repeats_n <= VRRP_REPEATS_MAX);
	*vr = (struct vrrp){
		.config = *config,
		.election.priority = config->priority,
		.election.active_interval_cs = config->interval_cs,
		.election.start_ns = VRRP_NEVER,
		.election.down_ns = VRRP_NEVER,
		.election.preempt_ns = VRRP_NEVER,
		.election.advert_ns = VRRP_NEVER,
		.election.announce_ns = VRRP_NEVER,
	};
}

void vrrp_source_set(struct vrrp *vr, const uint8_t *source)
{
	memcpy(vr->election.source, source, vrrp_address_len(vr->config.family));
}

bool vrrp_is_owner(const struct vrrp *vr)
{
	return vr->config.priority == VRRP_PRIORITY_OWNER;
}

unsigned vrrp_down_intervals(const struct vrrp_config *config)
{
	return config->down_intervals ? config->down_intervals : VRRP_DOWN_INTERVALS;
}

static int64_t min_ns(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

/* An Active that hears first what others have to say, until its next advert. */
static bool is_quiet(const struct vrrp *vr)
{
	return vr->election.listening || vr->election.ceding;
}

int64_t vrrp_deadline(const struct vrrp *vr)
{
	switch (vr->election.state) {
	case VRRP_STATE_INITIALIZE:
		return vr->election.start_ns;
	case VRRP_STATE_BACKUP:
		return vr->election.down_ns;
	case VRRP_STATE_ACTIVE:
		return vr->election.listening
			       ? vr->election.advert_ns
			       : min_ns(vr->election.advert_ns, vr->election.announce_ns);
	case VRRP_STATE_FAULT:
	case VRRP_STATE_COUNT:
		break;
	}
	return VRRP_NEVER;
}

static void act(struct vrrp_output *out, struct vrrp_action action)
{
	assert(out->actions_n < VRRP_ACTIONS_MAX);
	out->actions[out->actions_n++] = action;
}

static void act_advert(struct vrrp_output *out, unsigned priority)
{
	act(out, (struct vrrp_action){ .type = VRRP_ACTION_ADVERT, .priority = (uint8_t)priority });
}

/* The only place where a state begins and ends: every deadline that is not the new state's dies. */
static void set_state(struct vrrp *vr, enum vrrp_state state, struct vrrp_reason reason,
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
	act(out, (struct vrrp_action){ .type = VRRP_ACTION_STATE, .from = from });
}

static struct vrrp_reason reason_of_advert(enum vrrp_reason_code code,
					   const struct vrrp_advert *advert)
{
	struct vrrp_reason reason = { .code = code, .priority = advert->priority };

	memcpy(reason.source, advert->source, sizeof(reason.source));
	return reason;
}

/* Active_Down_Interval, from the interval that was learned (§6.1). */
static int64_t down_interval(const struct vrrp *vr)
{
	return vrrp_down_ns(vr->config.version, vr->election.priority,
			    vr->election.active_interval_cs, vrrp_down_intervals(&vr->config));
}

static int64_t skew_time(const struct vrrp *vr)
{
	return vrrp_skew_ns(vr->config.version, vr->election.priority,
			    vr->election.active_interval_cs);
}

static void restart_down(struct vrrp *vr, int64_t now_ns)
{
	vr->election.heard_ns = now_ns;
	vr->election.down_ns = now_ns + down_interval(vr);
	vr->election.late_granted = false;
	vr->election.lower_heard = false;
}

/*
 * An Active that was silent for too long was away: after as many intervals as may be missed
 * somebody may have taken over by right, after one @more everybody would have, and preempt = false
 * says that this is not undone. With preemption its priority decides as ever. One interval alone is
 * no silence, as any timer comes a little late: whoever is no better waits for our skew time, too.
 */
static bool was_away(const struct vrrp *vr, unsigned more, int64_t now_ns)
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
	int64_t down_ns = e->heard_ns + down_interval(vr);

	if (vrrp_is_owner(vr))
		return now_ns;
	if (heard && e->active_priority == VRRP_PRIORITY_LEAVE)
		return e->heard_ns + skew_time(vr);
	/* What was granted stays granted. */
	return e->late_granted && e->down_ns > down_ns ? e->down_ns : down_ns;
}

void vrrp_refresh(struct vrrp *vr, int64_t now_ns)
{
	struct vrrp_election *e = &vr->election;

	/* Who listens before it speaks goes on with that. */
	if (e->state == VRRP_STATE_ACTIVE && !e->listening && !was_away(vr, 0, now_ns)) {
		e->ceding = false;
		e->advert_ns = now_ns;
	}
	if (e->state != VRRP_STATE_BACKUP)
		return;
	/* Nobody was heard yet, so nobody's interval was learned; version 2 learns none. */
	if (e->active_source[0] == 0 || vr->config.version == 2)
		e->active_interval_cs = vr->config.interval_cs;
	e->down_ns = refreshed_down_ns(vr, now_ns);
}

static void change_priority(struct vrrp *vr, uint8_t priority, int64_t now_ns)
{
	assert(priority);
	if (priority == vr->election.priority)
		return;
	vr->election.priority = priority;
	vrrp_refresh(vr, now_ns);
}

/* An advert of a router that we defer to. Version 3 learns its interval, version 2 never does. */
static void defer_to(struct vrrp *vr, const struct vrrp_advert *advert, int64_t now_ns)
{
	vr->election.active_interval_cs = vr->config.interval_cs;
	if (vr->config.version == 3)
		vr->election.active_interval_cs = advert->interval_cs;
	vr->election.active_priority = advert->priority;
	memcpy(vr->election.active_source, advert->source, sizeof(vr->election.active_source));
	restart_down(vr, now_ns);
}

static void announce(struct vrrp *vr, int64_t now_ns, struct vrrp_output *out)
{
	const struct vrrp_announce *plan = &vr->config.announce;
	unsigned n = vr->election.announced_n;
	int64_t gap_ns = vrrp_announce_gap_ns(plan, n);

	act(out, (struct vrrp_action){ .type = VRRP_ACTION_ANNOUNCE });
	vr->election.announced_n = n < plan->repeats_n ? (uint8_t)(n + 1) : VRRP_ANNOUNCED_ALL;
	vr->election.announce_ns = gap_ns ? now_ns + gap_ns : VRRP_NEVER;
}

/*
 * §6.4.1 (210), §6.4.2 (305): advert, announcement, Adver_Timer. The addresses come in between,
 * since nothing may be announced before it answers (§8.1.2).
 */
static void become_active(struct vrrp *vr, struct vrrp_reason reason, int64_t now_ns,
			  struct vrrp_output *out)
{
	vr->election.announced_n = 0;
	vr->election.contested_n = 0;
	vr->election.contested_ns = now_ns;
	vr->counters.became_active++;
	act_advert(out, vr->election.priority);
	act(out, (struct vrrp_action){ .type = VRRP_ACTION_CLAIM });
	announce(vr, now_ns, out);
	vr->election.advert_ns = now_ns + vrrp_interval_ns(vr->config.interval_cs);
	set_state(vr, VRRP_STATE_ACTIVE, reason, now_ns, out);
}

/* Nobody is known: the interval of an Active is taken to be ours (§6.4.1). */
static void forget_active(struct vrrp *vr)
{
	vr->election.active_interval_cs = vr->config.interval_cs;
	vr->election.active_priority = 0;
	memset(vr->election.active_source, 0, sizeof(vr->election.active_source));
}

/* §6.4.1: the way out of Initialize. */
static void begin(struct vrrp *vr, enum vrrp_reason_code code, int64_t now_ns,
		  struct vrrp_output *out)
{
	forget_active(vr);
	if (vrrp_is_owner(vr)) {
		become_active(vr, (struct vrrp_reason){ .code = VRRP_REASON_OWNER }, now_ns, out);
		return;
	}
	restart_down(vr, now_ns);
	set_state(vr, VRRP_STATE_BACKUP, (struct vrrp_reason){ .code = code }, now_ns, out);
}

/* Startup, or the end of a fault: at once, or after the delay that lets switch ports wake up, or
 * the one that lets the host do so. */
static void start(struct vrrp *vr, enum vrrp_reason_code code, int64_t now_ns,
		  struct vrrp_output *out)
{
	int64_t delay_ns = vr->config.start_delay_ns;
	struct vrrp_reason reason = { .code = VRRP_REASON_START_DELAY };

	if (vr->config.not_before_ns && vr->config.not_before_ns > now_ns + delay_ns) {
		reason.code = VRRP_REASON_BOOT_DELAY;
		delay_ns = vr->config.not_before_ns - now_ns;
	}
	if (delay_ns == 0) {
		begin(vr, code, now_ns, out);
		return;
	}
	reason.ns = delay_ns;
	set_state(vr, VRRP_STATE_INITIALIZE, reason, now_ns, out);
	vr->election.start_ns = now_ns + delay_ns;
}

/* Out of service. Whoever has the addresses gives them up and lets the others know (§6.4.3). */
static void stop(struct vrrp *vr, enum vrrp_state state, struct vrrp_reason reason, int64_t now_ns,
		 struct vrrp_output *out)
{
	if (vr->election.state == VRRP_STATE_ACTIVE) {
		act(out, (struct vrrp_action){ .type = VRRP_ACTION_RELEASE });
		act_advert(out, VRRP_PRIORITY_LEAVE);
	}
	vr->election.active_priority = 0;
	memset(vr->election.active_source, 0, sizeof(vr->election.active_source));
	set_state(vr, state, reason, now_ns, out);
}

static void leave(struct vrrp *vr, int64_t now_ns, struct vrrp_output *out)
{
	const struct vrrp_reason stopped = { .code = VRRP_REASON_STOPPED };

	stop(vr, VRRP_STATE_INITIALIZE, stopped, now_ns, out);
}

static bool same_fault(const struct vrrp_reason *a, const struct vrrp_reason *b)
{
	return a->code == b->code && memcmp(a->source, b->source, sizeof(a->source)) == 0;
}

static void step_initialize(struct vrrp *vr, const struct vrrp_event *event,
			    struct vrrp_output *out)
{
	switch (event->type) {
	case VRRP_EVENT_STARTUP:
		if (vr->election.start_ns == VRRP_NEVER)
			start(vr, VRRP_REASON_STARTED, event->now_ns, out);
		break;
	case VRRP_EVENT_SHUTDOWN:
		leave(vr, event->now_ns, out);
		break;
	case VRRP_EVENT_FAULT:
		stop(vr, VRRP_STATE_FAULT, event->fault, event->now_ns, out);
		break;
	case VRRP_EVENT_PRIORITY:
		change_priority(vr, event->priority, event->now_ns);
		break;
	case VRRP_EVENT_TIMER:
		if (event->now_ns >= vr->election.start_ns)
			begin(vr, VRRP_REASON_STARTED, event->now_ns, out);
		break;
	case VRRP_EVENT_ADVERT: /* §6.4.1 knows no adverts */
	case VRRP_EVENT_MISSED:
	case VRRP_EVENT_FORGET:
	case VRRP_EVENT_CEDE:
	case VRRP_EVENT_LEAD:
	case VRRP_EVENT_GIVE_WAY:
	case VRRP_EVENT_CONTEST:
	case VRRP_EVENT_DEFER:
	case VRRP_EVENT_UNDATED:
		break;
	}
}

/* What ends with a fault. */
static enum vrrp_reason_code reason_of_end(enum vrrp_reason_code fault)
{
	return fault == VRRP_REASON_MEMBER ? VRRP_REASON_GROUP : VRRP_REASON_RECOVERED;
}

static void step_fault(struct vrrp *vr, const struct vrrp_event *event, struct vrrp_output *out)
{
	switch (event->type) {
	case VRRP_EVENT_STARTUP:
		start(vr, reason_of_end(vr->election.reason.code), event->now_ns, out);
		break;
	case VRRP_EVENT_SHUTDOWN:
		leave(vr, event->now_ns, out);
		break;
	case VRRP_EVENT_FAULT:
		if (!same_fault(&event->fault, &vr->election.reason))
			stop(vr, VRRP_STATE_FAULT, event->fault, event->now_ns, out);
		break;
	case VRRP_EVENT_PRIORITY:
		change_priority(vr, event->priority, event->now_ns);
		break;
	case VRRP_EVENT_TIMER:
	case VRRP_EVENT_ADVERT:
	case VRRP_EVENT_MISSED:
	case VRRP_EVENT_FORGET:
	case VRRP_EVENT_CEDE:
	case VRRP_EVENT_LEAD:
	case VRRP_EVENT_GIVE_WAY:
	case VRRP_EVENT_CONTEST:
	case VRRP_EVENT_DEFER:
	case VRRP_EVENT_UNDATED:
		break;
	}
}

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
	int64_t until_ns =
		now_ns + vrrp_interval_ns(vr->election.active_interval_cs) + skew_time(vr);

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
	if (now_ns - vr->election.down_ns >= vrrp_interval_ns(vr->election.active_interval_cs))
		grant_late(vr, now_ns);
	if (now_ns >= vr->election.down_ns)
		become_active(vr, takeover_reason(vr, now_ns), now_ns, out);
}

/* Whether a lower priority is left in peace: no preemption, or not yet. */
static bool tolerates_lower(struct vrrp *vr, int64_t now_ns)
{
	if (vrrp_is_owner(vr))
		return false;
	if (!vr->config.preempt)
		return true;
	if (vr->config.preempt_delay_ns == 0)
		return false;
	if (vr->election.preempt_ns == VRRP_NEVER)
		vr->election.preempt_ns = now_ns + vr->config.preempt_delay_ns;
	return now_ns < vr->election.preempt_ns;
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
	if (advert->priority == VRRP_PRIORITY_LEAVE) {
		if (!may_leave(vr, advert))
			return;
		vr->election.active_priority = VRRP_PRIORITY_LEAVE;
		memcpy(vr->election.active_source, advert->source,
		       sizeof(vr->election.active_source));
		vr->election.heard_ns = now_ns;
		vr->election.late_granted = false;
		vr->election.lower_heard = false;
		vr->election.down_ns = min_ns(vr->election.down_ns, now_ns + skew_time(vr));
	} else if (advert->priority >= vr->election.priority) {
		/* No address comparison here: §6.4.2 defers to any equal. */
		vr->election.preempt_ns = VRRP_NEVER;
		defer_to(vr, advert, now_ns);
	} else if (tolerates_lower(vr, now_ns)) {
		defer_to(vr, advert, now_ns);
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
	vr->election.preempt_ns = VRRP_NEVER;
	defer_to(vr, advert, now_ns);
}

/*
 * As if it had just begun to listen; but forgetting never puts off a takeover, so that whoever asks
 * for it again and again does no harm. Nor does it start a preempt delay anew.
 */
static void backup_forget(struct vrrp *vr, int64_t now_ns)
{
	forget_active(vr);
	if (vr->election.down_ns > now_ns + down_interval(vr))
		restart_down(vr, now_ns);
}

/*
 * Somebody who has our key is Active, or was so once: an advert of old times that was sent again is
 * no different. So nothing is learned from it, and only who has heard nobody yet waits, in the hope
 * that a clock is set.
 */
static void backup_undated(struct vrrp *vr, int64_t now_ns)
{
	int64_t until_ns = min_ns(now_ns + down_interval(vr), vr->election.since_ns + UNDATED_NS);

	if (vr->election.active_source[0] == 0 && until_ns > vr->election.down_ns)
		vr->election.down_ns = until_ns;
}

static void step_backup(struct vrrp *vr, const struct vrrp_event *event, struct vrrp_output *out)
{
	switch (event->type) {
	case VRRP_EVENT_STARTUP:
	case VRRP_EVENT_CEDE:
	case VRRP_EVENT_GIVE_WAY:
	case VRRP_EVENT_CONTEST:
		break;
	case VRRP_EVENT_LEAD:
		become_active(vr, event->reason, event->now_ns, out);
		break;
	case VRRP_EVENT_SHUTDOWN:
		leave(vr, event->now_ns, out);
		break;
	case VRRP_EVENT_FAULT:
		stop(vr, VRRP_STATE_FAULT, event->fault, event->now_ns, out);
		break;
	case VRRP_EVENT_PRIORITY:
		change_priority(vr, event->priority, event->now_ns);
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

/*
 * Adver_Timer (§6.4.3 (405)) and the repeated announcements. The next advert counts from the last
 * deadline, so that the rhythm does not drift; after a stall one is sent, not all that were missed.
 */
static void active_timer(struct vrrp *vr, int64_t now_ns, struct vrrp_output *out)
{
	int64_t interval_ns = vrrp_interval_ns(vr->config.interval_cs);

	if (now_ns < vr->election.advert_ns) {
		/* not yet */
	} else if (!vr->election.listening && was_away(vr, 1, now_ns)) { /* listens first */
		vr->election.listening = true;
		vr->election.advert_ns = now_ns + interval_ns;
	} else {
		vr->election.listening = vr->election.ceding = false;
		act_advert(out, vr->election.priority);
		vr->election.advert_ns += interval_ns;
		if (vr->election.advert_ns <= now_ns)
			vr->election.advert_ns = now_ns + interval_ns;
	}
	if (now_ns >= vr->election.announce_ns && !vr->election.listening)
		announce(vr, now_ns, out);
}

/* Nothing is given up by this: the addresses go with yield(), to somebody who is there. */
static void cede(struct vrrp *vr, int64_t now_ns, struct vrrp_output *out)
{
	if (is_quiet(vr) || vrrp_is_owner(vr))
		return;
	act_advert(out, VRRP_PRIORITY_LEAVE);
	vr->election.ceding = true;
	vr->election.advert_ns =
		now_ns + vrrp_down_ns(vr->config.version, vr->election.priority,
				      vr->config.interval_cs, vrrp_down_intervals(&vr->config));
}

/* When no more of a contest can be under way than its last words, which a router that yields sends.
 */
static int64_t contest_quiet(const struct vrrp *vr, int64_t now_ns)
{
	int64_t quiet_ns = vrrp_interval_ns(vr->config.interval_cs) * 3 / 2;

	return now_ns + (quiet_ns < CONTEST_QUIET_NS ? CONTEST_QUIET_NS : quiet_ns);
}

/* When a contest that had all its answers is over; at the window's end if it never is. */
static int64_t contest_end(const struct vrrp *vr, int64_t now_ns)
{
	return min_ns(contest_quiet(vr, now_ns), vr->election.contested_ns + CONTEST_WINDOW_NS);
}

/*
 * Somebody weaker was Active too: §6.4.3 answers at once. It may have announced the addresses, so
 * they are announced again. Bounded per window; past that the end of the contest repairs the rest.
 *
 * Return: whether an advert went out.
 */
static bool defend(struct vrrp *vr, int64_t now_ns, struct vrrp_output *out)
{
	if (now_ns - vr->election.contested_ns >= CONTEST_WINDOW_NS) {
		vr->election.contested_ns = now_ns;
		vr->election.contested_n = 0;
	}
	if (vr->election.contested_n >= CONTEST_ANSWERS_MAX) {
		vr->election.announced_n = 0;
		vr->election.announce_ns = contest_end(vr, now_ns);
		return false;
	}
	vr->election.contested_n++;
	act_advert(out, vr->election.priority);
	vr->election.announced_n = 0;
	announce(vr, now_ns, out);
	return true;
}

/* Who leaves was Active, and has announced the addresses. One that says nothing now announces them
 * for itself when nobody else has come by then; as rarely as a contest has answers. */
static void announce_soon(struct vrrp *vr, int64_t now_ns)
{
	vr->election.announced_n = 0;
	vr->election.announce_ns = min_ns(vr->election.announce_ns, now_ns + CONTEST_QUIET_NS);
}

/*
 * Whom it shares its fate with is contested, by somebody who may have announced these addresses,
 * too, without a voice to say so. Whoever hears that one itself has answered, or will.
 */
static void active_contest(struct vrrp *vr, int64_t now_ns)
{
	if (vr->election.contested_n && now_ns - vr->election.contested_ns < CONTEST_WINDOW_NS)
		return;
	/* Not put off again and again by one who does not end it. */
	if (vr->election.announced_n)
		vr->election.announce_ns = contest_quiet(vr, now_ns);
	vr->election.announced_n = 0;
}

/*
 * §6.4.3 (450)..(475). Before the address is handed over comes one last advert: the winner hears a
 * lower priority, announces again, and so has the last word in every ARP cache. Where ours may be
 * the better one it is 0, since it would drive the winner out.
 */
static void yield(struct vrrp *vr, enum vrrp_reason_code code, const struct vrrp_advert *advert,
		  int64_t now_ns, struct vrrp_output *out)
{
	bool loses = code == VRRP_REASON_HIGHER || code == VRRP_REASON_TIE;

	act(out, (struct vrrp_action){ .type = VRRP_ACTION_RELEASE });
	act_advert(out, loses ? vr->election.priority : VRRP_PRIORITY_LEAVE);
	defer_to(vr, advert, now_ns);
	set_state(vr, VRRP_STATE_BACKUP, reason_of_advert(code, advert), now_ns, out);
}

/*
 * To whom another one has yielded that it shares its fate with. Priority 0 calls that one, and it
 * announces again if it is there already.
 */
static void give_way(struct vrrp *vr, struct vrrp_reason reason, int64_t now_ns,
		     struct vrrp_output *out)
{
	act(out, (struct vrrp_action){ .type = VRRP_ACTION_RELEASE });
	act_advert(out, VRRP_PRIORITY_LEAVE);
	forget_active(vr);
	restart_down(vr, now_ns);
	set_state(vr, VRRP_STATE_BACKUP, reason, now_ns, out);
}

/* §6.4.3 (415)..(475). Preempt_Mode is not asked: an Active always yields to its better. */
static void active_advert(struct vrrp *vr, const struct vrrp_advert *advert, int64_t now_ns,
			  struct vrrp_output *out)
{
	size_t address_len = vrrp_address_len(vr->config.family);

	if (advert->priority == VRRP_PRIORITY_LEAVE && is_quiet(vr)) {
		announce_soon(vr, now_ns);
	} else if (advert->priority == VRRP_PRIORITY_LEAVE) {
		/* The timer only starts anew with an advert: a flood must not silence us. */
		if (defend(vr, now_ns, out))
			vr->election.advert_ns = now_ns + vrrp_interval_ns(vr->config.interval_cs);
	} else if (vr->election.ceding) {
		yield(vr, VRRP_REASON_CEDED, advert, now_ns, out);
	} else if (advert->priority > vr->election.priority) {
		yield(vr, VRRP_REASON_HIGHER, advert, now_ns, out);
	} else if (advert->priority == vr->election.priority &&
		   memcmp(advert->source, vr->election.source, address_len) > 0) {
		yield(vr, VRRP_REASON_TIE, advert, now_ns, out);
	} else if (was_away(vr, 0, now_ns)) {
		yield(vr, VRRP_REASON_AWAY, advert, now_ns, out);
	} else {
		(void)defend(vr, now_ns, out);
	}
}

static void step_active(struct vrrp *vr, const struct vrrp_event *event, struct vrrp_output *out)
{
	switch (event->type) {
	case VRRP_EVENT_STARTUP:
	case VRRP_EVENT_LEAD:
		break;
	case VRRP_EVENT_GIVE_WAY:
		give_way(vr, event->reason, event->now_ns, out);
		break;
	case VRRP_EVENT_SHUTDOWN:
		leave(vr, event->now_ns, out);
		break;
	case VRRP_EVENT_FAULT:
		stop(vr, VRRP_STATE_FAULT, event->fault, event->now_ns, out);
		break;
	case VRRP_EVENT_PRIORITY:
		change_priority(vr, event->priority, event->now_ns);
		break;
	case VRRP_EVENT_CEDE:
		cede(vr, event->now_ns, out);
		break;
	case VRRP_EVENT_CONTEST:
		active_contest(vr, event->now_ns);
		break;
	case VRRP_EVENT_DEFER: /* what it would answer nobody hears, but hosts hear announcements */
		if (event->advert->priority == VRRP_PRIORITY_LEAVE)
			announce_soon(vr, event->now_ns);
		else
			yield(vr, VRRP_REASON_MUTE, event->advert, event->now_ns, out);
		break;
	case VRRP_EVENT_TIMER:
		active_timer(vr, event->now_ns, out);
		break;
	case VRRP_EVENT_ADVERT:
		active_advert(vr, event->advert, event->now_ns, out);
		break;
	case VRRP_EVENT_MISSED: /* the next one tells as well */
	case VRRP_EVENT_FORGET: /* it waits for nobody */
	case VRRP_EVENT_UNDATED:
		break;
	}
}

void vrrp_step(struct vrrp *vr, const struct vrrp_event *event, struct vrrp_output *out)
{
	out->actions_n = 0;
	switch (vr->election.state) {
	case VRRP_STATE_INITIALIZE:
		step_initialize(vr, event, out);
		return;
	case VRRP_STATE_BACKUP:
		step_backup(vr, event, out);
		return;
	case VRRP_STATE_ACTIVE:
		step_active(vr, event, out);
		return;
	case VRRP_STATE_FAULT:
		step_fault(vr, event, out);
		return;
	case VRRP_STATE_COUNT:
		break;
	}
	assert(!"a virtual router in no state");
}
