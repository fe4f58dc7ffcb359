/* SPDX-License-Identifier: MIT */
#include "said.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "netlink/watch.h"
#include "routers_private.h"

int said_init(struct routers *routers)
{
	routers->said = calloc(routers->wants_n + 1, sizeof(*routers->said));
	return routers->said ? 0 : -ENOMEM;
}

void said_fini(struct routers *routers)
{
	kern_watch_close(routers->watches[0]);
	kern_watch_close(routers->watches[1]);
	free(routers->said);
}

/* Whatever may be announced, by any router. */
static void watch_all(const struct routers *routers, unsigned family, struct kern_watched *watched)
{
	for (unsigned i = 0; i < routers->wants_n; i++) {
		const struct kern_want *want = kern_wants_get(routers->wants, i);

		if (want->kind == KERN_KIND_ADDRESS && want->address.family == family)
			kern_watched_add(watched, family, want->address.bytes);
	}
}

static void on_nothing(const struct kern_said *said, void *arg)
{
	(void)said;
	(void)arg;
}

void said_listen(struct routers *routers)
{
	struct journal journal = routers_journal(routers);

	for (unsigned i = 0; i < 2; i++) {
		unsigned family = i ? 6 : 4;
		struct kern_watched watched = { 0 };
		int err = 0;

		watch_all(routers, family, &watched);
		if (watched.n)
			err = kern_watch_open(family, routers->sender_fd, &watched,
					      &routers->watches[i]);
		/* What waits was said before this process was to hear it. */
		while (routers->watches[i] &&
		       kern_watch_dispatch(routers->watches[i], on_nothing, NULL) > 0)
			;
		if (err < 0)
			journal_fact(&journal, EVENT_DEGRADED, -err,
				     "listening to who announces addresses");
	}
}

int said_fd(const struct routers *routers, unsigned family)
{
	const struct kern_watch *watch = routers->watches[family == 6];

	return watch ? kern_watch_fd(watch) : -1;
}

/* On the interface where a router announces an address, and not by this host: Linux answers ARP for
 * each of its addresses on all interfaces (arp_ignore), and two may be of one LAN. */
static bool is_of_other(const struct routers *routers, const struct router *router, unsigned want,
			const struct kern_said *said)
{
	const struct interface *interface = router_announces_on(routers, router, want);

	if (!interface)
		return false;
	if (!virtual_mac_has(routers, router, want))
		return interface->ifindex == said->ifindex &&
		       !interfaces_has_mac(routers->interfaces, said->mac);
	/* Who answers the virtual MAC is heard above it. */
	return interface->ifindex == said->ifindex ||
	       interfaces_get(routers->interfaces, router->home)->ifindex == said->ifindex;
}

static void hear_announcement(struct routers *routers, struct router *router, unsigned want)
{
	routers->said[want].heard_ns = routers->now->mono_ns;
	hand_over_announced(routers, router, want);
}

/* From our own virtual MAC it was a loop, or another router with it, whose adverts tell. */
static void hear_claim(struct routers *routers, struct router *router, unsigned want,
		       const struct kern_said *said)
{
	static const uint8_t none[6];

	if (memcmp(said->mac, none, sizeof(none)) != 0 &&
	    !interfaces_has_mac(routers->interfaces, said->mac) &&
	    !(virtual_mac_has(routers, router, want) &&
	      memcmp(said->mac, router->conf->mac.address, sizeof(said->mac)) == 0))
		rivals_claim(&router->rivals, want - router->want, said->mac,
			     routers->now->mono_ns);
}

static void on_said(const struct kern_said *said, void *arg)
{
	struct routers *routers = arg;
	struct kern_address address = { .family = said->family };

	memcpy(address.bytes, said->address, sizeof(address.bytes));
	for (int want = twins_find(routers, &address, -1); want >= 0;
	     want = twins_find(routers, &address, want)) {
		struct router *router =
			&routers->all[kern_wants_get(routers->wants, (unsigned)want)->owner];

		if (!is_of_other(routers, router, (unsigned)want, said))
			continue;
		if (said->announcement)
			hear_announcement(routers, router, (unsigned)want);
		hear_claim(routers, router, (unsigned)want, said);
		router_schedule(routers, router);
	}
}

void said_hear(struct routers *routers, unsigned family)
{
	struct kern_watch *watch = routers->watches[family == 6];

	if (watch)
		(void)kern_watch_dispatch(watch, on_said, routers);
}
