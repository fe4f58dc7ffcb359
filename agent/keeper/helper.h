/* SPDX-License-Identifier: MIT */
/*
 * A process that the routers can do without: the checker, and the notifier. It is started when a
 * configuration needs it, and again when it ends, later and later if it goes on ending; another one
 * takes its place when the configuration, the program or what it is given changes, or when it does
 * not answer. Nothing is handed over: what it knows is in memory, or in a file, that outlives it.
 */
#ifndef KEEPER_HELPER_H
#define KEEPER_HELPER_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/types.h>

#include "agent/helper.h"
#include "agent/loop.h"
#include "room.h"
#include "tell.h"

#define HELPER_NEVER         INT64_MAX
#define HELPER_ABANDONED_MAX 16

enum helper_life {
	HELPER_NONE,
	HELPER_RUNS,
	HELPER_ENDS,  /* it was asked to, and is killed at the deadline */
	HELPER_WAITS, /* it is started at the deadline */
};

#define HELPER_GIVEN (HELPER_FD_END - HELPER_FD_GIVEN)

struct helper;

/* What differs from one helper to another. */
struct helper_kind {
	const char *program; /* beside the keeper's own */
	const char *noun;
	enum event_kind lost; /* tells that it is not there */
	int64_t end_ns;       /* from SIGTERM to SIGKILL */
	unsigned close_ms;    /* that the end of the keeper waits for its end */
	bool has_last_word;   /* it is started for the end of the keeper, if it is not there */
	void (*forget)(const struct helper *helper); /* what it left; nobody needs it; or NULL */
	/* What it left beside memory: tried again until it is gone, which is returned. @ends: the
	 * keeper does, and waits for that. Or NULL. */
	bool (*tidy)(bool ends);
	enum event_kind
		passed[2]; /* what it says of these kinds is for the routers; or EVENT_NONE */
};

extern const struct helper_kind helper_checker, helper_notifier;

struct helper {
	const struct helper_kind *kind;
	enum helper_life life;
	pid_t pid;               /* 0: none */
	int channel_fd;          /* -1: none; owned, as the next two */
	int given[HELPER_GIVEN]; /* agent/helper.h has their order */
	int conf_fd;             /* what it runs, or shall run; -1: it is not needed */
	bool outdated;           /* it was given something else */
	bool is_over; /* it was said to be needed no more; nothing was said yet after an upgrade */
	int64_t started_ns;
	int64_t deadline_ns; /* HELPER_NEVER: none */
	struct loop *loop;
	const int *routers_fd; /* the channel of the router process, as it is; borrowed */
	struct room room;      /* of the routers, for what it says */
	int64_t said_ns;       /* since then it has said @said_n things */
	unsigned said_n;
	unsigned failures_n; /* in a row: it ended soon */
	bool is_killed;      /* while it ends */
	unsigned tidied_n;   /* in vain */
	unsigned abandoned_n;
	pid_t abandoned[HELPER_ABANDONED_MAX]; /* killed ones that hang in the kernel */
	char program[4096];                    /* its path */
	struct stat file;                      /* what was there when it was started */
};

/**
 * helper_init() - none is needed yet.
 */
void helper_init(struct helper *helper, const struct helper_kind *kind);

/**
 * helper_open() - find its program.
 * @binary: the path of the keeper's own: the helper's lies beside it.
 * @loop: is woken by what it says; borrowed.
 * @routers_fd: where the channel of the router process is that speaks, or -1; borrowed.
 */
void helper_open(struct helper *helper, const char *binary, struct loop *loop,
		 const int *routers_fd);

/**
 * helper_give() - what it is born with.
 * @place: HELPER_FD_GIVEN and up.
 * @fd: owned from here on; -1: nothing. Of another file than before: a helper that runs is
 *	outdated, helper_want().
 */
void helper_give(struct helper *helper, enum helper_fd place, int fd);

/**
 * helper_given() - the same; borrowed; -1: nothing.
 */
int helper_given(const struct helper *helper, enum helper_fd place);

/**
 * helper_tidy() - none runs yet: remove what one of a keeper that was killed has left, now and for
 * some time to come.
 */
void helper_tidy(struct helper *helper, int64_t now_ns);

/**
 * helper_want() - the configuration that runs needs it, or does not.
 * @conf_fd: of the configuration; borrowed; -1: none. The same text as before changes nothing,
 *	unless what the helper was given has changed.
 */
void helper_want(struct helper *helper, int conf_fd, int64_t now_ns);

/**
 * helper_go_on() - another program was the keeper before this one, and has wanted it.
 * @conf_fd: as helper_want(), but owned from here on.
 */
void helper_go_on(struct helper *helper, int conf_fd, int64_t now_ns);

/**
 * helper_adopt() - the process of that keeper goes on until helper_want() wants one.
 * @channel_fd: the conversation with it; owned from here on.
 */
void helper_adopt(struct helper *helper, pid_t pid, int channel_fd, int64_t now_ns);

/**
 * helper_expect_end() - the keeper before this one has hung up on one: it is killed if it does not
 * end soon, and none is started before.
 */
void helper_expect_end(struct helper *helper, pid_t pid, int64_t now_ns);

/**
 * helper_replace() - it does not answer: kill it, and start another one. Not one that says itself
 * what it cannot ask, and why (board_is_excused()): another one could not, either.
 */
void helper_replace(struct helper *helper, int64_t now_ns);

/**
 * helper_ended() - a child has ended.
 * @how: in words.
 *
 * Return: whether it was this one, or one before it that was killed and did not end.
 */
bool helper_ended(struct helper *helper, pid_t pid, const char *how, int64_t now_ns,
		  struct teller *teller);

/**
 * helper_dispatch() - read what it says, some of it, and do what is due. What it cannot do is told,
 * and nothing else. One that has something to say to the routers is not read while they have no
 * room for it.
 */
void helper_dispatch(struct helper *helper, int64_t now_ns, struct teller *teller);

/**
 * helper_deadline() - when that is due, CLOCK_MONOTONIC.
 */
int64_t helper_deadline(const struct helper *helper);

/**
 * helper_close() - end it and release all; legal for what helper_init() made. It hears that nobody
 * is left; waits for its end for close_ms at most, and then kills it. Who has the last word and is
 * not there, since it waits to be started again, or is being replaced, or dies just now, is started
 * once more, and gets what is left of that time.
 */
void helper_close(struct helper *helper);

#endif
