/* SPDX-License-Identifier: MIT */
/*
 * The keys of checks, and what is wrong with them as a whole: kinds that do not go together, checks
 * that are made of each other, or that nobody uses.
 */
#ifndef CONF_CHECK_H
#define CONF_CHECK_H

#include "schema.h"

extern const struct conf_schema conf_check_schema;

/**
 * conf_check_connect() - find the checks that others are made of, and those that routers and groups
 * track, by name. The errors of all, and a warning for one that nobody needs.
 * @file: the place of the file.
 */
void conf_check_connect(const struct conf_place *file, struct conf *conf);

/**
 * conf_check_kind() - the row of a check's kind.
 */
const struct conf_key *conf_check_kind(const struct check_config *check);

#endif
