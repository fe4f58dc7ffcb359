/* SPDX-License-Identifier: MIT */
/*
 * virtual_ipaddress and virtual_ipaddress_excluded.
 */
#ifndef IMPORT_ADDRESS_H
#define IMPORT_ADDRESS_H

#include "import_map.h"

/* What an address depends on of its router. */
struct address_rules {
	unsigned family;       /* that is advertised */
	const char *interface; /* the router's; NULL: it has none */
	const char *fallback;  /* where an address is then that names none */
	const char *macvlan;   /* the name that labels begin with; NULL: the interface */
};

/**
 * import_addresses() - the lists addresses and extra_addresses.
 * @ret_link_local: whether the first one that is advertised is link-local.
 *
 * Return: how many are advertised.
 */
unsigned import_addresses(struct import *import, struct subject *instance, struct setting *router,
			  const struct address_rules *rules, bool *ret_link_local);

#endif
