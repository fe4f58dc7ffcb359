/* SPDX-License-Identifier: MIT */
/*
 * What a helper may do: as little as it needs. Linked into helpers alone, since it needs libcap-ng.
 */
#ifndef RIGHTS_H
#define RIGHTS_H

#define RIGHTS_MAX 8 /* capabilities that are kept */

/**
 * rights_become() - be another user, with all of its groups, and with these capabilities and no
 * others. Without effect for who is no root.
 * @user: its name.
 * @kept: @n of them, CAP_...; at most RIGHTS_MAX.
 * @ret_doing: what failed, in words.
 *
 * Return: 0 or -errno: -ENOENT when there is no such user.
 */
int rights_become(const char *user, const int *kept, unsigned n, const char **ret_doing);

#endif
