/* SPDX-License-Identifier: MIT */
#include "notify.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "client.h"
#include "complain.h"
#include "connection.h"

static int ask(int fd, const void *arg)
{
	return client_ask(fd, arg);
}

static const char *take_record(const struct records_table *table, const void *record, void *arg)
{
	(void)table;
	(void)record;
	(void)arg;
	return NULL;
}

int notify(const char *path, const struct notify_options *options)
{
	struct client_question question = { .each = take_record };
	char *end;

	if (options->what && strcmp(options->what, "retry") == 0)
		question.command = "notify-retry";
	else if (options->what && strcmp(options->what, "drop") == 0)
		question.command = "notify-drop";
	if (!question.command) {
		complain(NULL, "notify takes retry or drop, and the number of a delivery");
		return EX_USAGE;
	}
	if (!options->id || strtoll(options->id, &end, 10) <= 0 || *end) {
		complain(NULL, "notify %s takes the number of a delivery: vipctl show --notify",
			 options->what);
		return EX_USAGE;
	}
	question.word = options->id;
	return connection_converse(path, ask, &question, NULL);
}
