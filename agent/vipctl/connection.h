/* SPDX-License-Identifier: MIT */
/*
 * A connection to vipd's control socket, over which one question is asked; patient while one
 * router process makes room for the next.
 */
#ifndef CONNECTION_H
#define CONNECTION_H

#include <stdbool.h>

/* Ask over a connection; EX_TEMPFAIL: vipd hung up, ask again. Return: an exit status. */
typedef int (*connection_talk_fn)(int fd, const void *arg);

/**
 * connection_converse() - connect, talk, hang up. Who meets a reload is hung up on, and finds the
 * next generation a moment later: @talk may be called more than once.
 * @path: of the control socket.
 * @ret_why: as complain() has it, for what keeps vipd from being asked.
 *
 * Return: what @talk returned; 1 when vipd cannot be asked.
 */
int connection_converse(const char *path, connection_talk_fn talk, const void *arg, char *ret_why);

/**
 * connection_is_vacant() - whether nobody listens there. One who may not be asked, is busy, or does
 * not answer is somebody.
 */
bool connection_is_vacant(const char *path);

#endif
