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
 * database_open() - the one of the vipd that runs; without one, that in the default directory.
 * @ret_db: owned by the caller, who passes it to sqlite3_close().
 *
 * Return: 0; 1: there is none that can be read, and why was told.
 */
int database_open(const struct database_place *place, sqlite3 **ret_db);

/**
 * database_query() - a query with parameters that are bound, from its beginning to its end.
 * @texts: @n of them, for "?1" and so on; NULL: none.
 * @row: called for each row.
 *
 * Return: 0; 1: it went wrong, and how was told.
 */
int database_query(sqlite3 *db, const char *text, const char *const *texts, int n,
		   void (*row)(sqlite3_stmt *row, void *arg), void *arg);

#endif
