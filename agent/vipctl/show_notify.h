/* SPDX-License-Identifier: MIT */
/*
 * vipctl show --notify: what somebody is yet to be told, and what could not be delivered.
 */
#ifndef VIPCTL_SHOW_NOTIFY_H
#define VIPCTL_SHOW_NOTIFY_H

#include <stdbool.h>

#include "database.h"

struct show_notify_options {
	bool json;
	struct database_place place;
};

/**
 * show_notify() - print it.
 *
 * Return: an exit status.
 */
int show_notify(const struct show_notify_options *options);

#endif
