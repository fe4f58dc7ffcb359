/* SPDX-License-Identifier: MIT */
/*
 * Scripts, files and processes become checks. keepalived has a list of names for each of them,
 * vipd has one for all.
 */
#ifndef IMPORT_CHECK_H
#define IMPORT_CHECK_H

#include "import_map.h"

/**
 * import_checks_name() - give each its name, before others refer to it.
 */
void import_checks_name(struct import *import);

/**
 * import_checks() - the list of checks, of those that somebody tracks: keepalived does not run
 * others.
 */
void import_checks(struct import *import);

/**
 * import_command() - a program with its arguments, as keepalived makes them of a text.
 * @node: the line; the text is its word @at, with quotes and escapes within.
 * @parent: of the list @name that is added.
 *
 * Return: the list; NULL when there is something to decide, which is reported.
 */
struct setting *import_command(struct import *import, struct keepalived_node *node,
			       struct setting *parent, const char *name);

/**
 * import_user() - the user of a command: behind it, else script_user of global_defs.
 * @words: from @at on, a user and a group.
 * @ret_user: NULL: neither says one.
 *
 * Return: false when there is something wrong, which is reported.
 */
bool import_user(struct import *import, struct keepalived_node *node, const char *const *words,
		 unsigned words_n, unsigned at, const char **ret_user);

#endif
