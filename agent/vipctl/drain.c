/* SPDX-License-Identifier: MIT */
#include "drain.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <time.h>

#include "agent/conf/value.h"
#include "client.h"
#include "complain.h"
#include "connection.h"
#include "vrrp/packet.h"

#define JSON_SIZE   8192 /* of a record; later versions may have more fields */
#define NS_PER_S    INT64_C(1000000000)
#define TIME_MAX_NS (366 * 24 * 3600 * NS_PER_S)
#define LOOK_NS     INT64_C(50000000) /* between two looks at who serves */

#define SAID_SIZE (2 * FIELDS_TEXT_SIZE + 32)

/* What is to be printed of one router. */
struct said {
	char name[FIELDS_TEXT_SIZE];
	char text[SAID_SIZE]; /* empty: nothing waits to be printed */
	unsigned family;
	bool is_twin; /* the one before was of the same name */
	int64_t held_ms;
};

struct drainer {
	const struct drain_options *options;
	char seconds[24];             /* as the request has it */
	json_t *routers;              /* owned; NULL: lines are printed */
	int64_t wait_ms;              /* within which somebody has come, if anybody does, */
	int64_t silence_ms;           /* and within which when no command runs any more */
	int64_t end_ns;               /* nobody is waited for from then on; CLOCK_MONOTONIC */
	bool held;                    /* some waited for commands when last looked at */
	unsigned drained_n;           /* routers that are drained; */
	unsigned active_n;            /* and still Active here; */
	unsigned alone_n;             /* and Backup here, where nobody is known as Active; */
	unsigned held_n;              /* and wait for commands that run first */
	unsigned resumed_n;           /* others that are Active here, and were drained */
	unsigned serving_n;           /* addresses that a successor is still to announce */
	bool tells;                   /* who serves the others */
	unsigned named_n;             /* names of routers that are active, or alone; */
	char name[FIELDS_TEXT_SIZE];  /* one of them */
	char owner[FIELDS_TEXT_SIZE]; /* one that is Active here and cannot be drained, or empty */
	unsigned answered_n;          /* routers that were asked */
	char group[FIELDS_TEXT_SIZE]; /* whose members all are drained, or empty */
	struct said said;
};

/* ---- the request ---- */

/* What is said of a router waits for the next one: where that has the same name they are two
 * families, and told apart. */
static void flush_said(struct drainer *drainer, bool is_twin)
{
	struct said *said = &drainer->said;
	char family[16] = "";

	if (said->is_twin || is_twin)
		snprintf(family, sizeof(family), " (IPv%u)", said->family);
	if (said->text[0])
		printf("%s%s: %s\n", said->name, family, said->text);
	if (said->held_ms)
		printf("%s%s: waits for the commands before a drain, %.1f s at most\n", said->name,
		       family, (double)said->held_ms / 1000);
	*said = (struct said){ .is_twin = is_twin };
	fflush(stdout); /* it may take its time: whoever watches sees why */
}

/* Return: where its text is to be put. */
static char *say(struct drainer *drainer, const struct records_table *table, const void *record)
{
	struct said *said = &drainer->said;
	char name[FIELDS_TEXT_SIZE];

	client_text(table, record, "name", name);
	flush_said(drainer, said->text[0] && strcmp(name, said->name) == 0);
	strcpy(said->name, name);
	said->family = (unsigned)client_number(table, record, "family");
	said->held_ms = client_number(table, record, "held_ms");
	return said->text;
}

static const char *finish_saying(void *arg)
{
	flush_said(arg, false);
	return NULL;
}

static void say_drained(struct drainer *drainer, const struct records_table *table,
			const void *record)
{
	char state[FIELDS_TEXT_SIZE], until[FIELDS_TEXT_SIZE];
	char *text = say(drainer, table, record);

	client_text(table, record, "state", state);
	if (client_number(table, record, "owner"))
		strcpy(text, "not drained: an owner has priority 255 whatever weighs");
	else if (client_number(table, record, "not_drained"))
		snprintf(text, SAID_SIZE, "was not drained, %s", state);
	else if (drainer->options->resume)
		snprintf(text, SAID_SIZE, "resumed, %s", state);
	else if (client_number(table, record, "drained_until"))
		snprintf(text, SAID_SIZE, "drained until %s, %s",
			 client_text(table, record, "drained_until", until), state);
	else
		snprintf(text, SAID_SIZE, "drained, %s", state);
}

static const char *add_object(json_t *routers, const struct records_table *table,
			      const void *record)
{
	char json[JSON_SIZE] = "{";
	size_t len = fields_json(table->fields, record, json + 1, sizeof(json) - 2);
	json_t *object;

	strcpy(json + 1 + len, "}");
	object = json_loads(json, 0, NULL);
	if (!object)
		return "it has a number that is too large for JSON";
	json_array_append_new(routers, object);
	return NULL;
}

/* Who was named by a member's name has drained its group. A router may have the name of a group
 * that it is not in: then the name says more. */
static void note_group(struct drainer *drainer, const struct records_table *table,
		       const void *record)
{
	char group[FIELDS_TEXT_SIZE];

	client_text(table, record, "group", group);
	if (drainer->answered_n++ == 0 && drainer->options->router)
		strcpy(drainer->group, group);
	else if (strcmp(drainer->group, group) != 0)
		drainer->group[0] = '\0';
}

/* Kinds that are unknown are skipped. */
static const char *take_drained(const struct records_table *table, const void *record, void *arg)
{
	struct drainer *drainer = arg;
	char state[FIELDS_TEXT_SIZE];
	int64_t wait_ms, silence_ms;

	if (strcmp(table->name, "drained") != 0)
		return NULL;
	wait_ms = client_number(table, record, "wait_ms");
	silence_ms = wait_ms - client_number(table, record, "held_ms");
	if (wait_ms > drainer->wait_ms)
		drainer->wait_ms = wait_ms;
	if (silence_ms > drainer->silence_ms)
		drainer->silence_ms = silence_ms;
	client_text(table, record, "state", state);
	if (client_number(table, record, "owner") && strcmp(state, "active") == 0)
		client_text(table, record, "name", drainer->owner);
	note_group(drainer, table, record);
	if (drainer->routers)
		return add_object(drainer->routers, table, record);
	say_drained(drainer, table, record);
	return NULL;
}

static int talk_drain(int fd, const void *arg)
{
	struct drainer *drainer = *(struct drainer *const *)arg;
	const struct client_question question = {
		.command = drainer->options->resume ? "resume" : "drain",
		.router = drainer->options->router,
		.word = drainer->options->resume ? NULL : drainer->seconds,
		.each = take_drained,
		.finish = finish_saying,
		.arg = drainer
	};

	return client_ask(fd, &question);
}

/* ---- what comes of it ---- */

static void say_who_serves(struct drainer *drainer, const struct records_table *table,
			   const void *record, const char *state)
{
	char address[FIELDS_TEXT_SIZE];
	char *text = say(drainer, table, record);

	if (strcmp(state, "backup") == 0 && client_number(table, record, "active_priority"))
		snprintf(text, SAID_SIZE, "%s now, %s is Active%s", state,
			 client_text(table, record, "active_address", address),
			 client_number(table, record, "active_priority") == VRRP_PRIORITY_LOWEST
				 ? " with priority 1: it is drained, or lacks something, too"
				 : "");
	else if (strcmp(state, "initialize") == 0)
		snprintf(text, SAID_SIZE, "%s now: it has not begun to listen who is Active",
			 state);
	else if (strcmp(state, "fault") == 0)
		snprintf(text, SAID_SIZE, "%s now: it does not listen who is Active", state);
	else
		snprintf(text, SAID_SIZE, "%s now", state);
}

/* It has just begun, say, or its Active has left: it may be the one that serves next. Who is deaf
 * goes by what others of its unit hear. */
static bool knows_nobody(const struct records_table *table, const void *record, const char *state)
{
	return strcmp(state, "backup") == 0 && !client_number(table, record, "active_priority") &&
	       !client_number(table, record, "deaf");
}

static const char *take_router(const struct records_table *table, const void *record, void *arg)
{
	struct drainer *drainer = arg;
	char state[FIELDS_TEXT_SIZE], name[FIELDS_TEXT_SIZE];

	if (strcmp(table->name, "address") == 0)
		drainer->serving_n += client_number(table, record, ".handing_over") &&
				      client_number(table, record, "present");
	if (strcmp(table->name, "router") != 0)
		return NULL;
	client_text(table, record, "state", state);
	if (!client_number(table, record, "drained")) {
		drainer->resumed_n +=
			strcmp(state, "active") == 0 &&
			client_number(table, record, "priority") != VRRP_PRIORITY_OWNER;
		return NULL;
	}
	drainer->drained_n++;
	drainer->held_n += client_number(table, record, ".drain_held_until") != 0 ||
			   client_number(table, record, ".leave_held_until") != 0;
	if (drainer->tells)
		say_who_serves(drainer, table, record, state);
	if (knows_nobody(table, record, state))
		drainer->alone_n++;
	else if (strcmp(state, "active") == 0)
		drainer->active_n++;
	else
		return NULL;
	client_text(table, record, "name", name);
	drainer->named_n += strcmp(name, drainer->name) != 0 || !drainer->named_n;
	strcpy(drainer->name, name);
	return NULL;
}

static int talk_show(int fd, const void *arg)
{
	struct drainer *drainer = *(struct drainer *const *)arg;
	const struct client_question question = { .command = "show",
						  .router = drainer->group[0]
								    ? drainer->group
								    : drainer->options->router,
						  .each = take_router,
						  .finish = finish_saying,
						  .arg = drainer };

	drainer->active_n = drainer->alone_n = drainer->held_n = drainer->drained_n = 0;
	drainer->resumed_n = drainer->serving_n = drainer->named_n = 0;
	return client_ask(fd, &question);
}

static int64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * NS_PER_S + now.tv_nsec;
}

static void set_end(struct drainer *drainer, int64_t ms)
{
	drainer->end_ns = now_ns() + ms * (NS_PER_S / 1000);
}

/* Return: whether somebody has ended it since it was asked for, and nobody else serves by that. */
static bool look_at_hold(struct drainer *drainer)
{
	bool ended = drainer->resumed_n || (drainer->held && drainer->drained_n == 0);
	bool goes_on = drainer->held && !drainer->held_n && !ended;

	if (goes_on)
		set_end(drainer, drainer->silence_ms);
	if (goes_on && !drainer->routers) {
		puts("the wait for the commands before the drain is over: another host may come; "
		     "vipctl events says how they ended");
		fflush(stdout);
	}
	drainer->held = drainer->held_n;
	return ended;
}

/* Until nobody serves here any more, or nobody else can be hoped for. Whoever has found its better
 * serves until that has announced the addresses, which has an end. */
static int await_others(const char *path, struct drainer *drainer)
{
	const struct timespec pause = { .tv_nsec = LOOK_NS };
	char are[32] = " is";
	int status;

	set_end(drainer, drainer->wait_ms);
	for (;;) {
		status = connection_converse(path, talk_show, &drainer, NULL);
		if (status == EXIT_SUCCESS && look_at_hold(drainer))
			return complain(NULL, "it is drained no more: somebody has resumed it, or "
					      "its time has passed");
		if (status != EXIT_SUCCESS ||
		    (!drainer->active_n && !drainer->alone_n && !drainer->serving_n))
			return status;
		if ((drainer->active_n || drainer->alone_n) && now_ns() >= drainer->end_ns)
			break;
		clock_nanosleep(CLOCK_MONOTONIC, 0, &pause, NULL);
	}
	if (!drainer->active_n)
		return complain(NULL,
				"%s is Backup here and knows no Active: with priority 1 it takes "
				"over itself if nobody comes",
				drainer->name);
	if (drainer->named_n > 1)
		snprintf(are, sizeof(are), " and %u more are", drainer->named_n - 1);
	return complain(NULL,
			"%s%s still Active here: no other host has taken over; this one serves "
			"with priority 1 until one does, or until vipctl resume",
			drainer->name, are);
}

/* Whoever waits for nobody to be Active here waits in vain. */
static int complain_of_owner(const struct drainer *drainer)
{
	return complain(NULL,
			"%s is still Active here: an owner is, whatever else there is; a stop of "
			"vipd, or a reload with another priority, hands its addresses over",
			drainer->owner);
}

static int print_json(const struct drainer *drainer)
{
	json_t *document = json_object();

	json_object_set(document, "routers", drainer->routers);
	json_dumpf(document, stdout, JSON_INDENT(2));
	puts("");
	json_decref(document);
	return EXIT_SUCCESS;
}

/* A zero stands for no end. */
static bool read_time(const char *text, char *seconds, size_t size)
{
	int64_t ns = 0;

	if (text &&
	    (!conf_duration_parse(text, &ns) || ns < NS_PER_S || ns > TIME_MAX_NS || ns % NS_PER_S))
		return false;
	snprintf(seconds, size, "%lld", (long long)(ns / NS_PER_S));
	return true;
}

int drain(const char *path, const struct drain_options *options)
{
	struct drainer drainer = { .options = options }, *arg = &drainer;
	int status;

	if (!read_time(options->time, drainer.seconds, sizeof(drainer.seconds))) {
		complain(NULL,
			 "expected a duration from 1s to 366 days in whole seconds behind --for, "
			 "such as 30m or 1h30m, got \"%.40s\"",
			 options->time);
		return EX_USAGE;
	}
	if (options->json && !(drainer.routers = json_array()))
		return complain(NULL, "out of memory");
	status = connection_converse(path, talk_drain, &arg, NULL);
	if (status == EXIT_SUCCESS && options->json)
		status = print_json(&drainer);
	if (status == EXIT_SUCCESS && !options->resume)
		status = await_others(path, &drainer);
	drainer.tells = status == EXIT_SUCCESS && !options->resume && !options->json;
	if (drainer.tells)
		status = connection_converse(path, talk_show, &arg, NULL);
	json_decref(drainer.routers);
	return status == EXIT_SUCCESS && !options->resume && drainer.owner[0]
		       ? complain_of_owner(&drainer)
		       : status;
}
