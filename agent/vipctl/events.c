/* SPDX-License-Identifier: MIT */
#include "events.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "agent/events.h"
#include "client.h"
#include "complain.h"
#include "connection.h"
#include "printable.h"
#include "problems.h"

#define NS_PER_S INT64_C(1000000000)

#define PRINTABLE_MAX (4 * EVENT_LINE_SIZE) /* all bytes of it escaped */

static const struct timespec follow_gap = { .tv_nsec = 50000000 };

/* One ring, and the event of it that comes next. */
struct source {
	char path[EVENTS_PATH_SIZE];
	struct events *events; /* owned; NULL: there is none yet */
	ino_t inode;           /* of what is mapped: a larger ring may take its place */
	struct events_cursor cursor;
	bool has; /* @event was read and not printed */
	struct event event;
	uint64_t lost; /* before @event */
};

enum {
	SOURCE_KEEPER,
	SOURCE_ROUTER,
	SOURCES,
};

/* Map the ring, or the one that has taken its place. Return: 0 or -errno. */
static int open_source(struct source *source)
{
	int fd = open(source->path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	struct events *events;
	struct stat status;
	int err;

	if (fd < 0)
		return -errno;
	if (fstat(fd, &status) == 0 && source->events && status.st_ino == source->inode) {
		close(fd);
		return 0;
	}
	err = events_map(fd, false, &events);
	close(fd);
	if (err < 0)
		return err;
	/* Numbers go on in the larger ring; positions do not. */
	source->cursor.position = 0;
	events_close(source->events);
	source->events = events;
	source->inode = status.st_ino;
	return 0;
}

static void read_ahead(struct source *source)
{
	uint64_t wanted = source->cursor.seq;

	while (source->events && !source->has) {
		source->has =
			events_next(source->events, &source->cursor, &source->event, &source->lost);
		if (!source->has)
			return;
		if (source->event.seq < wanted)
			source->has = false; /* printed before, from the ring that was */
	}
}

static void print_event(const struct event *event, bool json)
{
	static const struct field time_field = FIELD(struct event, real_ns, "time", FIELD_TIME);
	static const char *const levels[] = { "error", "warning", "info" };
	char buf[EVENT_JSON_SIZE], when[FIELDS_TEXT_SIZE], line[PRINTABLE_MAX];

	if (json)
		puts(event_json(event, buf));
	else
		printf("%s %s: %s\n", fields_text(&time_field, event, when),
		       levels[event->level <= LOG_LEVEL_INFO ? event->level : LOG_LEVEL_INFO],
		       printable(event_line(event, buf), line, sizeof(line)));
}

static void print_lost(const struct source *source, bool json)
{
	struct event lost = event_loss(&source->event, source->lost);

	print_event(&lost, json);
}

/* All that is there, by time. Return: whether some were lost in between. */
static bool print_all(struct source *sources, bool json)
{
	bool overrun = false;

	for (;;) {
		struct source *first = NULL;

		for (unsigned i = 0; i < SOURCES; i++) {
			read_ahead(&sources[i]);
			if (sources[i].has &&
			    (!first || sources[i].event.mono_ns < first->event.mono_ns))
				first = &sources[i];
		}
		if (!first)
			return overrun;
		if (first->lost)
			print_lost(first, json);
		overrun |= first->lost != 0;
		print_event(&first->event, json);
		first->has = false;
	}
}

static int fail(const char *path, int err)
{
	return complain(NULL, "%s: %s%s", path, strerror(-err),
			err == -ENOENT   ? ": no vipd has run in this network namespace since the "
					   "host was started, or somebody has removed it: a reload "
					   "makes it again"
			: err == -EACCES ? ": reading the journal needs root"
					 : "");
}

/* ---- what a follower missed ---- */

/* As router/journal.c makes one, from what the control socket tells. */
static struct event state_event(const struct records_table *table, const void *record)
{
	char name[FIELDS_TEXT_SIZE], interface[FIELDS_TEXT_SIZE];
	const struct field *source = fields_find(table->fields, ".reason_source");
	unsigned reason = (uint8_t)client_number(table, record, "reason_code");
	struct event event = event_of(EVENT_STATE_NOW, client_text(table, record, "name", name),
				      client_text(table, record, "interface", interface),
				      (uint8_t)client_number(table, record, "family"));

	event.state = (struct event_state){
		.to = (uint8_t)client_number(table, record, "state"),
		.reason = (uint8_t)reason,
		.peer_priority = (uint8_t)client_number(table, record, ".reason_priority"),
		.priority = problems_own_priority(table, record),
		.reason_ns = client_number(table, record, ".reason_ns"),
	};
	if (source && source->type == FIELD_IP)
		memcpy(reason < VRRP_REASON_COUNT && vrrp_reason_is_of_peer(reason)
			       ? event.state.peer
			       : event.state.detail,
		       (const char *)record + source->offset, sizeof(event.state.peer));
	event.level = (uint8_t)event_level(&event);
	return event;
}

static const char *print_state(const struct records_table *table, const void *record, void *arg)
{
	const struct journal_options *options = arg;
	struct timespec now;
	struct event event;

	if (strcmp(table->name, "router") != 0)
		return NULL;
	event = state_event(table, record);
	clock_gettime(CLOCK_REALTIME, &now);
	event.real_ns = now.tv_sec * NS_PER_S + now.tv_nsec;
	print_event(&event, options->json);
	return NULL;
}

static int ask_states(int fd, const void *arg)
{
	struct journal_options options = *(const struct journal_options *)arg;
	const struct client_question question = { .command = "show",
						  .each = print_state,
						  .arg = &options };

	return client_ask(fd, &question);
}

/* Until somebody ends us. Without an answer the states stay unknown, which was told. */
static void follow(struct source *sources, const struct journal_options *options)
{
	bool overrun = print_all(sources, options->json);

	while (fflush(stdout) == 0) {
		if (overrun)
			(void)connection_converse(options->control, ask_states, options, NULL);
		(void)fflush(stdout);
		(void)nanosleep(&follow_gap, NULL);
		for (unsigned i = 0; i < SOURCES; i++)
			(void)open_source(&sources[i]);
		overrun = print_all(sources, options->json);
	}
}

int events_print(const struct journal_options *options)
{
	static const char *const names[SOURCES] = { "keeper", "router" };
	struct source *sources = calloc(SOURCES, sizeof(*sources));
	uint64_t overwritten = 0;
	int err = sources ? 0 : -ENOMEM, open_err = -ENOENT;

	for (unsigned i = 0; i < SOURCES && err == 0; i++) {
		err = events_path(names[i], sources[i].path);
		if (err == 0)
			open_err = open_source(&sources[i]);
		if (sources[i].events && !options->follow)
			(void)events_snapshot(sources[i].events);
		if (sources[i].events)
			overwritten += events_overwritten(sources[i].events);
	}
	if (err == 0 && !sources[SOURCE_KEEPER].events && !sources[SOURCE_ROUTER].events)
		err = open_err;
	if (err < 0) {
		(void)fail(sources ? sources[SOURCE_ROUTER].path : "the journal", err);
		free(sources);
		return EXIT_FAILURE;
	}
	if (overwritten)
		fprintf(stderr, "vipctl: %" PRIu64 " older events were overwritten\n", overwritten);
	if (options->follow)
		follow(sources, options);
	else
		(void)print_all(sources, options->json);
	for (unsigned i = 0; i < SOURCES; i++)
		events_close(sources[i].events);
	free(sources);
	return fflush(stdout) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
