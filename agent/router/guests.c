/* SPDX-License-Identifier: MIT */
#include "guests.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "agent/conf/needs.h"
#include "routers_private.h"

/* Where its router lives, or on the macvlan there. */
static bool is_home(const struct router *router, unsigned interface)
{
	return interface == router->interface || interface == router->home;
}

static bool is_guest(const struct router *router, const struct kern_want *want)
{
	return want->kind == KERN_KIND_ADDRESS &&
	       (!is_home(router, want->interface) ||
		want->address.family != router->conf->vrrp.family);
}

int guests_init(struct routers *routers)
{
	struct guests *guests = &routers->guests;
	unsigned interfaces_n = interfaces_count(routers->interfaces);

	guests->places = calloc(interfaces_n + 1, sizeof(*guests->places));
	guests->next = calloc(routers->wants_n + 1, sizeof(*guests->next));
	guests->doubtful = calloc(interfaces_n + 1, sizeof(*guests->doubtful));
	if (!guests->places || !guests->next || !guests->doubtful)
		return -ENOMEM;
	for (unsigned i = routers->wants_n; i-- > 0;) {
		const struct kern_want *want = kern_wants_get(routers->wants, i);
		struct guests_place *place;

		if (!is_guest(&routers->all[want->owner], want))
			continue;
		place = &guests->places[want->interface];
		routers->all[want->owner].guests_n++;
		guests->next[i] = place->first;
		place->first = i + 1;
		guests_doubt(routers, want->interface);
	}
	return 0;
}

void guests_fini(struct routers *routers)
{
	free(routers->guests.places);
	free(routers->guests.next);
	free(routers->guests.doubtful);
}

void guests_doubt(struct routers *routers, unsigned interface)
{
	struct guests *guests = &routers->guests;
	struct guests_place *place = &guests->places[interface];

	if (!place->first)
		return;
	if (!place->doubtful)
		guests->doubtful[guests->doubtful_n++] = interface;
	place->doubtful = true;
}

/* Whether an announcement would arrive. */
static bool is_usable(const struct interface *interface)
{
	return interface->ifindex && interface->up && interface->carrier;
}

struct guests_news guests_assess(struct routers *routers, unsigned interface)
{
	const struct interface *now = interfaces_get(routers->interfaces, interface);
	struct guests_place *place = &routers->guests.places[interface];
	struct guests_place before = *place;
	struct guests_news news = { .index = before.ifindex != now->ifindex };

	place->doubtful = false;
	place->ifindex = now->ifindex;
	place->up = now->ifindex && now->up;
	place->usable = is_usable(now);
	place->forwards6 = now->forwards6;
	memcpy(place->mac, now->mac, sizeof(place->mac));
	news.up = before.up != place->up;
	news.announce = before.ifindex && place->usable &&
			(!before.usable || before.forwards6 != place->forwards6 ||
			 memcmp(before.mac, place->mac, sizeof(place->mac)) != 0);
	return news;
}

/* NULL: where its router lives, which the LAN judges. */
static const struct interface *elsewhere(const struct routers *routers, const struct router *router,
					 unsigned address)
{
	unsigned interface = kern_wants_get(routers->wants, router->want + address)->interface;

	return is_home(router, interface) ? NULL : interfaces_get(routers->interfaces, interface);
}

bool guests_can_come(const struct routers *routers, const struct router *router, unsigned address)
{
	const struct interface *interface = elsewhere(routers, router, address);

	return !interface || router->conf->addresses[address].required != CONF_NO ||
	       (interface->ifindex && interface->up);
}

struct asked {
	const struct routers *routers;
	const struct router *router;
};

static enum conf_link_seen look_at(const struct conf_need *need, const void *arg)
{
	const struct asked *asked = arg;
	const struct router *router = asked->router;
	unsigned interface =
		kern_wants_get(asked->routers->wants, router->want + need->number)->interface;

	return is_home(router, interface) ? CONF_LINK_USABLE
					  : interfaces_seen(asked->routers->interfaces, interface);
}

struct vrrp_reason guests_fault(const struct routers *routers, const struct router *router)
{
	static const struct vrrp_reason none = { .code = VRRP_REASON_NONE };
	const struct asked asked = { routers, router };

	return router->guests_n ? conf_addresses_fault(router->conf, look_at, &asked) : none;
}
