/* SPDX-License-Identifier: MIT */
#include "store_private.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SCHEMA    2 /* of the tables; a later one is not touched */
#define BUSY_MS   2000
#define PRUNE_MAX 5000 /* rows in one transaction */
#define LOG_PAGES 100  /* of the log, before it is moved into the database */

static const char schema[] =
	"CREATE TABLE IF NOT EXISTS events (id INTEGER PRIMARY KEY, time INTEGER NOT NULL, "
	"boot TEXT NOT NULL, ring INTEGER NOT NULL, seq INTEGER NOT NULL, kind INTEGER NOT NULL, "
	"level INTEGER NOT NULL, router TEXT, family INTEGER, json TEXT NOT NULL);"
	"CREATE INDEX IF NOT EXISTS events_time ON events (time);"
	"CREATE TABLE IF NOT EXISTS deliveries (id INTEGER PRIMARY KEY, entry TEXT NOT NULL, "
	"command TEXT NOT NULL, router TEXT NOT NULL, family INTEGER NOT NULL, "
	"word TEXT NOT NULL, deliver INTEGER NOT NULL, state INTEGER NOT NULL, "
	"attempts INTEGER NOT NULL, merged INTEGER NOT NULL, since INTEGER NOT NULL, "
	"next INTEGER NOT NULL, error TEXT NOT NULL, life TEXT NOT NULL, message TEXT NOT NULL, "
	"of_group INTEGER NOT NULL DEFAULT 0);"
	"CREATE TABLE IF NOT EXISTS states (router TEXT NOT NULL, family INTEGER NOT NULL, "
	"state INTEGER NOT NULL, priority INTEGER NOT NULL, life TEXT NOT NULL, "
	"PRIMARY KEY (router, family));"
	"CREATE TABLE IF NOT EXISTS entries (entry TEXT PRIMARY KEY, boot TEXT NOT NULL, "
	"since INTEGER NOT NULL);"
	"CREATE TABLE IF NOT EXISTS facts (name TEXT PRIMARY KEY, value INTEGER NOT NULL);";

/* What version 1 had not, before the rest is made as if it was new. */
static const char upgrade[] =
	"ALTER TABLE deliveries ADD COLUMN of_group INTEGER NOT NULL DEFAULT 0;";

static const char *const texts[STATEMENTS] = {
	[PUT_EVENT] = "INSERT INTO events (time, boot, ring, seq, kind, level, router, family, "
		      "json) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
	[PUT_DELIVERY] = "INSERT OR REPLACE INTO deliveries VALUES "
			 "(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
	[REMOVE_DELIVERY] = "DELETE FROM deliveries WHERE id = ?",
	[PUT_STATE] = "INSERT OR REPLACE INTO states VALUES (?, ?, ?, ?, ?)",
	[PUT_FACT] = "INSERT OR REPLACE INTO facts VALUES (?, ?)",
	[GET_FACT] = "SELECT value FROM facts WHERE name = ?",
	[PUT_ENTRY] = "INSERT OR IGNORE INTO entries VALUES (?, ?, ?)",
	[GET_ENTRY] = "SELECT since FROM entries WHERE entry = ? AND boot = ?",
	[REMOVE_ENTRY] = "DELETE FROM entries WHERE entry = ?",
	[PRUNE_OLD] = "DELETE FROM events WHERE id IN "
		      "(SELECT id FROM events WHERE time < ? ORDER BY time LIMIT ?)",
	[PRUNE_MANY] = "DELETE FROM events WHERE id IN (SELECT id FROM events WHERE id <= "
		       "(SELECT max(id) FROM events) - ? ORDER BY id LIMIT ?)",
};

/* ---- errors ---- */

int store_errno(int error)
{
	switch (error & 0xff) {
	case SQLITE_OK:
		return 0;
	case SQLITE_FULL:
		return -ENOSPC;
	case SQLITE_READONLY:
		return -EROFS;
	case SQLITE_PERM:
	case SQLITE_AUTH:
		return -EACCES;
	case SQLITE_NOMEM:
		return -ENOMEM;
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		return -EBUSY;
	case SQLITE_MISMATCH:
		return -EPROTONOSUPPORT;
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
		return -EBADMSG;
	default:
		return -EIO;
	}
}

/* The first one counts. */
void store_note(struct store *store, int error)
{
	if (error != SQLITE_OK && error != SQLITE_DONE && error != SQLITE_ROW &&
	    store->error == SQLITE_OK)
		store->error = error;
}

static void explain(const struct store *store, char *ret_why)
{
	if (store->version > SCHEMA)
		snprintf(ret_why, STORE_WHY_SIZE,
			 "%.200s is of version %d, and this vipd knows %d: start the vipd that "
			 "wrote "
			 "it, or move it away",
			 store->path, store->version, SCHEMA);
	else
		snprintf(ret_why, STORE_WHY_SIZE, "%.200s: %s", store->path,
			 sqlite3_errstr(store->error));
}

/* ---- statements ---- */

sqlite3_stmt *store_statement(struct store *store, enum statement which)
{
	sqlite3_stmt **statement = &store->statements[which];

	if (store->error == SQLITE_OK && !*statement)
		store_note(store, sqlite3_prepare_v3(store->db, texts[which], -1,
						     SQLITE_PREPARE_PERSISTENT, statement, NULL));
	return store->error == SQLITE_OK ? *statement : NULL;
}

void store_run(struct store *store, sqlite3_stmt *statement)
{
	store_note(store, sqlite3_step(statement));
	(void)sqlite3_reset(statement);
}

static void run_text(struct store *store, const char *text)
{
	if (store->error == SQLITE_OK)
		store_note(store, sqlite3_exec(store->db, text, NULL, NULL, NULL));
}

void store_bind_text(sqlite3_stmt *statement, int at, const char *text)
{
	(void)sqlite3_bind_text(statement, at, text, -1, SQLITE_STATIC);
}

/* ---- open ---- */

static int count_fact(void *ret, int n, char **values, char **names)
{
	(void)names;
	if (n == 1 && values[0])
		*(int *)ret = atoi(values[0]);
	return 0;
}

static int version_of(struct store *store)
{
	int version = 0;

	if (store->error == SQLITE_OK)
		store_note(store, sqlite3_exec(store->db, "PRAGMA user_version", count_fact,
					       &version, NULL));
	return version;
}

static int count_log(void *arg, sqlite3 *db, const char *name, int pages)
{
	(void)db;
	(void)name;
	((struct store *)arg)->log_pages = pages;
	return SQLITE_OK;
}

/* All or nothing. A file of version 1 could not shrink, and has to be made anew for that. */
static void set_up_tables(struct store *store)
{
	char text[64];

	if (store->version == SCHEMA)
		return;
	run_text(store, "BEGIN IMMEDIATE");
	if (store->version)
		run_text(store, upgrade);
	run_text(store, schema);
	snprintf(text, sizeof(text), "PRAGMA user_version = %d; COMMIT", SCHEMA);
	run_text(store, text);
	if (store->version)
		run_text(store, "VACUUM");
}

/* Nothing is lost that was committed: the log of a write is on the disk before it counts. Whether
 * the file can shrink has to be said before anything is in there, its journal included. */
static void set_up(struct store *store)
{
	store_note(store, sqlite3_busy_timeout(store->db, BUSY_MS));
	/* Commands of its user, who has fewer rights than this process, can write it, too: nothing
	 * runs here by what its schema says. */
	store_note(store, sqlite3_db_config(store->db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL));
	store_note(store, sqlite3_db_config(store->db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL));
	store->version = version_of(store);
	if (store->version > SCHEMA) {
		(void)sqlite3_db_config(store->db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
		store_note(store, SQLITE_MISMATCH);
		return;
	}
	run_text(store, "PRAGMA auto_vacuum = INCREMENTAL");
	run_text(store, "PRAGMA journal_mode = WAL");
	run_text(store, "PRAGMA synchronous = FULL");
	/* The log is short, so that it fits on a small disk, and in what is left of a large one;
	 * but what has to be on the disk before a command is run does not wait for that. */
	(void)sqlite3_wal_hook(store->db, count_log, store);
	run_text(store, "PRAGMA journal_size_limit = 1048576");
	set_up_tables(store);
	/* What cannot be written is known now, and what is damaged, as far as it will be read. */
	run_text(store,
		 "BEGIN IMMEDIATE; INSERT OR REPLACE INTO facts VALUES ('opened', "
		 "coalesce((SELECT value FROM facts WHERE name = 'opened'), 0) + 1); COMMIT");
	run_text(store, "SELECT count(*) FROM deliveries; SELECT count(*) FROM states");
}

static int open_file(const char *directory, struct store **ret_store, char *ret_why)
{
	const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_NOFOLLOW;
	struct store *store = calloc(1, sizeof(*store));
	int err;

	*ret_store = store;
	if (!store)
		return -ENOMEM;
	err = store_file_prepare(directory, SCHEMA, store->path, &store->version);
	if (err < 0) {
		snprintf(ret_why, STORE_WHY_SIZE, "%.200s: %s", store->path,
			 err == -ELOOP ? "it is a link, and is not followed" : strerror(-err));
		return err;
	}
	if (store->version > SCHEMA)
		store_note(store, SQLITE_MISMATCH);
	else
		store_note(store, sqlite3_open_v2(store->path, &store->db, flags, NULL));
	if (store->error == SQLITE_OK)
		set_up(store);
	if (store->error != SQLITE_OK)
		explain(store, ret_why);
	return store_errno(store->error);
}

int store_open(const char *directory, bool is_known_damaged, struct store **ret_store,
	       char *ret_why)
{
	char why[STORE_WHY_SIZE];
	struct store *store;
	int err;

	ret_why[0] = '\0';
	err = open_file(directory, &store, ret_why);
	if (err == -EBADMSG || (err == 0 && is_known_damaged)) {
		if (store_file_move_aside(store->path, why, sizeof(why))) {
			store_close(store);
			err = open_file(directory, &store, ret_why);
			if (err == 0)
				strcpy(ret_why, why);
		} else {
			strcpy(ret_why, why);
			err = -EBADMSG;
		}
	}
	if (err < 0) {
		store_close(store);
		return err;
	}
	*ret_store = store;
	return 0;
}

void store_close(struct store *store)
{
	if (!store)
		return;
	for (unsigned i = 0; i < STATEMENTS; i++)
		(void)sqlite3_finalize(store->statements[i]);
	(void)sqlite3_close(store->db);
	free(store);
}

/* ---- transactions ---- */

void store_begin(struct store *store)
{
	if (!store->within)
		run_text(store, "BEGIN IMMEDIATE");
	store->within = true;
}

int store_commit(struct store *store, char *ret_why)
{
	ret_why[0] = '\0';
	if (!store->within)
		return 0;
	run_text(store, "COMMIT");
	store->within = false;
	/* Who may not write beside it reads up to where somebody has read before him. */
	(void)store_fact_of(store, "opened");
	if (store->error == SQLITE_OK)
		return 0;
	explain(store, ret_why);
	(void)sqlite3_exec(store->db, "ROLLBACK", NULL, NULL, NULL);
	return store_errno(store->error);
}

bool store_has_moved(struct store *store)
{
	int moved = 0;

	return sqlite3_file_control(store->db, NULL, SQLITE_FCNTL_HAS_MOVED, &moved) == SQLITE_OK &&
	       moved;
}

/* One that cannot be moved is tried again: there is an error as soon as the log has no room. */
void store_tidy(struct store *store)
{
	if (store->within || store->log_pages < LOG_PAGES)
		return;
	store->log_pages = 0;
	(void)sqlite3_wal_checkpoint_v2(store->db, NULL, SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);
}

/* ---- numbers by name ---- */

void store_fact(struct store *store, const char *name, int64_t value)
{
	sqlite3_stmt *statement = store_statement(store, PUT_FACT);

	if (!statement)
		return;
	store_bind_text(statement, 1, name);
	(void)sqlite3_bind_int64(statement, 2, value);
	store_run(store, statement);
}

int64_t store_fact_of(struct store *store, const char *name)
{
	sqlite3_stmt *statement = store_statement(store, GET_FACT);
	int64_t value = 0;
	int got;

	if (!statement)
		return 0;
	store_bind_text(statement, 1, name);
	got = sqlite3_step(statement);
	store_note(store, got);
	if (got == SQLITE_ROW)
		value = sqlite3_column_int64(statement, 0);
	(void)sqlite3_reset(statement);
	return value;
}

/* ---- less of it ---- */

void store_forget_deliveries(struct store *store)
{
	run_text(store, "DELETE FROM deliveries");
}

void store_forget_states(struct store *store)
{
	run_text(store, "DELETE FROM states");
}

bool store_prune(struct store *store, int64_t before_real_ns)
{
	sqlite3_stmt *old = store_statement(store, PRUNE_OLD);
	sqlite3_stmt *many = store_statement(store, PRUNE_MANY);
	int n = 0;

	if (!old || !many)
		return false;
	(void)sqlite3_bind_int64(old, 1, before_real_ns);
	(void)sqlite3_bind_int(old, 2, PRUNE_MAX);
	store_run(store, old);
	n = sqlite3_changes(store->db);
	(void)sqlite3_bind_int64(many, 1, STORE_EVENTS_MAX);
	(void)sqlite3_bind_int(many, 2, PRUNE_MAX);
	store_run(store, many);
	if (sqlite3_changes(store->db) > n)
		n = sqlite3_changes(store->db);
	run_text(store, "PRAGMA incremental_vacuum(1000)");
	return n == PRUNE_MAX && store->error == SQLITE_OK;
}
