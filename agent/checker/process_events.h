/* SPDX-License-Identifier: MIT */
/*
 * The kernel's proc connector: who starts and ends processes.
 */
#ifndef PROCESS_EVENTS_H
#define PROCESS_EVENTS_H

/**
 * process_events_open() - a socket that hears of all processes of the host, which takes rights that
 * the checker gives up, and works in the initial network namespace alone.
 *
 * Return: owned by the caller; -errno: checks of processes look at /proc instead.
 */
int process_events_open(void);

#endif
