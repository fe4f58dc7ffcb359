/* SPDX-License-Identifier: MIT */
/*
 * What is to be told, to whom, and in which order: plain data, no clock and no I/O. Deliveries of
 * one entry about one router are a lane: they are made one after the other, in the order of their
 * events; and so are those of entries that are one action, since each is told of other states
 * (struct conf_notify). Lanes know nothing of each other, so nobody waits for a command that hangs
 * but those who are behind it; and of the places that there are, one program leaves as many as it
 * has. What must outlive the process somebody else writes down (store.h), as the queue says what
 * changes.
 *
 * No lane grows without end: of one class of events (all states are one; of others those about the
 * same thing) QUEUE_CLASS_MAX wait, and another one takes the place of the last of them, which is
 * told: it was merged. What was begun
 * counts no more, and is never merged. An entry that is told of what is current has one state that
 * waits, and of a check and the like one, too: what is no longer true is never told.
 */
#ifndef QUEUE_H
#define QUEUE_H

#include <stdbool.h>
#include <stdint.h>

#include "agent/conf/conf.h"

#define QUEUE_NEVER      INT64_MAX
#define QUEUE_CLASS_MAX  4
#define QUEUE_DEAD_MAX   1000 /* dead letters; the oldest go first */
#define QUEUE_ERROR_SIZE 160
#define QUEUE_MADE_MAX   128 /* programs that are run at a time */

enum delivery_life {
	DELIVERY_WAITS,   /* numbers of the store's */
	DELIVERY_STARTED, /* and may have been made, if nobody knows how that ended */
	DELIVERY_DEAD,    /* it failed too often: somebody has to decide */
};

struct hold; /* holds.h */

/* One event for one entry. */
struct delivery {
	int64_t id;                     /* ascending; never used again */
	uint64_t entry;                 /* struct conf_notify's definition */
	const struct conf_notify *conf; /* borrowed; NULL: it is configured no more */
	char router[CONF_NAME_SIZE];    /* what the lane is of; empty: the host */
	bool of_group;                  /* that is a group's name, which is another lane */
	uint8_t family;                 /* 0: of all; another one is another lane */
	uint8_t word;                   /* enum conf_notify_word */
	uint8_t deliver;                /* enum conf_notify_deliver, as configured then */
	uint64_t about;                 /* what it is about (about.h); of no matter for states */
	enum delivery_life life;
	bool outdated;     /* while it is made: a state that is true no more */
	unsigned attempts; /* that were started */
	unsigned merged;   /* events that this one stands for, besides its own */
	int64_t since_ns;  /* CLOCK_REALTIME of the event */
	int64_t due_ns;    /* not before, CLOCK_MONOTONIC */
	int64_t latest_ns; /* likewise: it is put off no longer. Of a state that is told once more,
			      though it waits or is told already; 0: of others */
	int64_t until_ns;  /* of a hook: somebody waits for it until then, CLOCK_MONOTONIC;
			      it is tried once. 0: nobody does */
	struct hold *hold; /* likewise: who that is; borrowed */
	char *message;     /* owned: the event, a JSON object */
	char error[QUEUE_ERROR_SIZE]; /* of the last attempt */
	void *run;                    /* of whoever makes it; NULL: nobody does now */
	struct delivery *next;        /* in its lane, or among the dead */
};

/* What is to be written down: called before the queue forgets a delivery, or after it changed; of
 * the oldest dead letter, where there are too many, @forgotten first. */
struct queue_observer {
	void (*put)(void *arg, const struct delivery *delivery);
	void (*removed)(void *arg, const struct delivery *delivery);
	void (*forgotten)(void *arg, const struct delivery *delivery);
	void *arg;
};

struct queue_counts {
	uint64_t delivered, failed, merged, superseded, dead, dropped;
};

enum queue_verdict {
	QUEUE_DELIVERED,
	QUEUE_AGAIN, /* later */
	QUEUE_DIES,  /* it is a dead letter now */
	QUEUE_GONE,  /* a failed one that is no longer true, or a hook */
};

struct queue;

/**
 * queue_new() - empty.
 * @observer: copied.
 *
 * Return: owned by the caller; NULL without memory.
 */
struct queue *queue_new(const struct queue_observer *observer);

/**
 * queue_free() - with all that is in it, without a word; NULL is allowed.
 */
void queue_free(struct queue *queue);

/**
 * queue_add() - one more, behind those of its lane; of what was merged, the one that stays is put
 * again.
 * @delivery: owned from here on; allocated by malloc(), like its message; id, entry, word and the
 *	like filled in, @life DELIVERY_WAITS or, from a store, what it was.
 *
 * Return: 0; -ENOMEM, and it is still the caller's.
 */
int queue_add(struct queue *queue, struct delivery *delivery);

/**
 * queue_load() - likewise one from a store, as it was: at its place by its id, and merged with
 * nothing. A state that was superseded since is gone again, if it is to be current.
 *
 * Return: as queue_add().
 */
int queue_load(struct queue *queue, struct delivery *delivery);

/**
 * queue_outdate() - the state has changed, and an entry is not told of the new one: what waits in
 * that lane of states that are to be current is true no more. What is being made is not tried
 * again.
 * @lane: conf, entry, router, of_group and family of it.
 */
void queue_outdate(struct queue *queue, const struct delivery *lane);

/**
 * queue_put_off() - a state that is to be current, and told once more, is so later: behind what
 * somebody else is about to do; but not behind its latest_ns.
 * @like: as for queue_outdate(), and the word.
 * @due_ns: then, CLOCK_MONOTONIC.
 *
 * Return: false: there is none, so it is to be added.
 */
bool queue_put_off(struct queue *queue, const struct delivery *like, int64_t due_ns);

/**
 * queue_start() - the next one that may be made; it has begun then, and was put.
 * @hook: of those that somebody waits for; else of the others.
 * @places: how many commands more may be run. One that is no hook needs that its program is run
 *less often than that by now.
 *
 * Return: borrowed until queue_end(); NULL: none is due, or there is no place for it.
 */
struct delivery *queue_start(struct queue *queue, bool hook, unsigned places, int64_t now_ns);

/**
 * queue_end() - what came of it.
 * @error: one line; NULL: it is delivered.
 *
 * Return: what becomes of it; it is the caller's no more, unless it dies or is tried again.
 */
enum queue_verdict queue_end(struct queue *queue, struct delivery *delivery, const char *error,
			     int64_t now_ns);

/**
 * queue_put_back() - it could not be made, and that says nothing about it: not counted as an
 * attempt.
 */
void queue_put_back(struct queue *queue, struct delivery *delivery, int64_t due_ns);

/**
 * queue_find() - one that waits, was started or is dead.
 *
 * Return: borrowed; NULL: there is none of that id.
 */
const struct delivery *queue_find(const struct queue *queue, int64_t id);

/**
 * queue_retry(), queue_drop() - what somebody decided about a delivery: make it now; or never. One
 * that waits comes behind those before it, which are made now, too. A dead letter is tried as often
 * as if for the first time, at its place by its id: before all that are newer and were not begun.
 *
 * Return: 0; -ENOENT: there is none of that id; -EBUSY: it is being made; -ENOTSUP: there is nobody
 * left to tell; -ESTALE: it is a state that is to be current, and a newer one waits or is made;
 * -ENOMEM.
 */
int queue_retry(struct queue *queue, int64_t id, int64_t now_ns);
int queue_drop(struct queue *queue, int64_t id);

/**
 * queue_retry_all() - make all that are dead now, and all that wait for their pause.
 * @may: whether a dead one may be made again; one that may not stays dead.
 *
 * Return: how many.
 */
unsigned queue_retry_all(struct queue *queue,
			 bool (*may)(void *arg, const struct delivery *delivery), void *arg,
			 int64_t now_ns);

/**
 * queue_drop_all() - give up all that are dead.
 *
 * Return: how many.
 */
unsigned queue_drop_all(struct queue *queue);

/**
 * queue_dead() - how many are dead.
 */
unsigned queue_dead(const struct queue *queue);

/**
 * queue_deadline() - when one is due, CLOCK_MONOTONIC; QUEUE_NEVER.
 * @hook, @places: as for queue_start(); of what has no place now the end of another one tells.
 */
int64_t queue_deadline(const struct queue *queue, bool hook, unsigned places);

/**
 * queue_each() - all that wait, were started or are dead.
 */
void queue_each(const struct queue *queue, void (*each)(void *arg, const struct delivery *delivery),
		void *arg);

/**
 * queue_change() - likewise, where their messages become others.
 */
void queue_change(struct queue *queue, void (*change)(void *arg, struct delivery *delivery),
		  void *arg);

/**
 * queue_counts() - since the queue was made; to be changed by whoever goes on with older ones.
 */
struct queue_counts *queue_counts(struct queue *queue);

/**
 * queue_waits() - how many are not dead.
 */
unsigned queue_waits(const struct queue *queue);

#endif
