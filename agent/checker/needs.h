/* SPDX-License-Identifier: MIT */
/*
 * What the checker may do: as little as its checks need (agent/rights.h).
 */
#ifndef NEEDS_H
#define NEEDS_H

#include <sys/types.h>

#include "agent/conf/conf.h"

/**
 * needs_kind() - whether a check of this kind is asked.
 */
bool needs_kind(const struct conf *conf, enum check_kind_number kind);

/**
 * needs_uid() - who we are after needs_reduce().
 */
uid_t needs_uid(const struct conf *conf);

/**
 * needs_reduce() - become the user that checks are asked as, and keep the capabilities that some
 * of them need: SETUID, SETGID and KILL where a command has a user of its own, NET_RAW where
 * somebody is pinged. Without effect for who is no root.
 *
 * SETUID and SETGID stay for as long as it runs: each run of such a command begins with a change of
 * the user, by a warden that is a fork of the checker. A process of its own that does nothing but
 * that would need them as long, and would start what the checker tells it to. KILL is for the end
 * of such a command. Who wants none of them in the checker lets commands be without a user.
 * @ret_doing: what failed, in words.
 *
 * Return: 0 or -errno: -ENOENT when there is no such user.
 */
int needs_reduce(const struct conf *conf, const char **ret_doing);

#endif
