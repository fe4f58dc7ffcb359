/* SPDX-License-Identifier: MIT */
#include "channel.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#define HEAD_LEN offsetof(struct channel_message, text)

int channel_send(int fd, enum channel_type type, int64_t ns, const char *text)
{
	struct channel_message message = { .type = type, .ns = ns };
	size_t len;

	snprintf(message.text, sizeof(message.text), "%s", text ? text : "");
	len = HEAD_LEN + strlen(message.text) + 1;
	return send(fd, &message, len, MSG_NOSIGNAL | MSG_DONTWAIT) < 0 ? -errno : 0;
}

int channel_send_event(int fd, const struct event *event)
{
	struct channel_message message = { .type = CHANNEL_EVENT, .ns = sizeof(*event) };

	_Static_assert(sizeof(*event) < sizeof(message.text), "an event fits into a message");
	memcpy(message.text, event, sizeof(*event));
	return send(fd, &message, HEAD_LEN + sizeof(*event), MSG_NOSIGNAL | MSG_DONTWAIT) < 0
		       ? -errno
		       : 0;
}

/* Another version's may be shorter or longer. */
void channel_event(const struct channel_message *message, struct event *ret_event)
{
	size_t len = sizeof(*ret_event);

	if (message->ns >= 0 && (size_t)message->ns < len)
		len = (size_t)message->ns;
	memset(ret_event, 0, sizeof(*ret_event));
	memcpy(ret_event, message->text, len);
	ret_event->router[sizeof(ret_event->router) - 1] = '\0';
	ret_event->interface[sizeof(ret_event->interface) - 1] = '\0';
	ret_event->fact.name[sizeof(ret_event->fact.name) - 1] = '\0';
	ret_event->fact.text[sizeof(ret_event->fact.text) - 1] = '\0';
}

/* Room for one descriptor beside a message. */
union attachment {
	char bytes[CMSG_SPACE(sizeof(int))];
	struct cmsghdr align;
};

int channel_send_fd(int fd, enum channel_type type, int64_t ns, int attached_fd)
{
	struct channel_message message = { .type = type, .ns = ns };
	struct iovec iov = { &message, HEAD_LEN + 1 };
	union attachment attachment = { 0 };
	struct msghdr header = { .msg_iov = &iov, .msg_iovlen = 1 };
	struct cmsghdr *attached = &attachment.align;

	if (attached_fd >= 0) {
		attached->cmsg_level = SOL_SOCKET;
		attached->cmsg_type = SCM_RIGHTS;
		attached->cmsg_len = CMSG_LEN(sizeof(attached_fd));
		memcpy(CMSG_DATA(attached), &attached_fd, sizeof(attached_fd));
		header.msg_control = &attachment;
		header.msg_controllen = sizeof(attachment);
	}
	return sendmsg(fd, &header, MSG_NOSIGNAL | MSG_DONTWAIT) < 0 ? -errno : 0;
}

/* Return: the descriptor that came along, or -1. */
static int32_t find_fd(struct msghdr *header)
{
	const struct cmsghdr *attached = CMSG_FIRSTHDR(header);
	int32_t fd = -1;

	if (attached && attached->cmsg_level == SOL_SOCKET && attached->cmsg_type == SCM_RIGHTS &&
	    attached->cmsg_len == CMSG_LEN(sizeof(fd)))
		memcpy(&fd, CMSG_DATA(attached), sizeof(fd));
	return fd;
}

int channel_receive(int fd, struct channel_message *ret_message)
{
	struct iovec iov = { ret_message, sizeof(*ret_message) - 1 };
	union attachment attachment;
	struct msghdr header = { .msg_iov = &iov,
				 .msg_iovlen = 1,
				 .msg_control = &attachment,
				 .msg_controllen = sizeof(attachment) };
	ssize_t len;

	do
		len = recvmsg(fd, &header, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
	while (len < 0 && errno == EINTR);
	if (len < 0)
		return errno == EAGAIN || errno == EWOULDBLOCK ? 0 : -errno;
	if (len == 0)
		return -EPIPE;
	if ((size_t)len <= HEAD_LEN)
		return -EBADMSG;
	((char *)ret_message)[len] = '\0';
	ret_message->attached_fd = find_fd(&header);
	return 1;
}
