/* SPDX-License-Identifier: MIT */
#include "keepalived_lines.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "keepalived_file.h"
#include "keepalived_macro.h"

#define BLANKS   " \t"
#define USES_MAX 1000 /* of definitions in one line */

struct reader {
	struct arena *arena;
	struct report *report;
	struct macros macros;
	struct keepalived_files files;
	const char *node;
	bool conditions;
	struct macro *open; /* the definition that further lines belong to; NULL: none */
	struct keepalived_line *first, **end;
	unsigned lines_n; /* made, or thrown away */
	bool over;        /* too much of it: nothing more is read */
};

static void expand(struct reader *reader, const char *text, const struct origin *origin,
		   unsigned depth);

/* ---- lines that are done ---- */

static void put_line(struct reader *reader, const char *text, size_t len,
		     const struct origin *origin)
{
	struct keepalived_line *line;

	while (len && strchr(BLANKS, text[len - 1]))
		len--;
	if (!len)
		return;
	line = arena_alloc(reader->arena, sizeof(*line));
	line->origin = *origin;
	line->text = arena_copy(reader->arena, text, len);
	*reader->end = line;
	reader->end = &line->next;
}

/* The first brace outside of quotes; the end of the text when there is none. */
static const char *find_brace(const char *text)
{
	bool quoted = false;

	for (; *text && (quoted || (*text != '{' && *text != '}')); text++)
		quoted ^= *text == '"';
	return text;
}

/* What nothing was put in for, before the first brace that is none of its own. */
static bool is_unknown(struct reader *reader, const char *text, const char *brace,
		       const struct origin *origin)
{
	const char *name;

	if (brace > text && brace[-1] == '$')
		brace += strcspn(brace, "}");
	if (!macros_is_placeholder(&reader->macros,
				   arena_copy(reader->arena, text, (size_t)(brace - text)), &name))
		return false;
	report_put(reader->report, origin, VERDICT_WRONG, name,
		   "nothing defines it: a template must be rendered first");
	return true;
}

/* What stands behind a brace is read like a line of its own, a condition for one. */
static void split(struct reader *reader, const char *text, const struct origin *origin,
		  unsigned depth)
{
	const char *brace = find_brace(text);
	const char *rest = brace == text && *brace ? brace + 1 : brace;

	if (is_unknown(reader, text, brace, origin))
		return;
	put_line(reader, text, (size_t)(rest - text), origin);
	rest += strspn(rest, BLANKS);
	if (*rest)
		expand(reader, rest, origin, depth);
}

/* ---- conditions, definitions, generators ---- */

static void complain(struct reader *reader, const struct origin *origin, const char *why)
{
	report_put(reader->report, origin, VERDICT_WRONG, NULL, "%s", why);
}

/* Of "@node text" and "@^node text". Return: the text; NULL when it is for other hosts. */
static const char *take_condition(struct reader *reader, const char *text)
{
	bool other = text[1] == '^';
	const char *id = text + 1 + other;
	size_t len = strcspn(id, BLANKS);

	reader->conditions = true;
	if (!id[len])
		return NULL;
	if ((strlen(reader->node) == len && memcmp(reader->node, id, len) == 0) == other)
		return NULL;
	return id + len + strspn(id + len, BLANKS);
}

/* Return: whether the line is a definition. Further lines of one are those of the file. */
static bool define(struct reader *reader, const char *text, const struct origin *origin)
{
	bool more = false;
	struct macro *macro = macros_define(&reader->macros, text, origin, &more);

	reader->open = more ? macro : NULL;
	return macro != NULL;
}

static bool is_generator(const char *text)
{
	return strncmp(text, "~SEQ", 4) == 0 || strncmp(text, "~LST", 4) == 0;
}

static void generate(struct reader *reader, const char *text, const struct origin *origin,
		     unsigned depth)
{
	const char *word = strncmp(text, "~SEQ", 4) == 0 ? "~SEQ" : "~LST", *why;
	struct generator generator;

	if (!macros_generator(&reader->macros, text, &generator, &why)) {
		report_put(reader->report, origin, VERDICT_WRONG, word, "%s", why);
		return;
	}
	while (!reader->over && macros_next(&reader->macros, &generator, &why))
		expand(reader, generator.text, origin, depth + 1);
	if (why)
		report_put(reader->report, origin, VERDICT_WRONG, word, "%s", why);
}

/* ---- macros ---- */

/* Lines of a definition: each says where it stands, and who uses it.
 * @text: the first one, with what stood in front of it. */
static void expand_lines(struct reader *reader, const char *text, const struct macro_line *line,
			 const struct origin *by, unsigned depth)
{
	struct origin origin = *by;

	for (; line && !reader->over; line = line->next, text = line ? line->text : NULL) {
		if (strcmp(text, line->text) == 0)
			origin = line->origin;
		origin.by = by->by ? by->by : by->line;
		expand(reader, text, &origin, depth + 1);
	}
}

/* @uses: how often something was put into the line. */
static bool is_too_much(struct reader *reader, const struct origin *origin, unsigned depth,
			unsigned uses)
{
	if (reader->over)
		return true;
	if (depth > KEEPALIVED_DEPTH_MAX || uses > USES_MAX) {
		complain(reader, origin, "definitions that use each other without end");
		reader->over = true;
	} else if (++reader->lines_n > KEEPALIVED_LINES_MAX) {
		report_put(reader->report, origin, VERDICT_WRONG, NULL,
			   "makes more than %d lines of this file", KEEPALIVED_LINES_MAX);
		reader->over = true;
	}
	return reader->over;
}

static bool is_too_long(struct reader *reader, const char *text, const struct origin *origin)
{
	if (strlen(text) <= KEEPALIVED_LINE_MAX)
		return false;
	report_put(reader->report, origin, VERDICT_WRONG, NULL,
		   "a line of more than %d characters, which keepalived cuts off there",
		   KEEPALIVED_LINE_MAX);
	return true;
}

/* One line, of a file or of a definition, until nothing is left to put in. */
static void expand(struct reader *reader, const char *text, const struct origin *origin,
		   unsigned depth)
{
	const struct macro_line *lines = NULL;
	bool used = true;

	for (unsigned i = 0; used; i++) {
		if (is_too_much(reader, origin, depth, i) || is_too_long(reader, text, origin))
			return;
		if (*text == '@')
			text = take_condition(reader, text);
		if (!text || !*text)
			return;
		if (define(reader, text, origin))
			return;
		if (is_generator(text)) {
			generate(reader, text, origin, depth);
			return;
		}
		used = macros_use(&reader->macros, &text, &lines);
		if (lines)
			break;
	}
	if (lines) {
		expand_lines(reader, text, lines, origin, depth);
	} else if (text[0] && text[strlen(text) - 1] == '\\') {
		complain(reader, origin, "a line ends with \\, which only continues definitions");
	} else {
		split(reader, text, origin, depth);
	}
}

/* ---- lines of a file ---- */

/* Comments, blanks at both ends, and what keeps a comment from being one. Return: whether all
 * quotes are closed. */
static bool clean(char *text)
{
	char *const begin = text, *to = text;
	bool quoted = false;

	text += strspn(text, BLANKS);
	while (*text && (quoted || (*text != '#' && *text != '!'))) {
		bool escape = *text == '\\' && text[1];

		quoted ^= *text == '"';
		if (escape && (quoted || (text[1] != '#' && text[1] != '!')))
			*to++ = *text;
		text += escape;
		*to++ = *text++;
	}
	while (to > begin && strchr(BLANKS, to[-1]))
		to--;
	*to = '\0';
	return !quoted;
}

/* "{{", "{%", "<%", @NAME@ and __NAME__. Return: what it begins with; NULL: none. */
static const char *find_template(const char *text)
{
	static const char *const marks[] = { "{{", "{%", "<%" };
	static const char capitals[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_";

	for (size_t i = 0; i < sizeof(marks) / sizeof(marks[0]); i++)
		if (strstr(text, marks[i]))
			return marks[i];
	for (const char *at = strchr(text, '@'); at; at = strchr(at + 1, '@'))
		if (isupper((unsigned char)at[1]) && at[1 + strspn(at + 1, capitals)] == '@')
			return at;
	for (const char *at = strstr(text, "__"); at; at = strstr(at + 2, "__"))
		if (isupper((unsigned char)at[2]) && strspn(at, capitals) > 4 &&
		    memcmp(at + strspn(at, capitals) - 2, "__", 2) == 0)
			return at;
	return NULL;
}

static bool is_template(struct reader *reader, const char *text, const struct origin *origin)
{
	const char *mark = find_template(text);

	if (!mark)
		return false;
	/* Nothing of what stands behind it, which may be secret. */
	mark = arena_copy(reader->arena, mark, strcspn(mark, BLANKS));
	report_put(reader->report, origin, VERDICT_WRONG, mark,
		   "this is a template: render it first, and import what comes out");
	return true;
}

/* @word: "include", or with the letter of a stricter form. Return: what is included; or NULL. */
static const char *find_include(struct reader *reader, const char *text, bool *ret_strict)
{
	size_t len = strcspn(text, BLANKS);
	const char *name = text + len + strspn(text + len, BLANKS);

	if (strncmp(text, "include", 7) != 0 || len > 8 || !*name || name[strcspn(name, BLANKS)] ||
	    (len == 8 && !strchr("rmwba", text[7])))
		return NULL;
	*ret_strict = len == 8;
	return name[0] == '"' ? arena_copy(reader->arena, name + 1, strcspn(name + 1, "\"")) : name;
}

static void read_line(struct reader *reader, char *text, const struct origin *origin);

/* Each line of the file that was opened last. */
static void read_lines(struct reader *reader, struct origin origin, char *bytes)
{
	char *next;

	for (; bytes && !reader->over; bytes = next) {
		next = strchr(bytes, '\n');
		if (next)
			*next++ = '\0';
		bytes[strcspn(bytes, "\r")] = '\0';
		origin.line++;
		read_line(reader, bytes, &origin);
	}
	reader->open = NULL;
}

static void read_file(struct reader *reader, const char *path, const struct origin *by)
{
	struct origin origin = { 0 };
	char *bytes = keepalived_file_open(&reader->files, path, by, &origin);

	if (!bytes)
		return;
	/* What a definition is called in there. */
	macros_set(&reader->macros, "_PWD", 4, keepalived_file_directory(&reader->files));
	read_lines(reader, origin, bytes);
	keepalived_file_close(&reader->files);
	macros_set(&reader->macros, "_PWD", 4, keepalived_file_directory(&reader->files));
}

static void include(struct reader *reader, const char *pattern, bool strict,
		    const struct origin *origin)
{
	const char *const *paths;
	size_t n = keepalived_file_find(&reader->files, pattern, &paths);

	if (n)
		report_put(reader->report, origin, VERDICT_MAPPED, "include", "%zu file%s", n,
			   n == 1 ? "" : "s");
	else
		report_put(reader->report, origin, strict ? VERDICT_WRONG : VERDICT_DROPPED,
			   "include", "there is no file \"%.200s\"%s", pattern,
			   strict ? "" : ": keepalived goes on without a word");
	for (size_t i = 0; i < n && !reader->over; i++)
		read_file(reader, paths[i], origin);
}

static void read_line(struct reader *reader, char *text, const struct origin *origin)
{
	const char *included;
	bool strict;

	if (is_too_long(reader, text, origin))
		return;
	if (!clean(text)) {
		complain(reader, origin, "a quote is not closed on its line");
		return;
	}
	/* An empty line ends a definition, one of a comment, too. */
	if (!*text || (reader->open && !macro_add(&reader->macros, reader->open, text, origin))) {
		reader->open = NULL;
		return;
	}
	if (reader->open || is_template(reader, text, origin))
		return;
	included = find_include(reader, text, &strict);
	if (included) {
		include(reader, included, strict, origin);
		return;
	}
	expand(reader, text, origin, 0);
}

const struct keepalived_line *keepalived_read(struct arena *arena, struct report *report,
					      const char *path, const char *node,
					      bool *ret_conditions,
					      struct keepalived_source **ret_sources)
{
	struct reader reader = {
		.arena = arena, .report = report, .macros = { .arena = arena }, .node = node
	};

	reader.end = &reader.first;
	keepalived_files_init(&reader.files, arena, report);
	macros_set(&reader.macros, "_HASH", 5, "#");
	macros_set(&reader.macros, "_BANG", 5, "!");
	macros_set(&reader.macros, "_INSTANCE", 9, node);
	read_file(&reader, path, NULL);
	*ret_conditions = reader.conditions;
	*ret_sources = reader.files.sources;
	return reader.first;
}
