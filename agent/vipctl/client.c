/* SPDX-License-Identifier: MIT */
#include "client.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

/* Hanging up with our request unread comes as a reset. */
static int errno_of_talk(void)
{
	if (errno == ECONNRESET)
		return -EPIPE;
	return errno == EAGAIN ? -ETIMEDOUT : -errno;
}

/* A whole message into @buf. Return: its length, or -errno; -EPIPE when vipd hung up. */
static ssize_t receive(int fd, void *buf, size_t size)
{
	ssize_t len = recv(fd, buf, size, 0);

	if (len < 0)
		return errno_of_talk();
	return len == 0 ? -EPIPE : len;
}

static int ask(int fd, struct control_head *ret_head)
{
	const struct control_request request = { CONTROL_MAGIC, CONTROL_VERSION, CONTROL_SHOW };
	ssize_t len;

	if (send(fd, &request, sizeof(request), MSG_NOSIGNAL) < 0)
		return errno_of_talk();
	len = receive(fd, ret_head, sizeof(*ret_head));
	if (len < 0)
		return (int)len;
	if (len < 6 || ret_head->magic != CONTROL_MAGIC || ret_head->version != CONTROL_VERSION ||
	    len != sizeof(*ret_head))
		return -EPROTO;
	ret_head->node[sizeof(ret_head->node) - 1] = '\0';
	ret_head->vipd_version[sizeof(ret_head->vipd_version) - 1] = '\0';
	ret_head->conf_path[sizeof(ret_head->conf_path) - 1] = '\0';
	return 0;
}

static bool router_is_whole(struct control_router *router, size_t len)
{
	const size_t head = offsetof(struct control_router, addresses);

	if (len < head || router->addresses_n < 1 ||
	    len != head + router->addresses_n * sizeof(router->addresses[0]) ||
	    router->state >= VRRP_STATE_COUNT)
		return false;
	router->name[sizeof(router->name) - 1] = '\0';
	router->interface[sizeof(router->interface) - 1] = '\0';
	router->reason[sizeof(router->reason) - 1] = '\0';
	return true;
}

static int receive_routers(int fd, uint32_t routers_n, client_router_fn each, void *arg)
{
	struct control_router *router = malloc(sizeof(*router));
	ssize_t len = 0;

	if (!router)
		return -ENOMEM;
	for (uint32_t i = 0; i < routers_n && len >= 0; i++) {
		len = receive(fd, router, sizeof(*router));
		if (len >= 0 && !router_is_whole(router, (size_t)len))
			len = -EPROTO;
		if (len >= 0)
			each(router, arg);
	}
	free(router);
	return len < 0 ? (int)len : 0;
}

int client_routers(int fd, struct control_head *ret_head, client_router_fn each, void *arg)
{
	int err = ask(fd, ret_head);

	return err < 0 ? err : receive_routers(fd, ret_head->routers_n, each, arg);
}

void client_print_error(int err)
{
	const char *text = strerror(-err);

	if (err == -EPROTO)
		text = "vipd and vipctl are of different versions; restart vipd";
	else if (err == -EPIPE)
		text = "vipd hung up in the middle of its answer";
	else if (err == -ETIMEDOUT)
		text = "vipd does not answer";
	fprintf(stderr, "vipctl: %s\n", text);
}
