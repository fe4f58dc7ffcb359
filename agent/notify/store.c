/* SPDX-License-Identifier: MIT */
#include "store.h"

#include <errno.h>
#include <inttypes.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store_file.h"

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

enum statement {
	PUT_EVENT,
	PUT_DELIVERY,
	REMOVE_DELIVERY,
	PUT_STATE,
	PUT_FACT,
	GET_FACT,
	PUT_ENTRY,
	GET_ENTRY,
	REMOVE_ENTRY,
	PRUNE_OLD,
	PRUNE_MANY,
	STATEMENTS,
};

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

struct store {
	sqlite3 *db; /* owned, as the statements */
	sqlite3_stmt *statements[STATEMENTS];
	bool within; /* a transaction */
	int error;   /* of SQLite; SQLITE_OK: it is not void */
	int version; /* that was found; 0: none */
	int log_pages;
	char path[STORE_PATH_SIZE];
};

/* ---- errors ---- */

static int errno_of(int error)
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
static void note(struct store *store, int error)
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

static sqlite3_stmt *statement_of(struct store *store, enum statement which)
{
	sqlite3_stmt **statement = &store->statements[which];

	if (store->error == SQLITE_OK && !*statement)
		note(store, sqlite3_prepare_v3(store->db, texts[which], -1,
					       SQLITE_PREPARE_PERSISTENT, statement, NULL));
	return store->error == SQLITE_OK ? *statement : NULL;
}

static void run_statement(struct store *store, sqlite3_stmt *statement)
{
	note(store, sqlite3_step(statement));
	(void)sqlite3_reset(statement);
}

static void run_text(struct store *store, const char *text)
{
	if (store->error == SQLITE_OK)
		note(store, sqlite3_exec(store->db, text, NULL, NULL, NULL));
}

static void bind_text(sqlite3_stmt *statement, int at, const char *text)
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
		note(store,
		     sqlite3_exec(store->db, "PRAGMA user_version", count_fact, &version, NULL));
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
	note(store, sqlite3_busy_timeout(store->db, BUSY_MS));
	/* Commands of its user, who has fewer rights than this process, can write it, too: nothing
	 * runs here by what its schema says. */
	note(store, sqlite3_db_config(store->db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL));
	note(store, sqlite3_db_config(store->db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL));
	store->version = version_of(store);
	if (store->version > SCHEMA) {
		(void)sqlite3_db_config(store->db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
		note(store, SQLITE_MISMATCH);
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
		note(store, SQLITE_MISMATCH);
	else
		note(store, sqlite3_open_v2(store->path, &store->db, flags, NULL));
	if (store->error == SQLITE_OK)
		set_up(store);
	if (store->error != SQLITE_OK)
		explain(store, ret_why);
	return errno_of(store->error);
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

/* ---- write ---- */

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
	return errno_of(store->error);
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

void store_event(struct store *store, const struct event *event, unsigned ring, const char *boot,
		 const char *json)
{
	sqlite3_stmt *statement = statement_of(store, PUT_EVENT);

	if (!statement)
		return;
	(void)sqlite3_bind_int64(statement, 1, event->real_ns);
	bind_text(statement, 2, boot);
	(void)sqlite3_bind_int(statement, 3, (int)ring);
	(void)sqlite3_bind_int64(statement, 4, (int64_t)event->seq);
	(void)sqlite3_bind_int(statement, 5, event->kind);
	(void)sqlite3_bind_int(statement, 6, event->level);
	bind_text(statement, 7, event->router[0] ? event->router : NULL);
	(void)sqlite3_bind_int(statement, 8, event->family);
	bind_text(statement, 9, json);
	run_statement(store, statement);
}

static void name_command(const struct delivery *delivery, char *buf, size_t size)
{
	const struct conf_notify *conf = delivery->conf;
	size_t len = 0;

	buf[0] = '\0';
	if (conf && conf->fifo[0])
		snprintf(buf, size, "%s", conf->fifo);
	for (unsigned i = 0; conf && conf->command && i < conf->command->argv_n && len < size; i++)
		len += (size_t)snprintf(buf + len, size - len, "%s%s", i ? " " : "",
					conf->command->argv[i].text);
}

void store_put(struct store *store, const struct delivery *delivery, const char *life,
	       int64_t due_real_ns)
{
	sqlite3_stmt *statement = statement_of(store, PUT_DELIVERY);
	char entry[24], command[512];

	if (!statement)
		return;
	snprintf(entry, sizeof(entry), "%016" PRIx64, delivery->entry);
	name_command(delivery, command, sizeof(command));
	(void)sqlite3_bind_int64(statement, 1, delivery->id);
	bind_text(statement, 2, entry);
	bind_text(statement, 3, command);
	bind_text(statement, 4, delivery->router);
	(void)sqlite3_bind_int(statement, 5, delivery->family);
	bind_text(statement, 6, conf_notify_words[delivery->word]);
	(void)sqlite3_bind_int(statement, 7, delivery->deliver);
	(void)sqlite3_bind_int(statement, 8, (int)delivery->life);
	(void)sqlite3_bind_int(statement, 9, (int)delivery->attempts);
	(void)sqlite3_bind_int(statement, 10, (int)delivery->merged);
	(void)sqlite3_bind_int64(statement, 11, delivery->since_ns);
	(void)sqlite3_bind_int64(statement, 12, due_real_ns);
	bind_text(statement, 13, delivery->error);
	bind_text(statement, 14, life);
	bind_text(statement, 15, delivery->message);
	(void)sqlite3_bind_int(statement, 16, delivery->of_group);
	run_statement(store, statement);
}

void store_remove(struct store *store, int64_t id)
{
	sqlite3_stmt *statement = statement_of(store, REMOVE_DELIVERY);

	if (!statement)
		return;
	(void)sqlite3_bind_int64(statement, 1, id);
	run_statement(store, statement);
}

void store_state(struct store *store, const struct store_state *state)
{
	sqlite3_stmt *statement = statement_of(store, PUT_STATE);

	if (!statement)
		return;
	bind_text(statement, 1, state->router);
	(void)sqlite3_bind_int(statement, 2, state->family);
	(void)sqlite3_bind_int(statement, 3, state->state);
	(void)sqlite3_bind_int(statement, 4, state->priority);
	bind_text(statement, 5, state->life);
	run_statement(store, statement);
}

void store_fact(struct store *store, const char *name, int64_t value)
{
	sqlite3_stmt *statement = statement_of(store, PUT_FACT);

	if (!statement)
		return;
	bind_text(statement, 1, name);
	(void)sqlite3_bind_int64(statement, 2, value);
	run_statement(store, statement);
}

int64_t store_fact_of(struct store *store, const char *name)
{
	sqlite3_stmt *statement = statement_of(store, GET_FACT);
	int64_t value = 0;
	int got;

	if (!statement)
		return 0;
	bind_text(statement, 1, name);
	got = sqlite3_step(statement);
	note(store, got);
	if (got == SQLITE_ROW)
		value = sqlite3_column_int64(statement, 0);
	(void)sqlite3_reset(statement);
	return value;
}

/* What cannot be read leaves it as it is. */
static void read_since(struct store *store, const char *entry, const char *boot, int64_t *since_ns)
{
	sqlite3_stmt *statement = statement_of(store, GET_ENTRY);
	int got;

	if (!statement)
		return;
	bind_text(statement, 1, entry);
	bind_text(statement, 2, boot);
	got = sqlite3_step(statement);
	note(store, got);
	if (store->error == SQLITE_OK)
		*since_ns = got == SQLITE_ROW ? sqlite3_column_int64(statement, 0) : 0;
	(void)sqlite3_reset(statement);
}

bool store_entry(struct store *store, uint64_t entry, const char *boot, int64_t *since_ns)
{
	sqlite3_stmt *statement = statement_of(store, PUT_ENTRY);
	char text[24];

	if (!statement)
		return false;
	snprintf(text, sizeof(text), "%016" PRIx64, entry);
	bind_text(statement, 1, text);
	bind_text(statement, 2, boot);
	(void)sqlite3_bind_int64(statement, 3, *since_ns);
	run_statement(store, statement);
	if (store->error == SQLITE_OK && sqlite3_changes(store->db))
		return true;
	read_since(store, text, boot, since_ns);
	return false;
}

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
	sqlite3_stmt *old = statement_of(store, PRUNE_OLD);
	sqlite3_stmt *many = statement_of(store, PRUNE_MANY);
	int n = 0;

	if (!old || !many)
		return false;
	(void)sqlite3_bind_int64(old, 1, before_real_ns);
	(void)sqlite3_bind_int(old, 2, PRUNE_MAX);
	run_statement(store, old);
	n = sqlite3_changes(store->db);
	(void)sqlite3_bind_int64(many, 1, STORE_EVENTS_MAX);
	(void)sqlite3_bind_int(many, 2, PRUNE_MAX);
	run_statement(store, many);
	if (sqlite3_changes(store->db) > n)
		n = sqlite3_changes(store->db);
	run_text(store, "PRAGMA incremental_vacuum(1000)");
	return n == PRUNE_MAX && store->error == SQLITE_OK;
}

/* ---- read ---- */

/* One query from its beginning to its end. */
static int each_row(struct store *store, const char *text,
		    void (*row)(sqlite3_stmt *statement, void *arg), void *arg)
{
	sqlite3_stmt *statement = NULL;
	int got = sqlite3_prepare_v2(store->db, text, -1, &statement, NULL);

	while (got == SQLITE_OK || got == SQLITE_ROW) {
		got = sqlite3_step(statement);
		if (got == SQLITE_ROW)
			row(statement, arg);
	}
	note(store, got);
	(void)sqlite3_finalize(statement);
	return errno_of(store->error);
}

static const char *text_of(sqlite3_stmt *statement, int column)
{
	const char *text = (const char *)sqlite3_column_text(statement, column);

	return text ? text : "";
}

struct deliveries {
	void (*each)(void *arg, struct delivery *delivery, const char *life);
	void *arg;
};

static unsigned word_of(const char *text)
{
	unsigned word = 0;

	while (word < CONF_NOTIFY_WORDS && strcmp(conf_notify_words[word], text) != 0)
		word++;
	return word;
}

static void take_delivery(sqlite3_stmt *row, void *arg)
{
	const struct deliveries *deliveries = arg;
	struct delivery *delivery = calloc(1, sizeof(*delivery));
	unsigned word = word_of(text_of(row, 4));

	if (!delivery)
		return;
	*delivery = (struct delivery){
		.id = sqlite3_column_int64(row, 0),
		.entry = strtoull(text_of(row, 1), NULL, 16),
		.family = (uint8_t)sqlite3_column_int(row, 3),
		.word = (uint8_t)word,
		.deliver = (uint8_t)sqlite3_column_int(row, 5),
		.life = (enum delivery_life)sqlite3_column_int(row, 6),
		.attempts = (unsigned)sqlite3_column_int(row, 7),
		.merged = (unsigned)sqlite3_column_int(row, 8),
		.since_ns = sqlite3_column_int64(row, 9),
		.message = strdup(text_of(row, 12)),
		.of_group = sqlite3_column_int(row, 13) != 0,
	};
	snprintf(delivery->router, sizeof(delivery->router), "%s", text_of(row, 2));
	snprintf(delivery->error, sizeof(delivery->error), "%s", text_of(row, 10));
	if (delivery->message && word < CONF_NOTIFY_WORDS && delivery->life <= DELIVERY_DEAD) {
		deliveries->each(deliveries->arg, delivery, text_of(row, 11));
		return;
	}
	free(delivery->message);
	free(delivery);
}

int store_each_delivery(struct store *store,
			void (*each)(void *arg, struct delivery *delivery, const char *life),
			void *arg)
{
	struct deliveries deliveries = { each, arg };

	return each_row(store,
			"SELECT id, entry, router, family, word, deliver, state, attempts, merged, "
			"since, error, life, message, of_group FROM deliveries ORDER BY id",
			take_delivery, &deliveries);
}

struct entries {
	struct store *store;
	bool (*is_there)(const void *arg, uint64_t entry);
	const void *arg;
};

static void take_entry(sqlite3_stmt *row, void *arg)
{
	const struct entries *entries = arg;
	const char *entry = text_of(row, 0);
	sqlite3_stmt *statement;

	if (entries->is_there(entries->arg, strtoull(entry, NULL, 16)))
		return;
	statement = statement_of(entries->store, REMOVE_ENTRY);
	if (!statement)
		return;
	(void)sqlite3_bind_text(statement, 1, entry, -1, SQLITE_TRANSIENT);
	run_statement(entries->store, statement);
}

void store_keep_entries(struct store *store, bool (*is_there)(const void *arg, uint64_t entry),
			const void *arg)
{
	struct entries entries = { store, is_there, arg };

	(void)each_row(store, "SELECT entry FROM entries ORDER BY entry", take_entry, &entries);
}

struct states {
	void (*each)(void *arg, const struct store_state *state);
	void *arg;
};

static void take_state(sqlite3_stmt *row, void *arg)
{
	const struct states *states = arg;
	struct store_state state = {
		.family = (uint8_t)sqlite3_column_int(row, 1),
		.state = (uint8_t)sqlite3_column_int(row, 2),
		.priority = (uint8_t)sqlite3_column_int(row, 3),
	};

	snprintf(state.router, sizeof(state.router), "%s", text_of(row, 0));
	snprintf(state.life, sizeof(state.life), "%s", text_of(row, 4));
	states->each(states->arg, &state);
}

int store_each_state(struct store *store, void (*each)(void *arg, const struct store_state *state),
		     void *arg)
{
	struct states states = { each, arg };

	return each_row(store, "SELECT router, family, state, priority, life FROM states",
			take_state, &states);
}
