/* SPDX-License-Identifier: MIT */
/*
 * The inside of the rules, private to the two files that share it: succession_gap.c says who speaks
 * when nobody does, succession.c what follows from an event, and calls it.
 */
#ifndef SUCCESSION_PRIVATE_H
#define SUCCESSION_PRIVATE_H

#include "succession.h"

#include <assert.h>

/* One call of succession_step(). */
struct step {
	struct succession *s;
	const struct succession_event *event;
	struct succession_output *out;
};

/* ---- what all rules are made of ---- */

static inline struct succession_child *child_of(const struct step *step, enum succession_role role)
{
	return &step->s->children[role];
}

static inline enum succession_life life_of(const struct step *step, enum succession_role role)
{
	return step->s->children[role].life;
}

static inline struct succession_action *act(const struct step *step,
					    enum succession_action_type type,
					    enum succession_role role)
{
	struct succession_action *action;

	assert(step->out->actions_n < SUCCESSION_ACTIONS_MAX);
	action = &step->out->actions[step->out->actions_n++];
	*action = (struct succession_action){ .type = type, .role = role };
	return action;
}

static inline void tell(const struct step *step, enum succession_fact fact,
			enum succession_role role)
{
	act(step, SUCCESSION_TELL, role)->fact = fact;
}

static inline void serve(const struct step *step, enum succession_service service, int64_t ns)
{
	struct succession_action *action = act(step, SUCCESSION_SERVICE, SUCCESSION_CURRENT);

	action->service = service;
	action->ns = ns;
}

static inline void set_life(const struct step *step, enum succession_role role,
			    enum succession_life life, int64_t timeout_ns)
{
	*child_of(step, role) = (struct succession_child){
		.life = life,
		.deadline_ns = timeout_ns == SUCCESSION_NEVER ? SUCCESSION_NEVER
							      : step->event->now_ns + timeout_ns,
	};
}

static inline void spawn(const struct step *step, enum succession_role role,
			 enum succession_kind kind)
{
	act(step, SUCCESSION_SPAWN, role)->kind = kind;
	set_life(step, role, SUCCESSION_SPAWNING, SUCCESSION_NEVER);
}

/* What is left of it; the end of its process, if that is still to come, is told. */
static inline void forget(const struct step *step, enum succession_role role)
{
	if (life_of(step, role) != SUCCESSION_NONE)
		act(step, SUCCESSION_FORGET, role);
	set_life(step, role, SUCCESSION_NONE, SUCCESSION_NEVER);
}

/* It is not needed any more, and neither is news of its end. */
static inline void dismiss(const struct step *step, enum succession_role role)
{
	if (life_of(step, role) != SUCCESSION_NONE)
		act(step, SUCCESSION_DISMISS, role);
	set_life(step, role, SUCCESSION_NONE, SUCCESSION_NEVER);
}

/* It is of no use any more, which is news. */
static inline void lose_standby(const struct step *step)
{
	if (life_of(step, SUCCESSION_STANDBY) != SUCCESSION_GONE)
		act(step, SUCCESSION_KILL, SUCCESSION_STANDBY);
	forget(step, SUCCESSION_STANDBY);
}

/* A slot in which a process is, so that its READY or its end is to come. */
static inline bool is_occupied(const struct step *step, enum succession_role role)
{
	return life_of(step, role) != SUCCESSION_NONE;
}

/* ---- the last will ---- */

static inline void finish(const struct step *step, int status)
{
	act(step, SUCCESSION_EXIT, SUCCESSION_CURRENT)->status = status;
	step->s->phase = SUCCESSION_OVER;
}

/* A process that died before it had published its memory leaves that to the one before. */
static inline bool current_counts(const struct step *step)
{
	return step->event->published || life_of(step, SUCCESSION_PREVIOUS) == SUCCESSION_NONE;
}

static inline void finish_with_will(const struct step *step, int status)
{
	act(step, SUCCESSION_WILL, current_counts(step) ? SUCCESSION_CURRENT : SUCCESSION_PREVIOUS);
	finish(step, status);
}

/* ---- succession_gap.c ---- */

/**
 * succession_hand_over() - a child speaks from here on.
 * @heir: it is ready; its slot is empty then.
 * @frozen_real_ns: CLOCK_REALTIME up to which CURRENT read packets and made room; 0: it did not.
 */
void succession_hand_over(const struct step *step, enum succession_role heir,
			  int64_t frozen_real_ns);

/**
 * succession_hand_over_to_next() - likewise, what a reload has brought: NEXT, which is ready.
 */
void succession_hand_over_to_next(const struct step *step, int64_t frozen_real_ns);

/**
 * succession_fill_gap() - nobody speaks: whoever is ready does at once, or somebody is started.
 */
void succession_fill_gap(const struct step *step);

/**
 * succession_recover() - who spoke has ended although nobody asked it to, or who was to fill the
 * gap has: another one goes on, or after one death too many the last will is all.
 * @role: CURRENT, or the one that was to fill the gap.
 */
void succession_recover(const struct step *step, enum succession_role role);

#endif
