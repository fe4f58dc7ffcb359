/* SPDX-License-Identifier: MIT */
/*
 * The notifier's turn: read the journal, write down what happened and who is to be told, tell them.
 * An event counts as read when all that follows from it is in the store, so whoever dies at any
 * moment leaves nothing untold: what was begun may be told twice. Events of a vipd that is dead are
 * told to those who want each, and to nobody who wants what is so now.
 *
 * Without a store, since its disk is full or it cannot be written, all of that is in memory alone:
 * aloud, and the store is tried again.
 */
#ifndef NOTIFIER_H
#define NOTIFIER_H

#include <sys/types.h>

#include "agent/clocks.h"
#include "agent/conf/conf.h"
#include "agent/event.h"
#include "agent/metrics.h"

struct notifier;

/* What it is born with. */
struct notifier_setting {
	const struct conf *conf; /* borrowed, as all */
	const char *directory;   /* of the store */
	int home_err;            /* -errno: why that could not be made; 0 */
	const char *life;        /* of vipd: another one after each of its ends */
	int64_t life_ns;         /* when it began, CLOCK_MONOTONIC */
	const char *boot;        /* of the host */
	const int *rings;        /* by enum reader_ring */
	int events_fd;           /* -1: nobody says when there are events */
	int begun_fd;            /* agent/begun.h; -1: there is none */
	struct fifos *fifos;     /* owned by the notifier from notifier_open() on */
	/* To the keeper, for the log or the routers. Return: 0 or -errno: it was not. */
	int (*tell)(void *arg, const struct event *event);
	void *arg;
	/* Whether the keeper is dead; NULL: it cannot be. */
	bool (*is_orphan)(pid_t keeper);
	pid_t keeper;
};

/* How it ends. */
enum notifier_end {
	NOTIFIER_REPLACED, /* another one comes; what there is to tell until now it cannot, perhaps
			    */
	NOTIFIER_STOPPED,  /* vipd was stopped: the last events are told, once */
	NOTIFIER_ORPHANED, /* the keeper died: likewise, and the routers may yet say something; what
			      another vipd says is for its notifier */
};

/**
 * notifier_open() - go on with all that is in the store.
 * @ret_notifier: owned by the caller, who passes it to notifier_close().
 *
 * Return: 0 or -errno: -ESRCH: the keeper has died meanwhile, and another one may have begun;
 * nothing was touched.
 */
int notifier_open(const struct notifier_setting *setting, const struct clocks *now,
		  struct notifier **ret_notifier);

/**
 * notifier_close() - end all that runs, which is told again then; NULL is allowed.
 */
void notifier_close(struct notifier *notifier);

/**
 * notifier_fd() - readable when a command has ended.
 */
int notifier_fd(const struct notifier *notifier);

/**
 * notifier_dispatch() - one turn.
 */
void notifier_dispatch(struct notifier *notifier, const struct clocks *now);

/**
 * notifier_deadline() - when the next one is due, CLOCK_MONOTONIC.
 */
int64_t notifier_deadline(const struct notifier *notifier);

/**
 * notifier_end() - it shall end; NOTIFIER_REPLACED may follow on another one.
 */
void notifier_end(struct notifier *notifier, enum notifier_end how, int64_t now_ns);

/**
 * notifier_go_on() - another router process runs, of the same configuration. Where the journal says
 * that one has started, reading waits for this, or for notifier_end(): what comes behind that may
 * be for others.
 */
void notifier_go_on(struct notifier *notifier, int64_t now_ns);

/**
 * notifier_has_ended() - whether there is nothing left to wait for.
 */
bool notifier_has_ended(const struct notifier *notifier);

/**
 * notifier_count() - how many deliveries are what, for metrics.
 */
void notifier_count(struct notifier *notifier, struct metrics_notify *ret_notify);

#endif
