/* SPDX-License-Identifier: MIT */
#include "keeper.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

#include "channel.h"
#include "log.h"
#include "service.h"
#include "single.h"
#include "state.h"
#include "will.h"

#define NS_PER_S          INT64_C(1000000000)
#define READY_TIMEOUT_NS  (47 * NS_PER_S / 10) /* from exec to READY */
#define FREEZE_TIMEOUT_NS (1 * NS_PER_S)       /* from FREEZE to FROZEN */
#define ALIVE_TIMEOUT_NS                                                                           \
	(27 * NS_PER_S / 10)                /* without a sign of life a router process is hung     \
					     */
#define GRACE_NS        (3 * NS_PER_S / 10) /* to answer, once it is late */
#define STOP_TIMEOUT_NS (5 * NS_PER_S)      /* to leave gracefully */
#define RELOAD_GAP_NS   (NS_PER_S / 2)      /* between reloads: a storm of signals is one */
#define CRASHES_MAX     3                   /* in so much time end in the last will */
#define CRASH_WINDOW_NS (60 * NS_PER_S)

/* One router process and what belongs to it. */
struct generation {
	pid_t pid;   /* 0: none */
	int talk_fd; /* our side */
	int state_fd, conf_fd;
	bool ready;
	int64_t deadline_ns; /* what it was asked for is due */
	bool late;           /* it is overdue, and has a last moment to answer */
};

struct keeper {
	const char *conf_path; /* borrowed */
	char binary[4096];     /* as it was named at start: an upgrade replaces the file */
	int signal_fd;
	struct will *will;
	struct generation
		previous; /* spoke before; its memory counts until the current one's does */
	struct generation current; /* speaks on the wire */
	struct generation next;    /* is about to take over */
	pid_t retired_pid;         /* made room for another one: its end is no news */
	bool freezing;             /* the current one was asked to make room */
	bool stopping;
	bool reload_due;
	int64_t reload_ns; /* not before */
	bool started;      /* some generation has run */
	unsigned crashes_n;
	int64_t crashes_ns[CRASHES_MAX - 1]; /* when; a ring */
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

static const struct generation nobody = { .talk_fd = -1, .state_fd = -1, .conf_fd = -1 };

static void close_fd(int fd)
{
	if (fd >= 0)
		close(fd);
}

static void forget(struct generation *generation)
{
	close_fd(generation->talk_fd);
	close_fd(generation->state_fd);
	close_fd(generation->conf_fd);
	*generation = nobody;
}

/* ---- starting a generation ---- */

/* Put a descriptor where the generation expects it; what is not handed down must not be there. */
static void hand_down(int fd, enum channel_fd place)
{
	if (fd < 0)
		(void)close((int)place);
	else if (dup2(fd, (int)place) < 0)
		_exit(EXIT_FAILURE);
}

static void become_generation(const struct keeper *keeper, const struct generation *self,
			      int talk_fd, const struct generation *old, bool recover)
{
	char *const argv[] = { "vipd", "-c", (char *)keeper->conf_path, NULL };
	sigset_t none;
	char handed[4];

	hand_down(talk_fd, CHANNEL_FD_TALK);
	hand_down(self->state_fd, CHANNEL_FD_STATE);
	hand_down(self->conf_fd, CHANNEL_FD_CONF_OUT);
	hand_down(will_sender_fd(keeper->will), CHANNEL_FD_SENDER);
	hand_down(old->state_fd, CHANNEL_FD_STATE_OLD);
	hand_down(recover ? old->conf_fd : -1, CHANNEL_FD_CONF_IN);
	snprintf(handed, sizeof(handed), "%s%s", old->state_fd >= 0 ? "s" : "",
		 recover && old->conf_fd >= 0 ? "c" : "");
	if (setenv(CHANNEL_ENVIRONMENT, handed, 1) < 0)
		_exit(EXIT_FAILURE);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	execv(keeper->binary, argv);
	fprintf(stderr, "vipd: %s: %s\n", keeper->binary, strerror(errno));
	(void)channel_send(CHANNEL_FD_TALK, CHANNEL_ERROR, 0, strerror(errno));
	_exit(EXIT_FAILURE);
}

/* Where a generation expects its descriptors nothing else may lie, or one would be put over it. */
static int reserve_places(void)
{
	int fd;

	do
		fd = open("/dev/null", O_RDWR | O_CLOEXEC);
	while (fd >= 0 && fd < CHANNEL_FD_END);
	if (fd < 0)
		return -errno;
	close(fd);
	return 0;
}

static int new_memory(const char *name)
{
	return memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING);
}

/*
 * Start a router process. With @recover it runs the configuration that @old left, since the file
 * may be broken by now.
 */
static int spawn(struct keeper *keeper, const struct generation *old, bool recover,
		 struct generation *ret_generation)
{
	struct generation generation = nobody;
	int pair[2];
	int err;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair) < 0)
		return -errno;
	generation.talk_fd = pair[0];
	generation.state_fd = new_memory("vipd-state");
	generation.conf_fd = new_memory("vipd-conf");
	keeper->error[0] = '\0';
	generation.pid = generation.state_fd < 0 || generation.conf_fd < 0 ? -1 : fork();
	if (generation.pid == 0)
		become_generation(keeper, &generation, pair[1], old, recover);
	err = generation.pid < 0 ? -errno : 0;
	close_fd(pair[1]);
	if (err < 0) {
		forget(&generation);
		return err;
	}
	generation.deadline_ns = now_ns() + READY_TIMEOUT_NS;
	*ret_generation = generation;
	return 0;
}

/* ---- reload ---- */

static void refuse_reload(struct keeper *keeper, const char *why)
{
	log_write(LOG_LEVEL_ERROR, "reload=refused note=\"%s; the running configuration stays\"",
		  keeper->error[0] ? "see the errors before" : why);
	if (keeper->current.pid)
		(void)channel_send(keeper->current.talk_fd, CHANNEL_REFUSED, 0, why);
	service_reloaded();
}

static void start_reload(struct keeper *keeper)
{
	int err;

	keeper->reload_due = false;
	if (keeper->next.pid || !keeper->current.ready)
		return;
	log_write(LOG_LEVEL_INFO, "reload=started");
	service_reloading();
	err = spawn(keeper, &keeper->current, false, &keeper->next);
	if (err < 0)
		refuse_reload(keeper, strerror(-err));
}

/* The next one is ready: ask the current one to make room, or, when there is none, go at once. */
static void take_turns(struct keeper *keeper)
{
	keeper->next.ready = true;
	keeper->next.deadline_ns = INT64_MAX;
	if (!keeper->current.pid) {
		keeper->freezing = false;
		return;
	}
	keeper->freezing = true;
	keeper->current.deadline_ns = now_ns() + FREEZE_TIMEOUT_NS;
	if (channel_send(keeper->current.talk_fd, CHANNEL_FREEZE, 0, NULL) < 0)
		(void)kill(keeper->current.pid, SIGKILL); /* its end lets the next one go */
}

static void let_go(struct keeper *keeper, int64_t frozen_real_ns)
{
	bool reload = keeper->freezing;

	keeper->retired_pid = reload ? keeper->current.pid : 0;
	forget(&keeper->previous);
	keeper->previous = keeper->current;
	keeper->current = keeper->next;
	keeper->next = nobody;
	keeper->freezing = false;
	keeper->started = true;
	keeper->current.deadline_ns = now_ns() + ALIVE_TIMEOUT_NS;
	keeper->current.late = false;
	keeper->reload_ns = now_ns() + RELOAD_GAP_NS;
	if (channel_send(keeper->current.talk_fd, CHANNEL_GO, frozen_real_ns, NULL) < 0)
		(void)kill(keeper->current.pid, SIGKILL);
	if (reload)
		log_write(LOG_LEVEL_INFO, "reload=done pid=%d", keeper->current.pid);
	service_ready();
}

/* ---- the end of processes ---- */

static void finish(struct keeper *keeper, int status)
{
	keeper->done = true;
	keeper->status = status;
}

/* Whose memory is true: a process that died before it had adopted leaves that to the one before. */
static const struct generation *testator(const struct keeper *keeper)
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

static void describe_end(int status, char *buf, size_t size)
{
	if (WIFSIGNALED(status))
		snprintf(buf, size, "killed by SIG%s", sigabbrev_np(WTERMSIG(status)));
	else
		snprintf(buf, size, "exited with %d", WEXITSTATUS(status));
}

/* Of one that was given up already. */
static void tell_end(pid_t pid, int status)
{
	char how[48];

	describe_end(status, how, sizeof(how));
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

/* The router process died although nobody asked it to: the next one goes on where it was. */
static void recover(struct keeper *keeper, const char *how)
{
	bool hopeless = crashes_too_often(keeper);
	int err = 0;

	log_write(LOG_LEVEL_ERROR, "router_pid=%d lost=\"%s\" note=\"%s\"", keeper->current.pid,
		  how, hopeless ? "too often: last will" : "a new router process goes on");
	keeper->current.pid = 0;
	keeper->current.ready = false;
	if (hopeless) {
		(void)last_will(keeper);
		finish(keeper, EXIT_FAILURE);
		return;
	}
	if (keeper->next.pid && keeper->next.ready) {
		let_go(keeper, 0);
		return;
	}
	if (!keeper->next.pid)
		err = spawn(keeper, testator(keeper), true, &keeper->next);
	if (err < 0) {
		log_write(LOG_LEVEL_ERROR, "error=\"%s\" doing=\"starting a router process\"",
			  strerror(-err));
		(void)last_will(keeper);
		finish(keeper, EXIT_FAILURE);
	}
}

static void current_ended(struct keeper *keeper, int status)
{
	char how[48];

	describe_end(status, how, sizeof(how));
	if (!keeper->stopping)
		tell_end(keeper->current.pid, status);
	if (keeper->stopping) {
		/* What it did not manage to give up itself, or had left to one that never ran. */
		if (WIFEXITED(status) && WEXITSTATUS(status) == 0 && !keeper->freezing)
			finish(keeper, EXIT_SUCCESS);
		else
			finish(keeper, last_will(keeper));
		return;
	}
	recover(keeper, how);
}

static void next_ended(struct keeper *keeper, int status)
{
	char how[48];

	describe_end(status, how, sizeof(how));
	forget(&keeper->next);
	if (!keeper->started) {
		/* It said itself what is wrong. */
		finish(keeper, WIFEXITED(status) && WEXITSTATUS(status) ? WEXITSTATUS(status)
									: EXIT_FAILURE);
	} else if (!keeper->current.pid) {
		recover(keeper, how);
	} else {
		keeper->freezing = false;
		refuse_reload(keeper, keeper->error[0] ? keeper->error : how);
	}
}

static void reap(struct keeper *keeper)
{
	pid_t pid;
	int status;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		if (pid == keeper->current.pid)
			current_ended(keeper, status);
		else if (pid == keeper->next.pid)
			next_ended(keeper, status);
		else if (pid != keeper->retired_pid)
			tell_end(pid, status);
	}
}

/* ---- messages, signals, time ---- */

static void on_current(struct keeper *keeper, const struct channel_message *message)
{
	if (message->type == CHANNEL_FROZEN && keeper->freezing && !keeper->stopping) {
		let_go(keeper, message->frozen_real_ns);
	} else if (message->type == CHANNEL_RELOAD) {
		keeper->reload_due = true;
	} else if (message->type == CHANNEL_ALIVE) {
		if (!keeper->freezing && !keeper->stopping) {
			keeper->current.deadline_ns = now_ns() + ALIVE_TIMEOUT_NS;
			keeper->current.late = false;
		}
		forget(&keeper->previous);
		service_alive(message->text);
	}
}

static void on_next(struct keeper *keeper, const struct channel_message *message)
{
	if (message->type == CHANNEL_READY)
		take_turns(keeper);
	else if (message->type == CHANNEL_ERROR)
		snprintf(keeper->error, sizeof(keeper->error), "%s", message->text);
	if (keeper->next.ready && !keeper->current.pid)
		let_go(keeper, 0);
}

/* What a generation says. The end of the conversation is told by its end as a process. */
static void read_channels(struct keeper *keeper)
{
	static struct channel_message message; /* too large for a stack frame of a daemon */
	int got = 0;

	while (keeper->next.pid && channel_receive(keeper->next.talk_fd, &message) > 0)
		on_next(keeper, &message);
	while (keeper->current.pid &&
	       (got = channel_receive(keeper->current.talk_fd, &message)) > 0)
		on_current(keeper, &message);
	/* The end of the conversation comes tens of milliseconds before that of the process, which
	 * waits for its packet sockets. */
	if (keeper->current.pid && got < 0 && !keeper->stopping && !keeper->freezing) {
		(void)kill(keeper->current.pid, SIGKILL);
		recover(keeper, "its conversation ended");
	}
}

static void stop(struct keeper *keeper)
{
	keeper->stopping = true;
	service_stopping();
	if (keeper->next.pid)
		(void)kill(keeper->next.pid, SIGKILL);
	if (!keeper->current.pid) {
		finish(keeper, last_will(keeper));
		return;
	}
	keeper->current.deadline_ns = now_ns() + STOP_TIMEOUT_NS;
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

static void kill_late(struct generation *generation, const char *what)
{
	log_write(LOG_LEVEL_ERROR, "router_pid=%d error=\"%s\" note=\"killed\"", generation->pid,
		  what);
	generation->deadline_ns = INT64_MAX;
	(void)kill(generation->pid, SIGKILL);
}

/*
 * Whether a process has had its time. It may have been stopped together with us, and the clock went
 * on: so whoever is late is given one more moment to answer.
 */
static bool is_overdue(struct generation *generation, int64_t now)
{
	if (!generation->pid || now < generation->deadline_ns)
		return false;
	if (generation->late)
		return true;
	generation->late = true;
	generation->deadline_ns = now + GRACE_NS;
	return false;
}

static void check_deadlines(struct keeper *keeper)
{
	int64_t now = now_ns();

	if (is_overdue(&keeper->next, now)) {
		snprintf(keeper->error, sizeof(keeper->error), "not ready within 5 s");
		kill_late(&keeper->next, "not ready within 5 s");
	}
	if (is_overdue(&keeper->current, now))
		kill_late(&keeper->current, "no sign of life");
	if (keeper->reload_due && now >= keeper->reload_ns)
		start_reload(keeper);
}

static int timeout_ms(const struct keeper *keeper)
{
	int64_t next_ns = INT64_MAX, wait_ns;

	if (keeper->current.pid)
		next_ns = keeper->current.deadline_ns;
	if (keeper->next.pid && keeper->next.deadline_ns < next_ns)
		next_ns = keeper->next.deadline_ns;
	if (keeper->reload_due && keeper->reload_ns < next_ns)
		next_ns = keeper->reload_ns;
	if (next_ns == INT64_MAX)
		return -1;
	wait_ns = next_ns - now_ns();
	return wait_ns <= 0 ? 0 : (int)(wait_ns / 1000000) + 1;
}

static void turn(struct keeper *keeper)
{
	struct pollfd fds[] = {
		{ .fd = keeper->signal_fd, .events = POLLIN },
		{ .fd = keeper->current.pid ? keeper->current.talk_fd : -1, .events = POLLIN },
		{ .fd = keeper->next.pid ? keeper->next.talk_fd : -1, .events = POLLIN },
	};

	(void)poll(fds, 3, timeout_ms(keeper));
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
	int err = spawn(keeper, &nobody, false, &keeper->next);

	if (err < 0) {
		log_write(LOG_LEVEL_ERROR, "error=\"%s\" doing=\"starting a router process\"",
			  strerror(-err));
		return;
	}
	while (!keeper->done)
		turn(keeper);
}

int keeper_run(const char *conf_path)
{
	struct keeper keeper = {
		.conf_path = conf_path,
		.previous = nobody,
		.current = nobody,
		.next = nobody,
		.status = EXIT_FAILURE,
	};
	ssize_t len = readlink("/proc/self/exe", keeper.binary, sizeof(keeper.binary) - 1);
	int claim_fd = -1;
	int err;

	if (len < 0) {
		log_write(LOG_LEVEL_ERROR, "error=\"%s\" doing=\"finding the own binary\"",
			  strerror(errno));
		return EXIT_FAILURE;
	}
	err = reserve_places();
	if (err < 0) {
		log_write(LOG_LEVEL_ERROR, "error=\"%s\" doing=\"opening /dev/null\"",
			  strerror(-err));
		return EXIT_FAILURE;
	}
	raise_descriptor_limit();
	/* Best effort: what the keeper does after a crash is a race against the peers, and what it
	 * starts inherits this until it reads its configuration. */
	(void)setpriority(PRIO_PROCESS, 0, -20);
	if (claim_namespace(&claim_fd) < 0)
		return EXIT_FAILURE;
	keeper.signal_fd = open_signals();
	if (keeper.signal_fd >= 0 && open_will(&keeper) == 0)
		keep(&keeper);
	forget(&keeper.previous);
	forget(&keeper.current);
	forget(&keeper.next);
	will_close(keeper.will);
	close_fd(keeper.signal_fd);
	single_release(claim_fd);
	return keeper.status;
}

int keeper_sweep(void)
{
	struct keeper keeper = { .previous = nobody, .current = nobody };
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
