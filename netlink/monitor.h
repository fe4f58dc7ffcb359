/* SPDX-License-Identifier: MIT */
/*
 * The kernel's news of links and addresses, and of routes and rules if asked for. An event is a
 * hint: it may come late, and under load the kernel drops events and says so, and then only a dump
 * (dump.h) tells the truth.
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

/* Lengths of prefixes that are told apart; of more of them all are meant. */
#define KERN_MONITOR_LENS_MAX 8

/* Which news of routes and rules shall come. */
struct kern_monitor_routes {
	unsigned lens_n;
	uint8_t lens[KERN_MONITOR_LENS_MAX + 1]; /* of the destinations of routes, each once */
};

/**
 * kern_monitor_add_routes() - subscribe to routes and rules, too: to routes with vipd's mark, and
 * to those that replace another one, if their prefix is of one of some lengths. What a routing
 * daemon does to thousands of others wakes nobody.
 *
 * Return: 0, or -errno of setsockopt().
 */
int kern_monitor_add_routes(struct kern_monitor *monitor, const struct kern_monitor_routes *routes);

/**
 * kern_monitor_fd() - the descriptor to poll for reading.
 */
int kern_monitor_fd(const struct kern_monitor *monitor);

/**
 * kern_monitor_wait() - sleep until there is something to read.
 * @patience_ns: at most so long.
 *
 * Return: whether there is.
 */
bool kern_monitor_wait(const struct kern_monitor *monitor, int64_t patience_ns);

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
