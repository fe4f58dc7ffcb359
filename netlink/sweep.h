/* SPDX-License-Identifier: MIT */
/*
 * Removing what a dead predecessor left: every object of whatever kind that carries vipd's mark, on
 * whatever interface. Only for a caller who knows that no other vipd runs in the network namespace.
 */
#ifndef KERN_SWEEP_H
#define KERN_SWEEP_H

#include "change.h"
#include "dump.h"

/* Told of each object: @error is 0 when it was removed or has gone by itself, or an errno. One that
 * is refused is told of in each pass, of which there are a few. */
typedef void (*kern_swept_fn)(enum kern_kind kind, const union kern_entry *entry, int error,
			      void *arg);

/* Whether an object is still needed, although it carries the mark. */
typedef bool (*kern_keep_fn)(enum kern_kind kind, const union kern_entry *entry, void *arg);

/**
 * kern_sweep() - find and remove, kind by kind, in the reverse of their order; but filters behind
 * all interfaces, which are filtered to their end, and what is of the host last, since to find it
 * takes the kernel a walk through all routes that there are, some 50 ms per million of them, and
 * addresses shall not wait for that.
 * @keep: asked per object; NULL keeps none.
 * @swept: called per object.
 *
 * On a kernel without IFA_PROTO (before 5.18) no address carries a mark, and none is found.
 *
 * Return: objects removed, or -errno of the dump or the exchange.
 */
int kern_sweep(struct kern_dump *dump, struct kern_changer *changer, kern_keep_fn keep,
	       kern_swept_fn swept, void *arg);

#define KERN_SWEEP_ALL (~0u)

/**
 * kern_sweep_kinds() - the same of some kinds.
 * @kinds: a bit for each enum kern_kind.
 */
int kern_sweep_kinds(struct kern_dump *dump, struct kern_changer *changer, unsigned kinds,
		     kern_keep_fn keep, kern_swept_fn swept, void *arg);

#endif
