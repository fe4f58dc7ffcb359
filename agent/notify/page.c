/* SPDX-License-Identifier: MIT */
#include "page.h"

#include <assert.h>
#include <errno.h>
#include <microhttpd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "agent/metrics.h"

#define NS_PER_MS INT64_C(1000000)

#define CLIENTS_MAX      32
#define CLIENT_TIMEOUT_S 3u                /* without a byte from it, or to it */
#define CLIENT_MEMORY    ((size_t)8 << 10) /* of a request: its line and its headers */
#define PAGES_MAX        4                 /* in memory, for clients that are slow */
#define BACKLOG          16
#define ASK_NS           (5 * 1000 * NS_PER_MS) /* a request is whole in that time, */
#define READ_NS          (20 * 1000 * NS_PER_MS) /* and its answer is taken, or the client given up */
#define AGAIN_NS         (1000 * NS_PER_MS)      /* after it could not listen */
/* A page is good for so many times what it took to make it. */
#define PAGE_LASTS     10
#define PAGE_LASTS_MAX (2000 * NS_PER_MS)

/* However little of it comes at a time, a client holds its place for so long, and asks once. */
struct client {
	int fd;           /* the daemon's; -1: this place is free */
	int64_t until_ns; /* INT64_MAX: it was hung up on, and the daemon has yet to notice */
};

struct page {
	union conf_endpoint endpoint;
	page_make_fn make;
	void *arg;
	struct MHD_Daemon *daemon;
	struct client clients[CLIENTS_MAX];
	unsigned clients_n;
	int epoll_fd;     /* of the daemon's epoll, and of the next one */
	int listen_fd;    /* -1: it does not */
	bool watched;     /* that one: there is a place for one more */
	int64_t pause_ns; /* nobody is accepted until then: the host has no descriptor left */
	int error;        /* that was told; 0: it listens, or has not tried */
	int64_t try_ns;   /* then it tries to listen */
	struct MHD_Response *response; /* the last page; NULL: none */
	unsigned pages_n;              /* that somebody still reads, this one included */
	int64_t good_ns;               /* it is, until then */
};

/* ---- pages ---- */

struct body {
	struct page *page;
	char *text;
	size_t len;
};

static ssize_t read_body(void *arg, uint64_t at, char *buf, size_t max)
{
	const struct body *body = arg;
	size_t left = body->len - (size_t)at;

	if (left > max)
		left = max;
	memcpy(buf, body->text + at, left);
	return left ? (ssize_t)left : MHD_CONTENT_READER_END_OF_STREAM;
}

/* The last one who reads it is gone. */
static void free_body(void *arg)
{
	struct body *body = arg;

	body->page->pages_n--;
	free(body->text);
	free(body);
}

static void drop_page(struct page *page)
{
	if (page->response)
		MHD_destroy_response(page->response);
	page->response = NULL;
}

static void put_headers(struct MHD_Response *response, const char *type)
{
	(void)MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, type);
	(void)MHD_add_response_header(response, MHD_HTTP_HEADER_CONNECTION, "close");
}

static struct MHD_Response *response_of(struct body *body)
{
	struct MHD_Response *response =
		MHD_create_response_from_callback(body->len, 32u << 10, read_body, body, free_body);

	if (response)
		put_headers(response, METRICS_TYPE);
	return response;
}

/* In the place of the one before, which is good enough as long as there can be no other. */
static void make_page(struct page *page)
{
	int64_t began_ns = clocks_now().mono_ns, lasts_ns;
	struct body *body = calloc(1, sizeof(*body));
	struct MHD_Response *response;

	if (!body)
		return;
	body->page = page;
	body->text = page->make(page->arg, &body->len);
	response = body->text ? response_of(body) : NULL;
	if (!response) {
		free(body->text);
		free(body);
		return;
	}
	drop_page(page);
	page->response = response;
	page->pages_n++;
	lasts_ns = (clocks_now().mono_ns - began_ns) * PAGE_LASTS;
	page->good_ns = began_ns + (lasts_ns < PAGE_LASTS_MAX ? lasts_ns : PAGE_LASTS_MAX);
}

/* Return: the page for who asks now; NULL: there is none, and no memory for one. */
static struct MHD_Response *find_page(struct page *page)
{
	int64_t now_ns = clocks_now().mono_ns;

	if ((!page->response || now_ns >= page->good_ns) && page->pages_n < PAGES_MAX)
		make_page(page);
	return page->response;
}

/* ---- requests ---- */

static void begin_answer(struct MHD_Connection *connection)
{
	const union MHD_ConnectionInfo *info =
		MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
	struct client *client = info ? info->socket_context : NULL;

	if (client)
		client->until_ns = clocks_now().mono_ns + READ_NS;
}

static enum MHD_Result answer_text(struct MHD_Connection *connection, unsigned status,
				   const char *text)
{
	struct MHD_Response *response = MHD_create_response_from_buffer(
		strlen(text), (void *)(uintptr_t)text, MHD_RESPMEM_PERSISTENT);
	enum MHD_Result result;

	if (!response)
		return MHD_NO;
	put_headers(response, "text/plain; charset=utf-8");
	if (status == MHD_HTTP_METHOD_NOT_ALLOWED)
		(void)MHD_add_response_header(response, MHD_HTTP_HEADER_ALLOW, "GET, HEAD");
	result = MHD_queue_response(connection, status, response);
	MHD_destroy_response(response);
	return result;
}

static enum MHD_Result answer(void *arg, struct MHD_Connection *connection, const char *url,
			      const char *method, const char *version, const char *data,
			      size_t *data_len, void **seen)
{
	struct page *page = arg;
	struct MHD_Response *response;

	(void)version;
	(void)data;
	/* At first there are headers alone; a body is of no use to us. */
	if (!*seen && *data_len == 0) {
		*seen = page;
		begin_answer(connection);
		return MHD_YES;
	}
	if (*data_len) {
		*data_len = 0;
		return MHD_YES;
	}
	if (strcmp(method, MHD_HTTP_METHOD_GET) != 0 && strcmp(method, MHD_HTTP_METHOD_HEAD) != 0)
		return answer_text(connection, MHD_HTTP_METHOD_NOT_ALLOWED, "read /metrics\n");
	if (strcmp(url, "/metrics") != 0)
		return answer_text(connection, MHD_HTTP_NOT_FOUND,
				   "the metrics of vipd are at /metrics\n");
	response = find_page(page);
	if (!response)
		return answer_text(connection, MHD_HTTP_SERVICE_UNAVAILABLE, "out of memory\n");
	return MHD_queue_response(connection, MHD_HTTP_OK, response);
}

/* ---- listening ---- */

/* Return: a socket; or -errno. */
static int listen_at(const union conf_endpoint *endpoint)
{
	socklen_t len =
		endpoint->any.sa_family == AF_INET6 ? sizeof(endpoint->ip6) : sizeof(endpoint->ip4);
	int fd = socket(endpoint->any.sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	const int on = 1;
	int err;

	if (fd < 0)
		return -errno;
	(void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (endpoint->any.sa_family == AF_INET6)
		(void)setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on));
	if (bind(fd, &endpoint->any, len) == 0 && listen(fd, BACKLOG) == 0)
		return fd;
	err = -errno;
	close(fd);
	return err;
}

static int watch(struct page *page, int fd, int operation)
{
	struct epoll_event event = { .events = EPOLLIN };

	return epoll_ctl(page->epoll_fd, operation, fd, &event) < 0 ? -errno : 0;
}

/* Return: an errno that is news. */
static int try_to_listen(struct page *page, int64_t now_ns)
{
	int before = page->error;
	int fd = listen_at(&page->endpoint);

	page->error = fd < 0 ? -fd : 0;
	page->try_ns = page->error ? now_ns + AGAIN_NS : INT64_MAX;
	page->listen_fd = fd < 0 ? -1 : fd;
	return page->error != before ? page->error : 0;
}

/* ---- clients ---- */

/* accept_clients() has seen to it that there is one. */
static struct client *free_place(struct page *page)
{
	unsigned i = 0;

	while (i < CLIENTS_MAX && page->clients[i].fd >= 0)
		i++;
	assert(i < CLIENTS_MAX);
	return &page->clients[i];
}

static void note_client(void *arg, struct MHD_Connection *connection, void **context,
			enum MHD_ConnectionNotificationCode what)
{
	struct page *page = arg;
	const union MHD_ConnectionInfo *info =
		MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
	struct client *client = what == MHD_CONNECTION_NOTIFY_STARTED ? free_place(page) : *context;

	if (what == MHD_CONNECTION_NOTIFY_STARTED) {
		client->fd = info->connect_fd;
		client->until_ns = clocks_now().mono_ns + ASK_NS;
		page->clients_n++;
		*context = client;
	} else {
		client->fd = -1;
		page->clients_n--;
	}
}

/* The daemon notices it as an end of the connection. */
static void hang_up(struct page *page, int64_t now_ns)
{
	for (unsigned i = 0; i < CLIENTS_MAX; i++) {
		struct client *client = &page->clients[i];

		if (client->fd < 0 || now_ns < client->until_ns)
			continue;
		(void)shutdown(client->fd, SHUT_RDWR);
		client->until_ns = INT64_MAX;
	}
}

static int64_t next_hang_up(const struct page *page)
{
	int64_t due_ns = INT64_MAX;

	for (unsigned i = 0; i < CLIENTS_MAX; i++)
		if (page->clients[i].fd >= 0 && page->clients[i].until_ns < due_ns)
			due_ns = page->clients[i].until_ns;
	return due_ns;
}

/* Who finds no place waits in the kernel's queue, which wakes nobody. */
static void accept_clients(struct page *page, int64_t now_ns)
{
	union conf_endpoint from;
	socklen_t len;
	int fd = 0;
	bool watched;

	while (page->clients_n < CLIENTS_MAX && fd >= 0 && now_ns >= page->pause_ns) {
		len = sizeof(from);
		fd = accept4(page->listen_fd, &from.any, &len, SOCK_CLOEXEC | SOCK_NONBLOCK);
		if (fd >= 0)
			(void)MHD_add_connection(page->daemon, fd, &from.any, len);
		else if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM)
			page->pause_ns = now_ns + AGAIN_NS;
	}
	watched = page->clients_n < CLIENTS_MAX && now_ns >= page->pause_ns;
	if (watched != page->watched &&
	    watch(page, page->listen_fd, watched ? EPOLL_CTL_ADD : EPOLL_CTL_DEL) == 0)
		page->watched = watched;
}

/* ---- the page ---- */

static int start(struct page *page)
{
	const union MHD_DaemonInfo *info;

	page->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (page->epoll_fd < 0)
		return -errno;
	page->daemon = MHD_start_daemon(
		MHD_USE_EPOLL | MHD_USE_NO_LISTEN_SOCKET, 0, NULL, NULL, answer, page,
		MHD_OPTION_CONNECTION_TIMEOUT, CLIENT_TIMEOUT_S, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
		CLIENT_MEMORY, MHD_OPTION_NOTIFY_CONNECTION, note_client, page, MHD_OPTION_END);
	info = page->daemon ? MHD_get_daemon_info(page->daemon, MHD_DAEMON_INFO_EPOLL_FD) : NULL;
	return info ? watch(page, info->epoll_fd, EPOLL_CTL_ADD) : -ENOMEM;
}

int page_open(const union conf_endpoint *endpoint, page_make_fn make, void *arg,
	      struct page **ret_page)
{
	struct page *page = calloc(1, sizeof(*page));
	int err;

	if (!page)
		return -ENOMEM;
	page->endpoint = *endpoint;
	page->make = make;
	page->arg = arg;
	page->listen_fd = page->epoll_fd = -1;
	for (unsigned i = 0; i < CLIENTS_MAX; i++)
		page->clients[i].fd = -1;
	err = start(page);
	if (err < 0) {
		page_close(page);
		return err;
	}
	*ret_page = page;
	return 0;
}

void page_close(struct page *page)
{
	if (!page)
		return;
	if (page->daemon)
		MHD_stop_daemon(page->daemon); /* who reads lets go of its page */
	drop_page(page);
	if (page->listen_fd >= 0)
		close(page->listen_fd);
	if (page->epoll_fd >= 0)
		close(page->epoll_fd);
	free(page);
}

int page_dispatch(struct page *page, const struct clocks *now)
{
	int news = 0;

	if (page->listen_fd < 0 && now->mono_ns >= page->try_ns)
		news = try_to_listen(page, now->mono_ns);
	if (page->listen_fd < 0)
		return news;
	hang_up(page, now->mono_ns);
	(void)MHD_run(page->daemon);
	accept_clients(page, now->mono_ns);
	return news;
}

int page_fd(const struct page *page)
{
	return page->epoll_fd;
}

int64_t page_deadline(const struct page *page)
{
	int64_t due_ns = next_hang_up(page), timeout_ns;
	MHD_UNSIGNED_LONG_LONG ms;

	if (page->listen_fd < 0)
		return page->try_ns;
	if (MHD_get_timeout(page->daemon, &ms) == MHD_YES) {
		timeout_ns = clocks_now().mono_ns + (int64_t)ms * NS_PER_MS;
		due_ns = timeout_ns < due_ns ? timeout_ns : due_ns;
	}
	if (!page->watched && page->clients_n < CLIENTS_MAX && page->pause_ns < due_ns)
		due_ns = page->pause_ns;
	return due_ns;
}
