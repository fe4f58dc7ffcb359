/* SPDX-License-Identifier: MIT */
#include "channel.h"

#include <errno.h>
#include <stddef.h>
#include <sys/epoll.h>
#include <sys/time.h>

#define NS_PER_S  INT64_C(1000000000)
#define NS_PER_MS INT64_C(1000000)

static struct stat look_at_conf(void)
{
	struct stat conf = { 0 };

	(void)stat("/etc/resolv.conf", &conf);
	return conf;
}

bool check_channel_is_stale(const struct check_channel *channel)
{
	const struct stat *a = &channel->conf, b = look_at_conf();

	return a->st_ino != b.st_ino || a->st_dev != b.st_dev || a->st_size != b.st_size ||
	       a->st_mtim.tv_sec != b.st_mtim.tv_sec || a->st_mtim.tv_nsec != b.st_mtim.tv_nsec;
}

void check_channel_begin(struct check_channel *channel, int64_t now_ns)
{
	channel->now_ns = now_ns;
}

/* Its clock is read a little later than ours: a millisecond more, and it sees what is due. */
void check_channel_end(struct check_channel *channel)
{
	struct timeval tv;

	channel->deadline_ns = CHECK_NEVER;
	if (ares_timeout(channel->ares, NULL, &tv))
		channel->deadline_ns =
			channel->now_ns + tv.tv_sec * NS_PER_S + tv.tv_usec * 1000 + NS_PER_MS;
}

void check_channel_work(struct check_channel *channel, int64_t now_ns)
{
	check_channel_begin(channel, now_ns);
	ares_process_fd(channel->ares, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
	check_channel_end(channel);
}

static void ready(struct check_watch *watch, uint32_t events, int64_t now_ns)
{
	struct check_channel *channel = watch->self;
	bool writable = events & EPOLLOUT, readable = events & ~(uint32_t)EPOLLOUT;

	check_channel_begin(channel, now_ns);
	ares_process_fd(channel->ares, readable ? watch->fd : ARES_SOCKET_BAD,
			writable ? watch->fd : ARES_SOCKET_BAD);
	check_channel_end(channel);
}

/* Return: NULL when there is none. */
static struct check_watch *find(struct check_channel *channel, int fd)
{
	for (unsigned i = 0; i < CHECK_CHANNEL_SOCKETS; i++)
		if (channel->watches[i].fd == fd)
			return &channel->watches[i];
	return NULL;
}

/* What c-ares wants to know of a socket; nothing any more: it closes it next. */
static void on_socket(void *self, ares_socket_t fd, int readable, int writable)
{
	struct check_channel *channel = self;
	struct check_watch *watch = find(channel, fd);
	uint32_t events = (readable ? EPOLLIN : 0) | (writable ? EPOLLOUT : 0);

	if (watch && !events) {
		check_release(channel->context, watch);
	} else if (watch) {
		(void)check_watch_change(channel->context, watch, events);
	} else if (events && (watch = find(channel, -1))) {
		watch->fd = fd;
		if (check_watch(channel->context, watch, events) < 0)
			watch->fd = -1;
	}
}

int check_channel_open(struct check_channel *channel, struct check_context *context,
		       struct ares_options *options, int mask)
{
	int status;

	*channel = (struct check_channel){ .context = context,
					   .deadline_ns = CHECK_NEVER,
					   .conf = look_at_conf() };
	for (unsigned i = 0; i < CHECK_CHANNEL_SOCKETS; i++)
		channel->watches[i] =
			(struct check_watch){ .fd = -1, .ready = ready, .self = channel };
	options->sock_state_cb = on_socket;
	options->sock_state_cb_data = channel;
	status = ares_library_init(ARES_LIB_INIT_ALL);
	if (status != ARES_SUCCESS)
		return -ENOMEM;
	status = ares_init_options(&channel->ares, options, mask | ARES_OPT_SOCK_STATE_CB);
	if (status == ARES_SUCCESS)
		return 0;
	channel->ares = NULL;
	ares_library_cleanup();
	return status == ARES_ENOMEM ? -ENOMEM : -EIO;
}

void check_channel_close(struct check_channel *channel)
{
	if (!channel->ares)
		return;
	ares_destroy(channel->ares);
	channel->ares = NULL;
	channel->deadline_ns = CHECK_NEVER;
	ares_library_cleanup();
}
