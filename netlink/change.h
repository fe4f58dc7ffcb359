/* SPDX-License-Identifier: MIT */
/*
 * Adding and removing kernel objects (kind.h), many at a time: one message to the kernel carries a
 * whole batch, and only failures and the last one are answered. 2.7 µs per address. Neighbours that
 * are elements of nftables are one transaction (filter.h); what stands before them is carried out
 * before, and what stands behind them after, also when they are refused.
 *
 * No change of an address can be made to depend on whose it is. The kernel (as of 6.18) finds the
 * one to remove or renew by interface, bytes and prefix length, and compares neither the mark, nor
 * the lifetime, nor flags; and a question and what depends on its answer cannot be one message. It
 * would compare a label when removing, though not when renewing; but programs take an address's
 * label for the name of its interface (getifaddrs(3)), so one of our own would be no secret mark.
 * So whoever puts something else in the place of what vipd added, between the last look at it and
 * the change, loses it: see reconcile.h for how long that is.
 */
#ifndef KERN_CHANGE_H
#define KERN_CHANGE_H

#include "kind.h"

/* Changes in one message to the kernel. */
#define KERN_BATCH_MAX 128

/* Bytes of one change, and of one begin or end of a setting: struct kern_ops. */
#define KERN_CHANGE_LEN_MAX  432
#define KERN_SETTING_LEN_MAX 52

struct kern_change {
	enum kern_kind kind;
	bool add;            /* else remove */
	bool renew;          /* with add: it is there; its lifetime starts anew */
	bool behind;         /* with add: it is there, and is put behind those that would fall with
				it (struct kern_ops), with a new lifetime */
	bool promote;        /* with removal of an address, or behind: spare the subnet's others on
				a link that does not do so by itself (struct kern_link, promotes) */
	uint32_t lifetime_s; /* the kernel removes it then; 0: never */
	uint32_t gathering;  /* with removal, if ops->gathering: only gather it under this number */
	bool gathered;       /* with gathering: remove all that were gathered so, whatever entry
				says; -ENODEV when that is none */
	union {              /* with ifindex; the mark is set here */
		struct kern_address address; /* the same as entry.address */
		union kern_entry entry;
	};
	int result;  /* 0 or -errno, set by kern_changer_apply() */
	bool marked; /* likewise: the kernel showed the mark of what was added; told of one change
			of a batch, until it is so for the first time */
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
 * kern_changer_lend() - let a changer use a socket whose owner outlives it, for what belongs to a
 * socket (filter.h): it is there as long as that is open. Before its first change of that kind.
 * @fd: of kern_filter_socket(), borrowed until kern_changer_close(). Another descriptor, or -1, is
 *      none: the changer opens a socket of its own then, as it does when it is lent none.
 * @soon: changes of that kind will come: what they take is allocated now.
 *
 * Return: 0; or -errno of memory or a socket, with @soon: it is tried again at the first change.
 */
int kern_changer_lend(struct kern_changer *changer, int fd, bool soon);

/**
 * kern_changer_prepare() - make what filters stand on (filter.h), so that the first one of them
 * takes no longer than the others. Behind kern_changer_lend().
 * @action: what they shall do.
 *
 * Return: 0; or -errno: it is tried again with the first one.
 */
int kern_changer_prepare(struct kern_changer *changer, enum kern_filter_action action);

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
