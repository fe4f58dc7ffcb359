/* SPDX-License-Identifier: MIT */
/*
 * Routers with one fate: groups of them, and the list of all routers, in which those that share one
 * are next to each other.
 */
#ifndef CONF_GROUP_H
#define CONF_GROUP_H

#include "schema.h"

/**
 * conf_group_check() - what can be told of one group alone; a schema's check().
 */
void conf_group_check(const struct conf_place *place, void *base);

/**
 * conf_group_flatten() - make the list of all routers, each of one family. A group's come where its
 * first one is in the file. Errors are told.
 */
void conf_group_flatten(const struct conf_place *file, struct conf *conf);

#endif
