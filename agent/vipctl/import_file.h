/* SPDX-License-Identifier: MIT */
/*
 * A file that is there as a whole, or not at all.
 */
#ifndef IMPORT_FILE_H
#define IMPORT_FILE_H

#include <stddef.h>
#include <sys/types.h>

/**
 * import_file_check() - whether it could be written, as far as that is known before.
 *
 * Return: an exit status; what is in the way was told.
 */
int import_file_check(const char *path);

/**
 * import_file_write() - write beside it, sync, and rename over it. A symbolic link is followed.
 *
 * Return: an exit status; what went wrong was told.
 */
int import_file_write(const char *path, const char *bytes, size_t len, mode_t mode);

#endif
