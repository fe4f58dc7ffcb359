/* SPDX-License-Identifier: MIT */
/*
 * The kernel's own account of links and addresses, asked for when there is doubt: at start, after
 * lost events, after a refused change. Waits for the kernel's answer: some 3 µs per object.
 * The one place where memory is allocated after start: libnl does, per message.
 */
#ifndef KERN_DUMP_H
#define KERN_DUMP_H

#include "object.h"

struct kern_dump;

/**
 * kern_dump_open() - open the socket that asks.
 * @ret_dump: owned by the caller, who passes it to kern_dump_close().
 *
 * Return: 0, or -errno of socket() or bind(): without it vipd cannot run.
 */
int kern_dump_open(struct kern_dump **ret_dump);

/**
 * kern_dump_close() - release; NULL is allowed.
 */
void kern_dump_close(struct kern_dump *dump);

/**
 * kern_dump_links() - every link of the network namespace.
 * @each: called per link.
 *
 * Return: 0; or -errno, and what @each has seen is incomplete: ask again later. A dump that other
 * changes interrupt is repeated here, so @each may see an object twice; -EAGAIN after five times.
 */
int kern_dump_links(struct kern_dump *dump, kern_object_fn each, void *arg);

/**
 * kern_dump_addresses() - every IPv4 address of the network namespace. As kern_dump_links().
 */
int kern_dump_addresses(struct kern_dump *dump, kern_object_fn each, void *arg);

#endif
