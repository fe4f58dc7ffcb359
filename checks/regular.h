/* SPDX-License-Identifier: MIT */
/*
 * Files that somebody else wrote the name of, and that are read by us: never waited for, whatever
 * they are.
 */
#ifndef CHECKS_REGULAR_H
#define CHECKS_REGULAR_H

/**
 * check_regular_open() - open a regular file for reading. What may wait or has a meaning when it is
 * opened is not opened: pipes, devices.
 *
 * Return: a descriptor, owned by the caller; -errno, -EINVAL for what is no regular file.
 */
int check_regular_open(const char *path);

/**
 * check_regular_touch() - read its first byte, for as long as that takes.
 *
 * Return: 0, or -errno as above.
 */
int check_regular_touch(const char *path);

/**
 * check_regular_explain() - such an error in words.
 */
const char *check_regular_explain(int err);

#endif
