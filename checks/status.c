/* SPDX-License-Identifier: MIT */
#include "status.h"

#include <stddef.h>
#include <string.h>

#define DIGITS "0123456789"

/* Of three digits; -1: there is something else. */
static int number(const char *text)
{
	if (strspn(text, DIGITS) < 3)
		return -1;
	return (text[0] - '0') * 100 + (text[1] - '0') * 10 + (text[2] - '0');
}

static bool matches_one(const char *text, size_t len, int status)
{
	if (len == 3 && text[1] == 'x' && text[2] == 'x')
		return status / 100 == text[0] - '0';
	if (len == 3)
		return status == number(text);
	if (len == 7 && text[3] == '-')
		return number(text) >= 0 && number(text) <= status && status <= number(text + 4);
	return false;
}

bool check_status_matches(const char *list, unsigned status)
{
	size_t len;

	if (status < 100 || status > 999)
		return false;
	for (;; list += len + 1) {
		len = strcspn(list, ",");
		if (matches_one(list, len, (int)status))
			return true;
		if (!list[len])
			return false;
	}
}
