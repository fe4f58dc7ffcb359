/* SPDX-License-Identifier: MIT */
#include "moment.h"

#include <ctype.h>
#include <stddef.h>
#include <string.h>
#include <time.h>

#include "agent/clocks.h"
#include "agent/conf/value.h"

#define NS_PER_S INT64_C(1000000000)

/* Digits behind a point, as our own lines have them. Return: behind them. */
static const char *skip_fraction(const char *at, int64_t *ret_ns)
{
	int64_t unit_ns = NS_PER_S;

	*ret_ns = 0;
	if (*at != '.' || !isdigit((unsigned char)at[1]))
		return at;
	for (at++; isdigit((unsigned char)*at); at++) {
		unit_ns /= 10;
		*ret_ns += (*at - '0') * unit_ns;
	}
	return at;
}

/* A day that there is not becomes another one. */
static bool to_real_ns(const struct tm *utc, int64_t fraction_ns, int64_t *ret_real_ns)
{
	struct tm same = *utc;
	int64_t seconds = timegm(&same);

	if (same.tm_mday != utc->tm_mday || same.tm_hour != utc->tm_hour ||
	    same.tm_min != utc->tm_min)
		return false;
	if (seconds > INT64_MAX / NS_PER_S - 1)
		*ret_real_ns = INT64_MAX; /* nobody will have seen it */
	else
		*ret_real_ns = seconds < 0 ? 0 : seconds * NS_PER_S + fraction_ns;
	return true;
}

bool moment_parse_date(const char *text, int64_t *ret_real_ns)
{
	static const char *const formats[] = { "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M:%S",
					       "%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M", "%Y-%m-%d" };
	int64_t fraction_ns;

	for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++) {
		struct tm utc = { 0 };
		const char *end = strptime(text, formats[i], &utc);

		if (end && i < 2)
			end = skip_fraction(end, &fraction_ns);
		else
			fraction_ns = 0;
		if (end && (!*end || strcmp(end, "Z") == 0))
			return to_real_ns(&utc, fraction_ns, ret_real_ns);
	}
	return false;
}

bool moment_parse(const char *text, int64_t *ret_real_ns)
{
	int64_t ago_ns;

	if (!conf_duration_parse(text, &ago_ns))
		return moment_parse_date(text, ret_real_ns);
	*ret_real_ns = clocks_now().real_ns - ago_ns;
	return true;
}
