/* SPDX-License-Identifier: MIT */
/*
 * vipctl's side of the control socket: ask for the routers, and get them whole or not at all.
 */
#ifndef CLIENT_H
#define CLIENT_H

#include "agent/control_message.h"

/* Called per router, in the order of the configuration. @router is borrowed. */
typedef void (*client_router_fn)(const struct control_router *router, void *arg);

/**
 * client_routers() - ask vipd for all routers.
 * @fd: connected; nothing was sent yet.
 * @ret_head: filled as far as vipd answered; zero the magic before.
 * @each: called per router.
 *
 * Return: 0; -EPROTO when the two are of different versions; -EPIPE when vipd hung up, before it
 * said anything if @ret_head->magic is still zero; -ETIMEDOUT; or another -errno.
 */
int client_routers(int fd, struct control_head *ret_head, client_router_fn each, void *arg);

/**
 * client_print_error() - the error of client_routers() in words, on standard error.
 */
void client_print_error(int err);

#endif
