/* SPDX-License-Identifier: MIT */
#include "doctor_running.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "client.h"
#include "complain.h"
#include "connection.h"
#include "doctor_see.h"
#include "namespace.h"
#include "standby.h"

struct asking {
	struct doctor_view *view;
	struct doctor_running *running;
	struct doctor_router *router; /* whose records are coming */
	char state_dir[FIELDS_TEXT_SIZE];
	bool stopping; /* it was told to */
	char *why;
};

/* ---- records ---- */

static int64_t count_of(const struct records_table *table, const void *record, const char *name,
			const char *word)
{
	const struct field *field = fields_find(table->fields, name);
	uint64_t count;

	for (unsigned i = 0; field && field->type == FIELD_COUNTS && i < field->words_n; i++) {
		if (!field->words[i] || strcmp(field->words[i], word) != 0)
			continue;
		memcpy(&count, (const char *)record + field->offset + i * sizeof(count),
		       sizeof(count));
		return (int64_t)count;
	}
	return 0;
}

static int64_t time_of(const struct records_table *table, const void *record, const char *name)
{
	const struct field *field = fields_find(table->fields, name);
	int64_t ns = 0;

	if (field && field->type == FIELD_TIME)
		memcpy(&ns, (const char *)record + field->offset, sizeof(ns));
	return ns;
}

static void begin_router(struct asking *asking, const struct records_table *table,
			 const void *record)
{
	struct arena *arena = asking->view->arena;
	struct doctor_router *router = arena_alloc(arena, sizeof(*router));
	char text[FIELDS_TEXT_SIZE];

	snprintf(router->name, sizeof(router->name), "%s",
		 client_text(table, record, "name", text));
	snprintf(router->interface, sizeof(router->interface), "%s",
		 client_text(table, record, "interface", text));
	router->family = (unsigned)client_number(table, record, "family");
	router->vrid = (unsigned)client_number(table, record, "vrid");
	router->since_ns = time_of(table, record, "since");
	router->received = client_number(table, record, "counters.adverts_received");
	router->problems = arena_alloc(arena, sizeof(*router->problems));
	problems_begin(router->problems, table, record);
	router->active = router->problems->is_active;
	*asking->running->end = router;
	asking->running->end = &router->next;
	asking->router = router;
}

static const char *take_record(const struct records_table *table, const void *record, void *arg)
{
	struct asking *asking = arg;

	if (strcmp(table->name, "host") == 0) {
		asking->running->foreign_vrids = count_of(table, record, "rejected", "vrid");
		(void)client_text(table, record, ".state_dir", asking->state_dir);
		asking->stopping = client_number(table, record, ".stopping");
	} else if (strcmp(table->name, "router") == 0)
		begin_router(asking, table, record);
	else if (asking->router)
		problems_take(asking->router->problems, table, record);
	return NULL;
}

static int talk_show(int fd, const void *arg)
{
	struct asking *asking = *(struct asking *const *)arg;
	const struct client_question question = {
		.command = "show", .each = take_record, .arg = asking, .ret_why = asking->why
	};
	struct doctor_running *running = asking->running;
	enum standby standby = standby_look(fd, false);
	int status = client_ask(fd, &question);

	if (status != EXIT_SUCCESS)
		return status;
	if (standby == STANDBY_NONE && !asking->stopping)
		standby = standby_look(fd, true);
	running->no_standby = standby == STANDBY_NONE && !asking->stopping;
	running->notify_n = check_notify(fd, asking->state_dir, running->notify);
	return status;
}

/* ---- which file ---- */

static const char *take_path(const struct records_table *table, const void *record, void *arg)
{
	const struct field *field = fields_find(table->fields, "path");
	struct asking *asking = arg;

	if (strcmp(table->name, "configuration") == 0 && field && field->type == FIELD_TEXT &&
	    *((const char *)record + field->offset))
		asking->view->conf_path = arena_print(asking->view->arena, "%.*s", (int)field->size,
						      (const char *)record + field->offset);
	return NULL;
}

static int talk_path(int fd, const void *arg)
{
	struct asking *asking = *(struct asking *const *)arg;
	const struct client_question question = {
		.command = "configuration", .each = take_path, .arg = asking, .ret_why = asking->why
	};

	return client_ask(fd, &question);
}

/* ---- */

/* Whether somebody listens there, without the patience of who wants an answer. */
static int knock(const char *path, bool *ret_elsewhere)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd, err = 0;

	*ret_elsewhere = false;
	if (strlen(path) >= sizeof(address.sun_path))
		return ENAMETOOLONG;
	strcpy(address.sun_path, path);
	fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0 || connect(fd, (const struct sockaddr *)&address, sizeof(address)) < 0)
		err = errno;
	*ret_elsewhere = err == 0 && namespace_of(fd) == NAMESPACE_ELSEWHERE;
	if (fd >= 0)
		close(fd);
	return err;
}

static int64_t real_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
}

void doctor_ask(struct doctor_view *view, const char *control)
{
	char why[COMPLAIN_SIZE] = "";
	struct doctor_running *running = arena_alloc(view->arena, sizeof(*running));
	struct asking asking = { .view = view, .running = running, .why = why };
	struct asking *const pointer = &asking;
	int err = knock(control, &view->is_elsewhere);

	running->end = &running->routers;
	running->now_ns = real_ns();
	if (err == ENOENT || err == ECONNREFUSED)
		return; /* none runs */
	view->is_there = true;
	if (connection_converse(control, talk_show, &pointer, why) != EXIT_SUCCESS) {
		doctor_unseen(view, "what the vipd that runs says", why);
		return;
	}
	view->running = running;
	view->seen |= DOCTOR_SEES_RUNNING;
	if (connection_converse(control, talk_path, &pointer, why) != EXIT_SUCCESS)
		doctor_unseen(view, "which configuration runs", why);
}
