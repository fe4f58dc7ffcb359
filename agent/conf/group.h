/* SPDX-License-Identifier: MIT */
/*
 * Routers with one fate: groups of them, and the list of all routers, in which those that share one
 * are next to each other.
 */
#ifndef CONF_GROUP_H
#define CONF_GROUP_H

#include "schema.h"

/* Of struct conf_group. */
extern const struct conf_schema conf_group_schema;

/**
 * conf_group_flatten() - make the list of all routers, each of one family. A group's come where its
 * first one is in the file. Errors are told.
 */
void conf_group_flatten(const struct conf_place *file, struct conf *conf);

#endif
