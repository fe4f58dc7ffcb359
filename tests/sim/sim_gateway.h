/* SPDX-License-Identifier: MIT */
/*
 * A host with vipd: its clock, when its processes are scheduled, and what befalls all of it. The
 * product's code runs in its processes (sim_process.h); what is kept here about the election is a
 * copy for the checks.
 */
#ifndef SIM_GATEWAY_H
#define SIM_GATEWAY_H

#include "sim_companion.h"
#include "sim_drain.h"
#include "sim_keeper.h"
#include "sim_model.h"
#include "sim_process.h"
#include "sim_unit.h"
#include "sim_guest.h"

#define SIM_DRIFT_PPM   500 /* more than a quartz ever drifts */
#define SIM_ANSWERS_MAX 10  /* per second: five per window, two windows touch it */
#define SIM_VRID        51
#define SIM_UPTIME_NS   (1000 * INT64_C(1000000000)) /* local time at the begin */

/* What the manual says about deaths of the router process: so many in a minute are too many. */
#define SIM_CRASHES_MAX 3

/* And about addresses that somebody removes: so often in so much time, then a pause, a longer one,
 * and so on; so long there, they are held. */
#define SIM_RESTORES_MAX 5
#define SIM_RESTORES_NS  (10 * INT64_C(1000000000))
#define SIM_GAP_NS       (100 * INT64_C(1000000)) /* a third theft so soon is undone after that */
#define SIM_PAUSE_NS     (2 * INT64_C(1000000000))
#define SIM_PAUSE_MAX_NS (64 * INT64_C(1000000000))
#define SIM_HELD_NS      (60 * INT64_C(1000000000))

enum sim_pause {
	SIM_RUNNING,
	SIM_STOPPED, /* the agent does not run, the host queues packets (SIGSTOP) */
	SIM_FROZEN,  /* the host does not run, packets are lost (a paused virtual machine) */
};

/* What a turn has decided, to compare with what it does. */
struct sim_turn {
	bool changed;          /* claimed or released */
	bool late;             /* claimed before the advert was decided */
	unsigned adverts;      /* adverts as Active that are due, */
	unsigned farewells;    /* last adverts that are due */
	unsigned priority;     /* of the last one that was decided */
	unsigned adverts_sent; /* of both, */
	unsigned farewells_sent;
	uint32_t announce;               /* addresses that are to be announced, a bit each */
	uint32_t announced;              /* since they are there */
	uint32_t copies, copies_left;    /* peers that it went to; and to whom it left */
	uint64_t changes_n;              /* of the kernel when it began */
	uint8_t source[SIM_ADDRESS_LEN]; /* likewise, of the router */
};

/* The last step, which may be lost with its process. */
struct sim_last {
	bool quiet; /* nothing but the election has changed, and that of a Backup */
	bool torn;  /* its process has died while it wrote it down */
	struct vrrp before;
	struct sim_model model; /* before it */
};

/* What was announced before is no news of who comes now. */
#define SIM_LATELY_NS (1 * SIM_S)

/* So long may somebody hand over, or announce many addresses and say nothing else. */
#define SIM_MOST_NS (20 * SIM_S)

/* A router that has yielded, and serves on: P3. Times of its clock. */
struct sim_yield {
	bool on;           /* some address may still be there */
	bool word_due;     /* the last advert leaves behind them, */
	uint8_t word;      /* of that priority */
	bool calls;        /* its first farewell is not the last word, but calls a successor */
	bool gone;         /* some address was let go */
	bool sourceless;   /* the first one, which is the source of its route, was */
	int64_t recall_ns; /* it calls switches back to its virtual MAC then; VRRP_NEVER */
	uint32_t awaited;  /* those that were there; a thief changes nothing about it */
	uint32_t held;     /* those of them that were seen there; in trouble all are awaited */
	int64_t until_ns;  /* it ends then */
	int64_t due_ns[SIM_ADDRESSES_MAX]; /* an address goes then */
};

/* An Active that was told to leave: P19. */
struct sim_leaving {
	bool told;
	bool hasty;       /* by a reload that has no time for a successor to come */
	uint32_t held;    /* a bit per address that it had; 0: nothing is to be judged */
	int64_t until_ns; /* its clock: nobody is waited for after that, */
	bool judged;      /* some were */
	bool came;        /* unless somebody has come */
};

struct sim_gateway {
	struct sim_drain drain;
	struct sim_checker checker;
	struct sim_beliefs beliefs;
	struct vrrp vr;              /* the election after the last step; a copy */
	struct vrrp_config config;   /* conf.vrrp, but with the effective priority */
	struct sim_conf conf, other; /* what runs; what a reload may change it into */
	struct sim_conf file;        /* what the operator has written */
	struct sim_kernel kernel;
	struct sim_keeper keeper;
	struct sim_companion companion;
	struct sim_unit unit;
	struct sim_guest guest;
	uint8_t own[SIM_OWN_MAX][SIM_ADDRESS_LEN]; /* that the host may have of its own */
	enum conf_link_local_kind link_local;      /* of IPv6 */
	unsigned addresses_n;
	bool unicast;       /* it speaks to peers, from one address alone */
	bool options;       /* its host puts an option into every IP header */
	unsigned queue_max; /* so many packets wait in a socket, up to SIM_QUEUE_MAX */

	bool up;        /* vipd is started */
	bool given_up;  /* it has ended although nobody asked it to */
	bool withdrawn; /* the file does not have the router */
	bool afflicted; /* by one fault of sim_fault.c that concerns the whole router */
	enum sim_pause pause;
	bool resumed;         /* nothing ran since the end of a pause */
	unsigned meddled;     /* 1 + the address that somebody waits to replace; 0: none */
	int64_t frozen_at_ns; /* SIM_FROZEN: since when */
	int64_t clock_lag_ns; /* how much the clock missed while it stood still */
	int64_t wall_behind_ns, wall_set_ns; /* so far its wall clock is behind, until it is set */
	int32_t clock_ppm; /* how much too fast it goes; up to SIM_DRIFT_PPM, or too slow */
	int64_t stall_ns;  /* a wake-up comes at most so late */
	int64_t turn_ns;   /* local time of the last turn */
	int64_t last_ns;   /* local time of the last event */

	/* For the checks; global time. */
	struct sim_turn turn;
	struct sim_turn behind; /* what was decided since it ended, and leaves with the next one */
	struct sim_last last;
	bool adopted;                        /* by the process that goes on now */
	bool reloading;                      /* it follows one that has made room */
	int64_t lease_ns;                    /* when the one before was to renew the leases */
	int64_t active_ns;                   /* Active since */
	int64_t healthy_ns;                  /* running without a pause or a stall since */
	int64_t ranked_ns;                   /* has its priority since, or speaks again */
	int64_t provoked_ns;                 /* last heard a weaker Active */
	int64_t answers_ns[SIM_ANSWERS_MAX]; /* the latest answers to such, a ring */
	unsigned answers_n;
	uint64_t fed, foreign;                /* packets given to the core; of another VRID */
	uint32_t abandoned;                   /* a bit per address: taken away too often */
	uint32_t perhaps_abandoned;           /* likewise, while the kernel had trouble */
	uint32_t unsure;                      /* how long its pause is */
	uint32_t abandoned_before;            /* when the turn began */
	int64_t pause_ns[SIM_ADDRESSES_MAX];  /* the last pause of an abandoned one; or 0 */
	int64_t paused_ns[SIM_ADDRESSES_MAX]; /* its end, on the router's clock */
	int64_t early_ns[SIM_ADDRESSES_MAX];  /* not before */
	uint32_t hasty;                       /* taken away within SIM_GAP_NS */
	int64_t back_ns[SIM_ADDRESSES_MAX];   /* put back last, likewise */
	int64_t along_ns[SIM_ADDRESSES_MAX];  /* went along with another one, before its own lease
						 was over */
	int64_t lacked_ns;                    /* some address was not there */
	int64_t held_ns;                      /* likewise, or vipd may not have known */
	unsigned held_turns;                  /* at the end of the last ones; at most 2 */
	int64_t unoffered_ns;                 /* what makes it offer to leave lasts since then */
	int64_t offered_ns;                   /* its last offer to leave, of this process; 0 */
	struct sim_yield yield;
	struct sim_leaving leaving;
	int64_t handed_ns; /* its clock: it has handed over, or still does, since then; 0 */
	int64_t lives_ns;  /* whom it has done that to has said something then; 0 */
	int64_t said_ns[SIM_ADDRESSES_MAX];        /* its process has read that somebody else has an
						      address; on its clock; 0: it has not since it is
						      Active */
	bool at_home;                              /* after the last turn the host had the source */
	uint64_t left_n;                           /* adverts as Active that have left */
	uint64_t renewed_after[SIM_ADDRESSES_MAX]; /* of them, when a lease was renewed last; */
	unsigned renewals_n[SIM_ADDRESSES_MAX];    /* and how often since */
	uint32_t ceded;     /* a bit each: some of those in the silence behind an offer to leave */
	uint64_t packets_n; /* sent so far */
	uint64_t adverts_n; /* of them adverts of earlier turns */
	uint64_t adverts_at_end[SIM_ADDRESSES_MAX]; /* when the lease of an address ended */
	uint32_t ready;                 /* over IPv6: added, to be announced in the next turn */
	uint32_t unannounced;           /* when its process died in a turn, a bit per address */
	int64_t left_ns;                /* when the last one has left */
	const struct sim_process *bare; /* found no address of its own, or NULL */
	int64_t bare_ns;                /* when, on its clock */
	int64_t patience_ns;            /* no Backup takes over before (P14) */
	bool refused;                   /* the last advert did not leave */
	int64_t bound_ns;               /* no address of ours from then on (P5), or VRRP_NEVER */
	int64_t old_lease_ns; /* a longer lease of an earlier configuration may last so long */
	int64_t restored_ns[SIM_ADDRESSES_MAX][2 * SIM_RESTORES_MAX]; /* rings */
	unsigned restored_n[SIM_ADDRESSES_MAX];
};

/**
 * gateway_init() - a router that is not started yet.
 * @config: as the operator wrote it.
 * @host: last byte of its address.
 * @addresses_n: so many virtual addresses are advertised, 1..SIM_ADDRESSES_MAX.
 */
void gateway_init(struct sim_gateway *r, const struct vrrp_config *config, uint8_t host,
		  unsigned addresses_n);

/**
 * gateway_global_ns() - when the router's clock will show @local_ns: never before it does.
 */
int64_t gateway_global_ns(const struct sim_gateway *r, int64_t local_ns);

/**
 * gateway_local_ns() - what the router's clock shows now.
 */
int64_t gateway_local_ns(const struct sim *sim, const struct sim_gateway *r);

/**
 * gateway_local_at() - what the router's clock shows, showed or will show at that moment, if it
 * never stands still from now on, and never did since.
 */
int64_t gateway_local_at(const struct sim_gateway *r, int64_t global_ns);

/**
 * gateway_span() - how long a time is on the router's clock.
 */
int64_t gateway_span(const struct sim_gateway *r, int64_t global_ns);

/**
 * gateway_real_at() - what the wall clock shows when the router's clock shows @local_ns.
 */
int64_t gateway_real_at(int64_t local_ns);

/**
 * gateway_owns() - whether the host has an address, and not from vipd: what vipd does not know, or,
 * of an owner, what it does.
 */
bool gateway_owns(const struct sim_gateway *r, const uint8_t *bytes);

/**
 * gateway_in_service() - whether the router takes part in the election.
 */
bool gateway_in_service(const struct sim_gateway *r);

/**
 * gateway_can_speak() - whether it could, if its configuration had the router and no check was a
 * fault.
 */
bool gateway_can_speak(const struct sim_gateway *r);

/**
 * gateway_has_source() - likewise, if its interface has a carrier, or it needs none.
 */
bool gateway_has_source(const struct sim_gateway *r);

/**
 * gateway_is_let_alone() - whether it goes on without a carrier, which is what it has to do now.
 */
bool gateway_is_let_alone(const struct sim_gateway *r);

/**
 * gateway_is_among() - whether it is one of a component of the network, and not let alone.
 */
bool gateway_is_among(const struct sim *sim, unsigned i, unsigned group);

/**
 * gateway_can_serve() - whether it could take part, if its configuration had the router.
 */
bool gateway_can_serve(const struct sim_gateway *r);

/**
 * gateway_is_active() - whether it is in state Active, even if it is paused.
 */
bool gateway_is_active(const struct sim_gateway *r);

/**
 * gateway_runs() - whether its host runs, and a process that speaks.
 */
bool gateway_runs(const struct sim *sim, unsigned i);

/**
 * gateway_deliver() - a packet reaches the router's host.
 */
void gateway_deliver(struct sim *sim, unsigned slot, unsigned i);

/**
 * gateway_schedule() - let a process have its next turn when it asks for it.
 */
void gateway_schedule(struct sim *sim, struct sim_process *process);

/**
 * gateway_wake() - a process is scheduled by its host.
 */
void gateway_wake(struct sim *sim, struct sim_process *process);

/**
 * gateway_turn() - a turn of its loop. It may not live to the end of it.
 */
void gateway_turn(struct sim *sim, struct sim_process *process);

/**
 * gateway_begin_to_leave() - its routers leave, as soon as somebody serves.
 *
 * Return: false when it died doing so, which the keeper has heard.
 */
bool gateway_begin_to_leave(struct sim *sim, struct sim_process *process);

/**
 * gateway_leave_gone() - likewise, those of its routers that the next process does not have.
 * @ret_until_ns: likewise as process_leave_gone().
 */
bool gateway_leave_gone(struct sim *sim, struct sim_process *process, int64_t *ret_until_ns);

/**
 * gateway_stop() - it leaves gracefully, and now.
 *
 * Return: false when it died doing so, which the keeper has heard.
 */
bool gateway_stop(struct sim *sim, struct sim_process *process);

/**
 * gateway_go() - it goes on with what a predecessor left, and has a first turn.
 * @old_fd: the state memory of the predecessor; -1: none.
 */
void gateway_go(struct sim *sim, struct sim_process *process, int old_fd);

/**
 * gateway_stepped() - the core made a step, in the process that runs.
 */
void gateway_stepped(struct sim *sim, unsigned i, const struct vrrp *before, const struct vrrp *vr,
		     const struct vrrp_event *event, const struct vrrp_output *out);

/**
 * gateway_may_tear() - whether the last step may be lost without a trace.
 */
bool gateway_may_tear(const struct sim_gateway *r);

/**
 * gateway_adopted() - the process that runs goes on with the election @old.
 */
void gateway_adopted(struct sim *sim, unsigned i, const struct vrrp *vr, const struct vrrp *old);

/**
 * gateway_forget() - an operator lets it forget its Active: at the end of the next turn, as clients
 * are served; nobody is when no process speaks, or it does not live to it.
 */
void gateway_forget(struct sim *sim, unsigned i);

/* Life and faults. Each asserts that it makes sense in the present state. */
void gateway_start(struct sim *sim, unsigned i);
void gateway_leave(struct sim *sim, unsigned i, enum sim_leave how);
void gateway_crash(struct sim *sim, unsigned i); /* of keeper and router process */

/**
 * gateway_restart() - the service manager starts vipd again after a while.
 */
void gateway_restart(struct sim *sim, unsigned i);

/**
 * gateway_vanish() - vipd is gone; the addresses stay.
 */
void gateway_vanish(struct sim *sim, unsigned i);

/**
 * gateway_pause() - stop or freeze it.
 */
void gateway_pause(struct sim *sim, unsigned i, enum sim_pause pause);

/**
 * gateway_awake() - what speaks there runs again.
 */
void gateway_awake(struct sim *sim, unsigned i);

/**
 * gateway_resume() - the end of a pause.
 * @clock_stood_still: it was frozen and did not notice.
 */
void gateway_resume(struct sim *sim, unsigned i, bool clock_stood_still);

#endif
