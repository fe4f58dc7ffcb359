/* SPDX-License-Identifier: MIT */
#include "database.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "agent/conf/conf.h"
#include "client.h"
#include "complain.h"
#include "connection.h"

#define FILE_NAME "vipd.db"
#define BUSY_MS   5000
#define VERSION   1 /* of the tables that are known here */

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

/* Return: @buf, FIELDS_TEXT_SIZE; empty when the vipd that runs has none. */
static const char *find_directory(const struct database_place *place, char *buf)
{
	char why[COMPLAIN_SIZE];

	buf[0] = '\0';
	if (place->directory)
		return place->directory;
	if (connection_converse(place->control, ask, &buf, why) == EXIT_SUCCESS)
		return buf;
	return CONF_STATE_DIR;
}

/* ---- what is in there ---- */

static void take_version(sqlite3_stmt *row, void *arg)
{
	*(int *)arg = sqlite3_column_int(row, 0);
}

static int check_version(sqlite3 *db, const char *path)
{
	int version = 0;

	if (database_query(db, "PRAGMA user_version", NULL, 0, take_version, &version))
		return EXIT_FAILURE;
	if (version > VERSION)
		return complain(NULL, "%s is of a later vipd: use the vipctl that came with it",
				path);
	if (version < VERSION)
		return complain(NULL, "%s is empty: vipd-notifier has not written it yet", path);
	return 0;
}

static int complain_missing(const char *path, int err)
{
	return complain(NULL, "%s: %s%s", path, strerror(err),
			err == ENOENT ? ": no history is kept there; state_dir in vipd.conf(5), or "
					"--state-dir"
			: err == EACCES ? ": reading it needs root"
					: "");
}

int database_open(const struct database_place *place, sqlite3 **ret_db)
{
	char buf[FIELDS_TEXT_SIZE], path[PATH_MAX];
	const char *directory = find_directory(place, buf);
	struct stat status;
	int error;

	if (!directory[0])
		return complain(NULL, "this vipd keeps no history and tells nobody: state_dir and "
				      "notify in vipd.conf(5)");
	snprintf(path, sizeof(path), "%s/" FILE_NAME, directory);
	if (stat(path, &status) < 0)
		return complain_missing(path, errno);
	error = sqlite3_open_v2(path, ret_db, SQLITE_OPEN_READONLY, NULL);
	if (error == SQLITE_OK)
		error = sqlite3_busy_timeout(*ret_db, BUSY_MS);
	if (error != SQLITE_OK)
		(void)complain(NULL, "%s: %s", path, sqlite3_errstr(error));
	if (error != SQLITE_OK || check_version(*ret_db, path)) {
		(void)sqlite3_close(*ret_db);
		return EXIT_FAILURE;
	}
	return 0;
}

int database_query(sqlite3 *db, const char *text, const char *const *texts, int n,
		   void (*row)(sqlite3_stmt *row, void *arg), void *arg)
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
	return complain(NULL, "%s: %s", sqlite3_db_filename(db, "main"), sqlite3_errmsg(db));
}
