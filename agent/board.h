/* SPDX-License-Identifier: MIT */
/*
 * The board: what checks have found, in memory that outlives checker and router process. One
 * process writes, the checker, which has no rights and may be anything but honest; others read, and
 * believe no length and no word of it. A fact is written between two changes of its number, so that
 * a reader sees all of it or knows that it does not; a writer that dies in the midst of that leaves
 * a fact that is read as the one before by nobody, and written anew by its successor.
 *
 * Facts are found by the name of their check, and stay where they are as long as there is one. Each
 * change of a value is told by an eventfd. Versions of vipd share it: a fact only grows at its end,
 * numbers never change, and zero is what was before a member existed.
 */
#ifndef BOARD_H
#define BOARD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define BOARD_NAME_SIZE   33
#define BOARD_ERROR_SIZE  128
#define BOARD_OUTPUT_SIZE 4096
#define BOARD_FACTS_MAX   8192
#define BOARD_NONE        UINT32_MAX

enum board_value {
	BOARD_UNKNOWN, /* nobody has answered yet */
	BOARD_UP,
	BOARD_DOWN,
	BOARD_VALUES_COUNT,
};

/* Times are CLOCK_MONOTONIC. */
struct fact {
	char name[BOARD_NAME_SIZE]; /* of the check; empty: the place is free */
	uint8_t value;              /* enum board_value */
	uint8_t good;               /* the last answer was */
	uint8_t hung;               /* asking it has taken a checker's whole time: board_hung() */
	uint8_t excused;            /* it could not be asked since that: @error says why */
	uint8_t reserved[3];
	uint64_t definition; /* of the check: another one is another check */
	int32_t number;      /* of a file with a number; else 0 */
	uint32_t in_row;     /* answers like the last one, one after the other */
	int64_t since_ns;    /* of the value */
	int64_t answered_ns; /* the last answer; 0: none */
	int64_t next_ns;     /* when it is asked again */
	int64_t took_ns;     /* the last answer */
	uint64_t answers, bad, timed_out;
	uint32_t output_len, reserved2;
	char error[BOARD_ERROR_SIZE]; /* of the last answer; empty of a good one */
};

struct board;

/**
 * board_new() - the memory of a board.
 *
 * Return: a descriptor to be handed to writer and readers; or -errno.
 */
int board_new(void);

/**
 * board_open() - map a board.
 * @fd: of board_new(); borrowed, and needed until board_close().
 * @event_fd: told of each change, or read by whoever wants to know; borrowed; -1: nobody is told.
 * @writes: there is one writer at a time.
 * @ret_board: owned by the caller.
 *
 * Return: 0; -EPROTO when it is of a version that does not fit; another -errno.
 */
int board_open(int fd, int event_fd, bool writes, struct board **ret_board);

/**
 * board_close() - unmap; NULL is allowed.
 */
void board_close(struct board *board);

/**
 * board_count() - places up to and with the last one that is taken.
 */
unsigned board_count(const struct board *board);

/**
 * board_get() - one fact, checked: its texts end, its words are known.
 * @place: below BOARD_FACTS_MAX.
 *
 * Return: whether there is one, and could be read: else ask again later.
 */
bool board_get(struct board *board, uint32_t place, struct fact *ret_fact);

/**
 * board_number() - changes when the fact does, and costs almost nothing; 0: there was none ever.
 */
uint32_t board_number(struct board *board, uint32_t place);

/**
 * board_output() - the last output of a check.
 * @fd: of board_new().
 * @buf: BOARD_OUTPUT_SIZE bytes, not a text.
 *
 * Return: how many bytes; 0 also when it cannot be read.
 */
size_t board_output(int fd, uint32_t place, const struct fact *fact, char *buf);

/**
 * board_is_taken() - whether a place has a check, be its fact readable or not.
 */
bool board_is_taken(const struct board *board, uint32_t place);

/**
 * board_find() - the place of a check; by the writer alone.
 *
 * Return: BOARD_NONE when there is none.
 */
uint32_t board_find(const struct board *board, const char *name);

/**
 * board_take() - the place of a check, an own one or a free one; write its fact before the next one
 * is taken.
 *
 * Return: BOARD_NONE when all are taken.
 */
uint32_t board_take(struct board *board, const char *name);

/**
 * board_put() - write a fact. Who wants to know is told when its value or its number is another one
 * than before.
 */
void board_put(struct board *board, uint32_t place, const struct fact *fact);

/**
 * board_put_output() - what a command has written; before the fact that has its length.
 * @len: at most BOARD_OUTPUT_SIZE.
 */
void board_put_output(struct board *board, uint32_t place, const char *output, size_t len);

/**
 * board_at_work() - where the writer leaves the mark of the check that it is just asking, as that
 * may take it for ever: one more than its place; 0: none.
 */
volatile uint32_t *board_at_work(struct board *board);

/**
 * board_hung() - the check that the writer before this one was asking when it was killed, if that
 * had lasted for BOARD_HUNG_NS. By the writer, before its first turn.
 *
 * Return: a place, or BOARD_NONE.
 */
uint32_t board_hung(struct board *board, int64_t now_ns);
#define BOARD_HUNG_NS INT64_C(500000000) /* less than any check is waited for */

/**
 * board_turn() - the writer is there, and begins to do what is due.
 * @excused_n: so many checks it cannot ask, and says why.
 */
void board_turn(struct board *board, unsigned excused_n, int64_t now_ns);

/**
 * board_is_excused() - whether the writer is there, and says itself that it does not ask some
 * checks: another one could not, either.
 * @fd: of board_new().
 */
bool board_is_excused(int fd, int64_t now_ns);

/* A writer that excuses a check has a turn so often. */
#define BOARD_TURN_NS INT64_C(1000000000)

/**
 * board_clear() - nobody has that check any more: its place is free.
 */
void board_clear(struct board *board, uint32_t place);

#endif
