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

/**
 * conf_track_connected() - warn of weights that can never do anything: above the highest priority,
 * or below the lowest one. Behind conf_track_check(), when it is known what each check is.
 * @owner: the router's group.
 */
void conf_track_connected(const struct conf_place *owner, const struct conf *conf,
			  const struct conf_router *router);

#endif
