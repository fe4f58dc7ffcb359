/* SPDX-License-Identifier: MIT */
#include "syntax.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "foreign.h"
#include "keepalived.h"
#include "token.h"

#define NAMES_MAX 64 /* keys of one group that are compared; libconfig compares all */

/* What is due. */
enum due {
	DUE_NAME,
	DUE_EQUALS,
	DUE_VALUE,
	DUE_FIRST,  /* the first value of a list, or its end */
	DUE_BEHIND, /* behind a value */
};

/* What is open: a group, a list, or the file. */
struct frame {
	char open; /* its bracket; 0: the file */
	unsigned line;
	unsigned names_n;
	struct conf_token key; /* whose value is due, or was the last one */
	struct conf_token names[NAMES_MAX];
};

struct syntax {
	struct conf_scanner scanner;
	struct conf_token token, before;
	enum due due;
	unsigned depth;
	bool stopped;
	struct frame frames[CONF_NESTING_MAX + 1];
};

static struct frame *top(struct syntax *s)
{
	return &s->frames[s->depth];
}

static bool is_in_list(struct syntax *s)
{
	return top(s)->open == '(' || top(s)->open == '[';
}

static char closing(char open)
{
	return open == '(' ? ')' : open == '[' ? ']' : '}';
}

__attribute__((format(printf, 2, 3))) static void tell(const struct syntax *s, const char *format,
						       ...)
{
	char text[sizeof(((struct conf_error *)NULL)->text)];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	conf_error_line(s->scanner.parse, s->token.line, "%s", text);
}

/* For what leaves no hope to understand the rest. */
static void stop(struct syntax *s)
{
	s->stopped = true;
}

/* ---- brackets ---- */

static void open_bracket(struct syntax *s, char bracket)
{
	struct frame *frame;

	if (s->depth == CONF_NESTING_MAX) {
		tell(s, "'%c' is nested more than %d deep", bracket, CONF_NESTING_MAX);
		stop(s);
		return;
	}
	s->depth++;
	frame = top(s);
	frame->open = bracket;
	frame->line = s->token.line;
	frame->names_n = 0;
	s->due = bracket == '{' ? DUE_NAME : DUE_FIRST;
}

static void close_bracket(struct syntax *s, char bracket)
{
	const struct frame *frame = top(s);
	unsigned line = frame->line;

	if (!frame->open) {
		tell(s, "'%c' closes nothing: there is one too many, or one too few '%c' before",
		     bracket,
		     bracket == ')'   ? '('
		     : bracket == ']' ? '['
				      : '{');
		stop(s);
	} else if (bracket != closing(frame->open)) {
		(void)conf_lines_find(&s->scanner.parse->lines, line, &line);
		tell(s, "'%c' where '%c' is due first: the '%c' of line %u is still open", bracket,
		     closing(frame->open), frame->open, line);
		stop(s);
	} else {
		s->depth--;
		s->due = DUE_BEHIND;
	}
}

static char bracket_of(const struct conf_token *token)
{
	return token->type == CONF_TOKEN_MARK && strchr("()[]{}", *token->text) ? *token->text : 0;
}

static bool is_closing(char bracket)
{
	return bracket == ')' || bracket == ']' || bracket == '}';
}

/* ---- names ---- */

static void note_name(struct syntax *s)
{
	struct frame *frame = top(s);
	const struct conf_token *token = &s->token;
	const char *file;
	unsigned line;

	frame->key = *token;
	for (unsigned i = 0; i < frame->names_n; i++) {
		const struct conf_token *other = &frame->names[i];

		if (other->len != token->len ||
		    memcmp(other->text, token->text, (size_t)other->len))
			continue;
		file = conf_lines_find(&s->scanner.parse->lines, other->line, &line);
		tell(s, "%.*s is given twice in one group; first at %s:%u", token->len, token->text,
		     file, line);
		return;
	}
	if (frame->names_n < NAMES_MAX)
		frame->names[frame->names_n++] = *token;
}

static bool is_directive(const struct conf_token *token)
{
	return *token->text == '@';
}

static void complain_no_name(struct syntax *s)
{
	const struct conf_token *token = &s->token;
	char bracket = bracket_of(token);

	if (conf_token_is(token, ";") || conf_token_is(token, ","))
		tell(s, "'%c' too many: one value ends with one", *token->text);
	else if (is_directive(token))
		tell(s, "an @include is a line of its own: @include \"FILE\"");
	else if (bracket == '{' && s->before.text && *s->before.text == '{')
		tell(s, "'{{': a template that was not filled in?");
	else if (bracket)
		tell(s, "'%c' where a key is due: KEY = VALUE;", bracket);
	else if (token->type == CONF_TOKEN_STRING)
		tell(s, "%.*s where a key is due: keys have no quotes, KEY = VALUE;", token->len,
		     token->text);
	else
		tell(s, "%.*s where a key is due: KEY = VALUE;", token->len, token->text);
	if (is_directive(token))
		s->scanner.at += strcspn(s->scanner.at, "\n");
	else if (!conf_token_is(token, ";") && !conf_token_is(token, ","))
		stop(s);
}

static void want_name(struct syntax *s)
{
	char bracket = bracket_of(&s->token);

	if (s->token.type == CONF_TOKEN_NAME) {
		note_name(s);
		s->due = DUE_EQUALS;
	} else if (is_closing(bracket)) {
		close_bracket(s, bracket);
	} else {
		complain_no_name(s);
	}
}

/* ---- values ---- */

static bool is_one_of(const struct conf_token *token, const char *const *words)
{
	for (; *words; words++)
		if (strlen(*words) == (size_t)token->len &&
		    strncasecmp(*words, token->text, (size_t)token->len) == 0)
			return true;
	return false;
}

static const char *const units[] = {
	"ms", "s", "m", "h", "d", "sec", "secs", "min", "seconds", NULL
};

static bool is_duration(const struct conf_token *token)
{
	size_t digits = strspn(token->text, "0123456789.");
	struct conf_token unit = { .text = token->text + digits, .len = token->len - (int)digits };

	return digits > 0 && unit.len > 0 && is_one_of(&unit, units);
}

/* A text without quotes, where a value is due. */
static void complain_bare(struct syntax *s)
{
	static const char *const yes[] = { "yes", "on", "y", "enable", "enabled", NULL };
	static const char *const no[] = { "no", "off", "n", "disable", "disabled", NULL };
	const struct conf_token *key = &top(s)->key, *token = &s->token;
	int len = is_in_list(s) ? 0 : key->len;
	const char *of = len ? " = " : "";

	if (is_one_of(token, yes))
		tell(s, "%.*s%s%.*s: write true", len, key->text, of, token->len, token->text);
	else if (is_one_of(token, no))
		tell(s, "%.*s%s%.*s: write false", len, key->text, of, token->len, token->text);
	else if (is_duration(token))
		tell(s, "%.*s%s%.*s: a duration is a string, \"%.*s\"", len, key->text, of,
		     token->len, token->text, token->len, token->text);
	else
		tell(s, "%.*s%s%.*s: a string needs double quotes, \"%.*s\"", len, key->text, of,
		     token->len, token->text, token->len, token->text);
}

static void complain_no_value(struct syntax *s)
{
	const struct conf_token *token = &s->token;
	bool comma = s->before.text && conf_token_is(&s->before, ",");
	char bracket = bracket_of(token);

	if (is_in_list(s) && comma && bracket == closing(top(s)->open))
		tell(s, "a comma before '%c': commas stand between elements, not behind the last",
		     bracket);
	else if (is_in_list(s))
		tell(s, "'%.*s' where an element is due", token->len, token->text);
	else
		tell(s, "%.*s = has no value before '%.*s'", top(s)->key.len, top(s)->key.text,
		     token->len, token->text);
	if (is_in_list(s) && bracket == closing(top(s)->open))
		close_bracket(s, bracket);
	else if (!is_in_list(s) && conf_token_is(token, ";"))
		s->due = DUE_NAME;
	else
		stop(s);
}

/* An array has plain values alone; options of an address are the usual reason. */
static void complain_nested(struct syntax *s, char bracket)
{
	if (top(s)->open == '[')
		tell(s, "'%c' in an array [ ... ]: %s in a list, ( ... )", bracket,
		     bracket == '{' ? "a group stands" : "what has elements itself stands");
}

static void want_value(struct syntax *s)
{
	char bracket = bracket_of(&s->token);

	if (is_closing(bracket) && s->due == DUE_FIRST) {
		close_bracket(s, bracket);
	} else if (bracket && !is_closing(bracket)) {
		complain_nested(s, bracket);
		open_bracket(s, bracket);
	} else if (s->token.type == CONF_TOKEN_MARK) {
		complain_no_value(s);
	} else {
		if (s->token.type == CONF_TOKEN_NAME || s->token.type == CONF_TOKEN_BARE)
			complain_bare(s);
		s->due = DUE_BEHIND;
	}
}

/* A word that is none of ours. Return: whether the key is one. */
static bool complain_keepalived(struct syntax *s)
{
	const struct conf_token *key = &top(s)->key;
	char word[CONF_TOKEN_SHOWN + 1], ours[CONF_TOKEN_SHOWN + 16];
	const char *here;

	snprintf(word, sizeof(word), "%.*s", key->len, key->text);
	snprintf(ours, sizeof(ours), "write %s =", word);
	here = conf_keepalived_find(word);
	if (!here || strncmp(here, ours, strlen(ours)) == 0)
		return false;
	tell(s, "\"%s\" is keepalived's; %s", word, here);
	return true;
}

static void complain_no_equals(struct syntax *s)
{
	const struct conf_token *key = &top(s)->key, *token = &s->token;

	if (is_one_of(key, units))
		tell(s, "%.*s: a duration is one string with its unit: \"1s\"", key->len,
		     key->text);
	else if (token->type == CONF_TOKEN_MARK && !bracket_of(token))
		tell(s, "%.*s has no value: KEY = VALUE;", key->len, key->text);
	else if (token->type == CONF_TOKEN_NAME && s->before.line < token->line)
		tell(s, "%.*s is followed by neither '=' nor a value", key->len, key->text);
	else
		tell(s, "'=' is missing between %.*s and %.*s", key->len, key->text, token->len,
		     token->text);
}

/* Without one, what is there is the value, unless it is on the next line and may be a key. */
static void want_equals(struct syntax *s)
{
	const struct conf_token *token = &s->token;
	bool told;

	s->due = DUE_VALUE;
	if (conf_token_is(token, "=") || conf_token_is(token, ":"))
		return;
	told = complain_keepalived(s);
	if (!told)
		complain_no_equals(s);
	if (token->type == CONF_TOKEN_MARK && !bracket_of(token))
		s->due = conf_token_is(token, ";") ? DUE_NAME : DUE_VALUE;
	else if (token->type == CONF_TOKEN_NAME && s->before.line < token->line)
		want_name(s);
	else if (told && bracket_of(token) == 0)
		s->due = DUE_BEHIND; /* nothing more about its value */
	else
		want_value(s);
}

/* ---- behind values ---- */

/* Return: whether the token was a separator. */
static bool skip_separator(struct syntax *s)
{
	bool comma = conf_token_is(&s->token, ",");

	if (!comma && !conf_token_is(&s->token, ";"))
		return false;
	if (is_in_list(s) && !comma)
		tell(s, "';' in a list: a comma stands between its elements");
	s->due = is_in_list(s) ? DUE_VALUE : DUE_NAME;
	return true;
}

static void want_separator_of_list(struct syntax *s)
{
	const struct conf_token *token = &s->token;

	if (conf_token_is(token, "=") || conf_token_is(token, ":")) {
		tell(s, "'=' in a list: keys stand in groups, { KEY = VALUE; }");
		stop(s);
	} else if (token->type == CONF_TOKEN_MARK && !bracket_of(token)) {
		tell(s, "'%c' is nothing here", *token->text);
	} else {
		tell(s, "a comma is missing before %.*s%s", token->len, token->text,
		     bracket_of(token) ? " ..." : "");
		want_value(s);
	}
}

static void want_separator_of_group(struct syntax *s)
{
	const struct conf_token *token = &s->token;

	if (token->type == CONF_TOKEN_STRING && s->before.type == CONF_TOKEN_STRING)
		return; /* in pieces */
	if (is_directive(token)) {
		complain_no_name(s);
		return;
	}
	if (token->type == CONF_TOKEN_MARK && !bracket_of(token)) {
		tell(s, "'%c' is nothing here", *token->text);
	} else if (token->type == CONF_TOKEN_NAME) {
		want_name(s);
	} else {
		tell(s, "%.*s behind the value of %.*s: a ';' or quotes are missing", token->len,
		     token->text, top(s)->key.len, top(s)->key.text);
		if (bracket_of(token))
			stop(s);
	}
}

static void want_behind(struct syntax *s)
{
	char bracket = bracket_of(&s->token);

	if (skip_separator(s))
		return;
	if (is_closing(bracket))
		close_bracket(s, bracket);
	else if (is_in_list(s))
		want_separator_of_list(s);
	else
		want_separator_of_group(s);
}

/* ---- all of it ---- */

static void complain_end(struct syntax *s)
{
	const struct frame *frame = top(s);

	if (frame->open) {
		s->token.line = frame->line;
		tell(s, "'%c' is not closed: the file ends without its '%c'", frame->open,
		     closing(frame->open));
	} else if (s->due != DUE_NAME && s->due != DUE_BEHIND) {
		s->token.line = frame->key.line;
		tell(s, "the file ends before the value of %.*s", frame->key.len, frame->key.text);
	}
}

static void take_token(struct syntax *s)
{
	switch (s->due) {
	case DUE_NAME:
		want_name(s);
		break;
	case DUE_EQUALS:
		want_equals(s);
		break;
	case DUE_VALUE:
	case DUE_FIRST:
		want_value(s);
		break;
	case DUE_BEHIND:
		want_behind(s);
		break;
	}
}

static void check(struct syntax *s)
{
	while (!s->stopped) {
		s->before = s->token;
		s->scanner.value = s->due == DUE_VALUE || s->due == DUE_FIRST;
		conf_token_next(&s->scanner, &s->token);
		if (s->token.type == CONF_TOKEN_END) {
			if (!s->scanner.lost)
				complain_end(s);
			return;
		}
		if (!s->scanner.lost)
			take_token(s);
	}
}

void conf_syntax_check(struct conf_parse *parse, const char *text)
{
	struct syntax *s = calloc(1, sizeof(*s));
	unsigned before = parse->errors->total;

	if (!s) {
		conf_error_file(parse, NULL, 0, "out of memory");
		return;
	}
	s->scanner = (struct conf_scanner){ .parse = parse, .at = text, .line = 1 };
	check(s);
	free(s);
	if (parse->errors->total > before)
		conf_foreign_tell(parse, text, before);
}
