/* SPDX-License-Identifier: MIT */
#include "event_log.h"

#include <stdlib.h>

#define QUIET_NS INT64_C(60000000000)
#define SETS     1024
#define WAYS     4
#define SLACK_NS INT64_C(1000000000) /* a change is a little older than its event */

/* The episodes that were seen last, by their number; of those that share a set the oldest goes. */
struct episode {
	uint64_t number; /* 0: free */
	int64_t seen_ns;
};

struct event_log {
	struct episode episodes[SETS][WAYS];
	int64_t read_ns;           /* of the newest event that was read, CLOCK_MONOTONIC */
	unsigned gaps_n;           /* so far */
	int64_t from_ns, until_ns; /* of what was not told since it was caught up with; or 0, 0 */
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

static void note_gap(struct event_log *log, int64_t from_ns, int64_t until_ns)
{
	if (log->until_ns == 0 || from_ns < log->from_ns)
		log->from_ns = from_ns;
	if (until_ns > log->until_ns)
		log->until_ns = until_ns;
	log->gaps_n++;
}

unsigned event_log_gaps(const struct event_log *log)
{
	return log->gaps_n;
}

bool event_log_missed(const struct event_log *log, int64_t since_ns)
{
	return since_ns >= log->from_ns - SLACK_NS && since_ns <= log->until_ns;
}

void event_log_caught_up(struct event_log *log)
{
	log->from_ns = 0;
	log->until_ns = 0;
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
		if (lost) {
			tell_lost(&event, lost);
			note_gap(log, log->read_ns, event.mono_ns);
		}
		log->read_ns = event.mono_ns;
		if (event_log_begins(log, &event)) {
			if (!log_line(event.level, event.real_ns, event_line(&event, line)) &&
			    event.kind == EVENT_STATE)
				note_gap(log, event.mono_ns, event.mono_ns);
			n++;
		}
		events_set_told(events, &cursor);
	}
	return n == lines_max;
}
