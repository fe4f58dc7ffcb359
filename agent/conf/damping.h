/* SPDX-License-Identifier: MIT */
/*
 * What routers and groups say about changing too often.
 */
#ifndef CONF_DAMPING_H
#define CONF_DAMPING_H

#include "schema.h"

/* Of struct conf_damping. */
extern const struct conf_schema conf_damping_schema;

/**
 * conf_damping_check() - warn of damping that can damp nothing.
 * @group: that has the key, of a router or of a group.
 * @damping: what it says; all zero: nothing.
 * @router: that it is for.
 */
void conf_damping_check(const struct conf_place *group, const struct conf_damping *damping,
			const struct conf_router *router);

#endif
