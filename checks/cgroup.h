/* SPDX-License-Identifier: MIT */
/*
 * The control group of all checks, where vipd was given a part of the hierarchy (version 2): the
 * keeper's own group is marked as delegated by the attribute user.delegate or trusted.delegate,
 * "1", as systemd does with Delegate=yes. Nothing else counts: that a group could be written is no
 * permission, since root can write all of them.
 *
 *     the keeper's          root's
 *       vipd-checks.NETNS   the checker and its wardens; directory and cgroup.procs are the user's
 *         NUMBER            a leaf for each run of a command (leaf.h)
 *
 * Who moves a process needs to write cgroup.procs of where it goes and of the group that is above
 * both places. So the checker enters the second one while it still is root; then commands move
 * below that without any right. Controllers are left alone.
 */
#ifndef CHECKS_CGROUP_H
#define CHECKS_CGROUP_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/**
 * check_cgroup_path() - where a process is in the hierarchy of version 2.
 * @line: of /proc/PID/cgroup.
 * @ret_path: its path there, "/" and what follows; untouched when it is false.
 *
 * Return: false when the line is of another hierarchy, the path is too long, or outside of what
 * this cgroup namespace sees.
 */
bool check_cgroup_path(const char *line, char *ret_path, size_t size);

/**
 * check_cgroup_directory() - where that is among the files.
 * @line: of /proc/PID/mountinfo.
 * @path: of check_cgroup_path().
 * @ret_directory: untouched when it is false.
 *
 * Return: false when nothing of version 2 is mounted there, or @path is in no part that is.
 */
bool check_cgroup_directory(const char *line, const char *path, char *ret_directory, size_t size);

/**
 * check_cgroup_enter() - make the group of all checks, give it to a user, and go there. What
 * another checker has left in it is killed before. Some 200 ms at most, if that hangs.
 * @uid: of the checker, once it has given up its rights.
 *
 * Return: a descriptor of its directory, owned by the caller; -ENODEV: none was delegated to us, or
 * the kernel cannot kill a group (before 5.14); another -errno: it was delegated in vain, as with
 * -EROFS by ProtectControlGroups=yes.
 */
int check_cgroup_enter(uid_t uid);

/**
 * check_cgroup_remove() - kill what is left in the group of all checks, and remove it; by somebody
 * who is in the group above. Nothing happens where there is none.
 * @wait_ms: for what was killed; at most.
 *
 * Return: whether there is none by now; else it is to be called again.
 */
bool check_cgroup_remove(unsigned wait_ms);

#endif
