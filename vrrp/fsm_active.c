/* SPDX-License-Identifier: MIT */
#include "fsm_private.h"

#include <string.h>

#include "timers.h"

#define NS_PER_S INT64_C(1000000000)

/* A contested Active answers at once, but a storm of lower adverts must not make another storm. */
#define CONTEST_WINDOW_NS   NS_PER_S
#define CONTEST_ANSWERS_MAX 5
#define CONTEST_QUIET_NS    (NS_PER_S / CONTEST_ANSWERS_MAX)

/*
 * Adver_Timer (§6.4.3 (405)) and the repeated announcements. The next advert counts from the last
 * deadline, so that the rhythm does not drift; after a stall one is sent, not all that were missed.
 */
static void active_timer(struct vrrp *vr, int64_t now_ns, struct vrrp_output *out)
{
	int64_t interval_ns = vrrp_interval_ns(vr->config.interval_cs);

	if (now_ns < vr->election.advert_ns) {
		/* not yet */
	} else if (!vr->election.listening && fsm_was_away(vr, 1, now_ns)) { /* listens first */
		vr->election.listening = true;
		vr->election.advert_ns = now_ns + interval_ns;
	} else {
		vr->election.listening = vr->election.ceding = false;
		fsm_act_advert(out, vr->election.priority);
		vr->election.advert_ns += interval_ns;
		if (vr->election.advert_ns <= now_ns)
			vr->election.advert_ns = now_ns + interval_ns;
	}
	if (now_ns >= vr->election.announce_ns && !vr->election.listening)
		fsm_announce(vr, now_ns, out);
}

/* Nothing is given up by this: the addresses go with yield(), to somebody who is there. */
static void cede(struct vrrp *vr, int64_t now_ns, struct vrrp_output *out)
{
	if (fsm_is_quiet(vr) || vrrp_is_owner(vr))
		return;
	fsm_act_advert(out, VRRP_PRIORITY_LEAVE);
	fsm_doubt_anew(vr);
	vr->election.ceding = true;
	vr->election.offered_ns = now_ns;
	vr->election.advert_ns = now_ns + vrrp_offer_ns(&vr->config);
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
	return fsm_min_ns(contest_quiet(vr, now_ns), vr->election.contested_ns + CONTEST_WINDOW_NS);
}

/* Whether an answer is within the bound. */
static bool may_answer(struct vrrp *vr, int64_t now_ns)
{
	if (now_ns - vr->election.contested_ns >= CONTEST_WINDOW_NS) {
		vr->election.contested_ns = now_ns;
		vr->election.contested_n = 0;
	}
	if (vr->election.contested_n >= CONTEST_ANSWERS_MAX)
		return false;
	vr->election.contested_n++;
	return true;
}

/*
 * Somebody weaker was Active too: §6.4.3 answers at once. It may have announced the addresses, so
 * they are announced again. Bounded per window; past that the end of the contest repairs the rest.
 *
 * Return: whether an advert went out.
 */
static bool defend(struct vrrp *vr, int64_t now_ns, struct vrrp_output *out)
{
	if (!may_answer(vr, now_ns)) {
		vr->election.announced_n = 0;
		vr->election.announce_ns = contest_end(vr, now_ns);
		return false;
	}
	fsm_act_advert(out, vr->election.priority);
	vr->election.announced_n = 0;
	fsm_announce(vr, now_ns, out);
	return true;
}

/* Who leaves was Active, and has announced the addresses. One that says nothing now announces them
 * for itself when nobody else has come by then; as rarely as a contest has answers. */
static void announce_soon(struct vrrp *vr, int64_t now_ns)
{
	vr->election.announced_n = 0;
	vr->election.announce_ns = fsm_min_ns(vr->election.announce_ns, now_ns + CONTEST_QUIET_NS);
}

/*
 * Whom it shares its fate with is contested, by somebody who may have announced these addresses,
 * too, without a voice to say so.
 */
static void active_contest(struct vrrp *vr, int64_t now_ns)
{
	/* Not put off again and again by one who does not end it. */
	if (vr->election.announced_n)
		vr->election.announce_ns = contest_quiet(vr, now_ns);
	vr->election.announced_n = 0;
}

/* Whether somebody has come for the addresses who may not have them yet. */
static bool hands_over(const struct vrrp *vr, enum vrrp_reason_code code)
{
	return vr->config.overlap && (code == VRRP_REASON_HIGHER || code == VRRP_REASON_CEDED);
}

/*
 * The winner hears a lower priority, announces again, and so has the last word in every ARP cache,
 * also of those that have learned ours while both had the addresses. It is the lowest one, as our
 * own may be better than what the winner's, or that of a third one, is by then. Two owners are a
 * mistake that both have to hear of. 0 tells who is the last resort itself that it may stay.
 */
static unsigned last_word(const struct vrrp *vr, enum vrrp_reason_code code,
			  const struct vrrp_advert *advert)
{
	if (code == VRRP_REASON_HIGHER || code == VRRP_REASON_TIE)
		return vrrp_is_owner(vr) ? VRRP_PRIORITY_OWNER : VRRP_PRIORITY_LOWEST;
	if (!hands_over(vr, code) || advert->priority == VRRP_PRIORITY_LOWEST)
		return VRRP_PRIORITY_LEAVE;
	return VRRP_PRIORITY_LOWEST;
}

/* §6.4.3 (450)..(475). The last advert leaves when the addresses are gone. */
static void yield(struct vrrp *vr, enum vrrp_reason_code code, const struct vrrp_advert *advert,
		  int64_t now_ns, struct vrrp_output *out)
{
	fsm_act(out, (struct vrrp_action){ .type = hands_over(vr, code) ? VRRP_ACTION_HAND_OVER
									: VRRP_ACTION_RELEASE });
	fsm_act_advert(out, last_word(vr, code, advert));
	fsm_defer_to(vr, advert, now_ns);
	fsm_set_state(vr, VRRP_STATE_BACKUP, fsm_reason_of_advert(code, advert), now_ns, out);
}

/*
 * To whom another one has yielded that it shares its fate with. Priority 0 calls that one, and it
 * announces again if it is there already; so it does by the last word, when the addresses are gone.
 */
static void give_way(struct vrrp *vr, struct vrrp_reason reason, int64_t now_ns,
		     struct vrrp_output *out)
{
	if (!vr->config.overlap)
		fsm_act(out, (struct vrrp_action){ .type = VRRP_ACTION_RELEASE });
	fsm_act_advert(out, VRRP_PRIORITY_LEAVE);
	if (vr->config.overlap) {
		fsm_act(out, (struct vrrp_action){ .type = VRRP_ACTION_HAND_OVER });
		fsm_act_advert(out, VRRP_PRIORITY_LOWEST);
	}
	fsm_forget_active(vr);
	fsm_restart_down(vr, now_ns);
	fsm_set_state(vr, VRRP_STATE_BACKUP, reason, now_ns, out);
}

static enum vrrp_reason_code better(const struct vrrp *vr, const struct vrrp_advert *advert)
{
	return advert->priority > vr->election.priority ? VRRP_REASON_HIGHER : VRRP_REASON_TIE;
}

/* §6.4.3 (415)..(475). Preempt_Mode is not asked: an Active always yields to its better. */
static void active_advert(struct vrrp *vr, const struct vrrp_advert *advert, int64_t now_ns,
			  struct vrrp_output *out)
{
	bool beaten = fsm_is_beaten(vr, advert, now_ns), doubts;

	if (beaten && vr->election.ceding) {
		fsm_shorten_offer(vr, advert, now_ns);
		return;
	}
	doubts = fsm_doubts(vr, advert, now_ns);
	if (doubts && vr->election.ceding) {
		/* It serves no longer. But one that has come nevertheless answers this. */
		if (may_answer(vr, now_ns))
			fsm_act_advert(out, VRRP_PRIORITY_LEAVE);
	} else if (advert->priority == VRRP_PRIORITY_LEAVE && fsm_is_quiet(vr)) {
		announce_soon(vr, now_ns);
	} else if (advert->priority == VRRP_PRIORITY_LEAVE) {
		/* The timer only starts anew with an advert: a flood must not silence us. */
		if (defend(vr, now_ns, out))
			vr->election.advert_ns = now_ns + vrrp_interval_ns(vr->config.interval_cs);
	} else if (vr->election.ceding) {
		yield(vr, VRRP_REASON_CEDED, advert, now_ns, out);
	} else if (fsm_is_better(vr, advert, vr->election.priority)) {
		/* Likewise: by now it is gone, or defers to us. */
		if (doubts || beaten)
			(void)defend(vr, now_ns, out);
		else
			yield(vr, better(vr, advert), advert, now_ns, out);
	} else if (fsm_was_away(vr, 0, now_ns)) {
		yield(vr, VRRP_REASON_AWAY, advert, now_ns, out);
	} else {
		(void)defend(vr, now_ns, out);
	}
}

void fsm_step_active(struct vrrp *vr, const struct vrrp_event *event, struct vrrp_output *out)
{
	switch (event->type) {
	case VRRP_EVENT_STARTUP:
	case VRRP_EVENT_LEAD:
		break;
	case VRRP_EVENT_GIVE_WAY:
		give_way(vr, event->reason, event->now_ns, out);
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
	case VRRP_EVENT_CEDE:
		cede(vr, event->now_ns, out);
		break;
	case VRRP_EVENT_CONTEST:
		active_contest(vr, event->now_ns);
		break;
	case VRRP_EVENT_DEFER: /* what it would answer nobody hears, but hosts hear announcements */
		if (event->advert->priority == VRRP_PRIORITY_LEAVE ||
		    fsm_doubts(vr, event->advert, event->now_ns))
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
