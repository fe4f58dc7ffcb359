/* SPDX-License-Identifier: MIT */
#include "probe.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

/* Nothing of it is needed but the names of files. */
static _Noreturn void run(const struct check *check, pid_t parent)
{
	(void)close_range(STDERR_FILENO + 1, ~0U, 0);
	(void)prctl(PR_SET_NAME, "vipd-touch");
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() == parent)
		check_kind_of(check->config->kind)->touch(check->config);
	_exit(EXIT_SUCCESS);
}

/* Somebody else may have waited for it already: then nobody knows how it ended. */
static void ready(struct check_watch *watch, uint32_t events, int64_t now_ns)
{
	struct check_probe *probe = watch->self;
	int status = 0;
	pid_t pid = waitpid(probe->pid, &status, WNOHANG);

	(void)events;
	if (pid == 0)
		return;
	check_unwatch(probe->check->context, watch);
	probe->pid = 0;
	probe->done(probe, pid > 0 && WIFEXITED(status), now_ns);
}

static int watch_it(struct check_probe *probe)
{
	int err;

	probe->watch.fd = pidfd_open(probe->pid, 0);
	if (probe->watch.fd < 0)
		return -errno;
	err = check_watch(probe->check->context, &probe->watch, EPOLLIN);
	if (err < 0)
		check_unwatch(probe->check->context, &probe->watch);
	return err;
}

int check_probe_start(struct check_probe *probe, struct check *check, int64_t now_ns)
{
	pid_t parent = getpid();
	int err = check_descriptor_try(check->context);

	if (err < 0)
		return err;
	probe->check = check;
	probe->begun_ns = now_ns;
	probe->watch = (struct check_watch){ .fd = -1, .ready = ready, .self = probe };
	probe->pid = _Fork();
	if (probe->pid == 0)
		run(check, parent);
	err = probe->pid < 0 ? -errno : watch_it(probe);
	if (err == 0)
		return 0;
	check_probe_stop(probe);
	return err;
}

void check_probe_stop(struct check_probe *probe)
{
	if (probe->pid > 0) {
		(void)kill(probe->pid, SIGKILL);
		(void)waitpid(probe->pid, NULL, WNOHANG);
		check_unwatch(probe->check->context, &probe->watch);
	}
	probe->pid = 0;
}
