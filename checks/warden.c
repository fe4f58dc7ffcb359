/* SPDX-License-Identifier: MIT */
#include "warden.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "leaf.h"
#include "tree.h"

#define PIPE_SIZE    (64 << 10) /* as much as one has at once */
#define PIPE_ROUNDS  16         /* read at the end: nobody writes any more */
#define ENDED_MAX    1024       /* waited for in one round */
#define ROUND_MS     2          /* between rounds of killing; more and more up to */
#define ROUND_MAX_MS 500

struct warden {
	struct check_execution execution;
	struct check_run *run;
	pid_t program;
	int signal_fd, out_fd; /* -1: has ended */
	int leaf_fd;           /* of the program's control group, -1: none */
	bool first_is_over;
	pid_t parent;
	bool ordered; /* to end it */
};

/* ---- output ---- */

/* The first line that is not empty. */
static void keep_first(struct warden *warden, const char *text, size_t len)
{
	struct check_run *run = warden->run;
	const char *end;
	size_t room = sizeof(run->first) - run->first_len;

	for (; len && run->first_len == 0 && *text == '\n'; len--)
		text++;
	end = memchr(text, '\n', len);
	if (end)
		len = (size_t)(end - text);
	memcpy(run->first + run->first_len, text, len < room ? len : room);
	run->first_len += (uint32_t)(len < room ? len : room);
	warden->first_is_over = end || len >= room;
}

static void keep_last(struct check_run *run, const char *text, size_t len)
{
	uint32_t kept = run->output_len;

	if (len >= sizeof(run->output)) {
		memcpy(run->output, text + len - sizeof(run->output), sizeof(run->output));
		run->output_len = sizeof(run->output);
		return;
	}
	if (kept > sizeof(run->output) - len) {
		kept = (uint32_t)(sizeof(run->output) - len);
		memmove(run->output, run->output + run->output_len - kept, kept);
	}
	memcpy(run->output + kept, text, len);
	run->output_len = kept + (uint32_t)len;
}

/* What is in the pipe by now. Return: whether there was something. */
static bool read_output(struct warden *warden)
{
	static char text[PIPE_SIZE];
	ssize_t len = read(warden->out_fd, text, sizeof(text));

	if (len > 0) {
		if (!warden->first_is_over)
			keep_first(warden, text, (size_t)len);
		keep_last(warden->run, text, (size_t)len);
	} else if (len == 0) {
		close(warden->out_fd);
		warden->out_fd = -1;
	}
	return len > 0;
}

/* ---- the end ---- */

enum look {
	LOOK_RUNS,
	LOOK_MORE, /* perhaps; there were many that have ended */
	LOOK_ENDED,
};

/* Those that were adopted may have ended, too. The program is waited for in the end. */
static enum look look(const struct warden *warden)
{
	siginfo_t info;

	for (unsigned i = 0; i < ENDED_MAX; i++) {
		info.si_pid = 0;
		if (waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) < 0 || info.si_pid == 0)
			return LOOK_RUNS;
		if (info.si_pid == warden->program)
			return LOOK_ENDED;
		(void)waitpid(info.si_pid, NULL, WNOHANG);
	}
	return LOOK_MORE;
}

/* Return: whether there is any child left. */
static bool reap(struct warden *warden)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
		if (pid == warden->program)
			warden->run->status = status;
	return pid == 0;
}

/* What is in its leaf ends at once; who went elsewhere is below us all the same. One that hangs in
 * the kernel is waited for as long as it takes. */
static void end_all(struct warden *warden)
{
	struct signalfd_siginfo info;
	int wait_ms = ROUND_MS;

	if (!reap(warden))
		return;
	check_leaf_kill(warden->leaf_fd);
	check_tree_stop(NULL, NULL);
	while (reap(warden)) {
		struct pollfd fd = { .fd = warden->signal_fd, .events = POLLIN };

		(void)check_tree_kill(NULL, NULL);
		if (poll(&fd, 1, wait_ms) > 0)
			(void)!read(warden->signal_fd, &info, sizeof(info));
		else if (wait_ms < ROUND_MAX_MS)
			wait_ms *= 2;
	}
}

/* ---- the process ---- */

static int open_signals(void)
{
	sigset_t all, ours;

	/* Or nobody would have to be waited for. */
	(void)signal(SIGCHLD, SIG_DFL);
	sigfillset(&all);
	(void)sigprocmask(SIG_SETMASK, &all, NULL);
	sigemptyset(&ours);
	sigaddset(&ours, SIGTERM);
	sigaddset(&ours, SIGCONT);
	sigaddset(&ours, SIGCHLD);
	return signalfd(-1, &ours, SFD_CLOEXEC | SFD_NONBLOCK);
}

/* Who kills our parent may mean its group, and we are still needed then. SIGCONT wakes us even if
 * somebody has stopped us. */
static void settle(pid_t parent)
{
	(void)setsid();
	(void)prctl(PR_SET_NAME, "vipd-command");
	(void)prctl(PR_SET_CHILD_SUBREAPER, 1);
	(void)prctl(PR_SET_PDEATHSIG, SIGCONT);
	if (getppid() != parent)
		_exit(EXIT_SUCCESS);
}

/* vfork() leaves us standing until the program runs, or has not been. */
static int start_program(struct warden *warden)
{
	int ends[2];
	pid_t self = getpid();

	if (pipe2(ends, O_CLOEXEC) < 0)
		return -errno;
	(void)fcntl(ends[0], F_SETFL, O_NONBLOCK);
	warden->out_fd = ends[0];
	warden->program = vfork();
	if (warden->program == 0) {
		(void)check_leaf_enter(warden->leaf_fd); /* while it may */
		check_execute(&warden->execution, ends[1], self, &warden->run->fault);
	}
	if (warden->program < 0)
		return -errno;
	close(ends[1]);
	return 0;
}

/* When memory is short vipd may be spared: what it starts is not. */
static void be_ordinary(const struct warden *warden)
{
	char path[64], own[16];
	int fd;

	if (check_tree_read("/proc/self/oom_score_adj", own, sizeof(own)) <= 0 || own[0] != '-')
		return;
	snprintf(path, sizeof(path), "/proc/%d/oom_score_adj", warden->program);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return;
	(void)!write(fd, "0", 1);
	close(fd);
}

static void watch(struct warden *warden)
{
	struct signalfd_siginfo info;
	enum look seen;

	while (!warden->ordered && (seen = look(warden)) != LOOK_ENDED) {
		struct pollfd fds[] = { { .fd = warden->signal_fd, .events = POLLIN },
					{ .fd = warden->out_fd, .events = POLLIN } };

		if (poll(fds, 2, seen == LOOK_MORE ? 0 : -1) < 0)
			continue;
		if (fds[1].revents)
			(void)read_output(warden);
		while (read(warden->signal_fd, &info, sizeof(info)) == sizeof(info))
			warden->ordered |= info.ssi_signo == SIGTERM || getppid() != warden->parent;
	}
}

static void run_to_the_end(struct warden *warden)
{
	be_ordinary(warden);
	watch(warden);
	end_all(warden);
	for (unsigned i = 0; i < PIPE_ROUNDS && warden->out_fd >= 0; i++)
		if (!read_output(warden))
			break;
}

/* Nothing else of ours goes with it. */
static void keep_fds(struct check_execution *execution)
{
	int kept_fd = STDERR_FILENO + 1;

	assert(!execution->has_cgroup || !execution->has_hold);
	if (execution->has_input) {
		(void)dup2(execution->in_fd, STDIN_FILENO);
		execution->in_fd = STDIN_FILENO;
	}
	if (execution->has_cgroup) {
		(void)dup3(execution->cgroup_fd, kept_fd, O_CLOEXEC); /* or it is there */
		execution->cgroup_fd = kept_fd++;
	}
	if (execution->has_hold)
		(void)dup3(execution->hold_fd, kept_fd++, O_CLOEXEC); /* likewise */
	(void)close_range((unsigned)kept_fd, ~0U, 0);
}

static void make_leaf(struct warden *warden)
{
	if (warden->execution.has_cgroup)
		warden->leaf_fd = check_leaf_make(warden->execution.cgroup_fd);
}

static _Noreturn void run_warden(struct warden *warden)
{
	int err;

	keep_fds(&warden->execution);
	warden->signal_fd = open_signals();
	settle(warden->parent);
	make_leaf(warden);
	err = warden->signal_fd < 0 ? -errno : start_program(warden);
	if (err == 0)
		run_to_the_end(warden);
	else
		warden->run->fault = (struct check_program_fault){ .error = CHECK_PROGRAM_STEP,
								   .err = -err,
								   .where = "starting it" };
	check_leaf_end(warden->execution.cgroup_fd, warden->leaf_fd);
	__atomic_store_n(&warden->run->done, 1, __ATOMIC_RELEASE);
	_exit(EXIT_SUCCESS);
}

int check_warden_start(const struct check_execution *execution, struct check_run *run,
		       pid_t *ret_pid)
{
	struct warden warden = {
		.execution = *execution, .run = run, .out_fd = -1, .leaf_fd = -1, .parent = getpid()
	};
	pid_t pid;

	memset(run, 0, offsetof(struct check_run, output));
	pid = _Fork();
	if (pid == 0)
		run_warden(&warden);
	if (pid < 0)
		return -errno;
	*ret_pid = pid;
	return 0;
}

/* A warden that still stands in vfork() hears nothing: its program may never have been read. */
void check_warden_end(pid_t pid)
{
	pid_t program;

	(void)kill(pid, SIGTERM);
	(void)kill(pid, SIGCONT);
	if (check_tree_state(pid) == 'D' && check_tree_children(pid, &program, 1) > 0)
		(void)kill(program, SIGKILL);
}
