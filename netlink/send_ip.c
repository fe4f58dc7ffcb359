/* SPDX-License-Identifier: MIT */
#include "send_ip.h"

#include <assert.h>
#include <errno.h>
#include <linux/filter.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define PACKETS_MAX 512
#define ARENA_SIZE  (128 << 10)
#define SEND_BUFFER (4 << 20)
#define PRIORITY    7

enum {
	IP4,
	IP6,
	FAMILIES_N,
};

union control {
	struct cmsghdr align;
	char buf[CMSG_SPACE(sizeof(struct in6_pktinfo)) + CMSG_SPACE(sizeof(int))];
};

union address {
	struct sockaddr_in ip4;
	struct sockaddr_in6 ip6;
};

struct kern_ip_sender {
	int fds[FAMILIES_N]; /* the second may be -EAFNOSUPPORT */
	int protocol;
	unsigned packets_n;
	size_t arena_len;
	struct kern_sent sent[PACKETS_MAX]; /* of each packet, with its fate when it is flushed */
	uint8_t family[PACKETS_MAX];        /* of each packet: index of fds */
	struct mmsghdr messages[PACKETS_MAX];
	struct iovec iovs[PACKETS_MAX];
	union control controls[PACKETS_MAX];
	union address to[PACKETS_MAX];
	uint8_t arena[ARENA_SIZE];
};

/* ---- the sockets ---- */

/*
 * Over IPv4 the kernel keeps it to itself that a queue or the neighbour table had no room
 * (ENOBUFS), unless errors are asked for. Then it also tells what ICMP says of earlier packets, and
 * sends the next one not at all for that: none of it concerns a socket that is bound to an address
 * which they did not come from. IPv6 tells unasked.
 */
static void hear_of_refusals(int fd)
{
	int on = 1;

	(void)setsockopt(fd, IPPROTO_IP, IP_RECVERR, &on, sizeof(on));
}

/*
 * What others send to this protocol shall neither fill its queue nor cost a copy: it is bound to an
 * address that no packet from outside can have, though all that it sends says its own source. While
 * lo is down some kernels refuse that; then a filter drops what comes, as it does before.
 */
static int make_deaf(int fd, const void *loopback, socklen_t loopback_len)
{
	struct sock_filter code[] = { BPF_STMT(BPF_RET | BPF_K, 0) };
	struct sock_fprog program = { .len = 1, .filter = code };
	int on = 1;

	if (setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program)) < 0)
		return -errno;
	(void)setsockopt(fd, IPPROTO_IP, IP_FREEBIND, &on, sizeof(on));
	if (bind(fd, loopback, loopback_len) == 0)
		hear_of_refusals(fd);
	return 0;
}

/* All best effort but the class: they matter when the egress queue is full. */
static int set_options(int fd, int level, int name, int tos)
{
	int priority = PRIORITY, size = SEND_BUFFER;

	if (setsockopt(fd, level, name, &tos, sizeof(tos)) < 0)
		return -errno;
	(void)setsockopt(fd, SOL_SOCKET, SO_PRIORITY, &priority, sizeof(priority));
	(void)setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &size, sizeof(size));
	return 0;
}

/* Return: a descriptor, or -errno. */
static int open_socket(unsigned family, int protocol, int tos)
{
	const struct sockaddr_in lo4 = { .sin_family = AF_INET,
					 .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	const struct sockaddr_in6 lo6 = { .sin6_family = AF_INET6,
					  .sin6_addr = IN6ADDR_LOOPBACK_INIT };
	int fd = socket(family == IP6 ? AF_INET6 : AF_INET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK,
			protocol);
	int err;

	if (fd < 0)
		return -errno;
	if (family == IP6)
		err = make_deaf(fd, &lo6, sizeof(lo6));
	else
		err = make_deaf(fd, &lo4, sizeof(lo4));
	if (err == 0)
		err = family == IP6 ? set_options(fd, IPPROTO_IPV6, IPV6_TCLASS, tos)
				    : set_options(fd, IPPROTO_IP, IP_TOS, tos);
	if (err == 0)
		return fd;
	close(fd);
	return err;
}

int kern_ip_sender_open(int protocol, uint8_t tos, struct kern_ip_sender **ret_sender)
{
	struct kern_ip_sender *sender = calloc(1, sizeof(*sender));
	int err;

	if (!sender)
		return -ENOMEM;
	sender->protocol = protocol;
	for (unsigned i = 0; i < FAMILIES_N; i++)
		sender->fds[i] = open_socket(i, protocol, tos);
	for (unsigned i = 0; i < FAMILIES_N; i++) {
		err = sender->fds[i];
		if (err < 0 && (i == IP4 || err != -EAFNOSUPPORT)) {
			kern_ip_sender_close(sender);
			return err;
		}
	}
	*ret_sender = sender;
	return 0;
}

void kern_ip_sender_close(struct kern_ip_sender *sender)
{
	if (!sender)
		return;
	for (unsigned i = 0; i < FAMILIES_N; i++)
		if (sender->fds[i] >= 0)
			close(sender->fds[i]);
	free(sender);
}

/* ---- packets ---- */

/* Return: where the next control message goes. */
static struct cmsghdr *put_control(struct msghdr *message, struct cmsghdr *c, int level, int type,
				   const void *data, size_t len)
{
	c->cmsg_level = level;
	c->cmsg_type = type;
	c->cmsg_len = CMSG_LEN(len);
	memcpy(CMSG_DATA(c), data, len);
	message->msg_controllen += CMSG_SPACE(len);
	return (struct cmsghdr *)(void *)((char *)c + CMSG_SPACE(len));
}

static void address_ip4(struct msghdr *message, union address *to,
			const struct kern_ip_header *header)
{
	struct in_pktinfo info = { .ipi_ifindex = header->ifindex };
	struct cmsghdr *c = message->msg_control;
	int ttl = header->ttl;

	to->ip4 = (struct sockaddr_in){ .sin_family = AF_INET };
	memcpy(&to->ip4.sin_addr, header->destination, 4);
	memcpy(&info.ipi_spec_dst, header->source, 4);
	message->msg_namelen = sizeof(to->ip4);
	c = put_control(message, c, IPPROTO_IP, IP_PKTINFO, &info, sizeof(info));
	(void)put_control(message, c, IPPROTO_IP, IP_TTL, &ttl, sizeof(ttl));
}

static void address_ip6(struct msghdr *message, union address *to,
			const struct kern_ip_header *header)
{
	struct in6_pktinfo info = { .ipi6_ifindex = (unsigned)header->ifindex };
	struct cmsghdr *c = message->msg_control;
	int hop_limit = header->ttl;

	to->ip6 = (struct sockaddr_in6){ .sin6_family = AF_INET6,
					 .sin6_scope_id = (uint32_t)header->ifindex };
	memcpy(&to->ip6.sin6_addr, header->destination, 16);
	memcpy(&info.ipi6_addr, header->source, 16);
	message->msg_namelen = sizeof(to->ip6);
	c = put_control(message, c, IPPROTO_IPV6, IPV6_PKTINFO, &info, sizeof(info));
	(void)put_control(message, c, IPPROTO_IPV6, IPV6_HOPLIMIT, &hop_limit, sizeof(hop_limit));
}

uint8_t *kern_ip_sender_packet(struct kern_ip_sender *sender, const struct kern_ip_header *header,
			       size_t len, void *owner, unsigned kind)
{
	unsigned i = sender->packets_n;
	uint8_t *payload;

	assert(len <= KERN_IP_PAYLOAD_MAX);
	if (i == PACKETS_MAX || sender->arena_len + len > ARENA_SIZE)
		return NULL;
	payload = sender->arena + sender->arena_len;
	sender->arena_len += len;
	sender->packets_n++;
	sender->sent[i] = (struct kern_sent){ owner, kind, 0 };
	sender->family[i] = header->family == 6 ? IP6 : IP4;
	sender->iovs[i] = (struct iovec){ payload, len };
	sender->messages[i].msg_hdr = (struct msghdr){ .msg_name = &sender->to[i],
						       .msg_iov = &sender->iovs[i],
						       .msg_iovlen = 1,
						       .msg_control = &sender->controls[i] };
	if (sender->family[i] == IP6)
		address_ip6(&sender->messages[i].msg_hdr, &sender->to[i], header);
	else
		address_ip4(&sender->messages[i].msg_hdr, &sender->to[i], header);
	return payload;
}

/* ---- packets that were prepared ---- */

/* Both headers: where their fields are that are written and read. */
struct layout {
	uint8_t first; /* byte: the version, and the length of a header of IPv4 */
	uint8_t header_len, address_len;
	uint8_t len_at, protocol_at, ttl_at, source_at;
	uint8_t counted; /* bytes of the header that the length counts */
};

static const struct layout layouts[FAMILIES_N] = {
	[IP4] = { 0x45, 20, 4, .len_at = 2, 9, 8, .source_at = 12, .counted = 20 },
	[IP6] = { 0x60, 40, 16, .len_at = 4, 6, 7, .source_at = 8, .counted = 0 },
};

size_t kern_ip_header_len(unsigned family)
{
	return layouts[family == 6 ? IP6 : IP4].header_len;
}

/* What is not in struct kern_ip_header the kernel fills in when the packet is sent. */
void kern_ip_prepare(uint8_t *bytes, const struct kern_ip_header *header, int protocol,
		     size_t payload_len)
{
	const struct layout *at = &layouts[header->family == 6 ? IP6 : IP4];
	size_t len = payload_len + at->counted;

	memset(bytes, 0, at->header_len);
	bytes[0] = at->first;
	bytes[at->len_at] = (uint8_t)(len >> 8);
	bytes[at->len_at + 1] = (uint8_t)len;
	bytes[at->protocol_at] = (uint8_t)protocol;
	bytes[at->ttl_at] = header->ttl;
	memcpy(bytes + at->source_at, header->source, at->address_len);
	memcpy(bytes + at->source_at + at->address_len, header->destination, at->address_len);
}

/* A header that is whole, with as many bytes behind it as it says. */
static bool makes_sense(const struct layout *at, const uint8_t *bytes, size_t len, int protocol)
{
	size_t counted;

	if (len < at->header_len || len - at->header_len > KERN_IP_PAYLOAD_MAX)
		return false;
	counted = (size_t)(bytes[at->len_at] << 8 | bytes[at->len_at + 1]);
	return bytes[0] == at->first && bytes[at->protocol_at] == protocol &&
	       counted == len - at->header_len + at->counted;
}

int kern_ip_sender_prepared(struct kern_ip_sender *sender, int ifindex, const uint8_t *bytes,
			    size_t len, void *owner, unsigned kind)
{
	uint8_t copy[KERN_IP_PREPARED_MAX], *payload;
	struct kern_ip_header header = { .ifindex = ifindex };
	const struct layout *at;

	if (len == 0 || len > sizeof(copy))
		return -EINVAL;
	memcpy(copy, bytes, len);
	at = &layouts[copy[0] >> 4 == 6 ? IP6 : IP4];
	if (!makes_sense(at, copy, len, sender->protocol))
		return -EINVAL;
	header.family = copy[0] >> 4;
	header.ttl = copy[at->ttl_at];
	header.source = copy + at->source_at;
	header.destination = header.source + at->address_len;
	payload = kern_ip_sender_packet(sender, &header, len - at->header_len, owner, kind);
	if (!payload)
		return -ENOBUFS;
	memcpy(payload, copy + at->header_len, len - at->header_len);
	return 0;
}

/* ---- sending ---- */

/* How many packets from this one on go through the same socket. */
static unsigned run_of(const struct kern_ip_sender *sender, unsigned at)
{
	unsigned end = at;

	while (end < sender->packets_n && sender->family[end] == sender->family[at])
		end++;
	return end - at;
}

unsigned kern_ip_sender_flush(struct kern_ip_sender *sender, const struct kern_sent **ret_sent)
{
	unsigned packets_n = sender->packets_n, done = 0;
	int n;

	while (done < packets_n) {
		int fd = sender->fds[sender->family[done]];

		if (fd < 0) {
			sender->sent[done++].error = -fd;
			continue;
		}
		n = sendmmsg(fd, sender->messages + done, run_of(sender, done), 0);
		if (n > 0)
			done += (unsigned)n;
		else if (errno != EINTR)
			/* The kernel stops at the first packet that it refuses; the rest may do. */
			sender->sent[done++].error = errno;
	}
	sender->packets_n = 0;
	sender->arena_len = 0;
	*ret_sent = sender->sent;
	return packets_n;
}
