/* SPDX-License-Identifier: MIT */
/*
 * A router process as its parent, the keeper, sees it: how it is born, what belongs to it, and
 * whether it is late. What it is asked for and when is the keeper's policy.
 */
#ifndef CHILD_H
#define CHILD_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* What all of them are born with; borrowed. */
struct child_setting {
	const char *binary;    /* as it was named at start: an upgrade replaces the file */
	const char *conf_path; /* of the file */
	int sender_fd;         /* the packet socket that all share */
};

enum child_kind {
	CHILD_FIRST,   /* reads the file; somebody looks on */
	CHILD_NEXT,    /* reads the file, to take over at a reload */
	CHILD_STANDBY, /* what runs, once more: to take over after a crash */
};

/* All descriptors are owned; -1: none. */
struct child {
	pid_t pid;      /* 0: none */
	int channel_fd; /* our side of the conversation */
	int state_fd;   /* the memory that it leaves its elections in */
	int conf_fd;    /* the memory that it leaves its configuration in */
	int program_fd; /* what it runs, whatever becomes of the file; its own, sent with READY */
	bool ready;
	int64_t deadline_ns; /* what it was asked for is due; CLOCK_MONOTONIC */
	bool late;           /* it is overdue, and has a last moment to answer */
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
 * @model: whose program and configuration a standby runs, since the files may be broken by now.
 * @ret_child: passed to child_forget() by the caller.
 *
 * Return: 0; or -errno of fork() or a descriptor: try again later, or do without.
 */
int child_spawn(const struct child_setting *setting, enum child_kind kind,
		const struct child *model, struct child *ret_child);

/**
 * child_forget() - close what is left of it. A process that still waits for us leaves then.
 */
void child_forget(struct child *child);

/**
 * child_give_up() - kill it, and hear no more of it: its end as a process is what is left to come.
 */
void child_give_up(struct child *child);

/**
 * child_expect() - it was asked for something, which is due.
 */
void child_expect(struct child *child, int64_t deadline_ns);

/**
 * child_is_overdue() - whether it has had its time. It may have been stopped together with us, and
 * the clock went on: so whoever is late is given one more moment to answer.
 */
bool child_is_overdue(struct child *child, int64_t now_ns);

#endif
