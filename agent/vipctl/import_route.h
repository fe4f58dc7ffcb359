/* SPDX-License-Identifier: MIT */
/*
 * virtual_routes and virtual_rules, in the words of ip(8).
 */
#ifndef IMPORT_ROUTE_H
#define IMPORT_ROUTE_H

#include "import_map.h"

/**
 * import_routes() - the lists routes and rules of a router, if it has any.
 */
void import_routes(struct import *import, struct subject *instance, struct setting *router);

#endif
