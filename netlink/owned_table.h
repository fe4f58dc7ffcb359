/* SPDX-License-Identifier: MIT */
/*
 * An nftables table of family inet that belongs to a socket (NFT_TABLE_F_OWNER, Linux 5.12): there
 * is one of a name in a network namespace, nobody else can create, change or delete it, a flush of
 * the ruleset passes it over, and it goes with the last descriptor of its socket. Making one takes
 * CAP_NET_ADMIN in the user namespace that the network namespace belongs to.
 *
 * It has no content: without a chain it costs packets nothing. Nor can it get any but through its
 * own socket: rules that other processes shall change need a table of another name.
 */
#ifndef KERN_OWNED_TABLE_H
#define KERN_OWNED_TABLE_H

#include <stdint.h>

/**
 * kern_owned_table_create() - create a table, and own it.
 * @name: a table of this name without an owner is replaced if it is empty: a saved ruleset that is
 *        restored leaves such a one.
 * @ret_fd: the socket; owned by the caller. The table lives as long as it or a copy of it is open,
 *          in whatever process.
 * @ret_owner: on -EADDRINUSE, the netlink port of the owner: the pid of the process that made it,
 *             as that process counts pids, unless that number was taken.
 *
 * Return: 0; -EADDRINUSE when somebody else owns it; -EPERM without CAP_NET_ADMIN; -EBUSY when
 * there is one with content and without an owner; another -errno, such as -EPROTONOSUPPORT,
 * -EOPNOTSUPP or -EINVAL, when the kernel has no nftables, or none that knows owners.
 */
int kern_owned_table_create(const char *name, int *ret_fd, uint32_t *ret_owner);

#endif
