/* SPDX-License-Identifier: MIT */
/*
 * A host of which vipctl why knows something, and routers of it in states of which all is well, for
 * its tests.
 */
#ifndef TESTS_UNIT_WHY_SCENE_H
#define TESTS_UNIT_WHY_SCENE_H

#include "test.h"

#include "agent/vipctl/why_judge.h"
#include "agent/vipctl/why_says.h"

#define NOW     INT64_C(1700000000000000000)
#define N(list) (sizeof(list) / sizeof((list)[0]))

/* One router of one host, Active or Backup, of which all is well. */
struct scene {
	struct why_facts facts;
	struct why_router routers[3];
	struct why_judgement judgement;
	char text[WHY_SENTENCE_SIZE];
};

static inline struct scene *scene(void)
{
	static struct scene s;

	memset(&s, 0, sizeof(s));
	s.facts = (struct why_facts){ .now_real_ns = NOW,
				      .now_mono_ns = 1000 * SECOND,
				      .n = 1,
				      .routers = s.routers,
				      .journal_read = true };
	for (unsigned i = 0; i < N(s.routers); i++) {
		struct why_router *router = &s.routers[i];

		strcpy(router->name, i == 2 ? "wan" : "lan");
		strcpy(router->interface, "eth0");
		router->family = i == 1 ? 6 : 4;
		router->mates = 1;
		router->base = router->effective = 100;
		router->preempt = true;
	}
	return &s;
}

/* All three are one group. */
static inline void unite(struct scene *s)
{
	s->facts.n = N(s->routers);
	for (unsigned i = 0; i < N(s->routers); i++) {
		s->routers[i].member = i;
		s->routers[i].mates = N(s->routers);
	}
}

static inline void backup_of(struct why_router *router, unsigned priority)
{
	router->state = VRRP_STATE_BACKUP;
	set_address(router->active, "192.0.2.2");
	router->active_priority = (uint8_t)priority;
	router->heard_real_ns = NOW - SECOND / 10;
	router->takeover_in_ms = 300;
}

static inline void backup_of_higher(struct scene *s)
{
	backup_of(s->routers, 150);
}

static inline void active(struct scene *s)
{
	s->routers->state = VRRP_STATE_ACTIVE;
}

static inline void active_owner(struct scene *s)
{
	active(s);
	s->routers->base = s->routers->effective = 255;
}

static inline void in_fault(struct scene *s)
{
	s->routers->state = VRRP_STATE_FAULT;
	s->routers->reason.code = VRRP_REASON_NO_CARRIER;
}

#endif
