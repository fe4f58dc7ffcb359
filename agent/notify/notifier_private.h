/* SPDX-License-Identifier: MIT */
/*
 * The inside of the notifier, private to the files that share it: notifier.c has the turn, obey.c
 * what somebody asks for, tell.c who is told of an event, hook.c who waits for that, drains.c who
 * is drained when the host is started again, keep.c what is written down and read again, repeat.c
 * what may have been told before. Each calls those that come behind it here, and none calls back.
 */
#ifndef NOTIFIER_PRIVATE_H
#define NOTIFIER_PRIVATE_H

#include "agent/begun.h"
#include "book.h"
#include "fifo.h"
#include "holds.h"
#include "message.h"
#include "notifier.h"
#include "reader.h"
#include "runner.h"
#include "store.h"
#include "target.h"

#define NOTIFIER_OF_SIZE 96
#define NOTIFIER_STAMP   "begun" /* struct begun's stamp_ns, in the store */

struct event_log; /* agent/event_log.h */

struct notifier {
	struct notifier_setting setting;
	struct reader *reader; /* owned, as all below */
	struct book *book;
	struct queue *queue;
	struct targets *targets;
	struct runner *runner;
	struct store *store;       /* NULL: there is none now */
	struct event_log *written; /* which episodes the history has */
	int home_fd;               /* the lock of its directory; -1: it is not ours */
	bool damaged;              /* the one that was lost is */
	struct holds holds;
	int64_t next_id;
	int64_t start_ns; /* of the router process that this one was born for */
	int64_t obeys_ns; /* what was asked for before was for others, CLOCK_MONOTONIC */
	int64_t held_ns;  /* nothing is read before then; 0: another one may not have come */
	unsigned allowed; /* starts of others that need not be waited for */
	bool replaced;
	bool orphaned;
	bool succeeded;       /* another one has to begin, of another vipd or generation */
	struct reader *ahead; /* of what is left to that one; or NULL */
	int64_t life_ns;      /* what is earlier is of a vipd that is dead, CLOCK_MONOTONIC */
	bool reads_earlier;   /* it has, so far */
	bool misses_states;   /* of routers, whose changes were overwritten; */
	bool asked_for_states;
	bool drains_changed; /* since they were written */
	bool changed;        /* since it was committed */
	int64_t unread_ns;   /* then there are events to be read; or never */
	int64_t unsaid_ns;   /* then what there was no room for is said again; or never */
	int64_t store_ns;    /* then the store is tried again, or pruned */
	bool voiced;         /* it was told that there is none */
	bool loaded;         /* what was there at the start */
	bool rereads;        /* an event that somebody may have been told of */
	struct begun begun;  /* as of this turn */
	int64_t stamp_ns;    /* of the last beginning of which all is known here */
	int64_t mono_to_real_ns;

	bool ends;
	int64_t end_ns;   /* then it ends, whatever there is to do */
	int64_t quiet_ns; /* then it may, if there is nothing */
	int64_t now_ns;
};

/* ---- obey.c ---- */

/**
 * notifier_obey() - somebody asks for a delivery, or all, to be tried again or given up
 * (EVENT_NOTIFY_ASKED): do it, and tell what came of it.
 */
void notifier_obey(struct notifier *notifier, const struct event *event);

/* ---- hook.c ---- */

/**
 * notifier_take_hold() - of an event, whether a router waits for commands, or does not any more.
 */
void notifier_take_hold(struct notifier *notifier, const struct event *event);

/**
 * notifier_cut_hooks() - vipd ends: nobody waits for a command any more.
 */
void notifier_cut_hooks(struct notifier *notifier, int64_t now_ns);

/**
 * notifier_end_hook() - a command that a router waits for has ended, or cannot be run.
 * @delivery: the caller's no more.
 * @error: one line; NULL: it has ended well.
 */
void notifier_end_hook(struct notifier *notifier, struct delivery *delivery, const char *error);

/**
 * notifier_drop_hook() - somebody gives one up that waits: whoever waits for it goes on.
 *
 * Return: as queue_drop().
 */
int notifier_drop_hook(struct notifier *notifier, const struct delivery *delivery);

/**
 * notifier_recall_answers() - those of a notifier that may have died before the keeper had read
 * them, as far as somebody may wait for them still: they are given again. And which waits have a
 * command that failed, though others of them have not ended.
 */
void notifier_recall_answers(struct notifier *notifier);

/**
 * notifier_answer_again() - the answers that there was no room for, and which hooks failed.
 */
void notifier_answer_again(struct notifier *notifier);

/* ---- ahead.c ---- */

/**
 * notifier_is_awaited() - of one that reads no more, since it is replaced: whether a router waits
 * for commands that the next one is to run.
 */
bool notifier_is_awaited(struct notifier *notifier);

/* ---- tell.c ---- */

/**
 * notifier_is_earlier() - whether an event is of a vipd that is dead.
 */
bool notifier_is_earlier(const struct notifier *notifier, const struct event *event);

/**
 * notifier_tell_news() - put into the queue what follows from an event.
 * @json: event_json() of it.
 */
void notifier_tell_news(struct notifier *notifier, const struct event *event,
			const struct book_news *news, const char *json);

/**
 * notifier_tell_stops() - routers end with the keeper's last will, and none of them can say so: put
 * into the queue what is to be done then. Who wants each event is told of the will itself.
 * @will: the event of that.
 */
void notifier_tell_stops(struct notifier *notifier, const struct event *will);

/**
 * notifier_tell_new_entry() - a new action is taken for what is so already; a new page is not sent
 * for it.
 */
void notifier_tell_new_entry(void *arg, const struct target *target);

/**
 * notifier_tell_hooks() - put into the queue what is to be run before a router leaves: of each
 * router with that fate, and of their group, once.
 * @hold: knows how many these are.
 */
void notifier_tell_hooks(struct notifier *notifier, const struct event *event, struct hold *hold);

/* ---- drains.c ---- */

/**
 * notifier_write_drains(), notifier_read_drains() - who is drained, for the host's next start.
 */
void notifier_write_drains(struct notifier *notifier);
void notifier_read_drains(struct notifier *notifier);

/* ---- keep.c ---- */

/**
 * notifier_observer() - of the queue: writes down what changes in there.
 */
struct queue_observer notifier_observer(struct notifier *notifier);

/**
 * notifier_open_store() - and say what is wrong with it.
 * @wait_ms: for another one that holds the directory, as one that still ends.
 *
 * Return: 0 or -errno.
 */
int notifier_open_store(struct notifier *notifier, unsigned wait_ms);

/**
 * notifier_resume() - go on with what the store has, before anything is read.
 * @each_new: called for each entry that it did not know.
 */
void notifier_resume(struct notifier *notifier,
		     void (*each_new)(void *arg, const struct target *target));

/**
 * notifier_is_true() - whether a delivery may be made: unless it is a state that is to be current
 * and that its router, or group, is not in now.
 */
bool notifier_is_true(struct notifier *notifier, const struct delivery *delivery);

/**
 * notifier_try_store() - what is due: open it again, and fill it with what is in memory alone; or
 * let go of what is too old.
 */
void notifier_try_store(struct notifier *notifier);

/**
 * notifier_put_state() - of a router.
 */
void notifier_put_state(struct notifier *notifier, const struct book_router *router);

/**
 * notifier_begin() - what follows is written down as one, with the next notifier_commit().
 */
void notifier_begin(struct notifier *notifier);

/**
 * notifier_put_event() - one more of the history. Of what comes with each packet of a peer the
 * first is there, as in the log: whoever sends some would have all else forgotten.
 * @ring: enum reader_ring.
 * @json: event_json() of it.
 */
void notifier_put_event(struct notifier *notifier, const struct event *event, unsigned ring,
			const char *json);

/**
 * notifier_commit() - all that has changed is there now, or the store is not. It waits for the disk
 * once, or not at all when there is nothing.
 */
void notifier_commit(struct notifier *notifier);

/**
 * notifier_begin_with() - so many deliveries are begun when this returns, whoever is killed then:
 * in the store, and where it is noted without.
 */
void notifier_begin_with(struct notifier *notifier, unsigned n);

/**
 * notifier_tell_keeper() - what must not be lost: for the routers.
 *
 * Return: whether nothing is left to say; else the next turn is soon.
 */
bool notifier_tell_keeper(struct notifier *notifier, const struct event *event);

/**
 * notifier_of() - what a delivery is of, for the log: "active/lan".
 * @buf: NOTIFIER_OF_SIZE.
 *
 * Return: @buf.
 */
const char *notifier_of(const struct delivery *delivery, char *buf);

/**
 * notifier_event() - what becomes of a delivery.
 * @name: what it is of; or NULL.
 */
struct event notifier_event(enum event_notify what, int64_t id, int64_t times, const char *name,
			    const char *text);

/**
 * notifier_tell_failure(), notifier_tell_of() - to the keeper, for the log.
 */
void notifier_tell_failure(struct notifier *notifier, int err, const char *doing,
			   const char *advice);
void notifier_tell_of(struct notifier *notifier, enum event_notify what, int64_t id, int64_t times,
		      const char *name, const char *text);

/* ---- repeat.c ---- */

/* The store's names of reader_id() and reader_seq(). */
extern const char *const notifier_facts[READER_RINGS][2];

/**
 * notifier_read_begun() - what was noted, by this process and those before it.
 */
void notifier_read_begun(struct notifier *notifier);

/**
 * notifier_has_begun() - whether somebody may have been told of an event that is read now.
 */
bool notifier_has_begun(const struct notifier *notifier, unsigned ring, uint64_t seq);

/**
 * notifier_store_has_read() - whether the store is of somebody who has read this journal.
 */
bool notifier_store_has_read(const struct notifier *notifier);

/**
 * notifier_store_lags() - whether something of this journal was begun without the store: by a
 * process that had another one, or none.
 */
bool notifier_store_lags(const struct notifier *notifier);

/**
 * notifier_note_store() - what the store has read is begun, too: by a version that noted nothing,
 * or it is read here once more.
 *
 * Return: 0 or -errno.
 */
int notifier_note_store(struct notifier *notifier);

/**
 * notifier_stamp() - something will be begun.
 *
 * Return: whether somebody else has begun something since this one did: one that has lost its
 * keeper, of what waits here as well.
 */
bool notifier_stamp(struct notifier *notifier);

/**
 * notifier_write_begun() - all that was read is begun.
 *
 * Return: 0 or -errno.
 */
int notifier_write_begun(struct notifier *notifier);

#endif
