/* SPDX-License-Identifier: MIT */
/*
 * The checker: a program of its own, started by the keeper, since it needs libraries and rights
 * that the others do without. It reads the configuration that runs, gives up what rights it can,
 * asks, and writes what it finds to the board.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sysexits.h>
#include <unistd.h>

#include "agent/board.h"
#include "agent/channel.h"
#include "agent/conf/conf.h"
#include "agent/helper.h"
#include "agent/loop.h"
#include "agent/signals.h"
#include "checks/cgroup.h"
#include "memory.h"
#include "process_events.h"
#include "needs.h"
#include "schedule.h"

struct checker {
	struct conf *conf; /* owned, as all below */
	struct board *board;
	struct schedule *schedule;
	struct loop *loop;
	int signal_fd;
	struct schedule_fds fds;        /* owned, but for what was handed down */
	struct channel_message message; /* that is being read */
};

/* ---- to the keeper ---- */

/* Why it cannot run, or does without something. */
static void tell(enum event_kind kind, const char *doing, int err, const char *advice)
{
	struct event event = event_fact(kind, -err, doing);

	snprintf(event.fact.name, sizeof(event.fact.name), "%s", advice ? advice : "");
	(void)channel_send_event(HELPER_FD_CHANNEL, &event);
}

static int fail(const char *doing, int err)
{
	tell(EVENT_FAILED, doing, err, NULL);
	return EXIT_FAILURE;
}

/* ---- the loop ---- */

static void run_schedule(void *self, const struct clocks *now, unsigned readable)
{
	(void)readable;
	schedule_dispatch(((struct checker *)self)->schedule, now);
}

static int64_t schedule_next(const void *self)
{
	return schedule_deadline(((const struct checker *)self)->schedule);
}

/* Nothing is said to a checker: it is ended, and another one started. An interrupt from a terminal
 * reaches all of vipd, and is the keeper's to answer. */
static void run_orders(void *self, const struct clocks *now, unsigned readable)
{
	struct checker *checker = self;
	struct signalfd_siginfo info;
	int got;

	(void)now;
	(void)readable;
	while (read(checker->signal_fd, &info, sizeof(info)) == sizeof(info))
		if (info.ssi_signo == SIGTERM)
			loop_stop(checker->loop);
	while ((got = channel_receive(HELPER_FD_CHANNEL, &checker->message)) > 0)
		if (checker->message.attached_fd >= 0)
			close(checker->message.attached_fd);
	if (got < 0)
		loop_stop(checker->loop);
}

static int open_loop(struct checker *checker)
{
	const struct loop_part parts[] = {
		{ { schedule_fd(checker->schedule), -1, -1, -1, -1, -1 },
		  checker,
		  run_schedule,
		  schedule_next },
		{ { checker->signal_fd, HELPER_FD_CHANNEL, -1, -1, -1, -1 },
		  checker,
		  run_orders,
		  NULL },
	};
	int err = loop_open(&checker->loop);

	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]) && err == 0; i++)
		err = loop_add(checker->loop, &parts[i]);
	return err;
}

/* ---- from the start to the end ---- */

static int load(struct checker *checker)
{
	char path[32];
	struct conf_errors errors;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", HELPER_FD_CONF);
	return conf_load(path, &checker->conf, &errors);
}

static int begin(struct checker *checker)
{
	struct clocks now = clocks_now();
	int err = board_open(HELPER_FD_BOARD, HELPER_FD_NEWS, true, &checker->board);

	if (err == 0)
		err = schedule_open(checker->conf->checks, checker->conf->checks_n, checker->board,
				    checker->fds, &now, &checker->schedule);
	return err;
}

/* Handed down, or while we may. */
static void open_processes(struct checker *checker)
{
	if (!needs_kind(checker->conf, CHECK_PROCESS) || checker->fds.proc_events >= 0)
		return;
	checker->fds.proc_events = process_events_open();
	if (checker->fds.proc_events < 0)
		tell(EVENT_DEGRADED, "hearing of processes", checker->fds.proc_events,
		     "checks of processes look at /proc once a second");
}

/* While we may, too; where nothing was delegated there is nothing to tell. */
static void enter_cgroup(struct checker *checker)
{
	if (!needs_kind(checker->conf, CHECK_COMMAND))
		return;
	checker->fds.cgroup = check_cgroup_enter(needs_uid(checker->conf));
	if (checker->fds.cgroup < 0 && checker->fds.cgroup != -ENODEV)
		tell(EVENT_DEGRADED, "using the control group that was delegated",
		     checker->fds.cgroup,
		     checker->fds.cgroup == -EROFS
			     ? "commands have none: ProtectControlGroups=no is missing"
			     : "commands have none of their own");
}

/* Even if somebody has stopped it. After the last change of the user, which forgets that; what the
 * keeper itself is replaced by, by exec, is still our parent. */
static void die_with(pid_t keeper)
{
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != keeper)
		_exit(EXIT_SUCCESS);
}

/* The one before this one was killed in it. */
static void tell_hung(const struct checker *checker)
{
	const char *name = schedule_hung(checker->schedule);
	char doing[64];

	if (!name)
		return;
	snprintf(doing, sizeof(doing), "asking check %s", name);
	tell(EVENT_DEGRADED, doing, -ETIMEDOUT,
	     "it blocked all in the kernel: its file system hangs");
}

static int run(struct checker *checker, pid_t keeper)
{
	static const int signals[] = { SIGTERM, SIGINT, 0 };
	const char *doing;
	int err = load(checker);

	if (err < 0)
		return fail("reading the configuration that runs", err);
	open_processes(checker);
	enter_cgroup(checker);
	err = needs_reduce(checker->conf, &doing);
	if (err < 0)
		return fail(doing, err);
	die_with(keeper);
	err = signals_open(signals, &checker->signal_fd);
	if (err == 0)
		err = begin(checker);
	if (err == 0)
		err = open_loop(checker);
	if (err < 0)
		return fail("opening what the checks need", err);
	tell_hung(checker);
	memory_let_go();
	memory_keep_from_children();
	err = loop_run(checker->loop);
	return err < 0 ? fail("waiting for answers", err) : EXIT_SUCCESS;
}

/* What a command leaves behind becomes our child. A descriptor that is missing is looked for before
 * something else gets its number. */
static int prepare(struct checker *checker)
{
	const char *version = getenv(HELPER_ENVIRONMENT);

	if (!version) {
		fputs("vipd-checker is started by vipd\n", stderr);
		return EX_USAGE;
	}
	if (strcmp(version, HELPER_VERSION) != 0)
		return EX_PROTOCOL;
	for (int fd = HELPER_FD_CHANNEL; fd < HELPER_FD_END; fd++)
		(void)fcntl(fd, F_SETFD, FD_CLOEXEC);
	if (fcntl(HELPER_FD_PROCESSES, F_GETFD) >= 0)
		checker->fds.proc_events = HELPER_FD_PROCESSES;
	(void)prctl(PR_SET_CHILD_SUBREAPER, 1);
	return 0;
}

int main(void)
{
	struct checker checker = { .signal_fd = -1, .fds = { -1, -1 } };
	pid_t keeper = getppid();
	int status;

	signals_ignore_strangers();
	status = prepare(&checker);
	if (status)
		return status;
	status = run(&checker, keeper);
	loop_close(checker.loop);
	schedule_close(checker.schedule);
	board_close(checker.board);
	conf_free(checker.conf);
	return status;
}
