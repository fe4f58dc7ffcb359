/* SPDX-License-Identifier: MIT */
/*
 * The notifier: a program of its own, started by the keeper, since it needs a database, runs
 * commands, and may be slow at both. It reads the journal and tells whom the configuration names.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sysexits.h>
#include <unistd.h>

#include "agent/channel.h"
#include "agent/conf/conf.h"
#include "agent/helper.h"
#include "agent/loop.h"
#include "agent/rights.h"
#include "agent/signals.h"
#include "fifo.h"
#include "home.h"
#include "notifier.h"
#include "page.h"
#include "scrape.h"

struct process {
	struct conf *conf; /* owned, as all below */
	struct notifier *notifier;
	struct loop *loop;
	int signal_fd;
	struct scrape *scrape; /* NULL: no metrics are wanted, as the next one */
	struct page *page;
	bool has_events, has_figures, has_facts,
		has_begun;              /* HELPER_FD_EVENTS and the like were handed down */
	bool hung_up;                   /* the keeper has */
	bool told_to_end;               /* before it did */
	struct channel_message message; /* that is being read */
};

/* ---- to the keeper ---- */

static int send_event(void *arg, const struct event *event)
{
	(void)arg;
	return channel_send_event(HELPER_FD_CHANNEL, event);
}

static void tell(enum event_kind kind, const char *doing, int err, const char *advice)
{
	struct event event = event_fact(kind, -err, doing);

	snprintf(event.fact.name, sizeof(event.fact.name), "%s", advice ? advice : "");
	(void)send_event(NULL, &event);
}

static int fail(const char *doing, int err)
{
	tell(EVENT_FAILED, doing, err, NULL);
	return EXIT_FAILURE;
}

static void tell_fifo(const char *path, int err)
{
	char doing[160];

	snprintf(doing, sizeof(doing), "opening the FIFO %s", path);
	tell(EVENT_DEGRADED, doing, -err, err == ENOTSUP ? "something else has that name" : NULL);
}

/* ---- the loop ---- */

static void run_notifier(void *self, const struct clocks *now, unsigned readable)
{
	struct process *process = self;

	(void)readable;
	notifier_dispatch(process->notifier, now);
	if (notifier_has_ended(process->notifier))
		loop_stop(process->loop);
}

static int64_t notifier_next(const void *self)
{
	return notifier_deadline(((const struct process *)self)->notifier);
}

/* Who hangs up says before whether vipd was stopped. */
static void read_channel(struct process *process, int64_t now_ns)
{
	int got = 0;

	while (!process->hung_up &&
	       (got = channel_receive(HELPER_FD_CHANNEL, &process->message)) > 0) {
		if (process->message.attached_fd >= 0)
			close(process->message.attached_fd);
		process->told_to_end |= process->message.type == CHANNEL_FREEZE;
		if (process->message.type == CHANNEL_GO)
			notifier_go_on(process->notifier, now_ns);
	}
	if (got >= 0)
		return;
	process->hung_up = true;
	loop_unwatch(process->loop, HELPER_FD_CHANNEL);
	notifier_end(process->notifier, process->told_to_end ? NOTIFIER_STOPPED : NOTIFIER_ORPHANED,
		     now_ns);
}

/* An interrupt from a terminal reaches all of vipd, and is the keeper's to answer. */
static void run_orders(void *self, const struct clocks *now, unsigned readable)
{
	struct process *process = self;
	struct signalfd_siginfo info;

	(void)readable;
	read_channel(process, now->mono_ns);
	while (read(process->signal_fd, &info, sizeof(info)) == sizeof(info))
		if (info.ssi_signo == SIGTERM)
			notifier_end(process->notifier, NOTIFIER_REPLACED, now->mono_ns);
}

static int open_loop(struct process *process)
{
	const struct loop_part parts[] = {
		{ { process->signal_fd, HELPER_FD_CHANNEL, -1, -1, -1, -1 },
		  process,
		  run_orders,
		  NULL },
		{ { notifier_fd(process->notifier), process->has_events ? HELPER_FD_EVENTS : -1, -1,
		    -1, -1, -1 },
		  process,
		  run_notifier,
		  notifier_next },
	};
	int err = loop_open(&process->loop);

	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]) && err == 0; i++)
		err = loop_add(process->loop, &parts[i]);
	return err;
}

/* ---- metrics ---- */

static void run_page(void *self, const struct clocks *now, unsigned readable)
{
	struct process *process = self;
	char doing[CONF_ENDPOINT_SIZE + 64];
	int error = page_dispatch(process->page, now);

	(void)readable;
	snprintf(doing, sizeof(doing), "serving metrics at %s", process->conf->metrics);
	if (error)
		tell(EVENT_DEGRADED, doing, -error,
		     error == EADDRINUSE ? "something else listens there" : NULL);
}

static int64_t page_next(const void *self)
{
	return page_deadline(((const struct process *)self)->page);
}

static void count_notify(void *arg, struct metrics_notify *ret_notify)
{
	notifier_count(((struct process *)arg)->notifier, ret_notify);
}

static int open_page(struct process *process)
{
	struct loop_part part = { { -1, -1, -1, -1, -1, -1 }, process, run_page, page_next };
	union conf_endpoint endpoint;
	int err;

	if (!conf_endpoint(process->conf->metrics, &endpoint))
		return 0;
	process->scrape = scrape_open(process->has_figures ? HELPER_FD_FIGURES : -1,
				      process->has_facts ? HELPER_FD_FACTS : -1,
				      process->conf->node, count_notify, process);
	if (!process->scrape)
		return -ENOMEM;
	err = page_open(&endpoint, scrape_make, process->scrape, &process->page);
	if (err < 0)
		return err;
	part.fds[0] = page_fd(process->page);
	return loop_add(process->loop, &part);
}

/* ---- from the start to the end ---- */

static int load(struct process *process)
{
	char path[32];
	struct conf_errors errors;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", HELPER_FD_CONF);
	return conf_load(path, &process->conf, &errors);
}

static bool has_other_user(const struct conf_notify *list, unsigned n, const char *user)
{
	for (unsigned i = 0; i < n; i++)
		if (list[i].user[0] && strcmp(list[i].user, user) != 0)
			return true;
	return false;
}

static bool changes_user(const struct conf *conf, const char *user)
{
	bool changes = has_other_user(conf->notify, conf->notify_n, user);

	for (unsigned i = 0; i < conf->written_n && !changes; i++)
		changes = has_other_user(conf->written[i].notify, conf->written[i].notify_n, user);
	for (unsigned i = 0; i < conf->groups_n && !changes; i++)
		changes = has_other_user(conf->groups[i].notify, conf->groups[i].notify_n, user);
	return changes;
}

/* What needs rights, and then no more of them. */
static int settle(const struct conf *conf, struct fifos **ret_fifos, int *ret_home_err,
		  const char **ret_doing)
{
	static const int kept[] = { CAP_SETUID, CAP_SETGID, CAP_KILL };
	bool by_default;
	const char *name = conf_user(conf, &by_default);
	const struct passwd *user = geteuid() == 0 ? getpwnam(name) : NULL;
	uid_t uid = user ? user->pw_uid : geteuid();
	gid_t gid = user ? user->pw_gid : getegid();

	*ret_home_err = home_make(conf_state_dir(conf), uid, gid);
	*ret_fifos = fifos_open(conf, uid, gid, tell_fifo);
	if (!*ret_fifos) {
		*ret_doing = "opening FIFOs";
		return -ENOMEM;
	}
	return rights_become(name, kept, changes_user(conf, name) ? 3 : 0, ret_doing);
}

static bool is_orphan(pid_t keeper)
{
	return getppid() != keeper;
}

static int run(struct process *process, pid_t keeper)
{
	static const int signals[] = { SIGTERM, SIGINT, 0 };
	static char boot[HOME_BOOT_SIZE], life[HOME_LIFE_SIZE];
	const int rings[] = { HELPER_FD_KEEPER_RING, HELPER_FD_ROUTER_RING };
	struct notifier_setting setting = { .life = life,
					    .boot = boot,
					    .rings = rings,
					    .events_fd =
						    process->has_events ? HELPER_FD_EVENTS : -1,
					    .begun_fd = process->has_begun ? HELPER_FD_BEGUN : -1,
					    .tell = send_event,
					    .is_orphan = is_orphan,
					    .keeper = keeper };
	struct clocks now;
	const char *doing;
	int err = load(process);

	if (err < 0)
		return fail("reading the configuration that runs", err);
	home_boot(boot);
	home_life(boot, keeper, life);
	if (is_orphan(keeper))
		return EXIT_SUCCESS; /* whose life it was nobody can tell any more */
	err = settle(process->conf, &setting.fifos, &setting.home_err, &doing);
	if (err < 0)
		return fail(doing, err);
	setting.conf = process->conf;
	setting.directory = conf_state_dir(process->conf);
	now = clocks_now();
	setting.life_ns = home_life_start(life, &now);
	err = notifier_open(&setting, &now, &process->notifier);
	if (err == -ESRCH)
		return EXIT_SUCCESS;
	if (err == 0)
		err = signals_open(signals, &process->signal_fd);
	if (err == 0)
		err = open_loop(process);
	if (err == 0)
		err = open_page(process);
	if (err < 0)
		return fail("opening what it takes to tell anybody", err);
	err = loop_run(process->loop);
	return err < 0 ? fail("waiting for events", err) : EXIT_SUCCESS;
}

/* What a command leaves behind becomes our child. A descriptor that is missing is looked for before
 * something else gets its number. */
static int prepare(struct process *process)
{
	const char *version = getenv(HELPER_ENVIRONMENT);

	if (!version) {
		fputs("vipd-notifier is started by vipd\n", stderr);
		return EX_USAGE;
	}
	if (strcmp(version, HELPER_VERSION) != 0)
		return EX_PROTOCOL;
	process->has_events = fcntl(HELPER_FD_EVENTS, F_GETFD) >= 0;
	process->has_figures = fcntl(HELPER_FD_FIGURES, F_GETFD) >= 0;
	process->has_facts = fcntl(HELPER_FD_FACTS, F_GETFD) >= 0;
	process->has_begun = fcntl(HELPER_FD_BEGUN, F_GETFD) >= 0;
	for (int fd = HELPER_FD_CHANNEL; fd < HELPER_FD_END; fd++)
		if (fcntl(fd, F_SETFD, FD_CLOEXEC) < 0)
			(void)dup3(STDERR_FILENO, fd,
				   O_CLOEXEC); /* so that nothing else is there */
	(void)prctl(PR_SET_CHILD_SUBREAPER, 1);
	return 0;
}

/* It may have died by now: our parent is somebody else then. Return: 0: it is of no use. */
static pid_t keeper_of(int channel_fd)
{
	struct ucred keeper;
	socklen_t len = sizeof(keeper);

	return getsockopt(channel_fd, SOL_SOCKET, SO_PEERCRED, &keeper, &len) < 0 ? 0 : keeper.pid;
}

int main(void)
{
	struct process process = { .signal_fd = -1 };
	int status;

	signals_ignore_strangers();
	status = prepare(&process);
	if (status)
		return status;
	status = run(&process, keeper_of(HELPER_FD_CHANNEL));
	loop_close(process.loop);
	page_close(process.page);
	scrape_close(process.scrape);
	notifier_close(process.notifier);
	conf_free(process.conf);
	return status;
}
