/* SPDX-License-Identifier: MIT */
/*
 * The control group of one run of a command, a leaf below the one of all checks (cgroup.h), named
 * after the number of its warden, who is not in it. The kernel ends all that is in there at once,
 * whatever it forks meanwhile, and whoever it is a child of. What a leaf cannot be made for, or has
 * left it, is ended without (tree.h).
 */
#ifndef CHECKS_LEAF_H
#define CHECKS_LEAF_H

#include "tree.h"

/**
 * check_leaf_make() - one for the run of a warden, its caller.
 * @base_fd: of the directory above.
 *
 * Return: a descriptor of its directory, owned by the caller; or -errno: there is none.
 */
int check_leaf_make(int base_fd);

/**
 * check_leaf_enter() - from here on we are in there, and all that we fork, if the kernel lets us.
 * @leaf_fd: -1: nowhere.
 *
 * No more than system calls: to be called after vfork().
 *
 * Return: 0 or -errno: we are where we were.
 */
int check_leaf_enter(int leaf_fd);

/**
 * check_leaf_kill() - SIGKILL to all that is in there, and below.
 * @leaf_fd: -1: nobody.
 */
void check_leaf_kill(int leaf_fd);

/**
 * check_leaf_end() - kill all, and remove the leaf; by the warden that has made it.
 * @leaf_fd: -1: there is none; closed.
 *
 * Waits for what was killed, 50 ms at most: what hangs in the kernel holds its leaf.
 */
void check_leaf_end(int base_fd, int leaf_fd);

/**
 * check_leaf_end_others() - likewise, of wardens that are gone; waits for nobody.
 * @base_fd: -1: there are no leaves.
 * @spare: whose leaf stays, by the number of its warden.
 *
 * Return: whether one is left.
 */
bool check_leaf_end_others(int base_fd, check_tree_spare_fn *spare, const void *arg);

/**
 * check_leaf_remove_all() - remove all groups below one, as far as nobody is in them.
 */
void check_leaf_remove_all(int base_fd);

#endif
