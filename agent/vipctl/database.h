/* SPDX-License-Identifier: MIT */
/*
 * The notifier's database (agent/notify/store.h), read as it is, also when no vipd runs: nothing is
 * ever changed or made there.
 */
#ifndef VIPCTL_DATABASE_H
#define VIPCTL_DATABASE_H

#include <sqlite3.h>

/* Where it is. */
struct database_place {
	const char *control;   /* the socket of the vipd that is asked for it */
	const char *directory; /* instead of asking; or NULL */
};

/**
 * database_find() - that of the vipd that runs; where nobody listens, that in the default
 * directory, which is said on standard error.
 * @ret_directory: PATH_MAX bytes.
 * @ret_why: as of complain().
 *
 * Return: 0; 1: there is none, and why was told.
 */
int database_find(const struct database_place *place, char *ret_directory, char *ret_why);

/**
 * database_open() - find it, for a question or two whose answers are read at once.
 * @ret_db: owned by the caller, who passes it to sqlite3_close().
 *
 * Return: 0; 1: there is none that can be read, and why was told on standard error.
 */
int database_open(const struct database_place *place, sqlite3 **ret_db);

/**
 * database_read() - let somebody read what is there at one moment, all of which he keeps before
 * anything is waited for: as long as he reads, the writer's log grows.
 * @read: called with a database; again, from the beginning, when it was changed meanwhile in a way
 *	that it could not see. Returns as this does.
 * @ret_why: as of complain(), also for @read.
 *
 * Return: 0; 1: it cannot be read, and why was told.
 */
int database_read(const char *directory, int (*read)(sqlite3 *db, void *arg, char *ret_why),
		  void *arg, char *ret_why);

/**
 * database_read_file() - likewise, one that lies somewhere, or a copy.
 */
int database_read_file(const char *path, int (*read)(sqlite3 *db, void *arg, char *ret_why),
		       void *arg, char *ret_why);

/**
 * database_ask() - a query with parameters that are bound, from its beginning to its end.
 * @texts: @n of them, for "?1" and so on; NULL: none.
 * @row: called for each row.
 * @ret_why: as of complain().
 *
 * Return: 0; 1: it went wrong, and how was told.
 */
int database_ask(sqlite3 *db, const char *text, const char *const *texts, int n,
		 void (*row)(sqlite3_stmt *row, void *arg), void *arg, char *ret_why);

/**
 * database_query() - likewise; what goes wrong is told on standard error.
 */
int database_query(sqlite3 *db, const char *text, const char *const *texts, int n,
		   void (*row)(sqlite3_stmt *row, void *arg), void *arg);

#endif
