/* SPDX-License-Identifier: MIT */
/*
 * The state directory, and names of lives: of the host's, of vipd's.
 */
#ifndef HOME_H
#define HOME_H

#include <stdint.h>
#include <sys/types.h>

#include "agent/clocks.h"

#define HOME_BOOT_SIZE 40
#define HOME_LIFE_SIZE 80

/**
 * home_make() - the directory, if it is missing, for that user: by a process that may yet do so.
 * An empty one of root's, as systemd makes it, is given to that user.
 *
 * Return: 0; -errno of making it, or -EACCES: it is there, and somebody else's.
 */
int home_make(const char *directory, uid_t uid, gid_t gid);

/**
 * home_boot() - a name of the host's life; home_life() - of vipd's, which a keeper that replaces
 * itself goes on with.
 * @keeper: the process.
 * @buf: HOME_BOOT_SIZE, HOME_LIFE_SIZE.
 */
void home_boot(char *buf);
void home_life(const char *boot, pid_t keeper, char *buf);

/**
 * home_life_start() - when the life of that name began, CLOCK_MONOTONIC; a tick earlier rather than
 * later.
 */
int64_t home_life_start(const char *life, const struct clocks *now);

#endif
