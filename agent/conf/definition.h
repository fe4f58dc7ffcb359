/* SPDX-License-Identifier: MIT */
/*
 * When a check of a new configuration is one that ran before.
 */
#ifndef CONF_DEFINITION_H
#define CONF_DEFINITION_H

#include "conf.h"

/**
 * conf_define_checks() - give each check a number for all that is asked, and how: two with the same
 * number ask the same, however often they do.
 *
 * Return: 0; -ENOMEM.
 */
int conf_define_checks(struct conf *conf);

/**
 * conf_define_notify() - give each entry of notify lists the number that it is known by: of whose
 * it is, and of all that it says.
 *
 * Return: 0; -ENOMEM.
 */
int conf_define_notify(const struct conf *conf);

#endif
