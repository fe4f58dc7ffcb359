/* SPDX-License-Identifier: MIT */
#include "interfaces.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* An interface in its two chains; numbers are plus 1, 0 ends a chain. */
struct entry {
	struct interface interface;
	bool made; /* by vipd: in no chain of names */
	uint32_t next_by_name;
	uint32_t next_by_index; /* while it has one */
	uint32_t shown;         /* the last dump that showed it */
};

struct interfaces {
	unsigned n, max;
	struct entry *all; /* owned, as the two below */
	uint32_t *by_name, *by_index;
	uint32_t mask;  /* of both */
	uint32_t dumps; /* so far: the number of the one that runs */
	unsigned macs_n;
	uint8_t macs[INTERFACES_MACS_MAX][6]; /* each once */
};

int interfaces_new(unsigned max, struct interfaces **ret_interfaces)
{
	struct interfaces *interfaces = calloc(1, sizeof(*interfaces));
	uint32_t chains_n = 16;

	if (!interfaces)
		return -ENOMEM;
	while (chains_n < max)
		chains_n *= 2;
	interfaces->max = max;
	interfaces->mask = chains_n - 1;
	interfaces->all = calloc(max + 1, sizeof(*interfaces->all));
	interfaces->by_name = calloc(chains_n, sizeof(*interfaces->by_name));
	interfaces->by_index = calloc(chains_n, sizeof(*interfaces->by_index));
	if (!interfaces->all || !interfaces->by_name || !interfaces->by_index) {
		interfaces_free(interfaces);
		return -ENOMEM;
	}
	*ret_interfaces = interfaces;
	return 0;
}

void interfaces_free(struct interfaces *interfaces)
{
	if (!interfaces)
		return;
	free(interfaces->all);
	free(interfaces->by_name);
	free(interfaces->by_index);
	free(interfaces);
}

/* FNV-1a. */
static uint32_t *chain_of_name(const struct interfaces *interfaces, const char *name)
{
	uint32_t hash = 2166136261u;

	for (; *name; name++)
		hash = (hash ^ (uint8_t)*name) * 16777619u;
	return &interfaces->by_name[(hash ^ hash >> 16) & interfaces->mask];
}

/* The kernel counts indices up: neighbours are in neighbouring chains. */
static uint32_t *chain_of_index(const struct interfaces *interfaces, int ifindex)
{
	return &interfaces->by_index[(uint32_t)ifindex & interfaces->mask];
}

static int find_name(const struct interfaces *interfaces, const char *name)
{
	uint32_t i = *chain_of_name(interfaces, name);

	while (i && strcmp(interfaces->all[i - 1].interface.name, name) != 0)
		i = interfaces->all[i - 1].next_by_name;
	return (int)i - 1;
}

int interfaces_at(const struct interfaces *interfaces, int ifindex)
{
	uint32_t i = ifindex ? *chain_of_index(interfaces, ifindex) : 0;

	while (i && interfaces->all[i - 1].interface.ifindex != ifindex)
		i = interfaces->all[i - 1].next_by_index;
	return (int)i - 1;
}

static struct entry *new_entry(struct interfaces *interfaces, const char *name)
{
	struct entry *entry = &interfaces->all[interfaces->n++];

	assert(interfaces->n <= interfaces->max && strlen(name) < KERN_LINK_NAME_SIZE);
	strcpy(entry->interface.name, name);
	return entry;
}

unsigned interfaces_add(struct interfaces *interfaces, const char *name)
{
	int known = find_name(interfaces, name);
	uint32_t *chain = chain_of_name(interfaces, name);
	struct entry *entry;

	if (known >= 0)
		return (unsigned)known;
	entry = new_entry(interfaces, name);
	entry->next_by_name = *chain;
	*chain = interfaces->n;
	return interfaces->n - 1;
}

unsigned interfaces_add_made(struct interfaces *interfaces, const char *name)
{
	struct entry *entry = new_entry(interfaces, name);

	entry->made = true;
	entry->interface.promotes = true; /* netlink/macvlan.h */
	return interfaces->n - 1;
}

unsigned interfaces_count(const struct interfaces *interfaces)
{
	return interfaces->n;
}

const struct interface *interfaces_get(const struct interfaces *interfaces, unsigned i)
{
	assert(i < interfaces->n);
	return &interfaces->all[i].interface;
}

enum conf_link_seen interfaces_seen(const struct interfaces *interfaces, unsigned i)
{
	const struct interface *interface = interfaces_get(interfaces, i);

	if (!interface->ifindex)
		return CONF_LINK_MISSING;
	if (!interface->up)
		return CONF_LINK_DOWN;
	return interface->carrier ? CONF_LINK_USABLE : CONF_LINK_NO_CARRIER;
}

/* ---- what the kernel shows ---- */

static void set_index(struct interfaces *interfaces, unsigned i, int ifindex)
{
	struct entry *entry = &interfaces->all[i];
	uint32_t *link;

	if (entry->interface.ifindex == ifindex)
		return;
	if (entry->interface.ifindex) {
		link = chain_of_index(interfaces, entry->interface.ifindex);
		while (*link != i + 1)
			link = &interfaces->all[*link - 1].next_by_index;
		*link = entry->next_by_index;
	}
	entry->interface.ifindex = ifindex;
	if (!ifindex)
		return;
	link = chain_of_index(interfaces, ifindex);
	entry->next_by_index = *link;
	*link = i + 1;
}

void interfaces_tie(struct interfaces *interfaces, unsigned i, int ifindex)
{
	assert(i < interfaces->n && interfaces->all[i].made);
	set_index(interfaces, i, ifindex);
}

static void take(struct interface *interface, const struct kern_link *seen)
{
	interface->up = seen->up;
	interface->carrier = seen->carrier;
	interface->ethernet = seen->ethernet;
	interface->promotes = seen->promotes;
	interface->forwards4 = seen->forwards4;
	interface->forwards6 = seen->forwards6;
	interface->snoops = seen->snoops;
	interface->macvlan = seen->macvlan;
	interface->master = seen->master;
	interface->mtu = seen->mtu;
	memcpy(interface->mac, seen->mac, sizeof(interface->mac));
}

/* By its name before any other that it has. */
static int find_any_name(const struct interfaces *interfaces, const struct kern_link *seen)
{
	int i = find_name(interfaces, seen->name);

	for (unsigned k = 0; i < 0 && k < seen->altnames_n; k++)
		i = find_name(interfaces, seen->altnames[k]);
	return i;
}

bool interfaces_has_mac(const struct interfaces *interfaces, const uint8_t *mac)
{
	unsigned i = 0;

	while (i < interfaces->macs_n && memcmp(interfaces->macs[i], mac, 6) != 0)
		i++;
	return i < interfaces->macs_n;
}

static void note_mac(struct interfaces *interfaces, const struct kern_link *seen)
{
	if (!seen->ethernet || interfaces->macs_n == INTERFACES_MACS_MAX ||
	    interfaces_has_mac(interfaces, seen->mac))
		return;
	memcpy(interfaces->macs[interfaces->macs_n++], seen->mac, 6);
}

unsigned interfaces_see(struct interfaces *interfaces, const struct kern_object *object,
			unsigned ret_seen[INTERFACES_SEEN_MAX])
{
	const struct kern_link *seen = &object->link;
	int at = interfaces_at(interfaces, seen->ifindex);
	int named = object->gone ? -1 : find_any_name(interfaces, seen);
	unsigned n = 0;

	if (at >= 0 && interfaces->all[at].made)
		return 0; /* whoever made it knows */
	if (!object->gone)
		note_mac(interfaces, seen);
	if (at >= 0 && at != named) {
		set_index(interfaces, (unsigned)at, 0); /* removed, moved away or renamed */
		ret_seen[n++] = (unsigned)at;
	}
	if (named < 0)
		return n;
	set_index(interfaces, (unsigned)named, seen->ifindex);
	take(&interfaces->all[named].interface, seen);
	interfaces->all[named].shown = interfaces->dumps;
	ret_seen[n++] = (unsigned)named;
	return n;
}

int interfaces_see_forwarding(struct interfaces *interfaces, const struct kern_object *object)
{
	const struct kern_forwarding *seen = &object->forwarding;
	int at = interfaces_at(interfaces, seen->ifindex);

	if (at < 0)
		return at;
	if (seen->family == 4)
		interfaces->all[at].interface.forwards4 = seen->forwards;
	else
		interfaces->all[at].interface.forwards6 = seen->forwards;
	return at;
}

void interfaces_dump_begin(struct interfaces *interfaces)
{
	interfaces->dumps++;
	interfaces->macs_n = 0;
}

void interfaces_dump_end(struct interfaces *interfaces)
{
	for (unsigned i = 0; i < interfaces->n; i++)
		if (interfaces->all[i].shown != interfaces->dumps && !interfaces->all[i].made)
			set_index(interfaces, i, 0);
}
