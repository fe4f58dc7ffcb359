/* SPDX-License-Identifier: MIT */
/*
 * The routes and rules of a router: their keys, and what fits together. A route is of the family of
 * what it leads to; "default" of that of its way or its source, and without those of each family
 * that its router speaks, as is a rule that names no address.
 *
 * No two routes of a file may have one destination, metric and table, since the kernel has room for
 * one of them; no two rules one priority and table, since it could not tell them apart when one is
 * removed.
 */
#ifndef CONF_ROUTE_H
#define CONF_ROUTE_H

#include "schema.h"

extern const struct conf_schema conf_route_schema, conf_rule_schema;

/**
 * conf_route_set_all() - give the members of a router, or itself, the routes and rules of their
 * family, and claim these. Errors are told.
 * @group: of the router, which has its families.
 */
void conf_route_set_all(const struct conf_place *group, struct conf_router *router);

#endif
