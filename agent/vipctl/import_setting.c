/* SPDX-License-Identifier: MIT */
#include "import_setting.h"

#include <string.h>

#define INDENT 2
#define COLUMN 44 /* of the comments */

struct writer {
	FILE *out;
	const char *directory;
	bool secrets;
	unsigned line; /* that is written next */
};

struct setting *setting_add(struct arena *arena, struct setting *parent, const char *name,
			    enum setting_kind kind, const char *value, const struct origin *origin)
{
	struct setting *setting = arena_alloc(arena, sizeof(*setting));

	*setting = (struct setting){ .kind = kind,
				     .name = name,
				     .value = value,
				     .origin = origin ? *origin : parent->origin };
	if (parent->last)
		parent->last->next = setting;
	else
		parent->first = setting;
	parent->last = setting;
	return setting;
}

struct setting *setting_find(const struct setting *parent, const char *name)
{
	for (struct setting *setting = parent->first; setting; setting = setting->next)
		if (setting->name && strcmp(setting->name, name) == 0)
			return setting;
	return NULL;
}

struct setting *setting_list(struct arena *arena, struct setting *parent, const char *name,
			     enum setting_kind kind, const struct origin *origin)
{
	struct setting *setting = setting_find(parent, name);

	return setting ? setting : setting_add(arena, parent, name, kind, NULL, origin);
}

/* ---- text ---- */

static int put_quoted(const char *text, FILE *out)
{
	int len = 2;

	fputc('"', out);
	for (; *text; text++, len++) {
		if (*text == '"' || *text == '\\') {
			fputc('\\', out);
			len++;
		}
		fputc(*text, out);
	}
	fputc('"', out);
	return len;
}

/* Return: how many columns. */
static int begin_line(const struct writer *writer, int indent)
{
	return fprintf(writer->out, "%*s", indent, "");
}

/* Most files lie beside the first one. */
static const char *short_name(const struct writer *writer, const char *file)
{
	size_t len = strlen(writer->directory);

	return strncmp(file, writer->directory, len) == 0 ? file + len : file;
}

static void end_line(struct writer *writer, const struct setting *setting, int column)
{
	const struct origin *origin = &setting->origin;
	bool placed = origin->line != 0;

	if (placed || setting->note)
		fprintf(writer->out, "%*s# ", column < COLUMN ? COLUMN - column : 1, "");
	if (placed)
		fprintf(writer->out, "%s:%u", short_name(writer, origin->file), origin->line);
	if (placed && origin->by)
		fprintf(writer->out, ", used in line %u", origin->by);
	if (setting->note)
		fprintf(writer->out, "%s%s", placed ? ": " : "", setting->note);
	fputc('\n', writer->out);
	writer->line++;
}

static void end_plain(struct writer *writer)
{
	fputc('\n', writer->out);
	writer->line++;
}

/* ---- settings ---- */

static int put_name(const struct setting *setting, FILE *out)
{
	return setting->name ? fprintf(out, "%s = ", setting->name) : 0;
}

static int put_inline(const struct setting *setting, FILE *out);

static int put_parts(const struct setting *setting, const char *separator, FILE *out)
{
	int len = 0;

	for (const struct setting *part = setting->first; part; part = part->next) {
		len += put_inline(part, out);
		len += fprintf(out, "%s ", part->next || *separator == ';' ? separator : "");
	}
	return len;
}

static int put_inline(const struct setting *setting, FILE *out)
{
	int len = put_name(setting, out);

	switch (setting->kind) {
	case SETTING_VALUE:
		return len + fprintf(out, "%s", setting->value);
	case SETTING_TEXT:
	case SETTING_SECRET:
		return len + put_quoted(setting->value, out);
	case SETTING_LIST:
		len += fprintf(out, "( ") + put_parts(setting, ",", out);
		return len + fprintf(out, ")");
	case SETTING_GROUP:
		len += fprintf(out, "{ ") + put_parts(setting, ";", out);
		return len + fprintf(out, "}");
	}
	return len;
}

static const char *separator(const struct setting *setting)
{
	if (setting->name)
		return ";";
	return setting->next ? "," : "";
}

static void write_setting(struct writer *writer, struct setting *setting, int indent);

static void write_parts(struct writer *writer, const struct setting *setting, int indent)
{
	for (struct setting *part = setting->first; part; part = part->next)
		write_setting(writer, part, indent);
}

static void write_block(struct writer *writer, const struct setting *setting, int indent)
{
	const char *braces = setting->kind == SETTING_LIST ? "()" : "{}";
	int column = begin_line(writer, indent) + put_name(setting, writer->out);

	column += fprintf(writer->out, "%c", braces[0]);
	end_line(writer, setting, column);
	write_parts(writer, setting, indent + INDENT);
	begin_line(writer, indent);
	fprintf(writer->out, "%c%s", braces[1], separator(setting));
	end_plain(writer);
}

/* vipd knows the word at the start of a line alone. */
static void write_secret(struct writer *writer, const struct setting *setting, int indent)
{
	int column;

	if (setting->file && !writer->secrets) {
		fputs("@include ", writer->out);
		put_quoted(setting->file, writer->out);
		end_plain(writer);
		return;
	}
	column = begin_line(writer, indent) + put_inline(setting, writer->out);
	end_line(writer, setting, column + fprintf(writer->out, "%s", separator(setting)));
}

static void write_setting(struct writer *writer, struct setting *setting, int indent)
{
	bool block = setting->kind == SETTING_GROUP || setting->kind == SETTING_LIST;
	int column;

	setting->line = writer->line;
	if (setting->kind == SETTING_SECRET) {
		write_secret(writer, setting, indent);
	} else if (block && setting->first && !setting->inline_group) {
		write_block(writer, setting, indent);
	} else {
		column = begin_line(writer, indent) + put_inline(setting, writer->out);
		column += fprintf(writer->out, "%s", separator(setting));
		end_line(writer, setting, column);
	}
}

void setting_write(struct setting *root, const char *head, const char *directory, bool secrets,
		   FILE *out)
{
	struct writer writer = {
		.out = out, .directory = directory, .secrets = secrets, .line = 1
	};

	for (const char *at = head; *at; at++)
		writer.line += *at == '\n';
	fputs(head, out);
	write_parts(&writer, root, 0);
}

static const struct setting *nearest(const struct setting *setting, unsigned line,
				     const struct setting *best)
{
	for (const struct setting *part = setting->first; part; part = part->next) {
		if (part->line && part->line <= line && part->line >= best->line)
			best = part;
		best = nearest(part, line, best);
	}
	return best;
}

const struct setting *setting_at(const struct setting *root, unsigned line)
{
	return nearest(root, line, root);
}
