/* SPDX-License-Identifier: MIT */
#include "history.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <time.h>

#include "agent/clocks.h"
#include "agent/conf/value.h"
#include "agent/fields.h"
#include "agent/log.h"
#include "complain.h"

#define NS_PER_S INT64_C(1000000000)

/* ---- from when, and how many ---- */

/* Return: whether it is a time. */
static bool parse_time(const char *text, int64_t *ret_real_ns)
{
	static const char *const formats[] = { "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M:%S",
					       "%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M", "%Y-%m-%d" };
	int64_t ago_ns;

	if (conf_duration_parse(text, &ago_ns)) {
		*ret_real_ns = clocks_now().real_ns - ago_ns;
		return true;
	}
	for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++) {
		struct tm utc = { 0 };
		const char *end = strptime(text, formats[i], &utc);

		if (!end || (*end && strcmp(end, "Z") != 0))
			continue;
		*ret_real_ns = timegm(&utc) * NS_PER_S;
		return true;
	}
	return false;
}

static bool parse_count(const char *text)
{
	char *end;

	return strtoll(text, &end, 10) > 0 && *end == '\0';
}

/* ---- print ---- */

/* The columns: time, level, json. */
static void print_json(sqlite3_stmt *row, void *arg)
{
	(void)arg;
	puts((const char *)sqlite3_column_text(row, 2));
}

static void print_line(sqlite3_stmt *row, void *arg)
{
	static const struct field time_field = { .name = "time",
						 .type = FIELD_TIME,
						 .size = sizeof(int64_t) };
	static const char *const levels[] = { "error", "warning", "info" };
	const char *json = (const char *)sqlite3_column_text(row, 2);
	json_t *event = json_loads(json ? json : "", 0, NULL);
	const char *text = json_string_value(json_object_get(event, "text"));
	int64_t real_ns = sqlite3_column_int64(row, 0);
	unsigned level = (unsigned)sqlite3_column_int(row, 1);
	char when[FIELDS_TEXT_SIZE];

	(void)arg;
	printf("%s %s: %s\n", fields_text(&time_field, &real_ns, when),
	       levels[level <= LOG_LEVEL_INFO ? level : LOG_LEVEL_INFO], text ? text : "?");
	json_decref(event);
}

int history(const struct history_options *options)
{
	static const char query[] =
		"SELECT time, level, json FROM (SELECT id, time, level, json FROM events "
		"WHERE time >= CAST(?1 AS INTEGER) AND (?2 = '' OR router = ?2) "
		"ORDER BY time DESC, id DESC LIMIT CAST(?3 AS INTEGER)) ORDER BY time, id";
	const char *count = options->count ? options->count : "-1";
	char since[32];
	int64_t since_ns = 0;
	sqlite3 *db;
	int status;

	if (options->since && !parse_time(options->since, &since_ns)) {
		complain(NULL,
			 "--since is a time like 2h, 3d, 2026-11-27 or 2026-11-27T04:05:06Z, "
			 "not \"%.40s\"",
			 options->since);
		return EX_USAGE;
	}
	if (options->count && !parse_count(options->count)) {
		complain(NULL, "-n is a number from 1 on, not \"%.40s\"", options->count);
		return EX_USAGE;
	}
	status = database_open(&options->place, &db);
	if (status)
		return status;
	snprintf(since, sizeof(since), "%" PRId64, since_ns);
	status = database_query(
		db, query,
		(const char *const[]){ since, options->router ? options->router : "", count }, 3,
		options->json ? print_json : print_line, NULL);
	(void)sqlite3_close(db);
	return status || fflush(stdout) != 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
