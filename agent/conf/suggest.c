/* SPDX-License-Identifier: MIT */
#include "parse.h"

#include <ctype.h>
#include <string.h>

#include "keepalived.h"
#include "value.h"

/* Our word for an abbreviation that is no slip of a finger. */
static const char *our_word(const char *name)
{
	static const struct {
		const char *theirs, *ours;
	} words[] = {
		{ "VRID", "vrid" },     { "advert_interval", "interval" },
		{ "prio", "priority" }, { "retry", "retries" },
		{ "exec", "command" },  { "cmd", "command" },
		{ "run", "command" },   { "events", "on" },
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
		if (distance < strlen(key->field.name) && distance <= least &&
		    (!nearest || distance < least)) {
			nearest = key->field.name;
			least = distance;
		}
	}
	return nearest;
}

/* Of events, by the words of keepalived and of others. */
static const char *word_of_event(const char *text)
{
	static const struct {
		const char *theirs, *ours;
	} words[] = {
		{ "master", "active" },
		{ "primary", "active" },
		{ "slave", "backup" },
		{ "standby", "backup" },
		{ "secondary", "backup" },
		{ "failed", "fault" },
		{ "failure", "fault" },
		{ "stopped", "stop" },
		{ "master_rx_lower_pri", "lower_advert" },
	};

	if (strncmp(text, "notify_", 7) == 0)
		text += 7;
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strcmp(words[i].theirs, text) == 0)
			return words[i].ours;
	return text;
}

const char *conf_nearest_word(const struct field *field, const char *text)
{
	const char *name, *nearest = NULL;
	unsigned distance, least;
	char lower[64];
	size_t len = 0;

	for (; text[len] && len < sizeof(lower) - 1; len++)
		lower[len] = (char)tolower((unsigned char)text[len]);
	lower[len] = '\0';
	name = word_of_event(lower);
	least = strlen(name) < 8 ? 1 : 2; /* "rfc3768" is not meant to be "rfc9568" */
	for (uint16_t i = 0; i < field->words_n && !text[len]; i++) {
		distance = conf_distance(field->words[i], name);
		if (!*field->words[i] || distance > least || distance >= len ||
		    (nearest && distance == least))
			continue;
		nearest = field->words[i];
		least = distance;
	}
	return nearest;
}

/* Whether a key is mostly left out, since its value stands for the group. */
static bool is_brief(const struct conf_schema *schema, const char *name)
{
	return schema->brief && strcmp(schema->brief, name) == 0;
}

static bool has_key(const struct conf_schema *schema, const char *name)
{
	return conf_key_find(schema, name) && !is_brief(schema, name);
}

/* What has a key in its braces, at any depth below a schema; NULL: nothing has. A group that a
 * value mostly stands for is seldom meant. */
static const struct conf_key *owner_of(const struct conf_schema *schema, const char *name)
{
	const struct conf_key *owner = NULL;

	for (const struct conf_key *key = schema->keys; key->field.name && !owner; key++) {
		if (!key->element || key->element->only_brief ||
		    (key->element->brief && !key->count))
			continue;
		owner = has_key(key->element, name) ? key : owner_of(key->element, name);
	}
	return owner;
}

/* What has it in its braces right here, though a value without braces may stand there. */
static const struct conf_key *owner_here(const struct conf_schema *schema, const char *name)
{
	for (const struct conf_key *key = schema->keys; key->field.name; key++)
		if (key->element && has_key(key->element, name))
			return key;
	return NULL;
}

static void complain_misplaced(const struct conf_place *place, const struct conf_key *owner,
			       const char *name)
{
	const char *noun = owner->element->noun;

	if (owner->count)
		conf_error_in(place, "\"%.40s\" belongs into %s %s, one of %s = ( { ... } )", name,
			      strchr("aeio", noun[0]) ? "an" : "a", noun, owner->field.name);
	else
		conf_error_in(place, "\"%.40s\" belongs into %s = { ... }", name,
			      owner->field.name);
}

void conf_complain_unknown(const struct conf_place *place, const struct conf_schema *schema)
{
	const char *name = config_setting_name(place->setting);
	const char *here = conf_keepalived_find(name), *nearest = nearest_key(schema, name);
	const struct conf_key *owner = owner_of(place->parse->schema, name);
	const struct conf_key *within = owner_here(schema, name);
	bool slip = nearest && conf_distance(nearest, name) == 1;

	if (has_key(place->parse->schema, name))
		conf_error_in(place, "\"%.40s\" belongs outside of all groups", name);
	else if (owner && !slip)
		complain_misplaced(place, owner, name);
	else if (here)
		conf_error_in(place, "\"%.40s\" is keepalived's; %s", name, here);
	else if (place->parse->nodes.nodes_n && !place->above->node &&
		 conf_node_is_known(&place->parse->nodes, name))
		conf_error_in(place,
			      "\"%.40s\" is a node, and only a key has values by node: %s = { "
			      "%.40s = ...; }",
			      name, schema->brief ? schema->brief : schema->keys[0].field.name,
			      name);
	else if (nearest)
		conf_error_in(place, "unknown key \"%.40s\"; did you mean \"%s\"?", name, nearest);
	else if (within)
		complain_misplaced(place, within, name);
	else
		conf_error_in(place, "unknown key \"%.40s\"", name);
}
