/* SPDX-License-Identifier: MIT */
#include "reach.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "agent/clocks.h"
#include "checks/regular.h"

#define NS_PER_MS   INT64_C(1000000)
#define PATIENCE_MS 500
#define LOST_MAX_NS (3 * PATIENCE_MS * NS_PER_MS)
#define END_MS      20 /* for the end of one that was killed; who hangs for good ends later */

/* The other end is all that it has: who waits for the end of something of ours waits in vain while
 * somebody else has it. */
static _Noreturn void serve(int fd, pid_t parent)
{
	char path[PATH_MAX] = "", done = 0;
	ssize_t len;

	if (dup2(fd, STDERR_FILENO + 1) < 0)
		_exit(EXIT_FAILURE);
	fd = STDERR_FILENO + 1;
	(void)close_range((unsigned)fd + 1, ~0U, 0);
	(void)prctl(PR_SET_NAME, "vipd-touch");
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	while (getppid() == parent && (len = recv(fd, path, sizeof(path) - 1, 0)) > 0) {
		path[len] = '\0';
		(void)check_regular_touch(path);
		if (send(fd, &done, sizeof(done), MSG_NOSIGNAL) < 0)
			break;
	}
	_exit(EXIT_SUCCESS);
}

static int begin(struct conf_reach *reach)
{
	pid_t parent = getpid();
	int fds[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds) < 0)
		return -errno;
	reach->pid = fork();
	if (reach->pid == 0)
		serve(fds[1], parent);
	close(fds[1]);
	reach->fd = fds[0];
	if (reach->pid > 0)
		return 0;
	reach->pid = 0;
	close(fds[0]);
	return -EAGAIN;
}

/* Return: whether there is something to read, or an end, within so long. */
static bool comes(int fd, int timeout_ms)
{
	struct pollfd pollfd = { .fd = fd, .events = POLLIN };
	int64_t end_ns = clocks_now().mono_ns + timeout_ms * NS_PER_MS, left_ms = timeout_ms;
	int n;

	while ((n = poll(&pollfd, 1, (int)left_ms)) < 0 && errno == EINTR) {
		left_ms = (end_ns - clocks_now().mono_ns) / NS_PER_MS;
		if (left_ms < 0)
			left_ms = 0;
	}
	return n > 0;
}

/* One that not even SIGKILL ends is nobody's to wait for. */
static void give_up(struct conf_reach *reach)
{
	int pidfd = pidfd_open(reach->pid, 0);

	(void)kill(reach->pid, SIGKILL);
	if (pidfd >= 0) {
		(void)comes(pidfd, END_MS);
		close(pidfd);
	}
	close(reach->fd);
	(void)waitpid(reach->pid, NULL, WNOHANG);
	reach->pid = 0;
}

bool conf_reach_answers(struct conf_reach *reach, const char *path)
{
	size_t len = strlen(path);
	char done;

	if (reach->lost_ns >= LOST_MAX_NS)
		return false;
	if (!len || len >= PATH_MAX || (!reach->pid && begin(reach) < 0))
		return true;
	if (send(reach->fd, path, len, MSG_NOSIGNAL) < 0) {
		give_up(reach);
		return true;
	}
	if (comes(reach->fd, PATIENCE_MS) && recv(reach->fd, &done, sizeof(done), 0) > 0)
		return true;
	give_up(reach);
	reach->lost_ns += PATIENCE_MS * NS_PER_MS;
	return false;
}

void conf_reach_end(struct conf_reach *reach)
{
	if (!reach->pid)
		return;
	close(reach->fd);
	(void)waitpid(reach->pid, NULL, 0);
	reach->pid = 0;
}
