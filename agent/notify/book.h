/* SPDX-License-Identifier: MIT */
/*
 * What is known of each router: what the configuration says, and what the journal has told of it so
 * far. And what an event is in the words of those who are told: which of them it is for, and about
 * whom. No clock and no I/O.
 */
#ifndef BOOK_H
#define BOOK_H

#include "agent/conf/conf.h"
#include "agent/event.h"

#define BOOK_KEY_SIZE      80  /* "51/4/192.0.2.1" */
#define BOOK_INCIDENT_SIZE 104 /* with a minute behind it */
#define BOOK_QUIET_NS      INT64_C(60000000000)

/* What a check, or an interface, adds to a priority now. */
struct book_part {
	char name[EVENT_CHECK_SIZE];
	int adds; /* 0: nothing any more */
};

#define BOOK_PARTS_MAX 32 /* of a router; with more of them nothing is said of any */

/* One election: a router in one of its families. */
struct book_router {
	const struct conf_router *conf; /* borrowed */
	bool leads; /* the states of its router are told by it: the first family, or each apart */
	bool known; /* the next two are */
	bool withdrawn; /* since then */
	uint8_t state, priority;
	unsigned parts_n;
	struct book_part *parts;      /* owned; NULL: none */
	int64_t drained_ns;           /* until then, CLOCK_REALTIME; INT64_MAX; 0: it is not */
	int64_t incident_ns, last_ns; /* when its burst of events began, and the last of them;
					 CLOCK_REALTIME; 0: none */
};

/* An event in the words of those who are told. */
struct book_news {
	uint8_t word;               /* enum conf_notify_word */
	struct book_router *router; /* NULL: of the host */
	const char *check;          /* of CONF_NOTIFY_CHECK: its name */
	bool is_again;              /* nothing new, but it may have to be done again */
	bool is_hook;               /* to be done before it goes on, by those who are hooks */
	bool is_for_actions;        /* who wants each event is told of it in another way */
};

#define BOOK_NEWS_MAX 4

struct book;

/**
 * book_new() - of all routers of a configuration, borrowed.
 *
 * Return: owned by the caller; NULL without memory.
 */
struct book *book_new(const struct conf *conf);

/**
 * book_free() - NULL is allowed.
 */
void book_free(struct book *book);

/**
 * book_find() - a router in one of its families.
 *
 * Return: NULL when there is none.
 */
struct book_router *book_find(struct book *book, const char *name, unsigned family);

/**
 * book_read() - the next event of the journal.
 * @ret_news: BOOK_NEWS_MAX: what there is to tell of it.
 *
 * A state that is told twice is news once, unless the router began anew. A contest is told once,
 * and again after a minute without; but each time that a router hears of another one that is Active
 * for it, too, while it is, it is told to be Active again: what that one does is to be undone, of
 * all with its fate.
 *
 * Return: how many.
 */
unsigned book_read(struct book *book, const struct event *event, struct book_news *ret_news);

/**
 * book_recall() - of an event that was read before, by somebody else: what counts for a priority,
 * and of which contest was told.
 */
void book_recall(struct book *book, const struct event *event);

/**
 * book_parts() - what a router's priority is made of, beside the configured one: of itself, or of
 * all with its fate.
 * @ret_parts: BOOK_PARTS_MAX: those that add something; borrowed.
 *
 * Return: how many; -1: what is known does not come to the priority that it has.
 */
int book_parts(const struct book_router *router, const struct book_part **ret_parts);

/**
 * book_is_true() - whether a router, or a group, is in the state that somebody is to be told of.
 * One that is there no more was deleted, and has stopped; of one that nothing is known of, all is
 * believed.
 * @group: NULL: of a router.
 * @family: 0: that of its states.
 * @word: one of CONF_NOTIFY_STATES.
 */
bool book_is_true(struct book *book, const struct conf_group *group, const char *name,
		  unsigned family, unsigned word);

/**
 * book_read_drain() - of an event, who is drained, or is so no more: a router, and all with its
 * fate; one that is withdrawn alone.
 *
 * Return: whether that has changed.
 */
bool book_read_drain(struct book *book, const struct event *event);

/**
 * book_begin_life() - what was read so far is of a vipd that is dead: no router has its state any
 * more.
 */
void book_begin_life(struct book *book);

/**
 * book_is_for() - whether an entry's list is told: that of the host, of a router, of a group.
 * @router, @group: whose list it is; both NULL: the host's.
 */
bool book_is_for(const struct book_news *news, const struct conf_router *router,
		 const struct conf_group *group);

/**
 * book_key() - what is wrong, by a name that is the same on all hosts of a router.
 * @buf: BOOK_KEY_SIZE.
 */
const char *book_key(const struct book_news *news, const char *node, char *buf);

/**
 * book_incident() - the key of the first router with this fate, and the minute in which this burst
 * of events began, of all of them. One that begins with a takeover began with the silence before.
 * @buf: BOOK_INCIDENT_SIZE.
 */
const char *book_incident(struct book *book, const struct book_news *news, const char *node,
			  const struct event *event, char *buf);

/**
 * book_each() - all routers, in the order of the configuration.
 */
struct book_router *book_at(struct book *book, unsigned i);
unsigned book_count(const struct book *book);

#endif
