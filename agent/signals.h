/* SPDX-License-Identifier: MIT */
/*
 * Signals that mean nothing to vipd: people send them by habit (keepalived has uses for SIGUSR1 and
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

#endif
