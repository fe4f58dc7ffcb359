/* SPDX-License-Identifier: MIT */
/*
 * A router process as its parent, the keeper, sees it: how it is born, and what belongs to it. What
 * it is asked for and when is decided elsewhere (succession.h).
 */
#ifndef CHILD_H
#define CHILD_H

#include <stdbool.h>
#include <sys/types.h>

#include "succession.h"
#include "will.h"

/* What all of them are born with; borrowed. */
struct child_setting {
	const char *binary;          /* as it was named at start: an upgrade replaces the file */
	const char *conf_path;       /* of the file */
	struct will_sockets sockets; /* that all share */
	int life_fd;                 /* the timer that whoever speaks puts off (life_timer.h) */
	int board_fd, found_fd, news_fd; /* what the checker finds (board.h); -1: none */
	int figures_fd;                  /* what is measured (figures.h); likewise */
};

/* All descriptors are owned; -1: none. */
struct child {
	pid_t pid;        /* 0: none */
	bool leads_group; /* the processes that it started are killed with it */
	bool stopped;     /* by a signal */
	bool reaped;      /* it has ended, with @wait_status, which is not reported yet */
	int wait_status;  /* of waitpid() */
	int channel_fd;   /* our side of the conversation */
	int state_fd;     /* the memory that it leaves its elections in */
	int conf_fd;      /* the memory that it leaves its configuration in */
	int program_fd;   /* what it runs, whatever becomes of the file; its own, sent with READY */
};

extern const struct child child_none;

/**
 * child_reserve_places() - occupy the descriptors that children are born with, so that nothing
 * which is opened later lies there and is put over.
 *
 * Return: 0 or -errno of /dev/null.
 */
int child_reserve_places(void);

/**
 * child_spawn() - start a router process. It says READY or ERROR when it is.
 * @kind: none that is a rehearsal.
 * @model: whose program and configuration one of SUCCESSION_KIND_AGAIN runs, since the files may be
 *         broken by now; whom one of SUCCESSION_KIND_NEXT succeeds, and tells what changed since.
 * @ret_child: passed to child_forget() by the caller.
 *
 * Return: 0; or -errno of fork() or a descriptor: try again later, or do without.
 */
int child_spawn(const struct child_setting *setting, enum succession_kind kind,
		const struct child *model, struct child *ret_child);

/**
 * child_kill() - SIGKILL, unless there is no process, or none any more.
 */
void child_kill(const struct child *child);

/**
 * child_forget() - close what is left of it. A process that still waits for us leaves then.
 */
void child_forget(struct child *child);

#endif
