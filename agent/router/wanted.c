/* SPDX-License-Identifier: MIT */
#include "routers_private.h"

/* It takes the kernel milliseconds to say that an address answers, and less than the shortest lease
 * until it has been so long: then what it said is lost. */
#define FRESH_MAX_NS INT64_C(500000000)

struct journal routers_journal(const struct routers *routers)
{
	return (struct journal){ routers->events, routers->now };
}

struct journal_router router_journal(struct routers *routers, struct router *router)
{
	return (struct journal_router){
		routers_journal(routers), router->conf,     &router->vr, &router->limits,
		&routers->facts,          &router->senders, router
	};
}

void routers_set_fresh(struct routers *routers, unsigned want, bool fresh)
{
	routers->fresh_n += fresh;
	routers->fresh_n -= routers->said[want].fresh;
	routers->said[want].fresh = fresh;
	routers->said[want].fresh_ns = routers->now->mono_ns;
	routers->said[want].put_off = false;
}

static bool is_fresh(const struct routers *routers, unsigned want)
{
	const struct said *said = &routers->said[want];

	return said->fresh && routers->now->mono_ns - said->fresh_ns < FRESH_MAX_NS;
}

bool router_awaits_macvlan(const struct routers *routers, const struct router *router)
{
	unsigned n = router->conf->addresses_n + router->conf->extra_n;

	for (unsigned i = router->want; i < router->want + n && routers->fresh_n; i++)
		if (virtual_mac_has(routers, router, i) && is_fresh(routers, i))
			return true;
	return false;
}

void router_want_address(struct routers *routers, struct router *router, unsigned address,
			 bool wanted)
{
	struct journal_router journal = router_journal(routers, router);
	bool can_come = guests_can_come(routers, router, address);

	if (wanted && !can_come)
		journal_address_no_place(&journal, &router->conf->addresses[address]);
	if (!wanted || !can_come) /* no turn waits for the kernel to say that it answers */
		routers_set_fresh(routers, router->want + address, false);
	kern_wants_want(routers->wants, router->want + address, wanted && can_come);
	accept_want(routers, router, address, wanted && can_come);
}

void router_want_route(struct routers *routers, struct router *router, unsigned i, bool wanted)
{
	struct journal_router journal = router_journal(routers, router);
	bool can_come = routes_update(routers, router->routes_at + i);

	if (wanted && !can_come)
		journal_route_no_place(&journal, &router->conf->routes[i]);
	kern_wants_want(routers->wants, router->route + i, wanted && can_come);
}

void router_want_routes(struct routers *routers, struct router *router, bool wanted)
{
	for (unsigned i = 0; i < router->conf->routes_n; i++)
		router_want_route(routers, router, i, wanted);
	for (unsigned i = 0; i < router->conf->rules_n; i++)
		kern_wants_want(routers->wants, router->route + router->conf->routes_n + i, wanted);
}

void router_want_addresses(struct routers *routers, struct router *router, bool wanted)
{
	unsigned n = router->conf->addresses_n + router->conf->extra_n;

	virtual_mac_want_up(routers, router, wanted);
	for (unsigned i = 0; i < n; i++)
		router_want_address(routers, router, i, wanted);
	router_want_routes(routers, router, wanted);
}

/* The kernel tells of what is renewed as of what answers: so what is not known to answer has to
 * wait, and has a lease that has just begun. */
void router_renew_leases(struct routers *routers, struct router *router)
{
	unsigned n = router->conf->addresses_n + router->conf->extra_n;

	for (unsigned i = 0; i < n; i++) {
		struct said *said = &routers->said[router->want + i];

		said->put_off = is_fresh(routers, router->want + i);
		if (!said->put_off)
			kern_wants_renew(routers->wants, router->want + i, routers->now->mono_ns);
	}
	measure_renewal(routers);
}

bool router_is_renewal_due(const struct routers *routers, const struct router *router)
{
	unsigned n = router->conf->addresses_n + router->conf->extra_n;

	for (unsigned i = 0; i < n; i++)
		if (kern_wants_is_due(routers->wants, router->want + i))
			return true;
	return false;
}

const struct interface *router_announces_on(const struct routers *routers,
					    const struct router *router, unsigned want)
{
	unsigned number = virtual_mac_has(routers, router, want)
				  ? router->interface
				  : kern_wants_get(routers->wants, want)->interface;
	const struct interface *interface = interfaces_get(routers->interfaces, number);
	bool usable = interface->ethernet && interface->up && interface->carrier;

	return interface->ifindex && usable ? interface : NULL;
}
