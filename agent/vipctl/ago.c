/* SPDX-License-Identifier: MIT */
#include "ago.h"

#include <inttypes.h>
#include <stdio.h>
#include <time.h>

#define NS_PER_S INT64_C(1000000000)

const char *ago_span_text(int64_t ns, char *buf, size_t size)
{
	int64_t s = ns / NS_PER_S;

	if (s < 120)
		snprintf(buf, size, "%jd s", (intmax_t)(s < 0 ? 0 : s));
	else if (s < 120 * 60)
		snprintf(buf, size, "%jd min", (intmax_t)(s / 60));
	else if (s < 48 * 3600)
		snprintf(buf, size, "%jd h", (intmax_t)(s / 3600));
	else
		snprintf(buf, size, "%jd d", (intmax_t)(s / 86400));
	return buf;
}

const char *ago_text(int64_t since_real_ns, char *buf, size_t size)
{
	return ago_span_text((time(NULL) - since_real_ns / NS_PER_S) * NS_PER_S, buf, size);
}

/* Each to the nearest of the smaller unit, so that what was asked for as 2 days is none less. */
const char *ago_wait_text(int64_t ns, char *buf, size_t size)
{
	intmax_t min = (ns + 30 * NS_PER_S) / (60 * NS_PER_S), h = (min + 30) / 60;

	if (ns < 120 * NS_PER_S)
		snprintf(buf, size, "%.1f s", ns > 0 ? (double)ns / NS_PER_S : 0.0);
	else if (min < 120)
		snprintf(buf, size, "%jd min", min);
	else if (min < 48 * 60 && min % 60)
		snprintf(buf, size, "%jd h %jd min", min / 60, min % 60);
	else if (min < 48 * 60)
		snprintf(buf, size, "%jd h", min / 60);
	else if (h % 24)
		snprintf(buf, size, "%jd d %jd h", h / 24, h % 24);
	else
		snprintf(buf, size, "%jd d", h / 24);
	return buf;
}
