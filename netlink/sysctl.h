/* SPDX-License-Identifier: MIT */
/*
 * Settings of an interface that netlink cannot change. For interfaces that vipd made, and for a
 * process that may write files: CAP_NET_ADMIN suffices in its network namespace.
 */
#ifndef KERN_SYSCTL_H
#define KERN_SYSCTL_H

#include <stdbool.h>

/**
 * kern_sysctl_ip6() - switch a setting of /proc/sys/net/ipv6/conf/. Waits for nobody, and no
 * message is sent about it. What a macvlan with a virtual MAC needs, before it is up:
 *
 *   accept_ra   off: a Router Advertisement makes an address of its MAC (RFC 9568 §7.4 forbids
 *               that), and a default route
 *   accept_dad  off: what others than vipd add is used at once, too
 *
 * @interface: its name, shorter than IFNAMSIZ.
 * @setting: the file's name, of 32 bytes at most.
 *
 * Return: 0; -ENOENT when there is no such interface or no IPv6; -EROFS or -EACCES when this
 * process may not: say so, and go on.
 */
int kern_sysctl_ip6(const char *interface, const char *setting, bool on);

/**
 * kern_sysctl_copy_forwarding() - let an interface route what another one routes. A new one has
 * what is set for new ones, which says nothing of hosts that route between some interfaces alone.
 * @family: 4 or 6.
 * @from, @to: their names, shorter than IFNAMSIZ.
 *
 * Return: as kern_sysctl_ip6().
 */
int kern_sysctl_copy_forwarding(unsigned family, const char *from, const char *to);

#endif
