/* SPDX-License-Identifier: MIT */
/*
 * Checks that a unit of systemd is active, asked over the system bus. One connection for all, which
 * never waits: what is said to it is queued, and what it has to say calls us. systemd is subscribed
 * to, so a change is known at once; each ask asks, whatever was told.
 */
#include "kind.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <systemd/sd-bus.h>
#include <unistd.h>

#define SYSTEMD         "org.freedesktop.systemd1"
#define SYSTEMD_PATH    "/org/freedesktop/systemd1"
#define MANAGER         SYSTEMD ".Manager"
#define UNIT            SYSTEMD ".Unit"
#define PROPERTIES      "org.freedesktop.DBus.Properties"
#define PATH_SIZE       1024
#define WORD_SIZE       32
#define MESSAGES_MAX    4096                 /* taken in a turn */
#define QUEUED_MAX      1024                 /* said, while nothing has been heard */
#define SILENT_NS       INT64_C(5000000000)  /* for so long */
#define SUBSCRIBE_AGAIN INT64_C(60000000000) /* systemd may have been replaced since */

struct unit {
	struct unit *next; /* of the engine */
	struct check *check;
	sd_bus_slot *call;    /* owned: what is waited for; NULL: nothing */
	char path[PATH_SIZE]; /* of its object; empty: not known yet */
	char state[WORD_SIZE];
	bool look_up; /* the path, again: it may be another one */
	bool again;   /* something changed since it was asked */
};

struct check_engine {
	struct check_context *context;
	sd_bus *bus;              /* owned; NULL: none */
	struct check_watch watch; /* a copy of its descriptor */
	struct unit *first;       /* of all; each is its check's */
	int64_t subscribed_ns;
	int64_t heard_ns; /* the last answer; at first, when it was opened */
	int64_t now_ns;   /* of this turn */
};

/* ---- answers ---- */

static void query(struct unit *unit);

static void forget_call(struct unit *unit)
{
	unit->call = sd_bus_slot_unref(unit->call);
}

/* What nobody has asked for is told when it is another one. */
static bool is_news(const struct unit *unit, enum check_result result)
{
	struct check *check = unit->check;

	if (check->asked)
		return true;
	if (check->result == CHECK_PENDING || check->result == result)
		return false;
	check->asked_ns = check->engine->now_ns;
	return true;
}

static void finish(struct unit *unit)
{
	forget_call(unit);
	if (!unit->again)
		return;
	unit->again = false;
	query(unit);
}

static void be_good(struct unit *unit)
{
	if (is_news(unit, CHECK_GOOD))
		check_answer(unit->check, CHECK_GOOD, NULL);
	finish(unit);
}

/* @more: in brackets; NULL: nothing. */
static void be_bad(struct unit *unit, const char *what, const char *more)
{
	unit->look_up = true;
	if (is_news(unit, CHECK_BAD))
		check_answer(unit->check, CHECK_BAD, "%s%s%s%s", what, more ? " (" : "",
			     more ? more : "", more ? ")" : "");
	finish(unit);
}

/* The message of an error that is the answer: when the bus ends, for one. What nobody has asked for
 * can wait until somebody does. Return: whether it is one. */
static bool is_refused(struct unit *unit, sd_bus_message *message)
{
	const sd_bus_error *error = sd_bus_message_get_error(message);

	if (!error)
		return false;
	unit->again = false;
	unit->look_up = true;
	if (unit->check->asked)
		be_bad(unit, "systemd", error->message ? error->message : error->name);
	else
		forget_call(unit);
	return true;
}

/* ---- what is asked, one after the other ---- */

static void call(struct unit *unit, const char *path, const char *interface, const char *member,
		 sd_bus_message_handler_t heard, const char *a, const char *b)
{
	sd_bus *bus = unit->check->engine->bus;
	int err;

	forget_call(unit);
	if (b)
		err = sd_bus_call_method_async(bus, &unit->call, SYSTEMD, path, interface, member,
					       heard, unit, "ss", a, b);
	else
		err = sd_bus_call_method_async(bus, &unit->call, SYSTEMD, path, interface, member,
					       heard, unit, "s", a);
	if (err < 0)
		be_bad(unit, "no system bus", strerror(-err));
}

static void get(struct unit *unit, const char *interface, const char *property,
		sd_bus_message_handler_t heard)
{
	call(unit, unit->path, PROPERTIES, "Get", heard, interface, property);
}

/* The word that a property is; empty when it is none. */
static void read_word(sd_bus_message *message, char *ret_word)
{
	const char *word = NULL;

	ret_word[0] = '\0';
	if (!sd_bus_message_is_method_error(message, NULL) &&
	    sd_bus_message_read(message, "v", "s", &word) >= 0 && strlen(word) < WORD_SIZE)
		memcpy(ret_word, word, strlen(word) + 1);
}

static void say_state(struct unit *unit, const char *more)
{
	char text[WORD_SIZE + 4] = "is ";

	memcpy(text + 3, unit->state, strlen(unit->state) + 1);
	be_bad(unit, text, more);
}

static int hear_result(sd_bus_message *message, void *self, sd_bus_error *error)
{
	char word[WORD_SIZE];

	(void)error;
	read_word(message, word);
	say_state(self, word[0] && strcmp(word, "success") != 0 ? word : NULL);
	return 1;
}

static int hear_load_state(sd_bus_message *message, void *self, sd_bus_error *error)
{
	char word[WORD_SIZE];

	(void)error;
	read_word(message, word);
	if (strcmp(word, "not-found") == 0)
		be_bad(self, "there is no such unit", NULL);
	else
		say_state(self, word[0] && strcmp(word, "loaded") != 0 ? word : NULL);
	return 1;
}

/* Where a unit of that type has its result. */
static const char *interface_of(const char *name)
{
	static const struct {
		const char *type, *interface;
	} types[] = {
		{ ".service", SYSTEMD ".Service" }, { ".socket", SYSTEMD ".Socket" },
		{ ".mount", SYSTEMD ".Mount" },     { ".automount", SYSTEMD ".Automount" },
		{ ".swap", SYSTEMD ".Swap" },       { ".timer", SYSTEMD ".Timer" },
		{ ".path", SYSTEMD ".Path" },       { ".scope", SYSTEMD ".Scope" },
	};
	const char *type = strrchr(name, '.');

	for (size_t i = 0; type && i < sizeof(types) / sizeof(types[0]); i++)
		if (strcmp(types[i].type, type) == 0)
			return types[i].interface;
	return NULL;
}

static int hear_state(sd_bus_message *message, void *self, sd_bus_error *error)
{
	struct unit *unit = self;
	const char *interface = interface_of(unit->check->config->unit->unit);

	(void)error;
	if (is_refused(unit, message))
		return 1;
	unit->check->engine->heard_ns = unit->check->engine->now_ns;
	read_word(message, unit->state);
	if (strcmp(unit->state, "active") == 0 || strcmp(unit->state, "reloading") == 0 ||
	    strcmp(unit->state, "refreshing") == 0)
		be_good(unit);
	else if (strcmp(unit->state, "failed") == 0 && interface)
		get(unit, interface, "Result", hear_result);
	else if (strcmp(unit->state, "inactive") == 0)
		get(unit, UNIT, "LoadState", hear_load_state);
	else
		say_state(unit, NULL);
	return 1;
}

static int hear_path(sd_bus_message *message, void *self, sd_bus_error *error)
{
	struct unit *unit = self;
	const char *path = NULL;

	(void)error;
	if (is_refused(unit, message))
		return 1;
	unit->check->engine->heard_ns = unit->check->engine->now_ns;
	if (sd_bus_message_read(message, "o", &path) < 0 || strlen(path) >= sizeof(unit->path)) {
		be_bad(unit, "systemd", "its answer is not understood");
		return 1;
	}
	memcpy(unit->path, path, strlen(path) + 1);
	unit->look_up = false;
	get(unit, UNIT, "ActiveState", hear_state);
	return 1;
}

/* By LoadUnit, which knows units that nobody has asked for yet, and other names of one. */
static void query(struct unit *unit)
{
	if (unit->look_up || !unit->path[0])
		call(unit, SYSTEMD_PATH, MANAGER, "LoadUnit", hear_path,
		     unit->check->config->unit->unit, NULL);
	else
		get(unit, UNIT, "ActiveState", hear_state);
}

/* ---- what systemd tells ---- */

static int hear_change(sd_bus_message *message, void *self, sd_bus_error *error)
{
	const struct check_engine *engine = self;
	const char *path = sd_bus_message_get_path(message);

	(void)error;
	for (struct unit *unit = engine->first; unit && path; unit = unit->next) {
		if (strcmp(unit->path, path) != 0)
			continue;
		if (unit->call)
			unit->again = true;
		else
			query(unit);
	}
	return 0;
}

/* Without it, the interval finds what changes. */
static int hear_match(sd_bus_message *message, void *self, sd_bus_error *error)
{
	(void)message;
	(void)self;
	(void)error;
	return 1;
}

static void subscribe(struct check_engine *engine, int64_t now_ns)
{
	engine->subscribed_ns = now_ns;
	(void)sd_bus_call_method_async(engine->bus, NULL, SYSTEMD, SYSTEMD_PATH, MANAGER,
				       "Subscribe", NULL, NULL, "");
}

/* ---- the connection ---- */

/* Who was waiting is told. */
static void close_bus(struct check_engine *engine, int err)
{
	for (struct unit *unit = engine->first; unit; unit = unit->next) {
		forget_call(unit);
		unit->again = false;
		unit->look_up = true;
		if (unit->check->asked && err)
			check_answer_errno(unit->check, "no system bus", -err);
	}
	check_unwatch(engine->context, &engine->watch);
	engine->bus = sd_bus_close_unref(engine->bus);
}

/* What a bus that stands still does not read is kept, a hundred megabytes in the end. */
static bool overflows(const struct check_engine *engine, int64_t now_ns)
{
	uint64_t n = 0;

	(void)sd_bus_get_n_queued_write(engine->bus, &n);
	return n > QUEUED_MAX && now_ns - engine->heard_ns > SILENT_NS;
}

/* What it waits for changes with all that is said to it. */
static int follow_events(struct check_engine *engine)
{
	int wanted = sd_bus_get_events(engine->bus);
	uint32_t events = 0;

	if (wanted < 0)
		return wanted;
	events |= wanted & POLLIN ? EPOLLIN : 0;
	events |= wanted & POLLOUT ? EPOLLOUT : 0;
	return check_watch_change(engine->context, &engine->watch, events);
}

/* It closes its descriptor itself, so a copy is watched. */
static int watch_bus(struct check_engine *engine)
{
	int fd = sd_bus_get_fd(engine->bus), err;

	if (fd < 0)
		return fd;
	engine->watch.fd = fcntl(fd, F_DUPFD_CLOEXEC, 0);
	if (engine->watch.fd < 0)
		return -errno;
	err = check_watch(engine->context, &engine->watch, 0);
	return err < 0 ? err : follow_events(engine);
}

static int open_bus(struct check_engine *engine, int64_t now_ns)
{
	static const char changes[] =
		"type='signal',sender='" SYSTEMD "',interface='" PROPERTIES "',"
		"member='PropertiesChanged',path_namespace='" SYSTEMD_PATH "/unit',"
		"arg0='" UNIT "'";
	int err = sd_bus_open_system(&engine->bus);

	engine->heard_ns = now_ns;
	if (err < 0) {
		engine->bus = NULL;
		return err;
	}
	err = watch_bus(engine);
	if (err >= 0)
		err = sd_bus_add_match_async(engine->bus, NULL, changes, hear_change, hear_match,
					     engine);
	if (err >= 0)
		subscribe(engine, now_ns);
	return err;
}

static void process(struct check_engine *engine)
{
	int err = 1;

	for (unsigned i = 0; i < MESSAGES_MAX && err > 0; i++)
		err = sd_bus_process(engine->bus, NULL);
	if (err >= 0)
		err = follow_events(engine);
	if (err < 0)
		close_bus(engine, err);
}

static void ready(struct check_watch *watch, uint32_t events, int64_t now_ns)
{
	struct check_engine *engine = watch->self;

	(void)events;
	engine->now_ns = now_ns;
	process(engine);
}

static int64_t deadline(const struct check_engine *engine)
{
	uint64_t us;

	if (!engine->bus || sd_bus_get_timeout(engine->bus, &us) < 0 ||
	    us > (uint64_t)CHECK_NEVER / 1000)
		return CHECK_NEVER;
	return (int64_t)us * 1000;
}

static void work(struct check_engine *engine, int64_t now_ns)
{
	engine->now_ns = now_ns;
	process(engine);
}

/* ---- the kind ---- */

static void ask(struct check *check, int64_t now_ns)
{
	struct check_engine *engine = check->engine;
	struct unit *unit = check->run;
	int err;

	if (engine->bus && overflows(engine, now_ns))
		close_bus(engine, 0);
	err = engine->bus ? 0 : open_bus(engine, now_ns);
	engine->now_ns = now_ns;
	if (err < 0) {
		close_bus(engine, err);
		return;
	}
	if (now_ns - engine->subscribed_ns >= SUBSCRIBE_AGAIN)
		subscribe(engine, now_ns);
	if (!unit->call)
		query(unit);
	err = follow_events(engine);
	if (err < 0)
		close_bus(engine, err);
}

static void give_up(struct check *check, int64_t now_ns)
{
	struct unit *unit = check->run;

	(void)now_ns;
	forget_call(unit);
	unit->again = false;
	unit->look_up = true;
	check_answer(check, CHECK_TIMED_OUT, "systemd: no answer");
}

static int open_engine(struct check_context *context, struct check_engine **ret_engine)
{
	struct check_engine *engine = calloc(1, sizeof(*engine));

	if (!engine)
		return -ENOMEM;
	engine->context = context;
	engine->watch = (struct check_watch){ .fd = -1, .ready = ready, .self = engine };
	*ret_engine = engine;
	return 0;
}

static void close_engine(struct check_engine *engine)
{
	close_bus(engine, 0);
	free(engine);
}

static int add(struct check *check)
{
	struct unit *unit = check->run;

	*unit = (struct unit){ .next = check->engine->first, .check = check };
	check->engine->first = unit;
	return 0;
}

static void remove_check(struct check *check)
{
	struct unit *unit = check->run, **place = &check->engine->first;

	while (*place && *place != unit)
		place = &(*place)->next;
	if (*place)
		*place = unit->next;
	forget_call(unit);
}

const struct check_kind check_unit_kind = {
	.run_size = sizeof(struct unit),
	.open = open_engine,
	.close = close_engine,
	.add = add,
	.remove = remove_check,
	.ask = ask,
	.give_up = give_up,
	.deadline = deadline,
	.work = work,
};
