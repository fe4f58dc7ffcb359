/* SPDX-License-Identifier: MIT */
#include "watch.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/filter.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if_arp.h>
#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define PACKETS_MAX 64  /* of one recvmmsg */
#define PACKET_SIZE 128 /* what is looked at lies before that */

/* RFC 826, behind the Ethernet header. */
#define ARP_LEN     42
#define ARP_KIND    14 /* what is resolved by what, and the lengths of both */
#define ARP_MAC     22 /* of the sender, */
#define ARP_ADDRESS 28 /* and its address */
#define ARP_TARGET  38

/* RFC 4861 §4.4, from the ICMPv6 header. */
#define NA_LEN     24
#define NA_FLAGS   4
#define NA_TARGET  8
#define NA_OPTIONS 24

#define NA_SOLICITED     0x40
#define OPTION_MAC       2 /* Target Link-layer Address */
#define OPTION_UNIT      8
#define LAST_OF_ADDRESS6 15
#define HOP_LIMIT        7 /* in the IPv6 header */
#define HOPS_OF_ND       255

union control {
	struct cmsghdr align;
	char buf[CMSG_SPACE(sizeof(struct in6_pktinfo))];
};

struct kern_watch {
	int fd; /* owned; of IPv4 borrowed */
	unsigned family;
	struct mmsghdr messages[PACKETS_MAX];
	struct iovec iovs[PACKETS_MAX];
	struct sockaddr_ll froms[PACKETS_MAX]; /* of IPv4 */
	union control controls[PACKETS_MAX];
	uint8_t packets[PACKETS_MAX][PACKET_SIZE];
};

/* ---- what is said ---- */

bool kern_said_arp(const uint8_t *frame, size_t len, struct kern_said *ret_said)
{
	static const uint8_t kind[6] = { 0, ARPHRD_ETHER, ETHERTYPE_IP >> 8, 0, 6, 4 };
	static const uint8_t none[4];
	struct kern_said said = { .family = 4 };

	if (len < ARP_LEN || memcmp(frame + ARP_KIND, kind, sizeof(kind)) != 0 ||
	    memcmp(frame + ARP_ADDRESS, none, sizeof(none)) == 0)
		return false;
	memcpy(said.address, frame + ARP_ADDRESS, 4);
	memcpy(said.mac, frame + ARP_MAC, sizeof(said.mac));
	said.announcement = memcmp(frame + ARP_ADDRESS, frame + ARP_TARGET, 4) == 0;
	*ret_said = said;
	return true;
}

/* A length of 0 makes no sense, and is the end of them (RFC 4861 §4.6). */
static void read_options(const uint8_t *message, size_t len, struct kern_said *said)
{
	size_t at = NA_OPTIONS;

	while (at + OPTION_UNIT <= len && message[at + 1]) {
		if (message[at] == OPTION_MAC && message[at + 1] == 1)
			memcpy(said->mac, message + at + 2, sizeof(said->mac));
		at += (size_t)message[at + 1] * OPTION_UNIT;
	}
}

bool kern_said_na(const uint8_t *message, size_t len, struct kern_said *ret_said)
{
	struct kern_said said = { .family = 6 };

	if (len < NA_LEN || message[0] != ND_NEIGHBOR_ADVERT || message[1] != 0)
		return false;
	memcpy(said.address, message + NA_TARGET, sizeof(said.address));
	said.announcement = !(message[NA_FLAGS] & NA_SOLICITED);
	read_options(message, len, &said);
	*ret_said = said;
	return true;
}

/* ---- what is listened for ---- */

static bool is_watched(const struct kern_watched *watched, const uint8_t *address, size_t len)
{
	for (unsigned i = 0; i < watched->n && i < KERN_WATCHED_MAX; i++)
		if (memcmp(watched->addresses[i], address, len) == 0)
			return true;
	return false;
}

void kern_watched_add(struct kern_watched *watched, unsigned family, const uint8_t *address)
{
	size_t len = family == 6 ? 16 : 4;

	kern_bytes_add(&watched->last, address[len - 1]);
	if (watched->n > KERN_WATCHED_MAX || is_watched(watched, address, len))
		return;
	if (watched->n < KERN_WATCHED_MAX)
		memcpy(watched->addresses[watched->n], address, len);
	watched->n++;
}

/* ---- the sockets ---- */

static int attach_filter(int fd, struct sock_filter *code, unsigned short len)
{
	const struct sock_fprog program = { .len = len, .filter = code };

	return setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program)) < 0 ? -errno
											   : 0;
}

static bool are_few(const struct kern_watched *watched)
{
	return watched->n <= KERN_WATCHED_MAX;
}

static uint32_t word_at(const uint8_t *bytes)
{
	return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 |
	       bytes[3];
}

/* By the sender's address: each, or the last byte. */
static int attach_arp_filter(int fd, const struct kern_watched *watched)
{
	struct sock_filter code[1 + KERN_LOOKUP_LEN] = {
		BPF_STMT(BPF_LD | BPF_B | BPF_ABS, ARP_ADDRESS + 3),
	};
	struct sock_filter few[KERN_WATCHED_MAX + 3] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, ARP_ADDRESS),
	};
	unsigned n = watched->n;

	if (!are_few(watched)) {
		kern_lookup_put(code + 1, &watched->last, PACKET_SIZE, 0);
		return attach_filter(fd, code, 1 + KERN_LOOKUP_LEN);
	}
	for (unsigned i = 0; i < n; i++)
		few[1 + i] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K,
							  word_at(watched->addresses[i]),
							  (uint8_t)(n - i), 0);
	few[1 + n] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, 0);
	few[2 + n] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, PACKET_SIZE);
	return attach_filter(fd, few, (unsigned short)(n + 3));
}

enum {
	ND_HEAD = 3,
	ND_WORDS = 4, /* of an address */
	ND_ARM = 2 * ND_WORDS + 1,
	ND_FEW_LEN = ND_HEAD + KERN_WATCHED_MAX * ND_ARM + 1,
	ND_MANY_LEN = ND_HEAD + 1 + KERN_LOOKUP_LEN,
	ND_LEN = ND_FEW_LEN > ND_MANY_LEN ? ND_FEW_LEN : ND_MANY_LEN,
};

/* Take the packet when the target is this one. From its end: there they differ most. */
static void put_nd_arm(struct sock_filter *arm, const uint8_t *address)
{
	for (unsigned i = 0; i < ND_WORDS; i++) {
		unsigned at = 4 * (ND_WORDS - 1 - i);

		arm[2 * i] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, NA_TARGET + at);
		arm[2 * i + 1] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K,
							      word_at(address + at), 0,
							      (uint8_t)(ND_ARM - 2 - 2 * i));
	}
	arm[ND_ARM - 1] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, PACKET_SIZE);
}

/* By the target: each, or the last byte. What a router has forwarded is of nobody on this link (RFC
 * 4861 §7.1.2). */
static int attach_nd_filter(int fd, const struct kern_watched *watched)
{
	struct sock_filter code[ND_LEN] = {
		BPF_STMT(BPF_LD | BPF_B | BPF_ABS, (uint32_t)SKF_NET_OFF + HOP_LIMIT),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, HOPS_OF_ND, 1, 0),
		BPF_STMT(BPF_RET | BPF_K, 0),
		BPF_STMT(BPF_LD | BPF_B | BPF_ABS, NA_TARGET + LAST_OF_ADDRESS6),
	};
	unsigned end = ND_HEAD + watched->n * ND_ARM;

	if (!are_few(watched)) {
		kern_lookup_put(code + ND_HEAD + 1, &watched->last, PACKET_SIZE, 0);
		return attach_filter(fd, code, ND_MANY_LEN);
	}
	for (unsigned i = 0; i < watched->n; i++)
		put_nd_arm(code + ND_HEAD + i * ND_ARM, watched->addresses[i]);
	code[end] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, 0);
	return attach_filter(fd, code, (unsigned short)(end + 1));
}

/* The filter comes first: nothing else is ever queued. */
static int listen_arp(int fd, const struct kern_watched *watched)
{
	const struct sockaddr_ll all = { .sll_family = AF_PACKET,
					 .sll_protocol = htons(ETH_P_ARP) };
	int err = attach_arp_filter(fd, watched);

	if (err == 0 && bind(fd, (const struct sockaddr *)&all, sizeof(all)) < 0)
		err = -errno;
	return err;
}

static int set_nd_options(int fd, const struct kern_watched *watched)
{
	struct icmp6_filter filter;
	int on = 1;

	ICMP6_FILTER_SETBLOCKALL(&filter);
	ICMP6_FILTER_SETPASS(ND_NEIGHBOR_ADVERT, &filter);
	if (setsockopt(fd, IPPROTO_ICMPV6, ICMP6_FILTER, &filter, sizeof(filter)) < 0 ||
	    setsockopt(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, &on, sizeof(on)) < 0)
		return -errno;
	return attach_nd_filter(fd, watched);
}

static int open_nd(const struct kern_watched *watched, int *ret_fd)
{
	int fd = socket(AF_INET6, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, IPPROTO_ICMPV6);
	int err;

	if (fd < 0)
		return -errno;
	err = set_nd_options(fd, watched);
	if (err < 0) {
		close(fd);
		return err;
	}
	*ret_fd = fd;
	return 0;
}

static void init_messages(struct kern_watch *watch)
{
	for (unsigned i = 0; i < PACKETS_MAX; i++) {
		watch->iovs[i] = (struct iovec){ watch->packets[i], PACKET_SIZE };
		watch->messages[i].msg_hdr = (struct msghdr){
			.msg_name = watch->family == 4 ? &watch->froms[i] : NULL,
			.msg_iov = &watch->iovs[i],
			.msg_iovlen = 1,
			.msg_control = &watch->controls[i],
		};
	}
}

int kern_watch_open(unsigned family, int sender_fd, const struct kern_watched *watched,
		    struct kern_watch **ret_watch)
{
	struct kern_watch *watch = calloc(1, sizeof(*watch));
	int err;

	if (!watch)
		return -ENOMEM;
	watch->family = family;
	watch->fd = sender_fd;
	init_messages(watch);
	err = family == 4 ? listen_arp(sender_fd, watched) : open_nd(watched, &watch->fd);
	if (err < 0) {
		free(watch);
		return err;
	}
	*ret_watch = watch;
	return 0;
}

void kern_watch_close(struct kern_watch *watch)
{
	if (!watch)
		return;
	if (watch->family == 6)
		close(watch->fd);
	free(watch);
}

int kern_watch_fd(const struct kern_watch *watch)
{
	return watch->fd;
}

/* ---- reading ---- */

/* Where an advertisement came; of ARP the address that it came from says so. */
static int ifindex_of(struct msghdr *message)
{
	struct in6_pktinfo info;

	for (struct cmsghdr *c = CMSG_FIRSTHDR(message); c; c = CMSG_NXTHDR(message, c)) {
		if (c->cmsg_level != IPPROTO_IPV6 || c->cmsg_type != IPV6_PKTINFO)
			continue;
		memcpy(&info, CMSG_DATA(c), sizeof(info));
		return (int)info.ipi6_ifindex;
	}
	return 0;
}

static bool read_packet(struct kern_watch *watch, unsigned i, struct kern_said *ret_said)
{
	size_t len = watch->messages[i].msg_len;
	bool understood = watch->family == 4 ? kern_said_arp(watch->packets[i], len, ret_said)
					     : kern_said_na(watch->packets[i], len, ret_said);

	if (!understood)
		return false;
	ret_said->ifindex = watch->family == 4 ? watch->froms[i].sll_ifindex
					       : ifindex_of(&watch->messages[i].msg_hdr);
	return true;
}

static int receive_some(struct kern_watch *watch)
{
	int n;

	for (unsigned i = 0; i < PACKETS_MAX; i++) {
		watch->messages[i].msg_hdr.msg_controllen = sizeof(watch->controls[i]);
		if (watch->family == 4)
			watch->messages[i].msg_hdr.msg_namelen = sizeof(watch->froms[i]);
	}
	do
		n = recvmmsg(watch->fd, watch->messages, PACKETS_MAX, MSG_DONTWAIT, NULL);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return errno == EAGAIN || errno == EWOULDBLOCK ? 0 : -errno;
	return n;
}

int kern_watch_dispatch(struct kern_watch *watch, kern_said_fn each, void *arg)
{
	int n, total = 0;

	do {
		n = receive_some(watch);
		if (n < 0)
			return n;
		for (int i = 0; i < n; i++) {
			struct kern_said said;

			if (read_packet(watch, (unsigned)i, &said))
				each(&said, arg);
		}
		total += n;
	} while (n == PACKETS_MAX && total < KERN_WATCH_MAX);
	return total;
}
