/* SPDX-License-Identifier: MIT */
/*
 * The inside of the state machine (fsm.h), private to its files and to adopt.c. Each calls only
 * those above it:
 *
 *	claim.c		whether an advert is a claim, and of whom
 *	transition.c	how states begin and end, and what more than one of them does
 *	fsm_backup.c	Backup (RFC 9568 §6.4.2)
 *	fsm_active.c	Active (§6.4.3)
 *	fsm.c		Initialize (§6.4.1), Fault, and the choice among all four
 */
#ifndef FSM_PRIVATE_H
#define FSM_PRIVATE_H

#include "fsm.h"

/**
 * fsm_min_ns() - the earlier of two times.
 */
static inline int64_t fsm_min_ns(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

/**
 * fsm_is_quiet() - whether an Active hears first what others have to say, until its next advert.
 */
bool fsm_is_quiet(const struct vrrp *vr);

/**
 * fsm_act() - let the caller do something, after what was decided before.
 */
void fsm_act(struct vrrp_output *out, struct vrrp_action action);

/**
 * fsm_act_advert() - let the caller send an advert.
 */
void fsm_act_advert(struct vrrp_output *out, unsigned priority);

/**
 * fsm_set_state() - the only place where a state begins and ends: every deadline that is not the
 * new state's dies.
 */
void fsm_set_state(struct vrrp *vr, enum vrrp_state state, struct vrrp_reason reason,
		   int64_t now_ns, struct vrrp_output *out);

/**
 * fsm_reason_of_advert() - a reason that names who sent an advert.
 */
struct vrrp_reason fsm_reason_of_advert(enum vrrp_reason_code code,
					const struct vrrp_advert *advert);

/**
 * fsm_down_interval() - Active_Down_Interval, from the interval that was learned (§6.1).
 */
int64_t fsm_down_interval(const struct vrrp *vr);

/**
 * fsm_skew_time() - Skew_Time, likewise.
 */
int64_t fsm_skew_time(const struct vrrp *vr);

/**
 * fsm_grant() - what an Active needs to be heard once more.
 */
int64_t fsm_grant(const struct vrrp *vr);

/**
 * fsm_restart_down() - somebody who is deferred to was heard: Active_Down_Timer starts anew.
 */
void fsm_restart_down(struct vrrp *vr, int64_t now_ns);

/**
 * fsm_was_away() - whether an Active was silent for so long that others have taken over by right.
 * @more: intervals beyond those that may be missed.
 */
bool fsm_was_away(const struct vrrp *vr, unsigned more, int64_t now_ns);

/**
 * fsm_change_priority() - another effective priority, and what follows from it.
 */
void fsm_change_priority(struct vrrp *vr, uint8_t priority, int64_t now_ns);

/**
 * fsm_defer_to() - learn from an advert of a router that is left to be Active.
 */
void fsm_defer_to(struct vrrp *vr, const struct vrrp_advert *advert, int64_t now_ns);

/**
 * fsm_is_better() - whether who sends an advert ranks above a router of that priority in the place
 * of this one: the higher address decides a tie (§6.4.3).
 */
bool fsm_is_better(const struct vrrp *vr, const struct vrrp_advert *advert, unsigned priority);

/**
 * fsm_doubts() - whether an advert is to be taken for a last word, and for no claim, until its
 * sender says the same again.
 */
bool fsm_doubts(struct vrrp *vr, const struct vrrp_advert *advert, int64_t now_ns);

/**
 * fsm_is_beaten() - whether who sends an advert may have yielded since, so that it is no news.
 *
 * That is so within a round trip behind the offer of an Active to leave, or behind a priority that
 * falls, if the sender is no better than it was until then, and others may have been Active lately;
 * and within a round trip behind an advert of the Active that a Backup knows, or as long as nobody
 * can have come for its 0, if the sender is no better than that one.
 */
bool fsm_is_beaten(const struct vrrp *vr, const struct vrrp_advert *advert, int64_t now_ns);

/**
 * fsm_shorten_offer() - an Active that offers to leave has heard a rival of before:
 * vrrp_offer_ns().
 */
void fsm_shorten_offer(struct vrrp *vr, const struct vrrp_advert *advert, int64_t now_ns);

/**
 * fsm_believe() - nothing of @source is doubted any more, so that its next last word is one.
 */
void fsm_believe(struct vrrp *vr, const uint8_t *source);

/**
 * fsm_doubt_anew() - likewise of everybody: what was said until now is no answer to what comes.
 */
void fsm_doubt_anew(struct vrrp *vr);

/**
 * fsm_fall() - an Active's priority is about to become @priority. Others may have yielded to what
 * it was, and their adverts of before that be under way.
 */
void fsm_fall(struct vrrp *vr, uint8_t priority, int64_t now_ns);

/**
 * fsm_forget_active() - nobody is known: the interval of an Active is taken to be ours (§6.4.1).
 */
void fsm_forget_active(struct vrrp *vr);

/**
 * fsm_announce() - announce the addresses, and plan the next time.
 */
void fsm_announce(struct vrrp *vr, int64_t now_ns, struct vrrp_output *out);

/**
 * fsm_become_active() - §6.4.1 (210), §6.4.2 (305).
 * @served: somebody weaker serves until it hears us.
 */
void fsm_become_active(struct vrrp *vr, struct vrrp_reason reason, bool served, int64_t now_ns,
		       struct vrrp_output *out);

/**
 * fsm_stop() - out of service. Whoever has the addresses gives them up and lets the others know.
 * @state: Initialize or Fault.
 */
void fsm_stop(struct vrrp *vr, enum vrrp_state state, struct vrrp_reason reason, int64_t now_ns,
	      struct vrrp_output *out);

/**
 * fsm_leave() - likewise, since somebody stops it (§6.4.2 (310), §6.4.3 (410)).
 */
void fsm_leave(struct vrrp *vr, int64_t now_ns, struct vrrp_output *out);

/**
 * fsm_step_backup() - an event of a Backup.
 */
void fsm_step_backup(struct vrrp *vr, const struct vrrp_event *event, struct vrrp_output *out);

/**
 * fsm_step_active() - an event of an Active.
 */
void fsm_step_active(struct vrrp *vr, const struct vrrp_event *event, struct vrrp_output *out);

#endif
