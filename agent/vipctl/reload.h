/* SPDX-License-Identifier: MIT */
/*
 * vipctl reload: ask for a new generation and wait until it runs, or hear why it does not.
 */
#ifndef RELOAD_H
#define RELOAD_H

/* What reload() returns when another reload was under way: ask again. */
#define RELOAD_AGAIN 256

/**
 * reload() - ask vipd and wait.
 * @socket_fd: connected; the request was not sent yet.
 * @path: of the control socket: a reload may wait for commands of routers that it removes.
 *
 * Return: an exit status; errors were printed. Non-zero when the configuration stays as it was. Or
 * RELOAD_AGAIN; or EX_TEMPFAIL when vipd hung up.
 */
int reload(int socket_fd, const char *path);

#endif
