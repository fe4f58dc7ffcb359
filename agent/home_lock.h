/* SPDX-License-Identifier: MIT */
/*
 * The file "lock" in a state directory. A notifier holds it, so that no other one writes there; and
 * locks a byte of it as long as what happens is written down, for whoever asks whether that is so:
 * a disk that is full can be told nothing, a process that died says nothing any more.
 */
#ifndef HOME_LOCK_H
#define HOME_LOCK_H

#include <stdbool.h>

/**
 * home_lock_take() - make and hold it.
 * @wait_ms: for who has it.
 * @ret_fd: owned by the caller: the lock ends with it.
 *
 * Return: 0 or -errno: -EAGAIN when somebody else goes on holding it.
 */
int home_lock_take(const char *directory, unsigned wait_ms, int *ret_fd);

/**
 * home_lock_is_there() - whether its file still is, and is found by who looks.
 * @fd: of home_lock_take().
 */
bool home_lock_is_there(int fd);

/**
 * home_lock_tell() - what happens is written down from here on, or is not.
 * @fd: of home_lock_take(); -1: nobody can be told.
 */
void home_lock_tell(int fd, bool is_stored);

/**
 * home_lock_look() - whether somebody writes down what happens. Changes nothing.
 *
 * Return: 1, 0 or -errno: -EACCES who may not know.
 */
int home_lock_look(const char *directory);

#endif
