/* SPDX-License-Identifier: MIT */
#include "sim_trace.h"

#include <assert.h>
#include <stdarg.h>

#include "sim.h"

static void begin_line(const struct sim *sim)
{
	fprintf(sim->trace.out, "[%10.3f ms] ", (double)sim->now_ns / SIM_MS);
}

void trace_line(const struct sim *sim, const char *format, ...)
{
	const struct sim_process *process = process_running();
	va_list args;

	if (process) /* what it has decided comes before what it does */
		trace_host(process->sim, process->router);
	begin_line(sim);
	va_start(args, format);
	vfprintf(sim->trace.out, format, args);
	va_end(args);
	fputc('\n', sim->trace.out);
}

/* Nothing of an earlier run is told. */
static void begin_journal(struct sim_journal *journal)
{
	struct event event;
	uint64_t lost;

	while (journal->ring && events_next(journal->ring, &journal->cursor, &event, &lost))
		;
	event_log_free(journal->log);
	journal->log = event_log_new();
	assert(journal->log);
}

void trace_begin(struct sim *sim, FILE *out, bool packets)
{
	sim->trace = (struct sim_trace){ .out = out, .packets = packets };
	for (unsigned i = 0; i < SIM_ROUTERS_MAX && out; i++)
		begin_journal(&sim->journals[i]);
}

struct events *trace_journal(struct sim *sim, unsigned i)
{
	struct sim_journal *journal = &sim->journals[i];

	if (!journal->ring) {
		int err = events_create(NULL, 0, &journal->ring);

		assert(err == 0);
	}
	return journal->ring;
}

static void write_event(const struct sim *sim, unsigned i, const struct event *event)
{
	static const char *const words[] = {
		[LOG_LEVEL_ERROR] = "error",
		[LOG_LEVEL_WARNING] = "warning",
		[LOG_LEVEL_INFO] = "info",
	};
	char line[EVENT_LINE_SIZE];

	begin_line(sim);
	fprintf(sim->trace.out, "%s %s: %s\n", node_name(i), words[event->level],
		event_line(event, line));
}

void trace_host(struct sim *sim, unsigned i)
{
	struct sim_journal *journal = &sim->journals[i];
	struct event event;
	uint64_t lost;

	if (!sim->trace.out || !journal->ring)
		return;
	while (events_next(journal->ring, &journal->cursor, &event, &lost)) {
		assert(lost == 0);
		if (event_log_begins(journal->log, &event))
			write_event(sim, i, &event);
	}
}
