/* SPDX-License-Identifier: MIT */
/*
 * A database of SQLite that somebody else writes, or has written, opened so that nothing is ever
 * made, changed or removed beside it, whatever rights there are: also on a file system that cannot
 * be written, and where its writer was killed.
 */
#ifndef VIPCTL_DATABASE_FILE_H
#define VIPCTL_DATABASE_FILE_H

#include <sqlite3.h>
#include <stdbool.h>
#include <sys/stat.h>

struct database_file {
	sqlite3 *db;        /* owned; NULL: it could not be opened */
	const char *path;   /* borrowed */
	bool is_alone;      /* nobody had it open: what is read is good if nobody has come since */
	struct stat status; /* of then */
};

/**
 * database_file_open() - for reading.
 * @ret_file: passed to database_file_close(), also after an error.
 *
 * Return: of SQLite: SQLITE_OK, ...
 */
int database_file_open(const char *path, struct database_file *ret_file);

/**
 * database_file_is_good() - whether what was read is what was there: nobody has begun to write
 * meanwhile. If it is not, all of it is void.
 */
bool database_file_is_good(const struct database_file *file);

/**
 * database_file_close() - without a trace.
 */
void database_file_close(struct database_file *file);

#endif
