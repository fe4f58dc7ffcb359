/* SPDX-License-Identifier: MIT */
#include "family.h"

#include <string.h>

#include "announce.h"
#include "parse.h"
#include "value.h"

/* What is added in front: not preferred as a source of the host's own packets. */
#define LINK_LOCAL_PREFIX_LEN 128

/* ---- which ones ---- */

static unsigned group_family(const struct conf_router *router)
{
	return router->group[0] == 0xff ? 6 : 4;
}

static unsigned family_of_first(const struct conf_address *addresses, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		if (addresses[i].family)
			return addresses[i].family;
	return 0;
}

/* That of what it advertises; of one that advertises nothing, whatever else tells. */
static unsigned family_of(const struct conf_router *router)
{
	unsigned family = family_of_first(router->addresses, router->addresses_n);

	if (family)
		return family;
	if (router->link_local.kind != CONF_LINK_LOCAL_UNSAID)
		return 6;
	if (router->sources.of[0][0] || router->sources.of[1][0])
		return router->sources.of[0][0] ? 4 : 6;
	if (router->group[0])
		return group_family(router);
	family = family_of_first(router->addresses, router->addresses_n + router->extra_n);
	return family ? family : 4;
}

static bool has_family(const struct conf_router *router, unsigned family, unsigned first,
		       unsigned n)
{
	for (unsigned i = first; i < first + n; i++)
		if (router->addresses[i].family == family)
			return true;
	return false;
}

unsigned conf_family_count(const struct conf_router *router)
{
	return router->members_n ? router->members_n : 1;
}

const struct conf_router *conf_family_member(const struct conf_router *router, unsigned i)
{
	return router->members_n ? &router->members[i] : router;
}

/* ---- link_local ---- */

static void check_link_local(const struct conf_place *group, const struct conf_router *router)
{
	const struct conf_place place = conf_place_of(group, "link_local");

	if (router->only_family == 4 && router->link_local.kind != CONF_LINK_LOCAL_UNSAID)
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
	router->added_n = 1;
}

/* Of no addresses there is no first one. */
static void refuse_first(const struct conf_place *group, struct conf_router *router)
{
	const struct conf_place list = conf_place_of(group, "addresses");
	const struct conf_place place = conf_place_of(group, "link_local");
	bool is_said = router->link_local.kind == CONF_LINK_LOCAL_ADDRESS ||
		       router->link_local.kind == CONF_LINK_LOCAL_VIRTUAL;

	/* Of a list that is wrong enough was said. */
	if (is_said && config_setting_is_aggregate(list.setting) &&
	    config_setting_length(list.setting) == 0)
		conf_error_in(&place,
			      "no addresses are advertised: leave it out, or write \"none\"");
	router->link_local.kind = CONF_LINK_LOCAL_NONE;
}

static void add_first(const struct conf_place *group, struct conf_router *router)
{
	const struct conf_place place = conf_place_of(group, "link_local");
	struct conf_address first;

	if (!router->addresses_n) {
		refuse_first(group, router);
		return;
	}
	if (router->link_local.kind == CONF_LINK_LOCAL_UNSAID)
		router->link_local.kind = CONF_LINK_LOCAL_VIRTUAL;
	if (!choose_first(router, &first))
		return;
	if (!begins_link_local(router))
		put_first(group, router, &first);
	else if (router->link_local.kind == CONF_LINK_LOCAL_ADDRESS &&
		 memcmp(router->addresses[0].bytes, first.bytes, sizeof(first.bytes)) != 0)
		conf_error_in(&place, "the list of addresses begins with another one");
}

unsigned conf_family_added(const struct conf_router *router)
{
	return router->added_n;
}

/* ---- source ---- */

static void set_source(const struct conf_place *group, struct conf_router *router)
{
	const struct conf_place place = conf_place_of(group, "source");
	bool six = router->vrrp.family == 6;

	memcpy(router->source, router->sources.of[six], sizeof(router->source));
	if (six && router->source[0] && !router->unicast.peers_n &&
	    !vrrp_is_link_local(6, router->source))
		conf_error_in(&place, "adverts over IPv6 are sent from a link-local address, one "
				      "of fe80::/10");
}

static void check_sources(const struct conf_place *group, const struct conf_router *router)
{
	const struct conf_place place = conf_place_of(group, "source");

	if (router->only_family && router->sources.of[router->only_family == 4][0])
		conf_error_in(&place, "the addresses are of IPv%u, and this is none",
			      router->only_family);
}

/* ---- group ---- */

static void check_group(const struct conf_place *group, const struct conf_router *router)
{
	const struct conf_place place = conf_place_of(group, "group_address");

	if (router->group[0] && router->unicast.peers_n)
		conf_error_in(&place, "adverts to unicast peers go to no group: leave one out");
	else if (router->group[0] && router->only_family &&
		 group_family(router) != router->only_family)
		conf_error_in(&place, "the router is of IPv%u, and this is not",
			      router->only_family);
}

/* That of the other family is for the other member, and the one that all have is unsaid. */
static void set_group(struct conf_router *router)
{
	const struct vrrp_config *vrrp = &router->vrrp;

	if (group_family(router) != vrrp->family ||
	    memcmp(router->group, vrrp_group(vrrp->family), vrrp_address_len(vrrp->family)) == 0)
		memset(router->group, 0, sizeof(router->group));
}

/* ---- a router of one family ---- */

static void set_one(const struct conf_place *group, struct conf_router *router, unsigned family)
{
	const struct conf_place version = conf_place_of(group, "version");

	router->vrrp.family = (uint8_t)family;
	if (router->vrrp.version && !vrrp_packet_exists(router->vrrp.version, family))
		conf_error_in(&version, "VRRP version %u has no IPv6; use 3", router->vrrp.version);
	set_source(group, router);
	set_group(router);
	conf_announce_set(router);
	if (family == 6)
		add_first(group, router);
}

/* ---- a router of both ---- */

/* Those of a family, from number @first on. Return: how many. */
static unsigned pick(const struct conf_router *router, unsigned family, unsigned first, unsigned n,
		     struct conf_address *to)
{
	unsigned picked = 0;

	for (unsigned i = first; i < first + n; i++)
		if (router->addresses[i].family == family)
			to[picked++] = router->addresses[i];
	return picked;
}

/* Each family speaks to the peers that are of it. */
static void pick_peers(const struct conf_place *group, const struct conf_router *router,
		       struct conf_router *member, unsigned family)
{
	const struct conf_unicast *from = &router->unicast;
	const struct conf_place unicast = conf_place_of(group, "unicast");
	const struct conf_place place = conf_place_of(&unicast, "peers");
	struct conf_peer *peers;
	unsigned n = 0;

	if (!from->peers_n)
		return;
	peers = conf_alloc(group->parse->blocks, NULL, 0, from->peers_n, sizeof(*peers));
	if (!peers) {
		conf_error_in(&place, "out of memory");
		return;
	}
	for (unsigned i = 0; i < from->peers_n; i++)
		if (from->peers[i].family == family)
			peers[n++] = from->peers[i];
	if (n == 0)
		conf_error_in(&place, "there is none of IPv%u, and addresses are of both", family);
	member->unicast.peers = peers;
	member->unicast.peers_n = n;
}

static void make_member(const struct conf_place *group, const struct conf_router *router,
			struct conf_router *member, unsigned family)
{
	unsigned n = router->addresses_n + router->extra_n;
	struct conf_address *all = conf_alloc(group->parse->blocks, NULL, 0, n, sizeof(*all));

	*member = *router;
	if (!all) {
		conf_error_in(group, "out of memory");
		return;
	}
	member->only_family = (uint8_t)family;
	pick_peers(group, router, member, family);
	member->addresses = all;
	member->addresses_n = pick(router, family, 0, router->addresses_n, all);
	member->extra_n = pick(router, family, router->addresses_n, router->extra_n,
			       all + member->addresses_n);
	set_one(group, member, family);
}

static void make_members(const struct conf_place *group, struct conf_router *router)
{
	struct conf_router *members =
		conf_alloc(group->parse->blocks, NULL, 0, 2, sizeof(*members));

	if (!members) {
		conf_error_in(group, "out of memory");
		return;
	}
	make_member(group, router, &members[0], 4);
	make_member(group, router, &members[1], 6);
	if (router->families == CONF_FAMILIES_TOGETHER) {
		members[0].unit_n = members[1].unit_n = 2;
		members[1].unit_at = 1;
	} else {
		members[1].unit_router = 1;
	}
	router->members = members;
	router->members_n = 2;
	router->link_local.kind = members[1].link_local.kind;
}

void conf_family_set(const struct conf_place *group, struct conf_router *router)
{
	unsigned family = family_of(router);

	router->vrrp.family = (uint8_t)family;
	if (!has_family(router, family == 6 ? 4 : 6, 0, router->addresses_n))
		router->only_family = (uint8_t)family;
	check_group(group, router);
	if (!router->only_family) {
		make_members(group, router);
		return;
	}
	check_sources(group, router);
	check_link_local(group, router);
	set_one(group, router, family);
}
