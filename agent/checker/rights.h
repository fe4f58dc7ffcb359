/* SPDX-License-Identifier: MIT */
/*
 * What the checker may do: as little as its checks need.
 */
#ifndef RIGHTS_H
#define RIGHTS_H

#include "agent/conf/conf.h"

/**
 * rights_reduce() - become the user that checks are asked as, and keep the capabilities that some
 * of them need: SETUID, SETGID and KILL where a command has a user of its own, NET_RAW where
 * somebody is pinged. Without effect for who is no root.
 * @ret_doing: what failed, in words.
 *
 * Return: 0 or -errno: -ENOENT when there is no such user.
 */
int rights_reduce(const struct conf *conf, const char **ret_doing);

#endif
