/* SPDX-License-Identifier: MIT */
#include "loop.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include "channel.h"
#include "log.h"
#include "realtime.h"

#define NS_PER_S   INT64_C(1000000000)
#define EVENTS_MAX 8

struct loop {
	int epoll_fd, timer_fd, signal_fd;
	int talk_fd;       /* borrowed */
	int64_t freeze_ns; /* the next generation is ready, whose reload began then; or 0 */
	int64_t alive_ns;  /* when the keeper hears of us next */
	int64_t armed_ns;  /* what the timer is set to */
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
	if (err == 0)
		err = watch(loop, loop->signal_fd);
	return err < 0 ? err : watch(loop, loop->talk_fd);
}

int loop_open(int talk_fd, struct loop **ret_loop)
{
	struct loop *loop = calloc(1, sizeof(*loop));
	int err;

	if (!loop)
		return -ENOMEM;
	*loop = (struct loop){
		.epoll_fd = -1, .timer_fd = -1, .signal_fd = -1, .talk_fd = talk_fd
	};
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
		if (info.ssi_signo == SIGHUP) /* meant for the keeper */
			continue;
		/* The keeper says for itself who asked. */
		if ((pid_t)info.ssi_pid == getppid()) {
			loop->stop = true;
			continue;
		}
		log_write(LOG_LEVEL_INFO, "signal=%s from_pid=%u note=\"leaving gracefully\"",
			  sigabbrev_np((int)info.ssi_signo), info.ssi_pid);
		loop->stop = true;
	}
}

static void read_keeper(struct loop *loop, struct ctl *ctl)
{
	static struct channel_message message;
	int got;

	while ((got = channel_receive(loop->talk_fd, &message)) > 0) {
		if (message.type == CHANNEL_FREEZE)
			loop->freeze_ns = message.ns;
		else if (message.type == CHANNEL_REFUSED)
			ctl_reload_done(ctl, message.ns, message.text);
	}
	if (got < 0 && !loop->stop) {
		log_write(LOG_LEVEL_ERROR,
			  "error=\"the keeper is gone\" note=\"leaving gracefully\"");
		loop->stop = true;
	}
}

/* A sign of life, and how we are, for the keeper and the service manager. */
static void say_alive(struct loop *loop, const struct inst_set *set, const struct inst_now *now)
{
	unsigned counts[VRRP_STATE_COUNT] = { 0 };
	char text[80];

	if (now->mono_ns < loop->alive_ns)
		return;
	loop->alive_ns = now->mono_ns + NS_PER_S;
	for (unsigned i = 0; i < inst_count(set); i++)
		counts[inst_get(set, i)->vr.state]++;
	snprintf(text, sizeof(text), "%u active, %u backup, %u initialize, %u fault",
		 counts[VRRP_STATE_ACTIVE], counts[VRRP_STATE_BACKUP],
		 counts[VRRP_STATE_INITIALIZE], counts[VRRP_STATE_FAULT]);
	(void)channel_send(loop->talk_fd, CHANNEL_ALIVE, 0, text);
	if (realtime_watch(now->mono_ns))
		log_write(LOG_LEVEL_WARNING, "realtime=lost note=\"busy for a second without a "
					     "pause; ordinary priority for a minute\"");
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

static int64_t next_deadline(const struct loop *loop, const struct inst_set *set,
			     const struct ctl *ctl)
{
	int64_t inst_ns = inst_deadline(set), ctl_ns = ctl_deadline(ctl);
	int64_t next_ns = inst_ns < ctl_ns ? inst_ns : ctl_ns;

	return loop->alive_ns < next_ns ? loop->alive_ns : next_ns;
}

/* Make room without a word on the wire: nothing is closed in order, everything just stays. */
static void freeze(struct loop *loop, struct inst_set *set, struct ctl *ctl,
		   const struct inst_now *now)
{
	inst_save(set);
	if (channel_send(loop->talk_fd, CHANNEL_FROZEN, now->real_ns, NULL) < 0)
		return;
	ctl_reload_done(ctl, loop->freeze_ns, NULL);
	_exit(EXIT_SUCCESS);
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
	/* What was done took its time; a client's patience counts from now. */
	now = loop_now();
	ctl_dispatch(ctl, &now);
	if (ctl_reload_asked(ctl))
		(void)channel_send(loop->talk_fd, CHANNEL_RELOAD, 0, NULL);
	say_alive(loop, set, &now);
	read_signals(loop);
	read_keeper(loop, ctl);
	/* Everything up to now is decided, executed and left in the state memory. */
	if (loop->freeze_ns && !loop->stop)
		freeze(loop, set, ctl, &now);
	arm(loop, next_deadline(loop, set, ctl));
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
	if (err == 0 && ctl_fd(ctl) >= 0)
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
