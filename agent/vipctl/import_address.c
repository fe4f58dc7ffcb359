/* SPDX-License-Identifier: MIT */
#include "import_address.h"

#include <string.h>

#include "import_word.h"

/* One line of a list. */
struct address {
	struct keepalived_node *node;
	const char *text; /* with its prefix length */
	unsigned family;
	const char *interface; /* NULL: the router's */
	const char *label, *scope, *broadcast, *peer, *preferred;
	bool no_prefix_route, no_track;
};

/* An option of a line. */
struct option {
	const char *word;
	size_t value; /* the member of struct address that takes the word behind it; 0: none */
	size_t flag;  /* the one that is set; 0: none */
	bool has_word;
	const char *dropped; /* what is said of it; NULL: it is mapped */
};

#define VALUE(member) offsetof(struct address, member), 0, true, NULL
#define FLAG(member)  0, offsetof(struct address, member), false, NULL

static const struct option options[] = {
	{ "dev", VALUE(interface) },
	{ "label", VALUE(label) },
	{ "scope", VALUE(scope) },
	{ "brd", VALUE(broadcast) },
	{ "broadcast", VALUE(broadcast) },
	{ "peer", VALUE(peer) },
	{ "preferred_lft", VALUE(preferred) },
	{ "noprefixroute", FLAG(no_prefix_route) },
	{ "no_track", FLAG(no_track) },
	{ "home", 0, 0, false, "is for Mobile IPv6, and not set" },
	{ "-nodad", 0, 0, false, "no duplicate detection holds an address up here" },
	{ "mngtmpaddr", 0, 0, false, "is for addresses that never move" },
	{ "autojoin", 0, 0, false, "is not set" },
	{ "use_vmac", 0, 0, false, "it is held with the MAC address of its interface" },
	{ "track_group", 0, 0, true, "is for static addresses" },
};

static const struct option *find_option(const char *word)
{
	for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++)
		if (strcmp(options[i].word, word) == 0)
			return &options[i];
	return NULL;
}

/* Return: whether all of them are known. */
static bool parse_options(struct import *import, struct address *address)
{
	const struct keepalived_node *node = address->node;

	for (unsigned i = 1; i < node->words_n; i++) {
		const struct option *option = find_option(node->words[i]);

		if (!option || (option->has_word && i + 1 == node->words_n)) {
			import_judge(
				import, address->node, VERDICT_WRONG,
				option ? "\"%.40s\" needs a value"
				       : "\"%.40s\" is no option of an address, and keepalived "
					 "passes over it: each address needs a line of its own",
				node->words[i]);
			return false;
		}
		if (option->dropped)
			import_part(import, address->node, VERDICT_DROPPED, option->word, "%s",
				    option->dropped);
		if (option->has_word)
			i++;
		if (option->value)
			memcpy((char *)address + option->value, &node->words[i],
			       sizeof(node->words[i]));
		if (option->flag)
			*((bool *)((char *)address + option->flag)) = true;
	}
	return true;
}

/* ---- what keepalived has by default, and vipd has otherwise ---- */

static void set_length(struct import *import, struct address *address)
{
	const char *written = address->node->words[0];

	if (strchr(written, '/')) {
		address->text = written;
		return;
	}
	address->text =
		arena_print(import->arena, "%s/%d", written, address->family == 4 ? 32 : 128);
}

/* Where it is, and whether that has to be said. */
static void set_interface(struct address *address, const struct address_rules *rules)
{
	if (!address->interface && !rules->interface)
		address->interface = rules->fallback;
	if (address->interface && rules->interface &&
	    strcmp(address->interface, rules->interface) == 0)
		address->interface = NULL;
}

static void set_label(struct import *import, struct address *address,
		      const struct address_rules *rules)
{
	const char *interface = address->interface ? address->interface
				: rules->macvlan   ? rules->macvlan
						   : rules->interface;
	size_t len = interface ? strlen(interface) : 0;
	bool is_on_macvlan = !address->interface && rules->macvlan;

	if (!address->label)
		return;
	if (address->family == 4 && len && strncmp(address->label, interface, len) == 0 &&
	    address->label[len] == ':' && address->label[len + 1])
		return;
	import_part(import, address->node, VERDICT_CHANGED, "label",
		    "\"%.20s\" is left out: %sa label is the name of %s, a colon and more",
		    address->label,
		    is_on_macvlan ? "the address lies on the macvlan of use_vmac, and " : "",
		    is_on_macvlan ? "that" : "the interface");
	address->label = NULL;
}

static void set_broadcast(struct address *address)
{
	if (!address->broadcast)
		return;
	if (strcmp(address->broadcast, "+") == 0)
		address->broadcast = "auto";
	else if (strcmp(address->broadcast, "-") == 0)
		address->broadcast = "none";
}

static void set_scope(struct import *import, struct address *address)
{
	static const char *const scopes[] = { "global", "site", "link", "host" };

	for (size_t i = 0; address->scope && i < sizeof(scopes) / sizeof(scopes[0]); i++)
		if (strcmp(address->scope, scopes[i]) == 0)
			return;
	if (!address->scope)
		return;
	import_part(import, address->node, VERDICT_REFUSED, "scope",
		    "\"%.20s\" is none of global, site, link and host", address->scope);
	address->scope = NULL;
}

/* Return: "true", "false", NULL: as vipd has it by default. */
static const char *preferred_of(struct import *import, const struct address *address)
{
	bool host = address->family == 6 && strstr(address->text, "/128");

	if (!address->preferred)
		return NULL;
	if (strcmp(address->preferred, "0") == 0)
		return host ? NULL : "false";
	if (strcmp(address->preferred, "forever") != 0)
		import_part(import, address->node, VERDICT_CHANGED, "preferred_lft",
			    "becomes forever: there is no time after which it changes");
	return host ? "true" : NULL;
}

/* ---- settings ---- */

static void put(struct import *import, struct setting *group, const char *name, const char *value)
{
	if (value)
		setting_add(import->arena, group, name, SETTING_TEXT, value, NULL);
}

static bool is_plain(const struct address *address, const char *preferred)
{
	return !address->interface && !address->label && !address->scope && !address->broadcast &&
	       !address->peer && !preferred && !address->no_prefix_route;
}

static void put_address(struct import *import, struct setting *list, struct address *address)
{
	const char *preferred = preferred_of(import, address);
	struct keepalived_node *node = address->node;
	struct setting *group;

	if (address->no_track)
		import_part(import, node, VERDICT_CHANGED, "no_track",
			    address->interface ? "its interface may be down; who removes the "
						 "address finds it "
						 "put back"
					       : "who removes the address finds it put back");
	if (is_plain(address, preferred)) {
		setting_add(import->arena, list, NULL, SETTING_TEXT, address->text, &node->origin);
		return;
	}
	group = setting_add(import->arena, list, NULL, SETTING_GROUP, NULL, &node->origin);
	group->inline_group = true;
	put(import, group, "address", address->text);
	put(import, group, "interface", address->interface);
	put(import, group, "label", address->label);
	put(import, group, "scope", address->family == 4 ? address->scope : NULL);
	put(import, group, "broadcast", address->family == 4 ? address->broadcast : NULL);
	put(import, group, "peer", address->peer);
	if (address->no_prefix_route)
		setting_add(import->arena, group, "prefix_route", SETTING_VALUE, "false", NULL);
	if (preferred)
		setting_add(import->arena, group, "preferred", SETTING_VALUE, preferred, NULL);
	if (address->no_track && address->interface)
		setting_add(import->arena, group, "required", SETTING_VALUE, "false", NULL);
}

/* Whether an address stands in a list of settings, on the same interface. */
static bool is_listed(const struct setting *list, const struct address *address)
{
	for (const struct setting *s = list ? list->first : NULL; s; s = s->next) {
		const struct setting *text = s->kind == SETTING_GROUP ? s->first : s;
		const struct setting *interface =
			s->kind == SETTING_GROUP ? setting_find(s, "interface") : NULL;
		size_t len = strcspn(address->text, "/");
		const char *where = interface ? interface->value : "";

		if (strncmp(text->value, address->text, len) == 0 && text->value[len] == '/' &&
		    strcmp(where, address->interface ? address->interface : "") == 0)
			return true;
	}
	return false;
}

/* Return: whether it was put. */
static bool map_line(struct import *import, struct keepalived_node *node, struct setting *list,
		     const struct setting *other, const struct address_rules *rules, bool extra)
{
	struct address address = { .node = node, .family = import_family(node->words[0]) };

	if (!address.family || node->has_block) {
		import_judge(import, node, VERDICT_WRONG,
			     "is no address: keepalived passes over the line");
		return false;
	}
	if (!parse_options(import, &address))
		return false;
	if (!extra && address.family != rules->family) {
		import_judge(import, node, VERDICT_WRONG,
			     "is of IPv%u among addresses of IPv%u, and keepalived leaves it out: "
			     "virtual_ipaddress_excluded takes both",
			     address.family, rules->family);
		return false;
	}
	set_length(import, &address);
	set_interface(&address, rules);
	if (is_listed(list, &address) || is_listed(other, &address)) {
		import_judge(import, node, VERDICT_DROPPED, "is there already");
		return false;
	}
	set_label(import, &address, rules);
	set_broadcast(&address);
	set_scope(import, &address);
	put_address(import, list, &address);
	if (!node->judged)
		import_judge(import, node, VERDICT_MAPPED,
			     strchr(node->words[0], '/') ? NULL : "as %s, as keepalived has it",
			     address.text);
	return true;
}

static unsigned map_list(struct import *import, struct keepalived_node *block, struct setting *list,
			 const struct setting *other, const struct address_rules *rules)
{
	unsigned n = 0;

	for (; block; block = block->again) {
		import_judge(import, block, VERDICT_MAPPED, NULL);
		for (struct keepalived_node *node = block->first; node; node = node->next)
			n += map_line(import, node, list, other, rules, other != NULL);
	}
	return n;
}

static bool is_link_local(const char *text)
{
	return strncasecmp(text, "fe8", 3) == 0 || strncasecmp(text, "fe9", 3) == 0 ||
	       strncasecmp(text, "fea", 3) == 0 || strncasecmp(text, "feb", 3) == 0;
}

unsigned import_addresses(struct import *import, struct subject *instance, struct setting *router,
			  const struct address_rules *rules, bool *ret_link_local)
{
	struct keepalived_node *block = instance->said[KEYWORD_ADDRESSES];
	struct keepalived_node *excluded = instance->said[KEYWORD_EXCLUDED];
	struct setting *list = setting_add(import->arena, router, "addresses", SETTING_LIST, NULL,
					   block ? &block->origin : &instance->node->origin);
	struct setting *extra;
	unsigned n = map_list(import, block, list, NULL, rules);

	*ret_link_local = n && block->first && is_link_local(block->first->words[0]);
	if (!excluded)
		return n;
	extra = setting_add(import->arena, router, "extra_addresses", SETTING_LIST, NULL,
			    &excluded->origin);
	map_list(import, excluded, extra, list, rules);
	return n;
}
