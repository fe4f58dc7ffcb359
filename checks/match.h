/* SPDX-License-Identifier: MIT */
/*
 * A text searched in bytes that come piece by piece, none of which is kept: Knuth, Morris and
 * Pratt. Pure.
 */
#ifndef CHECKS_MATCH_H
#define CHECKS_MATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CHECK_MATCH_MAX 255

struct check_match {
	const char *text; /* borrowed */
	unsigned len, matched;
	uint8_t fallback[CHECK_MATCH_MAX]; /* how much still matches if the next byte does not */
};

/**
 * check_match_set() - look for a text.
 * @text: borrowed; 1 to CHECK_MATCH_MAX bytes.
 */
void check_match_set(struct check_match *match, const char *text);

/**
 * check_match_begin() - from the start of the bytes.
 */
void check_match_begin(struct check_match *match);

/**
 * check_match_more() - the next bytes.
 *
 * Return: whether the text is complete with them; then it is not called again before
 * check_match_begin().
 */
bool check_match_more(struct check_match *match, const char *bytes, size_t len);

#endif
