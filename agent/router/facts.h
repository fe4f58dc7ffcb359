/* SPDX-License-Identifier: MIT */
/*
 * What the checker has found, as the routers believe it: up, down, or unknown. A check that has not
 * answered for too long keeps its value, or is down, as it is configured; in both cases that is
 * told, and the keeper is asked for another checker. Reading costs nothing but when something is
 * new.
 */
#ifndef FACTS_H
#define FACTS_H

#include <stdbool.h>
#include <stdint.h>

#include "agent/board.h"
#include "agent/clocks.h"
#include "agent/conf/conf.h"

/* "nginx is down: connect: Connection refused (3 of 3)", with its zero. */
#define FACTS_TEXT_SIZE 160

struct facts_check {
	const struct check_config *config; /* borrowed */
	uint32_t place;                    /* on the board; BOARD_NONE: not found there yet */
	uint32_t seen;                     /* board_number() of what follows */
	uint8_t value;                     /* enum board_value: what counts */
	uint8_t found;                     /* likewise: as the checker has it */
	bool overdue;                      /* has not answered in time, which is told */
	bool excused;                      /* the checker says that it cannot ask it, and why */
	int32_t number;
	bool anew;           /* asked in another way than what answered last, since @answered_ns */
	int64_t answered_ns; /* 0: not yet */
	int64_t since_ns;    /* of @found */
	int64_t first_ns;    /* the first answer takes so long at most, from the beginning */
	uint8_t told;        /* enum board_value: as it was told last */
	bool told_overdue;   /* likewise */
	uint32_t untold_n;   /* changes since: it changes again and again */
	int64_t spent_ns;    /* telling a change costs a while, of which there is a stock: until
				then it is used */
};

/* News of one check. */
struct facts_news {
	unsigned check;
	uint8_t before;     /* enum board_value: what counted when it was told last */
	bool overdue;       /* since it has not answered, */
	bool excused;       /* and the checker says why */
	bool again;         /* it does, after that was told */
	bool tells;         /* people shall know, too */
	uint32_t changes_n; /* that they were not told of */
};

struct facts {
	unsigned n;
	struct facts_check *all; /* owned, as all below; by number of the check */
	struct facts_news *news; /* of the last look: room for one per check */
	unsigned news_n;
	uint32_t *buckets; /* by facts_key() of a name: the number of a check, plus 1; or 0 */
	unsigned buckets_n;
	uint32_t *scanned;      /* by place: board_number() when its name was looked at */
	bool is_missing;        /* some check has no place yet */
	struct board *board;    /* NULL: there is none */
	int board_fd, event_fd; /* borrowed */
	int watch_fd;           /* an epoll of event_fd; owned */
	bool rests;             /* event_fd does not wake */
	int64_t event_ns;       /* it was readable last */
	int64_t began_ns;       /* what has never answered is due from then on */
	int64_t looked_ns;      /* when it was looked last */
	int64_t look_ns;        /* the next one, if nothing is new before */
	int64_t asked_ns;       /* when the keeper was asked last; 0: never */
	bool wants_checker;     /* a new one, since this one does not answer */
};

/**
 * facts_open() - nothing is known yet, and nothing ever answers without a board.
 *
 * Return: 0 or -ENOMEM.
 */
int facts_open(struct facts *facts, const struct conf *conf);

/**
 * facts_attach() - read a board.
 * @board_fd, @event_fd: of it; borrowed until facts_close().
 *
 * Return: 0; -EPROTO when it is of another version; another -errno.
 */
int facts_attach(struct facts *facts, int board_fd, int event_fd);

/**
 * facts_close() - release all of it; legal for what is zero.
 */
void facts_close(struct facts *facts);

/**
 * facts_fd() - readable when something is new; -1 without a board. However often it is told of, it
 * is so once in five milliseconds.
 */
int facts_fd(const struct facts *facts);

/**
 * facts_begin() - from now on answers are waited for.
 */
void facts_begin(struct facts *facts, const struct clocks *now);

/**
 * facts_look() - see what is new. Call it when facts_fd() is readable, and when it is due.
 *
 * A check that changes again and again has news each time, but not all of them are told: ten in a
 * row, and then one in five seconds, and always the last one. Nor is it told that a check begins
 * well: its first answer, in time, is that it is up.
 *
 * Return: how many news there are in @facts->news.
 */
unsigned facts_look(struct facts *facts, const struct clocks *now);

/**
 * facts_deadline() - when facts_look() is due, CLOCK_MONOTONIC; INT64_MAX.
 */
int64_t facts_deadline(const struct facts *facts);

/**
 * facts_is_awaited() - whether a check has never answered, and still has time to.
 */
bool facts_is_awaited(const struct facts *facts, unsigned check);

/**
 * facts_is_told() - whether the last change of a check was told, or it changes again and again.
 */
bool facts_is_told(const struct facts *facts, unsigned check);

/**
 * facts_key() - a number for a name, the same in all versions and configurations; never 0.
 */
uint32_t facts_key(const char *name);

/**
 * facts_describe() - a check in words, and why it is as it is.
 * @key: facts_key() of its name.
 * @buf: FACTS_TEXT_SIZE bytes.
 *
 * Return: @buf.
 */
const char *facts_describe(const struct facts *facts, uint32_t key, char *buf);

/**
 * facts_get() - all that the board has of a check.
 *
 * Return: whether there is anything.
 */
bool facts_get(const struct facts *facts, unsigned check, struct fact *ret_fact);

#endif
