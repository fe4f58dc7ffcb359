/* SPDX-License-Identifier: MIT */
#include "interface.h"

#include <string.h>
#include <unistd.h>

#include "netlink/receive.h"
#include "vrrp/packet.h"

void interface_init(struct interface *interface, const char *name)
{
	memset(interface, 0, sizeof(*interface));
	strcpy(interface->name, name);
	interface->group_fd = -1;
	interface->fault = VRRP_REASON_LINK_MISSING;
}

static void leave_group(struct interface *interface)
{
	if (interface->group_fd >= 0)
		close(interface->group_fd);
	interface->group_fd = -1;
}

void interface_fini(struct interface *interface)
{
	leave_group(interface);
}

void interface_lost(struct interface *interface)
{
	leave_group(interface);
	interface->ifindex = 0;
	interface->sources_n = 0;
	interface->sources_overflow = false;
	memset(interface->source, 0, sizeof(interface->source));
}

bool interface_see(struct interface *interface, const struct kern_object *object)
{
	const struct kern_link *seen = &object->link;
	bool same_name = strcmp(seen->name, interface->name) == 0;

	if (seen->ifindex == interface->ifindex && (object->gone || !same_name)) {
		interface_lost(interface); /* removed, moved away or renamed */
		return true;
	}
	if (!same_name || object->gone)
		return false;
	if (seen->ifindex != interface->ifindex)
		interface_lost(interface);
	interface->ifindex = seen->ifindex;
	interface->up = seen->up;
	interface->carrier = seen->carrier;
	/* A first look changes nothing that was announced. */
	interface->mac_changed |= interface->ethernet && memcmp(interface->mac, seen->mac, 6) != 0;
	memcpy(interface->mac, seen->mac, sizeof(interface->mac));
	interface->ethernet = seen->ethernet;
	interface->promotes = seen->promotes;
	interface->in_dump = true;
	return true;
}

static int find_source(const struct interface *interface, const uint8_t *bytes)
{
	for (unsigned i = 0; i < interface->sources_n; i++)
		if (memcmp(interface->sources[i], bytes, sizeof(interface->sources[i])) == 0)
			return (int)i;
	return -1;
}

bool interface_source_see(struct interface *interface, const struct kern_object *object)
{
	const uint8_t *bytes = object->address.bytes;
	int i = find_source(interface, bytes);

	if (object->gone) {
		if (i >= 0) {
			interface->sources_n--;
			memmove(interface->sources[i], interface->sources[i + 1],
				(interface->sources_n - (unsigned)i) *
					sizeof(interface->sources[0]));
			memmove(&interface->seen[i], &interface->seen[i + 1],
				(interface->sources_n - (unsigned)i) * sizeof(interface->seen[0]));
		}
		return interface->sources_overflow;
	}
	if (i < 0 && interface->sources_n == INTERFACE_SOURCES_MAX) {
		interface->sources_overflow = true;
		return false;
	}
	if (i < 0) {
		i = (int)interface->sources_n++;
		memcpy(interface->sources[i], bytes, sizeof(interface->sources[i]));
	}
	interface->seen[i] = true;
	return false;
}

void interface_dump_begin(struct interface *interface)
{
	interface->in_dump = false;
	interface->sources_overflow = false;
	memset(interface->seen, 0, sizeof(interface->seen));
}

/* The new membership comes before the old one goes, so that no switch hears us leave. */
static void join_group(struct interface *interface)
{
	int old_fd = interface->group_fd;

	interface->group_fd = -1;
	interface->group_error =
		-kern_group_join(interface->ifindex, vrrp_group(4), &interface->group_fd);
	if (old_fd >= 0)
		close(old_fd);
}

void interface_dump_end(struct interface *interface)
{
	unsigned n = 0;

	for (unsigned i = 0; i < interface->sources_n; i++) {
		if (!interface->seen[i])
			continue;
		memmove(interface->sources[n], interface->sources[i],
			sizeof(interface->sources[n]));
		n++;
	}
	interface->sources_n = n;
	if (interface->ifindex)
		join_group(interface);
}

enum vrrp_reason_code interface_assess(struct interface *interface)
{
	if (find_source(interface, interface->source) < 0) {
		memset(interface->source, 0, sizeof(interface->source));
		if (interface->sources_n > 0)
			memcpy(interface->source, interface->sources[0], sizeof(interface->source));
	}
	if (interface->ifindex && interface->group_fd < 0)
		join_group(interface);

	if (!interface->ifindex)
		interface->fault = VRRP_REASON_LINK_MISSING;
	else if (!interface->ethernet)
		interface->fault = VRRP_REASON_LINK_TYPE;
	else if (!interface->up)
		interface->fault = VRRP_REASON_LINK_DOWN;
	else if (!interface->carrier)
		interface->fault = VRRP_REASON_NO_CARRIER;
	else if (interface->group_fd < 0)
		interface->fault = VRRP_REASON_NO_GROUP;
	else if (interface->sources_n == 0)
		interface->fault = VRRP_REASON_NO_SOURCE;
	else
		interface->fault = VRRP_REASON_NONE;
	return interface->fault;
}
