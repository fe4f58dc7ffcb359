/* SPDX-License-Identifier: MIT */
/*
 * What a router with unicast peers must be (draft-abinabraham-vrrp-unicast §7): checks of its keys
 * together. Whether a peer is the host itself only the host that runs can tell.
 */
#ifndef CONF_UNICAST_H
#define CONF_UNICAST_H

#include "schema.h"

/**
 * conf_unicast_check_peer() - a schema's check(): what an address is of is found.
 */
void conf_unicast_check_peer(const struct conf_place *peer, void *base);

/**
 * conf_unicast_check_group() - a schema's check(): peers without a min_ttl have that of all.
 */
void conf_unicast_check_group(const struct conf_place *group, void *base);

/**
 * conf_unicast_set_interface() - where a router with peers lives that names no interface: on the
 * loopback. An error where the peers are of one link.
 */
void conf_unicast_set_interface(const struct conf_place *group, struct conf_router *router);

/**
 * conf_unicast_check() - the peers of a router beside its family, its addresses and its source.
 */
void conf_unicast_check(const struct conf_place *group, const struct conf_router *router);

#endif
