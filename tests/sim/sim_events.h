/* SPDX-License-Identifier: MIT */
/*
 * What happens next: a heap of events ordered by virtual time, and by age among equals, so that a
 * run depends on its seed alone. Fixed storage.
 */
#ifndef SIM_EVENTS_H
#define SIM_EVENTS_H

#include <stdbool.h>
#include <stdint.h>

#define SIM_EVENTS_MAX 16384

enum sim_event_type {
	SIM_EVENT_DELIVER,     /* packet @a arrives at node @b */
	SIM_EVENT_WAKE,        /* process @b of router @a is scheduled by its host */
	SIM_EVENT_FAULT_BEGIN, /* episode @a */
	SIM_EVENT_FAULT_END,
	SIM_EVENT_PAIR,       /* look whether routers @a and @b are still both Active */
	SIM_EVENT_LEASE,      /* of address @b of router @a */
	SIM_EVENT_KEEPER,     /* something may be due for the keeper of router @a, */
	SIM_EVENT_PROCESS,    /* or for process @b of it, which does not speak */
	SIM_EVENT_HUNG,       /* process @b of router @a has hung for long enough */
	SIM_EVENT_RESTART,    /* the service manager starts router @a again */
	SIM_EVENT_BOUND,      /* router @a is dead, stopped or hung for long enough: P5 */
	SIM_EVENT_STOPPED,    /* router @a has had time to stop */
	SIM_EVENT_STOP_AGAIN, /* whoever has told router @a to stop has no patience */
	SIM_EVENT_THEFT,      /* the thief of episode @a comes again */
	SIM_EVENT_SPLIT,      /* two hosts may have had Active members for too long */
	SIM_EVENT_DRAINED,    /* router @a was drained so long ago that another one shall serve */
	SIM_EVENT_HOOKED,     /* the command that router @a waits for before it drains has ended */
	SIM_EVENT_CHECKER,    /* something may be due for the checker of router @a */
	SIM_EVENT_DAD,        /* duplicate address detection of address @b of router @a is over */
};

struct sim_event {
	int64_t at_ns;
	uint32_t seq;
	uint8_t type;
	uint8_t b;
	uint16_t a;
};

struct sim_events {
	unsigned n;
	uint32_t seq;
	struct sim_event heap[SIM_EVENTS_MAX];
};

/**
 * events_push() - let something happen.
 * @at_ns: not before the last event popped.
 * @a, @b: see enum sim_event_type.
 *
 * Asserts that there is room: the simulator's queues are all bounded.
 */
void events_push(struct sim_events *events, int64_t at_ns, enum sim_event_type type, unsigned a,
		 unsigned b);

/**
 * events_pop() - the next event that is due.
 * @until_ns: later events stay.
 * @ret_event: filled on success only.
 *
 * Return: false when nothing happens until then.
 */
bool events_pop(struct sim_events *events, int64_t until_ns, struct sim_event *ret_event);

#endif
