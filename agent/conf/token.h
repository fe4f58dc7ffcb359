/* SPDX-License-Identifier: MIT */
/*
 * The words of a configuration's text, as libconfig parts them; and what strangers write instead:
 * other quotes, other blanks, other comments, texts without quotes. What is no word of the language
 * at all is told here, and read as what it was meant for, so that all of it is found in one run.
 */
#ifndef CONF_TOKEN_H
#define CONF_TOKEN_H

#include "parse.h"

enum conf_token_type {
	CONF_TOKEN_END,
	CONF_TOKEN_NAME,   /* what can be a key */
	CONF_TOKEN_NUMBER, /* with a fraction or without */
	CONF_TOKEN_BOOLEAN,
	CONF_TOKEN_STRING,
	CONF_TOKEN_BARE, /* any other run of characters */
	CONF_TOKEN_MARK, /* one of = : , ; ( ) [ ] { } and what else there is */
};

struct conf_token {
	enum conf_token_type type;
	const char *text; /* borrowed; with its quotes */
	int len;          /* at most CONF_TOKEN_SHOWN: no more is ever shown */
	unsigned line;
};

#define CONF_TOKEN_SHOWN 40

struct conf_scanner {
	struct conf_parse *parse; /* whom errors are told */
	const char *at;           /* ends with a zero */
	unsigned line;
	bool value; /* a value is due: a colon is no equals sign then */
	bool lost;  /* a quote was not closed: brackets may be missing */
};

/**
 * conf_token_next() - the next word. Comments and blanks are skipped.
 */
void conf_token_next(struct conf_scanner *scanner, struct conf_token *ret_token);

/**
 * conf_token_is() - whether a token is this word or mark.
 */
bool conf_token_is(const struct conf_token *token, const char *text);

/**
 * conf_odd_character() - the first character of a text that is not printable ASCII.
 * @buf: 64 bytes; in words: "a no-break space (U+00A0)".
 *
 * Return: how many bytes it has; 0 when there is none.
 */
unsigned conf_odd_character(const char *text, char *buf);

#endif
