/* SPDX-License-Identifier: MIT */
#include "alike.h"

#include <stdio.h>
#include <string.h>

#include "family.h"

#define BY_HMAC                                                                                    \
	"; the way without that is receive-only on all hosts, then permissive on all, then "       \
	"enforce on all"
#define FROM_HMAC                                                                                  \
	"; the way without that is permissive on all hosts, then receive-only on all, then none"

/* A host that is configured as @a hears one that is configured as @b, as far as what the function
 * is of goes. */
typedef bool (*hears_fn)(const struct conf_router *a, const struct conf_router *b);

static bool hear_each_other(hears_fn hears, const struct conf_router *a,
			    const struct conf_router *b)
{
	return hears(a, b) && hears(b, a);
}

/* ---- version, interval, group, list ---- */

static bool hears_interval(const struct conf_router *a, const struct conf_router *b)
{
	return a->vrrp.version != 2 || b->vrrp.version != 2 ||
	       a->vrrp.interval_cs == b->vrrp.interval_cs;
}

static bool is_unicast(const struct conf_router *router)
{
	return router->unicast.peers_n > 0;
}

/* Of the families that both have. */
static bool hears_group(const struct conf_router *a, const struct conf_router *b)
{
	for (unsigned i = 0; i < conf_family_count(a); i++)
		for (unsigned k = 0; k < conf_family_count(b); k++) {
			const struct conf_router *x = conf_family_member(a, i);
			const struct conf_router *y = conf_family_member(b, k);

			if (x->vrrp.family == y->vrrp.family && !is_unicast(x) && !is_unicast(y) &&
			    memcmp(conf_group(x), conf_group(y), x->vrrp.family == 4 ? 4 : 16) != 0)
				return false;
		}
	return true;
}

/* Who has addresses discards adverts that say that there are none. */
static bool hears_list(const struct conf_router *a, const struct conf_router *b)
{
	return a->addresses_n == 0 || b->addresses_n > 0;
}

/* Over IPv6, and in version 2, there is one form alone. */
static bool has_checksum_forms(const struct conf_router *router)
{
	for (unsigned i = 0; i < conf_family_count(router); i++)
		if (conf_family_member(router, i)->vrrp.family == 4)
			return router->vrrp.version == 3;
	return false;
}

/* ---- authentication ---- */

static bool hears_unsigned(const struct conf_auth *auth)
{
	return auth->type == CONF_AUTH_NONE ||
	       (auth->type == CONF_AUTH_HMAC && auth->mode != CONF_AUTH_ENFORCE);
}

/* Which keys there are is another matter. */
static bool hears_auth(const struct conf_router *a, const struct conf_router *b)
{
	const struct conf_auth *ours = &a->auth, *theirs = &b->auth;

	if (theirs->type == CONF_AUTH_PASSWORD)
		return ours->type == CONF_AUTH_PASSWORD &&
		       strcmp(ours->password, theirs->password) == 0;
	if (conf_signs(b))
		return ours->type == CONF_AUTH_HMAC;
	return hears_unsigned(ours);
}

/* A password has no mode in which it is not demanded. */
static const char *auth_text(const struct conf_router *old, const struct conf_router *new)
{
	if (old->auth.type == CONF_AUTH_PASSWORD || new->auth.type == CONF_AUTH_PASSWORD)
		return CONF_ALIKE_TWO_ACTIVE;
	return new->auth.type == CONF_AUTH_NONE || new->auth.mode == CONF_AUTH_RECEIVE_ONLY
		       ? CONF_ALIKE_TWO_ACTIVE FROM_HMAC
		       : CONF_ALIKE_TWO_ACTIVE BY_HMAC;
}

/* ---- peers ---- */

static const struct conf_peer *find_peer(const struct conf_router *router,
					 const struct conf_peer *peer)
{
	for (unsigned i = 0; i < router->unicast.peers_n; i++)
		if (memcmp(router->unicast.peers[i].bytes, peer->bytes, sizeof(peer->bytes)) == 0)
			return &router->unicast.peers[i];
	return NULL;
}

/* One that is only written otherwise neither comes nor goes. */
static const char *peer_text(const struct conf_difference *d)
{
	const struct conf_router *old = d->old, *new = d->new;
	const struct conf_peer *peer = d->item;
	const struct conf_peer *before = find_peer(old, peer), *after = find_peer(new, peer);

	if (!is_unicast(old) || !is_unicast(new))
		return NULL;
	if (!after)
		return "that host is not heard any more, nor spoken to: as long as it has this "
		       "router, both may be active at a time";
	if (!before)
		return "until that host, and all others, have their peers so, too, both may be "
		       "active at a time";
	return d->change == CONF_COMES && after->min_ttl > before->min_ttl
		       ? "what comes from it with less is discarded, and then both may be active "
			 "at a time"
		       : NULL;
}

static bool is_source_moved(const struct conf_router *old, const struct conf_router *new)
{
	return is_unicast(old) && is_unicast(new);
}

/* ---- the keys of a router ---- */

static const char *text_if(bool holds, const char *text)
{
	return holds ? text : NULL;
}

static const char *text_of_version(const struct conf_difference *d)
{
	(void)d;
	return CONF_ALIKE_TWO_ACTIVE;
}

static const char *text_of_interval(const struct conf_difference *d)
{
	return text_if(!hear_each_other(hears_interval, d->old, d->new), CONF_ALIKE_TWO_ACTIVE);
}

static const char *text_of_families(const struct conf_difference *d)
{
	(void)d;
	return "until the other hosts have it, too, a family that has a fault on one of them may "
	       "be served by nobody";
}

/* Whether it holds an address, whatever the options are, and whether it is advertised or not. */
static bool holds(const struct conf_router *router, const struct conf_address *address)
{
	for (unsigned i = 0; i < router->addresses_n + router->extra_n; i++)
		if (router->addresses[i].family == address->family &&
		    memcmp(router->addresses[i].bytes, address->bytes, sizeof(address->bytes)) == 0)
			return true;
	return false;
}

/* One that only has other options neither comes nor goes. Extra ones may be a host's own. */
static const char *text_of_addresses(const struct conf_difference *d)
{
	if (!hear_each_other(hears_list, d->old, d->new))
		return CONF_ALIKE_TWO_ACTIVE;
	if (holds(d->old, d->item) && holds(d->new, d->item))
		return NULL;
	if (d->change == CONF_COMES)
		return "until the other hosts have it, too, nobody has it while one of them is "
		       "active";
	return text_if(d->change == CONF_GOES, "until the other hosts are without it, too, it is "
					       "back whenever one of them is active");
}

static const char *text_of_mac(const struct conf_difference *d)
{
	(void)d;
	return "until the other hosts have it, too, a takeover changes the MAC address";
}

/* It comes and goes with the type. */
static const char *text_of_mac_address(const struct conf_difference *d)
{
	const struct conf_router *old = d->old, *new = d->new;

	return old->mac.type == new->mac.type ? text_of_mac(d) : NULL;
}

static const char *text_of_checksum(const struct conf_difference *d)
{
	return text_if(has_checksum_forms(d->old) && has_checksum_forms(d->new),
		       "vipd takes either form; where other agents run that take one alone, both "
		       "may be active at a time until they have it, too");
}

static const char *text_of_group_address(const struct conf_difference *d)
{
	return text_if(!hear_each_other(hears_group, d->old, d->new), CONF_ALIKE_TWO_ACTIVE);
}

static const char *text_of_auth(const struct conf_difference *d)
{
	const struct conf_router *old = d->old, *new = d->new;

	return hear_each_other(hears_auth, old, new) ? NULL : auth_text(old, new);
}

/* What one type has and the other has not changes with the type. */
static const char *text_of_auth_detail(const struct conf_difference *d)
{
	const struct conf_router *old = d->old, *new = d->new;

	return old->auth.type == new->auth.type ? text_of_auth(d) : NULL;
}

/* Whoever gets peers, or has none any more, has this key with them. */
static const char *text_of_ttl(const struct conf_difference *d)
{
	const struct conf_router *old = d->old, *new = d->new;

	if (is_unicast(old) != is_unicast(new))
		return CONF_ALIKE_TWO_ACTIVE;
	return text_if(new->unicast.ttl < old->unicast.ttl,
		       "a host whose min_ttl is higher than what arrives there discards it, and "
		       "then both may be active at a time");
}

static const char *text_of_source(const struct conf_difference *d)
{
	return text_if(is_source_moved(d->old, d->new),
		       "until the other hosts have this address among their peers, both may be "
		       "active at a time");
}

static const char *text_of_vrid(const struct conf_difference *d)
{
	return text_if(d->change == CONF_RESTART, CONF_ALIKE_TWO_ACTIVE);
}

static const struct {
	const char *key;
	const char *(*text)(const struct conf_difference *difference);
} rows[] = {
	{ "vrid", text_of_vrid },
	{ "version", text_of_version },
	{ "interval", text_of_interval },
	{ "source", text_of_source },
	{ "families", text_of_families },
	{ "addresses", text_of_addresses },
	{ "mac.type", text_of_mac },
	{ "mac.address", text_of_mac_address },
	{ "checksum", text_of_checksum },
	{ "group_address", text_of_group_address },
	{ "auth.type", text_of_auth },
	{ "auth.password", text_of_auth_detail },
	{ "auth.mode", text_of_auth_detail },
	{ "unicast.peers", peer_text },
	{ "unicast.ttl", text_of_ttl },
};

/* ---- groups ---- */

static const char *text_of_members(const struct conf_difference *d)
{
	const struct conf_group *old = d->old, *new = d->new;

	if (d->change != CONF_ORDER)
		return CONF_ALIKE_MEMBERS;
	return text_if(strcmp(old->routers[0].router, new->routers[0].router) != 0,
		       "until the lists of the other hosts begin with it, too, both may be active "
		       "at a time, or nobody, where priorities are equal");
}

const char *conf_alike_text(const struct conf_difference *d)
{
	if (!d->noun || !d->key || !d->old || !d->new)
		return NULL;
	if (strcmp(d->noun, "group") == 0)
		return strcmp(d->key, "routers") == 0 ? text_of_members(d) : NULL;
	/* It is of no one element, and others see none of a router. */
	if (d->change == CONF_ORDER)
		return NULL;
	for (size_t i = 0; strcmp(d->noun, "router") == 0 && i < sizeof(rows) / sizeof(rows[0]);
	     i++)
		if (strcmp(d->key, rows[i].key) == 0)
			return rows[i].text(d);
	return NULL;
}
