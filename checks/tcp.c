/* SPDX-License-Identifier: MIT */
#include "kind.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "target.h"

struct tcp {
	struct check_watch watch;
	struct check_target target;
};

static void end(struct check *check)
{
	struct tcp *tcp = check->run;

	check_unwatch(check->context, &tcp->watch);
}

/* Nothing was said: closing it like that leaves no socket that waits for packets of old. */
static void answer(struct check *check, int err)
{
	const struct linger at_once = { .l_onoff = 1 };
	struct tcp *tcp = check->run;

	(void)setsockopt(tcp->watch.fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
	end(check);
	if (err)
		check_answer_errno(check, "connect", err);
	else
		check_answer(check, CHECK_GOOD, NULL);
}

static void ready(struct check_watch *watch, uint32_t events, int64_t now_ns)
{
	socklen_t len = sizeof(int);
	int err = 0;

	(void)events;
	(void)now_ns;
	if (getsockopt(watch->fd, SOL_SOCKET, SO_ERROR, &err, &len) < 0)
		err = errno;
	answer(watch->self, err);
}

static int add(struct check *check)
{
	struct tcp *tcp = check->run;

	tcp->watch = (struct check_watch){ .fd = -1, .ready = ready, .self = check };
	return check_target_parse(check->config->tcp->target, &tcp->target);
}

static void begin(struct check *check, const struct sockaddr *address, socklen_t len)
{
	struct tcp *tcp = check->run;
	int err;

	tcp->watch.fd = socket(address->sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (tcp->watch.fd < 0) {
		check_answer_errno(check, "socket", errno);
		return;
	}
	if (connect(tcp->watch.fd, address, len) == 0) {
		answer(check, 0);
		return;
	}
	err = errno;
	if (err == EINPROGRESS)
		err = -check_watch(check->context, &tcp->watch, EPOLLOUT);
	if (err)
		answer(check, err);
}

static void ask(struct check *check, int64_t now_ns)
{
	const struct tcp *tcp = check->run;

	(void)now_ns;
	begin(check, &tcp->target.address, tcp->target.len);
}

static void give_up(struct check *check, int64_t now_ns)
{
	(void)now_ns;
	end(check);
	check_answer(check, CHECK_TIMED_OUT, "connect: no answer");
}

const struct check_kind check_tcp_kind = {
	.run_size = sizeof(struct tcp),
	.add = add,
	.remove = end,
	.ask = ask,
	.give_up = give_up,
};
