/* SPDX-License-Identifier: MIT */
#include "show.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <time.h>

#include "ago.h"
#include "client.h"
#include "complain.h"
#include "problems.h"
#include "record_json.h"
#include "standby.h"
#include "table.h"

#define NS_PER_S          INT64_C(1000000000)
#define ADDRESS_TEXT_SIZE (FIELDS_TEXT_SIZE + 8)

/* The router whose addresses are coming. */
struct shown {
	bool any;
	const struct records_table *table; /* borrowed */
	char record[RECORDS_SIZE_MAX];
	unsigned addresses_n, missing_n;
	char first[ADDRESS_TEXT_SIZE];
	struct problems problems;
	json_t *addresses, *extra, *missing, *held; /* owned; arrays of strings, or NULL */
	json_t *routes, *rules, *missing_routes, *missing_rules; /* likewise */
	json_t *conflicts, *peers, *senders, *tracks; /* owned; arrays of objects, or NULL */
	json_t *places; /* owned; an object of the interfaces that addresses elsewhere are on */
};

/* Where the routers go, one after the other: a table or a document. */
struct printer {
	const char *(*add)(struct printer *printer);
	struct libscols_table *table; /* owned */
	json_t *host;                 /* owned; an object */
	json_t *routers, *checks;     /* owned */
	enum standby standby;
	bool stopping; /* it was told to */
	bool redraw;   /* on a terminal that is cleared before */
	struct shown shown;
};

/* ---- the table ---- */

enum column {
	COLUMN_ROUTER,
	COLUMN_INTERFACE,
	COLUMN_VRID,
	COLUMN_STATE,
	COLUMN_SINCE,
	COLUMN_PRIORITY,
	COLUMN_ACTIVE,
	COLUMN_TAKEOVER,
	COLUMN_HEARD,
	COLUMN_ADDRESSES,
	COLUMN_WARN,
	COLUMN_REASON,
};

static const struct table_column columns[] = {
	[COLUMN_ROUTER] = { "ROUTER", 0 },
	[COLUMN_INTERFACE] = { "INTERFACE", 0 },
	[COLUMN_VRID] = { "VRID", SCOLS_FL_RIGHT },
	[COLUMN_STATE] = { "STATE", 0 },
	[COLUMN_SINCE] = { "FOR", SCOLS_FL_RIGHT },
	[COLUMN_PRIORITY] = { "PRIO", SCOLS_FL_RIGHT },
	[COLUMN_ACTIVE] = { "ACTIVE IS", 0 },
	[COLUMN_TAKEOVER] = { "TAKEOVER IN", SCOLS_FL_RIGHT },
	[COLUMN_HEARD] = { "LAST HEARD", SCOLS_FL_RIGHT },
	[COLUMN_ADDRESSES] = { "ADDRESSES", SCOLS_FL_WRAP },
	[COLUMN_WARN] = { "WARN", SCOLS_FL_WRAP },
	[COLUMN_REASON] = { "REASON", SCOLS_FL_WRAP },
};

/* The first address and how many more; one that is missing on an Active is pointed at. */
static const char *addresses_text(const struct shown *shown, char *buf, size_t size)
{
	size_t len = (size_t)snprintf(buf, size, "%s", shown->addresses_n ? shown->first : "-");

	if (shown->addresses_n > 1)
		len += (size_t)snprintf(buf + len, size - len, " +%u", shown->addresses_n - 1);
	if (shown->missing_n)
		snprintf(buf + len, size - len, " (%u MISSING)", shown->missing_n);
	return buf;
}

/* Adverts come several times a second: "0.3 s". */
static const char *heard_text(int64_t heard_real_ns, char *buf, size_t size)
{
	struct timespec now;
	int64_t ago_ns;

	if (heard_real_ns == 0) {
		snprintf(buf, size, "-");
		return buf;
	}
	clock_gettime(CLOCK_REALTIME, &now);
	ago_ns = now.tv_sec * NS_PER_S + now.tv_nsec - heard_real_ns;
	if (ago_ns >= 10 * NS_PER_S)
		return ago_text(heard_real_ns, buf, size);
	snprintf(buf, size, "%.1f s", ago_ns > 0 ? (double)ago_ns / NS_PER_S : 0.0);
	return buf;
}

/* All that is wrong with the router, and what is wrong with the host. */
static const char *warn_text(const struct printer *printer, char *buf, size_t size)
{
	const struct problems *problems = &printer->shown.problems;
	const struct problem *of_host = standby_problem(printer->standby, printer->stopping);
	size_t len;

	problems_words(problems, buf, size);
	if (of_host && problems->n == 0)
		snprintf(buf, size, "%s", of_host->word);
	len = strlen(buf);
	if (of_host && problems->n)
		snprintf(buf + len, size - len, ",%s", of_host->word);
	return buf;
}

/* How long a Backup still waits; "-" where none does, or its vipd does not tell. */
static const char *takeover_text(const struct shown *shown, char *buf, size_t size)
{
	int64_t left_ms = client_scaled(shown->table, shown->record, "takeover_in_ms");
	char state[FIELDS_TEXT_SIZE];

	client_text(shown->table, shown->record, "state", state);
	if (strcmp(state, "backup") != 0 || !fields_find(shown->table->fields, "takeover_in_ms"))
		return "-";
	snprintf(buf, size, "%.1f s", (double)left_ms / 1000);
	return buf;
}

/* "90/150": the effective one of that which is configured, where they are not the same. */
static const char *priority_text(const struct shown *shown, char *buf, size_t size)
{
	int64_t configured = client_number(shown->table, shown->record, "priority");
	int64_t effective = client_number(shown->table, shown->record, "effective_priority");

	if (effective && effective != configured)
		snprintf(buf, size, "%d/%d", (int)effective, (int)configured);
	else
		snprintf(buf, size, "%d", (int)configured);
	return buf;
}

static const char *table_add(struct printer *printer)
{
	static const struct {
		enum column column;
		const char *name;
	} cells[] = {
		{ COLUMN_ROUTER, "name" },
		{ COLUMN_INTERFACE, "interface" },
		{ COLUMN_VRID, "vrid" },
		{ COLUMN_STATE, "state" },
		{ COLUMN_ACTIVE, "active_address" },
	};
	struct shown *shown = &printer->shown;
	struct libscols_line *line = scols_table_new_line(printer->table, NULL);
	char text[ADDRESS_TEXT_SIZE + 64];

	if (!line)
		return "there is not enough memory for it";
	for (size_t i = 0; i < sizeof(cells) / sizeof(cells[0]); i++)
		scols_line_set_data(line, cells[i].column,
				    client_text(shown->table, shown->record, cells[i].name, text));
	scols_line_set_data(
		line, COLUMN_SINCE,
		ago_text(client_number(shown->table, shown->record, "since"), text, sizeof(text)));
	scols_line_set_data(line, COLUMN_PRIORITY, priority_text(shown, text, sizeof(text)));
	scols_line_set_data(line, COLUMN_TAKEOVER, takeover_text(shown, text, sizeof(text)));
	scols_line_set_data(line, COLUMN_HEARD,
			    heard_text(client_number(shown->table, shown->record, ".heard"), text,
				       sizeof(text)));
	scols_line_set_data(line, COLUMN_WARN, warn_text(printer, text, sizeof(text)));
	scols_line_set_data(line, COLUMN_ADDRESSES, addresses_text(shown, text, sizeof(text)));
	scols_line_set_data(line, COLUMN_REASON,
			    problems_reason(shown->table, shown->record, text));
	return NULL;
}

/* ---- the document ---- */

static void add_addresses(struct shown *shown, json_t *object)
{
	json_object_set(object, "addresses", shown->addresses);
	json_object_set(object, "extra_addresses", shown->extra);
	json_object_set(object, "missing_addresses", shown->missing);
	json_object_set(object, "held_addresses", shown->held);
	json_object_set(object, "address_interfaces", shown->places);
	json_object_set(object, "conflicts", shown->conflicts);
	json_object_set(object, "peers", shown->peers);
	json_object_set(object, "rejected_sources", shown->senders);
	json_object_set(object, "tracks", shown->tracks);
	json_object_set(object, "routes", shown->routes);
	json_object_set(object, "rules", shown->rules);
	json_object_set(object, "missing_routes", shown->missing_routes);
	json_object_set(object, "missing_rules", shown->missing_rules);
}

/* As the fields of the record, which does not show it: a time that may not be there is null. */
static void add_time(const struct shown *shown, json_t *object, const char *from, const char *name)
{
	const struct field *field = fields_find(shown->table->fields, from);
	bool known = field && client_number(shown->table, shown->record, from);
	char text[FIELDS_TEXT_SIZE];

	if (field)
		json_object_set_new(object, name,
				    known ? json_string(fields_text(field, shown->record, text))
					  : json_null());
}

/* Likewise: a word that may not be there. */
static void add_word(const struct shown *shown, json_t *object, const char *from, const char *name)
{
	char text[FIELDS_TEXT_SIZE];

	if (!fields_find(shown->table->fields, from))
		return;
	client_text(shown->table, shown->record, from, text);
	json_object_set_new(object, name, text[0] ? json_string(text) : json_null());
}

/* A number that is none: nobody is known, or nothing is waited for. */
static void set_null(json_t *object, const char *key)
{
	if (json_object_get(object, key))
		json_object_set_new(object, key, json_null());
}

static void null_what_is_unknown(json_t *object)
{
	const char *state = json_string_value(json_object_get(object, "state"));

	if (json_is_null(json_object_get(object, "active_address"))) {
		set_null(object, "active_priority");
		set_null(object, "active_interval_ms");
	}
	if (!state || strcmp(state, "backup") != 0)
		set_null(object, "takeover_in_ms");
}

static json_t *warnings_json(const struct problems *problems)
{
	json_t *words = json_array();

	for (unsigned i = 0; i < problems->n; i++)
		if (problems_is_first(problems, i))
			json_array_append_new(words, json_string(problems->all[i].word));
	return words;
}

/* What is no field of its record has its place before one that is, or at the end. */
static const char *json_add(struct printer *printer)
{
	struct shown *shown = &printer->shown;
	json_t *fields = record_json(shown->table, shown->record);
	json_t *object, *value;
	char reason[FIELDS_TEXT_SIZE];
	const char *key;

	if (!fields)
		return "it has a number that is too large for JSON";
	object = json_object();
	problems_reason(shown->table, shown->record, reason);
	json_object_foreach(fields, key, value)
	{
		if (strcmp(key, "reason_code") == 0)
			json_object_set_new(object, "reason", json_string(reason));
		if (strcmp(key, "counters") == 0)
			add_addresses(shown, object);
		json_object_set(object, key, value);
	}
	if (!json_object_get(object, "reason"))
		json_object_set_new(object, "reason", json_string(reason));
	if (!json_object_get(object, "addresses"))
		add_addresses(shown, object);
	null_what_is_unknown(object);
	add_time(shown, object, ".heard", "last_heard");
	add_time(shown, object, ".drained_until", "drained_until");
	add_time(shown, object, ".drain_held_until", "drain_held_until");
	add_time(shown, object, ".leave_held_until", "leave_held_until");
	add_word(shown, object, ".leave_before", "leave_before");
	add_time(shown, object, ".damped_until", "damped_until");
	json_object_set_new(object, "warnings", warnings_json(&shown->problems));
	json_decref(fields);
	json_array_append_new(printer->routers, object);
	return NULL;
}

/* ---- records ---- */

static void forget_lists(struct shown *shown)
{
	json_decref(shown->addresses);
	json_decref(shown->extra);
	json_decref(shown->missing);
	json_decref(shown->held);
	json_decref(shown->conflicts);
	json_decref(shown->places);
	json_decref(shown->peers);
	json_decref(shown->senders);
	json_decref(shown->tracks);
	json_decref(shown->routes);
	json_decref(shown->rules);
	json_decref(shown->missing_routes);
	json_decref(shown->missing_rules);
	shown->routes = shown->rules = shown->missing_routes = shown->missing_rules = NULL;
	shown->addresses = shown->extra = shown->missing = shown->held = NULL;
	shown->conflicts = shown->peers = shown->senders = shown->tracks = shown->places = NULL;
}

/* The router that is complete by now. */
static const char *finish_router(struct printer *printer)
{
	struct shown *shown = &printer->shown;
	const char *why = shown->any ? printer->add(printer) : NULL;

	forget_lists(shown);
	shown->any = false;
	return why;
}

static const char *begin_router(struct printer *printer, const struct records_table *table,
				const void *record)
{
	const char *why = finish_router(printer);
	struct shown *shown = &printer->shown;

	if (why)
		return why;
	shown->any = true;
	shown->table = table;
	memcpy(shown->record, record, table->size);
	problems_begin(&shown->problems, table, record);
	shown->addresses_n = shown->missing_n = 0;
	shown->first[0] = '\0';
	if (printer->routers) {
		shown->addresses = json_array();
		shown->extra = json_array();
		shown->missing = json_array();
		shown->held = json_array();
		shown->conflicts = json_array();
		shown->places = json_object();
		shown->peers = json_array();
		shown->senders = json_array();
		shown->tracks = json_array();
		shown->routes = json_array();
		shown->rules = json_array();
		shown->missing_routes = json_array();
		shown->missing_rules = json_array();
	}
	return NULL;
}

static void add_address(struct shown *shown, const struct records_table *table, const void *record)
{
	bool missing = problems_address_is_missing(&shown->problems, table, record);
	char text[ADDRESS_TEXT_SIZE], ip[FIELDS_TEXT_SIZE], interface[FIELDS_TEXT_SIZE];

	snprintf(text, sizeof(text), "%s/%u", client_text(table, record, "address", ip),
		 (uint8_t)client_number(table, record, "prefix_len"));
	if (shown->addresses_n++ == 0)
		strcpy(shown->first, text);
	client_text(table, record, "interface", interface);
	if (interface[0])
		json_object_set_new(shown->places, text, json_string(interface));
	shown->missing_n += missing;
	problems_address(&shown->problems, table, record);
	json_array_append_new(client_number(table, record, "advertised") ? shown->addresses
									 : shown->extra,
			      json_string(text));
	if (missing)
		json_array_append_new(shown->missing, json_string(text));
	if (problems_address_is_held(&shown->problems, table, record))
		json_array_append_new(shown->held, json_string(text));
}

static void add_route(struct shown *shown, const struct records_table *table, const void *record)
{
	bool is_rule = client_number(table, record, "rule");
	char text[FIELDS_TEXT_SIZE];

	client_text(table, record, "text", text);
	problems_route(&shown->problems, table, record);
	json_array_append_new(is_rule ? shown->rules : shown->routes, json_string(text));
	if (problems_route_is_missing(&shown->problems, table, record))
		json_array_append_new(is_rule ? shown->missing_rules : shown->missing_routes,
				      json_string(text));
}

/* One of what a router has several of. */
static const char *add_listed(struct printer *printer, const struct records_table *table,
			      const void *record, json_t *list)
{
	return printer->routers ? record_json_append(list, table, record) : NULL;
}

static const char *take_listed(struct printer *printer, const struct records_table *table,
			       const void *record)
{
	struct shown *shown = &printer->shown;

	if (strcmp(table->name, "conflict") == 0) {
		problems_conflict(&shown->problems, table, record);
		return add_listed(printer, table, record, shown->conflicts);
	}
	if (strcmp(table->name, "peer") == 0) {
		problems_peer(&shown->problems, table, record);
		return add_listed(printer, table, record, shown->peers);
	}
	if (strcmp(table->name, "rejected_source") == 0)
		return add_listed(printer, table, record, shown->senders);
	if (strcmp(table->name, "track") == 0) {
		problems_track(&shown->problems, table, record);
		return add_listed(printer, table, record, shown->tracks);
	}
	return NULL;
}

/* What is known of all of it: also whether somebody goes on when the router process dies. */
static const char *take_host(struct printer *printer, const struct records_table *table,
			     const void *record)
{
	printer->stopping = client_number(table, record, ".stopping");
	if (!printer->routers || printer->host)
		return NULL;
	printer->host = record_json(table, record);
	if (!printer->host)
		return "it has a number that is too large for JSON";
	if (printer->standby != STANDBY_UNKNOWN)
		json_object_set_new(printer->host, "standby",
				    json_boolean(printer->standby == STANDBY_WAITS));
	return NULL;
}

/* Kinds that are unknown are skipped. */
static const char *take_record(const struct records_table *table, const void *record, void *arg)
{
	struct printer *printer = arg;

	if (strcmp(table->name, "router") == 0)
		return begin_router(printer, table, record);
	if (strcmp(table->name, "address") == 0 && printer->shown.any)
		add_address(&printer->shown, table, record);
	if (strcmp(table->name, "route") == 0 && printer->shown.any)
		add_route(&printer->shown, table, record);
	if (strcmp(table->name, "check") == 0)
		return add_listed(printer, table, record, printer->checks);
	if (strcmp(table->name, "host") == 0)
		return take_host(printer, table, record);
	return printer->shown.any ? take_listed(printer, table, record) : NULL;
}

static bool print_all(struct printer *printer)
{
	if (printer->redraw)
		fputs("\033[H\033[J", stdout); /* ECMA-48: to the top, and clear what is below */
	if (!printer->routers)
		return scols_print_table(printer->table) == 0;
	if (!printer->host)
		printer->host = json_object();
	json_object_set(printer->host, "routers", printer->routers);
	json_object_set(printer->host, "checks", printer->checks);
	return json_dumpf(printer->host, stdout, JSON_INDENT(2)) == 0 && puts("") >= 0;
}

static const char *finish(void *arg)
{
	const char *why = finish_router(arg);

	/* Of an output that takes nothing more its owner complains: agent/output.h. */
	if (!why && !print_all(arg) && !ferror(stdout))
		why = "the answer cannot be printed";
	return why;
}

int show(int socket_fd, const struct show_options *options)
{
	struct printer *printer = calloc(1, sizeof(*printer));
	const struct client_question question = { .command = "show",
						  .router = options->router,
						  .each = take_record,
						  .finish = finish,
						  .arg = printer };
	int status;

	if (!printer)
		return complain(NULL, "out of memory");
	printer->standby = standby_look(socket_fd, false);
	printer->redraw = options->redraw;
	printer->add = options->json ? json_add : table_add;
	if (options->json) {
		printer->routers = json_array();
		printer->checks = json_array();
	} else {
		printer->table = table_new(columns, sizeof(columns) / sizeof(columns[0]));
	}
	if (printer->routers || printer->table)
		status = client_ask(socket_fd, &question);
	else
		status = complain(NULL, "out of memory");
	scols_unref_table(printer->table);
	json_decref(printer->host);
	json_decref(printer->routers);
	json_decref(printer->checks);
	forget_lists(&printer->shown);
	free(printer);
	return status;
}
