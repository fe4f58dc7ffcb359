/* SPDX-License-Identifier: MIT */
/*
 * The control socket: answers vipctl. Serves a few clients at a time, each a bounded piece per turn
 * and none for longer than a second, so that nobody who asks can delay an advert.
 */
#ifndef CTL_H
#define CTL_H

#include "inst.h"

struct ctl;

/**
 * ctl_open() - listen.
 * @path: of the socket, mode 0660. A socket that nobody listens on any more is replaced.
 * @node: of the configuration; borrowed until ctl_close().
 * @set: what is shown; borrowed until ctl_close().
 * @ret_ctl: owned by the caller.
 *
 * Return: 0; -EADDRINUSE when another process listens there; -ENOTSOCK when the path is something
 * else than a socket; another -errno of bind(), such as -EACCES or -ENOENT for the directory.
 */
int ctl_open(const char *path, const char *node, struct inst_set *set, struct ctl **ret_ctl);

/**
 * ctl_close() - hang up and remove the socket. NULL is allowed.
 */
void ctl_close(struct ctl *ctl);

/**
 * ctl_fd() - the descriptor to poll for reading: it is ready when any client is.
 */
int ctl_fd(const struct ctl *ctl);

/**
 * ctl_dispatch() - serve.
 */
void ctl_dispatch(struct ctl *ctl, const struct inst_now *now);

/**
 * ctl_deadline() - when a slow client must be dropped, on CLOCK_MONOTONIC, or INT64_MAX.
 */
int64_t ctl_deadline(const struct ctl *ctl);

#endif
