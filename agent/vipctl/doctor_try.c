/* SPDX-License-Identifier: MIT */
/*
 * What can be tried of a packet filter without changing anything, and without a packet on the wire:
 *
 * - a packet from an own address to the same goes by lo, through the output and input of all
 *   interfaces. Most rules pass lo first, so that it arrives says little; that it does not, much.
 * - a packet to the group with a TTL of 0 "is restricted to the same host" (RFC 1112 §6.1): the
 *   kernel gives a copy to whoever is a member on that interface, as if it came in there, and no
 *   more. Without a member it would go out, so it is tried only where one is: while vipd runs.
 *
 * It is of VRRP's protocol, but no advert of any version, and its VRID 0 is nobody's, so all that
 * listen pass it over.
 */
#include "doctor_see.h"

#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <netinet/in.h>
#include <poll.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

#include "netlink/receive.h"

#define WAIT_MS    300
#define TRIES_MAX  64 /* interfaces and families */
#define PACKET_LEN 20

struct attempt {
	unsigned family;
	int ifindex; /* 0: by lo */
	const char *interface;
	const uint8_t *from, *to;
};

union address {
	struct sockaddr any;
	struct sockaddr_in four;
	struct sockaddr_in6 six;
};

static socklen_t fill(union address *address, const struct attempt *attempt, const uint8_t *bytes)
{
	memset(address, 0, sizeof(*address));
	if (attempt->family == 4) {
		address->four.sin_family = AF_INET;
		memcpy(&address->four.sin_addr, bytes, 4);
		return sizeof(address->four);
	}
	address->six.sin6_family = AF_INET6;
	memcpy(&address->six.sin6_addr, bytes, 16);
	if (IN6_IS_ADDR_LINKLOCAL(&address->six.sin6_addr) ||
	    IN6_IS_ADDR_MC_LINKLOCAL(&address->six.sin6_addr))
		address->six.sin6_scope_id = (uint32_t)attempt->ifindex;
	return sizeof(address->six);
}

/* Return: 0 or -errno. */
static int stay_here(int fd, const struct attempt *attempt)
{
	const struct ip_mreqn from = { .imr_ifindex = attempt->ifindex };
	const int zero = 0, one = 1;
	bool four = attempt->family == 4;
	int level = four ? IPPROTO_IP : IPPROTO_IPV6;

	if (setsockopt(fd, level, four ? IP_MULTICAST_TTL : IPV6_MULTICAST_HOPS, &zero,
		       sizeof(zero)) < 0 ||
	    setsockopt(fd, level, four ? IP_MULTICAST_LOOP : IPV6_MULTICAST_LOOP, &one,
		       sizeof(one)) < 0)
		return -errno;
	if (four ? setsockopt(fd, level, IP_MULTICAST_IF, &from, sizeof(from)) < 0
		 : setsockopt(fd, level, IPV6_MULTICAST_IF, &attempt->ifindex,
			      sizeof(attempt->ifindex)) < 0)
		return -errno;
	return 0;
}

static int open_socket(const struct attempt *attempt)
{
	int fd = socket(attempt->family == 4 ? AF_INET : AF_INET6,
			SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, KERN_ADDRESS_MARK);

	if (fd >= 0 && attempt->interface &&
	    setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, attempt->interface,
		       (socklen_t)strlen(attempt->interface)) < 0) {
		close(fd);
		return -1;
	}
	return fd;
}

/* Of IPv4 its header comes along. */
static bool arrives(int fd, const uint8_t *packet)
{
	struct pollfd ready = { .fd = fd, .events = POLLIN };
	uint8_t buf[2048];
	ssize_t len;

	for (unsigned i = 0; i < 1000 && poll(&ready, 1, WAIT_MS) > 0; i++) {
		len = recv(fd, buf, sizeof(buf), 0);
		if (len >= PACKET_LEN && memcmp(buf + len - PACKET_LEN, packet, PACKET_LEN) == 0)
			return true;
	}
	return false;
}

static enum doctor_try try(const struct attempt *attempt)
{
	uint8_t packet[PACKET_LEN] = { 0 };
	int in_fd = open_socket(attempt), out_fd = open_socket(attempt);
	enum doctor_try result = DOCTOR_TRY_NOT;
	const uint32_t begin = htonl(KERN_PROBE);
	union address from, to;
	socklen_t len = fill(&from, attempt, attempt->from);

	(void)fill(&to, attempt, attempt->to);
	memcpy(packet, &begin, sizeof(begin));
	if (in_fd < 0 || out_fd < 0 ||
	    getrandom(packet + 4, sizeof(packet) - 4, GRND_NONBLOCK) < 0 ||
	    bind(out_fd, &from.any, len) < 0 ||
	    (attempt->interface && stay_here(out_fd, attempt) < 0))
		goto done;
	if (sendto(out_fd, packet, sizeof(packet), 0, &to.any, len) < 0)
		result = errno == EPERM || errno == EACCES ? DOCTOR_TRY_REFUSED : DOCTOR_TRY_NOT;
	else
		result = arrives(in_fd, packet) ? DOCTOR_TRY_ARRIVED : DOCTOR_TRY_LOST;
done:
	if (in_fd >= 0)
		close(in_fd);
	if (out_fd >= 0)
		close(out_fd);
	return result;
}

static bool is_member(const struct doctor_view *view, const char *interface, unsigned family,
		      const uint8_t *group)
{
	for (unsigned i = 0; i < view->members_n; i++)
		if (view->members[i].family == family &&
		    strcmp(view->members[i].interface, interface) == 0 &&
		    memcmp(view->members[i].group, group, family == 6 ? 16 : 4) == 0)
			return true;
	return false;
}

static bool is_same(const struct conf_router *a, const struct conf_router *b)
{
	return a->vrrp.family == b->vrrp.family && strcmp(a->interface, b->interface) == 0 &&
	       !a->unicast.peers_n == !b->unicast.peers_n && doctor_same_group(a, b);
}

static bool is_tried(const struct doctor_view *view, const struct conf_router *router)
{
	for (unsigned i = 0; i < view->tried_n; i++)
		if (is_same(view->tried[i].router, router))
			return true;
	return false;
}

static void try_router(struct doctor_view *view, const struct conf_router *router)
{
	const struct doctor_interface *interface = doctor_interface(view, router->interface);
	const struct kern_address *source = doctor_source(view, router);
	struct doctor_tried *tried;
	struct attempt attempt;

	if (!interface || !source || is_tried(view, router) || view->tried_n == TRIES_MAX)
		return;
	tried = &view->tried[view->tried_n++];
	*tried = (struct doctor_tried){ .router = router };
	attempt = (struct attempt){ .family = router->vrrp.family,
				    .ifindex = interface->link.ifindex,
				    .from = source->bytes,
				    .to = source->bytes };
	tried->own = try(&attempt);
	if (router->unicast.peers_n ||
	    !is_member(view, interface->link.name, attempt.family, conf_group(router)))
		return;
	attempt.interface = interface->link.name;
	attempt.to = conf_group(router);
	tried->group = try(&attempt);
}

void doctor_try(struct doctor_view *view)
{
	const unsigned needed = DOCTOR_SEES_CONF | DOCTOR_SEES_ADDRESSES | DOCTOR_SEES_MEMBERS;
	int fd;

	if ((view->seen & needed) != needed)
		return;
	fd = socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, KERN_ADDRESS_MARK);
	if (fd < 0) {
		doctor_unseen(view, "whether a packet of protocol 112 comes through",
			      "this user may not send one");
		return;
	}
	close(fd);
	view->tried = arena_alloc(view->arena, TRIES_MAX * sizeof(*view->tried));
	for (unsigned i = 0; i < view->conf->routers_n; i++)
		try_router(view, &view->conf->routers[i]);
	view->seen |= DOCTOR_SEES_TRIED;
}
