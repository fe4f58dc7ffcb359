/* SPDX-License-Identifier: MIT */
/*
 * The keeper's rules on a stage: events in, actions out as text, and scenes to begin with.
 */
#ifndef TESTS_UNIT_SUCCESSION_SCENE_H
#define TESTS_UNIT_SUCCESSION_SCENE_H

#include "test.h"

#include "agent/keeper/succession.h"

#define COUNT(list) (sizeof(list) / sizeof((list)[0]))

struct scene {
	struct succession s;
	int64_t now_ns;
	bool published; /* the memory of CURRENT */
	char text[600];
};

static inline const char *word_of(const struct succession_action *action)
{
	static const char *const kinds[] = { "first", "next", "again", "rehearsal" };
	static const char *const whys[] = { "spawn",     "ended",          "late",
					    "rehearsal", "rehearsal-late", "exec" };
	static const char *const facts[] = {
		"asked",  "no-first", "late-ready", "late-alive", "late-leave", "end",
		"lost",   "hopeless", "standby",    "no-standby", "reloading",  "reloaded",
		"undone", "resumed",  "again",      "hurried",    "unheard",
	};
	static const char *const services[] = { "ready", "reloading", "alive", "stopping",
						"leaving" };

	switch (action->type) {
	case SUCCESSION_SPAWN:
		return kinds[action->kind];
	case SUCCESSION_REFUSE:
		return whys[action->why];
	case SUCCESSION_TELL:
		return facts[action->fact];
	case SUCCESSION_SERVICE:
		return services[action->service];
	case SUCCESSION_EXIT:
		return action->status ? "1" : "0";
	case SUCCESSION_FREEZE:
	case SUCCESSION_RETIRE:
	case SUCCESSION_GO:
	case SUCCESSION_LEAVE:
	case SUCCESSION_KILL:
	case SUCCESSION_RELEASE:
	case SUCCESSION_FORGET:
	case SUCCESSION_DISMISS:
	case SUCCESSION_EXEC:
	case SUCCESSION_WILL:
		break;
	}
	return "";
}

/* "go(next)", "spawn(standby again)", "tell(current lost)"; the service manager's on demand. */
static inline void put_action(struct scene *scene, const struct succession_action *action)
{
	static const char *const roles[] = { "current", "next", "standby", "rehearsal",
					     "previous" };
	static const char *const types[] = { "spawn", "freeze",  "retire", "go",      "leave",
					     "kill",  "release", "forget", "dismiss", "refuse",
					     "exec",  "will",    "exit",   "tell",    "service" };
	size_t len = strlen(scene->text);
	const char *word = word_of(action);

	snprintf(scene->text + len, sizeof(scene->text) - len, "%s%s(%s%s%s)", len ? " " : "",
		 types[action->type], roles[action->role], *word ? " " : "", word);
}

static inline const char *give(struct scene *scene, struct succession_event event)
{
	struct succession_output out;

	event.now_ns = scene->now_ns;
	event.published = scene->published;
	succession_step(&scene->s, &event, &out);
	scene->text[0] = '\0';
	for (unsigned i = 0; i < out.actions_n; i++)
		if (out.actions[i].type != SUCCESSION_SERVICE)
			put_action(scene, &out.actions[i]);
	return scene->text;
}

static inline const char *on(struct scene *scene, enum succession_event_type type,
			     enum succession_role role)
{
	return give(scene, (struct succession_event){ .type = type, .role = role });
}

static inline const char *on_event(struct scene *scene, enum succession_event_type type)
{
	return on(scene, type, SUCCESSION_CURRENT);
}

static inline const char *on_ended(struct scene *scene, enum succession_role role, int exit_status)
{
	return give(scene, (struct succession_event){ .type = SUCCESSION_ENDED,
						      .role = role,
						      .exit_status = exit_status });
}

static inline const char *on_spawned(struct scene *scene, enum succession_role role)
{
	return on(scene, SUCCESSION_SPAWNED, role);
}

/* TIMER when it is due, and once more after the last moment. */
static inline const char *on_late(struct scene *scene)
{
	scene->now_ns = succession_deadline(&scene->s);
	assert_string_equal(on_event(scene, SUCCESSION_TIMER), "");
	scene->now_ns += 300 * MS;
	assert_int_equal(succession_deadline(&scene->s), scene->now_ns);
	return on_event(scene, SUCCESSION_TIMER);
}

/* The first child has been started. */
static inline struct scene first(void)
{
	struct scene scene = { .now_ns = 1000 * SECOND };

	succession_init(&scene.s);
	assert_string_equal(on_event(&scene, SUCCESSION_START), "spawn(next first)");
	assert_string_equal(on_spawned(&scene, SUCCESSION_NEXT), "");
	return scene;
}

/* A router process speaks, is alive, and its standby has been started. */
static inline struct scene waiting_for_standby(void)
{
	struct scene scene = first();

	assert_string_equal(on(&scene, SUCCESSION_SAYS_READY, SUCCESSION_NEXT), "go(next)");
	scene.published = true;
	assert_string_equal(on_event(&scene, SUCCESSION_SAYS_ALIVE), "spawn(standby again)");
	on_spawned(&scene, SUCCESSION_STANDBY);
	return scene;
}

/* Which is ready. */
static inline struct scene steady(void)
{
	struct scene scene = waiting_for_standby();

	assert_string_equal(on(&scene, SUCCESSION_SAYS_READY, SUCCESSION_STANDBY), "");
	scene.now_ns += SECOND;
	on_event(&scene, SUCCESSION_SAYS_ALIVE);
	return scene;
}

/* A reload has started its child. */
static inline struct scene reloading(void)
{
	struct scene scene = steady();

	assert_string_equal(
		on_event(&scene, SUCCESSION_RELOAD),
		"tell(current asked) tell(current reloading) spawn(rehearsal rehearsal)");
	assert_string_equal(on(&scene, SUCCESSION_NEEDLESS, SUCCESSION_REHEARSAL),
			    "spawn(next next)");
	on_spawned(&scene, SUCCESSION_NEXT);
	return scene;
}

/* Which is ready, and the one that speaks was asked to make room. */
static inline struct scene freezing(void)
{
	struct scene scene = reloading();

	assert_string_equal(on(&scene, SUCCESSION_SAYS_READY, SUCCESSION_NEXT), "freeze(current)");
	return scene;
}

/* It speaks, and has not given a sign of life. */
static inline struct scene on_trial(void)
{
	struct scene scene = freezing();

	assert_string_equal(on_event(&scene, SUCCESSION_SAYS_FROZEN),
			    "release(current) retire(current) go(next) tell(current reloaded)");
	scene.published = false;
	return scene;
}

#endif
