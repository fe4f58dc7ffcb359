/* SPDX-License-Identifier: MIT */
/*
 * The kernel's own account of links and of objects of each kind, asked for when there is doubt: at
 * start, after lost events, after a refused change. Waits for the kernel's answer: some 3 µs per
 * object. The one place where memory is allocated after start: libnl does, per message.
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
 * kern_dump_link() - one link: of its settings, not all make an event.
 * @each: called once.
 *
 * Return: 0; -ENODEV when there is none of that index; or as kern_dump_links().
 */
int kern_dump_link(struct kern_dump *dump, int ifindex, kern_object_fn each, void *arg);

/**
 * kern_dump_kind() - every object of a kind in the network namespace. As kern_dump_links().
 */
int kern_dump_kind(struct kern_dump *dump, enum kern_kind kind, kern_object_fn each, void *arg);

/**
 * kern_dump_interface() - the objects of a kind on one interface: costs no more than these (on
 * kernels before 4.20, all of the namespace), and up to some 150 of them come in one piece, which
 * no change interrupts.
 * @ifindex: none that is gone; then there is nothing to show.
 * @each: called per object of that interface; what it is shown is true even on failure.
 *
 * Return: as kern_dump_links().
 */
int kern_dump_interface(struct kern_dump *dump, enum kern_kind kind, int ifindex,
			kern_object_fn each, void *arg);

#endif
