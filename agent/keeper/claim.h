/* SPDX-License-Identifier: MIT */
/*
 * One vipd per network namespace: two of them would sweep and fight over each other's addresses.
 *
 * The namespace itself keeps the claim: an nftables table, "vipd_claim", that belongs to a socket
 * of the keeper's (netlink/owned_table.h), whatever /run shows and whoever looks. Where that cannot
 * be had, since the kernel has no nftables or none that knows owners, it is an abstract socket,
 * which whoever gets the table respects, too. Any user can take such a name first, so a holder that
 * is neither root nor our user is told and ignored.
 *
 * A file in /run/vipd, named after the namespace, is locked as well: earlier versions of vipd know
 * only that. It counts in a directory in which only root, or our user, can write; and is made anew
 * when others could have opened it, since whoever has it open can lock it.
 *
 * The table stays empty: only the keeper's socket could change it. Rules that a router process
 * changes are in tables of another name (netlink/filter.h).
 */
#ifndef CLAIM_H
#define CLAIM_H

#include <stdint.h>
#include <sys/types.h>

#define CLAIM_TEXT_SIZE 160

struct claim {
	int namespace_fd; /* the socket that holds the namespace, -1: none */
	int lock_fd;      /* the locked file, -1: none */
};

struct claim_report {
	pid_t pid;                  /* of the one that runs, 0: unknown; when refused */
	int namespace_error;        /* the errno that leaves the namespace without a claim, or 0 */
	int lock_error;             /* likewise for the lock */
	char text[CLAIM_TEXT_SIZE]; /* of what stood in the way, and what to do; may be empty */
};

/**
 * claim_init() - nothing is claimed.
 */
void claim_init(struct claim *claim);

/**
 * claim_take() - be the only one.
 * @claim: what it holds already, as the heir of another program does, it keeps; the rest is taken.
 *         For claim_release(), on failure, too.
 * @ret_report: always filled.
 *
 * Return: 0: also when one half or both could not be had, which @ret_report tells: go on, and say
 * so; -EADDRINUSE when another vipd runs.
 */
int claim_take(struct claim *claim, struct claim_report *ret_report);

/**
 * claim_release() - give the claim back, and remove the file of the lock.
 */
void claim_release(struct claim *claim);

/**
 * claim_take_other() - make sure that no vipd runs in another network namespace, nor starts until
 * claim_release_other(): which is due within a millisecond, or one that starts is refused.
 * @namespace: the number of its inode.
 *
 * Only the lock tells: the claim itself is in that namespace.
 *
 * Return: 0; -EADDRINUSE when one runs; another -errno.
 */
int claim_take_other(uintmax_t namespace, int *ret_fd);

/**
 * claim_release_other() - likewise.
 */
void claim_release_other(uintmax_t namespace, int fd);

#endif
