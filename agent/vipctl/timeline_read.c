/* SPDX-License-Identifier: MIT */
#include "timeline_read.h"

#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "complain.h"
#include "database.h"
#include "moment.h"
#include "printable.h"

#define LINE_MAX_SIZE 65536 /* no event is nearly as long */
#define PAGE_ROWS     1000
#define FILE_NAME     "vipd.db"
#define ORDER_NS                                                                                   \
	INT64_C(1000000000) /* a clock that is slewed, or two writers, may go back so far */

/* Where an event comes from. */
struct reader {
	struct timeline_story *story;
	unsigned node;
	const char *path;
	uint64_t line;       /* from 1; of a database: the row */
	bool is_ordered;     /* as it happened, for sure */
	bool is_warned;      /* that it is of more than one node */
	bool is_out_of_time; /* that was told */
	int64_t before_ns;   /* when the event before was; 0: it is the first */
};

/* ---- one event ---- */

static const char *text_of(const json_t *object, const char *name)
{
	return json_string_value(json_object_get(object, name));
}

static enum timeline_level level_of(const char *word)
{
	if (word && strcmp(word, "error") == 0)
		return TIMELINE_ERROR;
	return word && strcmp(word, "warning") == 0 ? TIMELINE_WARNING : TIMELINE_INFO;
}

static bool is_priority(const json_t *number)
{
	return json_is_integer(number) && json_integer_value(number) >= 0 &&
	       json_integer_value(number) <= UINT8_MAX;
}

/* How many, how far, or by how much: what a kind counts. */
static void take_number(const json_t *object, struct timeline_event *event)
{
	const json_t *number =
		json_object_get(object, strcmp(event->kind, "clock") == 0 ? "ahead_s" : "adopted");
	const json_t *before = json_object_get(object, "priority_before"),
		     *after = json_object_get(object, "effective_priority");

	event->has_number = json_is_integer(number);
	event->number = json_integer_value(number);
	if (!is_priority(before) || !is_priority(after))
		return;
	event->has_number = true;
	event->number = json_integer_value(before) - json_integer_value(after);
}

static void warn_of_name(struct reader *reader, const struct timeline_event *event)
{
	const char *name = reader->story->nodes[reader->node].name;

	if (reader->is_warned || !event->node || !name[0] || strcmp(name, event->node) == 0)
		return;
	reader->is_warned = true;
	complain(NULL,
		 "%s:%" PRIu64 ": the node is called \"%.64s\" from here on, and was \"%s\": a "
		 "file is of one node",
		 reader->path, reader->line, event->node, name);
}

/* A clock that was set; or lines that were sorted otherwise, or put together. */
static void warn_of_order(struct reader *reader, const struct timeline_event *event)
{
	if (event->real_ns + ORDER_NS < reader->before_ns && !reader->is_out_of_time) {
		reader->is_out_of_time = true;
		complain(NULL,
			 "%s:%" PRIu64 ": an event of an earlier time than the one before it: the "
			 "clock was set back%s; when what was before it began is not told",
			 reader->path, reader->line,
			 reader->is_ordered ? "" : ", or the lines are not in order");
	}
	reader->before_ns = event->real_ns;
}

/* Return: an exit status, told. */
static int tell_error(const struct reader *reader, int err)
{
	if (err == -E2BIG)
		return complain(NULL,
				"%s:%" PRIu64 ": more than %d changes of state: give less of them, "
				"as vipctl history --since does",
				reader->path, reader->line, TIMELINE_SPANS_MAX);
	return complain(NULL, "%s", strerror(-err));
}

static int take_object(struct reader *reader, const json_t *object)
{
	struct timeline_event event = {
		.kind = text_of(object, "kind"),
		.router = text_of(object, "router"),
		.text = text_of(object, "text"),
		.from = text_of(object, "from"),
		.to = text_of(object, "to"),
		.reason = text_of(object, "reason"),
		.reason_code = text_of(object, "reason_code"),
		.node = text_of(object, "node"),
		.drain = text_of(object, "drain"),
		.family = (unsigned)json_integer_value(json_object_get(object, "family")),
		.vrid = (unsigned)json_integer_value(json_object_get(object, "vrid")),
		.level = level_of(text_of(object, "level")),
	};
	const char *time = text_of(object, "time");
	int err;

	if (!time || !moment_parse_date(time, &event.real_ns))
		return complain(NULL,
				"%s:%" PRIu64 ": the event has no time like "
				"2026-11-27T04:05:06.000000Z, but %.40s",
				reader->path, reader->line, time ? time : "none");
	if (event.real_ns > TIMELINE_NS_MAX)
		return complain(NULL, "%s:%" PRIu64 ": the event is of a time behind 2099: %.40s",
				reader->path, reader->line, time);
	if (!event.kind)
		event.kind = "";
	take_number(object, &event);
	warn_of_name(reader, &event);
	warn_of_order(reader, &event);
	err = timeline_story_add(reader->story, reader->node, &event);
	return err ? tell_error(reader, err) : EXIT_SUCCESS;
}

/* ---- lines ---- */

/* @is_part: of an event, as the last line of a file that is cut off. */
static int complain_line(const struct reader *reader, const char *why, bool is_part)
{
	char text[4 * JSON_ERROR_TEXT_LENGTH];

	if (!is_part)
		return complain(NULL,
				"%s:%" PRIu64 ": not an event as vipctl history --json or vipctl "
				"events --json has it: %s",
				reader->path, reader->line, printable(why, text, sizeof(text)));
	complain(NULL, "%s:%" PRIu64 ": the last line is cut off, and left out", reader->path,
		 reader->line);
	return EXIT_SUCCESS;
}

static int take_line(struct reader *reader, const char *line, size_t len, bool is_last)
{
	json_error_t error;
	json_t *object = json_loadb(line, len, 0, &error);
	int status;

	if (json_is_object(object))
		status = take_object(reader, object);
	else
		status = complain_line(reader, object ? "no object" : error.text,
				       is_last && !object && line[0] == '{');
	json_decref(object);
	return status;
}

/* @line: LINE_MAX_SIZE + 1 bytes. Return: its length, with the line end; 0: there is no more. */
static size_t read_line(FILE *file, char *line)
{
	size_t len = 0;
	int byte;

	while (len < LINE_MAX_SIZE && (byte = getc_unlocked(file)) != EOF) {
		line[len++] = (char)byte;
		if (byte == '\n')
			break;
	}
	line[len] = '\0';
	return len;
}

static int read_lines(struct reader *reader, FILE *file, char *line)
{
	int status = EXIT_SUCCESS;
	size_t len;

	while (status == EXIT_SUCCESS && (len = read_line(file, line)) > 0) {
		bool is_whole = line[len - 1] == '\n';

		reader->line++;
		if (len == LINE_MAX_SIZE && !is_whole)
			status = complain(NULL, "%s:%" PRIu64 ": a line of more than %d bytes",
					  reader->path, reader->line, LINE_MAX_SIZE - 1);
		else if (strspn(line, " \t\r\n") < len)
			status = take_line(reader, line, len, !is_whole);
	}
	if (status == EXIT_SUCCESS && ferror(file))
		status = complain(NULL, "%s: %s", reader->path, strerror(errno));
	return status;
}

/* ---- databases ---- */

/* In the order in which it was written down, which no clock that is set can change. */
struct page {
	int64_t after;         /* the id of what was taken */
	int64_t reached;       /* by this page */
	char *rows[PAGE_ROWS]; /* owned */
	unsigned n;
	bool failed;
};

static void free_rows(struct page *page)
{
	for (unsigned i = 0; i < page->n; i++)
		free(page->rows[i]);
	page->n = 0;
}

static void take_row(sqlite3_stmt *row, void *arg)
{
	struct page *page = arg;
	const char *json = (const char *)sqlite3_column_text(row, 1);

	page->reached = sqlite3_column_int64(row, 0);
	page->rows[page->n] = strdup(json ? json : "");
	page->failed |= !page->rows[page->n];
	page->n += page->rows[page->n] != NULL;
}

static int read_page(sqlite3 *db, void *arg, char *ret_why)
{
	static const char query[] = "SELECT id, json FROM events WHERE id > CAST(?1 AS INTEGER) "
				    "ORDER BY id LIMIT 1000"; /* PAGE_ROWS */
	struct page *page = arg;
	char id[24];
	const char *const texts[] = { id };

	free_rows(page);
	snprintf(id, sizeof(id), "%" PRId64, page->after);
	if (database_ask(db, query, texts, 1, take_row, page, ret_why))
		return EXIT_FAILURE;
	return page->failed ? complain(ret_why, "out of memory") : 0;
}

static int read_database(struct reader *reader, const char *path)
{
	struct page page = { .after = -1 };
	int status = EXIT_SUCCESS;

	reader->is_ordered = true;
	do {
		status = database_read_file(path, read_page, &page, NULL);
		/* Or it would have no end. */
		if (status == EXIT_SUCCESS && page.n && page.reached <= page.after)
			status = complain(NULL, "%s: its events have no order", path);
		for (unsigned i = 0; i < page.n && status == EXIT_SUCCESS; i++) {
			reader->line++;
			status = take_line(reader, page.rows[i], strlen(page.rows[i]), false);
		}
		page.after = page.reached;
	} while (status == EXIT_SUCCESS && page.n == PAGE_ROWS);
	free_rows(&page);
	return status;
}

/* ---- which of them ---- */

/* As all files of SQLite begin. The bytes stay to be read. */
static bool is_database(FILE *file)
{
	static const char magic[] = "SQLite format 3";
	struct stat status;
	char bytes[sizeof(magic)] = "";

	if (fstat(fileno(file), &status) < 0 || !S_ISREG(status.st_mode))
		return false;
	if (fread(bytes, 1, sizeof(bytes), file) == sizeof(bytes) &&
	    memcmp(bytes, magic, sizeof(magic)) == 0)
		return true;
	rewind(file);
	return false;
}

static int read_file(struct reader *reader)
{
	FILE *file = fopen(reader->path, "re");
	char *line = malloc(LINE_MAX_SIZE + 1);
	int status;

	if (!file || !line)
		status = complain(NULL, "%s: %s", reader->path, strerror(errno));
	else if (is_database(file))
		status = read_database(reader, reader->path);
	else
		status = read_lines(reader, file, line);
	if (file)
		fclose(file);
	free(line);
	return status;
}

int timeline_read(struct timeline_story *story, unsigned node, const char *path)
{
	struct reader reader = { .story = story, .node = node, .path = path };
	char inside[PATH_MAX];
	struct stat kind;
	int status;

	if (stat(path, &kind) == 0 && S_ISDIR(kind.st_mode)) {
		if (snprintf(inside, sizeof(inside), "%s/" FILE_NAME, path) >= PATH_MAX)
			return complain(NULL, "%s: %s", path, strerror(ENAMETOOLONG));
		status = read_database(&reader, inside);
	} else {
		status = read_file(&reader);
	}
	if (status == EXIT_SUCCESS && story->nodes[node].events_n == 0)
		complain(NULL, "%s: there is no event in it", path);
	return status;
}
