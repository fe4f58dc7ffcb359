/* SPDX-License-Identifier: MIT */
/*
 * The keeper of a host: which processes of the agent there are, and how one follows another.
 */
#ifndef SIM_KEEPER_H
#define SIM_KEEPER_H

#include "sim_process.h"

struct sim_keeper {
	struct sim_process *current; /* speaks; NULL: nobody does */
	struct sim_process *next;    /* is to take over; NULL: there is none */
	struct sim_conf next_conf;   /* what it runs, or is to run */
	int64_t ready_ns;            /* next is ready then, or VRRP_NEVER */
	int64_t go_ns;               /* it may go on then, or VRRP_NEVER */
	int64_t kill_ns;             /* current is hung and is ended then, or VRRP_NEVER */
	int64_t frozen_real_ns;      /* up to which the one before had read; 0: it died */
	int old_fd;                  /* the state memory of the one before, or -1 */
	unsigned crashes_n;
	int64_t crashes_ns[2]; /* when; a ring */
};

/**
 * keeper_init() - no vipd runs.
 */
void keeper_init(struct sim_keeper *keeper);

/**
 * keeper_speaker() - the process that speaks on the wire.
 *
 * Return: NULL when there is none.
 */
struct sim_process *keeper_speaker(struct sim *sim, unsigned i);

/**
 * keeper_start() - vipd is started.
 */
void keeper_start(struct sim *sim, unsigned i);

/**
 * keeper_end() - keeper and processes are no more; the addresses stay.
 */
void keeper_end(struct sim *sim, unsigned i);

/**
 * keeper_died() - the process that speaks has died.
 * @in_turn: in the middle of a turn.
 */
void keeper_died(struct sim *sim, unsigned i, bool in_turn);

/**
 * keeper_panic() - it dies, at once or in the middle of its next turn.
 */
void keeper_panic(struct sim *sim, unsigned i, bool in_turn);

/**
 * keeper_hang() - it hangs until the keeper ends it.
 */
void keeper_hang(struct sim *sim, unsigned i);

/**
 * keeper_unhang() - it does not hang any more, if the keeper has not ended it.
 */
void keeper_unhang(struct sim *sim, unsigned i);

/**
 * keeper_spare() - it shall not die in the middle of its next turn after all.
 */
void keeper_spare(struct sim *sim, unsigned i);

/**
 * keeper_present() - a reload, if that takes to have the router in the configuration again.
 */
void keeper_present(struct sim *sim, unsigned i);

/**
 * keeper_reload() - a successor is started.
 * @conf: what it will run.
 */
void keeper_reload(struct sim *sim, unsigned i, const struct sim_conf *conf);

/**
 * keeper_event() - the time may have come for something.
 */
void keeper_event(struct sim *sim, unsigned i);

/**
 * keeper_settle() - a successor that is about to go on does so now.
 */
void keeper_settle(struct sim *sim, unsigned i);

#endif
