/* SPDX-License-Identifier: MIT */
/*
 * Gratuitous ARP and unsolicited neighbour advertisements: garp_* and gna_*.
 */
#ifndef IMPORT_ANNOUNCE_H
#define IMPORT_ANNOUNCE_H

#include "import_map.h"

/**
 * import_announce() - the group announce of a router.
 * @interface: NULL: it has none.
 */
void import_announce(struct import *import, struct subject *instance, struct setting *router,
		     unsigned family, const char *interface);

/**
 * import_announce_globals() - report what stands in global_defs and garp_group.
 */
void import_announce_globals(struct import *import);

#endif
