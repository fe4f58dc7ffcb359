/* SPDX-License-Identifier: MIT */
#include "kind.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#define EVENTS_MAX 64  /* taken at once */
#define ROUNDS_MAX 128 /* in a turn: enough for all checks that there may be */

int check_context_open(struct check_context *context)
{
	static volatile uint32_t nobody_looks;

	*context = (struct check_context){ .epoll_fd = epoll_create1(EPOLL_CLOEXEC),
					   .proc_events_fd = -1,
					   .cgroup_fd = -1,
					   .at_work = &nobody_looks };
	return context->epoll_fd < 0 ? -errno : 0;
}

void check_context_close(struct check_context *context)
{
	if (context->epoll_fd >= 0)
		close(context->epoll_fd);
	context->epoll_fd = -1;
}

/* One that a call before it has ended is no more to be called. Return: whether there may be more.
 */
static bool take_events(struct check_context *context, int64_t now_ns)
{
	struct epoll_event events[EVENTS_MAX];
	int n = epoll_wait(context->epoll_fd, events, EVENTS_MAX, 0);

	for (int i = 0; i < n; i++) {
		struct check_watch *watch = events[i].data.ptr;

		if (watch->fd >= 0)
			watch->ready(watch, events[i].events, now_ns);
	}
	return n == EVENTS_MAX;
}

/* The kernel begins with those whose turn it was longest ago. */
void check_context_dispatch(struct check_context *context, int64_t now_ns)
{
	for (unsigned i = 0; i < ROUNDS_MAX && take_events(context, now_ns); i++)
		;
}

int check_descriptor_try(const struct check_context *context)
{
	int fd = fcntl(context->epoll_fd, F_DUPFD_CLOEXEC, 0);

	if (fd < 0)
		return -errno;
	close(fd);
	return 0;
}

static int control(struct check_context *context, int what, struct check_watch *watch,
		   uint32_t events)
{
	struct epoll_event event = { .events = events, .data.ptr = watch };

	return epoll_ctl(context->epoll_fd, what, watch->fd, &event) < 0 ? -errno : 0;
}

int check_watch(struct check_context *context, struct check_watch *watch, uint32_t events)
{
	return control(context, EPOLL_CTL_ADD, watch, events);
}

int check_watch_change(struct check_context *context, struct check_watch *watch, uint32_t events)
{
	return control(context, EPOLL_CTL_MOD, watch, events);
}

void check_unwatch(struct check_context *context, struct check_watch *watch)
{
	if (watch->fd < 0)
		return;
	/* Closing is not all that it takes where a child has the same file. */
	(void)control(context, EPOLL_CTL_DEL, watch, 0);
	close(watch->fd);
	watch->fd = -1;
}

void check_release(struct check_context *context, struct check_watch *watch)
{
	if (watch->fd >= 0)
		(void)control(context, EPOLL_CTL_DEL, watch, 0);
	watch->fd = -1;
}

/* ---- answers ---- */

struct check *check_context_answered(struct check_context *context)
{
	struct check *check = context->first;

	if (!check)
		return NULL;
	context->first = check->next;
	if (!context->first)
		context->last = NULL;
	check->next = NULL;
	check->is_queued = false;
	return check;
}

static void queue(struct check *check)
{
	struct check_context *context = check->context;

	if (check->is_queued)
		return;
	check->is_queued = true;
	if (context->last)
		context->last->next = check;
	else
		context->first = check;
	context->last = check;
}

/* What is cut says so. */
static void put_error(struct check *check, const char *format, va_list args)
{
	static const char cut[] = "...";
	int len = vsnprintf(check->error, sizeof(check->error), format, args);

	if (len >= (int)sizeof(check->error))
		memcpy(check->error + sizeof(check->error) - sizeof(cut), cut, sizeof(cut));
}

void check_answer(struct check *check, enum check_result result, const char *format, ...)
{
	va_list args;

	check->result = result;
	check->asked = check->excused = false;
	check->error[0] = '\0';
	if (format) {
		va_start(args, format);
		put_error(check, format, args);
		va_end(args);
	}
	queue(check);
}

void check_excuse(struct check *check, const char *format, ...)
{
	va_list args;

	check->excused = true;
	va_start(args, format);
	put_error(check, format, args);
	va_end(args);
}

uint32_t check_work_begin(const struct check *check)
{
	uint32_t before = *check->context->at_work;

	*check->context->at_work = check->mark;
	return before;
}

void check_work_end(const struct check *check, uint32_t before)
{
	*check->context->at_work = before;
}

void check_answer_errno(struct check *check, const char *what, int err)
{
	check_answer(check, CHECK_BAD, "%s: %s", what, strerror(err));
}
