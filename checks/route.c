/* SPDX-License-Identifier: MIT */
/*
 * Checks that a route is there. What is known comes from a complete dump of the table of a family;
 * each route that is added or removed is told by the kernel, and counted. It is dumped again when
 * that leaves a doubt, and once a minute: when something happened to a route that a check means,
 * when events were lost, and when routes may have gone without a word, as those of IPv4 do with
 * their interface or source address. However large a table is, its dumps take a tenth of a
 * processor at most.
 */
#include "kind.h"

#include <arpa/inet.h>
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "route_message.h"

#define NS_PER_S     INT64_C(1000000000)
#define DUMP_AGAIN   (60 * NS_PER_S)
#define DUMP_PATIENT (10 * NS_PER_S) /* then a dump is begun anew */
#define DUMP_SPACE   10              /* times what a dump takes, from one to the next */
#define BUCKETS      256
#define BUFFER_LEN   (64 << 10)
#define DUMP_READS   8   /* of a dump, in a turn */
#define EVENT_READS  256 /* of events, in a turn */
#define RECEIVE_LEN  (1 << 20)

/* A table of a family: what is dumped at once. */
struct view {
	struct view *next; /* of the engine, which owns it */
	uint8_t family;
	uint32_t table;
	bool known; /* a dump was complete */
	bool doubt; /* it is to be dumped again */
	bool moved; /* a route that is meant changed during the dump */
	bool busy;  /* others did */
	int err;    /* of the last dump: -errno, or 0 */
	int64_t begun_ns, ended_ns;
};

/* What a check waits for in a view. */
struct interest {
	struct interest *next; /* in its bucket */
	struct check *check;
	struct view *view;
	struct route_key key;
	uint32_t n, others_n;               /* routes that are meant; that lead another way */
	uint32_t dumped_n, dumped_others_n; /* of the dump that goes on */
	bool missed; /* a dump did not have it, and may have passed over it */
};

struct route {
	struct route *next; /* of the engine */
	struct check *check;
	struct route_way way; /* the interface is looked up each time */
	struct interest interests[2];
	unsigned interests_n; /* "default" is of both families */
};

struct check_engine {
	struct check_context *context;
	struct check_watch events, dumps;
	struct interest *buckets[BUCKETS];
	struct route *first; /* of all; each is its check's */
	struct view *views;  /* owned */
	struct view *dumped; /* NULL: no dump goes on */
	uint32_t seq;
	char *buffer;   /* owned, BUFFER_LEN */
	int64_t now_ns; /* of this turn */
};

/* ---- what is known, said ---- */

static bool is_known(const struct route *route)
{
	for (unsigned i = 0; i < route->interests_n; i++)
		if (!route->interests[i].view->known)
			return false;
	return true;
}

static bool is_good(const struct route *route)
{
	uint32_t n = 0;

	for (unsigned i = 0; i < route->interests_n; i++)
		n += route->interests[i].n;
	return n > 0;
}

static void answer(struct route *route)
{
	uint32_t others_n = 0;

	for (unsigned i = 0; i < route->interests_n; i++)
		others_n += route->interests[i].others_n;
	if (is_good(route))
		check_answer(route->check, CHECK_GOOD, NULL);
	else
		check_answer(route->check, CHECK_BAD, "%s",
			     others_n ? "it leads another way, or nowhere" : "there is none");
}

/* Who is asked, and whose answer is another one now. */
static void answer_if_new(struct route *route, int64_t now_ns)
{
	struct check *check = route->check;
	bool good = check->result == CHECK_GOOD;

	if (!is_known(route))
		return;
	if (!check->asked) {
		if (check->result == CHECK_PENDING || good == is_good(route))
			return;
		check->asked_ns = now_ns;
	}
	answer(route);
}

static bool is_in(const struct route *route, const struct view *view)
{
	for (unsigned i = 0; i < route->interests_n; i++)
		if (route->interests[i].view == view)
			return true;
	return false;
}

static void answer_all(struct check_engine *engine, const struct view *view)
{
	for (struct route *route = engine->first; route; route = route->next) {
		if (!is_in(route, view))
			continue;
		if (view->err && route->check->asked)
			check_answer_errno(route->check, "asking for all routes", -view->err);
		else
			answer_if_new(route, engine->now_ns);
	}
}

/* ---- one route that the kernel tells of ---- */

static struct interest **bucket_of(struct check_engine *engine, const struct route_key *key)
{
	uint32_t hash = key->table * 31 + key->to_len * 7 + key->family;

	for (size_t i = 0; i < sizeof(key->to); i++)
		hash = hash * 31 + key->to[i];
	return &engine->buckets[hash % BUCKETS];
}

static bool is_same(const struct route_key *a, const struct route_key *b)
{
	return a->family == b->family && a->to_len == b->to_len && a->table == b->table &&
	       memcmp(a->to, b->to, sizeof(a->to)) == 0;
}

static bool leads(const struct interest *interest, const struct nlmsghdr *message)
{
	const struct check_route *config = interest->check->config->route;
	struct route_way way = ((const struct route *)interest->check->run)->way;

	if (config->interface[0]) {
		way.ifindex = if_nametoindex(config->interface);
		if (!way.ifindex)
			return false;
	}
	return route_message_leads(message, &way);
}

static void see_dumped(struct check_engine *engine, const struct nlmsghdr *message)
{
	struct route_key key;

	if (message->nlmsg_type != RTM_NEWROUTE || !route_message_parse(message, &key))
		return;
	for (struct interest *interest = *bucket_of(engine, &key); interest;
	     interest = interest->next) {
		if (!is_same(&interest->key, &key))
			continue;
		if (leads(interest, message))
			interest->dumped_n++;
		else
			interest->dumped_others_n++;
	}
}

/* A replacement is told without what it replaces, so there may be less than was counted, never
 * more; the dump that follows tells. */
static void see_event(struct check_engine *engine, const struct nlmsghdr *message)
{
	struct route_key key;

	if (!route_message_parse(message, &key))
		return;
	if (engine->dumped && engine->dumped->family == key.family &&
	    engine->dumped->table == key.table)
		engine->dumped->busy = true;
	for (struct interest *interest = *bucket_of(engine, &key); interest;
	     interest = interest->next) {
		uint32_t *n;

		if (!is_same(&interest->key, &key))
			continue;
		n = leads(interest, message) ? &interest->n : &interest->others_n;
		if (message->nlmsg_type == RTM_NEWROUTE)
			(*n)++;
		else if (*n)
			(*n)--;
		interest->view->doubt = interest->view->moved = true;
		answer_if_new(interest->check->run, engine->now_ns);
	}
}

/* ---- events ---- */

/* Return: bytes, or -errno; who sends from user space is not listened to. */
static int receive(struct check_engine *engine, int fd)
{
	struct sockaddr_nl from = { 0 };
	socklen_t from_len = sizeof(from);
	ssize_t len = recvfrom(fd, engine->buffer, BUFFER_LEN, MSG_DONTWAIT,
			       (struct sockaddr *)&from, &from_len);

	if (len < 0)
		return -errno;
	return from.nl_pid ? 0 : (int)len;
}

/* libmnl takes a length of 2 GB and more for a negative one, which fits into anything. */
static bool is_whole(const struct nlmsghdr *message, int len)
{
	return mnl_nlmsg_ok(message, len) && message->nlmsg_len <= (uint32_t)len;
}

static void doubt_all(struct check_engine *engine)
{
	for (struct view *view = engine->views; view; view = view->next)
		view->doubt = view->moved = true;
}

/* With an interface that goes down, or a source address, routes of IPv4 go without a word. */
static bool is_doubtful(const struct nlmsghdr *message)
{
	const struct ifinfomsg *link = mnl_nlmsg_get_payload(message);

	if (message->nlmsg_type == RTM_DELLINK || message->nlmsg_type == RTM_DELADDR)
		return true;
	return message->nlmsg_type == RTM_NEWLINK &&
	       mnl_nlmsg_get_payload_len(message) >= sizeof(*link) && (link->ifi_change & IFF_UP) &&
	       !(link->ifi_flags & IFF_UP);
}

static void take_event(struct check_engine *engine, const struct nlmsghdr *message)
{
	if (message->nlmsg_type == RTM_NEWROUTE || message->nlmsg_type == RTM_DELROUTE)
		see_event(engine, message);
	else if (is_doubtful(message))
		doubt_all(engine);
}

static void hear_events(struct check_watch *watch, uint32_t events, int64_t now_ns)
{
	struct check_engine *engine = watch->self;

	(void)events;
	engine->now_ns = now_ns;
	for (unsigned i = 0; i < EVENT_READS; i++) {
		int len = receive(engine, watch->fd);
		const struct nlmsghdr *message = (const void *)engine->buffer;

		if (len == -ENOBUFS)
			doubt_all(engine);
		else if (len < 0 && len != -EINTR)
			return;
		for (; len > 0 && is_whole(message, len); message = mnl_nlmsg_next(message, &len))
			take_event(engine, message);
	}
}

/* ---- dumps ---- */

static int64_t clock_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * NS_PER_S + now.tv_nsec;
}

/* Between two parts of a dump, the kernel finds its place among routes of IPv6 by their number:
 * when some before it were removed, as many are passed over. One that was there is gone when two
 * dumps say so, and then a third one is asked. Return: whether this dump counts. */
static bool take_count(struct interest *interest)
{
	struct view *view = interest->view;
	bool doubtful = view->family == 6 && view->busy && !interest->dumped_n &&
			(interest->n || !view->known);

	view->moved |= doubtful;
	interest->missed = doubtful && !interest->missed;
	if (interest->missed)
		return false;
	interest->n = interest->dumped_n;
	interest->others_n = interest->dumped_others_n;
	return true;
}

/* Return: whether it counts for all. */
static bool take_counts(struct check_engine *engine, const struct view *view)
{
	bool all = true;

	for (struct route *route = engine->first; route; route = route->next)
		for (unsigned i = 0; i < route->interests_n; i++)
			if (route->interests[i].view == view)
				all &= take_count(&route->interests[i]);
	return all;
}

static void forget_dumped(struct check_engine *engine)
{
	for (struct route *route = engine->first; route; route = route->next)
		for (unsigned i = 0; i < route->interests_n; i++)
			route->interests[i].dumped_n = route->interests[i].dumped_others_n = 0;
}

/* Of a table that is not there, nothing is. What changed meanwhile is counted by events, unless
 * nothing was known before. */
static void end_dump(struct check_engine *engine, int err)
{
	struct view *view = engine->dumped;

	hear_events(&engine->events, 0, engine->now_ns);
	engine->dumped = NULL;
	view->ended_ns = clock_ns();
	view->err = err == -ENOENT ? 0 : err;
	if (view->err) {
		view->known = false;
	} else if (!view->moved || !view->known) {
		view->known |= take_counts(engine, view);
	}
	view->doubt = view->moved;
	answer_all(engine, view);
}

static void begin_dump(struct check_engine *engine, struct view *view)
{
	_Alignas(struct nlmsghdr) char request[ROUTE_REQUEST_LEN_MAX];
	size_t len = route_request_put(request, view->family, view->table, ++engine->seq);

	forget_dumped(engine);
	engine->dumped = view;
	view->moved = view->busy = false;
	view->begun_ns = clock_ns();
	if (send(engine->dumps.fd, request, len, 0) < 0)
		end_dump(engine, -errno);
}

/* Return: 1, or 0 or -errno at the end of the dump. */
static int take_dumped(struct check_engine *engine, const struct nlmsghdr *message)
{
	int err = 0;

	if (message->nlmsg_seq != engine->seq || !engine->dumped)
		return 1; /* of one that was given up */
	if (message->nlmsg_flags & NLM_F_DUMP_INTR)
		engine->dumped->moved = true;
	if (message->nlmsg_type != NLMSG_DONE && message->nlmsg_type != NLMSG_ERROR) {
		see_dumped(engine, message);
		return 1;
	}
	if (mnl_nlmsg_get_payload_len(message) >= sizeof(err))
		memcpy(&err, mnl_nlmsg_get_payload(message), sizeof(err));
	return err < 0 ? err : 0;
}

static void take_all_dumped(struct check_engine *engine, int len)
{
	const struct nlmsghdr *message = (const void *)engine->buffer;

	for (; is_whole(message, len); message = mnl_nlmsg_next(message, &len)) {
		int err = take_dumped(engine, message);

		if (err <= 0) {
			end_dump(engine, err);
			return;
		}
	}
}

static void hear_dump(struct check_watch *watch, uint32_t events, int64_t now_ns)
{
	struct check_engine *engine = watch->self;

	(void)events;
	engine->now_ns = now_ns;
	for (unsigned i = 0; i < DUMP_READS; i++) {
		int len = receive(engine, watch->fd);

		if (len < 0 && len != -EAGAIN && len != -EINTR && engine->dumped)
			end_dump(engine, len);
		if (len < 0)
			return;
		take_all_dumped(engine, len);
	}
}

/* ---- when ---- */

static int64_t due_ns(const struct view *view)
{
	if (!view->doubt)
		return CHECK_NEVER;
	return view->ended_ns + DUMP_SPACE * (view->ended_ns - view->begun_ns);
}

static int64_t deadline(const struct check_engine *engine)
{
	int64_t deadline_ns = CHECK_NEVER;

	if (engine->dumped)
		return engine->dumped->begun_ns + DUMP_PATIENT;
	for (const struct view *view = engine->views; view; view = view->next)
		if (due_ns(view) < deadline_ns)
			deadline_ns = due_ns(view);
	return deadline_ns;
}

static void work(struct check_engine *engine, int64_t now_ns)
{
	engine->now_ns = now_ns;
	if (engine->dumped) {
		end_dump(engine, -ETIMEDOUT);
		return;
	}
	for (struct view *view = engine->views; view && !engine->dumped; view = view->next)
		if (due_ns(view) <= now_ns)
			begin_dump(engine, view);
}

/* By what is known, unless that is nothing yet. */
static void ask(struct check *check, int64_t now_ns)
{
	struct route *route = check->run;

	for (unsigned i = 0; i < route->interests_n; i++) {
		struct view *view = route->interests[i].view;

		if (!view->known || now_ns - view->ended_ns >= DUMP_AGAIN)
			view->doubt = true;
	}
	if (is_known(route))
		answer(route);
}

static void give_up(struct check *check, int64_t now_ns)
{
	(void)now_ns;
	check_answer(check, CHECK_TIMED_OUT, "still asking for all routes");
}

/* ---- the kind ---- */

static int open_socket(struct check_context *context, struct check_watch *watch, unsigned groups)
{
	struct sockaddr_nl address = { .nl_family = AF_NETLINK, .nl_groups = groups };
	const int on = 1, len = RECEIVE_LEN;

	watch->fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_ROUTE);
	if (watch->fd < 0)
		return -errno;
	/* Without it (Linux before 4.20) all tables come, and are told apart here. */
	(void)setsockopt(watch->fd, SOL_NETLINK, NETLINK_GET_STRICT_CHK, &on, sizeof(on));
	(void)setsockopt(watch->fd, SOL_SOCKET, SO_RCVBUF, &len, sizeof(len));
	if (bind(watch->fd, (struct sockaddr *)&address, sizeof(address)) < 0)
		return -errno;
	return check_watch(context, watch, EPOLLIN);
}

static void close_engine(struct check_engine *engine)
{
	check_unwatch(engine->context, &engine->events);
	check_unwatch(engine->context, &engine->dumps);
	while (engine->views) {
		struct view *view = engine->views;

		engine->views = view->next;
		free(view);
	}
	free(engine->buffer);
	free(engine);
}

static int open_engine(struct check_context *context, struct check_engine **ret_engine)
{
	const unsigned groups =
		RTMGRP_LINK | RTMGRP_IPV4_IFADDR | RTMGRP_IPV4_ROUTE | RTMGRP_IPV6_ROUTE;
	struct check_engine *engine = calloc(1, sizeof(*engine));
	int err;

	if (!engine)
		return -ENOMEM;
	engine->context = context;
	engine->events = (struct check_watch){ .fd = -1, .ready = hear_events, .self = engine };
	engine->dumps = (struct check_watch){ .fd = -1, .ready = hear_dump, .self = engine };
	engine->buffer = malloc(BUFFER_LEN);
	err = engine->buffer ? open_socket(context, &engine->events, groups) : -ENOMEM;
	if (err == 0)
		err = open_socket(context, &engine->dumps, 0);
	if (err < 0) {
		close_engine(engine);
		return err;
	}
	*ret_engine = engine;
	return 0;
}

static struct view *view_of(struct check_engine *engine, const struct route_key *key)
{
	struct view *view = engine->views;

	while (view && (view->family != key->family || view->table != key->table))
		view = view->next;
	if (view)
		return view;
	view = calloc(1, sizeof(*view));
	if (!view)
		return NULL;
	*view = (struct view){ .next = engine->views, .family = key->family, .table = key->table };
	engine->views = view;
	return view;
}

static int add_interest(struct route *route, uint8_t family)
{
	const struct check_route *config = route->check->config->route;
	struct interest *interest = &route->interests[route->interests_n];
	struct interest **bucket;
	int err;

	*interest = (struct interest){ .check = route->check, .key.table = config->table };
	err = route_to_parse(config->to, family, &interest->key);
	if (err < 0)
		return err;
	interest->view = view_of(route->check->engine, &interest->key);
	if (!interest->view)
		return -ENOMEM;
	bucket = bucket_of(route->check->engine, &interest->key);
	interest->next = *bucket;
	*bucket = interest;
	route->interests_n++;
	return 0;
}

static int add(struct check *check)
{
	const struct check_route *config = check->config->route;
	bool is_default = strcmp(config->to, "default") == 0;
	struct route *route = check->run;
	uint8_t family;
	int err;

	*route = (struct route){ .next = check->engine->first, .check = check };
	check->engine->first = route;
	family = strchr(config->via[0] ? config->via : config->to, ':') ? 6 : 4;
	if (config->via[0]) {
		route->way.via_family = family;
		if (inet_pton(family == 4 ? AF_INET : AF_INET6, config->via, route->way.via) != 1)
			return -EINVAL;
	}
	err = add_interest(route, family);
	if (err == 0 && is_default && !config->via[0])
		err = add_interest(route, 6);
	return err;
}

static void remove_check(struct check *check)
{
	struct check_engine *engine = check->engine;
	struct route *route = check->run, **place = &engine->first;

	while (*place && *place != route)
		place = &(*place)->next;
	if (*place)
		*place = route->next;
	for (unsigned i = 0; i < route->interests_n; i++) {
		struct interest **at = bucket_of(engine, &route->interests[i].key);

		while (*at && *at != &route->interests[i])
			at = &(*at)->next;
		if (*at)
			*at = (*at)->next;
	}
}

const struct check_kind check_route_kind = {
	.run_size = sizeof(struct route),
	.open = open_engine,
	.close = close_engine,
	.add = add,
	.remove = remove_check,
	.ask = ask,
	.give_up = give_up,
	.deadline = deadline,
	.work = work,
};
