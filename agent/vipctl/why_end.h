/* SPDX-License-Identifier: MIT */
/*
 * How a vipd ended that does not run any more, from what the journal has of it: whether it was
 * stopped, or ended without a word.
 */
#ifndef WHY_END_H
#define WHY_END_H

#include "why_facts.h"

/* Programs rely on its word. */
enum why_end {
	WHY_END_UNKNOWN, /* the journal has nothing, or cannot be read */
	WHY_END_STOPPED, /* somebody asked it to */
	WHY_END_GAVE_UP, /* its router processes died too often */
	WHY_END_KILLED,  /* it ended without a word, or its keeper did */
	WHY_END_COUNT,
};

#define WHY_END_SIZE 300

/**
 * why_is_over() - whether nobody listens on a control socket.
 */
bool why_is_over(const char *path);

/**
 * why_judge_end() - pure.
 * @buf: WHY_END_SIZE bytes: the same in a sentence.
 */
enum why_end why_judge_end(const struct why_facts *facts, char *buf);

/**
 * why_tell_end() - say it: on standard error, and as JSON.
 * @reason: what asking came to.
 *
 * Return: EXIT_FAILURE.
 */
int why_tell_end(const struct why_facts *facts, const char *reason, bool json);

#endif
