/* SPDX-License-Identifier: MIT */
/*
 * The keys of what is told of events: commands and FIFOs, of the host, of a router, of a group.
 */
#ifndef CONF_NOTIFY_H
#define CONF_NOTIFY_H

#include "schema.h"

#define CONF_NOTIFY_MAX     16 /* entries of one list */
#define CONF_NOTIFY_ALL_MAX 4096

extern const struct conf_schema conf_notify_schema;

/**
 * conf_notify_check_all() - errors of all lists together: too many of them, a FIFO twice, programs
 * that are not safe to run here.
 * @file: the place of the file.
 */
void conf_notify_check_all(const struct conf_place *file, const struct conf *conf);

/* @of: "host", "router", "group": whose list it is in; @name: of it. */
typedef void (*conf_notify_fn)(void *arg, struct conf_notify *notify, const char *of,
			       const char *name);

/**
 * conf_notify_each() - all entries of a configuration.
 */
void conf_notify_each(const struct conf *conf, conf_notify_fn entry, void *arg);

#endif
