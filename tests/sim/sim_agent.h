/* SPDX-License-Identifier: MIT */
/*
 * What agent/ does around the protocol core, as far as addresses and processes go: wanted addresses
 * against existing ones (by the agent's own netlink/reconcile.c), leases (by its own lease.c), the
 * state memory, and how one router process follows another: agent/router/routers.c, adopt.c,
 * routers_execute.c and keeper.c in few words.
 */
#ifndef SIM_AGENT_H
#define SIM_AGENT_H

#include "agent/conf/conf.h"
#include "agent/router/lease.h"
#include "netlink/reconcile.h"
#include "sim_kernel.h"
#include "vrrp/fsm.h"

/* A configuration of a router, as the operator wrote it. */
struct sim_conf {
	struct vrrp_config vrrp;
	enum conf_lease lease;
};

struct sim_agent {
	struct vrrp left;      /* the election in the state memory */
	struct lease lease;    /* of the addresses; local time */
	int64_t left_ns;       /* its next renewal in the state memory */
	unsigned sent_n;       /* adverts of this turn: counted when it ends */
	bool dump_due;         /* the kernel must be asked */
	int64_t dump_ns;       /* not before; local time */
	bool doomed;           /* dies in its next turn, between decision and execution */
	struct sim_conf next;  /* of the successor */
	int64_t freeze_ns;     /* the successor is ready then, or VRRP_NEVER */
	int64_t go_ns;         /* the successor goes on then, or VRRP_NEVER */
	int64_t kill_ns;       /* hung: the keeper ends it then, or VRRP_NEVER */
	unsigned crashes_n;    /* in the keeper's window */
	int64_t crashes_since; /* start of it */

	/* For the checks. */
	uint32_t abandoned;   /* a bit per address: taken away too often */
	uint64_t packets_n;   /* sent so far */
	int64_t bound_ns;     /* no address of ours from then on (P5), or VRRP_NEVER */
	int64_t old_lease_ns; /* a longer lease of an earlier configuration may last so long */
	int64_t restored_ns[SIM_ADDRESSES_MAX][2 * KERN_RESTORE_MAX]; /* rings */
	unsigned restored_n[SIM_ADDRESSES_MAX];
};

/**
 * agent_init() - no process runs yet.
 */
void agent_init(struct sim_agent *agent);

/**
 * agent_open() - a process begins and looks at the host; it changes nothing.
 * @conf: what it will run.
 */
void agent_open(struct sim *sim, unsigned i, struct sim_process *process,
		const struct sim_conf *conf);

/**
 * agent_close() - the end of a process. The addresses stay.
 */
void agent_close(struct sim_process *process);

/**
 * agent_sweep() - remove what carries the mark.
 * @all: also what the process knows: a cold start.
 */
void agent_sweep(struct sim *sim, unsigned i, bool all);

/**
 * agent_read() - take the kernel's news in; the first thing in a turn.
 */
void agent_read(struct sim *sim, unsigned i);

/**
 * agent_want() - whether the addresses shall be there.
 */
void agent_want(struct sim *sim, unsigned i, bool wanted);

/**
 * agent_has() - whether some address is there, as far as the agent knows.
 */
bool agent_has(const struct sim *sim, unsigned i);

/**
 * agent_leave() - after a step: what the successor must know.
 */
void agent_leave(struct sim *sim, unsigned i);

/**
 * agent_renew() - let the leases start anew if their timer says so; before the timers of a turn.
 *
 * Return: whether it was due.
 */
bool agent_renew(struct sim *sim, unsigned i);

/**
 * agent_advert() - the router sends an advert as Active; the leases may start anew with it.
 */
void agent_advert(struct sim *sim, unsigned i);

/**
 * agent_execute() - close the difference between wanted and existing; the end of a turn.
 */
void agent_execute(struct sim *sim, unsigned i);

/**
 * agent_deadline() - when the next turn is due for the sake of addresses; local time.
 */
int64_t agent_deadline(const struct sim *sim, unsigned i);

/**
 * agent_adopt() - the process goes on with the election that its predecessor left.
 * @after_death: which may have come between an address and its announcement.
 *
 * Return: false when that is history, and the router must start anew.
 */
bool agent_adopt(struct sim *sim, unsigned i, const struct sim_conf *conf, bool after_death);

/**
 * agent_lease_s() - the length of a lease, 0 for none.
 */
uint32_t agent_lease_s(const struct sim_conf *conf);

#endif
