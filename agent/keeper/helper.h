/* SPDX-License-Identifier: MIT */
/*
 * A process that the routers can do without: the checker. It is started when a configuration needs
 * it, and again when it ends, later and later if it goes on ending; another one takes its place
 * when the configuration or the program changes or when it does not answer. Nothing is handed over:
 * what it knows is in memory that outlives it.
 */
#ifndef KEEPER_HELPER_H
#define KEEPER_HELPER_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/types.h>

#include "tell.h"

#define HELPER_NEVER         INT64_MAX
#define HELPER_ABANDONED_MAX 16

enum helper_life {
	HELPER_NONE,
	HELPER_RUNS,
	HELPER_ENDS,  /* it was asked to, and is killed at the deadline */
	HELPER_WAITS, /* it is started at the deadline */
};

struct helper {
	enum helper_life life;
	pid_t pid;      /* 0: none */
	int channel_fd; /* -1: none; owned, as the next two */
	int board_fd, found_fd;
	int conf_fd; /* what it runs, or shall run; -1: it is not needed; owned */
	int64_t started_ns;
	int64_t deadline_ns; /* HELPER_NEVER: none */
	unsigned failures_n; /* in a row: it ended soon */
	bool is_killed;      /* while it ends */
	unsigned abandoned_n;
	pid_t abandoned[HELPER_ABANDONED_MAX]; /* killed ones that hang in the kernel */
	char program[4096];                    /* its path */
	struct stat file;                      /* what was there when it was started */
};

/**
 * helper_init() - none is needed yet.
 */
void helper_init(struct helper *helper);

/**
 * helper_open() - make the memory that it leaves its findings in, unless there is one already.
 * @binary: the path of the keeper's own program: the helper's lies beside it.
 *
 * Return: 0 or -errno: no check will ever answer.
 */
int helper_open(struct helper *helper, const char *binary);

/**
 * helper_want() - the configuration that runs has checks, or has none.
 * @conf_fd: of the configuration; borrowed; -1: none. The same text as before changes nothing.
 */
void helper_want(struct helper *helper, int conf_fd, int64_t now_ns);

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
 * and nothing else.
 */
void helper_dispatch(struct helper *helper, int64_t now_ns, struct teller *teller);

/**
 * helper_deadline() - when that is due, CLOCK_MONOTONIC.
 */
int64_t helper_deadline(const struct helper *helper);

/**
 * helper_close() - end it and release all; legal for what helper_init() made. Waits for its end for
 * a tenth of a second at most, and then kills it.
 */
void helper_close(struct helper *helper);

#endif
