/* SPDX-License-Identifier: MIT */
#include "monitor.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/filter.h>
#include <linux/rtnetlink.h>
#include <arpa/inet.h>
#include <stddef.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>

/* Some 10,000 events: a takeover of as many addresses does not overrun its own echo. */
#define RECEIVE_BUFFER (8 << 20)

#define GROUPS                                                                                     \
	(RTMGRP_LINK | RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR |                                   \
	 1u << (RTNLGRP_IPV4_NETCONF - 1) | 1u << (RTNLGRP_IPV6_NETCONF - 1))

struct kern_monitor {
	struct mnl_socket *sock;
	uint32_t our_port;
	kern_object_fn each; /* of the dispatch that runs */
	void *arg;           /* borrowed, for each */
	_Alignas(struct nlmsghdr) char buf[32 << 10];
};

/* Instructions of the filter: what is the same for all, and a test per length. */
#define CODE_MAX (16 + KERN_MONITOR_LENS_MAX)

/* Where a route's message has them. */
#define AT_DST_LEN  (NLMSG_HDRLEN + offsetof(struct rtmsg, rtm_dst_len))
#define AT_PROTOCOL (NLMSG_HDRLEN + offsetof(struct rtmsg, rtm_protocol))

struct code {
	unsigned short n;
	struct sock_filter all[CODE_MAX];
};

static void put(struct code *code, struct sock_filter instruction)
{
	code->all[code->n++] = instruction;
}

/* A test skips so many instructions when it is true, or false. */
#define LOAD(size, at) ((struct sock_filter)BPF_STMT(BPF_LD | (size) | BPF_ABS, (at)))
#define TEST(how, value, yes, no)                                                                  \
	((struct sock_filter)BPF_JUMP(BPF_JMP | (how) | BPF_K, (value), (uint8_t)(yes),            \
				      (uint8_t)(no)))
#define RETURN(value) ((struct sock_filter)BPF_STMT(BPF_RET | BPF_K, (value)))

/*
 * The echo of an address that we added says nothing that the kernel's answer has not said; a
 * takeover of a thousand addresses would read a thousand of them, as it does with IPv6, whose echo
 * the kernel does not sign. Our removals are echoed: one may take other addresses along. Words of a
 * message are in host order, cBPF loads them as if in network order.
 */
static void put_addresses(struct code *code, uint32_t our_port)
{
	put(code, LOAD(BPF_H, offsetof(struct nlmsghdr, nlmsg_type)));
	put(code, TEST(BPF_JEQ, htons(RTM_NEWADDR), 0, 3));
	put(code, LOAD(BPF_W, offsetof(struct nlmsghdr, nlmsg_pid)));
	put(code, TEST(BPF_JEQ, htonl(our_port), 0, 1));
	put(code, RETURN(0));
}

/* Of routes those with our mark, and new ones in the place of another whose prefix may be one of
 * ours. The last two instructions are what each test leads to: to drop, and to pass. */
static void put_routes(struct code *code, const struct kern_monitor_routes *routes)
{
	bool any = routes->lens_n > KERN_MONITOR_LENS_MAX;
	unsigned n = any ? 0 : routes->lens_n;

	put(code, LOAD(BPF_H, offsetof(struct nlmsghdr, nlmsg_type)));
	put(code, TEST(BPF_JEQ, htons(RTM_DELROUTE), 1, 0));
	put(code, TEST(BPF_JEQ, htons(RTM_NEWROUTE), 0, 6 + n));
	put(code, LOAD(BPF_B, AT_PROTOCOL));
	put(code, TEST(BPF_JEQ, KERN_ROUTE_MARK, 4 + n, 0));
	put(code, LOAD(BPF_H, offsetof(struct nlmsghdr, nlmsg_flags)));
	put(code, TEST(BPF_JSET, htons(NLM_F_REPLACE), any ? 2 : 0, 1 + n));
	put(code, LOAD(BPF_B, AT_DST_LEN));
	for (unsigned i = 0; i < n; i++)
		put(code, TEST(BPF_JEQ, routes->lens[i], n - i, 0));
	put(code, RETURN(0));
}

static int set_filter(const struct kern_monitor *monitor, const struct kern_monitor_routes *routes)
{
	struct code code = { 0 };
	struct sock_fprog program = { .filter = code.all };

	put_addresses(&code, monitor->our_port);
	if (routes)
		put_routes(&code, routes);
	put(&code, RETURN(UINT32_MAX));
	program.len = code.n;
	return setsockopt(mnl_socket_get_fd(monitor->sock), SOL_SOCKET, SO_ATTACH_FILTER, &program,
			  sizeof(program)) < 0
		       ? -errno
		       : 0;
}

int kern_monitor_open(uint32_t our_port, struct kern_monitor **ret_monitor)
{
	struct kern_monitor *monitor = calloc(1, sizeof(*monitor));
	int size = RECEIVE_BUFFER;
	int err;

	if (!monitor)
		return -ENOMEM;
	monitor->our_port = our_port;
	monitor->sock = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC | SOCK_NONBLOCK);
	if (!monitor->sock) {
		err = -errno;
		goto free_monitor;
	}
	/* Best effort: a smaller buffer means more dumps, not wrong answers. */
	(void)setsockopt(mnl_socket_get_fd(monitor->sock), SOL_SOCKET, SO_RCVBUFFORCE, &size,
			 sizeof(size));
	err = set_filter(monitor, NULL);
	if (err < 0)
		goto close_sock;
	if (mnl_socket_bind(monitor->sock, GROUPS, MNL_SOCKET_AUTOPID) < 0) {
		err = -errno;
		goto close_sock;
	}
	*ret_monitor = monitor;
	return 0;

close_sock:
	mnl_socket_close(monitor->sock);
free_monitor:
	free(monitor);
	return err;
}

void kern_monitor_close(struct kern_monitor *monitor)
{
	if (!monitor)
		return;
	mnl_socket_close(monitor->sock);
	free(monitor);
}

int kern_monitor_add_routes(struct kern_monitor *monitor, const struct kern_monitor_routes *routes)
{
	static const int groups[] = { RTNLGRP_IPV4_ROUTE, RTNLGRP_IPV6_ROUTE, RTNLGRP_IPV4_RULE,
				      RTNLGRP_IPV6_RULE };
	int err = set_filter(monitor, routes);

	for (size_t i = 0; i < sizeof(groups) / sizeof(groups[0]) && err == 0; i++)
		if (mnl_socket_setsockopt(monitor->sock, NETLINK_ADD_MEMBERSHIP, (void *)&groups[i],
					  sizeof(groups[i])) < 0)
			err = -errno;
	return err;
}

bool kern_monitor_wait(const struct kern_monitor *monitor, int64_t patience_ns)
{
	struct pollfd fd = { .fd = mnl_socket_get_fd(monitor->sock), .events = POLLIN };
	const struct timespec patience = { .tv_nsec = patience_ns };

	return ppoll(&fd, 1, &patience, NULL) == 1;
}

int kern_monitor_fd(const struct kern_monitor *monitor)
{
	return mnl_socket_get_fd(monitor->sock);
}

/* A link may be an object of some kinds, too. */
static void parse_what_it_is(struct kern_monitor *monitor, const struct nlmsghdr *message)
{
	struct kern_object object;

	for (unsigned kind = 0; kind < KERN_KIND_COUNT; kind++)
		if (kern_object_parse_kind(message, monitor->our_port, (enum kern_kind)kind,
					   &object))
			monitor->each(&object, monitor->arg);
}

static void parse_all(struct kern_monitor *monitor, int len)
{
	const struct nlmsghdr *message = (const struct nlmsghdr *)monitor->buf;
	struct kern_object object;

	for (; kern_object_fits(message, len); message = mnl_nlmsg_next(message, &len)) {
		kern_object_parse(message, monitor->our_port, &object);
		if (object.type != KERN_OBJECT_NONE)
			monitor->each(&object, monitor->arg);
		if (kern_object_is_link(message))
			parse_what_it_is(monitor, message);
	}
}

int kern_monitor_dispatch(struct kern_monitor *monitor, kern_object_fn each, void *arg)
{
	int fd = mnl_socket_get_fd(monitor->sock);
	struct sockaddr_nl from;
	socklen_t from_len;
	ssize_t len;
	int ret = 0;

	monitor->each = each;
	monitor->arg = arg;
	for (;;) {
		from_len = sizeof(from);
		len = recvfrom(fd, monitor->buf, sizeof(monitor->buf), 0, (struct sockaddr *)&from,
			       &from_len);
		if (len < 0 && errno == EINTR)
			continue;
		if (len < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
			return ret;
		if (len < 0 && errno != ENOBUFS)
			return -errno;
		if (len < 0)
			ret = -ENOBUFS;
		else if (from.nl_pid == 0) /* else a local process poses as the kernel */
			parse_all(monitor, (int)len);
	}
}
