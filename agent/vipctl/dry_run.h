/* SPDX-License-Identifier: MIT */
/*
 * vipctl reload --dry-run: what a reload would change, and whether anything would be lost by it.
 * What runs comes from vipd, as the configuration that it left for its standby; the new one from
 * its file; nothing is changed.
 */
#ifndef DRY_RUN_H
#define DRY_RUN_H

/**
 * dry_run() - compare and print.
 * @socket_fd: connected; the request was not sent yet.
 *
 * Return: an exit status: 0; 78 when the file has errors, which were printed; 1 otherwise;
 * EX_TEMPFAIL as client_ask().
 */
int dry_run(int socket_fd);

#endif
