/* SPDX-License-Identifier: MIT */
#include "room.h"

#include <poll.h>

#define LOOK_NS INT64_C(10000000) /* until it is looked at again */

/* A socket is writable as long as no more than a quarter of it is full: unix_writable() of Linux.
 */
static bool has_to_wait(int from_fd, int to_fd)
{
	struct pollfd fds[] = { { .fd = from_fd, .events = POLLIN },
				{ .fd = to_fd, .events = POLLOUT } };

	(void)poll(fds, 2, 0);
	return to_fd >= 0 && fds[0].revents && !fds[1].revents;
}

bool room_is_lacking(struct room *room, struct loop *loop, int from_fd, int to_fd, int64_t now_ns)
{
	if (has_to_wait(from_fd, to_fd)) {
		loop_unwatch(loop, from_fd);
		room->look_ns = now_ns + LOOK_NS;
		return true;
	}
	if (room->look_ns != LOOP_NEVER && from_fd >= 0)
		(void)loop_watch(loop, from_fd); /* else it is heard later */
	room->look_ns = LOOP_NEVER;
	return false;
}
