/* SPDX-License-Identifier: MIT */
/*
 * The inside of the keeper, private to the two files that share it: keeper.c hears children,
 *signals and the clock, succession.c decides who speaks next.
 *
 * At most one child speaks on the wire. Each of these leaves exactly one that does, or is about to,
 * or the last will:
 *
 *	READY of a next one	the current one is asked to make room	keeper_on_ready()
 *	FROZEN			the next one speaks			keeper_end_reload()
 *	death of the current	next or standby, whoever is ready	keeper_recover()
 *	READY, nobody speaks	that one speaks				keeper_on_ready()
 */
#ifndef KEEPER_SET_H
#define KEEPER_SET_H

#include "channel.h"
#include "child.h"
#include "keeper.h"

#define KEEPER_NS_PER_S      INT64_C(1000000000)
#define KEEPER_CRASHES_MAX   3 /* in so much time end in the last will */
#define KEEPER_DISMISSED_MAX 8

struct keeper {
	struct child_setting setting;
	char binary[4096];
	int signal_fd;
	struct will *will;
	struct service *service;
	struct child previous; /* spoke before; its memory counts until the current one's does */
	struct child current;  /* speaks on the wire */
	struct child next;     /* is about to take over */
	struct child standby;  /* takes over when the current one dies */
	int64_t standby_ns;    /* when another one is started; INT64_MAX: not now */
	bool standby_stale;    /* a reload came after it: it runs what the previous one ran */
	pid_t dismissed[KEEPER_DISMISSED_MAX]; /* those whose end is no news; a ring */
	unsigned dismissed_n;
	bool freezing; /* the current one was asked to make room */
	bool stopping;
	bool reload_due;
	int64_t reload_ns; /* not before */
	bool started;      /* some generation has run */
	unsigned crashes_n;
	int64_t crashes_ns[KEEPER_CRASHES_MAX - 1]; /* when; a ring */
	unsigned stillborn_n;                       /* died one after the other before they spoke */
	char error[CHANNEL_TEXT_SIZE];              /* the last one that a new generation told */
	int status;                                 /* to exit with, once done */
	bool done;
};

/**
 * keeper_now_ns() - CLOCK_MONOTONIC.
 */
int64_t keeper_now_ns(void);

/**
 * keeper_finish() - be done after this turn.
 * @status: to exit with.
 */
void keeper_finish(struct keeper *keeper, int status);

/**
 * keeper_dismiss() - end a child that is not needed any more; its end is no news. Legal for none.
 */
void keeper_dismiss(struct keeper *keeper, struct child *child);

/**
 * keeper_last_will() - give up what the last router process that spoke held.
 *
 * Return: the exit status of a stop that ends with it.
 */
int keeper_last_will(struct keeper *keeper);

/**
 * keeper_start_next() - start a child that reads the file: the first one, or the next one of a
 * reload.
 *
 * Return: 0 or -errno.
 */
int keeper_start_next(struct keeper *keeper, enum child_kind kind);

/**
 * keeper_start_reload() - start the next one; or not, when one is on its way or nobody speaks yet.
 */
void keeper_start_reload(struct keeper *keeper);

/**
 * keeper_start_standby() - start one that waits for the death of the current one.
 *
 * Return: 0; or -errno, and it is tried again later.
 */
int keeper_start_standby(struct keeper *keeper);

/**
 * keeper_end_reload() - the current one has made room, or died before it could.
 * @frozen_real_ns: CLOCK_REALTIME up to which it read packets, or 0.
 */
void keeper_end_reload(struct keeper *keeper, int64_t frozen_real_ns);

/**
 * keeper_recover() - a process died that spoke, or that was waited for.
 * @pid: of it.
 * @how: for the log.
 */
void keeper_recover(struct keeper *keeper, pid_t pid, const char *how);

/**
 * keeper_lose_standby() - the standby is of no use any more.
 * @how: for the log.
 */
void keeper_lose_standby(struct keeper *keeper, const char *how);

/**
 * keeper_on_ready() - a child said READY.
 */
void keeper_on_ready(struct keeper *keeper, struct child *child);

/**
 * keeper_on_alive() - the current one gave a sign of life.
 * @status: its status in a line.
 */
void keeper_on_alive(struct keeper *keeper, const char *status);

/**
 * keeper_reap() - take note of all processes that have ended.
 */
void keeper_reap(struct keeper *keeper);

#endif
