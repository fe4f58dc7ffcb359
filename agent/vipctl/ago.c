/* SPDX-License-Identifier: MIT */
#include "ago.h"

#include <inttypes.h>
#include <stdio.h>
#include <time.h>

#define NS_PER_S INT64_C(1000000000)

const char *ago_text(int64_t since_real_ns, char *buf, size_t size)
{
	int64_t s = time(NULL) - since_real_ns / NS_PER_S;

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
