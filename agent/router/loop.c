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
#include <unistd.h>

#include "agent/channel.h"
#include "agent/log.h"
#include "agent/realtime.h"

#define NS_PER_S   INT64_C(1000000000)
#define EVENTS_MAX 8

struct loop {
	int epoll_fd, timer_fd, signal_fd;
	int channel_fd;    /* borrowed */
	int64_t freeze_ns; /* the next generation is ready, whose reload began then; or 0 */
	int64_t alive_ns;  /* when the keeper hears of us next */
	int64_t armed_ns;  /* what the timer is set to */
	bool stop;
};

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
	return err < 0 ? err : watch(loop, loop->channel_fd);
}

int loop_open(int channel_fd, struct loop **ret_loop)
{
	struct loop *loop = calloc(1, sizeof(*loop));
	int err;

	if (!loop)
		return -ENOMEM;
	*loop = (struct loop){
		.epoll_fd = -1, .timer_fd = -1, .signal_fd = -1, .channel_fd = channel_fd
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

static void read_keeper(struct loop *loop, struct control *control)
{
	static struct channel_message message;
	int got;

	while ((got = channel_receive(loop->channel_fd, &message)) > 0) {
		if (message.type == CHANNEL_FREEZE)
			loop->freeze_ns = message.ns;
		else if (message.type == CHANNEL_REFUSED)
			control_reload_done(control, message.ns, message.text);
	}
	if (got < 0 && !loop->stop) {
		log_write(LOG_LEVEL_ERROR,
			  "error=\"the keeper is gone\" note=\"leaving gracefully\"");
		loop->stop = true;
	}
}

/* A sign of life, and how we are, for the keeper and the service manager. */
static void say_alive(struct loop *loop, const struct routers *routers, const struct clocks *now)
{
	unsigned counts[VRRP_STATE_COUNT] = { 0 };
	char text[80];

	if (now->mono_ns < loop->alive_ns)
		return;
	loop->alive_ns = now->mono_ns + NS_PER_S;
	for (unsigned i = 0; i < routers_count(routers); i++)
		counts[routers_get(routers, i)->vr.state]++;
	snprintf(text, sizeof(text), "%u active, %u backup, %u initialize, %u fault",
		 counts[VRRP_STATE_ACTIVE], counts[VRRP_STATE_BACKUP],
		 counts[VRRP_STATE_INITIALIZE], counts[VRRP_STATE_FAULT]);
	(void)channel_send(loop->channel_fd, CHANNEL_ALIVE, 0, text);
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

static int64_t next_deadline(const struct loop *loop, const struct routers *routers,
			     const struct control *control)
{
	int64_t routers_ns = routers_deadline(routers), control_ns = control_deadline(control);
	int64_t next_ns = routers_ns < control_ns ? routers_ns : control_ns;

	return loop->alive_ns < next_ns ? loop->alive_ns : next_ns;
}

/* Make room without a word on the wire: nothing is closed in order, everything just stays. */
static void freeze(struct loop *loop, struct routers *routers, struct control *control,
		   const struct clocks *now)
{
	routers_save(routers);
	if (channel_send(loop->channel_fd, CHANNEL_FROZEN, now->real_ns, NULL) < 0)
		return;
	control_reload_done(control, loop->freeze_ns, NULL);
	_exit(EXIT_SUCCESS);
}

static void turn(struct loop *loop, struct routers *routers, struct control *control)
{
	struct clocks now = clocks_now();
	uint64_t expired;

	if (read(loop->timer_fd, &expired, sizeof(expired)) == sizeof(expired))
		loop->armed_ns = 0;
	routers_read(routers, &now);
	routers_fire(routers, &now);
	routers_execute(routers, &now);
	/* What was done took its time; a client's patience counts from now. */
	now = clocks_now();
	control_dispatch(control, &now);
	if (control_reload_asked(control))
		(void)channel_send(loop->channel_fd, CHANNEL_RELOAD, 0, NULL);
	say_alive(loop, routers, &now);
	read_signals(loop);
	read_keeper(loop, control);
	/* Everything up to now is decided, executed and left in the state memory. */
	if (loop->freeze_ns && !loop->stop)
		freeze(loop, routers, control, &now);
	arm(loop, next_deadline(loop, routers, control));
}

int loop_run(struct loop *loop, struct routers *routers, struct control *control)
{
	struct epoll_event events[EVENTS_MAX];
	struct clocks now;
	int fds[2];
	int err;

	routers_fds(routers, fds);
	err = watch(loop, fds[0]);
	if (err == 0)
		err = watch(loop, fds[1]);
	if (err == 0 && control_fd(control) >= 0)
		err = watch(loop, control_fd(control));
	while (err == 0 && !loop->stop) {
		turn(loop, routers, control);
		/* What is ready matters little: a turn looks at everything. */
		if (!loop->stop && epoll_wait(loop->epoll_fd, events, EVENTS_MAX, -1) < 0 &&
		    errno != EINTR)
			err = -errno;
	}
	now = clocks_now();
	routers_stop(routers, &now);
	return err;
}
