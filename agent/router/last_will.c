/* SPDX-License-Identifier: MIT */
#include "last_will.h"

#include <assert.h>
#include <linux/netlink.h>

#include "agent/state_will.h"
#include "routers_private.h"

/* ---- the will: a removal per rule, route and address, the last one first, that of the macvlan,
 * then the farewell ---- */

static unsigned addresses_of(const struct conf_router *conf)
{
	return conf->addresses_n + conf->extra_n;
}

/* One that all hear, or one to each peer. */
static unsigned farewells_of(const struct conf_router *conf)
{
	return conf->unicast.peers_n ? conf->unicast.peers_n : 1;
}

void router_ask_for_will(const struct conf_router *conf, struct state_router *ret_state)
{
	size_t address_len = STATE_ENTRY_LEN(kern_kinds[KERN_KIND_ADDRESS]->removal_len);
	size_t route_len = STATE_ENTRY_LEN(kern_kinds[KERN_KIND_ROUTE]->removal_len);
	size_t rule_len = STATE_ENTRY_LEN(kern_kinds[KERN_KIND_RULE]->removal_len);

	ret_state->entries_max = routes_wants_n(conf) + addresses_of(conf) + farewells_of(conf);
	ret_state->will_max = conf->rules_n * rule_len + conf->routes_n * route_len +
			      addresses_of(conf) * address_len +
			      farewells_of(conf) * STATE_ENTRY_LEN(conf_advert_len(conf));
	if (conf->mac.type != CONF_MAC_VIRTUAL)
		return;
	ret_state->entries_max++;
	ret_state->will_max += STATE_ENTRY_LEN(kern_kinds[KERN_KIND_MACVLAN]->removal_len);
}

void router_hold(struct routers *routers, const struct router *router, unsigned address)
{
	unsigned entry = routes_wants_n(router->conf) + addresses_of(router->conf) - 1 - address;

	state_will_hold(routers->state, (unsigned)(router - routers->all), entry,
			kern_wants_is_unmarked(routers->wants, router->want + address));
}

void router_hold_route(struct routers *routers, const struct router *router, unsigned i)
{
	state_will_hold(routers->state, (unsigned)(router - routers->all),
			routes_wants_n(router->conf) - 1 - i,
			kern_wants_is_ours(routers->wants, router->route + i));
}

void router_hold_macvlan(struct routers *routers, const struct router *router)
{
	if (router_has_virtual_mac(router))
		state_will_hold(routers->state, (unsigned)(router - routers->all),
				routes_wants_n(router->conf) + addresses_of(router->conf),
				kern_wants_is_ours(routers->wants, router->macvlan));
}

/* Whether the removal of an address would take others along. */
static bool must_promote(const struct routers *routers, const struct router *router,
			 unsigned number)
{
	const struct kern_want *want = kern_wants_get(routers->wants, number);

	return want->kind == KERN_KIND_ADDRESS &&
	       !interfaces_get(routers->interfaces, want->interface)->promotes &&
	       !virtual_mac_has(routers, router, number);
}

/* @number: of its want. */
static void add_removal(struct routers *routers, const struct router *router, unsigned number,
			bool held)
{
	const struct kern_want *want = kern_wants_get(routers->wants, number);
	const struct kern_ops *ops = kern_kinds[want->kind];
	struct kern_change removal = { .kind = want->kind,
				       .promote = must_promote(routers, router, number),
				       .entry = want->entry };
	_Alignas(8) uint8_t message[KERN_CHANGE_LEN_MAX];
	struct state_entry entry = { .kind = STATE_ENTRY_NETLINK,
				     .target = NETLINK_ROUTE,
				     .setting = ops->setting ? ops->setting(&removal) : 0,
				     .bytes = message,
				     .len = ops->put(message, &removal, 0) };

	assert(entry.len <= ops->removal_len);
	entry.held = held;
	(void)state_will_add(routers->state, (unsigned)(router - routers->all), &entry);
}

static void add_farewell(struct routers *routers, const struct router *router)
{
	uint8_t frame[KERN_FRAME_MAX];
	struct state_entry entry = { .kind = STATE_ENTRY_FRAME,
				     .target = router_lan(routers, router)->ifindex,
				     .bytes = frame,
				     .len = router_advert_len(router) };

	router_write_advert(routers, router, VRRP_PRIORITY_LEAVE, auth_left(router), frame);
	(void)state_will_add(routers->state, (unsigned)(router - routers->all), &entry);
}

static void add_packet(struct routers *routers, const struct router *router, unsigned peer)
{
	uint8_t packet[KERN_IP_PREPARED_MAX];
	struct kern_ip_header header;
	struct state_entry entry = { .kind = STATE_ENTRY_PACKET,
				     .bytes = packet,
				     .len = conf_packet_len(router->conf) };

	router_header(routers, router, peer, &header);
	entry.target = header.ifindex;
	kern_ip_prepare(packet, &header, VRRP_PROTOCOL, router_packet_len(router));
	router_write_copy(router, VRRP_PRIORITY_LEAVE, auth_left(router), peer,
			  packet + kern_ip_header_len(header.family));
	(void)state_will_add(routers->state, (unsigned)(router - routers->all), &entry);
}

static void add_farewells(struct routers *routers, const struct router *router)
{
	if (!router_is_unicast(router))
		add_farewell(routers, router);
	for (unsigned i = 0; i < router->peers.n; i++)
		if (!router->peers.all[i].here)
			add_packet(routers, router, i);
}

void router_write_will(struct routers *routers, const struct router *router)
{
	unsigned number = (unsigned)(router - routers->all);

	state_will_begin(routers->state, number);
	if (router_lan(routers, router)->ifindex == 0)
		return;
	for (unsigned i = router->route + routes_wants_n(router->conf); i-- > router->route;)
		add_removal(routers, router, i, kern_wants_is_ours(routers->wants, i));
	for (unsigned i = router->want + addresses_of(router->conf); i-- > router->want;)
		add_removal(routers, router, i, kern_wants_is_unmarked(routers->wants, i));
	if (router_has_virtual_mac(router))
		add_removal(routers, router, router->macvlan,
			    kern_wants_is_ours(routers->wants, router->macvlan));
	/* Without a medium, too: only an Active sends it, and that one has a medium. */
	if (router->vr.election.source[0] != 0 && !auth_lacks_key(router))
		add_farewells(routers, router);
	state_will_publish(routers->state, number);
}

/* The prepared IP header stands in front, and stays. */
static void renew_packets(struct routers *routers, const struct router *router)
{
	size_t header_len = kern_ip_header_len(router->vr.config.family), len;
	unsigned number = (unsigned)(router - routers->all), n = 0;

	for (unsigned i = 0; i < router->peers.n; i++) {
		uint8_t *packet;

		if (router->peers.all[i].here)
			continue;
		packet = state_will_farewell(routers->state, number, n++, &len);
		if (packet && len == header_len + router_packet_len(router))
			router_write_copy(router, VRRP_PRIORITY_LEAVE, auth_left(router), i,
					  packet + header_len);
	}
}

void router_renew_farewells(struct routers *routers, const struct router *router)
{
	unsigned number = (unsigned)(router - routers->all);
	uint8_t *frame;
	size_t len;

	if (!router->auth.key)
		return;
	if (router_is_unicast(router)) {
		renew_packets(routers, router);
		return;
	}
	frame = state_will_farewell(routers->state, number, 0, &len);
	if (frame && len == router_advert_len(router))
		router_write_advert(routers, router, VRRP_PRIORITY_LEAVE, auth_left(router), frame);
}
