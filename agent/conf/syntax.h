/* SPDX-License-Identifier: MIT */
/*
 * Whether a text is a configuration at all. libconfig stops at its first error and has one text for
 * all of them; here each has its own, that names the token, where it stands and what to do.
 */
#ifndef CONF_SYNTAX_H
#define CONF_SYNTAX_H

#include "parse.h"

#define CONF_NESTING_MAX 32

/**
 * conf_syntax_check() - tell all errors of form that can be told apart from each other.
 *
 * What passes is read by libconfig as it is meant. Some of what libconfig would take is refused
 * since it is hardly ever meant: a list without a comma between two strings, a string over several
 * lines, a number with a leading zero or with more bits than are kept.
 * @text: ends with a zero.
 */
void conf_syntax_check(struct conf_parse *parse, const char *text);

#endif
