/* SPDX-License-Identifier: MIT */
#include "event_log.h"

#include <stdlib.h>

#define QUIET_NS INT64_C(60000000000)
#define SETS     1024
#define WAYS     4

/* The episodes that were seen last, by their number; of those that share a set the oldest goes. */
struct episode {
	uint64_t number; /* 0: free */
	int64_t seen_ns;
};

struct event_log {
	struct episode episodes[SETS][WAYS];
};

struct event_log *event_log_new(void)
{
	return calloc(1, sizeof(struct event_log));
}

void event_log_free(struct event_log *log)
{
	free(log);
}

bool event_log_begins(struct event_log *log, const struct event *event)
{
	uint64_t number = event_episode(event);
	struct episode *set = log->episodes[(number >> 20) % SETS], *place = set;
	bool begins;

	if (number == 0)
		return true;
	for (unsigned i = 0; i < WAYS; i++) {
		if (set[i].number == number) {
			begins = event->mono_ns - set[i].seen_ns >= QUIET_NS;
			set[i].seen_ns = event->mono_ns;
			return begins;
		}
		if (set[i].seen_ns < place->seen_ns)
			place = &set[i];
	}
	*place = (struct episode){ number, event->mono_ns };
	return true;
}

static void tell_lost(const struct event *after, uint64_t lost)
{
	struct event event = event_fact(EVENT_JOURNAL_LOST, 0, NULL);
	char line[EVENT_LINE_SIZE];

	event.fact.number[0] = (int64_t)lost;
	log_line(event_level(&event), after->real_ns, event_line(&event, line));
}

bool event_log_tell(struct event_log *log, struct events *events, unsigned lines_max)
{
	struct events_cursor cursor;
	struct event event;
	char line[EVENT_LINE_SIZE];
	uint64_t lost;
	unsigned n = 0;

	if (!events)
		return false;
	cursor = events_told(events);
	if (cursor.seq == 0)
		cursor.seq = 1; /* nothing was told, so whatever is overwritten is lost */
	while (n < lines_max && events_next(events, &cursor, &event, &lost)) {
		if (lost)
			tell_lost(&event, lost);
		if (event_log_begins(log, &event)) {
			log_line(event.level, event.real_ns, event_line(&event, line));
			n++;
		}
		events_set_told(events, &cursor);
	}
	return n == lines_max;
}
