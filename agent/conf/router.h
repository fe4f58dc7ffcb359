/* SPDX-License-Identifier: MIT */
/*
 * What the keys of a router must have in common, and what only one router may have. Keys with a
 * subject of their own have a file of their own; here is the order in which those are asked.
 */
#ifndef CONF_ROUTER_H
#define CONF_ROUTER_H

#include "schema.h"

/* How long an interval may be, by the version; what is expected instead of another one. */
#define CONF_INTERVAL_V3 "a duration from \"10ms\" to \"40.95s\""
#define CONF_INTERVAL_V2 "whole seconds from \"1s\" to \"255s\" in version 2"

/**
 * conf_router_check() - the `check` of the schema of routers: complete what was read, and tell what
 * is wrong with the keys together.
 * @group: the router's.
 * @base: struct conf_router.
 */
void conf_router_check(const struct conf_place *group, void *base);

#endif
