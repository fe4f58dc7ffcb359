/* SPDX-License-Identifier: MIT */
#include "import_router.h"

#include <string.h>

#include "import_address.h"
#include "import_announce.h"
#include "import_auth.h"
#include "import_election.h"
#include "import_notify.h"
#include "import_peers.h"
#include "import_route.h"
#include "import_track.h"
#include "import_word.h"

void import_routers_name(struct import *import)
{
	const struct subjects *const all[] = { &import->instances, NULL };

	for (struct subject *s = import->instances.first; s; s = s->next)
		s->name = import_name(import, all, import_value(s->node));
}

struct subject *import_group_of(const struct import *import, const struct subject *instance)
{
	const char *name = import_value(instance->node);

	for (struct subject *group = import->groups.first; group; group = group->next) {
		struct keepalived_node *block = group->said[KEYWORD_MEMBERS];

		for (; block; block = block->again)
			for (const struct keepalived_node *n = block->first; n; n = n->next)
				for (unsigned i = 0; i < n->words_n; i++)
					if (strcmp(n->words[i], name) == 0)
						return group;
	}
	return NULL;
}

/* ---- what it is told apart by ---- */

static void judge_name(struct import *import, struct subject *instance)
{
	if (strcmp(instance->name, import_value(instance->node)) == 0)
		import_judge(import, instance->node, VERDICT_MAPPED, "router \"%s\"",
			     instance->name);
	else
		import_judge(import, instance->node, VERDICT_CHANGED, "is called \"%s\"",
			     instance->name);
}

static void put_interface(struct import *import, const struct router *router)
{
	struct keepalived_node *node = router->instance->said[KEYWORD_INTERFACE];

	if (node)
		import_put(import, router->setting, "interface", SETTING_TEXT, import_value(node),
			   node);
	else if (!router->unicast)
		import_judge(import, router->instance->node, VERDICT_WRONG,
			     "has no interface, which only unicast can do without");
}

static void put_vrid(struct import *import, const struct router *router)
{
	struct keepalived_node *node = router->instance->said[KEYWORD_VRID];
	long vrid;

	if (!node)
		import_judge(import, router->instance->node, VERDICT_WRONG,
			     "has no virtual_router_id: keepalived leaves it out");
	else if (import_number(import, node, 1, 255, 0, &vrid))
		import_put(import, router->setting, "vrid", SETTING_VALUE,
			   arena_print(import->arena, "%ld", vrid), node);
}

/* ---- virtual MAC ---- */

static bool is_mac(const char *word)
{
	return strchr(word, ':') && word[strspn(word, "0123456789abcdefABCDEF:")] == '\0';
}

/* Five octets, and the VRID behind them. */
static const char *whole_mac(struct import *import, const struct router *router, const char *word)
{
	unsigned colons = 0;
	long vrid = 0;

	for (const char *at = word; *at; at++)
		colons += *at == ':';
	if (colons != 4 || !router->instance->said[KEYWORD_VRID])
		return word;
	(void)import_is_number(import_value(router->instance->said[KEYWORD_VRID]), 1, 255, &vrid);
	return arena_print(import->arena, "%s:%02lx", word, (unsigned long)vrid);
}

/* The name that keepalived gives: of the first that has the VRID. */
static const char *macvlan_name(struct import *import, const struct router *router)
{
	const struct keepalived_node *prefix = import->globals.said[KEYWORD_VMAC_PREFIX];
	const struct keepalived_node *vrid = router->instance->said[KEYWORD_VRID];

	for (struct subject *s = import->instances.first; s && vrid; s = s->next)
		if (s != router->instance && s->said[KEYWORD_VMAC] && s->said[KEYWORD_VRID] &&
		    strcmp(import_value(s->said[KEYWORD_VRID]), import_value(vrid)) == 0)
			return NULL;
	return vrid ? arena_print(import->arena, "%s%s.%s", prefix ? import_value(prefix) : "vrrp",
				  router->family == 6 ? "6" : "", import_value(vrid))
		    : NULL;
}

/* "use_vmac [[name] IFNAME] [MAC] [netlink_notify_msg] [group G]". Return: the name, or NULL. */
static const char *put_vmac_words(struct import *import, const struct router *router,
				  struct keepalived_node *node, struct setting *mac)
{
	const char *name = NULL, *address = NULL;

	for (unsigned i = 1; i < node->words_n; i++) {
		const char *word = node->words[i];

		if (strcmp(word, "name") == 0 && i + 1 < node->words_n)
			name = node->words[++i];
		else if (strcmp(word, "netlink_notify_msg") == 0 || strcmp(word, "group") == 0)
			import_part(import, node, VERDICT_DROPPED, word,
				    "there is nothing like it here");
		else if (is_mac(word))
			address = whole_mac(import, router, word);
		else
			name = word;
		i += strcmp(word, "group") == 0;
	}
	name = name ? name : macvlan_name(import, router);
	if (name)
		setting_add(import->arena, mac, "name", SETTING_TEXT, name, NULL);
	if (address)
		setting_add(import->arena, mac, "address", SETTING_TEXT, address, NULL);
	return name;
}

/* Return: the macvlan's name; NULL: there is none, or vipd names it. */
static const char *put_mac(struct import *import, const struct router *router)
{
	struct keepalived_node *node = router->instance->said[KEYWORD_VMAC];
	struct keepalived_node *base = router->instance->said[KEYWORD_XMIT_BASE];
	struct setting *mac;
	const char *name;

	if (!node) {
		if (base)
			import_judge(import, base, VERDICT_DROPPED,
				     "there is no use_vmac that it is for");
		return NULL;
	}
	mac = setting_add(import->arena, router->setting, "mac", SETTING_GROUP, NULL,
			  &node->origin);
	mac->inline_group = true;
	setting_add(import->arena, mac, "type", SETTING_TEXT, "virtual", NULL);
	name = put_vmac_words(import, router, node, mac);
	if (base && import_flag(import, base) && !router->strict)
		setting_add(import->arena, mac, "adverts", SETTING_TEXT, "interface", NULL);
	if (base)
		import_judge(import, base, router->strict ? VERDICT_DROPPED : VERDICT_MAPPED,
			     router->strict ? "strict mode has it off, in keepalived, too" : NULL);
	if (!node->judged)
		import_judge(import, node, VERDICT_MAPPED, NULL);
	return name;
}

/* ---- addresses ---- */

static const char *fallback_interface(const struct import *import)
{
	const struct keepalived_node *node = import->globals.said[KEYWORD_DEFAULT_INTERFACE];

	return node ? import_value(node) : "eth0";
}

/* keepalived advertises what is there, vipd would put the link-local address in front. */
static void put_link_local(struct import *import, const struct router *router, bool link_local)
{
	if (router->family == 6 && !link_local)
		import_preset(import, router->setting, "link_local", SETTING_TEXT, "none",
			      &router->instance->node->origin,
			      "keepalived advertises nothing else");
}

static void put_addresses(struct import *import, const struct router *router, const char *macvlan)
{
	struct keepalived_node *none = router->instance->said[KEYWORD_NO_ADDRESSES];
	const struct address_rules rules = { .family = router->family,
					     .interface = router->interface,
					     .fallback = fallback_interface(import),
					     .macvlan = macvlan };
	bool link_local = false;
	unsigned n =
		import_addresses(import, router->instance, router->setting, &rules, &link_local);

	if (none)
		import_judge(import, none, VERDICT_MAPPED, NULL);
	if (!n && (router->version == 3 || router->strict) &&
	    (!none || router->strict || !import_flag(import, none)))
		import_judge(import, router->instance->node, VERDICT_WRONG,
			     "has no address, and no_virtual_ipaddress does not say so: keepalived "
			     "leaves it out");
	else if (!n && !none)
		import_judge(import, router->instance->node, VERDICT_CHANGED,
			     "has no address: the list is empty, and must be so on all hosts");
	if (!router->interface && router->unicast)
		import_judge(import, router->instance->node, VERDICT_CHANGED,
			     "has no interface: addresses without dev are on %s, as keepalived "
			     "has it",
			     rules.fallback);
	put_link_local(import, router, link_local);
}

/* ---- accept, link ---- */

static void put_accept(struct import *import, const struct router *router)
{
	struct keepalived_node *yes = router->instance->said[KEYWORD_ACCEPT];
	struct keepalived_node *no = router->instance->said[KEYWORD_NO_ACCEPT];
	struct keepalived_node *strict = import_said(import, router->instance, KEYWORD_STRICT);

	if (yes && no) {
		import_judge(import, no, VERDICT_WRONG, "contradicts accept in line %u",
			     yes->origin.line);
		return;
	}
	if (yes)
		import_judge(import, yes, VERDICT_MAPPED, NULL);
	if (no && router->owner)
		import_judge(import, no, VERDICT_DROPPED,
			     "an owner always accepts, in keepalived, too");
	else if (no)
		import_put(import, router->setting, "accept", SETTING_VALUE, "false", no);
	else if (!yes && router->strict && !router->owner)
		setting_add(import->arena, router->setting, "accept", SETTING_VALUE, "false",
			    &strict->origin);
}

static struct setting *add_link(struct import *import, const struct router *router)
{
	struct setting *link = setting_find(router->setting, "link");

	return link ? link
		    : setting_add(import->arena, router->setting, "link", SETTING_GROUP, NULL,
				  &(struct origin){ 0 });
}

static void put_link(struct import *import, const struct router *router)
{
	struct keepalived_node *node = router->instance->said[KEYWORD_TRACK_PRIMARY];
	int64_t delay_us = router->interface ? import_down_delay(import, router->interface) : 0;

	if (delay_us)
		import_preset(import, add_link(import, router), "delay", SETTING_TEXT,
			      import_duration(import, delay_us), &router->instance->node->origin,
			      "interface_up_down_delays");
	if (!node)
		return;
	(void)setting_add(import->arena, add_link(import, router), "required", SETTING_VALUE,
			  "false", &node->origin);
	import_judge(import, node, VERDICT_CHANGED,
		     "a lost carrier is no fault; an interface that is set down is one");
}

/* ---- all of it ---- */

static void map_instance(struct import *import, struct subject *instance, struct setting *list)
{
	const struct subject *group = import_group_of(import, instance);
	struct router router = { .instance = instance, .group = group };
	struct track_rules rules = { .group = group };
	const char *macvlan;

	router.setting =
		setting_add(import->arena, list, NULL, SETTING_GROUP, NULL, &(struct origin){ 0 });
	setting_add(import->arena, router.setting, "name", SETTING_TEXT, instance->name,
		    &instance->node->origin);
	judge_name(import, instance);
	import_peers_look(import, &router);
	put_interface(import, &router);
	put_vrid(import, &router);
	import_election(import, &router);
	macvlan = put_mac(import, &router);
	put_addresses(import, &router, macvlan);
	put_accept(import, &router);
	import_peers(import, &router);
	put_link(import, &router);
	import_announce(import, instance, router.setting, router.family, router.interface);
	import_auth(import, instance, router.setting, router.version, instance->name);
	rules.interface = router.interface;
	rules.owner = router.owner;
	import_track(import, instance, router.setting, &rules);
	import_routes(import, instance, router.setting);
	import_notify(import, instance, router.setting);
}

void import_routers(struct import *import)
{
	struct setting *list;

	if (!import->instances.first)
		return;
	list = setting_list(import->arena, import->root, "routers", SETTING_LIST,
			    &(struct origin){ 0 });
	for (struct subject *s = import->instances.first; s; s = s->next)
		map_instance(import, s, list);
}
