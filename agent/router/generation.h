/* SPDX-License-Identifier: MIT */
/*
 * A generation: one router process, from the configuration that it reads to the moment when the
 * next one takes over. Started by the keeper, never by hand.
 */
#ifndef GENERATION_H
#define GENERATION_H

#include <stdbool.h>

/**
 * generation_is_this() - whether the keeper started this process.
 */
bool generation_is_this(void);

/**
 * generation_run() - be the router process.
 * @conf_path: the configuration, unless the keeper handed one down.
 *
 * Return: an exit status: 0 when it left gracefully or another one goes on; 78 or 1.
 */
int generation_run(const char *conf_path);

#endif
