/* SPDX-License-Identifier: MIT */
#include "loop.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include "log.h"

#define NS_PER_S   INT64_C(1000000000)
#define EVENTS_MAX 8

struct loop {
	int epoll_fd, timer_fd, signal_fd;
	int64_t armed_ns; /* what the timer is set to */
	bool stop;
};

static int64_t clock_ns(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return now.tv_sec * NS_PER_S + now.tv_nsec;
}

struct inst_now loop_now(void)
{
	return (struct inst_now){ clock_ns(CLOCK_MONOTONIC), clock_ns(CLOCK_REALTIME) };
}

static int watch(struct loop *loop, int fd)
{
	struct epoll_event event = { .events = EPOLLIN, .data.fd = fd };

	return epoll_ctl(loop->epoll_fd, EPOLL_CTL_ADD, fd, &event) < 0 ? -errno : 0;
}

static int open_fds(struct loop *loop)
{
	sigset_t signals;
	int err;

	sigemptyset(&signals);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGINT);
	sigaddset(&signals, SIGHUP);
	if (sigprocmask(SIG_BLOCK, &signals, NULL) < 0)
		return -errno;
	loop->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (loop->epoll_fd < 0)
		return -errno;
	loop->timer_fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	if (loop->timer_fd < 0)
		return -errno;
	loop->signal_fd = signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
	if (loop->signal_fd < 0)
		return -errno;
	err = watch(loop, loop->timer_fd);
	return err < 0 ? err : watch(loop, loop->signal_fd);
}

int loop_open(struct loop **ret_loop)
{
	struct loop *loop = calloc(1, sizeof(*loop));
	int err;

	if (!loop)
		return -ENOMEM;
	*loop = (struct loop){ .epoll_fd = -1, .timer_fd = -1, .signal_fd = -1 };
	err = open_fds(loop);
	if (err < 0) {
		loop_close(loop);
		return err;
	}
	*ret_loop = loop;
	return 0;
}

static void close_fd(int fd)
{
	if (fd >= 0)
		close(fd);
}

void loop_close(struct loop *loop)
{
	if (!loop)
		return;
	close_fd(loop->signal_fd);
	close_fd(loop->timer_fd);
	close_fd(loop->epoll_fd);
	free(loop);
}

static void read_signals(struct loop *loop)
{
	struct signalfd_siginfo info;

	while (read(loop->signal_fd, &info, sizeof(info)) == sizeof(info)) {
		if (info.ssi_signo == SIGHUP) {
			log_write(LOG_LEVEL_WARNING, "signal=SIGHUP note=\"reload is not "
						     "supported yet; the configuration stays\"");
			continue;
		}
		log_write(LOG_LEVEL_INFO, "signal=%s from_pid=%u note=\"leaving gracefully\"",
			  sigabbrev_np((int)info.ssi_signo), info.ssi_pid);
		loop->stop = true;
	}
}

/* One absolute deadline; set only when it changed. */
static void arm(struct loop *loop, int64_t deadline_ns)
{
	struct itimerspec spec = { 0 };

	if (deadline_ns == loop->armed_ns)
		return;
	loop->armed_ns = deadline_ns;
	if (deadline_ns < 1)
		deadline_ns = 1; /* zero would disarm */
	if (deadline_ns != INT64_MAX) {
		spec.it_value.tv_sec = deadline_ns / NS_PER_S;
		spec.it_value.tv_nsec = deadline_ns % NS_PER_S;
	}
	/* Cannot fail: the descriptor is ours and the time is in range. */
	(void)timerfd_settime(loop->timer_fd, TFD_TIMER_ABSTIME, &spec, NULL);
}

static int64_t next_deadline(const struct inst_set *set, const struct ctl *ctl)
{
	int64_t inst_ns = inst_deadline(set), ctl_ns = ctl_deadline(ctl);

	return inst_ns < ctl_ns ? inst_ns : ctl_ns;
}

static void turn(struct loop *loop, struct inst_set *set, struct ctl *ctl)
{
	struct inst_now now = loop_now();
	uint64_t expired;

	if (read(loop->timer_fd, &expired, sizeof(expired)) == sizeof(expired))
		loop->armed_ns = 0;
	inst_read(set, &now);
	inst_fire(set, &now);
	inst_execute(set, &now);
	ctl_dispatch(ctl, &now);
	read_signals(loop);
	arm(loop, next_deadline(set, ctl));
}

int loop_run(struct loop *loop, struct inst_set *set, struct ctl *ctl)
{
	struct epoll_event events[EVENTS_MAX];
	struct inst_now now;
	int fds[2];
	int err;

	inst_fds(set, fds);
	err = watch(loop, fds[0]);
	if (err == 0)
		err = watch(loop, fds[1]);
	if (err == 0)
		err = watch(loop, ctl_fd(ctl));
	while (err == 0 && !loop->stop) {
		turn(loop, set, ctl);
		/* What is ready matters little: a turn looks at everything. */
		if (!loop->stop && epoll_wait(loop->epoll_fd, events, EVENTS_MAX, -1) < 0 &&
		    errno != EINTR)
			err = -errno;
	}
	now = loop_now();
	inst_stop(set, &now);
	return err;
}
