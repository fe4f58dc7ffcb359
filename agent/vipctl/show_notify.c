/* SPDX-License-Identifier: MIT */
#include "show_notify.h"

#include <inttypes.h>
#include <jansson.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/home_lock.h"
#include "ago.h"
#include "complain.h"
#include "table.h"

enum column {
	COLUMN_ID,
	COLUMN_IS,
	COLUMN_ABOUT,
	COLUMN_SINCE,
	COLUMN_TRIES,
	COLUMN_COMMAND,
	COLUMN_ERROR,
};

static const struct table_column columns[] = {
	[COLUMN_ID] = { "ID", SCOLS_FL_RIGHT },
	[COLUMN_IS] = { "IS", 0 },
	[COLUMN_ABOUT] = { "ABOUT", 0 },
	[COLUMN_SINCE] = { "FOR", SCOLS_FL_RIGHT },
	[COLUMN_TRIES] = { "TRIES", SCOLS_FL_RIGHT },
	[COLUMN_COMMAND] = { "COMMAND", SCOLS_FL_WRAP },
	[COLUMN_ERROR] = { "LAST ERROR", SCOLS_FL_WRAP },
};

/* As enum delivery_life of agent/notify/queue.h. */
static const char *const lives[] = { "waiting", "started", "dead" };

/* The columns of the query. */
enum {
	ROW_ID,
	ROW_LIFE,
	ROW_WORD,
	ROW_ROUTER,
	ROW_FAMILY,
	ROW_COMMAND,
	ROW_ATTEMPTS,
	ROW_MERGED,
	ROW_SINCE,
	ROW_ERROR,
	ROW_OF_GROUP,
};

struct printer {
	int stored;                    /* as of home_lock_look() */
	struct libscols_table *table;  /* owned; NULL: JSON */
	json_t *deliveries, *counters; /* owned; NULL: a table */
	unsigned n;
	bool failed; /* there was no memory */
};

static const char *text_of(sqlite3_stmt *row, int column)
{
	const char *text = (const char *)sqlite3_column_text(row, column);

	return text ? text : "";
}

static const char *life_of(sqlite3_stmt *row)
{
	unsigned life = (unsigned)sqlite3_column_int(row, ROW_LIFE);

	return life < sizeof(lives) / sizeof(lives[0]) ? lives[life] : "?";
}

static void add_object(struct printer *printer, sqlite3_stmt *row)
{
	json_t *object = json_pack(
		"{s:I, s:s, s:s, s:s, s:b, s:i, s:s, s:i, s:i, s:I, s:s}", "id",
		(json_int_t)sqlite3_column_int64(row, ROW_ID), "is", life_of(row), "on",
		text_of(row, ROW_WORD), "router", text_of(row, ROW_ROUTER), "of_group",
		sqlite3_column_int(row, ROW_OF_GROUP), "family",
		sqlite3_column_int(row, ROW_FAMILY), "command", text_of(row, ROW_COMMAND),
		"attempts", sqlite3_column_int(row, ROW_ATTEMPTS), "merged",
		sqlite3_column_int(row, ROW_MERGED), "since_ns",
		(json_int_t)sqlite3_column_int64(row, ROW_SINCE), "error", text_of(row, ROW_ERROR));

	printer->failed |= json_array_append_new(printer->deliveries, object) != 0;
}

static void add_line(struct printer *printer, sqlite3_stmt *row)
{
	struct libscols_line *line = scols_table_new_line(printer->table, NULL);
	char about[112], ago[32];
	bool of_group = sqlite3_column_int(row, ROW_OF_GROUP) != 0;
	const char *cells[sizeof(columns) / sizeof(columns[0])] = {
		[COLUMN_ID] = text_of(row, ROW_ID),
		[COLUMN_IS] = life_of(row),
		[COLUMN_ABOUT] = about,
		[COLUMN_TRIES] = text_of(row, ROW_ATTEMPTS),
		[COLUMN_COMMAND] = text_of(row, ROW_COMMAND),
		[COLUMN_ERROR] = text_of(row, ROW_ERROR)[0] ? text_of(row, ROW_ERROR) : "-",
	};

	snprintf(about, sizeof(about), "%s%s%s", text_of(row, ROW_WORD),
		 of_group                      ? " group "
		 : text_of(row, ROW_ROUTER)[0] ? " "
					       : "",
		 text_of(row, ROW_ROUTER));
	cells[COLUMN_SINCE] = ago_text(sqlite3_column_int64(row, ROW_SINCE), ago, sizeof(ago));
	for (size_t i = 0; line && i < sizeof(cells) / sizeof(cells[0]); i++)
		printer->failed |= scols_line_set_data(line, i, cells[i]) != 0;
	printer->failed |= !line;
}

static void take_delivery(sqlite3_stmt *row, void *arg)
{
	struct printer *printer = arg;

	printer->n++;
	if (printer->table)
		add_line(printer, row);
	else
		add_object(printer, row);
}

static void take_counter(sqlite3_stmt *row, void *arg)
{
	struct printer *printer = arg;

	if (printer->counters)
		json_object_set_new(printer->counters, text_of(row, 0),
				    json_integer(sqlite3_column_int64(row, 1)));
	else
		printf("%s%s %" PRId64, printer->n++ ? ", " : "", text_of(row, 0),
		       (int64_t)sqlite3_column_int64(row, 1));
}

static int print(sqlite3 *db, struct printer *printer)
{
	static const char deliveries[] =
		"SELECT id, state, word, router, family, command, attempts, merged, since, error, "
		"of_group FROM deliveries ORDER BY id";
	static const char counters[] =
		"SELECT name, value FROM facts WHERE name IN ('delivered', 'failed', 'merged', "
		"'superseded', 'dead', 'dropped') ORDER BY name";
	json_t *document;

	if (printer->table && printer->stored == 0)
		puts("nobody writes this down now: vipd-notifier does not run, or cannot write "
		     "there, as the log says then; this is as of its last word");
	if (printer->table && printer->stored < 0)
		printf("whether vipd-notifier runs, and writes this down, cannot be known without "
		       "the right to read the file \"lock\" beside it: %s\n",
		       strerror(-printer->stored));
	if (database_query(db, deliveries, NULL, 0, take_delivery, printer))
		return EXIT_FAILURE;
	if (printer->table && printer->n)
		(void)scols_print_table(printer->table);
	else if (printer->table)
		puts("nothing waits to be delivered");
	printer->n = 0;
	if (database_query(db, counters, NULL, 0, take_counter, printer))
		return EXIT_FAILURE;
	if (printer->table) {
		puts("");
		return printer->failed ? complain(NULL, "out of memory") : EXIT_SUCCESS;
	}
	document = json_pack("{s:o, s:O, s:O}", "stored",
			     printer->stored < 0 ? json_null() : json_boolean(printer->stored),
			     "deliveries", printer->deliveries, "counters", printer->counters);
	if (document && !printer->failed)
		(void)json_dumpf(document, stdout, JSON_INDENT(2));
	puts("");
	json_decref(document);
	return document && !printer->failed ? EXIT_SUCCESS : complain(NULL, "out of memory");
}

int show_notify(const struct show_notify_options *options)
{
	struct printer printer = { 0 };
	char directory[PATH_MAX];
	struct database_place place = { .directory = directory };
	sqlite3 *db;
	int status = database_find(&options->place, directory, NULL);

	if (status == 0)
		status = database_open(&place, &db);
	if (status)
		return status;
	printer.stored = home_lock_look(directory);
	if (options->json) {
		printer.deliveries = json_array();
		printer.counters = json_object();
	} else {
		printer.table = table_new(columns, sizeof(columns) / sizeof(columns[0]));
	}
	status = printer.table || (printer.deliveries && printer.counters)
			 ? print(db, &printer)
			 : complain(NULL, "out of memory");
	scols_unref_table(printer.table);
	json_decref(printer.deliveries);
	json_decref(printer.counters);
	(void)sqlite3_close(db);
	return status;
}
