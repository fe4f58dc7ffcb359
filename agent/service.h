/* SPDX-License-Identifier: MIT */
/*
 * What the service manager is told (sd_notify(3)). Without one, nothing happens.
 */
#ifndef SERVICE_H
#define SERVICE_H

/**
 * service_ready() - a router process runs.
 */
void service_ready(void);

/**
 * service_reloading() - a reload began; followed by service_ready() or service_reloaded().
 */
void service_reloading(void);

/**
 * service_reloaded() - a reload ended without effect.
 */
void service_reloaded(void);

/**
 * service_alive() - the router process gave a sign of life: feeds the watchdog.
 * @status: a line for `systemctl status`.
 */
void service_alive(const char *status);

/**
 * service_stopping() - leaving gracefully.
 */
void service_stopping(void);

#endif
