/* SPDX-License-Identifier: MIT */
/*
 * Between whom adverts go: source, peers, multicast group, and the form of their checksum.
 */
#ifndef IMPORT_PEERS_H
#define IMPORT_PEERS_H

#include "import_election.h"

/**
 * import_peers_look() - find out family, interface, and whether there are peers.
 */
void import_peers_look(struct import *import, struct router *router);

/**
 * import_peers() - source, unicast, group_address and checksum.
 */
void import_peers(struct import *import, const struct router *router);

/**
 * import_peers_globals() - report what stands in global_defs.
 */
void import_peers_globals(struct import *import);

#endif
