/* SPDX-License-Identifier: MIT */
#include "dry_run_faults.h"

#include <errno.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>

#include "agent/conf/needs.h"
#include "agent/event.h"
#include "dry_run_interfaces.h"
#include "netlink/dump.h"
#include "vrrp/packet.h"

/* ---- the host ---- */

static void take_address(const struct kern_object *object, void *arg)
{
	struct dry_run_host *host = arg;
	unsigned max = host->max ? host->max * 2 : 64;

	if (object->type != KERN_OBJECT_ENTRY || object->kind != KERN_KIND_ADDRESS ||
	    object->gone || !kern_address_is_usable(&object->address))
		return;
	if (host->n == host->max) {
		void *grown = reallocarray(host->all, max, sizeof(*host->all));

		if (!grown) {
			host->err = -ENOMEM;
			return;
		}
		host->all = grown;
		host->max = max;
	}
	host->all[host->n++] = object->address;
}

void dry_run_host_look(struct dry_run_host *ret_host)
{
	struct kern_dump *dump;
	int err = kern_dump_open(&dump);

	*ret_host = (struct dry_run_host){ .err = err };
	if (err < 0)
		return;
	err = kern_dump_kind(dump, KERN_KIND_ADDRESS, take_address, ret_host);
	if (err < 0)
		ret_host->err = err;
	kern_dump_close(dump);
}

void dry_run_host_free(struct dry_run_host *host)
{
	free(host->all);
}

/* ---- interfaces elsewhere ---- */

/* What vipd makes itself is as good as where it stands, which is judged elsewhere. */
static enum conf_link_seen look_at(const struct conf_need *need, const void *arg)
{
	const struct conf_router *router = arg;

	if (!need->interface[0] || strcmp(need->interface, router->interface) == 0 ||
	    (router->mac.type == CONF_MAC_VIRTUAL &&
	     strcmp(need->interface, router->mac.name) == 0))
		return CONF_LINK_USABLE;
	return dry_run_look(need->interface);
}

/* ---- the source ---- */

static bool is_routed(const struct conf_router *router)
{
	return router->unicast.peers_n && !conf_peers_are_link_local(router);
}

/* What lo has of itself, and no other host can answer to. */
static bool is_loopback(const struct kern_address *address)
{
	static const uint8_t loopback6[16] = { [15] = 1 };

	return address->family == 4 ? address->bytes[0] == 127
				    : memcmp(address->bytes, loopback6, sizeof(loopback6)) == 0;
}

/* Of the host itself: what vipd added comes and goes. */
static bool is_own(const struct conf_router *router, const struct kern_address *address)
{
	return address->family == router->vrrp.family && address->mark != KERN_ADDRESS_MARK &&
	       (router->vrrp.priority == VRRP_PRIORITY_OWNER ||
		!conf_has_address(router, address->bytes));
}

/* Whether adverts can be sent from an address of the router's interface, of those that it may have
 * without a word about it. */
static bool may_be_chosen(const struct conf_router *router, const struct kern_address *address)
{
	if (is_loopback(address))
		return false;
	return router->vrrp.family == 4 ||
	       vrrp_is_link_local(6, address->bytes) != is_routed(router);
}

static bool is_source(const struct conf_router *router, const struct kern_address *address,
		      int ifindex)
{
	if (!is_own(router, address))
		return false;
	if (!router->source[0])
		return address->ifindex == ifindex && may_be_chosen(router, address);
	return memcmp(router->source, address->bytes, sizeof(router->source)) == 0 &&
	       (is_routed(router) || address->ifindex == ifindex);
}

static struct vrrp_reason fault_of_source(const struct dry_run_host *host,
					  const struct conf_router *router)
{
	struct vrrp_reason fault = { .code = VRRP_REASON_NONE };
	int ifindex = (int)if_nametoindex(router->interface);

	for (unsigned i = 0; i < host->n; i++)
		if (is_source(router, &host->all[i], ifindex))
			return fault;
	fault.code = VRRP_REASON_NO_SOURCE;
	memcpy(fault.source, router->source, sizeof(fault.source));
	if (is_routed(router) && router->source[0])
		fault.code = VRRP_REASON_NOT_HERE;
	else if (is_routed(router) && router->vrrp.family == 6)
		fault.code = VRRP_REASON_NO_GLOBAL;
	return fault;
}

/* ---- peers ---- */

static bool is_here(const struct dry_run_host *host, const struct conf_router *router,
		    const struct conf_peer *peer)
{
	for (unsigned i = 0; i < host->n; i++)
		if (host->all[i].family == router->vrrp.family &&
		    host->all[i].mark != KERN_ADDRESS_MARK &&
		    memcmp(host->all[i].bytes, peer->bytes, sizeof(peer->bytes)) == 0)
			return true;
	return false;
}

static bool lacks_peers(const struct dry_run_host *host, const struct conf_router *router)
{
	for (unsigned i = 0; i < router->unicast.peers_n; i++)
		if (!is_here(host, router, &router->unicast.peers[i]))
			return false;
	return router->unicast.peers_n > 0;
}

/* ---- all of it ---- */

/* What one family cannot do without, and the other one can. */
static struct vrrp_reason fault_of_family(const struct dry_run_host *host,
					  const struct conf_router *router)
{
	struct vrrp_reason fault = fault_of_source(host, router);

	if (fault.code == VRRP_REASON_NONE && lacks_peers(host, router))
		fault.code = VRRP_REASON_NO_PEER;
	return fault;
}

static const char *text_of(const struct vrrp_reason *fault, const struct conf_router *router,
			   char *buf)
{
	return event_reason_text(fault, router->interface, "", router->vrrp.family, buf);
}

const char *dry_run_fault_of(const struct dry_run_host *host, const struct conf_router *router,
			     char *buf)
{
	const struct conf_router *members = router->members_n ? router->members : router;
	unsigned n = router->members_n ? router->members_n : 1, mute_n = 0;

	buf[0] = '\0';
	for (unsigned i = 0; host->err == 0 && i < n; i++) {
		struct vrrp_reason fault = conf_addresses_fault(&members[i], look_at, &members[i]);

		if (fault.code == VRRP_REASON_NONE)
			fault = conf_routes_fault(&members[i], look_at, &members[i]);
		if (fault.code != VRRP_REASON_NONE)
			return text_of(&fault, &members[i], buf);
	}
	for (unsigned i = 0; host->err == 0 && i < n; i++) {
		struct vrrp_reason fault = fault_of_family(host, &members[i]);

		mute_n += fault.code != VRRP_REASON_NONE;
		if (mute_n == n)
			return text_of(&fault, &members[i], buf);
	}
	buf[0] = '\0';
	return buf;
}
