/* SPDX-License-Identifier: MIT */
#include "generation.h"

#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sysexits.h>
#include <unistd.h>

#include "agent/channel.h"
#include "agent/conf/conf.h"
#include "agent/events.h"
#include "agent/figures.h"
#include "agent/helper.h"
#include "capabilities.h"
#include "changes.h"
#include "checks/program.h"
#include "control.h"
#include "keys.h"
#include "routers.h"
#include "agent/log.h"
#include "turn.h"
#include "agent/realtime.h"
#include "agent/state.h"

#define LARGE   (16 << 10)
#define LAST_FD 1000 /* more than are opened; within every usual limit */

/* What a generation owns; unmade in reverse. */
struct generation {
	int channel_fd; /* the conversation with the keeper */
	struct conf *conf;
	struct state *state;
	struct state *old;   /* of the predecessor, NULL when there is nothing to adopt */
	struct conf *before; /* of the predecessor, while keys are read that it may have; or NULL */
	struct keys *keys;   /* what became of their files; NULL after GO */
	struct routers *routers;
	struct control *control;
	struct turn *turn;
	int checks_fd;              /* the configuration for the checker; -1: none; owned */
	char conf_path[4096];       /* of the file, absolute */
	struct events *events;      /* the journal; NULL before GO */
	struct changes *changes;    /* what to tell there of a reload, then NULL; NULL: nothing */
	bool standby;               /* waits with a configuration that was handed down */
	int figures_fd;             /* of CHANNEL_FD_FIGURES, to be read; -1: none */
	bool has_news, has_figures; /* CHANNEL_FD_NEWS, CHANNEL_FD_FIGURES was handed down */
	bool knows_before;          /* the configuration of the predecessor was handed down */
	bool refused;    /* the kernel grants no real-time priority, or no locked memory */
	bool understood; /* the keeper is of a version that talks like this one */
	bool succeeds;   /* another one speaks until this one does */
};

bool generation_is_this(void)
{
	return getenv(CHANNEL_ENVIRONMENT) != NULL;
}

/*
 * The keeper hears of a death by the end of the conversation. Linux closes the descriptors of the
 * dead from the last one to the first, and some wait for a lock that the whole host shares (RTNL,
 * when a socket leaves a group): so it is the last one. Return: the descriptor.
 */
static int move_channel(void)
{
	int fd = fcntl(CHANNEL_FD_CHANNEL, F_DUPFD_CLOEXEC, LAST_FD);

	if (fd < 0) /* a low limit: it is heard a little later */
		return CHANNEL_FD_CHANNEL;
	close(CHANNEL_FD_CHANNEL);
	return fd;
}

/*
 * What this one is for. What the keeper handed down goes no further. Return: 0, or -EPROTO when the
 * keeper is of a version that hands down other things.
 */
static int learn_role(struct generation *g)
{
	const char *role = getenv(CHANNEL_ENVIRONMENT);

	(void)fcntl(CHANNEL_FD_CHANNEL, F_SETFD, FD_CLOEXEC);
	if (strncmp(role, CHANNEL_VERSION, strlen(CHANNEL_VERSION)) != 0)
		return -EPROTO;
	role += strlen(CHANNEL_VERSION);
	g->standby = strcmp(role, CHANNEL_STANDBY) == 0;
	g->succeeds = g->standby || strcmp(role, CHANNEL_SUCCESSOR) == 0;
	if (!g->succeeds && *role)
		return -EPROTO;
	g->understood = true;
	g->channel_fd = move_channel();
	for (int fd = CHANNEL_FD_CHANNEL + 1; fd < CHANNEL_FD_END; fd++)
		(void)fcntl(fd, F_SETFD, FD_CLOEXEC);
	g->knows_before = fcntl(CHANNEL_FD_CONF_IN, F_GETFD) >= 0;
	g->has_news = fcntl(CHANNEL_FD_NEWS, F_GETFD) >= 0;
	g->has_figures = fcntl(CHANNEL_FD_FIGURES, F_GETFD) >= 0;
	return 0;
}

/* Into the journal, once it is ours to write; before that the keeper does it for us. */
static void tell(const struct generation *g, const struct event *event)
{
	struct clocks now = clocks_now();
	char line[EVENT_LINE_SIZE];

	if (g->events)
		events_put(g->events, &now, event);
	else if (g->understood)
		(void)channel_send_event(g->channel_fd, event);
	else
		log_line(event_level(event), now.real_ns, event_line(event, line));
}

static void tell_error(const struct generation *g, enum event_kind kind, int err, const char *text)
{
	struct event event = event_fact(kind, -err, text);

	tell(g, &event);
}

/*
 * The journal is ours from here on: nobody else writes it now. Without a file for it there is one
 * in memory, which ends with this process.
 */
static void open_journal(struct generation *g)
{
	char path[EVENTS_PATH_SIZE];
	int err = events_path("router", path);

	if (err == 0)
		err = events_create(path, g->conf->routers_n, &g->events);
	if (err == 0)
		return;
	(void)events_create(NULL, g->conf->routers_n, &g->events);
	tell_error(g, EVENT_DEGRADED, err, "making the journal in /run/vipd");
}

/* Why this generation cannot run: for the log, and for whoever asked for a reload. */
static void fail(const struct generation *g, const char *doing, int err, const char *advice)
{
	struct event event = event_fact(EVENT_FAILED, -err, doing);
	char text[512];

	snprintf(event.fact.name, sizeof(event.fact.name), "%s", advice);
	tell(g, &event);
	snprintf(text, sizeof(text), "%s: %s", doing, strerror(-err));
	(void)channel_send(g->channel_fd, CHANNEL_ERROR, 0, text);
}

/* Each line is an event. @text: is changed. */
static void tell_lines(const struct generation *g, enum event_kind kind, char *text)
{
	for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n")) {
		struct event event = event_fact(kind, 0, line);

		tell(g, &event);
	}
}

static void tell_warnings(const struct generation *g, const struct conf_errors *errors)
{
	char *text = NULL;
	size_t size;
	FILE *memory = errors->warnings_total ? open_memstream(&text, &size) : NULL;

	if (!memory)
		return;
	conf_warnings_print(errors, memory);
	fclose(memory);
	tell_lines(g, EVENT_CONF_WARNING, text);
	free(text);
}

static void tell_errors(const struct generation *g, const struct conf_errors *errors)
{
	char *text = NULL;
	size_t size;
	FILE *memory = open_memstream(&text, &size);

	/* At start somebody looks on, as with -t; later it is for the log. */
	bool for_log = g->succeeds || log_is_journal();

	if (!for_log || !memory)
		conf_errors_print(errors, stderr);
	if (!memory)
		return;
	conf_errors_print(errors, memory);
	fclose(memory);
	(void)channel_send(g->channel_fd, CHANNEL_ERROR, 0, text);
	if (for_log)
		tell_lines(g, EVENT_CONF_ERROR, text);
	free(text);
}

/*
 * What the predecessor ran: a standby runs it, too, since the file may be broken by now. A
 * successor has another one, and will tell what that changes. A keeper of a version before this
 * hands it down to standbys alone.
 */
static void find_changes(struct generation *g, const char *handed)
{
	if (!g->succeeds || g->standby || !g->knows_before)
		return;
	g->changes = changes_find(handed, g->conf);
	if (g->conf->key_files_n)
		(void)conf_load(handed, &g->before, &(struct conf_errors){ 0 });
	close(CHANNEL_FD_CONF_IN);
}

/* Whoever takes over is the node that runs, whatever the host is called by now; but for what a
 * command line or the file says. */
static int load_file(struct generation *g, const char *conf_path, const char *handed,
		     struct conf_errors *errors)
{
	const char *named = getenv(CONF_NODE_ENVIRONMENT);
	struct conf *before;
	int err;

	if (g->standby) /* it runs already, whatever has become of what it names */
		return conf_load_as(conf_path, named, &g->conf, errors);
	if (named || !g->succeeds || !g->knows_before || conf_load(handed, &before, errors) < 0)
		return conf_load_here(conf_path, named, &g->conf, errors);
	err = conf_load_like(conf_path, before->node, &g->conf, errors);
	conf_free(before);
	return err;
}

/* It lies beside this program, or beside the one that has taken its place. */
static bool lacks_checker(const struct conf *conf)
{
	char path[4096], *slash;
	ssize_t len = readlink("/proc/self/exe", path, sizeof(path) - sizeof(HELPER_CHECKER));

	path[len < 0 ? 0 : len] = '\0';
	slash = strrchr(path, '/');
	if (!conf->checks_n || !slash || strncmp(path, "/memfd:", 7) == 0)
		return false;
	strcpy(slash + 1, HELPER_CHECKER);
	return access(path, X_OK) < 0 && errno == ENOENT;
}

static void tell_lack(const struct generation *g)
{
	char text[] = "there are checks, and " HELPER_CHECKER
		      ", which asks them, does not lie beside vipd any more\n";

	(void)channel_send(g->channel_fd, CHANNEL_ERROR, 0, text);
	tell_lines(g, EVENT_CONF_ERROR, text);
}

static int load(struct generation *g, const char *conf_path)
{
	char handed[32];
	struct conf_errors errors;

	snprintf(handed, sizeof(handed), "/proc/self/fd/%d", CHANNEL_FD_CONF_IN);
	/* What is large lives outside of the heap, or it would lie between what can be given back
	 * and its end: locked memory has no untouched pages. */
	(void)mallopt(M_MMAP_THRESHOLD, LARGE);
	if (g->standby)
		conf_path = handed;
	if (load_file(g, conf_path, handed, &errors) < 0) {
		tell_errors(g, &errors);
		return EX_CONFIG;
	}
	if (!g->standby) /* it reads what runs, of which that was told */
		tell_warnings(g, &errors);
	find_changes(g, handed);
	if (g->succeeds && !g->standby && lacks_checker(g->conf)) {
		tell_lack(g);
		return EX_CONFIG;
	}
	(void)malloc_trim(0); /* the parser needs more than all that comes after it */
	return 0;
}

/* Nobody can change it from here on. */
static int seal(int fd)
{
	const int seals = F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE;

	return fcntl(fd, F_ADD_SEALS, seals) < 0 ? -errno : 0;
}

/* What runs, for a standby, and for whoever asks. */
static int leave_conf(const struct conf *conf)
{
	int fd = dup(CHANNEL_FD_CONF_OUT);
	FILE *out = fd < 0 ? NULL : fdopen(fd, "w");

	if (!out)
		return -errno;
	conf_dump(conf, out);
	if (fclose(out) != 0)
		return -errno;
	return seal(CHANNEL_FD_CONF_OUT);
}

/* What the checker shall know: it has no use for what routers authenticate with. */
static int leave_checks(struct generation *g)
{
	int fd, err;
	FILE *out;

	if (!g->conf->checks_n)
		return 0;
	g->checks_fd = memfd_create("vipd-checks", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	fd = g->checks_fd < 0 ? -1 : dup(g->checks_fd);
	out = fd < 0 ? NULL : fdopen(fd, "w");
	if (!out)
		return -errno;
	err = conf_dump_checks(g->conf, out);
	if (fclose(out) != 0)
		return -errno;
	return err < 0 ? err : seal(g->checks_fd);
}

/* A predecessor's elections; none, or such that cannot be read, mean a cold start. */
static struct state *open_old(const struct generation *g, int fd)
{
	struct event event;
	struct state *old;
	int err;

	if (fd < 0)
		return NULL;
	err = state_open(fd, &old);
	close(fd);
	if (err == 0)
		return old;
	event = event_fact(EVENT_NOT_ADOPTED, -err, NULL);
	event.fact.word = err == -EPROTO;
	tell(g, &event);
	return NULL;
}

static void fail_routers(const struct generation *g, const char *what, int err)
{
	fail(g, what, err,
	     err == -EPERM ? "vipd needs CAP_NET_ADMIN and CAP_NET_RAW: run it as root" : "");
}

static void open_figures(struct generation *g)
{
	int err = g->has_figures ? routers_lend_figures(g->routers, CHANNEL_FD_FIGURES) : 0;

	if (err == 0 && g->has_figures)
		err = figures_reader(CHANNEL_FD_FIGURES);
	g->figures_fd = g->has_figures && err >= 0 ? err : -1;
	if (err < 0)
		tell_error(g, EVENT_DEGRADED, err, "leaving what is measured");
}

static int open_routers(struct generation *g)
{
	struct clocks now = clocks_now();
	const char *what;
	int err = routers_open(g->routers, CHANNEL_FD_SENDER, &now, &what);

	if (err < 0)
		fail_routers(g, what, err);
	return err;
}

/*
 * No address waits for a control socket: it is made when it can be. But who has another vipd there,
 * or has just given the socket another place, is better told at once. After a crash nobody is.
 */
static bool refuses(const struct generation *g, int err)
{
	return !g->standby && (err == -EADDRINUSE || changes_touch(g->changes, "control"));
}

static void fail_control(const struct generation *g, int err)
{
	char doing[160];

	snprintf(doing, sizeof(doing), "listening on the control socket %s", g->conf->control);
	fail(g, doing, err,
	     err == -EADDRINUSE ? "another process listens there: set control to another path"
				: "");
}

static int open_ctl(struct generation *g)
{
	enum control_birth birthplace = g->standby    ? CONTROL_BIRTH_STANDBY
					: g->succeeds ? CONTROL_BIRTH_SUCCESSOR
						      : CONTROL_BIRTH_FIRST;
	const struct answer_facts facts = { .conf = g->conf,
					    .conf_path = g->conf_path,
					    .conf_fd = CHANNEL_FD_CONF_OUT,
					    .figures_fd = g->figures_fd,
					    .routers = g->routers };
	int err = control_open(&facts, &g->control);

	if (err < 0) {
		fail(g, "opening the control socket", err, "");
		return g->standby ? 0 : err;
	}
	err = control_listen(g->control, birthplace);
	if (err < 0 && refuses(g, err)) {
		fail_control(g, err);
		return err;
	}
	if (err < 0)
		tell_error(g, EVENT_CONTROL, err, g->conf->control);
	return 0;
}

/* One warning, for whichever is refused first. */
static void be_realtime(struct generation *g, int (*means)(const char **ret_what))
{
	const char *what;
	int err = g->conf->realtime ? means(&what) : 0;

	if (err < 0 && !g->refused) {
		struct event event = event_fact(EVENT_REALTIME, -err, what);

		tell(g, &event);
	}
	g->refused |= err < 0;
}

/* An entry for each router, in the order of the configuration. */
static int new_state(struct generation *g)
{
	struct state_router *routers = calloc(g->conf->routers_n + 1, sizeof(*routers));
	int err;

	if (!routers)
		return -ENOMEM;
	for (unsigned i = 0; i < g->conf->routers_n; i++)
		routers[i] = router_state(&g->conf->routers[i]);
	err = state_new(CHANNEL_FD_STATE, g->conf->control, routers, g->conf->routers_n, &g->state);
	free(routers);
	return err;
}

/* Files are read while a predecessor still speaks. A reload that would leave a router without the
 * key that it is to sign with is refused; at a start that router alone is in fault. */
static int prepare_keys(struct generation *g)
{
	char why[KEYS_WHY_SIZE];
	int err = g->standby ? keys_none(g->conf, g->state, &g->keys)
			     : keys_read(g->conf, g->state, &g->keys);

	if (err < 0) {
		fail(g, "reading the keys", err, "");
		return err;
	}
	if (!g->succeeds || g->standby || keys_are_complete(g->keys, g->before, why))
		return 0;
	fail(g, why, -ENOKEY, "");
	return -ENOKEY;
}

/* What takes time that grows with the configuration. */
static int prepare(struct generation *g)
{
	const char *what;
	int err = leave_conf(g->conf);

	if (err == 0)
		err = leave_checks(g);
	if (err == 0)
		err = new_state(g);
	if (err < 0) {
		fail(g, "laying out the state memory", err,
		     err == -EFBIG ? "raise the limit on the size of files (RLIMIT_FSIZE)" : "");
		return err;
	}
	err = prepare_keys(g);
	conf_free(g->before);
	g->before = NULL;
	if (err < 0)
		return err;
	err = routers_new(g->conf, g->state, &g->routers, &what);
	if (err < 0) {
		fail_routers(g, what, err);
		return err;
	}
	err = routers_lend(g->routers, CHANNEL_FD_FILTER);
	if (err < 0) {
		fail_routers(g, "opening the socket of nftables", err);
		return err;
	}
	err = g->conf->checks_n ? routers_lend_board(g->routers, CHANNEL_FD_BOARD, CHANNEL_FD_FOUND)
				: 0;
	if (err < 0)
		tell_error(g, EVENT_DEGRADED, err, "reading what checks find");
	open_figures(g);
	/* So that a standby need not read it back when it is needed. */
	if (g->conf->realtime)
		realtime_keep();
	return 0;
}

/* All that the kernel might refuse, or that would fill with news while nobody reads them. */
static int open_all(struct generation *g)
{
	int err = open_routers(g);

	if (err == 0)
		err = open_ctl(g);
	if (err < 0)
		return err;
	err = turn_open(g->channel_fd, g->has_news ? CHANNEL_FD_NEWS : -1, &g->turn);
	if (err < 0)
		fail(g, "opening the loop", err, "");
	return err;
}

/* For a word to the keeper, who passes some on as fast as the predecessor reads. Nobody waits for
 * this process yet. */
static void await_room(const struct generation *g)
{
	struct pollfd fd = { .fd = g->channel_fd, .events = POLLOUT };

	(void)poll(&fd, 1, -1);
}

/* So that they leave without a gap, while all others are still in the predecessor's hands. */
static void say_gone(const struct generation *g)
{
	const char *name = changes_gone(g->changes, 0);

	if (name)
		(void)channel_send(g->channel_fd, CHANNEL_GONE, 0, NULL);
	for (unsigned i = 0; (name = changes_gone(g->changes, i)); i++) {
		await_room(g);
		(void)channel_send(g->channel_fd, CHANNEL_GONE, 0, name);
	}
}

/*
 * Wait for GO: the predecessor still runs the routers. Return: 0, or -EPIPE without a keeper.
 * @ret_state_fd: owned by the caller; or -1.
 */
static int await_go(const struct generation *g, int64_t *ret_frozen_real_ns, int *ret_state_fd)
{
	struct pollfd fd = { .fd = g->channel_fd, .events = POLLIN };
	static struct channel_message message;
	int program_fd = open("/proc/self/exe", O_PATH | O_CLOEXEC);
	int got;

	say_gone(g);
	await_room(g);
	got = channel_send_fd(g->channel_fd, CHANNEL_READY, 0, program_fd);
	if (program_fd >= 0)
		close(program_fd);

	while (got == 0) {
		(void)poll(&fd, 1, -1);
		got = channel_receive(g->channel_fd, &message);
		if (got > 0 && message.type != CHANNEL_GO)
			got = 0;
	}
	if (got < 0)
		return got;
	*ret_frozen_real_ns = message.ns;
	*ret_state_fd = message.attached_fd;
	return 0;
}

/*
 * Be ready, and wait. A successor has opened everything by then, since it must not fail later; a
 * standby opens it when it is needed, since it may wait for months.
 */
static int await_turn(struct generation *g, int64_t *ret_frozen_real_ns)
{
	int state_fd = -1;
	int err = g->standby ? 0 : open_all(g);

	if (err == 0)
		err = await_go(g, ret_frozen_real_ns, &state_fd);
	if (err < 0)
		return err;
	(void)prctl(PR_SET_NAME, "vipd-router");
	open_journal(g);
	/* Not before: until then another one has the same priority, and is in time. */
	be_realtime(g, realtime_enter);
	g->old = open_old(g, state_fd);
	return g->standby ? open_all(g) : 0;
}

/* What waits for commands is told behind that: they are those of this configuration. */
static void tell_started(const struct generation *g)
{
	struct event event = event_fact(EVENT_STARTED, 0, VIPD_VERSION);
	struct clocks now;

	snprintf(event.fact.name, sizeof(event.fact.name), "%s", g->conf->node);
	event.fact.number[0] = g->conf->routers_n;
	event.fact.number[1] = conf_needs_notifier(g->conf);
	tell(g, &event);
	now = clocks_now();
	routers_tell_holds(g->routers, &now);
}

static void tell_changes(struct generation *g)
{
	struct clocks now = clocks_now();

	if (g->changes && g->events)
		changes_put(g->changes, g->events, &now);
	changes_free(g->changes);
	g->changes = NULL;
}

static void tell_keys(const struct event *event, void *arg)
{
	struct generation *g = arg;

	if (event->fact.word == EVENT_KEYS_TAKEN)
		changes_note_keys(g->changes);
	tell(g, event);
}

static void settle_keys(struct generation *g)
{
	keys_settle(g->keys, g->old, tell_keys, g);
	keys_free(g->keys);
	g->keys = NULL;
}

static void remember(const struct kept *kept, void *arg)
{
	const struct generation *g = arg;
	struct clocks now = clocks_now();

	routers_remember(g->routers, &now, kept, g->events);
}

/* What the notifier has written, who is another user. */
static int read_drains(struct generation *g)
{
	struct clocks now = clocks_now();
	struct check_user user = { 0 };
	bool by_default;

	(void)check_user_find(conf_user(g->conf, &by_default), &user);
	return kept_read_drains(conf_state_dir(g->conf), user.uid, now.mono_ns,
				now.real_ns - now.mono_ns, remember, g);
}

/* The first one goes on with what the last one was told, or what was before the host's start. */
static void take_kept(struct generation *g)
{
	int err = g->succeeds ? 0 : kept_take(remember, g);

	if (err == -ENOENT && conf_needs_notifier(g->conf))
		err = read_drains(g);
	if (err < 0 && err != -ENOENT)
		tell_error(g, EVENT_DEGRADED, err, "reading what was kept of drains");
}

static int go(struct generation *g)
{
	struct clocks now;
	int64_t frozen_real_ns = 0;
	int err = await_turn(g, &frozen_real_ns);

	if (err < 0)
		return err;
	settle_keys(g);
	now = clocks_now();
	routers_hold(g->routers, now.mono_ns + g->conf->boot_delay_ns - clocks_up_ns());
	take_kept(g);
	err = routers_go(g->routers, &now, g->old, frozen_real_ns, g->events);
	if (err < 0)
		tell_error(g, EVENT_FAILED, err, "removing leftovers, tried again every second");
	err = control_publish(g->control, g->old ? state_control(g->old) : g->conf->control);
	if (err < 0)
		tell_error(g, EVENT_CONTROL, err, g->conf->control);
	tell_changes(g);
	return 0;
}

/* What only the beginning needed. That it takes time to give it back is for who has some. */
static void forget_beginning(struct generation *g)
{
	state_close(g->old);
	g->old = NULL;
	if (g->standby)
		close(CHANNEL_FD_CONF_IN);
}

static void close_all(struct generation *g)
{
	turn_close(g->turn);
	if (g->checks_fd >= 0)
		close(g->checks_fd);
	control_close(g->control);
	if (g->figures_fd >= 0)
		close(g->figures_fd);
	routers_close(g->routers);
	conf_free(g->before);
	keys_free(g->keys);
	state_close(g->old);
	state_close(g->state);
	events_close(g->events);
	changes_free(g->changes);
	conf_free(g->conf);
}

/* The keeper starts them. If it is gone, that is noticed soon. */
static void tell_helpers(const struct generation *g)
{
	(void)channel_send_fd(g->channel_fd, CHANNEL_CHECKS, g->conf->checks_n, g->checks_fd);
	(void)channel_send_fd(g->channel_fd, CHANNEL_NOTIFIES, conf_needs_notifier(g->conf),
			      g->events ? events_fd(g->events) : -1);
}

int generation_run(const char *conf_path)
{
	struct generation g = { .channel_fd = CHANNEL_FD_CHANNEL,
				.checks_fd = -1,
				.figures_fd = -1 };
	int status;

	/* Writing a core would keep the next one waiting: the kernel closes the conversation after.
	 */
	(void)prctl(PR_SET_DUMPABLE, 0);
	(void)capabilities_drop();
	answer_path(conf_path, g.conf_path, sizeof(g.conf_path));
	if (learn_role(&g) < 0) {
		fail(&g, "taking over", -EPROTO,
		     "the vipd that runs is of another version: restart it to upgrade");
		return EXIT_FAILURE;
	}
	(void)prctl(PR_SET_NAME, g.standby ? "vipd-standby" : "vipd-router");
	status = load(&g, conf_path);
	if (status) {
		close_all(&g);
		return status;
	}
	status = EXIT_FAILURE;
	if (prepare(&g) == 0 && go(&g) == 0) {
		tell_started(&g);
		forget_beginning(&g);
		/* Not before: touching all memory takes time, which the routers had not. */
		be_realtime(&g, realtime_lock);
		tell_helpers(&g);
		status = turn_run(g.turn, g.state, g.routers, g.control, g.events) < 0
				 ? EXIT_FAILURE
				 : CHANNEL_EXIT_LEFT;
		tell_error(&g, EVENT_STOPPED, 0, NULL);
	}
	close_all(&g);
	return status;
}
