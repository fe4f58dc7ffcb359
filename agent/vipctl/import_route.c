/* SPDX-License-Identifier: MIT */
#include "import_route.h"

#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "import_word.h"

#define RULE_PRIORITY 16384 /* of the first one that says none */
#define TABLES_PATH   "/etc/iproute2/rt_tables"

/* A line while it is read. */
struct line {
	struct import *import;
	struct keepalived_node *node;
	unsigned at;            /* the word that is next */
	struct setting *object; /* route or rule */
	struct setting *way;    /* nexthop that options are for; NULL: the route */
	const char *via, *dev, * or ;
	bool failed, no_track;
	unsigned ways_n;
};

__attribute__((format(printf, 2, 3))) static void refuse(struct line *line, const char *format, ...)
{
	char text[200];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	line->failed = true;
	import_judge(line->import, line->node, VERDICT_REFUSED, "%s", text);
}

static const char *peek(const struct line *line)
{
	return line->at < line->node->words_n ? line->node->words[line->at] : NULL;
}

/* The value of an option, behind it. */
static const char *take(struct line *line)
{
	const char *word = peek(line);

	if (!word)
		refuse(line, "\"%.40s\" needs a value", line->node->words[line->at - 1]);
	line->at++;
	return word ? word : "";
}

static void put(struct line *line, struct setting *object, const char *name, enum setting_kind kind,
		const char *value)
{
	if (setting_find(object, name))
		refuse(line, "%s is there twice", name);
	else
		setting_add(line->import->arena, object, name, kind, value, NULL);
}

/* ---- values ---- */

static const char *with_length(struct import *import, const char *word)
{
	if (strchr(word, '/') || !import_family(word))
		return word;
	return arena_print(import->arena, "%s/%d", word, import_family(word) == 4 ? 32 : 128);
}

/* Return: the number of a table by its name on this host; 0: there is none. */
static unsigned long find_table(const char *name)
{
	FILE *file = fopen(TABLES_PATH, "re");
	char text[256], found[64];
	unsigned long number, result = 0;

	while (file && !result && fgets(text, sizeof(text), file))
		if (sscanf(text, " %lu %63s", &number, found) == 2 && strcmp(found, name) == 0)
			result = number;
	if (file)
		fclose(file);
	return result;
}

static bool is_unsigned(const char *word, unsigned long *ret_number)
{
	char *end;

	if (!isdigit((unsigned char)word[0]))
		return false;
	errno = 0;
	*ret_number = strtoul(word, &end, 0);
	return !errno && !*end && *ret_number <= UINT32_MAX;
}

/* libconfig keeps the low 32 bits of a number without a suffix. */
static const char *number_text(struct import *import, unsigned long number)
{
	return arena_print(import->arena, number > INT32_MAX ? "%luL" : "%lu", number);
}

static void put_number(struct line *line, struct setting *object, const char *name)
{
	const char *word = take(line);
	unsigned long number;

	if (is_unsigned(word, &number))
		put(line, object, name, SETTING_VALUE, number_text(line->import, number));
	else
		refuse(line, "\"%.40s\" is no number", word);
}

static void put_table(struct line *line)
{
	static const char *const names[] = { "default", "main", "local" };
	const char *word = take(line);
	unsigned long number = 0;

	for (unsigned i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(word, names[i]) == 0)
			number = 253 + i;
	if (!number && !is_unsigned(word, &number))
		number = find_table(word);
	if (number)
		put(line, line->object, "table", SETTING_VALUE, number_text(line->import, number));
	else
		refuse(line, "there is no table \"%.40s\" on this host: write its number", word);
}

/* Return: whether the word is a type, and is put. */
static bool put_type(struct line *line, const char *word)
{
	static const char *const types[] = { "blackhole", "unreachable", "prohibit" };

	if (strcmp(word, "unicast") == 0)
		return true;
	for (unsigned i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (strcmp(word, types[i]) == 0) {
			put(line, line->object, "type", SETTING_TEXT, types[i]);
			return true;
		}
	return false;
}

static bool is_one_of(const char *word, const char *const *words)
{
	for (; *words; words++)
		if (strcmp(word, *words) == 0)
			return true;
	return false;
}

/* ---- routes ---- */

static const char *take_gateway(struct line *line)
{
	const char *word = take(line);

	if (strcmp(word, "inet") == 0 || strcmp(word, "inet6") == 0)
		word = take(line);
	return word;
}

static void begin_way(struct line *line)
{
	struct setting *list =
		setting_list(line->import->arena, line->object, "nexthops", SETTING_LIST, NULL);

	list->inline_group = true;
	line->way = setting_add(line->import->arena, list, NULL, SETTING_GROUP, NULL, NULL);
	line->ways_n++;
}

static void take_way_option(struct line *line, const char *word)
{
	if (strcmp(word, "via") == 0 || strcmp(word, "gw") == 0)
		put(line, line->way, "via", SETTING_TEXT, take_gateway(line));
	else if (strcmp(word, "dev") == 0 || strcmp(word, "oif") == 0)
		put(line, line->way, "interface", SETTING_TEXT, take(line));
	else if (strcmp(word, "weight") == 0)
		put_number(line, line->way, "weight");
	else
		refuse(line, "\"%.40s\" of a nexthop is not there: take it out", word);
}

static void put_destination(struct line *line, const char *word)
{
	put(line, line->object, "to", SETTING_TEXT,
	    strcmp(word, "default") == 0 ? word : with_length(line->import, word));
}

static void take_route_option(struct line *line, const char *word)
{
	static const char *const metrics[] = { "metric", "priority", "preference", NULL };
	static const char *const ignored[] = { "inet", "inet6", "add", "append", "prepend", NULL };
	static const char *const scopes[] = { "global", "site", "link", "host", NULL };

	if (strcmp(word, "to") == 0) {
		put_destination(line, take(line));
	} else if (strcmp(word, "via") == 0 || strcmp(word, "gw") == 0) {
		line->via = take_gateway(line);
	} else if (strcmp(word, "or") == 0) {
		line->or = take(line);
	} else if (strcmp(word, "dev") == 0 || strcmp(word, "oif") == 0) {
		line->dev = take(line);
	} else if (strcmp(word, "src") == 0) {
		put(line, line->object, "source", SETTING_TEXT, take(line));
	} else if (strcmp(word, "table") == 0) {
		put_table(line);
	} else if (is_one_of(word, metrics)) {
		put_number(line, line->object, "metric");
	} else if (strcmp(word, "scope") == 0) {
		const char *scope = take(line);

		put(line, line->object, "scope", SETTING_TEXT, scope);
		if (!is_one_of(scope, scopes))
			refuse(line, "scope \"%.40s\" is none of global, site, link and host",
			       scope);
	} else if (strcmp(word, "onlink") == 0) {
		put(line, line->object, "onlink", SETTING_VALUE, "true");
	} else if (strcmp(word, "proto") == 0 || strcmp(word, "protocol") == 0) {
		(void)take(line);
		import_part(line->import, line->node, VERDICT_DROPPED, word,
			    "routes of vipd have the protocol 112");
	} else if (strcmp(word, "no_track") == 0) {
		line->no_track = true;
	} else if (strcmp(word, "nexthop") == 0) {
		begin_way(line);
	} else if (is_one_of(word, ignored) || put_type(line, word)) {
		return;
	} else if (import_family(word)) {
		put_destination(line, word);
	} else if (strcmp(word, "default") == 0) {
		put_destination(line, word);
	} else {
		refuse(line, "\"%.40s\" of a route is not there: take it out", word);
	}
}

/* "via A or B" are two ways. */
static void end_route(struct line *line)
{
	struct setting *route = line->object;

	if (line->or) {
		for (unsigned i = 0; i < 2; i++) {
			begin_way(line);
			put(line, line->way, "interface", SETTING_TEXT, line->dev ? line->dev : "");
			put(line, line->way, "via", SETTING_TEXT, i ? line->or : line->via);
		}
	} else {
		if (line->via)
			put(line, route, "via", SETTING_TEXT, line->via);
		if (line->dev)
			put(line, route, "interface", SETTING_TEXT, line->dev);
	}
	if (line->no_track && (line->dev || line->ways_n))
		put(line, route, "required", SETTING_VALUE, "false");
	if (line->or &&(!line->dev || !line->via))
		refuse(line, "\"or\" needs via and dev: each way has an interface here");
	if (!setting_find(route, "to"))
		refuse(line, "has no destination");
	for (struct setting *way = setting_find(route, "nexthops") && !line->or
					   ? setting_find(route, "nexthops")->first
					   : NULL;
	     way; way = way->next)
		if (!setting_find(way, "interface"))
			refuse(line, "each nexthop needs its dev here");
}

static void map_route(struct line *line)
{
	while (!line->failed && peek(line)) {
		const char *word = take(line);

		if (line->way && strcmp(word, "nexthop") != 0 && strcmp(word, "no_track") != 0)
			take_way_option(line, word);
		else
			take_route_option(line, word);
	}
	if (!line->failed)
		end_route(line);
	if (!line->failed && line->no_track)
		import_judge(line->import, line->node, VERDICT_CHANGED,
			     "no_track: its interface may be down; who removes the route finds it "
			     "put back");
}

/* ---- rules ---- */

static void put_network(struct line *line, const char *name)
{
	static const char *const all[] = { "all", "any", "default", NULL };
	const char *word = take(line);

	if (!is_one_of(word, all))
		put(line, line->object, name, SETTING_TEXT, with_length(line->import, word));
}

static void take_rule_option(struct line *line, const char *word)
{
	static const char *const priorities[] = { "preference", "priority", "order", "pref", NULL };
	static const char *const ignored[] = { "inet", "inet6", "no_track", NULL };

	if (strcmp(word, "from") == 0 || strcmp(word, "to") == 0)
		put_network(line, word);
	else if (strcmp(word, "table") == 0 || strcmp(word, "lookup") == 0)
		put_table(line);
	else if (strcmp(word, "iif") == 0 || strcmp(word, "dev") == 0)
		put(line, line->object, "iif", SETTING_TEXT, take(line));
	else if (strcmp(word, "oif") == 0)
		put(line, line->object, "oif", SETTING_TEXT, take(line));
	else if (strcmp(word, "fwmark") == 0)
		put(line, line->object, "fwmark", SETTING_TEXT, take(line));
	else if (is_one_of(word, priorities))
		put_number(line, line->object, "priority");
	else if (strcmp(word, "type") == 0 && put_type(line, take(line)))
		return;
	else if (!is_one_of(word, ignored) && !put_type(line, word))
		refuse(line, "\"%.40s\" of a rule is not there: take it out", word);
}

static void map_rule(struct line *line)
{
	while (!line->failed && peek(line))
		take_rule_option(line, take(line));
	if (line->failed || setting_find(line->object, "priority"))
		return;
	setting_add(line->import->arena, line->object, "priority", SETTING_VALUE,
		    arena_print(line->import->arena, "%u", RULE_PRIORITY - line->import->rules_n++),
		    NULL);
	import_judge(line->import, line->node, VERDICT_CHANGED,
		     "has no priority, and gets that of keepalived: 16384, counted down");
}

/* ---- both ---- */

static void map_lines(struct import *import, struct keepalived_node *block, struct setting *router,
		      const char *name, void (*map)(struct line *))
{
	struct setting *list;

	if (!block)
		return;
	list = setting_add(import->arena, router, name, SETTING_LIST, NULL, &block->origin);
	for (; block; block = block->again) {
		import_judge(import, block, VERDICT_MAPPED, NULL);
		for (struct keepalived_node *node = block->first; node; node = node->next) {
			struct line line = { .import = import, .node = node };

			line.object = setting_add(import->arena, list, NULL, SETTING_GROUP, NULL,
						  &node->origin);
			line.object->inline_group = true;
			map(&line);
			if (!node->judged)
				import_judge(import, node, VERDICT_MAPPED, NULL);
		}
	}
}

void import_routes(struct import *import, struct subject *instance, struct setting *router)
{
	map_lines(import, instance->said[KEYWORD_ROUTES], router, "routes", map_route);
	map_lines(import, instance->said[KEYWORD_RULES], router, "rules", map_rule);
}
