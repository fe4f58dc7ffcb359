/* SPDX-License-Identifier: MIT */
/*
 * Groups of this host that may use the control socket, beside root: control_group may do all that
 * there is, control_read_group may look.
 */
#ifndef CONF_ACCESS_H
#define CONF_ACCESS_H

#include <sys/types.h>

#include "conf.h"

struct conf_place;

/**
 * conf_access_group() - a group by name. Asks all databases, and one in the network may take its
 * time.
 *
 * Return: 0; -ENOENT when there is none; another -errno when they could not be asked.
 */
int conf_access_group(const char *name, gid_t *ret_gid);

/**
 * conf_access_check() - an error of each that is not there.
 */
void conf_access_check(const struct conf_place *file, const struct conf *conf);

#endif
