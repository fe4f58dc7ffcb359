/* SPDX-License-Identifier: MIT */
/*
 * What a router process has no use for.
 */
#ifndef CAPABILITIES_H
#define CAPABILITIES_H

/**
 * capabilities_drop() - give up what the keeper has for its helpers alone: to become another user,
 * and to end the processes of others.
 *
 * Return: 0 or -errno: nothing is lost by going on with them.
 */
int capabilities_drop(void);

#endif
