/* SPDX-License-Identifier: MIT */
/*
 * vipctl's side of the control socket: ask for the routers, and get them whole or not at all.
 */
#ifndef TALK_H
#define TALK_H

#include "ctl_message.h"

/* Called per router, in the order of the configuration. @router is borrowed. */
typedef void (*talk_router_fn)(const struct ctl_router *router, void *arg);

/**
 * talk_routers() - ask vipd for all routers.
 * @fd: connected; nothing was sent yet.
 * @ret_head: filled as far as vipd answered; zero the magic before.
 * @each: called per router.
 *
 * Return: 0; -EPROTO when the two are of different versions; -EPIPE when vipd hung up, before it
 * said anything if @ret_head->magic is still zero; -ETIMEDOUT; or another -errno.
 */
int talk_routers(int fd, struct ctl_head *ret_head, talk_router_fn each, void *arg);

/**
 * talk_print_error() - the error of talk_routers() in words, on standard error.
 */
void talk_print_error(int err);

#endif
