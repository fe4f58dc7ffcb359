/* SPDX-License-Identifier: MIT */
#include "import_peers.h"

#include <string.h>

#include "import_word.h"

#define HOP_LIMIT 64 /* the kernel's, which keepalived leaves as it is over IPv6 */

static void judge_once(struct import *import, struct keepalived_node *node, enum verdict verdict,
		       const char *text)
{
	if (!node->judged)
		import_judge(import, node, verdict, text ? "%s" : NULL, text);
}

/* ---- what kind of instance it is ---- */

static unsigned family_of_list(const struct keepalived_node *block)
{
	for (; block; block = block->again)
		for (const struct keepalived_node *node = block->first; node; node = node->next)
			if (import_family(node->words[0]))
				return import_family(node->words[0]);
	return 0;
}

static unsigned family_of_value(const struct keepalived_node *node)
{
	return node ? import_family(import_value(node)) : 0;
}

/* Of what is there first: addresses, source, peers, group. */
static unsigned find_family(const struct subject *instance)
{
	unsigned family = family_of_list(instance->said[KEYWORD_ADDRESSES]);

	if (!family)
		family = family_of_value(instance->said[KEYWORD_SOURCE]);
	if (!family)
		family = family_of_list(instance->said[KEYWORD_PEERS]);
	if (!family)
		family = family_of_value(instance->said[KEYWORD_GROUP_ADDRESS]);
	if (!family && instance->said[KEYWORD_IPV6])
		family = 6;
	return family ? family : 4;
}

static bool has_peers(const struct subject *instance)
{
	for (const struct keepalived_node *b = instance->said[KEYWORD_PEERS]; b; b = b->again)
		if (b->first)
			return true;
	return false;
}

void import_peers_look(struct import *import, struct router *router)
{
	struct keepalived_node *interface = router->instance->said[KEYWORD_INTERFACE];
	struct keepalived_node *ipv6 = router->instance->said[KEYWORD_IPV6];

	router->family = find_family(router->instance);
	router->interface = interface ? import_value(interface) : NULL;
	router->unicast = has_peers(router->instance);
	if (ipv6)
		import_judge(import, ipv6, router->family == 6 ? VERDICT_DROPPED : VERDICT_WRONG,
			     router->family == 6 ? "the addresses say so"
						 : "contradicts its addresses, which are of IPv4");
}

/* ---- source ---- */

static void put_source(struct import *import, const struct router *router)
{
	struct keepalived_node *node = router->instance->said[KEYWORD_SOURCE];
	struct keepalived_node *track = router->instance->said[KEYWORD_TRACK_SOURCE];
	bool unicast = node && strcmp(node->words[0], "unicast_src_ip") == 0;

	if (track)
		import_judge(import, track, node ? VERDICT_MAPPED : VERDICT_DROPPED,
			     node ? "always so here" : "there is no source that it is for");
	if (!node)
		return;
	if (import_family(import_value(node)) != router->family) {
		import_judge(import, node, VERDICT_WRONG, "is no address of IPv%u, as the others",
			     router->family);
		return;
	}
	setting_add(import->arena, router->setting, "source", SETTING_TEXT, import_value(node),
		    &node->origin);
	if (unicast && !router->unicast)
		import_judge(import, node, VERDICT_CHANGED,
			     "there is no unicast_peer: adverts are multicast, as with keepalived, "
			     "which says nothing of it");
	else if (!track)
		import_judge(import, node, VERDICT_CHANGED,
			     "while the host does not have it the router is in fault");
	else
		import_judge(import, node, VERDICT_MAPPED, NULL);
}

/* ---- peers ---- */

struct peer {
	struct keepalived_node *node;
	long min_ttl, max_ttl;
	bool limited;
};

/* "ADDRESS min_ttl N max_ttl N". Return: whether it is one. */
static bool parse_peer(struct import *import, const struct router *router, struct peer *peer)
{
	struct keepalived_node *node = peer->node;

	peer->min_ttl = 0;
	peer->max_ttl = 255;
	if (import_family(node->words[0]) != router->family || strchr(node->words[0], '/')) {
		import_judge(import, node, VERDICT_WRONG,
			     "is no address of IPv%u: keepalived leaves it out, and speaks "
			     "multicast when no other is left",
			     router->family);
		return false;
	}
	for (unsigned i = 1; i < node->words_n; i += 2) {
		long *ttl = strcmp(node->words[i], "min_ttl") == 0   ? &peer->min_ttl
			    : strcmp(node->words[i], "max_ttl") == 0 ? &peer->max_ttl
								     : NULL;

		if (!ttl || i + 1 == node->words_n ||
		    !import_is_number(node->words[i + 1], 0, 255, ttl)) {
			import_judge(import, node, VERDICT_WRONG,
				     "\"%.40s\" is not understood, and keepalived passes over it: "
				     "each peer needs a line of its own",
				     node->words[i]);
			return false;
		}
		peer->limited = true;
	}
	return true;
}

static void put_peer(struct import *import, const struct router *router, struct setting *list,
		     struct keepalived_node *node)
{
	struct peer peer = { .node = node };
	struct setting *group;

	if (!parse_peer(import, router, &peer))
		return;
	if (peer.max_ttl < 255)
		import_part(import, node, VERDICT_CHANGED, "max_ttl",
			    "there is no upper limit: a TTL cannot be raised on the way");
	if (!node->judged)
		import_judge(import, node, VERDICT_MAPPED, NULL);
	if (peer.min_ttl < 2) {
		setting_add(import->arena, list, NULL, SETTING_TEXT, node->words[0], &node->origin);
		return;
	}
	group = setting_add(import->arena, list, NULL, SETTING_GROUP, NULL, &node->origin);
	group->inline_group = true;
	setting_add(import->arena, group, "address", SETTING_TEXT, node->words[0], NULL);
	setting_add(import->arena, group, "min_ttl", SETTING_VALUE,
		    arena_print(import->arena, "%ld", peer.min_ttl), NULL);
}

static void put_ttl(struct import *import, const struct router *router, struct setting *unicast)
{
	struct keepalived_node *node = router->instance->said[KEYWORD_UNICAST_TTL];
	const struct origin *origin = &router->instance->node->origin;
	long ttl;

	if (node && import_number(import, node, 1, 255, 255, &ttl))
		import_put(import, unicast, "ttl", SETTING_VALUE,
			   arena_print(import->arena, "%ld", ttl), node);
	else if (!node && router->family == 6)
		import_preset(import, unicast, "ttl", SETTING_VALUE,
			      arena_print(import->arena, "%d", HOP_LIMIT), origin,
			      "keepalived leaves it to the kernel");
	import_preset(import, unicast, "min_ttl", SETTING_VALUE, "1", origin,
		      "keepalived takes any; 255 for peers on the link alone");
}

static void judge_without_peers(struct import *import, const struct router *router)
{
	static const enum keyword keywords[] = { KEYWORD_UNICAST_TTL, KEYWORD_CHECK_SOURCE,
						 KEYWORD_PEERS };
	struct keepalived_node *fault = router->instance->said[KEYWORD_NO_PEER_FAULT];

	for (unsigned i = 0; i < sizeof(keywords) / sizeof(keywords[0]); i++)
		if (router->instance->said[keywords[i]])
			import_judge(import, router->instance->said[keywords[i]], VERDICT_CHANGED,
				     "there are no peers: adverts are multicast, as with "
				     "keepalived");
	if (fault)
		import_judge(import, fault, VERDICT_REFUSED,
			     "there are no peers, so the instance is always in fault: add "
			     "unicast_peer, or take this out");
}

static void put_unicast(struct import *import, const struct router *router)
{
	struct keepalived_node *block = router->instance->said[KEYWORD_PEERS];
	struct keepalived_node *check = import_said(import, router->instance, KEYWORD_CHECK_SOURCE);
	struct keepalived_node *fault = router->instance->said[KEYWORD_NO_PEER_FAULT];
	struct setting *unicast, *list;

	if (!router->unicast) {
		judge_without_peers(import, router);
		return;
	}
	unicast = setting_add(import->arena, router->setting, "unicast", SETTING_GROUP, NULL,
			      &block->origin);
	list = setting_add(import->arena, unicast, "peers", SETTING_LIST, NULL, NULL);
	if (check)
		judge_once(import, check, VERDICT_MAPPED, "always so here");
	if (fault)
		import_judge(import, fault, VERDICT_MAPPED, "always so here");
	for (; block; block = block->again) {
		import_judge(import, block, check ? VERDICT_MAPPED : VERDICT_CHANGED,
			     check ? NULL : "adverts of others than these are discarded");
		for (struct keepalived_node *node = block->first; node; node = node->next)
			put_peer(import, router, list, node);
	}
	put_ttl(import, router, unicast);
}

/* ---- group and checksum ---- */

static void put_group_address(struct import *import, const struct router *router)
{
	struct keepalived_node *own = router->instance->said[KEYWORD_GROUP_ADDRESS];
	struct keepalived_node *node = own;

	if (!node)
		node = import->globals.said[router->family == 6 ? KEYWORD_GROUP6 : KEYWORD_GROUP4];
	if (own && router->unicast) {
		import_judge(import, own, VERDICT_DROPPED, "there are unicast peers");
		return;
	}
	if (!node || router->unicast)
		return;
	judge_once(import, node, VERDICT_MAPPED, NULL);
	setting_add(import->arena, router->setting, "group_address", SETTING_TEXT,
		    import_value(node), &node->origin);
}

/* Of version 3 over IPv4 alone there are two forms. */
static void put_checksum(struct import *import, const struct router *router)
{
	struct keepalived_node *node = import_said(import, router->instance, KEYWORD_CHECKSUM);
	bool plain = import_flag(import, node);

	if (router->version != 3 || router->family != 4) {
		if (router->instance->said[KEYWORD_CHECKSUM])
			import_judge(import, node, VERDICT_DROPPED,
				     "makes no difference but in version 3 over IPv4");
		return;
	}
	if (node)
		judge_once(import, node, VERDICT_MAPPED, NULL);
	if (plain)
		setting_add(import->arena, router->setting, "checksum", SETTING_TEXT, "rfc9568",
			    &node->origin);
	else
		import_preset(import, router->setting, "checksum", SETTING_TEXT, "rfc5798",
			      &router->instance->node->origin,
			      "keepalived's default; vipd has rfc9568");
}

void import_peers(struct import *import, const struct router *router)
{
	put_source(import, router);
	put_unicast(import, router);
	put_group_address(import, router);
	put_checksum(import, router);
}

void import_peers_globals(struct import *import)
{
	static const enum keyword keywords[] = {
		KEYWORD_CHECK_SOURCE, KEYWORD_CHECKSUM,          KEYWORD_GROUP4,
		KEYWORD_GROUP6,       KEYWORD_DEFAULT_INTERFACE, KEYWORD_VMAC_PREFIX
	};

	for (unsigned i = 0; i < sizeof(keywords) / sizeof(keywords[0]); i++)
		if (import->globals.said[keywords[i]])
			judge_once(import, import->globals.said[keywords[i]],
				   i < 4 ? VERDICT_DROPPED : VERDICT_MAPPED,
				   i < 4 ? "no instance takes it" : NULL);
}
