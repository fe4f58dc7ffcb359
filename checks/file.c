/* SPDX-License-Identifier: MIT */
/*
 * Checks of a file. Each looks at its file whenever it is asked, so that file systems that tell
 * nothing work, too, and between that when inotify has something about it: all checks share an
 * instance, which watches the directory of each file, or the nearest one above it that is there.
 */
#include "kind.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include "number.h"
#include "regular.h"

#define READ_MAX   128 /* bytes of a file: a number is at its beginning */
#define EVENTS_LEN 4096
#define READS_MAX  16 /* of events, in a turn */
#define TRIES_MAX  8  /* to watch a directory of several that come and go meanwhile */
#define NO_WATCH   -1

#define WATCHED                                                                                    \
	(IN_CLOSE_WRITE | IN_MOVED_FROM | IN_MOVED_TO | IN_CREATE | IN_DELETE | IN_ATTRIB |        \
	 IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR)
#define OF_DIRECTORY (IN_DELETE_SELF | IN_MOVE_SELF | IN_IGNORED | IN_UNMOUNT)

struct file {
	struct file *next; /* of the engine */
	struct check *check;
	int wd;      /* of inotify: the directory that is watched, or NO_WATCH */
	size_t name; /* where in the path the name begins that is waited for in there */
	bool stale;  /* something happened to it */
	bool making; /* it was created, and may have yet to be written */
};

struct check_engine {
	struct check_context *context;
	struct check_watch watch;
	struct file *first; /* of all; each is its check's */
	bool stale;         /* some are */
};

/* ---- what a file says ---- */

struct sight {
	enum check_result result;
	int32_t number;
	int err;           /* an errno, and */
	const char *fault; /* what it was, or what else is wrong */
	bool empty;        /* it has nothing in it */
};

static bool is_absence(int err)
{
	return err == ENOENT || err == ENOTDIR;
}

static int open_regular(const char *path, struct sight *sight)
{
	int fd = check_regular_open(path);

	if (fd == -EINVAL)
		sight->fault = check_regular_explain(fd);
	else if (fd < 0)
		sight->err = -fd;
	return fd;
}

static void read_number(const char *path, struct sight *sight)
{
	char buf[READ_MAX];
	int fd = open_regular(path, sight), err;
	ssize_t len;

	if (fd < 0)
		return;
	len = pread(fd, buf, sizeof(buf), 0);
	sight->err = len < 0 ? errno : 0;
	close(fd);
	if (len < 0)
		return;
	sight->empty = len == 0;
	err = check_number_parse(buf, (size_t)len, &sight->number);
	if (err == 0)
		sight->result = sight->number == 0 ? CHECK_GOOD : CHECK_BAD;
	else if (err == -ERANGE)
		sight->fault = "has a number of more than 32 bits";
	else
		sight->fault = len ? "begins with no number" : "is empty";
}

static void look_for(const struct check_file *config, struct sight *sight)
{
	bool wanted = config->form == CHECK_FILE_EXISTS, is_there;
	struct stat st;

	is_there = stat(config->path, &st) == 0;
	sight->err = is_there ? 0 : errno;
	if (!is_there && !is_absence(sight->err))
		return;
	if (is_there == wanted)
		sight->result = CHECK_GOOD;
	else if (is_there)
		sight->fault = "is there";
}

static struct sight look(const struct check_file *config)
{
	struct sight sight = { .result = CHECK_BAD };

	if (config->form == CHECK_FILE_VALUE)
		read_number(config->path, &sight);
	else
		look_for(config, &sight);
	return sight;
}

static void answer(struct check *check, const struct sight *sight)
{
	check->number = sight->number;
	if (sight->result == CHECK_GOOD)
		check_answer(check, CHECK_GOOD, NULL);
	else if (sight->fault)
		check_answer(check, CHECK_BAD, "%s", sight->fault);
	else if (sight->err)
		check_answer(check, CHECK_BAD, "%s", strerror(sight->err));
	else
		check_answer(check, CHECK_BAD, "value %d", sight->number);
}

/* ---- which directories are watched ---- */

/* Where the part of a path ends that is above @end: "/a" of "/a/b"; 1 for "/"; 0: there is none. */
static size_t parent_of(const char *path, size_t end)
{
	while (end > 1 && path[end - 1] == '/')
		end--;
	while (end > 0 && path[end - 1] != '/')
		end--;
	while (end > 1 && path[end - 1] == '/')
		end--;
	return end;
}

/* The nearest directory above a file that is there. Return: its wd, and where its path ends. */
static int watch_nearest(int fd, const char *path, size_t *ret_end)
{
	char directory[CHECK_PATH_SIZE];
	size_t end = parent_of(path, strlen(path));

	for (; end; end = end == 1 ? 0 : parent_of(path, end)) {
		int wd;

		memcpy(directory, path, end);
		directory[end] = '\0';
		wd = inotify_add_watch(fd, directory, WATCHED);
		*ret_end = end;
		if (wd >= 0 || !is_absence(errno))
			return wd < 0 ? NO_WATCH : wd;
	}
	return NO_WATCH;
}

static bool is_watched(const struct check_engine *engine, int wd)
{
	for (const struct file *file = engine->first; file; file = file->next)
		if (file->wd == wd)
			return true;
	return false;
}

static void set_watch(struct check_engine *engine, struct file *file, int wd)
{
	int before = file->wd;

	file->wd = wd;
	if (before != wd && before != NO_WATCH && !is_watched(engine, before))
		(void)inotify_rm_watch(engine->watch.fd, before);
}

static size_t begin_of_name(const char *path, size_t end)
{
	while (path[end] == '/')
		end++;
	return end;
}

static size_t len_of_name(const char *name)
{
	return strcspn(name, "/");
}

/* Whether what is waited for in a directory is a directory by now: then that is to be watched. */
static bool is_there_already(const char *path, size_t name)
{
	char directory[CHECK_PATH_SIZE];
	size_t len = name + len_of_name(path + name);
	struct stat st;

	if (!path[len])
		return false;
	memcpy(directory, path, len);
	directory[len] = '\0';
	return stat(directory, &st) == 0 && S_ISDIR(st.st_mode);
}

/* Without a watch, for lack of rights or room, it is still looked at as often as it is asked. */
static void follow(struct check_engine *engine, struct file *file)
{
	const char *path = file->check->config->file->path;
	size_t end = 0;

	if (engine->watch.fd < 0)
		return;
	for (unsigned i = 0; i < TRIES_MAX; i++) {
		set_watch(engine, file, watch_nearest(engine->watch.fd, path, &end));
		file->name = begin_of_name(path, end);
		if (file->wd == NO_WATCH || !is_there_already(path, file->name))
			return;
	}
}

/* ---- what inotify says ---- */

static bool is_about(const struct file *file, const struct inotify_event *event)
{
	const char *name = file->check->config->file->path + file->name;
	size_t len = len_of_name(name);

	if (event->mask & OF_DIRECTORY)
		return true;
	return event->len > len && strncmp(event->name, name, len) == 0 && !event->name[len];
}

static void mark(struct check_engine *engine, const struct inotify_event *event)
{
	for (struct file *file = engine->first; file; file = file->next) {
		bool all = event->mask & IN_Q_OVERFLOW;

		if (!all && (file->wd != event->wd || !is_about(file, event)))
			continue;
		if (event->mask & IN_IGNORED)
			file->wd = NO_WATCH;
		file->making = (event->mask & IN_CREATE) && (!file->stale || file->making);
		file->stale = true;
		engine->stale = true;
	}
}

/* What has not changed is no news. A file that was created a moment ago and is empty is just about
 * to be written: that it is closed will be told. */
static void look_again(struct check_engine *engine, struct file *file, int64_t now_ns)
{
	struct check *check = file->check;
	struct sight sight;
	bool making = file->making;
	uint32_t before;

	file->stale = file->making = false;
	if (check->aside)
		return;
	before = check_work_begin(check);
	follow(engine, file);
	sight = look(check->config->file);
	check_work_end(check, before);
	if ((sight.empty && making) || check->result == CHECK_PENDING ||
	    (sight.result == check->result && sight.number == check->number))
		return;
	check->asked_ns = now_ns;
	answer(check, &sight);
}

static void mark_all_of(struct check_engine *engine, const char *buf, ssize_t len)
{
	const struct inotify_event *event;

	for (const char *at = buf; at < buf + len; at += sizeof(*event) + event->len) {
		event = (const struct inotify_event *)(const void *)at;
		mark(engine, event);
	}
}

static void ready(struct check_watch *watch, uint32_t events, int64_t now_ns)
{
	struct check_engine *engine = watch->self;
	char buf[EVENTS_LEN] __attribute__((aligned(__alignof__(struct inotify_event))));
	ssize_t len;

	(void)events;
	for (unsigned i = 0; i < READS_MAX; i++) {
		len = read(watch->fd, buf, sizeof(buf));
		if (len <= 0)
			break;
		mark_all_of(engine, buf, len);
	}
	if (!engine->stale)
		return;
	engine->stale = false;
	for (struct file *file = engine->first; file; file = file->next)
		if (file->stale)
			look_again(engine, file, now_ns);
}

/* ---- the kind ---- */

/* Without inotify, all is still looked at when it is asked. */
static int open_engine(struct check_context *context, struct check_engine **ret_engine)
{
	struct check_engine *engine = calloc(1, sizeof(*engine));
	int err = 0;

	if (!engine)
		return -ENOMEM;
	engine->context = context;
	engine->watch.ready = ready;
	engine->watch.self = engine;
	engine->watch.fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	if (engine->watch.fd >= 0)
		err = check_watch(context, &engine->watch, EPOLLIN);
	if (err < 0)
		check_unwatch(context, &engine->watch);
	*ret_engine = engine;
	return 0;
}

static void close_engine(struct check_engine *engine)
{
	check_unwatch(engine->context, &engine->watch);
	free(engine);
}

static int add(struct check *check)
{
	struct file *file = check->run;

	*file = (struct file){ .next = check->engine->first, .check = check, .wd = NO_WATCH };
	check->engine->first = file;
	return 0;
}

static void remove_check(struct check *check)
{
	struct file *file = check->run, **place;

	for (place = &check->engine->first; *place; place = &(*place)->next)
		if (*place == file)
			break;
	if (*place)
		*place = file->next;
	if (file->check)
		set_watch(check->engine, file, NO_WATCH);
}

/* First the watch, then the look: nothing happens in between. */
static void ask(struct check *check, int64_t now_ns)
{
	struct sight sight;

	(void)now_ns;
	follow(check->engine, check->run);
	sight = look(check->config->file);
	answer(check, &sight);
}

/* The watches of directories are set on the way to it. */
static void touch(const struct check_config *config)
{
	(void)look(config->file);
}

const struct check_kind check_file_kind = {
	.run_size = sizeof(struct file),
	.open = open_engine,
	.close = close_engine,
	.add = add,
	.remove = remove_check,
	.ask = ask,
	.touch = touch,
};
