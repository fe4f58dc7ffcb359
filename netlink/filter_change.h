/* SPDX-License-Identifier: MIT */
/*
 * Adding and removing elements of filter.h, for change.h: each batch is one transaction, and the
 * tables are made in the one that first needs them, or ahead of it.
 */
#ifndef KERN_FILTER_CHANGE_H
#define KERN_FILTER_CHANGE_H

#include "change.h"

/* Changes of one transaction; more of them take more. */
#define KERN_FILTER_CHANGES_MAX 1024

struct kern_filter_changer;

/**
 * kern_filter_socket() - the socket that the tables of whoever sends by it belong to.
 *
 * Return: a descriptor, owned by the caller; or -errno, -EPROTONOSUPPORT without netfilter.
 */
int kern_filter_socket(void);

/**
 * kern_filter_is_socket() - whether a descriptor is such a socket.
 */
bool kern_filter_is_socket(int fd);

/**
 * kern_filter_changer_open() - make room.
 * @fd: of kern_filter_socket(); borrowed until kern_filter_changer_close(). Several processes can
 *      have a copy of it, as long as one of them uses it at a time: what one of them left unread is
 *      passed over. -1: one is opened.
 * @ret_changer: owned by the caller.
 *
 * Return: 0 or -errno.
 */
int kern_filter_changer_open(int fd, struct kern_filter_changer **ret_changer);

/**
 * kern_filter_changer_close() - release; NULL is allowed. The tables go with their socket.
 */
void kern_filter_changer_close(struct kern_filter_changer *changer);

/**
 * kern_filter_changer_prepare() - make the table that elements will need, unless it is there.
 * @action: what they shall do.
 *
 * Return: 0 or -errno; then the first batch of them tries again.
 */
int kern_filter_changer_prepare(struct kern_filter_changer *changer,
				enum kern_filter_action action);

/**
 * kern_filter_changer_apply() - carry out changes of KERN_KIND_FILTER.
 * @changes: as those of kern_changer_apply(); -ENOENT when there is nothing to remove; -ECANCELED
 *           when too many others were refused.
 *
 * Return: as kern_changer_apply().
 */
int kern_filter_changer_apply(struct kern_filter_changer *changer, struct kern_change *changes,
			      unsigned changes_n);

/**
 * kern_filter_probe() - whether the kernel can do this at all: the table is made, but for the end
 * of the transaction.
 * @action: what elements shall do.
 *
 * Return: 0; -EPERM without CAP_NET_ADMIN; or -errno of the kernel's: it has no nftables, or none
 * with owners (before Linux 5.12).
 */
int kern_filter_probe(enum kern_filter_action action);

#endif
