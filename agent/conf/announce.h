/* SPDX-License-Identifier: MIT */
/*
 * What the keys of a router's announcements must have in common, and what the protocol makes of
 * them.
 */
#ifndef CONF_ANNOUNCE_H
#define CONF_ANNOUNCE_H

#include "schema.h"

/**
 * conf_announce_set() - the schedule of a router whose family is known.
 * @group: the router's.
 * @router: its announce was read; vrrp.announce is set, unless there was an error.
 */
void conf_announce_set(const struct conf_place *group, struct conf_router *router);

#endif
