/* SPDX-License-Identifier: MIT */
#include "tell.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

struct teller {
	struct events *events; /* owned; NULL: there is not even memory */
	struct event_log *log; /* owned */
	bool in_memory;        /* no file has the events */
	bool defers;           /* the log waits for tell_log() */
	int news_fd;           /* borrowed; -1: none */
};

struct teller *tell_new(void)
{
	struct teller *teller = calloc(1, sizeof(*teller));

	if (!teller)
		return NULL;
	teller->news_fd = -1;
	teller->log = event_log_new();
	if (teller->log)
		return teller;
	free(teller);
	return NULL;
}

void tell_open_journal(struct teller *teller)
{
	char path[EVENTS_PATH_SIZE];
	int err = events_path("keeper", path);

	if (err == 0)
		err = events_create(path, 0, &teller->events);
	if (err == 0)
		return;
	teller->in_memory = events_create(NULL, 0, &teller->events) == 0;
	tell_failure(teller, EVENT_DEGRADED, -err, "making the journal in /run/vipd",
		     "it is in memory, and ends with vipd");
}

void tell_go_on(struct teller *teller, int fd)
{
	if (fd >= 0 && events_take(fd, &teller->events) == 0) {
		teller->in_memory = true;
		return;
	}
	if (fd >= 0)
		close(fd);
	tell_open_journal(teller);
}

int tell_journal_fd(const struct teller *teller)
{
	return teller->events ? events_fd(teller->events) : -1;
}

void tell_wake(struct teller *teller, int news_fd)
{
	teller->news_fd = news_fd;
}

int tell_memory_fd(const struct teller *teller)
{
	return teller->in_memory ? events_fd(teller->events) : -1;
}

void tell_close(struct teller *teller)
{
	if (!teller)
		return;
	events_close(teller->events);
	event_log_free(teller->log);
	free(teller);
}

void tell_defer(struct teller *teller)
{
	teller->defers = true;
}

static void tell_up_to(struct teller *teller, int64_t now_ns)
{
	(void)event_log_tell(teller->log, teller->events, now_ns, UINT_MAX);
}

void tell_log(struct teller *teller)
{
	teller->defers = false;
	if (teller->events)
		tell_up_to(teller, clocks_now().mono_ns);
}

void tell(struct teller *teller, const struct event *event)
{
	struct clocks now = clocks_now();
	char line[EVENT_LINE_SIZE];

	if (!teller->events) {
		log_line(event_level(event), now.real_ns, event_line(event, line));
		return;
	}
	events_put(teller->events, &now, event);
	if (teller->news_fd >= 0)
		(void)eventfd_write(teller->news_fd, 1);
	if (!teller->defers)
		tell_up_to(teller, now.mono_ns);
}

void tell_fact(struct teller *teller, enum event_kind kind, int error, const char *text)
{
	struct event event = event_fact(kind, error, text);

	tell(teller, &event);
}

void tell_process(struct teller *teller, enum event_kind kind, int pid, const char *text,
		  unsigned word)
{
	struct event event = event_fact(kind, 0, text);

	event.fact.number[0] = pid;
	event.fact.word = (uint8_t)word;
	tell(teller, &event);
}

void tell_failure(struct teller *teller, enum event_kind kind, int error, const char *doing,
		  const char *advice)
{
	struct event event = event_fact(kind, error, doing);

	snprintf(event.fact.name, sizeof(event.fact.name), "%s", advice ? advice : "");
	tell(teller, &event);
}

void tell_signal(struct teller *teller, unsigned number, unsigned from_pid, enum event_signal what)
{
	struct event event = event_fact(EVENT_SIGNAL, 0, NULL);

	event.fact.number[0] = number;
	event.fact.number[1] = from_pid;
	event.fact.word = (uint8_t)what;
	tell(teller, &event);
}

void tell_legacy(void)
{
	struct event_log *log = event_log_new(); /* that of the keeper reads its own events */
	struct events *events;
	char path[EVENTS_PATH_SIZE];
	int fd = events_path("router", path) < 0 ? -1 : open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW);

	if (log && fd >= 0 && events_map(fd, true, &events) == 0) {
		while (event_log_tell(log, events, EVENT_LOG_END, EVENT_LOG_TURN_MAX))
			;
		events_close(events);
	}
	event_log_free(log);
	if (fd >= 0)
		close(fd);
}
