/* SPDX-License-Identifier: MIT */
#include "database_file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define BUSY_MS     5000
#define PARAMETERS  96
#define ESCAPED_MAX (3 * PATH_MAX)

/* ---- how files are opened ---- */

/* SQLite would open the log of a writer to write, and make it if root may. What it has of its own
 * to sort with is in memory, or has no name. */
static int open_to_read(sqlite3_vfs *vfs, const char *name, sqlite3_file *file, int flags,
			int *ret_flags)
{
	sqlite3_vfs *base = vfs->pAppData;
	const int named = SQLITE_OPEN_MAIN_DB | SQLITE_OPEN_WAL | SQLITE_OPEN_MAIN_JOURNAL;

	if (flags & named) {
		flags &= ~(SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_DELETEONCLOSE);
		flags |= SQLITE_OPEN_READONLY;
	}
	return base->xOpen(base, name, file, flags, ret_flags);
}

/* The directory is another user's, and root reads in it: it waits for no FIFO, whatever its name.
 */
static int open_no_fifo(const char *path, int flags, int mode)
{
	int fd = open(path, flags | O_NONBLOCK, mode);
	struct stat status;

	if (fd < 0)
		return fd;
	if (fstat(fd, &status) == 0 && !S_ISFIFO(status.st_mode))
		return fd;
	close(fd);
	errno = EINVAL;
	return -1;
}

static int remove_nothing(sqlite3_vfs *vfs, const char *name, int sync)
{
	(void)vfs;
	(void)name;
	(void)sync;
	return SQLITE_READONLY;
}

/* As SQLite reads files, with its locks, or without any and without shared memory. */
enum way {
	WAY_SHARED,
	WAY_ALONE,
	WAYS,
};

static const struct {
	const char *name, *base; /* NULL: SQLite's default */
} ways[WAYS] = {
	[WAY_SHARED] = { "vipd-shared", NULL },
	[WAY_ALONE] = { "vipd-alone", "unix-none" },
};

static int register_way(enum way way)
{
	static sqlite3_vfs all[WAYS];
	sqlite3_vfs *vfs = &all[way];
	sqlite3_vfs *base;

	if (vfs->zName)
		return SQLITE_OK;
	base = sqlite3_vfs_find(ways[way].base);
	if (!base || base->iVersion < 3 ||
	    base->xSetSystemCall(base, "open", (sqlite3_syscall_ptr)open_no_fifo) != SQLITE_OK)
		return SQLITE_ERROR;
	*vfs = *base;
	vfs->pNext = NULL;
	vfs->zName = ways[way].name;
	vfs->pAppData = base;
	vfs->xOpen = open_to_read;
	vfs->xDelete = remove_nothing;
	return sqlite3_vfs_register(vfs, 0);
}

/* ---- which way ---- */

/* Return: its size; -1: there is none. */
static off_t size_of(const char *path, const char *suffix)
{
	char name[PATH_MAX + 8];
	struct stat status;

	snprintf(name, sizeof(name), "%s%s", path, suffix);
	return stat(name, &status) < 0 ? -1 : status.st_size;
}

/*
 * With a log and the memory that its writer shares, as it is while somebody writes, and after he
 * was killed, that memory is read, or made anew of the log in our own. A log alone, as in a copy,
 * is read as if it was ours alone, with memory of our own. Without a log nobody has it open, and
 * the file is all there is. Return: the parameters.
 */
static const char *choose_way(struct database_file *file)
{
	off_t log_size = size_of(file->path, "-wal");

	file->is_alone = log_size < 0 || size_of(file->path, "-shm") < 0;
	if (!file->is_alone)
		return "readonly_shm=1";
	return log_size > 0 ? "mode=ro" : "immutable=1";
}

/* Of an URI. */
static void escape(const char *path, char *buf)
{
	for (; *path; path++) {
		if (strchr("%?#", *path))
			buf += sprintf(buf, "%%%02x", (unsigned char)*path);
		else
			*buf++ = *path;
	}
	*buf = '\0';
}

int database_file_open(const char *path, struct database_file *ret_file)
{
	const int flags = SQLITE_OPEN_READONLY | SQLITE_OPEN_URI;
	char escaped[ESCAPED_MAX], uri[ESCAPED_MAX + PARAMETERS];
	struct stat status = { 0 };
	enum way way;
	int error;

	(void)stat(path, &status);
	*ret_file = (struct database_file){ .path = path, .status = status };
	if (strlen(path) >= PATH_MAX)
		return SQLITE_CANTOPEN;
	escape(path, escaped);
	snprintf(uri, sizeof(uri), "file:%s?%s", escaped, choose_way(ret_file));
	way = ret_file->is_alone ? WAY_ALONE : WAY_SHARED;
	error = register_way(way);
	if (error == SQLITE_OK)
		error = sqlite3_open_v2(uri, &ret_file->db, flags, ways[way].name);
	if (error != SQLITE_OK)
		return error;
	(void)sqlite3_busy_timeout(ret_file->db, BUSY_MS);
	(void)sqlite3_db_config(ret_file->db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
	/* Whoever can write it shall have nothing run here by what its schema says. */
	(void)sqlite3_db_config(ret_file->db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	(void)sqlite3_db_config(ret_file->db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
	return sqlite3_exec(ret_file->db,
			    ret_file->is_alone ? "PRAGMA temp_store = MEMORY; "
						 "PRAGMA locking_mode = EXCLUSIVE"
					       : "PRAGMA temp_store = MEMORY",
			    NULL, NULL, NULL);
}

bool database_file_is_good(const struct database_file *file)
{
	struct stat now;

	if (!file->is_alone)
		return true;
	return stat(file->path, &now) == 0 && now.st_ino == file->status.st_ino &&
	       now.st_size == file->status.st_size &&
	       now.st_mtim.tv_sec == file->status.st_mtim.tv_sec &&
	       now.st_mtim.tv_nsec == file->status.st_mtim.tv_nsec &&
	       size_of(file->path, "-shm") < 0;
}

void database_file_close(struct database_file *file)
{
	(void)sqlite3_close(file->db);
	file->db = NULL;
}
