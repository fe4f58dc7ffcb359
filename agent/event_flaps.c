/* SPDX-License-Identifier: MIT */
#include "event_flaps.h"

#include <stdlib.h>
#include <string.h>

#define SETS  1024
#define WAYS  4
#define SLOTS (SETS * WAYS)
#define NONE  0 /* of links: they are slots plus 1 */

/* One router in one family. */
struct flap {
	uint64_t number; /* 0: free */
	struct events_cursor last;
	int64_t whole_ns;  /* when its budget is whole again */
	int64_t first_ns;  /* of its first untold change */
	int64_t last_ns;   /* of its last change */
	uint32_t untold_n; /* changes; if any, it is in the list */
	uint16_t before, behind;
	bool over; /* it flaps for so long that it is due at once */
};

struct event_flaps {
	struct flap slots[SLOTS]; /* of those that share a set the one not seen for longest goes */
	uint16_t first, last;     /* what is untold, in the order of when it is due */
};

_Static_assert(SLOTS < UINT16_MAX, "a link is 16 bits");

struct event_flaps *event_flaps_new(void)
{
	return calloc(1, sizeof(struct event_flaps));
}

void event_flaps_free(struct event_flaps *flaps)
{
	free(flaps);
}

/* ---- the list of what is untold ---- */

static uint16_t *link_behind(struct event_flaps *flaps, uint16_t before)
{
	return before == NONE ? &flaps->first : &flaps->slots[before - 1].behind;
}

static uint16_t *link_before(struct event_flaps *flaps, uint16_t behind)
{
	return behind == NONE ? &flaps->last : &flaps->slots[behind - 1].before;
}

static void unlist(struct event_flaps *flaps, struct flap *flap)
{
	*link_behind(flaps, flap->before) = flap->behind;
	*link_before(flaps, flap->behind) = flap->before;
}

/* Behind slot @before, or in front of all. */
static void list(struct event_flaps *flaps, struct flap *flap, uint16_t before)
{
	uint16_t self = (uint16_t)(flap - flaps->slots + 1);

	flap->before = before;
	flap->behind = *link_behind(flaps, before);
	*link_before(flaps, flap->behind) = self;
	*link_behind(flaps, before) = self;
}

static int64_t due_ns(const struct flap *flap)
{
	return flap->over ? INT64_MIN : flap->last_ns + EVENT_FLAPS_SETTLED_NS;
}

bool event_flaps_settled(struct event_flaps *flaps, int64_t now_ns, struct event_flap *ret_flap)
{
	struct flap *flap = flaps->first ? &flaps->slots[flaps->first - 1] : NULL;

	if (!flap || due_ns(flap) > now_ns)
		return false;
	*ret_flap = (struct event_flap){ .last = flap->last,
					 .last_ns = flap->last_ns,
					 .changes_n = flap->untold_n };
	unlist(flaps, flap);
	flap->untold_n = 0;
	flap->over = false;
	return true;
}

int64_t event_flaps_deadline(const struct event_flaps *flaps)
{
	return flaps->first ? due_ns(&flaps->slots[flaps->first - 1]) : INT64_MAX;
}

/* ---- events ---- */

/* FNV-1a; 0 is no number. */
static uint64_t number_of(const struct event *event)
{
	uint64_t hash = UINT64_C(14695981039346656037);

	for (const char *p = event->router; *p; p++)
		hash = (hash ^ (unsigned char)*p) * UINT64_C(1099511628211);
	return ((hash ^ event->family) * UINT64_C(1099511628211)) | 1;
}

static struct flap *find(struct event_flaps *flaps, uint64_t number)
{
	struct flap *set = &flaps->slots[(number >> 20) % SETS * WAYS];

	for (unsigned i = 0; i < WAYS; i++)
		if (set[i].number == number)
			return &set[i];
	return NULL;
}

/* Return: NULL when all that share its set have something untold. */
static struct flap *find_or_make(struct event_flaps *flaps, uint64_t number)
{
	struct flap *flap = find(flaps, number), *place = NULL;
	struct flap *set = &flaps->slots[(number >> 20) % SETS * WAYS];

	if (flap)
		return flap;
	for (unsigned i = 0; i < WAYS; i++)
		if (set[i].untold_n == 0 && (!place || set[i].last_ns < place->last_ns))
			place = &set[i];
	if (place)
		*place = (struct flap){ .number = number };
	return place;
}

static enum event_flaps_verdict note_untold(struct event_flaps *flaps, struct flap *flap,
					    const struct events_cursor *at)
{
	bool begins = flap->untold_n++ == 0;

	if (begins)
		flap->first_ns = flap->last_ns;
	else
		unlist(flaps, flap);
	flap->last = *at;
	flap->over = flap->last_ns - flap->first_ns >= EVENT_FLAPS_LONGEST_NS;
	list(flaps, flap, flap->over ? NONE : flaps->last);
	return begins ? EVENT_FLAPS_BEGINS : EVENT_FLAPS_UNTOLD;
}

/* Return: whether there was something left of its budget, which grows with time. */
static bool spend(struct flap *flap)
{
	int64_t whole_ns = flap->whole_ns > flap->last_ns ? flap->whole_ns : flap->last_ns;

	whole_ns += EVENT_FLAPS_SETTLED_NS;
	if (whole_ns - flap->last_ns > EVENT_FLAPS_TOLD_MAX * EVENT_FLAPS_SETTLED_NS)
		return false;
	flap->whole_ns = whole_ns;
	return true;
}

static enum event_flaps_verdict note_change(struct event_flaps *flaps, const struct event *event,
					    const struct events_cursor *at)
{
	struct flap *flap = find_or_make(flaps, number_of(event));

	if (!flap)
		return EVENT_FLAPS_TELL;
	flap->last_ns = event->mono_ns;
	if (flap->untold_n || !spend(flap))
		return note_untold(flaps, flap, at);
	return EVENT_FLAPS_TELL;
}

/* What follows from a change of state. */
static enum event_flaps_verdict note_consequence(struct event_flaps *flaps,
						 const struct event *event)
{
	const struct flap *flap = find(flaps, number_of(event));

	return flap && flap->untold_n ? EVENT_FLAPS_UNTOLD : EVENT_FLAPS_TELL;
}

/* It has no state any more. */
static void forget(struct event_flaps *flaps, const struct event *event)
{
	struct flap *flap = find(flaps, number_of(event));

	if (!flap)
		return;
	if (flap->untold_n)
		unlist(flaps, flap);
	*flap = (struct flap){ 0 };
}

enum event_flaps_verdict event_flaps_note(struct event_flaps *flaps, const struct event *event,
					  const struct events_cursor *at)
{
	switch (event->kind) {
	case EVENT_STATE:
		return note_change(flaps, event, at);
	case EVENT_SUSPICION:
		return note_consequence(flaps, event);
	case EVENT_ADDRESS:
		if (event->address.news != EVENT_ADDRESS_FOREIGN &&
		    event->address.news != EVENT_ADDRESS_KEPT &&
		    event->address.news != EVENT_ADDRESS_DOUBLE &&
		    event->address.news != EVENT_ADDRESS_NO_PLACE &&
		    event->address.news != EVENT_ADDRESS_NOT_OWN)
			break;
		return note_consequence(flaps, event);
	case EVENT_WITHDRAWN:
		forget(flaps, event);
		break;
	case EVENT_STOPPED: /* whoever starts again starts anew */
		memset(flaps, 0, sizeof(*flaps));
		break;
	}
	return EVENT_FLAPS_TELL;
}
