/* SPDX-License-Identifier: MIT */
#include "monitor.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/filter.h>
#include <linux/rtnetlink.h>
#include <arpa/inet.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/socket.h>

/* Some 10,000 events: a takeover of as many addresses does not overrun its own echo. */
#define RECEIVE_BUFFER (8 << 20)

#define GROUPS                                                                                     \
	(RTMGRP_LINK | RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR | 1u << (RTNLGRP_IPV6_NETCONF - 1))

struct kern_monitor {
	struct mnl_socket *sock;
	uint32_t our_port;
	kern_object_fn each; /* of the dispatch that runs */
	void *arg;           /* borrowed, for each */
	_Alignas(struct nlmsghdr) char buf[32 << 10];
};

/*
 * The echo of an address that we added says nothing that the kernel's answer has not said; a
 * takeover of a thousand addresses would read a thousand of them, as it does with IPv6, whose echo
 * the kernel does not sign. Our removals are echoed: one may take other addresses along. Words of a
 * message are in host order, cBPF loads them as if in network order.
 */
static int drop_echo_of_additions(int fd, uint32_t our_port)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_H | BPF_ABS, offsetof(struct nlmsghdr, nlmsg_type)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, htons(RTM_NEWADDR), 0, 3),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct nlmsghdr, nlmsg_pid)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, htonl(our_port), 0, 1),
		BPF_STMT(BPF_RET | BPF_K, 0),
		BPF_STMT(BPF_RET | BPF_K, UINT32_MAX),
	};
	struct sock_fprog program = { .len = sizeof(code) / sizeof(code[0]), .filter = code };

	return setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program)) < 0 ? -errno
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
	err = drop_echo_of_additions(mnl_socket_get_fd(monitor->sock), our_port);
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
