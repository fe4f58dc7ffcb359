/* SPDX-License-Identifier: MIT */
#include "reload.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sysexits.h>

#include "agent/control_message.h"

#define TIMEOUT_S 72 /* more than vipd takes to give up on it, or to let routers leave before */

/* By a router process that has just made room for another one. */
static bool was_hung_up(ssize_t len)
{
	return len == 0 || (len < 0 && (errno == EPIPE || errno == ECONNRESET));
}

int reload(int socket_fd)
{
	const struct control_request request = { CONTROL_MAGIC, CONTROL_VERSION_RELOAD,
						 CONTROL_RELOAD };
	const struct timeval timeout = { .tv_sec = TIMEOUT_S };
	struct control_result result;
	ssize_t len;

	(void)setsockopt(socket_fd, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof(timeout));
	if (send(socket_fd, &request, sizeof(request), MSG_NOSIGNAL) < 0) {
		if (was_hung_up(-1))
			return EX_TEMPFAIL;
		fprintf(stderr, "vipctl: %s\n", strerror(errno));
		return EXIT_FAILURE;
	}
	len = recv(socket_fd, &result, sizeof(result), 0);
	if (was_hung_up(len))
		return EX_TEMPFAIL;
	if (len != sizeof(result) || result.magic != CONTROL_MAGIC) {
		fputs("vipctl: vipd gave no answer in time; the reload may still happen: see its "
		      "log\n",
		      stderr);
		return EXIT_FAILURE;
	}
	result.text[sizeof(result.text) - 1] = '\0';
	if (result.failed == CONTROL_AGAIN)
		return RELOAD_AGAIN;
	if (result.failed) {
		/* The errors come with a line end of their own. */
		for (size_t end = strlen(result.text); end && result.text[end - 1] == '\n'; end--)
			result.text[end - 1] = '\0';
		fprintf(stderr, "vipctl: the reload failed, the running configuration stays:\n%s\n",
			result.text);
		return EXIT_FAILURE;
	}
	puts("reloaded");
	return EXIT_SUCCESS;
}
