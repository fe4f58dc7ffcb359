/* SPDX-License-Identifier: MIT */
/*
 * Configurations of other programs and of other formats, recognised as a whole: one error that says
 * what it is instead of many that say what it is not.
 */
#ifndef CONF_FOREIGN_H
#define CONF_FOREIGN_H

#include "parse.h"

/**
 * conf_foreign_tell() - of a text that is no configuration, what it is.
 * @text: ends with a zero.
 * @before: how many errors there were before its form was checked; those behind are replaced when
 *	it is something else as a whole.
 */
void conf_foreign_tell(struct conf_parse *parse, const char *text, unsigned before);

#endif
