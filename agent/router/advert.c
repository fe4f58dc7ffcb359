/* SPDX-License-Identifier: MIT */
#include "routers_private.h"

#include <netinet/ip.h>
#include <string.h>

_Static_assert(KERN_FRAME_IP6_LEN + VRRP_SIGNED_MAX <= KERN_FRAME_MAX, "room for any advert");

static size_t header_len(unsigned family)
{
	return family == 6 ? KERN_FRAME_IP6_LEN : KERN_FRAME_IP4_LEN;
}

size_t conf_advert_len(const struct conf_router *conf)
{
	return header_len(conf->vrrp.family) +
	       vrrp_packet_len(conf->vrrp.version, conf->vrrp.family, conf->addresses_n) +
	       (conf_signs(conf) ? VRRP_HMAC_LEN : 0);
}

size_t router_advert_len(const struct router *router)
{
	return conf_advert_len(router->conf);
}

size_t conf_packet_len(const struct conf_router *conf)
{
	return conf_advert_len(conf) - KERN_FRAME_ETHERNET_LEN;
}

size_t router_packet_len(const struct router *router)
{
	return router_advert_len(router) - header_len(router->vr.config.family);
}

bool router_can_advertise(const struct routers *routers, const struct router *router)
{
	if (router_is_mute(router) || auth_lacks_key(router))
		return false;
	if (router_is_unicast(router))
		return router->peers.can_send && router->vr.election.source[0] != 0;
	return lan_can_speak(router_lan(routers, router)) && router->vr.election.source[0] != 0;
}

bool router_speaks_to_nobody(const struct routers *routers, const struct router *router)
{
	return !router->conf->link.required && !router_is_mute(router) && !auth_lacks_key(router) &&
	       router->vr.election.source[0] != 0 && lan_lacks_carrier(router_lan(routers, router));
}

bool routers_is_unheard(const struct routers *routers, const struct router *router)
{
	return router_speaks_to_nobody(routers, router) && !router_can_advertise(routers, router);
}

int router_renamed_ifindex(const struct routers *routers, const struct router *router)
{
	const struct lan *lan = router_lan(routers, router);

	if (router_is_unicast(router))
		return 0;
	return lan->ifindex || !router->vr.election.source[0] ? 0 : lan->spoken_ifindex;
}

static struct vrrp_advert advert_of(const struct router *router, uint8_t priority,
				    uint64_t sequence)
{
	const struct vrrp_config *c = &router->vr.config;
	struct vrrp_advert advert = {
		.family = c->family,
		.version = c->version,
		.vrid = c->vrid,
		.priority = priority,
		.interval_cs = c->interval_cs,
		.checksum = c->checksum,
		.addresses = router->list.addresses,
		.addresses_n = (uint8_t)router->list.addresses_n,
		.auth_type = router->rules.auth_type,
		.sequence = sequence,
	};

	memcpy(advert.source, router->vr.election.source, sizeof(advert.source));
	memcpy(advert.auth, router->rules.password, sizeof(advert.auth));
	return advert;
}

/* Signed, if the router does so. */
static void write_message(const struct router *router, const struct vrrp_advert *advert,
			  const uint8_t *destination, uint8_t *buf)
{
	vrrp_packet_encode(advert, destination, buf);
	if (router->auth.key)
		vrrp_packet_sign(advert, destination, router->auth.key, buf);
}

void router_write_advert(const struct routers *routers, const struct router *router,
			 uint8_t priority, uint64_t sequence, uint8_t *frame)
{
	const struct vrrp_config *c = &router->vr.config;
	const struct vrrp_advert advert = advert_of(router, priority, sequence);
	struct kern_frame_ip ip = {
		.source_mac = router_advert_mac(routers, router),
		.source = router->vr.election.source,
		.destination = conf_group(router->conf),
		.protocol = VRRP_PROTOCOL,
		.ttl = VRRP_TTL,
		.tos = IPTOS_CLASS_CS6,
		.payload_len = router_packet_len(router),
	};

	if (c->family == 6)
		kern_frame_ip6(frame, &ip);
	else
		kern_frame_ip4(frame, &ip);
	write_message(router, &advert, ip.destination, frame + header_len(c->family));
}

/*
 * Where an advert to a peer must leave; 0: where the route leads. An address on a macvlan brings a
 * route to its subnet along, and that may come before the interface's own: on that way no neighbour
 * is found, or with a MAC that two Actives have in common.
 */
static int way_to(const struct routers *routers, const struct router *router, const uint8_t *peer)
{
	const struct lan *lan = router_lan(routers, router);

	if (vrrp_is_link_local(router->vr.config.family, peer))
		return lan->ifindex;
	return router_has_virtual_mac(router) && lan_is_near(lan, peer) ? lan->ifindex : 0;
}

void router_header(const struct routers *routers, const struct router *router, unsigned peer,
		   struct kern_ip_header *ret_header)
{
	const uint8_t *bytes = router->conf->unicast.peers[peer].bytes;
	unsigned family = router->vr.config.family;

	*ret_header = (struct kern_ip_header){ .family = (uint8_t)family,
					       .ttl = router->conf->unicast.ttl,
					       .source = router->vr.election.source,
					       .destination = bytes,
					       .ifindex = way_to(routers, router, bytes) };
}

void router_write_copy(const struct router *router, uint8_t priority, uint64_t sequence,
		       unsigned peer, uint8_t *payload)
{
	const struct vrrp_advert advert = advert_of(router, priority, sequence);

	write_message(router, &advert, router->conf->unicast.peers[peer].bytes, payload);
}
