/* SPDX-License-Identifier: MIT */
#include "sim_trace.h"

#include <stdarg.h>

#include "sim.h"

void trace_line(const struct sim *sim, const char *format, ...)
{
	FILE *out = sim->trace.out;
	va_list args;

	fprintf(out, "[%10.3f ms] ", (double)sim->now_ns / SIM_MS);
	va_start(args, format);
	vfprintf(out, format, args);
	va_end(args);
	fputc('\n', out);
}
