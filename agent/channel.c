/* SPDX-License-Identifier: MIT */
#include "channel.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#define HEAD_LEN offsetof(struct channel_message, text)

int channel_send(int fd, enum channel_type type, int64_t frozen_real_ns, const char *text)
{
	struct channel_message message = { .type = type, .frozen_real_ns = frozen_real_ns };
	size_t len;

	snprintf(message.text, sizeof(message.text), "%s", text ? text : "");
	len = HEAD_LEN + strlen(message.text) + 1;
	return send(fd, &message, len, MSG_NOSIGNAL | MSG_DONTWAIT) < 0 ? -errno : 0;
}

int channel_receive(int fd, struct channel_message *ret_message)
{
	ssize_t len;

	do
		len = recv(fd, ret_message, sizeof(*ret_message) - 1, MSG_DONTWAIT);
	while (len < 0 && errno == EINTR);
	if (len < 0)
		return errno == EAGAIN || errno == EWOULDBLOCK ? 0 : -errno;
	if (len == 0)
		return -EPIPE;
	if ((size_t)len <= HEAD_LEN)
		return -EBADMSG;
	((char *)ret_message)[len] = '\0';
	return 1;
}
