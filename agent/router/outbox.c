/* SPDX-License-Identifier: MIT */
#include "routers_private.h"

static struct outbox *outbox_of(struct routers *routers, struct router *router)
{
	if (!router->outbox.listed)
		routers->owing[routers->owing_n++] = router;
	router->outbox.listed = true;
	return &router->outbox;
}

void router_owe_announcement(struct routers *routers, struct router *router)
{
	outbox_of(routers, router)->announce_due = true;
}

void router_owe_recall(struct routers *routers, struct router *router)
{
	outbox_of(routers, router)->recall_due = true;
}

void router_owe_probe(struct routers *routers, struct router *router,
		      const struct rivals_probe *probe)
{
	outbox_of(routers, router)->probe = *probe;
}

void router_owe_round(struct routers *routers, struct router *router)
{
	outbox_of(routers, router)->round_due = true;
}

void router_owe_late_round(struct routers *routers, struct router *router)
{
	outbox_of(routers, router)->announce_late = true;
}

void router_owe_advert(struct routers *routers, struct router *router, uint8_t priority)
{
	struct outbox *outbox = outbox_of(routers, router);

	if (router->vr.election.state != VRRP_STATE_ACTIVE) {
		outbox->farewell_priority = priority;
		outbox->farewell_due = true;
		outbox->advert_due = false;
		return;
	}
	outbox->advert_due = true;
	outbox->advert_late = false;
	outbox->advert_priority = priority;
	outbox->farewell_due = false;
}

void router_owe_late_advert(struct routers *routers, struct router *router, uint8_t priority)
{
	router_owe_advert(routers, router, priority);
	router->outbox.advert_late = true;
}
