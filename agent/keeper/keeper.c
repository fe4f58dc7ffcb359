/* SPDX-License-Identifier: MIT */
#include "keeper.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "keeper_private.h"
#include "service.h"
#include "claim.h"
#include "will.h"

#define STOP_TIMEOUT_NS (5 * KEEPER_NS_PER_S) /* to leave gracefully */

/* ---- messages, signals, time ---- */

static void on_current(struct keeper *keeper, const struct channel_message *message)
{
	if (keeper->stopping)
		return;
	if (message->type == CHANNEL_FROZEN && keeper->freezing)
		keeper_on_frozen(keeper, message->ns);
	else if (message->type == CHANNEL_RELOAD)
		keeper->reload_due = true;
	else if (message->type == CHANNEL_ALIVE)
		keeper_on_alive(keeper, message->text);
}

static void on_newcomer(struct keeper *keeper, struct child *child,
			const struct channel_message *message)
{
	struct event event;

	if (message->type == CHANNEL_READY && !child->ready) {
		child->ready = true;
		child->program_fd = message->attached_fd;
	} else if (message->type == CHANNEL_EVENT) {
		channel_event(message, &event);
		tell(keeper->teller, &event);
	} else if (message->type == CHANNEL_ERROR && child == &keeper->next) {
		snprintf(keeper->error, sizeof(keeper->error), "%s", message->text);
	}
}

/*
 * What a child says that does not speak on the wire. Whether it is ready counts when all it said
 * was read: it may have ended since.
 */
static void read_newcomer(struct keeper *keeper, struct child *child)
{
	struct channel_message *message = &keeper->message;
	bool was_ready = child->ready;
	int got = 0;

	while (child->channel_fd >= 0 && (got = channel_receive(child->channel_fd, message)) > 0)
		on_newcomer(keeper, child, message);
	if (got < 0)
		child_give_up(child);
	else if (child->ready && !was_ready)
		keeper_on_ready(keeper, child);
}

/*
 * What the children say. A conversation ends with its process, but mostly a little earlier; a
 * message that is none ends it as well.
 */
static void read_channels(struct keeper *keeper)
{
	struct channel_message *message = &keeper->message;
	pid_t pid = keeper->current.pid;
	int got = 0;

	read_newcomer(keeper, &keeper->next);
	read_newcomer(keeper, &keeper->standby);
	if (keeper->standby.pid && keeper->standby.channel_fd < 0)
		keeper_lose_standby(keeper, "its conversation ended");
	while (pid && keeper->current.pid == pid &&
	       (got = channel_receive(keeper->current.channel_fd, message)) > 0)
		on_current(keeper, message);
	if (pid && keeper->current.pid == pid && got < 0 && !keeper->stopping) {
		(void)kill(pid, SIGKILL);
		keeper_recover(keeper, pid, "its conversation ended");
	}
}

static void stop(struct keeper *keeper)
{
	keeper->stopping = true;
	keeper->reload_due = false;
	keeper->standby_ns = keeper->retry_ns = INT64_MAX;
	service_stopping(keeper->service);
	keeper_dismiss(keeper, &keeper->next);
	keeper_dismiss(keeper, &keeper->standby);
	if (!keeper->current.pid) {
		keeper_finish(keeper, keeper_last_will(keeper));
		return;
	}
	child_expect(&keeper->current, keeper_now_ns() + STOP_TIMEOUT_NS);
	(void)kill(keeper->current.pid, SIGTERM);
}

static void read_signals(struct keeper *keeper)
{
	struct signalfd_siginfo info;

	while (read(keeper->signal_fd, &info, sizeof(info)) == sizeof(info)) {
		if (keeper->stopping) {
			continue;
		} else if (info.ssi_signo == SIGHUP) {
			if (!keeper->reload_due)
				tell_signal(keeper->teller, SIGHUP, info.ssi_pid, false);
			keeper->reload_due = true;
		} else if (info.ssi_signo != SIGCHLD) {
			tell_signal(keeper->teller, info.ssi_signo, info.ssi_pid, true);
			stop(keeper);
		}
	}
}

static void tell_late(struct keeper *keeper, const struct child *child, const char *what)
{
	tell_process(keeper->teller, EVENT_PROCESS_LATE, child->pid, what, 0);
}

/* Its end, which the conversation tells first, lets somebody else go on. */
static void kill_current(struct keeper *keeper, const char *what)
{
	tell_late(keeper, &keeper->current, what);
	child_expect(&keeper->current, INT64_MAX);
	(void)kill(keeper->current.pid, SIGKILL);
}

static const char unready[] = "not ready within 5 s";

static bool give_up_late(struct keeper *keeper, struct child *child, int64_t now_ns)
{
	if (!child_is_overdue(child, now_ns))
		return false;
	tell_late(keeper, child, unready);
	child_give_up(child);
	return true;
}

static void check_deadlines(struct keeper *keeper)
{
	int64_t now = keeper_now_ns();

	if (give_up_late(keeper, &keeper->next, now))
		snprintf(keeper->error, sizeof(keeper->error), "%s", unready);
	(void)give_up_late(keeper, &keeper->standby, now);
	if (child_is_overdue(&keeper->current, now))
		kill_current(keeper, "no sign of life");
	if (now >= keeper->reload_ns)
		keeper_start_reload(keeper);
	if (keeper->current.pid && now >= keeper->standby_ns)
		(void)keeper_start_standby(keeper);
	if (!keeper->current.pid && now >= keeper->retry_ns) {
		keeper->retry_ns = INT64_MAX;
		keeper_fill_gap(keeper);
	}
}

static int64_t earlier(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

static int timeout_ms(const struct keeper *keeper)
{
	int64_t next_ns = keeper->current.pid
				  ? earlier(keeper->current.deadline_ns, keeper->standby_ns)
				  : keeper->retry_ns;
	int64_t wait_ns;

	if (keeper->next.pid)
		next_ns = earlier(next_ns, keeper->next.deadline_ns);
	if (keeper->standby.pid)
		next_ns = earlier(next_ns, keeper->standby.deadline_ns);
	if (keeper_can_reload(keeper))
		next_ns = earlier(next_ns, keeper->reload_ns);
	if (next_ns == INT64_MAX)
		return -1;
	wait_ns = next_ns - keeper_now_ns();
	return wait_ns <= 0 ? 0 : (int)(wait_ns / 1000000) + 1;
}

static struct pollfd reading(const struct child *child)
{
	return (struct pollfd){ .fd = child->pid ? child->channel_fd : -1, .events = POLLIN };
}

static void turn(struct keeper *keeper)
{
	struct pollfd fds[] = {
		{ .fd = keeper->signal_fd, .events = POLLIN },
		reading(&keeper->current),
		reading(&keeper->next),
		reading(&keeper->standby),
	};

	(void)poll(fds, sizeof(fds) / sizeof(fds[0]), timeout_ms(keeper));
	read_signals(keeper);
	read_channels(keeper);
	keeper_reap(keeper);
	if (!keeper->done && !keeper->stopping)
		check_deadlines(keeper);
	else if (!keeper->done && keeper_now_ns() >= keeper->current.deadline_ns)
		kill_current(keeper, "did not leave within 5 s");
}

/* ---- making and unmaking ---- */

/* From here on the journal is ours, too. */
static int claim_namespace(struct keeper *keeper, int *ret_fd)
{
	pid_t pid;
	int err = claim_take(ret_fd, &pid);

	if (err == -EADDRINUSE) {
		tell_process(keeper->teller, EVENT_CLAIMED, pid, NULL, 0);
		return err;
	}
	tell_open_journal(keeper->teller);
	if (err < 0)
		tell_failure(keeper->teller, EVENT_DEGRADED, -err, "locking a file in /run/vipd",
			     "going on without protection against a second vipd");
	return 0;
}

static int open_signals(void)
{
	sigset_t signals;

	sigemptyset(&signals);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGINT);
	sigaddset(&signals, SIGHUP);
	sigaddset(&signals, SIGCHLD);
	if (sigprocmask(SIG_BLOCK, &signals, NULL) < 0)
		return -errno;
	return signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
}

/* Each interface costs a descriptor; the soft limit of 1024 is for programs that use select(). */
static void raise_descriptor_limit(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
		limit.rlim_cur = limit.rlim_max;
		(void)setrlimit(RLIMIT_NOFILE, &limit);
	}
}

static int open_will(struct keeper *keeper)
{
	int err = will_open(&keeper->will);

	if (err < 0)
		tell_failure(keeper->teller, EVENT_FAILED, -err, "opening sockets",
			     err == -EPERM ? "vipd needs CAP_NET_ADMIN and CAP_NET_RAW: run it as "
					     "root"
					   : NULL);
	return err;
}

static void keep(struct keeper *keeper)
{
	int err;

	keeper->setting.sender_fd = will_sender_fd(keeper->will);
	err = keeper_start_next(keeper, CHILD_FIRST);
	if (err < 0) {
		tell_failure(keeper->teller, EVENT_FAILED, -err, "starting a router process", NULL);
		return;
	}
	err = service_open(&keeper->service);
	if (err < 0)
		tell_failure(keeper->teller, EVENT_FAILED, -err, "opening NOTIFY_SOCKET",
			     "the service manager waits for news in vain");
	while (!keeper->done)
		turn(keeper);
}

/* What must be true before anything is opened. */
static int prepare(struct keeper *keeper)
{
	ssize_t len = readlink("/proc/self/exe", keeper->binary, sizeof(keeper->binary) - 1);
	int err = len < 0 ? -errno : child_reserve_places();

	if (err < 0) {
		tell_failure(keeper->teller, EVENT_FAILED, -err,
			     len < 0 ? "finding the own binary" : "opening /dev/null", NULL);
		return err;
	}
	keeper->setting.binary = keeper->binary;
	raise_descriptor_limit();
	/* Best effort: what the keeper does after a crash is a race against the peers, and what it
	 * starts inherits this. */
	(void)setpriority(PRIO_PROCESS, 0, -20);
	return 0;
}

int keeper_run(const char *conf_path)
{
	struct keeper keeper = {
		.setting = { .conf_path = conf_path },
		.previous = child_none,
		.current = child_none,
		.next = child_none,
		.standby = child_none,
		.standby_ns = INT64_MAX,
		.retry_ns = INT64_MAX,
		.status = EXIT_FAILURE,
		.teller = tell_new(),
	};
	int claim_fd = -1;

	if (!keeper.teller || prepare(&keeper) < 0 || claim_namespace(&keeper, &claim_fd) < 0) {
		tell_close(keeper.teller);
		return EXIT_FAILURE;
	}
	keeper.signal_fd = open_signals();
	if (keeper.signal_fd >= 0 && open_will(&keeper) == 0)
		keep(&keeper);
	keeper_dismiss(&keeper, &keeper.next);
	keeper_dismiss(&keeper, &keeper.standby);
	child_forget(&keeper.previous);
	child_forget(&keeper.current);
	will_close(keeper.will);
	service_close(keeper.service);
	if (keeper.signal_fd >= 0)
		close(keeper.signal_fd);
	tell_close(keeper.teller);
	claim_release(claim_fd);
	return keeper.status;
}

int keeper_sweep(void)
{
	struct keeper keeper = { .previous = child_none,
				 .current = child_none,
				 .teller = tell_new() };
	int claim_fd = -1;
	int status = EXIT_FAILURE;

	if (!keeper.teller || claim_namespace(&keeper, &claim_fd) < 0) {
		tell_close(keeper.teller);
		return EXIT_FAILURE;
	}
	if (open_will(&keeper) == 0 && will_execute(keeper.will, -1, keeper.teller) >= 0)
		status = EXIT_SUCCESS;
	will_close(keeper.will);
	tell_close(keeper.teller);
	claim_release(claim_fd);
	return status;
}
