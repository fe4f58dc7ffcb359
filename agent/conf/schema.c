/* SPDX-License-Identifier: MIT */
#include "schema.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

const struct conf_key *conf_key_find(const struct conf_schema *schema, const char *name)
{
	for (const struct conf_key *key = schema->keys; key->field.name; key++)
		if (strcmp(key->field.name, name) == 0)
			return key;
	return NULL;
}

static void expect_list(const struct conf_key *key, char *buf)
{
	if (key->element->brief)
		snprintf(buf, CONF_EXPECTED_SIZE,
			 "an array [ ... ] of %" PRId64 " to %" PRId64 " %s", key->min, key->max,
			 key->element->nouns);
	else
		strcpy(buf, "a list of groups, ( { ... }, { ... } )");
}

const char *conf_key_expected(const struct conf_key *key, char *buf)
{
	if (key->expected)
		return key->expected;
	if (key->count)
		expect_list(key, buf);
	else if (key->element)
		strcpy(buf, "a group { ... }");
	else
		key->kind->expect(key, buf);
	return buf;
}

bool conf_key_has_value(const struct conf_key *key)
{
	return key->kind || key->element;
}

bool conf_schema_is_named(const struct conf_schema *schema)
{
	return strcmp(schema->keys[0].field.name, "name") == 0;
}

unsigned conf_key_count(uint16_t offset, const void *base)
{
	unsigned n = 0;

	if (offset)
		memcpy(&n, (const char *)base + offset, sizeof(n));
	return n;
}

const void *conf_key_group(const struct conf_key *key, const void *base)
{
	const char *member = (const char *)base + key->field.offset;
	const void *group;

	if (!key->apart)
		return member;
	memcpy(&group, member, sizeof(group));
	return group;
}

const void *conf_key_elements(const struct conf_key *key, const void *base, unsigned *ret_n)
{
	const char *all;

	memcpy(&all, (const char *)base + key->field.offset, sizeof(all));
	*ret_n = conf_key_count(key->count, base);
	return *ret_n ? all + conf_key_count(key->before, base) * key->element->size : NULL;
}
