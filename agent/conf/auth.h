/* SPDX-License-Identifier: MIT */
/*
 * What the keys of a router's authentication must have in common: which belong to which type, and
 * what the versions of VRRP have room for. The file with the keys is not read here: a configuration
 * can be checked on any host, by anybody.
 */
#ifndef CONF_AUTH_H
#define CONF_AUTH_H

#include "schema.h"

/**
 * conf_auth_check() - tell what is wrong with the keys together, and find the window of a router
 * that has none.
 * @group: the router's.
 */
void conf_auth_check(const struct conf_place *group, struct conf_router *router);

/**
 * conf_auth_number_files() - give each file with keys a number, for all routers that name it.
 * @conf: its routers are complete.
 */
void conf_auth_number_files(const struct conf_place *file, struct conf *conf);

#endif
