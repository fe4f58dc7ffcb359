/* SPDX-License-Identifier: MIT */
#include "succession_private.h"

#include "agent/channel.h"
#include "agent/life_timer.h"

#define NS_PER_S          INT64_C(1000000000)
#define READY_TIMEOUT_NS  (47 * NS_PER_S / 10) /* from SPAWN to READY, or to a rehearsal's end */
#define FREEZE_TIMEOUT_NS (1 * NS_PER_S)       /* from FREEZE to FROZEN */
#define LEAVE_TIMEOUT_NS  (47 * NS_PER_S / 10) /* from LEAVE to the end */
#define KILL_TIMEOUT_NS   (1 * NS_PER_S)       /* from KILL to the end */
#define LAST_MOMENT_NS    (3 * NS_PER_S / 10)  /* for whoever is late */
#define STOPPED_NS        (1 * NS_PER_S)       /* for a standby that is not continued */
#define STANDBY_RETRY_NS  (10 * NS_PER_S)      /* after a standby that could not be kept */
#define STANDBYS_LOST_MAX 2                    /* in a row, and that there is none is told */

/* ---- reloads ---- */

static void refuse(const struct step *step, enum succession_why why)
{
	struct succession_action *action = act(step, SUCCESSION_REFUSE, SUCCESSION_CURRENT);

	action->why = why;
	action->ns = step->s->reload_began_ns;
	serve(step, SUCCESSION_SERVICE_READY, 0);
}

/* Whether a reload can begin, or go on with what its rehearsal has shown. */
static bool can_reload(const struct succession *s)
{
	return s->phase == SUCCESSION_STEADY && !s->on_trial &&
	       s->children[SUCCESSION_CURRENT].life == SUCCESSION_READY &&
	       s->children[SUCCESSION_NEXT].life == SUCCESSION_NONE &&
	       s->children[SUCCESSION_REHEARSAL].life == SUCCESSION_NONE;
}

static void begin_reload(const struct step *step)
{
	step->s->reload_due = false;
	step->s->reload_began_ns = step->event->now_ns;
	tell(step, SUCCESSION_FACT_RELOADING, SUCCESSION_CURRENT);
	serve(step, SUCCESSION_SERVICE_RELOADING, 0);
	spawn(step, SUCCESSION_REHEARSAL, SUCCESSION_KIND_REHEARSAL);
}

static bool wants_standby(const struct succession *s)
{
	return s->phase == SUCCESSION_STEADY &&
	       s->children[SUCCESSION_CURRENT].life == SUCCESSION_READY &&
	       s->children[SUCCESSION_STANDBY].life == SUCCESSION_NONE;
}

/* After each event: what had to wait for it, or for the time. */
static void begin_what_is_due(const struct step *step)
{
	struct succession *s = step->s;
	int64_t now_ns = step->event->now_ns;

	if (can_reload(s) && s->rehearsed) {
		s->rehearsed = false;
		act(step, SUCCESSION_EXEC, SUCCESSION_CURRENT);
		return;
	}
	if (wants_standby(s) && now_ns >= s->standby_ns) {
		s->standby_ns = SUCCESSION_NEVER;
		spawn(step, SUCCESSION_STANDBY, SUCCESSION_KIND_AGAIN);
	}
	if (can_reload(s) && s->reload_due && now_ns >= s->reload_ns)
		begin_reload(step);
}

/* ---- the end of children ---- */

static bool is_leaving(const struct succession *s)
{
	return s->phase == SUCCESSION_LEAVING || s->phase == SUCCESSION_LEAVING_FROZEN;
}

static void kill_child(const struct step *step, enum succession_role role)
{
	act(step, SUCCESSION_KILL, role);
	set_life(step, role, SUCCESSION_KILLED, KILL_TIMEOUT_NS);
}

/* Whether CURRENT has left in order. An older one exits with 0 for that, but also when it has made
 * room for a NEXT without a word. */
static bool has_left(const struct step *step)
{
	if (step->event->type != SUCCESSION_ENDED)
		return false;
	return step->event->exit_status == CHANNEL_EXIT_LEFT ||
	       (step->event->exit_status == 0 && step->s->phase == SUCCESSION_LEAVING);
}

static void end_current(const struct step *step)
{
	switch (step->s->phase) {
	case SUCCESSION_STEADY:
	case SUCCESSION_FREEZING:
		succession_recover(step, SUCCESSION_CURRENT);
		break;
	case SUCCESSION_LEAVING:
	case SUCCESSION_LEAVING_FROZEN:
		if (has_left(step))
			finish(step, 0);
		else
			finish_with_will(step, 0);
		break;
	case SUCCESSION_FIRST:
	case SUCCESSION_GAP:
	case SUCCESSION_OVER:
	case SUCCESSION_PHASES_COUNT:
		break;
	}
}

/* @why: for a reload that it was of. */
static void end_next(const struct step *step, enum succession_why why)
{
	switch (step->s->phase) {
	case SUCCESSION_FIRST: /* it said itself what is wrong */
		dismiss(step, SUCCESSION_NEXT);
		finish(step, step->event->type == SUCCESSION_ENDED && step->event->exit_status > 0
				     ? step->event->exit_status
				     : 1);
		break;
	case SUCCESSION_STEADY:
	case SUCCESSION_FREEZING:
		dismiss(step, SUCCESSION_NEXT);
		refuse(step, why);
		break;
	case SUCCESSION_GAP:
		succession_recover(step, SUCCESSION_NEXT);
		break;
	case SUCCESSION_LEAVING:
	case SUCCESSION_LEAVING_FROZEN:
	case SUCCESSION_OVER:
	case SUCCESSION_PHASES_COUNT:
		break;
	}
}

/* One that is lost is replaced. That no other one can be had either is told once. */
static void count_lost_standby(const struct step *step)
{
	if (++step->s->standbys_lost_n == STANDBYS_LOST_MAX)
		tell(step, SUCCESSION_FACT_NO_STANDBY, SUCCESSION_STANDBY);
}

static void end_standby(const struct step *step)
{
	bool gap = step->s->phase == SUCCESSION_GAP && !is_occupied(step, SUCCESSION_NEXT);

	step->s->standby_ns = step->event->now_ns + STANDBY_RETRY_NS;
	if (gap) {
		succession_recover(step, SUCCESSION_STANDBY);
		return;
	}
	if (step->s->standbys_lost_n == 0)
		tell(step, SUCCESSION_FACT_STANDBY, SUCCESSION_STANDBY);
	count_lost_standby(step);
	lose_standby(step);
}

static void end_rehearsal(const struct step *step)
{
	bool shown = step->event->type == SUCCESSION_ENDED && step->event->exit_status == 0;

	dismiss(step, SUCCESSION_REHEARSAL);
	if (shown)
		step->s->rehearsed = true; /* begin_what_is_due() goes on */
	else
		refuse(step, step->event->type == SUCCESSION_ENDED ? SUCCESSION_WHY_REHEARSAL
								   : SUCCESSION_WHY_REHEARSAL_LATE);
}

/* Its process is gone, or nobody waits for that any longer. */
static void end_child(const struct step *step, enum succession_role role, enum succession_why why)
{
	switch (role) {
	case SUCCESSION_CURRENT:
		end_current(step);
		break;
	case SUCCESSION_NEXT:
		end_next(step, why);
		break;
	case SUCCESSION_STANDBY:
		end_standby(step);
		break;
	case SUCCESSION_REHEARSAL:
		end_rehearsal(step);
		break;
	case SUCCESSION_PREVIOUS:
	case SUCCESSION_ROLES_COUNT:
		break;
	}
}

/* ---- events: children ---- */

static void on_spawned(const struct step *step)
{
	if (life_of(step, step->event->role) == SUCCESSION_SPAWNING)
		set_life(step, step->event->role, SUCCESSION_STARTING, READY_TIMEOUT_NS);
}

static void on_spawn_failed(const struct step *step)
{
	enum succession_role role = step->event->role;

	if (life_of(step, role) != SUCCESSION_SPAWNING)
		return;
	set_life(step, role, SUCCESSION_NONE, SUCCESSION_NEVER);
	if (step->s->phase == SUCCESSION_FIRST) {
		tell(step, SUCCESSION_FACT_NO_FIRST, role);
		finish(step, 1);
	} else if (step->s->phase == SUCCESSION_GAP) {
		succession_recover(step, role);
	} else if (role == SUCCESSION_STANDBY) {
		if (step->s->standbys_lost_n == 0) /* it will not be another one's fault */
			step->s->standbys_lost_n = STANDBYS_LOST_MAX - 1;
		count_lost_standby(step);
		step->s->standby_ns = step->event->now_ns + STANDBY_RETRY_NS;
	} else {
		refuse(step, SUCCESSION_WHY_SPAWN);
	}
}

/* The program of the keeper is what a reload would start: only the generation is replaced. */
static void on_needless(const struct step *step)
{
	if (life_of(step, SUCCESSION_REHEARSAL) != SUCCESSION_SPAWNING)
		return;
	set_life(step, SUCCESSION_REHEARSAL, SUCCESSION_NONE, SUCCESSION_NEVER);
	spawn(step, SUCCESSION_NEXT, SUCCESSION_KIND_NEXT);
}

static void on_exec_failed(const struct step *step)
{
	refuse(step, SUCCESSION_WHY_EXEC);
}

static void freeze_current(const struct step *step)
{
	act(step, SUCCESSION_FREEZE, SUCCESSION_CURRENT)->ns = step->s->reload_began_ns;
	set_life(step, SUCCESSION_CURRENT, SUCCESSION_READY, FREEZE_TIMEOUT_NS);
	step->s->phase = SUCCESSION_FREEZING;
}

static void end_lack_of_standby(const struct step *step)
{
	if (step->s->standbys_lost_n >= STANDBYS_LOST_MAX)
		tell(step, SUCCESSION_FACT_AGAIN, SUCCESSION_STANDBY);
	step->s->standbys_lost_n = 0;
}

static void on_ready(const struct step *step)
{
	enum succession_role role = step->event->role;

	if ((role != SUCCESSION_NEXT && role != SUCCESSION_STANDBY) ||
	    life_of(step, role) != SUCCESSION_STARTING)
		return;
	set_life(step, role, SUCCESSION_READY, SUCCESSION_NEVER);
	if (role == SUCCESSION_STANDBY)
		end_lack_of_standby(step);
	switch (step->s->phase) {
	case SUCCESSION_FIRST:
		succession_hand_over(step, role, 0);
		break;
	case SUCCESSION_STEADY: /* one that was killed makes room as well: by its end */
		if (role == SUCCESSION_NEXT &&
		    life_of(step, SUCCESSION_CURRENT) == SUCCESSION_READY)
			freeze_current(step);
		break;
	case SUCCESSION_GAP:
		succession_fill_gap(step);
		break;
	case SUCCESSION_FREEZING:
	case SUCCESSION_LEAVING:
	case SUCCESSION_LEAVING_FROZEN:
	case SUCCESSION_OVER:
	case SUCCESSION_PHASES_COUNT:
		break;
	}
}

/* CURRENT lives: what was kept in case it did not is not needed any more. */
static void on_alive(const struct step *step)
{
	struct succession *s = step->s;
	int64_t age_ns = step->event->ns ? step->event->now_ns - step->event->ns : 0;

	if ((s->phase != SUCCESSION_STEADY && s->phase != SUCCESSION_FREEZING) ||
	    life_of(step, SUCCESSION_CURRENT) != SUCCESSION_READY)
		return;
	if (s->phase == SUCCESSION_STEADY)
		set_life(step, SUCCESSION_CURRENT, SUCCESSION_READY, LIFE_PATIENCE_NS - age_ns);
	forget(step, SUCCESSION_PREVIOUS);
	s->died_early_n = 0;
	if (s->on_trial)
		dismiss(step, SUCCESSION_STANDBY); /* it runs what ran before the reload */
	s->on_trial = false;
	if (!is_occupied(step, SUCCESSION_STANDBY) && s->standby_ns == SUCCESSION_NEVER)
		s->standby_ns = step->event->now_ns;
	serve(step, SUCCESSION_SERVICE_ALIVE, 0);
}

static void on_frozen(const struct step *step)
{
	if (step->s->phase != SUCCESSION_FREEZING ||
	    life_of(step, SUCCESSION_CURRENT) != SUCCESSION_READY)
		return;
	act(step, SUCCESSION_RELEASE, SUCCESSION_CURRENT);
	set_life(step, SUCCESSION_CURRENT, SUCCESSION_GONE, SUCCESSION_NEVER);
	step->s->phase = SUCCESSION_GAP;
	if (life_of(step, SUCCESSION_NEXT) == SUCCESSION_READY)
		succession_hand_over_to_next(step, step->event->ns);
	else /* for nobody: NEXT has died since */
		succession_fill_gap(step);
}

/* A conversation ends with its process, but mostly a little earlier. */
static void on_channel_end(const struct step *step)
{
	enum succession_role role = step->event->role;
	enum succession_life life = life_of(step, role);

	if (life != SUCCESSION_STARTING && life != SUCCESSION_READY && life != SUCCESSION_KILLED)
		return;
	switch (role) {
	case SUCCESSION_CURRENT:
		if (is_leaving(step->s))
			return;
		if (life != SUCCESSION_KILLED)
			kill_child(step, role);
		end_current(step);
		break;
	case SUCCESSION_NEXT: /* how it ended is worth waiting for */
		if (life != SUCCESSION_KILLED)
			kill_child(step, role);
		break;
	case SUCCESSION_STANDBY:
		end_standby(step);
		break;
	case SUCCESSION_REHEARSAL:
	case SUCCESSION_PREVIOUS:
	case SUCCESSION_ROLES_COUNT:
		break;
	}
}

/* Of the ends of those that are tried in vain nobody hears more than once. */
static bool standby_is_told(const struct step *step)
{
	return step->s->standbys_lost_n < STANDBYS_LOST_MAX;
}

/* Its log and its caller are told of a NEXT in another way: by what comes of that. */
static bool is_told(const struct step *step, enum succession_role role)
{
	if (role == SUCCESSION_STANDBY)
		return standby_is_told(step);
	return role == SUCCESSION_CURRENT && !is_leaving(step->s);
}

static void on_ended(const struct step *step)
{
	enum succession_role role = step->event->role;
	enum succession_life life = life_of(step, role);

	if (life != SUCCESSION_STARTING && life != SUCCESSION_READY && life != SUCCESSION_KILLED)
		return;
	if (is_told(step, role))
		tell(step, SUCCESSION_FACT_END, role);
	set_life(step, role, SUCCESSION_GONE, SUCCESSION_NEVER);
	end_child(step, role, SUCCESSION_WHY_ENDED);
}

/* Whoever else is stopped is late soon. */
static void on_stopped(const struct step *step)
{
	if (step->event->role == SUCCESSION_STANDBY &&
	    life_of(step, SUCCESSION_STANDBY) == SUCCESSION_READY)
		set_life(step, SUCCESSION_STANDBY, SUCCESSION_READY, STOPPED_NS);
}

static void on_continued(const struct step *step)
{
	if (step->event->role == SUCCESSION_STANDBY &&
	    life_of(step, SUCCESSION_STANDBY) == SUCCESSION_READY)
		set_life(step, SUCCESSION_STANDBY, SUCCESSION_READY, SUCCESSION_NEVER);
}

/* ---- events: people ---- */

static void on_start(const struct step *step)
{
	spawn(step, SUCCESSION_NEXT, SUCCESSION_KIND_FIRST);
}

static void on_resumed(const struct step *step)
{
	tell(step, SUCCESSION_FACT_RESUMED, SUCCESSION_CURRENT);
	if (can_reload(step->s))
		spawn(step, SUCCESSION_NEXT, SUCCESSION_KIND_NEXT);
}

static bool is_ending(const struct succession *s)
{
	return is_leaving(s) || s->phase == SUCCESSION_OVER;
}

static void on_reload(const struct step *step)
{
	if (is_ending(step->s))
		tell(step, SUCCESSION_FACT_UNHEARD, SUCCESSION_CURRENT);
	if (is_ending(step->s) || step->s->reload_due)
		return;
	tell(step, SUCCESSION_FACT_ASKED, SUCCESSION_CURRENT);
	step->s->reload_due = true;
}

/* @again: one that hangs gets no more time by that. */
static void ask_to_leave(const struct step *step, bool again)
{
	int64_t deadline_ns = child_of(step, SUCCESSION_CURRENT)->deadline_ns;

	act(step, SUCCESSION_LEAVE, SUCCESSION_CURRENT);
	if (!again || deadline_ns - step->event->now_ns > LEAVE_TIMEOUT_NS)
		set_life(step, SUCCESSION_CURRENT, SUCCESSION_READY, LEAVE_TIMEOUT_NS);
}

/* Who asks twice has no time for a successor to come. */
static void on_stop_again(const struct step *step)
{
	const struct succession_child *current = child_of(step, SUCCESSION_CURRENT);

	if (!is_leaving(step->s) || current->life != SUCCESSION_READY)
		return;
	if (!step->s->hurried)
		tell(step, SUCCESSION_FACT_HURRIED, SUCCESSION_CURRENT);
	step->s->hurried = true;
	ask_to_leave(step, true);
}

static void on_leaving(const struct step *step)
{
	struct succession_child *current = child_of(step, SUCCESSION_CURRENT);
	bool freezing =
		step->s->phase == SUCCESSION_FREEZING; /* some of its routers leave before */
	int64_t now_ns = step->event->now_ns;

	if (current->life != SUCCESSION_READY || (!freezing && !is_leaving(step->s)))
		return;
	set_life(step, SUCCESSION_CURRENT, SUCCESSION_READY,
		 step->event->ns - now_ns + (freezing ? FREEZE_TIMEOUT_NS : LEAVE_TIMEOUT_NS));
	serve(step, SUCCESSION_SERVICE_LEAVING, current->deadline_ns - now_ns);
}

static void on_stop(const struct step *step)
{
	struct succession *s = step->s;

	if (is_ending(s)) {
		on_stop_again(step);
		return;
	}
	tell(step, SUCCESSION_FACT_ASKED, SUCCESSION_CURRENT);
	serve(step, SUCCESSION_SERVICE_STOPPING, 0);
	s->reload_due = s->rehearsed = false;
	dismiss(step, SUCCESSION_REHEARSAL);
	dismiss(step, SUCCESSION_NEXT);
	dismiss(step, SUCCESSION_STANDBY);
	if (s->phase == SUCCESSION_FIRST || s->phase == SUCCESSION_GAP) {
		finish_with_will(step, 0);
		return;
	}
	s->phase = s->phase == SUCCESSION_FREEZING ? SUCCESSION_LEAVING_FROZEN : SUCCESSION_LEAVING;
	if (life_of(step, SUCCESSION_CURRENT) == SUCCESSION_KILLED)
		return;
	ask_to_leave(step, false);
}

/* ---- events: time ---- */

/*
 * Whether it has had its time. It may have been stopped together with the keeper, and the clock
 * went on: so whoever is late is given one more moment to answer.
 */
static bool is_overdue(struct succession_child *child, int64_t now_ns)
{
	if (now_ns < child->deadline_ns)
		return false;
	if (child->late)
		return true;
	child->late = true;
	child->deadline_ns = now_ns + LAST_MOMENT_NS;
	return false;
}

static void end_late(const struct step *step, enum succession_role role)
{
	bool leaving = is_ending(step->s);

	if (life_of(step, role) ==
	    SUCCESSION_KILLED) { /* stuck in the kernel: do without its end */
		end_child(step, role, SUCCESSION_WHY_ENDED);
	} else if (role == SUCCESSION_CURRENT) {
		tell(step, leaving ? SUCCESSION_FACT_LATE_LEAVE : SUCCESSION_FACT_LATE_ALIVE, role);
		kill_child(step, role);
	} else {
		if (role == SUCCESSION_NEXT ||
		    (role == SUCCESSION_STANDBY && life_of(step, role) != SUCCESSION_READY &&
		     standby_is_told(step)))
			tell(step, SUCCESSION_FACT_LATE_READY, role);
		end_child(step, role, SUCCESSION_WHY_LATE);
	}
}

static void on_timer(const struct step *step)
{
	static const enum succession_role order[] = { SUCCESSION_NEXT, SUCCESSION_STANDBY,
						      SUCCESSION_CURRENT, SUCCESSION_REHEARSAL };
	struct succession *s = step->s;

	for (unsigned i = 0; i < sizeof(order) / sizeof(order[0]); i++)
		if (s->phase != SUCCESSION_OVER &&
		    is_overdue(child_of(step, order[i]), step->event->now_ns))
			end_late(step, order[i]);
	if (s->phase == SUCCESSION_GAP && step->event->now_ns >= s->retry_ns) {
		s->retry_ns = SUCCESSION_NEVER;
		succession_fill_gap(step);
	}
}

/* ---- outside ---- */

void succession_init(struct succession *s)
{
	*s = (struct succession){ .standby_ns = SUCCESSION_NEVER, .retry_ns = SUCCESSION_NEVER };
	for (unsigned i = 0; i < SUCCESSION_ROLES_COUNT; i++)
		s->children[i].deadline_ns = SUCCESSION_NEVER;
}

void succession_step(struct succession *s, const struct succession_event *event,
		     struct succession_output *out)
{
	static void (*const handlers[SUCCESSION_EVENTS_COUNT])(const struct step *) = {
		[SUCCESSION_START] = on_start,
		[SUCCESSION_RESUMED] = on_resumed,
		[SUCCESSION_SPAWNED] = on_spawned,
		[SUCCESSION_SPAWN_FAILED] = on_spawn_failed,
		[SUCCESSION_NEEDLESS] = on_needless,
		[SUCCESSION_EXEC_FAILED] = on_exec_failed,
		[SUCCESSION_SAYS_READY] = on_ready,
		[SUCCESSION_SAYS_ALIVE] = on_alive,
		[SUCCESSION_SAYS_FROZEN] = on_frozen,
		[SUCCESSION_CHANNEL_END] = on_channel_end,
		[SUCCESSION_ENDED] = on_ended,
		[SUCCESSION_RELOAD] = on_reload,
		[SUCCESSION_STOPPED] = on_stopped,
		[SUCCESSION_CONTINUED] = on_continued,
		[SUCCESSION_STOP] = on_stop,
		[SUCCESSION_TIMER] = on_timer,
		[SUCCESSION_SAYS_LEAVING] = on_leaving,
	};
	const struct step step = { s, event, out };

	assert(event->type < SUCCESSION_EVENTS_COUNT && event->role < SUCCESSION_ROLES_COUNT);
	out->actions_n = 0;
	if (s->phase == SUCCESSION_OVER)
		return;
	handlers[event->type](&step);
	begin_what_is_due(&step);
}

static int64_t earlier(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

int64_t succession_life_deadline(const struct succession *s)
{
	const struct succession_child *current = &s->children[SUCCESSION_CURRENT];
	bool lives = s->phase == SUCCESSION_STEADY && current->life == SUCCESSION_READY;

	return lives && !current->late ? current->deadline_ns : SUCCESSION_NEVER;
}

int64_t succession_other_deadline(const struct succession *s)
{
	bool lives = succession_life_deadline(s) != SUCCESSION_NEVER;
	int64_t next_ns = SUCCESSION_NEVER;

	if (s->phase == SUCCESSION_OVER)
		return SUCCESSION_NEVER;
	for (unsigned i = 0; i < SUCCESSION_ROLES_COUNT; i++)
		if (i != SUCCESSION_CURRENT || !lives)
			next_ns = earlier(next_ns, s->children[i].deadline_ns);
	if (s->phase == SUCCESSION_GAP)
		next_ns = earlier(next_ns, s->retry_ns);
	if (wants_standby(s))
		next_ns = earlier(next_ns, s->standby_ns);
	if (can_reload(s) && s->reload_due)
		next_ns = earlier(next_ns, s->reload_ns);
	return next_ns;
}

int64_t succession_deadline(const struct succession *s)
{
	return earlier(succession_life_deadline(s), succession_other_deadline(s));
}

static bool standby_is_sane(const struct succession_child *standby)
{
	return standby->life == SUCCESSION_NONE || standby->life == SUCCESSION_STARTING ||
	       standby->life == SUCCESSION_READY;
}

bool succession_is_sane(const struct succession *s)
{
	const struct succession_child *children = s->children;
	enum succession_life previous = children[SUCCESSION_PREVIOUS].life;

	return can_reload(s) && !s->rehearsed &&
	       children[SUCCESSION_CURRENT].deadline_ns != SUCCESSION_NEVER &&
	       standby_is_sane(&children[SUCCESSION_STANDBY]) &&
	       (previous == SUCCESSION_NONE || previous == SUCCESSION_GONE);
}
