/* SPDX-License-Identifier: MIT */
#include "routers_private.h"

#include <netinet/ip.h>
#include <string.h>

size_t conf_advert_len(const struct conf_router *conf)
{
	return KERN_FRAME_IP4_LEN +
	       vrrp_packet_len(conf->vrrp.version, conf->vrrp.family, conf->addresses_n);
}

size_t router_advert_len(const struct router *router)
{
	return conf_advert_len(router->conf);
}

bool router_can_advertise(const struct routers *routers, const struct router *router)
{
	return lan_can_speak(&routers->lans[router->interface]) &&
	       router->vr.election.source[0] != 0;
}

int router_renamed_ifindex(const struct routers *routers, const struct router *router)
{
	const struct lan *lan = &routers->lans[router->interface];

	return lan->ifindex || !router->vr.election.source[0] ? 0 : lan->spoken_ifindex;
}

void router_write_advert(const struct routers *routers, const struct router *router,
			 uint8_t priority, uint8_t *frame)
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
	};
	struct kern_frame_ip ip = {
		.source_mac = routers->lans[router->interface].interface->mac,
		.source = router->vr.election.source,
		.destination = vrrp_group(c->family),
		.protocol = VRRP_PROTOCOL,
		.ttl = VRRP_TTL,
		.tos = IPTOS_CLASS_CS6,
		.payload_len = router_advert_len(router) - KERN_FRAME_IP4_LEN,
	};

	memcpy(advert.source, router->vr.election.source, sizeof(advert.source));
	memcpy(advert.auth, router->rules.password, sizeof(advert.auth));
	kern_frame_ip4(frame, &ip);
	vrrp_packet_encode(&advert, ip.destination, frame + KERN_FRAME_IP4_LEN);
}
