/* SPDX-License-Identifier: MIT */
/*
 * A notifier with a real store, in memory, as tests commit often; with rings that are written and
 * clocks that are turned by the test; and a file in the place of a FIFO, for who can never be told.
 */
#ifndef TESTS_UNIT_NOTIFIER_SCENE_H
#define TESTS_UNIT_NOTIFIER_SCENE_H

#include "test_conf.h"

#include <errno.h>
#include <fcntl.h>

#include "agent/events.h"
#include "agent/notify/fifo.h"
#include "agent/notify/notifier.h"
#include "agent/notify/reader.h"

struct notifier_scene {
	char directory[40]; /* of all that there is of it */
	struct conf *conf;
	struct events *rings[READER_RINGS];
	int fds[READER_RINGS];
	struct notifier *notifier; /* NULL: there is none */
	struct clocks now;
};

/* @name: of the test, for its directory. @mono_ns: since the start of the host. */
static inline void scene_open(struct notifier_scene *scene, const char *name, unsigned routers,
			      int64_t mono_ns)
{
	*scene = (struct notifier_scene){ .now = { mono_ns, 1800000000 * SECOND } };
	snprintf(scene->directory, sizeof(scene->directory), "/dev/shm/vipd-%s-XXXXXX", name);
	assert_non_null(mkdtemp(scene->directory));
	for (unsigned i = 0; i < READER_RINGS; i++) {
		assert_int_equal(events_create(NULL, routers, &scene->rings[i]), 0);
		scene->fds[i] = events_fd(scene->rings[i]);
	}
}

/* Return: a constant buffer. */
static inline char *scene_path(const struct notifier_scene *scene, const char *name)
{
	static char path[80];

	snprintf(path, sizeof(path), "%s/%s", scene->directory, name);
	return path;
}

static inline void scene_make_file(const struct notifier_scene *scene, const char *name)
{
	int fd = open(scene_path(scene, name), O_WRONLY | O_CREAT, 0600);

	assert_true(fd >= 0);
	close(fd);
}

static inline int tell_nobody(void *arg, const struct event *event)
{
	(void)arg;
	(void)event;
	return 0;
}

/* What all notifiers of a scene have in common. @home: of the store. */
static inline struct notifier_setting scene_setting(const struct notifier_scene *scene,
						    const char *home)
{
	return (struct notifier_setting){
		.directory = home,
		.life = "life",
		.boot = "boot",
		.rings = scene->fds,
		.events_fd = -1,
		.begun_fd = -1,
		.tell = tell_nobody,
	};
}

/* Whoever is called "file" is one. */
static inline void expect_file(const char *path, int err)
{
	assert_non_null(strstr(path, "/file"));
	assert_int_equal(err, ENOTSUP);
}

static inline struct fifos *scene_fifos(const struct notifier_scene *scene)
{
	struct fifos *fifos = fifos_open(scene->conf, getuid(), getgid(), expect_file);

	assert_non_null(fifos);
	return fifos;
}

/* With the configuration that was loaded. */
static inline void scene_start(struct notifier_scene *scene, struct notifier_setting setting)
{
	setting.conf = scene->conf;
	setting.fifos = scene_fifos(scene);
	assert_int_equal(notifier_open(&setting, &scene->now, &scene->notifier), 0);
}

/* As one that was killed: what is not in the store is lost. */
static inline void scene_stop(struct notifier_scene *scene)
{
	if (!scene->notifier)
		return;
	notifier_close(scene->notifier);
	conf_free(scene->conf);
	scene->notifier = NULL;
}

static inline void scene_close(struct notifier_scene *scene)
{
	char command[80];

	scene_stop(scene);
	for (unsigned i = 0; i < READER_RINGS; i++)
		events_close(scene->rings[i]);
	snprintf(command, sizeof(command), "rm -rf %s", scene->directory);
	assert_int_equal(system(command), 0);
}

static inline void scene_pass(struct notifier_scene *scene, int64_t ns)
{
	scene->now.mono_ns += ns;
	scene->now.real_ns += ns;
}

/* A router of the scene, of IPv4, goes from one state to another. */
static inline void scene_change(struct notifier_scene *scene, const char *router, uint8_t from,
				uint8_t to)
{
	struct event event = event_of(EVENT_STATE, router, "eth0", 4);

	event.state = (struct event_state){ .from = from, .to = to, .priority = 100 };
	event.level = (uint8_t)event_level(&event);
	events_put(scene->rings[READER_ROUTER], &scene->now, &event);
}

#endif
