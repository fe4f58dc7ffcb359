/* SPDX-License-Identifier: MIT */
/*
 * What a host's routers track: checks, the services that they are about, and a checker that writes
 * to the product's own board (agent/board.c) what it finds. Here is what agent/checker and
 * agent/keeper/helper.c do, in few words: a checker is started with the configuration that runs,
 * anew when that changes, when it ends, or when the router process asks; facts stay on the board as
 * long as vipd does. What routers make of them is agent/router's, and judged in sim_check_facts.c.
 */
#ifndef SIM_CHECKER_H
#define SIM_CHECKER_H

#include <stdbool.h>
#include <stdint.h>

#include "agent/board.h"
#include "agent/conf/conf.h"
#include "prng.h"

#define SIM_CHECKS_MAX 3

struct sim;
struct sim_conf;
struct sim_episode;
struct sim_gateway;
struct sim_process;

/* A check of a configuration, and how the router tracks it. */
struct sim_tracked {
	uint8_t id;         /* of a service of the host, and of the name */
	uint8_t definition; /* another one is asked in another way */
	bool reverse;
	bool unknown_down; /* silence counts as down; else the last value holds */
	bool team;         /* its group tracks it: of units */
	int16_t weight;    /* 0: none */
	unsigned interval_ms, timeout_ms;
};

/* All of them; each id is there once. */
struct sim_checks {
	unsigned n;
	struct sim_tracked of[SIM_CHECKS_MAX];
};

/* What befalls checks. */
enum sim_checker_fault {
	SIM_CHECKER_BAD,     /* a service is down */
	SIM_CHECKER_MUTE,    /* a check has no answers */
	SIM_CHECKER_KILLED,  /* the checker dies, and is started again after a while */
	SIM_CHECKER_STOPPED, /* it stands still, unless it is replaced */
	SIM_CHECKER_MISSING, /* it dies, and cannot be started */
	SIM_CHECKER_FAULTS,
};

/* Of one host. */
struct sim_checker {
	bool open; /* there is a board */
	int board_fd, news_fd;
	struct board *board;    /* mapped for writing */
	struct sim_checks conf; /* what it runs, or shall run */
	bool runs, stopped;
	int64_t start_ns;                               /* it is started then; VRRP_NEVER */
	int64_t ask_ns[SIM_CHECKS_MAX];                 /* in the order of @conf: the next answer */
	uint32_t place[SIM_CHECKS_MAX];                 /* likewise: on the board */
	int64_t wake_ns;                                /* the next of all that; VRRP_NEVER */
	unsigned failures_n;                            /* in a row */
	bool missing;                                   /* its program is */
	bool bad[SIM_CHECKS_MAX], mute[SIM_CHECKS_MAX]; /* by id: of services; whatever vipd does */
};

/* What the last turn has made of that, for the checks. */
struct sim_beliefs {
	const struct sim_process *by;  /* whose turn it was */
	int64_t began_ns;              /* it has gone on then; its clock */
	int64_t looked_ns, look_ns;    /* it has looked, and has to look again then; likewise */
	int64_t late_ns, before_ns;    /* its last look that came late, and the one before it */
	uint8_t value[SIM_CHECKS_MAX]; /* by id: enum board_value; of the last process that had it
					*/
	bool overdue[SIM_CHECKS_MAX];  /* likewise */
	uint8_t lacking;               /* a bit per id: it has begun without */
	uint8_t presumed;              /* likewise: until it answers it is taken for well */
	bool unanswered;               /* some check has never answered, and is not */
	int64_t asked_ns;              /* when it has asked for a checker; its clock; or 0 */
	bool fault;                    /* some check without a weight is one */
	int64_t right_ns;              /* its priority was last what it shall be; its clock */
};

/**
 * checker_kind() - how a fault of the type SIM_FAULT_CHECK is numbered.
 */
unsigned checker_kind(enum sim_checker_fault fault, unsigned id);

/**
 * checker_begin(), checker_end() - such a fault.
 */
void checker_begin(struct sim *sim, const struct sim_episode *e);
void checker_end(struct sim *sim, const struct sim_episode *e);

/**
 * checker_open(), checker_close() - vipd begins, and ends: so does the memory of facts.
 */
void checker_open(struct sim *sim, unsigned i);
void checker_close(struct sim *sim, unsigned i);

/**
 * checker_want() - a process that speaks has said what it tracks.
 */
void checker_want(struct sim *sim, unsigned i, const struct sim_checks *checks);

/**
 * checker_replace() - it has said that the checker does not answer.
 */
void checker_replace(struct sim *sim, unsigned i);

/**
 * checker_event() - something may be due.
 */
void checker_event(struct sim *sim, unsigned i);

/**
 * checker_resumed() - the host runs again after a pause.
 */
void checker_resumed(struct sim *sim, unsigned i);

/**
 * checker_has_news() - whether something new was told that nobody has read.
 */
bool checker_has_news(const struct sim *sim, unsigned i);

/**
 * checker_late_ns() - so long after the last fault everybody knows everything again (P2).
 */
int64_t checker_late_ns(const struct sim *sim);

/**
 * checks_same() - whether two configurations track the same.
 */
bool checks_same(const struct sim_checks *a, const struct sim_checks *b);

/**
 * checks_ceiling() - the highest priority that checks can give a router.
 */
unsigned checks_ceiling(const struct sim_conf *conf);

/**
 * checks_conf() - the product's configuration.
 */
void checks_conf(struct sim_process *process);

/**
 * checks_draw() - give a host something to track, now and after a reload.
 * @calm: nobody's state may change.
 * @weights: no check is a fault.
 */
void checks_draw(struct sim *sim, unsigned i, struct prng *p, bool calm, bool weights);

#endif
