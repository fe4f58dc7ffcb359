/* SPDX-License-Identifier: MIT */
/*
 * The families of a router, and what IPv6 asks of one: the link-local address that it advertises
 * first (RFC 9568 §5.2.9) and the one that it sends from (§5.1.2.1). A router whose addresses are
 * of both families consists of two members, one for each.
 */
#ifndef CONF_FAMILY_H
#define CONF_FAMILY_H

#include "schema.h"

/**
 * conf_family_set() - find the families of a router by its addresses, make its members when they
 * are two, and put the address of link_local before those of IPv6. Errors are told.
 * @group: of the router.
 */
void conf_family_set(const struct conf_place *group, struct conf_router *router);

/**
 * conf_family_count() - of how many families a router is: 1 or 2.
 */
unsigned conf_family_count(const struct conf_router *router);

/**
 * conf_family_member() - a router as it is in one of its families; itself if it has one only.
 * @i: below conf_family_count().
 */
const struct conf_router *conf_family_member(const struct conf_router *router, unsigned i);

/**
 * conf_family_added() - how many addresses stand in front of the list without being in the file: 0
 * or 1.
 * @router: of one family.
 */
unsigned conf_family_added(const struct conf_router *router);

#endif
