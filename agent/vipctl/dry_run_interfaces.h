/* SPDX-License-Identifier: MIT */
/*
 * What can be seen here of interfaces that a router is to begin with, or to track, after a reload:
 * whether one is there, up, and has a carrier.
 */
#ifndef DRY_RUN_INTERFACES_H
#define DRY_RUN_INTERFACES_H

#include <stdbool.h>

#include "agent/conf/needs.h"

/**
 * dry_run_look() - how an interface is now; usable, too, when that cannot be asked.
 */
enum conf_link_seen dry_run_look(const char *name);

/**
 * dry_run_interface_fault() - why a router could not use an interface now, in words.
 * @carrier: it takes one.
 *
 * Return: "" when nothing is wrong with it, or that cannot be asked.
 */
const char *dry_run_interface_fault(const char *name, bool carrier);

#endif
