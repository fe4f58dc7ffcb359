/* SPDX-License-Identifier: MIT */
/*
 * What must hold of who leaves on purpose: P19 and P20 of sim_check.h.
 */
#ifndef SIM_CHECK_LEAVE_H
#define SIM_CHECK_LEAVE_H

#include "sim_check.h"

/* ---- who hands over with overlap: sim_check_overlap.c ---- */

/**
 * check_heard() - a process has read that address @k is announced by another host.
 */
void check_heard(struct sim *sim, const struct sim_process *process, const struct kern_said *said,
		 unsigned k);

/**
 * check_held_until() - router @i, in @state, does not take over before that, whatever it has not
 * heard, on its clock: VRRP_NEVER: it leaves for good; 0: nothing keeps it from that.
 */
int64_t check_held_until(const struct sim *sim, unsigned i, enum vrrp_state state);

/**
 * check_hand_over() - router @i has yielded, and its last advert waits for its addresses to be
 * gone.
 * @word: the priority of that one; -1: it was sent before, to call whoever comes.
 */
void check_hand_over(struct sim *sim, unsigned i, int word);

/**
 * check_hand_over_end() - it is Active again; or another process goes on, which knows nothing of
 * it.
 */
void check_hand_over_end(struct sim *sim, unsigned i);

/**
 * check_may_hold() - whether a router that is not Active may still have address @k.
 */
bool check_may_hold(const struct sim *sim, unsigned i, unsigned k);

/**
 * check_span() - how long a hand-over waits for the next announcement.
 */
int64_t check_span(const struct sim_gateway *r);

/**
 * check_put_off() - when one that began at @began_ns, and was to end at @until_ns, does so when an
 * address that it waits for is announced now.
 */
int64_t check_put_off(const struct sim_gateway *r, int64_t began_ns, int64_t until_ns,
		      int64_t now_ns);

/**
 * check_is_serving() - whether it may still have any.
 */
bool check_is_serving(const struct sim *sim, unsigned i);

/**
 * check_recall() - it announces address @k.
 *
 * Return: whether it may, since it calls switches back to its virtual MAC: with one announcement,
 * in the turn in which it yields, of an address that its successor has not announced.
 */
bool check_recall(struct sim *sim, unsigned i, unsigned k);

/**
 * check_is_handing_over() - whether it may have all that it had.
 */
bool check_is_handing_over(const struct sim *sim, unsigned i);

/**
 * check_is_last_word() - what leaves next is behind addresses that a successor has announced: the
 * virtual MAC is that one's.
 */
bool check_is_last_word(const struct sim_gateway *r);

/**
 * check_word_left() - an advert of one that is not Active leaves.
 */
void check_word_left(struct sim *sim, unsigned i, unsigned priority);

/**
 * check_yield() - the end of a turn: who hands over is woken in time, and has the last word (P3).
 * @can: an advert could leave.
 */
void check_yield(struct sim *sim, const struct sim_process *process, bool can);

/* ---- drains: sim_check_drain.c ---- */

/**
 * check_drain() - router @i is drained, or resumed (P20).
 */
void check_drain(struct sim *sim, unsigned i);

/**
 * check_hold() - it was told so: it waits for the command that runs before, or for none.
 * check_unheld() - that one has ended.
 */
void check_hold(struct sim *sim, const struct sim_process *process);
void check_unheld(struct sim *sim, unsigned i);

/**
 * check_drain_turn() - the end of a turn: its priority says whether it is drained.
 */
void check_drain_turn(struct sim *sim, const struct sim_process *process);

/**
 * check_drain_offer() - router @i offers to leave.
 *
 * Return: whether that is the one offer of a drain.
 */
bool check_drain_offer(struct sim *sim, unsigned i);

/**
 * check_drain_due() - somebody had time to come.
 */
void check_drain_due(struct sim *sim, unsigned i);

/**
 * check_served() - whatever was served when a drain began still is.
 */
void check_served(struct sim *sim);

/**
 * check_asked() - vipd is started, or told to reload; check_shaken(): something befalls one of its
 * processes, or may have.
 */
void check_asked(struct sim *sim, unsigned i);
void check_shaken(struct sim *sim, unsigned i);

/**
 * check_same_conf() - whether a reload from one to the other changes nothing.
 */
bool check_same_conf(const struct sim_conf *a, const struct sim_conf *b);

/**
 * check_kept() - the faults are over: somebody speaks, runs what was asked for, and somebody waits
 * (P6).
 */
void check_kept(struct sim *sim);

/**
 * check_in_trouble() - whether the kernel of the host has trouble, or has just had some.
 */
bool check_in_trouble(const struct sim *sim, unsigned i);

/**
 * check_astray() - whether the interface has changed, and perhaps the kernel has not let the host's
 * processes know, or not all of it.
 */
bool check_astray(const struct sim *sim, unsigned i);

/**
 * check_pair() - two routers were both Active; has the time for that run out (P1)?
 */
void check_pair(struct sim *sim, unsigned x, unsigned y);

/**
 * check_converged() - exactly one Active per component, and the right one (P2).
 */
void check_converged(struct sim *sim);

/**
 * check_hosts() - where would pings land (P4)?
 * @excuses: whether excuses count.
 *
 * Return: whether some host needed one.
 */
bool check_hosts(struct sim *sim, bool excuses);

#endif
