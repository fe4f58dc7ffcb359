/* SPDX-License-Identifier: MIT */
#include "links.h"

#include <string.h>
#include <unistd.h>

#include "netlink/receive.h"
#include "vrrp/packet.h"

void link_init(struct link *link, const char *name)
{
	memset(link, 0, sizeof(*link));
	strcpy(link->name, name);
	link->group_fd = -1;
	link->fault = VRRP_REASON_LINK_MISSING;
}

static void leave_group(struct link *link)
{
	if (link->group_fd >= 0)
		close(link->group_fd);
	link->group_fd = -1;
}

void link_fini(struct link *link)
{
	leave_group(link);
}

void link_lost(struct link *link)
{
	leave_group(link);
	link->ifindex = 0;
	link->sources_n = 0;
	link->sources_overflow = false;
	memset(link->source, 0, sizeof(link->source));
}

bool link_see(struct link *link, const struct kern_object *object)
{
	const struct kern_link *seen = &object->link;
	bool same_name = strcmp(seen->name, link->name) == 0;

	if (seen->ifindex == link->ifindex && (object->gone || !same_name)) {
		link_lost(link); /* removed, moved away or renamed */
		return true;
	}
	if (!same_name || object->gone)
		return false;
	if (seen->ifindex != link->ifindex)
		link_lost(link);
	link->ifindex = seen->ifindex;
	link->up = seen->up;
	link->carrier = seen->carrier;
	link->ethernet = seen->ethernet;
	if (memcmp(link->mac, seen->mac, sizeof(link->mac)) != 0) {
		memcpy(link->mac, seen->mac, sizeof(link->mac));
		link->mac_changed = true;
	}
	link->in_dump = true;
	return true;
}

static int find_source(const struct link *link, const uint8_t *bytes)
{
	for (unsigned i = 0; i < link->sources_n; i++)
		if (memcmp(link->sources[i], bytes, sizeof(link->sources[i])) == 0)
			return (int)i;
	return -1;
}

bool link_source_see(struct link *link, const struct kern_object *object)
{
	const uint8_t *bytes = object->address.bytes;
	int i = find_source(link, bytes);

	if (object->gone) {
		if (i >= 0) {
			link->sources_n--;
			memmove(link->sources[i], link->sources[i + 1],
				(link->sources_n - (unsigned)i) * sizeof(link->sources[0]));
		}
		return link->sources_overflow;
	}
	if (i >= 0)
		return false;
	if (link->sources_n == LINKS_SOURCES_MAX)
		link->sources_overflow = true;
	else
		memcpy(link->sources[link->sources_n++], bytes, sizeof(link->sources[0]));
	return false;
}

enum vrrp_reason_code link_assess(struct link *link)
{
	if (find_source(link, link->source) < 0) {
		memset(link->source, 0, sizeof(link->source));
		if (link->sources_n > 0)
			memcpy(link->source, link->sources[0], sizeof(link->source));
	}
	if (link->ifindex && link->group_fd < 0)
		(void)kern_group_join(link->ifindex, vrrp_group(4), &link->group_fd);

	if (!link->ifindex)
		link->fault = VRRP_REASON_LINK_MISSING;
	else if (!link->ethernet)
		link->fault = VRRP_REASON_LINK_TYPE;
	else if (!link->up)
		link->fault = VRRP_REASON_LINK_DOWN;
	else if (!link->carrier)
		link->fault = VRRP_REASON_NO_CARRIER;
	else if (link->group_fd < 0)
		link->fault = VRRP_REASON_NO_GROUP;
	else if (link->sources_n == 0)
		link->fault = VRRP_REASON_NO_SOURCE;
	else
		link->fault = VRRP_REASON_NONE;
	return link->fault;
}
