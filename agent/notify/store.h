/* SPDX-License-Identifier: MIT */
/*
 * What outlives all processes, and the next start of the host: the history of events, what is yet
 * to be told, and up to where the journal was read. A database of SQLite in the state directory,
 * which vipctl reads, too:
 *
 *	events		one row per event, as JSON; for as long as the configuration says
 *	deliveries	the queue (queue.h), dead letters included
 *	states		of each router, as last told by the journal
 *	entries		whom somebody was told to be told: which are new, and since when
 *	facts		numbers by name: where the readers of the rings are, counters
 *
 * Its user alone may read it; where the directory is set-group-ID, its group, too.
 *
 * All that is written between store_begin() and store_commit() is there afterwards or not at all,
 * also after a power cut. Whatever fails makes the store void until it is opened again, and says so
 * once: the queue goes on without.
 */
#ifndef STORE_H
#define STORE_H

#include "agent/event.h"
#include "queue.h"

#define STORE_FILE       "vipd.db"
#define STORE_WHY_SIZE   400
#define STORE_EVENTS_MAX 1000000 /* the oldest go first, whatever their age */
#define STORE_LIFE_SIZE  80

struct store;

/* A router as it was last known. */
struct store_state {
	char router[CONF_NAME_SIZE];
	uint8_t family, state, priority;
	char life[STORE_LIFE_SIZE]; /* in which life of vipd */
};

/**
 * store_open() - the database, made if there is none. One that is damaged is moved aside; one of a
 * later version is left as it is.
 * @directory: of this process to write, also by links; locked by somebody, so that no other one
 *	comes.
 * @is_known_damaged: store_commit() has failed with -EBADMSG: it may look well at first.
 * @ret_store: owned by the caller, who passes it to store_close().
 * @ret_why: STORE_WHY_SIZE bytes: what is wrong with it, or with the one that was there; empty:
 *	nothing.
 *
 * Return: 0 or -errno: -EPROTONOSUPPORT of a later version, -EIO what SQLite has no errno for.
 */
int store_open(const char *directory, bool is_known_damaged, struct store **ret_store,
	       char *ret_why);

/**
 * store_close() - NULL is allowed.
 */
void store_close(struct store *store);

/**
 * store_begin() - what follows is one transaction; without effect within one.
 */
void store_begin(struct store *store);

/**
 * store_commit() - all of it; without effect outside of one.
 * @ret_why: as of store_open().
 *
 * Return: 0; -errno: nothing of it is there, and the store is void; -EBADMSG: it is damaged.
 */
int store_commit(struct store *store, char *ret_why);

/**
 * store_has_moved() - whether its file has another name by now, or none: nobody will find it.
 */
bool store_has_moved(struct store *store);

/**
 * store_tidy() - what nobody waits for: move a log that is long enough into the database. Takes a
 * few writes to the disk.
 */
void store_tidy(struct store *store);

/**
 * store_event() - one more of the history.
 * @ring: 0: the keeper's, 1: the router processes'.
 */
void store_event(struct store *store, const struct event *event, unsigned ring, const char *boot,
		 const char *json);

/**
 * store_put() - a delivery as it is now; store_remove() - it is there no more.
 * @life: of vipd, in which it was made.
 * @due_real_ns: when it is due, CLOCK_REALTIME.
 */
void store_put(struct store *store, const struct delivery *delivery, const char *life,
	       int64_t due_real_ns);
void store_remove(struct store *store, int64_t id);

/**
 * store_state() - a router's.
 */
void store_state(struct store *store, const struct store_state *state);

/**
 * store_fact() - a number by name; store_fact_of() - 0 when there is none.
 */
void store_fact(struct store *store, const char *name, int64_t value);
int64_t store_fact_of(struct store *store, const char *name);

/**
 * store_entry() - since when an entry is there; it is from here on.
 * @boot: of the host.
 * @since_ns: CLOCK_MONOTONIC; of one that was there before: since then; 0: since another boot.
 *
 * Return: whether it is new; when it cannot be written it is not, and @since_ns is as it was.
 */
bool store_entry(struct store *store, uint64_t entry, const char *boot, int64_t *since_ns);

/**
 * store_keep_entries() - those that are configured no more are new when they come again.
 */
void store_keep_entries(struct store *store, bool (*is_there)(const void *arg, uint64_t entry),
			const void *arg);

/**
 * store_forget_deliveries(), store_forget_states() - all of them: whoever has them writes them
 * anew.
 */
void store_forget_deliveries(struct store *store);
void store_forget_states(struct store *store);

/**
 * store_each_delivery(), store_each_state() - what is there, in the order it was made.
 * @delivery: conf, run and next are NULL, due_ns is 0: at once; owned by the callee.
 *
 * Return: 0 or -errno.
 */
int store_each_delivery(struct store *store,
			void (*each)(void *arg, struct delivery *delivery, const char *life),
			void *arg);
int store_each_state(struct store *store, void (*each)(void *arg, const struct store_state *state),
		     void *arg);

/**
 * store_prune() - events from before that time, and more of them than STORE_EVENTS_MAX, some at a
 * time.
 *
 * Return: whether there are more.
 */
bool store_prune(struct store *store, int64_t before_real_ns);

#endif
