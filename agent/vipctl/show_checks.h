/* SPDX-License-Identifier: MIT */
/*
 * vipctl show --checks: what checks have found, as a table for people with the last output behind
 * it, or as JSON for programs.
 */
#ifndef SHOW_CHECKS_H
#define SHOW_CHECKS_H

#include "show.h"

/**
 * show_checks() - ask vipd and print.
 *
 * Return: an exit status.
 */
int show_checks(int socket_fd, const struct show_options *options);

#endif
