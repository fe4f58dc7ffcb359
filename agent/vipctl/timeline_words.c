/* SPDX-License-Identifier: MIT */
#include "timeline_words.h"

#include <inttypes.h>
#include <stdbool.h>
#include <time.h>

#define US     INT64_C(1000)
#define MS     (1000 * US)
#define SECOND (1000 * MS)
#define MINUTE (60 * SECOND)
#define HOUR   (60 * MINUTE)
#define DAY    (24 * HOUR)

/* Also of times before 1970. */
static struct tm utc_of(int64_t real_ns, int64_t *ret_fraction_ns)
{
	time_t seconds = real_ns / SECOND;
	struct tm utc;

	*ret_fraction_ns = real_ns % SECOND;
	if (*ret_fraction_ns < 0) {
		*ret_fraction_ns += SECOND;
		seconds--;
	}
	gmtime_r(&seconds, &utc);
	return utc;
}

const char *timeline_moment(int64_t real_ns, char *buf)
{
	int64_t fraction_ns;
	struct tm utc = utc_of(real_ns, &fraction_ns);
	size_t len = strftime(buf, TIMELINE_WORD_SIZE, "%Y-%m-%d %H:%M:%S", &utc);

	snprintf(buf + len, TIMELINE_WORD_SIZE - len, ".%06" PRId64, fraction_ns / US);
	return buf;
}

/* The two largest units. */
static const char *two_units(int64_t ns, int64_t unit, const char *large, int64_t rest,
			     const char *small, char *buf)
{
	int64_t more = ns % unit / rest;

	if (more)
		snprintf(buf, TIMELINE_WORD_SIZE, "%" PRId64 " %s %" PRId64 " %s", ns / unit, large,
			 more, small);
	else
		snprintf(buf, TIMELINE_WORD_SIZE, "%" PRId64 " %s", ns / unit, large);
	return buf;
}

const char *timeline_length(int64_t ns, char *buf)
{
	if (ns >= DAY)
		return two_units(ns, DAY, "d", HOUR, "h", buf);
	if (ns >= HOUR)
		return two_units(ns, HOUR, "h", MINUTE, "min", buf);
	if (ns >= MINUTE)
		return two_units(ns, MINUTE, "min", SECOND, "s", buf);
	if (ns >= 10 * SECOND)
		snprintf(buf, TIMELINE_WORD_SIZE, "%.1f s", (double)ns / 1e9);
	else if (ns >= SECOND)
		snprintf(buf, TIMELINE_WORD_SIZE, "%.2f s", (double)ns / 1e9);
	else if (ns >= 10 * MS)
		snprintf(buf, TIMELINE_WORD_SIZE, "%" PRId64 " ms", ns / MS);
	else
		snprintf(buf, TIMELINE_WORD_SIZE, ns >= 10 * US ? "%.2f ms" : "%.3f ms",
			 (double)ns / 1e6);
	return buf;
}

int64_t timeline_step(int64_t length_ns, unsigned most)
{
	static const int64_t rounds[] = {
		10 * US,     20 * US,     50 * US,     100 * US,   200 * US,   500 * US,
		1 * MS,      2 * MS,      5 * MS,      10 * MS,    20 * MS,    50 * MS,
		100 * MS,    200 * MS,    500 * MS,    1 * SECOND, 2 * SECOND, 5 * SECOND,
		10 * SECOND, 15 * SECOND, 30 * SECOND, 1 * MINUTE, 2 * MINUTE, 5 * MINUTE,
		10 * MINUTE, 15 * MINUTE, 30 * MINUTE, 1 * HOUR,   2 * HOUR,   3 * HOUR,
		6 * HOUR,    12 * HOUR,   1 * DAY,     2 * DAY,    7 * DAY,    14 * DAY,
		28 * DAY,    91 * DAY,    364 * DAY,
	};
	int64_t step = rounds[0];

	for (size_t i = 0; i < sizeof(rounds) / sizeof(rounds[0]); i++) {
		step = rounds[i];
		if (length_ns / step < most)
			return step;
	}
	while (length_ns / step >= most)
		step *= 10;
	return step;
}

const char *timeline_tick(int64_t real_ns, int64_t step_ns, char *buf)
{
	int64_t fraction_ns;
	struct tm utc = utc_of(real_ns, &fraction_ns);
	bool is_midnight =
		fraction_ns == 0 && utc.tm_hour == 0 && utc.tm_min == 0 && utc.tm_sec == 0;
	size_t len;

	if (step_ns >= DAY || is_midnight) {
		strftime(buf, TIMELINE_WORD_SIZE, "%Y-%m-%d", &utc);
		return buf;
	}
	len = strftime(buf, TIMELINE_WORD_SIZE, step_ns >= MINUTE ? "%H:%M" : "%H:%M:%S", &utc);
	if (step_ns < MS)
		snprintf(buf + len, TIMELINE_WORD_SIZE - len, ".%05" PRId64, fraction_ns / 10000);
	else if (step_ns < 100 * MS)
		snprintf(buf + len, TIMELINE_WORD_SIZE - len, ".%03" PRId64, fraction_ns / MS);
	else if (step_ns < SECOND)
		snprintf(buf + len, TIMELINE_WORD_SIZE - len, ".%" PRId64, fraction_ns / 100 / MS);
	return buf;
}

void timeline_escape(const char *text, FILE *out)
{
	for (; *text; text++) {
		unsigned char byte = (unsigned char)*text;

		if (byte == '&')
			fputs("&amp;", out);
		else if (byte == '<')
			fputs("&lt;", out);
		else if (byte == '>')
			fputs("&gt;", out);
		else if (byte == '"')
			fputs("&quot;", out);
		else if ((byte < 0x20 && byte != '\n') || byte == 0x7f)
			fputc('?', out);
		else
			fputc(byte, out);
	}
}
