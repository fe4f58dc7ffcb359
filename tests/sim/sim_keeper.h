/* SPDX-License-Identifier: MIT */
/*
 * The keeper of a host, with the product's own rules in it (agent/keeper/succession.c): here are
 * the processes that it starts, what they say and how long it takes, and what they suffer.
 */
#ifndef SIM_KEEPER_H
#define SIM_KEEPER_H

#include "agent/event.h"
#include "agent/keeper/succession.h"
#include "sim_process.h"

/* What is wrong with a program that somebody installs. */
enum sim_program {
	SIM_PROGRAM_GOOD,
	SIM_PROGRAM_SLOW,        /* is never ready */
	SIM_PROGRAM_DEAD,        /* ends at once */
	SIM_PROGRAM_LIAR,        /* says that it is ready, and ends when it is to speak */
	SIM_PROGRAM_MUTE,        /* says that it is ready, and hangs when it is to speak */
	SIM_PROGRAM_UNSTARTABLE, /* no process can be started */
	SIM_PROGRAM_UNFIT,       /* cannot be the keeper, and its rehearsal shows it */
	SIM_PROGRAM_STUCK,       /* its rehearsal does not end */
	SIM_PROGRAM_UNEXECUTABLE,
	SIM_PROGRAM_ANOTHER, /* a good one: an upgrade */
	SIM_PROGRAMS,
};

/* A slot of the keeper's. */
struct sim_child {
	struct sim_process *process; /* NULL: none, or no more */
	int pid;                     /* for people */
	int state_fd;                /* its memory, which outlives it; -1: none */
	struct sim_conf conf;        /* what it runs or ran */
	enum sim_program program;    /* likewise */
	bool published;              /* that memory is known to be valid */
};

/* A reload waits so long for hand-overs, as the manual says. */
#define SIM_ROOM_NS (30 * SIM_S)

/* So much time who leaves asks for at once. */
#define SIM_AHEAD_NS (5 * SIM_S)

struct sim_keeper {
	struct succession rules;
	struct sim_child children[SUCCESSION_ROLES_COUNT];
	int pids_n;                 /* given so far */
	enum sim_program installed; /* what a process of the file would run */
	int64_t timer_ns;           /* the rules are to be asked then, or VRRP_NEVER */
	bool stopping;              /* it was told to */
	bool start_again;           /* once it has stopped */
	unsigned doomed_n;          /* so many that go on die doing so */

	/* For the checks. */
	bool spoke; /* some process of its has gone on, */
	bool left;  /* or has left in order */
	unsigned crashes_n;
	int64_t crashes_ns[3];    /* a ring; local time */
	unsigned early_n;         /* processes lost in a row without a sign of life */
	bool faithful;            /* the next one is to run what the last one ran, */
	struct sim_conf lost;     /* which was this */
	int64_t stop_ns;          /* told to stop; global, as are those that follow */
	int64_t stopped_ns;       /* it is gone by then */
	int64_t asked_ns;         /* started, or told to reload */
	int64_t waits_ns;         /* its process makes no room before that, for a hand-over */
	int64_t shaken_ns;        /* something befell one of its processes */
	int64_t frozen_opened_ns; /* the one that made room last began to listen; global */
	int64_t frozen_real_ns;   /* CURRENT has just said so; else 0 */
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

/* ---- what it tells: sim_keeper_tell.c ---- */

/**
 * keeper_self() - the keeper as a process: the first place of its host is its own.
 */
struct sim_process *keeper_self(struct sim *sim, unsigned i);

/**
 * keeper_tell() - a fact about process @pid.
 * @word: of the kind.
 */
void keeper_tell(struct sim *sim, unsigned i, enum event_kind kind, int pid, const char *text,
		 unsigned word);

/**
 * keeper_narrate() - what the rules want to be told.
 */
void keeper_narrate(struct sim *sim, unsigned i, const struct succession_action *action);

/* ---- life ---- */

/**
 * keeper_start() - vipd is started.
 */
void keeper_start(struct sim *sim, unsigned i);

/* In what moment of its router process vipd is told to stop. */
enum sim_leave {
	SIM_LEAVE_PLAIN,
	SIM_LEAVE_HUNG,    /* it hangs */
	SIM_LEAVE_DYING,   /* it dies before long, perhaps while it leaves */
	SIM_LEAVE_BEREFT,  /* it has died just now, with all others */
	SIM_LEAVE_UNHEARD, /* it has died just now, and so has the one that was to go on */
	SIM_LEAVES,
};

/**
 * keeper_stop() - it is told to stop.
 */
void keeper_stop(struct sim *sim, unsigned i, enum sim_leave how);

/**
 * keeper_stop_again() - somebody has no time for a successor to come.
 */
void keeper_stop_again(struct sim *sim, unsigned i);

/**
 * keeper_end() - keeper and processes are no more; the addresses stay.
 */
void keeper_end(struct sim *sim, unsigned i);

/**
 * keeper_reload() - somebody asks for a reload of the file.
 */
void keeper_reload(struct sim *sim, unsigned i);

/**
 * keeper_install() - another program comes in the place of the present one.
 */
void keeper_install(struct sim *sim, unsigned i, enum sim_program program);

/**
 * keeper_mend() - the program is a good one, also for the processes that have suffered from it.
 */
void keeper_mend(struct sim *sim, unsigned i);

/**
 * keeper_turned() - a process that speaks has had a turn: it may have something to say.
 */
void keeper_turned(struct sim *sim, struct sim_process *process);

/**
 * keeper_died() - a process has died.
 * @in_turn: in the middle of a turn.
 */
void keeper_died(struct sim *sim, struct sim_process *process, bool in_turn);

/* ---- what it tells: sim_keeper_tell.c ---- */

/**
 * keeper_self() - the keeper's own process: the first place.
 */
struct sim_process *keeper_self(struct sim *sim, unsigned i);

/**
 * keeper_tell() - tell an event about a process, or a reload.
 * @pid: or 0.
 * @text: or NULL.
 */
void keeper_tell(struct sim *sim, unsigned i, enum event_kind kind, int pid, const char *text,
		 unsigned word);

/**
 * keeper_narrate() - tell the fact of an action of the rules.
 */
void keeper_narrate(struct sim *sim, unsigned i, const struct succession_action *action);

/* Which processes a fault strikes. */
enum sim_victims {
	SIM_VICTIM_CURRENT,
	SIM_VICTIM_CURRENT_IN_TURN, /* in the middle of its next turn */
	SIM_VICTIM_STANDBY,
	SIM_VICTIM_NEXT,
	SIM_VICTIMS_ALL,
	SIM_VICTIM_CURRENT_IN_PUT, /* when it next writes its election down */
	SIM_VICTIM_HEIRS,          /* the next ones that go on, in the middle of it */
	SIM_VICTIMS,
};

/**
 * keeper_panic() - processes die.
 */
void keeper_panic(struct sim *sim, unsigned i, enum sim_victims victims);

/**
 * keeper_spare() - nobody dies in the middle of a turn any more.
 */
void keeper_spare(struct sim *sim, unsigned i);

/**
 * keeper_hang() - the process that speaks hangs; keeper_unhang(): if the keeper has not ended it,
 * it does not any more.
 */
void keeper_hang(struct sim *sim, unsigned i);
void keeper_unhang(struct sim *sim, unsigned i);

/**
 * keeper_event() - the time may have come for the rules.
 */
void keeper_event(struct sim *sim, unsigned i);

/**
 * keeper_process_event() - the time may have come for a process that does not speak.
 */
void keeper_process_event(struct sim *sim, struct sim_process *process);

/**
 * keeper_resumed() - the host runs again after a pause.
 */
void keeper_resumed(struct sim *sim, unsigned i);

#endif
