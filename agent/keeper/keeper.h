/* SPDX-License-Identifier: MIT */
/*
 * The keeper: the process that users start. It reads neither packets nor configuration. It starts
 * generations of the router process, lets one take over from the other at a reload, after a crash
 * and for an upgrade, and owns the memory in which they leave their elections. When it cannot keep
 * one up it executes the last will: addresses gone, priority 0 sent.
 */
#ifndef KEEPER_H
#define KEEPER_H

#include <stdbool.h>

/**
 * keeper_run() - keep a router running until SIGTERM or SIGINT; or go on with that, when another
 * program was the keeper of this process before (upgrade.h).
 * @conf_path: handed to the generations; borrowed.
 *
 * Return: an exit status: 0; 78 when the first generation refuses the configuration; 1 otherwise.
 */
int keeper_run(const char *conf_path);

/**
 * keeper_is_rehearsal() - whether this process shall only try to take over from the keeper that
 * started it; asked before options are read, since another version wrote them.
 */
bool keeper_is_rehearsal(void);

/**
 * keeper_rehearse() - try, and change nothing.
 *
 * Return: an exit status: 0: it can; 1: it cannot, and the keeper is told why.
 */
int keeper_rehearse(void);

/**
 * keeper_sweep() - remove the addresses of a vipd that was killed.
 *
 * Return: an exit status: 0; 1 when a vipd runs or the addresses could not be removed.
 */
int keeper_sweep(void);

#endif
