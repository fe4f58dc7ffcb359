/* SPDX-License-Identifier: MIT */
/*
 * An instance becomes a virtual router.
 */
#ifndef IMPORT_ROUTER_H
#define IMPORT_ROUTER_H

#include "import_map.h"

/**
 * import_routers_name() - give each instance its name, before groups refer to it.
 */
void import_routers_name(struct import *import);

/**
 * import_routers() - the list of routers.
 */
void import_routers(struct import *import);

/**
 * import_group_of() - the sync group that names an instance; NULL: it is in none.
 */
struct subject *import_group_of(const struct import *import, const struct subject *instance);

#endif
