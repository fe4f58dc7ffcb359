/* SPDX-License-Identifier: MIT */
#include "database.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "agent/conf/conf.h"
#include "client.h"
#include "complain.h"
#include "connection.h"
#include "database_file.h"

#define FILE_NAME "vipd.db"
#define VERSION   2 /* of the tables that are known here */
#define TRIES     20

static const struct timespec gap = { .tv_nsec = 10000000 };

/* ---- where ---- */

static const char *take_directory(const struct records_table *table, const void *record, void *arg)
{
	if (strcmp(table->name, "host") == 0)
		(void)client_text(table, record, ".state_dir", arg);
	return NULL;
}

static int ask(int fd, const void *arg)
{
	const struct client_question question = { .command = "show",
						  .each = take_directory,
						  .arg = *(char *const *)arg };

	return client_ask(fd, &question);
}

/* Another vipd's history is no answer to who may not ask this one. Return: @buf, FIELDS_TEXT_SIZE;
 * empty when the vipd that runs has none; NULL: it does not say, and that was told. */
static const char *find_directory(const struct database_place *place, char *buf, char *ret_why)
{
	char why[COMPLAIN_SIZE];

	buf[0] = '\0';
	if (place->directory)
		return place->directory;
	if (connection_converse(place->control, ask, &buf, why) == EXIT_SUCCESS)
		return buf;
	if (!connection_is_vacant(place->control)) {
		complain(ret_why,
			 "%s; it knows where its database is: ask as root, or name the "
			 "directory by --state-dir",
			 why);
		return NULL;
	}
	complain(NULL, "nobody listens at %s: this is the database in " CONF_STATE_DIR,
		 place->control);
	return CONF_STATE_DIR;
}

int database_find(const struct database_place *place, char *ret_directory, char *ret_why)
{
	char buf[FIELDS_TEXT_SIZE];
	const char *directory = find_directory(place, buf, ret_why);

	if (!directory)
		return EXIT_FAILURE;
	if (!directory[0])
		return complain(ret_why, "this vipd keeps no history and tells nobody: state_dir "
					 "and notify in vipd.conf(5)");
	if (snprintf(ret_directory, PATH_MAX, "%s", directory) >= PATH_MAX)
		return complain(ret_why, "the path of the state directory is too long");
	return 0;
}

/* ---- what is in there ---- */

int database_ask(sqlite3 *db, const char *text, const char *const *texts, int n,
		 void (*row)(sqlite3_stmt *row, void *arg), void *arg, char *ret_why)
{
	sqlite3_stmt *statement = NULL;
	int got = sqlite3_prepare_v2(db, text, -1, &statement, NULL);

	for (int i = 0; i < n && got == SQLITE_OK; i++)
		got = sqlite3_bind_text(statement, i + 1, texts[i], -1, SQLITE_STATIC);
	if (got == SQLITE_OK)
		while ((got = sqlite3_step(statement)) == SQLITE_ROW)
			row(statement, arg);
	(void)sqlite3_finalize(statement);
	if (got == SQLITE_DONE)
		return 0;
	return complain(ret_why, "%s: %s", sqlite3_db_filename(db, "main"), sqlite3_errmsg(db));
}

static void take_version(sqlite3_stmt *row, void *arg)
{
	*(int *)arg = sqlite3_column_int(row, 0);
}

static int check_version(sqlite3 *db, const char *path, char *ret_why)
{
	int version = 0;

	if (database_ask(db, "PRAGMA user_version", NULL, 0, take_version, &version, ret_why))
		return EXIT_FAILURE;
	if (version > VERSION)
		return complain(ret_why,
				"%s is of version %d, and this vipctl knows %d: use the one that "
				"came with the vipd that wrote it",
				path, version, VERSION);
	if (version && version < VERSION)
		return complain(ret_why,
				"%s is of version %d, from before this vipctl: it is read when a "
				"vipd of now has been started",
				path, version);
	if (!version)
		return complain(
			ret_why,
			"%s is empty: vipd-notifier has not written it yet, or it is another "
			"program's",
			path);
	return 0;
}

static int complain_missing(const char *path, int err, char *ret_why)
{
	return complain(
		ret_why, "%s: %s%s", path, strerror(err),
		err == ENOENT ? ": no history is kept there, or vipd-notifier cannot write there, "
				"as the log says then; state_dir in vipd.conf(5), or --state-dir"
		: err == EACCES ? ": reading it needs root, or the right that state_dir in "
				  "vipd.conf(5) tells of"
				: "");
}

int database_query(sqlite3 *db, const char *text, const char *const *texts, int n,
		   void (*row)(sqlite3_stmt *row, void *arg), void *arg)
{
	return database_ask(db, text, texts, n, row, arg, NULL);
}

/* ---- open ---- */

/* @ret_file: passed to database_file_close() in any case. Return: 0; 1, told. */
static int open_file(const char *path, struct database_file *ret_file, char *ret_why)
{
	int error;

	*ret_file = (struct database_file){ .path = path };
	if (access(path, R_OK) < 0)
		return complain_missing(path, errno, ret_why);
	error = database_file_open(path, ret_file);
	if (error != SQLITE_OK)
		return complain(ret_why, "%s: %s", path, sqlite3_errstr(error));
	return check_version(ret_file->db, path, ret_why);
}

static int path_of(const char *directory, char *ret_path, char *ret_why)
{
	if (snprintf(ret_path, PATH_MAX, "%s/" FILE_NAME, directory) < PATH_MAX)
		return 0;
	return complain(ret_why, "%s: %s", directory, strerror(ENAMETOOLONG));
}

/* Somebody begins to write, or ends that, and files come or go. */
static bool is_passing(sqlite3 *db)
{
	int error = db ? sqlite3_errcode(db) & 0xff : SQLITE_OK;

	return error == SQLITE_READONLY || error == SQLITE_CANTOPEN || error == SQLITE_BUSY ||
	       error == SQLITE_PROTOCOL;
}

int database_open(const struct database_place *place, sqlite3 **ret_db)
{
	char directory[PATH_MAX], path[PATH_MAX], why[COMPLAIN_SIZE];
	struct database_file file;
	bool again = true;

	if (database_find(place, directory, NULL) || path_of(directory, path, NULL))
		return EXIT_FAILURE;
	for (unsigned i = 0; i < TRIES && again; i++) {
		if (i)
			(void)nanosleep(&gap, NULL);
		if (open_file(path, &file, why) == 0) {
			*ret_db = file.db;
			return 0;
		}
		again = is_passing(file.db);
		database_file_close(&file);
	}
	return complain(NULL, "%s", why);
}

int database_read_file(const char *path, int (*read)(sqlite3 *db, void *arg, char *ret_why),
		       void *arg, char *ret_why)
{
	char why[COMPLAIN_SIZE];
	struct database_file file;
	bool is_good = false, again = true;
	int status = EXIT_FAILURE;

	for (unsigned i = 0; i < TRIES && again; i++) {
		if (i)
			(void)nanosleep(&gap, NULL);
		status = open_file(path, &file, why);
		if (status == 0)
			status = read(file.db, arg, why);
		is_good = database_file_is_good(&file);
		again = !is_good || (status && is_passing(file.db));
		database_file_close(&file);
	}
	if (!is_good)
		return complain(ret_why, "%s: it changes all the time", path);
	return status ? complain(ret_why, "%s", why) : 0;
}

int database_read(const char *directory, int (*read)(sqlite3 *db, void *arg, char *ret_why),
		  void *arg, char *ret_why)
{
	char path[PATH_MAX];
	int status = path_of(directory, path, ret_why);

	return status ? status : database_read_file(path, read, arg, ret_why);
}
