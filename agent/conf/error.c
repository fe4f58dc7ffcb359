/* SPDX-License-Identifier: MIT */
#include "parse.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define PLACE_SIZE 96
#define SEEN_SIZE  80

/* @at: the line of the text, by which errors are sorted. */
static void put_error(struct conf_parse *parse, struct conf_error *error, unsigned at,
		      const char *file, unsigned line, const char *place, const char *format,
		      va_list args)
{
	size_t len;

	snprintf(error->file, sizeof(error->file), "%s", file ? file : parse->path);
	error->line = line;
	error->at = at;
	len = (size_t)snprintf(error->text, sizeof(error->text), "%s", place);
	vsnprintf(error->text + len, sizeof(error->text) - len, format, args);
}

static void add_error(struct conf_parse *parse, unsigned at, const char *file, unsigned line,
		      const char *place, const char *format, va_list args)
{
	struct conf_errors *errors = parse->errors;

	if (errors->total++ < CONF_ERRORS_MAX)
		put_error(parse, &errors->errors[errors->total - 1], at, file, line, place, format,
			  args);
}

void conf_error_file(struct conf_parse *parse, const char *file, unsigned line, const char *format,
		     ...)
{
	va_list args;

	va_start(args, format);
	add_error(parse, 0, file, line, "", format, args);
	va_end(args);
}

void conf_error_line(struct conf_parse *parse, unsigned at, const char *format, ...)
{
	unsigned line = at;
	const char *file = conf_lines_find(&parse->lines, at, &line);
	va_list args;

	va_start(args, format);
	add_error(parse, at, file, line, "", format, args);
	va_end(args);
}

void conf_error_twice(struct conf_parse *parse, unsigned at, unsigned other, const char *what)
{
	unsigned line = other;
	const char *file = conf_lines_find(&parse->lines, other, &line);
	struct conf_error *error;

	conf_error_line(parse, at, "%s is taken already", what);
	if (parse->errors->total > CONF_ERRORS_MAX)
		return;
	error = &parse->errors->errors[parse->errors->total - 1];
	error->other = other;
	error->other_at = (unsigned)strlen(error->text);
	snprintf(error->text + error->other_at, sizeof(error->text) - error->other_at, ", at %s:%u",
		 file, line);
}

void conf_error_in(const struct conf_place *place, const char *format, ...)
{
	unsigned at = config_setting_source_line(place->setting), line = at;
	const char *file = conf_lines_find(&place->parse->lines, at, &line);
	char text[PLACE_SIZE];
	va_list args;

	conf_place_text(place, text, sizeof(text));
	va_start(args, format);
	add_error(place->parse, at, file, line, text, format, args);
	va_end(args);
}

void conf_warn_in(const struct conf_place *place, const char *format, ...)
{
	unsigned at = config_setting_source_line(place->setting), line = at;
	const char *file = conf_lines_find(&place->parse->lines, at, &line);
	struct conf_errors *errors = place->parse->errors;
	char text[PLACE_SIZE];
	va_list args;

	if (errors->warnings_total++ >= CONF_ERRORS_MAX)
		return;
	conf_place_text(place, text, sizeof(text));
	va_start(args, format);
	put_error(place->parse, &errors->warnings[errors->warnings_total - 1], at, file, line, text,
		  format, args);
	va_end(args);
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

const char *conf_value_seen(const config_setting_t *setting, char *buf, size_t size)
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

void conf_error_hint(const struct conf_place *place, const char *hint)
{
	char seen[SEEN_SIZE], buf[CONF_EXPECTED_SIZE];

	conf_error_in(place, "expected %s, got %s%s%s", conf_key_expected(place->key, buf),
		      conf_value_seen(place->setting, seen, sizeof(seen)), hint ? "; " : "",
		      hint ? hint : "");
}

void conf_error_expected(const struct conf_place *place, const char *expected)
{
	char seen[SEEN_SIZE], buf[CONF_EXPECTED_SIZE];

	conf_error_in(place, "expected %s, got %s",
		      expected ? expected : conf_key_expected(place->key, buf),
		      conf_value_seen(place->setting, seen, sizeof(seen)));
}

void conf_error_fault(const struct conf_place *place, const char *fault)
{
	char seen[SEEN_SIZE];

	conf_error_in(place, "%s %s", conf_value_seen(place->setting, seen, sizeof(seen)), fault);
}

/* @word: in front of the text. @more: of those that there was no room for. */
static void print_all(const struct conf_error *all, unsigned total, const char *word,
		      const char *more, FILE *out)
{
	unsigned shown = total < CONF_ERRORS_MAX ? total : CONF_ERRORS_MAX;

	for (unsigned i = 0; i < shown; i++) {
		if (all[i].line)
			fprintf(out, "%s:%u: %s%s\n", all[i].file, all[i].line, word, all[i].text);
		else
			fprintf(out, "%s: %s%s\n", all[i].file, word, all[i].text);
	}
	if (total > shown)
		fprintf(out, "... and %u more %s\n", total - shown, more);
}

void conf_errors_print(const struct conf_errors *errors, FILE *out)
{
	print_all(errors->errors, errors->total, "", "errors", out);
}

void conf_warnings_print(const struct conf_errors *errors, FILE *out)
{
	print_all(errors->warnings, errors->warnings_total, "warning: ", "warnings", out);
}
