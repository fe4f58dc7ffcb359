/* SPDX-License-Identifier: MIT */
/*
 * The inside of the state machine (fsm.h), private to its files. Each calls only those above it:
 *
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
 * fsm_expect_predecessor() - whoever was heard last by a Backup serves no longer, if it said
 * priority 0, and says so with one more advert, when its addresses are gone.
 * @source: who comes in its place; of 16 bytes.
 * @priority: of that one; the last word has a lower one.
 *
 * Several may be waited for, as where two leave beside this router: VRRP_LEFT_MAX of them, of which
 * the oldest one is forgotten.
 */
void fsm_expect_predecessor(struct vrrp *vr, const uint8_t *source, uint8_t priority,
			    int64_t now_ns);

/**
 * fsm_expect_to_win() - likewise of an Active that is no better than this router, which yields when
 * it hears that: its last word is no takeover, though this router may be leaving when it comes.
 * @source: its address, of 16 bytes.
 */
void fsm_expect_to_win(struct vrrp *vr, const uint8_t *source, uint8_t priority, int64_t now_ns);

enum last_word {
	LAST_WORD_NONE,
	LAST_WORD_MAYBE, /* it can be no claim of one that is better */
	LAST_WORD_EXACT, /* and has just the priority that is to be expected */
};

/**
 * fsm_last_word() - whether an advert is no claim, but the last word that was expected: of one that
 * has said priority 0, and in whose place another one has come since, or of one that was Active
 * beside this router, and has lost. Of its adverts the first alone is, and soon: the next one is
 * believed, whoever comes back. One that says 0 once more has said it.
 */
enum last_word fsm_last_word(struct vrrp *vr, const struct vrrp_advert *advert, int64_t now_ns);

/**
 * fsm_offer_ns() - how long one that cedes waits for a successor.
 */
int64_t fsm_offer_ns(const struct vrrp *vr);

/**
 * fsm_is_overtaken() - whether one that cedes hears an advert of somebody whose last word is
 * expected, and who cannot have come for the offer: whom priority 0 calls waits for its skew time
 * first, of which half is enough to tell, as clocks differ. An Active that has lost within an
 * interval may have two adverts under way, the last one that claims and its last word, of which
 * neither is news. The last word stays expected.
 */
bool fsm_is_overtaken(const struct vrrp *vr, const struct vrrp_advert *advert, int64_t now_ns);

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
