/* SPDX-License-Identifier: MIT */
#include "helper.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "agent/board.h"
#include "agent/channel.h"
#include "agent/helper.h"

#define NS_PER_MS INT64_C(1000000)
#define NS_PER_S  (1000 * NS_PER_MS)

#define END_NS       NS_PER_S          /* from SIGTERM to SIGKILL */
#define HEAR_NS      NS_PER_S          /* from its start: what it has to say it has said by then */
#define AGAIN_NS     (100 * NS_PER_MS) /* after the first failure; then twice as long each time */
#define AGAIN_MAX_NS (10 * NS_PER_S)
#define WELL_NS      (60 * NS_PER_S) /* who has lived so long has not failed */
#define CLOSE_MS     100
#define MESSAGES_MAX                                                                               \
	16 /* read in a turn: it has no rights, and may say more than anybody wants                \
	    */

void helper_init(struct helper *helper)
{
	*helper = (struct helper){ .channel_fd = -1,
				   .board_fd = -1,
				   .found_fd = -1,
				   .conf_fd = -1,
				   .deadline_ns = HELPER_NEVER };
}

static void close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

static void name_program(struct helper *helper, const char *binary)
{
	const char *slash = strrchr(binary, '/');

	snprintf(helper->program, sizeof(helper->program), "%.*s%s",
		 slash ? (int)(slash + 1 - binary) : 0, binary, HELPER_CHECKER);
}

int helper_open(struct helper *helper, const char *binary)
{
	int fd;

	name_program(helper, binary);
	if (helper->board_fd < 0) {
		fd = board_new();
		if (fd < 0)
			return fd;
		helper->board_fd = fd;
	}
	if (helper->found_fd < 0)
		helper->found_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	return helper->found_fd < 0 ? -errno : 0;
}

/* ---- the process ---- */

/* Where the helper expects it; what it is not to have must not be there. */
static void hand_down(int fd, int place)
{
	if (fd >= 0 && dup2(fd, place) < 0)
		_exit(EXIT_FAILURE);
	if (fd < 0)
		close(place);
}

/* It has no hurry, and nothing to lose. */
static void be_ordinary(void)
{
	const struct sched_param param = { 0 };
	sigset_t none;

	(void)sched_setscheduler(0, SCHED_OTHER, &param);
	(void)setpriority(PRIO_PROCESS, 0, 0);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

static void become_helper(const struct helper *helper, int channel_fd)
{
	char *const argv[] = { HELPER_CHECKER, NULL };
	struct event event;

	hand_down(channel_fd, HELPER_FD_CHANNEL);
	hand_down(helper->conf_fd, HELPER_FD_CONF);
	hand_down(helper->board_fd, HELPER_FD_BOARD);
	hand_down(helper->found_fd, HELPER_FD_NEWS);
	hand_down(-1, HELPER_FD_PROCESSES);
	be_ordinary();
	if (setenv(HELPER_ENVIRONMENT, HELPER_VERSION, 1) < 0)
		_exit(EXIT_FAILURE);
	execv(helper->program, argv);
	event = event_fact(EVENT_FAILED, errno, "starting the checker");
	snprintf(event.fact.name, sizeof(event.fact.name), "it lies beside vipd: " HELPER_CHECKER);
	(void)channel_send_event(HELPER_FD_CHANNEL, &event);
	_exit(EXIT_FAILURE);
}

static int spawn(struct helper *helper, int64_t now_ns)
{
	int pair[2], err = 0;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair) < 0)
		return -errno;
	if (stat(helper->program, &helper->file) < 0)
		helper->file = (struct stat){ 0 }; /* who becomes it says why */
	helper->pid = fork();
	if (helper->pid == 0)
		become_helper(helper, pair[1]);
	if (helper->pid < 0) {
		err = -errno;
		helper->pid = 0;
		close(pair[0]);
	} else {
		helper->channel_fd = pair[0];
		helper->started_ns = now_ns;
	}
	close(pair[1]);
	return err;
}

static void set_life(struct helper *helper, enum helper_life life, int64_t deadline_ns)
{
	helper->life = life;
	helper->deadline_ns = deadline_ns;
}

/* Later and later, while it goes on ending soon. Return: after how long. */
static int64_t start_later(struct helper *helper, int64_t now_ns)
{
	int64_t pause_ns = AGAIN_NS << (helper->failures_n < 7 ? helper->failures_n : 7);

	if (pause_ns > AGAIN_MAX_NS)
		pause_ns = AGAIN_MAX_NS;
	helper->failures_n++;
	set_life(helper, HELPER_WAITS, now_ns + pause_ns);
	return pause_ns;
}

static void tell_lost(const struct helper *helper, const char *how, int64_t pause_ns,
		      struct teller *teller)
{
	struct event event = event_fact(EVENT_CHECKER, 0, how);

	event.fact.number[0] = helper->pid;
	event.fact.number[1] = pause_ns / NS_PER_MS;
	tell(teller, &event);
}

static void start(struct helper *helper, int64_t now_ns, struct teller *teller)
{
	int err = spawn(helper, now_ns);
	char how[128];

	if (err == 0) {
		set_life(helper, HELPER_RUNS, now_ns + HEAR_NS);
		return;
	}
	snprintf(how, sizeof(how), "cannot be started: %s", strerror(-err));
	tell_lost(helper, how, start_later(helper, now_ns), teller);
}

/* ---- what is asked for ---- */

static bool have_same_text(int a, int b)
{
	char of_a[4096], of_b[4096];
	ssize_t len;

	for (off_t at = 0;; at += len) {
		len = pread(a, of_a, sizeof(of_a), at);
		if (len < 0 || pread(b, of_b, sizeof(of_b), at) != len ||
		    memcmp(of_a, of_b, (size_t)len) != 0)
			return false;
		if (len == 0)
			return true;
	}
}

/* Not after an upgrade. */
static bool is_of_same_program(const struct helper *helper)
{
	struct stat file;

	return stat(helper->program, &file) < 0 ||
	       (file.st_dev == helper->file.st_dev && file.st_ino == helper->file.st_ino &&
		file.st_mtim.tv_sec == helper->file.st_mtim.tv_sec &&
		file.st_mtim.tv_nsec == helper->file.st_mtim.tv_nsec);
}

static bool runs_what_is_wanted(const struct helper *helper, int conf_fd)
{
	return conf_fd >= 0 && helper->conf_fd >= 0 && have_same_text(conf_fd, helper->conf_fd) &&
	       is_of_same_program(helper);
}

static void end(struct helper *helper, int signal_number, int64_t now_ns)
{
	(void)kill(helper->pid, signal_number);
	helper->is_killed = signal_number == SIGKILL;
	set_life(helper, HELPER_ENDS, now_ns + END_NS);
}

/* It hangs in the kernel, where no signal reaches it. Nor will it ever come back from there:
 * another one can take its place. */
static void abandon(struct helper *helper, int64_t now_ns)
{
	helper->abandoned[helper->abandoned_n++] = helper->pid;
	close_fd(&helper->channel_fd);
	helper->pid = 0;
	if (helper->conf_fd < 0)
		set_life(helper, HELPER_NONE, HELPER_NEVER);
	else
		set_life(helper, HELPER_WAITS, now_ns);
}

static bool was_abandoned(struct helper *helper, pid_t pid)
{
	for (unsigned i = 0; i < helper->abandoned_n; i++) {
		if (helper->abandoned[i] != pid)
			continue;
		helper->abandoned[i] = helper->abandoned[--helper->abandoned_n];
		return true;
	}
	return false;
}

void helper_want(struct helper *helper, int conf_fd, int64_t now_ns)
{
	if (runs_what_is_wanted(helper, conf_fd))
		return;
	close_fd(&helper->conf_fd);
	if (conf_fd >= 0)
		helper->conf_fd = fcntl(conf_fd, F_DUPFD_CLOEXEC, HELPER_FD_END);
	helper->failures_n = 0;
	if (helper->life == HELPER_RUNS)
		end(helper, SIGTERM, now_ns);
	else if (helper->life != HELPER_ENDS && helper->conf_fd < 0)
		set_life(helper, HELPER_NONE, HELPER_NEVER);
	else if (helper->life != HELPER_ENDS)
		set_life(helper, HELPER_WAITS, now_ns);
}

void helper_expect_end(struct helper *helper, pid_t pid, int64_t now_ns)
{
	helper->pid = pid;
	helper->started_ns = now_ns;
	end(helper, SIGTERM, now_ns);
}

void helper_replace(struct helper *helper, int64_t now_ns)
{
	if (helper->life == HELPER_RUNS && !board_is_excused(helper->board_fd, now_ns))
		end(helper, SIGKILL, now_ns);
}

/* ---- what happens ---- */

static void read_channel(const struct helper *helper, struct teller *teller)
{
	struct channel_message message;
	struct event event;

	for (unsigned i = 0; i < MESSAGES_MAX && helper->channel_fd >= 0 &&
			     channel_receive(helper->channel_fd, &message) > 0;
	     i++) {
		if (message.attached_fd >= 0)
			close(message.attached_fd);
		if (message.type != CHANNEL_EVENT)
			continue;
		channel_event(&message, &event);
		if (event.kind == EVENT_FAILED || event.kind == EVENT_DEGRADED)
			tell(teller, &event);
	}
}

bool helper_ended(struct helper *helper, pid_t pid, const char *how, int64_t now_ns,
		  struct teller *teller)
{
	bool asked = helper->life == HELPER_ENDS;

	if (pid != helper->pid || !pid)
		return was_abandoned(helper, pid);
	read_channel(helper, teller); /* why, in its own words */
	close_fd(&helper->channel_fd);
	if (now_ns - helper->started_ns >= WELL_NS)
		helper->failures_n = 0;
	if (helper->conf_fd < 0)
		set_life(helper, HELPER_NONE, HELPER_NEVER);
	else if (asked)
		set_life(helper, HELPER_WAITS, now_ns);
	else
		tell_lost(helper, how, start_later(helper, now_ns), teller);
	helper->pid = 0;
	return true;
}

void helper_dispatch(struct helper *helper, int64_t now_ns, struct teller *teller)
{
	read_channel(helper, teller);
	if (now_ns < helper->deadline_ns)
		return;
	if (helper->life == HELPER_WAITS)
		start(helper, now_ns, teller);
	else if (helper->life == HELPER_RUNS)
		set_life(helper, HELPER_RUNS, HELPER_NEVER);
	else if (helper->life == HELPER_ENDS && helper->is_killed &&
		 helper->abandoned_n < HELPER_ABANDONED_MAX)
		abandon(helper, now_ns);
	else if (helper->life == HELPER_ENDS)
		end(helper, SIGKILL, now_ns);
}

int64_t helper_deadline(const struct helper *helper)
{
	return helper->deadline_ns;
}

/* Its commands are ended by it, or by their wardens when it is killed. */
static void end_soon(pid_t pid)
{
	(void)kill(pid, SIGTERM);
	for (unsigned ms = 0; ms < CLOSE_MS; ms++) {
		if (waitpid(pid, NULL, WNOHANG) != 0)
			return;
		(void)poll(NULL, 0, 1);
	}
	(void)kill(pid, SIGKILL);
}

void helper_close(struct helper *helper)
{
	close_fd(&helper->channel_fd);
	if (helper->pid)
		end_soon(helper->pid);
	close_fd(&helper->board_fd);
	close_fd(&helper->found_fd);
	close_fd(&helper->conf_fd);
	helper->pid = 0;
}
