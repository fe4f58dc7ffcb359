/* SPDX-License-Identifier: MIT */
/*
 * What a child says to the router process goes through the keeper. While that process reads more
 * slowly than the child speaks, it stays with the child, who is not read meanwhile and knows what
 * to do then: so nothing of it is lost, nobody turns in vain, and there is always room for what the
 * keeper itself has to say.
 */
#ifndef ROOM_H
#define ROOM_H

#include <stdbool.h>
#include <stdint.h>

#include "agent/loop.h"

/* For one child. */
struct room {
	int64_t look_ns; /* it is not watched, and looked at again then; LOOP_NEVER: it is */
};

/**
 * room_is_lacking() - whether what a child says has to wait: more than a quarter of what the kernel
 * takes for the router process has not been read. So a few dozen messages fit once this is false.
 * @room: set here; @room->look_ns is LOOP_NEVER before the first call.
 * @loop: is woken by @from_fd unless that has to wait.
 * @from_fd: the conversation with the child; -1: there is none.
 * @to_fd: that with the router process; -1: there is none, and nothing waits for one.
 */
bool room_is_lacking(struct room *room, struct loop *loop, int from_fd, int to_fd, int64_t now_ns);

#endif
