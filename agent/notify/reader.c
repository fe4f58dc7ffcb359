/* SPDX-License-Identifier: MIT */
#include "reader.h"

#include <stdlib.h>

struct ring {
	struct events *events; /* owned; NULL: there is none */
	struct events_cursor cursor;
	uint64_t seq; /* of the last one that was handed out; those up to it are passed over */
	bool has;     /* the next two are read ahead */
	struct event event;
	uint64_t lost;
};

struct reader {
	struct ring rings[READER_RINGS];
};

struct reader *reader_open(const int *fds)
{
	struct reader *reader = calloc(1, sizeof(*reader));

	for (unsigned i = 0; reader && i < READER_RINGS; i++)
		if (fds[i] < 0 || events_map(fds[i], false, &reader->rings[i].events) < 0)
			reader->rings[i].events = NULL;
	return reader;
}

void reader_close(struct reader *reader)
{
	if (!reader)
		return;
	for (unsigned i = 0; i < READER_RINGS; i++)
		events_close(reader->rings[i].events);
	free(reader);
}

bool reader_has(const struct reader *reader, enum reader_ring ring)
{
	return reader->rings[ring].events != NULL;
}

uint64_t reader_id(const struct reader *reader, enum reader_ring ring)
{
	const struct events *events = reader->rings[ring].events;

	return events ? events_id(events) : 0;
}

void reader_resume(struct reader *reader, enum reader_ring ring, uint64_t id, uint64_t seq)
{
	struct ring *of = &reader->rings[ring];

	if (!of->events || seq == 0 || events_id(of->events) != id)
		return;
	of->seq = seq;
	of->cursor = (struct events_cursor){ 0, seq + 1 };
}

uint64_t reader_seq(const struct reader *reader, enum reader_ring ring)
{
	return reader->rings[ring].seq;
}

static void read_ahead(struct ring *ring)
{
	uint64_t lost;

	while (ring->events && !ring->has) {
		ring->has = events_next(ring->events, &ring->cursor, &ring->event, &lost);
		if (!ring->has)
			return;
		if (ring->event.seq <= ring->seq) {
			ring->has = false;
			ring->cursor.seq = ring->seq + 1;
			continue;
		}
		ring->lost += lost;
	}
}

bool reader_next(struct reader *reader, struct event *ret_event, enum reader_ring *ret_ring,
		 uint64_t *ret_lost)
{
	struct ring *first = NULL;

	for (unsigned i = 0; i < READER_RINGS; i++) {
		struct ring *ring = &reader->rings[i];

		read_ahead(ring);
		if (ring->has && (!first || ring->event.mono_ns < first->event.mono_ns))
			first = ring;
	}
	if (!first)
		return false;
	*ret_event = first->event;
	*ret_ring = (enum reader_ring)(first - reader->rings);
	*ret_lost = first->lost;
	first->lost = 0;
	first->seq = first->event.seq;
	first->has = false;
	return true;
}

int64_t reader_last_start(const struct reader *reader)
{
	const struct events *events = reader->rings[READER_ROUTER].events;
	struct events_cursor cursor = { 0 };
	struct event event;
	int64_t last_ns = 0;
	uint64_t lost;

	while (events && events_next(events, &cursor, &event, &lost))
		if (event.kind == EVENT_STARTED)
			last_ns = event.mono_ns;
	return last_ns;
}

int64_t reader_first_start(const struct reader *reader, int64_t since_ns)
{
	const struct events *events = reader->rings[READER_ROUTER].events;
	struct events_cursor cursor = { 0 };
	struct event event;
	uint64_t lost;

	while (events && events_next(events, &cursor, &event, &lost))
		if (event.kind == EVENT_STARTED && event.mono_ns >= since_ns)
			return event.mono_ns;
	return since_ns;
}

int64_t reader_unread_start(const struct reader *reader)
{
	const struct events *events = reader->rings[READER_ROUTER].events;
	struct events_cursor cursor = { 0 };
	struct event event;
	int64_t since_ns = 0;
	bool told = false;
	uint64_t lost;

	while (events && events_next(events, &cursor, &event, &lost)) {
		if (event.kind != EVENT_STARTED)
			continue;
		if (!told || !event.fact.number[1])
			since_ns = event.mono_ns;
		told = event.fact.number[1];
	}
	return since_ns;
}
