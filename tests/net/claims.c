/* SPDX-License-Identifier: MIT */
/*
 * Preloaded into a program, takes away what a claim on a network namespace can be made of, as a
 * kernel does that lacks it. CLAIMS=socket: no nftables; CLAIMS=none: no abstract socket, either.
 */
#include <errno.h>
#include <linux/netlink.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

int socket(int domain, int type, int protocol)
{
	if (domain == AF_NETLINK && protocol == NETLINK_NETFILTER && getenv("CLAIMS")) {
		errno = EPROTONOSUPPORT;
		return -1;
	}
	return (int)syscall(SYS_socket, domain, type, protocol);
}

int bind(int fd, const struct sockaddr *address, socklen_t len)
{
	const struct sockaddr_un *name = (const struct sockaddr_un *)(const void *)address;
	const char *claims = getenv("CLAIMS");

	if (address->sa_family == AF_UNIX && name->sun_path[0] == '\0' && claims &&
	    strcmp(claims, "none") == 0) {
		errno = EACCES;
		return -1;
	}
	return (int)syscall(SYS_bind, fd, address, len);
}
