/* SPDX-License-Identifier: MIT */
/*
 * The inside of the store, private to the files that share it: store.c has its life, transactions,
 * and numbers by name; store_rows.c, which calls it, what is kept in rows.
 */
#ifndef STORE_PRIVATE_H
#define STORE_PRIVATE_H

#include <sqlite3.h>
#include <stdbool.h>

#include "store.h"
#include "store_file.h"

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

struct store {
	sqlite3 *db; /* owned, as the statements */
	sqlite3_stmt *statements[STATEMENTS];
	bool within; /* a transaction */
	int error;   /* of SQLite; SQLITE_OK: it is not void */
	int version; /* that was found; 0: none */
	int log_pages;
	char path[STORE_PATH_SIZE];
};

/**
 * store_errno() - of an error of SQLite.
 *
 * Return: 0 or -errno; -EIO what has no errno.
 */
int store_errno(int error);

/**
 * store_note() - what a call of SQLite has returned; the first error makes the store void.
 */
void store_note(struct store *store, int error);

/**
 * store_statement() - prepared once.
 *
 * Return: borrowed, to be bound and run; NULL: the store is void.
 */
sqlite3_stmt *store_statement(struct store *store, enum statement which);

/**
 * store_run() - one that returns nothing.
 */
void store_run(struct store *store, sqlite3_stmt *statement);

/**
 * store_bind_text() - @text: borrowed until the statement was run; NULL: none.
 */
void store_bind_text(sqlite3_stmt *statement, int at, const char *text);

#endif
