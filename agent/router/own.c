/* SPDX-License-Identifier: MIT */
#include "own.h"

#include <stdlib.h>
#include <string.h>

#include "vrrp/packet.h"

static struct own_address entry_of(unsigned family, const uint8_t *bytes, unsigned interface)
{
	struct own_address entry = { .family = (uint8_t)family };

	memcpy(entry.bytes, bytes, sizeof(entry.bytes));
	if (vrrp_is_link_local(family, bytes))
		entry.interface = interface + 1;
	return entry;
}

static int compare(const void *a, const void *b)
{
	const struct own_address *x = a, *y = b;
	int order = memcmp(x->bytes, y->bytes, sizeof(x->bytes));

	if (order)
		return order;
	if (x->family != y->family)
		return x->family - y->family;
	return (x->interface > y->interface) - (x->interface < y->interface);
}

void own_add(struct own *own, unsigned family, const uint8_t *bytes, unsigned interface)
{
	own->all[own->n++] = entry_of(family, bytes, interface);
}

void own_sort(struct own *own)
{
	unsigned n = 0;

	if (own->n == 0)
		return;
	qsort(own->all, own->n, sizeof(*own->all), compare);
	for (unsigned i = 0; i < own->n; i++)
		if (i == 0 || compare(&own->all[n - 1], &own->all[i]) != 0)
			own->all[n++] = own->all[i];
	own->n = n;
}

static struct own_address *find(const struct own *own, const struct own_address *entry)
{
	return own->n ? bsearch(entry, own->all, own->n, sizeof(*own->all), compare) : NULL;
}

int own_where(const struct own *own, unsigned family, const uint8_t *bytes, unsigned interface)
{
	const struct own_address entry = entry_of(family, bytes, interface);
	const struct own_address *found = find(own, &entry);

	return found ? found->ifindex : 0;
}

static void put(struct own *own, struct own_address *entry, int ifindex)
{
	own->changed |= !entry->ifindex != !ifindex;
	entry->ifindex = ifindex;
}

bool own_see(struct own *own, const struct kern_address *address, bool gone, int interface)
{
	struct own_address entry, *found;

	if (own->n == 0 || (interface < 0 && vrrp_is_link_local(address->family, address->bytes)))
		return false;
	entry = entry_of(address->family, address->bytes, (unsigned)interface);
	found = find(own, &entry);
	if (!found)
		return false;
	if (gone && found->ifindex != address->ifindex)
		return false;
	put(own, found, gone ? 0 : address->ifindex);
	found->seen = !gone;
	return gone;
}

static bool is_on(const struct own_address *entry, int ifindex)
{
	return entry->ifindex && (ifindex == 0 || entry->ifindex == ifindex);
}

void own_dump_begin(struct own *own, int ifindex)
{
	for (unsigned i = 0; i < own->n; i++)
		if (is_on(&own->all[i], ifindex))
			own->all[i].seen = false;
}

void own_dump_end(struct own *own, int ifindex)
{
	for (unsigned i = 0; i < own->n; i++)
		if (is_on(&own->all[i], ifindex) && !own->all[i].seen)
			put(own, &own->all[i], 0);
}
