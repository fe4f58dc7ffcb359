/* SPDX-License-Identifier: MIT */
/*
 * The properties that must hold, and the books that are needed to judge them.
 *
 * P1  At most one Active where routers hear each other. Two are allowed
 *     - while they are cut off from each other. Only direct paths count: where A and B do not hear
 *       each other but C hears both, VRRP cannot do better;
 *     - for the time that the news takes: with a healthy path since both became Active, one delay
 *       when the better one came last, two when it came first (it answers at once, unless it has
 *       just answered others: then an interval more), plus the latency of the hosts;
 *     - and while one of them is paused or stalled, or a path loses or delays adverts, which starts
 *       that time anew.
 *     In calm runs nothing of this is allowed. There the faults stay within what RFC 9568's timers
 *     absorb, and no router may change its state at all: with K adverts lost in a row at most, from
 *     one advert heard to the next pass K + 1 intervals, the jitter and the sender's stall, which
 *     must be less than three intervals and the shortest skew time of the Backups. So "delay and
 *     stall below one interval" holds for K = 1; for K = 2 they must be below the skew time.
 *     Backups may be stopped for any time, and frozen long enough that the late timer is noticed.
 * P2  Faults stop: after Active_Down_Interval of the slowest router, two intervals, the configured
 *     delays and the grace for late timers, each component has exactly one Active, that no router
 *     which preempts has a higher priority than; and no state changes any more.
 *     "The best by address" is not asked for: RFC 9568 lets an Active of equal priority be.
 * P3  The addresses are held in Active only; CLAIM comes first and RELEASE comes first; who is not
 *     Active sends nothing but one last advert on the way out.
 * P4  One second after P2 a ping from each host lands at the Active. A host is excused until the
 *     next refresh (60 s) when the Active could not know or could not do better:
 *     its answer to that host was lost, or was overtaken by the older announcement of the other
 *     router; or nothing that the other router sent after its last announcement reached it, since
 *     that one crashed or the network lost its last words.
 * P9  No takeover while an advert that forbids it waits in the queue, whatever the pause; and a
 *     timer that comes an interval late is not believed at once.
 * P11 Each packet is counted once, as accepted or under the reason of its defect; a rejected one
 *     changes nothing else; what is accepted says what was sent.
 * P12 Adverts of a healthy Active leave at start + n * interval; never two, never late.
 * timing    What sim_model.h says about single steps.
 * deadline  A router always has a deadline, neither past nor too far, except in Fault.
 * storm     At most ten answers to a contest in any second of a term as Active.
 */
#ifndef SIM_CHECK_H
#define SIM_CHECK_H

#include "sim_model.h"
#include "sim_net.h"

struct sim_check {
	const char *failed; /* the property, or NULL */
	char message[240];
	const char *ignored; /* names of properties that may fail, or NULL; borrowed */
	const char *frozen;  /* the property that a state change violates now, or NULL */
	unsigned interval_max_cs;
	struct sim_model models[SIM_ROUTERS_MAX];
	bool pair_pending[SIM_ROUTERS_MAX][SIM_ROUTERS_MAX];
	int64_t heard_sent_ns[SIM_ROUTERS_MAX][SIM_ROUTERS_MAX]; /* [reader][sender]: newest read */
	int64_t silent_ns[SIM_ROUTERS_MAX]; /* when it ceased to be Active; of a crash: never knew
					     */
	/* The newest arrival that a Backup must respect, read or not; local time of the receiver.
	 */
	struct {
		int64_t at_ns;
		unsigned interval_cs;
	} arrived[SIM_ROUTERS_MAX];
};

/**
 * check_fail() - a property is violated; the run ends.
 * @property: a constant string of the list above.
 */
void check_fail(struct sim *sim, const char *property, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/**
 * check_start() - router @i starts from nothing.
 */
void check_start(struct sim *sim, unsigned i);

/**
 * check_arrival() - a packet comes to the socket queue of router @i.
 */
void check_arrival(struct sim *sim, unsigned i, const struct sim_packet *packet);

/**
 * check_receive() - a packet was read (P11).
 * @before: the router before.
 * @advert: valid when @reject is VRRP_ACCEPT.
 */
void check_receive(struct sim *sim, unsigned i, const struct sim_packet *packet,
		   const struct vrrp *before, enum vrrp_reject reject,
		   const struct vrrp_advert *advert);

/**
 * check_step() - the core made a step; its actions are not executed yet.
 */
void check_step(struct sim *sim, unsigned i, const struct vrrp *before,
		const struct vrrp_event *event, const struct vrrp_output *out);

/**
 * check_held() - the actions of a step were executed (P3).
 */
void check_held(struct sim *sim, unsigned i);

/**
 * check_turn() - the end of a wake-up: nothing due is left, and the next deadline is sane.
 */
void check_turn(struct sim *sim, unsigned i);

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
