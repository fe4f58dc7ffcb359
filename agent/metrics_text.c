/* SPDX-License-Identifier: MIT */
#include "metrics_private.h"

#include <inttypes.h>

#define NS_PER_S UINT64_C(1000000000)

/* As the format has it: a backslash, a quote and a line feed are written with a backslash. */
void metrics_put_label(FILE *out, const char *name, const char *value)
{
	fprintf(out, "%s=\"", name);
	for (; *value; value++) {
		if (*value == '\\' || *value == '"')
			putc('\\', out);
		if (*value == '\n')
			fputs("\\n", out);
		else
			putc(*value, out);
	}
	putc('"', out);
}

void metrics_put_head(FILE *out, const char *name, const char *type, const char *help)
{
	fprintf(out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

/* A time to the nanosecond, which a double does not have room for. */
static void put_seconds(FILE *out, int64_t ns)
{
	uint64_t size = ns < 0 ? -(uint64_t)ns : (uint64_t)ns;

	fprintf(out, "%s%" PRIu64 ".%09" PRIu64 "\n", ns < 0 ? "-" : "", size / NS_PER_S,
		size % NS_PER_S);
}

void metrics_put_value(FILE *out, enum metrics_unit unit, int64_t value)
{
	if (unit == METRICS_SECONDS)
		put_seconds(out, value);
	else
		fprintf(out, "%" PRId64 "\n", value);
}
