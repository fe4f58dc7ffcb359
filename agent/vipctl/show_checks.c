/* SPDX-License-Identifier: MIT */
#include "show_checks.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ago.h"
#include "client.h"
#include "complain.h"
#include "printable.h"
#include "record_json.h"
#include "table.h"

#define OUTPUT_SIZE (8 << 10) /* more than any vipd keeps */

/* A check, and the output that has come of it. */
struct told {
	char name[FIELDS_TEXT_SIZE];
	size_t len;
	char output[OUTPUT_SIZE + 1]; /* ends with a zero */
};

struct printer {
	bool redraw;                  /* on a terminal that is cleared before */
	struct libscols_table *table; /* owned; NULL: JSON */
	json_t *checks;               /* owned; NULL: a table */
	const char *wanted;           /* borrowed: that check alone; NULL: all */
	bool skips;                   /* the last one is another */
	bool found;                   /* some was shown */
	struct told told;             /* the last one */
	char *outputs;                /* owned: behind the table */
	size_t outputs_len;
	FILE *outputs_file; /* owned: where they are made */
};

enum column {
	COLUMN_CHECK,
	COLUMN_KIND,
	COLUMN_VALUE,
	COLUMN_SINCE,
	COLUMN_ANSWERS,
	COLUMN_BAD,
	COLUMN_TOOK,
	COLUMN_ERROR,
};

static const struct table_column columns[] = {
	[COLUMN_CHECK] = { "CHECK", 0 },
	[COLUMN_KIND] = { "KIND", 0 },
	[COLUMN_VALUE] = { "IS", 0 },
	[COLUMN_SINCE] = { "FOR", SCOLS_FL_RIGHT },
	[COLUMN_ANSWERS] = { "ANSWERS", SCOLS_FL_RIGHT },
	[COLUMN_BAD] = { "BAD", SCOLS_FL_RIGHT },
	[COLUMN_TOOK] = { "TOOK", SCOLS_FL_RIGHT },
	[COLUMN_ERROR] = { "LAST ERROR", SCOLS_FL_WRAP },
};

/* ---- one check ---- */

static const char *took_text(const struct records_table *table, const void *record, char *buf,
			     size_t size)
{
	if (client_number(table, record, ".answered"))
		snprintf(buf, size, "%.1f ms", (double)client_number(table, record, "took") / 1e6);
	else
		snprintf(buf, size, "-");
	return buf;
}

static const char *since_text(const struct records_table *table, const void *record, char *buf,
			      size_t size)
{
	int64_t since_ns = client_number(table, record, "since");

	if (since_ns)
		return ago_text(since_ns, buf, size);
	snprintf(buf, size, "-");
	return buf;
}

/* A number that counts is shown with what it means. */
static const char *value_text(const struct records_table *table, const void *record, char *buf)
{
	size_t len = strlen(client_text(table, record, "value", buf));
	int64_t number = client_number(table, record, "number");

	if (number)
		len += (size_t)snprintf(buf + len, FIELDS_TEXT_SIZE - len, " (%d)", (int)number);
	if (client_number(table, record, "excused"))
		snprintf(buf + len, FIELDS_TEXT_SIZE - len, ", not asked");
	else if (client_number(table, record, "overdue"))
		snprintf(buf + len, FIELDS_TEXT_SIZE - len, ", no answer");
	return buf;
}

/* What is made of others is looked at whenever one of them changes: nobody answers, or takes time.
 */
static bool is_made_of_others(const struct records_table *table, const void *record)
{
	char kind[FIELDS_TEXT_SIZE];

	client_text(table, record, "kind", kind);
	return strcmp(kind, "all") == 0 || strcmp(kind, "any") == 0 ||
	       strcmp(kind, "at_least") == 0;
}

static void set_counts(struct libscols_line *line, const struct records_table *table,
		       const void *record)
{
	bool none = is_made_of_others(table, record);
	char text[FIELDS_TEXT_SIZE];

	scols_line_set_data(line, COLUMN_ANSWERS,
			    none ? "-" : client_text(table, record, "answers", text));
	scols_line_set_data(line, COLUMN_BAD, none ? "-" : client_text(table, record, "bad", text));
	scols_line_set_data(line, COLUMN_TOOK,
			    none ? "-" : took_text(table, record, text, sizeof(text)));
}

static const char *add_line(struct printer *printer, const struct records_table *table,
			    const void *record)
{
	struct libscols_line *line = scols_table_new_line(printer->table, NULL);
	char text[FIELDS_TEXT_SIZE];

	if (!line)
		return "there is not enough memory for it";
	scols_line_set_data(line, COLUMN_CHECK, client_text(table, record, "name", text));
	scols_line_set_data(line, COLUMN_KIND, client_text(table, record, "kind", text));
	scols_line_set_data(line, COLUMN_VALUE, value_text(table, record, text));
	scols_line_set_data(line, COLUMN_SINCE, since_text(table, record, text, sizeof(text)));
	set_counts(line, table, record);
	client_text(table, record, "error", text);
	scols_line_set_data(line, COLUMN_ERROR, text[0] ? text : "-");
	return NULL;
}

/* What a command wrote is anybody's: nothing of it may steer the terminal. */
static void write_output(struct printer *printer, struct told *told)
{
	bool begins = true;
	size_t len;

	told->output[told->len] = '\0';
	fprintf(printer->outputs_file, "\n%s has written:\n", told->name);
	for (size_t i = 0; i < told->len; i += len ? len : 1) {
		const char *at = told->output + i;

		if (begins)
			fputs("  ", printer->outputs_file);
		begins = *at == '\n';
		len = begins ? 1 : printable_len(at);
		fprintf(printer->outputs_file, "%.*s", len ? (int)len : 1, len ? at : "?");
	}
	if (!begins)
		fputc('\n', printer->outputs_file);
}

/* The check that is complete by now. */
static void finish_check(struct printer *printer)
{
	struct told *told = &printer->told;
	json_t *last;

	if (told->len == 0)
		return;
	if (!printer->checks) {
		write_output(printer, told);
	} else {
		last = json_array_get(printer->checks, json_array_size(printer->checks) - 1);
		record_json_set_text(last, "output", told->output, told->len);
	}
	told->len = 0;
}

static const char *take_check(struct printer *printer, const struct records_table *table,
			      const void *record)
{
	finish_check(printer);
	client_text(table, record, "name", printer->told.name);
	printer->skips = printer->wanted && strcmp(printer->wanted, printer->told.name) != 0;
	if (printer->skips)
		return NULL;
	printer->found = true;
	if (printer->table)
		return add_line(printer, table, record);
	return record_json_append(printer->checks, table, record);
}

static void take_output(struct printer *printer, const struct records_table *table,
			const void *record)
{
	struct told *told = &printer->told;
	char text[FIELDS_TEXT_SIZE];
	size_t len = strlen(client_text(table, record, "text", text));

	if (len > OUTPUT_SIZE - told->len)
		len = OUTPUT_SIZE - told->len;
	memcpy(told->output + told->len, text, len);
	told->len += len;
}

/* Kinds that are unknown are skipped. */
static const char *take_record(const struct records_table *table, const void *record, void *arg)
{
	struct printer *printer = arg;

	if (strcmp(table->name, "check") == 0)
		return take_check(printer, table, record);
	if (strcmp(table->name, "output") == 0 && !printer->skips)
		take_output(printer, table, record);
	return NULL;
}

/* Of an empty table nothing would be printed. */
static bool print_table(struct printer *printer)
{
	bool fine = fclose(printer->outputs_file) == 0;

	printer->outputs_file = NULL;
	if (scols_table_is_empty(printer->table))
		return puts("no checks are configured") >= 0;
	return fine && scols_print_table(printer->table) == 0 &&
	       fwrite(printer->outputs, 1, printer->outputs_len, stdout) == printer->outputs_len;
}

static const char *finish(void *arg)
{
	struct printer *printer = arg;
	bool fine;

	finish_check(printer);
	if (printer->wanted && !printer->found)
		return "there is no such check; vipctl show --checks shows all";
	if (printer->redraw)
		fputs("\033[H\033[J", stdout); /* ECMA-48: to the top, and clear what is below */
	if (printer->table)
		fine = print_table(printer);
	else
		fine = json_dumpf(printer->checks, stdout, JSON_INDENT(2)) == 0 && puts("") >= 0;
	return fine || ferror(stdout) ? NULL : "the answer cannot be printed";
}

static void printer_free(struct printer *printer)
{
	scols_unref_table(printer->table);
	json_decref(printer->checks);
	if (printer->outputs_file)
		fclose(printer->outputs_file);
	free(printer->outputs);
	free(printer);
}

int show_checks(int socket_fd, const struct show_options *options)
{
	struct printer *printer = calloc(1, sizeof(*printer));
	const struct client_question question = {
		.command = "checks", .each = take_record, .finish = finish, .arg = printer
	};
	int status;

	if (!printer)
		return complain(NULL, "out of memory");
	printer->redraw = options->redraw;
	printer->wanted = options->router;
	if (options->json)
		printer->checks = json_array();
	else
		printer->table = table_new(columns, sizeof(columns) / sizeof(columns[0]));
	printer->outputs_file = open_memstream(&printer->outputs, &printer->outputs_len);
	if (printer->outputs_file && (printer->checks || printer->table))
		status = client_ask(socket_fd, &question);
	else
		status = complain(NULL, "out of memory");
	printer_free(printer);
	return status;
}
