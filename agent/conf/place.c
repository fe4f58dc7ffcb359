/* SPDX-License-Identifier: MIT */
#include "parse.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "value.h"

/* Append what fits. */
__attribute__((format(printf, 3, 4))) static void add(char *buf, size_t size, const char *format,
						      ...)
{
	size_t len = strlen(buf);
	va_list args;

	va_start(args, format);
	vsnprintf(buf + len, size - len, format, args);
	va_end(args);
}

/* A value without braces is called as what it is in is called. */
static bool is_nameless(const struct conf_place *place)
{
	if (!place->key || place->brief)
		return true;
	return place->element &&
	       (place->key->element->only_brief || !config_setting_is_group(place->setting));
}

/* An element of a list is called by its name, if it has one that can be shown. */
static void add_element(const struct conf_place *place, char *buf, size_t size)
{
	const struct conf_schema *schema = place->key->element;
	const char *name = NULL;

	if (conf_schema_is_named(schema))
		(void)config_setting_lookup_string(place->setting, "name", &name);
	if (name && conf_word_is_valid(name, CONF_NAME_SIZE - 1))
		add(buf, size, "%s: ", name);
	else
		add(buf, size, "%s %u: ", schema->noun, place->element);
}

/* As deep as schemas nest. */
static void add_place(const struct conf_place *place, char *buf, size_t size)
{
	const struct conf_place *above = place->above;

	if (is_nameless(place)) {
		if (above)
			add_place(above, buf, size);
	} else if (place->element) {
		add_place(above->above, buf, size); /* instead of the list */
		add_element(place, buf, size);
	} else {
		add_place(above, buf, size);
		if (above->key && !above->element && strlen(buf) > 2)
			strcpy(buf + strlen(buf) - 2, "."); /* of a group: "link.delay" */
		add(buf, size, "%s: ", place->key->field.name);
		if (place->node)
			add(buf, size, "%s: ", place->node);
	}
}

void conf_place_text(const struct conf_place *place, char *buf, size_t size)
{
	buf[0] = '\0';
	add_place(place, buf, size);
}

static const struct conf_schema *schema_of(const struct conf_place *group)
{
	return group->key ? group->key->element : group->parse->schema;
}

struct conf_place conf_place_of(const struct conf_place *group, const char *key)
{
	struct conf_place place = {
		.parse = group->parse,
		.above = group,
		.setting = group->setting,
		.key = conf_key_find(schema_of(group), key),
	};

	const config_setting_t *member = NULL;

	if (config_setting_is_group(group->setting))
		member = config_setting_get_member(group->setting, key);
	if (member && conf_node_is_by(&group->parse->nodes, place.key, member))
		member = conf_node_value(&group->parse->nodes, member);
	if (member)
		place.setting = member;
	return place;
}
