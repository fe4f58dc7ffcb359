/* SPDX-License-Identifier: MIT */
/*
 * The blocks of a keepalived.conf as a tree of keywords, with the words behind each split as
 * keepalived splits them. It knows braces and quotes, but no keyword.
 */
#ifndef KEEPALIVED_TREE_H
#define KEEPALIVED_TREE_H

#include "keepalived_lines.h"

#define KEEPALIVED_NESTING_MAX 32 /* blocks in each other */

struct keepalived_node {
	struct keepalived_node *next, *first, *last, *parent;
	struct keepalived_node *again; /* who reads it: the next of the same keyword in its block */
	struct origin origin;
	const char *text;         /* the line */
	const char *const *words; /* the keyword first; a double quote is around what has blanks */
	unsigned words_n;         /* at least one, but for the root */
	bool has_block;           /* was followed by braces, if there is nothing between them */
	struct origin begin, end; /* of the braces */
	unsigned at;              /* its place among all lines */
	bool judged;              /* who reads it: it was reported */
};

/**
 * keepalived_tree() - the tree of a file's lines.
 * @report: braces without a counterpart, with the line of the one that opens.
 *
 * Return: the root, in the arena.
 */
struct keepalived_node *keepalived_tree(struct arena *arena, struct report *report,
					const struct keepalived_line *lines);

/**
 * keepalived_words() - split a line the way scripts are: both quotes, which may stand within a
 * word, and escapes.
 * @ret_words: in the arena.
 *
 * Return: how many; 0 when a quote is not closed, or there is nothing.
 */
unsigned keepalived_words(struct arena *arena, const char *text, const char *const **ret_words);

#endif
