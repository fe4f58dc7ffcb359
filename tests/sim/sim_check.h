/* SPDX-License-Identifier: MIT */
/*
 * The properties that must hold, and the books that are needed to judge them.
 *
 * P1 At most one Active where routers hear each other. Two are allowed - while they are cut off
 * from each other. Only direct paths count: where A and B do not hear each other but C hears both,
 * VRRP cannot do better; - for the time that the news takes: with a healthy path since both became
 * Active, one delay when the better one came last, two when it came first (it answers at once,
 * unless it has just answered others: then an interval more), plus the latency of the hosts; and an
 * interval and 0.2 s more where one doubts a claim: a last word, or of somebody that it has beaten,
 * when it offers to leave, or its priority has fallen; - while both speak from the same
 * address, which somebody has added to both hosts: to each of them the other one's adverts are its
 * own that have come back; - and while one of them is paused or stalled, or a path loses or delays
 * adverts, which starts that time anew. In calm runs nothing of this is allowed. There the faults
 * stay within what RFC 9568's timers absorb, and no router may change its state at all: with K
 * adverts lost in a row at most, from one advert heard to the next pass K + 1 intervals, the jitter
 * and the sender's stall, which must be less than three intervals and the shortest skew time of the
 * Backups. So "delay and stall below one interval" holds for K = 1; for K = 2 they must be below
 * the skew time. Backups may be stopped for any time, and frozen long enough that the late timer is
 * noticed. A stall is shorter than 1.5 s: for longer ones the keeper ends the process, at last for
 * good.
 *
 * P2 Faults stop: after Active_Down_Interval of the slowest router, two intervals, the configured
 * delays and the grace for late timers, each component has exactly one Active, that no router which
 * preempts has a higher priority than; and no state changes any more. "The best by address" is not
 * asked for: RFC 9568 lets an Active of equal priority be.
 *
 * P3 The addresses are held in Active only; CLAIM comes first and RELEASE comes first; who is not
 * Active sends nothing but one last advert on the way out, behind the addresses. At the end of each
 * turn the kernel has all addresses of an Active, and none that the agent added otherwise, and the
 * agent knows what the kernel has. An address may be missing - while the kernel refuses changes,
 * drops answers or cannot be asked, and 2 s longer; - of IPv6, when the interface has none, and
 * until the agent asks again, a second later; one is asked for without duplicate address detection,
 * and deprecated if it has no network; - when its lease ended, since no advert left in time: until
 * the turn behind the second advert that leaves again, the first of which is the evidence for a
 * renewal; a safe one also while turns are further apart than the interval; - when it was restored
 * five times in ten seconds and taken away again, for a pause of 2 s, and of twice the last one up
 * to 64 s when it is then taken away within a minute; until the next takeover. Apart from pauses it
 * is restored ten times in any ten seconds at most: two windows touch them. A third one within 100
 * ms waits for the end of these. What goes with the lease of another one before its own is over
 * counts as taken away. - of an owner, when it was the host's own, and went while the process
 * listened: vipd never adds such a one, and half a second later it is a fault. A router process
 * that dies between decision and execution makes no end of a turn. One with overlap that has
 * yielded to a higher priority, or after an offer to leave, may have an address until 2 ms after it
 * has read its successor's announcement of it, in the second before it yielded or since, and for an
 * interval at most, or half a second if that is more; its route until the first one goes. It is to
 * be woken then. A fault or a stop ends that in its turn, and the last advert leaves in the turn in
 * which none is awaited any more. Where it has a virtual MAC it calls switches back in the turn in
 * which it yields, by one announcement of an address that its successor has not announced, if there
 * is one.
 *
 * P4 One second after P2 a ping from each host to each address lands at the Active. A host is
 * excused until the next refresh (60 s) when the Active could not know or could not do better: its
 * answer to that host was lost, or was overtaken by the older announcement of the other router; or
 * nothing that the other router sent after its last announcement reached it, since that one crashed
 * or its last words were lost. An address that is gone for good, by P3, is not announced. Announced
 * in their turn are all addresses when the core says so and each one that the agent adds, by an
 * Active alone, and only what is there; when the process dies in that turn, in the first one of the
 * next. Of IPv6 it is announced three times, and not refreshed; and what was announced last of an
 * address says whether the host routes.
 *
 * P5 Of a host whose agent is dead, stopped or hung no address of the agent's is left after the
 * lease and 1.2 s; without a lease there is no promise. A reload that shortens the lease counts
 * when the next renewal of the old one is through: until then the old length is the bound. A host
 * that stands still as a whole answers nobody; its leases go on with it. A process that runs, and
 * whose adverts its kernel does not take, renews no lease more often than an interval and a reload
 * need, or the silence behind an offer to leave; and once more when somebody is heard who comes for
 * the addresses.
 *
 * P6 At most one process of a host speaks. When it hangs it is ended, within 4.4 s at most: a sign
 * of life, room for the next one, a last moment, which one that was paused with its host has, too.
 * When it dies one that is ready goes on at once, with the same configuration if no reload is under
 * way. Only the third death within a minute, or the sixth in a row before a sign of life, makes the
 * keeper give up. When the faults are over somebody speaks wherever vipd is started. What a reload
 * brings is tried a second time when it dies; when it dies again and what ran before is ready, that
 * goes on. A reload that nothing befalls is done within 3 s, whenever it was asked for. Behind a
 * process that lives waits another one, 12 s after the last trouble. vipd is gone within 6.5 s when
 * it is told to stop; an Active with overlap may wait before that for an Active_Down_Interval, and
 * an interval or half a second; told again it is gone with its next turn.
 *
 * P7 A reload without changes: no packet, no change of an address, every deadline and all of the
 * election as before, to the bit. After any death the state memory has the election that the
 * process had, or, if it died writing that down, the one before; and the next one goes on with it
 * unless it is history. The address that adverts come from stays as long as the host has it.
 * Counters of what was sent last are not asked for when something else happens on that host.
 *
 * P9 No takeover while an advert that forbids it waits in the queue, whatever the pause; and a
 * timer that comes an interval late is not believed at once. What a process had not read when it
 * died forbids nothing to its successor. Who lost adverts is told so within the turn.
 *
 * P11 Each packet is counted once, as accepted or under the reason of its defect, also when one
 * process makes room for another; a rejected one changes nothing else; what is accepted says what
 * was sent, and what is sent has the headers of RFC 9568 §5.1.1. A successor begins its account
 * with what was left to it.
 *
 * P12 Adverts of a healthy Active leave at start + n * interval; never two, never late, and before
 * the addresses change. What a step decides to send leaves in its turn, and nothing else.
 *
 * P13 The agent neither removes nor gives a lease to an address that it did not add, not even as a
 * side effect of removing its own. The kernel has no change that depends on whose the address is,
 * so one case is left: the kernel has lost the event of this very address, and in the very moment
 * of the change refuses to show it, asked for that interface alone. Then what the agent knew
 * counts, as reconcile.h says. (The other one there, within a turn, is too short to be seen here:
 * no time passes in a turn.) Nor does an owner add an address that was the host's own and went, as
 * far as the process could hear of it.
 *
 * P14 Leases and Backups. When an advert has left, nobody takes over for 4 intervals less the
 * shortest skew time's part of one: so long an "available" lease holds, whatever happens to vipd
 * from then on. Nobody takes over before 3 intervals: by then a "safe" lease has ended, if no
 * advert has left since; a process that goes on with an election may take one for granted, and who
 * has offered to leave the one that is due if nobody comes: whoever comes at once shares the
 * addresses with it, until it hears of that or its lease ends. Not when a kernel loses events or
 * answers: then what it removed is taken for stolen.
 *
 * P15 What is told is so: a fault names what is wrong with the interface; a takeover says whether
 * the Active was silent, and for how long, has left, or is weaker. Who cannot serve is in Fault by
 * the end of the turn, and nobody else is; and who is not is a member of the group.
 *
 * P16 An Active without an address that was taken away too often is the last resort from its next
 * turn on, unless it leaves; so is one whose kernel refuses an address for 3 s, and nobody else. It
 * has priority 1 until it is Active and has had all addresses for a minute, or until a reload or a
 * fault. As long as it lacks one it offers to leave, at most once a minute, unless somebody with
 * priority 1 was heard within an hour.
 *
 * P17 No packet to an address of a router that does not accept is ever delivered: its filter comes
 * before the address and goes after it, and at the end of a turn it is there as long as the router
 * is Active, and no longer.
 *
 * P18 In worlds with routes, a router that is not Active has none at the end of a turn, and an
 * Active that has its interface and its first address has it, but for 3 s after a refusal and while
 * thefts are waited out.
 *
 * P19 While nothing befalls anybody, no address that an Active with overlap has when it is told to
 * leave is nowhere until a successor has it, if one comes within an Active_Down_Interval; but those
 * of a unit that leaves beside a host whose families elect apart. Who leaves takes over from
 * nobody. A hand-over ends an interval, or half a second, after it began or some address was
 * announced that it waits for, and after 20 s: so long P1, P3 and P6 bear that they are there; and
 * what is announced in that time counts as an advert. A reload waits 30 s for the end of a hand-
 * over, which those 3 s of P6 come behind.
 *
 * P20 Drains. A router has the lowest priority from the turn in which it is told so, until it is
 * told otherwise or the time has come, whatever process speaks for it, unless one makes it an
 * owner; then it has its own again, unless it is the last resort. While nothing befalls anybody, no
 * address that was served when somebody was drained or resumed is nowhere, not for a moment: a
 * take-over from an Active that lives takes none. That is so until an Active is told to stop, and
 * not where a unit stands beside a host whose families elect apart. Who was Active when it was
 * drained offers to leave once, after what any peer needs to preempt it, unless somebody has said
 * since that it has the lowest priority; and is not Active any more where a better Backup has been
 * there all the time, two Active_Down_Intervals, two intervals and a second later. Where a command
 * runs before drains, an Active is drained that much later: it waits until that has ended, a second
 * behind its time-out at the latest, or until it is not Active any more, and for nothing else; then
 * all of this begins. It waits likewise, with the priority that it had, before it leaves in another
 * way, or has a lower one by a reload.
 *
 * P21 Checks. At the end of each turn a router takes a check for what the board says, or, when it
 * has been silent for three intervals and a time-out and is configured so, for down; silence and
 * its end are noticed a quarter of a second later at most, and another second after a look that
 * came late, as where the host stood still, by which nothing becomes silent. While a check is
 * silent another checker is asked for, at once and every ten seconds. Nobody begins before each
 * check has an answer, or an interval and a time-out have passed. Unless it is drained or the last
 * resort, the effective priority of a router, and of all its families, is its own and all weights
 * that count, within 1..254; the lowest, if it has begun or come out of a fault without some
 * answer, until that is there, whatever process speaks for it. Where a process goes on as Active
 * that some check has not answered, and none counted for nothing so far, that counts as when all is
 * well until it answers, has had an interval and a time-out, or its router begins anew. With a
 * check without a weight that is down, or up in reverse, it is in Fault by the end of the turn, and
 * not for longer (P15); weights make nobody leave the election (P2). A reload without changes
 * changes nothing here either (P7).
 *
 * lease While the agent is well, and was for two leases, the kernel ends none of an Active.
 *
 * timing What sim_model.h says about single steps.
 *
 * deadline A router always has a deadline, neither past nor too far, except in Fault.
 *
 * storm At most ten answers to a contest in any second of a term as Active.
 */
#ifndef SIM_CHECK_H
#define SIM_CHECK_H

#include "sim_auth.h"
#include "sim_model.h"
#include "sim_gateway.h"

/* The packet that a process reads at the moment. */
struct sim_reading {
	struct sim_packet *packet; /* of the network */
	int64_t arrival_ns;        /* CLOCK_REALTIME */
	bool stale;                /* it came by an interface that is gone */
	struct vrrp before;        /* the router */
	uint64_t counted;          /* by the process until now */
};

/* What a process finds that goes on. */
struct sim_going {
	bool follows;     /* there is an election to go on with, */
	bool history;     /* which is over */
	bool same;        /* the configuration is as before, */
	bool quiet;       /* and nothing else happens on this host, so that P7 is exact */
	struct vrrp vr;   /* as it was left */
	int64_t lease_ns; /* next renewal of the leases */
	int64_t turn_ns;  /* the last turn of the one before */
	uint64_t packets_n, changes_n;
};

struct sim_check {
	const char *failed; /* the property, or NULL */
	char message[240];
	const char *ignored;     /* names of properties that may fail, or NULL; borrowed */
	bool leases_kept;        /* a scenario in which none may end */
	int64_t hitless_ns;      /* one in which what is served then is served on; 0: another one */
	uint32_t hitless;        /* that, a bit per address, and those of companions */
	const char *frozen;      /* the property that a state change violates now, or NULL */
	bool companions_settled; /* no companion changes its state any more (P2) */
	unsigned interval_max_cs;
	struct sim_model models[SIM_ROUTERS_MAX];
	struct sim_reading reading;
	bool pair_pending[SIM_ROUTERS_MAX][SIM_ROUTERS_MAX];
	int64_t equal_ns[SIM_ROUTERS_MAX];       /* last read an advert of priority 1 */
	struct sim_heard heard[SIM_ROUTERS_MAX]; /* by a router, or its host */
	int64_t heard_sent_ns[SIM_ROUTERS_MAX][SIM_ROUTERS_MAX]; /* [reader][sender]: newest read */
	int64_t split_ns; /* two hosts have Active members of units since then; 0: they have not */
	bool split_pending; /* that is looked at later */
	int64_t plain_ns;   /* since then all have units that speak in both families; 0: not all */
	uint32_t served;    /* since a drain, a bit per address, and those of companions: P20; */
	int64_t served_ns;  /* since then */
	int64_t silent_ns[SIM_ROUTERS_MAX]; /* when it ceased to be Active; of a crash: never knew
					     */
	bool by_mate[SIM_ROUTERS_MAX];      /* and only its other family could say so */
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
 * @at_ns: local time.
 */
void check_arrival(struct sim *sim, unsigned i, const struct sim_packet *packet, int64_t at_ns);

/**
 * check_read_begin(), check_read_end() - a process is given a packet, and has judged it (P11).
 */
void check_read_begin(struct sim *sim, const struct sim_process *process, unsigned slot,
		      const struct kern_packet *packet);
void check_read_end(struct sim *sim, const struct sim_process *process);

/**
 * check_receive() - the core has judged the packet that is being read (P11).
 * @vr: the router that it concerns, or NULL.
 * @advert: valid when @reject is VRRP_ACCEPT.
 */
void check_receive(struct sim *sim, unsigned i, const struct vrrp *vr, enum vrrp_reject reject,
		   const struct vrrp_advert *advert);

/**
 * check_accounted() - how many packets a router has counted.
 */
uint64_t check_accounted(const struct vrrp *vr);

/**
 * check_missed() - the process was told that adverts were lost on its host.
 */
void check_missed(struct sim *sim, unsigned i);

/**
 * check_step() - the core made a step; its actions are not executed yet.
 */
void check_step(struct sim *sim, unsigned i, const struct vrrp *before,
		const struct vrrp_event *event, const struct vrrp_output *out);

/**
 * check_made_nothing() - whether a Backup has passed over an advert: its timer runs on, and it is
 * not about to preempt who sent that.
 */
bool check_made_nothing(const struct vrrp_election *before, const struct vrrp_election *after,
			const struct vrrp_event *event);

/* ---- turns, and what leaves: sim_check_turn.c ---- */

/**
 * check_behind() - what was decided since its end leaves with the next one, which is due at once.
 */
void check_behind(struct sim *sim, const struct sim_process *process);

/**
 * check_turn_begin(), check_turn_end() - a turn of a process: nothing due is left, what was decided
 * has left, the addresses are as the state says, the next deadline is sane.
 */
void check_turn_begin(struct sim *sim, unsigned i);
void check_turn_end(struct sim *sim, const struct sim_process *process);

/**
 * check_died() - a process died in its turn, or when it went on; check_inherited(): the first turn
 * of another one begins, which owes what that had still to announce (P4).
 */
void check_died(struct sim *sim, unsigned i);
void check_inherited(struct sim *sim, unsigned i);

/**
 * check_decided() - the core made a step, whose actions are due by the end of the turn.
 */
void check_decided(struct sim *sim, unsigned i, const struct vrrp_output *out);

/**
 * check_advert(), check_announcement() - a frame leaves.
 */
void check_advert(struct sim *sim, const struct sim_process *process,
		  const struct sim_frame *frame);
void check_announcement(struct sim *sim, const struct sim_process *process,
			const struct sim_frame *frame);

/**
 * check_probe() - it is asked whether anybody else has an address: by who serves, or did so when
 * its turn began.
 */
void check_probe(struct sim *sim, const struct sim_process *process, const struct sim_frame *frame);

/**
 * check_advert_left() - an advert leaves, whatever by.
 */
void check_advert_left(struct sim *sim, unsigned i, unsigned priority);

/* What is right about a frame of either family: sim_check_turn.c. */

/**
 * check_is_announcement() - whether it is ARP or ICMPv6.
 */
bool check_is_announcement(const struct sim_frame *frame);

/**
 * check_announced_by() - which virtual address an announcement is about.
 *
 * Return: SIM_ADDRESSES_MAX when it is wrong.
 */
unsigned check_announced_by(const struct sim_gateway *r, const struct sim_frame *frame);

/**
 * check_headers() - whether the headers of an advert are right, but for the source.
 * @mac: that it comes from.
 */
bool check_headers(unsigned family, const struct sim_frame *frame, const uint8_t *mac);

/**
 * check_sent() - what was decided has left.
 */
void check_sent(struct sim *sim, unsigned i);

/* ---- addresses and processes: sim_check_kernel.c, sim_check_keeper.c ---- */

/**
 * check_addresses() - the end of a turn: the addresses are as the state says (P3).
 */
void check_addresses(struct sim *sim, const struct sim_process *process);

/**
 * check_resumed() - the agent had no time to repair what trouble before or in its pause has led to.
 */
void check_resumed(struct sim *sim, unsigned i);

/**
 * check_is_refused() - whether the interface has no IPv6, or had none when the agent asked last.
 */
bool check_is_refused(const struct sim *sim, const struct sim_gateway *r);

/**
 * check_given_up() - the router has left, by itself or by last will (P3).
 */
void check_given_up(struct sim *sim, unsigned i);

/**
 * check_removal() - the agent removes address @k, or gives it a lease (P13).
 */
void check_removal(struct sim *sim, const struct sim_process *by, unsigned k);

/**
 * check_lacking() - the agent adds address @k (P13).
 */
void check_lacking(struct sim *sim, const struct sim_process *by, unsigned k);

/**
 * check_renewal() - the agent lets the lease of address @k start anew (P5).
 */
void check_renewal(struct sim *sim, const struct sim_process *by, unsigned k);

/**
 * check_ended() - the lease of address @k has ended, or its interface is gone.
 */
void check_ended(struct sim *sim, unsigned i, unsigned k);

/**
 * check_patience() - the end of a turn: from its adverts on, Backups wait (P14).
 */
void check_patience(struct sim *sim, unsigned i);

/**
 * check_refused() - the kernel did not take an advert.
 */
void check_refused(struct sim *sim, unsigned i);

/**
 * check_expiry() - the kernel removes address @k.
 */
void check_expiry(struct sim *sim, unsigned i, unsigned k);

/**
 * check_wanted() - a takeover, or a process that goes on with one: old thefts do not count.
 */
void check_wanted(struct sim *sim, unsigned i);

/**
 * check_replaced() - another interface has the place of one that is gone: nothing was taken away
 * from it yet.
 */
void check_replaced(struct sim *sim, unsigned i);

/**
 * check_restored() - the agent puts address @k back, which had been taken away.
 */
void check_restored(struct sim *sim, unsigned i, unsigned k);

/* ---- the last resort: sim_check_resort.c ---- */

/**
 * check_priority() - router @i has another effective priority from now on (P16).
 */
void check_priority(struct sim *sim, unsigned i, unsigned priority);

/**
 * check_inherited_priority() - a process goes on after @old with the one that its copy has (P16).
 */
void check_inherited_priority(struct sim *sim, unsigned i, const struct vrrp *old);

/**
 * check_recovery() - a fault of router @i is over (P16).
 */
void check_recovery(struct sim *sim, unsigned i);

/**
 * check_offer() - router @i offers to leave (P16).
 */
void check_offer(struct sim *sim, unsigned i);

/**
 * check_resort() - the end of a turn: an Active that cannot hold an address is the last resort
 * (P16).
 */
void check_resort(struct sim *sim, unsigned i);

/**
 * check_added() - the agent adds address @k: it is to be announced.
 */
void check_added(struct sim *sim, unsigned i, unsigned k);

/**
 * check_quiet() - from now on nobody renews the leases of router @i: P5 is due.
 */
void check_quiet(struct sim *sim, unsigned i);

/**
 * check_bound() - P5 may be due.
 */
void check_bound(struct sim *sim, unsigned i);

/**
 * check_lease_change() - a successor with another configuration goes on after @old.
 */
void check_lease_change(struct sim *sim, unsigned i, const struct sim_conf *old);

/**
 * check_unread() - what had arrived forbids nothing any more: it was lost with its reader, it was
 * the last word of one that has left, or the router has become an owner.
 */
void check_unread(struct sim *sim, unsigned i);

/**
 * check_restarted() - router @i waits from now on for its own interval, whatever had arrived.
 */
void check_restarted(struct sim *sim, unsigned i);

/**
 * check_withdrawn() - an Active is no part of the configuration any more.
 */
void check_withdrawn(struct sim *sim, unsigned i);

/**
 * check_left() - what a process finds of its predecessor's election is what that had (P7).
 */
void check_left(struct sim *sim, unsigned i, const struct vrrp *old);

/**
 * check_torn() - a process dies while it writes down what it has read: the next one may go on with
 * what was before (P7).
 */
void check_torn(struct sim *sim, unsigned i);

/**
 * check_go_begin(), check_go_end() - a process goes on with what is left (P6, P7).
 * @follows: there was a process before.
 */
void check_go_begin(struct sim *sim, const struct sim_process *process, bool follows,
		    struct sim_going *ret_going);

void check_go_end(struct sim *sim, const struct sim_process *process,
		  const struct sim_going *going);

/**
 * check_frozen() - a process has made room for another one (P7, P19).
 */
void check_frozen(struct sim *sim, const struct sim_process *process);

/**
 * check_waiting() - it waits in its turn for what the kernel says of addresses: it wants some
 * (P12).
 */
void check_waiting(const struct sim_process *process);

/**
 * check_waits() - it makes room then, on its clock, or before: until then it hands over (P6).
 */
void check_waits(struct sim *sim, const struct sim_process *process, int64_t until_ns);

/* What the keeper has when a process of its ends. */
struct sim_loss {
	bool matters;     /* it has spoken, or was to */
	bool crash;       /* it counts as a crash of the router */
	bool too_much;    /* the third within a minute */
	unsigned early_n; /* so many were lost in a row without a sign of life */
	bool heir;        /* somebody waits for that */
	bool standby;     /* likewise, with what ran before */
};

/**
 * check_loss(), check_survival() - before and after the keeper learns that a process has ended
 * (P6).
 */
void check_loss(struct sim *sim, const struct sim_process *process, struct sim_loss *ret_loss);
void check_survival(struct sim *sim, unsigned i, const struct sim_loss *loss);

/**
 * check_late() - a process is given up that is not ready in time (P6).
 */
void check_late(struct sim *sim, unsigned i);

/**
 * check_hung() - a process that speaks hangs; check_ended_by_now(): the keeper has ended it (P6).
 */
void check_hung(struct sim *sim, struct sim_process *process);
void check_ended_by_now(struct sim *sim, const struct sim_process *process);

/**
 * check_killed() - the keeper is about to kill a process (P6).
 */
void check_killed(struct sim *sim, const struct sim_process *process);

/**
 * check_let_go() - the keeper does not know a process any more (P6).
 * @process: NULL: it has ended.
 */
void check_let_go(struct sim *sim, const struct sim_process *process);

/**
 * check_stop() - vipd is told to stop; check_stopped(): it has had time (P6). check_stop_later():
 * it has, from when its hand-over ends, in @ns.
 */
void check_stop_later(struct sim *sim, unsigned i, int64_t ns);
void check_stop(struct sim *sim, unsigned i);
void check_stopped(struct sim *sim, unsigned i);

/**
 * check_leave() - the routers of a process are told to leave (P6, P19).
 * @gone_alone: those that the next process does not have.
 */
void check_leave(struct sim *sim, const struct sim_process *process, bool gone_alone);

/**
 * check_leave_unheld() - likewise, what they have waited for before that is over.
 */
void check_leave_unheld(struct sim *sim, const struct sim_process *process);

/**
 * check_stop_again() - vipd is told to stop at once (P6).
 */
void check_stop_again(struct sim *sim, unsigned i);

/**
 * check_leave_begin() - an Active offers to leave, and waits so long for a successor (P19).
 * @down_ns: at most.
 */
void check_leave_begin(struct sim *sim, unsigned i, int64_t down_ns);

/**
 * check_leaving_late_ns() - how much longer one may serve that was told to leave (P2).
 */
int64_t check_leaving_late_ns(const struct sim *sim);

/**
 * check_leaving() - the end of a turn: what one that leaves has given up somebody else has (P19).
 */
void check_leaving(struct sim *sim, const struct sim_process *process);

/**
 * check_befalls() - whether something befalls anybody now.
 */
bool check_befalls(const struct sim *sim);

/**
 * check_is_calm() - whether nothing is, or was of late, in the way of a successor.
 */
bool check_is_calm(const struct sim *sim);

/**
 * check_shared() - the addresses that all hosts know, and can have; a bit each.
 */
uint32_t check_shared(const struct sim *sim);

/* ---- checks: sim_check_facts.c ---- */

/**
 * checks_priority() - the effective priority of a router that is not drained and can hold its
 * addresses.
 * @conf: what it runs.
 */
unsigned checks_priority(const struct sim *sim, unsigned i, const struct sim_conf *conf);

/**
 * check_facts_go() - a process goes on, and waits for first answers from now on.
 * @follows: there is an election to go on with.
 */
void check_facts_go(struct sim *sim, unsigned i, bool follows);

/**
 * check_facts_silent() - whether some check counts as down for its silence: the next process waits
 * for it anew, if it has never answered.
 */
bool check_facts_silent(const struct sim_gateway *r);

/**
 * check_facts_begin() - router @i is told that it can begin, or go on after a fault (P21).
 */
void check_facts_begin(struct sim *sim, unsigned i, const struct vrrp *before);

/**
 * check_facts_turn() - the end of a turn: what it takes checks for.
 */
void check_facts_turn(struct sim *sim, const struct sim_process *process);

/**
 * check_facts_asked() - after a turn, whether its process asks for another checker.
 */
void check_facts_asked(struct sim *sim, unsigned i, bool asks);

/**
 * check_effective() - likewise: what its priority is therefore.
 */
void check_effective(struct sim *sim, unsigned i);

#endif
