/* SPDX-License-Identifier: MIT */
#include "transmit.h"

#include <assert.h>
#include <errno.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <netinet/in.h>
#include <netinet/ip.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#define FRAMES_MAX  1024 /* the kernel takes no more in one sendmmsg */
#define ARENA_SIZE  (128 << 10)
#define SEND_BUFFER (4 << 20)
#define PRIORITY    7

struct frame {
	void *owner; /* borrowed */
	unsigned kind;
};

struct kern_sender {
	int fd; /* borrowed */
	kern_sent_fn sent;
	void *arg; /* borrowed, for sent */
	unsigned frames_n;
	size_t arena_len;
	struct frame frames[FRAMES_MAX];
	struct mmsghdr messages[FRAMES_MAX];
	struct iovec iovs[FRAMES_MAX];
	struct sockaddr_ll to[FRAMES_MAX];
	uint8_t arena[ARENA_SIZE];
};

int kern_sender_socket(void)
{
	int priority = PRIORITY, size = SEND_BUFFER;
	/* Protocol 0: bound to nothing, so that no received packet ever visits this socket. */
	int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0)
		return -errno;
	/* Both best effort: they matter when the egress queue is full. */
	(void)setsockopt(fd, SOL_SOCKET, SO_PRIORITY, &priority, sizeof(priority));
	(void)setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &size, sizeof(size));
	return fd;
}

int kern_sender_open(int fd, kern_sent_fn sent, void *arg, struct kern_sender **ret_sender)
{
	struct kern_sender *sender = calloc(1, sizeof(*sender));

	if (!sender)
		return -ENOMEM;
	sender->fd = fd;
	sender->sent = sent;
	sender->arg = arg;
	for (unsigned i = 0; i < FRAMES_MAX; i++) {
		sender->to[i] = (struct sockaddr_ll){ .sll_family = AF_PACKET, .sll_halen = 6 };
		sender->messages[i].msg_hdr = (struct msghdr){
			.msg_name = &sender->to[i],
			.msg_namelen = sizeof(sender->to[i]),
			.msg_iov = &sender->iovs[i],
			.msg_iovlen = 1,
		};
	}
	*ret_sender = sender;
	return 0;
}

void kern_sender_close(struct kern_sender *sender)
{
	free(sender);
}

uint8_t *kern_sender_frame(struct kern_sender *sender, int ifindex, size_t len, void *owner,
			   unsigned kind)
{
	uint8_t *frame;
	unsigned i;

	assert(len <= KERN_FRAME_MAX);
	if (sender->frames_n == FRAMES_MAX || sender->arena_len + len > ARENA_SIZE)
		kern_sender_flush(sender);
	i = sender->frames_n++;
	frame = sender->arena + sender->arena_len;
	sender->arena_len += len;
	sender->frames[i] = (struct frame){ owner, kind };
	sender->to[i].sll_ifindex = ifindex;
	sender->iovs[i] = (struct iovec){ frame, len };
	return frame;
}

void kern_sender_flush(struct kern_sender *sender)
{
	unsigned done = 0;
	int n, error;

	while (done < sender->frames_n) {
		n = sendmmsg(sender->fd, sender->messages + done, sender->frames_n - done, 0);
		if (n < 0 && errno == EINTR)
			continue;
		/* The kernel stops at the first frame that it refuses; the rest may be fine. */
		error = n < 0 ? errno : 0;
		if (n < 0)
			n = 1;
		for (; n > 0; n--, done++)
			sender->sent(sender->frames[done].owner, sender->frames[done].kind, error,
				     sender->arg);
	}
	sender->frames_n = 0;
	sender->arena_len = 0;
}

static uint8_t *put16(uint8_t *p, unsigned value)
{
	p[0] = (uint8_t)(value >> 8);
	p[1] = (uint8_t)value;
	return p + 2;
}

static uint8_t *put_bytes(uint8_t *p, const void *bytes, size_t len)
{
	memcpy(p, bytes, len);
	return p + len;
}

static unsigned header_checksum(const uint8_t *header, size_t len)
{
	uint32_t sum = 0;

	for (size_t i = 0; i < len; i += 2)
		sum += (uint32_t)(header[i] << 8 | header[i + 1]);
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	return ~sum & 0xffff;
}

void kern_frame_ip4(uint8_t *frame, const struct kern_ip4 *ip)
{
	/* RFC 1112 §6.4: the low 23 bits of the group. */
	uint8_t group_mac[6] = {
		0x01, 0x00, 0x5e, ip->destination[1] & 0x7f, ip->destination[2], ip->destination[3]
	};
	uint8_t *p = frame, *header;

	p = put_bytes(p, group_mac, 6);
	p = put_bytes(p, ip->source_mac, 6);
	p = put16(p, ETHERTYPE_IP);
	header = p;
	*p++ = 0x45;
	*p++ = ip->tos;
	p = put16(p, (unsigned)(20 + ip->payload_len));
	p = put16(p, 0);
	p = put16(p, IP_DF);
	*p++ = ip->ttl;
	*p++ = ip->protocol;
	p = put16(p, 0);
	p = put_bytes(p, ip->source, 4);
	put_bytes(p, ip->destination, 4);
	put16(header + 10, header_checksum(header, 20));
}

void kern_frame_gratuitous_arp(uint8_t *frame, const uint8_t *mac, const uint8_t *address)
{
	/* Ethernet, IPv4, lengths 6 and 4, request: the form that every host listens to. */
	static const uint8_t fixed[] = { 0x08, 0x06, 0, 1, 0x08, 0, 6, 4, 0, 1 };
	uint8_t *p = frame;

	memset(p, 0xff, 6);
	p = put_bytes(p + 6, mac, 6);
	p = put_bytes(p, fixed, sizeof(fixed));
	p = put_bytes(p, mac, 6);
	p = put_bytes(p, address, 4);
	p = put_bytes(p, mac, 6);
	put_bytes(p, address, 4);
}
