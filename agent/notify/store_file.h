/* SPDX-License-Identifier: MIT */
/*
 * The store's file, before SQLite opens it: where it is, who may read it, whether it is of a
 * version that must not be touched; and after it was found to be damaged.
 */
#ifndef STORE_FILE_H
#define STORE_FILE_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>

#define STORE_PATH_SIZE (PATH_MAX + 16)

/**
 * store_file_prepare() - make an empty one if there is none, for those to read whom the directory
 * names. One of a later version is left as it is.
 * @directory: may be reached by links.
 * @version_max: the latest that is known.
 * @ret_path: STORE_PATH_SIZE bytes: without any links; also after an error.
 * @ret_version: as its header has it; 0: none yet. What is not written back from its log may be
 *	later.
 *
 * Return: 0 or -errno: -ELOOP when the file itself is a link.
 */
int store_file_prepare(const char *directory, int version_max, char *ret_path, int *ret_version);

/**
 * store_file_move_aside() - with what SQLite has put beside it.
 * @ret_why: of @size bytes: what was done, in words, or why it cannot be.
 *
 * Return: whether there is a place for a new one.
 */
bool store_file_move_aside(const char *path, char *ret_why, size_t size);

#endif
