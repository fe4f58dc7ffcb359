/* SPDX-License-Identifier: MIT */
#include "keepalived_macro.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BLANKS " \t"

static bool is_name_start(char c)
{
	return isalpha((unsigned char)c) || c == '_';
}

static size_t name_len(const char *text)
{
	size_t len = 0;

	if (!is_name_start(text[0]))
		return 0;
	while (isalnum((unsigned char)text[len]) || text[len] == '_')
		len++;
	return len;
}

static const char *skip_blanks(const char *text)
{
	return text + strspn(text, BLANKS);
}

/* ---- definitions ---- */

static struct macro *find(const struct macros *macros, const char *name, size_t len)
{
	for (struct macro *macro = macros->first; macro; macro = macro->next)
		if (strlen(macro->name) == len && memcmp(macro->name, name, len) == 0)
			return macro;
	return NULL;
}

/* An empty one, whatever was there before. */
static struct macro *renew(struct macros *macros, const char *name, size_t len)
{
	struct macro *macro = find(macros, name, len);

	if (!macro) {
		macro = arena_alloc(macros->arena, sizeof(*macro));
		macro->name = arena_copy(macros->arena, name, len);
		macro->next = macros->first;
		macros->first = macro;
	}
	macro->first = NULL;
	macro->end = &macro->first;
	macro->has_lines = false;
	return macro;
}

/* Without "\" at its end, and the blanks before it. */
static size_t len_without_mark(const char *text, bool *ret_more)
{
	size_t len = strlen(text);

	*ret_more = len && text[len - 1] == '\\';
	if (*ret_more)
		len--;
	while (len && isblank((unsigned char)text[len - 1]))
		len--;
	return len;
}

bool macro_add(struct macros *macros, struct macro *macro, const char *text,
	       const struct origin *origin)
{
	struct macro_line *line;
	bool more;
	size_t len = len_without_mark(text, &more);

	if (len == 0)
		return more;
	line = arena_alloc(macros->arena, sizeof(*line));
	line->origin = *origin;
	line->text = arena_copy(macros->arena, text, len);
	*macro->end = line;
	macro->end = &line->next;
	return more;
}

struct macro *macros_define(struct macros *macros, const char *text, const struct origin *origin,
			    bool *ret_more)
{
	size_t len = text[0] == '$' ? name_len(text + 1) : 0;
	struct macro *macro;

	if (!len || text[1 + len] != '=')
		return NULL;
	macro = renew(macros, text + 1, len);
	*ret_more = macro_add(macros, macro, skip_blanks(text + 1 + len + 1), origin);
	macro->has_lines = *ret_more;
	return macro;
}

void macros_set(struct macros *macros, const char *name, size_t len, const char *value)
{
	struct macro *macro = renew(macros, name, len);

	macro_add(macros, macro, value, &(struct origin){ 0 });
}

/* ---- use ---- */

/* What stands behind a dollar. */
struct use {
	const char *name;
	size_t name_len;
	const char *end; /* behind all of it */
};

/* Return: whether @text, behind a dollar, can be the use of a definition. */
static bool parse_use(const char *text, struct use *ret_use)
{
	bool braces = *text == '{';
	struct use use = { .name = text + braces };

	use.name_len = name_len(use.name);
	use.end = use.name + use.name_len + braces;
	if (!use.name_len || (braces && use.end[-1] != '}'))
		return false;
	if (!braces && *use.end && !strchr(BLANKS ",)", *use.end))
		return false;
	*ret_use = use;
	return true;
}

/* One of several lines ends the line that uses it. */
static struct macro *find_use(const struct macros *macros, const struct use *use)
{
	struct macro *macro = find(macros, use->name, use->name_len);

	return macro && macro->has_lines && *use->end ? NULL : macro;
}

bool macros_use(struct macros *macros, const char **text, const struct macro_line **ret_lines)
{
	struct use use;

	*ret_lines = NULL;
	for (const char *at = strchr(*text, '$'); at; at = strchr(at + 1, '$')) {
		struct macro *macro = parse_use(at + 1, &use) ? find_use(macros, &use) : NULL;
		const char *value;

		if (!macro)
			continue;
		value = macro->first ? macro->first->text : "";
		*ret_lines = macro->has_lines ? macro->first : NULL;
		*text = arena_print(macros->arena, "%.*s%s%s", (int)(at - *text), *text, value,
				    use.end);
		return true;
	}
	return false;
}

/* ---- what is left over ---- */

/* A password may have a dollar in it; all of it is a placeholder. */
static bool is_in_word(const char *text, const char *at)
{
	return strncmp(text, "auth_pass", 9) == 0 && at > text && !strchr(BLANKS, at[-1]);
}

bool macros_is_placeholder(struct macros *macros, const char *text, const char **ret_name)
{
	char quote = '\0';

	for (const char *at = text; *at; at++) {
		const char *name = at + 1 + (at[1] == '{');

		if (quote ? *at == quote : *at == '"' || *at == '\'')
			quote = quote ? '\0' : *at;
		if (quote || *at != '$' || !name_len(name) || is_in_word(text, at))
			continue;
		*ret_name = arena_print(macros->arena, "$%.*s", (int)name_len(name), name);
		return true;
	}
	return false;
}

/* ---- generators ---- */

/* Definitions within the numbers of a head. */
static const char *use_all(struct macros *macros, const char *text)
{
	const struct macro_line *lines;
	unsigned n = 0;

	while (n++ < 100 && macros_use(macros, &text, &lines))
		;
	return text;
}

/* Return: how many of at most three numbers with commas between them; 0: it is something else. */
static unsigned parse_numbers(const char *text, long *ret_values)
{
	unsigned n = 0;
	char *end;

	for (;;) {
		ret_values[n++] = strtol(text, &end, 0);
		if (end == text)
			return 0;
		text = skip_blanks(end);
		if (*text != ',' || n == 3)
			break;
		text++;
	}
	return *text ? 0 : n;
}

static bool parse_sequence(struct macros *macros, const char *numbers, struct generator *generator,
			   const char **ret_why)
{
	long values[3], start, last, step;
	unsigned n = parse_numbers(use_all(macros, numbers), values);

	*ret_why = NULL;
	if (n == 0) {
		*ret_why = "needs one to three whole numbers behind the variable";
		return false;
	}
	last = values[n - 1];
	start = n > 1 ? values[0] : last < 0 ? -1 : 1;
	step = n == 3 ? values[1] : start <= last ? 1 : -1;
	if (step == 0 || (start < last && step < 0) || (start > last && step > 0))
		*ret_why = "never comes from its first number to its last one";
	else if (generator->hex && (start < 0 || last < 0))
		*ret_why = "with hexadecimal digits has no negative numbers";
	generator->start = start;
	generator->last = last;
	generator->step = step;
	return !*ret_why;
}

/* What stands before the comma, without blanks around it. Return: behind the comma. */
static const char *take(struct macros *macros, const char *text, const char **ret_word)
{
	size_t len, used;

	text = skip_blanks(text);
	len = strcspn(text, ",");
	for (used = len; used && isblank((unsigned char)text[used - 1]); used--)
		;
	*ret_word = arena_copy(macros->arena, text, used);
	return text[len] ? text + len + 1 : text + len;
}

/* "{a, b}" or "a". Return: behind it and its comma; NULL: a bracket is not closed. */
static const char *take_set(struct macros *macros, const char *text, const char **words,
			    unsigned *ret_n)
{
	const char *end, *at, *inner;
	unsigned n = 0;

	text = skip_blanks(text);
	if (*text != '{') {
		*ret_n = 1;
		return take(macros, text, &words[0]);
	}
	end = strchr(text, '}');
	if (!end)
		return NULL;
	inner = arena_copy(macros->arena, text + 1, (size_t)(end - text - 1));
	for (at = inner; *at && n < KEEPALIVED_LIST_MAX; n++)
		at = take(macros, at, &words[n]);
	*ret_n = n;
	end = skip_blanks(end + 1);
	return *end == ',' ? end + 1 : end;
}

static bool are_names(const struct generator *generator)
{
	for (unsigned i = 0; i < generator->names_n; i++)
		if (!generator->names[i][0] ||
		    name_len(generator->names[i]) != strlen(generator->names[i]))
			return false;
	return generator->names_n > 0;
}

bool macros_generator(struct macros *macros, const char *text, struct generator *ret_generator,
		      const char **ret_why)
{
	bool list = strncmp(text, "~LST", 4) == 0;
	const char *at = text + 4, *close, *rest;
	struct generator generator = { .hex = !list && *at == 'x' };

	at = skip_blanks(at + generator.hex);
	close = *at == '(' ? strchr(at, ')') : NULL;
	if (!close) {
		*ret_why = "needs its variable and values between round brackets";
		return false;
	}
	generator.text = skip_blanks(close + 1);
	at = arena_copy(macros->arena, at + 1, (size_t)(close - at - 1));
	rest = take_set(macros, at, generator.names, &generator.names_n);
	if (!rest || !are_names(&generator) || !*skip_blanks(rest) ||
	    (!list && generator.names_n > 1)) {
		*ret_why = "needs the name of a variable first, and then a comma";
		return false;
	}
	if (list)
		generator.values = rest;
	else if (!parse_sequence(macros, rest, &generator, ret_why))
		return false;
	*ret_generator = generator;
	return true;
}

static bool next_of_list(struct macros *macros, struct generator *generator, const char **ret_why)
{
	const char *words[KEEPALIVED_LIST_MAX];
	unsigned n;

	if (!*skip_blanks(generator->values))
		return false;
	generator->values = take_set(macros, generator->values, words, &n);
	if (!generator->values || n > generator->names_n) {
		*ret_why = generator->values ? "has more values than variables"
					     : "has a bracket that is not closed";
		return false;
	}
	for (unsigned i = 0; i < generator->names_n; i++)
		macros_set(macros, generator->names[i], strlen(generator->names[i]),
			   i < n ? words[i] : "");
	return true;
}

bool macros_next(struct macros *macros, struct generator *generator, const char **ret_why)
{
	char value[24];

	*ret_why = NULL;
	if (generator->values)
		return next_of_list(macros, generator, ret_why);
	if (!generator->names_n || (generator->step > 0 && generator->start > generator->last) ||
	    (generator->step < 0 && generator->start < generator->last))
		return false;
	snprintf(value, sizeof(value), generator->hex ? "%lx" : "%ld", generator->start);
	macros_set(macros, generator->names[0], strlen(generator->names[0]), value);
	if (__builtin_add_overflow(generator->start, generator->step, &generator->start))
		generator->names_n = 0; /* the last round */
	return true;
}
