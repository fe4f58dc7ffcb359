/* SPDX-License-Identifier: MIT */
/*
 * The kernel's news of links and addresses. An event is a hint: it may come late, and under load
 * the kernel drops events and says so, and then only a dump (dump.h) tells the truth.
 */
#ifndef KERN_MONITOR_H
#define KERN_MONITOR_H

#include "object.h"

struct kern_monitor;

/**
 * kern_monitor_open() - subscribe to links, addresses, and what routes IPv6.
 * @our_port: kern_changer_port() of the socket whose echo is marked by_us.
 * @ret_monitor: owned by the caller.
 *
 * Return: 0, or -errno of socket() or bind(): without it vipd cannot run.
 */
int kern_monitor_open(uint32_t our_port, struct kern_monitor **ret_monitor);

/**
 * kern_monitor_close() - release; NULL is allowed.
 */
void kern_monitor_close(struct kern_monitor *monitor);

/**
 * kern_monitor_fd() - the descriptor to poll for reading.
 */
int kern_monitor_fd(const struct kern_monitor *monitor);

/**
 * kern_monitor_dispatch() - read everything that is queued.
 * @each: called per object, in the kernel's order; for a link that is an object of some kind, for
 *        the link first.
 *
 * Return: 0; -ENOBUFS when the kernel dropped events: dump, and reconcile; another -errno when the
 * socket itself failed: treat it alike.
 */
int kern_monitor_dispatch(struct kern_monitor *monitor, kern_object_fn each, void *arg);

#endif
