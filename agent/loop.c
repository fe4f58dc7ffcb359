/* SPDX-License-Identifier: MIT */
#include "loop.h"

#include <assert.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <unistd.h>

#define NS_PER_S   INT64_C(1000000000)
#define EVENTS_MAX 32 /* more than a process has; the others are told in the next turn */

#define EXPIRED INT64_C(-1) /* no deadline */

/* What epoll tells of a descriptor: which one of which part, or one of these. */
enum watched {
	WATCHED_TIMER = LOOP_PARTS_MAX * LOOP_FDS_MAX,
	WATCHED_OTHER,
};

struct loop {
	int epoll_fd, timer_fd;
	int64_t armed_ns; /* what the timer is set to, or EXPIRED */
	bool stop;
	unsigned parts_n;
	struct loop_part parts[LOOP_PARTS_MAX];
	unsigned readable[LOOP_PARTS_MAX]; /* for each part, in this turn */
	struct epoll_event events[EVENTS_MAX];
};

static int watch(struct loop *loop, int fd, uint32_t events, unsigned watched)
{
	struct epoll_event event = { .events = events, .data.u32 = watched };

	return epoll_ctl(loop->epoll_fd, EPOLL_CTL_ADD, fd, &event) < 0 ? -errno : 0;
}

int loop_watch(struct loop *loop, int fd)
{
	return watch(loop, fd, EPOLLIN, WATCHED_OTHER);
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
	/* Told once per expiry, so that it need not be read. */
	return watch(loop, loop->timer_fd, EPOLLIN | EPOLLET, WATCHED_TIMER);
}

int loop_open(struct loop **ret_loop)
{
	struct loop *loop = calloc(1, sizeof(*loop));
	int err;

	if (!loop)
		return -ENOMEM;
	loop->epoll_fd = loop->timer_fd = -1;
	loop->armed_ns = EXPIRED;
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
	unsigned number = loop->parts_n++;
	int err = 0;

	assert(number < LOOP_PARTS_MAX);
	loop->parts[number] = *part;
	for (unsigned i = 0; i < LOOP_FDS_MAX && err == 0; i++)
		if (part->fds[i] >= 0)
			err = watch(loop, part->fds[i], EPOLLIN, number * LOOP_FDS_MAX + i);
	return err;
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

/*
 * Which descriptors are readable. With a timeout of -1 it waits until there is one, or until the
 * timer expires. Return: 0, or -errno of epoll.
 */
static int look(struct loop *loop, int timeout_ms)
{
	int n = epoll_wait(loop->epoll_fd, loop->events, EVENTS_MAX, timeout_ms);

	if (n < 0 && errno != EINTR)
		return -errno;
	/* Interrupted, it knows nothing: then all of them may be. */
	memset(loop->readable, n < 0 ? 0xff : 0, sizeof(loop->readable));
	for (int i = 0; i < n; i++) {
		unsigned watched = loop->events[i].data.u32;

		if (watched == WATCHED_TIMER)
			loop->armed_ns = EXPIRED;
		else if (watched != WATCHED_OTHER)
			loop->readable[watched / LOOP_FDS_MAX] |= 1U << watched % LOOP_FDS_MAX;
	}
	return 0;
}

static int turn(struct loop *loop)
{
	struct clocks now = clocks_now();
	int err = look(loop, 0); /* not before: what has come by now is known */

	for (unsigned i = 0; err == 0 && i < loop->parts_n && !loop->stop; i++)
		loop->parts[i].dispatch(loop->parts[i].self, &now, loop->readable[i]);
	return err;
}

int loop_run(struct loop *loop)
{
	int err;

	for (;;) {
		err = turn(loop);
		if (err < 0 || loop->stop)
			return err;
		arm(loop, next_deadline(loop));
		err = look(loop, -1);
		if (err < 0)
			return err;
	}
}
