/* SPDX-License-Identifier: MIT */
/*
 * Removing what a dead predecessor left: every address that carries vipd's mark, on whatever
 * interface. Only for a caller who knows that no other vipd runs in the network namespace.
 */
#ifndef KERN_SWEEP_H
#define KERN_SWEEP_H

#include "change.h"
#include "dump.h"

/* Told of each address: @error is 0 when it was removed, or an errno. */
typedef void (*kern_swept_fn)(const struct kern_address *address, int error, void *arg);

/* Whether an address is still needed, although it carries the mark. */
typedef bool (*kern_keep_fn)(const struct kern_address *address, void *arg);

/**
 * kern_sweep() - find and remove.
 * @keep: asked per address; NULL keeps none.
 * @swept: called per address.
 *
 * On a kernel without IFA_PROTO (before 5.18) nothing carries a mark, and nothing is found.
 *
 * Return: addresses removed, or -errno of the dump or the exchange.
 */
int kern_sweep(struct kern_dump *dump, struct kern_changer *changer, kern_keep_fn keep,
	       kern_swept_fn swept, void *arg);

#endif
