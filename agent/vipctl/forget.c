/* SPDX-License-Identifier: MIT */
#include "forget.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client.h"
#include "complain.h"

#define JSON_SIZE 8192 /* of a record; later versions may have more fields */

struct forgetter {
	json_t *routers; /* owned; NULL: lines are printed */
};

/* What was forgotten by one that waits for an Active, or that there was nobody. */
static void print_backup(const struct records_table *table, const void *record, const char *name)
{
	double takeover_s = (double)client_scaled(table, record, "takeover_in_ms") / 1000;
	double interval_s = (double)client_scaled(table, record, "forgotten_interval_ms") / 1000;
	char address[FIELDS_TEXT_SIZE], priority[FIELDS_TEXT_SIZE];

	client_text(table, record, "forgotten_address", address);
	client_text(table, record, "forgotten_priority", priority);
	if (interval_s > 0)
		printf("%s: forgot %s, priority %s, interval %.2f s; takes over in %.3f s if it "
		       "hears nobody\n",
		       name, address, priority, interval_s, takeover_s);
	else
		printf("%s: nothing to forget: it has heard nobody; takes over in %.3f s if that "
		       "stays so\n",
		       name, takeover_s);
}

static void print_line(const struct records_table *table, const void *record)
{
	char name[FIELDS_TEXT_SIZE], state[FIELDS_TEXT_SIZE];

	client_text(table, record, "name", name);
	client_text(table, record, "state", state);
	if (strcmp(state, "backup") == 0)
		print_backup(table, record, name);
	else
		printf("%s: nothing to forget: its state is %s, so it waits for no Active\n", name,
		       state);
}

static void set_null(json_t *object, const char *key)
{
	json_object_set_new(object, key, json_null());
}

/* What there is none of is null. */
static const char *add_object(json_t *routers, const struct records_table *table,
			      const void *record)
{
	char json[JSON_SIZE] = "{";
	size_t len = fields_json(table->fields, record, json + 1, sizeof(json) - 2);
	json_t *object;
	const char *state;

	strcpy(json + 1 + len, "}");
	object = json_loads(json, 0, NULL);
	if (!object)
		return "it has a number that is too large for JSON";
	state = json_string_value(json_object_get(object, "state"));
	if (json_is_null(json_object_get(object, "forgotten_address"))) {
		set_null(object, "forgotten_priority");
		set_null(object, "forgotten_interval_ms");
	}
	if (!state || strcmp(state, "backup") != 0)
		set_null(object, "takeover_in_ms");
	json_array_append_new(routers, object);
	return NULL;
}

/* Kinds that are unknown are skipped. */
static const char *take_record(const struct records_table *table, const void *record, void *arg)
{
	struct forgetter *forgetter = arg;

	if (strcmp(table->name, "forgotten") != 0)
		return NULL;
	if (forgetter->routers)
		return add_object(forgetter->routers, table, record);
	print_line(table, record);
	return NULL;
}

static const char *finish(void *arg)
{
	struct forgetter *forgetter = arg;
	json_t *document;
	bool printed;

	if (!forgetter->routers)
		return NULL;
	document = json_object();
	json_object_set(document, "routers", forgetter->routers);
	printed = json_dumpf(document, stdout, JSON_INDENT(2)) == 0 && puts("") >= 0;
	json_decref(document);
	/* Of an output that takes nothing more its owner complains: agent/output.h. */
	return printed || ferror(stdout) ? NULL : "the answer cannot be printed";
}

int forget(int socket_fd, const struct forget_options *options)
{
	struct forgetter forgetter = { options->json ? json_array() : NULL };
	const struct client_question question = { .command = "forget",
						  .router = options->router,
						  .each = take_record,
						  .finish = finish,
						  .arg = &forgetter };
	int status;

	if (options->json && !forgetter.routers)
		return complain(NULL, "out of memory");
	status = client_ask(socket_fd, &question);
	json_decref(forgetter.routers);
	return status;
}
