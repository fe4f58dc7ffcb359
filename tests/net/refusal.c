/* SPDX-License-Identifier: MIT */
/*
 * A kernel that refuses IPv4 addresses while the file named by REFUSAL is there: each message that
 * would add one gets a prefix length that cannot be.
 */
#include <dlfcn.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static void spoil(uint8_t *bytes, size_t len)
{
	struct nlmsghdr head;

	for (size_t at = 0; at + sizeof(head) <= len; at += NLMSG_ALIGN(head.nlmsg_len)) {
		memcpy(&head, bytes + at, sizeof(head));
		if (head.nlmsg_len < sizeof(head))
			return;
		if (head.nlmsg_type == RTM_NEWADDR)
			bytes[at + NLMSG_HDRLEN + offsetof(struct ifaddrmsg, ifa_prefixlen)] = 33;
	}
}

static int is_route(int fd)
{
	int domain = 0, protocol = -1;
	socklen_t len = sizeof(int);

	return getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &len) == 0 && domain == AF_NETLINK &&
	       getsockopt(fd, SOL_SOCKET, SO_PROTOCOL, &protocol, &len) == 0 &&
	       protocol == NETLINK_ROUTE;
}

ssize_t sendto(int fd, const void *bytes, size_t len, int flags, const struct sockaddr *to,
	       socklen_t to_len)
{
	ssize_t (*next)(int, const void *, size_t, int, const struct sockaddr *, socklen_t);
	const char *path = getenv("REFUSAL");
	uint8_t copy[1 << 17];

	*(void **)&next = dlsym(RTLD_NEXT, "sendto");
	if (!path || access(path, F_OK) < 0 || len > sizeof(copy) || !is_route(fd))
		return next(fd, bytes, len, flags, to, to_len);
	memcpy(copy, bytes, len);
	spoil(copy, len);
	return next(fd, copy, len, flags, to, to_len);
}
