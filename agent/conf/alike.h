/* SPDX-License-Identifier: MIT */
/*
 * What all hosts of a virtual router, or of a group, have to have alike. The measure is a host that
 * is configured as this one was: would it still hear this one, and this one it? So the steps by
 * which HMAC is begun are no news, as long as they are taken one by one. Which keys are in a file
 * of keys is not known here.
 */
#ifndef CONF_ALIKE_H
#define CONF_ALIKE_H

#include "conf.h"

/* What follows where hosts do not hear each other. */
#define CONF_ALIKE_TWO_ACTIVE "until the other hosts have it, too, both may be active at a time"

/* What follows where hosts have different members of a group. */
#define CONF_ALIKE_MEMBERS                                                                         \
	"until the other hosts have the same members, one that has a fault on a host, or is not "  \
	"there, may be served by nobody"

/**
 * conf_alike_text() - what follows as long as the other hosts do not have a difference, too.
 * @difference: of what goes on, or is told as CONF_RESTART.
 *
 * Return: a clause, constant; NULL: nothing, or it is said with another key of those that change
 * together.
 */
const char *conf_alike_text(const struct conf_difference *difference);

#endif
