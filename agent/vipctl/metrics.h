/* SPDX-License-Identifier: MIT */
#ifndef VIPCTL_METRICS_H
#define VIPCTL_METRICS_H

#include "agent/metrics.h"

/**
 * metrics_print() - what the page of metrics would say, also where none is served.
 * @control: path of the control socket.
 *
 * Return: an exit status: 1 also when no vipd runs, which is a page that says so.
 */
int metrics_print(const char *control, enum metrics_names names);

#endif
