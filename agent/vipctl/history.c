/* SPDX-License-Identifier: MIT */
#include "history.h"

#include <ctype.h>
#include <inttypes.h>
#include <jansson.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "agent/event.h"
#include "agent/fields.h"
#include "agent/log.h"
#include "client.h"
#include "complain.h"
#include "connection.h"
#include "moment.h"
#include "printable.h"

#define COUNT_MAX 1000000 /* no more are kept */
#define PAGE_ROWS 1000
#define TEXT_MAX  (4 * EVENT_LINE_SIZE) /* of a line whose bytes are all escaped */

/* ---- from when, and how many ---- */

static bool parse_count(const char *text, unsigned *ret)
{
	char *end;
	unsigned long count = strtoul(text, &end, 10);

	*ret = (unsigned)count;
	return isdigit((unsigned char)text[0]) && !*end && count > 0 && count <= COUNT_MAX;
}

/* ---- whose ---- */

/* Of a router that is among the names of an array in JSON; an empty one is of all, and the host. */
#define IS_OF(names)                                                                               \
	"(json_array_length(" names ") = 0 OR router IN (SELECT value FROM json_each(" names ")))"

static const char *take_router(const struct records_table *table, const void *record, void *arg)
{
	char name[FIELDS_TEXT_SIZE];

	if (strcmp(table->name, "router") == 0)
		json_array_append_new(arg, json_string(client_text(table, record, "name", name)));
	return NULL;
}

struct asking {
	const char *name;
	json_t *names;
	char why[COMPLAIN_SIZE];
};

static int ask_routers(int fd, const void *arg)
{
	struct asking *asking = *(struct asking *const *)arg;
	const struct client_question question = { .command = "show",
						  .router = asking->name,
						  .each = take_router,
						  .arg = asking->names,
						  .ret_why = asking->why };

	return client_ask(fd, &question);
}

/* One that is named, and those of a group of that name: a vipd that runs here knows them, and of
 * the database of another host it knows nothing. Return: owned by the caller; NULL: no memory. */
static char *names_of(const struct history_options *options)
{
	struct asking asking = { options->router, json_array(), "" }, *const arg = &asking;
	char *text;

	if (options->router)
		json_array_append_new(asking.names, json_string(options->router));
	if (options->router && !options->place.directory)
		(void)connection_converse(options->place.control, ask_routers, &arg, asking.why);
	text = json_dumps(asking.names, JSON_COMPACT);
	json_decref(asking.names);
	return text;
}

/* ---- pages ---- */

struct row {
	int64_t real_ns;
	unsigned level;
	char *json; /* owned */
};

/* What is read at a time, so that no reader keeps the writer's log from its end, however slowly
 * somebody takes in what is printed. */
struct pages {
	const struct history_options *options;
	char *routers; /* owned; whose events: an array of names in JSON, empty: of all */
	char since[24], offset[16];
	bool any; /* the next two are known */
	/* Numbers of events, as they were told: by the clock, which is set, they have no order. */
	char after[24], last[24]; /* of those that were printed; of those that there were */
	char reached[24];         /* by this page */
	struct row rows[PAGE_ROWS];
	unsigned n;
	bool failed; /* there was no memory */
};

static void free_rows(struct pages *pages)
{
	for (unsigned i = 0; i < pages->n; i++)
		free(pages->rows[i].json);
	pages->n = 0;
}

static void set_id(char *id, int64_t number)
{
	snprintf(id, sizeof(((struct pages *)NULL)->after), "%" PRId64, number);
}

static void take_last(sqlite3_stmt *row, void *arg)
{
	struct pages *pages = arg;

	set_id(pages->last, sqlite3_column_int64(row, 0));
	pages->any = true;
}

/* The one before it is the last that is not printed. */
static void take_first(sqlite3_stmt *row, void *arg)
{
	struct pages *pages = arg;

	set_id(pages->after, sqlite3_column_int64(row, 0) - 1);
}

/* From where to where: what comes meanwhile is not waited for. The plus keeps the index of times
 * out, by which all that were found would have to be sorted. */
static int find_bounds(sqlite3 *db, struct pages *pages, char *ret_why)
{
	static const char by_number[] = "SELECT id FROM events WHERE +time >= CAST(?1 AS INTEGER) "
					"AND " IS_OF("?2") " ORDER BY id DESC "
							   "LIMIT 1 OFFSET CAST(?3 AS INTEGER)";
	static const char by_time[] = "SELECT min(id) FROM events WHERE time >= CAST(?1 AS "
				      "INTEGER)";
	const char *const last[] = { pages->since, pages->routers, "0" };
	const char *const first[] = { pages->since, pages->routers, pages->offset };

	pages->any = false;
	strcpy(pages->after, "-1");
	if (database_ask(db, by_number, last, 3, take_last, pages, ret_why))
		return EXIT_FAILURE;
	if (!pages->any)
		return 0;
	if (database_ask(db, by_time, first, 1, take_first, pages, ret_why))
		return EXIT_FAILURE;
	if (!pages->offset[0])
		return 0;
	return database_ask(db, by_number, first, 3, take_first, pages, ret_why);
}

static void take_row(sqlite3_stmt *row, void *arg)
{
	struct pages *pages = arg;
	const char *json = (const char *)sqlite3_column_text(row, 3);
	struct row *to = &pages->rows[pages->n];

	set_id(pages->reached, sqlite3_column_int64(row, 1));
	to->real_ns = sqlite3_column_int64(row, 0);
	to->level = (unsigned)sqlite3_column_int(row, 2);
	to->json = strdup(json ? json : "");
	pages->failed |= !to->json;
	pages->n += to->json != NULL;
}

static int read_page(sqlite3 *db, void *arg, char *ret_why)
{
	static const char query[] =
		"SELECT time, id, level, json FROM events WHERE id > CAST(?1 AS INTEGER) AND "
		"id <= CAST(?2 AS INTEGER) AND +time >= CAST(?3 AS INTEGER) AND " IS_OF(
			"?4") " ORDER BY id LIMIT CAST(?5 AS INTEGER)";
	struct pages *pages = arg;
	char limit[16];
	const char *const texts[] = { pages->after, pages->last, pages->since, pages->routers,
				      limit };

	free_rows(pages);
	snprintf(limit, sizeof(limit), "%d", PAGE_ROWS);
	if (!pages->last[0] && find_bounds(db, pages, ret_why))
		return EXIT_FAILURE;
	if (!pages->any)
		return 0;
	if (database_ask(db, query, texts, 5, take_row, pages, ret_why))
		return EXIT_FAILURE;
	return pages->failed ? complain(ret_why, "out of memory") : 0;
}

/* ---- a router that is not there ---- */

struct names {
	char text[COMPLAIN_SIZE / 2];
	size_t len;
};

static void take_name(sqlite3_stmt *row, void *arg)
{
	struct names *names = arg;
	const char *name = (const char *)sqlite3_column_text(row, 0);
	size_t room = sizeof(names->text) - names->len;
	char text[EVENT_NAME_SIZE * 4];
	int len = snprintf(names->text + names->len, room, "%s%s", names->len ? ", " : "",
			   printable(name ? name : "?", text, sizeof(text)));

	if ((size_t)len < room)
		names->len += (size_t)len;
	else
		names->text[names->len] = '\0';
}

static int read_names(sqlite3 *db, void *arg, char *ret_why)
{
	struct names *names = arg;

	*names = (struct names){ 0 };
	return database_ask(db,
			    "SELECT DISTINCT router FROM events WHERE router IS NOT NULL ORDER BY "
			    "router LIMIT 100",
			    NULL, 0, take_name, names, ret_why);
}

static void take_any(sqlite3_stmt *row, void *arg)
{
	(void)row;
	*(bool *)arg = true;
}

struct search {
	const char *routers;
	bool found;
};

static int read_any(sqlite3 *db, void *arg, char *ret_why)
{
	struct search *search = arg;

	search->found = false;
	return database_ask(db, "SELECT 1 FROM events WHERE " IS_OF("?1") " LIMIT 1",
			    &search->routers, 1, take_any, &search->found, ret_why);
}

/* Nothing of it was found: it has been quiet, or there was never one of that name. */
static int explain_nothing(const char *directory, const struct pages *pages)
{
	const char *router = pages->options->router;
	struct search search = { .routers = pages->routers };
	struct names names;

	if (!router)
		return EXIT_SUCCESS;
	if (database_read(directory, read_any, &search, NULL))
		return EXIT_FAILURE;
	if (search.found)
		return EXIT_SUCCESS;
	if (database_read(directory, read_names, &names, NULL))
		return EXIT_FAILURE;
	return complain(NULL, "nothing is known of a router \"%.64s\"; there is something of: %s",
			router, names.len ? names.text : "none");
}

/* ---- print ---- */

static void print_line(const struct row *row)
{
	static const struct field time_field = { .name = "time",
						 .type = FIELD_TIME,
						 .size = sizeof(int64_t) };
	static const char *const levels[] = { "error", "warning", "info" };
	json_t *event = json_loads(row->json, 0, NULL);
	const char *text = json_string_value(json_object_get(event, "text"));
	char when[FIELDS_TEXT_SIZE], line[TEXT_MAX];

	printf("%s %s: %s\n", fields_text(&time_field, &row->real_ns, when),
	       levels[row->level <= LOG_LEVEL_INFO ? row->level : LOG_LEVEL_INFO],
	       printable(text ? text : "?", line, sizeof(line)));
	json_decref(event);
}

static void print_json(const struct row *row)
{
	printable_json(row->json, stdout);
	putchar('\n');
}

/* Return: whether somebody still takes it in. */
static bool print_page(const struct pages *pages)
{
	for (unsigned i = 0; i < pages->n; i++) {
		if (pages->options->json)
			print_json(&pages->rows[i]);
		else
			print_line(&pages->rows[i]);
	}
	return !ferror(stdout);
}

static int print_all(const char *directory, struct pages *pages)
{
	bool any = false;

	do {
		if (database_read(directory, read_page, pages, NULL))
			return EXIT_FAILURE;
		any |= pages->n > 0;
		strcpy(pages->after, pages->reached);
		if (!print_page(pages))
			return EXIT_FAILURE;
	} while (pages->n == PAGE_ROWS);
	if (fflush(stdout) != 0)
		return EXIT_FAILURE;
	return any ? EXIT_SUCCESS : explain_nothing(directory, pages);
}

/* Return: EX_OK, or EX_USAGE, told. */
static int parse(const struct history_options *options, struct pages *pages)
{
	int64_t since_ns = 0;
	unsigned count = 0;

	if (options->since && !moment_parse(options->since, &since_ns)) {
		complain(NULL, "--since is " MOMENT_FORMS ", not \"%.40s\"", options->since);
		return EX_USAGE;
	}
	if (options->count && !parse_count(options->count, &count)) {
		complain(NULL, "-n is a number from 1 to %d, not \"%.40s\"", COUNT_MAX,
			 options->count);
		return EX_USAGE;
	}
	snprintf(pages->since, sizeof(pages->since), "%" PRId64, since_ns);
	if (options->count)
		snprintf(pages->offset, sizeof(pages->offset), "%u", count - 1);
	return EX_OK;
}

int history(const struct history_options *options)
{
	struct pages *pages = calloc(1, sizeof(*pages));
	char directory[PATH_MAX];
	int status;

	if (!pages)
		return complain(NULL, "out of memory");
	pages->options = options;
	status = parse(options, pages);
	if (status == EX_OK) {
		pages->routers = names_of(options);
		status = pages->routers ? EX_OK : complain(NULL, "out of memory");
	}
	if (status == EX_OK)
		status = database_find(&options->place, directory, NULL);
	if (status == 0)
		status = print_all(directory, pages);
	free_rows(pages);
	free(pages->routers);
	free(pages);
	return status;
}
