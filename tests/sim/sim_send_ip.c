/* SPDX-License-Identifier: MIT */
/*
 * The raw IP sockets of netlink/send_ip.c, which runs as it is: what it gives to sendmmsg() goes to
 * the network, if the kernel of the host takes it.
 */
#include <arpa/inet.h>
#include <assert.h>
#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

#include "sim.h"
#include "sim_peers.h"

int __real_socket(int domain, int type, int protocol);
int __wrap_socket(int domain, int type, int protocol);
int __real_setsockopt(int fd, int level, int name, const void *value, socklen_t len);
int __wrap_setsockopt(int fd, int level, int name, const void *value, socklen_t len);
int __real_bind(int fd, const struct sockaddr *address, socklen_t len);
int __wrap_bind(int fd, const struct sockaddr *address, socklen_t len);
int __wrap_sendmmsg(int fd, struct mmsghdr *messages, unsigned n, int flags);

static bool is_simulated(int fd)
{
	return fd >= SIM_FD_IP;
}

int __wrap_socket(int domain, int type, int protocol)
{
	if (protocol != VRRP_PROTOCOL)
		return __real_socket(domain, type, protocol);
	return SIM_FD_IP + (domain == AF_INET6);
}

int __wrap_setsockopt(int fd, int level, int name, const void *value, socklen_t len)
{
	return is_simulated(fd) ? 0 : __real_setsockopt(fd, level, name, value, len);
}

int __wrap_bind(int fd, const struct sockaddr *address, socklen_t len)
{
	return is_simulated(fd) ? 0 : __real_bind(fd, address, len);
}

/* What the control messages of a packet say. */
static void read_control(const struct msghdr *message, struct sim_copy *copy)
{
	struct cmsghdr *c;
	int hops;

	for (c = CMSG_FIRSTHDR(message); c; c = CMSG_NXTHDR((struct msghdr *)message, c)) {
		if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_PKTINFO) {
			struct in_pktinfo info;

			memcpy(&info, CMSG_DATA(c), sizeof(info));
			copy->ifindex = info.ipi_ifindex;
			memcpy(copy->source, &info.ipi_spec_dst, 4);
		} else if (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_PKTINFO) {
			struct in6_pktinfo info;

			memcpy(&info, CMSG_DATA(c), sizeof(info));
			copy->ifindex = (int)info.ipi6_ifindex;
			memcpy(copy->source, &info.ipi6_addr, 16);
		} else {
			memcpy(&hops, CMSG_DATA(c), sizeof(hops));
			copy->ttl = (uint8_t)hops;
		}
	}
}

static struct sim_copy read_message(const struct msghdr *message)
{
	const struct sockaddr_in6 *to6 = message->msg_name;
	const struct sockaddr_in *to4 = message->msg_name;
	struct sim_copy copy = { .family = message->msg_namelen == sizeof(*to6) ? 6 : 4,
				 .payload = message->msg_iov[0].iov_base,
				 .len = message->msg_iov[0].iov_len };

	if (copy.family == 6)
		memcpy(copy.destination, &to6->sin6_addr, 16);
	else
		memcpy(copy.destination, &to4->sin_addr, 4);
	read_control(message, &copy);
	return copy;
}

/* As the kernel does: all up to the first one that it refuses, or the reason to refuse that. */
int __wrap_sendmmsg(int fd, struct mmsghdr *messages, unsigned n, int flags)
{
	struct sim_process *process = process_running();
	unsigned done = 0;

	(void)flags;
	assert(is_simulated(fd));
	process_may_die(process);
	for (; done < n; done++) {
		struct sim_copy copy = read_message(&messages[done].msg_hdr);
		int error = peers_send(process->sim, process, &copy);

		if (error == 0)
			continue;
		if (done > 0)
			break;
		errno = error;
		return -1;
	}
	process_may_die(process);
	return (int)done;
}
