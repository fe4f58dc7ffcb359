/* SPDX-License-Identifier: MIT */
#include "schema.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define INDENT 2

/* Behind what is left of a secret, which is refused when somebody loads it. */
#define NOT_SHOWN " /* not shown */"

struct output {
	FILE *file; /* borrowed */
	bool secrets;
};

static void write_keys(const struct conf_schema *schema, const void *base, const struct output *to,
		       int indent);

/* ---- what a file need not say ---- */

static bool is_zero(const struct field *field, const void *base)
{
	const char *bytes = (const char *)base + field->offset;

	for (uint16_t i = 0; i < field->size; i++)
		if (bytes[i])
			return false;
	return true;
}

/* No word at all is one of the choices, which nobody can write. */
static bool may_be_unsaid(const struct conf_key *key)
{
	return key->kind == &conf_choice && !*key->field.words[0];
}

/* A list that may not be empty, or of groups, that is; no group, no address, or what IPv4 does not
 * have: the file says the same without it. */
static bool is_none(const struct conf_key *key, const void *base)
{
	if (key->count)
		return (key->min > 0 || !key->element->brief) &&
		       conf_key_count(key->count, base) == 0;
	if (key->element)
		return (key->element->optional || key->apart) && is_zero(&key->field, base);
	return (key->field.type == FIELD_TEXT || key->kind == &conf_host ||
		key->kind == &conf_sources || key->kind == &conf_link_local ||
		key->kind == &conf_multicast || may_be_unsaid(key)) &&
	       is_zero(&key->field, base);
}

static bool is_left_out(const struct conf_schema *schema, const struct conf_key *key,
			const void *base)
{
	if (!conf_key_has_value(key))
		return true;
	if (key->missing || key->preset)
		return false;
	return schema->terse ? is_zero(&key->field, base) : is_none(key, base);
}

bool conf_is_brief(const struct conf_schema *schema, const void *element)
{
	if (!schema->terse || !schema->brief)
		return schema->only_brief;
	for (const struct conf_key *key = schema->keys; key->field.name; key++)
		if (strcmp(key->field.name, schema->brief) != 0 &&
		    !is_left_out(schema, key, element))
			return false;
	return true;
}

/* ---- values ---- */

/* libconfig's escapes: the backslash and the quote. */
static void write_string(const char *text, const struct output *to)
{
	fputc('"', to->file);
	for (; *text; text++) {
		if (*text == '"' || *text == '\\')
			fputc('\\', to->file);
		fputc(*text, to->file);
	}
	fputc('"', to->file);
}

/* libconfig keeps the low 32 bits of a number without a suffix. */
static bool is_long(int64_t number)
{
	return number < INT32_MIN || number > INT32_MAX;
}

static void write_value(const struct conf_key *key, const void *base, const struct output *to)
{
	char text[FIELDS_TEXT_SIZE];
	bool hidden;

	if (key->kind->text(key, base, text)) {
		hidden = !to->secrets && conf_hide(key, text);
		write_string(text, to);
		fputs(hidden ? NOT_SHOWN : "", to->file);
	} else if (key->kind == &conf_number && is_long(fields_number(&key->field, base))) {
		fprintf(to->file, "%sL", text);
	} else {
		fputs(text, to->file);
	}
}

static void write_group(const struct conf_schema *schema, const void *base, const struct output *to,
			int indent)
{
	fputs("{\n", to->file);
	write_keys(schema, base, to, indent + INDENT);
	fprintf(to->file, "%*s}", indent, "");
}

static bool are_brief(const struct conf_schema *schema, const char *elements, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		if (!conf_is_brief(schema, elements + i * schema->size))
			return false;
	return schema->brief && (schema->terse || schema->only_brief);
}

/* The value that stands for its group. */
static void write_brief(const struct conf_schema *schema, const void *element,
			const struct output *to)
{
	write_value(conf_key_find(schema, schema->brief), element, to);
}

/* Values that stand for their groups go on one line. */
static void write_brief_list(const struct conf_schema *schema, const char *elements, unsigned n,
			     const struct output *to)
{
	fputs("[", to->file);
	for (unsigned i = 0; i < n; i++) {
		fputs(i ? ", " : " ", to->file);
		write_brief(schema, elements + i * schema->size, to);
	}
	fputs(" ]", to->file);
}

static void write_list(const struct conf_key *key, const void *base, const struct output *to,
		       int indent)
{
	const struct conf_schema *schema = key->element;
	unsigned n;
	const char *elements = conf_key_elements(key, base, &n), *element = elements;

	if (are_brief(schema, elements, n)) {
		write_brief_list(schema, elements, n, to);
		return;
	}
	if (n == 0) {
		fputs("( )", to->file);
		return;
	}
	fputs("(\n", to->file);
	for (unsigned i = 0; i < n; i++, element += schema->size) {
		fprintf(to->file, "%s%*s", i ? ",\n" : "", indent + INDENT, "");
		if (conf_is_brief(schema, element))
			write_brief(schema, element, to);
		else
			write_group(schema, element, to, indent + INDENT);
	}
	fprintf(to->file, "\n%*s)", indent, "");
}

static void write_member(const struct conf_key *key, const void *base, const struct output *to,
			 int indent)
{
	const struct conf_schema *schema = key->element;
	const void *member = conf_key_group(key, base);

	if (conf_is_brief(schema, member))
		write_brief(schema, member, to);
	else
		write_group(schema, member, to, indent);
}

static void write_keys(const struct conf_schema *schema, const void *base, const struct output *to,
		       int indent)
{
	for (const struct conf_key *key = schema->keys; key->field.name; key++) {
		if (is_left_out(schema, key, base))
			continue;
		fprintf(to->file, "%*s%s = ", indent, "", key->field.name);
		if (key->count)
			write_list(key, base, to, indent);
		else if (key->element)
			write_member(key, base, to, indent);
		else
			write_value(key, base, to);
		fputs(";\n", to->file);
	}
}

void conf_write(const struct conf_schema *schema, const void *base, bool secrets, FILE *out)
{
	const struct output to = { out, secrets };

	write_keys(schema, base, &to, 0);
}

void conf_dump(const struct conf *conf, FILE *out)
{
	conf_write(&conf_file_schema, conf, true, out);
}

int conf_dump_checks(const struct conf *conf, FILE *out)
{
	struct conf copy = *conf;
	struct conf_router *routers = calloc(conf->written_n + 1, sizeof(*routers));

	if (!routers)
		return -ENOMEM;
	memcpy(routers, conf->written, conf->written_n * sizeof(*routers));
	for (unsigned i = 0; i < conf->written_n; i++)
		routers[i].auth = (struct conf_auth){ 0 };
	copy.written = routers;
	conf_dump(&copy, out);
	explicit_bzero(routers, conf->written_n * sizeof(*routers));
	free(routers);
	return 0;
}

void conf_show(const struct conf *conf, FILE *out)
{
	conf_write(&conf_file_schema, conf, false, out);
}
