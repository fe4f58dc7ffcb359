/* SPDX-License-Identifier: MIT */
#include "listeners.h"

#include <string.h>

bool listeners_add(struct listeners *listeners, const struct router *router, int ifindex,
		   const uint8_t *address)
{
	uint8_t group[16];

	if (listeners->n && (listeners->router != router || listeners->ifindex != ifindex))
		return false;
	kern_frame_solicited_node(address, group);
	for (unsigned i = 0; i < listeners->n; i++)
		if (memcmp(listeners->groups[i], group, sizeof(group)) == 0)
			return true;
	if (listeners->n == KERN_FRAME_MLD_GROUPS_MAX)
		return false;
	listeners->router = router;
	listeners->ifindex = ifindex;
	memcpy(listeners->groups[listeners->n++], group, sizeof(group));
	return true;
}

unsigned listeners_take(struct listeners *listeners)
{
	unsigned n = listeners->n;

	listeners->n = 0;
	return n;
}
