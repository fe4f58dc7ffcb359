/* SPDX-License-Identifier: MIT */
/*
 * Checks that count processes. All share one table of the processes that match some check, filled
 * by a scan of /proc, a piece at a time. With the proc connector it is kept current by events, and
 * scanned again when events were lost; without it is scanned as often as a check is asked, but not
 * more often than once a second.
 */
#include "kind.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/filter.h>
#include <linux/netlink.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "proc.h"
#include "proc_events.h"

#define NS_PER_S    INT64_C(1000000000)
#define SCAN_APART  NS_PER_S
#define SCAN_AGAIN  (60 * NS_PER_S) /* for what no event tells: a link that leads elsewhere */
#define SLICE       256             /* processes looked at in a turn */
#define EVENTS_MAX  512             /* taken in a turn */
#define MESSAGE_LEN 256
#define BUCKETS     1024
#define MEMBERS_MAX                                                                                \
	(1 << 18) /* in the table: with less than that, no min can be had that is allowed */

/* One process that a check counts. */
struct member {
	struct member *next; /* in its bucket */
	struct process *of;
	pid_t pid;
	uint32_t scan; /* the last one that has seen it */
	bool hidden;   /* it may be what is meant: what it runs cannot be seen; not counted */
};

struct process {
	struct process *next; /* of the engine */
	struct check *check;
	uint32_t n, hidden_n;
	uid_t user;
	bool has_user; /* @user is known */
	char resolved[CHECK_PATH_SIZE];
};

struct check_engine {
	struct check_context *context;
	struct check_watch watch; /* a copy of the connector; fd -1: there is none */
	struct process *first;    /* of all; each is its check's */
	struct member *members[BUCKETS];
	uint32_t members_n;
	int proc_fd;  /* owned */
	DIR *scanned; /* NULL: no scan goes on */
	uint32_t scan;
	int64_t scan_ns; /* the last one began */
	bool complete;   /* one has ended */
	bool doubt;      /* events were lost */
	bool blind;      /* processes of others are not shown */
	bool full;
};

static const struct check_process *config_of(const struct process *process)
{
	return process->check->config->process;
}

/* ---- what a count says ---- */

static bool is_good(const struct process *process)
{
	const struct check_process *config = config_of(process);

	return process->n >= config->min && (config->max == 0 || process->n <= config->max);
}

static const char *excuse_of(const struct process *process)
{
	const struct check_engine *engine = process->check->engine;

	if (config_of(process)->user[0] && !process->has_user)
		return "; there is no such user";
	if (engine->full)
		return "; there are too many to count";
	if (engine->blind)
		return "; /proc does not show those of others";
	return process->hidden_n ? "; what others of that name run cannot be seen" : "";
}

static void answer(struct process *process)
{
	const struct check_process *config = config_of(process);

	if (is_good(process))
		check_answer(process->check, CHECK_GOOD, NULL);
	else if (process->n < config->min)
		check_answer(process->check, CHECK_BAD, "%u run, %u needed%s", process->n,
			     config->min, excuse_of(process));
	else
		check_answer(process->check, CHECK_BAD, "%u run, %u allowed", process->n,
			     config->max);
}

/* Who is asked, and whose answer is another one now. */
static void answer_all(struct check_engine *engine, int64_t now_ns)
{
	for (struct process *process = engine->first; process && engine->complete;
	     process = process->next) {
		struct check *check = process->check;
		bool good = check->result == CHECK_GOOD;

		if (!check->asked) {
			if (check->result == CHECK_PENDING || good == is_good(process))
				continue;
			check->asked_ns = now_ns;
		}
		answer(process);
	}
}

/* ---- the table ---- */

static struct member **bucket_of(struct check_engine *engine, pid_t pid)
{
	return &engine->members[(unsigned)pid % BUCKETS];
}

static void count(struct member *member, int by)
{
	uint32_t *n = member->hidden ? &member->of->hidden_n : &member->of->n;

	*n += (uint32_t)by;
}

static void drop(struct check_engine *engine, struct member **place)
{
	struct member *member = *place;

	count(member, -1);
	*place = member->next;
	engine->members_n--;
	free(member);
}

static void drop_process(struct check_engine *engine, pid_t pid)
{
	for (struct member **place = bucket_of(engine, pid); *place;)
		if ((*place)->pid == pid)
			drop(engine, place);
		else
			place = &(*place)->next;
}

/* What the last scan has not seen is gone. */
static void drop_unseen(struct check_engine *engine)
{
	for (unsigned i = 0; i < BUCKETS; i++)
		for (struct member **place = &engine->members[i]; *place;)
			if ((*place)->scan != engine->scan)
				drop(engine, place);
			else
				place = &(*place)->next;
}

static struct member **find(struct check_engine *engine, const struct process *of, pid_t pid)
{
	struct member **place = bucket_of(engine, pid);

	while (*place && ((*place)->pid != pid || (*place)->of != of))
		place = &(*place)->next;
	return place;
}

static void put(struct check_engine *engine, struct process *of, pid_t pid, bool hidden)
{
	struct member **place = find(engine, of, pid), *member = *place;

	if (!member) {
		member = engine->members_n < MEMBERS_MAX ? malloc(sizeof(*member)) : NULL;
		engine->full |= !member;
		if (!member)
			return;
		*member = (struct member){ .of = of, .pid = pid, .hidden = hidden };
		*place = member;
		engine->members_n++;
		count(member, 1);
	}
	member->scan = engine->scan;
	if (member->hidden == hidden)
		return;
	count(member, -1);
	member->hidden = hidden;
	count(member, 1);
}

/* ---- one process ---- */

enum match {
	MATCH_NOT,
	MATCH_HIDDEN, /* by its name it may be */
	MATCH,
};

static enum match match_command(const struct process *process, struct proc *proc)
{
	const char *command = config_of(process)->command, *slash = strrchr(command, '/');

	if (!slash)
		return strcmp(proc_name(proc), command) == 0 ? MATCH : MATCH_NOT;
	if (proc_runs(proc, command, process->resolved))
		return MATCH;
	return proc->hidden && strncmp(proc_name(proc), slash + 1, 15) == 0 ? MATCH_HIDDEN
									    : MATCH_NOT;
}

/* The cheapest first: most processes are somebody else's. */
static enum match match(const struct process *process, struct proc *proc)
{
	enum match matched = match_command(process, proc);

	if (matched == MATCH_NOT || !proc_is_alive(proc))
		return MATCH_NOT;
	if (!config_of(process)->user[0])
		return matched;
	return process->has_user && proc_is_of(proc, process->user) ? matched : MATCH_NOT;
}

static void look(struct check_engine *engine, pid_t pid)
{
	struct proc proc = { .fd = engine->proc_fd, .pid = pid };

	for (struct process *process = engine->first; process; process = process->next) {
		enum match matched = match(process, &proc);
		struct member **place;

		if (matched != MATCH_NOT) {
			put(engine, process, pid, matched == MATCH_HIDDEN);
			continue;
		}
		place = find(engine, process, pid);
		if (*place)
			drop(engine, place);
	}
}

/* ---- a scan ---- */

static void resolve(struct process *process)
{
	const struct check_process *config = config_of(process);
	const struct passwd *user =
		config->user[0] && !process->has_user ? getpwnam(config->user) : NULL;
	char *path = strchr(config->command, '/') ? realpath(config->command, NULL) : NULL;

	if (user)
		process->user = user->pw_uid;
	process->has_user |= user != NULL;
	process->resolved[0] = '\0';
	if (path && strlen(path) < sizeof(process->resolved))
		memcpy(process->resolved, path, strlen(path) + 1);
	free(path);
}

static void resolve_all(struct check_engine *engine)
{
	for (struct process *process = engine->first; process; process = process->next) {
		uint32_t before;

		if (process->check->aside)
			continue;
		before = check_work_begin(process->check);
		resolve(process);
		check_work_end(process->check, before);
	}
}

/* Return: 0 or -errno. */
static int begin_scan(struct check_engine *engine, int64_t now_ns)
{
	engine->scan_ns = now_ns;
	engine->scanned = opendir("/proc");
	if (!engine->scanned)
		return -errno;
	engine->scan++;
	engine->doubt = engine->full = false;
	engine->blind = faccessat(engine->proc_fd, "1/comm", R_OK, 0) < 0;
	resolve_all(engine);
	return 0;
}

static void end_scan(struct check_engine *engine, int64_t now_ns)
{
	closedir(engine->scanned);
	engine->scanned = NULL;
	drop_unseen(engine);
	engine->complete = true;
	answer_all(engine, now_ns);
}

/* A piece: others are to be asked meanwhile. */
static void scan_slice(struct check_engine *engine, int64_t now_ns)
{
	const struct dirent *entry;

	for (unsigned i = 0; i < SLICE;) {
		long pid;

		entry = readdir(engine->scanned);
		if (!entry) {
			end_scan(engine, now_ns);
			return;
		}
		pid = strtol(entry->d_name, NULL, 10);
		if (pid <= 0 || pid > INT_MAX)
			continue;
		look(engine, (pid_t)pid);
		i++;
	}
}

static bool is_due(const struct check_engine *engine, int64_t now_ns)
{
	bool current = engine->watch.fd >= 0 && !engine->doubt;

	if (engine->scanned)
		return false;
	return !engine->complete || now_ns - engine->scan_ns >= (current ? SCAN_AGAIN : SCAN_APART);
}

/* ---- events ---- */

/* Return: whether there was one. */
static bool take_event(struct check_engine *engine)
{
	struct sockaddr_nl from = { 0 };
	socklen_t from_len = sizeof(from);
	uint8_t bytes[MESSAGE_LEN] __attribute__((aligned(8)));
	ssize_t len = recvfrom(engine->watch.fd, bytes, sizeof(bytes), MSG_DONTWAIT,
			       (struct sockaddr *)&from, &from_len);
	pid_t pid;

	if (len < 0 && errno == ENOBUFS)
		engine->doubt = true;
	if (len < 0)
		return errno == ENOBUFS || errno == EINTR;
	if (from.nl_pid)
		return true; /* no word of the kernel's */
	switch (proc_event_parse(bytes, (size_t)len, &pid)) {
	case PROC_EVENT_OTHER:
		break;
	case PROC_EVENT_CHANGED:
		look(engine, pid);
		break;
	case PROC_EVENT_ENDED:
		drop_process(engine, pid);
		break;
	}
	return true;
}

static void ready(struct check_watch *watch, uint32_t events, int64_t now_ns)
{
	struct check_engine *engine = watch->self;

	(void)events;
	for (unsigned i = 0; i < EVENTS_MAX && take_event(engine); i++)
		;
	answer_all(engine, now_ns);
}

static bool is_connector(int fd)
{
	socklen_t len = sizeof(int);
	int protocol = 0;

	return fd >= 0 && getsockopt(fd, SOL_SOCKET, SO_PROTOCOL, &protocol, &len) == 0 &&
	       protocol == NETLINK_CONNECTOR;
}

/* Without it, /proc is enough. */
static void open_events(struct check_engine *engine)
{
	struct sock_filter code[PROC_EVENTS_FILTER_LEN];
	const struct sock_fprog program = { PROC_EVENTS_FILTER_LEN, code };

	if (!is_connector(engine->context->proc_events_fd))
		return;
	engine->watch.fd = fcntl(engine->context->proc_events_fd, F_DUPFD_CLOEXEC, 0);
	if (engine->watch.fd < 0)
		return;
	proc_events_filter(code);
	(void)setsockopt(engine->watch.fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program));
	if (check_watch(engine->context, &engine->watch, EPOLLIN) < 0)
		check_unwatch(engine->context, &engine->watch);
}

/* ---- the kind ---- */

static int open_engine(struct check_context *context, struct check_engine **ret_engine)
{
	struct check_engine *engine = calloc(1, sizeof(*engine));

	if (!engine)
		return -ENOMEM;
	engine->context = context;
	engine->proc_fd = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (engine->proc_fd < 0) {
		int err = errno;

		free(engine);
		return -err;
	}
	engine->watch = (struct check_watch){ .fd = -1, .ready = ready, .self = engine };
	open_events(engine);
	*ret_engine = engine;
	return 0;
}

static void close_engine(struct check_engine *engine)
{
	if (engine->scanned)
		closedir(engine->scanned);
	for (unsigned i = 0; i < BUCKETS; i++)
		while (engine->members[i])
			drop(engine, &engine->members[i]);
	check_unwatch(engine->context, &engine->watch);
	close(engine->proc_fd);
	free(engine);
}

static int add(struct check *check)
{
	struct process *process = check->run;

	*process = (struct process){ .next = check->engine->first, .check = check };
	check->engine->first = process;
	check->engine->complete = false;
	return 0;
}

static void remove_check(struct check *check)
{
	struct check_engine *engine = check->engine;
	struct process *process = check->run, **place = &engine->first;

	while (*place && *place != process)
		place = &(*place)->next;
	if (*place)
		*place = process->next;
	for (unsigned i = 0; i < BUCKETS; i++)
		for (struct member **member = &engine->members[i]; *member;)
			if ((*member)->of == process)
				drop(engine, member);
			else
				member = &(*member)->next;
}

/* By what is known, unless that is nothing yet. What a scan that begins finds is told at its end.
 */
static void ask(struct check *check, int64_t now_ns)
{
	struct check_engine *engine = check->engine;
	struct process *process = check->run;
	int err = is_due(engine, now_ns) ? begin_scan(engine, now_ns) : 0;

	/* It may have been aside when a scan began. */
	if (strchr(check->config->process->command, '/') && !process->resolved[0])
		resolve(process);
	if (err < 0)
		check_answer_errno(check, "/proc", -err);
	else if (engine->complete)
		answer(check->run);
}

static void touch(const struct check_config *config)
{
	if (strchr(config->process->command, '/'))
		free(realpath(config->process->command, NULL));
}

static void give_up(struct check *check, int64_t now_ns)
{
	(void)now_ns;
	check_answer(check, CHECK_TIMED_OUT, "still looking at all processes");
}

static int64_t deadline(const struct check_engine *engine)
{
	if (engine->scanned)
		return 0;
	return engine->doubt ? engine->scan_ns + SCAN_APART : CHECK_NEVER;
}

static void work(struct check_engine *engine, int64_t now_ns)
{
	if (!engine->scanned && begin_scan(engine, now_ns) < 0)
		return;
	scan_slice(engine, now_ns);
}

const struct check_kind check_process_kind = {
	.run_size = sizeof(struct process),
	.open = open_engine,
	.close = close_engine,
	.add = add,
	.remove = remove_check,
	.ask = ask,
	.give_up = give_up,
	.deadline = deadline,
	.work = work,
	.touch = touch,
};
