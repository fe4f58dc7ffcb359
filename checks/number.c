/* SPDX-License-Identifier: MIT */
#include "number.h"

#include <ctype.h>
#include <errno.h>
#include <stdbool.h>

/* strtol() is not used: it wants a zero at the end, knows locales, and takes "08" for 0. */
struct text {
	const char *at, *end;
};

static void skip_blanks(struct text *text)
{
	while (text->at < text->end && isspace((unsigned char)*text->at))
		text->at++;
}

static bool take(struct text *text, char c)
{
	bool is = text->at < text->end && *text->at == c;

	text->at += is;
	return is;
}

/* Return: the base; a zero alone is left to be a digit. */
static unsigned take_base(struct text *text)
{
	if (text->end - text->at < 2 || text->at[0] != '0')
		return 10;
	if (text->at[1] != 'x' && text->at[1] != 'X')
		return 8;
	text->at += 2;
	return 16;
}

/* Return: 0 to 15; anything higher: no digit. */
static unsigned digit_of(char c)
{
	if (c >= '0' && c <= '9')
		return (unsigned)(c - '0');
	if (c >= 'a' && c <= 'f')
		return (unsigned)(c - 'a') + 10;
	if (c >= 'A' && c <= 'F')
		return (unsigned)(c - 'A') + 10;
	return 16;
}

int check_number_parse(const char *buf, size_t len, int32_t *ret_number)
{
	struct text text = { buf, buf + len };
	const int64_t beyond = INT64_C(1) << 33;
	int64_t value = 0;
	const char *first;
	bool negative;
	unsigned base;

	skip_blanks(&text);
	negative = take(&text, '-');
	if (!negative)
		(void)take(&text, '+');
	base = take_base(&text);
	first = text.at;
	for (; text.at < text.end && digit_of(*text.at) < base; text.at++)
		if (value < beyond)
			value = value * base + digit_of(*text.at);
	if (text.at == first || (text.at < text.end && !isspace((unsigned char)*text.at)))
		return -EINVAL;
	value = negative ? -value : value;
	if (value < INT32_MIN || value > INT32_MAX)
		return -ERANGE;
	*ret_number = (int32_t)value;
	return 0;
}
