/* SPDX-License-Identifier: MIT */
#include "twins.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "routers_private.h"

static uint32_t *chain_of(const struct twins *twins, const struct kern_address *address)
{
	const union kern_entry entry = { .address = *address };

	return &twins->by_bytes[kern_kinds[KERN_KIND_ADDRESS]->hash(&entry) & twins->mask];
}

static const struct kern_address *address_of(const struct routers *routers, uint32_t want)
{
	return &kern_wants_get(routers->wants, want)->address;
}

int twins_init(struct routers *routers)
{
	struct twins *twins = &routers->twins;
	uint32_t chains_n = 16;

	while (chains_n < routers->wants_n)
		chains_n *= 2;
	twins->mask = chains_n - 1;
	twins->all = calloc(routers->wants_n + 1, sizeof(*twins->all));
	twins->untold = calloc(routers->wants_n + 1, sizeof(*twins->untold));
	twins->by_bytes = calloc(chains_n, sizeof(*twins->by_bytes));
	if (!twins->all || !twins->untold || !twins->by_bytes)
		return -ENOMEM;
	for (unsigned i = 0; i < routers->wants_n; i++) {
		uint32_t *chain;

		if (kern_wants_get(routers->wants, i)->kind != KERN_KIND_ADDRESS)
			continue;
		chain = chain_of(twins, address_of(routers, i));
		twins->all[i].next = *chain;
		*chain = i + 1;
	}
	return 0;
}

void twins_fini(struct routers *routers)
{
	free(routers->twins.all);
	free(routers->twins.untold);
	free(routers->twins.by_bytes);
}

static bool is_same(const struct kern_address *a, const struct kern_address *b)
{
	return a->family == b->family && memcmp(a->bytes, b->bytes, sizeof(a->bytes)) == 0;
}

int twins_find(const struct routers *routers, const struct kern_address *address, int after)
{
	uint32_t i =
		after < 0 ? *chain_of(&routers->twins, address) : routers->twins.all[after].next;

	while (i && !is_same(address_of(routers, i - 1), address))
		i = routers->twins.all[i - 1].next;
	return (int)i - 1;
}

/* Whether some router of ours has the address there. */
static bool is_configured(const struct routers *routers, const struct kern_address *address)
{
	uint32_t i = *chain_of(&routers->twins, address);

	for (; i; i = routers->twins.all[i - 1].next)
		if (address_of(routers, i - 1)->ifindex == address->ifindex &&
		    is_same(address_of(routers, i - 1), address))
			return true;
	return false;
}

/* An owner's address is the interface's own, also where it has another place on a macvlan. */
static bool is_owners(const struct routers *routers, uint32_t want, int ifindex)
{
	const struct router *router = &routers->all[kern_wants_get(routers->wants, want)->owner];

	return vrrp_is_owner(&router->vr) && virtual_mac_has(routers, router, want) &&
	       router_lan(routers, router)->ifindex == ifindex;
}

static void come(struct twins *twins, unsigned want, int ifindex)
{
	struct twin *twin = &twins->all[want];

	if (twin->ifindex && twin->ifindex != ifindex && twin->shown == twins->dumps)
		return; /* one is enough to know of */
	twin->shown = twins->dumps;
	if (!twin->ifindex && !twin->untold)
		twins->untold[twins->untold_n++] = want;
	twin->untold |= !twin->ifindex;
	twin->ifindex = ifindex;
}

void twins_see(struct routers *routers, const struct kern_object *object)
{
	struct twins *twins = &routers->twins;
	const struct kern_address *address = &object->address;
	bool ours = address->mark == KERN_ADDRESS_MARK;
	uint32_t i = *chain_of(twins, address);

	if (!i || (!object->gone && ours) || is_configured(routers, address) ||
	    (address->family == 6 && kern_address_is_link_local(address)))
		return;
	for (; i; i = twins->all[i - 1].next) {
		if (!is_same(address_of(routers, i - 1), address) ||
		    is_owners(routers, i - 1, address->ifindex))
			continue;
		if (!object->gone)
			come(twins, i - 1, address->ifindex);
		else if (twins->all[i - 1].ifindex == address->ifindex)
			twins->all[i - 1].ifindex = 0;
	}
}

void twins_dump_begin(struct routers *routers)
{
	routers->twins.dumps++;
}

void twins_dump_end(struct routers *routers)
{
	struct twins *twins = &routers->twins;

	for (unsigned i = 0; i < routers->wants_n; i++)
		if (twins->all[i].shown != twins->dumps)
			twins->all[i].ifindex = 0;
}

void twins_tell(struct routers *routers)
{
	struct twins *twins = &routers->twins;

	for (unsigned i = 0; i < twins->untold_n; i++) {
		unsigned want = twins->untold[i];
		struct router *router = &routers->all[kern_wants_get(routers->wants, want)->owner];
		struct journal_router journal = router_journal(routers, router);
		unsigned address = want - router->want;

		twins->all[want].untold = false;
		if (twins->all[want].ifindex)
			journal_address_twin(&journal, &router->conf->addresses[address],
					     twins->all[want].ifindex);
	}
	twins->untold_n = 0;
}

int twins_of(const struct routers *routers, unsigned want)
{
	int ifindex = routers->twins.all[want].ifindex;

	/* Its own interface may have become that one by now. */
	return ifindex == address_of(routers, want)->ifindex ? 0 : ifindex;
}
