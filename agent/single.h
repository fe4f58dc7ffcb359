/* SPDX-License-Identifier: MIT */
/*
 * One vipd per network namespace: two of them would sweep and fight over each other's addresses.
 * The claim is an abstract socket, which the kernel scopes to the namespace and drops with the
 * process, so that nothing is ever left behind.
 */
#ifndef SINGLE_H
#define SINGLE_H

#include <sys/types.h>

/**
 * single_claim() - be the only one.
 * @ret_fd: holds the claim until it is closed.
 * @ret_pid: of the one that runs, when there is one; 0 when it cannot be told.
 *
 * Return: 0; -EADDRINUSE when another vipd runs; -EPERM when an unprivileged process holds the
 * name, which is no vipd: go on without the claim, and say so; another -errno of socket().
 */
int single_claim(int *ret_fd, pid_t *ret_pid);

#endif
