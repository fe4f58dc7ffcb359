/* SPDX-License-Identifier: MIT */
/* What the kernel shows of links and addresses. */
#ifndef LINKS_H
#define LINKS_H

#include <stdio.h>

#include "agent/router/interfaces.h"

static inline struct kern_object link_of(int ifindex, const char *name)
{
	struct kern_object object = {
		.type = KERN_OBJECT_LINK,
		.link = { .ifindex = ifindex, .up = true, .carrier = true, .ethernet = true },
	};

	snprintf(object.link.name, sizeof(object.link.name), "%s", name);
	object.link.mac[5] = (uint8_t)ifindex;
	return object;
}

static inline struct kern_object gone_link(int ifindex, const char *name)
{
	struct kern_object object = link_of(ifindex, name);

	object.gone = true;
	return object;
}

static inline struct kern_object address_of(int ifindex, uint8_t last, bool gone)
{
	return (struct kern_object){
		.type = KERN_OBJECT_ENTRY,
		.gone = gone,
		.address = { .ifindex = ifindex, .family = 4, .bytes = { 192, 0, 2, last } },
	};
}

/* Show one event. Return: how many it concerned. */
static inline unsigned see(struct interfaces *interfaces, struct kern_object object)
{
	unsigned seen[INTERFACES_SEEN_MAX];

	return interfaces_see(interfaces, &object, seen);
}

#endif
