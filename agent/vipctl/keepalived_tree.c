/* SPDX-License-Identifier: MIT */
#include "keepalived_tree.h"

#include <ctype.h>
#include <string.h>

#define BLANKS " \t"

/* ---- words ---- */

/* As most keywords have them: a double quote begins and ends a word, nothing else is special.
 * @words: NULL: they are only counted. */
static unsigned split(struct arena *arena, const char *text, const char **words)
{
	unsigned n = 0;
	size_t len;

	for (text += strspn(text, BLANKS); *text; text += strspn(text, BLANKS)) {
		bool quoted = *text == '"';

		text += quoted;
		len = strcspn(text, quoted ? "\"" : BLANKS "\"");
		if (words)
			words[n] = arena_copy(arena, text, len);
		n++;
		text += len;
		text += quoted && *text == '"';
	}
	return n;
}

static void set_words(struct arena *arena, struct keepalived_node *node)
{
	const char **words;

	node->words_n = split(arena, node->text, NULL);
	words = arena_alloc(arena, (node->words_n + 1) * sizeof(*words));
	split(arena, node->text, words);
	node->words = words;
}

/* Behind a backslash, as a shell has it. Return: behind what it stands for. */
static const char *unescape(const char *text, char *ret_c)
{
	static const char names[] = "abEfnrtv", values[] = "\a\b\033\f\n\r\t\v";
	const char *name = *text ? strchr(names, *text) : NULL;
	unsigned c = 0;

	if (*text == 'x' && isxdigit((unsigned char)text[1])) {
		for (text++; isxdigit((unsigned char)*text); text++)
			c = c << 4 |
			    (isdigit((unsigned char)*text)
				     ? (unsigned)(*text - '0')
				     : (unsigned)(tolower((unsigned char)*text) - 'a') + 10);
		*ret_c = (char)c;
		return text;
	}
	if (*text >= '0' && *text <= '7') {
		for (unsigned i = 0; i < 3 && *text >= '0' && *text <= '7'; i++, text++)
			c = c << 3 | (unsigned)(*text - '0');
		*ret_c = (char)c;
		return text;
	}
	if (*text == 'c' && text[1]) {
		*ret_c = (char)(text[1] & 0x1f);
		return text + 2;
	}
	*ret_c = name ? values[name - names] : *text;
	return text + (*text != '\0');
}

/* One word, with quotes and escapes in it. Return: behind it; NULL: a quote is not closed. */
static const char *take_word(const char *text, char *to)
{
	char quote = '\0';

	for (; *text && (quote || !strchr(BLANKS, *text)); to++) {
		if (*text == '\\') {
			text = unescape(text + 1, to);
			continue;
		}
		if (quote ? *text == quote : *text == '"' || *text == '\'') {
			quote = quote ? '\0' : *text;
			text++;
			to--;
			continue;
		}
		*to = *text++;
	}
	*to = '\0';
	return quote ? NULL : text;
}

unsigned keepalived_words(struct arena *arena, const char *text, const char *const **ret_words)
{
	size_t len = strlen(text);
	const char **words = arena_alloc(arena, (len / 2 + 2) * sizeof(*words));
	char *word = arena_alloc(arena, len + 2); /* all of them: none is longer than it was */
	unsigned n = 0;

	text += strspn(text, BLANKS);
	while (text && *text) {
		text = take_word(text, word);
		words[n++] = word;
		word += strlen(word) + 1;
		if (text)
			text += strspn(text, BLANKS);
	}
	*ret_words = words;
	return text ? n : 0;
}

/* ---- blocks ---- */

struct builder {
	struct arena *arena;
	struct report *report;
	struct keepalived_node *block; /* whose lines are read */
	struct keepalived_node *open;  /* the line before, which may open one; NULL: none */
	unsigned depth, lines_n;
};

static void add_line(struct builder *builder, const struct keepalived_line *line)
{
	struct keepalived_node *node = arena_alloc(builder->arena, sizeof(*node));
	struct keepalived_node *block = builder->block;

	node->origin = line->origin;
	node->text = line->text;
	node->parent = block;
	node->at = builder->lines_n++;
	set_words(builder->arena, node);
	if (block->last)
		block->last->next = node;
	else
		block->first = node;
	block->last = node;
	builder->open = node;
}

/* Return: whether to go on. */
static bool open_block(struct builder *builder, const struct keepalived_line *line)
{
	struct keepalived_node *node = builder->open;

	builder->open = NULL;
	if (!node) {
		report_put(builder->report, &line->origin, VERDICT_WRONG, "{",
			   "no keyword stands before it");
		return false;
	}
	if (++builder->depth > KEEPALIVED_NESTING_MAX) {
		report_put(builder->report, &line->origin, VERDICT_WRONG, "{",
			   "more than %d blocks in each other", KEEPALIVED_NESTING_MAX);
		return false;
	}
	node->has_block = true;
	node->begin = line->origin;
	builder->block = node;
	return true;
}

static bool close_block(struct builder *builder, const struct keepalived_line *line)
{
	builder->open = NULL;
	if (!builder->block->parent) {
		report_put(builder->report, &line->origin, VERDICT_WRONG, "}",
			   "there is no block that it could close");
		return false;
	}
	builder->depth--;
	builder->block->end = line->origin;
	builder->block = builder->block->parent;
	return true;
}

struct keepalived_node *keepalived_tree(struct arena *arena, struct report *report,
					const struct keepalived_line *lines)
{
	struct keepalived_node *root = arena_alloc(arena, sizeof(*root));
	struct builder builder = { .arena = arena, .report = report, .block = root };
	bool fine = true;

	for (; lines && fine; lines = lines->next) {
		if (strcmp(lines->text, "{") == 0)
			fine = open_block(&builder, lines);
		else if (strcmp(lines->text, "}") == 0)
			fine = close_block(&builder, lines);
		else
			add_line(&builder, lines);
	}
	for (; fine && builder.block->parent; builder.block = builder.block->parent)
		report_put(report, &builder.block->begin, VERDICT_WRONG, builder.block->words[0],
			   "its { is never closed");
	return root;
}
