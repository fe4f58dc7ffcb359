/* SPDX-License-Identifier: MIT */
#include "parse.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#define CLAIM_KEY_SIZE 96

/* Something that only one router may have: its name, a VRID or an address on an interface. */
struct claim {
	char key[CLAIM_KEY_SIZE];
	unsigned line;
	char file[sizeof(((struct conf_error *)0)->file)];
};

static void add_error(struct parse *parse, const char *file, unsigned line, const char *format,
		      va_list args)
{
	struct conf_errors *errors = parse->errors;
	unsigned i = errors->total++;

	if (i >= CONF_ERRORS_MAX)
		return;
	snprintf(errors->errors[i].file, sizeof(errors->errors[i].file), "%s",
		 file ? file : parse->path);
	errors->errors[i].line = line;
	vsnprintf(errors->errors[i].text, sizeof(errors->errors[i].text), format, args);
}

void conf_error_line(struct parse *parse, const char *file, unsigned line, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	add_error(parse, file, line, format, args);
	va_end(args);
}

void conf_error_at(struct parse *parse, const config_setting_t *setting, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	add_error(parse, setting ? config_setting_source_file(setting) : NULL,
		  setting ? config_setting_source_line(setting) : 0, format, args);
	va_end(args);
}

void conf_error_in(const struct place *place, const char *format, ...)
{
	char text[200];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	conf_error_at(place->parse, place->setting, "%s: %s", place->key, text);
}

/* A string in quotes on one line, cut short with dots. What a terminal would obey becomes '?'. */
static void put_string(const char *text, char *buf, size_t size)
{
	size_t i = 0;

	buf[i++] = '"';
	for (; *text && i < size - 6; text++)
		buf[i++] = (unsigned char)*text < ' ' || *text == 0x7f ? '?' : *text;
	snprintf(buf + i, size - i, "%s\"", *text ? "..." : "");
}

/* A number with a fraction, and visibly so. */
static void put_float(double value, char *buf, size_t size)
{
	size_t len = (size_t)snprintf(buf, size, "%.10g", value);

	if (strspn(buf, "-0123456789") == len)
		snprintf(buf + len, size - len, ".0");
}

/* The value as the operator wrote it, as far as it can be shown. */
static const char *value_seen(const config_setting_t *setting, char *buf, size_t size)
{
	switch (config_setting_type(setting)) {
	case CONFIG_TYPE_INT:
	case CONFIG_TYPE_INT64:
		snprintf(buf, size, "%lld", config_setting_get_int64(setting));
		break;
	case CONFIG_TYPE_FLOAT:
		put_float(config_setting_get_float(setting), buf, size);
		break;
	case CONFIG_TYPE_STRING:
		put_string(config_setting_get_string(setting), buf, size);
		break;
	case CONFIG_TYPE_BOOL:
		snprintf(buf, size, "%s", config_setting_get_bool(setting) ? "true" : "false");
		break;
	case CONFIG_TYPE_GROUP:
		snprintf(buf, size, "a group { ... }");
		break;
	case CONFIG_TYPE_ARRAY:
		snprintf(buf, size, "an array [ ... ]");
		break;
	case CONFIG_TYPE_LIST:
		snprintf(buf, size, "a list ( ... )");
		break;
	default:
		snprintf(buf, size, "nothing");
	}
	return buf;
}

void conf_error_expected(const struct place *place, const char *expected)
{
	char seen[80];

	conf_error_in(place, "expected %s, got %s", expected,
		      value_seen(place->setting, seen, sizeof(seen)));
}

void conf_error_fault(const struct place *place, const char *fault)
{
	char seen[80];

	conf_error_in(place, "%s %s", value_seen(place->setting, seen, sizeof(seen)), fault);
}

void conf_claim(const struct place *place, const char *format, ...)
{
	struct parse *parse = place->parse;
	const char *file = config_setting_source_file(place->setting);
	struct claim *c;
	va_list args;

	if (parse->claims_n == parse->claims_max) {
		size_t max = parse->claims_max ? parse->claims_max * 2 : 64;
		struct claim *claims = realloc(parse->claims, max * sizeof(*claims));

		if (!claims) {
			conf_error_in(place, "out of memory");
			return;
		}
		parse->claims = claims;
		parse->claims_max = max;
	}
	c = &parse->claims[parse->claims_n++];
	va_start(args, format);
	vsnprintf(c->key, sizeof(c->key), format, args);
	va_end(args);
	c->line = config_setting_source_line(place->setting);
	snprintf(c->file, sizeof(c->file), "%s", file ? file : parse->path);
}

static int compare_claims(const void *a, const void *b)
{
	const struct claim *x = a, *y = b;
	int order = strcmp(x->key, y->key);

	return order ? order : (x->line > y->line) - (x->line < y->line);
}

void conf_claims_check(struct parse *parse)
{
	const struct claim *claim = parse->claims;

	if (parse->claims_n == 0)
		return;
	qsort(parse->claims, parse->claims_n, sizeof(*claim), compare_claims);
	for (size_t i = 1; i < parse->claims_n; i++) {
		const struct claim *first = &claim[i - 1], *second = &claim[i];

		if (strcmp(first->key, second->key) == 0)
			conf_error_line(parse, second->file, second->line,
					"%s is taken already, at %s:%u", second->key, first->file,
					first->line);
	}
}
