/* SPDX-License-Identifier: MIT */
/*
 * What the service manager is told (sd_notify(3)). Without one, nothing happens, and its library is
 * not even loaded: with all that it loads in turn it would be most of what a keeper is made of.
 */
#ifndef SERVICE_H
#define SERVICE_H

struct service;

/**
 * service_open() - find out whether there is a service manager.
 * @ret_service: owned by the caller; NULL without one, which all functions here take.
 *
 * Return: 0; -ENOENT when there is one and no library to talk to it, -ENOMEM: it will wait in vain.
 */
int service_open(struct service **ret_service);

/**
 * service_close() - release; NULL is allowed.
 */
void service_close(struct service *service);

/**
 * service_ready() - a router process runs.
 */
void service_ready(const struct service *service);

/**
 * service_reloading() - a reload began; followed by service_ready() or service_reloaded().
 */
void service_reloading(const struct service *service);

/**
 * service_reloaded() - a reload ended without effect.
 */
void service_reloaded(const struct service *service);

/**
 * service_alive() - the router process gave a sign of life: feeds the watchdog.
 * @status: a line for `systemctl status`.
 */
void service_alive(const struct service *service, const char *status);

/**
 * service_stopping() - leaving gracefully.
 */
void service_stopping(const struct service *service);

#endif
