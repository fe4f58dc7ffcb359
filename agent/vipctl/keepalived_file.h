/* SPDX-License-Identifier: MIT */
/*
 * Files of a keepalived.conf: found by the patterns of "include", relative to the file that has
 * it, as keepalived changes its directory for each of them; opened, and refused when they are no
 * text.
 */
#ifndef KEEPALIVED_FILE_H
#define KEEPALIVED_FILE_H

#include <sys/types.h>

#include "keepalived_lines.h"

struct keepalived_open_file {
	dev_t device;
	ino_t inode;
	const char *directory; /* in the arena; "" is the current one */
};

struct keepalived_files {
	struct arena *arena;               /* borrowed */
	struct report *report;             /* borrowed */
	unsigned files_n;                  /* opened so far */
	struct keepalived_source *sources; /* likewise; in the arena */
	size_t bytes_n;
	unsigned depth; /* of those that are open */
	struct keepalived_open_file open[KEEPALIVED_DEPTH_MAX];
};

void keepalived_files_init(struct keepalived_files *files, struct arena *arena,
			   struct report *report);

/**
 * keepalived_file_open() - read one, which is the last one that is open then.
 * @by: of the line that includes it; NULL: the first file.
 * @ret_origin: of the file.
 *
 * Return: its bytes, in the arena, with a zero byte behind them; NULL when that was reported.
 */
char *keepalived_file_open(struct keepalived_files *files, const char *path,
			   const struct origin *by, struct origin *ret_origin);

/**
 * keepalived_file_close() - the one that was opened last.
 */
void keepalived_file_close(struct keepalived_files *files);

/**
 * keepalived_file_directory() - where the file lies that was opened last, as an absolute path.
 */
const char *keepalived_file_directory(const struct keepalived_files *files);

/**
 * keepalived_file_find() - the files of a pattern, with wildcards and braces, without directories.
 * @ret_paths: in the arena.
 *
 * Return: how many.
 */
size_t keepalived_file_find(struct keepalived_files *files, const char *pattern,
			    const char *const **ret_paths);

#endif
