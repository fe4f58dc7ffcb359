/* SPDX-License-Identifier: MIT */
/*
 * How a kind of check works: it is asked, and answers at once or later, when a descriptor that it
 * watches has something. What follows from answers, and when it is asked again, is up to whoever
 * asks. One row of functions per kind; none of them ever waits.
 */
#ifndef CHECKS_KIND_H
#define CHECKS_KIND_H

#include "check.h"

struct check;
struct check_engine;

/* A descriptor that wakes the process for a kind. */
struct check_watch {
	int fd; /* -1: none; owned by the kind, or by a library that it uses */
	/* @events: of epoll. */
	void (*ready)(struct check_watch *watch, uint32_t events, int64_t now_ns);
	void *self; /* of the kind */
};

/* What all kinds stand on; one in a process. */
struct check_context {
	int epoll_fd;
	struct check *first, *last; /* of those that have answered, in that order */
	int proc_events_fd; /* the proc connector, opened by somebody with the right to; -1 */
	int cgroup_fd;      /* the group of all checks (cgroup.h); -1: commands have none */
	/* The mark of the check that may be waiting for the kernel just now; 0: none. In memory
	 * that outlives the process, so that the next one knows; never NULL. */
	volatile uint32_t *at_work;
};

/* One check, as its kind sees it. */
struct check {
	const struct check_config *config; /* borrowed */
	struct check_context *context;     /* borrowed */
	struct check_engine *engine;       /* of its kind; NULL: it has none */
	void *run;                         /* of its kind, run_size bytes; zero at first */
	bool asked;                        /* has yet to answer */
	int64_t asked_ns;                  /* since then */
	/* Monotonic: then it is given up, if it has not answered. A kind may put it off meanwhile.
	 */
	int64_t timeout_ns;
	uint32_t mark; /* in the context's at_work */
	bool excused;  /* it could not be asked, @error says why, and it has not answered since */
	bool aside;    /* its files may hang: no more to be touched until it is asked again */

	/* The last answer. */
	enum check_result result;
	bool is_queued; /* in the context's list */
	struct check *next;
	int32_t number;               /* of CHECK_FILE_VALUE; else 0 */
	char error[CHECK_ERROR_SIZE]; /* in words, one line; empty of a good one */
	const char *output;           /* of a command: owned by the kind, until it is asked again */
	uint32_t output_len;          /* at most CHECK_OUTPUT_SIZE */
};

struct check_kind {
	size_t run_size;
	/* What all checks of the kind share. Return: 0 or -errno: they are all bad, and say so.
	 * NULL: nothing. */
	int (*open)(struct check_context *context, struct check_engine **ret_engine);
	void (*close)(struct check_engine *engine);

	/* A check comes or goes; NULL: nothing to do. */
	int (*add)(struct check *check);
	void (*remove)(struct check *check);

	/* Ask; it may answer before it returns. Not called while it is asked already. */
	void (*ask)(struct check *check, int64_t now_ns);
	/* It has not answered until timeout_ns: stop, and say in check->error what was waited for;
	 * or check_excuse() it, and put timeout_ns off. */
	void (*give_up)(struct check *check, int64_t now_ns);

	/* When work() is due, of all checks of the kind; CHECK_NEVER. NULL: never. */
	int64_t (*deadline)(const struct check_engine *engine);
	void (*work)(struct check_engine *engine, int64_t now_ns);

	/* Go to each file that asking it goes to, for as long as that takes: called in a process of
	 * its own, of what may hang. NULL: it asks without files. */
	void (*touch)(const struct check_config *config);
};

extern const struct check_kind check_command_kind;
extern const struct check_kind check_tcp_kind;
extern const struct check_kind check_http_kind;
extern const struct check_kind check_dns_kind;
extern const struct check_kind check_ping_kind;
extern const struct check_kind check_process_kind;
extern const struct check_kind check_file_kind;
extern const struct check_kind check_route_kind;
extern const struct check_kind check_unit_kind;

/**
 * check_kind_of() - the functions of a kind; NULL for what is made of other checks.
 */
const struct check_kind *check_kind_of(enum check_kind_number number);

/**
 * check_context_open() - nothing is watched yet.
 *
 * Return: 0 or -errno of epoll.
 */
int check_context_open(struct check_context *context);

/**
 * check_context_close() - what is watched stays open.
 */
void check_context_close(struct check_context *context);

/**
 * check_context_dispatch() - call the kinds for all descriptors that have something by now, however
 * many these are: who has answered before he is given up is not to be given up.
 */
void check_context_dispatch(struct check_context *context, int64_t now_ns);

/**
 * check_context_answered() - take the next check that has answered.
 *
 * Return: NULL when there is none.
 */
struct check *check_context_answered(struct check_context *context);

/**
 * check_descriptor_try() - whether one more descriptor can be had: for who starts a process that he
 * could not watch without.
 *
 * Return: 0 or -errno.
 */
int check_descriptor_try(const struct check_context *context);

/**
 * check_watch() - be woken for a descriptor, until it is closed by check_unwatch().
 * @watch: filled in by the caller; at a place that stays.
 * @events: of epoll: EPOLLIN, EPOLLOUT, ...
 *
 * Return: 0 or -errno of epoll.
 */
int check_watch(struct check_context *context, struct check_watch *watch, uint32_t events);

/**
 * check_watch_change() - for other events.
 */
int check_watch_change(struct check_context *context, struct check_watch *watch, uint32_t events);

/**
 * check_unwatch() - close the descriptor; legal for one that is closed.
 */
void check_unwatch(struct check_context *context, struct check_watch *watch);

/**
 * check_release() - be no more woken for a descriptor that somebody else closes, and forget it;
 * legal for one that is forgotten.
 */
void check_release(struct check_context *context, struct check_watch *watch);

/**
 * check_answer() - a check has answered, asked or not.
 * @result: not CHECK_PENDING.
 * @format: what is wrong, a line; NULL or "" of a good one.
 */
void check_answer(struct check *check, enum check_result result, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/**
 * check_excuse() - a check cannot be asked, which is neither good nor bad, and still shall be.
 * @format: why, a line.
 */
void check_excuse(struct check *check, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/**
 * check_work_begin() - what a kind does from now on for a check may take the kernel for ever.
 *
 * Return: to be handed to check_work_end().
 */
uint32_t check_work_begin(const struct check *check);
void check_work_end(const struct check *check, uint32_t before);

/**
 * check_answer_errno() - a bad answer: what was tried, and how the kernel refused it.
 * @err: an errno.
 */
void check_answer_errno(struct check *check, const char *what, int err);

#endif
