/* SPDX-License-Identifier: MIT */
#include "about.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "agent/conf/hash.h"

/* What has two kinds, for its beginning and its end. */
static const char *const ends[][2] = {
	{ "hears", "deaf" },
	{ "speaks", "mute" },
	{ "drained", "drain" },
};

static const char *kind_of(const json_t *event)
{
	const char *kind = json_string_value(json_object_get(event, "kind"));

	for (size_t i = 0; kind && i < sizeof(ends) / sizeof(ends[0]); i++)
		if (strcmp(kind, ends[i][0]) == 0)
			return ends[i][1];
	return kind ? kind : "";
}

/* Each ends with a sign that is in no word. */
static uint64_t mix(uint64_t hash, const json_t *value)
{
	const char *text = json_string_value(value);
	char number[24];

	snprintf(number, sizeof(number), "%" JSON_INTEGER_FORMAT, json_integer_value(value));
	return conf_hash(conf_hash(hash, text ? text : number), "\n");
}

uint64_t about(const char *message)
{
	static const char *const members[] = { "family",     "check",   "track", "notice",
					       "other_vrid", "address", "news" };
	json_t *event = json_loads(message, 0, NULL);
	uint64_t hash = conf_hash(CONF_HASH, kind_of(event));

	for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++)
		hash = mix(hash, json_object_get(event, members[i]));
	json_decref(event);
	return hash;
}
