/* SPDX-License-Identifier: MIT */
/*
 * A router: the real protocol core, and around it what the agent and its host do. Packets wait in a
 * socket queue with their arrival time. A wake-up drains the queue before it fires timers; the
 * answers of one wake-up are sent once, announcements behind adverts. Also its faults: pauses,
 * stalls, link faults, leaving, crashes of its process and of all, reloads, junk.
 */
#ifndef SIM_ROUTER_H
#define SIM_ROUTER_H

#include "sim_agent.h"
#include "sim_net.h"
#include "vrrp/receive.h"

#define SIM_DRIFT_PPM   500 /* more than a quartz ever drifts */
#define SIM_QUEUE_MAX   256
#define SIM_ANSWERS_MAX 10 /* per second: five per window, two windows touch it */
#define SIM_VRID        51

enum sim_pause {
	SIM_RUNNING,
	SIM_STOPPED,  /* the process does not run, the host queues packets (SIGSTOP) */
	SIM_FROZEN,   /* the host does not run, packets are lost (a paused virtual machine) */
	SIM_HUNG,     /* the router process does not run, until its keeper ends it */
	SIM_HANDOVER, /* it has made room for its successor, packets queue */
	SIM_DEAD,     /* it has crashed, packets are lost until its successor runs */
};

struct sim_router {
	struct vrrp vr;
	struct vrrp_config config;   /* conf.vrrp, at hand */
	struct sim_conf conf, other; /* what runs; what a reload may change it into */
	struct sim_kernel kernel;
	struct sim_process processes[2], *process, *successor; /* in it */
	struct sim_agent agent;
	uint8_t source[4];
	uint8_t addresses[SIM_ADDRESSES_MAX * 4];
	unsigned addresses_n;
	bool options; /* its host puts an option into every IP header */

	bool up;        /* the process exists */
	bool link;      /* the interface can be used */
	bool afflicted; /* by one fault of sim_fault.c that concerns the whole router */
	enum sim_pause pause;
	bool missed;          /* packets may have been lost on this host */
	bool resumed;         /* nothing ran since the end of a pause */
	int64_t frozen_at_ns; /* SIM_FROZEN: since when */
	int64_t clock_lag_ns; /* how much the clock missed while it stood still */
	int32_t clock_ppm;    /* how much too fast it goes; up to SIM_DRIFT_PPM, or too slow */
	int64_t stall_ns;     /* a wake-up comes at most so late */
	bool held;            /* the addresses are wanted on the interface */

	/* Of this turn: an Active that is stepped often says the same only once. */
	bool announcement_owed;
	bool advert_sent;

	int64_t last_ns; /* local time of the last event */
	int64_t wake_ns; /* when the next wake-up is, or VRRP_NEVER */

	/* For the checks; global time. */
	int64_t active_ns;                   /* Active since */
	int64_t healthy_ns;                  /* running without a pause or a stall since */
	int64_t provoked_ns;                 /* last heard a weaker Active */
	int64_t answers_ns[SIM_ANSWERS_MAX]; /* the latest answers to such, a ring */
	unsigned answers_n;
	uint64_t fed, foreign; /* packets given to the core; of another VRID */

	unsigned queue_first, queue_n;
	struct {
		uint16_t slot;
		int64_t at_ns; /* local time of arrival */
	} queue[SIM_QUEUE_MAX];
};

/**
 * router_init() - a router that is not started yet.
 * @config: as the operator wrote it.
 * @host: last byte of its address.
 * @addresses_n: so many virtual addresses are advertised, 1..SIM_ADDRESSES_MAX.
 */
void router_init(struct sim_router *r, const struct vrrp_config *config, uint8_t host,
		 unsigned addresses_n);

/**
 * router_local_ns() - what the router's clock shows now.
 */
int64_t router_local_ns(const struct sim *sim, const struct sim_router *r);

/**
 * router_local_at() - what the router's clock shows, showed or will show at that moment, if it
 * never stands still from now on, and never did since.
 */
int64_t router_local_at(const struct sim_router *r, int64_t global_ns);

/**
 * router_in_service() - whether the router takes part in the election.
 */
bool router_in_service(const struct sim_router *r);

/**
 * router_is_active() - whether it is in state Active, even if it is paused.
 */
bool router_is_active(const struct sim_router *r);

/**
 * router_deliver() - a packet reaches the router's host.
 * @slot: owned by the router from now on.
 */
void router_deliver(struct sim *sim, unsigned slot, unsigned i);

/**
 * router_announce() - announce the addresses, if that is owed and some are there.
 */
void router_announce(struct sim *sim, unsigned i);

/**
 * router_turn() - drain, fire what is due, execute; the router runs.
 */
void router_turn(struct sim *sim, unsigned i);

/**
 * router_disturb() - an event from outside the protocol, behind what was received before it.
 */
void router_disturb(struct sim *sim, unsigned i, struct vrrp_event event);

/**
 * router_forget_queue() - what a process that is gone has not read nobody will read.
 */
void router_forget_queue(struct sim *sim, unsigned i);

/**
 * router_vanish() - the processes are gone, and with them the socket; the addresses stay.
 */
void router_vanish(struct sim *sim, unsigned i);

/**
 * router_wake() - a turn of the agent's loop: drain, then fire what is due.
 */
void router_wake(struct sim *sim, unsigned i);

/* Life and faults. Each asserts that it makes sense in the present state. */
void router_start(struct sim *sim, unsigned i);
void router_leave(struct sim *sim, unsigned i);
void router_crash(struct sim *sim, unsigned i); /* of keeper and router process */
void router_link_down(struct sim *sim, unsigned i, enum vrrp_reason_code why);
void router_link_up(struct sim *sim, unsigned i);

/* One process after another: sim_handover.c. */

/**
 * router_panic() - the router process dies, at once or in the middle of its next turn, and the
 * keeper starts a successor; or, the third time, executes the last will.
 */
void router_panic(struct sim *sim, unsigned i, bool in_turn);

/**
 * router_hang() - the router process hangs until the keeper ends it.
 */
void router_hang(struct sim *sim, unsigned i);

/**
 * router_kill() - perhaps the keeper's patience is over.
 */
void router_kill(struct sim *sim, unsigned i);

/**
 * router_reload() - a successor is started.
 * @conf: what it will run.
 */
void router_reload(struct sim *sim, unsigned i, const struct sim_conf *conf);

/**
 * router_freeze() - the successor may be ready: make room for it.
 */
void router_freeze(struct sim *sim, unsigned i);

/**
 * router_go() - the successor may go on.
 */
void router_go(struct sim *sim, unsigned i);

/**
 * router_settle() - a successor that is about to go on does so now.
 */
void router_settle(struct sim *sim, unsigned i);

/**
 * router_withdraw() - a reload with a configuration that does not have the router any more.
 */
void router_withdraw(struct sim *sim, unsigned i);

/**
 * router_notice() - the kernel has news for the process.
 */
void router_notice(struct sim *sim, unsigned i);

/**
 * router_pause() - stop or freeze it.
 */
void router_pause(struct sim *sim, unsigned i, enum sim_pause pause);

/**
 * router_resume() - the end of a pause.
 * @clock_stood_still: it was frozen and did not notice.
 */
void router_resume(struct sim *sim, unsigned i, bool clock_stood_still);

/**
 * router_advert() - the bytes of an advert that router @i might send.
 * @ret_packet: filled.
 */
void router_advert(const struct sim_router *r, unsigned i, unsigned priority,
		   struct sim_packet *ret_packet);

#endif
