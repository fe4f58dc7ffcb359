/* SPDX-License-Identifier: MIT */
#include "schema.h"

#include <stdio.h>
#include <string.h>

#define INDENT 2

static void write_keys(const struct conf_schema *schema, const void *base, FILE *out, int indent);

/* libconfig's escapes: the backslash and the quote. */
static void write_string(const char *text, FILE *out)
{
	fputc('"', out);
	for (; *text; text++) {
		if (*text == '"' || *text == '\\')
			fputc('\\', out);
		fputc(*text, out);
	}
	fputc('"', out);
}

/* libconfig keeps the low 32 bits of a number without a suffix. */
static bool is_long(int64_t number)
{
	return number < INT32_MIN || number > INT32_MAX;
}

static void write_value(const struct conf_key *key, const void *base, FILE *out)
{
	char text[FIELDS_TEXT_SIZE];

	if (key->kind->text(key, base, text))
		write_string(text, out);
	else if (key->kind == &conf_number && is_long(fields_number(&key->field, base)))
		fprintf(out, "%sL", text);
	else
		fputs(text, out);
}

static void write_group(const struct conf_schema *schema, const void *base, FILE *out, int indent)
{
	fputs("{\n", out);
	write_keys(schema, base, out, indent + INDENT);
	fprintf(out, "%*s}", indent, "");
}

/* Values that stand for their groups go on one line. */
static void write_brief_list(const struct conf_schema *schema, const char *elements, unsigned n,
			     FILE *out)
{
	const struct conf_key *key = conf_key_find(schema, schema->brief);

	fputs("[", out);
	for (unsigned i = 0; i < n; i++) {
		fputs(i ? ", " : " ", out);
		write_value(key, elements + i * schema->size, out);
	}
	fputs(" ]", out);
}

static void write_list(const struct conf_key *key, const void *base, FILE *out, int indent)
{
	const struct conf_schema *schema = key->element;
	unsigned n;
	const char *elements = conf_key_elements(key, base, &n);

	if (schema->only_brief) {
		write_brief_list(schema, elements, n, out);
		return;
	}
	if (n == 0) {
		fputs("( )", out);
		return;
	}
	fputs("(\n", out);
	for (unsigned i = 0; i < n; i++) {
		fprintf(out, "%s%*s", i ? ",\n" : "", indent + INDENT, "");
		write_group(schema, elements + i * schema->size, out, indent + INDENT);
	}
	fprintf(out, "\n%*s)", indent, "");
}

static bool is_zero(const struct field *field, const void *base)
{
	const char *bytes = (const char *)base + field->offset;

	for (uint16_t i = 0; i < field->size; i++)
		if (bytes[i])
			return false;
	return true;
}

/* A list that may not be empty, no group, no address, or what this router does not have: the file
 * says the same without it. */
static bool is_none(const struct conf_key *key, const void *base)
{
	if (key->count)
		return key->min > 0 && conf_key_count(key->count, base) == 0;
	if (key->element)
		return key->element->optional && is_zero(&key->field, base);
	return (key->kind == &conf_host || key->kind == &conf_link_local ||
		key->kind == &conf_choice || key->kind == &conf_interface ||
		key->kind == &conf_unicast_mac) &&
	       is_zero(&key->field, base);
}

static bool is_left_out(const struct conf_key *key, const void *base)
{
	return !conf_key_has_value(key) || (!key->missing && !key->preset && is_none(key, base));
}

/* Whether the value that stands for a group says all of it. */
static bool is_brief(const struct conf_schema *schema, const void *base)
{
	for (const struct conf_key *key = schema->keys; schema->brief && key->field.name; key++)
		if (strcmp(key->field.name, schema->brief) != 0 && !is_left_out(key, base))
			return false;
	return schema->brief;
}

static void write_member(const struct conf_key *key, const void *base, FILE *out, int indent)
{
	const struct conf_schema *schema = key->element;
	const char *member = (const char *)base + key->field.offset;

	if (is_brief(schema, member))
		write_value(conf_key_find(schema, schema->brief), member, out);
	else
		write_group(schema, member, out, indent);
}

static void write_keys(const struct conf_schema *schema, const void *base, FILE *out, int indent)
{
	for (const struct conf_key *key = schema->keys; key->field.name; key++) {
		if (is_left_out(key, base))
			continue;
		fprintf(out, "%*s%s = ", indent, "", key->field.name);
		if (key->count)
			write_list(key, base, out, indent);
		else if (key->element)
			write_member(key, base, out, indent);
		else
			write_value(key, base, out);
		fputs(";\n", out);
	}
}

void conf_write(const struct conf_schema *schema, const void *base, FILE *out)
{
	write_keys(schema, base, out, 0);
}

void conf_dump(const struct conf *conf, FILE *out)
{
	conf_write(&conf_file_schema, conf, out);
}
