/* SPDX-License-Identifier: MIT */
/*
 * Definitions of a keepalived.conf, $NAME=value, of one line or of several, and their use as $NAME
 * and ${NAME}; and the generators ~SEQ and ~LST, of which only the head is read here. As keepalived
 * has them: put in when they are used, one into the other, and left as they are without a
 * definition.
 */
#ifndef KEEPALIVED_MACRO_H
#define KEEPALIVED_MACRO_H

#include <stdbool.h>

#include "arena.h"
#include "import_report.h"

#define KEEPALIVED_LIST_MAX 64 /* variables of one ~LST */

struct macro_line {
	struct macro_line *next;
	struct origin origin;
	const char *text;
};

struct macro {
	struct macro *next;
	const char *name;
	bool has_lines;           /* and not one value */
	struct macro_line *first; /* of the value; NULL: it is empty */
	struct macro_line **end;
};

struct macros {
	struct arena *arena; /* borrowed */
	struct macro *first;
};

/**
 * macros_define() - take a line if it is a definition.
 * @text: without a comment; "\" at its end: more lines follow, see macro_add().
 * @ret_more: whether they do.
 *
 * Return: the macro; NULL when the line is something else.
 */
struct macro *macros_define(struct macros *macros, const char *text, const struct origin *origin,
			    bool *ret_more);

/**
 * macro_add() - another line of a definition.
 * @text: as above; one that has nothing but "\" adds nothing.
 *
 * Return: whether more follow.
 */
bool macro_add(struct macros *macros, struct macro *macro, const char *text,
	       const struct origin *origin);

/**
 * macros_set() - define, or define anew.
 * @name: @len characters.
 */
void macros_set(struct macros *macros, const char *name, size_t len, const char *value);

/**
 * macros_use() - put in the first macro of a line.
 * @text: replaced by what it is then. Of a macro of several lines, the last thing on its line, the
 *	first of them is put in here.
 *
 * Return: false when there is none. @ret_lines: the lines of one of several, the first of which is
 * in @text already; NULL: it was another one.
 */
bool macros_use(struct macros *macros, const char **text, const struct macro_line **ret_lines);

/**
 * macros_is_placeholder() - whether a line has a $NAME or ${NAME} outside of quotes that nothing
 * was put in for.
 * @ret_name: printable, of the arena.
 */
bool macros_is_placeholder(struct macros *macros, const char *text, const char **ret_name);

/* The head of a ~SEQ or ~LST: rounds, each with values of its variables. */
struct generator {
	bool hex;
	long start, step, last; /* of ~SEQ */
	unsigned names_n;
	const char *names[KEEPALIVED_LIST_MAX];
	const char *values; /* of ~LST: what is left of them */
	const char *text;   /* behind the head */
};

/**
 * macros_generator() - the head of a generator.
 * @text: begins with ~SEQ or ~LST.
 * @ret_why: on failure: what is wrong, constant.
 */
bool macros_generator(struct macros *macros, const char *text, struct generator *ret_generator,
		      const char **ret_why);

/**
 * macros_next() - define the variables of a generator for its next round.
 *
 * Return: false when there is none. @ret_why: of ~LST, what is wrong with a value; NULL: nothing.
 */
bool macros_next(struct macros *macros, struct generator *generator, const char **ret_why);

#endif
