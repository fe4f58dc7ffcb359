/* SPDX-License-Identifier: MIT */
#include "kind.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "resolve.h"
#include "target.h"

struct tcp {
	struct check_watch watch;
	struct check_target target;
	struct check_lookup lookup; /* of a target with a name */
};

struct check_engine {
	struct check_resolver *resolver; /* owned */
};

static void begin(struct check *check);

/* Nothing was said: closing it like that leaves no socket that waits for packets of old. */
static void end(struct check *check)
{
	const struct linger at_once = { .l_onoff = 1 };
	struct tcp *tcp = check->run;

	if (tcp->watch.fd >= 0)
		(void)setsockopt(tcp->watch.fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
	check_unwatch(check->context, &tcp->watch);
}

/* Where nobody listens on a port of those that the kernel gives to who connects, it may be given to
 * us: then our own end has accepted. */
static bool is_own_end(int fd)
{
	struct sockaddr_in6 own = { 0 }, other = { 0 };
	socklen_t own_len = sizeof(own), other_len = sizeof(other);

	return getsockname(fd, (struct sockaddr *)&own, &own_len) == 0 &&
	       getpeername(fd, (struct sockaddr *)&other, &other_len) == 0 &&
	       own_len == other_len && memcmp(&own, &other, own_len) == 0;
}

/* A name is good at the first of its addresses that is. */
static void answer(struct check *check, int err)
{
	struct tcp *tcp = check->run;

	if (!err && is_own_end(tcp->watch.fd))
		err = ECONNREFUSED;
	end(check);
	if (!err)
		check_answer(check, CHECK_GOOD, NULL);
	else if (check_resolve_next(&tcp->lookup))
		begin(check);
	else
		check_answer_errno(check, "connect", err);
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

static void begin(struct check *check)
{
	struct tcp *tcp = check->run;
	const struct sockaddr *address = &tcp->target.address;
	int err;

	tcp->watch.fd = socket(address->sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (tcp->watch.fd < 0) {
		check_answer_errno(check, "socket", errno);
		return;
	}
	if (connect(tcp->watch.fd, address, tcp->target.len) == 0) {
		answer(check, 0);
		return;
	}
	err = errno;
	if (err == EINPROGRESS)
		err = -check_watch(check->context, &tcp->watch, EPOLLOUT);
	if (err)
		answer(check, err);
}

static void looked_up(struct check_lookup *lookup, int64_t now_ns)
{
	struct check *check = lookup->self;

	(void)now_ns;
	if (check_resolve_next(lookup))
		begin(check);
	else
		check_answer(check, CHECK_BAD, "resolve: %s", lookup->error);
}

static int add(struct check *check)
{
	struct tcp *tcp = check->run;

	tcp->watch = (struct check_watch){ .fd = -1, .ready = ready, .self = check };
	tcp->lookup =
		(struct check_lookup){ .target = &tcp->target, .done = looked_up, .self = check };
	return check_target_parse(check->config->tcp->target, &tcp->target);
}

static void drop(struct check *check)
{
	struct tcp *tcp = check->run;

	check_resolve_forget(&tcp->lookup);
	end(check);
}

static void ask(struct check *check, int64_t now_ns)
{
	struct tcp *tcp = check->run;

	if (tcp->target.host[0])
		check_resolve(check->engine->resolver, &tcp->lookup, now_ns);
	else
		begin(check);
}

static void give_up(struct check *check, int64_t now_ns)
{
	struct tcp *tcp = check->run;
	const char *what = tcp->lookup.wanted ? "resolve" : "connect";

	(void)now_ns;
	check_resolve_stop(&tcp->lookup);
	end(check);
	check_answer(check, CHECK_TIMED_OUT, "%s: no answer", what);
}

/* ---- names ---- */

static int open_engine(struct check_context *context, struct check_engine **ret_engine)
{
	struct check_engine *engine = calloc(1, sizeof(*engine));

	if (engine)
		engine->resolver = check_resolver_new(context);
	if (!engine || !engine->resolver) {
		free(engine);
		return -ENOMEM;
	}
	*ret_engine = engine;
	return 0;
}

static void close_engine(struct check_engine *engine)
{
	check_resolver_free(engine->resolver);
	free(engine);
}

static int64_t deadline(const struct check_engine *engine)
{
	return check_resolver_deadline(engine->resolver);
}

static void work(struct check_engine *engine, int64_t now_ns)
{
	check_resolver_work(engine->resolver, now_ns);
}

const struct check_kind check_tcp_kind = {
	.run_size = sizeof(struct tcp),
	.open = open_engine,
	.close = close_engine,
	.add = add,
	.remove = drop,
	.ask = ask,
	.give_up = give_up,
	.deadline = deadline,
	.work = work,
};
