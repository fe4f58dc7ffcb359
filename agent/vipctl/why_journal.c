/* SPDX-License-Identifier: MIT */
#include "why_journal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "agent/events.h"

/* ---- one event ---- */

/* The last ones of a list, the newest at its end. */
static void push(struct event *list, unsigned *n, unsigned max, const struct event *event)
{
	if (*n == max)
		memmove(list, list + 1, --*n * sizeof(*list));
	list[(*n)++] = *event;
}

static int remember(struct event **place, const struct event *event)
{
	if (!*place)
		*place = malloc(sizeof(**place));
	if (!*place)
		return -ENOMEM;
	**place = *event;
	return 0;
}

static void note_other(struct why_journal *journal, const struct event *event)
{
	push(journal->others, &journal->others_n, WHY_OTHERS_MAX, event);
}

static void note_discarded(struct why_discards *discards, const struct event *event,
			   enum vrrp_reject reason)
{
	struct why_discarded *place = &discards->all[0];

	for (unsigned i = 0; i < discards->n; i++) {
		struct why_discarded *it = &discards->all[i];

		if (it->reason == reason &&
		    memcmp(it->source, event->packet.source, sizeof(it->source)) == 0) {
			it->mono_ns = event->mono_ns;
			return;
		}
		if (it->mono_ns < place->mono_ns)
			place = it;
	}
	if (discards->n < WHY_DISCARDS_MAX)
		place = &discards->all[discards->n++];
	*place = (struct why_discarded){ .reason = (uint8_t)reason, .mono_ns = event->mono_ns };
	memcpy(place->source, event->packet.source, sizeof(place->source));
}

static bool is_change(const struct event *event)
{
	return event->state.from != event->state.to;
}

/* Of a fault whose reasons come and go the first one and the last: what led to it shall not be
 * pushed out by them. */
static void note_state(struct why_journal *journal, const struct event *event)
{
	struct event *last = &journal->states[journal->states_n ? journal->states_n - 1 : 0];

	if (journal->states_n && !is_change(event) && !is_change(last) &&
	    last->state.to == event->state.to)
		journal->states_n--;
	push(journal->states, &journal->states_n, WHY_STATES_MAX, event);
	if (event->state.to != VRRP_STATE_ACTIVE)
		return;
	journal->silence = journal->discards;
	journal->active_mono_ns = event->mono_ns;
}

/* In version 2 another interval is noticed, and discarded. */
static int note_notice(struct why_journal *journal, const struct event *event)
{
	if (event->packet.discarded)
		note_discarded(&journal->discards, event, VRRP_REJECT_INTERVAL_DIFFERS);
	return event->packet.which < VRRP_NOTICE_COUNT
		       ? remember(&journal->notices[event->packet.which], event)
		       : 0;
}

static int note_reject(struct why_journal *journal, const struct event *event)
{
	if (event->packet.which >= VRRP_REJECT_COUNT)
		return 0;
	note_discarded(&journal->discards, event, (enum vrrp_reject)event->packet.which);
	return remember(&journal->rejects[event->packet.which], event);
}

/* Somebody removed it, or keeps it from being there. */
static int note_address(const struct why_facts *facts, struct why_journal *journal,
			const struct event *event)
{
	const unsigned news = event->address.news;

	if (news == EVENT_ADDRESS_ABANDONED || news == EVENT_ADDRESS_FAILED ||
	    news == EVENT_ADDRESS_ENDED)
		note_other(journal, event);
	if ((news != EVENT_ADDRESS_RESTORED && news != EVENT_ADDRESS_ABANDONED) ||
	    facts->now_mono_ns - event->mono_ns > WHY_LATELY_NS)
		return 0;
	journal->taken_n++;
	return remember(&journal->address, event);
}

static int note_of_router(const struct why_facts *facts, struct why_router *router,
			  const struct event *event)
{
	struct why_journal *journal = &router->journal;

	switch (event->kind) {
	case EVENT_STATE:
		note_state(journal, event);
		return 0;
	case EVENT_NOTICE:
		return note_notice(journal, event);
	case EVENT_REJECT:
		return note_reject(journal, event);
	case EVENT_ADDRESS:
		return note_address(facts, journal, event);
	case EVENT_CHANGE:
		if (event->change.what == EVENT_CHANGE_ADDED)
			journal->added_mono_ns = event->mono_ns;
		note_other(journal, event);
		return 0;
	case EVENT_MACVLAN:
	case EVENT_DRAIN:
	case EVENT_DRAINED:
	case EVENT_LEAVE:
	case EVENT_SHARED:
	case EVENT_RESORT:
	case EVENT_DAMPED:
	case EVENT_TRACK:
	case EVENT_FORGOTTEN:
	case EVENT_MUTE:
	case EVENT_SPEAKS:
	case EVENT_DEAF:
	case EVENT_HEARS:
	case EVENT_CLOCK:
		note_other(journal, event);
		return 0;
	default:
		return 0;
	}
}

/* Whether it goes on from another process: it has told of what it adopted, just before. */
static bool is_successor(const struct why_facts *facts, const struct event *started)
{
	return facts->adopted.kind && facts->adopted.mono_ns > facts->started.mono_ns &&
	       facts->adopted.mono_ns >= started->mono_ns - WHY_SUCCESSION_NS;
}

/* Whether the end of the one before was told of: it was stopped, or gave up. */
static bool is_end_told(const struct why_facts *facts)
{
	int64_t since_ns = facts->started.mono_ns;

	return (facts->stopped.kind && facts->stopped.mono_ns >= since_ns) ||
	       (facts->gave_up.kind && facts->gave_up.mono_ns >= since_ns);
}

static void note_start(struct why_facts *facts, const struct event *started)
{
	if (is_successor(facts, started))
		return;
	facts->died = (struct event){ 0 };
	if (!facts->started.kind || is_end_told(facts))
		return;
	facts->died = *started;
}

static void note_of_host(struct why_facts *facts, const struct event *event)
{
	struct event *const places[] = {
		[EVENT_PROCESS_LOST] = &facts->lost,    [EVENT_PROCESS_LATE] = &facts->late,
		[EVENT_PROCESS_END] = &facts->ended,    [EVENT_STARTED] = &facts->started,
		[EVENT_STOPPED] = &facts->stopped,      [EVENT_SIGNAL] = &facts->signal,
		[EVENT_ADOPTED] = &facts->adopted,      [EVENT_NOT_ADOPTED] = &facts->adopted,
		[EVENT_KEEPER_GONE] = &facts->orphaned, [EVENT_RELOAD] = &facts->reload,
	};

	if (event->kind == EVENT_STARTED)
		note_start(facts, event);
	if (event->kind < sizeof(places) / sizeof(places[0]) && places[event->kind] &&
	    (event->kind != EVENT_SIGNAL || event->fact.word == EVENT_SIGNAL_LEAVES))
		*places[event->kind] = *event;
	if (event->kind == EVENT_PROCESS_LOST && event->fact.word)
		facts->gave_up = *event;
	if (event->mono_ns < facts->last_mono_ns)
		return;
	facts->last_mono_ns = event->mono_ns;
	facts->last_real_ns = event->real_ns;
}

int why_journal_note(struct why_facts *facts, struct why_router *router, const struct event *event)
{
	note_of_host(facts, event);
	return router ? note_of_router(facts, router, event) : 0;
}

/* ---- whom it is about ---- */

/* Routers by name and family. */
struct index {
	unsigned n;
	struct why_router **all; /* owned */
};

static int compare(const char *name, unsigned family, const struct why_router *router)
{
	int order = strcmp(name, router->name);

	return order ? order : (int)family - router->family;
}

static int cmp_routers(const void *a, const void *b)
{
	const struct why_router *x = *(struct why_router *const *)a;

	return compare(x->name, x->family, *(struct why_router *const *)b);
}

static struct why_router *find(const struct index *index, const struct event *event)
{
	unsigned low = 0, high = index->n, middle;
	int order;

	while (low < high) {
		middle = (low + high) / 2;
		order = compare(event->router, event->family, index->all[middle]);
		if (order == 0)
			return index->all[middle];
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return NULL;
}

static int make_index(struct why_facts *facts, struct index *index)
{
	index->n = facts->n;
	index->all = calloc(facts->n + 1, sizeof(struct why_router *));
	if (!index->all)
		return -ENOMEM;
	for (unsigned i = 0; i < facts->n; i++)
		index->all[i] = &facts->routers[i];
	qsort(index->all, index->n, sizeof(struct why_router *), cmp_routers);
	return 0;
}

/* What a check finds is told of no router: all that track it may be asked for. What it does by its
 * weight is told of each. */
static void note_check(struct why_facts *facts, const struct event *event)
{
	for (unsigned i = 0; i < facts->n; i++) {
		struct why_router *router = &facts->routers[i];

		for (unsigned k = 0; k < router->tracks_n; k++)
			if (router->tracks[k].is_check && !router->tracks[k].weight &&
			    strcmp(router->tracks[k].name, event->check.name) == 0)
				note_other(&router->journal, event);
	}
}

/* ---- the rings ---- */

static int read_ring(struct why_facts *facts, const struct index *index, struct events *events)
{
	struct events_cursor cursor = { 0 };
	struct event event;
	uint64_t lost;
	int err = 0;

	(void)events_snapshot(events);
	while (err == 0 && events_next(events, &cursor, &event, &lost)) {
		err = why_journal_note(facts, event.router[0] ? find(index, &event) : NULL, &event);
		if (event.kind == EVENT_CHECK)
			note_check(facts, &event);
	}
	return err;
}

static int read_file(struct why_facts *facts, const struct index *index, const char *which)
{
	char path[EVENTS_PATH_SIZE];
	struct events *events;
	int err = events_path(which, path), fd;

	if (err < 0)
		return err;
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0)
		return -errno;
	err = events_map(fd, false, &events);
	close(fd);
	if (err < 0)
		return err;
	err = read_ring(facts, index, events);
	events_close(events);
	return err;
}

/* A ring that is not there has nothing: no vipd has run, or somebody has removed it. */
static int read_rings(struct why_facts *facts)
{
	static const char *const names[] = { "keeper", "router" };
	struct index index = { 0 };
	int err = make_index(facts, &index);

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]) && err == 0; i++) {
		err = read_file(facts, &index, names[i]);
		if (err == -ENOENT)
			err = 0;
	}
	free(index.all);
	return err;
}

void why_journal_read(struct why_facts *facts)
{
	int err = read_rings(facts);

	facts->journal_read = err == 0;
	if (err < 0)
		snprintf(facts->journal_why, sizeof(facts->journal_why), "%s",
			 err == -EACCES ? "reading the journal needs root" : strerror(-err));
}
