/* SPDX-License-Identifier: MIT */
/*
 * Signals are read like anything else, by a descriptor, and those that mean nothing to vipd are
 * ignored: people send them by habit (keepalived has uses for SIGUSR1 and
 * SIGUSR2), a limit of the host by itself (SIGXFSZ), and what they do to a program that does not
 * know them is end it.
 */
#ifndef SIGNALS_H
#define SIGNALS_H

/**
 * signals_ignore_strangers() - for this process and all that it executes: nobody ends it by a
 * signal but SIGTERM, SIGINT, SIGKILL, and its own faults. A signal that is wanted can be blocked
 * and read all the same: what is blocked is not ignored.
 */
void signals_ignore_strangers(void);

/**
 * signals_open() - read signals by a descriptor from now on (signalfd(2)): they interrupt nothing.
 * What this process executes is born with them blocked.
 * @numbers: the signals; 0 ends them.
 * @ret_fd: the descriptor, owned by the caller.
 *
 * Return: 0 or -errno.
 */
int signals_open(const int *numbers, int *ret_fd);

#endif
