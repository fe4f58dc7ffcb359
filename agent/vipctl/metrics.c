/* SPDX-License-Identifier: MIT */
#include "metrics.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client.h"
#include "complain.h"
#include "connection.h"
#include "database.h"

struct reader {
	char node[FIELDS_TEXT_SIZE], version[FIELDS_TEXT_SIZE], state_dir[FIELDS_TEXT_SIZE];
	int figures_fd;               /* owned; -1: none */
	struct metrics_check *checks; /* owned; FIGURES_CHECKS_MAX */
	unsigned checks_n;
	char why[COMPLAIN_SIZE]; /* vipd cannot be asked */
};

/* ---- from vipd ---- */

static void take_check(struct reader *reader, const struct records_table *table, const void *record)
{
	if (reader->checks_n == FIGURES_CHECKS_MAX)
		return;
	reader->checks[reader->checks_n++] = (struct metrics_check){
		.answers = (uint64_t)client_number(table, record, "answers"),
		.bad = (uint64_t)client_number(table, record, "bad"),
		.timed_out = (uint64_t)client_number(table, record, "timed_out"),
		.took_ns = client_number(table, record, "took"),
		.answered_real_ns = client_number(table, record, ".answered"),
	};
}

static const char *take(const struct records_table *table, const void *record, void *arg)
{
	struct reader *reader = arg;

	if (strcmp(table->name, "host") == 0) {
		client_text(table, record, "node", reader->node);
		client_text(table, record, "version", reader->version);
		client_text(table, record, ".state_dir", reader->state_dir);
	} else if (strcmp(table->name, "check") == 0) {
		take_check(reader, table, record);
	}
	return NULL;
}

static int ask(int fd, const void *arg)
{
	/* Who is hung up on begins anew. */
	struct reader *reader = *(struct reader *const *)arg;
	const struct client_question question = { .command = "metrics",
						  .each = take,
						  .arg = reader,
						  .ret_why = reader->why,
						  .ret_fd = &reader->figures_fd };

	reader->checks_n = 0;
	return client_ask(fd, &question);
}

/* ---- from the database ---- */

static void take_life(sqlite3_stmt *row, void *arg)
{
	struct metrics_notify *notify = arg;
	uint64_t *const of[] = { &notify->waiting, &notify->running, &notify->dead };
	int life = sqlite3_column_int(row, 0);

	if (life >= 0 && (size_t)life < sizeof(of) / sizeof(of[0]))
		*of[life] = (uint64_t)sqlite3_column_int64(row, 1);
}

static void take_count(sqlite3_stmt *row, void *arg)
{
	struct metrics_notify *notify = arg;
	const struct {
		const char *name;
		uint64_t *count;
	} of[] = {
		{ "delivered", &notify->delivered }, { "failed", &notify->failed },
		{ "merged", &notify->merged },       { "superseded", &notify->superseded },
		{ "dead", &notify->died },           { "dropped", &notify->dropped },
	};
	const char *name = (const char *)sqlite3_column_text(row, 0);

	for (size_t i = 0; name && i < sizeof(of) / sizeof(of[0]); i++)
		if (strcmp(of[i].name, name) == 0)
			*of[i].count = (uint64_t)sqlite3_column_int64(row, 1);
}

static void read_notify(const char *directory, struct metrics_notify *ret_notify)
{
	const struct database_place place = { .directory = directory };
	struct metrics_notify notify = { .known = true };
	sqlite3 *db;

	if (database_open(&place, &db))
		return;
	if (!database_query(db, "SELECT state, count(*) FROM deliveries GROUP BY state", NULL, 0,
			    take_life, &notify) &&
	    !database_query(db, "SELECT name, value FROM facts", NULL, 0, take_count, &notify))
		*ret_notify = notify;
	(void)sqlite3_close(db);
}

/* ---- the page ---- */

static int print(struct reader *reader, enum metrics_names names)
{
	struct metrics metrics = { .node = reader->node,
				   .version = reader->version,
				   .checks = reader->checks,
				   .checks_n = reader->checks_n,
				   .now = clocks_now() };
	struct figures *figures = NULL;
	int err = reader->figures_fd < 0 ? 0 : figures_open(reader->figures_fd, NULL, &figures);

	if (err < 0)
		return complain(NULL, "%s",
				err == -EPROTO ? "vipd is of a version that measures otherwise: "
						 "vipctl reload"
					       : strerror(-err));
	metrics.figures = figures;
	if (reader->state_dir[0])
		read_notify(reader->state_dir, &metrics.notify);
	err = metrics_write(stdout, &metrics, names);
	figures_close(figures);
	return err < 0 ? complain(NULL, "%s", strerror(-err)) : EXIT_SUCCESS;
}

int metrics_print(const char *control, enum metrics_names names)
{
	struct reader reader = { .figures_fd = -1, .version = VIPD_VERSION };
	struct reader *const arg = &reader;
	int asked, printed;

	reader.checks = calloc(FIGURES_CHECKS_MAX, sizeof(*reader.checks));
	if (!reader.checks)
		return complain(NULL, "out of memory");
	asked = connection_converse(control, ask, &arg, reader.why);
	if (asked)
		complain(NULL, "%s", reader.why);
	printed = print(&reader, names);
	if (reader.figures_fd >= 0)
		close(reader.figures_fd);
	free(reader.checks);
	return asked ? asked : printed;
}
