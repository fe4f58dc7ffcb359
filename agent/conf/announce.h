/* SPDX-License-Identifier: MIT */
/*
 * What the keys of a router's announcements must have in common, and what the protocol makes of
 * them.
 */
#ifndef CONF_ANNOUNCE_H
#define CONF_ANNOUNCE_H

#include "schema.h"

/**
 * conf_announce_check() - tell what is wrong with the keys together.
 * @group: the router's.
 */
void conf_announce_check(const struct conf_place *group, const struct conf_announce *announce);

/**
 * conf_announce_set() - the schedule of a router whose family is known.
 * @router: its announce was read; vrrp.announce is set, unless there is an error in it.
 */
void conf_announce_set(struct conf_router *router);

#endif
