/* SPDX-License-Identifier: MIT */
#include "send.h"

#include <assert.h>
#include <errno.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#define FRAMES_MAX  1024 /* the kernel takes no more in one sendmmsg */
#define ARENA_SIZE  (128 << 10)
#define SEND_BUFFER (4 << 20)
#define PRIORITY    7

struct kern_sender {
	int fd; /* borrowed */
	unsigned frames_n;
	size_t arena_len;
	struct kern_sent sent[FRAMES_MAX]; /* of each frame, with its fate when it is flushed */
	struct mmsghdr messages[FRAMES_MAX];
	struct iovec iovs[FRAMES_MAX];
	struct sockaddr_ll to[FRAMES_MAX];
	uint8_t arena[ARENA_SIZE]; /* the last one */
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

int kern_sender_open(int fd, struct kern_sender **ret_sender)
{
	struct kern_sender *sender = malloc(sizeof(*sender));

	if (!sender)
		return -ENOMEM;
	memset(sender, 0, offsetof(struct kern_sender, arena)); /* as in kern_receiver_open() */
	sender->fd = fd;
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
		return NULL;
	i = sender->frames_n++;
	frame = sender->arena + sender->arena_len;
	sender->arena_len += len;
	sender->sent[i] = (struct kern_sent){ owner, kind, 0 };
	sender->to[i].sll_ifindex = ifindex;
	sender->iovs[i] = (struct iovec){ frame, len };
	return frame;
}

unsigned kern_sender_flush(struct kern_sender *sender, const struct kern_sent **ret_sent)
{
	unsigned frames_n = sender->frames_n, done = 0;
	int n;

	while (done < frames_n) {
		n = sendmmsg(sender->fd, sender->messages + done, frames_n - done, 0);
		if (n > 0)
			done += (unsigned)n;
		else if (errno != EINTR)
			/* The kernel stops at the first frame that it refuses; the rest may do. */
			sender->sent[done++].error = errno;
	}
	sender->frames_n = 0;
	sender->arena_len = 0;
	*ret_sent = sender->sent;
	return frames_n;
}
