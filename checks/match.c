/* SPDX-License-Identifier: MIT */
#include "match.h"

#include <assert.h>
#include <string.h>

static unsigned step(const struct check_match *match, unsigned matched, char byte)
{
	while (matched && match->text[matched] != byte)
		matched = match->fallback[matched - 1];
	return matched + (match->text[matched] == byte);
}

void check_match_set(struct check_match *match, const char *text)
{
	unsigned matched = 0;

	match->text = text;
	match->len = (unsigned)strlen(text);
	assert(match->len >= 1 && match->len <= CHECK_MATCH_MAX);
	match->fallback[0] = 0;
	for (unsigned i = 1; i < match->len; i++) {
		matched = step(match, matched, text[i]);
		match->fallback[i] = (uint8_t)matched;
	}
	match->matched = 0;
}

void check_match_begin(struct check_match *match)
{
	match->matched = 0;
}

bool check_match_more(struct check_match *match, const char *bytes, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		match->matched = step(match, match->matched, bytes[i]);
		if (match->matched == match->len)
			return true;
	}
	return false;
}
