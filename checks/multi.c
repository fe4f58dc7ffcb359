/* SPDX-License-Identifier: MIT */
#include "multi.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#define NS_PER_MS INT64_C(1000000)

/* Kept until the end, since events of a turn may be of a socket that has been closed in it. */
struct socket_watch {
	struct check_watch watch;
	struct socket_watch *next;     /* of those that are free */
	struct socket_watch *next_all; /* of all */
};

struct check_multi {
	CURLM *curl;
	struct check_context *context;
	void (*done)(CURL *easy, CURLcode code, int64_t now_ns);
	int64_t now_ns, deadline_ns;
	struct socket_watch *unused, *all; /* as many as there were sockets at a time */
};

/* ---- sockets ---- */

/* A socket has something, or a time has come; then take what has ended. */
static void act(struct check_multi *multi, curl_socket_t fd, int events)
{
	CURLMsg *message;
	int left;

	(void)curl_multi_socket_action(multi->curl, fd, events, &left);
	while ((message = curl_multi_info_read(multi->curl, &left))) {
		CURL *easy = message->easy_handle;
		CURLcode code = message->data.result;

		if (message->msg != CURLMSG_DONE)
			continue;
		(void)curl_multi_remove_handle(multi->curl, easy);
		multi->done(easy, code, multi->now_ns);
	}
}

static void ready(struct check_watch *watch, uint32_t events, int64_t now_ns)
{
	struct check_multi *multi = watch->self;
	int what = 0;

	if (events & (EPOLLIN | EPOLLRDHUP))
		what |= CURL_CSELECT_IN;
	if (events & EPOLLOUT)
		what |= CURL_CSELECT_OUT;
	if (events & (EPOLLERR | EPOLLHUP))
		what |= CURL_CSELECT_ERR;
	multi->now_ns = now_ns;
	act(multi, watch->fd, what);
}

static struct socket_watch *take(struct check_multi *multi)
{
	struct socket_watch *socket = multi->unused;

	if (socket) {
		multi->unused = socket->next;
		return socket;
	}
	socket = calloc(1, sizeof(*socket));
	if (!socket)
		return NULL;
	socket->watch = (struct check_watch){ .fd = -1, .ready = ready, .self = multi };
	socket->next_all = multi->all;
	multi->all = socket;
	return socket;
}

static void give(struct check_multi *multi, struct socket_watch *socket)
{
	check_release(multi->context, &socket->watch);
	socket->next = multi->unused;
	multi->unused = socket;
}

/* Return: -1: the transfer fails. */
static int on_socket(CURL *easy, curl_socket_t fd, int what, void *self, void *of_socket)
{
	struct check_multi *multi = self;
	struct socket_watch *socket = of_socket;
	uint32_t events =
		(what & CURL_POLL_IN ? EPOLLIN : 0) | (what & CURL_POLL_OUT ? EPOLLOUT : 0);

	(void)easy;
	if (what == CURL_POLL_REMOVE) {
		if (socket)
			give(multi, socket);
		return 0;
	}
	if (socket)
		return check_watch_change(multi->context, &socket->watch, events) < 0 ? -1 : 0;
	socket = take(multi);
	if (!socket)
		return -1;
	socket->watch.fd = fd;
	if (check_watch(multi->context, &socket->watch, events) < 0) {
		socket->watch.fd = -1;
		give(multi, socket);
		return -1;
	}
	(void)curl_multi_assign(multi->curl, fd, socket);
	return 0;
}

static curl_socket_t open_socket(void *self, curlsocktype purpose, struct curl_sockaddr *address)
{
	const struct linger at_once = { .l_onoff = 1 };
	int fd = socket(address->family, address->socktype | SOCK_CLOEXEC | SOCK_NONBLOCK,
			address->protocol);

	(void)self;
	(void)purpose;
	if (fd >= 0)
		(void)setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
	return fd < 0 ? CURL_SOCKET_BAD : fd;
}

/* ---- time ---- */

/* What is called before its time it does not tell again: a millisecond later it is due for certain.
 */
static int on_timer(CURLM *curl, long ms, void *self)
{
	struct check_multi *multi = self;

	(void)curl;
	multi->deadline_ns = ms < 0    ? CHECK_NEVER
			     : ms == 0 ? multi->now_ns
				       : multi->now_ns + (ms + 1) * NS_PER_MS;
	return 0;
}

void check_multi_run(struct check_multi *multi, int64_t now_ns)
{
	multi->now_ns = now_ns;
	act(multi, CURL_SOCKET_TIMEOUT, 0);
}

int64_t check_multi_deadline(const struct check_multi *multi)
{
	return multi->deadline_ns;
}

/* ---- transfers ---- */

void check_multi_adopt(CURL *easy)
{
	(void)curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, open_socket);
	(void)curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, 1L);
	(void)curl_easy_setopt(easy, CURLOPT_FORBID_REUSE, 1L);
	(void)curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
}

CURLMcode check_multi_begin(struct check_multi *multi, CURL *easy)
{
	return curl_multi_add_handle(multi->curl, easy);
}

void check_multi_end(struct check_multi *multi, CURL *easy)
{
	(void)curl_multi_remove_handle(multi->curl, easy);
}

/* libcurl has descriptors of its own; no command that is started later shall have them. */
int check_multi_open(struct check_context *context,
		     void (*done)(CURL *easy, CURLcode code, int64_t now_ns),
		     struct check_multi **ret_multi)
{
	struct check_multi *multi = calloc(1, sizeof(*multi));

	if (!multi || curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
		free(multi);
		return -ENOMEM;
	}
	*multi = (struct check_multi){ .context = context,
				       .done = done,
				       .deadline_ns = CHECK_NEVER,
				       .curl = curl_multi_init() };
	if (!multi->curl) {
		check_multi_close(multi);
		return -ENOMEM;
	}
	(void)close_range(3, ~0U, CLOSE_RANGE_CLOEXEC);
	(void)curl_multi_setopt(multi->curl, CURLMOPT_SOCKETFUNCTION, on_socket);
	(void)curl_multi_setopt(multi->curl, CURLMOPT_SOCKETDATA, multi);
	(void)curl_multi_setopt(multi->curl, CURLMOPT_TIMERFUNCTION, on_timer);
	(void)curl_multi_setopt(multi->curl, CURLMOPT_TIMERDATA, multi);
	*ret_multi = multi;
	return 0;
}

void check_multi_close(struct check_multi *multi)
{
	struct socket_watch *socket;

	(void)curl_multi_cleanup(multi->curl);
	while ((socket = multi->all)) {
		multi->all = socket->next_all;
		check_release(multi->context, &socket->watch);
		free(socket);
	}
	curl_global_cleanup();
	free(multi);
}
