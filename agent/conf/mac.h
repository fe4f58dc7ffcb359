/* SPDX-License-Identifier: MIT */
/*
 * The virtual MAC of a router (RFC 9568 §7.3), and the name of the macvlan that carries it: what a
 * file need not say, and what only one router may have.
 */
#ifndef CONF_MAC_H
#define CONF_MAC_H

#include "schema.h"

/**
 * conf_mac_set() - give a router with a virtual MAC what its file does not say, one of both
 * families in each of them, or tell that one without has no use for it. Errors are told.
 * @group: of the router, whose families are known.
 */
void conf_mac_set(const struct conf_place *group, struct conf_router *router);

/**
 * conf_mac_check_names() - no macvlan may have the name of an interface that the file has a
 * router or an address on.
 * @file: the place of all.
 */
void conf_mac_check_names(const struct conf_place *file, const struct conf *conf);

#endif
