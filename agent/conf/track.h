/* SPDX-License-Identifier: MIT */
/*
 * What routers and groups track.
 */
#ifndef CONF_TRACK_H
#define CONF_TRACK_H

#include "schema.h"

/* Of struct conf_track. */
extern const struct conf_schema conf_track_schema;

/**
 * conf_track_check() - what a router tracks beside what else it is.
 * @group: of the router.
 */
void conf_track_check(const struct conf_place *group, const struct conf_router *router);

#endif
