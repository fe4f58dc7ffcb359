/* SPDX-License-Identifier: MIT */
/*
 * Which statuses of HTTP are good. Pure.
 */
#ifndef CHECKS_STATUS_H
#define CHECKS_STATUS_H

#include <stdbool.h>

/**
 * check_status_matches() - whether a status is one of a list.
 * @list: "200", "2xx", "200,204,301-303"; what is none of these forms matches nothing.
 */
bool check_status_matches(const char *list, unsigned status);

#endif
