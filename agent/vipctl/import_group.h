/* SPDX-License-Identifier: MIT */
/*
 * A sync group becomes a group of routers.
 */
#ifndef IMPORT_GROUP_H
#define IMPORT_GROUP_H

#include "import_map.h"

/**
 * import_groups() - the list of groups.
 */
void import_groups(struct import *import);

#endif
