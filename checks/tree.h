/* SPDX-License-Identifier: MIT */
/*
 * Processes below one of ours, whatever group or session they went to: which there are, and how
 * none of them is left. Those that fork without end are stopped before any is killed: who is killed
 * makes room for another one below a limit, and who has stopped starts nobody.
 */
#ifndef CHECKS_TREE_H
#define CHECKS_TREE_H

#include <stdbool.h>
#include <sys/types.h>

/**
 * check_tree_read() - a short file of /proc, or of another file system that does not keep us
 * waiting.
 * @buf: with a zero at the end.
 *
 * Return: how many bytes, or -errno.
 */
ssize_t check_tree_read(const char *path, char *buf, size_t size);

/**
 * check_tree_children() - the children of a process that has one thread; of others, those of the
 * first one.
 * @pids: room for @max of them; the oldest.
 *
 * Return: how many, or -errno: that cannot be told.
 */
int check_tree_children(pid_t parent, pid_t *pids, unsigned max);

/**
 * check_tree_state() - what a process does, by its letter in /proc: 'D' waits in the kernel, where
 * no signal reaches it.
 *
 * Return: 0 when there is none.
 */
char check_tree_state(pid_t pid);

/* Whom to spare, with all that is below it: asked of our own children alone. */
typedef bool check_tree_spare_fn(const void *arg, pid_t pid);

/**
 * check_tree_stop() - stop all below us, in rounds until no more are found; some 4,096 at most, and
 * 16 rounds.
 * @spare: NULL: nobody is spared.
 */
void check_tree_stop(check_tree_spare_fn *spare, const void *arg);

/**
 * check_tree_kill() - kill all below us that are seen now.
 *
 * Return: how many; those that have ended and were not waited for count, too.
 */
unsigned check_tree_kill(check_tree_spare_fn *spare, const void *arg);

#endif
