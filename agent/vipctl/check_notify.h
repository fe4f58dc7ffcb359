/* SPDX-License-Identifier: MIT */
/*
 * Whether those who shall be told of events are: the notifier runs and writes down what is to be
 * told, and nobody has to decide about a dead letter. What cannot be known without the rights for
 * it is no problem.
 */
#ifndef CHECK_NOTIFY_H
#define CHECK_NOTIFY_H

#include "problems.h"

#define CHECK_NOTIFY_MAX 2

/**
 * check_notify() - look for it. Waits up to half a second for a notifier that begins.
 * @socket_fd: connected to the control socket of the vipd.
 * @directory: its state_dir, as it says; empty: nobody is to be told of anything.
 * @ret_problems: CHECK_NOTIFY_MAX.
 *
 * Return: how many there are.
 */
unsigned check_notify(int socket_fd, const char *directory, struct problem *ret_problems);

#endif
