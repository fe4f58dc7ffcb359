/* SPDX-License-Identifier: MIT */
/*
 * What the service manager is told, by datagrams as sd_notify(3) describes them. Without one,
 * nothing happens. Not by libsystemd: its sd_notify() waits for a manager that does not read, and
 * the keeper may wait for nobody.
 */
#ifndef SERVICE_H
#define SERVICE_H

#include <stdint.h>

struct service;

/**
 * service_open() - find out whether there is a service manager (NOTIFY_SOCKET).
 * @ret_service: owned by the caller; NULL without one, which all functions here take.
 *
 * Return: 0; -EINVAL when the name of its socket makes no sense; another -errno of socket(): it
 * will wait in vain.
 */
int service_open(struct service **ret_service);

/**
 * service_close() - release; NULL is allowed.
 */
void service_close(struct service *service);

/**
 * service_ready() - a router process runs, or a reload has ended; repeated by service_alive() when
 * the manager could not be told.
 */
void service_ready(struct service *service);

/**
 * service_reloading() - a reload began; followed by service_ready().
 */
void service_reloading(struct service *service);

/**
 * service_alive() - the router process gave a sign of life: feeds the watchdog.
 * @status: a line for `systemctl status`; empty: what it shows stays.
 */
void service_alive(struct service *service, const char *status);

/**
 * service_deadline() - when to look for the next sign of life, so that a watchdog is fed in time
 * and the status is of now.
 *
 * Return: CLOCK_MONOTONIC. NULL is allowed, also for service_look(): INT64_MAX.
 */
int64_t service_deadline(const struct service *service);

/**
 * service_look() - somebody looks now, whatever there is to be seen.
 */
void service_look(struct service *service, int64_t now_ns);

/**
 * service_stopping() - leaving gracefully.
 */
void service_stopping(struct service *service);

/**
 * service_leaving() - which takes a while: the manager shall have patience.
 * @span_ns: so long from now on.
 */
void service_leaving(struct service *service, int64_t span_ns);

#endif
