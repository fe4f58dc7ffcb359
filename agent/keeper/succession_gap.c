/* SPDX-License-Identifier: MIT */
#include "succession_private.h"

#include "agent/life_timer.h"

#define NS_PER_S         INT64_C(1000000000)
#define RELOAD_GAP_NS    (NS_PER_S / 2)  /* a storm of signals is one reload */
#define RETRY_NS         (NS_PER_S / 10) /* after children that died at once */
#define DIED_AT_ONCE_MAX 2               /* early deaths in a row without a pause */
#define DIED_EARLY_MAX   5               /* early deaths in a row */
#define CRASH_WINDOW_NS  (60 * NS_PER_S)
#define CRASHES_KEPT     (SUCCESSION_CRASHES_MAX - 1)

void succession_hand_over(const struct step *step, enum succession_role heir,
			  int64_t frozen_real_ns)
{
	struct succession *s = step->s;

	if (!current_counts(step)) {
		forget(step, SUCCESSION_CURRENT);
	} else if (life_of(step, SUCCESSION_CURRENT) != SUCCESSION_NONE) {
		act(step, SUCCESSION_RETIRE, SUCCESSION_CURRENT);
		set_life(step, SUCCESSION_PREVIOUS, SUCCESSION_GONE, SUCCESSION_NEVER);
	}
	act(step, SUCCESSION_GO, heir)->ns = frozen_real_ns;
	set_life(step, heir, SUCCESSION_NONE, SUCCESSION_NEVER);
	set_life(step, SUCCESSION_CURRENT, SUCCESSION_READY, LIFE_PATIENCE_NS);
	s->phase = SUCCESSION_STEADY;
	s->standby_ns = SUCCESSION_NEVER; /* not before it is alive: it is in a hurry */
	s->retry_ns = SUCCESSION_NEVER;
	s->reload_ns = step->event->now_ns + RELOAD_GAP_NS;
	serve(step, SUCCESSION_SERVICE_READY, 0);
}

void succession_hand_over_to_next(const struct step *step, int64_t frozen_real_ns)
{
	bool again = step->s->on_trial; /* what the reload brought, once more */

	succession_hand_over(step, SUCCESSION_NEXT, frozen_real_ns);
	step->s->on_trial = true;
	if (!again)
		tell(step, SUCCESSION_FACT_RELOADED, SUCCESSION_CURRENT);
}

static void undo_reload(const struct step *step)
{
	tell(step, SUCCESSION_FACT_UNDONE, SUCCESSION_CURRENT);
	step->s->on_trial = false;
	dismiss(step, SUCCESSION_NEXT);
	succession_hand_over(step, SUCCESSION_STANDBY, 0);
}

/* A standby that is ready waits for ever, so what is due of it is the end of a stop. */
static bool standby_is_stopped(const struct step *step)
{
	return life_of(step, SUCCESSION_STANDBY) == SUCCESSION_READY &&
	       child_of(step, SUCCESSION_STANDBY)->deadline_ns != SUCCESSION_NEVER;
}

/* It would hold the addresses and do nothing for them. */
static void part_with_stopped_standby(const struct step *step)
{
	if (!standby_is_stopped(step))
		return;
	tell(step, SUCCESSION_FACT_STANDBY, SUCCESSION_STANDBY);
	lose_standby(step);
}

/*
 * Nobody speaks: whoever is ready goes at once, and who is not will when it is. No crash undoes a
 * reload that somebody was told of, unless what it brought dies again and again.
 */
void succession_fill_gap(const struct step *step)
{
	struct succession *s = step->s;
	bool standby_is_ready;

	part_with_stopped_standby(step);
	standby_is_ready = life_of(step, SUCCESSION_STANDBY) == SUCCESSION_READY;
	if (life_of(step, SUCCESSION_NEXT) == SUCCESSION_READY)
		succession_hand_over_to_next(step, 0);
	else if (standby_is_ready && !s->on_trial)
		succession_hand_over(step, SUCCESSION_STANDBY, 0);
	else if (standby_is_ready && s->died_early_n > 1)
		undo_reload(step);
	else if (is_occupied(step, SUCCESSION_NEXT))
		return;
	else if (s->on_trial) /* the standby is of before the reload: beside it */
		spawn(step, SUCCESSION_NEXT, SUCCESSION_KIND_AGAIN);
	else if (!is_occupied(step, SUCCESSION_STANDBY))
		spawn(step, SUCCESSION_STANDBY, SUCCESSION_KIND_AGAIN);
}

/* Too many in a row, and starting again will not help. */
static bool crashes_too_often(const struct step *step)
{
	struct succession *s = step->s;
	int64_t *oldest_ns = &s->crashes_ns[s->crashes_n % CRASHES_KEPT];
	bool hopeless =
		s->crashes_n >= CRASHES_KEPT && step->event->now_ns - *oldest_ns < CRASH_WINDOW_NS;

	*oldest_ns = step->event->now_ns;
	s->crashes_n++;
	return hopeless;
}

/*
 * CURRENT has ended although nobody asked it to; or the one that was to fill the gap has, which is
 * no crash of the router, as little as an end before the first sign of life: the standby may have
 * been killed with it.
 */
void succession_recover(const struct step *step, enum succession_role role)
{
	struct succession *s = step->s;
	bool spoke = role == SUCCESSION_CURRENT && current_counts(step) && !s->on_trial;
	bool hopeless = spoke ? crashes_too_often(step) : ++s->died_early_n > DIED_EARLY_MAX;

	tell(step, hopeless ? SUCCESSION_FACT_HOPELESS : SUCCESSION_FACT_LOST, role);
	if (role == SUCCESSION_CURRENT)
		child_of(step, role)->deadline_ns = SUCCESSION_NEVER; /* nobody waits for its end */
	else if (role == SUCCESSION_NEXT)
		dismiss(step, role);
	else if (is_occupied(step, role))
		lose_standby(step);
	s->phase = SUCCESSION_GAP;
	if (hopeless)
		finish_with_will(step, 1);
	else if (s->died_early_n > DIED_AT_ONCE_MAX)
		s->retry_ns = step->event->now_ns + RETRY_NS;
	else
		succession_fill_gap(step);
}
