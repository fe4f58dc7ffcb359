/* SPDX-License-Identifier: MIT */
#include "unicast.h"

#include <arpa/inet.h>
#include <string.h>

#include "parse.h"

/* ---- what each key group says ---- */

/* conf_host_parse() lets nothing of IPv6 pass that ends with so many zeros. */
void conf_unicast_check_peer(const struct conf_place *place, void *base)
{
	static const uint8_t zeros[12];
	struct conf_peer *peer = base;

	(void)place;
	if (peer->bytes[0])
		peer->family = memcmp(peer->bytes + 4, zeros, sizeof(zeros)) == 0 ? 4 : 6;
}

void conf_unicast_check_group(const struct conf_place *group, void *base)
{
	struct conf_unicast *unicast = base;

	(void)group;
	for (unsigned i = 0; i < unicast->peers_n; i++)
		if (!unicast->peers[i].min_ttl)
			unicast->peers[i].min_ttl = unicast->min_ttl;
}

void conf_unicast_set_interface(const struct conf_place *group, struct conf_router *router)
{
	/* A name that cannot be one was complained of. */
	bool named = config_setting_get_member(group->setting, "interface") != NULL;

	if (named || !router->unicast.peers_n)
		return;
	if (conf_peers_are_link_local(router))
		conf_error_in(group, "interface is missing: its peers are link-local");
	else
		strcpy(router->interface, CONF_LOOPBACK);
}

/* ---- one peer ---- */

struct peers {
	const struct conf_router *router;
	struct conf_place group; /* unicast */
	struct conf_place list;  /* peers */
};

static const char *text_of(const struct conf_peer *peer, char *buf)
{
	return inet_ntop(peer->family == 6 ? AF_INET6 : AF_INET, peer->bytes, buf,
			 INET6_ADDRSTRLEN);
}

static bool is_same(const struct conf_peer *a, const struct conf_peer *b)
{
	return memcmp(a->bytes, b->bytes, sizeof(a->bytes)) == 0;
}

static bool is_virtual(const struct conf_router *router, const struct conf_peer *peer)
{
	for (unsigned i = 0; i < router->addresses_n + router->extra_n; i++)
		if (memcmp(router->addresses[i].bytes, peer->bytes, sizeof(peer->bytes)) == 0)
			return true;
	return false;
}

static bool is_twice(const struct conf_router *router, unsigned peer)
{
	for (unsigned i = 0; i < peer; i++)
		if (is_same(&router->unicast.peers[i], &router->unicast.peers[peer]))
			return true;
	return false;
}

/* One source for all, and an address of the link alone does not speak to others. */
static bool differs_in_scope(const struct conf_router *router, const struct conf_peer *peer)
{
	return peer->family == 6 &&
	       vrrp_is_link_local(6, peer->bytes) != conf_peers_are_link_local(router);
}

/* Two routers of one VRID are told apart by who sends: here each packet needs one router. */
static void claim_peer(const struct conf_place *place, const struct conf_router *router,
		       const struct conf_peer *peer)
{
	char text[INET6_ADDRSTRLEN];

	if (!router->vrrp.vrid)
		return;
	text_of(peer, text);
	if (vrrp_is_link_local(peer->family, peer->bytes))
		conf_claim(place, "VRID %u with peer %s on %s", router->vrrp.vrid, text,
			   router->interface);
	else
		conf_claim(place, "VRID %u with peer %s", router->vrrp.vrid, text);
}

static void check_one(const struct peers *peers, unsigned i)
{
	const struct conf_router *router = peers->router;
	const struct conf_peer *peer = &router->unicast.peers[i];
	struct conf_place place = peers->list;
	char text[INET6_ADDRSTRLEN];

	if (!peer->family)
		return;
	place.setting = config_setting_get_elem(peers->list.setting, i);
	text_of(peer, text);
	if (peer->family != router->vrrp.family)
		conf_error_in(&place, "%s: the addresses are of IPv%u, and this is none", text,
			      router->vrrp.family);
	else if (is_virtual(router, peer))
		conf_error_in(&place,
			      "%s is a virtual address of this router: name the other host's own "
			      "address",
			      text);
	else if (is_twice(router, i))
		conf_error_in(&place, "%s is there twice", text);
	else if (differs_in_scope(router, peer))
		conf_error_in(&place,
			      "%s: link-local and other peers need different sources: name either "
			      "those or these",
			      text);
	else
		claim_peer(&place, router, peer);
}

/* ---- and the source ---- */

static bool has_source(const struct conf_router *router)
{
	static const uint8_t none[16];

	return memcmp(router->source, none, sizeof(none)) != 0;
}

static void check_source(const struct peers *peers, const struct conf_place *group)
{
	const struct conf_place place = conf_place_of(group, "source");
	const struct conf_router *router = peers->router;
	const struct conf_peer *only = &router->unicast.peers[0];
	bool link_local = vrrp_is_link_local(router->vrrp.family, router->source);

	if (!has_source(router))
		return;
	if (router->unicast.peers_n == 1 &&
	    memcmp(only->bytes, router->source, sizeof(router->source)) == 0)
		conf_error_in(&peers->list,
			      "its own source is the only peer: name the other hosts, too");
	if (router->vrrp.family == 6 && only->family == 6 &&
	    link_local != conf_peers_are_link_local(router))
		conf_error_in(&place, link_local ? "this is link-local, and its peers are not"
						 : "its peers are link-local, and this is not");
}

void conf_unicast_check(const struct conf_place *group, const struct conf_router *router)
{
	struct peers peers = { .router = router };

	if (!router->unicast.peers_n)
		return;
	peers.group = conf_place_of(group, "unicast");
	peers.list = conf_place_of(&peers.group, "peers");
	for (unsigned i = 0; i < router->unicast.peers_n; i++)
		check_one(&peers, i);
	check_source(&peers, group);
}
