/* SPDX-License-Identifier: MIT */
/*
 * The inside of the keeper, private to the two files that share it: keeper.c hears children,
 * signals and the clock, succession.c decides who speaks next.
 *
 * At most one child speaks on the wire, and always one is about to, or it is the last will:
 *
 *	READY of the next one	the current one is asked to make room	keeper_on_ready()
 *	FROZEN			the next one speaks			keeper_on_frozen()
 *	the current one died	next or standby, whoever is ready	keeper_recover()
 *	READY, nobody speaks	that one speaks				keeper_on_ready()
 *
 * A child that came with a reload and dies before its first sign of life is tried once more; after
 * that the standby of before the reload goes on, and the reload is undone, aloud.
 */
#ifndef KEEPER_PRIVATE_H
#define KEEPER_PRIVATE_H

#include "agent/channel.h"
#include "child.h"
#include "keeper.h"
#include "tell.h"

#define KEEPER_NS_PER_S      INT64_C(1000000000)
#define KEEPER_CRASHES_MAX   3 /* in so much time end in the last will */
#define KEEPER_DISMISSED_MAX 8

struct keeper {
	struct child_setting setting;
	char binary[4096];
	int signal_fd;
	struct will *will;
	struct teller *teller;
	struct service *service;
	struct child previous; /* spoke before; its memory counts until the current one's does */
	struct child current;  /* speaks on the wire */
	struct child next;     /* is about to take over */
	struct child standby;  /* takes over when the current one dies */
	int64_t standby_ns;    /* when another one is started; INT64_MAX: not now */
	bool standby_stale;    /* it runs what ran before a reload whose child has not lived yet */
	int64_t retry_ns; /* nobody speaks: when a child is started again; INT64_MAX: not now */
	pid_t dismissed[KEEPER_DISMISSED_MAX]; /* those whose end is no news; a ring */
	unsigned dismissed_n;
	bool freezing;           /* the current one was asked to make room */
	int64_t reload_began_ns; /* when the next one was started */
	bool stopping;
	bool reload_due;
	int64_t reload_ns; /* not before */
	bool started;      /* some generation has run */
	unsigned crashes_n;
	int64_t crashes_ns[KEEPER_CRASHES_MAX - 1]; /* when; a ring */
	unsigned died_early_n;                      /* died one after the other before they spoke */
	struct channel_message message;             /* the one that is being read */
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
 * keeper_can_reload() - whether keeper_start_reload() would start one.
 */
bool keeper_can_reload(const struct keeper *keeper);

/**
 * keeper_start_standby() - start one that waits for the death of the current one.
 *
 * Return: 0; or -errno, and it is tried again later.
 */
int keeper_start_standby(struct keeper *keeper);

/**
 * keeper_on_frozen() - the current one has made room.
 * @frozen_real_ns: CLOCK_REALTIME up to which it read packets.
 */
void keeper_on_frozen(struct keeper *keeper, int64_t frozen_real_ns);

/**
 * keeper_fill_gap() - nobody speaks: let somebody.
 */
void keeper_fill_gap(struct keeper *keeper);

/**
 * keeper_recover() - a process died that spoke, or that was waited for.
 * @pid: of it.
 * @how: for the log.
 */
void keeper_recover(struct keeper *keeper, pid_t pid, const char *how);

/**
 * keeper_lose_standby() - the standby is of no use any more. Its process may live yet.
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
