/* SPDX-License-Identifier: MIT */
/*
 * Whether vipd would refuse a reload since a router would lack the key that it is to sign with.
 */
#ifndef DRY_RUN_KEYS_H
#define DRY_RUN_KEYS_H

#include "agent/conf/conf.h"

#define DRY_RUN_WHY_SIZE 400

/**
 * dry_run_keys() - read the files of keys as vipd would. Only root can: for others they count as
 * well, and a line on standard error says so.
 * @old: what runs.
 * @ret_why: DRY_RUN_WHY_SIZE: why it is refused; nothing of a key is in it.
 *
 * Return: false: it is refused.
 */
bool dry_run_keys(const struct conf *old, const struct conf *new, char *ret_why);

#endif
