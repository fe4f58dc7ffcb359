/* SPDX-License-Identifier: MIT */
#include "notify.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

#include "agent/events.h"
#include "client.h"
#include "complain.h"
#include "connection.h"

#define LOOKS 200

static const struct timespec look_gap = { .tv_nsec = 10000000 };

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

/* ---- the answer ---- */

/* The keeper's journal has what the notifier says. */
struct answers {
	struct events *events; /* owned; NULL: there is none that we may read */
	struct events_cursor cursor;
};

/* Return: whether there is another one. */
static bool next_answer(struct answers *answers, struct event *ret_event)
{
	uint64_t lost;

	while (answers->events && events_next(answers->events, &answers->cursor, ret_event, &lost))
		if (ret_event->kind == EVENT_NOTIFY)
			return true;
	return false;
}

static void open_answers(struct answers *answers)
{
	char path[EVENTS_PATH_SIZE];
	struct event event;
	int fd = -1;

	*answers = (struct answers){ 0 };
	if (events_path("keeper", path) == 0)
		fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0)
		return;
	if (events_map(fd, false, &answers->events) < 0)
		answers->events = NULL;
	close(fd);
	while (next_answer(answers, &event)) /* those were to others */
		;
}

/* Whether it is of that delivery, and an answer: not that it failed again meanwhile. */
static bool is_answer(const struct event *event, int64_t id)
{
	return event->fact.number[0] == id &&
	       (event->fact.word == EVENT_NOTIFY_RETRY || event->fact.word == EVENT_NOTIFY_DROP ||
		event->fact.word == EVENT_NOTIFY_UNKNOWN);
}

/* Return: an exit status. */
static int tell_answer(const struct event *event, int64_t id)
{
	if (!id) {
		printf("%" PRId64 " %s: %s\n", event->fact.number[1],
		       event->fact.number[1] == 1 ? "delivery" : "deliveries", event->fact.text);
		return EXIT_SUCCESS;
	}
	if (event->fact.word == EVENT_NOTIFY_UNKNOWN)
		return complain(NULL, "delivery %" PRId64 ": %s", id, event->fact.text);
	printf("%" PRId64 ": %s\n", id,
	       event->fact.word == EVENT_NOTIFY_RETRY ? "is tried again" : "is dropped");
	return EXIT_SUCCESS;
}

/* Return: an exit status. */
static int wait_for_answer(struct answers *answers, int64_t id)
{
	struct event event;

	for (unsigned i = 0; i < LOOKS && answers->events; i++) {
		while (next_answer(answers, &event))
			if (is_answer(&event, id))
				return tell_answer(&event, id);
		(void)nanosleep(&look_gap, NULL);
	}
	(void)complain(NULL, answers->events ? "vipd-notifier has not answered yet: it will do so "
					       "in the log"
					     : "vipd-notifier answers in the log, which this user "
					       "may not read");
	return EXIT_SUCCESS;
}

/* @ret_id: 0: all. Return: whether it is one. */
static bool parse_id(const char *word, int64_t *ret_id)
{
	char *end;

	*ret_id = 0;
	if (!word || strcmp(word, "all") == 0)
		return word;
	*ret_id = strtoll(word, &end, 10);
	return *ret_id > 0 && !*end;
}

int notify(const char *path, const struct notify_options *options)
{
	struct client_question question = { .each = take_record };
	struct answers answers;
	int64_t id;
	int status;

	if (options->what && strcmp(options->what, "retry") == 0)
		question.command = "notify-retry";
	else if (options->what && strcmp(options->what, "drop") == 0)
		question.command = "notify-drop";
	if (!question.command) {
		complain(NULL, "notify takes retry or drop, and the number of a delivery, or all");
		return EX_USAGE;
	}
	if (!parse_id(options->id, &id)) {
		complain(NULL,
			 "notify %s takes the number of a delivery, vipctl show --notify, or all",
			 options->what);
		return EX_USAGE;
	}
	question.word = options->id;
	open_answers(&answers);
	status = connection_converse(path, ask, &question, NULL);
	if (status == EXIT_SUCCESS)
		status = wait_for_answer(&answers, id);
	events_close(answers.events);
	return status;
}
