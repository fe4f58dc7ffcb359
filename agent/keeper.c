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
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "channel.h"
#include "child.h"
#include "log.h"
#include "service.h"
#include "single.h"
#include "state.h"
#include "will.h"

#define NS_PER_S          INT64_C(1000000000)
#define READY_TIMEOUT_NS  (47 * NS_PER_S / 10) /* from exec to READY */
#define FREEZE_TIMEOUT_NS (1 * NS_PER_S)       /* from FREEZE to FROZEN */
#define ALIVE_TIMEOUT_NS  (27 * NS_PER_S / 10) /* without a sign of life it is hung */
#define STOP_TIMEOUT_NS   (5 * NS_PER_S)       /* to leave gracefully */
#define RELOAD_GAP_NS     (NS_PER_S / 2)       /* between reloads: a storm of signals is one */
#define STANDBY_RETRY_NS  (10 * NS_PER_S)      /* after one that could not be kept */
#define CRASHES_MAX       3                    /* in so much time end in the last will */
#define CRASH_WINDOW_NS   (60 * NS_PER_S)
#define DISMISSED_MAX     8

struct keeper {
	struct child_setting setting;
	char binary[4096];
	int signal_fd;
	struct will *will;
	struct service *service;
	struct child previous; /* spoke before; its memory counts until the current one's does */
	struct child current;  /* speaks on the wire */
	struct child next;     /* is about to take over */
	struct child standby;  /* takes over when the current one dies */
	int64_t standby_ns;    /* when another one is started; INT64_MAX: not now */
	bool standby_stale;    /* a reload came after it: it runs what the previous one ran */
	pid_t dismissed[DISMISSED_MAX]; /* those whose end is no news; a ring */
	unsigned dismissed_n;
	bool freezing; /* the current one was asked to make room */
	bool stopping;
	bool reload_due;
	int64_t reload_ns; /* not before */
	bool started;      /* some generation has run */
	unsigned crashes_n;
	int64_t crashes_ns[CRASHES_MAX - 1]; /* when; a ring */
	unsigned stillborn_n;                /* died one after the other before they spoke */
	char error[CHANNEL_TEXT_SIZE];       /* the last one that a new generation told */
	int status;                          /* to exit with, once done */
	bool done;
};

static int64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * NS_PER_S + now.tv_nsec;
}

static void finish(struct keeper *keeper, int status)
{
	keeper->done = true;
	keeper->status = status;
}

/* Nobody needs it any more, and nobody wants to hear of its end. */
static void dismiss(struct keeper *keeper, struct child *child)
{
	if (!child->pid)
		return;
	(void)kill(child->pid, SIGKILL);
	keeper->dismissed[keeper->dismissed_n++ % DISMISSED_MAX] = child->pid;
	child_forget(child);
}

static bool is_dismissed(const struct keeper *keeper, pid_t pid)
{
	for (unsigned i = 0; i < DISMISSED_MAX; i++)
		if (keeper->dismissed[i] == pid)
			return true;
	return false;
}

/* Whose memory is true: a process that died before it had adopted leaves that to the one before. */
static struct child *testator(struct keeper *keeper)
{
	struct state *state;

	if (keeper->current.state_fd >= 0 && state_open(keeper->current.state_fd, &state) == 0) {
		state_close(state);
		return &keeper->current;
	}
	return keeper->previous.state_fd >= 0 ? &keeper->previous : &keeper->current;
}

/* Return: the exit status of a stop that ends with it. */
static int last_will(struct keeper *keeper)
{
	return will_execute(keeper->will, testator(keeper)->state_fd) < 0 ? EXIT_FAILURE
									  : EXIT_SUCCESS;
}

/* ---- one follows another ---- */

/* From here on @heir speaks: of a reload, or after a death. It leaves its place empty. */
static void let_go(struct keeper *keeper, struct child *heir, int64_t frozen_real_ns)
{
	struct child *last = testator(keeper);
	int64_t now = now_ns();

	if (last == &keeper->current) {
		child_forget(&keeper->previous);
		keeper->previous = keeper->current;
	} else {
		child_forget(&keeper->current);
	}
	keeper->current = *heir;
	*heir = child_none;
	keeper->started = true;
	keeper->standby_ns = INT64_MAX; /* not before it gives a sign of life: it is in a hurry */
	keeper->reload_ns = now + RELOAD_GAP_NS;
	child_expect(&keeper->current, now + ALIVE_TIMEOUT_NS);
	if (channel_go(keeper->current.talk_fd, frozen_real_ns, keeper->previous.state_fd) < 0)
		(void)kill(keeper->current.pid, SIGKILL);
	service_ready(keeper->service);
}

static void refuse_reload(struct keeper *keeper, const char *why)
{
	log_write(LOG_LEVEL_ERROR, "reload=refused note=\"%s; the running configuration stays\"",
		  keeper->error[0] ? "see the errors before" : why);
	if (keeper->current.pid)
		(void)channel_send(keeper->current.talk_fd, CHANNEL_REFUSED, 0, why);
	service_reloaded(keeper->service);
}

/* Start one that reads the file: the first one, or the next one of a reload. */
static int start_next(struct keeper *keeper, enum child_kind kind)
{
	int err;

	keeper->error[0] = '\0';
	err = child_spawn(&keeper->setting, kind, NULL, &keeper->next);
	child_expect(&keeper->next, now_ns() + READY_TIMEOUT_NS);
	return err;
}

static void start_reload(struct keeper *keeper)
{
	int err;

	keeper->reload_due = false;
	if (keeper->next.pid || !keeper->current.ready)
		return;
	log_write(LOG_LEVEL_INFO, "reload=started");
	service_reloading(keeper->service);
	err = start_next(keeper, CHILD_NEXT);
	if (err < 0)
		refuse_reload(keeper, strerror(-err));
}

static void end_reload(struct keeper *keeper, int64_t frozen_real_ns)
{
	keeper->freezing = false;
	if (keeper->current.pid)
		keeper->dismissed[keeper->dismissed_n++ % DISMISSED_MAX] = keeper->current.pid;
	let_go(keeper, &keeper->next, frozen_real_ns);
	keeper->standby_stale = true;
	log_write(LOG_LEVEL_INFO, "reload=done pid=%d", keeper->current.pid);
}

/* The next one is ready: ask the current one to make room. */
static void freeze_current(struct keeper *keeper)
{
	keeper->freezing = true;
	child_expect(&keeper->current, now_ns() + FREEZE_TIMEOUT_NS);
	if (channel_send(keeper->current.talk_fd, CHANNEL_FREEZE, 0, NULL) < 0)
		(void)kill(keeper->current.pid, SIGKILL); /* its end lets the next one go */
}

static int start_standby(struct keeper *keeper)
{
	int err = child_spawn(&keeper->setting, CHILD_STANDBY, &keeper->current, &keeper->standby);

	child_expect(&keeper->standby, now_ns() + READY_TIMEOUT_NS);
	keeper->standby_ns = err < 0 ? now_ns() + STANDBY_RETRY_NS : INT64_MAX;
	keeper->standby_stale = false;
	return err;
}

/* ---- the end of processes ---- */

static void describe_end(int status, char *buf, size_t size)
{
	if (WIFSIGNALED(status))
		snprintf(buf, size, "killed by SIG%s", sigabbrev_np(WTERMSIG(status)));
	else
		snprintf(buf, size, "exited with %d", WEXITSTATUS(status));
}

static void tell_end(pid_t pid, const char *how)
{
	log_write(LOG_LEVEL_ERROR, "router_pid=%d end=\"%s\"", pid, how);
}

/* Too many in a row, and starting again will not help. */
static bool crashes_too_often(struct keeper *keeper)
{
	int64_t now = now_ns();
	int64_t *oldest_ns = &keeper->crashes_ns[keeper->crashes_n++ % (CRASHES_MAX - 1)];
	bool hopeless = *oldest_ns && now - *oldest_ns < CRASH_WINDOW_NS;

	*oldest_ns = now;
	return hopeless;
}

/* Nobody speaks: whoever is ready goes at once, and who is not will when it is. */
static void fill_gap(struct keeper *keeper)
{
	int err = 0;

	/* No crash undoes a reload that somebody was told of. */
	if (keeper->standby_stale)
		dismiss(keeper, &keeper->standby);
	if (keeper->next.ready)
		end_reload(keeper, 0);
	else if (keeper->standby.ready)
		let_go(keeper, &keeper->standby, 0);
	else if (!keeper->standby.pid)
		err = start_standby(keeper);
	if (err == 0 || keeper->next.pid)
		return;
	log_write(LOG_LEVEL_ERROR, "error=\"%s\" doing=\"starting a router process\"",
		  strerror(-err));
	(void)last_will(keeper);
	finish(keeper, EXIT_FAILURE);
}

/*
 * The router process died although nobody asked it to: the next one goes on where it was. One that
 * died before it spoke is no crash of the router: the standby may have been killed with it.
 */
static void recover(struct keeper *keeper, pid_t pid, const char *how)
{
	bool spoke = pid == keeper->current.pid && testator(keeper) == &keeper->current;
	bool hopeless = spoke ? crashes_too_often(keeper) : ++keeper->stillborn_n >= CRASHES_MAX;

	log_write(LOG_LEVEL_ERROR, "router_pid=%d lost=\"%s\" note=\"%s\"", pid, how,
		  hopeless ? "too often: last will" : "a new router process goes on");
	keeper->current.pid = 0;
	keeper->current.ready = false;
	if (hopeless) {
		(void)last_will(keeper);
		finish(keeper, EXIT_FAILURE);
		return;
	}
	fill_gap(keeper);
}

static void current_ended(struct keeper *keeper, int status)
{
	char how[48];

	describe_end(status, how, sizeof(how));
	if (!keeper->stopping) {
		tell_end(keeper->current.pid, how);
		recover(keeper, keeper->current.pid, how);
		return;
	}
	/* What it did not manage to give up itself, or had left to one that never ran. */
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0 && !keeper->freezing)
		finish(keeper, EXIT_SUCCESS);
	else
		finish(keeper, last_will(keeper));
}

static void next_ended(struct keeper *keeper, int status)
{
	char how[48];
	pid_t pid = keeper->next.pid;

	describe_end(status, how, sizeof(how));
	child_forget(&keeper->next);
	keeper->freezing = false;
	if (keeper->stopping)
		return;
	if (!keeper->started) /* It said itself what is wrong. */
		finish(keeper, WIFEXITED(status) && WEXITSTATUS(status) ? WEXITSTATUS(status)
									: EXIT_FAILURE);
	else if (keeper->current.pid)
		refuse_reload(keeper, keeper->error[0] ? keeper->error : how);
	else if (!keeper->standby.pid)
		recover(keeper, pid, how);
}

/* Nobody takes over but who has yet to be started; at once if it was waited for. */
static void lose_standby(struct keeper *keeper, const char *how)
{
	pid_t pid = keeper->standby.pid;

	(void)kill(pid, SIGKILL);
	child_forget(&keeper->standby);
	keeper->standby_ns = now_ns() + STANDBY_RETRY_NS;
	if (keeper->stopping)
		return;
	if (keeper->current.pid || keeper->next.pid)
		log_write(LOG_LEVEL_WARNING,
			  "standby_pid=%d lost=\"%s\" note=\"another one is started in 10 s\"", pid,
			  how);
	else
		recover(keeper, pid, how);
}

static void standby_ended(struct keeper *keeper, int status)
{
	char how[48];

	describe_end(status, how, sizeof(how));
	tell_end(keeper->standby.pid, how);
	lose_standby(keeper, how);
}

static void reap(struct keeper *keeper)
{
	char how[48];
	pid_t pid;
	int status;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		if (pid == keeper->current.pid) {
			current_ended(keeper, status);
		} else if (pid == keeper->next.pid) {
			next_ended(keeper, status);
		} else if (pid == keeper->standby.pid) {
			standby_ended(keeper, status);
		} else if (!is_dismissed(keeper, pid)) {
			describe_end(status, how, sizeof(how));
			tell_end(pid, how);
		}
	}
}

/* ---- messages, signals, time ---- */

/* The current one lives: what was kept in case it did not is not needed any more. */
static void on_alive(struct keeper *keeper, const char *status)
{
	if (!keeper->freezing && !keeper->stopping)
		child_expect(&keeper->current, now_ns() + ALIVE_TIMEOUT_NS);
	child_forget(&keeper->previous);
	keeper->stillborn_n = 0;
	if (keeper->standby_stale)
		dismiss(keeper, &keeper->standby);
	if (!keeper->standby.pid && keeper->standby_ns == INT64_MAX)
		keeper->standby_ns = now_ns();
	service_alive(keeper->service, status);
}

static void on_current(struct keeper *keeper, const struct channel_message *message)
{
	if (message->type == CHANNEL_FROZEN && keeper->freezing && !keeper->stopping)
		end_reload(keeper, message->frozen_real_ns);
	else if (message->type == CHANNEL_RELOAD)
		keeper->reload_due = true;
	else if (message->type == CHANNEL_ALIVE)
		on_alive(keeper, message->text);
}

static void on_ready(struct keeper *keeper, struct child *child)
{
	child->ready = true;
	child_expect(child, INT64_MAX);
	if (!keeper->started)
		let_go(keeper, child, 0);
	else if (!keeper->current.pid)
		fill_gap(keeper);
	else if (child == &keeper->next)
		freeze_current(keeper);
}

static void on_newcomer(struct keeper *keeper, struct child *child,
			const struct channel_message *message)
{
	if (message->type == CHANNEL_READY)
		on_ready(keeper, child);
	else if (message->type == CHANNEL_ERROR && child == &keeper->next)
		snprintf(keeper->error, sizeof(keeper->error), "%s", message->text);
}

/*
 * What a generation says. Its conversation ends with it as a process, but mostly a little earlier;
 * a message that is none ends it as well.
 */
static void read_channels(struct keeper *keeper)
{
	static struct channel_message message; /* too large for a stack frame of a daemon */
	pid_t pid = keeper->current.pid;
	int got = 0;

	while (keeper->next.pid && channel_receive(keeper->next.talk_fd, &message) > 0)
		on_newcomer(keeper, &keeper->next, &message);
	while (keeper->standby.pid &&
	       (got = channel_receive(keeper->standby.talk_fd, &message)) > 0)
		on_newcomer(keeper, &keeper->standby, &message);
	if (keeper->standby.pid && got < 0)
		lose_standby(keeper, "its conversation ended");
	got = 0;
	while (pid && keeper->current.pid == pid &&
	       (got = channel_receive(keeper->current.talk_fd, &message)) > 0)
		on_current(keeper, &message);
	if (pid && keeper->current.pid == pid && got < 0 && !keeper->stopping) {
		(void)kill(pid, SIGKILL);
		recover(keeper, pid, "its conversation ended");
	}
}

static void stop(struct keeper *keeper)
{
	keeper->stopping = true;
	service_stopping(keeper->service);
	dismiss(keeper, &keeper->next);
	dismiss(keeper, &keeper->standby);
	if (!keeper->current.pid) {
		finish(keeper, last_will(keeper));
		return;
	}
	child_expect(&keeper->current, now_ns() + STOP_TIMEOUT_NS);
	(void)kill(keeper->current.pid, SIGTERM);
}

static void read_signals(struct keeper *keeper)
{
	struct signalfd_siginfo info;

	while (read(keeper->signal_fd, &info, sizeof(info)) == sizeof(info)) {
		if (info.ssi_signo == SIGHUP) {
			if (!keeper->reload_due)
				log_write(LOG_LEVEL_INFO, "signal=HUP from_pid=%u", info.ssi_pid);
			keeper->reload_due = true;
		} else if (info.ssi_signo != SIGCHLD && !keeper->stopping) {
			log_write(LOG_LEVEL_INFO,
				  "signal=%s from_pid=%u note=\"leaving gracefully\"",
				  sigabbrev_np((int)info.ssi_signo), info.ssi_pid);
			stop(keeper);
		}
	}
}

static void kill_late(struct child *child, const char *what)
{
	log_write(LOG_LEVEL_ERROR, "router_pid=%d error=\"%s\" note=\"killed\"", child->pid, what);
	child_expect(child, INT64_MAX);
	(void)kill(child->pid, SIGKILL);
}

static void check_deadlines(struct keeper *keeper)
{
	int64_t now = now_ns();

	if (child_is_overdue(&keeper->next, now)) {
		snprintf(keeper->error, sizeof(keeper->error), "not ready within 5 s");
		kill_late(&keeper->next, "not ready within 5 s");
	}
	if (child_is_overdue(&keeper->standby, now))
		kill_late(&keeper->standby, "not ready within 5 s");
	if (child_is_overdue(&keeper->current, now))
		kill_late(&keeper->current, "no sign of life");
	if (keeper->reload_due && now >= keeper->reload_ns)
		start_reload(keeper);
	if (keeper->current.pid && now >= keeper->standby_ns)
		(void)start_standby(keeper);
}

static int64_t earlier(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

static int timeout_ms(const struct keeper *keeper)
{
	int64_t next_ns = keeper->current.pid
				  ? earlier(keeper->current.deadline_ns, keeper->standby_ns)
				  : INT64_MAX;
	int64_t wait_ns;

	if (keeper->next.pid)
		next_ns = earlier(next_ns, keeper->next.deadline_ns);
	if (keeper->standby.pid)
		next_ns = earlier(next_ns, keeper->standby.deadline_ns);
	if (keeper->reload_due)
		next_ns = earlier(next_ns, keeper->reload_ns);
	if (next_ns == INT64_MAX)
		return -1;
	wait_ns = next_ns - now_ns();
	return wait_ns <= 0 ? 0 : (int)(wait_ns / 1000000) + 1;
}

static struct pollfd reading(const struct child *child)
{
	return (struct pollfd){ .fd = child->pid ? child->talk_fd : -1, .events = POLLIN };
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
	reap(keeper);
	if (!keeper->done && !keeper->stopping)
		check_deadlines(keeper);
	else if (!keeper->done && now_ns() >= keeper->current.deadline_ns)
		kill_late(&keeper->current, "did not leave within 5 s");
}

/* ---- making and unmaking ---- */

static int claim_namespace(int *ret_fd)
{
	pid_t pid;
	int err = single_claim(ret_fd, &pid);

	if (err == -EADDRINUSE) {
		log_write(LOG_LEVEL_ERROR,
			  "pid=%d error=\"another vipd runs in this network namespace\"", pid);
		return err;
	}
	if (err < 0)
		log_write(LOG_LEVEL_WARNING,
			  "error=\"%s\" doing=\"locking a file in /run/vipd\" note=\"going on "
			  "without "
			  "protection against a second vipd\"",
			  strerror(-err));
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

	if (err == -EPERM)
		log_write(LOG_LEVEL_ERROR,
			  "error=\"%s\" doing=\"opening sockets\" note=\"vipd needs CAP_NET_ADMIN "
			  "and CAP_NET_RAW: run it as root\"",
			  strerror(-err));
	else if (err < 0)
		log_write(LOG_LEVEL_ERROR, "error=\"%s\" doing=\"opening sockets\"",
			  strerror(-err));
	return err;
}

static void keep(struct keeper *keeper)
{
	int err;

	keeper->setting.sender_fd = will_sender_fd(keeper->will);
	err = start_next(keeper, CHILD_FIRST);
	if (err < 0) {
		log_write(LOG_LEVEL_ERROR, "error=\"%s\" doing=\"starting a router process\"",
			  strerror(-err));
		return;
	}
	/* Meanwhile: it takes longer than the first one needs to be ready. */
	err = service_open(&keeper->service);
	if (err < 0)
		log_write(
			LOG_LEVEL_ERROR,
			"error=\"%s\" doing=\"loading libsystemd.so.0\" note=\"the service manager "
			"waits for news in vain\"",
			strerror(-err));
	while (!keeper->done)
		turn(keeper);
}

/* What must be true before anything is opened. */
static int prepare(struct keeper *keeper)
{
	ssize_t len = readlink("/proc/self/exe", keeper->binary, sizeof(keeper->binary) - 1);
	int err = len < 0 ? -errno : child_reserve_places();

	if (err < 0) {
		log_write(LOG_LEVEL_ERROR, "error=\"%s\" doing=\"%s\"", strerror(-err),
			  len < 0 ? "finding the own binary" : "opening /dev/null");
		return err;
	}
	keeper->setting.binary = keeper->binary;
	raise_descriptor_limit();
	/* Best effort: what the keeper does after a crash is a race against the peers, and what it
	 * starts inherits this until it reads its configuration. */
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
		.status = EXIT_FAILURE,
	};
	int claim_fd = -1;

	if (prepare(&keeper) < 0 || claim_namespace(&claim_fd) < 0)
		return EXIT_FAILURE;
	keeper.signal_fd = open_signals();
	if (keeper.signal_fd >= 0 && open_will(&keeper) == 0)
		keep(&keeper);
	dismiss(&keeper, &keeper.next);
	dismiss(&keeper, &keeper.standby);
	child_forget(&keeper.previous);
	child_forget(&keeper.current);
	will_close(keeper.will);
	service_close(keeper.service);
	if (keeper.signal_fd >= 0)
		close(keeper.signal_fd);
	single_release(claim_fd);
	return keeper.status;
}

int keeper_sweep(void)
{
	struct keeper keeper = { .previous = child_none, .current = child_none };
	int claim_fd = -1;
	int status = EXIT_FAILURE;

	if (claim_namespace(&claim_fd) < 0)
		return EXIT_FAILURE;
	if (open_will(&keeper) == 0 && will_execute(keeper.will, -1) >= 0)
		status = EXIT_SUCCESS;
	will_close(keeper.will);
	single_release(claim_fd);
	return status;
}
