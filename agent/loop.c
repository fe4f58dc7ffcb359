/* SPDX-License-Identifier: MIT */
#include "loop.h"

#include <assert.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <unistd.h>

#define NS_PER_S   INT64_C(1000000000)
#define EVENTS_MAX 8

struct loop {
	int epoll_fd, timer_fd;
	int64_t armed_ns; /* what the timer is set to; 0: it has expired */
	bool stop;
	unsigned parts_n;
	struct loop_part parts[LOOP_PARTS_MAX];
};

int loop_watch(struct loop *loop, int fd)
{
	struct epoll_event event = { .events = EPOLLIN, .data.fd = fd };

	return epoll_ctl(loop->epoll_fd, EPOLL_CTL_ADD, fd, &event) < 0 ? -errno : 0;
}

void loop_unwatch(struct loop *loop, int fd)
{
	(void)epoll_ctl(loop->epoll_fd, EPOLL_CTL_DEL, fd, NULL);
}

static int open_fds(struct loop *loop)
{
	loop->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (loop->epoll_fd < 0)
		return -errno;
	loop->timer_fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	if (loop->timer_fd < 0)
		return -errno;
	return loop_watch(loop, loop->timer_fd);
}

int loop_open(struct loop **ret_loop)
{
	struct loop *loop = calloc(1, sizeof(*loop));
	int err;

	if (!loop)
		return -ENOMEM;
	loop->epoll_fd = loop->timer_fd = -1;
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
	close_fd(loop->timer_fd);
	close_fd(loop->epoll_fd);
	free(loop);
}

int loop_add(struct loop *loop, const struct loop_part *part)
{
	assert(loop->parts_n < LOOP_PARTS_MAX);
	loop->parts[loop->parts_n++] = *part;
	return part->fd < 0 ? 0 : loop_watch(loop, part->fd);
}

void loop_stop(struct loop *loop)
{
	loop->stop = true;
}

static int64_t next_deadline(const struct loop *loop)
{
	int64_t next_ns = LOOP_NEVER, deadline_ns;

	for (unsigned i = 0; i < loop->parts_n; i++) {
		if (!loop->parts[i].deadline)
			continue;
		deadline_ns = loop->parts[i].deadline(loop->parts[i].self);
		if (deadline_ns < next_ns)
			next_ns = deadline_ns;
	}
	return next_ns;
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
	if (deadline_ns != LOOP_NEVER) {
		spec.it_value.tv_sec = deadline_ns / NS_PER_S;
		spec.it_value.tv_nsec = deadline_ns % NS_PER_S;
	}
	/* Cannot fail: the descriptor is ours and the time is in range. */
	(void)timerfd_settime(loop->timer_fd, TFD_TIMER_ABSTIME, &spec, NULL);
}

static void turn(struct loop *loop)
{
	struct clocks now;
	uint64_t expired;

	if (read(loop->timer_fd, &expired, sizeof(expired)) == sizeof(expired))
		loop->armed_ns = 0;
	for (unsigned i = 0; i < loop->parts_n && !loop->stop; i++) {
		/* What the parts before did took its time. */
		now = clocks_now();
		loop->parts[i].dispatch(loop->parts[i].self, &now);
	}
}

int loop_run(struct loop *loop)
{
	struct epoll_event events[EVENTS_MAX];

	for (;;) {
		turn(loop);
		if (loop->stop)
			return 0;
		arm(loop, next_deadline(loop));
		if (epoll_wait(loop->epoll_fd, events, EVENTS_MAX, -1) < 0 && errno != EINTR)
			return -errno;
	}
}
