/* SPDX-License-Identifier: MIT */
#include "token.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define ODD_SIZE 64

/* ---- characters that are not ASCII ---- */

/* Which ones there are names for; a range has one. */
static const struct odd {
	uint32_t first, last;
	const char *name;
	bool blank, quote;
} odds[] = {
	{ 0x85, 0x85, "a line break that is none here", true, false },
	{ 0xa0, 0xa0, "a no-break space", true, false },
	{ 0xab, 0xab, "an angle quote", false, true },
	{ 0xbb, 0xbb, "an angle quote", false, true },
	{ 0x1680, 0x1680, "a blank that is none here", true, false },
	{ 0x2000, 0x200a, "a blank of a special width", true, false },
	{ 0x200b, 0x200f, "an invisible character", true, false },
	{ 0x2010, 0x2015, "a dash that is no minus", false, false },
	{ 0x2018, 0x201b, "a curly quote", false, true },
	{ 0x201c, 0x201f, "a curly quote", false, true },
	{ 0x2028, 0x202e, "an invisible character", true, false },
	{ 0x202f, 0x202f, "a narrow no-break space", true, false },
	{ 0x2039, 0x203a, "an angle quote", false, true },
	{ 0x205f, 0x2064, "an invisible character", true, false },
	{ 0x3000, 0x3000, "a wide blank", true, false },
	{ 0xfeff, 0xfeff, "a byte order mark in the midst", true, false },
	{ 0xff02, 0xff02, "a wide quote", false, true },
};

/* Return: how many bytes a character has; one that is no UTF-8 is a byte by itself. */
static unsigned decode(const char *text, uint32_t *ret_code)
{
	const unsigned char *t = (const unsigned char *)text;
	unsigned len = *t >= 0xf0 ? 4 : *t >= 0xe0 ? 3 : *t >= 0xc2 ? 2 : 1;
	uint32_t code = len == 1 ? *t : *t & (0x7fu >> len);

	for (unsigned i = 1; i < len; i++) {
		if ((t[i] & 0xc0) != 0x80) {
			*ret_code = *t;
			return 1;
		}
		code = code << 6 | (t[i] & 0x3fu);
	}
	*ret_code = code;
	return len;
}

static const struct odd *find_odd(uint32_t code)
{
	for (size_t i = 0; i < sizeof(odds) / sizeof(odds[0]); i++)
		if (code >= odds[i].first && code <= odds[i].last)
			return &odds[i];
	return NULL;
}

static bool is_plain(char c)
{
	return c >= ' ' && c <= '~';
}

unsigned conf_odd_character(const char *text, char *buf)
{
	const struct odd *odd;
	uint32_t code;
	unsigned len;

	while (is_plain(*text))
		text++;
	if (!*text)
		return 0;
	len = decode(text, &code);
	odd = find_odd(code);
	if (odd)
		snprintf(buf, ODD_SIZE, "%s (U+%04X)", odd->name, code);
	else if (code < 0x80)
		snprintf(buf, ODD_SIZE, "a control character (%u)", code);
	else if (len == 1)
		snprintf(buf, ODD_SIZE, "a byte that is no ASCII (0x%02x)", code);
	else
		snprintf(buf, ODD_SIZE, "\"%.*s\" (U+%04X)", (int)len, text, code);
	return len;
}

/* ---- blanks and comments ---- */

static void skip_line(struct conf_scanner *scanner)
{
	scanner->at += strcspn(scanner->at, "\n");
}

static void skip_comment(struct conf_scanner *scanner)
{
	const char *end = strstr(scanner->at + 2, "*/");

	if (!end)
		end = scanner->at + strlen(scanner->at);
	for (; scanner->at < end; scanner->at++)
		scanner->line += *scanner->at == '\n';
	scanner->at += *end ? 2 : 0;
}

static bool is_blank_of_libconfig(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\f' || c == '\n';
}

/* A blank that is none here, or a character that nothing can be made of. */
static bool skip_odd(struct conf_scanner *scanner)
{
	const struct odd *odd;
	char text[ODD_SIZE];
	uint32_t code;

	if (!*scanner->at || is_plain(*scanner->at))
		return false;
	decode(scanner->at, &code);
	odd = find_odd(code);
	if (odd && odd->quote)
		return false;
	scanner->at += conf_odd_character(scanner->at, text);
	conf_error_line(scanner->parse, scanner->line, "%s%s", text,
			odd && odd->blank ? " is in the place of a blank; write a plain one"
					  : " is outside of a string; only ASCII stands there");
	return true;
}

static void skip_blanks(struct conf_scanner *scanner)
{
	const char *at = scanner->at;

	for (;; at = scanner->at) {
		if (is_blank_of_libconfig(*at)) {
			scanner->line += *at == '\n';
			scanner->at++;
		} else if (*at == '#' || (at[0] == '/' && at[1] == '/')) {
			skip_line(scanner);
		} else if (at[0] == '/' && at[1] == '*') {
			skip_comment(scanner);
		} else if (*at == '!') {
			conf_error_line(scanner->parse, scanner->line,
					"a comment begins with # or //, not with !");
			skip_line(scanner);
		} else if (!skip_odd(scanner)) {
			return;
		}
	}
}

/* ---- strings ---- */

/* Between double quotes. Return: behind the last one, or NULL. */
static const char *end_of_string(const char *at)
{
	for (at++; *at != '"'; at++) {
		if (at[0] == '\\' && at[1] && at[1] != '\n')
			at++;
		if (!*at || *at == '\n')
			return NULL;
	}
	return at + 1;
}

/* Between other quotes: up to the next one on the line, whichever. */
static const char *end_of_other_string(const char *at, unsigned quote_len)
{
	const struct odd *odd;
	unsigned len;
	uint32_t code;

	for (at += quote_len; *at && *at != '\n'; at += len) {
		len = decode(at, &code);
		odd = find_odd(code);
		if (code == '\'' || code == '"' || (odd && odd->quote))
			return at + len;
	}
	return NULL;
}

static int shown(const char *from, const char *to)
{
	return to - from < CONF_TOKEN_SHOWN ? (int)(to - from) : CONF_TOKEN_SHOWN;
}

/* A quote without its other one: the rest of the line may be anything. */
static void complain_open(struct conf_scanner *scanner, const char *at, unsigned quote_len)
{
	const char *text = at + quote_len;

	conf_error_line(scanner->parse, scanner->line,
			"the quote before %.*s is not closed on its line",
			shown(text, text + strcspn(text, " \t;,\r\n")), text);
	scanner->lost = true;
	scanner->at = at + strcspn(at, "\n");
}

/* A word right behind a string: it was closed by the quote that begins the next one. */
static bool is_next_ones(const char *end)
{
	return isalnum((unsigned char)*end);
}

/* Return: whether one begins here. */
static bool scan_string(struct conf_scanner *scanner)
{
	const char *at = scanner->at, *end = NULL;
	const struct odd *odd;
	uint32_t code;
	unsigned len = decode(at, &code);

	odd = find_odd(code);
	if (code != '"' && code != '\'' && !(odd && odd->quote))
		return false;
	if (code == '"')
		end = end_of_string(at);
	if (end && !is_next_ones(end)) {
		scanner->at = end;
		return true;
	}
	if (!end)
		end = end_of_other_string(at, len);
	if (!end || is_next_ones(end)) {
		complain_open(scanner, at, len);
		return true;
	}
	conf_error_line(scanner->parse, scanner->line,
			"%.*s: strings are between straight double quotes, \"...\"", shown(at, end),
			at);
	scanner->at = end;
	return true;
}

/* ---- runs of characters ---- */

static bool goes_on(const struct conf_scanner *scanner, const char *at)
{
	if (at[0] == '/')
		return at[1] != '/' && at[1] != '*';
	if (at[0] == ':')
		return scanner->value;
	return isalnum((unsigned char)*at) || (*at && strchr("_*-+.@%~$&?^|<>\\`", *at));
}

static bool is_name(const char *text, size_t len)
{
	if (!isalpha((unsigned char)*text) && *text != '*')
		return false;
	for (size_t i = 1; i < len; i++)
		if (!isalnum((unsigned char)text[i]) && !strchr("-_*", text[i]))
			return false;
	return true;
}

static bool is_boolean(const char *text, size_t len)
{
	return (len == 4 && strncasecmp(text, "true", 4) == 0) ||
	       (len == 5 && strncasecmp(text, "false", 5) == 0);
}

/* A whole number. Return: how many characters its digits and what is before them have, or 0. */
static size_t digits_of(const char *text, size_t len)
{
	size_t n = *text == '-' || *text == '+', digits = n;

	if (len > 2 && text[0] == '0' && (text[1] == 'x' || text[1] == 'X'))
		for (n = digits = 2; n < len && isxdigit((unsigned char)text[n]);)
			n++;
	else
		while (n < len && isdigit((unsigned char)text[n]))
			n++;
	return n > digits ? n : 0;
}

/* libconfig keeps the low 32 bits of one without the suffix, without a word. */
static void check_whole(struct conf_scanner *scanner, const char *text, size_t digits, bool is_long)
{
	bool is_hex = digits > 2 && (text[1] == 'x' || text[1] == 'X');
	bool has_sign = *text == '-' || *text == '+';
	int shown = digits < CONF_TOKEN_SHOWN ? (int)digits : CONF_TOKEN_SHOWN;
	long long number;

	errno = 0;
	number = strtoll(text, NULL, is_hex ? 16 : 10);
	if (!is_hex && text[has_sign] == '0' && digits > has_sign + 1u)
		conf_error_line(scanner->parse, scanner->line,
				"%.*s: a number that begins with 0 is octal to some and decimal to "
				"others; leave out the 0",
				shown, text);
	else if (errno == ERANGE)
		conf_error_line(scanner->parse, scanner->line, "%.*s is too large a number", shown,
				text);
	else if (!is_long && (number < INT32_MIN || number > (is_hex ? UINT32_MAX : INT32_MAX)))
		conf_error_line(scanner->parse, scanner->line,
				"%.*s is too large a number without the suffix L", shown, text);
}

static bool scan_number(struct conf_scanner *scanner, const char *text, size_t len)
{
	size_t digits = digits_of(text, len), behind = len - digits;
	bool has_digit = false;

	if (digits && (behind == 0 || (behind <= 2 && strspn(text + digits, "L") >= behind))) {
		check_whole(scanner, text, digits, behind > 0);
		return true;
	}
	for (size_t i = 0; i < len; i++) {
		bool is_sign = text[i] == '-' || text[i] == '+';

		if (isdigit((unsigned char)text[i]))
			has_digit = true;
		else if (is_sign ? i > 0 && !strchr("eE", text[i - 1]) : !strchr(".eE", text[i]))
			return false;
	}
	return has_digit && strpbrk(text, ".eE") < text + len &&
	       memchr(text, '.', len) == memrchr(text, '.', len) &&
	       !strchr("eE+-", text[len - 1]) && !strchr("eE", *text);
}

static enum conf_token_type type_of(struct conf_scanner *scanner, const char *text, size_t len)
{
	if (is_boolean(text, len))
		return CONF_TOKEN_BOOLEAN;
	if (is_name(text, len))
		return CONF_TOKEN_NAME;
	return scan_number(scanner, text, len) ? CONF_TOKEN_NUMBER : CONF_TOKEN_BARE;
}

void conf_token_next(struct conf_scanner *scanner, struct conf_token *ret_token)
{
	const char *text;
	size_t len;

	skip_blanks(scanner);
	text = scanner->at;
	*ret_token = (struct conf_token){ .text = text, .line = scanner->line };
	if (!*text)
		return;
	if (scan_string(scanner)) {
		ret_token->type = CONF_TOKEN_STRING;
	} else {
		while (goes_on(scanner, scanner->at))
			scanner->at++;
		len = (size_t)(scanner->at - text);
		ret_token->type = len ? type_of(scanner, text, len) : CONF_TOKEN_MARK;
		scanner->at += len == 0;
	}
	len = (size_t)(scanner->at - text);
	ret_token->len = len < CONF_TOKEN_SHOWN ? (int)len : CONF_TOKEN_SHOWN;
}

bool conf_token_is(const struct conf_token *token, const char *text)
{
	size_t len = strlen(text);

	return (size_t)token->len == len && memcmp(token->text, text, len) == 0;
}
