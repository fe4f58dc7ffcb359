/* SPDX-License-Identifier: MIT */
/*
 * The life of a router process between GO and its end, turn by turn: news and adverts, timers, what
 * was decided; then the clients; then signals and the keeper. Everything that is queued is taken in
 * before a timer is believed (routers.h), and whoever asks something waits until that is done.
 */
#ifndef TURN_H
#define TURN_H

#include "control.h"
#include "routers.h"

struct turn;

/**
 * turn_open() - the loop and the signals. SIGTERM, SIGINT and SIGHUP are blocked from here on and
 * arrive as events of the loop.
 * @channel_fd: the conversation with the keeper (channel.h); borrowed until turn_close().
 * @checks_fd: the configuration as the checker shall have it; borrowed likewise; -1: there are
 * none.
 * @ret_turn: owned by the caller.
 *
 * Return: 0 or -errno.
 */
int turn_open(int channel_fd, int checks_fd, struct turn **ret_turn);

/**
 * turn_close() - release; NULL is allowed.
 */
void turn_close(struct turn *turn);

/**
 * turn_run() - turn until SIGTERM, SIGINT or the end of the keeper, then leave gracefully.
 * @state: where signs of life are left; borrowed.
 * @routers: borrowed.
 * @control: borrowed.
 * @events: the journal; the log is told from it. Borrowed.
 *
 * Does not return when the next generation takes over: the process exits with everything left as
 * it is, on the wire and on the interfaces.
 *
 * Return: 0; or -errno when the loop itself failed, after leaving gracefully all the same.
 */
int turn_run(struct turn *turn, struct state *state, struct routers *routers,
	     struct control *control, struct events *events);

#endif
