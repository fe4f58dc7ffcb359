/* SPDX-License-Identifier: MIT */
/*
 * authentication and auth_hmac. What is secret goes into files of its own.
 */
#ifndef IMPORT_AUTH_H
#define IMPORT_AUTH_H

#include "import_map.h"

/**
 * import_auth() - the group auth of a router, if it has one.
 * @version: of VRRP.
 * @name: of the router.
 */
void import_auth(struct import *import, struct subject *instance, struct setting *router,
		 unsigned version, const char *name);

#endif
