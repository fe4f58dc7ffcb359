/* SPDX-License-Identifier: MIT */
#include "parse.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host.h"

static void parse_group(const struct conf_place *place, const struct conf_schema *schema,
			void *base);

/* ---- lists ---- */

/* Return: how many elements there are, or -1 after an error. */
static int count_elements(const struct conf_place *place)
{
	const struct conf_key *key = place->key;
	const struct conf_schema *schema = key->element;
	int n = config_setting_length(place->setting);
	char expected[CONF_EXPECTED_SIZE];

	if (!config_setting_is_list(place->setting) &&
	    !(schema->brief && config_setting_is_array(place->setting))) {
		conf_error_expected(place, NULL);
		return -1;
	}
	if (n >= key->min && n <= key->max)
		return n;
	if (schema->brief)
		conf_error_in(place, "expected %s, got %d", conf_key_expected(key, expected), n);
	else
		conf_error_in(place, "expected %d to %d %s, got %d", (int)key->min, (int)key->max,
			      schema->nouns, n);
	return -1;
}

/* Room for @n zeroed elements, between those of the lists that share the array. */
static char *make_room(const struct conf_place *place, void *base, unsigned n)
{
	const struct conf_key *key = place->key;
	size_t size = key->element->size;
	unsigned before = conf_key_count(key->before, base);
	unsigned behind = conf_key_count(key->behind, base);
	char **member = (char **)(void *)((char *)base + key->field.offset);
	char *all = conf_alloc(place->parse->blocks, *member, before + behind, before + behind + n,
			       size);

	if (!all) {
		conf_error_in(place, "out of memory");
		return NULL;
	}
	*member = all;
	memcpy((char *)base + key->count, &n, sizeof(n));
	all += before * size;
	memmove(all + n * size, all, behind * size);
	memset(all, 0, n * size);
	return all;
}

/* A group, or the value that may stand instead of one. */
static void parse_element(const struct conf_place *place, void *base)
{
	const struct conf_schema *schema = place->key->element;
	char expected[CONF_EXPECTED_SIZE];

	if (config_setting_is_group(place->setting) ? !schema->only_brief : schema->brief != NULL)
		parse_group(place, schema, base);
	else if (schema->brief)
		conf_error_expected(
			place, conf_key_expected(conf_key_find(schema, schema->brief), expected));
	else if (place->element) {
		snprintf(expected, sizeof(expected), "a group { ... } per %s", schema->noun);
		conf_error_expected(place, expected);
	} else {
		conf_error_expected(place, NULL);
	}
}

static void parse_list(const struct conf_place *place, void *base)
{
	int n = count_elements(place);
	char *elements = n > 0 ? make_room(place, base, (unsigned)n) : NULL;

	for (int i = 0; elements && i < n; i++) {
		const struct conf_place element = {
			.parse = place->parse,
			.above = place,
			.setting = config_setting_get_elem(place->setting, (unsigned)i),
			.key = place->key,
			.element = (unsigned)i + 1,
		};

		parse_element(&element, elements + (size_t)i * place->key->element->size);
	}
}

/* ---- groups ---- */

static bool is_for_later(const struct conf_place *place)
{
	const struct conf_key *key = place->key;
	char seen[64];

	if (!key->later || !key->later_value)
		return key->later != NULL;
	return strcmp(conf_value_seen(place->setting, seen, sizeof(seen)), key->later_value) == 0;
}

/* Where a group is kept: in the struct of the group above it, or apart. */
static void parse_member(const struct conf_place *place, void *base)
{
	const struct conf_key *key = place->key;
	char *member = (char *)base + key->field.offset;

	if (key->apart) {
		void *group = conf_alloc(place->parse->blocks, NULL, 0, 1, key->element->size);

		if (!group) {
			conf_error_in(place, "out of memory");
			return;
		}
		memcpy(member, &group, sizeof(group));
		member = group;
	}
	parse_element(place, member);
}

static void parse_key(const struct conf_place *place, void *base)
{
	const struct conf_key *key = place->key;

	if (key->header)
		return; /* conf_parse_file() has read it */
	if (is_for_later(place))
		conf_error_in(place, "%s", key->later);
	else if (key->count)
		parse_list(place, base);
	else if (key->element)
		parse_member(place, base);
	else
		key->kind->parse(place, base);
}

/* ---- values by node ---- */

/* A value that counts on another host: its errors are found on this one already. */
static void check_other(const struct conf_place *place, const struct conf_schema *schema)
{
	void *scratch;

	if (!place->key->kind)
		return; /* a list would need memory of its own */
	scratch = calloc(1, schema->size);
	if (scratch)
		parse_key(place, scratch);
	else
		conf_error_in(place, "out of memory");
	free(scratch);
}

static void complain_no_value(const struct conf_place *place)
{
	struct conf_nodes *nodes = &place->parse->nodes;
	char list[64];

	if (nodes->declared)
		conf_error_in(place, "there is no value for %s, and no default", nodes->name);
	else if (!nodes->told)
		conf_error_in(place,
			      "there is no default, and this host, %.40s, is none of the nodes %s: "
			      "name it in their hosts, or start vipd with -n",
			      nodes->name, conf_node_list(nodes, list, sizeof(list)));
	nodes->told = true;
}

/* The one place where a value by node becomes a value. */
static void parse_by_node(const struct conf_place *by, const struct conf_schema *schema, void *base)
{
	const struct conf_nodes *nodes = &by->parse->nodes;
	const config_setting_t *ours = conf_node_value(nodes, by->setting);
	int n = config_setting_length(by->setting);
	struct conf_place place = *by;
	char list[80];

	for (int i = 0; i < n; i++) {
		place.setting = config_setting_get_elem(by->setting, (unsigned)i);
		place.node = config_setting_name(place.setting);
		if (!conf_node_is_known(nodes, place.node))
			conf_error_in(by, "\"%.40s\" is none of the nodes: %s", place.node,
				      conf_node_list(nodes, list, sizeof(list)));
		else if (place.setting == ours)
			parse_key(&place, base);
		else
			check_other(&place, schema);
	}
	if (!ours)
		complain_no_value(by);
}

/* Whether a group can only be meant as values by node, where no nodes are declared. */
static bool is_by_node_alone(const struct conf_key *key, const config_setting_t *setting)
{
	if (key->same || !config_setting_is_group(setting))
		return false;
	return key->kind ? config_setting_length(setting) > 0
			 : key->count && config_setting_get_member(setting, "default");
}

/* What is given where only a value can stand. */
static void parse_value(const struct conf_place *place, const struct conf_schema *schema,
			void *base)
{
	const struct conf_key *key = place->key;

	if (conf_node_is_by(&place->parse->nodes, key, place->setting))
		parse_by_node(place, schema, base);
	else if (is_by_node_alone(key, place->setting))
		conf_error_hint(place, "values by node need nodes = ( { name = ... } )");
	else
		parse_key(place, base);
}

/* ---- all of a group ---- */

/* What the file gives, by row. Files are in the order of rows more often than not. */
static void sort_members(const struct conf_place *group, const struct conf_schema *schema,
			 const config_setting_t **ret_given)
{
	const struct conf_key *next = schema->keys, *key;
	int n = config_setting_length(group->setting);

	for (int i = 0; i < n; i++) {
		const config_setting_t *setting =
			config_setting_get_elem(group->setting, (unsigned)i);
		const char *name = config_setting_name(setting);

		key = next->field.name && strcmp(next->field.name, name) == 0
			      ? next
			      : conf_key_find(schema, name);
		if (!key) {
			const struct conf_place place = { group->parse, .above = group,
							  .setting = setting };

			conf_complain_unknown(&place, schema);
			continue;
		}
		ret_given[key - schema->keys] = setting;
		next = key + 1;
	}
}

static bool is_missing(const struct conf_schema *schema, size_t i,
		       const config_setting_t *const *given)
{
	const struct conf_key *key = &schema->keys[i];

	return key->missing && !given[i] &&
	       !(key->unless && given[conf_key_find(schema, key->unless) - schema->keys]);
}

/* What a group cannot do without. */
static void complain_missing(const struct conf_place *group, const struct conf_schema *schema,
			     const config_setting_t *const *given)
{
	const struct conf_place place = { group->parse, .above = group, .setting = group->setting };

	for (size_t i = 0; schema->keys[i].field.name; i++)
		if (is_missing(schema, i, given))
			conf_error_in(&place, "%s is missing%s", schema->keys[i].field.name,
				      schema->keys[i].missing);
}

/* All that is between two braces, or the value of one key that stands for it. */
static void parse_group(const struct conf_place *group, const struct conf_schema *schema,
			void *base)
{
	const config_setting_t *given[CONF_KEYS_MAX] = { NULL };
	const config_setting_t *const *presets = conf_presets_of(group->parse->presets, schema);
	bool brief = !config_setting_is_group(group->setting);
	struct conf_place place = { group->parse, .above = group, .brief = brief };

	if (brief)
		given[conf_key_find(schema, schema->brief) - schema->keys] = group->setting;
	else
		sort_members(group, schema, given);
	for (size_t i = 0; schema->keys[i].field.name; i++) {
		place.key = &schema->keys[i];
		place.setting = given[i] ? given[i] : presets[i];
		if (given[i] && !brief)
			parse_value(&place, schema, base);
		else if (place.setting)
			parse_key(&place, base);
	}
	complain_missing(group, schema, given);
	if (schema->check)
		schema->check(group, base);
}

/* What is said before all else: the nodes. */
static void parse_headers(const struct conf_place *file)
{
	for (const struct conf_key *key = file->parse->schema->keys; key->field.name; key++) {
		struct conf_place place = { file->parse, .above = file, .key = key->header };

		if (key->header)
			place.setting = config_setting_get_member(file->setting, key->field.name);
		if (place.setting)
			parse_list(&place, &file->parse->nodes);
	}
}

void conf_parse_file(struct conf_parse *parse, const config_setting_t *root, void *base)
{
	const struct conf_place file = { .parse = parse, .setting = root };

	parse_headers(&file);
	conf_host_choose(parse, root);
	parse_group(&file, parse->schema, base);
	conf_claims_check(parse);
}
