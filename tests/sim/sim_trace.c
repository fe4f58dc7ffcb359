/* SPDX-License-Identifier: MIT */
#include "sim_trace.h"

#include <assert.h>
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

void trace_event(struct sim *sim, unsigned i, const struct event *event)
{
	static const char *const words[] = {
		[LOG_LEVEL_ERROR] = "error",
		[LOG_LEVEL_WARNING] = "warning",
		[LOG_LEVEL_INFO] = "info",
	};
	struct event_log **log = &sim->trace.logs[i];
	struct event timed = *event;
	char line[EVENT_LINE_SIZE];

	if (!sim->trace.out)
		return;
	if (!*log)
		*log = event_log_new();
	assert(*log);
	timed.mono_ns = gateway_local_ns(sim, &sim->routers[i]);
	if (event_log_begins(*log, &timed))
		trace_line(sim, "%s %s: %s", node_name(i), words[event_level(event)],
			   event_line(event, line));
}

void trace_end(struct sim *sim)
{
	for (unsigned i = 0; i < SIM_ROUTERS_MAX; i++) {
		event_log_free(sim->trace.logs[i]);
		sim->trace.logs[i] = NULL;
	}
}
