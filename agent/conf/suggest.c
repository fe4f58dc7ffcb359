/* SPDX-License-Identifier: MIT */
#include "parse.h"

#include <string.h>

#include "keepalived.h"
#include "value.h"

/* Our word for an abbreviation that is no slip of a finger. */
static const char *our_word(const char *name)
{
	static const struct {
		const char *theirs, *ours;
	} words[] = {
		{ "VRID", "vrid" },
		{ "prio", "priority" },
	};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strcmp(words[i].theirs, name) == 0)
			return words[i].ours;
	return name;
}

static const char *nearest_key(const struct conf_schema *schema, const char *written)
{
	const char *name = our_word(written), *nearest = NULL;
	unsigned distance, least = (unsigned)strlen(name) / 3 + 1;

	for (const struct conf_key *key = schema->keys; key->field.name; key++) {
		distance = conf_distance(key->field.name, name);
		if (distance <= least && (!nearest || distance < least)) {
			nearest = key->field.name;
			least = distance;
		}
	}
	return nearest;
}

/* What has that key, at or in a list below a schema; NULL: nothing has. */
static const struct conf_schema *owner_of(const struct conf_schema *schema, const char *name)
{
	const struct conf_schema *owner = NULL;

	if (conf_key_find(schema, name))
		return schema;
	for (const struct conf_key *key = schema->keys; key->field.name && !owner; key++)
		if (key->count && !key->element->only_brief)
			owner = owner_of(key->element, name);
	return owner;
}

void conf_complain_unknown(const struct conf_place *place, const struct conf_schema *schema)
{
	const char *name = config_setting_name(place->setting);
	const char *here = conf_keepalived_find(name), *nearest = nearest_key(schema, name);
	const struct conf_schema *owner = owner_of(place->parse->schema, name);

	if (owner == place->parse->schema)
		conf_error_in(place, "\"%.40s\" belongs outside of all groups", name);
	else if (owner)
		conf_error_in(place, "\"%.40s\" belongs into a %s, one of %s = ( { ... } )", name,
			      owner->noun, owner->nouns);
	else if (here)
		conf_error_in(place, "\"%.40s\" is keepalived's; %s", name, here);
	else if (nearest)
		conf_error_in(place, "unknown key \"%.40s\"; did you mean \"%s\"?", name, nearest);
	else
		conf_error_in(place, "unknown key \"%.40s\"", name);
}
