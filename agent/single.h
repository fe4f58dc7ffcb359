/* SPDX-License-Identifier: MIT */
/*
 * One vipd per network namespace: two of them would sweep and fight over each other's addresses.
 * The claim is a locked file in /run/vipd, named after the namespace. The kernel drops the lock
 * with the process; only the directory's owner can take it.
 */
#ifndef SINGLE_H
#define SINGLE_H

#include <sys/types.h>

/**
 * single_claim() - be the only one.
 * @ret_fd: holds the claim until it is closed. The file is removed by single_release().
 * @ret_pid: of the one that runs, when there is one; 0 when it cannot be told.
 *
 * Return: 0; -EADDRINUSE when another vipd runs; another -errno when the file cannot be made: go on
 * without the claim, and say so.
 */
int single_claim(int *ret_fd, pid_t *ret_pid);

/**
 * single_release() - give the claim back and remove its file.
 * @fd: of single_claim(); -1 is allowed.
 */
void single_release(int fd);

#endif
