/* SPDX-License-Identifier: MIT */
/*
 * The rows of the configuration as text, one per line, with tabs between: of what, key, kind,
 * least, most, what is allowed, default, whether it is required, and what is refused for now: a
 * value, or "*" for the whole key. What is of a check has that in front of its noun, since routers
 * have routes, too. tests/conf/manual.py compares them with vipd.conf(5).
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/conf/check.h"
#include "agent/conf/check_kinds.h"
#include "agent/conf/keepalived.h"
#include "agent/conf/schema.h"

static const char *kind_of(const struct conf_key *key)
{
	if (!conf_key_has_value(key))
		return "later";
	if (key->count)
		return key->element->brief ? "array" : "list";
	return key->element ? "group" : key->kind->name;
}

static const char *refused(const struct conf_key *key)
{
	if (!key->later)
		return "";
	return key->later_value ? key->later_value : "*";
}

static void print_row(const struct conf_schema *owner, const struct conf_schema *schema,
		      const struct conf_key *key)
{
	char expected[CONF_EXPECTED_SIZE] = "";

	printf("%s%s\t%s\t%s\t%" PRId64 "\t%" PRId64 "\t%s\t%s\t%s\t%s\n",
	       owner == &conf_check_schema ? "check " : "", schema->noun, key->field.name,
	       kind_of(key), key->min, key->max,
	       conf_key_has_value(key) ? conf_key_expected(key, expected) : "",
	       key->preset && strcmp(key->preset, "{ }") != 0 ? key->preset : "",
	       key->missing ? "required" : "", refused(key));
}

static const struct conf_key *row_of(const struct conf_key *key)
{
	return key->header ? key->header : key;
}

#define SCHEMAS_MAX 64

/* Several keys may have elements of one schema. */
static bool is_printed(const struct conf_schema *schema)
{
	static const struct conf_schema *printed[SCHEMAS_MAX];
	unsigned n = 0;

	for (; printed[n]; n++)
		if (printed[n] == schema)
			return true;
	if (n == SCHEMAS_MAX - 1)
		abort();
	printed[n] = schema;
	return false;
}

/* Commands are told with checks, wherever else they may stand. */
static bool is_elsewhere(const struct conf_schema *owner, const struct conf_schema *schema)
{
	return schema == &conf_check_command_schema && owner != &conf_check_schema;
}

/* @owner: what has keys with elements of that schema; NULL: nothing. */
static void print_rows(const struct conf_schema *owner, const struct conf_schema *schema)
{
	if (is_elsewhere(owner, schema) || is_printed(schema))
		return;
	for (const struct conf_key *key = schema->keys; key->field.name; key++)
		print_row(owner, schema, row_of(key));
	for (const struct conf_key *key = schema->keys; key->field.name; key++)
		if (row_of(key)->element && !row_of(key)->element->only_brief)
			print_rows(schema, row_of(key)->element);
}

/* With an operand: keepalived's words instead, with what to write here. */
static void print_words(void)
{
	for (const struct conf_foreign_word *row = conf_keepalived_words; row->word; row++)
		printf("%s\t%s\n", row->word, row->here);
}

int main(int argc, char **argv)
{
	(void)argv;
	if (argc > 1)
		print_words();
	else
		print_rows(NULL, &conf_file_schema);
	return EXIT_SUCCESS;
}
