/* SPDX-License-Identifier: MIT */
/*
 * The inside of the schedule, private to the files that share it: schedule.c has the turn, and when
 * a check is asked; schedule_facts.c, what answers come to; schedule_kinds.c, what a kind has for
 * all of its checks. The first calls the others, which know nothing of each other.
 */
#ifndef SCHEDULE_PRIVATE_H
#define SCHEDULE_PRIVATE_H

#include "agent/deadlines.h"
#include "checks/probe.h"
#include "checks/verdict.h"
#include "schedule.h"

/* One check that is asked again and again. */
struct item {
	struct check check;
	struct check_verdict verdict; /* of this process; unknown until the first answer */
	uint32_t place;               /* on the board; BOARD_NONE: there is none */
	struct fact fact;             /* as it was put there last */
	int64_t next_ns;              /* when it is asked again */
	int64_t phase_ns;             /* at this time of each interval */
	bool excused;                 /* as the board has it */
	bool put_off;                 /* its time-out, since a turn was late */
	bool touches;                 /* its files, before it is asked */
	struct check_probe probe;     /* which does that */
	struct schedule *schedule;    /* borrowed */
};

struct schedule {
	unsigned n, several_n;
	struct item *items;     /* owned, as all below */
	unsigned *several;      /* numbers of those that are made of others */
	struct deadlines *heap; /* of all */
	struct check_context context;
	struct check_engine *engines[CHECK_KINDS_COUNT];
	int open_errors[CHECK_KINDS_COUNT]; /* an errno: why there is no engine */
	struct board *board;                /* borrowed */
	bool changed; /* some value, since those made of others were looked at */
	unsigned probes_n, excused_n;
	int64_t turn_ns;   /* the last one began */
	int64_t wanted_ns; /* the next one */
	int64_t late_ns;   /* so much later this one has begun; 0: in time */
	const char *hung;  /* borrowed: the check that the process before this one hung in; NULL */
};

static inline const struct check_config *config_of(const struct item *item)
{
	return item->check.config;
}

static inline const struct check_kind *kind_of(const struct item *item)
{
	return check_kind_of(config_of(item)->kind);
}

/**
 * schedule_take_fact() - a place on the board, and what another process has left there; else
 * nothing is known yet. What is asked as before is asked when that one would have done it.
 */
void schedule_take_fact(struct schedule *schedule, struct item *item, const struct clocks *now);

/**
 * schedule_put_fact() - onto the board, with the time when it is asked again.
 */
void schedule_put_fact(struct schedule *schedule, struct item *item);

/**
 * schedule_put_excuse() - likewise, that it could not be asked: the fact stays, and grows old.
 */
void schedule_put_excuse(struct schedule *schedule, struct item *item);

/**
 * schedule_count_answer() - a verdict, of the answer that a check has: in its fact, which is still
 * to be put.
 */
void schedule_count_answer(struct schedule *schedule, struct item *item, int64_t now_ns);

/**
 * schedule_look_at_parts() - what one that is made of others is by now, onto the board.
 *
 * Return: whether its value is another one.
 */
bool schedule_look_at_parts(struct schedule *schedule, struct item *item, int64_t now_ns);

/**
 * schedule_look_at_all_parts() - likewise all that are, if some value has changed since. Some may
 * be made of others of them; conf_check_connect() has seen to it that this has an end.
 */
void schedule_look_at_all_parts(struct schedule *schedule, int64_t now_ns);

/**
 * schedule_open_kind() - what it has for all of its checks, unless it is there, or was refused:
 * open_errors has why.
 * @number: of the kind.
 */
void schedule_open_kind(struct schedule *schedule, unsigned number);

/**
 * schedule_open_kind_again() - it was refused, for want of a descriptor or memory, which may be
 * there by now: then for all of its checks.
 */
void schedule_open_kind_again(struct schedule *schedule, unsigned number);

/**
 * schedule_close_kind() - when none of its checks needs it any more.
 */
void schedule_close_kind(struct schedule *schedule, unsigned number);

/**
 * schedule_add_to_kind() - a check, to what its kind has.
 *
 * Return: 0 or -errno.
 */
int schedule_add_to_kind(const struct schedule *schedule, struct item *item);

/**
 * schedule_remove_from_kind() - one that was added, or whose turn it was when that failed.
 */
void schedule_remove_from_kind(struct item *item);

/**
 * schedule_kinds_deadline() - the first of each kind's own times, for what is no single check's,
 * CLOCK_MONOTONIC; CHECK_NEVER.
 */
int64_t schedule_kinds_deadline(const struct schedule *schedule);

/**
 * schedule_kinds_work() - what is due by that.
 */
void schedule_kinds_work(struct schedule *schedule, int64_t now_ns);

#endif
