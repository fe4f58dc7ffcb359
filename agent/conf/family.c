/* SPDX-License-Identifier: MIT */
#include "family.h"

#include <string.h>

#include "parse.h"
#include "value.h"

/* What is added in front: not preferred as a source of the host's own packets. */
#define LINK_LOCAL_PREFIX_LEN 128

/* ---- one family ---- */

static unsigned family_of(const struct conf_router *router)
{
	unsigned n = router->addresses_n + router->extra_n;

	for (unsigned i = 0; i < n; i++)
		if (router->addresses[i].family)
			return router->addresses[i].family;
	return 4;
}

static bool has_other(const struct conf_router *router, unsigned first, unsigned n)
{
	for (unsigned i = first; i < first + n; i++)
		if (router->addresses[i].family &&
		    router->addresses[i].family != router->vrrp.family)
			return true;
	return false;
}

/* Return: whether all addresses are of the router's family. */
static bool check_families(const struct conf_place *group, const struct conf_router *router)
{
	bool other = has_other(router, 0, router->addresses_n);
	const struct conf_place place =
		conf_place_of(group, other ? "addresses" : "extra_addresses");

	other = other || has_other(router, router->addresses_n, router->extra_n);
	if (other)
		conf_error_in(&place, "IPv4 and IPv6 addresses in one router are not supported "
				      "yet: write two routers, one for each");
	return !other;
}

/* ---- link_local ---- */

static void check_link_local(const struct conf_place *group, const struct conf_router *router)
{
	const struct conf_place place = conf_place_of(group, "link_local");

	if (router->vrrp.family == 4 && router->link_local.kind != CONF_LINK_LOCAL_UNSAID)
		conf_error_in(&place, "a router of IPv4 has no link-local address");
}

static bool begins_link_local(const struct conf_router *router)
{
	return router->addresses_n && router->addresses[0].family == 6 &&
	       vrrp_is_link_local(6, router->addresses[0].bytes);
}

/* Return: whether it comes in front of what the file has. */
static bool choose_first(const struct conf_router *router, struct conf_address *ret_first)
{
	*ret_first = (struct conf_address){ .family = 6, .prefix_len = LINK_LOCAL_PREFIX_LEN };
	if (router->link_local.kind == CONF_LINK_LOCAL_ADDRESS) {
		memcpy(ret_first->bytes, router->link_local.bytes, sizeof(ret_first->bytes));
		return true;
	}
	conf_link_local_of(router->vrrp.vrid, ret_first->bytes);
	return router->link_local.kind == CONF_LINK_LOCAL_VIRTUAL && router->vrrp.vrid;
}

static void put_first(const struct conf_place *group, struct conf_router *router,
		      const struct conf_address *first)
{
	const struct conf_place place = conf_place_of(group, "addresses");
	unsigned n = router->addresses_n + router->extra_n;
	struct conf_address *all;

	if (router->addresses_n == VRRP_ADDRESSES_MAX) {
		conf_error_in(&place, "with the link-local address they are more than %d",
			      VRRP_ADDRESSES_MAX);
		return;
	}
	all = conf_alloc(group->parse->blocks, router->addresses, n, n + 1, sizeof(*all));
	if (!all) {
		conf_error_in(&place, "out of memory");
		return;
	}
	memmove(all + 1, all, n * sizeof(*all));
	all[0] = *first;
	router->addresses = all;
	router->addresses_n++;
}

static void add_first(const struct conf_place *group, struct conf_router *router)
{
	const struct conf_place place = conf_place_of(group, "link_local");
	struct conf_address first;

	if (router->link_local.kind == CONF_LINK_LOCAL_UNSAID)
		router->link_local.kind = CONF_LINK_LOCAL_VIRTUAL;
	if (!router->addresses_n || !choose_first(router, &first))
		return;
	if (!begins_link_local(router))
		put_first(group, router, &first);
	else if (router->link_local.kind == CONF_LINK_LOCAL_ADDRESS &&
		 memcmp(router->addresses[0].bytes, first.bytes, sizeof(first.bytes)) != 0)
		conf_error_in(&place, "the list of addresses begins with another one");
}

void conf_family_set(const struct conf_place *group, struct conf_router *router)
{
	const struct conf_place version = conf_place_of(group, "version");

	router->vrrp.family = (uint8_t)family_of(router);
	if (!check_families(group, router))
		return;
	check_link_local(group, router);
	if (router->vrrp.version && !vrrp_packet_exists(router->vrrp.version, router->vrrp.family))
		conf_error_in(&version, "VRRP version %u has no IPv6; use 3", router->vrrp.version);
	if (router->vrrp.family == 6)
		add_first(group, router);
}

unsigned conf_family_added(const struct conf_place *group, const struct conf_router *router)
{
	const struct conf_place place = conf_place_of(group, "addresses");

	return router->addresses_n > (unsigned)config_setting_length(place.setting);
}

/* ---- source ---- */

/* conf_host_parse() lets nothing of IPv6 pass that ends with so many zeros. */
static unsigned source_family(const struct conf_router *router)
{
	static const uint8_t zeros[12];

	return memcmp(router->source + 4, zeros, sizeof(zeros)) == 0 ? 4 : 6;
}

void conf_family_check_source(const struct conf_place *group, const struct conf_router *router)
{
	const struct conf_place place = conf_place_of(group, "source");

	if (source_family(router) != router->vrrp.family)
		conf_error_in(&place, "the addresses are of IPv%u, and this is none",
			      router->vrrp.family);
	else if (router->vrrp.family == 6 && !router->unicast.peers_n &&
		 !vrrp_is_link_local(6, router->source))
		conf_error_in(&place, "adverts over IPv6 are sent from a link-local address, one "
				      "of fe80::/10");
}
