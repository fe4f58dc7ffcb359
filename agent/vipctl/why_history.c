/* SPDX-License-Identifier: MIT */
#include "why_history.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "database.h"

#define LOOKED_AT_MAX "200" /* events of a router, to find its last states among them */

static void take_row(sqlite3_stmt *row, void *arg)
{
	const char *text = (const char *)sqlite3_column_text(row, 0);
	json_t *event = json_loads(text ? text : "", 0, NULL);
	const char *kind = json_string_value(json_object_get(event, "kind"));
	struct why_router *router = arg;

	if (kind && strcmp(kind, "state") == 0 &&
	    json_integer_value(json_object_get(event, "family")) == router->family &&
	    json_array_size(router->history) < WHY_STATES_MAX)
		(void)json_array_insert(router->history, 0, event);
	json_decref(event);
}

void why_history_read(struct why_facts *facts)
{
	static const char query[] = "SELECT json FROM events WHERE router = ?1 "
				    "ORDER BY id DESC LIMIT " LOOKED_AT_MAX;
	const struct database_place place = { .directory = facts->state_dir };
	sqlite3 *db = NULL;

	for (unsigned i = 0; i < facts->n && facts->state_dir[0]; i++) {
		struct why_router *router = &facts->routers[i];

		if (!facts->journal_read || !router->asked || router->journal.states_n)
			continue;
		if (!db && database_open(&place, &db))
			return;
		router->history = json_array();
		if (database_query(db, query, (const char *const[]){ router->name }, 1, take_row,
				   router))
			break;
	}
	(void)sqlite3_close(db);
}
