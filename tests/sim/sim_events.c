/* SPDX-License-Identifier: MIT */
#include "sim_events.h"

#include <assert.h>

static bool before(const struct sim_event *x, const struct sim_event *y)
{
	return x->at_ns != y->at_ns ? x->at_ns < y->at_ns : x->seq < y->seq;
}

void events_push(struct sim_events *events, int64_t at_ns, enum sim_event_type type, unsigned a,
		 unsigned b)
{
	struct sim_event event = { .at_ns = at_ns,
				   .seq = events->seq++,
				   .type = (uint8_t)type,
				   .a = (uint16_t)a,
				   .b = (uint8_t)b };
	unsigned i = events->n++;

	assert(events->n <= SIM_EVENTS_MAX);
	for (; i && before(&event, &events->heap[(i - 1) / 2]); i = (i - 1) / 2)
		events->heap[i] = events->heap[(i - 1) / 2];
	events->heap[i] = event;
}

/* Fill the hole at the root with the last event, sifted down to its place. */
static void close_root(struct sim_events *events)
{
	struct sim_event last = events->heap[--events->n];
	unsigned i = 0, child;

	for (; (child = 2 * i + 1) < events->n; i = child) {
		if (child + 1 < events->n && before(&events->heap[child + 1], &events->heap[child]))
			child++;
		if (!before(&events->heap[child], &last))
			break;
		events->heap[i] = events->heap[child];
	}
	events->heap[i] = last;
}

bool events_pop(struct sim_events *events, int64_t until_ns, struct sim_event *ret_event)
{
	if (!events->n || events->heap[0].at_ns > until_ns)
		return false;
	*ret_event = events->heap[0];
	close_root(events);
	return true;
}
