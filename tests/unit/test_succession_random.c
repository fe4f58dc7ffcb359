/* SPDX-License-Identifier: MIT */
/*
 * Who speaks next, whatever happens: by random events, that there is one speaker, or one to come in
 * time, or the end; that nobody speaks who is not ready; that the memory of the one that spoke last
 * is kept. Children lie and say what they like here.
 */
#include "test.h"

#include "agent/channel.h"
#include "agent/keeper/succession.h"
#include "tests/sim/prng.h"

/* What is true of a slot, whatever the rules believe. */
struct truth {
	bool there;   /* memory and descriptors */
	bool process; /* runs, or its end was not reported */
	bool talks;   /* its conversation goes on */
	bool ready;   /* has said so */
	bool speaks;
	bool published;
};

struct world {
	struct succession s;
	int64_t now_ns;
	struct truth truths[SUCCESSION_ROLES_COUNT];
	struct succession_action pending[SUCCESSION_ACTIONS_MAX]; /* SPAWNs to be answered */
	unsigned pending_n;
	bool over;
	unsigned stops, wills;
	struct prng prng;
};

static unsigned speakers(const struct world *w)
{
	unsigned n = 0;

	for (unsigned i = 0; i < SUCCESSION_ROLES_COUNT; i++)
		n += w->truths[i].speaks;
	return n;
}

static void go(struct world *w, enum succession_role role)
{
	struct truth *heir = &w->truths[role];

	assert_int_equal(speakers(w), 0);
	assert_false(w->truths[SUCCESSION_CURRENT].there);
	assert_true(heir->process && heir->talks && heir->ready);
	heir->speaks = true;
	w->truths[SUCCESSION_CURRENT] = *heir;
	*heir = (struct truth){ 0 };
}

static void last_will(struct world *w, enum succession_role role)
{
	w->wills++;
	assert_int_equal(speakers(w), 0);
	if (!w->truths[role].published) /* then there was no better one */
		assert_false(w->truths[SUCCESSION_CURRENT].published ||
			     w->truths[SUCCESSION_PREVIOUS].published);
}

/* Previous memory is kept until the first sign of life, or until it is replaced by a newer one. */
static void forget_memory(struct world *w, enum succession_role role,
			  const struct succession_event *event)
{
	if (role == SUCCESSION_PREVIOUS)
		assert_int_equal(event->type, SUCCESSION_SAYS_ALIVE);
	else if (role == SUCCESSION_CURRENT)
		assert_true(!w->truths[role].published && w->truths[SUCCESSION_PREVIOUS].there);
	w->truths[role] = (struct truth){ 0 };
}

static void end_process(struct truth *truth)
{
	truth->process = truth->talks = truth->ready = truth->speaks = false;
}

static void execute(struct world *w, const struct succession_action *action,
		    const struct succession_event *event)
{
	struct truth *truth = &w->truths[action->role];

	switch (action->type) {
	case SUCCESSION_SPAWN:
		assert_false(truth->there);
		w->pending[w->pending_n++] = *action;
		break;
	case SUCCESSION_FREEZE:
	case SUCCESSION_LEAVE:
		assert_true(truth->process && truth->speaks);
		break;
	case SUCCESSION_RETIRE:
		assert_true(truth->there);
		w->truths[SUCCESSION_PREVIOUS] = *truth;
		end_process(&w->truths[SUCCESSION_PREVIOUS]);
		*truth = (struct truth){ 0 };
		break;
	case SUCCESSION_GO:
		go(w, action->role);
		break;
	case SUCCESSION_KILL: /* nobody whose end was reported */
		assert_true(truth->process);
		truth->speaks = truth->ready = false;
		break;
	case SUCCESSION_RELEASE:
		assert_int_equal(event->type, SUCCESSION_SAYS_FROZEN);
		end_process(truth);
		break;
	case SUCCESSION_FORGET:
		assert_true(truth->there && !truth->speaks);
		forget_memory(w, action->role, event);
		break;
	case SUCCESSION_DISMISS:
		assert_true(truth->there && action->role != SUCCESSION_CURRENT);
		*truth = (struct truth){ 0 };
		break;
	case SUCCESSION_REFUSE:
	case SUCCESSION_TELL:
	case SUCCESSION_SERVICE:
		break;
	case SUCCESSION_EXEC:
		assert_int_equal(speakers(w), 1);
		assert_true(succession_is_sane(&w->s));
		w->pending[w->pending_n++] = *action;
		break;
	case SUCCESSION_WILL:
		last_will(w, action->role);
		break;
	case SUCCESSION_EXIT:
		w->over = true;
		break;
	}
}

static void check_world(const struct world *w)
{
	const struct succession *s = &w->s;

	assert_true(speakers(w) <= 1);
	assert_int_equal(s->phase == SUCCESSION_OVER, w->over);
	/* Somebody speaks who has to give signs of life, or somebody has to do something in time.
	 */
	assert_true(w->over == (succession_deadline(s) == SUCCESSION_NEVER));
	if (s->phase == SUCCESSION_STEADY || s->phase == SUCCESSION_FREEZING)
		assert_true(speakers(w) == 1 ||
			    s->children[SUCCESSION_CURRENT].life == SUCCESSION_KILLED);
	for (unsigned i = 0; i < SUCCESSION_ROLES_COUNT; i++) {
		assert_true(s->children[i].life != SUCCESSION_SPAWNING);
		assert_int_equal(s->children[i].life != SUCCESSION_NONE, w->truths[i].there);
	}
}

static void step_world(struct world *w, struct succession_event event)
{
	struct succession_output out;

	event.now_ns = w->now_ns;
	event.published = w->truths[SUCCESSION_CURRENT].published;
	succession_step(&w->s, &event, &out);
	for (unsigned i = 0; i < out.actions_n; i++)
		execute(w, &out.actions[i], &event);
}

/* What is spawned is there, mostly; a program that is executed comes back, or fails. */
static void answer(struct world *w)
{
	struct succession_action action;
	struct succession_event event = { 0 };

	while (w->pending_n && !w->over) {
		action = w->pending[0];
		w->pending_n--;
		memmove(&w->pending[0], &w->pending[1], w->pending_n * sizeof(w->pending[0]));
		event.role = action.role;
		if (action.type == SUCCESSION_EXEC)
			event.type = prng_one_in(&w->prng, 4) ? SUCCESSION_EXEC_FAILED
							      : SUCCESSION_RESUMED;
		else if (action.role == SUCCESSION_REHEARSAL && prng_one_in(&w->prng, 2))
			event.type = SUCCESSION_NEEDLESS;
		else
			event.type = prng_one_in(&w->prng, 10) ? SUCCESSION_SPAWN_FAILED
							       : SUCCESSION_SPAWNED;
		if (event.type == SUCCESSION_SPAWNED)
			w->truths[action.role] = (struct truth){ true, true, true, 0, 0, 0 };
		step_world(w, event);
	}
}

/* One event that can be: of a child that is there, of a person, or of the clock. */
static struct succession_event draw_event(struct world *w)
{
	enum succession_role role = prng_below(&w->prng, SUCCESSION_PREVIOUS);
	struct truth *truth = &w->truths[role];
	struct succession_event event = { .type = SUCCESSION_TIMER, .role = role };
	static const int exits[] = { -1, 0, 1, CHANNEL_EXIT_LEFT };
	unsigned dice = prng_below(&w->prng, 100);

	if (dice < 20 && truth->talks && !truth->speaks) {
		truth->ready |= w->s.children[role].life == SUCCESSION_STARTING &&
				(role == SUCCESSION_NEXT || role == SUCCESSION_STANDBY);
		event.type = SUCCESSION_SAYS_READY;
	} else if (dice < 45 && w->truths[SUCCESSION_CURRENT].talks) {
		event.role = SUCCESSION_CURRENT;
		event.type = dice < 38 ? SUCCESSION_SAYS_ALIVE : SUCCESSION_SAYS_FROZEN;
	} else if (dice < 52 && truth->process) {
		end_process(truth);
		event.type = SUCCESSION_ENDED;
		event.exit_status = exits[prng_below(&w->prng, sizeof(exits) / sizeof(exits[0]))];
	} else if (dice < 56 && truth->talks && role != SUCCESSION_REHEARSAL) {
		truth->talks = truth->speaks = truth->ready = false;
		event.type = SUCCESSION_CHANNEL_END;
	} else if (dice < 66) {
		event.type = SUCCESSION_RELOAD;
	} else if (dice < 67 && prng_one_in(&w->prng, 10)) {
		event.type = SUCCESSION_STOP;
		w->stops++;
	} else if (dice < 73 && truth->process) {
		event.type = dice < 71 ? SUCCESSION_STOPPED : SUCCESSION_CONTINUED;
	} else if (dice < 76) { /* nonsense */
		event.type = SUCCESSION_SPAWNED + prng_below(&w->prng, 2);
	}
	return event;
}

static void pass_time(struct world *w)
{
	int64_t deadline_ns = succession_deadline(&w->s);
	struct truth *current = &w->truths[SUCCESSION_CURRENT];

	if (current->speaks && prng_one_in(&w->prng, 3))
		current->published = !prng_one_in(&w->prng, 20); /* or damaged */
	if (prng_one_in(&w->prng, 8) && deadline_ns > w->now_ns)
		w->now_ns = deadline_ns;
	else if (prng_one_in(&w->prng, 2))
		w->now_ns += prng_range(&w->prng, 0, SECOND);
}

static void begin_world(struct world *w)
{
	struct prng prng = w->prng;
	unsigned stops = w->stops, wills = w->wills;

	*w = (struct world){ .prng = prng, .stops = stops, .wills = wills, .now_ns = SECOND };
	succession_init(&w->s);
	step_world(w, (struct succession_event){ .type = SUCCESSION_START });
	answer(w);
}

static void test_random_events_one_speaks_or_will_or_it_is_over(void **state)
{
	struct world w = { .prng = { 20 } };
	unsigned rounds = 0;

	(void)state;
	w.over = true;
	for (unsigned i = 0; i < 300000; i++) {
		if (w.over) {
			begin_world(&w);
			rounds++;
		} else {
			pass_time(&w);
			step_world(&w, draw_event(&w));
			answer(&w);
		}
		check_world(&w);
	}
	assert_true(rounds > 1000 && w.stops > 100 && w.wills > 100);
}

/* STOP at any moment: nothing but time is needed for the end, and little of it. */
static void test_random_moment_stop_ends_in_time_though_nobody_answers(void **state)
{
	struct world w = { .prng = { 21 } };

	(void)state;
	for (unsigned round = 0; round < 20000; round++) {
		unsigned steps = prng_below(&w.prng, 40);
		int64_t stopped_ns;

		begin_world(&w);
		while (steps-- && !w.over) {
			pass_time(&w);
			step_world(&w, draw_event(&w));
			answer(&w);
		}
		stopped_ns = w.now_ns;
		step_world(&w, (struct succession_event){ .type = SUCCESSION_STOP });
		while (!w.over) {
			assert_int_equal(w.pending_n, 0);
			if (succession_deadline(&w.s) > w.now_ns)
				w.now_ns = succession_deadline(&w.s);
			step_world(&w, (struct succession_event){ .type = SUCCESSION_TIMER });
			assert_true(w.now_ns - stopped_ns < 7 * SECOND);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_random_events_one_speaks_or_will_or_it_is_over),
		cmocka_unit_test(test_random_moment_stop_ends_in_time_though_nobody_answers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
