/* SPDX-License-Identifier: MIT */
/*
 * A command again and again, once a second, until Ctrl-C.
 */
#ifndef WATCH_H
#define WATCH_H

#include <stdbool.h>

/**
 * watch_begin() - from now on SIGINT and SIGTERM end watch_next() instead of the process.
 */
void watch_begin(void);

/**
 * watch_next() - write what was printed, and wait for the next second.
 *
 * Return: whether to go on; not when somebody ended it, or nothing can be written any more.
 */
bool watch_next(void);

#endif
