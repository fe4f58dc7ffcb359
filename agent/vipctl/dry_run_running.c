/* SPDX-License-Identifier: MIT */
#include "dry_run_running.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client.h"
#include "complain.h"
#include "namespace.h"

static int compare_names(const void *a, const void *b)
{
	return strcmp(a, b);
}

static const char *add_name(struct dry_run_names *names, const char *name)
{
	unsigned max = names->max ? names->max * 2 : 64;

	if (names->n == names->max) {
		void *grown = realloc(names->all, max * sizeof(*names->all));

		if (!grown)
			return "there is not enough memory for it";
		names->all = grown;
		names->max = max;
	}
	snprintf(names->all[names->n++], CONF_NAME_SIZE, "%s", name);
	return NULL;
}

/* Each once: a router of both families has two records. */
static void sort_names(struct dry_run_names *names)
{
	unsigned n = 0;

	if (names->n)
		qsort(names->all, names->n, sizeof(*names->all), compare_names);
	for (unsigned i = 0; i < names->n; i++)
		if (n == 0 || strcmp(names->all[n - 1], names->all[i]) != 0)
			memmove(names->all[n++], names->all[i], sizeof(*names->all));
	names->n = n;
}

int dry_run_find_name(const struct dry_run_names *names, const char *name)
{
	const char(*found)[CONF_NAME_SIZE] =
		names->n ? bsearch(name, names->all, names->n, sizeof(*names->all), compare_names)
			 : NULL;

	return found ? (int)(found - (const char(*)[CONF_NAME_SIZE])names->all) : -1;
}

bool dry_run_has_name(const struct dry_run_names *names, const char *name)
{
	return dry_run_find_name(names, name) >= 0;
}

static void take_path(struct dry_run_running *running, const struct records_table *table,
		      const void *record)
{
	const struct field *field = fields_find(table->fields, "path");

	if (field && field->type == FIELD_TEXT && field->size < sizeof(running->conf_path))
		memcpy(running->conf_path, (const char *)record + field->offset, field->size);
}

static const char *take_router(struct dry_run_running *running, const struct records_table *table,
			       const void *record)
{
	char state[FIELDS_TEXT_SIZE], code[FIELDS_TEXT_SIZE], name[FIELDS_TEXT_SIZE];
	const char *why = NULL;

	client_text(table, record, "state", state);
	client_text(table, record, "reason_code", code);
	client_text(table, record, "name", name);
	if (client_number(table, record, "drained"))
		why = add_name(&running->drained, name);
	if (why)
		return why;
	if (strcmp(state, "active") == 0)
		return add_name(&running->active, name);
	if (strcmp(state, "backup") == 0)
		return add_name(&running->backup, name);
	if (strcmp(state, "fault") == 0 && strncmp(code, "member", strlen("member")) != 0)
		return add_name(&running->faulty, name);
	return NULL;
}

static const char *take_key(struct dry_run_running *running, const struct records_table *table,
			    const void *record)
{
	void *grown = reallocarray(running->keys, running->keys_n + 1, sizeof(*running->keys));
	char text[FIELDS_TEXT_SIZE];
	struct dry_run_key *key;

	if (!grown)
		return "there is not enough memory for it";
	running->keys = grown;
	key = &running->keys[running->keys_n++];
	*key = (struct dry_run_key){ .number = (unsigned)client_number(table, record, "number") };
	strncpy(key->file, client_text(table, record, "file", text), sizeof(key->file) - 1);
	strncpy(key->print, client_text(table, record, "print", text), sizeof(key->print) - 1);
	return NULL;
}

static const char *take_record(const struct records_table *table, const void *record, void *arg)
{
	struct dry_run_running *running = arg;

	if (strcmp(table->name, "configuration") == 0)
		take_path(running, table, record);
	if (strcmp(table->name, "check") == 0)
		return dry_run_take_check(&running->facts, table, record);
	if (strcmp(table->name, "key") == 0)
		return take_key(running, table, record);
	if (strcmp(table->name, "router") == 0)
		return take_router(running, table, record);
	return NULL;
}

static int load_running(struct dry_run_running *running)
{
	struct conf_errors errors;
	char path[32];

	if (running->conf_fd < 0)
		return complain(NULL, "vipd sent no configuration");
	snprintf(path, sizeof(path), "/proc/self/fd/%d", running->conf_fd);
	if (conf_load(path, &running->conf, &errors) == 0)
		return EXIT_SUCCESS;
	conf_errors_print(&errors, stderr);
	return complain(NULL,
			"the configuration that runs is of another version of vipd: use the vipctl "
			"that came with it");
}

int dry_run_ask(int socket_fd, struct dry_run_running *running)
{
	const struct client_question question = { .command = "configuration",
						  .each = take_record,
						  .arg = running,
						  .ret_fd = &running->conf_fd };
	int status;

	*running = (struct dry_run_running){ .conf_fd = -1 };
	running->facts.sees_interfaces = namespace_of(socket_fd) == NAMESPACE_HERE;
	status = client_ask(socket_fd, &question);

	if (status != EXIT_SUCCESS)
		return status;
	sort_names(&running->active);
	sort_names(&running->faulty);
	sort_names(&running->backup);
	sort_names(&running->drained);
	dry_run_sort(&running->facts);
	return load_running(running);
}

void dry_run_running_free(struct dry_run_running *running)
{
	if (running->conf_fd >= 0)
		close(running->conf_fd);
	conf_free(running->conf);
	free(running->active.all);
	free(running->faulty.all);
	free(running->backup.all);
	free(running->drained.all);
	free(running->keys);
	dry_run_facts_free(&running->facts);
}
