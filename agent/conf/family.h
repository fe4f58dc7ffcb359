/* SPDX-License-Identifier: MIT */
/*
 * The family of a router, and what IPv6 asks of one: the link-local address that it advertises
 * first (RFC 9568 §5.2.9) and the one that it sends from (§5.1.2.1).
 */
#ifndef CONF_FAMILY_H
#define CONF_FAMILY_H

#include "schema.h"

/**
 * conf_family_set() - find the family of a router by its addresses, which have it in common, and
 * put the address of link_local before them. Errors are told.
 * @group: of the router.
 */
void conf_family_set(const struct conf_place *group, struct conf_router *router);

/**
 * conf_family_added() - how many addresses stand in front of the list without being in the file: 0
 * or 1.
 */
unsigned conf_family_added(const struct conf_place *group, const struct conf_router *router);

/**
 * conf_family_check_group() - whether a router can send to its group. The one that all have is
 * unsaid then.
 */
void conf_family_check_group(const struct conf_place *group, struct conf_router *router);

/**
 * conf_family_check_source() - whether a router can send from its source, which is not zero.
 */
void conf_family_check_source(const struct conf_place *group, const struct conf_router *router);

#endif
