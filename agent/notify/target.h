/* SPDX-License-Identifier: MIT */
/*
 * The entries of a configuration as those who are told: whose they are, with whose rights their
 * commands run, and since when they are there.
 */
#ifndef TARGET_H
#define TARGET_H

#include "checks/program.h"
#include "store.h"

enum target_owner {
	TARGET_NONE, /* not of that router */
	TARGET_ROUTER,
	TARGET_GROUP, /* that it is in */
};

struct target {
	const struct conf_notify *conf;   /* borrowed, as the next two */
	const struct conf_router *router; /* whose list it is in; NULL */
	const struct conf_group *group;   /* likewise; both NULL: the host's */
	struct check_user user;
	int user_err;      /* an errno: why there is no such user */
	bool changes_user; /* it is another one than ours */
	int64_t since_ns;  /* CLOCK_MONOTONIC: of nothing that was before it is told */
};

struct targets;

/**
 * targets_open() - all entries; users are looked for, which may take its time.
 * @since_ns: since when they are there, as long as no store knows better.
 * @ret_targets: owned by the caller.
 *
 * Return: 0; -ENOMEM.
 */
int targets_open(const struct conf *conf, int64_t since_ns, struct targets **ret_targets);

/**
 * targets_close() - NULL is allowed.
 */
void targets_close(struct targets *targets);

/**
 * targets_set_since() - since when those are there that the store does not know; before
 * targets_settle().
 */
void targets_set_since(struct targets *targets, int64_t since_ns);

/**
 * targets_find() - by its definition. Return: NULL when there is none.
 */
struct target *targets_find(const struct targets *targets, uint64_t entry);

/**
 * targets_settle() - find out in the store since when each is there; it keeps that from here on, of
 * these alone.
 * @boot: of the host: times of another one are over.
 * @each_new: called for those that it did not know; NULL: nobody asks.
 */
void targets_settle(struct targets *targets, struct store *store, const char *boot,
		    void (*each_new)(void *arg, const struct target *target), void *arg);

/**
 * target_owner() - what of a router is told to an entry.
 */
enum target_owner target_owner(const struct target *target, const struct conf_router *router);

/**
 * target_name() - its command, or FIFO, for people.
 */
const char *target_name(const struct conf_notify *conf);

#endif
