/* SPDX-License-Identifier: MIT */
/*
 * Named pipes with keepalived's lines, for those who read them today.
 */
#ifndef FIFO_H
#define FIFO_H

#include "queue.h"

struct fifos;

/**
 * fifos_open() - make and open those of a configuration: for a process that may do so yet.
 * @uid, @gid: whose they become.
 * @failed: called for one that cannot be had, with an errno.
 *
 * Return: owned by the caller, who passes it to fifos_close(); NULL without memory.
 */
struct fifos *fifos_open(const struct conf *conf, unsigned uid, unsigned gid,
			 void (*failed)(const char *path, int err));

/**
 * fifos_close() - readers see the end; the pipes stay. NULL is allowed.
 */
void fifos_close(struct fifos *fifos);

/**
 * fifos_write() - one line, whole or not at all. One that somebody has made anew is opened anew,
 * one that is missing is made.
 *
 * Return: 0; -EAGAIN: nobody reads, and it is full; -ENOTSUP: it is no FIFO; -EPERM: it is somebody
 * else's; another -errno.
 */
int fifos_write(struct fifos *fifos, const struct delivery *delivery);

#endif
