/* SPDX-License-Identifier: MIT */
#include "receive.h"

#include <errno.h>
#include <linux/filter.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define PACKETS_MAX   64 /* of one recvmmsg */
#define READER_BUFFER (4 << 20)
#define STRAYS_BUFFER (1 << 20) /* some 2,000 packets between two looks */
#define NS_PER_S      INT64_C(1000000000)

#define IP4_HEADER 20

#define CONTROL_SIZE                                                                               \
	(CMSG_SPACE(sizeof(struct in6_pktinfo)) + CMSG_SPACE(sizeof(int)) +                        \
	 CMSG_SPACE(sizeof(struct timespec)) + CMSG_SPACE(sizeof(uint32_t)))

union control {
	struct cmsghdr align;
	char buf[CONTROL_SIZE];
};

struct option {
	int level, name;
};

/* What is different about a family. */
struct family {
	uint8_t number; /* as struct kern_packet has it */
	int domain;
	size_t packet_size; /* more than any advert needs; the rest of a longer one is cut off */
	struct option options[2]; /* to be told of what is not in the packet */
	uint16_t header_load;     /* instruction that sets X to the length of the header */
	uint32_t ttl_at;
};

/*
 * A raw IPv6 socket gives its filter and its reader the payload alone. Of the header the filter can
 * see what it asks for by name, and the reader what the options below make the kernel tell.
 */
static const struct family families[] = {
	{
		.number = 4,
		.domain = AF_INET,
		.packet_size = 2048,
		.options = { { IPPROTO_IP, IP_PKTINFO } },
		.header_load = BPF_LDX | BPF_B | BPF_MSH,
		.ttl_at = 8,
	},
	{
		.number = 6,
		.domain = AF_INET6,
		.packet_size = 4608,
		.options = { { IPPROTO_IPV6, IPV6_RECVPKTINFO },
			     { IPPROTO_IPV6, IPV6_RECVHOPLIMIT } },
		.header_load = BPF_LDX | BPF_IMM,
		.ttl_at = (uint32_t)SKF_NET_OFF + 7,
	},
};

struct kern_receiver {
	int fd;
	const struct family *family;
	uint32_t dropped; /* SO_RXQ_OVFL as last seen */
	unsigned used_n;  /* messages that the last recvmmsg() has filled */
	struct mmsghdr messages[PACKETS_MAX];
	struct iovec iovs[PACKETS_MAX];
	struct sockaddr_in6 sources[PACKETS_MAX]; /* of IPv6 */
	union control controls[PACKETS_MAX];
	uint8_t packets[]; /* PACKETS_MAX of the family's size */
};

static unsigned get16(const uint8_t *p)
{
	return (unsigned)(p[0] << 8 | p[1]);
}

/* Return: the length of a header that makes sense, or 0. */
static size_t header_len_ip4(const uint8_t *datagram, size_t len)
{
	size_t header, total;

	if (len < IP4_HEADER || datagram[0] >> 4 != 4)
		return 0;
	header = (size_t)(datagram[0] & 0x0f) * 4;
	total = get16(datagram + 2);
	if (header < IP4_HEADER || total < header || total > len)
		return 0;
	if (get16(datagram + 6) & 0x3fff) /* more fragments, or an offset */
		return 0;
	return header;
}

void kern_packet_ip4(const uint8_t *datagram, size_t len, struct kern_packet *ret_packet)
{
	size_t header = header_len_ip4(datagram, len);

	ret_packet->family = 4;
	ret_packet->ttl = 0;
	memset(ret_packet->source, 0, sizeof(ret_packet->source));
	memset(ret_packet->destination, 0, sizeof(ret_packet->destination));
	ret_packet->payload = NULL;
	ret_packet->payload_len = 0;
	if (!header)
		return;
	ret_packet->ttl = datagram[8];
	memcpy(ret_packet->source, datagram + 12, 4);
	memcpy(ret_packet->destination, datagram + 16, 4);
	ret_packet->payload = datagram + header;
	ret_packet->payload_len = get16(datagram + 2) - header;
}

/* Both kinds run the same program with the two verdicts exchanged. */
struct verdicts {
	uint32_t advert;
	uint32_t stray;
};

/*
 * X holds the length of the IP header, as far as the socket gives it: first to measure the payload,
 * then to find the VRID in it:
 *
 *	if (len - X < 8)			return stray
 *	if (it begins as KERN_PROBE)		return neither
 *	if (ttl < 255 - hops)			return stray
 *	return vrid is ours ? advert : stray
 */
static int attach_filter(int fd, const struct family *family, const struct kern_vrids *vrids,
			 const struct verdicts *verdicts)
{
	enum {
		HEAD = 9,
		STRAY = HEAD + KERN_LOOKUP_LEN - 1,
		NEITHER,
		LEN,
	};
	struct sock_filter code[LEN] = {
		BPF_STMT(family->header_load, 0),
		BPF_STMT(BPF_LD | BPF_W | BPF_LEN, 0),
		BPF_STMT(BPF_ALU | BPF_SUB | BPF_X, 0),
		BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, 8, 0, STRAY - 4),
		BPF_STMT(BPF_LD | BPF_W | BPF_IND, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, KERN_PROBE, NEITHER - 6, 0),
		BPF_STMT(BPF_LD | BPF_B | BPF_ABS, family->ttl_at),
		BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, 255u - vrids->hops, 0, STRAY - 8),
		BPF_STMT(BPF_LD | BPF_B | BPF_IND, 1),
		[NEITHER] = BPF_STMT(BPF_RET | BPF_K, 0),
	};
	struct sock_fprog program = { .len = LEN, .filter = code };

	kern_lookup_put(code + HEAD, &vrids->set, verdicts->advert, verdicts->stray);
	return setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program)) < 0 ? -errno
											   : 0;
}

static int set_filter(int fd, const struct family *family, enum kern_receiver_kind kind,
		      const struct kern_vrids *vrids)
{
	const uint32_t all = (uint32_t)family->packet_size;
	const struct verdicts verdicts[] = {
		[KERN_RECEIVER_READER] = { .advert = all, .stray = 0 },
		[KERN_RECEIVER_STRAYS] = { .advert = 0, .stray = all },
	};

	return attach_filter(fd, family, vrids, &verdicts[kind]);
}

static int set_options(int fd, const struct family *family, enum kern_receiver_kind kind)
{
	int size = kind == KERN_RECEIVER_READER ? READER_BUFFER : STRAYS_BUFFER;
	int on = 1;

	for (unsigned i = 0; i < 2; i++)
		if (family->options[i].name &&
		    setsockopt(fd, family->options[i].level, family->options[i].name, &on,
			       sizeof(on)) < 0)
			return -errno;
	if (setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof(on)) < 0 ||
	    setsockopt(fd, SOL_SOCKET, SO_RXQ_OVFL, &on, sizeof(on)) < 0)
		return -errno;
	/* Best effort: without the right to it, the system's limit holds. */
	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size)) < 0)
		(void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
	return 0;
}

static struct kern_receiver *new_receiver(const struct family *family)
{
	/* Whoever goes on after a death has no time to touch room for packets that never come. */
	struct kern_receiver *receiver =
		malloc(sizeof(*receiver) + PACKETS_MAX * family->packet_size);

	if (!receiver)
		return NULL;
	memset(receiver, 0, sizeof(*receiver));
	receiver->family = family;
	for (unsigned i = 0; i < PACKETS_MAX; i++) {
		receiver->iovs[i] = (struct iovec){ receiver->packets + i * family->packet_size,
						    family->packet_size };
		receiver->messages[i].msg_hdr = (struct msghdr){
			.msg_name = family->number == 6 ? &receiver->sources[i] : NULL,
			.msg_iov = &receiver->iovs[i],
			.msg_iovlen = 1,
			.msg_control = &receiver->controls[i],
		};
	}
	receiver->used_n = PACKETS_MAX; /* none of them says yet how much room it has */
	return receiver;
}

int kern_receiver_open(unsigned family, enum kern_receiver_kind kind, int protocol,
		       const struct kern_vrids *vrids, struct kern_receiver **ret_receiver)
{
	const struct family *of = &families[family == 6];
	struct kern_receiver *receiver = new_receiver(of);
	int err;

	if (!receiver)
		return -ENOMEM;
	/* Until its filter is attached a moment later, the socket queues whatever comes: both may
	 * see the same early packet, which the checks of the packet's reader take care of. */
	receiver->fd = socket(of->domain, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, protocol);
	if (receiver->fd < 0) {
		err = -errno;
		goto free_receiver;
	}
	err = set_filter(receiver->fd, of, kind, vrids);
	if (err == 0)
		err = set_options(receiver->fd, of, kind);
	if (err < 0)
		goto close_fd;
	*ret_receiver = receiver;
	return 0;

close_fd:
	close(receiver->fd);
free_receiver:
	free(receiver);
	return err;
}

void kern_receiver_close(struct kern_receiver *receiver)
{
	if (!receiver)
		return;
	close(receiver->fd);
	free(receiver);
}

int kern_receiver_fd(const struct kern_receiver *receiver)
{
	return receiver->fd;
}

/* Of two readings of a counter that wraps: what was queued earlier carries an earlier one. */
static uint32_t later_of(uint32_t a, uint32_t b)
{
	return (int32_t)(b - a) > 0 ? b : a;
}

/* Of IPv6 the kernel tells beside a packet what else is in its header. */
static void read_ip_control(const struct cmsghdr *c, struct kern_packet *packet)
{
	struct in_pktinfo info4;
	struct in6_pktinfo info6;
	int hop_limit;

	if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_PKTINFO) {
		memcpy(&info4, CMSG_DATA(c), sizeof(info4));
		packet->ifindex = info4.ipi_ifindex;
	} else if (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_PKTINFO) {
		memcpy(&info6, CMSG_DATA(c), sizeof(info6));
		packet->ifindex = (int)info6.ipi6_ifindex;
		memcpy(packet->destination, &info6.ipi6_addr, sizeof(packet->destination));
	} else if (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_HOPLIMIT) {
		memcpy(&hop_limit, CMSG_DATA(c), sizeof(hop_limit));
		packet->ttl = (uint8_t)hop_limit;
	}
}

static void read_control(struct msghdr *message, struct kern_packet *packet, uint32_t *dropped)
{
	struct timespec time;
	uint32_t count;

	for (struct cmsghdr *c = CMSG_FIRSTHDR(message); c; c = CMSG_NXTHDR(message, c)) {
		if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_TIMESTAMPNS) {
			memcpy(&time, CMSG_DATA(c), sizeof(time));
			packet->arrival_ns = time.tv_sec * NS_PER_S + time.tv_nsec;
		} else if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SO_RXQ_OVFL) {
			memcpy(&count, CMSG_DATA(c), sizeof(count));
			*dropped = later_of(*dropped, count);
		} else {
			read_ip_control(c, packet);
		}
	}
}

static void read_packet(struct kern_receiver *receiver, unsigned i, struct kern_packet *ret_packet,
			uint32_t *dropped)
{
	const uint8_t *bytes = receiver->iovs[i].iov_base;
	size_t len = receiver->messages[i].msg_len;

	*ret_packet = (struct kern_packet){ .family = receiver->family->number };
	if (receiver->family->number == 4) {
		kern_packet_ip4(bytes, len, ret_packet);
	} else {
		ret_packet->payload = bytes;
		ret_packet->payload_len = len;
		memcpy(ret_packet->source, &receiver->sources[i].sin6_addr,
		       sizeof(ret_packet->source));
	}
	read_control(&receiver->messages[i].msg_hdr, ret_packet, dropped);
}

static int receive_some(struct kern_receiver *receiver)
{
	int n;

	for (unsigned i = 0; i < receiver->used_n; i++) {
		receiver->messages[i].msg_hdr.msg_controllen = sizeof(receiver->controls[i]);
		receiver->messages[i].msg_hdr.msg_namelen = sizeof(receiver->sources[i]);
	}
	receiver->used_n = 0;
	do
		n = recvmmsg(receiver->fd, receiver->messages, PACKETS_MAX, MSG_DONTWAIT, NULL);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return errno == EAGAIN || errno == EWOULDBLOCK ? 0 : -errno;
	receiver->used_n = (unsigned)n;
	return n;
}

/*
 * A packet tells of the drops before it. Those behind the last one, while nobody read, are told by
 * the socket itself; there are none if the queue was short.
 */
static void read_drops(const struct kern_receiver *receiver, uint32_t *dropped)
{
	uint32_t info[SK_MEMINFO_VARS];
	socklen_t len = sizeof(info);

	if (getsockopt(receiver->fd, SOL_SOCKET, SO_MEMINFO, info, &len) == 0 &&
	    len > SK_MEMINFO_DROPS * sizeof(info[0]))
		*dropped = later_of(*dropped, info[SK_MEMINFO_DROPS]);
}

int kern_receiver_dispatch(struct kern_receiver *receiver, int64_t until_ns, kern_packet_fn each,
			   void *arg, uint32_t *ret_dropped)
{
	uint32_t dropped = receiver->dropped;
	bool more = true;
	int total = 0;
	int n;

	while (more) {
		n = receive_some(receiver);
		if (n < 0)
			return n;
		more = n == PACKETS_MAX;
		for (int i = 0; i < n; i++) {
			struct kern_packet packet;

			read_packet(receiver, (unsigned)i, &packet, &dropped);
			if (packet.arrival_ns > until_ns)
				more = false;
			each(&packet, arg);
		}
		total += n;
	}
	if (total >= PACKETS_MAX)
		read_drops(receiver, &dropped);
	*ret_dropped = dropped - receiver->dropped;
	receiver->dropped = dropped;
	return total;
}

static int join(int fd, unsigned family, int ifindex, const uint8_t *group)
{
	struct ip_mreqn request4 = { .imr_ifindex = ifindex };
	struct ipv6_mreq request6 = { .ipv6mr_interface = (unsigned)ifindex };

	if (family == 4) {
		memcpy(&request4.imr_multiaddr, group, 4);
		return setsockopt(fd, IPPROTO_IP, IP_ADD_MEMBERSHIP, &request4, sizeof(request4));
	}
	memcpy(&request6.ipv6mr_multiaddr, group, 16);
	return setsockopt(fd, IPPROTO_IPV6, IPV6_JOIN_GROUP, &request6, sizeof(request6));
}

/*
 * A raw socket hears every group that any socket of the host joined (IP_MULTICAST_ALL), so the
 * membership lives in a datagram socket that nothing is ever sent to. One per interface: no limit
 * of memberships per socket to mind, and leaving is closing.
 */
int kern_group_join(unsigned family, int ifindex, const uint8_t *group, int *ret_fd)
{
	int fd = socket(families[family == 6].domain, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	int err;

	if (fd < 0)
		return -errno;
	if (join(fd, family, ifindex, group) < 0) {
		err = -errno;
		close(fd);
		return err;
	}
	*ret_fd = fd;
	return 0;
}
