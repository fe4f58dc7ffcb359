/* SPDX-License-Identifier: MIT */
#include "event_log.h"

#include <stdlib.h>

#define QUIET_NS INT64_C(60000000000)
#define SETS     1024
#define WAYS     4
#define SLACK_NS INT64_C(1000000000) /* a change is a little older than its event */

#define RECALLED_PER_LINE 64                   /* events read again cost less than a line */
#define HANDOVER_NS       INT64_C(10000000000) /* from one process that tells to the next */

/* The episodes that were seen last, by their number; of those that share a set the oldest goes. */
struct episode {
	uint64_t number; /* 0: free */
	int64_t seen_ns;
};

struct event_log {
	struct episode episodes[SETS][WAYS];
	int64_t read_ns;             /* of the newest event that was read, CLOCK_MONOTONIC */
	unsigned gaps_n;             /* so far */
	int64_t from_ns, until_ns;   /* of what was not told since it was caught up with; or 0, 0 */
	struct event_flaps *flaps;   /* owned */
	struct events_cursor recall; /* what is read again for it */
	bool recalled;               /* all was */
};

struct event_log *event_log_new(void)
{
	struct event_log *log = calloc(1, sizeof(*log));

	if (!log)
		return NULL;
	log->flaps = event_flaps_new();
	if (log->flaps)
		return log;
	free(log);
	return NULL;
}

void event_log_free(struct event_log *log)
{
	if (log)
		event_flaps_free(log->flaps);
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

/* Return: whether somebody takes it. */
static bool tell(const struct event *event)
{
	char line[EVENT_LINE_SIZE];

	return log_line(event_level(event), event->real_ns, event_line(event, line));
}

static void tell_flapping(const struct event *event)
{
	struct event flapping = event_of(EVENT_FLAPPING, event->router, NULL, event->family);

	flapping.real_ns = event->real_ns;
	(void)tell(&flapping);
}

/* The state that a router ended in, as its last change has it. */
static void tell_flapped(struct event_log *log, const struct events *events, int64_t now_ns,
			 const struct event_flap *flap)
{
	struct events_cursor at = flap->last;
	struct event event;
	uint64_t lost;

	if (!events_next(events, &at, &event, &lost) || lost) {
		note_gap(log, flap->last_ns, flap->last_ns);
		return;
	}
	event.kind = EVENT_FLAPPED;
	event.state.changes_n = flap->changes_n;
	if (now_ns != EVENT_LOG_END)
		event.real_ns += now_ns - event.mono_ns;
	if (!tell(&event))
		note_gap(log, event.mono_ns, event.mono_ns);
}

/* Of the routers whose states have lasted. Return: how many lines. */
static unsigned tell_settled(struct event_log *log, const struct events *events, int64_t now_ns,
			     unsigned lines_max)
{
	struct event_flap flap;
	unsigned n = 0;

	for (; n < lines_max && event_flaps_settled(log->flaps, now_ns, &flap); n++)
		tell_flapped(log, events, now_ns, &flap);
	return n;
}

static unsigned tell_event(struct event_log *log, const struct event *event,
			   const struct events_cursor *at)
{
	enum event_flaps_verdict verdict = event_flaps_note(log->flaps, event, at);

	if (verdict == EVENT_FLAPS_BEGINS)
		tell_flapping(event);
	/* For other readers: the log tells those by itself. */
	if (event->kind == EVENT_STATE_NOW)
		return 0;
	if (verdict != EVENT_FLAPS_TELL)
		return verdict == EVENT_FLAPS_BEGINS;
	if (!event_log_begins(log, event))
		return 0;
	if (!tell(event) && event->kind == EVENT_STATE)
		note_gap(log, event->mono_ns, event->mono_ns);
	return 1;
}

/* What is settled by the time of an event is told before it; at an end all is. */
static int64_t time_of(const struct event *event)
{
	return event->kind == EVENT_STOPPED ? EVENT_LOG_END : event->mono_ns;
}

/*
 * Who flaps is known from the events that others have told, a bounded piece of them. Return:
 * whether that is done.
 */
static bool recall(struct event_log *log, const struct events *events, int64_t now_ns,
		   unsigned lines_max)
{
	const uint64_t told_seq = events_told(events).seq;
	uint64_t left = (uint64_t)lines_max * RECALLED_PER_LINE, lost;
	struct events_cursor at;
	struct event_flap flap;
	struct event event;

	for (; !log->recalled && left; left--) {
		at = log->recall;
		if (at.seq >= told_seq || !events_next(events, &log->recall, &event, &lost) ||
		    event.seq >= told_seq) {
			log->recalled = true;
			break;
		}
		while (event_flaps_settled(log->flaps, time_of(&event), &flap))
			;
		(void)event_flaps_note(log->flaps, &event, &at);
	}
	/* Whoever told the events told these, too, unless it ended before; or all comes to an end.
	 */
	while (log->recalled && now_ns != EVENT_LOG_END &&
	       event_flaps_settled(log->flaps, now_ns - HANDOVER_NS, &flap))
		;
	return log->recalled;
}

int64_t event_log_deadline(const struct event_log *log)
{
	return event_flaps_deadline(log->flaps);
}

bool event_log_tell(struct event_log *log, struct events *events, int64_t now_ns,
		    unsigned lines_max)
{
	struct events_cursor cursor, at;
	struct event event;
	uint64_t lost;
	unsigned n = 0;

	if (!events)
		return false;
	if (!log->recalled && !recall(log, events, now_ns, lines_max))
		return true;
	at = cursor = events_told(events);
	if (cursor.seq == 0)
		cursor.seq = 1; /* nothing was told, so whatever is overwritten is lost */
	while (n < lines_max && events_next(events, &cursor, &event, &lost)) {
		n += tell_settled(log, events, time_of(&event), lines_max - n);
		if (n >= lines_max)
			break; /* it is read again */
		if (lost) {
			tell_lost(&event, lost);
			note_gap(log, log->read_ns, event.mono_ns);
		}
		log->read_ns = event.mono_ns;
		n += tell_event(log, &event, &at);
		events_set_told(events, &cursor);
		at = cursor;
	}
	if (n < lines_max)
		n += tell_settled(log, events, now_ns, lines_max - n);
	return n >= lines_max;
}
