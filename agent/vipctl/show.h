/* SPDX-License-Identifier: MIT */
/*
 * vipctl show: the routers as a table for people, or as JSON for programs.
 */
#ifndef SHOW_H
#define SHOW_H

#include <stdbool.h>

/**
 * show() - ask vipd and print.
 * @socket_fd: connected; the request was not sent yet.
 * @json: one document instead of a table.
 *
 * Return: an exit status; errors were printed. EX_TEMPFAIL, and nothing printed, when vipd hung up
 * before it said anything: it may just be at a reload.
 */
int show(int socket_fd, bool json);

#endif
