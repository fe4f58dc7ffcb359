/* SPDX-License-Identifier: MIT */
/*
 * Checks by a command. How many run at a time is limited, and who has to wait is not down: it has
 * not been asked. Two things keep commands that hang, and sleep until their time-out, from making
 * all others wait:
 *
 * - A limit on those that have just begun, which load the host, is not one on those that wait for
 *   something: after SETTLED_NS a command makes room for the next one to begin.
 * - There are two rooms, each with places of its own: for those whose last run has ended by itself,
 *   and for those that had to be killed. However many hang, they fill the second room alone, once
 *   each has hung once.
 *
 * One place per check would need no waiting, and would be 5,000 processes at a time on a host where
 * some directory hangs; one limit for all, whatever its number, can be filled by what hangs.
 */
#include "kind.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "leaf.h"
#include "outcome.h"
#include "tree.h"

#define PLACES_MAX     128 /* commands that run at a time, of a room */
#define BEGIN_MAX      32  /* of them, those that have just begun */
#define SETTLED_NS     INT64_C(250000000)
#define ENDING_MAX     256 /* that have been killed, and hang: then nobody else is started */
#define ORPHANS_MAX    256 /* killed in a turn */
#define ORPHANS_NS     INT64_C(20000000) /* then again; twice as long each time, up to */
#define ORPHANS_MAX_NS INT64_C(500000000)
#define NS_PER_S       INT64_C(1000000000)
#define NAMED          "VIPD_CHECK="

enum command_state {
	COMMAND_IDLE,
	COMMAND_WAITS, /* for a place */
	COMMAND_RUNS,
	COMMAND_ENDS, /* has been killed, and has answered */
};

enum room_number {
	ROOM_ENDS, /* the last run ended by itself, or there was none */
	ROOM_HANGS,
	ROOMS_COUNT,
};

struct command {
	struct check_watch watch; /* of its warden */
	struct check *check;
	enum command_state state;
	enum room_number room;
	int64_t waits_ns;         /* since then, for a place */
	bool again;               /* asked while it still ends */
	pid_t warden;             /* 0: none */
	int64_t begun_ns;         /* the last run */
	int64_t killed_ns;        /* then it was */
	struct command *next;     /* of those that wait, in its room */
	struct command *previous; /* likewise */
	struct command *older;    /* of those that have a warden */
	struct check_run *run;    /* in the engine's memory */
	int user_err;             /* an errno: why there is no user */
	struct check_execution execution;
	const char *argv[CHECK_WORDS_MAX + 1];
	const char *env[CHECK_WORDS_MAX + 3];
	char name[sizeof(NAMED) + CHECK_NAME_SIZE];
};

struct room {
	struct command *first, *last; /* of those that wait, in that order */
	unsigned running;
	int64_t settles_ns; /* then one that has begun has settled, and another one may; while some
			       wait for that */
};

struct check_engine {
	const struct check_context *context;
	struct check_run *runs; /* owned: CHECK_MAX of them, shared with wardens */
	bool taken[CHECK_MAX];
	struct room rooms[ROOMS_COUNT];
	struct command *wardens; /* of all that have one */
	unsigned ending;
	int64_t orphans_ns; /* then they are looked for, */
	int64_t pause_ns;   /* and so long after that again */
};

static int open_engine(struct check_context *context, struct check_engine **ret_engine)
{
	struct check_engine *engine = calloc(1, sizeof(*engine));

	if (!engine)
		return -ENOMEM;
	engine->context = context;
	engine->orphans_ns = CHECK_NEVER;
	for (unsigned i = 0; i < ROOMS_COUNT; i++)
		engine->rooms[i].settles_ns = CHECK_NEVER;
	engine->runs = mmap(NULL, CHECK_MAX * sizeof(*engine->runs), PROT_READ | PROT_WRITE,
			    MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (engine->runs == MAP_FAILED) {
		free(engine);
		return -ENOMEM;
	}
	*ret_engine = engine;
	return 0;
}

static void close_engine(struct check_engine *engine)
{
	munmap(engine->runs, CHECK_MAX * sizeof(*engine->runs));
	free(engine);
}

/* ---- lists ---- */

static struct room *room_of(const struct command *command)
{
	return &command->check->engine->rooms[command->room];
}

static void append(struct command *command, int64_t now_ns)
{
	struct room *room = room_of(command);

	command->state = COMMAND_WAITS;
	command->waits_ns = now_ns;
	command->next = NULL;
	command->previous = room->last;
	if (room->last)
		room->last->next = command;
	else
		room->first = command;
	room->last = command;
}

static void take_out(struct command *command)
{
	struct room *room = room_of(command);

	if (command->previous)
		command->previous->next = command->next;
	else
		room->first = command->next;
	if (command->next)
		command->next->previous = command->previous;
	else
		room->last = command->previous;
	command->state = COMMAND_IDLE;
}

static void forget_warden(struct check_engine *engine, struct command *command)
{
	struct command **at = &engine->wardens;

	while (*at != command)
		at = &(*at)->older;
	*at = command->older;
	command->warden = 0;
}

static bool is_warden(const struct check_engine *engine, pid_t pid)
{
	for (const struct command *at = engine->wardens; at; at = at->older)
		if (at->warden == pid)
			return true;
	return false;
}

/* ---- answers ---- */

static void take_output(struct check *check, const struct check_run *run)
{
	check->output = run->output;
	check->output_len =
		run->output_len < CHECK_OUTPUT_SIZE ? run->output_len : CHECK_OUTPUT_SIZE;
}

static void answer(struct check *check, const struct check_run *run)
{
	char text[2 * CHECK_ERROR_SIZE]; /* who answers sees then that it was cut */
	bool good = check_outcome(run, text, sizeof(text));

	if (__atomic_load_n(&run->done, __ATOMIC_ACQUIRE)) /* nobody writes to it any more */
		take_output(check, run);
	if (good)
		check_answer(check, CHECK_GOOD, NULL);
	else
		check_answer(check, CHECK_BAD, "%s", text);
}

/* ---- a run ---- */

/* Those of a room that have just begun. @ret_settles_ns: when the first of them has settled. */
static unsigned count_beginners(const struct check_engine *engine, enum room_number room,
				int64_t now_ns, int64_t *ret_settles_ns)
{
	unsigned n = 0;

	*ret_settles_ns = CHECK_NEVER;
	for (const struct command *at = engine->wardens; at; at = at->older) {
		int64_t settles_ns = at->begun_ns + SETTLED_NS;

		if (at->room != room || at->state != COMMAND_RUNS || settles_ns <= now_ns)
			continue;
		n++;
		if (settles_ns < *ret_settles_ns)
			*ret_settles_ns = settles_ns;
	}
	return n;
}

/* Return: whether there is a place for the first one that waits. */
static bool has_place(struct check_engine *engine, enum room_number number, int64_t now_ns)
{
	struct room *room = &engine->rooms[number];
	int64_t settles_ns;

	room->settles_ns = CHECK_NEVER;
	if (!room->first || room->running >= PLACES_MAX || engine->ending >= ENDING_MAX)
		return false;
	if (count_beginners(engine, number, now_ns, &settles_ns) < BEGIN_MAX)
		return true;
	room->settles_ns = settles_ns;
	return false;
}

/* Without a descriptor for its warden nobody would hear of its end. */
static int watch_warden(struct command *command)
{
	int err;

	command->watch.fd = pidfd_open(command->warden, 0);
	if (command->watch.fd < 0)
		return -errno;
	err = check_watch(command->check->context, &command->watch, EPOLLIN);
	if (err < 0)
		check_unwatch(command->check->context, &command->watch);
	return err;
}

/* It has its time from now on, however long it has waited. */
static void start(struct command *command, int64_t now_ns)
{
	struct check *check = command->check;
	struct check_engine *engine = check->engine;
	int err = check_descriptor_try(check->context);

	if (err == 0)
		err = check_warden_start(&command->execution, command->run, &command->warden);
	if (err == 0) {
		err = watch_warden(command);
		if (err < 0)
			engine->orphans_ns = now_ns;
	}
	if (err < 0) {
		command->warden = 0;
		check_answer_errno(check, "starting a process", -err);
		return;
	}
	command->older = engine->wardens;
	engine->wardens = command;
	command->state = COMMAND_RUNS;
	command->begun_ns = check->asked_ns = now_ns;
	check->timeout_ns = now_ns + check->config->timeout_ns;
	room_of(command)->running++;
}

static void start_waiting(struct check_engine *engine, int64_t now_ns)
{
	for (unsigned room = 0; room < ROOMS_COUNT; room++)
		while (has_place(engine, (enum room_number)room, now_ns)) {
			struct command *command = engine->rooms[room].first;

			take_out(command);
			start(command, now_ns);
		}
}

static void ready(struct check_watch *watch, uint32_t events, int64_t now_ns)
{
	struct command *command = watch->self;
	struct check_engine *engine = command->check->engine;
	bool runs = command->state == COMMAND_RUNS;

	(void)events;
	if (waitpid(command->warden, NULL, WNOHANG) == 0)
		return;
	check_unwatch(command->check->context, watch);
	forget_warden(engine, command);
	if (runs)
		room_of(command)->running--;
	else
		engine->ending--;
	command->state = COMMAND_IDLE;
	if (!__atomic_load_n(&command->run->done, __ATOMIC_ACQUIRE))
		engine->orphans_ns = now_ns;
	if (runs) {
		command->room = ROOM_ENDS;
		answer(command->check, command->run);
	} else if (command->again) {
		append(command, now_ns);
	}
	command->again = false;
	start_waiting(engine, now_ns);
}

/* ---- what its kind is asked for ---- */

static void fill_words(struct command *command, const struct check_config *config)
{
	const struct check_command *words = config->command;
	unsigned n = 0;

	for (unsigned i = 0; i < words->argv_n; i++)
		command->argv[i] = words->argv[i].text;
	snprintf(command->name, sizeof(command->name), "%s%s", NAMED, config->name);
	command->env[n++] = command->name;
	command->env[n++] = "PATH=" CHECK_PATH_DEFAULT;
	for (unsigned i = 0; i < words->env_n; i++) {
		if (strncmp(words->env[i].text, "PATH=", 5) == 0)
			command->env[1] = words->env[i].text;
		else if (strncmp(words->env[i].text, NAMED, strlen(NAMED)) != 0)
			command->env[n++] = words->env[i].text;
	}
}

static int find_user(struct command *command, const char *name)
{
	struct check_execution *execution = &command->execution;
	struct check_user self;
	int err = check_user_self(&self);

	execution->user = self;
	if (err == 0 && name[0]) {
		err = check_user_find(name, &execution->user);
		if (err == 0)
			err = check_user_find_groups(name, &execution->user);
		execution->changes_user = execution->user.uid != self.uid;
	}
	return err;
}

static int take_run(struct check_engine *engine, struct command *command)
{
	for (unsigned i = 0; i < CHECK_MAX; i++) {
		if (engine->taken[i])
			continue;
		engine->taken[i] = true;
		command->run = &engine->runs[i];
		return 0;
	}
	return -ENOSPC;
}

static int add(struct check *check)
{
	struct command *command = check->run;

	command->watch = (struct check_watch){ .fd = -1, .ready = ready, .self = command };
	command->check = check;
	command->execution.argv = command->argv;
	command->execution.env = command->env;
	command->execution.cgroup_fd = check->context->cgroup_fd;
	command->execution.has_cgroup = check->context->cgroup_fd >= 0;
	fill_words(command, check->config);
	command->user_err = -find_user(command, check->config->user);
	return take_run(check->engine, command);
}

/* Its warden ends what there is of it, whether we wait for that or not. */
static void remove_command(struct check *check)
{
	struct command *command = check->run;
	struct check_engine *engine = check->engine;

	if (command->state == COMMAND_WAITS)
		take_out(command);
	if (command->warden) {
		check_warden_end(command->warden);
		room_of(command)->running -= command->state == COMMAND_RUNS;
		engine->ending -= command->state == COMMAND_ENDS;
		forget_warden(engine, command);
	}
	check_unwatch(check->context, &command->watch);
	if (command->run)
		engine->taken[command->run - engine->runs] = false;
}

static void answer_user(struct check *check, int err)
{
	const char *name = check->config->user[0] ? check->config->user : "of all checks";

	if (err == ENOENT)
		check_answer(check, CHECK_BAD, "there is no user \"%s\"", name);
	else if (err == E2BIG)
		check_answer(check, CHECK_BAD, "the user %s is in more than %d groups", name,
			     CHECK_GROUPS_MAX);
	else
		check_answer(check, CHECK_BAD, "looking for the user %s: %s", name, strerror(err));
}

static void ask(struct check *check, int64_t now_ns)
{
	struct command *command = check->run;
	struct check_engine *engine = check->engine;

	if (command->user_err) {
		answer_user(check, command->user_err);
		return;
	}
	command->again = command->state == COMMAND_ENDS;
	if (command->again)
		return;
	append(command, now_ns);
	start_waiting(engine, now_ns);
}

/* Of what was killed, and is still there. */
static void answer_hung(struct command *command, int64_t now_ns)
{
	long long since_s = (now_ns - command->killed_ns) / NS_PER_S;
	pid_t pids[8];
	bool hangs = false;
	int n = check_tree_children(command->warden, pids, 8);

	for (int i = 0; i < n; i++)
		hangs |= check_tree_state(pids[i]) == 'D';
	check_answer(command->check, CHECK_TIMED_OUT,
		     hangs ? "the run before still hangs in the kernel (D) since %lld s"
			   : "the run before was killed %lld s ago, and is still there",
		     since_s);
}

/* It waits on: what has not been asked is not down. */
static void excuse(struct command *command, int64_t now_ns)
{
	struct check *check = command->check;
	long long since_s = (now_ns - command->waits_ns) / NS_PER_S;

	check->timeout_ns = now_ns + check->config->timeout_ns;
	if (check->engine->ending >= ENDING_MAX)
		check_excuse(check,
			     "waits since %lld s: %d commands that were killed are still there, no "
			     "more are started",
			     since_s, ENDING_MAX);
	else
		check_excuse(check, "waits since %lld s for one of %d places", since_s, PLACES_MAX);
}

static void answer_late(struct check *check, const struct check_run *run)
{
	char line[CHECK_ERROR_SIZE];

	check_outcome_line(run, line, sizeof(line));
	take_output(check, run);
	check_answer(check, CHECK_TIMED_OUT, "no end within %lld ms, killed%s%s",
		     (long long)(check->config->timeout_ns / 1000000), line[0] ? ": " : "", line);
}

static void give_up(struct check *check, int64_t now_ns)
{
	struct command *command = check->run;
	struct check_engine *engine = check->engine;

	if (command->state == COMMAND_WAITS) {
		excuse(command, now_ns);
		return;
	}
	if (command->state == COMMAND_ENDS) {
		command->again = false;
		answer_hung(command, now_ns);
		return;
	}
	check_warden_end(command->warden);
	room_of(command)->running--;
	command->state = COMMAND_ENDS;
	command->room = ROOM_HANGS;
	command->killed_ns = now_ns;
	engine->ending++;
	answer_late(check, command->run);
	start_waiting(engine, now_ns);
}

/* ---- children that we did not start ---- */

static bool is_ours(const void *arg, pid_t pid)
{
	return is_warden(arg, pid);
}

/* Of a warden that was killed: what is in its leaf, and whatever it had adopted. What was killed is
 * waited for at the next look, and by nobody else; what cannot be seen may be there. */
static void end_orphans(struct check_engine *engine, int64_t now_ns)
{
	pid_t pids[ORPHANS_MAX + ROOMS_COUNT * PLACES_MAX + ENDING_MAX];
	bool left = check_leaf_end_others(engine->context->cgroup_fd, is_ours, engine);
	int n = check_tree_children(getpid(), pids, sizeof(pids) / sizeof(pids[0]));

	left |= n < 0 || (size_t)n == sizeof(pids) / sizeof(pids[0]);
	for (int i = 0; i < n; i++)
		if (!is_warden(engine, pids[i]))
			left |= waitpid(pids[i], NULL, WNOHANG) == 0;
	if (!left) {
		engine->orphans_ns = CHECK_NEVER;
		engine->pause_ns = 0;
		return;
	}
	check_tree_stop(is_ours, engine);
	(void)check_tree_kill(is_ours, engine);
	engine->pause_ns = engine->pause_ns ? 2 * engine->pause_ns : ORPHANS_NS;
	if (engine->pause_ns > ORPHANS_MAX_NS)
		engine->pause_ns = ORPHANS_MAX_NS;
	engine->orphans_ns = now_ns + engine->pause_ns;
}

static int64_t deadline(const struct check_engine *engine)
{
	int64_t ns = engine->orphans_ns;

	for (unsigned i = 0; i < ROOMS_COUNT; i++)
		if (engine->rooms[i].settles_ns < ns)
			ns = engine->rooms[i].settles_ns;
	return ns;
}

static void work(struct check_engine *engine, int64_t now_ns)
{
	if (engine->orphans_ns <= now_ns)
		end_orphans(engine, now_ns);
	start_waiting(engine, now_ns);
}

const struct check_kind check_command_kind = {
	.run_size = sizeof(struct command),
	.open = open_engine,
	.close = close_engine,
	.add = add,
	.remove = remove_command,
	.ask = ask,
	.give_up = give_up,
	.deadline = deadline,
	.work = work,
};
