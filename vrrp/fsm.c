/* SPDX-License-Identifier: MIT */
#include "fsm_private.h"

#include <assert.h>
#include <string.h>

#include "timers.h"

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
		.election.delayed_ns = VRRP_NEVER,
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
			       : fsm_min_ns(vr->election.advert_ns, vr->election.announce_ns);
	case VRRP_STATE_FAULT:
	case VRRP_STATE_COUNT:
		break;
	}
	return VRRP_NEVER;
}

/* §6.4.1: the way out of Initialize. */
static void begin(struct vrrp *vr, struct vrrp_reason reason, int64_t now_ns,
		  struct vrrp_output *out)
{
	fsm_forget_active(vr);
	if (vrrp_is_owner(vr)) {
		fsm_become_active(vr, (struct vrrp_reason){ .code = VRRP_REASON_OWNER }, false,
				  now_ns, out);
		return;
	}
	fsm_restart_down(vr, now_ns);
	fsm_set_state(vr, VRRP_STATE_BACKUP, reason, now_ns, out);
}

/* How much of the start delay is left. It counts from the first that happens, be that a fault: one
 * that comes later is not delayed again. */
static int64_t start_delay_left(struct vrrp *vr, int64_t now_ns)
{
	if (vr->election.delayed_ns == VRRP_NEVER)
		vr->election.delayed_ns = now_ns + vr->config.start_delay_ns;
	return vr->election.delayed_ns > now_ns ? vr->election.delayed_ns - now_ns : 0;
}

/* Startup, or the end of a fault: at once, or after the delay that lets switch ports wake up, or
 * the one that lets the host do so. */
static void start(struct vrrp *vr, struct vrrp_reason reason, int64_t now_ns,
		  struct vrrp_output *out)
{
	int64_t delay_ns = start_delay_left(vr, now_ns);
	struct vrrp_reason delayed = { .code = VRRP_REASON_START_DELAY };

	if (vr->config.not_before_ns && vr->config.not_before_ns > now_ns + delay_ns) {
		delayed.code = VRRP_REASON_BOOT_DELAY;
		delay_ns = vr->config.not_before_ns - now_ns;
	}
	if (delay_ns == 0) {
		begin(vr, reason, now_ns, out);
		return;
	}
	delayed.ns = delay_ns;
	fsm_set_state(vr, VRRP_STATE_INITIALIZE, delayed, now_ns, out);
	vr->election.start_ns = now_ns + delay_ns;
}

static bool same_fault(const struct vrrp_reason *a, const struct vrrp_reason *b)
{
	return a->code == b->code && a->cause == b->cause && a->by == b->by &&
	       memcmp(a->source, b->source, sizeof(a->source)) == 0;
}

static void step_initialize(struct vrrp *vr, const struct vrrp_event *event,
			    struct vrrp_output *out)
{
	const struct vrrp_reason started = { .code = VRRP_REASON_STARTED };

	switch (event->type) {
	case VRRP_EVENT_STARTUP:
		if (vr->election.start_ns == VRRP_NEVER)
			start(vr, started, event->now_ns, out);
		break;
	case VRRP_EVENT_SHUTDOWN:
		fsm_leave(vr, event->now_ns, out);
		break;
	case VRRP_EVENT_FAULT:
		(void)start_delay_left(vr, event->now_ns);
		fsm_stop(vr, VRRP_STATE_FAULT, event->fault, event->now_ns, out);
		break;
	case VRRP_EVENT_PRIORITY:
		fsm_change_priority(vr, event->priority, event->now_ns);
		break;
	case VRRP_EVENT_TIMER:
		if (event->now_ns >= vr->election.start_ns)
			begin(vr, started, event->now_ns, out);
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
static struct vrrp_reason reason_of_end(const struct vrrp_reason *fault)
{
	struct vrrp_reason reason = { .code = VRRP_REASON_RECOVERED };

	if (fault->code != VRRP_REASON_MEMBER && fault->code != VRRP_REASON_MEMBER_CHECK)
		return reason;
	reason.code = VRRP_REASON_GROUP;
	reason.cause = VRRP_REASON_RECOVERED;
	reason.by = fault->by;
	return reason;
}

static void step_fault(struct vrrp *vr, const struct vrrp_event *event, struct vrrp_output *out)
{
	switch (event->type) {
	case VRRP_EVENT_STARTUP:
		start(vr, reason_of_end(&vr->election.reason), event->now_ns, out);
		break;
	case VRRP_EVENT_SHUTDOWN:
		fsm_leave(vr, event->now_ns, out);
		break;
	case VRRP_EVENT_FAULT:
		if (!same_fault(&event->fault, &vr->election.reason))
			fsm_stop(vr, VRRP_STATE_FAULT, event->fault, event->now_ns, out);
		break;
	case VRRP_EVENT_PRIORITY:
		fsm_change_priority(vr, event->priority, event->now_ns);
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

void vrrp_step(struct vrrp *vr, const struct vrrp_event *event, struct vrrp_output *out)
{
	out->actions_n = 0;
	switch (vr->election.state) {
	case VRRP_STATE_INITIALIZE:
		step_initialize(vr, event, out);
		return;
	case VRRP_STATE_BACKUP:
		fsm_step_backup(vr, event, out);
		return;
	case VRRP_STATE_ACTIVE:
		fsm_step_active(vr, event, out);
		return;
	case VRRP_STATE_FAULT:
		step_fault(vr, event, out);
		return;
	case VRRP_STATE_COUNT:
		break;
	}
	assert(!"a virtual router in no state");
}
