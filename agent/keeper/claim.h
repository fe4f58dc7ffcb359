/* SPDX-License-Identifier: MIT */
/*
 * One vipd per network namespace: two of them would sweep and fight over each other's addresses.
 * The claim is a locked file in /run/vipd, named after the namespace. The kernel drops the lock
 * with the process; only the directory's owner can take it.
 */
#ifndef CLAIM_H
#define CLAIM_H

#include <stdint.h>
#include <sys/types.h>

/**
 * claim_take() - be the only one. Another process may hold the claim for a moment (rings.h), so it
 * is tried for 100 ms.
 * @ret_fd: holds the claim until it is closed. The file is removed by claim_release().
 * @ret_pid: of the one that runs, when there is one; 0 when it cannot be told.
 *
 * Return: 0; -EADDRINUSE when another vipd runs; another -errno when the file cannot be made: go on
 * without the claim, and say so.
 */
int claim_take(int *ret_fd, pid_t *ret_pid);

/**
 * claim_release() - give the claim back and remove its file.
 * @fd: of claim_take(); -1 is allowed.
 */
void claim_release(int fd);

/**
 * claim_take_other() - make sure that no vipd runs in another network namespace, nor starts until
 * claim_release_other(): which is due within a millisecond, or one that starts is refused.
 * @namespace: the number of its inode.
 *
 * Return: as claim_take(), and at once.
 */
int claim_take_other(uintmax_t namespace, int *ret_fd);

/**
 * claim_release_other() - likewise.
 */
void claim_release_other(uintmax_t namespace, int fd);

#endif
