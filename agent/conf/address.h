/* SPDX-License-Identifier: MIT */
/*
 * The options of an address: what fits together, and to its router. After the checks what is as by
 * default is unsaid, however the file has it, so that it makes no difference.
 */
#ifndef CONF_ADDRESS_H
#define CONF_ADDRESS_H

#include "schema.h"

/**
 * conf_address_check() - the check of the schema: options of one address. Errors are told.
 * @place: of the address.
 * @base: struct conf_address.
 */
void conf_address_check(const struct conf_place *place, void *base);

/**
 * conf_address_check_all() - the options of a router's addresses that depend on its interface.
 * Errors are told.
 * @group: of the router, which has its family.
 */
void conf_address_check_all(const struct conf_place *group, struct conf_router *router);

#endif
