/* SPDX-License-Identifier: MIT */
/*
 * Drains: an operator wants another host to serve, and says when he does not any more, or how long
 * he does. What he knows of that is written down here; what vipd makes of it is agent/router's. A
 * drain goes on as long as processes follow each other, and ends with vipd.
 */
#ifndef SIM_DRAIN_H
#define SIM_DRAIN_H

#include <stdbool.h>
#include <stdint.h>

#include "agent/event.h"

struct sim;
struct sim_conf;
struct sim_episode;
struct sim_process;

/* Of one host; what it waits for before it leaves in another way, too. */
struct sim_drain {
	int64_t until_ns; /* it ends then, on its clock; VRRP_NEVER: it does not; 0: there is none
			   */
	int64_t asked_ns; /* when it was told so last, likewise; */
	int64_t told_ns;  /* global time */
	int64_t due_ns;   /* somebody else shall be Active by then; global time */
	int64_t offer_ns; /* it does not offer to leave before; on its clock */
	int64_t hold_ns;  /* it waits for a command until then at the latest, on its clock; 0: it
			     does not; */
	uint8_t before;   /* before what: enum event_before, */
	uint8_t base;     /* and with this priority configured; */
	bool waits;       /* the drain does so, and weighs nothing so long */
	bool ran;        /* one has run before the drain that is on, and it has been Active since */
	int64_t free_ns; /* it has no consequences after that; global time */
	int64_t hooked_ns; /* that one ends then, likewise; VRRP_NEVER: never */
	/* The members that were Active then and could say so, and have been Active since: a bit
	 * each. 0: it makes no offer, or has made it. */
	unsigned may_offer;
	bool resumed; /* it is, and has not taken its priority back yet */
	bool resort;  /* after its last turn it was the last resort for another reason */
	bool equal;   /* it has heard somebody with the lowest priority since it was told so */
	bool unsure;  /* the process that had forgotten it died when it went on */
};

/* How long a drain lasts. */
enum sim_drain_end {
	SIM_DRAIN_RESUMED, /* till somebody says so */
	SIM_DRAIN_TIMED,   /* as long as the episode */
	SIM_DRAIN_ENDS,
};

/**
 * drains_begin(), drains_end() - a fault of the type SIM_FAULT_DRAIN: a client asks, and is served
 * at the end of a turn; nobody is when no process speaks, or it does not live to it.
 */
void drains_begin(struct sim *sim, const struct sim_episode *e);
void drains_end(struct sim *sim, const struct sim_episode *e);

/**
 * drains_leave() - its process is about to be told to leave.
 * @before: enum event_before.
 */
void drains_leave(struct sim *sim, unsigned i, enum event_before before);

/**
 * drains_go() - a process is about to go on.
 */
void drains_go(struct sim *sim, const struct sim_process *process);

/**
 * drains_unhold() - its drain has ended, and with it the command before that; who is to leave all
 * the same waits for one of its own.
 */
void drains_unhold(struct sim *sim, const struct sim_process *process);

/**
 * drains_waited() - what a host waited for is over.
 */
void drains_waited(struct sim *sim, unsigned i);

/**
 * drains_lowers() - whether its priority has become the lower one that a reload gave it, and that
 * waited for a command. Once for a wait.
 */
bool drains_lowers(struct sim *sim, unsigned i, unsigned priority);

/**
 * drains_serve() - the end of a turn: serve whoever has asked.
 */
void drains_serve(struct sim *sim, struct sim_process *process);

/**
 * drains_hooked() - a command that router @i may wait for has ended.
 */
void drains_hooked(struct sim *sim, unsigned i);

/**
 * drains_has() - whether a host is drained now.
 */
bool drains_has(const struct sim *sim, unsigned i);

/**
 * drains_is_held() - whether it is to leave, and waits for a command.
 */
bool drains_is_held(const struct sim *sim, unsigned i);

/**
 * drains_priority() - the effective priority of a router that is no last resort.
 * @conf: what it runs.
 */
unsigned drains_priority(const struct sim *sim, unsigned i, const struct sim_conf *conf);

/**
 * drains_went() - a process has gone on.
 * @lives: it did not die of it.
 */
void drains_went(struct sim *sim, const struct sim_process *process, bool lives);

/**
 * drains_late_ns() - how much longer drains that are on may have consequences (P2).
 */
int64_t drains_late_ns(const struct sim *sim);

#endif
