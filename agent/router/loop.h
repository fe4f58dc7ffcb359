/* SPDX-License-Identifier: MIT */
/*
 * The only loop and the only clock of vipd. A turn reads the clock once, takes in everything that
 * is queued, and only then lets timers fire; then what was decided is carried out in batches.
 */
#ifndef LOOP_H
#define LOOP_H

#include "control.h"
#include "routers.h"

struct loop;

/**
 * loop_open() - epoll, timer and signals. SIGTERM, SIGINT and SIGHUP are blocked from here on and
 * arrive as events of the loop.
 * @channel_fd: the conversation with the keeper (channel.h); borrowed until loop_close().
 * @ret_loop: owned by the caller.
 *
 * Return: 0 or -errno.
 */
int loop_open(int channel_fd, struct loop **ret_loop);

/**
 * loop_close() - release; NULL is allowed.
 */
void loop_close(struct loop *loop);

/**
 * loop_run() - turn until SIGTERM, SIGINT or the end of the keeper, then leave gracefully.
 * @routers: borrowed.
 * @control: borrowed.
 *
 * Does not return when the next generation takes over: the process exits with everything left as
 * it is, on the wire and on the interfaces.
 *
 * Return: 0; or -errno when the loop itself failed, after leaving gracefully all the same.
 */
int loop_run(struct loop *loop, struct routers *routers, struct control *control);

#endif
