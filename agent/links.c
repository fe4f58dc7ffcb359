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
	/* A first look changes nothing that was announced. */
	link->mac_changed |= link->ethernet && memcmp(link->mac, seen->mac, 6) != 0;
	memcpy(link->mac, seen->mac, sizeof(link->mac));
	link->ethernet = seen->ethernet;
	link->promotes = seen->promotes;
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
			memmove(&link->seen[i], &link->seen[i + 1],
				(link->sources_n - (unsigned)i) * sizeof(link->seen[0]));
		}
		return link->sources_overflow;
	}
	if (i < 0 && link->sources_n == LINKS_SOURCES_MAX) {
		link->sources_overflow = true;
		return false;
	}
	if (i < 0) {
		i = (int)link->sources_n++;
		memcpy(link->sources[i], bytes, sizeof(link->sources[i]));
	}
	link->seen[i] = true;
	return false;
}

void link_dump_begin(struct link *link)
{
	link->in_dump = false;
	link->sources_overflow = false;
	memset(link->seen, 0, sizeof(link->seen));
}

/* The new membership comes before the old one goes, so that no switch hears us leave. */
static void join_group(struct link *link)
{
	int old_fd = link->group_fd;

	link->group_fd = -1;
	link->group_error = -kern_group_join(link->ifindex, vrrp_group(4), &link->group_fd);
	if (old_fd >= 0)
		close(old_fd);
}

void link_dump_end(struct link *link)
{
	unsigned n = 0;

	for (unsigned i = 0; i < link->sources_n; i++) {
		if (!link->seen[i])
			continue;
		memmove(link->sources[n], link->sources[i], sizeof(link->sources[n]));
		n++;
	}
	link->sources_n = n;
	if (link->ifindex)
		join_group(link);
}

enum vrrp_reason_code link_assess(struct link *link)
{
	if (find_source(link, link->source) < 0) {
		memset(link->source, 0, sizeof(link->source));
		if (link->sources_n > 0)
			memcpy(link->source, link->sources[0], sizeof(link->source));
	}
	if (link->ifindex && link->group_fd < 0)
		join_group(link);

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
