/* SPDX-License-Identifier: MIT */
#include "accept.h"

#include <string.h>

#include "netlink/filter_change.h"
#include "routers_private.h"

unsigned accept_wants_n(const struct conf_router *conf)
{
	return conf->accept ? 0 : conf->addresses_n + conf->extra_n;
}

/* On the interface that the address is wanted on. */
void accept_add(struct routers *routers, struct router *router)
{
	unsigned n = accept_wants_n(router->conf);

	router->filter = routers->wants_n;
	for (unsigned i = 0; i < n; i++) {
		const struct kern_want *address = kern_wants_get(routers->wants, router->want + i);
		struct kern_want want = { .kind = KERN_KIND_FILTER,
					  .interface = address->interface,
					  .owner = address->owner };

		want.entry.filter = (struct kern_filter){ .action = KERN_FILTER_DELIVERY,
							  .family = address->address.family };
		memcpy(want.entry.filter.bytes, address->address.bytes,
		       sizeof(want.entry.filter.bytes));
		kern_wants_need(routers->wants, router->want + i,
				kern_wants_add(routers->wants, &want));
		routers->wants_n++;
	}
}

void accept_want(struct routers *routers, const struct router *router, unsigned address,
		 bool wanted)
{
	if (!router->conf->accept)
		kern_wants_want(routers->wants, router->filter + address, wanted);
}

int accept_prepare(struct routers *routers)
{
	for (unsigned i = 0; i < routers->n; i++)
		if (!routers->all[i].conf->accept)
			return kern_filter_probe(KERN_FILTER_DELIVERY);
	return 0;
}
